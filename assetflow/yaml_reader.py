"""Reads YAML strictly: what a person wrote is what the program gets, or they are told the line.

PyYAML keeps the last of two equal keys, reads ``no`` as False and ``12:30:00`` as 45000, follows
merge keys until the memory is gone, and crashes the interpreter through libyaml on some files.
So only its event stream is used: everything is text but plain integers and ``true``/``false``.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assetflow.errors import BadFile, Problem
from assetflow.files import read_at_most

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_EVENTS = 20_000
Path_ = tuple[str | int, ...]
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
# What YAML programs read in more than one way, with the way out.
_TRAPS = (
    (re.compile(r"()"), "write the value, or leave the whole entry out"),
    (re.compile(r"(?i)(null|~)"), "leave the whole entry out, or put the text in quotes"),
    (
        re.compile(r"(?i)(y|n|yes|no|on|off|true|false)"),
        "write true or false, or put the text in quotes",
    ),
    (re.compile(r"(0[0-9]+|[0-9]+:[0-9:]+)", re.ASCII), "put it in quotes to have it as it stands"),
)
# Control characters and halves of characters: YAML has escapes for them, no database takes them.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What PyYAML says of a line, then: whether the place where the trouble begins is shown and not
# the one where it is noticed, what a person is told, and how to mend it.
_SYNTAX = (
    (re.compile(r"found character '\\t'.*"), False, "a tab stands here", "write spaces instead"),
    (
        re.compile(r"found character (.*) that cannot start any token"),
        False,
        r"text cannot begin with \1",
        "put the text in quotes",
    ),
    (
        re.compile(r"mapping values are not allowed.*"),
        False,
        "a colon is not expected here",
        "put text that holds a colon in quotes; see that the line above it has its own colon",
    ),
    (
        re.compile(r"could not find expected ':'"),
        True,
        "this line has no colon after its name",
        "write it as name: value",
    ),
    (
        re.compile(r"found unexpected end of stream"),
        True,
        "the quotation mark that opens here is never closed",
        "close it; inside single quotes write an apostrophe twice",
    ),
    (
        re.compile(r"expected ',' or '([\]}])', but got '<stream end>'"),
        True,
        r"what opens here is never closed with \1",
        r"close it with \1",
    ),
    (
        re.compile(r"expected ',' or '([\]}])', but got .*"),
        False,
        r"a comma or \1 is missing before this",
        "put text that holds a colon, comma, bracket or question mark in quotes",
    ),
    (
        re.compile(r"(expected <block end>, but found|expected '<document start>', but found) .*"),
        False,
        "this does not fit what stands before it",
        "indent it as its neighbours are; where quotes are used, put the whole text in them",
    ),
    (
        re.compile(r"found unknown escape character ['\"](.*)['\"]"),
        False,
        r"\\\1 means nothing inside double quotes",
        "use single quotes, or write the backslash twice",
    ),
    (
        re.compile(r"sequence entries are not allowed here"),
        False,
        "a list entry cannot begin here",
        "begin it on a line of its own",
    ),
    (
        re.compile(r"expected the node content, but found .*"),
        False,
        "a value is missing before this",
        "write it, or delete the comma",
    ),
    (
        re.compile(r"expected alphabetic or numeric character, but found .*"),
        True,
        "text cannot begin with & or *",
        'put the text in quotes, as in from: ["*"]',
    ),
    (
        re.compile(
            r"expected (chomping or indentation indicators|a comment or a line break), but found .*"
        ),
        True,
        "text cannot begin with | or >",
        "put the text in quotes",
    ),
    (
        re.compile(
            r"(expected '!', but found .*|expected URI, but found .*|found undefined tag handle .*)"
        ),
        True,
        "text cannot begin with !",
        "put the text in quotes",
    ),
)


@dataclass(eq=False)
class Tree:
    """The plain values of a file, and where in the file each of them stands.

    A tree is only ever itself: a file that says the same as before gives the same tree.
    """

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
        raw = read_at_most(path, MAX_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadFile(
            "The file cannot be read.", [Problem(str(path), 0, 0, "unreadable", reason)]
        ) from error
    return read_bytes(raw, str(path))


def read_bytes(raw: bytes, file: str) -> Tree:
    """Read YAML text; raises ``BadFile`` with every problem found in it."""
    return read_quickly(raw, file) or read_thoroughly(raw, file)


def read_quickly(raw: bytes, file: str) -> Tree | None:
    """Read YAML text with the parser written in C; None where it has anything against the text.

    It takes a sixth of the time, but its words and places are not those that we explain.
    """
    tree = Tree(file)
    if len(raw) > MAX_BYTES or not hasattr(yaml, "CSafeLoader"):
        return None
    try:
        text = raw.decode("utf-8-sig")
        if _READ_DIFFERENTLY.search(text):
            return None
        tree.value = _Builder(tree, text, yaml.CSafeLoader).build()
    except (_Stop, UnicodeDecodeError, yaml.YAMLError):
        return None
    return None if tree.problems else tree


def read_thoroughly(raw: bytes, file: str) -> Tree:
    """Read YAML text with the parser whose problems we can explain; raises ``BadFile``."""
    tree = Tree(file)
    try:
        if len(raw) > MAX_BYTES:
            message = f"the file is over {MAX_BYTES // 1024} KB"
            raise _Stop((), "too-large", message, "see that it is the right file")
        text = raw.decode("utf-8-sig")
        tree.value = _Builder(tree, text, yaml.SafeLoader).build()
    except _Stop as stop:
        tree.problems.append(tree.problem(stop.path, stop.code, stop.message, stop.suggestion))
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8-sig", "replace"))
        tree.problems.append(
            Problem(
                file, line, column, "not-utf8", "the file is not UTF-8 text", "save it as UTF-8"
            )
        )
    except yaml.YAMLError as error:
        tree.problems.append(_syntax_problem(file, error))
    if tree.problems:
        raise BadFile(f"{Path(file).name} cannot be used.", sorted(tree.problems))
    return tree


# Tabs, rare line ends, marks of the byte order and directives: the two parsers differ on them.
_READ_DIFFERENTLY = re.compile("[\t\x85\u2028\u2029\ufeff]|^%|[|>][-+0-9]*#", re.MULTILINE)


class _Stop(Exception):
    def __init__(self, path: Path_, code: str, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.path, self.code, self.message, self.suggestion = path, code, message, suggestion


def _place(before: str) -> tuple[int, int]:
    """Give line and column of what follows the text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    mark, begin = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    message = " ".join(str(getattr(error, "problem", None) or "this is not YAML").split())
    suggestion = ""
    for pattern, where_it_begins, words, hint in _SYNTAX:
        if found := pattern.fullmatch(message):
            message, suggestion = found.expand(words), found.expand(hint)
            mark = begin if where_it_begins and begin else mark
            break
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Problem(file, line, column, "yaml-syntax", message, suggestion)


class _Builder:
    """Turns the event stream into dicts, lists and scalars, noting every place."""

    def __init__(self, tree: Tree, text: str, loader: Any) -> None:
        self.tree = tree
        if found := _UNPRINTABLE.search(text):
            self.tree.marks[()] = _place(text[: found.start()])
            raise _bad_character((), found[0])
        self.loader: Any = loader(text)
        self.count = 0

    def build(self) -> Any:
        self._expect(yaml.StreamStartEvent)
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            raise _Stop((), "empty", "the file says nothing", "see that it is the right file")
        value = self._value(self._next(), (), 0)
        self._expect(yaml.DocumentEndEvent)
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            self._mark((), event)
            hint = "delete the line --- or ..., or make two files of it"
            raise _Stop((), "second-document", "a second YAML document begins here", hint)
        return value

    def _next(self) -> Any:
        self.count += 1
        if self.count > MAX_EVENTS:
            message = f"the file has over {MAX_EVENTS} entries"
            raise _Stop((), "too-many-entries", message, "see that it is the right file")
        try:
            return self.loader.get_event()
        except (ValueError, OverflowError) as error:
            # PyYAML lets through what Python says of a number in an escape or a directive.
            self.tree.marks[()] = (self.loader.line + 1, self.loader.column + 1)
            message = "the number of a character or of a YAML version is out of range"
            raise _Stop((), "yaml-syntax", message) from error

    def _mark(self, path: Path_, event: Any) -> None:
        self.tree.marks[path] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _expect(self, kind: type) -> None:
        event = self._next()
        if not isinstance(event, kind):
            raise _Stop((), "yaml-syntax", "the file is not one YAML document")

    def _value(self, event: Any, path: Path_, depth: int) -> Any:
        self._mark(path, event)
        self._refuse_cleverness(event, path, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _refuse_cleverness(self, event: Any, path: Path_, depth: int) -> None:
        if depth > MAX_DEPTH:
            message = f"entries are nested over {MAX_DEPTH} deep"
            raise _Stop(path, "too-deep", message, "see that every bracket is closed")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            hint = "write the values out, or put text that begins with & or * in quotes"
            raise _Stop(path, "alias", "anchors and aliases (& and *) are not used here", hint)
        if getattr(event, "tag", None):
            hint = "leave it out, or put text that begins with ! in quotes"
            raise _Stop(path, "tag", "tags (! and !!) are not used here", hint)
        if isinstance(event, yaml.ScalarEvent) and (found := _UNPRINTABLE.search(event.value)):
            raise _bad_character(path, found[0])

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
            self._mark(path, event)
            hint = "put a name that begins with [, {, &, * or ! in quotes"
            raise _Stop(path, "key-not-text", "the name before a colon must be plain text", hint)
        if event.value == "<<" or _UNPRINTABLE.search(event.value):
            self._mark(path, event)
        if event.value == "<<":
            hint = "write the entries out"
            raise _Stop(path, "merge-key", "merge keys (<<) are not used here", hint)
        if found := _UNPRINTABLE.search(event.value):
            raise _bad_character(path, found[0])
        return str(event.value)

    def _duplicate(self, path: Path_, key: str, first: int, event: Any) -> None:
        place = event.start_mark
        message = f"{key!r} stands here and already on line {first}"
        self.tree.problems.append(
            Problem(
                self.tree.file,
                place.line + 1,
                place.column + 1,
                "duplicate-key",
                message,
                "keep one of the two",
            )
        )

    def _scalar(self, event: Any, path: Path_) -> Any:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
        for trap, hint in _TRAPS:
            if trap.fullmatch(text):
                message = f"{text} can be read in more than one way"
                message = message if text else "no value stands here"
                self.tree.problems.append(self.tree.problem(path, "yaml-trap", message, hint))
        return text


def _bad_character(path: Path_, character: str) -> _Stop:
    message = f"U+{ord(character):04X} is not a character that text can hold"
    return _Stop(path, "bad-character", message, "delete it")
