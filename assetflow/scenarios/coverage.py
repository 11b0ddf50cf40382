"""What a route declares that a scenario can show: each step taken, each reason for a refusal.

A requirement is asked for by itself, with the guard that stands behind it, so that a refusal counts
for just those requirements that were not met.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from assetflow.guards import REGISTRY, answers_to, letter_facts_missing, order_reached, settled
from assetflow.scenarios.told import Claim
from assetflow.snapshot import Occasion
from assetflow.workflow import GuardUse, Transition, Workflow

# Guards that ask for several facts at once, by the parameter that names them.
LetterFacts = Mapping[str, Collection[str]]
_PER_FACT = {"facts_recorded": "facts", "together": "needs", "needed_above": "needs"}


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """One thing that a step of a route can lack; ``name`` tells it from others of its kind."""

    route: str
    trigger: str
    kind: Literal["permission", "why", "guard", "signoff", "letter"]
    name: str = ""

    def __str__(self) -> str:
        """Give it as lists show it."""
        return f"{self.trigger}: {self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a route its scenarios show: the steps they took, the refusals they saw.

    ``never`` are requirements of which it is proved that every case meets them, ``said`` those of
    which the scenario file says so, each with its reason. Neither are among the refusals, except
    those that were ``seen_though`` they were said to be impossible.
    """

    route: str
    steps: tuple[str, ...]
    not_taken: tuple[str, ...]
    refusals: tuple[Requirement, ...]
    not_seen: tuple[Requirement, ...]
    never: tuple[Requirement, ...] = ()
    said: tuple[Claim, ...] = ()
    seen_though: tuple[Claim, ...] = ()

    @property
    def taken(self) -> int:
        """How many steps were taken."""
        return len(self.steps) - len(self.not_taken)

    @property
    def seen(self) -> int:
        """How many requirements were seen to refuse."""
        return len(self.refusals) - len(self.not_seen)

    @property
    def percent(self) -> float:
        """The share of both together; it is 100 only where nothing is left."""
        return percent(self.taken + self.seen, len(self.steps) + len(self.refusals))


def percent(part: int, whole: int) -> float:
    """Give a share in per cent to one place, never rounded up."""
    return 1000 * part // whole / 10 if whole else 100.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What scenarios have shown: the steps they took, and the requirements they saw lacking."""

    taken: Collection[tuple[str, str]] = ()
    lacked: Collection[Requirement] = ()


def covered(
    route: Workflow,
    requirements: Collection[Requirement],
    never: Collection[Requirement],
    claims: Collection[Claim],
    shown: Shown,
) -> Coverage:
    """Hold what was shown of a route against all that it declares.

    What was seen after all counts as seen, whatever was proved or said of it.
    """
    lacked = {str(one) for one in shown.lacked if one.route == route.name}
    never = tuple(one for one in never if str(one) not in lacked)
    said = tuple(claim for claim in claims if claim.refusal not in lacked)
    out = {*map(str, never), *(claim.refusal for claim in said)}
    refusals = tuple(one for one in requirements if str(one) not in out)
    steps = tuple(route.transitions)
    return Coverage(
        route.name, steps, tuple(t for t in steps if (route.name, t) not in shown.taken), refusals,
        tuple(one for one in refusals if str(one) not in lacked), never, said,
        tuple(claim for claim in claims if claim.refusal in lacked),
    )  # fmt: skip


def declared(route: Workflow, letter_facts: LetterFacts) -> tuple[Requirement, ...]:
    """Give everything that the steps of a route can be refused for."""
    steps = route.transitions.values()
    found = (one for step in steps for one in _of_step(route, step, letter_facts))
    return tuple(dict.fromkeys(found))


def _of_step(route: Workflow, step: Transition, letter_facts: LetterFacts) -> Iterator[Requirement]:
    yield Requirement(route.name, step.trigger, "permission")
    if step.why_needed:
        yield Requirement(route.name, step.trigger, "why")
    for use in step.requires:
        for name in _names(use):
            yield Requirement(route.name, step.trigger, "guard", name)
    for rule in step.signoffs:
        yield Requirement(route.name, step.trigger, "signoff", rule.department)
    for letter in step.letters:
        # A date that the step itself sets can never be lacking.
        for fact in sorted(set(letter_facts[letter]) - set(step.dates)):
            yield Requirement(route.name, step.trigger, "letter", f"{letter} {fact}")


def lacking(step: Transition, occasion: Occasion) -> Iterator[Requirement]:
    """Give the requirements of a step that are not met, each found by itself."""
    route = occasion.workflow.name
    for use in step.requires:
        for name in _not_met(use, occasion):
            yield Requirement(route, step.trigger, "guard", name)
    for department in _not_signed(step, occasion):
        yield Requirement(route, step.trigger, "signoff", department)
    for letter in step.letters:
        for missing in letter_facts_missing([letter], occasion, step.dates):
            yield Requirement(route, step.trigger, "letter", f"{letter} {missing.fact}")


def _names(use: GuardUse) -> Iterable[str]:
    if use.guard in _PER_FACT:
        return [f"{use.guard} {fact}" for fact in use.parameters[_PER_FACT[use.guard]]]
    told = ", ".join(f"{name}: {_shown(value)}" for name, value in use.parameters.items())
    return [f"{use.guard} {{{told}}}" if told else use.guard]


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _not_met(use: GuardUse, occasion: Occasion) -> Iterable[str]:
    missing = list(REGISTRY[use.guard](occasion, **use.parameters))
    if use.guard in _PER_FACT:
        named = {item.fact for item in missing}
        facts = use.parameters[_PER_FACT[use.guard]]
        return [f"{use.guard} {fact}" for fact in facts if fact in named]
    return _names(use) if missing else ()


def _not_signed(step: Transition, occasion: Occasion) -> Iterator[str]:
    """Give the departments that a refusal names; whose turn has not come is not named for it."""
    answers, reached = answers_to(step, occasion), order_reached(step, occasion)
    for rule in step.signoffs:
        answer = answers.get(rule.department)
        if not settled(rule, answer, occasion) and (answer is not None or rule.order <= reached):
            yield rule.department
