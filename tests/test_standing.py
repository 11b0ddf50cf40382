"""What stands in each stage: counted by the database, held against cases counted by hand."""

import re
import statistics
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from conftest import TODAY, Terminal
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from assetflow import models as m
from assetflow.casework import standing
from assetflow.cli.diagram import show
from assetflow.diagrams.rows import Row
from assetflow.diagrams.standing import Heat
from assetflow.settings import SHIPPED

ROUTE = SHIPPED / "workflows" / "community_asset_transfer.yaml"


def opened(af: Terminal, number: int, on: date) -> None:
    af("case", "open", "--asset", f"SAMPLE-000{number}", "--group", "Bowls Club", on=on)


def move(af: Terminal, reference: int, stage: str, since: date) -> None:
    """Put a case into a stage, as if it had come there on a day."""
    there = update(m.cases).where(m.cases.c.id == reference)
    with af.store.write() as db:
        db.execute(there.values(stage=stage, stage_since=since))


def live(af: Terminal, *words: str) -> dict[str, Any]:
    shown = af("workflow", "diagram", "--live", "--json", *words).json
    assert all((node["live"] is None) == (node["end"] is not None) for node in shown["nodes"])
    return {node["stage"]: node["live"] for node in shown["nodes"] if node["live"]} | {
        "counted": shown["counted"],
        "remarks": shown["remarks"],
    }


NOTHING = {"open": 0, "median": 0, "oldest": 0, "unit": "days", "over_target": 0, "heat": ""}


@pytest.fixture
def office(af: Terminal) -> Terminal:
    """Seven cases as of Monday 2 March 2026, no bank holiday since 1 January.

    Expression of interest, target 25 working days: since 2 March (0), 23 February (5) and
    5 January (40, due 9 February). Business case, target 60 working days or the date given:
    since 5 January with a date on 27 February (over) and since 5 January without (due 30 March).
    Legal, target 40 working days: since 5 January, due that very 2 March. One is withdrawn.
    """
    days = ["2026-03-02", "2026-02-23", *["2026-01-05"] * 5]
    for number, day in enumerate(days, start=1):
        opened(af, number, date.fromisoformat(day))
    for reference in (4, 5):
        move(af, reference, "business_case", date(2026, 1, 5))
    move(af, 6, "legal", date(2026, 1, 5))
    af("case", "record", "4", "business_case_due_on=2026-02-27", on=date(2026, 1, 5))
    af("case", "withdraw", "7", "--why", "Found another site", on=date(2026, 2, 2))
    return af


def test_the_open_cases_of_each_stage_are_counted_with_their_ages(office: Terminal) -> None:
    found = live(office)
    assert found["expression_of_interest"] == {
        "open": 3, "median": 5, "oldest": 40, "unit": "working days", "over_target": 1,
        "heat": "over",
    }  # fmt: skip
    assert found["business_case"] == {
        "open": 2, "median": 40, "oldest": 40, "unit": "working days", "over_target": 1,
        "heat": "hot",
    }  # fmt: skip
    assert found["legal"] == {
        "open": 1, "median": 40, "oldest": 40, "unit": "working days", "over_target": 0, "heat": "",
    }  # fmt: skip
    assert found["handover"] == NOTHING
    assert found["counted"] == "As of 2 Mar 2026: 6 open cases; ages are the time in the stage."
    assert found["remarks"] == []


def test_ages_are_counted_as_of_a_day(office: Terminal) -> None:
    found = live(office, "--as-of", "2026-03-03")
    assert found["legal"]["over_target"] == 1, "the day after the day it was due"
    assert found["legal"]["oldest"] == 41
    before = live(office, "--as-of", "2026-01-01")
    assert before["legal"]["oldest"] == 0, "no age is below nothing"
    assert before["legal"]["over_target"] == 0


def test_the_figures_agree_with_the_list_of_cases(office: Terminal) -> None:
    listed = office("case", "list", "--json").json
    found = live(office)
    for stage, count in Counter(case["stage"] for case in listed).items():
        ages = [case["days_in_stage"] for case in listed if case["stage"] == stage]
        assert found[stage]["open"] == count
        assert found[stage]["median"] == statistics.median(ages)
        assert found[stage]["oldest"] == max(ages)
    over = sum(case["days_overdue"] > 0 for case in listed)
    assert sum(found[stage]["over_target"] for stage in found if stage not in
               ("counted", "remarks")) == over  # fmt: skip


def test_every_format_shows_where_it_is_hot(office: Terminal, tmp_path: Path) -> None:
    shown = office("workflow", "diagram", "--live").out
    assert "  3  Business case being written !! HOT\n" in shown
    assert "  |  ! 1 of 3 open over target; median 5, oldest 40 working days\n" in shown
    office("workflow", "diagram", "--live", "--output", str(tmp_path / "route.svg"))
    drawn = (tmp_path / "route.svg").read_text(encoding="utf-8")
    ET.fromstring(drawn)  # noqa: S314 - our own
    assert ">!! HOT: 1 of 2 open over target<" in drawn
    mermaid = office("workflow", "diagram", "--live", "--format", "mermaid").out
    assert "class s_business_case hotLook" in mermaid


def test_cases_of_an_older_version_are_held_against_its_targets(office: Terminal) -> None:
    own = ROUTE.read_text(encoding="utf-8").replace("version: 1", "version: 2", 1)
    own = own.replace("target: 40 working days", "target: 80 working days").replace(
        "benchmarking", "looking_around"
    )
    own += "\nrenamed: {benchmarking: looking_around}\n"
    (office.home / "workflows").mkdir(exist_ok=True)
    (office.home / "workflows" / ROUTE.name).write_text(own, encoding="utf-8")
    move(office, 1, "benchmarking", TODAY)
    # Filed under the new version, which holds from the day after the last case was filed.
    tomorrow = TODAY + timedelta(days=1)
    office("--as", "alex", "workflow", "publish", ROUTE.stem, "--from", str(tomorrow))
    opened(office, 8, tomorrow)
    move(office, 8, "legal", date(2026, 1, 2))
    found = live(office, "--as-of", "2026-03-03")
    assert found["legal"]["open"] == 2
    assert found["legal"]["over_target"] == 1, "only that of version 1"
    assert found["looking_around"]["open"] == 0
    assert found["remarks"] == [
        "1 open case stands in ‘Benchmarking’, a stage of another version of this route."
    ]
    assert found["counted"].startswith("As of 3 Mar 2026: 7 open cases;")


def test_a_route_on_which_no_case_runs_has_none_open(af: Terminal) -> None:
    found = live(af)
    assert found["legal"] == NOTHING
    assert found["counted"].startswith("As of 2 Mar 2026: 0 open cases;")


def test_figures_need_a_home(tmp_path: Path) -> None:
    refused = Terminal(tmp_path / "nowhere")("workflow", "diagram", "--live", code=6)
    assert "assetflow --home DIR init" in refused.err


@given(st.lists(st.integers(0, 400), min_size=1))
def test_the_median_is_the_one_of_the_textbook(ages: list[int]) -> None:
    assert standing._median(Counter(ages)) == statistics.median(ages)


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        ("svg", "<?xml"),
        ("mmd", "flowchart TD"),
        ("md", "# Community"),
        ("txt", "Community asset transfer"),
        ("SVG", "<?xml"),
        ("other", "Community asset transfer"),
    ],
)
def test_a_file_says_by_its_ending_what_is_drawn(ending: str, begins: str, tmp_path: Path) -> None:
    away = Terminal(tmp_path / "nowhere")
    file = tmp_path / f"route.{ending}"
    told = away("workflow", "diagram", "--output", str(file))
    assert told.out == f"✓ community_asset_transfer drawn: {file}\n"
    assert file.read_text(encoding="utf-8").startswith(begins)
    if ending == "other":
        refused = away("workflow", "diagram", "--output", str(file), code=2)
        assert refused.err.startswith(f"{file} exists already; nothing was overwritten.\n")
        file.unlink()
    away("workflow", "diagram", "--output", str(file), "--format", "mermaid")
    assert file.read_text(encoding="utf-8").startswith("flowchart TD")
    if ending == "other":
        file.unlink()
    away("workflow", "diagram", "--output", str(file), "--json")
    assert file.read_text(encoding="utf-8").startswith("{")


def test_a_route_can_be_drawn_and_told_from_its_file(tmp_path: Path) -> None:
    away = Terminal(tmp_path / "nowhere")
    own = tmp_path / "our_own.yaml"
    written = ROUTE.read_text(encoding="utf-8")
    own.write_text(written.replace("label: Handover", "label: Keys"), encoding="utf-8")
    assert re.search(r"^ +\d+  Keys$", away("workflow", "diagram", str(own)).out, re.MULTILINE)
    assert re.search(r"^\d+\. Keys$", away("workflow", "show", str(own)).out, re.MULTILINE)


@pytest.mark.parametrize("command", ["show", "diagram"])
def test_a_file_with_problems_is_not_drawn(command: str, tmp_path: Path) -> None:
    own = tmp_path / "our_own.yaml"
    own.write_text(ROUTE.read_text(encoding="utf-8").replace("to: legal", "to: leagl"))
    refused = Terminal(tmp_path / "nowhere")("workflow", command, str(own), code=2)
    assert refused.out == ""
    assert "did you mean legal?" in refused.err


REFUSED = {
    "a place where nothing can be": (("--output", "no/such/folder/x.svg"), 4, "was not written"),
    "a route nobody knows": (("nowhere",), 6, "There is no workflow nowhere"),
    "two formats at once": (("--json", "--format", "svg"), 2, "leave --format away"),
    "a day with nothing to count": (("--as-of", "2026-03-02"), 2, "type --live"),
    "a format nobody knows": (("--format", "png"), 2, "mermaid"),
}


@pytest.mark.parametrize(("words", "code", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_drawn_says_why(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = Terminal(tmp_path / "nowhere")("workflow", "diagram", *words, code=code)
    assert refused.out == ""
    assert said in refused.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("look", "code"), [("hot", "31"), ("over", "33")])
def test_a_terminal_shows_heat_in_colour_as_well(
    look: Heat, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with click.Context(click.Command("diagram"), color=True):
        show([Row("7  Legal", look)])
    assert f"\x1b[{code}m" in capsys.readouterr().out
