"""Which cases there are: by reference, by day, by asset."""

import difflib
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select

from assetflow import models as m
from assetflow.errors import BadInput, NotFound
from assetflow.queries.rows import AnyRow
from assetflow.sql import Statement

_BY_REFERENCE = Statement(
    select(m.cases.c.id).where(m.cases.c.reference.in_([bindparam("typed"), bindparam("upper")]))
)
_SERIES = Statement(select(m.counters.c.name))


def case_id(db: Connection, typed: str) -> int:
    """Find one case by its reference, in any case, or by the number at its end."""
    wanted = typed.strip()
    found = _BY_REFERENCE.rows(db, typed=wanted, upper=wanted.upper())
    if len(found) == 1:
        return int(found[0].id)
    likely = _by_number(db, wanted) if wanted.isascii() and wanted.isdigit() else []
    return likely[0] if len(likely) == 1 else _among_all_cases(db, typed)


def _by_number(db: Connection, digits: str) -> list[int]:
    """Give the cases whose reference ends with a number: at most one of each series and year."""
    number = digits.lstrip("0").rjust(4, "0")
    likely = [f"{row.name}{number}" for row in _SERIES.rows(db) if row.name.endswith("-")]
    query = select(m.cases.c.id).where(m.cases.c.reference.in_(likely))
    return list(db.execute(query).scalars())


def _among_all_cases(db: Connection, typed: str) -> int:
    """Find a case among all references, or say which were likely meant."""
    table, wanted = m.cases, typed.strip().upper()
    rows = db.execute(select(table.c.id, table.c.reference)).all()
    exact = [row for row in rows if row.reference.upper() == wanted]
    number = wanted.lstrip("0") if wanted.isascii() and wanted.isdigit() else ""
    ending = [r for r in rows if number and r.reference.rsplit("-", 1)[1].lstrip("0") == number]
    found = exact or ending
    if len(found) == 1:
        return int(found[0].id)
    if found:
        several = ", ".join(sorted(row.reference for row in found))
        raise BadInput(f"{typed} fits several cases: {several}.", remedies=["type the reference"])
    close = difflib.get_close_matches(wanted, [row.reference for row in rows], n=3, cutoff=0.7)
    reasons = [f"did you mean {' or '.join(close)}?"] if close else []
    raise NotFound(
        f"There is no case {typed!r}.", reasons=reasons, remedies=["see them: assetflow case list"]
    )


def open_references(db: Connection, which: ColumnElement[bool]) -> tuple[str, ...]:
    """Give the references of the open cases of which something holds, in their order."""
    t = m.cases
    query = select(t.c.reference).where(and_(which, t.c.closed_on.is_(None))).order_by(t.c.id)
    return tuple(db.execute(query).scalars())


def open_case_ids(db: Connection) -> list[int]:
    """List the cases that have not ended."""
    table = m.cases
    query = select(table.c.id).where(table.c.closed_on.is_(None)).order_by(table.c.id)
    return list(db.execute(query).scalars())


def all_case_ids(db: Connection) -> list[int]:
    """List every case."""
    return list(db.execute(select(m.cases.c.id).order_by(m.cases.c.id)).scalars())


_DUE = Statement(select(m.cases.c.id).where(m.cases.c.next_alert_on <= bindparam("on")))


def ids_with_alert(db: Connection, on: date, after: int = 0) -> list[int]:
    """List the cases on which something new can fall due by a day; only those ``after`` an id.

    They are put in order here: asked for an order, SQLite reads all cases and not the index.
    """
    return sorted(row.id for row in _DUE.rows(db, on=on) if row.id > after)


_DESTROYED_ON = Statement(select(m.cases.c.destroyed_on).where(m.cases.c.id == bindparam("id")))


def destroyed_on(db: Connection, case_id: int) -> date | None:
    """Give when a case was destroyed under the retention schedule, or None."""
    found: date | None = _DESTROYED_ON.first(db, id=case_id).destroyed_on
    return found


def next_alert(db: Connection) -> date | None:
    """Give the first day on which anything new can fall due."""
    return db.execute(select(func.min(m.cases.c.next_alert_on))).scalar_one_or_none()


def case_ids_on(db: Connection, asset_id: int) -> list[int]:
    """List the cases on an asset, open or ended."""
    table = m.cases
    query = select(table.c.id).where(table.c.asset_id == asset_id).order_by(table.c.id)
    return list(db.execute(query).scalars())


def open_cases_on(db: Connection, asset_id: int) -> list[AnyRow]:
    """List the open cases on an asset: reference and group."""
    table = m.cases
    query = select(table.c.reference, table.c.group_id).where(
        and_(table.c.asset_id == asset_id, table.c.closed_on.is_(None))
    )
    return list(db.execute(query))
