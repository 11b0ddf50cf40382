"""Destroying a case whose retention period has run out; a person confirms each by naming it.

Storage limitation (UK GDPR article 5(1)(e)) asks for an end to keeping; nothing ends by itself.
The words of the case go, the skeleton stays, and a certificate stands in the council journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, and_, delete, func, select, update
from sqlalchemy import case as case_when

from assetflow import models as m
from assetflow import queries
from assetflow.casework import council, erasure, holds, record
from assetflow.casework.desk import Desk
from assetflow.casework.erasure import ERASED, ERASED_EVIDENCE, ERASED_LETTER, ERASED_MESSAGE
from assetflow.casework.grounds import ANSWERS
from assetflow.errors import BadInput, Refused
from assetflow.facts import show
from assetflow.queries import Case
from assetflow.retention import RetentionClass, due_on, event_of

NOT_SET = "not set"
NO_CLASS = "no class"
NO_EVENT = "event not on file"
DUE = "due"
NOT_DUE = "not due"


@dataclass(frozen=True, slots=True)
class Retained:
    """An ended case under the retention schedule: its class, and from when it may be destroyed.

    ``due_on`` is None where the state says why: no class, no years set, or the event of the class
    is not on the file.
    """

    reference: str
    asset: str
    outcome: str
    ended_on: date
    class_id: str
    class_label: str
    period: str
    verified: bool
    due_on: date | None
    state: str
    holds: tuple[str, ...]
    # The class and period of those of its records that are kept longer than the rest.
    longer: str = ""


def retained(desk: Desk, *, everything: bool = False) -> list[Retained]:
    """List the ended cases that are due by the desk's day, and those for which nothing is set.

    With ``everything``, also those that are not due yet.
    """
    t = m.cases
    ended = select(t.c.id).where(and_(t.c.closed_on.is_not(None), t.c.destroyed_on.is_(None)))
    ids = list(desk.db.execute(ended.order_by(t.c.id)).scalars())
    lying = holds.in_force(desk)
    found = [
        of_case(desk, case, [str(hold) for hold in lying.get(case.id, [])])
        for case in queries.load_cases(desk.db, ids)
    ]
    return [one for one in found if everything or one.state != NOT_DUE]


def of_case(desk: Desk, case: Case, lying: Sequence[str] = ()) -> Retained:
    """Say under which class an ended case falls, and from when it may be destroyed."""
    assert case.closed_on is not None  # noqa: S101 - only ended cases are asked about
    outcome = case.workflow.stages[case.snapshot.stage].end or ""
    kind = desk.retention.of_case(outcome)
    due, state, longer = _due(desk, case, kind)
    return Retained(
        case.reference, case.asset.label, outcome, case.closed_on,
        kind.id if kind else "", kind.label if kind else "", kind.period if kind else "",
        kind is not None and kind.verified, due, state, tuple(lying), longer,
    )  # fmt: skip


def _due(desk: Desk, case: Case, kind: RetentionClass | None) -> tuple[date | None, str, str]:
    """Give the first day, how things stand, and which records are kept longer than the case."""
    if kind is None:
        return None, NO_CLASS, ""
    if kind.years is None:
        return None, NOT_SET, ""
    assert case.closed_on is not None  # noqa: S101 - as above
    event = event_of(kind, case.closed_on, case.snapshot.facts)
    first = due_on(event, kind.years) if event else None
    if first is None:
        return None, NO_EVENT, ""
    # What departments decided, and the evidence of it, can have to be kept longer than the rest.
    later = [one for one in _due_of_records(desk, case) if one[0] > first]
    last, longer = max(later, default=(first, ""))
    return last, DUE if last <= desk.on else NOT_DUE, longer


def _due_of_records(desk: Desk, case: Case) -> list[tuple[date, str]]:
    found = []
    for kind in desk.retention.classes.values():
        newest = _newest(desk, case, kind)
        due = due_on(newest, kind.years) if newest and kind.years is not None else None
        found += [(due, f"‘{kind.label}’ ({kind.period})")] if due else []
    return found


def _newest(desk: Desk, case: Case, kind: RetentionClass) -> date | None:
    """Give the day of a case's newest record of a class of decisions or evidence."""
    if kind.applies_to == "decision":
        j = m.journal
        step = and_(j.c.action == "advanced", j.c.trigger.in_(kind.steps))
        query = select(func.max(j.c.happened_on)).where(
            and_(j.c.case_id == case.id, step | j.c.action.in_(tuple(ANSWERS)))
        )
    elif kind.applies_to == "evidence":
        e = m.evidence
        of_case = and_(e.c.case_id == case.id, e.c.content.is_not(None))
        query = select(func.max(e.c.recorded_at)).where(of_case)
    else:
        return None
    newest: date | datetime | None = desk.db.execute(query).scalar()
    return newest.date() if isinstance(newest, datetime) else newest


# --- destroying -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The certificate of a destruction: which case, under which class, what went."""

    reference: str
    class_id: str
    due_on: date
    counts: dict[str, int]
    record: int
    certificate: str


def destroy(desk: Desk, case_typed: str, ground: str) -> Destroyed:
    """Destroy the words of a case that is due; raises ``Refused`` with every reason against it."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    what = f"{case.reference} was not destroyed."
    if not ground.strip():
        raise BadInput(
            what, reasons=["The ground is missing."],
            remedies=['say it: --ground "Retention schedule 4.2"'],
        )  # fmt: skip
    _check_names_nobody(case, ground)
    reasons = _against(desk, case)
    if reasons:
        raise Refused(what, reasons=reasons, remedies=["see: assetflow retention due --all"])
    assert case.closed_on is not None  # noqa: S101 - an open case is refused
    found = of_case(desk, case)
    assert found.due_on is not None  # noqa: S101 - a case that is not due is refused
    return _carry_out(desk, case, found, found.due_on, ground)


def _check_names_nobody(case: Case, ground: str) -> None:
    group = case.group
    named = [t for t in (group.contact_name, group.email, group.phone) if t]
    if any(text.casefold() in ground.casefold() for text in named):
        raise BadInput(
            "The ground names the contact of the group: it would stay on the record.",
            remedies=["say it without their name, email or telephone number"],
        )


def _against(desk: Desk, case: Case) -> list[str]:
    """Give every reason for which a case may not be destroyed today."""
    missing = council.permission(desk, "destroy_case")
    reasons = [str(missing)] if missing else []
    reasons += holds.reasons_against_destroying(desk, holds.on_case(desk, case.id))
    if case.closed_on is None:
        return [*reasons, "It is open."]
    destroyed_on = queries.destroyed_on(desk.db, case.id)
    if destroyed_on is not None:
        return [*reasons, f"It was destroyed on {show(destroyed_on)} already."]
    return [*reasons, *_against_its_period(of_case(desk, case))]


def _against_its_period(found: Retained) -> list[str]:
    who = "Who can: whoever keeps the council's retention schedule (data/retention.yaml)."
    if found.state == NO_CLASS:
        return [f"No retention class applies to a case that ended as {found.outcome}. {who}"]
    label = f"‘{found.class_label}’"
    reasons = []
    if found.state == NOT_SET:
        return [f"The council has set no period for {label}. {who}"]
    if not found.verified:
        reasons.append(f"Nobody has confirmed the period of {label} ({found.period}). {who}")
    if found.state == NO_EVENT:
        reasons.append(f"The event from which {label} counts is not on the file.")
    elif found.state == NOT_DUE and found.due_on:
        kept = (
            f"Records of it are kept as {found.longer}"
            if found.longer
            else (f"It is kept as {label} ({found.period})")
        )
        reasons.append(f"{kept}; due on {show(found.due_on)}.")
    return reasons


def _carry_out(desk: Desk, case: Case, found: Retained, due: date, ground: str) -> Destroyed:
    positions = _erase_words(desk, case)
    counts = {"journal record": len(positions), **_erase_tables(desk, case)}
    counts |= _erase_contact_if_last(desk, case)
    detail = {
        "case": case.reference, "class": found.class_id, "period": found.period,
        "ended_on": found.ended_on, "due_on": due, "counts": counts,
    }  # fmt: skip
    number = council.enter(desk, "case_destroyed", why=ground, detail=detail)
    own = {"erased": positions, "class": found.class_id, "council_record": number}
    record.change(desk, case, "destroyed", why=ground, detail=own,
                  columns={"destroyed_on": desk.today, "next_alert_on": None})  # fmt: skip
    council.ask_for_rewrite(desk)
    certificate = council.certificate(desk)
    return Destroyed(case.reference, found.class_id, due, counts, number, certificate)


def _erase_words(desk: Desk, case: Case) -> list[int]:
    """Delete the words of every record of a case, and give all positions that have none now."""
    t = m.journal_payloads
    desk.db.execute(delete(t).where(t.c.case_id == case.id))
    return list(range(1, case.version + 1))


def _erase_tables(desk: Desk, case: Case) -> dict[str, int]:
    counts = {}
    facts = m.facts
    counts["fact"] = desk.db.execute(delete(facts).where(facts.c.case_id == case.id)).rowcount
    erasure.stop_messages(desk, m.outbox.c.case_id == case.id)
    of_case = select(m.signoffs.c.id).where(m.signoffs.c.case_id == case.id)
    for label, table, values in _WORDS:
        where = (
            table.c.signoff_id.in_(of_case) if table is m.objections else table.c.case_id == case.id
        )
        there = desk.db.execute(select(func.count()).select_from(table).where(where)).scalar_one()
        gone = {name: _without_words(table.c[name], value) for name, value in values.items()}
        counts[label] = desk.db.execute(update(table).where(where).values(gone)).rowcount
        erasure.must_be_erased(counts[label], there)
    return counts


def _without_words(column: Column[Any], value: Any) -> Any:
    """Say that words were erased only where there were any."""
    return case_when((column == "", ""), else_=ERASED) if value == ERASED else value


# What is left of a row whose words are gone: that it was there, and when.
_WORDS = (
    ("letter", m.letters, ERASED_LETTER),
    ("evidence", m.evidence, ERASED_EVIDENCE),
    ("sign-off", m.signoffs,
     {"statement": "", "evidence": ERASED, "conditions": ERASED, "login": ""}),
    ("objection", m.objections,
     {"reason": ERASED, "way_forward": ERASED, "authority": ERASED, "consequence": ERASED}),
    ("score", m.scores, {"reason": ERASED}),
    ("declared interest", m.interests, {"statement": ERASED}),
    ("lease paper", m.lease_papers, {"terms": ""}),
    ("acceptance", m.lease_acceptances, {"difference": ERASED, "evidence": ERASED}),
    ("funder", m.funders, {"name": ERASED, "asks": "{}"}),
    ("reminder", m.reminders, {"title": ERASED, "recipients": ERASED, "requires": ERASED}),
    ("message", m.outbox, ERASED_MESSAGE),
    ("hold", m.holds, {"reason": ERASED, "lift_reason": ERASED}),
)  # fmt: skip


def _erase_contact_if_last(desk: Desk, case: Case) -> dict[str, int]:
    """Empty the contact of the group, unless another case of theirs is still kept."""
    t = m.cases
    others = select(t.c.id).where(
        and_(t.c.group_id == case.group.id, t.c.id != case.id, t.c.destroyed_on.is_(None))
    )
    if desk.db.execute(others).first() is not None:
        return {"contact": 0}
    erasure.erase_contact(desk, case.group.id)
    return {"contact": 1}
