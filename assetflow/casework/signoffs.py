"""Sign-offs: departments are asked, sign, or object with a way forward."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, update

from assetflow import alerts, guards, queries, statement
from assetflow import models as m
from assetflow.casework import correspondence, evidence, record
from assetflow.casework.correspondence import Issued, Recipient
from assetflow.casework.desk import Desk
from assetflow.casework.telling import tell
from assetflow.chain import digits
from assetflow.deadlines import Duration, due
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.queries import Case
from assetflow.snapshot import Occasion, Person, Signoff, Unmet
from assetflow.workflow import SignoffRule, Transition

LETTER = "signoff_request"
# What departments write where they have no authority to cite.
_NO_AUTHORITY = ("", "none", "n/a", "na", "nil", "no")


@dataclass(frozen=True, slots=True)
class Asked:
    """The departments that a request went to, the letters it sent, and who was told of it."""

    case: Case
    departments: tuple[str, ...]
    letters: tuple[Issued, ...]
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A department's answer as it was handed in: who gave it and what shows it.

    ``evidence`` says in words what shows it, ``file`` is that itself, such as an email, with its
    name. ``code`` is the short code of the request that was answered, where it is quoted.
    """

    department: str
    by: str = ""
    trigger: str = ""
    evidence: str = ""
    conditions: str = ""
    file: tuple[str, bytes] | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class ObjectionGiven:
    """An objection as it was handed in."""

    category: str
    reason: str
    way_forward: str
    authority: str = ""
    consequence: str = ""


def request(desk: Desk, case_typed: str, trigger: str = "") -> Asked:
    """Ask every department whose turn it is to sign for a step of the case."""
    case = _open_case(desk, case_typed)
    record.check_right(desk, case, "request_signoff", "The request")
    transition = _transition_to_sign(case, trigger)
    _check_worth_reading(desk, case, transition)
    asked = _ask_whose_turn_it_is(desk, case, transition)
    if not asked.departments:
        raise Refused(
            f"{case.reference}: nobody is left to ask for ‘{transition.label}’.",
            reasons=_standing(desk, case, transition),
        )
    return asked


def give(desk: Desk, case_typed: str, answer: Answer) -> Asked:
    """Record that a department signs; the departments next in order are then asked."""
    case = _open_case(desk, case_typed)
    signatory, signoff = _checked(desk, case, answer)
    detail = {**_given(desk, signoff, signatory, answer), "conditions": answer.conditions}
    case = record.change(desk, case, "signoff_given", trigger=signoff.trigger, detail=detail)
    _decide(desk, case, signoff, "signed", signatory, answer)
    _resolve_objection(desk, signoff)
    case = queries.case(desk.db, case.id)
    transition = case.workflow.transitions[signoff.trigger]
    return _ask_whose_turn_it_is(desk, case, transition)


def object_(desk: Desk, case_typed: str, answer: Answer, objection: ObjectionGiven) -> Asked:
    """Record a department's objection; without a way forward it is refused.

    Only the categories the route declares as blocking hold the case up, and only with the
    authority cited (New Realities, case study 3: blockages from misunderstanding and boiler-plate).
    """
    case = _open_case(desk, case_typed)
    signatory, signoff = _checked(desk, case, answer)
    _check_objection(case, signoff, objection)
    category = case.workflow.objections[objection.category]
    detail = {
        **_given(desk, signoff, signatory, answer), "category": category.id,
        "blocks": category.blocks, "way_forward": objection.way_forward,
        "authority": objection.authority, "consequence": objection.consequence,
    }  # fmt: skip
    case = record.change(
        desk, case, "objection_raised", trigger=signoff.trigger, why=objection.reason, detail=detail
    )
    _decide(desk, case, signoff, "objected", signatory, answer)
    _insert_objection(desk, signoff, signatory, objection, category.blocks)
    case = queries.case(desk.db, case.id)
    told = _tell_at_once(desk, case, signoff)
    asked = _ask_whose_turn_it_is(desk, case, case.workflow.transitions[signoff.trigger])
    return replace(asked, told=told)


def _tell_at_once(desk: Desk, case: Case, signoff: Signoff) -> tuple[str, ...]:
    """Tell the champion of an objection in the command that records it, and give who was told."""
    objected = next(s for s in case.snapshot.signoffs if s.id == signoff.id)
    if objected.objection is None or "objection_raised" not in case.workflow.alerts:
        return ()
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    alert = alerts.objection_raised(occasion, objected, objected.objection)
    return tell(desk, case, alert, list(queries.people(desk.db).values())).recipients


# --- asking -----------------------------------------------------------------------------------


def _open_case(desk: Desk, typed: str) -> Case:
    case = record.take(desk, typed)
    record.check_day(desk, case)
    record.check_open(case)
    return case


def _transition_to_sign(case: Case, trigger: str) -> Transition:
    signed = {t.trigger: t for t in case.workflow.from_stage(case.snapshot.stage) if t.signoffs}
    if trigger in signed:
        return signed[trigger]
    stage = case.workflow.stages[case.snapshot.stage].label
    if trigger or not signed:
        what = f"‘{trigger}’ needs no sign-off" if trigger else "No step needs a sign-off"
        raise Refused(
            f"{what} in the stage ‘{stage}’.",
            remedies=[f"steps that do: {', '.join(signed) or 'none'}"],
        )
    if len(signed) > 1:
        raise BadInput(
            "Several steps need sign-offs.", remedies=[f"name one of: {', '.join(signed)}"]
        )
    return next(iter(signed.values()))


def _ask_whose_turn_it_is(desk: Desk, case: Case, transition: Transition) -> Asked:
    occasion = desk.occasion(case)
    answers = guards.answers_to(transition, occasion)
    reached = guards.order_reached(transition, occasion)
    rules = [
        rule for rule in transition.signoffs
        if rule.order <= reached and _is_to_be_asked(answers.get(rule.department), occasion)
    ]  # fmt: skip
    if not rules:
        return Asked(record.settle(desk, case), (), ())
    first = record.numbers(desk, "letter", len(rules))
    letters = {rule.department: first + n for n, rule in enumerate(rules)}
    asked = [_asked(desk, case, transition, r, answers.get(r.department)) for r in rules]
    post = correspondence.Post(
        desk,
        lambda after: (
            correspondence.draft(
                desk, after, LETTER, letters[rule.department],
                _department(desk, after, rule.department), signoff=(transition, rule, one),
            )
            for rule, one in zip(rules, asked, strict=True)
        ),
    )  # fmt: skip
    case = record.change(
        desk, case, "signoff_requested", trigger=transition.trigger, detail={"letters": letters},
        letters=post,
    )  # fmt: skip
    for one in asked:
        _insert_request(desk, case, one)
    issued = post.send()
    labels = tuple(case.workflow.department_label(rule.department) for rule in rules)
    return Asked(record.settle(desk, queries.case(desk.db, case.id)), labels, issued)


def _is_to_be_asked(answer: Signoff | None, occasion: Occasion) -> bool:
    return answer is None or guards.lapsed(answer, occasion)


def _asked(
    desk: Desk, case: Case, transition: Transition, rule: SignoffRule, before: Signoff | None
) -> Signoff:
    text = statement.write(case.workflow, case.snapshot, transition, rule, _shown_by_request(desk))
    return Signoff(
        0, transition.trigger, rule.department, desk.on,
        due(desk.on, Duration.parse(rule.within), desk.calendar_of(case.workflow)),
        round=before.round + 1 if before else 1, statement=text,
        statement_sha256=statement.sha256(text),
    )  # fmt: skip


def _insert_request(desk: Desk, case: Case, asked: Signoff) -> None:
    columns = ("trigger", "department", "requested_on", "due_on", "round", "statement",
               "statement_sha256")  # fmt: skip
    row = {"case_id": case.id, "stage_visit": case.stage_visit}
    desk.db.execute(insert(m.signoffs).values({**row, **{c: getattr(asked, c) for c in columns}}))


def _shown_by_request(desk: Desk) -> frozenset[str]:
    """Give the facts that the letter to a department shows: what it reads is what it signs."""
    return desk.letters.facts_needed(LETTER) | desk.letters.facts_optional(LETTER)


def _check_worth_reading(desk: Desk, case: Case, transition: Transition) -> None:
    """Refuse to ask about what is not on the file yet: once it is, every answer would be void."""
    occasion = desk.occasion(case)
    shown = _shown_by_request(desk)
    missing = [
        item for item in guards.unmet(transition, occasion)
        if item.code in _PAPER or (item.code == "fact" and item.fact in shown)
    ]  # fmt: skip
    if missing:
        raise Refused(
            f"{case.reference}: the departments were not asked.",
            reasons=[str(item) for item in missing],
            remedies=[
                f"a department signs for what it reads; record it first: {remedy}"
                for remedy in _recording(case, missing)
            ],
        )


# What a guard lacks where lease terms are not on the file, or leave something open.
_PAPER = ("paper", "unknown_terms")


def _recording(case: Case, missing: list[Unmet]) -> Iterator[str]:
    """Give what to type for facts that are not on the file, and for papers."""
    facts = " ".join(f'{item.fact}="…"' for item in missing if item.fact)
    if facts:
        yield f"assetflow case record {case.reference} {facts}"
    yield from dict.fromkeys(item.remedy for item in missing if item.code in _PAPER)


def _department(desk: Desk, case: Case, department: str) -> Recipient:
    everyone = queries.people(desk.db).values()
    signatories = queries.with_role(everyone, "signatory", desk.today, department)
    name = case.workflow.department_label(department)
    if signatories:
        name = f"{' and '.join(p.name for p in signatories)}, {name}"
    emails = ", ".join(p.email for p in signatories if p.email)
    return Recipient("department", name, emails)


def _standing(desk: Desk, case: Case, transition: Transition) -> list[str]:
    missing = guards.signoffs_missing(transition, desk.occasion(case))
    return [str(item) for item in missing] or ["All of them have answered."]


# --- answering --------------------------------------------------------------------------------


def _checked(desk: Desk, case: Case, answer: Answer) -> tuple[Person, Signoff]:
    """Check who answers for which request; every reason against it in one refusal."""
    signoff = _asked_of(case, answer)
    signatory = queries.person(desk.db, answer.by) if answer.by else desk.actor
    label = case.workflow.department_label(signoff.department)
    missing = record.permission(desk, case, "record_signoff")
    reasons = [str(missing)] if missing else []
    if not signatory.holds("signatory", desk.on, signoff.department):
        reasons.append(f"{signatory.name} is not a signatory of {label}.")
    if signatory.id == case.snapshot.officer.id:
        reasons.append("The case officer prepares the case and cannot sign it off as well.")
    if desk.on < signoff.requested_on:
        reasons.append(f"{label}: asked only on {correspondence.dated(signoff.requested_on)}.")
    if signoff.objection and desk.on < signoff.objection.raised_on:
        raised = correspondence.dated(signoff.objection.raised_on)
        reasons.append(f"{label} objected only on {raised}.")
    able = not reasons
    reasons += _against_answer(desk, case, signoff, signatory, answer)
    if reasons:
        remedies = _answer_remedies(case, signoff, answer) if able else []
        raise Refused(
            f"{case.reference}: the answer of {label} was not recorded.", reasons=reasons,
            remedies=remedies or _signatory_remedies(desk, signoff, label, signatory),
        )  # fmt: skip
    return signatory, signoff


def _answer_remedies(case: Case, signoff: Signoff, answer: Answer) -> list[str]:
    department = signoff.department
    if statement.changes(case.workflow, case.snapshot, signoff):
        return [f"ask again: assetflow signoff request {case.reference} {signoff.trigger}"]
    if answer.code and digits(answer.code) != digits(statement.code(signoff)):
        return [f"see what was asked last: assetflow signoff show {case.reference} {department}"]
    return ['say what shows it: --evidence "…" or --evidence-file FILE']


def _against_answer(
    desk: Desk, case: Case, signoff: Signoff, signatory: Person, answer: Answer
) -> Iterator[str]:
    """Say why an answer does not count: what it answers has changed, or nothing shows it."""
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    if guards.lapsed(signoff, occasion):
        yield guards.lapse(signoff, occasion)
    code = statement.code(signoff)
    if answer.code and digits(answer.code) != digits(code):
        yield f"The answer is to {answer.code}, and the request has the code {code}."
    if _method(desk, signatory) == "recorded" and not (answer.evidence.strip() or answer.file):
        yield f"Nothing shows the answer of {signatory.name}, who is not logged in here."


def _signatory_remedies(desk: Desk, signoff: Signoff, label: str, refused: Person) -> list[str]:
    everyone = queries.people(desk.db).values()
    able = [
        p.handle for p in queries.with_role(everyone, "signatory", desk.today, signoff.department)
        if p.id != refused.id
    ]  # fmt: skip
    add = f'assetflow person add "NAME" --role signatory --department {signoff.department} '
    add += '--authority "DECISION"'
    return [f"signatories of {label}: {', '.join(able)}; name one with --by" if able else add]


def _asked_of(case: Case, answer: Answer) -> Signoff:
    department = department_id(case, answer.department)
    asked = [
        s for s in case.snapshot.signoffs
        if s.department == department and answer.trigger in ("", s.trigger)
    ]  # fmt: skip
    waiting = [s for s in asked if s.decision != "signed"]
    label = case.workflow.department_label(department)
    if len(waiting) == 1:
        return waiting[0]
    if len(waiting) > 1:
        steps = ", ".join(s.trigger for s in waiting)
        raise BadInput(f"Several steps were put to {label}.", remedies=[f"add --for: {steps}"])
    if asked:
        when = asked[0].decided_on
        by = f"{asked[0].signatory} on {correspondence.dated(when)}" if when else asked[0].signatory
        reason = f"{label} signed already ({by})."
    else:
        reason = f"Nobody has asked {label} to sign in this stage."
    raise Refused(
        f"{case.reference}: the answer of {label} was not recorded.", reasons=[reason],
        remedies=[f"see: assetflow signoff list {case.reference}"],
    )  # fmt: skip


def department_id(case: Case, typed: str) -> str:
    """Find a department of a case's route by its name or short name; raises ``NotFound``."""
    wanted = typed.strip().casefold()
    for department in case.workflow.departments.values():
        if wanted in (department.id, department.label.casefold()):
            return department.id
    known = ", ".join(case.workflow.departments)
    raise NotFound(f"This route has no department {typed!r}.", remedies=[f"known: {known}"])


def _method(desk: Desk, signatory: Person) -> str:
    """Tell how an answer came: ‘signed’ is said only of whoever is really logged in."""
    in_person = signatory.id == desk.actor.id and signatory.login == desk.login
    return "cli-login" if in_person and desk.login else "recorded"


def _given(desk: Desk, signoff: Signoff, signatory: Person, answer: Answer) -> dict[str, Any]:
    """Give what the journal says of an answer."""
    found = {
        "department": signoff.department, "signatory": signatory.name,
        "method": _method(desk, signatory), "evidence": answer.evidence,
        "statement_sha256": signoff.statement_sha256,
    }  # fmt: skip
    if answer.file:
        found["evidence_sha256"] = hashlib.sha256(answer.file[1]).hexdigest()
    return found


def _decide(
    desk: Desk, case: Case, signoff: Signoff, decision: str, signatory: Person, answer: Answer
) -> None:
    values: dict[str, Any] = {
        "evidence_id": evidence.keep(desk, case, *answer.file) if answer.file else None,
        "recorded_by_id": desk.actor.id,
        "decision": decision,
        "decided_on": desk.on,
        "signatory_id": signatory.id,
        "method": _method(desk, signatory),
        "evidence": answer.evidence,
        "conditions": answer.conditions,
    }
    desk.db.execute(update(m.signoffs).where(m.signoffs.c.id == signoff.id).values(values))


def _resolve_objection(desk: Desk, signoff: Signoff) -> None:
    table = m.objections
    desk.db.execute(
        update(table)
        .where(table.c.signoff_id == signoff.id, table.c.resolved_on.is_(None))
        .values(resolved_on=desk.on)
    )


def _check_objection(case: Case, signoff: Signoff, objection: ObjectionGiven) -> None:
    declared = case.workflow.objections
    if objection.category not in declared:
        raise BadInput(
            f"There is no kind of objection {objection.category!r}.",
            remedies=[f"known: {', '.join(declared)}"],
        )
    category, reasons = declared[objection.category], []
    if signoff.decision == "objected":
        raise Refused(
            f"{case.reference}: the objection was not recorded.",
            reasons=["The department's objection is on record already."],
            remedies=["it ends when the department signs: assetflow signoff give "
                      f"{case.reference} {signoff.department} --by PERSON"],
        )  # fmt: skip
    if not objection.reason.strip():
        reasons.append("It gives no reason.")
    if not objection.way_forward.strip():
        reasons.append("It names no way forward: what would let the department sign?")
    if category.authority_needed and objection.authority.strip(" .-").casefold() in _NO_AUTHORITY:
        reasons.append(f"‘{category.label}’ holds a case up only if it cites the Act or rule.")
    if reasons:
        raise Refused(
            f"{case.reference}: the objection was not recorded.", reasons=reasons,
            remedies=_objection_remedies(case, category.blocks),
        )  # fmt: skip


def _objection_remedies(case: Case, blocks: bool) -> list[str]:
    remedies = ['add what is missing: --way-forward "…" --authority "…" --reason "…"']
    if blocks:
        others = [c.id for c in case.workflow.objections.values() if not c.blocks]
        remedies.append(f"or record a concern that does not block: --category {'|'.join(others)}")
    return remedies


def _insert_objection(
    desk: Desk, signoff: Signoff, signatory: Person, given: ObjectionGiven, blocks: bool
) -> None:
    desk.db.execute(
        insert(m.objections).values(
            signoff_id=signoff.id,
            category=given.category,
            blocks=int(blocks),
            reason=given.reason.strip(),
            way_forward=given.way_forward.strip(),
            authority=given.authority.strip(),
            consequence=given.consequence.strip(),
            raised_by_id=signatory.id,
            raised_on=desk.on,
        )
    )
