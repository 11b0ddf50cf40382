"""What a route says beyond its stages and steps: its clocks, and the routes it goes with."""

from collections.abc import Iterator

from assetflow.guards import all_of, any_of
from assetflow.workflow import Clock, Transition, Workflow

_KINDS = {
    "statutory": "statutory, never moved",
    "target": "target, moved to a working day",
    "external": "set by others, never moved",
}


def named(name: str) -> str:
    """Name what only another route could give a label: that route, or one of its stages."""
    return f"‘{name.replace('_', ' ')}’"


def period(route: Workflow, clock: Clock) -> str:
    """Say from when to when a clock runs."""
    if clock.starts.stage is not None:
        stage = route.stages.get(clock.starts.stage)
        start = f"the day the case came to {stage.label if stage else clock.starts.stage}"
    else:
        start = _fact(route, clock.starts.fact or "")
    if clock.before is not None:
        return f"{clock.before} before {start}"
    counted = "beginning with" if clock.count == "beginning_with" else "after"
    return f"{clock.within} {counted} {start}"


def clock(route: Workflow, clock: Clock) -> Iterator[str]:
    """Tell a clock: how long it runs, what stops it, who hears of it, and what follows."""
    later = f", or {_fact(route, clock.extended_to)} if later" if clock.extended_to else ""
    yield f"{clock.label} ({_KINDS[clock.kind]}): {period(route, clock)}{later}."
    if clock.stops:
        yield f"Stopped by: {any_of(_fact(route, name) for name in clock.stops)}."
    if clock.to:
        warned = f", and {clock.warn} before it ends" if clock.warn else ""
        here = all_of(route.stages[name].label for name in clock.stages if name in route.stages)
        where = f", while the case is at {here}" if here else ""
        told = all_of(route.role_label(role) for role in clock.to)
        yield f"Told to {told} the morning after{warned}{where}."
    if clock.on_expiry:
        yield f"When it has run out: {clock.on_expiry.rstrip('.')}."
    verified = "verified" if clock.verified else "not verified"
    yield f"Source: {(clock.source or 'no source given').rstrip('.')} ({verified})."


def statutory_in(route: Workflow, stage: str) -> list[str]:
    """Name the statutory clocks that a stage is about, for whoever sees only its box."""
    about = (c for c in route.clocks.values() if c.kind == "statutory")
    return [c.label for c in about if stage in (*c.stages, c.starts.stage)]


def statutory(route: Workflow) -> Iterator[str]:
    """Tell in a sentence each clock that a statute sets."""
    for each in route.clocks.values():
        if each.kind == "statutory":
            yield f"Statutory clock: {each.label}, {period(route, each)}."


def related(route: Workflow) -> Iterator[str]:
    """Tell which routes a case has to do with beside its own."""
    if route.part_of:
        yield f"A case is a part of a case of {any_of(map(named, route.part_of))}."
    if route.parts:
        where = any_of(route.stages[name].label for name in route.parts_in if name in route.stages)
        when = f", opened at {where}" if where else ""
        yield f"Its parts are cases of {any_of(map(named, route.parts))}{when}."


def follows(route: Workflow, step: Transition) -> Iterator[str]:
    """Tell what a step does beside moving its case."""
    if step.dates:
        yield f"Sets to its day: {all_of(_fact(route, name) for name in step.dates)}."
    for rule in step.tells_parts:
        stages = any_of(map(named, rule.stages))
        yield f"At once, on every part at {stages}: {named(rule.trigger)}."
    on = step.continues_as
    if on is not None:
        carried = all_of(_fact(route, name) for name in on.carries)
        takes = f", taking over: {carried}" if carried else ""
        yield f"Then a case of {named(on.workflow)} goes on at {named(on.stage)}{takes}."


def remarks(route: Workflow) -> Iterator[str]:
    """Tell below a drawing what is no arrow in it."""
    yield from related(route)
    for step in route.transitions.values():
        for told in follows(route, step):
            if not told.startswith("Sets"):
                yield f"{step.label}: {told[0].lower()}{told[1:]}"
    yield from statutory(route)


def _fact(route: Workflow, name: str) -> str:
    return route.facts[name].label if name in route.facts else name
