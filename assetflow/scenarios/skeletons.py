"""What is still to be told of a route, each thing with a step to begin from."""

from collections.abc import Iterator

from assetflow.scenarios.coverage import Coverage, Requirement
from assetflow.scenarios.names import NOBODY
from assetflow.workflow import Transition, Workflow


def skeletons(route: Workflow, coverage: Coverage) -> Iterator[tuple[str, str]]:
    """Give everything not covered of a route, in its order, each with a step that shows it."""
    unseen = {
        trigger: [one for one in coverage.not_seen if one.trigger == trigger]
        for trigger in coverage.steps
    }
    for trigger, requirements in unseen.items():
        if trigger in coverage.not_taken:
            yield f"{trigger}: not taken", _taken(route.transitions[trigger])
        for one in requirements:
            yield str(one), _refused(route, one)


def _taken(step: Transition) -> str:
    came = f", stage: {step.to}" if step.to else ""
    why = ', why: "…"' if step.why_needed else ""
    letters = f", letters: [{', '.join(step.letters)}]" if step.letters else ""
    return f"- {{on: …, do: {step.trigger}{why}{came}{letters}}}"


def _refused(route: Workflow, one: Requirement) -> str:
    actor = f", as: {NOBODY}" if one.kind == "permission" else ""
    reason = _reason(route, one)
    return f'- {{on: …, do: {one.trigger}{actor}, refused: ["{reason}"], among: true}}'


def _reason(route: Workflow, one: Requirement) -> str:
    """Give a part of the sentence with which the requirement refuses."""
    last = one.name.rpartition(" ")[2]
    if one.kind == "permission":
        return "may not do this"
    if one.kind == "why":
        return "A reason must be given"
    if one.kind == "letter" or one.name == f"facts_recorded {last}":
        return f"({last})"
    if one.kind == "signoff":
        return f"Nobody has asked {route.department_label(one.name)} to sign"
    return "…"
