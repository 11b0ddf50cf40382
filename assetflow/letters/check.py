"""Everything that is wrong with a letter, found by reading it and never by running it.

Only what is listed here may stand in a letter: text, values, ``if``, ``for`` and ``include``.
Whatever a new version of Jinja2 learns is therefore refused until it is let in on purpose.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import NoReturn

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from assetflow.errors import Problem
from assetflow.letters.contract import LOOP, Shape, under
from assetflow.letters.language import FILTERS, TESTS, LetterLanguage
from assetflow.letters.source import MAX_FILE, Source

MAX_LOOPS = 2
MAX_PARTS = 100
MAX_USES = 2_000
_PART_NAME = re.compile(r"parts/[a-z0-9_]+\.md\.j2")
_FACTS = "facts."
_LISTS = "a list"
_ROWS = "rows"
_NUMBERS = ("integer", "money")

# What each filter takes, and how many words may be given with it.
_TAKES: Mapping[str, tuple[tuple[str, ...], range]] = {
    "date": (("date",), range(1)),
    "money": (_NUMBERS, range(1)),
    "plural": (("integer",), range(1, 3)),
    "join_and": ((_LISTS,), range(1)),
    "length": ((_LISTS, _ROWS), range(1)),
}
_GIVES: Mapping[str, Shape] = {"length": "integer"}
_COMPARISONS = ("eq", "ne", "lt", "lteq", "gt", "gteq")

# How each way of doing too much is called in a message.
_CALLED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calling something",
    nodes.Add: "adding with +",
    nodes.Sub: "taking away with -",
    nodes.Mul: "multiplying with *",
    nodes.Div: "dividing with /",
    nodes.FloorDiv: "dividing with //",
    nodes.Mod: "calculating with %",
    nodes.Pow: "calculating with **",
    nodes.Neg: "a minus sign",
    nodes.Pos: "a plus sign",
    nodes.Concat: "joining with ~",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from … import %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.With: "{% with %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Scope: "{% autoescape %}",
    nodes.List: "a list written in the letter",
    nodes.Tuple: "a list written in the letter",
    nodes.Dict: "a table of values written in the letter",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One value that a letter uses; ``sure`` where nothing asks first whether it is there."""

    path: str
    shape: Shape = field(compare=False)
    sure: bool


@dataclass(slots=True)
class Findings:
    """What reading a letter has found: its problems, the values it uses and its parts."""

    problems: set[Problem] = field(default_factory=set)
    uses: set[Use] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def add(self, other: "Findings") -> None:
        """Take in what was found in another text of the same letter."""
        self.problems |= other.problems
        self.uses |= other.uses
        self.parts |= other.parts


@dataclass(frozen=True, slots=True)
class _Found:
    """A value the letter points at; ``doubtful`` where it may be None."""

    path: str
    shape: Shape
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the reader stands: the file, the names in reach and what is known to be there."""

    source: Source
    names: Mapping[str, _Found]
    present: frozenset[str] = frozenset()
    loops: int = 0
    trail: tuple[str, ...] = ()

    def knowing(self, paths: frozenset[str]) -> "_Place":
        return replace(self, present=self.present | paths)


def check(
    source: Source,
    language: LetterLanguage,
    contract: Mapping[str, Shape],
    part: Callable[[str], Source | None],
) -> Findings:
    """Read a letter's text and the parts it includes, and list everything found in them."""
    reader = _Reader(language, part)
    names = [name.removesuffix("?") for name in contract]
    known = {name: found for name in names if (found := _member("", name, contract))}
    with suppress(_Enough):
        reader.file(_Place(source, known))
    return reader.findings


def _member(path: str, name: str, shape: Mapping[str, Shape]) -> _Found | None:
    for written in (name, f"{name}?"):
        if written in shape:
            return _Found(under(path, name), shape[written], written != name)
    return None


def _kind(shape: Shape | None) -> str:
    """Name a shape for comparing and for messages."""
    if isinstance(shape, list):
        return _ROWS
    if isinstance(shape, dict) or shape is None:
        return "a part"
    return {"list": _LISTS, "library": "text", "choice": "text"}.get(shape, shape)


class _Enough(Exception):
    """The letter is so long that reading on would only take time."""


class _Reader:
    """Walks through the tree of one letter, noting problems and uses on its way."""

    def __init__(self, language: LetterLanguage, part: Callable[[str], Source | None]) -> None:
        self.findings = Findings()
        self._language = language
        self._part = part
        self._included = self._used = self._length = 0
        self._lines: dict[str, list[str]] = {}
        self._statements: Mapping[type[nodes.Node], Callable[..., None]] = {
            nodes.Output: self._output,
            nodes.If: self._if,
            nodes.For: self._for,
            nodes.Include: self._include,
        }
        self._values: Mapping[type[nodes.Node], Callable[..., Shape | None]] = {
            nodes.Name: self._named,
            nodes.Getattr: self._named,
            nodes.Getitem: self._named,
            nodes.Const: self._constant,
            nodes.Filter: self._filter,
            nodes.CondExpr: self._choice,
            **dict.fromkeys((nodes.Not, nodes.And, nodes.Or, nodes.Test), self._answer),
            nodes.Compare: self._compare,
        }

    def file(self, place: _Place) -> None:
        """Read one file from its beginning to its end."""
        self._length += len(place.source.text)
        if self._length > MAX_FILE:
            message = f"a letter and its parts may be {MAX_FILE // 1024} KB long together"
            self._stop(place, 0, "too-big", message)
        try:
            tree = self._language.read(place.source.text)
            self._body(tree.body, place)
            # Python has limits of its own, which compiling shows now and not when a letter is
            # due. What has problems is not compiled: constants would be worked out meanwhile.
            if not self.findings.problems:
                self._language.compiles(place.source.text, place.source.file)
        except TemplateSyntaxError as error:
            self._note_line(place, error.lineno, "syntax", str(error.message))
        except (RecursionError, SyntaxError, MemoryError):
            self._note_line(place, 0, "syntax", "it is nested too deeply")

    # --- noting -----------------------------------------------------------------------------

    def _note(self, place: _Place, node: nodes.Node, code: str, message: str, *known: str) -> None:
        """Note a problem; the last of ``known`` words is what was written, the rest what exists."""
        *exist, written = known or ("",)
        close = get_close_matches(written, exist, n=1) if written else []
        hint = f"did you mean {close[0]}?" if close else ""
        self._note_line(place, _line(node), code, message, written, hint)

    def _note_line(
        self, place: _Place, line: int, code: str, message: str, written: str = "", hint: str = ""
    ) -> None:
        lines = self._lines_of(place.source.text)
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        column = text.find(written) + 1 if written else 0
        self.findings.problems.add(Problem(place.source.file, line, column, code, message, hint))

    def _lines_of(self, text: str) -> list[str]:
        if text not in self._lines:
            self._lines[text] = text.splitlines()
        return self._lines[text]

    def _stop(self, place: _Place, line: int, code: str, message: str) -> NoReturn:
        self._note_line(place, line, code, message)
        raise _Enough

    def _count(self, node: nodes.Node, place: _Place) -> None:
        self._used += 1
        if self._used > MAX_USES:
            message = f"a letter may use {MAX_USES:,} values and tags"
            self._stop(place, _line(node), "too-many-uses", message)

    def _refuse(self, place: _Place, node: nodes.Node) -> None:
        called = _CALLED.get(type(node), f"{type(node).__name__.lower()}")
        self._note(place, node, "not-allowed", f"{called} is not allowed in a letter")

    # --- statements -------------------------------------------------------------------------

    def _body(self, body: list[nodes.Node], place: _Place) -> None:
        for node in body:
            self._count(node, place)
            self._statements.get(type(node), self._refused)(node, place)

    def _refused(self, node: nodes.Node, place: _Place) -> None:
        self._refuse(place, node)

    def _output(self, node: nodes.Output, place: _Place) -> None:
        for shown in node.nodes:
            if isinstance(shown, nodes.TemplateData):
                continue
            kind = _kind(self._value(shown, place) or "text")
            if kind not in ("text", "integer"):
                self._note(place, shown, "not-text", _HOW_TO_PRINT.get(kind, _NOT_PRINTABLE))

    def _if(self, node: nodes.If, place: _Place) -> None:
        self._truth(node.test, place)
        self._body(node.body, place.knowing(self._known(node.test, place, True)))
        place = place.knowing(self._known(node.test, place, False))
        for other in node.elif_:
            self._if(other, place)
            place = place.knowing(self._known(other.test, place, False))
        self._body(node.else_, place)

    def _for(self, node: nodes.For, place: _Place) -> None:
        if node.recursive or not isinstance(node.target, nodes.Name):
            self._note(place, node, "not-allowed", "a loop gives one name to each row, no more")
            return
        if place.loops == MAX_LOOPS:
            self._note(place, node, "loop-too-deep", f"loops may stand {MAX_LOOPS} deep, no deeper")
            return
        shape = self._value(node.iter, place)
        row = self._row(node, shape, place)
        if row is not None:
            inside = self._looping(place, node.target.name, row)
            if node.test is not None:
                self._truth(node.test, inside)
                inside = inside.knowing(self._known(node.test, inside, True))
            self._body(node.body, inside)
        self._body(node.else_, place)

    def _row(self, node: nodes.For, shape: Shape | None, place: _Place) -> _Found | None:
        path = f"{self._path(node.iter, place)}[]"
        if isinstance(shape, list):
            return _Found(path, shape[0])
        if shape == "list":
            return _Found(path, "text")
        if shape is not None:
            self._note(place, node, "not-a-list", f"a loop needs a list; this is {_kind(shape)}")
        return None

    @staticmethod
    def _looping(place: _Place, name: str, row: _Found) -> _Place:
        names = {**place.names, name: row, "loop": _Found("loop", LOOP)}
        # What was known of one row is not known of the next.
        present = frozenset(path for path in place.present if not path.startswith(row.path))
        return replace(place, names=names, present=present, loops=place.loops + 1)

    def _include(self, node: nodes.Include, place: _Place) -> None:
        name = node.template.value if isinstance(node.template, nodes.Const) else None
        if not isinstance(name, str) or not _PART_NAME.fullmatch(name):
            self._note(place, node, "bad-include", _HOW_TO_INCLUDE)
        elif node.ignore_missing or not node.with_context:
            self._note(place, node, "bad-include", "include a part by its name, with nothing added")
        elif name in place.trail:
            self._note(place, node, "include-loop", f"{name} includes itself", name)
        elif (source := self._part(name)) is None:
            self._note(place, node, "missing-part", f"there is no {name}", name)
        else:
            inside = replace(place, source=source, trail=(*place.trail, name))
            self._enter(node, name, inside, place)

    def _enter(self, node: nodes.Include, name: str, inside: _Place, place: _Place) -> None:
        self.findings.parts.add(name)
        self._included += 1
        if self._included == MAX_PARTS:
            self._note(place, node, "too-many-parts", f"a letter may include {MAX_PARTS} parts")
        elif self._included < MAX_PARTS:
            self.file(inside)

    # --- values -----------------------------------------------------------------------------

    def _value(self, node: nodes.Node, place: _Place) -> Shape | None:
        """Read a value that must be there; give its shape, or None where that is not known."""
        self._count(node, place)
        reader = self._values.get(type(node))
        if reader is None:
            self._refuse(place, node)
            return None
        return reader(node, place)

    def _named(self, node: nodes.Expr, place: _Place) -> Shape | None:
        found = self._find(node, place)
        if found is None:
            return None
        if found.doubtful and found.path not in place.present:
            message = f"{found.path} may be missing; put it inside {{% if {found.path} %}}"
            self._note(place, node, "may-be-missing", message)
        self._use(found, place)
        return found.shape

    def _use(self, found: _Found, place: _Place) -> None:
        # That there are facts says nothing about any one of them.
        steps, first = found.path.split("."), 2 if found.path.startswith(_FACTS) else 1
        known = any(".".join(steps[:n]) in place.present for n in range(first, len(steps) + 1))
        self.findings.uses.add(Use(found.path, found.shape, not known))

    def _find(self, node: nodes.Node, place: _Place) -> _Found | None:
        """Follow a name such as ``case.stage`` through the contract."""
        if isinstance(node, nodes.Name):
            if node.name not in place.names:
                self._unknown(node, node.name, place, list(place.names))
            return place.names.get(node.name)
        name = _step(node)
        if name is None or not isinstance(node, nodes.Getattr | nodes.Getitem):
            self._refuse(place, node)
            return None
        parent = self._find(node.node, place)
        return self._inside(node, parent, name, place) if parent else None

    def _inside(self, node: nodes.Node, parent: _Found, name: str, place: _Place) -> _Found | None:
        if parent.doubtful and parent.path not in place.present:
            message = f"{parent.path} may be missing; put this inside {{% if {parent.path} %}}"
            self._note(place, node, "may-be-missing", message)
        members = parent.shape if isinstance(parent.shape, dict) else {}
        found = _member(parent.path, name, members)
        if found is None:
            self._unknown(node, under(parent.path, name), place, _full(parent.path, members))
        return found

    def _unknown(self, node: nodes.Node, name: str, place: _Place, exist: list[str]) -> None:
        message = f"nothing is called {name}; a letter cannot say it"
        self._note(place, node, "unknown-name", message, *exist, name)

    def _constant(self, node: nodes.Const, place: _Place) -> Shape | None:
        kinds: Mapping[type, Shape] = {str: "text", int: "integer", bool: "yes_no"}
        kind = kinds.get(type(node.value))
        if kind is None:
            self._note(place, node, "not-allowed", f"{node.value} has no place in a letter")
        return kind

    def _filter(self, node: nodes.Filter, place: _Place) -> Shape | None:
        shape = self._value(node.node, place) if node.node else None
        if node.name not in FILTERS:
            message = f"there is no filter called {node.name}"
            self._note(place, node, "unknown-filter", message, *FILTERS, node.name)
            return None
        takes, count = _TAKES[node.name]
        if shape is not None and _kind(shape) not in takes:
            message = f"{node.name} is for {' or '.join(takes)}; this is {_kind(shape)}"
            self._note(place, node, "wrong-filter", message, node.name)
        if not _only_words(node) or len(node.args) not in count:
            self._note(place, node, "filter-words", _HOW_TO_FILTER[node.name], node.name)
        return _GIVES.get(node.name, "text")

    def _choice(self, node: nodes.CondExpr, place: _Place) -> Shape | None:
        self._truth(node.test, place)
        if node.expr2 is None:
            self._note(place, node, "needs-else", "say what to print otherwise: … if … else …")
        else:
            self._value(node.expr2, place.knowing(self._known(node.test, place, False)))
        return self._value(node.expr1, place.knowing(self._known(node.test, place, True)))

    def _answer(self, node: nodes.Expr, place: _Place) -> Shape | None:
        self._truth(node, place)
        return "yes_no"

    def _compare(self, node: nodes.Compare, place: _Place) -> Shape | None:
        left = self._value(node.expr, place)
        for other in node.ops:
            if other.op not in _COMPARISONS:
                self._note(place, node, "not-allowed", f"comparing with {other.op} is not allowed")
            right = self._value(other.expr, place)
            if left and right and _kind(left) != _kind(right):
                message = f"{_kind(left)} and {_kind(right)} cannot be compared"
                self._note(place, node, "wrong-comparison", message)
        return "yes_no"

    # --- conditions -------------------------------------------------------------------------

    def _truth(self, node: nodes.Node, place: _Place) -> None:
        """Read a condition, in which a value may be asked for that is perhaps not there."""
        self._count(node, place)
        if isinstance(node, nodes.Not):
            self._truth(node.node, place)
        elif isinstance(node, nodes.And | nodes.Or):
            self._truth(node.left, place)
            known = self._known(node.left, place, isinstance(node, nodes.And))
            self._truth(node.right, place.knowing(known))
        elif isinstance(node, nodes.Test):
            self._test(node, place)
        elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            if found := self._find(node, place):
                self._asked(found, place)
        else:
            self._value(node, place)

    def _test(self, node: nodes.Test, place: _Place) -> None:
        if node.name not in TESTS or node.args:
            message = f"only “is defined” and “is none” can be asked, not “is {node.name}”"
            self._note(place, node, "unknown-test", message, *TESTS, node.name)
        elif found := self._find(node.node, place):
            self._use(found, place.knowing(frozenset([found.path])))

    def _asked(self, found: _Found, place: _Place) -> None:
        # Whether a part or a doubtful value is there may be asked; a fact must be there by then.
        open_question = found.doubtful or isinstance(found.shape, dict)
        self._use(found, place.knowing(frozenset([found.path] if open_question else [])))

    def _known(self, node: nodes.Node, place: _Place, answer: bool) -> frozenset[str]:
        """List what is certainly there when a condition has come out as ``answer``."""
        if isinstance(node, nodes.Not):
            return self._known(node.node, place, not answer)
        if isinstance(node, nodes.And | nodes.Or):
            left = self._known(node.left, place, answer)
            right = self._known(node.right, place, answer)
            return left | right if isinstance(node, nodes.And) == answer else left & right
        if isinstance(node, nodes.Test):
            path = self._path(node.node, place)
            # A fact is there or not; anything else is always there but may be None.
            asked = "defined" if path.startswith(_FACTS) else "none"
            there = node.name == asked and answer == (asked == "defined")
            return frozenset([path] if there else [])
        return frozenset([self._path(node, place)] if answer else [])

    def _path(self, node: nodes.Node, place: _Place) -> str:
        if isinstance(node, nodes.Name):
            return place.names[node.name].path if node.name in place.names else node.name
        if isinstance(node, nodes.Getattr | nodes.Getitem):
            return under(self._path(node.node, place), _step(node) or "?")
        return "?"


_NOT_PRINTABLE = "this is a part with values of its own; print one of them"
_HOW_TO_PRINT: Mapping[str, str] = {
    "date": "write a date as {{ … | date }}",
    "money": "write an amount as {{ … | money }}",
    "yes_no": "a yes or no cannot be printed; use {% if … %}",
    _LISTS: "write a list as {{ … | join_and }} or with {% for … %}",
    _ROWS: "write rows with {% for … %}",
}
_HOW_TO_INCLUDE = 'write {% include "parts/name.md.j2" %}: a part, by its name in quotes'
_HOW_TO_FILTER: Mapping[str, str] = {
    **dict.fromkeys(FILTERS, "nothing can be added to this filter"),
    "plural": 'write {{ … | plural("day") }} or {{ … | plural("party", "parties") }}',
}


def _step(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.arg.value if isinstance(node.arg.value, str) else None
    return None


def _line(node: nodes.Node) -> int:
    # Jinja2 gives some of its own nodes no line; what stands in them has one.
    lines = [node.lineno, *(child.lineno for child in node.iter_child_nodes())]
    return next((line for line in lines if line), 0)


def _full(path: str, members: Mapping[str, Shape]) -> list[str]:
    return [under(path, name.rstrip("?")) for name in members]


def _only_words(node: nodes.Filter) -> bool:
    words = all(isinstance(a, nodes.Const) and isinstance(a.value, str) for a in node.args)
    return words and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
