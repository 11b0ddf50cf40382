"""What a department was asked, what it read and what it answered: now, and in earlier rounds."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from assetflow import models as m
from assetflow import queries, statement
from assetflow.casework.desk import Desk
from assetflow.casework.signoffs import department_id
from assetflow.errors import NotFound
from assetflow.facts import show
from assetflow.queries import Case
from assetflow.snapshot import Signoff


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a department on a case, counted from its first; ``file`` is its evidence."""

    number: int
    step: str
    asked_on: str
    answer: str
    file: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as its department sees it; each fact with its label, as it was and as it is.

    ``absent`` are the facts that its letter would have shown, had they been on the file.
    """

    signoff: Signoff
    question: str
    code: str
    facts: tuple[tuple[str, str, str], ...]
    absent: tuple[str, ...]
    answer: str
    number: int
    requests: tuple[Request, ...]


def look(
    desk: Desk, case_typed: str, department: str, trigger: str = "", number: int | None = None
) -> Seen:
    """Show the newest request to a department in this stage, or the one of a number.

    Raises ``NotFound``.
    """
    case = queries.case(desk.db, queries.case_id(desk.db, case_typed))
    wanted = department_id(case, department)
    every = queries.requests(desk.db, case.id, wanted)
    at = _place(case, wanted, trigger, number, every)
    signoff = every[at][1]
    files = _files(desk, case)
    listed = tuple(_listed(case, n, one, files) for n, (_, one) in enumerate(every, start=1))
    facts, absent = _facts(case, signoff)
    code = statement.code(signoff) if signoff.statement else ""
    answer = _in_words(case, signoff)
    question = _question(case, signoff)
    return Seen(signoff, question, code, facts, absent, answer, at + 1, listed)


def _place(
    case: Case, department: str, trigger: str, number: int | None, every: list[tuple[int, Signoff]]
) -> int:
    """Give where the request stands among all to this department."""
    label, see = case.workflow.department_label(department), []
    if every:
        see = [f"see an earlier one: assetflow signoff show {case.reference} {department} "
               f"--number {len(every)}"]  # fmt: skip
    if number is not None:
        if 1 <= number <= len(every):
            return number - 1
        raise NotFound(f"There is no request {number} to {label} on {case.reference}.",
                       remedies=see)  # fmt: skip
    found = [
        n for n, (visit, one) in enumerate(every)
        if visit == case.stage_visit and trigger in ("", one.trigger)
    ]  # fmt: skip
    if not found:
        sentence = f"Nobody has asked {label} to sign in this stage of {case.reference}."
        raise NotFound(sentence, remedies=see)
    return found[-1]


def _files(desk: Desk, case: Case) -> dict[int, str]:
    """Give the name of the file that shows each answer of a case, where one was handed in."""
    s, e = m.signoffs, m.evidence
    query = select(s.c.id, e.c.name).join(e, s.c.evidence_id == e.c.id)
    return {row.id: row.name for row in desk.db.execute(query.where(s.c.case_id == case.id))}


def _listed(case: Case, number: int, one: Signoff, files: dict[int, str]) -> Request:
    # An earlier request can be for a step that the case's present version does not have.
    known = case.workflow.transitions.get(one.trigger)
    step = known.label if known else one.trigger
    return Request(number, step, show(one.requested_on), _answer(one), files.get(one.id, ""))


def _question(case: Case, signoff: Signoff) -> str:
    """Give the question as it was asked; requests of old have no statement that says it."""
    if signoff.statement:
        return str(json.loads(signoff.statement)["question"])
    step = case.workflow.transitions.get(signoff.trigger)
    rules = step.signoffs if step else ()
    return next((r.question for r in rules if r.department == signoff.department), "")


def _facts(
    case: Case, signoff: Signoff
) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """Give what was or is on the file of the facts a request shows, and the labels of the rest."""
    workflow = case.workflow
    now = {c.fact: c.now for c in statement.changes(workflow, case.snapshot, signoff)}
    pairs = {
        workflow.fact_label(name): (then, now.get(name, then))
        for name, then in statement.values(workflow, signoff).items()
    }
    known = {label: pair for label, pair in pairs.items() if pair != (None, None)}
    facts = tuple((label, _shown(then), _shown(at)) for label, (then, at) in known.items())
    return facts, tuple(label for label in pairs if label not in known)


def _shown(value: Any) -> str:
    return "not on the file" if value is None else show(value)


def _in_words(case: Case, signoff: Signoff) -> str:
    counts = any(one.id == signoff.id for one in case.snapshot.signoffs)
    if counts and statement.changes(case.workflow, case.snapshot, signoff):
        return "void: what it was asked about has changed; ask again"
    return _answer(signoff)


def _answer(signoff: Signoff) -> str:
    if signoff.decision is None or signoff.decided_on is None:
        return f"none yet; due {show(signoff.due_on)}"
    how = "by themselves" if signoff.method == "cli-login" else "recorded for them"
    shown = f" ({signoff.evidence})" if signoff.evidence else ""
    return f"{signoff.decision} by {signoff.signatory}, {show(signoff.decided_on)}, {how}{shown}"
