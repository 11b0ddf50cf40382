"""Periods a route gives: each one that can be counted, and all of them below the stall limit."""

from collections.abc import Iterator
from datetime import date

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, due
from assetflow.soundness.finding import Finding, Surroundings, Where
from assetflow.targets import share_of
from assetflow.workflow import Stage, Workflow

# A Monday without bank holidays near it: only the length of the path matters here.
_ANCHOR = date(2026, 1, 5)
# No policy plans further ahead, and dates end with the year 9999.
_LONGEST = "100 years"
# What comes round more often is a routine, and no task.
_SHORTEST = Duration.parse("1 week")
# What guards call their periods; a count of parts or people is no text.
_PARAMETERS = ("at_least", "at_most", "within")


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the periods that mean nothing or are longer than anybody plans."""
    yield from _empty(workflow)
    yield from _shares(workflow)
    longest = due(_ANCHOR, Duration.parse(_LONGEST), around.calendar)
    for path, text in _all_durations(workflow):
        try:
            duration = Duration.parse(text)
        except ValueError as error:
            yield Finding(path, "bad-duration", str(error))
            continue
        end = _end(_ANCHOR, duration, around.calendar)
        if end > longest:
            yield Finding(path, "bad-duration", f"{text} is longer than {_LONGEST}")
        if path[-1] == "every" and end < due(_ANCHOR, _SHORTEST, around.calendar):
            message = f"{text} is shorter than {_SHORTEST}"
            yield Finding(path, "bad-duration", message, "nobody can be asked for it so often")


def _shares(workflow: Workflow) -> Iterator[Finding]:
    for kind, rule in workflow.alerts.items():
        try:
            share_of("150 %" if rule.share is None else rule.share)
        except ValueError as error:
            yield Finding(("alerts", kind, "share"), "bad-duration", str(error))


def _empty(workflow: Workflow) -> Iterator[Finding]:
    """A period that begins with a day holds at least that day."""
    for trigger, transition in workflow.transitions.items():
        for number, use in enumerate(transition.requires):
            given = use.parameters
            if given.get("count") == "beginning_with" and str(given.get("at_most"))[:2] == "0 ":
                path: Where = ("transitions", trigger, "requires", number, use.guard, "at_most")
                message = "a period that begins with a day has at least one"
                yield Finding(path, "bad-duration", message, "leave count: out")


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
    yield from _of_steps(workflow)
    yield from _of_ladder(workflow)
    for kind, alert in workflow.alerts.items():
        if alert.after is not None:
            yield ("alerts", kind, "after"), alert.after
    yield from _of_clocks(workflow)
    for name, limit in workflow.limits.items():
        if limit.leaves is not None:
            yield ("limits", name, "leaves"), limit.leaves
    if workflow.pauses is not None:
        yield ("pauses", "cap"), workflow.pauses.cap


def _of_ladder(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for level, rung in workflow.ladder.items():
        yield ("ladder", level, "after"), rung.after
        for number, task in enumerate(rung.tasks):
            for key in ("within", "every"):
                if getattr(task, key) is not None:
                    yield ("ladder", level, "tasks", number, key), getattr(task, key)


def _of_steps(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for trigger, transition in workflow.transitions.items():
        for number, rule in enumerate(transition.signoffs):
            yield ("transitions", trigger, "signoffs", number, "within"), rule.within
        for number, use in enumerate(transition.requires):
            path: Where = ("transitions", trigger, "requires", number, use.guard)
            for name in _PARAMETERS:
                if isinstance(use.parameters.get(name), str):
                    yield (*path, name), use.parameters[name]


def _of_clocks(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for name, clock in workflow.clocks.items():
        for key in ("within", "before", "warn"):
            if getattr(clock, key) is not None:
                yield ("clocks", name, key), getattr(clock, key)


def length_problems(workflow: Workflow, calendar: Calendar) -> Iterator[Finding]:
    """Hold the targets against the stall limit, and the levels of the ladder in their order."""
    limit = due(_ANCHOR, Duration.parse(workflow.stall_limit), calendar)
    straight = _walk(workflow.main_path(), calendar)
    slowest = max(_onward(workflow, calendar), default=straight)
    way = "the main path" if straight >= slowest else "the slowest way onward"
    end = max(straight, slowest)
    if end >= limit:
        yield Finding(
            ("stall_limit",),
            "targets-too-long",
            f"the targets of {way} take {(end - _ANCHOR).days} calendar days, "
            f"which is not below the stall limit of {workflow.stall_limit}",
            "shorten the targets or raise the limit",
        )
    yield from _ladder(workflow, calendar)


def _walk(path: tuple[Stage, ...], calendar: Calendar) -> date:
    day = _ANCHOR
    for stage in path:
        day = _stay(day, stage, calendar)
    return day


def _stay(day: date, stage: Stage, calendar: Calendar) -> date:
    # The stall limit is about the time until the asset goes over.
    if stage.target is None or stage.ladder_stops:
        return day
    return _end(day, Duration.parse(stage.target), calendar)


def _onward(workflow: Workflow, calendar: Calendar) -> Iterator[date]:
    """Give the latest day on which each stage ends for a case that only ever goes on.

    A step goes on where it leads to a stage that stands further down in the file, so no way
    comes to a stage twice.
    """
    place = {stage: number for number, stage in enumerate(workflow.stages)}
    begins = {workflow.initial: _ANCHOR}
    for name, stage in workflow.stages.items():
        if name not in begins:
            continue
        ends = _stay(begins[name], stage, calendar)
        yield ends
        for step in workflow.from_stage(name):
            if step.to is not None and place[step.to] > place[name]:
                begins[step.to] = max(ends, begins.get(step.to, ends))


def _ladder(workflow: Workflow, calendar: Calendar) -> Iterator[Finding]:
    """A case is at the last level that it has reached, so each must come after the one before."""
    before, reached = "", date.min
    for level, rung in workflow.ladder.items():
        day = due(_ANCHOR, Duration.parse(rung.after), calendar)
        if day <= reached:
            message = f"{level} does not come later than {before}, which stands before it"
            hint = "write the levels in the order in which a case reaches them"
            yield Finding(("ladder", level, "after"), "ladder-order", message, hint)
        before, reached = level, day
