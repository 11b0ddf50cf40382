"""Clocks of a route: each says how long it runs, can start, and is told to somebody."""

from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import Clock, Workflow


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List the clocks that mean nothing, never start or that nobody hears of."""
    for name, clock in workflow.clocks.items():
        path: Where = ("clocks", name)
        yield from _shape(path, clock)
        yield from _start(workflow, path, clock)
        yield from _stages(workflow, path, clock)
        yield from _facts(workflow, path, clock)
        yield from _told(path, clock)


def _shape(path: Where, clock: Clock) -> Iterator[Finding]:
    if (clock.within is None) == (clock.before is None):
        message = f"{clock.id} runs either within a period or before a day"
        hint = "write one of the two, as in within: 6 months or before: 14 weeks"
        yield Finding(path, "clock-shape", message, hint)
    if (clock.starts.fact is None) == (clock.starts.stage is None):
        message = f"{clock.id} starts either with a date on the file or with a stage"
        hint = "write one of the two, as in starts: {fact: NAME}"
        yield Finding((*path, "starts"), "clock-shape", message, hint)
    if clock.count == "beginning_with" and clock.before is not None:
        message = f"{clock.id} is counted back from a day, which is never its first"
        yield Finding((*path, "count"), "clock-shape", message, "leave count: out")
    if clock.count == "beginning_with" and (clock.within or "").startswith("0 "):
        message = f"{clock.id} begins with a day, so it has at least one"
        yield Finding((*path, "within"), "clock-shape", message, "leave count: out")


def _start(workflow: Workflow, path: Where, clock: Clock) -> Iterator[Finding]:
    place: Where = (*path, "starts", "fact" if clock.starts.fact is not None else "stage")
    fact, stage = clock.starts.fact, clock.starts.stage
    if fact is not None and fact not in workflow.facts:
        yield unknown(place, "fact", fact, workflow.facts)
    elif fact is not None and workflow.facts[fact].type != "date":
        message = f"{clock.id} starts with a date; {fact} is {workflow.facts[fact].type}"
        yield Finding(place, "clock-never-starts", message, "name a fact of type: date")
    yield from _chosen(workflow, (*path, "starts"), clock)
    yield from _or_end(workflow, (*path, "starts", "or_end_of"), clock)
    if stage is None:
        return
    if stage not in workflow.stages:
        yield unknown((*path, "starts", "stage"), "stage", stage, workflow.stages)
    elif workflow.stages[stage].end:
        message = f"{clock.id} starts with {stage}, and an end stops every clock"
        hint = "name an open stage"
        yield Finding((*path, "starts", "stage"), "clock-never-starts", message, hint)
    elif clock.stages and stage not in clock.stages:
        message = f"{clock.id} runs only in {stage}, and is told only in {', '.join(clock.stages)}"
        hint = f"add {stage}, or leave stages: out"
        yield Finding((*path, "stages"), "clock-never-starts", message, hint)


def _chosen(workflow: Workflow, path: Where, clock: Clock) -> Iterator[Finding]:
    """Hold the choice for which alone a clock starts to what the route declares."""
    choice, value = clock.starts.choice, clock.starts.value
    if (choice is None) != (value is None):
        message = f"{clock.id} names a choice without its value, or a value without its choice"
        hint = "write both, as in choice: FACT, value: ONE_OF_ITS_CHOICES"
        yield Finding(path, "clock-shape", message, hint)
    elif choice is not None and choice not in workflow.facts:
        yield unknown((*path, "choice"), "fact", choice, workflow.facts)
    elif choice is not None and workflow.facts[choice].type != "choice":
        message = f"choice needs a choice; {choice} is {workflow.facts[choice].type}"
        hint = f"declare {choice} with type: choice, or name another fact"
        yield Finding((*path, "choice"), "wrong-fact-type", message, hint)
    elif choice is not None and value not in workflow.facts[choice].choices:
        yield unknown((*path, "value"), "choice", str(value), workflow.facts[choice].choices)


def _or_end(workflow: Workflow, path: Where, clock: Clock) -> Iterator[Finding]:
    """Hold the clock whose end may start this one to what the engine looks at: one, no further."""
    other = clock.starts.or_end_of
    if other is None:
        return
    if other not in workflow.clocks:
        yield unknown(path, "clock", other, workflow.clocks)
    elif clock.starts.fact is None:
        message = f"{clock.id} starts with a stage, so it never waits for the end of {other}"
        hint = "leave or_end_of: out, or write fact: in place of stage:"
        yield Finding(path, "clock-shape", message, hint)
    elif workflow.clocks[other].starts.or_end_of is not None:
        waits = "itself" if other == clock.id else f"{other}, which waits for another one"
        message = f"{clock.id} waits for the end of {waits}"
        hint = "name a clock that starts with a date or a stage alone"
        yield Finding(path, "clock-chain", message, hint)


def _stages(workflow: Workflow, path: Where, clock: Clock) -> Iterator[Finding]:
    for number, stage in enumerate(clock.stages):
        if stage not in workflow.stages:
            yield unknown((*path, "stages", number), "stage", stage, workflow.stages)
        elif workflow.stages[stage].end:
            message = f"{clock.id} is told in {stage}, which is an end"
            hint = "delete it: nothing is due once a case has ended"
            yield Finding((*path, "stages", number), "timed-end", message, hint)


def _facts(workflow: Workflow, path: Where, clock: Clock) -> Iterator[Finding]:
    for number, name in enumerate(clock.stops):
        if name not in workflow.facts:
            yield unknown((*path, "stops", number), "fact", name, workflow.facts)
    for key, kind in (("extended_to", "date"), ("agreed_in", "text")):
        name = getattr(clock, key)
        if name is not None and name not in workflow.facts:
            yield unknown((*path, key), "fact", name, workflow.facts)
        elif name is not None and workflow.facts[name].type != kind:
            message = f"{key} needs a {kind}; {name} is {workflow.facts[name].type}"
            yield Finding((*path, key), "wrong-fact-type", message)
    if clock.agreed_in is not None and clock.extended_to is None:
        message = f"{clock.id} says who agrees to a later date, and not where that date stands"
        hint = "write extended_to: FACT as well"
        yield Finding((*path, "agreed_in"), "clock-shape", message, hint)


def _told(path: Where, clock: Clock) -> Iterator[Finding]:
    if clock.to or (clock.kind != "statutory" and clock.warn is None):
        return
    why = "is statutory" if clock.kind == "statutory" else "warns"
    message, hint = f"{clock.id} {why} and tells nobody", "write to: [case_officer, champion]"
    yield Finding(path, "clock-tells-nobody", message, hint)
