"""What one route may know of another: the names it gives, without any proof of it.

Routes refer to each other, each way. An outline is taken of a file as it stands, so no route waits
for the proof of another one; what is wrong in a file is told where that file is checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assetflow.workflow import ANY_OPEN_STAGE, Workflow


@dataclass(frozen=True, slots=True)
class Outline:
    """The names of one route: its stages, steps and facts, and the routes it goes with."""

    name: str
    # Each stage, and whether it is an end.
    stages: Mapping[str, bool]
    # Each step, and the stages it leaves from.
    steps: Mapping[str, tuple[str, ...]]
    # Each fact and its type.
    facts: Mapping[str, str]
    parts: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    # Stages of routes in which cases begin that go on from this one.
    goes_on: frozenset[tuple[str, str]] = frozenset()

    @property
    def speaks_of(self) -> frozenset[str]:
        """Name the routes that this one cannot do without."""
        return frozenset({*self.parts, *self.part_of, *(route for route, _ in self.goes_on)})

    @property
    def has_weights(self) -> bool:
        """Tell whether criteria with their weights can be put on the file of a case."""
        return "weights" in self.facts.values()

    def has_step_in(self, trigger: str, stage: str) -> bool:
        """Tell whether a step can be taken in a stage."""
        origins = self.steps.get(trigger, ())
        return stage in origins or (ANY_OPEN_STAGE in origins and not self.stages[stage])


def of_route(route: Workflow) -> Outline:
    """Take the outline of a route that was read."""
    steps = route.transitions.values()
    on = (step.continues_as for step in steps if step.continues_as is not None)
    return Outline(
        name=route.name,
        stages={name: bool(stage.end) for name, stage in route.stages.items()},
        steps={step.trigger: step.origins for step in steps},
        facts={name: fact.type for name, fact in route.facts.items()},
        parts=route.parts,
        part_of=route.part_of,
        goes_on=frozenset((each.workflow, each.stage) for each in on),
    )


def of_file(said: Any) -> Outline | None:
    """Take the outline of what a file says; None where it does not even name a route."""
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        return None
    steps = _entries(said, "transitions")
    return Outline(
        name=said["name"],
        stages={name: bool(stage.get("end")) for name, stage in _entries(said, "stages").items()},
        steps={name: _names(step, "from") for name, step in steps.items()},
        facts={name: str(f.get("type", "text")) for name, f in _entries(said, "facts").items()},
        parts=_names(said, "parts"),
        part_of=_names(said, "part_of"),
        goes_on=frozenset(_goes_on(steps.values())),
    )


def _goes_on(steps: Any) -> Iterator[tuple[str, str]]:
    for step in steps:
        on = step.get("continues_as")
        if isinstance(on, dict):
            yield str(on.get("workflow")), str(on.get("stage"))


def _entries(said: dict[str, Any], group: str) -> dict[str, dict[str, Any]]:
    found = said.get(group)
    entries = found.items() if isinstance(found, dict) else ()
    return {str(name): entry for name, entry in entries if isinstance(entry, dict)}


def _names(said: dict[str, Any], key: str) -> tuple[str, ...]:
    found = said.get(key)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
