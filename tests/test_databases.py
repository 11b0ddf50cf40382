"""Both databases do the same: the whole demonstration, and people who save at the same moment."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sizes
from conftest import TODAY, Measured, Terminal, admin, furnish
from sqlalchemy import text

from assetflow import queries
from assetflow.casework import record
from assetflow.cli import demo
from assetflow.database import Store
from assetflow.errors import Busy, OutsideFault

ROOT = Path(__file__).parents[1]
WRITERS, EACH, HOT = 8, sizes.of(25, 250), 5


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


def test_eight_people_on_five_cases_lose_no_update_and_no_record(
    af: Terminal, database: str, measured: Measured
) -> None:
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
        for me in range(WRITERS)
    ]  # fmt: skip
    results = [child.communicate(timeout=170 * sizes.LONGER) for child in children]
    assert [err for _, err in results] == [""] * WRITERS
    acknowledged = sorted(line for out, _ in results for line in out.split())
    assert len(acknowledged) == WRITERS * EACH
    with af.store.read() as db:
        words = db.execute(text("SELECT text FROM journal_payloads")).scalars()
        said = [json.loads(found)["why"] for found in words]
        versions: list[Any] = list(db.execute(text("SELECT version FROM cases")).scalars())
    assert sorted(why for why in said if why) == acknowledged
    assert sum(versions) == WRITERS * EACH + HOT
    lost = len(set(acknowledged) - set(said))
    goal = "L1" if database == "sqlite" else "L2"
    measured(
        goal, f"8 people on 5 cases, {database}", acknowledged=len(acknowledged), lost=lost,
        locked=sum("locked" in err for _, err in results),
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


# --- the deployment page -----------------------------------------------------------------------


def test_the_deployment_page_leads_to_a_council_whose_users_cannot_touch_the_journal(
    postgresql: str, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "deploy-postgresql.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    roles, rights, login = ([s.strip() for s in block.split(";") if s.strip()] for block in blocks)
    for statement in roles:
        admin(postgresql, statement)
    place = postgresql.split("@")[1]
    owner = f"postgresql://assetflow_owner@{place}/assetflow"
    furnish(Terminal(tmp_path / "home", database_url=owner))
    for statement in rights:
        _as(owner, statement)
    for statement in login:
        admin(postgresql, statement)
    sam = Terminal(tmp_path / "home", database_url=f"postgresql://sam@{place}/assetflow")
    sam("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", "--champion", "alex")
    sam("signoff", "request", "1")
    sam("signoff", "give", "1", "service", "--by", "nadia")
    sam("case", "record", "1", "transfer_purpose=Bowls")
    sam("case", "record", "1", "transfer_purpose=Bowls and a garden")
    sam("sweep", on=TODAY + timedelta(days=60))
    sam("case", "withdraw", "1", "--why", "Found another site", on=TODAY + timedelta(days=61))
    assert "the record is whole" in sam("db", "verify").out
    for forbidden in (
        "UPDATE journal SET action = 'x'", "DELETE FROM journal", "DELETE FROM journal_payloads",
        "UPDATE journal_payloads SET text = ''", "DROP TABLE journal", "DELETE FROM letters",
        "UPDATE alembic_version SET version_num = '9'",
    ):  # fmt: skip
        with pytest.raises(OutsideFault, match="does not let you"):
            _as(f"postgresql://sam@{place}/assetflow", forbidden)


def _as(url: str, statement: str) -> None:
    with Store(url).write() as db:
        db.execute(text(statement))
