"""The demonstration: what `make demo` shows, kept as a whole so that every change to it is read."""

from pathlib import Path

import pytest
from conftest import Terminal
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from assetflow.settings import SHIPPED
from assetflow.yaml_reader import read_file


class Transcript(SingleFileSnapshotExtension):
    """Keeps the transcript as a text file that can be read."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The demonstration as it prints, and the home it left."""
    home = tmp_path_factory.mktemp("demo") / "assetflow-demo"
    # Where assetflow is not on the path, a last line says what to type instead on this machine.
    program = home.parent / "assetflow"
    program.touch(mode=0o700)
    with pytest.MonkeyPatch.context() as anywhere:
        anywhere.setenv("PATH", str(program.parent))
        result = Terminal(home)("--home", str(home), "demo")
    assert not result.err
    return result.out.replace(str(home), "assetflow-demo").replace(str(SHIPPED) + "/", ""), home


def test_the_transcript_reads_as_it_was_last_read(
    shown: tuple[str, Path], snapshot: SnapshotAssertion
) -> None:
    assert shown[0] == snapshot(extension_class=Transcript)


@pytest.mark.parametrize(
    "told",
    [
        "8 Jul 2024   8 Jul 2024   CAT-2024-0001  Watch: 6 months",
        "8 Oct 2024   8 Oct 2024   CAT-2024-0001  Amber: 9 months",
        "8 Jan 2025   8 Jan 2025   CAT-2024-0001  Red: 12 months",
        "8 Apr 2025   8 Apr 2025   CAT-2024-0001  Second red: 15 months",
        "8 Jul 2025   8 Jul 2025   CAT-2024-0001  Critical: 18 months",
        "8 Oct 2025   8 Oct 2025   CAT-2024-0001  Second critical: 21 months",
        "8 Jan 2026   8 Jan 2026   CAT-2024-0001  Breach: 24 months",
        "22 Jan 2024  22 Jan 2024  CAT-2024-0001  No champion",
    ],
)
def test_the_24_month_case_would_have_been_warned_about(shown: tuple[str, Path], told: str) -> None:
    assert told in shown[0]


def test_every_refusal_of_the_script_is_shown_with_its_reasons(shown: tuple[str, Path]) -> None:
    steps = read_file(SHIPPED / "data" / "demo.yaml").value["steps"]
    refused = [step for step in steps if step.get("exits")]
    assert len(refused) >= 5
    assert shown[0].count("nothing was changed)") == len(refused)


def test_the_three_properties_offered_in_november_2025_have_cases(shown: tuple[str, Path]) -> None:
    found = {one["asset"] for one in Terminal(shown[1])("case", "list", "--json").json}
    places = {"Orrell Mount Pavilion", "2-4 Trinity Road", "Bedford Road Community Centre"}
    # The 24-month case has its keys and is looked after for a year.
    assert found == {*places, "Meadow Lane Hall"}


def test_the_home_of_the_demonstration_can_be_worked_in(shown: tuple[str, Path]) -> None:
    terminal = Terminal(shown[1])
    assert "Trinity" in terminal("case", "next", "CAT-2025-0002").out
    assert "24 months" in terminal("case", "history", "CAT-2024-0001").out
    assert list((shown[1] / "letters-sent" / "CAT-2024-0001").glob("*.html"))


def test_a_folder_that_is_not_a_demonstration_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "work" / "precious.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    result = Terminal(kept.parent)("--home", str(kept.parent), "demo", code=1)
    assert "nothing was changed" in result.err
    assert kept.read_text() == "mine"


@pytest.mark.long
def test_a_second_demonstration_replaces_the_first(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    first = Terminal(home)("--home", str(home), "demo").out
    assert Terminal(home)("--home", str(home), "demo").out == first
