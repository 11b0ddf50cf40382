"""What there is to draw of a route: its main path, what branches off, and what happens anywhere.

Steps that lead the same way from the same stages are one arrow. A step that may be taken in every
open stage, such as a withdrawal, is told once and not drawn from each of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from assetflow.diagrams.standing import Standing
from assetflow.workflow import ANY_OPEN_STAGE, Stage, Transition, Workflow

Kind = Literal["onward", "back", "aside"]


@dataclass(frozen=True, slots=True)
class Arrow:
    """Steps that lead from the same stages to the same stage."""

    kind: Kind
    origins: tuple[str, ...]
    to: str
    steps: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """A step that leaves the case in its stage, and the stages in which it may be taken.

    ``anew`` is set where the stage begins again with it, and with the stage its target.
    """

    step: Transition
    stages: tuple[str, ...]
    anew: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """A route as it is drawn; ``standing`` says what stands in its stages, where that is wanted."""

    route: Workflow
    standing: Mapping[str, Standing] | None = None
    # A sentence on what ``standing`` counts, such as the day; shown under the title.
    counted: str = ""
    # What cannot be shown at any stage, such as cases in a stage that this version does not have.
    remarks: tuple[str, ...] = field(default=())

    @cached_property
    def main(self) -> tuple[Stage, ...]:
        """The straight way from the first stage to its end."""
        return self.route.main_path()

    @cached_property
    def last(self) -> Stage | None:
        """The end of the main path."""
        return self.main[-1] if self.main[-1].end else None

    @cached_property
    def following(self) -> Mapping[str, str]:
        """Which stage follows which on the main path."""
        return {a.id: b.id for a, b in zip(self.main, self.main[1:], strict=False)}

    @cached_property
    def rows(self) -> tuple[Stage, ...]:
        """The open stages from top to bottom: each side stage below the one that leads to it."""
        order = [stage.id for stage in self.main if not stage.end]
        waiting = [stage for stage in self.route.open_stages if stage not in order]
        while waiting:
            found = next((s for s in waiting if self._led_from(s, order)), waiting[0])
            waiting.remove(found)
            after = self._led_from(found, order)
            order.insert(self._place_below(after, order) if after else len(order), found)
        return tuple(self.route.stages[name] for name in order)

    def _led_from(self, stage: str, placed: Iterable[str]) -> str | None:
        steps = [t for t in self.route.transitions.values() if t.to == stage]
        return next((p for p in placed if any(p in self.route.leaves(t) for t in steps)), None)

    def _place_below(self, stage: str, order: list[str]) -> int:
        """Give the place under a stage and the side stages that stand below it already."""
        main = {one.id for one in self.main}
        place = order.index(stage) + 1
        while place < len(order) and order[place] not in main:
            place += 1
        return place

    @cached_property
    def other_ends(self) -> tuple[Stage, ...]:
        """The ends beside that of the main path."""
        ends = (stage for stage in self.route.stages.values() if stage.end)
        return tuple(stage for stage in ends if stage is not self.last)

    @cached_property
    def everywhere(self) -> tuple[Transition, ...]:
        """The steps out of every open stage."""
        return tuple(t for t in self.route.transitions.values() if t.to and self._is_anywhere(t))

    def _is_anywhere(self, step: Transition) -> bool:
        every = self.route.open_stages
        spelt_out = len(every) > 2 and set(step.origins) == set(every)
        return ANY_OPEN_STAGE in step.origins or spelt_out

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """The steps that leave a case in its stage."""
        found = []
        for step in self.route.transitions.values():
            leaves = self.route.leaves(step)
            if step.to is None:
                found.append(Stay(step, leaves))
            elif step.to in leaves and not self._is_anywhere(step):
                found.append(Stay(step, (step.to,), anew=True))
        return tuple(found)

    @cached_property
    def arrows(self) -> tuple[Arrow, ...]:
        """The arrows between different stages, those that lead the same way put together."""
        found: dict[tuple[Kind, tuple[str, ...], str], list[Transition]] = {}
        for step in self.route.transitions.values():
            if step.to is None or self._is_anywhere(step):
                continue
            origins = [origin for origin in self.route.leaves(step) if origin != step.to]
            onward = tuple(o for o in origins if self.following.get(o) == step.to)
            others = tuple(o for o in origins if o not in onward)
            if onward:
                found.setdefault(("onward", onward, step.to), []).append(step)
            if others:
                found.setdefault((self._kind(others, step.to), others, step.to), []).append(step)
        return tuple(
            Arrow(kind, origins, to, tuple(steps)) for (kind, origins, to), steps in found.items()
        )

    def _kind(self, origins: tuple[str, ...], to: str) -> Kind:
        place = {stage.id: number for number, stage in enumerate(self.main)}
        back = to in place and all(place.get(origin, -1) > place[to] for origin in origins)
        return "back" if back else "aside"

    def onward(self, stage: str) -> Arrow | None:
        """Give the arrow from a stage of the main path to the one that follows it."""
        return next((a for a in self.arrows if a.kind == "onward" and stage in a.origins), None)

    def at(self, stage: str) -> Standing | None:
        """Give what stands in a stage; None where that was not asked for, or nothing can stand."""
        if self.standing is None or self.route.stages[stage].end:
            return None
        return self.standing.get(stage, Standing())
