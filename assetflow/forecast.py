"""When a case can be done by, as it stands: its stages still to come, each at its target.

Letters give the group these days, and a case whose forecast passes a day that it must not pass
runs out: the same count serves both.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, before, target_due
from assetflow.snapshot import Occasion
from assetflow.targets import stage_due
from assetflow.workflow import Limit, Stage, Workflow

Way = tuple[Stage, ...]
_FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Expected:
    """A stage of the way that a case still has before it, and the day on which it should end."""

    stage: Stage
    due_on: date | None
    here: bool


def expected(occasion: Occasion) -> list[Expected]:
    """Give the open stages from the present one on, each with the day on which it should end.

    While the group is asked for something, its answer is expected on the day it was asked to keep.
    """
    # An end is no step with a date of its own: the last stage before it is what people wait for.
    ahead = [one for one in way_from(occasion.workflow, occasion.case.stage) if not one.end]
    ends, found = stage_due(occasion, _answered(occasion)), list[Expected]()
    for stage in ahead:
        here = stage.id == occasion.case.stage
        if not here:
            ends = _after(stage, max(ends or occasion.on, occasion.on), occasion.calendar) or ends
        found.append(Expected(stage, ends, here))
    return found


def _answered(occasion: Occasion) -> date:
    """Give the day until which a pause that is running is expected to last, else the day itself."""
    rule, case = occasion.workflow.pauses, occasion.case
    asked = case.facts.get(rule.by) if rule and case.pause else None
    return max(occasion.on, asked) if isinstance(asked, date) else occasion.on


def completion(occasion: Occasion) -> date | None:
    """Give the day on which the asset should go over, as it is known today; None once it has."""
    return _forecast(occasion, None, occasion.on)


def limit_day(limit: Limit, facts: Mapping[str, object], calendar: Calendar) -> date | None:
    """Give the last day that the forecast may reach; None where the file does not say."""
    day, left = facts.get(limit.fact), facts.get(limit.leaves_years or "")
    if not isinstance(day, date) or (limit.leaves_years is not None and left is None):
        return None
    try:
        if isinstance(left, int):
            return before(day, Duration.parse(f"{left} years"), calendar)
        return before(day, Duration.parse(limit.leaves or "0 calendar days"), calendar)
    except ValueError:
        return _FIRST_DAY  # more years than there are before it


def passed_on(occasion: Occasion, limit: Limit, day: date) -> tuple[date, date] | None:
    """Give the first day on which the forecast passes a limit, and the forecast of that day.

    It passes it as soon as the case comes to its stage, where the targets that remain are too long
    already; else once the stage has lasted too long. None where the stage to be reached by then is
    not ahead.
    """
    rest = _rest(occasion.workflow, occasion.case.stage, limit.reached)
    if rest is None:
        return None
    latest = _latest_end(rest, day, occasion.calendar)
    first = _first_past(occasion, latest)
    found = _forecast(occasion, limit.reached, first)
    return None if found is None else (first, found)


def _forecast(occasion: Occasion, reached: str | None, on: date) -> date | None:
    rest = _rest(occasion.workflow, occasion.case.stage, reached)
    if rest is None:
        return None
    return _walk(rest, max(stage_due(occasion, on) or on, on), occasion.calendar)


def _first_past(occasion: Occasion, latest: date) -> date:
    """Give the first day on which the present stage ends after a day, as it is known by then."""
    since = occasion.case.stage_since
    ends = stage_due(occasion) or since
    if ends <= latest:
        return max(since, latest + timedelta(days=1))
    if not occasion.case.pauses:
        return since
    # In a pause its end moves on with every day.
    number = bisect_right(
        range((ends - since).days + 1), latest,
        key=lambda n: stage_due(occasion, since + timedelta(days=n)) or since,
    )  # fmt: skip
    return since + timedelta(days=number)


@lru_cache(maxsize=1024)
def _latest_end(rest: Way, day: date, calendar: Calendar) -> date:
    """Give the last day on which a stage can end so that the others still end by a day."""
    length = (_walk(rest, day, calendar) - day).days
    # A holiday season before the day can be longer than the one after it.
    first = max(_FIRST_DAY, day - timedelta(days=min(2 * length + 60, (day - _FIRST_DAY).days)))
    number = bisect_right(
        range((day - first).days + 1), day,
        key=lambda n: _walk(rest, first + timedelta(days=n), calendar),
    )  # fmt: skip
    return first + timedelta(days=number - 1)


def _walk(rest: Way, day: date, calendar: Calendar) -> date:
    for stage in rest:
        day = _after(stage, day, calendar) or day
    return day


def _after(stage: Stage, start: date, calendar: Calendar) -> date | None:
    return target_due(start, Duration.parse(stage.target), calendar) if stage.target else None


@lru_cache(maxsize=1024)
def _rest(workflow: Workflow, stage: str, reached: str | None) -> Way | None:
    """Give the stages between the present one and the one to be reached; None if it is not ahead.

    Where none is named, it is the first in which the asset has gone over.
    """
    _, *ahead = way_from(workflow, stage)
    if workflow.stages[stage].ladder_stops and reached is None:
        return None
    for number, one in enumerate(ahead):
        if one.id == reached or (reached is None and (one.ladder_stops or one.end)):
            return tuple(ahead[:number])
    return None


def way_from(workflow: Workflow, stage: str) -> Way:
    """Give the stages still to come from a stage on, with it: the rest of the straight way.

    From beside that way, the shortest one leads back to it, as far along it as can be.
    """
    return _ways(workflow)[stage]


@lru_cache(maxsize=64)
def _ways(workflow: Workflow) -> dict[str, Way]:
    path = workflow.main_path()
    ways = {stage.id: path[number:] for number, stage in enumerate(path)}
    beside = [name for name in workflow.stages if name not in ways]
    while beside:
        # All of one round are equally far from the straight way.
        found = {name: way for name in beside if (way := _back(workflow, name, ways))}
        if not found:
            break
        ways |= found
        beside = [name for name in beside if name not in found]
    return ways | {name: (workflow.stages[name],) for name in beside}


def _back(workflow: Workflow, stage: str, ways: Mapping[str, Way]) -> Way:
    onward = [ways[step.to] for step in workflow.from_stage(stage) if step.to and step.to in ways]
    return (workflow.stages[stage], *min(onward, key=len)) if onward else ()
