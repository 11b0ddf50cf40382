"""Reads a file of parts, a table (CSV) or YAML: what is said of each part, with its place.

Nothing is known here of any route: headings and entries are taken as they stand, and what they
mean is for the case to say. What cannot be read is refused, all of it at once.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assetflow.errors import BadFile, Problem
from assetflow.yaml_reader import Path_, Tree, read_bytes

MAX_BYTES = 1024 * 1024
# More parts than anybody asks for in one letter; every one is a case with its own journal.
MOST_PARTS = 500
_DELIMITERS = (",", ";", "\t")
_AGAIN = "nothing was opened; mend the places named above and hand the file in again"
_SAVE_AS_CSV = 'in Excel choose Save As and the type "CSV UTF-8", and hand in that file'


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said of a part, with its place."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Row:
    """One part: the line on which it begins, and what is said of it by heading."""

    line: int
    said: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Parts:
    """A file of parts; only a table has ``headings`` of its own."""

    file: str
    rows: tuple[Row, ...]
    headings: tuple[tuple[str, Said], ...] = ()

    def places(self) -> Iterator[tuple[str, Said]]:
        """Give each heading with its place: of a table once, else wherever it stands."""
        yield from self.headings
        for row in () if self.headings else self.rows:
            yield from row.said.items()


def unusable(file: str, problems: list[Problem]) -> BadFile:
    """Refuse a file of parts with everything that is wrong in it."""
    return BadFile(f"{file} cannot be used.", sorted({*problems}), [_AGAIN])


def read(file: str, raw: bytes) -> Parts:
    """Read a file of parts; raises ``BadFile`` with every problem and its place."""
    if len(raw) > MAX_BYTES:
        _refuse(file, 0, "too-large", f"the file is over {MAX_BYTES // 1024} KB")
    is_yaml = Path(file).suffix.lower() in (".yaml", ".yml")
    parts = _of_yaml(read_bytes(raw, file)) if is_yaml else _of_table(file, _text(file, raw))
    if not parts.rows:
        _refuse(file, 0, "no-parts", "the file names no part", "write a line for each")
    if len(parts.rows) > MOST_PARTS:
        message = f"the file names over {MOST_PARTS} parts"
        _refuse(
            file, parts.rows[MOST_PARTS].line, "too-many-parts", message, "make two files of it"
        )
    return parts


def _refuse(file: str, line: int, code: str, message: str, hint: str = "") -> NoReturn:
    raise unusable(file, [Problem(file, line, 0, code, message, hint)])


# --- a table ------------------------------------------------------------------------------------


def _text(file: str, raw: bytes) -> str:
    if b"\0" in raw or raw.startswith((b"PK\x03", b"%PDF", b"\xd0\xcf\x11\xe0")):
        _refuse(file, 0, "not-csv", "this is not a CSV file", _SAVE_AS_CSV)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _refuse(file, line, "not-utf8", "the file is not UTF-8 text", _SAVE_AS_CSV)


def _of_table(file: str, text: str) -> Parts:
    records = list(_records(file, text))
    if not records:
        _refuse(file, 0, "empty", "the file says nothing", "see that it is the right file")
    (line, names), *rest = records
    headings = [name.strip() for name in names]
    wrong = [Problem(file, line, n, *_heading_fault(h, headings[: n - 1]))
             for n, h in enumerate(headings, 1) if not h or h in headings[: n - 1]]  # fmt: skip
    wrong += [Problem(file, at, len(headings) + 1, "too-many-cells",
                      f"the line has {len(cells)} cells, and there are {len(headings)} headings",
                      "put a cell that holds a comma in quotation marks")
              for at, cells in rest if len(cells) > len(headings)]  # fmt: skip
    if wrong:
        raise unusable(file, wrong)
    rows = [Row(at, _cells(at, headings, cells)) for at, cells in rest]
    named = ((h, Said(h, line, n)) for n, h in enumerate(headings, 1))
    return Parts(file, tuple(rows), tuple(named))


def _heading_fault(heading: str, before: list[str]) -> tuple[str, str, str]:
    if heading in before:
        return "duplicate-heading", f"two columns are called {heading}", "keep one of the two"
    return "no-heading", "this column has no heading", "name it, or delete the column"


def _cells(line: int, headings: list[str], cells: list[str]) -> dict[str, Said]:
    named = enumerate(zip(headings, cells, strict=False), 1)
    return {h: Said(cell.strip(), line, n) for n, (h, cell) in named if cell.strip()}


def _records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record that says anything, with the line on which it begins."""
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            hint = 'close it, or write it twice ("") where it belongs to the text'
            _refuse(file, line, "stray-quote", "a quotation mark stands where none ends", hint)
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


# --- YAML ---------------------------------------------------------------------------------------


def _of_yaml(tree: Tree) -> Parts:
    value = tree.value if isinstance(tree.value, dict) else {}
    for_all, told = value.get("all", {}), value.get("parts")
    message = "is not a key that is known here"
    problems = [
        tree.problem((key,), "unknown-key", f"{key} {message}", "known: all, parts")
        for key in value
        if key not in ("all", "parts")
    ]
    if not isinstance(told, list):
        hint = "write parts: and a line - {asset: …} for each"
        problems.append(tree.problem(("parts",) if told else (), "wrong-type",
                                     "parts must be a list", hint))  # fmt: skip
        told = []
    shared = _entry(tree, ("all",), for_all, problems)
    rows = [
        Row(tree.marks[("parts", n)][0], {**shared, **_entry(tree, ("parts", n), each, problems)})
        for n, each in enumerate(told)
    ]
    if problems:
        raise unusable(tree.file, problems)
    return Parts(tree.file, tuple(rows))


def _entry(tree: Tree, path: Path_, value: Any, problems: list[Problem]) -> dict[str, Said]:
    if not isinstance(value, dict):
        message = "a part must be a group of named entries"
        hint = "write it as {asset: …, NAME: value}"
        problems.append(tree.problem(path, "wrong-type", message, hint))
        return {}
    found = {}
    for name, each in value.items():
        text, place = _as_typed(each), (*path, name)
        if text is None:
            message = f"{name} must be text, a number, true or false, or a list of these"
            problems.append(tree.problem(place, "wrong-type", message))
        elif text.strip():
            found[name] = Said(text.strip(), *tree.marks[place])
    return found


def _as_typed(value: Any) -> str | None:
    """Give a value as an officer would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        items = [None if isinstance(each, list) else _as_typed(each) for each in value]
        return None if None in items else "; ".join(map(str, items))
    return str(value) if isinstance(value, str | int) else None
