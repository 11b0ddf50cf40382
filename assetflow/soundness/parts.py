"""Routes that go together: parts and what they are a part of, and cases that go on as others."""

from collections.abc import Collection, Iterator, Mapping

from assetflow.soundness.finding import Finding, Surroundings, Where, nearest, unknown
from assetflow.soundness.outlines import Outline, of_route
from assetflow.workflow import Continuation, GuardUse, TellsParts, Workflow

Routes = Mapping[str, Outline]
# Guards that look at stages of the parts, and of the case above.
_OF_PARTS, _OF_PARENT = ("parts_in", "no_part_in"), ("parent_in",)
_BY_CRITERIA = ("scored", "moderated")
# Guards that look at a date on the file of the case above.
_BY_DATES = ("received_by", "received_after")


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List what other routes lack of which this one speaks."""
    routes = around.routes_with(workflow)
    yield from _named(workflow, routes)
    for number, stage in enumerate(workflow.parts_in):
        if stage not in workflow.stages:
            yield unknown(("parts_in", number), "stage", stage, workflow.stages)
    if workflow.parts_in and not workflow.parts:
        yield _no_parts(("parts_in",), "takes parts in certain stages")
    parts = _those(routes, workflow.parts)
    above = _those(routes, workflow.part_of)
    for trigger, step in workflow.transitions.items():
        path: Where = ("transitions", trigger)
        for number, rule in enumerate(step.tells_parts):
            yield from _told(workflow, parts, (*path, "tells_parts", number), rule)
        if step.continues_as is not None:
            yield from _goes_on(workflow, routes, (*path, "continues_as"), step.continues_as)
        for number, use in enumerate(step.requires):
            place: Where = (*path, "requires", number, use.guard)
            yield from _guard(workflow, place, use, parts, above)


def _those(routes: Routes, names: Collection[str]) -> list[Outline]:
    return [routes[name] for name in names if name in routes]


def _named(workflow: Workflow, routes: Routes) -> Iterator[Finding]:
    """A part and the route above it name each other, so that neither finds out by surprise."""
    for key, other_key in (("parts", "part_of"), ("part_of", "parts")):
        for number, name in enumerate(getattr(workflow, key)):
            if name not in routes:
                yield _no_route((key, number), name, routes)
            elif workflow.name not in getattr(routes[name], other_key):
                message = f"{name} does not name {workflow.name} under {other_key}"
                hint = f"write {other_key}: [{workflow.name}] in {name}, or take it out here"
                yield Finding((key, number), "parts-disagree", message, hint)


def _no_route(path: Where, name: str, routes: Routes) -> Finding:
    message = f"there is no route {name} among the files named, beside this one or installed"
    file = f"or name its file as well: workflow check FILE {name}.yaml"
    return Finding(path, "unknown-workflow", message, f"{nearest(name, routes)}; {file}")


def _no_parts(path: Where, what: str) -> Finding:
    hint = "name the routes of the parts, as in parts: [ROUTE]"
    return Finding(path, "no-parts", f"this route {what} and has none", hint)


def _told(
    workflow: Workflow, parts: list[Outline], path: Where, rule: TellsParts
) -> Iterator[Finding]:
    if not workflow.parts:
        yield _no_parts(path, "tells its parts something")
        return
    triggers = {trigger for part in parts for trigger in part.steps}
    if parts and rule.trigger not in triggers:
        yield unknown((*path, "trigger"), "trigger", rule.trigger, triggers)
        return
    yield from _known_stages((*path, "stages"), rule.stages, parts)
    for number, stage in enumerate(rule.stages):
        for part in parts:
            if stage in part.stages and not part.has_step_in(rule.trigger, stage):
                message = f"a case of {part.name} cannot {rule.trigger} in {stage}"
                hint = f"take {stage} out, or add it to from: of {rule.trigger} in {part.name}"
                yield Finding((*path, "stages", number), "part-lacks-step", message, hint)


def _known_stages(
    path: Where, stages: Collection[object], routes: list[Outline]
) -> Iterator[Finding]:
    known = {stage for route in routes for stage in route.stages}
    for number, stage in enumerate(stages):
        if routes and isinstance(stage, str) and stage not in known:
            yield unknown((*path, number), "stage", stage, known)


def _goes_on(
    workflow: Workflow, routes: Routes, path: Where, how: Continuation
) -> Iterator[Finding]:
    if how.workflow not in routes:
        yield _no_route((*path, "workflow"), how.workflow, routes)
        return
    other = routes[how.workflow]
    if how.stage not in other.stages:
        yield unknown((*path, "stage"), "stage", how.stage, other.stages)
    elif other.stages[how.stage]:
        message = f"a case of {other.name} would begin in {how.stage}, which is an end"
        hint = "name the stage in which it goes on"
        yield Finding((*path, "stage"), "starts-at-an-end", message, hint)
    if other.part_of:
        message = f"a case of {other.name} is a part of another, and this one would stand alone"
        hint = "name a route without part_of:"
        yield Finding((*path, "workflow"), "continues-as-part", message, hint)
    for number, fact in enumerate(how.carries):
        yield from _carried(workflow, other, (*path, "carries", number), fact)


def _carried(workflow: Workflow, other: Outline, path: Where, fact: str) -> Iterator[Finding]:
    if fact not in workflow.facts:
        yield unknown(path, "fact", fact, workflow.facts)
    elif fact not in other.facts:
        message = f"{other.name} does not declare the fact {fact}"
        yield Finding(path, "unknown-fact", message, f"add {fact} under facts of {other.name}")
    elif other.facts[fact] != workflow.facts[fact].type:
        message = f"{fact} is {workflow.facts[fact].type} here and {other.facts[fact]} there"
        hint = f"give it the same type here and in {other.name}"
        yield Finding(path, "wrong-fact-type", message, hint)


def _guard(
    workflow: Workflow, path: Where, use: GuardUse, parts: list[Outline], above: list[Outline]
) -> Iterator[Finding]:
    stages = use.parameters.get("stages")
    named = stages if isinstance(stages, list) else []
    if use.guard in _OF_PARTS:
        if not workflow.parts:
            yield _no_parts(path, "asks for its parts")
        yield from _known_stages((*path, "stages"), named, parts)
    elif use.guard in _OF_PARENT:
        yield from _none_above(workflow, path)
        yield from _known_stages((*path, "stages"), named, above)
    elif use.guard in _BY_DATES:
        yield from _none_above(workflow, path)
        yield from _date_above((*path, "parent_fact"), use.parameters.get("parent_fact"), above)
    elif use.guard in _BY_CRITERIA and not _has_criteria(workflow, above):
        message = f"{use.guard} needs criteria, and this route has none"
        hint = "write criteria:, or declare a fact of type: weights here or in the route above"
        yield Finding(path, "no-criteria", message, hint)


def _none_above(workflow: Workflow, path: Where) -> Iterator[Finding]:
    if not workflow.part_of:
        message = "a case of this route is a part of no other"
        hint = "name the routes above it, as in part_of: [ROUTE]"
        yield Finding(path, "no-parts", message, hint)


def _date_above(path: Where, fact: object, above: list[Outline]) -> Iterator[Finding]:
    """A part may stand under a case of each route above: each must have the date."""
    if not isinstance(fact, str):
        return
    for route in above:
        if fact not in route.facts:
            message = f"{route.name} does not declare the fact {fact}"
            yield Finding(path, "unknown-fact", message, nearest(fact, route.facts))
        elif route.facts[fact] != "date":
            message = f"a date of {route.name} is needed; {fact} is {route.facts[fact]}"
            yield Finding(path, "wrong-fact-type", message, "name a fact of type: date")


def _has_criteria(workflow: Workflow, above: list[Outline]) -> bool:
    own = bool(workflow.criteria) or of_route(workflow).has_weights
    return own or any(route.has_weights for route in above)
