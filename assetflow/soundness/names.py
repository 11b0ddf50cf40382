"""Names a route gives: small letters that can be typed, and none that mean something already."""

import re
from collections.abc import Iterable, Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where
from assetflow.workflow import CASE_ROLES, Workflow

# As patterns that editors understand as well.
NAME = "^[a-z][a-z0-9_]{0,59}$"
# Case references name folders, so nothing but letters, digits and hyphens may stand in them.
PREFIX = "^[A-Za-z][A-Za-z0-9-]{0,19}$"
IS_NAME, _PREFIX = re.compile(NAME), re.compile(PREFIX)
_HINT = "use small letters, digits and _, beginning with a letter"
_GROUPS = (
    "stages",
    "transitions",
    "departments",
    "roles",
    "facts",
    "ladder",
    "objections",
    "criteria",
    "clocks",
    "limits",
    "papers",
)
# Steps have labels that only those of one stage must tell apart.
_LABELLED = tuple(group for group in _GROUPS if group != "transitions")


# What a step is given beside its facts: --why is no fact.
_OPTIONS = ("why",)


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the names that cannot be used, those that are taken, and those given twice."""
    yield from _spelling(workflow)
    yield from _reserved_roles(workflow)
    yield from _reserved_facts(workflow, around)
    yield from _clashes(workflow)
    yield from _labels(workflow)


def not_a_name(name: str, prefix: str) -> list[str]:
    """Say what is wrong with the name of a route and with the beginning of its references."""
    wrong = [] if IS_NAME.fullmatch(name) else [f"{name!r} is not a name: {_HINT}"]
    if not _PREFIX.fullmatch(prefix):
        wrong.append(f"references cannot begin with {prefix!r}: up to 20 letters, digits, hyphens")
    return wrong


def _spelling(workflow: Workflow) -> Iterator[Finding]:
    for group in _GROUPS:
        for name in getattr(workflow, group):
            if not IS_NAME.fullmatch(name):
                yield Finding((group, name), "bad-name", f"{name!r} is not a name", _HINT)
    if not IS_NAME.fullmatch(workflow.name):
        yield Finding(("name",), "bad-name", f"{workflow.name!r} is not a name", _HINT)
    if not _PREFIX.fullmatch(workflow.reference_prefix):
        message = f"references cannot begin with {workflow.reference_prefix!r}"
        hint = "use up to 20 letters, digits and hyphens, beginning with a letter"
        yield Finding(("reference_prefix",), "bad-name", message, hint)


def _reserved_facts(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    hint = "give the fact a name of its own, such as {}_of_the_case"
    for name in workflow.facts:
        if name in _OPTIONS:
            message = f"every step can be given a {name} already; a fact cannot be called so"
            yield Finding(("facts", name), "reserved-name", message, hint.format(name))
        elif name in around.letter_words:
            message = f"letters call something else {name} already; a fact cannot be called so"
            yield Finding(("facts", name), "reserved-name", message, hint.format(name))


def _clashes(workflow: Workflow) -> Iterator[Finding]:
    for trigger in workflow.transitions:
        if trigger in workflow.stages:
            message = f"{trigger} is the name of a stage as well"
            hint = "call the step by what is done, such as accept, and the stage by where a case is"
            yield Finding(("transitions", trigger), "clashing-name", message, hint)


def _labels(workflow: Workflow) -> Iterator[Finding]:
    for group in _LABELLED:
        entries = getattr(workflow, group).items()
        yield from _twice(((group, name), entry.label) for name, entry in entries)
    for stage in workflow.stages:
        steps = workflow.from_stage(stage)
        yield from _twice((("transitions", step.trigger), step.label) for step in steps)


def _twice(labels: Iterable[tuple[Where, str]]) -> Iterator[Finding]:
    """Find labels that people could not tell apart, however they are spaced or capitalised."""
    first: dict[str, Where] = {}
    for path, label in labels:
        before = first.setdefault(" ".join(label.casefold().split()), path)
        if before != path:
            message = f"{path[-1]} has the same label as {before[-1]}: {label}"
            hint = "write what sets them apart"
            yield Finding((*path, "label"), "same-label", message, hint)


def _reserved_roles(workflow: Workflow) -> Iterator[Finding]:
    for role in CASE_ROLES:
        if role in workflow.roles:
            message = f"{role} is a place on a case, not a role"
            hint = "leave it out here; it can be used wherever a role can"
            yield Finding(("roles", role), "reserved-name", message, hint)
