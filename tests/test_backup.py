"""A backup is checked before anybody relies on it, and comes back whole into an empty place."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sizes
from conftest import Measured, Terminal, admin
from sqlalchemy import text
from test_erasure import ASKED, NO_PERIODS, schedule

from assetflow.database import HEAD, Store

ROOT = Path(__file__).parents[1]


def test_a_backup_holds_everything_and_is_restored_into_an_empty_home(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    case("case", "note", "1", "Before the backup.")
    backup = tmp_path / "backup.db"
    assert "verified: 1 case," in case("db", "backup", str(backup)).out
    case("case", "note", "1", "After the backup.")
    place = elsewhere(case, tmp_path, request, database)
    place("db", "restore", str(backup))
    assert "Before the backup." in place("case", "history", "1").out
    assert "After the backup." not in place("case", "history", "1").out
    place("db", "verify")
    place("case", "note", "1", "Work goes on.")


def elsewhere(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> Terminal:
    """Give another home with its settings but no database."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    shutil.copy(case.home / "assetflow.toml", home)
    if database == "sqlite":
        return Terminal(home)
    server = request.getfixturevalue("postgresql")
    name = f"restored_{tmp_path.name.replace('-', '_').lower()[-40:]}"
    admin(server, f"CREATE DATABASE {name}")
    request.addfinalizer(lambda: admin(server, f"DROP DATABASE {name} WITH (FORCE)"))
    return Terminal(home, database_url=f"{server}/{name}")


def test_a_restore_never_goes_over_a_database(case: Terminal, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    assert "nothing was overwritten" in case("db", "restore", str(backup), code=1).err


def test_a_backup_never_goes_over_a_file(case: Terminal, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    case("db", "backup", str(tmp_path / "mine"), code=2)
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.sqlite_only
def test_a_backup_whose_journal_was_changed_is_not_restored(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    with sqlite3.connect(backup) as db:
        db.execute("DROP TRIGGER journal_refuses_update")
        db.execute("UPDATE journal SET action = 'x'")
    db.close()
    place = elsewhere(case, tmp_path, request, "sqlite")
    assert "does not verify" in place("db", "restore", str(backup), code=1).err
    assert not (place.home / "assetflow.db").exists()


def foreign(place: Path) -> bytes:
    """Give a database of SQLite that is not ours."""
    with sqlite3.connect(place / "other.db") as db:
        db.execute("CREATE TABLE songs (name TEXT)")
    db.close()
    return (place / "other.db").read_bytes()


NOT_OURS: dict[str, Callable[[Path], bytes]] = {
    "The file is empty.": lambda _: b"",
    "It is no database": lambda _: b"not a database" * 100,
    "database of something else": foreign,
    "damaged, or not the whole": lambda place: foreign(place)[:1500],
    "dump of a PostgreSQL database": lambda _: b"PGDMP\x01\x0e",
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", NOT_OURS)
def test_a_file_that_is_no_backup_is_refused_in_words(
    case: Terminal, tmp_path: Path, words: str, request: pytest.FixtureRequest
) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(NOT_OURS[words](tmp_path))
    place = elsewhere(case, tmp_path, request, "sqlite")
    told = place("db", "restore", str(bad), code=2).err
    assert words in told
    assert str(bad) in told
    assert "assetflow db backup FILE" in told or "another backup" in told
    assert not (place.home / "assetflow.db").exists()
    shutil.rmtree(place.home)
    place("init", "--council", "Sefton", "--from-backup", str(bad), code=2)
    assert not place.home.exists()


def test_a_dump_that_is_not_ours_is_refused_in_words_and_leaves_nothing(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    place = elsewhere(case, tmp_path, request, database)
    bad = tmp_path / "bad.dump"
    bad.write_bytes(b"SQLite format 3\0" if database == "postgresql" else b"PGDMP")
    assert "is no backup that can be restored here" in place("db", "restore", str(bad), code=2).err
    bad.write_bytes(b"")
    assert "The file is empty." in place("db", "restore", str(bad), code=2).err
    assert place.store.revision() is None


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("revision", "words"), [("0001", "an older"), ("9999", "a newer")])
def test_a_backup_of_another_version_says_which_assetflow_restores_it(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, revision: str, words: str
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    with sqlite3.connect(backup) as db:
        db.execute("UPDATE alembic_version SET version_num = ?", [revision])
    db.close()
    place = elsewhere(case, tmp_path, request, "sqlite")
    told = place("db", "restore", str(backup), code=5).err
    assert f"was made by {words} assetflow ({revision}; this is {HEAD})" in told
    assert "restore it with the assetflow that made it" in told


@pytest.mark.sqlite_only
def test_nothing_is_restored_beside_the_journal_of_another_database(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, "sqlite")
    left = place.home / "assetflow.db-journal"
    left.write_bytes(b"an unfinished change")
    told = place("db", "restore", str(backup), code=1).err
    assert f"{left} was left by the database that lay here before." in told
    left.unlink()
    place("db", "restore", str(backup))


def test_letters_are_filed_again_after_a_restore(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    case("signoff", "request", "1", code=None)
    before = {path.name: path.read_bytes() for path in letter_files(case)}
    assert len(before) >= 2
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, database)
    told = place("db", "restore", str(backup)).out
    assert f"letters filed again: {len(before) // 2} ({place.home / 'letters-sent'})" in told
    assert {path.name: path.read_bytes() for path in letter_files(place)} == before
    assert "Files were lost" not in place("doctor", code=None).out


def test_what_was_erased_is_not_filed_again(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    schedule(case, NO_PERIODS)
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    case("person", "erase", "Joan Mills", *ASKED)
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, database)
    assert "filed again" not in place("db", "restore", str(backup)).out
    assert not letter_files(place)


def letter_files(terminal: Terminal) -> list[Path]:
    return sorted(path for path in (terminal.home / "letters-sent").rglob("*") if path.is_file())


def test_a_home_begins_again_with_an_officer_who_is_in_the_backup(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, database)
    shutil.rmtree(place.home)
    begin = ("init", "--council", "Sefton Council", "--from-backup", str(backup), "--officer")
    refused = place(*begin, "Nobody Known", code=1).err
    assert "Nobody Known is not among the people on record." in refused
    assert "sam.taylor" in refused
    assert not place.home.exists()
    assert Store(place.environment.get("ASSETFLOW_DATABASE_URL", f"sqlite:///{place.home}/x.db")
                 ).revision() is None  # fmt: skip
    made = place(*begin, "Sam Taylor").out
    assert "you: Sam Taylor, sam.taylor for short, as on record" in made
    assert "letters filed again: 1" in made
    place("case", "note", "1", "Work goes on.")
    assert "Sam Taylor" in place("case", "history", "1").out


@pytest.mark.sqlite_only
def test_a_short_name_of_ones_own_is_found_and_a_shared_name_is_asked_about(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    case("person", "add", "Jo Bell", "--handle", "bell")
    case("person", "add", "Pat Lee", "--handle", "pat")
    case("person", "add", "Pat Lee", "--handle", "lee")
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, "sqlite")
    shutil.rmtree(place.home)
    begin = ("init", "--council", "Sefton Council", "--from-backup", str(backup), "--officer")
    refused = place(*begin, "Pat Lee", code=1).err
    assert "Several people on record are called Pat Lee." in refused
    assert "lee, pat" in refused
    place(*begin, "jo bell")
    assert 'acting_as = "bell"' in (place.home / "assetflow.toml").read_text()


@pytest.mark.sqlite_only
def test_a_restore_that_fails_leaves_no_half_made_home(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    place = elsewhere(case, tmp_path, request, "sqlite")
    shutil.rmtree(place.home)
    place.home.mkdir()
    (place.home / "mine.txt").write_text("mine")
    (place.home / "assetflow.db-wal").write_text("left")
    place("init", "--from-backup", str(backup), code=None)
    assert sorted(path.name for path in place.home.iterdir()) == ["assetflow.db-wal", "mine.txt"]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import Terminal
terminal = Terminal(Path(sys.argv[1]), database_url=sys.argv[3])
for n in range(int(sys.argv[4])):
    terminal("case", "note", "1", f"note {n}")
    print(n, flush=True)
"""


@pytest.mark.sqlite_only
def test_a_backup_made_while_others_save_misses_nothing_saved_before_it(
    case: Terminal, tmp_path: Path, measured: Measured
) -> None:
    missed, count = 0, sizes.of(5, 100)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(case.home), str(ROOT / "tests"), "", str(12 * count)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    for number in range(count):
        acknowledged = int(writer.stdout.readline())
        backup = tmp_path / f"backup-{number}.db"
        case("db", "backup", str(backup))
        home = tmp_path / f"home-{number}"
        home.mkdir()
        shutil.copy(case.home / "assetflow.toml", home)
        restored = Terminal(home)
        restored("db", "restore", str(backup))
        history = restored("case", "history", "1").out
        missed += f"note {acknowledged}" not in history
        assert missed == 0
        shutil.rmtree(home)
        backup.unlink()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    measured("K1", "backups while others save, restored", backups=count, missed=missed)


@pytest.mark.sqlite_only
def test_a_home_that_is_gone_begins_again_from_its_backup(case: Terminal, tmp_path: Path) -> None:
    case("case", "note", "1", "Before the fire.")
    backup = tmp_path / "backup.db"
    case("db", "backup", str(backup))
    shutil.rmtree(case.home)
    told = case("case", "list", code=6)
    assert "assetflow init --from-backup FILE" in told.err
    case("init", "--council", "Sefton Council", "--from-backup", str(tmp_path / "none"), code=2)
    made = case("init", "--council", "Sefton Council", "--from-backup", str(backup))
    assert "restored from" in made.out
    assert "Before the fire." in case("case", "history", "1").out
    case("init", "--from-backup", str(backup), code=1)


def test_a_folder_without_an_anchor_proves_nothing(case: Terminal, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "There is no anchor" in case("db", "verify", str(tmp_path / "empty"), code=2).err


def test_a_dump_gives_back_every_character_of_its_journals(case: Terminal, tmp_path: Path) -> None:
    case("case", "note", "1", "Tab\there, new\nline, a \\ backslash, \\N, \\. and “quotes” – ü 𝄞")
    made = case("db", "backup", str(tmp_path / "backup"), "--json").json
    assert made["records"] == case("db", "verify", "--json").json["records"]


def test_a_backup_of_a_changed_journal_is_not_called_one(
    case: Terminal, tmp_path: Path, database: str
) -> None:
    with case.store.write() as db:
        if database == "postgresql":
            db.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
        else:
            db.execute(text("DROP TRIGGER journal_refuses_update"))
        db.execute(text("UPDATE journal SET action = 'x'"))
    backup = tmp_path / "backup"
    assert "does not verify" in case("db", "backup", str(backup), code=1).err
    assert not backup.exists()
