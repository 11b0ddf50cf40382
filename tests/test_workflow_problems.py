"""Every problem of a workflow file has a code, a section on the page and an example of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Terminal
from problem_files import MARK, PROBLEM_FILES, ROOT, SHOWN, SOUND, announced, code_of

from assetflow import data_files, definitions, explanations, soundness, yaml_reader
from assetflow.errors import BadFile, Problem
from assetflow.settings import Settings
from assetflow.soundness import Surroundings
from assetflow.soundness.codes import TITLES

PAGE = (ROOT / "docs" / "workflow-problems.md").read_text(encoding="utf-8")
SECTIONS = explanations.sections(PAGE)
# No example can be kept of a file that is not there, or is too big to keep.
NO_EXAMPLE = {"unreadable", "too-large", "too-many-entries", "too-many-problems"}


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """What a route may refer to where no council has files of its own."""
    shipped = Settings(home=Path("no such home"), database_url="sqlite://")
    return definitions.surroundings(shipped, data_files.calendar(shipped))


def problems_of(path: Path, around: Surroundings) -> list[Problem]:
    """The problems for which a file is refused; it must be."""
    with pytest.raises(BadFile) as caught:
        definitions.load(path, around)
    return list(caught.value.problems)


# --- the examples -------------------------------------------------------------------------------


def test_the_route_that_the_examples_differ_from_is_sound(around: Surroundings) -> None:
    assert definitions.load(SOUND, around).name == "tiny_route"


@pytest.mark.parametrize("path", PROBLEM_FILES, ids=lambda path: path.stem)
def test_each_example_has_the_one_problem_it_announces(path: Path, around: Surroundings) -> None:
    (problem,) = problems_of(path, around)
    told = f"{problem.code}: {problem.message}"
    told += f" ({problem.suggestion})" if problem.suggestion else ""
    assert (problem.line, told) == announced(path)
    assert path.stem.startswith(problem.code)
    assert len(path.read_bytes().splitlines()) <= 60


@pytest.mark.parametrize("path", sorted(SHOWN.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_differs_from_the_sound_route_in_few_lines(path: Path) -> None:
    sound = set(SOUND.read_text(encoding="utf-8").splitlines()[1:])
    mine = path.read_bytes().decode("utf-8", "replace").splitlines()[1:]
    other = [line for line in mine if line not in sound]
    assert len(other) <= 8
    assert path == SOUND or not other or any(MARK in line for line in other)


MADE_ON_THE_SPOT = {
    "too-large": b"#" * (yaml_reader.MAX_BYTES + 1),
    "too-many-entries": b"label: [" + b"a," * yaml_reader.MAX_EVENTS + b"]",
}


@pytest.mark.parametrize(("code", "raw"), MADE_ON_THE_SPOT.items(), ids=MADE_ON_THE_SPOT.keys())
def test_a_file_too_big_to_keep_as_an_example_is_refused(
    code: str, raw: bytes, around: Surroundings, tmp_path: Path
) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(raw)
    assert [problem.code for problem in problems_of(path, around)] == [code]


def test_of_very_many_problems_the_first_are_listed(around: Surroundings, tmp_path: Path) -> None:
    many = ", ".join(f"q{number}" for number in range(600))
    path = tmp_path / "many.yaml"
    text = SOUND.read_text(encoding="utf-8").replace("open_case: [officer]", f"open_case: [{many}]")
    path.write_text(text, encoding="utf-8")
    found = problems_of(path, around)
    assert len(found) == soundness.MOST_FINDINGS + 1
    assert found[0].code == "too-many-problems"


# --- the codes ----------------------------------------------------------------------------------

# Where problems of workflow files are made.
CHECKERS = [
    *(Path(module.__file__ or "") for module in (yaml_reader, definitions)),
    *sorted(Path(soundness.__file__ or "").parent.glob("*.py")),
]
# Where the code stands among the arguments of what makes a problem.
_CODE_AT = {"Finding": 1, "Problem": 3, "problem": 1, "_Stop": 1, "unknown": 1}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        at = _CODE_AT.get(called, len(node.args))
        for code in node.args[at : at + 1]:
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield f"unknown-{code.value}" if called == "unknown" else code.value


def test_every_code_that_can_be_reported_is_listed_and_no_other() -> None:
    in_the_source = {
        code for path in CHECKERS for code in _codes(ast.parse(path.read_text(encoding="utf-8")))
    }
    # The shape of an entry is told by a table of what pydantic says.
    assert in_the_source | {*definitions.PLAIN.values(), "wrong-type"} == {*TITLES}


def test_every_code_has_an_example_on_the_page_and_every_example_a_code() -> None:
    assert {path.stem for path in SHOWN.glob("*.yaml")} - {"sound"} == {*TITLES} - NO_EXAMPLE
    assert {code_of(path) for path in PROBLEM_FILES} == {*TITLES} - NO_EXAMPLE


# --- the page -----------------------------------------------------------------------------------


def test_the_page_has_a_section_for_every_code_in_the_order_of_the_list() -> None:
    assert list(SECTIONS) == list(TITLES)


@pytest.mark.parametrize("code", TITLES)
def test_a_section_says_what_it_is_and_how_to_mend_it(code: str) -> None:
    title, why, mend, *example = SECTIONS[code].split("\n\n")
    assert title == f"**{TITLES[code]}**"
    assert len(why) > 20
    assert mend.startswith("Mend it: ")
    assert bool(example) == (code not in NO_EXAMPLE)


@pytest.mark.parametrize("code", sorted({*TITLES} - NO_EXAMPLE))
def test_a_section_shows_what_its_example_is_told(code: str, around: Surroundings) -> None:
    (problem,) = problems_of(SHOWN / f"{code}.yaml", around)
    shown = str(problem).replace(f"{ROOT}/", "")
    assert f"[{code}.yaml](workflow-problems/{code}.yaml)\n\n```\n{shown}\n```" in SECTIONS[code]


# --- assetflow workflow check --explain ---------------------------------------------------------


@pytest.fixture
def anywhere(tmp_path: Path) -> Terminal:
    """A terminal without a home."""
    return Terminal(tmp_path / "no home")


@pytest.mark.parametrize("code", TITLES)
def test_a_code_is_explained_in_plain_words(code: str, anywhere: Terminal) -> None:
    lines = anywhere("workflow", "check", "--explain", code).out.splitlines()
    assert lines[:2] == [code, TITLES[code]]
    assert any(line.startswith("Mend it: ") for line in lines)
    assert not any(line.startswith(("#", "```", "**")) for line in lines)
    files = [line.removeprefix("Example: ") for line in lines if line.startswith("Example: ")]
    assert all(Path(file).is_file() for file in files)
    assert len(files) == (code not in NO_EXAMPLE)


def test_a_code_that_is_misspelt_is_answered_with_the_right_one(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check", "--explain", "unknown-gard", code=6)
    assert result.out == ""
    assert result.err == (
        "There is no code 'unknown-gard'.\n"
        "  - did you mean unknown-guard?\n"
        "  → see the codes of a file: assetflow workflow check FILE\n"
    )


def test_an_explanation_can_be_had_as_json(anywhere: Terminal) -> None:
    said = anywhere("workflow", "check", "--explain", "trap", "--json").json
    assert said["code"] == "trap"
    assert said["text"].startswith(TITLES["trap"])


def test_checking_names_the_explanation_of_the_first_problem(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check", str(SHOWN / "trap.yaml"), code=2)
    *_, hint = result.err.splitlines()
    assert hint == "  → what a code means: assetflow workflow check --explain trap"
    assert re.search(r"--explain (\S+)", hint)[1] in TITLES  # type: ignore[index]
