"""Every problem of a scenario file has a code, a section on a page and an example of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Terminal
from problem_files import MARK, ROOT

from assetflow import explanations, scenarios
from assetflow.errors import BadFile, Problem
from assetflow.settings import Settings
from assetflow.soundness.codes import SCENARIO_TITLES, TITLES

SHOWN = ROOT / "docs" / "scenario-problems"
SOUND = SHOWN / f"sound{scenarios.ENDING}"
PAGE = (ROOT / "docs" / "scenario-problems.md").read_text(encoding="utf-8")
SECTIONS = explanations.sections(PAGE)
HERE = Settings(home=Path("no such home"), database_url="sqlite://")


@pytest.fixture
def anywhere(tmp_path: Path) -> Terminal:
    """A terminal without a home."""
    return Terminal(tmp_path / "no home")


def example(code: str) -> Path:
    """The example of a code."""
    return SHOWN / f"{code}{scenarios.ENDING}"


def problem_of(code: str) -> Problem:
    """The one problem of the example of a code."""
    with pytest.raises(BadFile) as caught:
        scenarios.load(example(code), HERE)
    (problem,) = caught.value.problems
    return problem


def test_the_scenarios_that_the_examples_differ_from_pass(anywhere: Terminal) -> None:
    played = anywhere("workflow", "test", str(SOUND))
    assert "✓ fast_track: A request that waits for its champion (4 steps)" in played.out


@pytest.mark.parametrize("code", SCENARIO_TITLES)
def test_each_example_has_the_one_problem_it_announces(code: str) -> None:
    problem, lines = problem_of(code), example(code).read_text(encoding="utf-8").splitlines()
    told = f"{problem.code}: {problem.message} ({problem.suggestion})"
    marked = [number for number, line in enumerate(lines, 1) if MARK in line]
    assert (problem.code, [problem.line]) == (code, marked)
    assert lines[0] == f"# {told}"
    sound = SOUND.read_text(encoding="utf-8").splitlines()[1:]
    assert len([line for line in lines[1:] if line not in sound]) <= 2


@pytest.mark.parametrize("code", SCENARIO_TITLES)
def test_a_section_says_what_it_is_how_to_mend_it_and_shows_the_example(code: str) -> None:
    title, why, mend, shown, _ = SECTIONS[code].split("\n\n")
    assert title == f"**{SCENARIO_TITLES[code]}**"
    assert len(why) > 20
    assert mend.startswith("Mend it: ")
    name = example(code).name
    assert shown == f"Example: [{name}](scenario-problems/{name})"
    said = str(problem_of(code)).replace(f"{ROOT}/", "")
    assert SECTIONS[code].endswith(f"```\n{said}\n```")


def test_the_page_has_a_section_for_every_code_and_a_file_for_each() -> None:
    assert list(SECTIONS) == list(SCENARIO_TITLES)
    assert {path.name for path in SHOWN.iterdir()} - {SOUND.name} == {
        example(code).name for code in SCENARIO_TITLES
    }
    assert not {*SCENARIO_TITLES} & {*TITLES}


# Where the code, or the kind of an unknown name, stands among the arguments.
_CODES = {"wrong": 1, "Finding": 1}
_KINDS = {"unknown": 1, "_one": 1, "_each": 1, "_ending": 1}


def _told(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        at = {**_CODES, **_KINDS}.get(called, len(node.args))
        for code in node.args[at : at + 1]:
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield f"unknown-{code.value}" if called in _KINDS else code.value


def test_every_code_that_scenarios_can_be_told_is_explained() -> None:
    folder = Path(scenarios.__file__ or "").parent
    told = {code for path in folder.glob("*.py") for code in _told(ast.parse(path.read_text()))}
    assert told >= {*SCENARIO_TITLES}
    assert told <= {*explanations.CODES}


@pytest.mark.parametrize("code", SCENARIO_TITLES)
def test_a_code_is_explained_in_plain_words(code: str, anywhere: Terminal) -> None:
    lines = anywhere("workflow", "check", "--explain", code).out.splitlines()
    assert lines[:2] == [code, SCENARIO_TITLES[code]]
    assert not any(line.startswith(("#", "```", "**")) for line in lines)
    (file,) = [line.removeprefix("Example: ") for line in lines if line.startswith("Example: ")]
    assert Path(file) == example(code)


def test_who_checks_or_tests_scenarios_is_told_where_a_code_is_explained(
    anywhere: Terminal,
) -> None:
    hint = "  → what a code means: assetflow workflow check --explain unknown-end"
    for command in ("check", "test"):
        refused = anywhere("workflow", command, str(example("unknown-end")), code=2)
        assert refused.err.splitlines()[-1] == hint


def test_a_code_of_scenarios_that_is_misspelt_is_answered_with_the_right_one(
    anywhere: Terminal,
) -> None:
    refused = anywhere("workflow", "check", "--explain", "unknown-refusl", code=6)
    assert "did you mean unknown-refusal?" in refused.err
