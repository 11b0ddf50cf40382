"""The target of the stage that a case is in: when it is due, and when it is long overrun."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, Unit, due, standing_still
from assetflow.pauses import Span, spans
from assetflow.snapshot import Occasion
from assetflow.workflow import Stage

# A share of a target as a route writes it, for editors; ``share_of`` is what reads it.
PATTERN = "^[1-9][0-9]{2} ?%$"


@lru_cache
def share_of(text: str) -> int:
    """Read a share of a target, such as ``150 %``; raises ``ValueError`` with a sentence."""
    number = text.removesuffix("%").rstrip(" ")
    whole = number.isascii() and number.isdigit() and len(number) == 3 and text.endswith("%")
    if not whole or int(number) <= 100:
        raise ValueError(f"{text!r} is no share above the whole, such as 150 %")
    return int(number)


def stage_due_on(occasion: Occasion) -> date | None:
    """Give the day on which the present stage is due, as it is known today; None for an end."""
    return stage_due(occasion, occasion.on)


def stage_due(occasion: Occasion, on: date | None = None) -> date | None:
    """Give that day as it is known on a day, or where a pause that is running runs to its cap."""
    workflow, case, calendar = occasion.workflow, occasion.case, occasion.calendar
    stage = workflow.stages[case.stage]
    still = spans(workflow, case.pauses, calendar, on)
    promised = case.facts.get(stage.due_fact or "")
    return due_in_stage(stage, case.stage_since, promised, calendar, still)


def due_in_stage(
    stage: Stage, since: date, promised: object, calendar: Calendar, pauses: Iterable[Span] = ()
) -> date | None:
    """Give the day on which a stage is due that a case is in since a day.

    It is the date that the group was given, where the stage names such a fact; else its target,
    which stands still in pauses.
    """
    if isinstance(promised, date):
        return promised
    if stage.target is None:
        return None
    target = Duration.parse(stage.target)
    last = standing_still(due(since, target, calendar), since, target.unit, pauses, calendar)
    return calendar.next_working_day(last)


def overrun_on(occasion: Occasion, percent: int) -> date | None:
    """Give the last day on which a case is within so many per cent of its stage's target.

    Pauses do not count. Working days are counted in whole ones; of other periods, and of a date
    that was given instead of the target, the calendar days are.
    """
    workflow, case, calendar = occasion.workflow, occasion.case, occasion.calendar
    stage, since = workflow.stages[case.stage], case.stage_since
    promised = case.facts.get(stage.due_fact or "")
    if isinstance(promised, date):
        return since + max(0, (promised - since).days * percent // 100) * timedelta(days=1)
    if stage.target is None:
        return None
    target = Duration.parse(stage.target)
    if target.unit is Unit.working_days:
        last = calendar.add_working_days(since, target.count * percent // 100)
    else:
        days = (due(since, target, calendar) - since).days * percent // 100
        last = since + timedelta(days=days)
    still = spans(workflow, case.pauses, calendar)
    return standing_still(last, since, target.unit, still, calendar)
