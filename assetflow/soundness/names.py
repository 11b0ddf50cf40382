"""Names a route gives: small letters that can be typed, and none that mean something already."""

import re
from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings
from assetflow.workflow import CASE_ROLES, Workflow

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Case references name folders, so nothing but letters, digits and hyphens may stand in them.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")
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
)


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List the names that cannot be used, and those that are taken."""
    yield from _spelling(workflow)
    yield from _reserved(workflow)


def _spelling(workflow: Workflow) -> Iterator[Finding]:
    for group in _GROUPS:
        for name in getattr(workflow, group):
            if not _NAME.fullmatch(name):
                yield Finding((group, name), "bad-name", f"{name!r} is not a name", _HINT)
    if not _NAME.fullmatch(workflow.name):
        yield Finding(("name",), "bad-name", f"{workflow.name!r} is not a name", _HINT)
    if not _PREFIX.fullmatch(workflow.reference_prefix):
        message = f"references cannot begin with {workflow.reference_prefix!r}"
        hint = "use up to 20 letters, digits and hyphens, beginning with a letter"
        yield Finding(("reference_prefix",), "bad-name", message, hint)


def _reserved(workflow: Workflow) -> Iterator[Finding]:
    for role in CASE_ROLES:
        if role in workflow.roles:
            message = f"{role} is a place on a case, not a role"
            hint = "leave it out here; it can be used wherever a role can"
            yield Finding(("roles", role), "reserved-name", message, hint)
