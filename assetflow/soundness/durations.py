"""Periods a route gives: each one that can be counted, and all of them below the stall limit."""

from collections.abc import Iterator
from datetime import date

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, due
from assetflow.soundness.finding import Finding, Surroundings, Where
from assetflow.workflow import Stage, Workflow

# A Monday without bank holidays near it: only the length of the path matters here.
_ANCHOR = date(2026, 1, 5)
# No policy plans further ahead, and dates end with the year 9999.
_LONGEST = "100 years"


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the periods that mean nothing or are longer than anybody plans."""
    longest = due(_ANCHOR, Duration.parse(_LONGEST), around.calendar)
    for path, text in _all_durations(workflow):
        try:
            duration = Duration.parse(text)
        except ValueError as error:
            yield Finding(path, "bad-duration", str(error))
            continue
        if _end(_ANCHOR, duration, around.calendar) > longest:
            yield Finding(path, "bad-duration", f"{text} is longer than {_LONGEST}")


def _end(start: date, duration: Duration, calendar: Calendar) -> date:
    try:
        return due(start, duration, calendar)
    except ValueError:
        return date.max


def _all_durations(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    yield ("stall_limit",), workflow.stall_limit
    yield ("review_within",), workflow.review_within
    for stage in workflow.stages.values():
        if stage.target is not None:
            yield ("stages", stage.id, "target"), stage.target
    for trigger, transition in workflow.transitions.items():
        for number, rule in enumerate(transition.signoffs):
            yield ("transitions", trigger, "signoffs", number, "within"), rule.within
        for number, use in enumerate(transition.requires):
            if use.guard == "waited" and isinstance(use.parameters.get("at_least"), str):
                path: Where = ("transitions", trigger, "requires", number, "waited", "at_least")
                yield path, use.parameters["at_least"]
    for level, rung in workflow.ladder.items():
        yield ("ladder", level, "after"), rung.after
    for kind, alert in workflow.alerts.items():
        if alert.after is not None:
            yield ("alerts", kind, "after"), alert.after


def length_problems(workflow: Workflow, calendar: Calendar) -> Iterator[Finding]:
    """Hold the targets along the straight way against the stall limit."""
    limit = due(_ANCHOR, Duration.parse(workflow.stall_limit), calendar)
    path = workflow.main_path()
    end = _walk(path, calendar)
    if end >= limit:
        yield Finding(
            ("stall_limit",),
            "targets-too-long",
            f"the targets of the main path take {(end - _ANCHOR).days} calendar days, "
            f"which is not below the stall limit of {workflow.stall_limit}",
            "shorten the targets or raise the limit",
        )


def _walk(path: tuple[Stage, ...], calendar: Calendar) -> date:
    day = _ANCHOR
    for stage in path:
        day = _end(day, Duration.parse(stage.target), calendar) if stage.target else day
    return day
