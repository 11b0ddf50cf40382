"""The doctor names what is wrong with the record, the file or the folder, and the way out of it."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import TODAY, Terminal
from sqlalchemy import Connection, text
from test_commands import with_a_fault

Change = Callable[[Connection], None]


def hand(terminal: Terminal, *statements: str) -> None:
    """Write into the database past everything that guards it, as its owner can."""
    with terminal.store.write() as db:
        on_server = db.dialect.name == "postgresql"
        for table in ("journal", "journal_payloads", "council_journal", "cases"):
            if on_server:
                db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        if not on_server:
            found = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in list(found.scalars()):
                db.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            db.execute(text(statement))


TAMPERED = {
    "changed after it was written": "UPDATE journal SET action = 'paused' WHERE position = 2",
    "does not follow the record before it": f"UPDATE journal SET previous = '{'1' * 64}' "
    "WHERE position = 2",
    "has other words": "UPDATE journal_payloads SET text = '{}' WHERE position = 2",
    "has lost its words": "DELETE FROM journal_payloads WHERE position = 2",
    "named as the newest record": "DELETE FROM journal WHERE position = 2",
    "COUNCIL record 1 was changed": "UPDATE council_journal SET action = 'x' WHERE position = 1",
    "COUNCIL record": "DELETE FROM council_journal WHERE position = "
    "(SELECT max(position) FROM council_journal)",
}  # fmt: skip


@pytest.mark.parametrize("words", TAMPERED)
def test_the_doctor_sees_a_record_that_was_changed(case: Terminal, words: str) -> None:
    case("case", "note", "1", "Rang the group.")
    healthy = case("doctor", code=None).out
    assert "The newest 500 records are whole" in healthy
    hand(case, TAMPERED[words])
    found = case("doctor", code=1)
    assert words in found.out
    assert "assetflow db verify" in found.out
    assert "records are whole" not in found.out


def test_a_record_added_behind_the_newest_one_is_seen(case: Terminal) -> None:
    case("case", "note", "1", "Rang the group.")
    hand(case, "UPDATE cases SET version = 1, head = (SELECT hash FROM journal WHERE position = 1 "
               "AND case_id = cases.id)")  # fmt: skip
    assert "record 1 is named as the newest record, and is not" in case("doctor", code=1).out


def test_words_erased_on_record_are_no_finding(case: Terminal) -> None:
    case("case", "note", "1", "Joan Mills rang.")
    case("person", "erase", "Joan Mills", "--ground", "Request under article 17")
    assert "records are whole" in case("doctor", code=None).out


@pytest.mark.sqlite_only
def test_a_damaged_file_is_to_be_restored_and_the_words_lead_out(
    case: Terminal, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    path = case.home / "assetflow.db"
    path.write_bytes(b"#!/bin/sh\n" * 5_000)
    told = case("doctor", code=1).out
    assert "the file is not a database" in told
    assert f"move {path} away, then restore the last backup: assetflow db restore FILE" in told
    assert "assetflow doctor" not in told
    path.rename(tmp_path / "damaged.db")
    case("db", "restore", str(backup))
    case("doctor")


@pytest.mark.sqlite_only
def test_a_folder_that_cannot_be_written_is_named(case: Terminal, tmp_path: Path) -> None:
    places = ["", "assetflow.db", "letters-sent"]
    homes = []
    for number, place in enumerate(places):
        home = tmp_path / f"home-{number}"
        shutil.copytree(case.home, home)
        (home / place).chmod(0o500 if (home / place).is_dir() else 0o400)
        homes.append(home)
    sound = tmp_path / "sound"
    shutil.copytree(case.home, sound)
    jobs: list[tuple[Path, int | None, list[str]]] = [
        (home, None, ["doctor", "--json"]) for home in (*homes, sound)
    ]
    *ill, well = with_a_fault(jobs)
    for home, place, found in zip(homes, places, ill, strict=True):
        errors = [check for check in json.loads(found.out) if check["level"] == "error"]
        named = str(home / place) if place else str(home)
        assert f"make {named} writable" in errors[0]["remedy"]
        assert found.code == 1
        (home / place).chmod(0o700)
    assert well.code == 0


@pytest.mark.sqlite_only
def test_a_change_in_a_read_only_home_says_what_to_make_writable(
    case: Terminal, tmp_path: Path
) -> None:
    (case.home / "assetflow.db").chmod(0o400)
    case.home.chmod(0o500)
    (told,) = with_a_fault([(case.home, None, ["case", "note", "1", "Rang."])])
    case.home.chmod(0o700)
    assert told.code == 4
    assert f"make {case.home / 'assetflow.db'} and its folder writable" in told.err


@pytest.mark.sqlite_only
def test_the_look_is_bounded_and_leaves_old_records_to_the_full_check(
    case: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assetflow.casework import newest  # noqa: PLC0415 - its limit is what is tested

    monkeypatch.setattr(newest, "RECORDS", 2)
    for n in range(3):
        case("case", "note", "1", f"Call {n}.", on=TODAY)
    with closing(sqlite3.connect(case.home / "assetflow.db")) as db, db:
        db.execute("DROP TRIGGER journal_refuses_update")
        db.execute("UPDATE journal SET action = 'x' WHERE position = 1")
    case("doctor")
    case("db", "verify", code=1)
