"""The words that every drawing of a route uses for the same thing."""

from collections import defaultdict
from collections.abc import Iterable

from assetflow.diagrams import beyond
from assetflow.guards import HOLDERS
from assetflow.workflow import SignoffRule, Stage, Transition, Workflow


def holder(route: Workflow, stage: Stage) -> str:
    """Say who has the ball in a stage."""
    if stage.waiting_on != "council":
        return HOLDERS[stage.waiting_on]
    return route.department_label(stage.department) or "the council"


def target(stage: Stage) -> str:
    """Say by when a stage should be over; empty where nothing says so."""
    if not stage.target:
        return "the date given" if stage.due_fact else ""
    return f"target {stage.target}{' or the date given' if stage.due_fact else ''}"


def box(route: Workflow, stage: Stage) -> str:
    """Say who has the ball and by when, on one line; a statutory clock is always named."""
    parts = [f"With {holder(route, stage)}", target(stage)]
    parts += [f"statutory clock: {label}" for label in beyond.statutory_in(route, stage.id)]
    return ", ".join(part for part in parts if part)


def signoffs(route: Workflow, step: Transition) -> str:
    """Say which departments sign for a step, in what order and how long they have."""
    told = [_signers(route, rules) for rules in in_order(step)]
    if len(told) > 1:
        told = [f"{number}. {each}" for number, each in enumerate(told, start=1)]
    return "; ".join(told)


def in_order(step: Transition) -> list[list[SignoffRule]]:
    """Give the sign-offs of a step by the order in which they are asked."""
    found: dict[int, list[SignoffRule]] = defaultdict(list)
    for rule in step.signoffs:
        found[rule.order].append(rule)
    return [found[order] for order in sorted(found)]


def _signers(route: Workflow, rules: list[SignoffRule]) -> str:
    """Name who is asked at the same time; where all have as long, say so once."""
    if len(rules) > 1 and len({rule.within for rule in rules}) == 1:
        named = ", ".join(_signer(route, rule, "") for rule in rules)
        return f"{named}: {rules[0].within} each"
    return ", ".join(_signer(route, rule, rule.within) for rule in rules)


def _signer(route: Workflow, rule: SignoffRule, within: str) -> str:
    said = [part for part in ("asked" if rule.mode == "consultee" else "", within) if part]
    label = route.department_label(rule.department)
    return f"{label} ({', '.join(said)})" if said else label


def step_lines(route: Workflow, steps: Iterable[Transition]) -> list[str]:
    """Tell the steps of one arrow, each with its sign-offs on a line below."""
    lines = []
    for number, step in enumerate(steps):
        lines.append(f"or: {step.label}" if number else step.label)
        if step.signoffs:
            lines.append(f"Sign-offs: {signoffs(route, step)}")
    return lines


def labels(route: Workflow, stages: Iterable[str]) -> str:
    """Name stages as people do; where it is all of them, say so."""
    named = list(stages)
    if set(named) == set(route.open_stages) and len(named) > 1:
        return "every open stage"
    return ", ".join(route.stages[name].label for name in named)


def title(route: Workflow) -> str:
    """Name a route with its version."""
    return f"{route.label}, version {route.version}"
