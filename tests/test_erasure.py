"""Everything held on a person is found, and goes where it may: needles in every place there is."""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sizes
from conftest import TODAY, Terminal
from sqlalchemy import LargeBinary, String, insert, select, text, update
from test_integrity import checker
from test_officer import Untouched, reasons

from assetflow import models as m
from assetflow.casework import personal
from assetflow.casework.personal import FREE_OF_PERSONAL_DATA, PLACES, fold, texts_in
from assetflow.settings import SHIPPED

BY = ("--authority", "Scheme of delegation 3.2")
ASKED = ("--ground", "Request under article 17")
# Nothing has a period: what is kept then is kept on other grounds.
NO_PERIODS = re.sub(r"years: .*", "years: not set", (SHIPPED / "data/retention.yaml").read_text())
NOW = datetime.combine(TODAY, time(10), UTC)
PEOPLE = sizes.of(50, 500)


def schedule(af: Terminal, content: str) -> None:
    """Give the council its own retention schedule."""
    folder = af.home / "data"
    folder.mkdir(exist_ok=True)
    (folder / "retention.yaml").write_text(content, encoding="utf-8")


def stored(af: Terminal) -> Iterator[tuple[str, str, tuple[Any, ...], str]]:
    """Give every text that is stored: table, column, key and the text, bytes read as such."""
    with af.store.read() as db:
        for table in m.metadata.sorted_tables:
            names = [c.name for c in table.columns if isinstance(c.type, String | LargeBinary)]
            for row in db.execute(select(table)):
                key = tuple(getattr(row, c.name) for c in table.primary_key)
                for name in names:
                    value = getattr(row, name)
                    if value:
                        shown = value.decode("latin-1") if isinstance(value, bytes) else value
                        yield table.name, name, key, shown


def rows_with(af: Terminal, *needles: str) -> set[tuple[str, tuple[Any, ...]]]:
    """Give the rows in which a needle stands, found without assetflow's own search."""
    looked_for = re.compile("|".join(map(re.escape, needles)), re.IGNORECASE)
    return {(table, key) for table, _, key, words in stored(af) if looked_for.search(words)}


def traces(af: Terminal, *needles: str) -> list[str]:
    """Give where a needle stands in the bytes of the database file, its logs and the letters."""
    files = [p for p in af.home.rglob("*") if p.is_file() and p.suffix not in (".toml", ".yaml")]
    looked_for = re.compile(b"|".join(re.escape(n.encode()) for n in needles), re.IGNORECASE)
    return [str(p.relative_to(af.home)) for p in files if looked_for.search(p.read_bytes())]


def export(af: Terminal, who: str, *more: str) -> Any:
    """Export what is held on somebody, and give it."""
    path = af.home.parent / f"{random.Random(who).getrandbits(64)}.json"
    af("person", "export", who, str(path), *more)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    return found


def exported(data: Any) -> set[str]:
    """Give the tables whose records an export holds."""
    labels = {place.label: name for name, place in PLACES.items() if name not in _LOGINS}
    return {labels[kind] for kind in data["held"]}


_LOGINS = ("journal", "council_journal")


# --- the table of places ------------------------------------------------------------------------


# Spans are JSON with a word in each.
TEXTS = (String, LargeBinary, m.Spans)


def test_every_column_of_text_is_searched_or_declared_free_of_personal_data() -> None:
    """A new column of the schema fails here until somebody has said which of the two it is."""
    for table in m.metadata.sorted_tables:
        texts = {c.name for c in table.columns if isinstance(c.type, TEXTS)}
        place = PLACES.get(table.name)
        searched = set(place.reads) if place else set()
        free = set(FREE_OF_PERSONAL_DATA.get(table.name, ()))
        assert searched | free == texts, table.name
        assert not searched & free, table.name
    assert set(PLACES) | set(FREE_OF_PERSONAL_DATA) <= set(m.metadata.tables)


# --- a needle in every column -------------------------------------------------------------------


@dataclass
class Seeded:
    """A home in which every searched column of an ended case holds its own needle."""

    af: Terminal
    needles: dict[tuple[str, str], str] = field(default_factory=dict)

    def needle(self, table: str, column: str) -> str:
        return self.needles.setdefault((table, column), f"Quorn Z{len(self.needles):02d}")


def seed(af: Terminal) -> Seeded:
    """Work on a case, end it, and put a needle into every column that is searched."""
    schedule(af, NO_PERIODS)
    seeded = Seeded(af)
    af("person", "add", "Lena Voss", "--handle", "lena")
    af("group", "add", "Rowing Club", "--contact", "Someone")
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Rowing Club")
    af("case", "record", "1", "transfer_purpose=Rowing")
    af("signoff", "request", "1")
    af("signoff", "object", "1", "service", "--by", "nadia", "--category", "preference",
       "--evidence", "Email", "--reason", "No", "--way-forward", "Talk")  # fmt: skip
    af("case", "note", "1", f"Rang {seeded.needle('journal_payloads', 'text')} about it")
    af("case", "hold", "1", "--reason", "Asked for")
    af("case", "release", "1", "--reason", "Answered")
    af("case", "withdraw", "1", "--why", "Found another site")
    af("grant", "add", "lena", "director", *BY)
    af("grant", "add", "lena", "head_of_property", "--authority",
       f"As {seeded.needle('council_payloads', 'text')} said")  # fmt: skip
    af("grant", "deputise", "lena", "--for", "owen", "--role", "head_of_legal",
       "--until", "2026-03-02", *BY)  # fmt: skip
    af("grant", "revoke", "lena", "director", *BY)
    af("grant", "revoke", "lena", "head_of_property", *BY)
    af("--as", "owen", "grant", "revoke", "lena", "head_of_legal", "--deputy-for", "owen", *BY)
    # An alert that was told, and a file that was handed in.
    with af.store.write() as db:
        common = {"case_id": 1, "recorded_at": NOW}
        db.execute(insert(m.reminders).values(
            **common, kind="silence", key="x", title="t", due_on=TODAY, sent_on=TODAY,
            recipients="r"))  # fmt: skip
        db.execute(insert(m.evidence).values(
            **common, name="minutes.txt", sha256="0" * 64, size=1, content=b"x",
            recorded_by_id=1))  # fmt: skip
        db.execute(
            insert(m.scores).values(
                **common, criterion="benefit", scorer_id=1, score=3, reason="r", given_on=TODAY
            )
        )
        db.execute(insert(m.interests).values(
            **common, person_id=1, statement="s", declared_on=TODAY))  # fmt: skip
        # The needles of a message go into the newest one, which has no file.
        for key in ("letter:9:1", "digest:1:2026-03-02"):
            db.execute(insert(m.outbox).values(
                **common, key=key, address="a", policy="hold", state="sent"))  # fmt: skip
        first = select(m.outbox.c.id).where(m.outbox.c.key == "letter:9:1").scalar_subquery()
        db.execute(insert(m.outbox_files).values(
            message_id=first, place=1, name="f.txt", media_type="text/plain", sha256="0" * 64,
            content=b"x"))  # fmt: skip
        db.execute(insert(m.lease_papers).values(
            **common, paper="tender", number=1, terms="{}", sha256="0" * 64,
            recorded_on=TODAY))  # fmt: skip
        db.execute(insert(m.lease_acceptances).values(
            **common, code="0" * 64, party="group", difference="d", evidence="e",
            accepted_on=TODAY))  # fmt: skip
        db.execute(insert(m.funders).values(
            **common, name="f", asks="{}", recorded_on=TODAY))  # fmt: skip
        db.execute(insert(m.anchors).values(taken_at=NOW, root="0" * 64, cases=1))
        for table in _LOGINS:
            on = f" ON {table}" if db.dialect.name == "postgresql" else ""
            db.execute(text(f"DROP TRIGGER {table}_refuses_update{on}"))
        for place in PLACES.values():
            if not place.table.name.endswith("payloads"):
                _plant(db, place, seeded)
    return seeded


def _plant(db: Any, place: personal.Place, seeded: Seeded) -> None:
    """Put a needle into each column of the newest row of a table."""
    t = place.table
    last = db.execute(select(*t.primary_key).order_by(*(c.desc() for c in t.primary_key))).first()
    if t is m.people:
        last = db.execute(select(t.c.id).where(t.c.handle == "lena")).one()
    key = [column == value for column, value in zip(t.primary_key, last, strict=True)]
    for column, reading in place.reads.items():
        needle = seeded.needle(t.name, column)
        value: Any = needle
        if reading == "json":
            value = json.dumps({"why": f"so said {needle}"})
        elif reading == "html":
            value = f"<p>Dear {needle.replace(' ', ' <b>')}</b>,</p>"
        elif reading == "bytes":
            value = f"Minutes: {needle}\nagreed.".encode()
        if column == "canonical":
            old = db.execute(select(t.c.canonical).where(*key)).scalar_one()
            value = old.replace("Community asset transfer (lease", f"{needle} (lease", 1)
        if t is m.facts:
            value = json.dumps(f"Rowing with {needle}")
        db.execute(update(t).where(*key).values({column: value}))


# These stand in no case, or belong to everybody: they are listed, and stay.
STAYS = {
    "assets", "workflow_versions", "journal", "council_journal", "role_grants", "deputies",
    "anchors", ("community_groups", "name"),
}  # fmt: skip


@pytest.mark.long
def test_a_needle_in_any_column_is_found_and_goes_or_is_listed(af: Terminal) -> None:
    seeded = seed(af)
    assert set(seeded.needles) == {(p.table.name, c) for p in PLACES.values() for c in p.reads}
    for (table, column), needle in seeded.needles.items():
        held = export(af, needle)["held"]
        columns = {c for records in held.values() for r in records for c in r["text"]}
        assert column in columns, f"{table}.{column} is not searched"
    with af.store.write() as db:
        db.execute(update(m.people).values(login=None))  # as if an administrator had ended it
    for (table, column), needle in seeded.needles.items():
        together = table in (
            "people", "evidence", "community_groups", "letters", "outbox", "outbox_files"
        )  # fmt: skip
        done = af("person", "erase", needle, *ASKED, "--json", code=None)
        if done.code == 6 and together and column != next(iter(PLACES[table].reads)):
            continue  # it went with the column before it
        assert done.code == 0, f"{table}.{column}: {done.err}"
        stays = table in STAYS or (table, column) in STAYS
        assert bool(done.json["kept"]) == stays, f"{table}.{column}: {done.out}"
        assert (rows_with(af, needle) != set()) == stays, f"{table}.{column} still holds it"
    if af.store.file is not None:
        left = {k for k, needle in seeded.needles.items() if traces(af, needle)}
        assert {k for k in left if k[0] not in STAYS and k not in STAYS} == set()


# --- fifty people -------------------------------------------------------------------------------

FIRST = (
    "Aldous", "Brynn", "Corisande", "Dunstan", "Elowen", "Ferris", "Ghislaine", "Horatio", "Isolde",
    "Jory",
)  # fmt: skip
LAST = (
    "Quillfeather", "O'Thistle", "Vanterpool", "Wrenfield", "Zellaby", "Yarborough-Lee",
    "Undercliff", "Müllerby",
)  # fmt: skip


@dataclass
class Invented:
    """An invented person: by what they are found, and the tables in which they were put."""

    name: str
    email: str
    phone: str
    case: int
    places: set[str] = field(default_factory=set)


def invent(count: int) -> list[Invented]:
    found = []
    for n in range(count):
        name = f"{FIRST[n % 10]} {LAST[n // 10 % 8]}{'' if n < 80 else n}"
        found.append(
            Invented(name, f"p{n:03d}@needle.example", f"0151 {n:03d} 7{n:03d}", n // 5 + 1)
        )
    return found


def populate(af: Terminal, people: Sequence[Invented]) -> None:
    """Spread people, five to a case, over contacts, letters, notes, facts and answers."""
    schedule(af, NO_PERIODS)
    af("person", "add", "Lena Voss", "--handle", "lena")
    for start in range(0, len(people), 5):
        case = str(start // 5 + 1)
        contact, caller, signer, objector, witness = people[start : start + 5]
        af("asset", "add", "--id", f"N-{case}", "--name", f"Hall {case}")
        af("case", "open", "--asset", f"N-{case}", "--group", f"Club {case}", "--contact",
           contact.name, "--email", contact.email, "--phone", contact.phone)  # fmt: skip
        contact.places |= {"community_groups", "letters"}
        af("case", "note", case, f"Rang {caller.name} on {caller.phone} ({caller.email}).")
        caller.places |= {"journal_payloads"}
        af("case", "record", case, f"transfer_purpose=A hall run by {objector.name}")
        af("signoff", "request", case)
        af("signoff", "give", case, "service", "--by", "nadia", "--evidence",
           f"email of {signer.email}", "--condition", f"{signer.name} keeps the key")  # fmt: skip
        signer.places |= {"signoffs", "journal_payloads"}
        af("signoff", "object", case, "legal", "--by", "owen", "--category", "preference",
           "--evidence", "Email", "--reason", f"{objector.name} lives next door",
           "--way-forward", f"ring {objector.phone}")  # fmt: skip
        objector.places |= {"objections", "facts", "journal_payloads", "signoffs"}
        af("case", "hold", case, "--reason", f"Asked for by {witness.name}")
        _hand_in(af, int(case), witness)
        witness.places |= {"holds", "evidence", "journal_payloads"}
    af("grant", "add", "lena", "director", "--authority", f"Minute signed by {people[1].name}")
    af("grant", "revoke", "lena", "director", *BY)
    people[1].places |= {"role_grants", "council_payloads"}  # on the open case


def _hand_in(af: Terminal, case: int, witness: Invented) -> None:
    """Hand in an email as evidence: its words are coded, as those of most emails are."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = f"<{witness.email}>", "My statement"
    mail.set_content(f"Yours\n{witness.name}", cte="base64")
    raw = bytes(mail)
    with af.store.write() as db:
        db.execute(insert(m.evidence).values(
            case_id=case, name="statement.eml", sha256=hashlib.sha256(raw).hexdigest(), size=1,
            content=raw, recorded_by_id=1, recorded_at=NOW))  # fmt: skip


def end(af: Terminal, case: int, *, release: bool = True) -> None:
    """End a case, and lift its hold."""
    af("case", "withdraw", str(case), "--why", "Found another site", on=TODAY + timedelta(days=61))
    if release:
        af("case", "release", str(case), "--reason", "Answered", on=TODAY + timedelta(days=61))


@pytest.mark.long
def test_fifty_people_are_found_everywhere_and_go_from_everywhere(af: Terminal) -> None:
    people = invent(PEOPLE)
    populate(af, people)
    cases = len(people) // 5
    af.today = TODAY + timedelta(days=62)
    for case in range(3, cases + 1):
        end(af, case)
    end(af, 2, release=False)  # case 1 stays open, and a hold lies on case 2
    (af.home / "anchors").mkdir()
    af("db", "anchor", str(af.home / "anchors"))

    missed = {p.name: p.places - exported(export(af, p.name)) for p in people}
    assert {name: places for name, places in missed.items() if places} == {}

    for person in people:
        done = af("person", "erase", person.name, *ASKED, "--also", person.email,
                  "--also", person.phone, "--json").json  # fmt: skip
        kept = {(k["record"], k["case"]) for k in done["kept"]}
        assert all(ground["sentence"] for k in done["kept"] for ground in k["grounds"])
        left = rows_with(af, person.name, person.email, person.phone)
        assert bool(left) == bool(kept) == (person.case < 3), person
        assert len(left) <= len(kept), person
        if person.case >= 3:
            assert traces(af, person.name, person.email, person.phone) == []

    assert "the record is whole" in af("db", "verify", str(af.home / "anchors")).out
    af("db", "export", str(af.home / "journal.json"))
    sound = checker(af.home / "journal.json", *sorted((af.home / "anchors").iterdir()))
    assert (sound.returncode, "are whole" in sound.stdout) == (0, True)


def letters(af: Terminal) -> list[Path]:
    return [p for p in (af.home / "letters-sent").rglob("*") if p.is_file()]


# --- what is kept -------------------------------------------------------------------------------


def test_what_an_open_case_needs_is_kept_and_the_answer_is_on_record(case: Terminal) -> None:
    before = case("db", "verify", "--json").json["records"]
    done = case("person", "erase", "Joan Mills", *ASKED)
    assert "erased of Joan Mills: nothing" in done.out
    for what in ("letter 1 of CAT-2026-0001", "particulars of a group Bowls Club"):
        assert f"kept: {what}. CAT-2026-0001 is open" in done.out
    assert "article 17(3)(b)" in done.out
    assert case("db", "verify", "--json").json["records"] == before + 1


def test_a_hold_keeps_everything_of_its_case_and_says_who_can_lift_it(case: Terminal) -> None:
    schedule(case, NO_PERIODS)
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    case("case", "hold", "1", "--reason", "FOI request 12")
    words = {row for row in stored(case) if row[0] != "council_payloads"}
    done = case("person", "erase", "Joan Mills", *ASKED)
    assert (
        "(hold 1): FOI request 12. Who can lift it: the information governance officer" in done.out
    )
    assert {row for row in stored(case) if row[0] not in _OWN_RECORD} == {
        row for row in words if row[0] not in _OWN_RECORD
    }
    case("case", "release", "1", "--reason", "Answered")
    case("person", "erase", "Joan Mills", *ASKED)
    assert rows_with(case, "Joan Mills") == set()


# An erasure that keeps everything enters its own record.
_OWN_RECORD = ("council_payloads", "council_journal")


def test_a_decision_is_kept_for_its_years_and_not_a_day_longer(case: Terminal) -> None:
    asked(case)
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email",
         "--condition", "Joan Mills has a key")  # fmt: skip
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    last = TODAY.replace(year=2032)
    kept = case("person", "erase", "Joan Mills", *ASKED, "--json", on=last).json["kept"]
    assert {k["record"] for k in kept} == {"sign-off service", "journal record 4"}
    assert {g["code"] for k in kept for g in k["grounds"]} == {"officer_decision"}
    done = case("person", "erase", "Joan Mills", *ASKED, "--json", on=last + timedelta(days=1))
    assert done.json["kept"] == []
    assert rows_with(case, "Joan Mills") == set()


def test_what_the_council_has_set_a_period_for_is_kept_until_its_end(case: Terminal) -> None:
    schedule(case, NO_PERIODS.replace("years: not set", "years: 2"))
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    done = case("person", "erase", "Joan Mills", *ASKED, "--json").json
    assert done["erased"] == {}
    assert {g["code"] for k in done["kept"] for g in k["grounds"]} == {"withdrawn_application"}
    later = TODAY.replace(year=2028) + timedelta(days=1)
    case("person", "erase", "Joan Mills", *ASKED, on=later)
    assert rows_with(case, "Joan Mills") == set()


# --- people who work here -----------------------------------------------------------------------


def asked(af: Terminal) -> None:
    """Ask the departments about the first case."""
    af("case", "record", "1", "transfer_purpose=Bowls")
    af("signoff", "request", "1")


def leave(af: Terminal, handle: str, roles: Sequence[str]) -> None:
    for role in roles:
        af("grant", "revoke", handle, *role.split(), *BY)


def test_somebody_who_still_works_here_is_refused_with_what_to_do_first(case: Terminal) -> None:
    case("champion", "name", "1", "grace")
    case("grant", "deputise", "kim", "--for", "grace", "--role", "champion", "--until",
         "2026-04-01", *BY)  # fmt: skip
    with Untouched(case):
        refused = case("person", "erase", "grace.okoro", *ASKED, code=1)
        own = case("person", "erase", "Sam Taylor", *ASKED, code=1)
    assert reasons(refused) == [
        "They are the champion of open cases: CAT-2026-0001.",
        "Grace Okoro holds the role head_of_property.",
        "Kim Novak holds the role champion.",
    ]
    assert "assetflow grant revoke kim.novak champion --deputy-for grace.okoro" in refused.err
    assert "Nobody erases themselves; another information governance officer can." in own.err


def test_somebody_who_has_left_becomes_an_erased_person(af: Terminal) -> None:
    schedule(af, NO_PERIODS)
    af("person", "add", "Lena Voss", "--role", "estates_officer", "--email", "lena@council.example",
       "--authority", "Cabinet",
       "--phone", "0151 496 0777", "--job-title", "Surveyor", "--login", "lvoss")  # fmt: skip
    lena = ("--as", "lena.voss")
    af(*lena, "case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    af(*lena, "case", "note", "1", "Rang them.")
    af("case", "withdraw", "1", "--why", "Too far")
    leave(af, "lena.voss", ["estates_officer"])
    refused = af("person", "erase", "lena.voss", *ASKED, code=1)
    assert "They can still log in, as lvoss." in refused.err
    af("person", "login", "lena.voss", "--end")
    af("person", "erase", "lena.voss", *ASKED)
    for needle in ("Lena Voss", "lena.voss", "lena@council.example", "496 0777", "lvoss"):
        assert rows_with(af, needle) == set(), needle
    who = {line["who"] for line in af("case", "history", "1", "--json").json}
    assert any(name.startswith("erased person ") for name in who)
    assert "the record is whole" in af("db", "verify").out
    assert "Lena Voss" not in af("case", "show", "1").out


def test_the_name_of_somebody_who_decided_is_kept_as_long_as_the_decision(case: Terminal) -> None:
    case("person", "add", "Lena Voss", "--role", "signatory", "--department", "service",
         "--authority", "Cabinet", "--email", "lena@council.example")  # fmt: skip
    asked(case)
    case("signoff", "give", "1", "service", "--by", "lena.voss", "--evidence", "Email")
    case("case", "withdraw", "1", "--why", "Too far")
    leave(case, "lena.voss", ["signatory --department service"])
    done = case("person", "erase", "lena.voss", *ASKED)
    assert "kept: particulars of a person" in done.out
    assert "Officer decision, kept until 2 Mar 2032 (6 years)" in done.out
    with case.store.read() as db:
        row = db.execute(select(m.people).where(m.people.c.handle == "lena.voss")).one()
    assert (row.name, row.email, row.erased_on) == ("Lena Voss", "", None)
    case("person", "erase", "lena.voss", *ASKED, on=TODAY.replace(year=2033))
    assert rows_with(case, "Lena Voss") == set()


def test_the_log_of_denials_is_shown_and_listed_as_kept(case: Terminal) -> None:
    case("person", "add", "Lena Voss", "--handle", "lena")
    case("--as", "lena", "case", "note", "1", "Let me in", code=1)
    (line,) = export(case, "Lena Voss")["denials.log"]
    assert "actor=lena" in line
    done = case("person", "erase", "Lena Voss", *ASKED)
    assert "kept: denials.log, 1 line. A security log" in done.out


def test_an_export_tells_what_somebody_did_and_where_they_answer(case: Terminal) -> None:
    case("champion", "name", "1", "grace")
    case("--as", "grace", "case", "note", "1", "Rang the group.")
    made = export(case, "grace.okoro")["made_by_them"]
    assert set(made) == {"case", "journal record", "role"}
    assert {record["text"]["as"] for record in made["case"]} == {"champion"}


# --- rights, refusals, words --------------------------------------------------------------------


@pytest.mark.parametrize("who", ["kim", "grace", "owen", "iris", "alex"])
def test_only_the_information_governance_officer_exports_and_erases(
    case: Terminal, who: str, tmp_path: Path
) -> None:
    target = tmp_path / "x.json"
    with Untouched(case):
        for words in (("export", "Joan Mills", str(target)), ("erase", "Joan Mills", *ASKED)):
            refused = case("--as", who, "person", *words, code=1)
            assert "Who can: the information governance officer." in refused.err
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("Nobody Known", *ASKED), 6, "Nothing is held on 'Nobody Known'."),
        (("Joan", *ASKED), 2, "it could be: Joan Mills"),
        (("jo", *ASKED), 2, "'jo' is too short to look for."),
        (("Joan Mills", "--ground", " "), 2, "The ground is missing."),
        (("Joan Mills", "--ground", "As Joan  MILLS asked"), 2, "The ground names the person"),
        (("Joan Mills", "--ground", "x", "--also", "-"), 2, "'-' is too short to look for."),
    ],
)
def test_an_erasure_that_cannot_be_is_refused(
    case: Terminal, words: tuple[str, ...], code: int, sentence: str
) -> None:
    with Untouched(case):
        assert sentence in case("person", "erase", *words, code=code).err


def test_an_export_overwrites_nothing_and_leaves_nothing_where_it_fails(
    case: Terminal, tmp_path: Path
) -> None:
    existing = tmp_path / "mine.json"
    existing.write_text("mine")
    with Untouched(case):
        case("person", "export", "Joan Mills", str(existing), code=2)
        case("person", "export", "Joan Mills", str(tmp_path / "no" / "x.json"), code=2)
        case("person", "export", "Nobody Known", str(tmp_path / "x.json"), code=6)
    assert existing.read_text() == "mine"
    assert not (tmp_path / "x.json").exists()


def test_trying_an_erasure_changes_nothing_and_tells_what_it_would_do(case: Terminal) -> None:
    schedule(case, NO_PERIODS)
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    with Untouched(case):
        tried = case("person", "erase", "Joan Mills", *ASKED, "--dry-run", "--json").json
    done = case("person", "erase", "Joan Mills", *ASKED, "--json").json
    assert tried["erased"] == done["erased"] != {}
    assert tried["council_record"] is None


def test_an_erasure_can_itself_be_erased_and_the_chain_stays_whole(case: Terminal) -> None:
    """The ground of one erasure may name somebody who asks later; what it erased stays erased."""
    schedule(case, NO_PERIODS)
    case("case", "note", "1", "Rang Joan Mills.")
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    case("person", "erase", "Joan Mills", "--ground", "Letter of Hugh Barr, solicitor")
    case("person", "erase", "Hugh Barr", *ASKED)
    assert rows_with(case, "Hugh Barr") == set()
    assert "the record is whole" in case("db", "verify").out


def test_evidence_that_is_no_text_is_named_and_not_passed_over(case: Terminal) -> None:
    with case.store.write() as db:
        db.execute(insert(m.evidence).values(
            case_id=1, name="scan.pdf", sha256="0" * 64, size=9, content=b"%PDF-1.7\n",
            recorded_by_id=1, recorded_at=NOW))  # fmt: skip
    assert export(case, "Joan Mills")["not_searched"] == [
        {"record": "evidence 1", "case": "CAT-2026-0001", "file": "scan.pdf"}
    ]
    told = case("person", "erase", "Joan Mills", *ASKED)
    assert "not searched, because it is no text: evidence 1 of CAT-2026-0001" in told.out


# --- killed in between --------------------------------------------------------------------------


def test_an_erasure_cut_off_after_its_commit_is_finished_by_the_next_command(
    case: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(case, NO_PERIODS)
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    (letters(case)[0].parent / "00001-acknowledgement.txt.1a2b3c4d.part").write_text(
        "Dear Joan Mills"
    )
    with monkeypatch.context() as cut:
        cut.setattr("assetflow.cli.app.App._file_letters", lambda self: None)
        case("person", "erase", "Joan Mills", *ASKED)
    assert len(letters(case)) == 5
    assert "An erasure is not finished" in case("doctor", code=None).out
    assert "Still here of letters whose words were erased: " in case("doctor", code=None).out
    case("group", "add", "Rowing Club")
    assert letters(case) == []
    assert traces(case, "Joan Mills") == []
    assert "not finished" not in case("doctor", code=None).out
    assert "Still here of letters" not in case("doctor", code=None).out


def test_the_files_of_another_home_go_with_its_next_sweep(case: Terminal, tmp_path: Path) -> None:
    schedule(case, NO_PERIODS)
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    files = {p: p.read_text() for p in letters(case)}
    case("person", "erase", "Joan Mills", *ASKED)
    for path, words in files.items():
        path.write_text(words)
    case("sweep")
    assert letters(case) == []


# --- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "words", "found"),
    [
        ("Joan Mills", "Dear JOAN\n   mills,", True),
        ("Joan Mills", "Joan Millstone", False),
        ("Joan Mills", "Banjoan Mills", False),
        ("José O'Neill", "Jose O’Neill", True),
        ("Zoë Brown", "Zoe\u0301 Brown and zoe\u0308 brown", True),
        ("joan@bowls.example", "<joan@bowls.example>, ", True),
        ("joan@bowls.example", "At joan@bowls.example.", True),
        ("joan@bowls.example", "joan@bowls.example.org", False),
        ("joan@bowls.example", "mary.joan@bowls.example", False),
        ("0151 496 0100", "ring +44 (0)151 4960100 now", True),
        ("0151 496 0100", "01514960100", True),
        ("+44 151 496 0100", "0151-496-0100", True),
        ("0151 496 0100", "0151 496 01001", False),
        ("0151 496 0100", "90151 496 0100", False),
    ],
)
def test_a_person_is_found_however_they_are_written(
    identifier: str, words: str, found: bool
) -> None:
    assert personal._identifier(identifier).is_in(fold(words)) is found


def test_a_short_name_that_is_a_word_counts_only_where_it_stands_alone() -> None:
    grace = personal._alone("grace")
    assert grace.is_in(fold("Grace"))
    assert not grace.is_in(fold("a period of grace"))
    assert personal._alone("grace.okoro").is_in(fold("asked grace.okoro"))


@pytest.mark.parametrize(
    ("content", "readable"),
    [
        (b"plain", True), ("Mül".encode("cp1252"), True), ("Mül".encode("utf-16"), True),
        (b"%PDF-1.7", False), (b"PK\x03\x04", False), (b"a\0b", False),
    ],
)  # fmt: skip
def test_what_can_be_read_of_evidence_is_read(content: bytes, readable: bool) -> None:
    assert (texts_in(content, "bytes") is not None) is readable


@pytest.mark.sqlite_only
def test_a_page_of_the_database_holds_nothing_of_what_was_moved_within_it(case: Terminal) -> None:
    """Deleting is not enough on SQLite: the file is written anew after an erasure."""
    schedule(case, NO_PERIODS)
    draw = random.Random(1)
    for n in range(40):
        words = "x" * draw.randint(1, 900)
        case("case", "note", "1", f"{n} {words} Joan Mills {words}")
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    case("person", "erase", "Joan Mills", *ASKED)
    assert traces(case, "Joan Mills") == []
    with case.store.read() as db:
        assert db.execute(text("PRAGMA freelist_count")).scalar() == 0


def test_an_export_gives_all_particulars_of_a_contact_also_those_that_do_not_name_them(
    af: Terminal, tmp_path: Path
) -> None:
    af("group", "add", "Quiet Club", "--contact", "Quill Quietly", "--email", "q@quiet.example",
       "--phone", "0151 496 0199", "--address", "77 Hidden Lane, Bootle")  # fmt: skip
    af("person", "export", "Quill Quietly", str(tmp_path / "q.json"))
    (kept,) = json.loads((tmp_path / "q.json").read_text(encoding="utf-8"))["particulars"]
    assert (kept["contact_of"], kept["address"]) == ("Quiet Club", "77 Hidden Lane, Bootle")
    assert (kept["email"], kept["phone"]) == ("q@quiet.example", "0151 496 0199")
