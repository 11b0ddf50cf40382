"""Both databases do the same: the whole demonstration, and people who save at the same moment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sizes
from conftest import Measured, Terminal, admin
from sqlalchemy import text

from assetflow import queries
from assetflow.casework import record
from assetflow.cli import demo
from assetflow.errors import Busy

ROOT = Path(__file__).parents[1]
EACH, HOT = sizes.of(25, 5_000), 5
# SQLite takes one writer at a time; a server is held against more.
WRITERS = {"sqlite": 8, "postgresql": sizes.of(8, 16)}


def test_the_demonstration_tells_the_same_story_on_both(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = []
    for name, url in (("sqlite", ""), ("postgresql", f"{postgresql}/story")):
        if url:
            admin(postgresql, "CREATE DATABASE story")
        home = tmp_path / name
        home.mkdir()
        theatre = demo._Theatre(home, {})
        if url:
            theatre.environment["ASSETFLOW_DATABASE_URL"] = url
        for step in demo._script():
            theatre.play(step)
        stories.append(capsys.readouterr().out.replace(str(home), "HOME"))
    assert stories[0] == stories[1]


WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import TODAY, Terminal, admin, furnish
from assetflow.casework import cases
terminal = Terminal(Path(sys.argv[1]), database_url=sys.argv[2])
me, each, hot = sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
for n in range(each):
    with terminal.desk() as desk:
        cases.note(desk, str((n * 7 + int(me)) % hot + 1), f"{me}/{n}")
    print(f"{me}/{n}", flush=True)
"""


@pytest.mark.on_disk
def test_eight_people_on_five_cases_lose_no_update_and_no_record(
    af: Terminal, database: str, measured: Measured
) -> None:
    writers = WRITERS[database]
    for number in range(1, HOT + 1):
        af("case", "open", "--asset", f"SAMPLE-000{number}", "--group", "Bowls Club")
    url = af.environment.get("ASSETFLOW_DATABASE_URL", "")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(af.home), url, str(ROOT / "tests"), str(me),
             str(EACH), str(HOT)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for me in range(writers)
    ]  # fmt: skip
    results = [child.communicate(timeout=170 * sizes.LONGER) for child in children]
    assert [err for _, err in results] == [""] * writers
    acknowledged = sorted(line for out, _ in results for line in out.split())
    assert len(acknowledged) == writers * EACH
    with af.store.read() as db:
        words = db.execute(text("SELECT text FROM journal_payloads")).scalars()
        said = [json.loads(found)["why"] for found in words]
        versions: list[Any] = list(db.execute(text("SELECT version FROM cases")).scalars())
    assert sorted(why for why in said if why) == acknowledged
    assert sum(versions) == writers * EACH + HOT
    lost = len(set(acknowledged) - set(said))
    goal = "L1" if database == "sqlite" else "L2"
    measured(
        goal, f"{writers} people on {HOT} cases, {database}", acknowledged=len(acknowledged),
        lost=lost, locked=sum("locked" in err for _, err in results),
    )  # fmt: skip
    assert "the record is whole" in af("db", "verify").out


def test_a_case_that_somebody_else_changed_meanwhile_is_left_alone(case: Terminal) -> None:
    with case.desk() as desk:
        stale = queries.case(desk.db, 1)
    case("case", "note", "1", "Somebody was faster.")
    with pytest.raises(Busy, match="nothing was changed"), case.desk() as desk:
        record.change(desk, stale, "noted", why="Too late.")
    assert "Too late" not in case("case", "history", "1").out


def test_numbers_are_given_out_once(case: Terminal) -> None:
    for number in range(2, 6):
        case("case", "open", "--asset", f"SAMPLE-000{number}", "--group", "Bowls Club")
    references = [one["reference"] for one in case("case", "list", "--json").json]
    assert sorted(references) == [f"CAT-2026-000{n}" for n in range(1, 6)]
    numbers = [letter["number"] for letter in case("letter", "list", "--json").json]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_reader_cannot_write(case: Terminal) -> None:
    with pytest.raises(Exception, match=r"may not be written|read-only"), case.store.read() as db:
        db.execute(text("DELETE FROM reminders"))


def test_a_server_that_is_not_there_is_said_in_words(case: Terminal) -> None:
    away = Terminal(case.home, database_url="postgresql://nobody@127.0.0.1:1/none")
    told = away("case", "list", code=4)
    assert "cannot be used" in told.err
    assert "database_url" in told.err


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite", "postgresql://:::/"])
def test_a_database_that_is_not_understood_is_refused_without_showing_a_password(
    af: Terminal, url: str
) -> None:
    told = Terminal(af.home, database_url=url)("case", "list", code=None)
    assert told.code in (2, 4)
    assert "→" in told.err
