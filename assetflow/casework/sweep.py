"""The sweep: tells each person once what has fallen due, as of a day.

What is due is a pure function of each case (``alerts.timeline``); what has been told is a row that
exists once per case, kind and key. So a missed day is caught up and a second run is silent,
whatever the clock does in between; a clock that is behind the record is not believed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.casework import clock
from assetflow.casework.desk import Desk
from assetflow.casework.telling import Told, tell
from assetflow.errors import BadInput
from assetflow.queries import Case
from assetflow.snapshot import Person

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, or with ``dry_run`` would do."""

    on: date
    cases: int
    told: tuple[Told, ...]


def sweep(desk: Desk, dry_run: bool = False, progress: Progress | None = None) -> Swept:
    """Queue a reminder for everything that has fallen due by the desk's day and was never told."""
    if desk.on > desk.today:
        raise BadInput("A sweep cannot be run for a day in the future.")
    clock.check(desk, "The sweep")
    ids = queries.ids_with_alert(desk.db, desk.on)
    if not dry_run:
        ids = _lock(desk, ids)
    everyone = list(queries.people(desk.db).values())
    told: list[Told] = []
    for start in range(0, len(ids), queries.BATCH):
        batch = ids[start : start + queries.BATCH]
        done = queries.reminded(desk.db, batch)
        for case in queries.load_cases(desk.db, batch):
            told += _sweep_case(desk, case, done[case.id], everyone, dry_run)
        if progress:
            progress(start + len(batch), len(ids))
    return Swept(desk.on, len(ids), tuple(told))


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
    desk: Desk, case: Case, done: set[tuple[str, str]], everyone: Sequence[Person], dry_run: bool
) -> list[Told]:
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    new = [alert for alert in timeline if (alert.kind, alert.key) not in done]
    falling_due = [alert for alert in new if alert.on <= desk.on]
    highest = max((a.on for a in falling_due if a.kind == alerts.LADDER), default=None)
    told = []
    for alert in falling_due:
        # After missed months only the level now reached is news; the ones below it are noted.
        superseded = alert.kind == alerts.LADDER and alert.on != highest
        told.append(tell(desk, case, alert, everyone, superseded=superseded, dry_run=dry_run))
    if not dry_run:
        coming = min((alert.on for alert in new if alert.on > desk.on), default=None)
        desk.db.execute(update(m.cases).where(m.cases.c.id == case.id).values(next_alert_on=coming))
    return told
