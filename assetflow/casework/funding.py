"""Who funds a case and what they ask of its lease, each with its source."""

import difflib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, delete, insert, update

from assetflow import lease_data
from assetflow import models as m
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.deadlines import Duration
from assetflow.errors import BadInput, NotFound
from assetflow.facts import read_text
from assetflow.leases.funders import Funder
from assetflow.queries import Case
from assetflow.queries import leases as lease_rows

RIGHT = "record_fact"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a funder asks, as it was typed; what is None comes from the known funder it is like."""

    name: str
    like: str = ""
    at_least: str | None = None
    measured_on: date | None = None
    no_landlord_break: bool | None = None
    charge: bool | None = None
    assignable: bool | None = None
    deadline: date | None = None
    source: str = ""
    confirmed: bool = False


def add(desk: Desk, case_typed: str, asked: Asked) -> tuple[Case, Funder]:
    """Record a funder of a case with what it asks; one that is known already is replaced."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    record.check_right(desk, case, RIGHT, "Recording a funder")
    funder = _funder(desk, asked)
    t = m.funders
    key = and_(t.c.case_id == case.id, t.c.name == funder.name)
    values = {"asks": json.dumps(_asks(funder)), "deadline": funder.deadline,
              "recorded_on": desk.on, "recorded_at": desk.now}  # fmt: skip
    if desk.db.execute(update(t).where(key).values(values)).rowcount == 0:
        desk.db.execute(insert(t).values({"case_id": case.id, "name": funder.name, **values}))
    detail = {"funder": funder.name, "deadline": funder.deadline, "asks": _asks(funder)}
    return record.change(desk, case, "funder_recorded", detail=detail), funder


def remove(desk: Desk, case_typed: str, name: str, why: str) -> Case:
    """Take a funder off a case that funds it no longer; the journal keeps what it asked."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    record.check_right(desk, case, RIGHT, "Removing a funder")
    known = {one.name: one for one in lease_rows.funders(desk.db, case.id)}
    if name not in known:
        close = difflib.get_close_matches(name, list(known), n=1)
        raise NotFound(
            f"{case.reference} has no funder {name!r}.",
            reasons=[f"did you mean {close[0]}?"] if close else [],
            remedies=[f"see them: assetflow funder list {case.reference}"],
        )
    t = m.funders
    desk.db.execute(delete(t).where(and_(t.c.case_id == case.id, t.c.name == name)))
    return record.change(desk, case, "funder_removed", why=why, detail={"funder": name})


def _funder(desk: Desk, asked: Asked) -> Funder:
    reasons = []
    try:
        name = read_text(asked.name)
    except ValueError as error:
        name, reasons = "", [f"{error}."]
    base = _like(desk, asked.like)
    length = base.at_least
    if asked.at_least is not None:
        try:
            length = Duration.parse(asked.at_least)
        except ValueError as error:
            reasons.append(str(error))
    if not name and not reasons:
        reasons.append("The funder has no name.")
    if reasons:
        raise BadInput("The funder was not recorded.", reasons=reasons)
    return Funder(
        name,
        length,
        asked.measured_on,
        _first(asked.no_landlord_break, base.no_landlord_break),
        _first(asked.charge, base.charge),
        _first(asked.assignable, base.assignable),
        asked.deadline,
        asked.source or base.source,
        asked.confirmed,
    )


def _first(typed: bool | None, known: bool) -> bool:
    return known if typed is None else typed


def _like(desk: Desk, typed: str) -> Funder:
    if not typed:
        return Funder("")
    known = lease_data.funders(desk.settings)
    if typed in known:
        return known[typed][0]
    close = difflib.get_close_matches(typed, list(known), n=1)
    raise NotFound(
        f"There is no known funder {typed!r}.",
        reasons=[f"did you mean {close[0]}?"] if close else [],
        remedies=[f"known: {', '.join(known)}"],
    )


def _asks(funder: Funder) -> dict[str, Any]:
    return {
        "at_least": str(funder.at_least) if funder.at_least else None,
        "measured_on": funder.measured_on.isoformat() if funder.measured_on else None,
        "no_landlord_break": funder.no_landlord_break,
        "charge": funder.charge,
        "assignable": funder.assignable,
        "source": funder.source,
        "verified": funder.verified,
    }
