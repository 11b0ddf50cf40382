"""Ways through a route: every stage can be reached, and from every one an end."""

from collections.abc import Iterator, Mapping

from assetflow.soundness.finding import Finding, Surroundings
from assetflow.workflow import Workflow


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the stages that no case can come to, or never leaves."""
    if workflow.stages[workflow.initial].end:
        message = f"a case would begin in {workflow.initial}, which is an end"
        hint = "name the stage in which a case is opened"
        yield Finding(("initial",), "starts-at-an-end", message, hint)
        return
    reached = _closure({workflow.initial} | _begun_elsewhere(workflow, around), _steps(workflow))
    backwards: dict[str, set[str]] = {stage: set() for stage in workflow.stages}
    for source, targets in _steps(workflow).items():
        for target in targets:
            backwards[target].add(source)
    ends = {stage.id for stage in workflow.stages.values() if stage.end}
    finishing = _closure(ends, backwards)
    if not ends:
        hint = "give the last stage an outcome, as in end: completed"
        yield Finding(("stages",), "no-end", "no stage is an end", hint)
    for stage in workflow.stages:
        if stage not in reached:
            hint = f"write to: {stage} in a transition, or delete the stage"
            yield Finding(("stages", stage), "unreachable", f"no way leads to {stage}", hint)
        elif ends and stage not in finishing:
            hint = f"add a transition from: [{stage}] that leads towards an end"
            yield Finding(("stages", stage), "trap", f"no way leads from {stage} to an end", hint)


def _begun_elsewhere(workflow: Workflow, around: Surroundings) -> set[str]:
    """Give the stages in which a case can begin that goes on from one of another route."""
    routes = around.routes_with(workflow).values()
    named = {begun for route in routes for begun in route.goes_on}
    return {stage for route, stage in named if route == workflow.name and stage in workflow.stages}


def _steps(workflow: Workflow) -> dict[str, set[str]]:
    steps: dict[str, set[str]] = {stage: set() for stage in workflow.stages}
    for transition in workflow.transitions.values():
        for source in workflow.leaves(transition):
            if transition.to is not None:
                steps[source].add(transition.to)
    return steps


def _closure(start: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        fresh = steps[todo.pop()] - seen
        seen |= fresh
        todo += fresh
    return seen
