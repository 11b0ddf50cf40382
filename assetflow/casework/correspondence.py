"""Writes letters about a case: the context from what is on file, the row exactly as sent."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from assetflow import alerts, clocks, guards, queries, statement
from assetflow import models as m
from assetflow.casework import letter_rows, mailing, record
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, store_facts, with_facts
from assetflow.casework.overview import overview
from assetflow.chain import letter_sha256, short
from assetflow.deadlines import Duration, due
from assetflow.errors import NotFound, Refused
from assetflow.forecast import expected
from assetflow.guards import HOLDERS
from assetflow.queries import Case
from assetflow.snapshot import Person, Signoff
from assetflow.sql import inserting
from assetflow.workflow import SignoffRule, Stage, Transition

if TYPE_CHECKING:
    from assetflow.letters import Rendered


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter goes to, as the letter names them."""

    kind: str
    name: str
    email: str = ""
    address: str = ""


# The step, the rule and, once it was asked, the sign-off that a staff letter is about.
SignoffContext = tuple[Transition, SignoffRule, Signoff | None]


@dataclass(frozen=True, slots=True)
class Issued:
    """A letter that has become a row: its number, name, addressee and subject."""

    number: int
    name: str
    recipient: str
    subject: str


# A letter as its row will be.
Draft = dict[str, Any]


class Post:
    """The letters of one record: written before it, so that it keeps their hashes; stored after."""

    def __init__(self, desk: Desk, write: Callable[[Case], Iterable[Draft]]) -> None:
        self.desk, self.write = desk, write
        self.drafts: list[Draft] = []

    def __call__(self, case: Case) -> dict[str, Any]:
        """Write the letters of a case as it will stand, and give what its record keeps of them."""
        self.drafts = list(self.write(case))
        return {"letters_sha256": {str(one["number"]): letter_sha256(one) for one in self.drafts}}

    def send(self) -> tuple[Issued, ...]:
        """Store the letters, once the record stands."""
        return tuple(_send(self.desk, one) for one in self.drafts)


def by_name(desk: Desk, numbers: Mapping[str, int], **extra: Any) -> Post:
    """Give the letters of a step, by their names and numbers."""
    return Post(
        desk, lambda case: (draft(desk, case, name, n, **extra) for name, n in numbers.items())
    )


def preview(
    desk: Desk, case_typed: str, letter: str, typed: Mapping[str, str]
) -> "tuple[Rendered, Recipient]":
    """Write a letter without storing anything; raises ``Refused`` with every fact it lacks."""
    case = queries.case(desk.db, queries.case_id(desk.db, case_typed))
    given = given_facts(desk, case, typed, step=None)
    seen = with_facts(case, given)
    recipient = _usual_recipient(desk, seen, letter)
    _check_facts(desk, seen, letter, given)
    extra = _sample_extras(desk, seen, letter)
    return desk.letters.render(letter, context(desk, seen, recipient, **extra)), recipient


def issue(desk: Desk, case_typed: str, letter: str, typed: Mapping[str, str], why: str) -> Issued:
    """Issue a letter that the route lets an officer send at any time."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    desk.letters.recipient(letter)
    _check_sendable(case, letter)
    record.check_right(desk, case, "issue_letter", f"The letter {letter}")
    given = given_facts(desk, case, typed)
    _check_facts(desk, with_facts(case, given), letter, given)
    number = record.numbers(desk, "letter")
    store_facts(desk, case, given)
    post = by_name(desk, {letter: number})
    record.change(
        desk, with_letters(desk, with_facts(case, given), [letter]), "letter_issued", why=why,
        detail={"facts": given, "letters": {letter: number}},
        columns=group_column(desk, case, [letter]), letters=post,
    )  # fmt: skip
    (issued,) = post.send()
    return issued


def write(
    desk: Desk,
    case: Case,
    letter: str,
    number: int,
    recipient: Recipient | None = None,
    **extra: Any,
) -> Issued:
    """Write one letter about a case and store it as sent."""
    return _send(desk, draft(desk, case, letter, number, recipient, **extra))


def draft(
    desk: Desk,
    case: Case,
    letter: str,
    number: int,
    recipient: Recipient | None = None,
    **extra: Any,
) -> Draft:
    """Write one letter about a case, as it will be stored."""
    addressee = recipient or _usual_recipient(desk, case, letter)
    data = context(desk, case, addressee, **extra)
    rendered = desk.letters.render(letter, data)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return {
        "number": number,
        "case_id": case.id,
        "name": letter,
        "recipient_kind": addressee.kind,
        "recipient_name": addressee.name,
        "recipient_email": addressee.email,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "template_sha256": rendered.template_sha256,
        "context_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "dated": desk.on,
        "recorded_at": desk.now,
        "filed_at": None,
    }


def _send(desk: Desk, letter: Draft) -> Issued:
    _LETTERS.run(desk.db, **letter)
    mailing.queue(desk, letter)
    return Issued(letter["number"], letter["name"], letter["recipient_name"], letter["subject"])


_LETTERS = inserting(m.letters)


def with_letters(desk: Desk, case: Case, letters: Iterable[str]) -> Case:
    """See a case as it stands once letters have gone out; only those to the group count."""
    to_group = [letter for letter in letters if desk.letters.recipient(letter) == "group"]
    if not to_group:
        return case
    before = case.snapshot.letters_sent
    sent = {**before, **{name: max(desk.on, before.get(name, desk.on)) for name in to_group}}
    return replace(case, snapshot=replace(case.snapshot, letters_sent=sent))


def group_column(desk: Desk, case: Case, letters: Iterable[str]) -> dict[str, Any]:
    """Give the column that a letter to the group changes on its case."""
    if not any(desk.letters.recipient(letter) == "group" for letter in letters):
        return {}
    # A letter that is put in late does not undo a newer one.
    return {"written_to_group_on": max(desk.on, case.snapshot.written_to_group_on)}


def context(
    desk: Desk,
    case: Case,
    recipient: Recipient,
    *,
    why: str = "",
    signoff: SignoffContext | None = None,
    alert: alerts.Alert | None = None,
    recipients: Iterable[str] = (),
) -> dict[str, Any]:
    """Give a letter everything it may use, as plain values."""
    workflow, snapshot = case.workflow, case.snapshot
    # Nobody is told to ring a champion who has left.
    champion = (
        snapshot.champion if snapshot.champion and snapshot.champion.here_on(desk.on) else None
    )
    review = Duration.parse(workflow.review_within)
    rows, total = letter_rows.scores(desk, case)
    return {
        "today": desk.on,
        "council": asdict(desk.settings.council),
        "case": _case(desk, case, why),
        "asset": {"name": case.asset.label, "address": case.asset.address},
        "group": {"name": case.group.name, "contact_name": case.group.contact_name},
        "recipient": {
            "name": recipient.name, "address_lines": _lines(recipient.address),
            "email": recipient.email,
        },
        "contact": _person(snapshot.officer),
        "champion": _person(champion) if champion else None,
        "stages": _stages(desk, case),
        "parts": letter_rows.parts(desk, case),
        "scores": rows,
        "scores_total": total,
        "criteria": [{"label": c.label, "weight": c.weight} for c in workflow.criteria.values()],
        "clocks": _clocks(desk, case),
        "review_by": due(desk.on, review, desk.calendar_of(workflow)),
        "signoff": _signoff(desk, case, *signoff) if signoff else None,
        "alert": _alert(desk, case, alert, recipients) if alert else None,
        "facts": dict(snapshot.facts),
        "record": _record_code(desk),
    }  # fmt: skip


def _clocks(desk: Desk, case: Case) -> list[dict[str, Any]]:
    """Give the clocks that run and matter in the present stage, each with its last day."""
    calendar = desk.calendar_of(case.workflow)
    return [
        {
            "label": reading.clock.label, "kind": reading.clock.kind, "due_on": reading.due_on,
            "on_expiry": reading.clock.on_expiry,
        }
        for reading in clocks.readings(case.workflow, case.snapshot, calendar, desk.on)
        if reading.runs and clocks.told_in(reading.clock, case.snapshot.stage)
    ]  # fmt: skip


def _record_code(desk: Desk) -> dict[str, Any] | None:
    """Give the code of the newest anchor: a letter that somebody keeps bears witness to it."""
    newest = queries.newest_anchor(desk.db)
    if newest is None:
        return None
    return {"code": short(newest.root), "taken_on": newest.taken_at.date()}


def _case(desk: Desk, case: Case, why: str) -> dict[str, Any]:
    seen, stage = overview(desk, case), case.workflow.stages[case.snapshot.stage]
    stage_due = alerts.stage_due_on(desk.bare_occasion(case.workflow, case.snapshot))
    late = (
        desk.calendar_of(case.workflow).working_days_between(stage_due, desk.on) if stage_due else 0
    )
    return {
        "reference": case.reference,
        "received_on": case.snapshot.received_on,
        "stage": stage.label,
        "stage_since": case.snapshot.stage_since,
        "stage_due_on": stage_due,
        "days_overdue": max(0, late),
        "days_in_stage": seen.days_in_stage,
        "age": seen.age,
        "waiting_on": "nobody" if stage.end else case.snapshot.waiting_on,
        "end": stage.label if stage.end else "",
        "why": why,
    }


def _person(person: Person) -> dict[str, str]:
    return {
        "name": person.name, "job_title": person.job_title, "phone": person.phone,
        "email": person.email,
    }  # fmt: skip


def _lines(address: str) -> list[str]:
    return [line.strip() for line in address.replace("\n", ",").split(",") if line.strip()]


def _stages(desk: Desk, case: Case) -> list[dict[str, Any]]:
    """Give the planned way from the present stage on, each with the day it should end."""
    return [
        {
            "label": one.stage.label, "holder": _holder_of(case, one.stage),
            "target": one.stage.target or "", "due_on": one.due_on, "here": one.here,
        }
        for one in expected(desk.bare_occasion(case.workflow, case.snapshot))
    ]  # fmt: skip


def _holder_of(case: Case, stage: Stage) -> str:
    here = stage.id == case.snapshot.stage
    holder = case.snapshot.waiting_on if here else stage.waiting_on
    return "your group" if holder == "group" else HOLDERS[holder]


def _signoff(
    desk: Desk, case: Case, transition: Transition, rule: SignoffRule, asked: Signoff | None
) -> dict[str, Any]:
    requested = asked.requested_on if asked else desk.on
    calendar = desk.calendar_of(case.workflow)
    due_on = asked.due_on if asked else due(requested, Duration.parse(rule.within), calendar)
    return {
        "department": case.workflow.department_label(rule.department),
        "question": rule.question,
        "for_step": transition.label,
        "due_on": due_on,
        "requested_on": requested,
        "order": rule.order,
        "required": rule.mode == "required",
        "code": statement.code(asked) if asked and asked.statement else None,
    }


def _alert(
    desk: Desk, case: Case, alert: alerts.Alert, recipients: Iterable[str]
) -> dict[str, Any]:
    return {
        "title": alert.title,
        "sentence": alert.sentence,
        "since": alert.since,
        "due_on": alert.due_on,
        "level": alert.level,
        "requires": alert.requires,
        "age": overview(desk, case).age,
        "lateness": alert.kind == alerts.LADDER and case.workflow.ladder_counts == "lateness",
        "actions": [f"assetflow case next {case.reference}"],
        "recipients": list(recipients),
    }


def _usual_recipient(desk: Desk, case: Case, letter: str) -> Recipient:
    kind = desk.letters.recipient(letter)
    if kind == "group":
        group = case.group
        return Recipient("group", group.name, group.email, group.address)
    if kind == "department":
        return Recipient("department", "the department")
    someone = case.snapshot.champion or case.snapshot.officer
    return Recipient("person", someone.name, someone.email)


def _sample_extras(desk: Desk, case: Case, letter: str) -> dict[str, Any]:
    """Give a preview of a staff letter the sign-off or alert that it would be about."""
    kind = desk.letters.recipient(letter)
    asked = [(t, r) for t in case.workflow.from_stage(case.snapshot.stage) for r in t.signoffs]
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    extras: dict[str, Any] = {}
    if kind != "group" and asked:
        extras["signoff"] = (*asked[0], None)
    if kind == "person" and timeline:
        wanted = [a for a in timeline if (a.kind == alerts.LADDER) == ("ladder" in letter)]
        extras["alert"] = (wanted or timeline)[0]
    return extras


def _check_sendable(case: Case, letter: str) -> None:
    if letter in case.workflow.letters:
        return
    sent_by = [t for t in case.workflow.transitions.values() if letter in t.letters]
    ways = [f"assetflow case advance {case.reference} {t.trigger}" for t in sent_by]
    free = ", ".join(case.workflow.letters) or "none"
    raise Refused(
        f"The letter {letter} is not sent by itself.",
        reasons=["It goes out with a step of the case, so that the record and the letter agree."],
        remedies=[*ways, f"letters that can be sent at any time: {free}"],
    )


def _check_facts(desk: Desk, case: Case, letter: str, given: Collection[str]) -> None:
    occasion = desk.occasion(case, given)
    missing = list(guards.letter_facts_missing([letter], occasion))
    if missing:
        given = " ".join(f'--fact {item.fact}="…"' for item in missing)
        raise Refused(
            f"The letter {letter} for {case.reference} cannot be written yet.",
            reasons=[str(item) for item in missing],
            remedies=[f"give them with the letter: {given}"],
        )  # fmt: skip


def letter_row(desk: Desk, number: str) -> Any:
    """Find a stored letter by its number as typed; raises ``NotFound``."""
    digits = number.strip().lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise NotFound(
            f"There is no letter {number!r}; letters have numbers.",
            remedies=["see them: assetflow letter list"],
        )
    return queries.letter(desk.db, int(digits))


def dated(day: date) -> str:
    """Give a day as lists show it."""
    return f"{day.day} {day:%b %Y}"
