"""Erasing what is held on a person, as far as it may be (UK GDPR article 17).

What mentions the person goes; what stands on a ground stays and is listed with it, one by one.
The skeleton stays in any case: numbers, days, hashes, who acted. A record whose words are erased
keeps its place in the chain, and the erasure is itself a record, which does not name the person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update

from assetflow import chain, queries
from assetflow import models as m
from assetflow.casework import access, council, personal, record
from assetflow.casework.desk import Desk
from assetflow.casework.grounds import Ground, Grounds
from assetflow.casework.personal import PLACES, Found, Subject, Unread
from assetflow.chain import Payload
from assetflow.errors import BadInput, OutsideFault, Refused
from assetflow.snapshot import Person
from assetflow.workflow import CASE_ROLES

ERASED = "(erased)"
CONTACT = ("contact_name", "email", "phone", "address")


# The positions of journal records, by case.
_Positions = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is not erased, and on what grounds."""

    found: Found
    grounds: tuple[Ground, ...]

    @property
    def why(self) -> str:
        """Give the grounds as one text."""
        return " ".join(dict.fromkeys(ground.sentence for ground in self.grounds))


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased of a person, by kind, and what was kept; with ``dry_run`` what would be."""

    erased: Mapping[str, int]
    kept: tuple[Kept, ...]
    unread: Unread
    record: int | None = None
    certificate: str = ""


def erase(
    desk: Desk, typed: str, ground: str, also: Sequence[str] = (), *, dry_run: bool = False
) -> Erasure:
    """Erase what may be erased of a person and enter it in the council journal.

    Raises ``Refused`` where the person still works on cases, ``NotFound`` where nothing is held.
    """
    council.check_right(desk, "erase_person", "Nothing was erased")
    who = personal.subject(desk, typed, also)
    _check_ground(who, ground)
    _check_may_go(desk, who)
    if not dry_run:
        _lock_all_cases(desk)
    going, kept = _decide(desk, who)
    kept += _in_the_log(desk, who)
    if not going and not kept:
        raise access.nothing_held(typed)
    unread = personal.unread(desk, who, [*going, *(one.found for one in kept)])
    done = Erasure(_counted(going), tuple(kept), unread)
    return done if dry_run else _carry_out(desk, who, going, done, ground)


# --- who may go -----------------------------------------------------------------------------------


def _check_ground(who: Subject, ground: str) -> None:
    if not ground.strip():
        raise BadInput(
            "The ground is missing.", remedies=['say it: --ground "Request under article 17"']
        )
    if who.is_in([ground]):
        raise BadInput(
            "The ground names the person: it would stay on the record.",
            remedies=["say it without their name, email or telephone number"],
        )


def _check_may_go(desk: Desk, who: Subject) -> None:
    """Refuse to erase somebody who still works here, or who erases themselves."""
    if who.person is None:
        return
    reasons = []
    if who.person.id == desk.actor.id:
        reasons.append("Nobody erases themselves; another information governance officer can.")
    roles, remedies = _roles_in_force(desk, who.person)
    reasons += [*_places_on_open_cases(desk, who.person), *roles]
    if who.person.login:
        reasons.append(f"They can still log in, as {who.person.login}.")
        remedies.append(f"assetflow person login {who.person.handle} --end")
    if reasons:
        raise Refused(f"{who.person.name} was not erased.", reasons=reasons, remedies=remedies)


def _places_on_open_cases(desk: Desk, person: Person) -> list[str]:
    t, reasons = m.cases, []
    for column, place in ((t.c.officer_id, "case officer"), (t.c.champion_id, "champion")):
        open_ones = queries.open_references(desk.db, column == person.id)
        if open_ones:
            reasons.append(f"They are the {place} of open cases: {', '.join(open_ones)}.")
    return reasons


def _roles_in_force(desk: Desk, person: Person) -> tuple[list[str], list[str]]:
    """Give the roles a person still holds or lends to a deputy, and how to end each of them."""
    reasons, remedies = [], []
    everyone = queries.people(desk.db)
    for deputy in everyone.values():
        for grant in deputy.grants:
            if grant.valid_to < desk.today or person.id not in (deputy.id, grant.deputy_for):
                continue
            role = f"{grant.role} ({grant.department})" if grant.department else grant.role
            reasons.append(f"{deputy.name} holds the role {role}.")
            remedies.append(_end(deputy, grant.role, grant.department,
                                 everyone.get(grant.deputy_for or 0)))  # fmt: skip
    return reasons, remedies


def _end(holder: Person, role: str, department: str | None, principal: Person | None) -> str:
    words = f"assetflow grant revoke {holder.handle} {role}"
    words += f" --department {department}" if department and role not in CASE_ROLES else ""
    words += f" --deputy-for {principal.handle}" if principal else ""
    return f'{words} --authority "…"'


# --- what goes and what stays ---------------------------------------------------------------------


def _lock_all_cases(desk: Desk) -> None:
    """Lock every case in the order of their ids: nothing is written on one while it is searched."""
    query = select(m.cases.c.id).order_by(m.cases.c.id)
    desk.db.execute(query.with_for_update()).all()


def _decide(desk: Desk, who: Subject) -> tuple[list[Found], list[Kept]]:
    """Tell what goes from what stays, record by record."""
    grounds = Grounds(desk)
    name_stays = _grounds_for_the_name(desk, who, grounds)
    going, kept = [], []
    for found in personal.mentions(desk, who):
        against = _against(desk, who, found, grounds, name_stays)
        if against:
            kept.append(Kept(found, tuple(against)))
        else:
            going.append(found)
            # A group keeps its name, whoever it is called after.
            if found.table == "community_groups" and "name" in found.words:
                kept.append(Kept(found, (_NAME,)))
    return going, kept


def _in_the_log(desk: Desk, who: Subject) -> list[Kept]:
    """Give what the log of denials says of the person: it is kept for a time of its own."""
    lines = len(personal.log_lines(desk, who))
    what = f"{personal.DENIALS}, {lines} line{'' if lines == 1 else 's'}"
    return [Kept(Found("", (), what, None, "", None), (_LOG,))] if lines else []


def _against(
    desk: Desk, who: Subject, found: Found, grounds: Grounds, name_stays: list[Ground]
) -> list[Ground]:
    own = who.person is not None and found.key == (who.person.id,)
    if found.table == "people":
        return name_stays if own else [_OTHER]
    if found.table == "community_groups":
        return grounds.of_group(found.key[0]) if set(found.words) & set(CONTACT) else [_NAME]
    if found.table == "council_payloads" and who.person is not None:
        return name_stays
    return grounds.against(found)


_LOG = Ground("security_log", "A security log, which goes when its own time is up.")
_OTHER = Ground("other_person", "The particulars of another person.")
_NAME = Ground("organisation", "The name of an organisation.")


def _grounds_for_the_name(desk: Desk, who: Subject, grounds: Grounds) -> list[Ground]:
    """Give the grounds on which it must stay on record who acted: those of what they did."""
    if who.person is None:
        return []
    made = [one for one in personal.made_by(desk, who.person.id) if one.case_id is not None]
    against = {ground: None for one in made for ground in grounds.against(_as_words(one))}
    return list(against)


def _as_words(one: Found) -> Found:
    """See a journal record as its words: they are what may be a decision."""
    if one.table != "journal":
        return one
    return Found("journal_payloads", one.key, one.what, one.case_id, one.case, one.on, one.words,
                 one.action, one.trigger)  # fmt: skip


def _counted(going: Iterable[Found]) -> dict[str, int]:
    return dict(sorted(Counter(found.label for found in going).items()))


# --- carrying it out ------------------------------------------------------------------------------


def _carry_out(
    desk: Desk, who: Subject, going: Sequence[Found], done: Erasure, ground: str
) -> Erasure:
    council_positions = _erase_council_words(desk, going)
    positions = _erase_journal_words(desk, going)
    for found in going:
        _ERASING.get(found.table, _blank)(desk, found)
    detail = {
        **access.named(who), "counts": done.erased, "erased": council_positions,
        "kept": [{"record": k.found.what, "case": k.found.case, "ground": k.grounds[0].code}
                 for k in done.kept if not who.is_in([k.found.what])],
        "kept_count": len(done.kept),
    }  # fmt: skip
    number = council.enter(desk, "person_erased", why=ground, detail=detail)
    _enter_in_cases(desk, going, positions, number, ground)
    if who.person is not None:
        name_is_kept = any(k.found.table == "people" for k in done.kept)
        _erase_particulars(desk, who.person, keep_name=name_is_kept)
    if going:
        council.ask_for_rewrite(desk)
    _check_gone(desk, who, done.kept, number)
    return replace(done, record=number, certificate=council.certificate(desk))


def _enter_in_cases(
    desk: Desk, going: Sequence[Found], positions: _Positions, number: int, ground: str
) -> None:
    """Enter the erasure in the journal of every case of which something went."""
    for case_id in sorted({found.case_id for found in going if found.case_id is not None}):
        here = [found for found in going if found.case_id == case_id]
        detail = {
            "erased": positions.get(case_id, []), "counts": _counted(here),
            "council_record": number,
        }  # fmt: skip
        case = queries.case(desk.db, case_id)
        record.settle(desk, record.change(desk, case, "erased", why=ground, detail=detail))


def _erase_journal_words(desk: Desk, going: Sequence[Found]) -> _Positions:
    """Delete words, salt and all; give the positions that lose theirs, by case."""
    t = m.journal_payloads
    positions: _Positions = {}
    for found in going:
        if found.table == t.name:
            case_id, position = found.key
            positions.setdefault(case_id, []).extend([position, *_said_to_be_erased(found)])
            this_one = and_(t.c.case_id == case_id, t.c.position == position)
            desk.db.execute(delete(t).where(this_one))
    return {case_id: sorted(set(found)) for case_id, found in positions.items()}


def _erase_council_words(desk: Desk, going: Sequence[Found]) -> list[int]:
    t, positions = m.council_payloads, []
    for found in going:
        if found.table == t.name:
            positions += [found.key[0], *_said_to_be_erased(found)]
            desk.db.execute(delete(t).where(t.c.position == found.key[0]))
    return sorted(set(positions))


def _said_to_be_erased(found: Found) -> list[int]:
    """Give what a record said was erased: where its own words go, the new record must say it."""
    return chain.erased_by(Payload("", found.words["text"]))


def _blank(desk: Desk, found: Found) -> None:
    """Take the person out of a record's words, column by column."""
    place = PLACES[found.table]
    values = {name: "" if name in _EMPTY else ERASED for name in found.words}
    key = and_(*(place.table.c[name] == v for name, v in zip(place.key, found.key, strict=True)))
    must_be_erased(desk.db.execute(update(place.table).where(key).values(values)).rowcount, 1)


def must_be_erased(count: int, expected: int) -> None:
    """Raise ``OutsideFault`` where the server let fewer rows be erased than there are."""
    if count < expected:
        raise OutsideFault(
            "The database does not let you erase this; nothing was changed.",
            remedies=["see what the information governance officer needs: deploy-postgresql.md"],
        )


# What is empty where there is nothing; elsewhere it must be seen that words stood there.
_EMPTY = ("statement", "login")


def _erase_fact(desk: Desk, found: Found) -> None:
    t = m.facts
    case_id, name = found.key
    desk.db.execute(delete(t).where(and_(t.c.case_id == case_id, t.c.name == name)))


def _erase_letter(desk: Desk, found: Found) -> None:
    t = m.letters
    stop_messages(desk, m.outbox.c.letter_id == found.key[0])
    desk.db.execute(update(t).where(t.c.id == found.key[0]).values(ERASED_LETTER))


# A letter is kept exactly as sent or not at all; its files go once this is saved.
ERASED_LETTER = {"recipient_name": ERASED, "recipient_email": "", "subject": ERASED, "text": "",
                 "html": "", "filed_at": None}  # fmt: skip
ERASED_EVIDENCE = {"name": ERASED, "content": None}


def _erase_message(desk: Desk, found: Found) -> None:
    which = m.outbox.c.id == found.key[0]
    stop_messages(desk, which)
    desk.db.execute(update(m.outbox).where(which).values(ERASED_MESSAGE))


def stop_messages(desk: Desk, which: ColumnElement[bool]) -> None:
    """Let messages that have not left never leave, nor what is attached: their words are going."""
    t, files = m.outbox, m.outbox_files
    waiting = and_(which, t.c.state.not_in(["sent", "failed"]))
    desk.db.execute(update(t).where(waiting).values(state="failed"))
    attached = files.c.message_id.in_(select(t.c.id).where(which))
    desk.db.execute(update(files).where(attached).values(ERASED_EVIDENCE))


def _erase_file(desk: Desk, found: Found) -> None:
    stop_messages(desk, m.outbox.c.id == found.key[0])


ERASED_MESSAGE = {"address": ERASED, "subject": "", "text": "", "html": "", "problem": ERASED}


def _erase_evidence(desk: Desk, found: Found) -> None:
    t = m.evidence
    of_it = update(t).where(t.c.id == found.key[0])
    must_be_erased(desk.db.execute(of_it.values(ERASED_EVIDENCE)).rowcount, 1)


def _erase_contact(desk: Desk, found: Found) -> None:
    erase_contact(desk, found.key[0])


def erase_contact(desk: Desk, group_id: int) -> None:
    """Empty the contact particulars of a group; its name stays."""
    t = m.groups
    desk.db.execute(update(t).where(t.c.id == group_id).values(dict.fromkeys(CONTACT, "")))


def _nothing(desk: Desk, found: Found) -> None:
    """Leave it: it is erased by other means."""


_ERASING: dict[str, Callable[[Desk, Found], None]] = {
    "people": _nothing,
    "journal_payloads": _nothing,
    "council_payloads": _nothing,
    "facts": _erase_fact,
    "letters": _erase_letter,
    "evidence": _erase_evidence,
    "outbox": _erase_message,
    "outbox_files": _erase_file,
    "community_groups": _erase_contact,
}


def _erase_particulars(desk: Desk, person: Person, *, keep_name: bool) -> None:
    """Erase a person's particulars; where it must stay on record who acted, all but the name."""
    values: dict[str, Any] = {"phone": "", "email": ""}
    if not keep_name:
        values |= {
            "name": f"erased person {person.id}", "handle": f"erased-{person.id}",
            "job_title": "", "erased_on": desk.today, "left_on": person.left_on or desk.today,
        }  # fmt: skip
    desk.db.execute(update(m.people).where(m.people.c.id == person.id).values(values))


def _check_gone(desk: Desk, who: Subject, kept: Sequence[Kept], number: int) -> None:
    """Search once more before the commit: what is found now must be what was to be kept."""
    expected = {(one.found.table, one.found.key) for one in kept} | {
        ("council_payloads", (number,))
    }
    left = [f for f in personal.mentions(desk, who)
            if (f.table, f.key) not in expected and f.action != "erased"]  # fmt: skip
    if left:
        raise RuntimeError(f"{len(left)} records would still mention the person")
