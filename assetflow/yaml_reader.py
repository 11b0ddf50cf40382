"""Reads YAML strictly: what a person wrote is what the program gets, or they are told the line.

PyYAML keeps the last of two equal keys, reads ``no`` as False and ``12:30:00`` as 45000, follows
merge keys until the memory is gone, and crashes the interpreter through libyaml on some files.
So only its event stream is used: everything is text but plain integers and ``true``/``false``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assetflow.errors import BadFile, Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_EVENTS = 20_000
Path_ = tuple[str | int, ...]
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_TRAPS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|~|0[0-9]+|[0-9]+:[0-9:]+)", re.ASCII)


@dataclass
class Tree:
    """The plain values of a file, and where in the file each of them stands."""

    file: str
    value: Any = None
    marks: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path_, code: str, message: str, suggestion: str = "") -> Problem:
        """Make a problem at the place of ``path``, or of the nearest thing around it."""
        while path and path not in self.marks:
            path = path[:-1]
        line, column = self.marks.get(path, (0, 0))
        return Problem(self.file, line, column, code, message, suggestion)


def read_file(path: Path) -> Tree:
    """Read one YAML file; raises ``BadFile`` with every problem found in it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadFile(
            "The file cannot be read.", [Problem(str(path), 0, 0, "unreadable", reason)]
        ) from error
    return read_bytes(raw, str(path))


def read_bytes(raw: bytes, file: str) -> Tree:
    """Read YAML text; raises ``BadFile`` with every problem found in it."""
    tree = Tree(file)
    try:
        if len(raw) > MAX_BYTES:
            raise _Stop((), "too-large", f"the file is over {MAX_BYTES // 1024} KB")
        text = raw.decode("utf-8-sig")
        tree.value = _Builder(tree, text).build()
    except _Stop as stop:
        tree.problems.append(tree.problem(stop.path, stop.code, stop.message))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        tree.problems.append(
            Problem(file, line, 1, "not-utf8", "the file is not UTF-8 text", "save it as UTF-8")
        )
    except yaml.YAMLError as error:
        tree.problems.append(_syntax_problem(file, error))
    if tree.problems:
        raise BadFile(f"{Path(file).name} cannot be used.", sorted(tree.problems))
    return tree


class _Stop(Exception):
    def __init__(self, path: Path_, code: str, message: str) -> None:
        super().__init__(message)
        self.path, self.code, self.message = path, code, message


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    return Problem(file, line, column, "yaml-syntax", " ".join(str(reason).split()))


class _Builder:
    """Turns the event stream into dicts, lists and scalars, noting every place."""

    def __init__(self, tree: Tree, text: str) -> None:
        self.tree = tree
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        self.count = 0

    def build(self) -> Any:
        self._expect(yaml.StreamStartEvent)
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            raise _Stop((), "empty", "the file is empty")
        value = self._value(self._next(), (), 0)
        self._expect(yaml.DocumentEndEvent)
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise _Stop((), "second-document", "the file holds more than one YAML document")
        return value

    def _next(self) -> Any:
        self.count += 1
        if self.count > MAX_EVENTS:
            raise _Stop((), "too-many-entries", f"the file has over {MAX_EVENTS} entries")
        return next(self.events)

    def _expect(self, kind: type) -> None:
        event = self._next()
        if not isinstance(event, kind):
            raise _Stop((), "yaml-syntax", "the file is not one YAML document")

    def _value(self, event: Any, path: Path_, depth: int) -> Any:
        self.tree.marks[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        self._refuse_cleverness(event, path, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _refuse_cleverness(self, event: Any, path: Path_, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Stop(path, "too-deep", f"entries are nested over {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Stop(path, "alias", "anchors and aliases (& and *) are not used here")
        if getattr(event, "tag", None):
            raise _Stop(path, "tag", "tags (! and !!) are not used here")

    def _sequence(self, path: Path_, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path_, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path)
            line = event.start_mark.line + 1
            if key in entries:
                self._duplicate(path, key, lines[key], event)
            lines[key] = line
            entries[key] = self._value(self._next(), (*path, key), depth + 1)
            self.tree.marks[(*path, key)] = (line, event.start_mark.column + 1)
        return entries

    def _key(self, event: Any, path: Path_) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
            self.tree.marks[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
            raise _Stop(path, "key-not-text", "a key must be plain text")
        if event.value == "<<":
            raise _Stop(path, "merge-key", "merge keys (<<) are not used here")
        return str(event.value)

    def _duplicate(self, path: Path_, key: str, first: int, event: Any) -> None:
        place = event.start_mark
        message = f"{key!r} stands here and already on line {first}"
        self.tree.problems.append(
            Problem(self.tree.file, place.line + 1, place.column + 1, "duplicate-key", message)
        )

    def _scalar(self, event: Any, path: Path_) -> Any:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
        if text == "" or _TRAPS.fullmatch(text):
            shown = text or "an empty value"
            message = f"{shown} can be read in more than one way"
            hint = "write true or false, or put the text in quotes"
            self.tree.problems.append(self.tree.problem(path, "yaml-trap", message, hint))
        return text
