"""What was acknowledged stays, whatever is killed in the middle: a command or the server."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TextIO

import pytest
import sizes
from conftest import Measured, Terminal, admin, furnish
from pgserver import Cluster, _binaries
from sqlalchemy import text

from assetflow.backends import postgresql as backend
from assetflow.casework import opening
from assetflow.database import Store
from assetflow.delivery import folder
from assetflow.errors import Busy, OutsideFault

# So many at a time: as many as there are people who save when the machine goes down.
AT_ONCE = 2
KILLS = sizes.of(12, 1_000)
SERVER_KILLS = sizes.of(3, 50)

FACTS = ("--fact", "progress_awaited=Title", "--fact", "forecast_date=2026-12-01")
pytestmark = [
    pytest.mark.on_disk,
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


@dataclass(frozen=True)
class Writer:
    """A process of its own that issues letters, and the end of the pipe on which it tells us."""

    process: int
    says: TextIO

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)


@contextmanager
def writing(af: Terminal, name: str, expected: tuple[int, ...] = (3,)) -> Iterator[Writer]:
    """Somebody who issues one letter after the other and says which were acknowledged."""
    ours, theirs = os.pipe()
    process = os.fork()
    if process == 0:  # pragma: no cover - another process
        with os.fdopen(theirs, "w") as says:
            write_for_ever(af, name, says, expected)
    os.close(theirs)
    writer = Writer(process, os.fdopen(ours))
    try:
        with writer.says:
            yield writer
    finally:
        writer.kill()
        os.waitpid(process, 0)


def write_for_ever(
    af: Terminal, name: str, says: TextIO, expected: tuple[int, ...]
) -> None:  # pragma: no cover
    try:
        for number in count():
            me = f"{name}/{number}"
            words = ("letter", "issue", "1", "holding_update", "--fact", f"progress_made={me}")
            done = af(*words, *FACTS, code=None)
            if done.code not in expected:
                print(me if done.code == 0 else f"BAD {done}", file=says, flush=True)
    finally:
        os._exit(1)


def first_of(writer: Writer) -> set[str]:
    """Wait until the writer is at work, and give the first thing it acknowledged."""
    first = writer.says.readline().strip()
    assert not first.startswith("BAD"), first
    return {first}


def acknowledged(writer: Writer) -> set[str]:
    """Kill the writer where it stands and give what it had acknowledged."""
    writer.kill()
    said = set(writer.says.read().split("\n")) - {""}
    assert not {line for line in said if line.startswith("BAD")}
    return said


def kept(af: Terminal) -> set[str]:
    """Give what the database holds, after holding it against itself."""
    assert "the record is whole" in af("db", "verify").out
    with af.store.read() as db:
        words = [
            json.loads(t) for t in db.execute(text("SELECT text FROM journal_payloads")).scalars()
        ]
        numbers = list(db.execute(text("SELECT number FROM letters ORDER BY number")).scalars())
    issued = [w["detail"] for w in words if "progress_made" in w["detail"].get("facts", {})]
    # Each record and its letter are there together, or neither is.
    assert {d["letters"]["holding_update"] for d in issued} <= set(numbers)
    assert numbers == list(range(1, len(numbers) + 1))
    return {d["facts"]["progress_made"] for d in issued}


def test_a_command_killed_at_any_moment_loses_nothing_that_was_acknowledged(
    case: Terminal, database: str, measured: Measured
) -> None:
    draw, said, lost = random.Random(7), set[str](), 0
    for number in range(0, KILLS, AT_ONCE):
        with ExitStack() as stack:
            writers = [stack.enter_context(writing(case, f"w{number + n}")) for n in range(AT_ONCE)]
            for writer in writers:
                said |= first_of(writer)
            time.sleep(draw.random() * 0.4)
            for writer in writers:
                said |= acknowledged(writer)
        found = kept(case)
        lost += len(said - found)
        assert said <= found
        assert len(found - said) <= number + AT_ONCE, "at most the one in the middle of each kill"
    assert len(said) >= KILLS
    measured("F1", f"commands killed, {database}", kills=KILLS, acknowledged=len(said), lost=lost)
    # The next command writes the files of letters whose process died before it could.
    case("case", "note", "1", "Work goes on.")
    texts = list((case.home / "letters-sent" / "CAT-2026-0001").glob("*.txt"))
    with case.store.read() as db:
        stored = db.execute(text("SELECT count(*) FROM letters")).scalar_one()
    assert len(texts) == stored
    assert not list(case.home.rglob("*.part"))


def test_a_server_killed_under_load_loses_nothing_that_was_acknowledged(
    tmp_path: Path, measured: Measured
) -> None:
    with Cluster(_binaries(), durable=True) as cluster:
        af = Terminal(tmp_path / "home", database_url=f"{cluster.url}/postgres")
        furnish(af)
        af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
        said, lost = set[str](), 0
        for number in range(SERVER_KILLS):
            with writing(af, f"w{number}", (3, 4)) as writer:
                said |= first_of(writer)
                time.sleep(1)
                cluster.kill()
                time.sleep(0.3)
                said |= acknowledged(writer)
            cluster.start()
            found = kept(af)
            lost += len(said - found)
            assert said <= found
        assert len(said) >= SERVER_KILLS
    measured(
        "F3", "server killed under load", kills=SERVER_KILLS, acknowledged=len(said), lost=lost
    )


@pytest.mark.sqlite_only
@pytest.mark.parametrize("keep", [False, True])
def test_a_connection_is_never_carried_over_a_fork(case: Terminal, keep: bool) -> None:
    store = Store(str(case.store.backend.url), keep=keep)
    for opened in (store.read(), store.write()):
        with opened as db:
            db.execute(text("SELECT 1"))
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        with store.write() as db:
            db.execute(text("UPDATE people SET job_title = 'by the child'"))
        os._exit(0)
    os.waitpid(child, 0)
    with store.write() as db:
        db.execute(text("UPDATE community_groups SET phone = 'by the parent'"))
    with store.read() as db:
        titles = set(db.execute(text("SELECT job_title FROM people")).scalars())
        phones = set(db.execute(text("SELECT phone FROM community_groups")).scalars())
    assert (titles, phones) == ({"by the child"}, {"by the parent"})


def test_a_commit_whose_answer_is_lost_is_never_said_to_have_changed_nothing(
    postgresql: str, tmp_path: Path
) -> None:
    """The session ends after the last statement. On SQLite: ``test_disk_faults``."""
    admin(postgresql, "CREATE DATABASE lost_answer")
    af = Terminal(tmp_path / "home", database_url=f"{postgresql}/lost_answer")
    furnish(af)
    with pytest.raises(OutsideFault, match="may be saved all the same"):
        change(af, "UPDATE people SET phone = '1'", "")
    with pytest.raises(Busy, match="nothing was changed"):
        change(af, "SELECT 1", "UPDATE people SET phone = '2'")


def change(af: Terminal, before: str, after: str) -> None:
    """Run a statement in a transaction, have the session ended, and run another one if it can be.

    Where there is none, the next word to the server is the commit.
    """
    with af.store.write() as db:
        db.execute(text(before))
        session = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        admin(af.environment["ASSETFLOW_DATABASE_URL"].rpartition("/")[0],
              f"SELECT pg_terminate_backend({session})")  # fmt: skip
        if after:
            db.execute(text(after))


def test_one_command_at_a_time_writes_the_files_of_letters(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that wrote the same file could put an unfinished one in its place, and it would stay.

    On SQLite nobody else can save meanwhile in any case.
    """
    monkeypatch.setattr(backend, "LOCK_SECONDS", 0.2)
    admin(postgresql, "CREATE DATABASE filing")
    af = Terminal(tmp_path / "home", database_url=f"{postgresql}/filing")
    furnish(af)
    with af.desk() as desk:
        opening.open_case(desk, "SAMPLE-0001", "Bowls Club", "")
    with af.store.write() as db:
        (text_file, page) = folder.write_pending(db, af.home, datetime.now(UTC))
        text_file.unlink()
        faster = af("group", "add", "Rowing Club")
        assert "someone else is saving; the next command writes" in faster.err
        assert (text_file.exists(), page.exists()) == (False, True)
        db.rollback()
    af("group", "add", "Chess Club")
    assert (text_file.exists(), page.exists()) == (True, True)
