"""The store loses nothing, however many people save at once and whatever is cut off."""

import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sizes
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from conftest import Measured, Terminal
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from assetflow import models as m
from assetflow import queries
from assetflow.backends import sqlite
from assetflow.casework import cases, record
from assetflow.cli.app import App
from assetflow.database import HEAD, MIGRATIONS, Store
from assetflow.errors import Busy, OutsideFault

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[1]
CHILD = {**os.environ, "PYTHONPATH": str(ROOT)}


def store_of(home: Path) -> Store:
    return Store(f"sqlite:///{home / 'assetflow.db'}")


@contextmanager
def raw(home: Path) -> Iterator[sqlite3.Connection]:
    """Open the database as another program would, without waiting for anybody."""
    with closing(
        sqlite3.connect(home / "assetflow.db", timeout=0, isolation_level=None)
    ) as connection:
        yield connection


def rows(home: Path) -> list[str]:
    """Give everything that is stored, as text."""
    with raw(home) as db:
        return list(db.iterdump())


@contextmanager
def someone_saving(home: Path, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Hold the database as a process that is in the middle of saving."""
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        f"db.execute('{begin}')\n"
        "print('holding', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home / "assetflow.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"holding\n"
        yield


# --- how the database is opened -------------------------------------------------------------


@pytest.mark.parametrize("way", ["read", "write"])
def test_every_transaction_has_the_settings_that_lose_nothing(af: Terminal, way: str) -> None:
    store = store_of(af.home)
    with store.read() if way == "read" else store.write() as db:
        found = {name: db.execute(text(f"PRAGMA {name}")).scalar() for name in sqlite.pragmas()}
        assert db.execute(text("PRAGMA busy_timeout")).scalar() == sqlite.BUSY_SECONDS * 1000
        assert db.execute(text("PRAGMA query_only")).scalar() == (way == "read")
    wal = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert found == {
        "journal_mode": "wal" if wal else "delete",
        "synchronous": 2 if wal else 3,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "secure_delete": 1,
        "mmap_size": 0,
        "cache_size": -16000,
    }


def test_a_writing_transaction_takes_the_lock_before_it_reads(af: Terminal) -> None:
    with store_of(af.home).write(), raw(af.home) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM assets").fetchone() == (40,)


def test_a_reading_transaction_lets_others_save_and_cannot_save_itself(af: Terminal) -> None:
    with store_of(af.home).read() as db:
        db.execute(text("SELECT count(*) FROM people"))
        with raw(af.home) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        with pytest.raises(DBAPIError, match="readonly"):
            db.execute(text("UPDATE people SET name = 'Nobody'"))
    with pytest.raises(OutsideFault), store_of(af.home).read() as db:
        db.execute(text("DELETE FROM people"))
    assert "Nobody" not in "".join(rows(af.home))


def test_a_reading_transaction_sees_one_moment(case: Terminal) -> None:
    with store_of(case.home).read() as db:
        before = db.execute(text("SELECT count(*) FROM journal")).scalar()
        if sqlite3.sqlite_version_info >= sqlite.SAFE_WAL:
            case("case", "note", "1", "Meanwhile")
        assert db.execute(text("SELECT count(*) FROM journal")).scalar() == before


def test_what_fails_half_way_changes_nothing(case: Terminal) -> None:
    before = rows(case.home)

    def fail_after_a_note() -> None:
        with case.desk() as desk:
            cases.note(desk, "1", "Never said")
            raise KeyError("the power went")

    with pytest.raises(KeyError):
        fail_after_a_note()
    assert rows(case.home) == before


def test_a_row_that_breaks_a_rule_of_the_schema_is_refused(case: Terminal) -> None:
    wrong = (
        "UPDATE cases SET champion_id = officer_id",
        "UPDATE cases SET version = -1",
        "UPDATE cases SET asset_id = 99999",
        "INSERT INTO community_groups (name, recorded_at) VALUES ('Bowls Club', '2026-03-02')",
        "INSERT INTO assets (name, recorded_at) VALUES ('Keyless', '2026-03-02')",
        "INSERT INTO journal (case_id, position, happened_on, recorded_at, actor_id, action, "
        "payload_digest, previous, hash) "
        "VALUES (1, 1, '2026-03-02', '2026-03-02', 1, 'noted', '', '', '')",
    )
    before = rows(case.home)
    for statement in wrong:
        with pytest.raises(DBAPIError, match="constraint failed"), case.desk() as desk:
            desk.db.execute(text(statement))
    assert rows(case.home) == before


@pytest.mark.parametrize("change", ["UPDATE journal SET action = 'forged'", "DELETE FROM journal"])
def test_the_journal_can_only_grow(case: Terminal, change: str) -> None:
    before = rows(case.home)
    with raw(case.home) as other, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(change)
    with pytest.raises(DBAPIError, match="append-only"), case.desk() as desk:
        desk.db.execute(text(change))
    assert rows(case.home) == before


# --- many at once ---------------------------------------------------------------------------

NOTES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from assetflow import settings
from assetflow.casework import cases
from assetflow.casework.desk import Desk
from assetflow.database import Store

home, me = Path(sys.argv[1]), sys.argv[2]
found = settings.load(home, {})
now = datetime(2026, 3, 2, 10, tzinfo=UTC)
for n in range(50):
    with Store(found.database_url).write() as db:
        desk = Desk(db, found, found.acting_as, now.date(), now.date(), now)
        cases.note(desk, str(n % 2 + 1), f"{me} note {n}")
    print(f"{me} note {n}", flush=True)
"""


@pytest.mark.on_disk
def test_four_people_saving_at_once_lose_nothing_and_are_never_turned_away(case: Terminal) -> None:
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", NOTES, str(case.home), f"P{n}"],
            env=CHILD, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for n in range(4)
    ]  # fmt: skip
    results = [child.communicate(timeout=120) for child in children]
    assert [err for _, err in results] == [""] * 4
    acknowledged = sorted(line for out, _ in results for line in out.splitlines())
    assert len(acknowledged) == 200
    with raw(case.home) as db:
        words = db.execute("SELECT text FROM journal_payloads").fetchall()
        said = [json.loads(text)["why"] for (text,) in words]
        assert sorted(why for why in said if why) == acknowledged
        for case_id, version in db.execute("SELECT id, version FROM cases").fetchall():
            positions = db.execute(
                "SELECT position FROM journal WHERE case_id = ? ORDER BY id", [case_id]
            )
            assert [p for (p,) in positions] == list(range(1, 102))
            assert version == 101


def test_who_looked_before_somebody_else_saved_is_told_to_look_again(case: Terminal) -> None:
    with case.desk() as desk:
        stale = queries.case(desk.db, 1)
    case("case", "note", "1", "Somebody was faster")
    before = rows(case.home)
    with pytest.raises(Busy, match="has just changed CAT-2026-0001"), case.desk() as desk:
        record.change(desk, stale, "noted", why="Too late", columns={"stage": "refused"})
    assert Busy.exit_code == 3
    assert rows(case.home) == before


def test_who_waits_too_long_for_the_lock_is_told_that_nothing_was_changed(
    case: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    before = rows(case.home)
    with someone_saving(case.home):
        refused = case("case", "note", "1", "Let me in", code=3)
        seen = case("case", "show", "1")
    assert refused.out == ""
    assert refused.err == "Someone else is saving; nothing was changed.\n  → try again\n"
    assert "Orrell Mount Pavilion" in seen.out
    assert rows(case.home) == before


def test_a_reader_locked_out_for_good_is_told_to_try_again(
    case: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with someone_saving(case.home, "BEGIN EXCLUSIVE"):
        if sqlite3.sqlite_version_info < sqlite.SAFE_WAL:
            assert "try again" in case("case", "list", code=3).err
        else:
            case("case", "list")


def test_who_waits_less_than_the_limit_gets_their_turn(case: Terminal) -> None:
    with someone_saving(case.home):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "assetflow", "case", "note", "1", "Waited for this"],
            env={**CHILD, "ASSETFLOW_HOME": str(case.home)}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate(timeout=1.5)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, err) == (0, "")
    assert "CAT-2026-0001: noted" in out


# --- the schema and its migrations ----------------------------------------------------------


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def constraints(db: Connection) -> dict[str, Any]:
    """Give what alembic does not compare: every named rule of every table, and its triggers."""
    looking = inspect(db)
    found: dict[str, Any] = {}
    for table in sorted(set(looking.get_table_names()) - {"alembic_version"}):
        checks = {c["name"]: " ".join(c["sqltext"].split()) for c in
                  looking.get_check_constraints(table)}  # fmt: skip
        found[table] = {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], c["default"])
                for c in looking.get_columns(table)
            },
            "primary key": looking.get_pk_constraint(table),
            "checks": checks,
            "unique": {u["name"]: u["column_names"] for u in
                       looking.get_unique_constraints(table)},
            "foreign keys": {
                f["name"]: (f["constrained_columns"], f["referred_table"], f["referred_columns"])
                for f in looking.get_foreign_keys(table)
            },
            "indices": {i["name"]: (i["column_names"], i["unique"]) for i in
                        looking.get_indexes(table)},
        }  # fmt: skip
    return found


def test_the_code_knows_the_one_newest_revision() -> None:
    assert scripts().get_heads() == [HEAD]


def test_a_migrated_database_is_what_the_tables_say(tmp_path: Path) -> None:
    migrated = Store(f"sqlite:///{tmp_path / 'migrated.db'}")
    migrated.upgrade()
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    with declared.begin() as db:
        m.metadata.create_all(db)
    with migrated.read() as db, declared.connect() as wanted:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, m.metadata) == []
        assert constraints(db) == constraints(wanted)
        assert len(constraints(db)) == len(m.metadata.tables)
        triggers = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        assert set(triggers.scalars()) == {
            f"{journal}_refuses_{change}"
            for journal in ("journal", "council_journal")
            for change in ("update", "delete")
        }
    declared.dispose()


def test_no_revision_can_be_taken_back(af: Terminal) -> None:
    with store_of(af.home).write() as db:
        for revision in scripts().walk_revisions():
            operations = Operations.context(MigrationContext.configure(db))
            with operations, pytest.raises(RuntimeError, match="forward only"):
                revision.module.downgrade()


def test_upgrading_twice_changes_nothing(case: Terminal) -> None:
    before = rows(case.home)
    store_of(case.home).upgrade()
    assert rows(case.home) == before
    assert "database: as it was" in case("init").out
    assert rows(case.home) == before


KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event

@event.listens_for(Engine, "before_cursor_execute")
def _kill(_connection, _cursor, statement, *_):
    if " ".join(statement.split()).startswith(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

from assetflow.cli.main import main
sys.exit(main(["--home", sys.argv[2], "init", "--officer", "Sam Taylor"]))
"""


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE alembic_version",
        "CREATE TABLE people",
        "CREATE TABLE journal",
        "CREATE TRIGGER journal_refuses_delete",
        "INSERT INTO alembic_version",
    ],
)
def test_an_upgrade_that_was_killed_is_taken_up_again(tmp_path: Path, statement: str) -> None:
    home = tmp_path / "home"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, statement, str(home)],
        env=CHILD, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with raw(home) as db:
        tables = {name for (name,) in db.execute("SELECT tbl_name FROM sqlite_master")}
    assert tables <= {"alembic_version"}, "a step is there whole or not at all"
    assert "assetflow init" in Terminal(home)("case", "list", code=6).err
    store_of(home).upgrade()
    assert store_of(home).revision() == HEAD
    with store_of(home).read() as db:
        assert compare_metadata(MigrationContext.configure(db), m.metadata) == []


def init_killed_at(home: Path, number: int) -> bool:
    """Make a home in a process that is killed before its n-th statement; whether it got there."""
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        seen = 0

        def kill(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", kill)
        Terminal(home)("init", "--officer", "Sam Taylor", code=None)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_an_upgrade_killed_at_any_statement_is_taken_up_again(
    tmp_path: Path, measured: Measured
) -> None:
    draw, kills, taken_up = random.Random(5), 0, 0
    for number in range(tried := sizes.of(4, 200)):
        home = tmp_path / str(number)
        kills += init_killed_at(home, draw.randint(1, 60))
        terminal = Terminal(home)
        terminal("init", "--officer", "Sam Taylor")
        assert "sam.taylor" in terminal("person", "list").out
        taken_up += store_of(home).revision() == HEAD
        shutil.rmtree(home)
    measured(
        "M2", "upgrades killed and taken up again", tried=tried, killed=kills, taken_up=taken_up
    )
    assert kills > 0
    assert taken_up == tried


@pytest.mark.parametrize("statement", ["CREATE TABLE people", "INSERT INTO people"])
def test_a_home_whose_making_was_killed_is_made_whole_by_the_same_command(
    tmp_path: Path, statement: str
) -> None:
    home = tmp_path / "home"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, statement, str(home)],
        env=CHILD, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    terminal = Terminal(home)
    terminal("init", "--officer", "Sam Taylor")
    assert "sam.taylor" in terminal("person", "list").out


def test_init_refuses_a_database_of_a_version_it_does_not_know(af: Terminal) -> None:
    for revision, sentence in (("9999", "newer version"), ("0000", "never had")):
        with raw(af.home) as db:
            db.execute("UPDATE alembic_version SET version_num = ?", [revision])
        before = rows(af.home)
        assert sentence in af("init", code=5).err
        assert rows(af.home) == before


# --- files ----------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_look_into_a_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    old = os.umask(0)
    try:
        Terminal(home)("init", "--officer", "Sam Taylor")
    finally:
        os.umask(old)
    assert mode(home) == 0o700
    assert mode(home / "assetflow.db") == 0o600
    folders = [path for path in home.iterdir() if path.is_dir()]
    assert [path.name for path in folders if mode(path) != 0o700] == []


def filed(home: Path) -> dict[str, bytes]:
    folder = home / "letters-sent"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_letter_that_cannot_be_filed_is_filed_by_the_next_command(af: Terminal) -> None:
    folder = af.home / "letters-sent"
    folder.rmdir()
    folder.write_text("in the way")
    failed = af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", code=4)
    assert failed.out == ""
    what, reason, remedy = failed.err.splitlines()
    assert what == "The case is saved, but the files of letter 1 could not be written."
    assert str(folder) in reason
    assert "the next command writes the letter" in remedy
    assert "CAT-2026-0001" in af("case", "list").out
    assert "Not written as files yet: 1 letter." in af("doctor", code=None).out

    folder.unlink()
    af("case", "note", "1", "The folder is back")
    stem = "CAT-2026-0001/00001-acknowledgement"
    assert set(filed(af.home)) == {f"{stem}.txt", f"{stem}.html"}
    stored = af("letter", "show", "1", "--json").json
    assert filed(af.home)[f"{stem}.txt"].decode().endswith(stored["text"])
    assert filed(af.home)[f"{stem}.html"].decode() == stored["html"]


def test_a_letter_is_there_whole_or_not_at_all(af: Terminal) -> None:
    """A folder stands where the second file should go: the first is whole all the same."""
    place = af.home / "letters-sent" / "CAT-2026-0001"
    (place / "00001-acknowledgement.html").mkdir(parents=True)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", code=4)
    whole = af("letter", "show", "1", "--json").json["text"]
    assert [name for name in filed(af.home) if name.endswith(".html")] == []
    assert all(text.decode().endswith(whole) for text in filed(af.home).values())
    (place / "00001-acknowledgement.html").rmdir()
    af("case", "note", "1", "Once more")
    assert sorted(p.suffix for p in place.iterdir()) == [".html", ".txt"]


def test_letters_on_file_are_left_alone_by_the_next_command(case: Terminal) -> None:
    name, content = next(iter(filed(case.home).items()))
    (case.home / "letters-sent" / name).write_bytes(b"an officer's own mark" + content)
    case("case", "note", "1", "Nothing to file")
    assert filed(case.home)[name].startswith(b"an officer's own mark")


def test_a_draft_is_never_written_through_a_link(af: Terminal, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    place = af.home / "letters-sent" / "CAT-2026-0001"
    place.mkdir(mode=0o700)
    for name in ("00001-acknowledgement.txt.part", "00001-acknowledgement.txt.0.part"):
        (place / name).symlink_to(victim)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    assert victim.read_text() == "precious"
    assert not (place / "00001-acknowledgement.txt").is_symlink()


def test_a_case_stays_saved_when_somebody_is_faster_before_its_letters_are_filed(
    af: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with raw(af.home) as other:
        file_letters = App._file_letters

        def save_meanwhile(app: App) -> None:
            other.execute("BEGIN IMMEDIATE")
            file_letters(app)

        monkeypatch.setattr(App, "_file_letters", save_meanwhile)
        done = af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
        monkeypatch.setattr(App, "_file_letters", file_letters)
        assert other.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    assert "CAT-2026-0001 opened" in done.out
    assert "the next command writes the files of its letters" in done.err
    assert filed(af.home) == {}
    af("case", "note", "1", "Now there is time")
    assert len(filed(af.home)) == 2


# --- a revision to come --------------------------------------------------------------------------

LATER_REVISION = '''
"""A revision of the years to come."""
import sqlalchemy as sa
from alembic import op
revision = "9000"
down_revision = "{newest}"
{head}
def upgrade() -> None:
    {does}
def downgrade() -> None:
    raise RuntimeError
'''


def upgrade_further(home: Path, tmp_path: Path, does: str, head: str = "") -> None:
    """Upgrade a home by one more revision, made for the test."""
    versions = tmp_path / "versions"
    shutil.copytree(MIGRATIONS / "versions", versions)
    (versions / "9000_later.py").write_text(
        LATER_REVISION.format(does=does, head=head, newest=HEAD)
    )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = store_of(home).backend.migration_engine()
    command.upgrade(config, "head")


def test_a_revision_that_loses_rows_is_undone(case: Terminal, tmp_path: Path) -> None:
    before = rows(case.home)
    with pytest.raises(RuntimeError, match="loses rows of role_grants"):
        upgrade_further(case.home, tmp_path, 'op.execute("DELETE FROM role_grants")')
    assert rows(case.home) == before


def test_a_revision_that_says_it_loses_rows_may(case: Terminal, tmp_path: Path) -> None:
    head = 'loses_rows = ("role_grants",)'
    upgrade_further(case.home, tmp_path, 'op.execute("DELETE FROM role_grants")', head)
    assert "newer version (9000" in case("case", "list", code=5).err


def test_a_revision_that_leaves_rows_pointing_nowhere_is_undone(
    case: Terminal, tmp_path: Path
) -> None:
    before = rows(case.home)
    with pytest.raises(RuntimeError, match="pointing nowhere"):
        upgrade_further(case.home, tmp_path, 'op.execute("UPDATE cases SET asset_id = 99999")')
    assert rows(case.home) == before


def test_a_parent_table_is_rebuilt_without_losing_its_children(
    case: Terminal, tmp_path: Path
) -> None:
    does = """with op.batch_alter_table("cases", recreate="always") as table:
        table.add_column(sa.Column("colour", sa.Text()))"""
    with raw(case.home) as db:
        before = db.execute("SELECT count(*) FROM journal").fetchone()
    upgrade_further(case.home, tmp_path, does)
    with raw(case.home) as db:
        assert db.execute("SELECT count(*) FROM journal").fetchone() == before
        assert db.execute("SELECT colour FROM cases").fetchall() == [(None,)]


def test_an_upgrade_takes_a_backup_first(case: Terminal) -> None:
    with raw(case.home) as db:
        db.execute("UPDATE alembic_version SET version_num = '0000'")
    # 0000 was never ours, so the upgrade itself is refused; its backup is there all the same.
    case("db", "upgrade", code=5)
    (backup,) = (case.home / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT reference FROM cases").fetchall() == [("CAT-2026-0001",)]
