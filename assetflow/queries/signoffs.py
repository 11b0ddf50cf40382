"""What departments were asked on a case, with their answers and open objections."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, select

from assetflow import models as m
from assetflow.queries.rows import AnyRow
from assetflow.snapshot import Objection, Signoff

_SIGNATORY, _RAISED_BY = m.people.alias("signatory"), m.people.alias("raised_by")
# Each sign-off with its open objection, of which there is at most one.
SIGNOFFS = (
    select(
        m.signoffs.c.id,
        m.signoffs.c.case_id,
        m.signoffs.c.stage_visit,
        m.signoffs.c.trigger,
        m.signoffs.c.department,
        m.signoffs.c.requested_on,
        m.signoffs.c.due_on,
        m.signoffs.c.decision,
        m.signoffs.c.decided_on,
        m.signoffs.c.conditions,
        m.signoffs.c.round,
        m.signoffs.c.statement,
        m.signoffs.c.statement_sha256,
        m.signoffs.c.method,
        m.signoffs.c.evidence,
        _SIGNATORY.c.name.label("signatory"),
        m.objections.c.id.label("objection_id"),
        m.objections.c.category,
        m.objections.c.blocks,
        m.objections.c.reason,
        m.objections.c.way_forward,
        m.objections.c.authority,
        m.objections.c.raised_on,
        _RAISED_BY.c.name.label("raised_by"),
    )
    .join_from(m.signoffs, _SIGNATORY, _SIGNATORY.c.id == m.signoffs.c.signatory_id, isouter=True)
    .join(
        m.objections,
        and_(m.objections.c.signoff_id == m.signoffs.c.id, m.objections.c.resolved_on.is_(None)),
        isouter=True,
    )
    .join(_RAISED_BY, _RAISED_BY.c.id == m.objections.c.raised_by_id, isouter=True)
    .order_by(m.signoffs.c.id)
)


def signoff_of(row: AnyRow) -> Signoff:
    return Signoff(
        id=row.id,
        trigger=row.trigger,
        department=row.department,
        requested_on=row.requested_on,
        due_on=row.due_on,
        decision=row.decision,
        decided_on=row.decided_on,
        signatory=row.signatory or "",
        conditions=row.conditions,
        objection=_objection(row) if row.objection_id is not None else None,
        round=row.round,
        statement=row.statement,
        statement_sha256=row.statement_sha256,
        method=row.method or "",
        evidence=row.evidence,
    )


def requests(db: Connection, case_id: int, department: str = "") -> list[tuple[int, Signoff]]:
    """List every request on a case, or those to a department, each with its visit of the stage."""
    s = m.signoffs
    query = SIGNOFFS.where(s.c.case_id == case_id)
    query = query.where(s.c.department == department) if department else query
    rows: list[AnyRow] = list(db.execute(query))
    return [(row.stage_visit, signoff_of(row)) for row in rows]


def _objection(row: AnyRow) -> Objection:
    return Objection(
        row.objection_id, row.category, bool(row.blocks), row.reason, row.way_forward,
        row.authority, row.raised_on, row.raised_by,
    )  # fmt: skip


def newest(asked: Iterable[AnyRow], visit: int) -> Iterable[AnyRow]:
    """Give the requests of this visit; of those to one department for one step the newest."""
    found = {(one.trigger, one.department): one for one in asked if one.stage_visit == visit}
    return found.values()
