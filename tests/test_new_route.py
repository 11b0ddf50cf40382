"""A route of one's own begins with a small sound one, and everything it can say is listed."""

import re
from pathlib import Path

import pytest
from conftest import Terminal, furnish

from assetflow import guards

NEW = ("workflow", "new", "garden_licence", "--label", "Garden licence", "--prefix", "GARD")


@pytest.fixture
def home(tmp_path: Path) -> Terminal:
    """A furnished home; a route is the same on any database."""
    terminal = Terminal(tmp_path / "home")
    furnish(terminal)
    return terminal


def test_a_new_route_is_sound_and_a_case_can_run_on_it_to_its_end(home: Terminal) -> None:
    told = home(*NEW).out
    path = home.home / "workflows" / "garden_licence.yaml"
    assert str(path) in told
    assert "is sound: 5 stages, 4 transitions" in home("workflow", "check", str(path)).out
    home("case", "open", "--workflow", "garden_licence", "--asset", "SAMPLE-0001",
         "--group", "Bowls Club", "--champion", "alex")  # fmt: skip
    case = "GARD-2026-0001"
    home("case", "record", case, "transfer_purpose=Beds", "ownership_confirmed=yes")
    home("case", "advance", case, "accept")
    home("signoff", "request", case, "grant")
    home("signoff", "give", case, "legal", "--by", "owen", "--evidence", "Email")
    home("case", "advance", case, "grant", "--fact", "decided_by=Head of property, 4.2")
    assert "Granted" in home("case", "show", case).out


def test_it_says_what_each_part_is_for_and_no_mark_is_left(home: Terminal) -> None:
    home(*NEW)
    text = (home.home / "workflows" / "garden_licence.yaml").read_text()
    assert not re.search(r"\b(NAME|LABEL|PREFIX)\b", text)
    for group in ("departments", "roles", "rights", "facts", "stages", "transitions", "ladder"):
        assert re.search(rf"^# .*\n{group}:", text, re.MULTILINE), group


def test_nothing_is_written_over(home: Terminal) -> None:
    home(*NEW)
    assert "exists already" in home(*NEW, code=2).err


def test_without_a_home_it_is_printed(tmp_path: Path) -> None:
    assert Terminal(tmp_path / "nowhere")(*NEW).out.startswith("# Garden licence:")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "label", "prefix", "said"),
    [
        ("Garden", "Garden", "G", "'Garden' is not a name"),
        ("../garden", "Garden", "G", "'../garden' is not a name"),
        ("garden", "A: b", "G", "the label is empty or contains"),
        ("garden", " ", "G", "the label is empty or contains"),
        ("garden", "Garden", "1", "references cannot begin with '1'"),
    ],
)
def test_names_that_a_file_could_not_hold_are_refused(
    home: Terminal, name: str, label: str, prefix: str, said: str
) -> None:
    refused = home("workflow", "new", name, "--label", label, "--prefix", prefix, code=2)
    assert said in refused.err


def test_everything_a_route_can_say_is_listed(home: Terminal) -> None:
    listed = home("workflow", "words", "--json").json
    names = {use.split(":")[0] for use, _ in listed["requirements"]}
    assert names == set(guards.REGISTRY)
    shown = home("workflow", "words").out
    for word in ("acknowledgement", "benchmark_library", "stage_overdue", "issue_letter", "choice"):
        assert word in shown


STORY = """
workflow: garden_licence
scenarios:
  - name: Somebody asks and withdraws
    case: {asset: Green, group: Bowls Club, received: 2026-03-02}
    steps:
      - {on: 2026-03-03, do: withdraw, why: Found another place}
    end: withdrawn
"""


def test_the_scenarios_of_a_new_route_can_be_played_though_it_has_few_roles(home: Terminal) -> None:
    home(*NEW)
    path = home.home / "workflows" / "garden_licence.scenario.yaml"
    path.write_text(STORY)
    assert "Somebody asks and withdraws" in home("workflow", "test", "garden_licence").out
