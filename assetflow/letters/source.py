"""One file of a letter: its text, and the lines between two rows of --- that it begins with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assetflow.errors import BadFile, Problem
from assetflow.files import read_at_most

MAX_FILE = 64 * 1024
RECIPIENTS = ("group", "department", "person")

_FENCE = "---"
_FRONT_LINE = re.compile(r"(\w+):[ \t]*(.*)")
_FRONT_KEYS = ("to", "subject")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, under the name that messages give."""

    file: str
    text: str


def read_source(path: Path) -> Source:
    """Read one file of a letter; raises ``BadFile`` where it is no text or far too long."""
    try:
        raw = read_at_most(path, MAX_FILE)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, "unreadable", f"it cannot be read as text: {error}") from error
    if len(raw) > MAX_FILE:
        raise _unreadable(path, "too-big", f"a letter may be {MAX_FILE // 1024} KB long")
    return Source(str(path), text.replace("\r\n", "\n"))


def _unreadable(path: Path, code: str, message: str) -> BadFile:
    return BadFile("The letter cannot be read.", [Problem(str(path), 0, 0, code, message)])


def front_matter(source: Source) -> tuple[str, Source, Source]:
    """Split a letter into its recipient, its subject and its body; lines keep their numbers."""
    lines = source.text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise _bad_front(source, [(1, "no-front-matter", "a letter begins with a line of ---")])
    ends = [number for number, line in enumerate(lines[1:], 2) if line.rstrip() == _FENCE]
    if not ends:
        raise _bad_front(source, [(1, "front-matter-open", "a second line of --- is missing")])
    front = list(enumerate(lines[1 : ends[0] - 1], 2))
    if wrong := list(_front_problems(front)):
        raise _bad_front(source, wrong)
    given = {key: (number, value) for number, key, value in _front_values(front)}
    number, subject = given["subject"]
    return (
        given["to"][1],
        Source(source.file, "\n" * (number - 1) + subject),
        Source(source.file, "\n" * ends[0] + "\n".join(lines[ends[0] :])),
    )


def _front_values(front: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    for number, line in front:
        if match := _FRONT_LINE.fullmatch(line.strip()):
            yield number, match[1], match[2]


def _front_problems(front: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    seen: set[str] = set()
    for number, line in front:
        match = _FRONT_LINE.fullmatch(line.strip())
        if match is None:
            yield number, "front-matter-line", "write “to: …” or “subject: …”"
            continue
        yield from ((number, code, text) for code, text in _key_problems(match[1], match[2], seen))
        seen.add(match[1])
    for key in _FRONT_KEYS:
        if key not in seen:
            yield 1, "missing-key", f"“{key}: …” is missing between the lines of ---"


def _key_problems(key: str, value: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    if key not in _FRONT_KEYS:
        yield "unknown-key", f"{key} is not known here; known: {', '.join(_FRONT_KEYS)}"
    elif key in seen:
        yield "repeated-key", f"{key} is given twice"
    elif not value:
        yield "missing-key", f"{key} is empty"
    elif key == "to" and value not in RECIPIENTS:
        yield "unknown-recipient", f"to is {value!r}; known: {', '.join(RECIPIENTS)}"


def _bad_front(source: Source, found: list[tuple[int, str, str]]) -> BadFile:
    problems = [Problem(source.file, line, 0, code, message) for line, code, message in found]
    return BadFile("The first lines of the letter cannot be used.", problems)
