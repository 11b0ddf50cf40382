"""The sweep: tells each person once what has fallen due, as of a day.

What is due is a pure function of each case (``alerts.timeline``); what has been told is a row that
exists once per case, kind and key. So a missed day is caught up and a second run is silent,
whatever the clock does in between; a clock that is behind the record is not believed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.alerts import Alert
from assetflow.casework import clock, digests
from assetflow.casework.desk import Desk
from assetflow.casework.digests import Digest
from assetflow.casework.telling import Told, tell
from assetflow.errors import AssetflowError, BadInput
from assetflow.queries import Case
from assetflow.snapshot import Person
from assetflow.sql import Statement

Progress = Callable[[int, int], None]
# Cases of one transaction: a second or two, for which everybody else waits.
PART = 100
STOPPED = "what was told until then is told: assetflow reminder list; sweep again for the rest"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: how many cases it looked at, what it told, and the digests it wrote."""

    on: date
    cases: int
    told: tuple[Told, ...]
    digests: tuple[Digest, ...] = ()


def sweep(desk: Desk, progress: Progress | None = None) -> Swept:
    """Queue a reminder for everything that has fallen due by the desk's day and was never told."""
    check_day(desk)
    ids = _lock(desk, queries.ids_with_alert(desk.db, desk.on))
    everyone = _everyone(desk)
    told: list[Told] = []
    for start in range(0, len(ids), queries.BATCH):
        batch = ids[start : start + queries.BATCH]
        told += _sweep_batch(desk, batch, everyone)
        if progress:
            progress(start + len(batch), len(ids))
    return Swept(desk.on, len(ids), tuple(told))


def sweep_in_parts(
    writing: Callable[[], AbstractContextManager[Desk]], progress: Progress | None = None
) -> Swept:
    """Sweep as ``sweep`` does, in one transaction for every ``PART`` cases, so that nobody waits.

    A sweep that breaks off has told what it has told; the next one goes on from there. At its end
    everybody who has something new to act on gets one digest.
    """
    told: list[Told] = []
    digested: list[Digest] = []
    swept, last, left = 0, 0, 1
    while left:
        try:
            with writing() as desk:
                check_day(desk)
                ids = queries.ids_with_alert(desk.db, desk.on, after=last)
                part = _lock(desk, ids[:PART])
                found = _sweep_batch(desk, part, _everyone(desk))
                # The last ones go out with the digests of all, or not at all.
                digested = digests.write(desk) if len(ids) <= PART else []
        except AssetflowError as error:
            if told:
                error.remedies = (*error.remedies, STOPPED)
            raise
        told += found
        swept, left = swept + len(part), len(ids[PART:])
        last = max(part, default=last)
        if progress and part:
            progress(swept, swept + left)
    return Swept(desk.on, swept, tuple(told), tuple(digested))


def check_day(desk: Desk) -> None:
    """Refuse a day that lies ahead, and a clock that is behind the record."""
    if desk.on > desk.today:
        raise BadInput("A sweep cannot be run for a day in the future.")
    clock.check(desk, "The sweep")


def _everyone(desk: Desk) -> Sequence[Person]:
    return list(queries.people(desk.db).values())


def _sweep_batch(desk: Desk, ids: Sequence[int], everyone: Sequence[Person]) -> list[Told]:
    done = queries.reminded(desk.db, ids)
    found = queries.load_cases(desk.db, ids)
    return [told for case in found for told in _sweep_case(desk, case, done[case.id], everyone)]


def _lock(desk: Desk, ids: Sequence[int]) -> list[int]:
    """Lock the cases in the order of their ids, before any letter takes a number.

    A command that holds a case and waits for a number, and a sweep that holds the numbers and
    waits for that case, would wait for each other for ever.
    """
    locked: list[int] = []
    for start in range(0, len(ids), queries.BATCH):
        batch = ids[start : start + queries.BATCH]
        query = select(m.cases.c.id).where(m.cases.c.id.in_(batch)).order_by(m.cases.c.id)
        locked += desk.db.execute(query.with_for_update()).scalars()
    return locked


def _sweep_case(
    desk: Desk, case: Case, done: set[tuple[str, str]], everyone: Sequence[Person]
) -> list[Told]:
    due, coming = falling_due(desk, case, done)
    told = [tell(desk, case, alert, everyone, superseded=passed) for alert, passed in due]
    _AGAIN_ON.run(desk.db, case=case.id, coming=coming)
    return told


def falling_due(
    desk: Desk, case: Case, done: set[tuple[str, str]]
) -> tuple[list[tuple[Alert, bool]], date | None]:
    """Give what has fallen due on a case and was not told, and the next day on which more does.

    With each is told whether it is only noted: after missed months only the level now reached is
    news, and those below it are not.
    """
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    new = [alert for alert in timeline if (alert.kind, alert.key) not in done]
    due = [alert for alert in new if alert.on <= desk.on]
    highest = max((a.on for a in due if a.kind == alerts.LADDER), default=None)
    passed = [alert.kind == alerts.LADDER and alert.on != highest for alert in due]
    coming = min((alert.on for alert in new if alert.on > desk.on), default=None)
    return list(zip(due, passed, strict=True)), coming


_AGAIN_ON = Statement(
    m.cases.update()
    .where(m.cases.c.id == bindparam("case"))
    .values(next_alert_on=bindparam("coming"))
)
