"""Nobody can quietly change the record: ten kinds of tampering, anchors, and a checker not ours."""

import email
import email.policy
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sizes
from conftest import Measured, Terminal, furnish, receive
from sqlalchemy import Connection, text

from assetflow import chain, queries
from assetflow.chain import Link, Payload

ROOT = Path(__file__).parents[1]
TIMES = sizes.of(10, 50)


def work(af: Terminal) -> None:
    """Work on three cases, and take an anchor of them."""
    af("champion", "name", "1", "alex")
    af("case", "record", "1", "transfer_purpose=Bowls")
    af("signoff", "request", "1")
    af("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    for number in (2, 3):
        af("case", "open", "--asset", f"SAMPLE-000{number}", "--group", "Bowls Club")
        af("case", "note", str(number), f"Rang the group about case {number}.")
        af("case", "note", str(number), "Rang again.")
    (af.home / "anchors").mkdir()
    af("db", "anchor", str(af.home / "anchors"))


@pytest.fixture
def worked(fresh: Callable[..., Terminal]) -> Terminal:
    """A home with three cases that people have worked on, and an anchor of it."""
    return fresh(furnish, receive, work)


def verified(terminal: Terminal, *, anchors: bool, code: int) -> list[dict[str, Any]]:
    """Give what `db verify` finds, with or without the anchors."""
    named = [str(terminal.home / "anchors")] if anchors else []
    found = terminal("db", "verify", *named, "--json", code=code).json["findings"]
    assert isinstance(found, list)
    return found


def test_an_untouched_record_is_whole(worked: Terminal) -> None:
    assert verified(worked, anchors=True, code=0) == []
    assert "the record is whole" in worked("db", "verify").out


def test_the_record_stays_whole_while_work_goes_on(worked: Terminal) -> None:
    worked("case", "note", "1", "More work after the anchor.")
    worked("sweep")
    assert verified(worked, anchors=True, code=0) == []


# --- tampering ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hand:
    """Somebody with the database open, who knows how the chain is made."""

    db: Connection
    draw: random.Random

    def __call__(self, statement: str, **values: object) -> None:
        self.db.execute(text(statement), values)

    def victim(self) -> tuple[int, str, int]:
        """Pick a case: its id, reference and number of records."""
        rows = self.db.execute(text("SELECT id, reference, version FROM cases ORDER BY id")).all()
        row = self.draw.choice([row for row in rows if row.version >= 3])
        return int(row.id), str(row.reference), int(row.version)


def _edit_words(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand(
        "UPDATE journal_payloads SET text = :words WHERE case_id = :c AND position = :p",
        words='{"why": "never said", "detail": {}}', c=case_id, p=hand.draw.randint(1, length),
    )  # fmt: skip


def _delete_words(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand(
        "DELETE FROM journal_payloads WHERE case_id = :c AND position = :p",
        c=case_id, p=hand.draw.randint(1, length),
    )  # fmt: skip


def _edit(column: str, value: object) -> Callable[[Hand], None]:
    def tamper(hand: Hand) -> None:
        case_id, _, length = hand.victim()
        hand(
            f"UPDATE journal SET {column} = :v WHERE case_id = :c AND position = :p",
            v=value, c=case_id, p=hand.draw.randint(1, length),
        )  # fmt: skip

    return tamper


def _edit_actor(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand(
        "UPDATE journal SET actor_id = (SELECT max(id) FROM people) "
        "WHERE case_id = :c AND position = :p",
        c=case_id, p=hand.draw.randint(1, length),
    )  # fmt: skip


def _delete_one(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand("DELETE FROM journal WHERE case_id = :c AND position = :p",
         c=case_id, p=hand.draw.randint(1, length - 1))  # fmt: skip


def _reorder(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    first = hand.draw.randint(1, length - 1)
    for old, new in ((first, 9999), (first + 1, first), (9999, first + 1)):
        hand("UPDATE journal SET position = :n WHERE case_id = :c AND position = :o",
             n=new, c=case_id, o=old)  # fmt: skip


def _move_to_another_case(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand(
        "UPDATE journal SET case_id = (SELECT min(id) FROM cases WHERE id <> :c), position = 500 "
        "WHERE case_id = :c AND position = :p",
        c=case_id, p=length,
    )  # fmt: skip


def _cut_tail(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    hand("DELETE FROM journal WHERE case_id = :c AND position = :p", c=case_id, p=length)


def _cut_tail_and_repair_head(hand: Hand) -> None:
    case_id, _, length = hand.victim()
    _cut(hand, case_id, length)


def _cut(hand: Hand, case_id: int, length: int) -> None:
    for table in ("journal", "journal_payloads"):
        hand(f"DELETE FROM {table} WHERE case_id = :c AND position = :p", c=case_id, p=length)
    hand(
        "UPDATE cases SET version = :v, head = (SELECT hash FROM journal WHERE case_id = :c "
        "AND position = :v) WHERE id = :c",
        v=length - 1, c=case_id,
    )  # fmt: skip


def _edit_and_recompute_the_whole_chain(hand: Hand) -> None:
    case_id, reference, _ = hand.victim()
    found = {ref: (links, words) for ref, links, words in queries.chains(hand.db)}
    links, words = found[reference]
    previous = chain.GENESIS
    for link in links:
        payload = words[link.position]
        if link.position == 2:
            payload = Payload(payload.salt, '{"why": "never said", "detail": {}}')
        forged = replace(link, payload_digest=payload.digest(), previous=previous)
        forged = replace(forged, hash=forged.computed())
        _overwrite(hand, case_id, forged, payload)
        previous = forged.hash
    hand("UPDATE cases SET head = :h WHERE id = :c", h=previous, c=case_id)


def _overwrite(hand: Hand, case_id: int, link: Link, payload: Payload) -> None:
    hand(
        "UPDATE journal SET payload_digest = :d, previous = :v, hash = :h "
        "WHERE case_id = :c AND position = :p",
        d=link.payload_digest, v=link.previous, h=link.hash, c=case_id, p=link.position,
    )  # fmt: skip
    hand("UPDATE journal_payloads SET text = :t WHERE case_id = :c AND position = :p",
         t=payload.text, c=case_id, p=link.position)  # fmt: skip


def _delete_case_and_head(hand: Hand) -> None:
    case_id, _, _ = hand.victim()
    hand("DELETE FROM objections WHERE signoff_id IN (SELECT id FROM signoffs WHERE case_id = :c)",
         c=case_id)  # fmt: skip
    for table in ("reminders", "letters", "signoffs", "facts", "journal_payloads", "journal"):
        hand(f"DELETE FROM {table} WHERE case_id = :c", c=case_id)
    hand("DELETE FROM cases WHERE id = :c", c=case_id)


# Found by the chain alone, and found only because heads were kept elsewhere.
SEEN_AT_ONCE = {
    "the words of a record are edited": _edit_words,
    "the words of a record are deleted": _delete_words,
    "the day of a record is edited": _edit("happened_on", "2020-01-01"),
    "the moment of a record is edited": _edit("recorded_at", "2020-01-01 09:00:00.000000"),
    "the action of a record is edited": _edit("action", "noted_otherwise"),
    "another person is made to have done it": _edit_actor,
    "a record is deleted": _delete_one,
    "two records change places": _reorder,
    "a record is moved to another case": _move_to_another_case,
    "the newest record is cut off": _cut_tail,
}
SEEN_BY_ANCHORS = {
    "the newest record is cut off and the head repaired": _cut_tail_and_repair_head,
    "a record is edited and the whole chain computed anew": _edit_and_recompute_the_whole_chain,
    "a case is deleted with its head": _delete_case_and_head,
}


def tamper_and_look(
    worked: Terminal, tamper: Callable[[Hand], None], seed: int
) -> tuple[set[str], set[str]]:
    """Tamper, undo it, and give what is found without the anchor and with it."""
    anchored = [json.loads(p.read_text()) for p in sorted((worked.home / "anchors").glob("*"))]
    with worked.store.write() as db:
        _disarm(db)
        tamper(Hand(db, random.Random(seed)))
        found: set[str] = set()
        hashes: dict[tuple[str, int], str] = {}
        heads = {head.case: head for head in queries.heads(db)}
        for reference, links, words in queries.chains(db):
            found |= {str(f) for f in chain.verify(links, words)}
            newest = links[-1] if links else None
            if newest is None or newest.hash != heads[reference].hash:
                found.add(f"{reference}: head")
            hashes.update({(reference, link.position): link.hash for link in links})
        known = chain.Anchor(
            anchored[0]["taken_at"], anchored[0]["root"],
            tuple(chain.Head(*head) for head in anchored[0]["heads"]),
        )  # fmt: skip
        contradicted = {str(f) for f in chain.against(known, hashes)}
        db.rollback()
    return found, found | contradicted


def _disarm(db: Connection) -> None:
    """Take away what stops an everyday user: whoever owns the database can."""
    on = " ON journal" if db.dialect.name == "postgresql" else ""
    for change in ("update", "delete"):
        db.execute(text(f"DROP TRIGGER journal_refuses_{change}{on}"))
    if db.dialect.name == "sqlite":
        db.execute(text("PRAGMA defer_foreign_keys=ON"))


@pytest.mark.parametrize("kind", SEEN_AT_ONCE)
def test_tampering_is_found_every_time(
    worked: Terminal, kind: str, database: str, measured: Measured
) -> None:
    seen = 0
    for seed in range(TIMES):
        found, _ = tamper_and_look(worked, SEEN_AT_ONCE[kind], seed)
        seen += bool(found)
        assert found, f"{kind}, seed {seed}"
    measured("A1", f"ten kinds of tampering, {database}", tampered=TIMES, found=seen)


@pytest.mark.parametrize("kind", SEEN_BY_ANCHORS)
def test_a_rewritten_history_is_found_by_an_anchor_kept_elsewhere(
    worked: Terminal, kind: str, database: str, measured: Measured
) -> None:
    seen = 0
    for seed in range(TIMES):
        found, with_anchor = tamper_and_look(worked, SEEN_BY_ANCHORS[kind], seed)
        assert not found, "whoever owns the database can rebuild a chain: this is why anchors exist"
        seen += bool(with_anchor)
        assert with_anchor, f"{kind}, seed {seed}"
    measured("A1", f"rewritten histories, with anchors, {database}", tampered=TIMES, found=seen)


def test_verify_names_the_case_and_the_record_and_exits_with_1(worked: Terminal) -> None:
    with worked.store.write() as db:
        _disarm(db)
        db.execute(text("UPDATE journal SET action = 'x' WHERE case_id = 1 AND position = 2"))
    result = worked("db", "verify", str(worked.home / "anchors"), code=1)
    assert "CAT-2026-0001 record 2 was changed after it was written" in result.err


@pytest.mark.parametrize("change", ["UPDATE journal SET action = 'x'", "DELETE FROM journal"])
def test_the_database_itself_refuses_to_change_the_journal(worked: Terminal, change: str) -> None:
    with pytest.raises(Exception, match="append-only"), worked.store.write() as db:
        db.execute(text(change))
    assert verified(worked, anchors=True, code=0) == []


# --- anchors and exports ---------------------------------------------------------------------


def test_an_anchor_that_was_changed_itself_is_found(worked: Terminal) -> None:
    (path,) = (worked.home / "anchors").iterdir()
    data = json.loads(path.read_text())
    data["heads"][0][1] = 1
    path.write_text(json.dumps(data))
    sentences = [f["sentence"] for f in verified(worked, anchors=True, code=1)]
    assert any("was itself changed" in sentence for sentence in sentences)


NO_ANCHORS = {
    "": "it is not whole JSON: it breaks off or is wrong in line 1",
    '{"taken_at":\n': "it is not whole JSON: it breaks off or is wrong in line 2",
    "\x00": "it is not whole JSON",
    "{}": "it does not say: taken_at, root, heads",
    '{"taken_at": "", "root": ""}': "it does not say: heads",
    "[1]": "it has no names in it",
    '{"taken_at": 1, "root": "", "heads": []}': "taken_at and root must each be text in quotes",
    '{"taken_at": "", "root": "", "heads": 3}': "its heads are not a list",
    '{"taken_at": "", "root": "", "heads": [["COUNCIL", 1, "x"], [1, 2]]}': "head 2 is not a case",
    '{"taken_at": "", "root": "", "heads": [["A", true, "x"]]}': "head 1 is not a case",
    "\xff": "it is not text in UTF-8",
    "[" * 100_000: "nested too deep",
}
OF_PYTHON = re.compile(r"Expecting|delimiter|codec|unpack|subscript|Error|object|char \d|'heads'")


@pytest.mark.parametrize("content", NO_ANCHORS, ids=range(len(NO_ANCHORS)))
def test_a_file_that_is_no_anchor_is_refused_in_sentences(worked: Terminal, content: str) -> None:
    bad = worked.home / "bad.json"
    bad.write_text(content, encoding="latin-1")
    told = worked("db", "verify", str(bad), code=2).err
    assert "bad.json is not an anchor." in told
    assert NO_ANCHORS[content] in told
    assert not OF_PYTHON.search(told)


def checker(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker that knows nothing of assetflow, without our packages."""
    script = ROOT / "tools" / "verify_journal.py"
    return subprocess.run(
        [sys.executable, "-I", str(script), *map(str, files)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_an_export_is_checked_without_assetflow(worked: Terminal) -> None:
    export = worked.home / "export.json"
    worked("db", "export", str(export))
    anchors = sorted((worked.home / "anchors").iterdir())
    sound = checker(export, *anchors)
    assert (sound.returncode, "are whole" in sound.stdout) == (0, True)
    for field, value in (("happened_on", "2020-01-01"), ("action", "x"), ("hash", "0" * 64)):
        data = json.loads(export.read_text())
        data["cases"][0]["records"][1][field] = value
        forged = worked.home / f"{field}.json"
        forged.write_text(json.dumps(data))
        assert checker(forged, *anchors).returncode == 1
    data = json.loads(export.read_text())
    del data["cases"][0]["records"][-1]
    (worked.home / "cut.json").write_text(json.dumps(data))
    assert "is gone" in checker(worked.home / "cut.json", *anchors).stdout


def test_the_checker_is_short_and_imports_nothing_of_ours() -> None:
    source = (ROOT / "tools" / "verify_journal.py").read_text()
    assert len(source.splitlines()) < 100
    assert "assetflow import" not in source
    assert "import assetflow" not in source


def test_an_export_or_anchor_never_overwrites_a_file(worked: Terminal) -> None:
    existing = worked.home / "mine.json"
    existing.write_text("mine")
    worked("db", "export", str(existing), code=2)
    assert existing.read_text() == "mine"


# --- the code that letters print ------------------------------------------------------------------


def code_of(worked: Terminal) -> str:
    """Give the code of the one anchor."""
    (file,) = (worked.home / "anchors").glob("*.json")
    return str(json.loads(file.read_text(encoding="utf-8"))["code"])


def test_a_letter_bears_witness_to_the_record_by_the_code_it_prints(worked: Terminal) -> None:
    facts = ("progress_made=The survey", "progress_awaited=Title", "forecast_date=2026-12-01")
    given = [word for fact in facts for word in ("--fact", fact)]
    worked("letter", "issue", "1", "holding_update", *given)
    newest = worked("letter", "list", "--json").json[-1]["number"]
    printed = worked("letter", "show", str(newest)).out
    assert f"Record code of 2 March 2026: {code_of(worked)}" in " ".join(printed.split())
    anchors, code = str(worked.home / "anchors"), code_of(worked)
    worked("db", "verify", anchors, "--code", code)
    worked("db", "verify", anchors, "--code", code.upper().replace("-", " "))


def test_an_anchor_that_was_replaced_is_shown_by_a_letter(worked: Terminal) -> None:
    kept, folder = code_of(worked), worked.home / "anchors"
    for file in folder.glob("*.json"):
        file.unlink()
    worked("case", "note", "1", "A new history.")
    worked("db", "anchor", str(folder))
    assert verified(worked, anchors=True, code=0) == []
    found = worked("db", "verify", str(folder), "--code", kept, code=1)
    assert f"the code {kept} belongs to none of the anchors given" in found.err


def test_a_letter_before_the_first_anchor_prints_no_code(case: Terminal) -> None:
    assert "Record code" not in case("letter", "show", "1").out


def test_an_anchor_goes_out_by_mail_as_well(worked: Terminal, tmp_path: Path) -> None:
    made = worked(
        "db", "anchor", str(tmp_path), "--mail-to", "audit@council.example", "--json"
    ).json
    message = email.message_from_bytes(Path(made["mail"]).read_bytes(), policy=email.policy.default)
    assert message["To"] == "audit@council.example"
    assert made["code"] in str(message["Subject"])
    (attached,) = message.iter_attachments()
    kept = tmp_path / "kept.json"
    raw = attached.get_payload(decode=True)
    assert isinstance(raw, bytes)
    kept.write_bytes(raw)
    for file in (str(kept), made["mail"]):
        assert "1 anchor" in worked("db", "verify", file, "--code", made["code"]).out
    refused = worked("db", "anchor", str(tmp_path), "--mail-to", "a@b.example, c@d.example", code=2)
    assert "is not one email address" in refused.err


# --- what people work with must be what the journal says ------------------------------------------

BY_HAND = {
    "a sign-off is forged": (
        "UPDATE signoffs SET decision = 'signed', signatory_id = 1, decided_on = '2026-03-02', "
        "method = 'cli-login' WHERE department = 'legal'",
        "has an answer of legal no record speaks of",
    ),
    "an answer's day is changed": (
        "UPDATE signoffs SET decided_on = '2026-03-01' WHERE department = 'service'",
        "has an answer of service no record speaks of",
    ),
    "a case is moved": ("UPDATE cases SET stage = 'decision' WHERE id = 2", "stands in decision"),
    "a fact is changed": (
        "UPDATE facts SET value = '\"A market\"'", "has another transfer_purpose on file"
    ),
    "a fact is added": (
        "INSERT INTO facts (case_id, name, value, happened_on) VALUES (2, 'rent', '\"1\"', "
        "'2026-03-02')", "has another rent on file",
    ),
    "a letter is reworded": (
        "UPDATE letters SET text = text || ' We refuse.' WHERE number = 1",
        "has other words in letter 1 than were sent",
    ),
    "a request is reworded": (
        "UPDATE letters SET html = 'Sign here.' WHERE name = 'signoff_request'",
        "than were sent",
    ),
    "a letter is blanked as if it were erased": (
        "UPDATE letters SET text = '', html = '' WHERE number = 1",
        "has other words in letter 1 than were sent",
    ),
    "a letter has another addressee": (
        "UPDATE letters SET recipient_name = 'Rowing Club' WHERE number = 1",
        "has other words in letter 1 than were sent",
    ),
    "a champion is put in": (
        "UPDATE cases SET champion_id = 2 WHERE id = 2", "has another champion than its journal"
    ),
    "a champion is taken away": (
        "UPDATE cases SET champion_id = NULL WHERE id = 1", "has another champion than its journal"
    ),
    "a letter is taken away": (
        "DELETE FROM letters WHERE number = 1", "has lost letter 1"
    ),
    "a role is added": (
        "INSERT INTO role_grants (person_id, role, department, valid_from) VALUES (3, "
        "'administrator', '', '2026-01-01')", "speaks of no role administrator of grace.okoro",
    ),
    "an ended role is put back": (
        "UPDATE role_grants SET ended_at = NULL, valid_to = NULL WHERE role = 'scrutiny_chair'",
        "says that the role scrutiny_chair of iris.dale ended",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BY_HAND)
def test_what_is_changed_by_hand_in_the_tables_is_held_against_the_journal(
    worked: Terminal, kind: str
) -> None:
    worked("grant", "revoke", "iris", "scrutiny_chair", "--authority", "Council of 2 March")
    assert verified(worked, anchors=True, code=0) == []
    statement, sentence = BY_HAND[kind]
    with worked.store.write() as db:
        assert db.execute(text(statement)).rowcount
    assert sentence in str(verified(worked, anchors=True, code=1))


def test_evidence_that_was_exchanged_is_found(worked: Terminal, tmp_path: Path) -> None:
    mail = tmp_path / "yes.eml"
    mail.write_bytes(b"We sign.")
    worked("signoff", "give", "1", "legal", "--by", "owen", "--evidence-file", str(mail))
    assert verified(worked, anchors=True, code=0) == []
    with worked.store.write() as db:
        db.execute(text("UPDATE evidence SET content = :other"), {"other": b"We do not."})
    assert "has other evidence in yes.eml" in str(verified(worked, anchors=True, code=1))
