"""Finding everything held on one person: every place where words stand, in every table.

The places are a table, and a test holds it complete against the schema: a new column of text is
either searched or declared free of personal data. Names are found as whole words whatever their
case, accents or line breaks; an email or telephone number however it is punctuated.
"""

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Column, Select, Table, and_, or_, select

from assetflow import models as m
from assetflow import queries
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, OutsideFault
from assetflow.queries import Group
from assetflow.snapshot import Person

Reading = Literal["text", "json", "html", "bytes", "stamp"]
# Anything shorter stands in half of all words.
SHORTEST = 3
_BETWEEN = "\0"
# From here on a text is long.
_LONG = 20_000
# Beside the database: what somebody had no right to (cli/app.py).
DENIALS = "denials.log"


# --- where words stand ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Place:
    """A table in which a person can be mentioned: its columns, and how each of them is read.

    ``label`` is what people call one of its records, ``named`` the columns that tell one from
    another, ``day`` the column of its day.
    """

    table: Table
    label: str
    reads: Mapping[str, Reading]
    named: tuple[str, ...] = ()
    day: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return tuple(column.name for column in self.table.primary_key)


def _texts(*names: str) -> dict[str, Reading]:
    return dict.fromkeys(names, "text")


PLACES = {
    place.table.name: place
    for place in (
        Place(m.people, "particulars of a person",
              _texts("handle", "name", "job_title", "phone", "email", "login"), ("id",)),
        Place(m.role_grants, "role", _texts("authority", "end_authority"), ("role", "department"),
              "valid_from"),
        Place(m.deputies, "deputy", _texts("authority", "end_authority"), ("role", "department"),
              "valid_from"),
        Place(m.groups, "particulars of a group",
              _texts("name", "contact_name", "email", "phone", "address"), ("name",)),
        Place(m.assets, "asset",
              _texts("unique_asset_id", "uprn", "organisation", "organisation_code", "name",
                     "number", "street", "town", "postcode", "tenure", "tenure_detail", "holding"),
              ("unique_asset_id",)),
        Place(m.workflow_versions, "route", {"canonical": "json", "authority": "text"},
              ("name", "version"), "valid_from"),
        Place(m.facts, "fact", {"value": "json"}, ("name",), "happened_on"),
        Place(m.signoffs, "sign-off",
              {"statement": "json", **_texts("evidence", "conditions"), "login": "stamp"},
              ("department",),
              "decided_on"),
        Place(m.scores, "score", _texts("reason"), ("criterion",), "given_on"),
        Place(m.interests, "declared interest", _texts("statement"), ("id",), "declared_on"),
        Place(m.lease_papers, "lease paper", {"terms": "json"}, ("paper", "number"), "recorded_on"),
        Place(m.lease_acceptances, "acceptance", _texts("difference", "evidence"), ("id",),
              "accepted_on"),
        Place(m.funders, "funder", {"name": "text", "asks": "json"}, ("id",), "recorded_on"),
        Place(m.evidence, "evidence", {"name": "text", "content": "bytes"}, ("id",), "recorded_at"),
        Place(m.holds, "hold", _texts("reason", "lift_reason"), ("id",), "placed_on"),
        Place(m.objections, "objection",
              _texts("reason", "way_forward", "authority", "consequence"), ("id",), "raised_on"),
        Place(m.letters, "letter",
              {**_texts("recipient_name", "recipient_email", "subject", "text"), "html": "html"},
              ("number",), "dated"),
        Place(m.reminders, "reminder", _texts("title", "recipients", "requires"), ("id",),
              "sent_on"),
        Place(m.outbox, "message",
              {**_texts("address", "subject", "text", "problem"), "html": "html"}, ("id",),
              "recorded_at"),
        Place(m.outbox_files, "attachment", {"name": "text", "content": "bytes"},
              ("message_id", "place")),
        Place(m.journal, "journal record", {"login": "stamp"}, ("position",), "happened_on"),
        Place(m.journal_payloads, "journal record", {"text": "json"}, ("position",),
              "happened_on"),
        Place(m.council_journal, "council record", {"login": "stamp"}, ("position",),
              "happened_on"),
        Place(m.council_payloads, "council record", {"text": "json"}, ("position",),
              "happened_on"),
        Place(m.anchors, "anchor", _texts("sent_to"), ("id",), "taken_at"),
    )
}  # fmt: skip

# Identifiers of policy, states, hashes and numbers: nothing a person could be found by.
FREE_OF_PERSONAL_DATA = {
    "role_grants": ("role", "department"),
    "deputies": ("role", "department"),
    "assets": ("easting", "northing", "latitude", "longitude"),
    "workflow_versions": ("name", "sha256"),
    "cases": ("reference", "stage", "waiting_on", "pauses", "head"),
    "facts": ("name",),
    "signoffs": ("trigger", "department", "statement_sha256", "decision", "method"),
    "scores": ("criterion",),
    "lease_papers": ("paper", "sha256"),
    "lease_acceptances": ("code", "party"),
    "evidence": ("sha256",),
    "objections": ("category",),
    "letters": ("name", "recipient_kind", "template_sha256", "context_sha256"),
    "reminders": ("kind", "key"),
    "outbox": ("key", "policy", "way", "state", "claim", "channel", "remote_id"),
    "outbox_files": ("media_type", "sha256"),
    "journal": (
        "action", "trigger", "from_stage", "to_stage", "payload_digest", "previous", "hash",
    ),
    "journal_payloads": ("salt",),
    "council_journal": ("action", "payload_digest", "previous", "hash"),
    "council_payloads": ("salt",),
    "counters": ("name",),
    "calendars": ("division", "sha256", "days"),
    "anchors": ("root",),
}  # fmt: skip


# --- who is looked for ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing by which a person is found; a short plain word counts only where it stands alone.

    A short name such as ``grace`` must not find the grace period of a lease.
    """

    text: str
    pattern: re.Pattern[str] | None = None
    # What every text has in which the pattern can be found: much faster to look for. A number is
    # looked for among all the digits of a text.
    words: tuple[str, ...] = ()
    digits: str = ""

    def is_in(self, folded: str) -> bool:
        """Tell whether it stands in a text that was folded."""
        if self.pattern is None:
            return folded.strip() == fold(self.text)
        if not all(word in folded for word in self.words):
            return False
        if self.digits and self.digits not in "".join(_DIGITS.findall(folded)):
            return False
        return self.pattern.search(folded) is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """The person looked for: on the staff list, as a group's contact, or by what was typed."""

    typed: str
    person: Person | None
    groups: tuple[Group, ...]
    identifiers: tuple[Identifier, ...]

    def is_in(self, texts: Iterable[str]) -> bool:
        """Tell whether any of the texts mentions them."""
        # No pattern reaches over a zero, so all texts are looked through in one go.
        together = fold(_BETWEEN.join(texts))
        alone = [one for one in self.identifiers if one.pattern is None]
        return any(one.is_in(together) for one in self.identifiers if one.pattern) or any(
            one.is_in(text) for text in (together.split(_BETWEEN) if alone else ()) for one in alone
        )


def fold(text: str) -> str:
    """Give a text without the differences that do not matter: case, accents, kinds of apostrophe.

    The text of a letter is wrapped, so any blank counts like any other.
    """
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    accents = dict.fromkeys(ord(c) for c in set(plain) if unicodedata.combining(c))
    return (plain.translate(accents) if accents else plain).casefold()


def subject(desk: Desk, typed: str, also: Sequence[str] = ()) -> Subject:
    """Say who is meant: whole names and identifiers only, for what follows cannot be undone."""
    wanted = fold(typed).strip()
    everyone = list(queries.people(desk.db).values())
    person = _only_one(typed, [p for p in everyone if wanted in map(fold, _of_person(p))])
    groups = tuple(g for g in queries.groups(desk.db) if wanted in map(fold, _of_contact(g)))
    if person is None and not groups:
        _check_not_a_part(wanted, typed, everyone, queries.groups(desk.db))
    named = [*_of_person(person)] if person else []
    named += [text for group in groups for text in _of_contact(group)]
    alone = [_alone(text) for text in (person.handle, person.login or "") if text] if person else []
    words = [_identifier(text) for text in dict.fromkeys(named) if len(text) >= SHORTEST]
    typed_words = [_typed(text) for text in dict.fromkeys((typed, *also))]
    plain = {one.text for one in alone}
    found = [*alone, *(one for one in (*words, *typed_words) if one.text not in plain)]
    return Subject(typed, person, groups, tuple(dict.fromkeys(found)))


def _of_person(person: Person) -> list[str]:
    texts = (person.name, person.handle, person.email, person.phone, person.login or "")
    return [text for text in texts if text]


def _of_contact(group: Group) -> list[str]:
    return [text for text in (group.contact_name, group.email, group.phone) if text]


def _only_one(typed: str, found: Sequence[Person]) -> Person | None:
    if len(found) > 1:
        raise BadInput(
            f"{typed!r} fits several people.", reasons=[f"{p.name} ({p.handle})" for p in found],
            remedies=["type the short name: assetflow person list"],
        )  # fmt: skip
    return found[0] if found else None


def _check_not_a_part(
    wanted: str, typed: str, everyone: Sequence[Person], groups: Sequence[Group]
) -> None:
    """Refuse a single word that is a part of a known name: it could be meant for them."""
    if " " in wanted or "@" in wanted:
        return
    known = [*(p.name for p in everyone), *(g.contact_name for g in groups)]
    meant = sorted({name for name in known if wanted in fold(name).split()})
    if meant:
        raise BadInput(
            f"{typed!r} is only a part of a name.", reasons=[f"it could be: {'; '.join(meant)}"],
            remedies=["type the whole name, the short name or the email"],
        )  # fmt: skip


def _typed(text: str) -> Identifier:
    if sum(c.isalnum() for c in text) < SHORTEST:
        raise BadInput(f"{text!r} is too short to look for.")
    return _identifier(text.strip())


def _alone(text: str) -> Identifier:
    """A short name counts among other words only where it could be nothing else."""
    return Identifier(text) if fold(text).isalpha() else _identifier(text)


_DIGITS = re.compile("[0-9]+")
_PHONE = re.compile(r"[+0-9][0-9\s().-]{6,}")
_GAP = r"[\s().-]*"


def _identifier(text: str) -> Identifier:
    if _PHONE.fullmatch(text):
        digits = _national(text)
        return Identifier(text, _phone(digits), digits=digits)
    folded = tuple(fold(text).split())
    words = r"\s+".join(re.escape(word) for word in folded)
    ends = r"(?![\w-]|\.\w)" if "@" in text else r"(?!\w)"
    begins = r"(?<![\w.+-])" if "@" in text else r"(?<!\w)"
    return Identifier(text, re.compile(begins + words + ends), folded)


def _national(number: str) -> str:
    """Give the digits of a UK number that stand after 0 or +44."""
    return re.sub(r"^(44)?0?", "", re.sub(r"\D", "", number))


def _phone(digits: str) -> re.Pattern[str]:
    """Find a UK number with or without its blanks, and with 0 or +44 before it."""
    country = rf"(?:\+?44{_GAP}(?:0{_GAP})?|0{_GAP})?"
    return re.compile(rf"(?<!\d){country}{_GAP.join(digits)}(?!\d)")


# --- reading --------------------------------------------------------------------------------------


def texts_in(value: Any, reading: Reading) -> list[str] | None:
    """Give the texts that a stored value holds; None where it is no text that can be read."""
    return _READERS[reading](value) if value else []


def _json_texts(value: str) -> list[str]:
    # Long ones are the texts of routes: few, and an erasure looks through all places three times.
    return _long_json_texts(value) if len(value) >= _LONG else _texts_of_json(value)


def _texts_of_json(value: str) -> list[str]:
    try:
        return list(_leaves(json.loads(value)))
    except ValueError:
        return [value]


_long_json_texts = lru_cache(maxsize=16)(_texts_of_json)


def _leaves(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, below in data.items():
            yield str(key)
            yield from _leaves(below)
    elif isinstance(data, list):
        for below in data:
            yield from _leaves(below)
    else:
        yield str(data)


def _html_texts(value: str) -> list[str]:
    return [html.unescape(value), html.unescape(re.sub(r"<[^<>]*>", " ", value))]


def _byte_texts(content: bytes) -> list[str] | None:
    """Read what was handed in as evidence: plain text, HTML or an email with its parts."""
    whole = _decoded(content)
    if whole is None:
        return None
    found = [whole, *_html_texts(whole)]
    if re.match(r"(?i)[!-9;-~]+:\s", whole):
        found += _small_email_texts(content) if len(content) < _LONG else _email_texts(content)
    return found


def _decoded(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content or content.startswith((b"%PDF", b"PK\x03\x04", b"\xff\xd8")):
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _email_texts(content: bytes) -> list[str]:
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    found = [str(value) for value in message.values()]
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(payload, bytes):
            found += _html_texts(_decoded(payload) or "")
    return found


_small_email_texts = lru_cache(maxsize=256)(_email_texts)
_READERS: dict[Reading, Callable[[Any], list[str] | None]] = {
    "text": lambda value: [value],
    "json": _json_texts,
    "html": _html_texts,
    "bytes": _byte_texts,
    # What a server stamps: the login, and when it saw it.
    "stamp": lambda value: [value, value.split()[0]],
}


# --- finding --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A record that mentions the person, or that they themselves made or hold."""

    table: str
    key: tuple[Any, ...]
    what: str
    case_id: int | None
    case: str
    on: date | None
    words: Mapping[str, str] = field(default_factory=dict)
    # The kind and step of a journal record: what decides whether it is a decision.
    action: str = ""
    trigger: str = ""

    @property
    def label(self) -> str:
        """Give what people call a record of its kind."""
        return PLACES[self.table].label if self.table in PLACES else "case"

    def __str__(self) -> str:
        """Name the record: letter 5 of CAT-2026-0001 of 3 March."""
        return f"{self.what} of {self.case}" if self.case else self.what


def mentions(desk: Desk, who: Subject) -> list[Found]:
    """Give every record of every table that mentions the person, with the words that do."""
    found = []
    for place in PLACES.values():
        for row in desk.db.execute(_rows_of(place)):
            words = _words(place, row, who)
            if words:
                found.append(_found(place, row, words))
    return found


def _words(place: Place, row: queries.AnyRow, who: Subject) -> dict[str, str]:
    """Give the columns that mention the person, as text."""
    words = {}
    for column, reading in place.reads.items():
        texts = texts_in(getattr(row, column), reading)
        if texts and who.is_in(texts):
            words[column] = "\n".join(texts) if reading == "bytes" else getattr(row, column)
    return words


@dataclass(frozen=True, slots=True)
class Unread:
    """Evidence and attachments that are no text: nobody but a person can look into them.

    ``near`` lies on the cases that mention the person or are their group's; ``elsewhere`` counts
    the rest.
    """

    near: tuple[Found, ...]
    elsewhere: int


def unread(desk: Desk, who: Subject, found: Iterable[Found]) -> Unread:
    """Give the evidence and attachments that could not be searched."""
    closed = [
        _found(place, row, {"name": row.name})
        for place in (PLACES["evidence"], PLACES["outbox_files"])
        for row in desk.db.execute(_rows_of(place))
        if row.content and _decoded(row.content) is None
    ]
    cases = {one.case_id for one in found} | _cases_of_groups(desk, who)
    near = tuple(one for one in closed if one.case_id in cases)
    return Unread(near, len(closed) - len(near))


def _cases_of_groups(desk: Desk, who: Subject) -> set[int]:
    ids = [group.id for group in who.groups]
    return set(desk.db.execute(select(m.cases.c.id).where(m.cases.c.group_id.in_(ids))).scalars())


def log_lines(desk: Desk, who: Subject) -> list[str]:
    """Give the lines of the log of denials that mention the person."""
    try:
        text = (desk.settings.home / DENIALS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutsideFault(f"{DENIALS} cannot be read.", reasons=[str(error.strerror)]) from error
    # Who it was stands there as NAME=VALUE.
    return [line for line in text.splitlines() if who.is_in([line, *re.split(r"[\s=]", line)])]


def made_by(desk: Desk, person_id: int) -> list[Found]:
    """Give every record that points to a person: what they did, hold, signed or answer for."""
    found = []
    for table in m.metadata.sorted_tables:
        pointing = [column for column in table.columns if _points_to_people(column)]
        if pointing and table not in (m.people, *_ONLY_LINKS):
            place = PLACES.get(table.name) or Place(table, "case", {}, (), "received_on")
            either = or_(*(column == person_id for column in pointing))
            for row in desk.db.execute(_rows_of(place).where(either)):
                as_what = [c.name for c in pointing if getattr(row, c.name) == person_id]
                found.append(_found(place, row, {"as": ", ".join(map(_plain, as_what))}))
    return found


# Whom a reminder goes to stands in its own words as well.
_ONLY_LINKS = (m.reminder_people,)


def _plain(column: str) -> str:
    return column.removesuffix("_id").replace("_", " ")


def _points_to_people(column: Column[Any]) -> bool:
    return any(key.column is m.people.c.id for key in column.foreign_keys)


def _rows_of(place: Place) -> Select[Any]:
    """Select a table with the case that each row belongs to, and what its record is about."""
    t, columns = place.table, [place.table]
    query: Select[Any]
    if t is m.objections:
        joined = t.join(m.signoffs, m.signoffs.c.id == t.c.signoff_id)
        return _with_case(select(t).select_from(joined), m.signoffs.c.case_id).order_by(t.c.id)
    if t is m.outbox_files:
        joined = t.join(m.outbox, m.outbox.c.id == t.c.message_id)
        query = select(t).select_from(joined)
        return _with_case(query, m.outbox.c.case_id).order_by(*t.primary_key)
    if t is m.journal_payloads:
        j = m.journal
        same = and_(j.c.case_id == t.c.case_id, j.c.position == t.c.position)
        query = select(t, j.c.happened_on, j.c.action, j.c.trigger).join(j, same)
        return _with_case(query, t.c.case_id).order_by(*t.primary_key)
    if t is m.council_payloads:
        j = m.council_journal
        query = select(t, j.c.happened_on, j.c.action).join(j, j.c.position == t.c.position)
        return query.order_by(t.c.position)
    query = select(*columns).order_by(*t.primary_key)
    if t is m.cases:
        return query.add_columns(t.c.id.label("of_case"), t.c.reference.label("of_reference"))
    return _with_case(query, t.c.case_id) if "case_id" in t.c else query


def _with_case(query: Select[Any], case_id: Column[Any]) -> Select[Any]:
    # A digest is about many cases and belongs to none.
    found = query.join(m.cases, m.cases.c.id == case_id, isouter=bool(case_id.nullable))
    return found.add_columns(case_id.label("of_case"), m.cases.c.reference.label("of_reference"))


def _found(place: Place, row: queries.AnyRow, words: Mapping[str, str]) -> Found:
    values = row._mapping
    names = [str(values[name]) for name in place.named if values[name]]
    on = values[place.day] if place.day else None
    return Found(
        place.table.name, tuple(values[name] for name in place.key),
        " ".join([place.label, *names]), values.get("of_case"), values.get("of_reference", ""),
        on.date() if isinstance(on, datetime) else on, words,
        values.get("action") or "", values.get("trigger") or "",
    )  # fmt: skip
