"""Writes to a case: every change is a compare-and-set with its journal record, or nothing."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, Busy, Refused
from assetflow.permissions import may
from assetflow.queries import Case
from assetflow.snapshot import Unmet


def change(  # noqa: PLR0913 - the columns of a journal record
    desk: Desk,
    case: Case,
    action: str,
    *,
    trigger: str | None = None,
    to_stage: str | None = None,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
    columns: Mapping[str, Any] | None = None,
) -> Case:
    """Change a case and append the record of it; give the case as it stands afterwards.

    Raises ``Busy`` where somebody else has changed the case since it was read.
    """
    position = case.version + 1
    changed = desk.db.execute(
        update(m.cases)
        .where(m.cases.c.id == case.id, m.cases.c.version == case.version)
        .values(version=position, **(columns or {}))
    )
    if changed.rowcount != 1:
        raise Busy(
            f"Somebody else has just changed {case.reference}; nothing was changed.",
            remedies=["look at it again, then try again"],
        )
    from_stage = case.snapshot.stage if to_stage is not None else None
    append(
        desk, case.id, position, action,
        trigger=trigger, from_stage=from_stage, to_stage=to_stage, why=why, detail=detail,
    )  # fmt: skip
    return queries.case(desk.db, case.id)


def append(  # noqa: PLR0913 - the columns of a journal record
    desk: Desk,
    case_id: int,
    position: int,
    action: str,
    *,
    trigger: str | None = None,
    from_stage: str | None = None,
    to_stage: str | None = None,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append one record to a case's journal."""
    desk.db.execute(
        insert(m.journal).values(
            case_id=case_id,
            position=position,
            happened_on=desk.on,
            recorded_at=desk.now,
            actor_id=desk.actor.id,
            action=action,
            trigger=trigger,
            from_stage=from_stage,
            to_stage=to_stage,
            why=why,
            detail=json.dumps(detail or {}, ensure_ascii=False, default=str),
        )
    )


def settle(desk: Desk, case: Case) -> Case:
    """Set the next day on which anything can fall due; every change of a case ends with it."""
    told = queries.reminded(desk.db, [case.id])[case.id]
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    coming = (alert.on for alert in timeline if (alert.kind, alert.key) not in told)
    desk.db.execute(
        update(m.cases)
        .where(m.cases.c.id == case.id)
        .values(next_alert_on=min(coming, default=None))
    )
    return case


def check_day(desk: Desk, case: Case | None = None) -> None:
    """Refuse a day that lies ahead, or before the case's last move."""
    if desk.on > desk.today:
        raise BadInput(
            f"{_day(desk.on)} lies in the future; today is {_day(desk.today)}.",
            remedies=["give the day on which it happened with --on"],
        )
    if case is None:
        return
    last = queries.last_move_on(desk.db, case.id)
    if desk.on < last:
        raise BadInput(
            f"{case.reference} last moved on {_day(last)}; nothing can be recorded as of "
            f"{_day(desk.on)}, before that.",
            remedies=["give a later day with --on"],
        )


def check_right(desk: Desk, case: Case, right: str, what: str) -> None:
    """Refuse what the acting person may not do on this case."""
    missing = permission(desk, case, right)
    if missing is not None:
        raise Refused(f"{what} was refused.", reasons=[str(missing)])


def permission(desk: Desk, case: Case, right: str) -> Unmet | None:
    """Give why the acting person may not use a right on a case, or None."""
    allowed = case.workflow.rights.get(right, ())
    return may(desk.actor, allowed, case.workflow, case.snapshot, desk.on)


def check_open(case: Case) -> None:
    """Refuse to work on a case that has ended."""
    if case.closed_on is not None:
        label = case.workflow.stages[case.snapshot.stage].label
        raise Refused(
            f"{case.reference} has ended.",
            reasons=[f"It was closed on {_day(case.closed_on)} as: {label}."],
            remedies=[f"see it: assetflow case show {case.reference}"],
        )


def _day(day: Any) -> str:
    return f"{day.day} {day:%b %Y}"
