"""The stored versions of routes: which is in force on a day, and which cases run on each.

A version holds from its first day until the next one's. Rows are only ever added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, select

from assetflow import models as m


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored version of a route, without its text; ``valid_from`` None is since ever."""

    id: int
    name: str
    version: int
    sha256: str
    valid_from: date | None
    authority: str
    open_cases: int


def stored(db: Connection, name: str = "") -> list[Stored]:
    """List the versions of one route or of all, in the order in which they come into force."""
    t, c = m.workflow_versions, m.cases
    counts = (
        select(c.c.workflow_version_id, func.count().label("cases"))
        .where(c.c.closed_on.is_(None))
        .group_by(c.c.workflow_version_id)
        .subquery()
    )
    columns = (t.c.id, t.c.name, t.c.version, t.c.sha256, t.c.valid_from, t.c.authority)
    query = select(*columns, func.coalesce(counts.c.cases, 0)).outerjoin(
        counts, counts.c.workflow_version_id == t.c.id
    )
    if name:
        query = query.where(t.c.name == name)
    found = [Stored(*row) for row in db.execute(query)]
    return sorted(found, key=lambda one: (one.name, one.valid_from or date.min, one.version))


def in_force(known: Sequence[Stored], on: date) -> Stored | None:
    """Give the version of a route that is in force on a day, or None before the first."""
    begun = [one for one in known if one.valid_from is None or one.valid_from <= on]
    return begun[-1] if begun else None


def in_force_now(db: Connection, name: str, on: date) -> tuple[int, str] | None:
    """Give the id and hash of the version in force on a day, without counting its cases."""
    t = m.workflow_versions
    begun = and_(t.c.name == name, t.c.valid_from.is_(None) | (t.c.valid_from <= on))
    rows = db.execute(select(t.c.id, t.c.sha256, t.c.valid_from, t.c.version).where(begun)).all()
    newest = max(rows, key=lambda row: (row.valid_from or date.min, row.version), default=None)
    return (newest.id, newest.sha256) if newest else None


def open_cases(db: Connection, name: str) -> list[tuple[int, str, str, int]]:
    """List the open cases of a route: id, reference, stage and version."""
    t, c = m.workflow_versions, m.cases
    query = (
        select(c.c.id, c.c.reference, c.c.stage, t.c.version)
        .join(t, t.c.id == c.c.workflow_version_id)
        .where(and_(t.c.name == name, c.c.closed_on.is_(None)))
        .order_by(c.c.id)
    )
    return [(row.id, row.reference, row.stage, row.version) for row in db.execute(query)]


def filed_since(db: Connection, name: str, day: date) -> list[tuple[str, date]]:
    """List the cases of a route that were filed on a day or later, with that day, newest first."""
    t, c = m.workflow_versions, m.cases
    query = (
        select(c.c.reference, c.c.received_on)
        .join(t, t.c.id == c.c.workflow_version_id)
        .where(and_(t.c.name == name, c.c.received_on >= day))
        .order_by(c.c.received_on.desc(), c.c.id.desc())
    )
    return [(row.reference, row.received_on) for row in db.execute(query)]


def migrated_ids(db: Connection, name: str) -> list[int]:
    """List the open cases of a route that were ever migrated."""
    t, c, j = m.workflow_versions, m.cases, m.journal
    query = (
        select(c.c.id)
        .distinct()
        .join(t, t.c.id == c.c.workflow_version_id)
        .join(j, and_(j.c.case_id == c.c.id, j.c.action == "migrated"))
        .where(and_(t.c.name == name, c.c.closed_on.is_(None)))
    )
    return sorted(db.execute(query).scalars())


def unpinned(db: Connection) -> list[str]:
    """List the cases that are pinned to a version that is not stored: the file was damaged."""
    t, c = m.workflow_versions, m.cases
    query = select(c.c.reference).outerjoin(t, t.c.id == c.c.workflow_version_id)
    return list(db.execute(query.where(t.c.id.is_(None)).order_by(c.c.id)).scalars())
