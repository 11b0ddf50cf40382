"""The pauses of a case: when its targets stood still, because the group was asked for something.

Only the council's own targets stand still. Statutory periods, days that others set and the age of
the case run on, whoever has the ball.
"""

from collections.abc import Iterable
from datetime import date

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, due
from assetflow.snapshot import Pause
from assetflow.workflow import Transition, Workflow

Span = tuple[date, date]


def cap_of(workflow: Workflow, pause: Pause, calendar: Calendar) -> date | None:
    """Give the last day on which a pause holds a target up; None where the route has no pauses."""
    if workflow.pauses is None:
        return None
    return due(pause.began_on, Duration.parse(workflow.pauses.cap), calendar)


def spans(
    workflow: Workflow, pauses: Iterable[Pause], calendar: Calendar, on: date | None = None
) -> list[Span]:
    """Give from when to when targets stood still, as it is known on a day.

    Without a day, a pause that is running is taken to run to its cap: before that no target can
    end. A route without rules for pauses has none, whatever an earlier version of it had.
    """
    found = []
    for pause in pauses:
        cap = cap_of(workflow, pause, calendar)
        if cap is not None:
            known = (day for day in (cap, pause.ended_on, on) if day is not None)
            found.append((pause.began_on, min(known)))
    return found


def pauses_after(
    pauses: tuple[Pause, ...], step: Transition, on: date, reason: str
) -> tuple[Pause, ...]:
    """Give the pauses of a case once a step is taken on a day.

    A pause ends with the step that resumes, and with any that moves the case or hands the ball on.
    """
    handed_on = step.to is not None or step.waiting_on not in (None, "group")
    if pauses and pauses[-1].ended_on is None and (handed_on or step.resumes or step.pauses):
        pauses = (*pauses[:-1], pauses[-1]._replace(ended_on=on))
    return (*pauses, Pause(on, None, reason)) if step.pauses else pauses
