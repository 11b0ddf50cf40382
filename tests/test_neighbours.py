"""A route that another one names: found among the files named, beside it, then as installed."""

from pathlib import Path

import pytest
from conftest import Terminal
from problem_files import SOUND

KEY = "review_within: 20 working days\n"


def written(folder: Path, name: str, keys: str, file: str = "") -> Path:
    """Write the sound route of the examples, under a name and with more keys."""
    text = SOUND.read_text(encoding="utf-8").replace("name: tiny_route", f"name: {name}")
    text = text.replace("label: A tiny route", f"label: {name}").replace(KEY, f"{KEY}{keys}\n")
    folder.mkdir(exist_ok=True)
    path = folder / f"{file or name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def anywhere(tmp_path: Path) -> Terminal:
    """A terminal without a home."""
    return Terminal(tmp_path / "no home")


def problems(terminal: Terminal, *files: Path) -> list[str]:
    """The codes of the problems that a check tells."""
    result = terminal("workflow", "check", "--json", *map(str, files), code=None)
    assert result.code in (0, 2)
    return [problem["code"] for problem in result.json["problems"]]


def test_a_part_beside_its_parent_is_found_and_the_other_way_round(
    anywhere: Terminal, tmp_path: Path
) -> None:
    above = written(tmp_path, "whole_park", "parts: [one_bench]")
    part = written(tmp_path, "one_bench", "part_of: [whole_park]")
    assert problems(anywhere, above) == []
    assert problems(anywhere, part) == []
    part.unlink()
    assert problems(anywhere, above) == ["unknown-workflow"]


def test_a_case_goes_on_in_a_route_beside_it(anywhere: Terminal, tmp_path: Path) -> None:
    first = written(tmp_path, "first_step", "")
    on = "    to: agreed\n    continues_as: {workflow: next_step, stage: asked}\n"
    first.write_text(first.read_text("utf-8").replace("    to: agreed\n", on), "utf-8")
    assert problems(anywhere, first) == ["unknown-workflow"]
    written(tmp_path, "next_step", "")
    assert problems(anywhere, first) == []


def test_a_file_that_is_named_comes_before_the_one_beside(
    anywhere: Terminal, tmp_path: Path
) -> None:
    above = written(tmp_path, "whole_park", "parts: [one_bench]")
    written(tmp_path, "one_bench", "")
    assert problems(anywhere, above) == ["parts-disagree"]
    other = written(tmp_path / "other", "one_bench", "part_of: [whole_park]")
    assert problems(anywhere, above, other) == []


def test_a_file_beside_comes_before_what_is_installed(anywhere: Terminal, tmp_path: Path) -> None:
    above = written(tmp_path, "whole_park", "parts: [fast_track]")
    assert problems(anywhere, above) == ["parts-disagree"]
    written(tmp_path, "fast_track", "part_of: [whole_park]")
    assert problems(anywhere, above) == []


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(lambda path: path.write_text("name: [", "utf-8"), id="no YAML"),
        pytest.param(lambda path: path.write_text("name: two_benches", "utf-8"), id="another name"),
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(lambda path: path.symlink_to(path), id="a link to itself"),
    ],
)
def test_what_is_no_such_route_is_passed_over(
    anywhere: Terminal, tmp_path: Path, beside: object
) -> None:
    above = written(tmp_path, "whole_park", "parts: [one_bench]")
    assert callable(beside)
    beside(tmp_path / "one_bench.yaml")
    assert problems(anywhere, above) == ["unknown-workflow"]


def test_a_name_that_is_a_path_leads_nowhere(anywhere: Terminal, tmp_path: Path) -> None:
    written(tmp_path, "../one_bench", "part_of: [whole_park]", file="one_bench")
    above = written(tmp_path / "inside", "whole_park", 'parts: ["../one_bench"]')
    result = anywhere("workflow", "check", str(above), code=2)
    assert "there is no route ../one_bench among the files named" in result.err
