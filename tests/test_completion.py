"""What the tab key offers: what fits at that place, at once, and never a complaint."""

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from conftest import Terminal, admin, furnish

from assetflow.cli.app import App, system_clock
from assetflow.cli.main import cli

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def office(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one case that these tests only look at."""
    home = tmp_path_factory.mktemp("completion") / "home"
    shutil.copytree(_template, home)
    Terminal(home)("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    return home


def offered(home: Path, line: str, **environment: str) -> list[str]:
    """Press the tab key at the end of a command line; give what is offered."""
    *words, incomplete = line.split(" ")
    app = App(system_clock, {"ASSETFLOW_HOME": str(home), **environment})
    completion = ShellComplete(cli, {"obj": app}, "assetflow", "_ASSETFLOW_COMPLETE")
    return [str(item.value) for item in completion.get_completions(words, incomplete)]


def meanings(home: Path, line: str) -> dict[str, str | None]:
    *words, incomplete = line.split(" ")
    app = App(system_clock, {"ASSETFLOW_HOME": str(home)})
    completion = ShellComplete(cli, {"obj": app}, "assetflow", "_ASSETFLOW_COMPLETE")
    return {str(i.value): i.help for i in completion.get_completions(words, incomplete)}


@pytest.mark.parametrize(
    "line",
    [
        "case show ",
        "case next ",
        "case advance ",
        "case history ",
        "case withdraw ",
        "champion name ",
        "signoff give ",
        "signoff list ",
        "letter issue ",
        "letter list ",
        "reminder list ",
    ],
)
def test_wherever_a_case_is_wanted_its_reference_is_offered(office: Path, line: str) -> None:
    assert offered(office, line) == ["CAT-2026-0001"]


def test_a_case_is_found_by_its_number_its_building_or_its_group(case: Terminal) -> None:
    case("group", "add", "Allotment Society")
    case("case", "open", "--asset", "SAMPLE-0003", "--group", "Allotment Society")
    first, second = "CAT-2026-0001", "CAT-2026-0002"
    assert offered(case.home, "case show ") == [second, first]
    assert offered(case.home, "case show cat-2026-0001") == [first]
    assert offered(case.home, "case show 0002") == [second]
    assert offered(case.home, "case show pavilion") == [first]
    assert offered(case.home, "case show allot") == [second]
    assert offered(case.home, "case show nothing") == []


def test_cases_that_have_ended_come_last(case: Terminal) -> None:
    case("group", "add", "Allotment Society")
    case("case", "open", "--asset", "SAMPLE-0003", "--group", "Allotment Society")
    case("case", "withdraw", "2", "--why", "Found another site")
    assert offered(case.home, "case show ") == ["CAT-2026-0001", "CAT-2026-0002"]


def test_the_triggers_offered_are_those_of_the_cases_stage(case: Terminal) -> None:
    steps = case("case", "next", "1", "--json").json["steps"]
    assert offered(case.home, "case advance 1 ") == [step["trigger"] for step in steps]
    assert offered(case.home, "case advance cat-2026-0001 ac") == ["accept"]
    labels = {step["trigger"]: step["label"] for step in steps}
    assert meanings(case.home, "case advance 0001 ") == labels
    assert offered(case.home, "case advance 7 ") == []
    assert offered(case.home, "signoff request 1 ") == ["accept"]


def test_an_answer_is_asked_of_the_departments_that_owe_one(case: Terminal) -> None:
    everyone = offered(case.home, "signoff give 1 ")
    assert {"service", "legal", "insurance"} <= set(everyone)
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    assert offered(case.home, "signoff give 1 ") == ["service"]
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    assert offered(case.home, "signoff object 1 ") == ["legal", "ward_councillors"]
    assert offered(case.home, "signoff give 1 legal --for ") == ["accept"]
    assert offered(case.home, "person add X --department le") == ["legal"]


@pytest.mark.parametrize(
    "line",
    [
        "--as own",
        "champion name 1 own",
        "case open --officer own",
        "case open --champion own",
        "signoff give 1 legal --by own",
    ],
)
def test_wherever_a_person_is_wanted_a_short_name_is_offered(office: Path, line: str) -> None:
    assert offered(office, line.replace("own", "owe")) == ["owen.price"]
    assert offered(office, line.replace("own", "price")) == ["owen.price"]


def test_people_who_have_left_are_not_offered(case: Terminal) -> None:
    with closing(sqlite3.connect(case.home / "assetflow.db")) as db, db:
        db.execute("UPDATE people SET left_on = '2025-12-31' WHERE handle = 'owen.price'")
    assert "owen.price" not in offered(case.home, "champion name 1 ")


def test_assets_are_offered_by_identifier_and_found_by_name(office: Path) -> None:
    assert offered(office, "asset show SAMPLE-0001") == ["SAMPLE-0001"]
    assert "SAMPLE-0001" in offered(office, "case open --asset orrell")
    assert meanings(office, "asset show sample-0001") == {
        "SAMPLE-0001": "Orrell Mount Pavilion Orrell Road"
    }


def test_a_thousand_assets_do_not_flood_the_screen(case: Terminal) -> None:
    with closing(sqlite3.connect(case.home / "assetflow.db")) as db, db:
        db.executemany(
            "INSERT INTO assets (unique_asset_id, name, recorded_at) VALUES (?, 'Hall', '2026')",
            [(f"MANY-{n}",) for n in range(1000)],
        )
    began = time.monotonic()
    assert len(offered(case.home, "asset show MANY")) == 100
    assert time.monotonic() - began < 1


def test_group_names_are_offered_as_the_shell_takes_them(office: Path) -> None:
    assert offered(office, "case open --group bow") == ["Bowls Club"]
    in_bash = {"_ASSETFLOW_COMPLETE": "bash_complete", "COMP_WORDS": "assetflow\ncase\nbow"}
    assert offered(office, "case open --group bow", **in_bash) == [r"Bowls\\ Club"]
    in_quotes = {**in_bash, "COMP_WORDS": 'assetflow\ncase\n"bow'}
    assert offered(office, "case open --group bow", **in_quotes) == ["Bowls Club"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_itself_completes_a_reference_and_a_name_with_a_space(
    office: Path, tmp_path: Path
) -> None:
    program = tmp_path / "assetflow"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assetflow "$@"\n')
    program.chmod(0o755)
    script = """
    eval "$(_ASSETFLOW_COMPLETE=bash_source assetflow)"
    complete_word() {
        COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
        _assetflow_completion assetflow 2>&1; printf '%s\\n' "${COMPREPLY[@]}"
    }
    complete_word assetflow case show CAT
    complete_word assetflow case open --group 'Bowls\\ C'
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT),
             "ASSETFLOW_HOME": str(office)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["CAT-2026-0001", r"Bowls\ Club"], done.stderr


def test_the_home_typed_before_counts(office: Path, tmp_path: Path) -> None:
    assert offered(tmp_path / "nowhere", f"--home {office} case show ") == ["CAT-2026-0001"]


# --- routes and their versions --------------------------------------------------------------------

SHIPPED = sorted(
    path.stem for path in (ROOT / "workflows").glob("*.yaml") if ".scenario" not in path.name
)


@pytest.mark.parametrize(
    "line",
    ["workflow show ", "workflow diagram ", "workflow test ", "workflow publish ", "workflow diff ",
     "workflow migrate ", "case open --workflow ", "workflow test fast_track "],
)  # fmt: skip
def test_wherever_a_route_is_wanted_its_name_is_offered(
    office: Path, tmp_path: Path, line: str
) -> None:
    assert offered(office, line) == SHIPPED
    assert offered(tmp_path / "nowhere", line) == SHIPPED


def test_a_route_is_found_by_its_label_and_the_council_s_own_comes_before_the_shipped(
    af: Terminal,
) -> None:
    assert offered(af.home, "workflow show scott") == ["scottish_asset_transfer_request"]
    assert offered(af.home, "workflow diff value") == ["fast_track"]
    own = af.home / "workflows" / "fast_track.yaml"
    own.write_text('name: fast_track\nlabel: "Our short way"\n', encoding="utf-8")
    (own.parent / "Not a name.yaml").write_text("", encoding="utf-8")
    (own.parent / "a_folder.yaml").mkdir()
    assert meanings(af.home, "workflow show fast") == {"fast_track": "Our short way"}
    assert offered(af.home, "workflow diff ") == SHIPPED


def test_where_no_route_is_called_so_the_shell_completes_a_file(office: Path) -> None:
    app = App(system_clock, {"ASSETFLOW_HOME": str(office)})
    completion = ShellComplete(cli, {"obj": app}, "assetflow", "_ASSETFLOW_COMPLETE")
    for command in ("show", "diagram", "test", "publish"):
        (item,) = completion.get_completions(["workflow", command], "drafts/ga")
        assert (item.type, item.value) == ("file", "drafts/ga")


def test_wherever_a_version_is_wanted_those_that_are_stored_are_offered(af: Terminal) -> None:
    own = af.home / "workflows" / "fast_track.yaml"
    text = (ROOT / "workflows" / "fast_track.yaml").read_text("utf-8")
    af("workflow", "publish", "fast_track", "--from", "2026-01-05")
    own.write_text(text.replace("version: 1\n", "version: 2\n"), encoding="utf-8")
    af("workflow", "publish", "fast_track", "--from", "2026-03-02")
    for line in (
        "workflow show fast_track --version ", "workflow diff fast_track ",
        "workflow diff fast_track 1 ", "workflow migrate fast_track --to ",
        f"workflow show {own} --version ",
    ):  # fmt: skip
        assert offered(af.home, line) == ["2", "1"], line
    told = meanings(af.home, "workflow migrate fast_track --to 2")
    assert told == {"2": "in force since 2026-03-02"}
    assert offered(af.home, "workflow diff competition ") == []


# --- whatever stands in the way -------------------------------------------------------------

PLACES = (
    "case show ",
    "case advance 1 ",
    "signoff give 1 ",
    "champion name 1 ",
    "asset show ",
    "case open --group ",
    "person add X --department ",
    "workflow diff fast_track ",
)


@pytest.mark.parametrize(
    "trouble", ["no home", "no database", "not a database", "an empty file", "bad settings"]
)
def test_in_a_broken_home_nothing_is_offered_and_nothing_is_said(
    af: Terminal, trouble: str, capfd: pytest.CaptureFixture[str]
) -> None:
    database, settings = af.home / "assetflow.db", af.home / "assetflow.toml"
    if trouble == "no home":
        shutil.rmtree(af.home)
    elif trouble == "no database":
        database.unlink()
    elif trouble == "bad settings":
        settings.write_text("[assetflow]\ncalendar = 7", encoding="utf-8")
    else:
        database.write_bytes(b"" if trouble == "an empty file" else b"not a database" * 400)
    before = sorted(af.home.rglob("*")) if af.home.exists() else []
    assert [offered(af.home, line) for line in PLACES] == [[]] * len(PLACES)
    assert (sorted(af.home.rglob("*")) if af.home.exists() else []) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "typed", ["'", '"', "%", "_", "(", "[", "\\", "🏛", "x" * 5000, "1;DROP", "²", "9" * 5000]
)
def test_odd_characters_find_nothing_and_break_nothing(office: Path, typed: str) -> None:
    for line in ("case show {}", "case advance {} ", "asset show {}", "champion name 1 {}"):
        offered(office, line.format(typed))
    assert offered(office, f"case show {typed}") == []


def test_a_name_that_no_shell_could_take_is_left_out(case: Terminal) -> None:
    with closing(sqlite3.connect(case.home / "assetflow.db")) as db, db:
        db.execute("UPDATE community_groups SET name = 'Bowls' || char(10) || 'plain,rm'")
        db.execute("UPDATE assets SET name = 'Hall' || char(10) || 'plain,rm'")
    assert offered(case.home, "case open --group ") == []
    assert "\n" not in str(meanings(case.home, "asset show SAMPLE-0001")["SAMPLE-0001"])


def test_while_someone_else_saves_the_tab_key_does_not_wait(office: Path) -> None:
    with closing(sqlite3.connect(office / "assetflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        assert offered(office, "case show ") == []
        assert time.monotonic() - began < 1
        other.execute("ROLLBACK")
    assert offered(office, "case show ") == ["CAT-2026-0001"]


def test_a_server_is_asked_as_well(postgresql: str, tmp_path: Path) -> None:
    admin(postgresql, "CREATE DATABASE completed")
    af = Terminal(tmp_path / "home", database_url=f"{postgresql}/completed")
    furnish(af)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    url = {"ASSETFLOW_DATABASE_URL": f"{postgresql}/completed"}
    wanted = {
        "case show 1": ["CAT-2026-0001"],
        "case advance cat-2026-0001 acc": ["accept"],
        "signoff give 1 lega": ["legal"],
        "champion name 1 gra": ["grace.okoro"],
        "asset show SAMPLE-0002": ["SAMPLE-0002"],
        "case open --group bow": ["Bowls Club"],
    }
    for line, offers in wanted.items():
        assert offered(af.home, line, **url) == offers, line


def test_a_server_that_is_away_is_no_complaint(office: Path) -> None:
    away = {"ASSETFLOW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    assert offered(office, "case show ", **away) == []
