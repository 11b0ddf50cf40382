"""A backup is checked before anybody relies on it, and comes back whole into an empty place."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sizes
from conftest import Measured, Terminal, admin
from sqlalchemy import text

ROOT = Path(__file__).parents[1]


def test_a_backup_holds_everything_and_is_restored_into_an_empty_home(
    case: Terminal, tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    case("case", "note", "1", "Before the backup.")
    backup = tmp_path / "backup.db"
    assert "verified: 1 cases" in case("db", "backup", str(backup)).out
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
    import sqlite3  # noqa: PLC0415 - somebody else's hand in the file

    with sqlite3.connect(backup) as db:
        db.execute("DROP TRIGGER journal_refuses_update")
        db.execute("UPDATE journal SET action = 'x'")
    db.close()
    place = elsewhere(case, tmp_path, request, "sqlite")
    assert "does not verify" in place("db", "restore", str(backup), code=1).err
    assert not (place.home / "assetflow.db").exists()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_backup_is_refused(
    case: Terminal, tmp_path: Path, content: bytes, request: pytest.FixtureRequest
) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(content)
    place = elsewhere(case, tmp_path, request, "sqlite")
    assert place("db", "restore", str(bad), code=None).code in (4, 5, 6)
    assert not (place.home / "assetflow.db").exists()


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
