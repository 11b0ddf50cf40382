"""What is put before a department when it is asked to sign, and what it signs: word for word.

An agreement is to what was read. The statement is kept with the request, with its SHA-256; when a
fact that it names changes, the agreement no longer counts and the department is asked again
(OWASP, Transaction Authorization: data changed, authorisation void).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assetflow.chain import short
from assetflow.facts import from_json, to_json
from assetflow.snapshot import Signoff, Snapshot
from assetflow.workflow import SignoffRule, Transition, Workflow


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that is no longer as a department read it; None is a fact that is not on the file."""

    fact: str
    then: Any
    now: Any


def write(
    workflow: Workflow,
    case: Snapshot,
    transition: Transition,
    rule: SignoffRule,
    facts: Iterable[str],
) -> str:
    """Write the statement of a request: the case, the step, the question and the facts it shows."""
    shown = {
        name: to_json(case.facts[name]) if name in case.facts else None
        for name in sorted(facts)
        if name in workflow.facts and not workflow.facts[name].each_time
    }
    content = {
        "case": case.reference,
        "step": transition.trigger,
        "department": rule.department,
        "question": rule.question,
        "facts": shown,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(statement: str) -> str:
    """Give the hash to which a sign-off is bound."""
    return hashlib.sha256(statement.encode()).hexdigest()


def code(signoff: Signoff) -> str:
    """Give the short code of a statement, as the request prints it."""
    return short(signoff.statement_sha256)


def changes(workflow: Workflow, case: Snapshot, signoff: Signoff) -> tuple[Change, ...]:
    """List the facts that have changed since the department was asked."""
    return tuple(
        Change(name, _value(workflow, name, then), case.facts.get(name))
        for name, then in read(signoff.statement).items()
        if then != (to_json(case.facts[name]) if name in case.facts else None)
    )


def values(workflow: Workflow, signoff: Signoff) -> dict[str, Any]:
    """Give the facts that a department read, as they were; None is one not on the file."""
    return {name: _value(workflow, name, t) for name, t in read(signoff.statement).items()}


@lru_cache(maxsize=1024)
def read(statement: str) -> Mapping[str, str | None]:
    """Give the facts of a statement as they were stored; a request of old has no statement."""
    facts: dict[str, str | None] = json.loads(statement)["facts"] if statement else {}
    return facts


def _value(workflow: Workflow, name: str, text: str | None) -> Any:
    # A fact that the case's version no longer declares is read as it was written.
    declared = workflow.facts.get(name)
    return None if text is None else from_json(declared.type if declared else "text", text)
