"""One small file for each way in which a route can go wrong, and what each says of itself.

Its first line says what a person is told; the problem stands on the line that ends with a mark.
Those in ``docs`` are one for each code and shown on the page; the others are further ways.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHOWN = ROOT / "docs" / "workflow-problems"
SOUND = SHOWN / "sound.yaml"
PROBLEM_FILES = sorted(
    [
        *(path for path in SHOWN.glob("*.yaml") if path != SOUND),
        *(ROOT / "tests" / "workflow_problems").glob("*.yaml"),
    ]
)
MARK = "# <- here"


def announced(path: Path) -> tuple[int, str]:
    """Give the line on which a file's problem stands (0 for the whole file) and what is told."""
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    assert lines[0].startswith("# ")
    marked = [number for number, line in enumerate(lines, 1) if MARK in line]
    assert len(marked) <= 1
    return (marked or [0])[0], lines[0].removeprefix("# ")


def code_of(path: Path) -> str:
    """Give the code of a file's problem."""
    return announced(path)[1].partition(":")[0]
