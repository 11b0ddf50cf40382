"""The ladder: what the gross age of a case, or how late it is, calls for, and whether it is done.

A level names tasks. Each shows until the record shows that it was done: a fact that was recorded,
or a letter that went out, on the day the level was reached or later.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from assetflow import clocks
from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, due
from assetflow.snapshot import Occasion, Snapshot
from assetflow.targets import stage_due
from assetflow.workflow import Rung, Task, Workflow


@dataclass(frozen=True, slots=True)
class Duty:
    """A task of a level that a case has reached: since when, by when, and when it was done.

    One that comes round again counts from the beginning of its present period.
    """

    level: Rung
    task: Task
    since: date
    due_on: date | None
    done_on: date | None

    @property
    def name(self) -> str:
        """Give the name that no other task of the route has."""
        return f"{self.level.level}.{self.task.id}"


def rung_reached(occasion: Occasion) -> Rung | None:
    """Give the highest level of the ladder that a case has reached on the day."""
    start, reached = ladder_start(occasion), None
    if start is None:
        return None
    for rung in occasion.workflow.ladder.values():
        if reached_on(occasion.workflow, rung, start, occasion.calendar) <= occasion.on:
            reached = rung
    return reached


def reached_on(workflow: Workflow, rung: Rung, start: date, calendar: Calendar) -> date:
    """Give the day of a level; nothing is late before its last day is over."""
    found = due(start, Duration.parse(rung.after), calendar)
    return found if workflow.ladder_counts == "age" else max(found, start + timedelta(days=1))


def ladder_start(occasion: Occasion) -> date | None:
    """Give the day from which the ladder counts: the case's first, or the first it was late from.

    A route that counts lateness raises no alarm about a case that keeps its deadlines, however
    long a statute lets it take. Nothing counts once the asset has gone over.
    """
    if occasion.workflow.stages[occasion.case.stage].ladder_stops:
        return None
    if occasion.workflow.ladder_counts == "age":
        return occasion.case.received_on
    running = (one for one in clocks.told(occasion) if one.clock.kind != "external")
    days = [stage_due(occasion), *(reading.due_on for reading in running)]
    return min((day for day in days if day is not None), default=None)


def duties(occasion: Occasion) -> list[Duty]:
    """List what the levels that an open case has reached call for, done or not, oldest first."""
    route, start = occasion.workflow, ladder_start(occasion)
    if start is None or route.stages[occasion.case.stage].end:
        return []
    found: list[Duty] = []
    for rung in route.ladder.values():
        reached = reached_on(route, rung, start, occasion.calendar)
        if reached > occasion.on:
            break  # and so are those after it
        found += [_duty(occasion, rung, task, reached) for task in rung.tasks]
    return found


@lru_cache(maxsize=1024)
def timed(workflow: Workflow, start: date, calendar: Calendar) -> tuple[Duty, ...]:
    """Give the tasks that have a last day, of every case of a route that is counted from a day.

    Levels still to come are among them, so that it is known when to look at a case again.
    """
    found = (
        Duty(rung, task, reached, _due(task, reached, reached, calendar), None)
        for rung in workflow.ladder.values()
        for reached in [reached_on(workflow, rung, start, calendar)]
        for task in rung.tasks
    )
    return tuple(duty for duty in found if duty.due_on is not None)


def again(duty: Duty, done: date, calendar: Calendar) -> Duty | None:
    """Give a task that was done as it comes round again, in its next period; None if it does not.

    It is given as of its first period. Of all periods, only the first that is missed is told.
    """
    if duty.task.every is None:
        return None
    since = _period(duty.task.every, duty.since, done, calendar)[1]
    return replace(duty, since=since, due_on=_due(duty.task, duty.since, since, calendar))


def done_on(task: Task, case: Snapshot, since: date) -> date | None:
    """Give the day on which a task was done that is to be done from a day on; None until it is."""
    days = [case.letters_sent.get(name, date.min) for name in task.letters]
    recorded = [case.recorded_on.get(name, date.min) for name in task.facts]
    if recorded and min(recorded) >= since:
        days.append(max(recorded))
    found = max(days, default=date.min)
    return found if found >= since else None


def _duty(occasion: Occasion, rung: Rung, task: Task, reached: date) -> Duty:
    since = reached
    if task.every is not None:
        since = _period(task.every, reached, occasion.on, occasion.calendar)[0]
    done = done_on(task, occasion.case, since)
    return Duty(rung, task, since, _due(task, reached, since, occasion.calendar), done)


def _due(task: Task, first: date, since: date, calendar: Calendar) -> date | None:
    """Give the last day of a task, or of its period that begins on a day; None if it has none."""
    if task.within is not None:
        return due(since, Duration.parse(task.within), calendar)
    return None if task.every is None else _period(task.every, first, since, calendar)[1]


def _period(every: str, first: date, on: date, calendar: Calendar) -> tuple[date, date]:
    """Give the first day of the period that a day lies in, and that of the next.

    Each is counted from the first, so that a short month shortens no other.
    """
    length = Duration.parse(every)
    number, begins = 0, first
    while True:
        number += 1
        following = due(first, Duration(length.count * number, length.unit), calendar)
        if following > on:
            return begins, following
        begins = following
