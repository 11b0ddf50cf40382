"""What was acknowledged stays, whatever is killed in the middle: a command or the server."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sizes
from conftest import Measured, Terminal, admin, furnish
from pgserver import Cluster, _binaries
from sqlalchemy import text

from assetflow.errors import Busy, OutsideFault

ROOT = Path(__file__).parents[1]
# So many at a time: as many as there are people who save when the machine goes down.
AT_ONCE = 2
KILLS = sizes.of(12, 1_000)
SERVER_KILLS = sizes.of(3, 50)

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import Terminal
terminal = Terminal(Path(sys.argv[1]), database_url=sys.argv[2])
n = 0
while True:
    me = sys.argv[4] + "/" + str(n)
    done = terminal("letter", "issue", "1", "holding_update", "--fact", "progress_made=" + me,
        "--fact", "progress_awaited=Title", "--fact", "forecast_date=2026-12-01", code=None)
    if done.code == 0:
        print(me, flush=True)
    elif done.code not in (3, 4):
        print("BAD", done, flush=True)
    n += 1
"""


@contextmanager
def writing(af: Terminal, name: str) -> Iterator["subprocess.Popen[str]"]:
    """Somebody who issues one letter after the other and says which were acknowledged."""
    url = af.environment.get("ASSETFLOW_DATABASE_URL", "")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(af.home), url, str(ROOT / "tests"), name],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        try:
            yield writer
        finally:
            writer.kill()


def first_of(writer: "subprocess.Popen[str]") -> set[str]:
    """Wait until the writer is at work, and give the first thing it acknowledged."""
    assert writer.stdout is not None
    return {writer.stdout.readline().strip()}


def acknowledged(writer: "subprocess.Popen[str]") -> set[str]:
    """Kill the writer where it stands and give what it had acknowledged."""
    writer.send_signal(signal.SIGKILL)
    assert writer.stdout is not None
    said = set(writer.stdout.read().split("\n")) - {""}
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
            with writing(af, f"w{number}") as writer:
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
def test_a_connection_is_never_carried_over_a_fork(case: Terminal) -> None:
    store = case.store
    with store.read() as db:
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
