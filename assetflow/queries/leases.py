"""Lease papers of a case, what was accepted of them, and who funds it.

Not among the names of the package: only commands on leases pay for importing what lease terms need.
"""

import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from assetflow import models as m
from assetflow.deadlines import Duration
from assetflow.leases.funders import Funder
from assetflow.leases.papers import from_json
from assetflow.leases.terms import Terms
from assetflow.queries.rows import AnyRow


def papers(db: Connection, case_id: int) -> list[AnyRow]:
    """List every paper of a case with its terms as stored, in the order of recording."""
    t = m.lease_papers
    return list(db.execute(select(t).where(t.c.case_id == case_id).order_by(t.c.id)))


def newest_terms(db: Connection, case_id: int) -> dict[str, Terms]:
    """Give the terms of the newest of each paper of a case; destroyed ones are left out."""
    rows = {row.paper: row for row in papers(db, case_id)}
    return {paper: from_json(row.terms) for paper, row in rows.items() if row.terms}


def next_number(db: Connection, case_id: int, paper: str) -> int:
    """Give the number that the next paper of a kind has on a case, which is locked."""
    t = m.lease_papers
    query = select(func.max(t.c.number)).where(t.c.case_id == case_id, t.c.paper == paper)
    return int(db.execute(query).scalar_one() or 0) + 1


def acceptances(db: Connection, case_id: int) -> list[AnyRow]:
    """List what was accepted on a case, by whom, on what evidence."""
    t = m.lease_acceptances
    return list(db.execute(select(t).where(t.c.case_id == case_id).order_by(t.c.id)))


def funders(db: Connection, case_id: int) -> list[Funder]:
    """List who funds a case, by name, with what they ask."""
    t = m.funders
    rows = db.execute(select(t).where(t.c.case_id == case_id).order_by(t.c.name))
    return [_funder(row) for row in rows]


def _funder(row: AnyRow) -> Funder:
    asks: dict[str, Any] = json.loads(row.asks)
    length, day = asks.get("at_least"), asks.get("measured_on")
    return Funder(
        row.name,
        Duration.parse(length) if length else None,
        date.fromisoformat(day) if day else None,
        asks.get("no_landlord_break", False),
        asks.get("charge", False),
        asks.get("assignable", False),
        row.deadline,
        asks.get("source", ""),
        asks.get("verified", False),
    )
