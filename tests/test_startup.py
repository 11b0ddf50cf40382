"""Nothing is imported before it is needed: held in fresh processes, with no stop-watch."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Terminal

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[1]
HEAVY = {
    "alembic",
    "jinja2",
    "markdown_it",
    "pydantic",
    "rich",
    "sqlalchemy",
    "transitions",
    "yaml",
}
TELL = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from assetflow.cli.main import run
run()
"""


@pytest.fixture(scope="module")
def office(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one case."""
    home = tmp_path_factory.mktemp("startup") / "home"
    shutil.copytree(_template, home)
    Terminal(home)("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    return home


def typed(
    home: Path, *arguments: str, environment: dict[str, str] | None = None
) -> tuple[int, str, set[str]]:
    """Type a command in a process of its own; give its exit code, output and the modules it had."""
    kept = {name: value for name, value in os.environ.items() if "ASSETFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", TELL, *arguments],
        env={
            **kept,
            "ASSETFLOW_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    *said, modules = done.stderr.splitlines()
    assert not said, said
    return done.returncode, done.stdout, {name.split(".")[0] for name in json.loads(modules)}


@pytest.mark.parametrize("page", [("--help",), ("case", "--help")])
def test_help_needs_nothing_but_click(page: tuple[str, ...], tmp_path: Path) -> None:
    code, out, modules = typed(tmp_path / "nowhere", *page)
    assert code == 0
    assert out.startswith("Usage: assetflow")
    assert not modules & (HEAVY | {"sqlite3"})


def test_the_commands_of_a_noun_are_imported_only_when_it_is_typed(tmp_path: Path) -> None:
    kept = {**os.environ, "PYTHONPATH": str(ROOT), "ASSETFLOW_HOME": str(tmp_path)}
    script = TELL.replace("sys.modules", "m for m in sys.modules if 'assetflow.cli.' in m")
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"],
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    own = {name.removeprefix("assetflow.cli.") for name in json.loads(done.stderr)}
    assert own == {"main", "app", "completion"}


@pytest.mark.parametrize(
    "line", ["assetflow case show ", "assetflow case advance 1 ", "assetflow "]
)
def test_completion_reads_the_home_without_sqlalchemy(office: Path, line: str) -> None:
    environment = {
        "_ASSETFLOW_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    code, out, modules = typed(office, environment=environment)
    assert code == 0
    assert out.startswith("plain,")
    assert not modules & HEAVY


def test_checking_a_route_needs_no_database(tmp_path: Path) -> None:
    code, out, modules = typed(tmp_path / "nowhere", "workflow", "check")
    assert code == 0
    assert "is sound" in out
    assert not modules & {"sqlalchemy", "alembic", "transitions", "rich", "sqlite3"}


def test_a_piped_list_of_cases_needs_the_database_and_little_else(office: Path) -> None:
    code, out, modules = typed(office, "case", "list")
    assert code == 0
    assert "CAT-2026-0001" in out
    assert modules & HEAVY == {"sqlalchemy"}


@pytest.mark.parametrize("page", [("show", "1"), ("history", "1")])
def test_reading_a_case_writes_no_letter_and_reads_no_route_file(
    office: Path, page: tuple[str, str]
) -> None:
    code, _, modules = typed(office, "case", *page)
    assert code == 0
    assert modules & HEAVY == {"sqlalchemy"}


def test_a_note_runs_no_machine_and_checks_no_letter(office: Path) -> None:
    code, _, modules = typed(office, "case", "note", "1", "Rang Joan Mills.")
    assert code == 0
    assert not modules & {"alembic", "jinja2", "markdown_it", "pydantic", "rich"}


def test_the_list_works_without_any_standard_input(office: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assetflow", "case", "list", "--json"],
        env={**os.environ, "ASSETFLOW_HOME": str(office), "PYTHONPATH": str(ROOT), "TERM": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [found["reference"] for found in json.loads(done.stdout)] == ["CAT-2026-0001"]


def test_a_terminal_that_lacks_letters_still_shows_what_was_done(office: Path) -> None:
    environment = {"PYTHONIOENCODING": "cp1252"}
    code, _, _ = typed(office, "case", "note", "1", "Zoë → 李", environment=environment)
    assert code == 0
    code, out, _ = typed(office, "case", "history", "1", "--json", environment=environment)
    assert code == 0
    assert json.loads(out)[-1]["why"] == "Zoë → 李"
