"""No text, however it is made, keeps a regular expression of ours busy: 100 kB within 50 ms.

The expressions are found in the source by themselves: every call of ``re`` in every module is
worked out there, and each is tried in the ways in which that module uses it.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import assetflow
from assetflow.casework import personal

LENGTH = 100_000
SECONDS = 0.05
# Every way to ask one compiled expression about a text; what answers bit by bit is read out.
WAYS: dict[str, Callable[[re.Pattern[str], str], object]] = {
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "search": lambda pattern, text: pattern.search(text),
    "findall": lambda pattern, text: pattern.findall(text),
    "finditer": lambda pattern, text: list(pattern.finditer(text)),
    "sub": lambda pattern, text: pattern.sub("", text),
    "subn": lambda pattern, text: pattern.subn("", text),
    "split": lambda pattern, text: pattern.split(text),
}


# By the module that makes them: expressions as they come out of what somebody has typed.
MADE_OF_WHAT_IS_TYPED = {
    "assetflow.casework.personal": [
        personal._identifier(typed).pattern or re.compile("")
        for typed in ("Joan Mills", "joan.mills@example.org", "0151 496 0100", "(" * 30, "a " * 30)
    ],
}


class Use(NamedTuple):
    """One expression of ours, where it stands, and a way in which it is used."""

    module: str
    line: int
    pattern: re.Pattern[str]
    way: str


def modules() -> Iterator[ModuleType]:
    """Every module of assetflow that can be imported; starting it is the one that cannot."""
    for found in pkgutil.walk_packages(assetflow.__path__, "assetflow."):
        if found.name not in ("assetflow.__main__", "assetflow.migrations.env"):
            yield importlib.import_module(found.name)


def uses(source: str, names: dict[str, Any], module: str) -> Iterator[Use]:
    """Every expression that a module's text makes or asks, with the ways it is asked in."""
    tree = ast.parse(source)
    asked = list(_asked(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _of_re(node.func, names)
        if called == "compile":
            try:
                pattern = eval(compile(ast.Expression(node), module, "eval"), dict(names))  # noqa: S307
            except NameError:  # it is made of what somebody types
                yield from (
                    Use(module, node.lineno, made, way)
                    for made in MADE_OF_WHAT_IS_TYPED[module] for way in ("search", "findall")
                )  # fmt: skip
                continue
            ways = {way for name, way in asked if names.get(name) == pattern}
            # What stands in a table is asked under a name of its own, in any of these ways.
            ways = ways or {way for name, way in asked if _may_be_pattern(names.get(name), way)}
            yield from (Use(module, node.lineno, pattern, way) for way in sorted(ways or WAYS))
        elif called in WAYS:
            yield Use(module, node.lineno, _written_out(node, names, module), called)


def _of_re(func: ast.expr, names: dict[str, Any]) -> str:
    """Give which function of ``re`` is called, under whatever name the module has it."""
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        return func.attr if names.get(func.value.id) is re else ""
    found = names.get(func.id) if isinstance(func, ast.Name) else None
    known = {getattr(re, name): name for name in (*WAYS, "compile")}
    return known.get(found, "") if callable(found) else ""


def _asked(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every ``NAME.way(`` of a text, with an empty name where it is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in WAYS:
            yield (node.value.id if isinstance(node.value, ast.Name) else ""), node.attr


def _may_be_pattern(found: object, way: str) -> bool:
    # Text has a split of its own, and nothing tells the two apart here.
    return not isinstance(found, re.Pattern) and found is not re and way != "split"


def _written_out(node: ast.Call, names: dict[str, Any], module: str) -> re.Pattern[str]:
    """Work out an expression that is written where it is asked."""
    flags = [a.value for a in node.keywords if a.arg == "flags"]
    flags += [a for a in node.args if isinstance(a, ast.Attribute) and a.attr.isupper()]
    parts = [ast.Expression(part) for part in (node.args[0], *flags)]
    pattern, *with_flags = (
        eval(compile(part, module, "eval"), dict(names))  # noqa: S307
        for part in parts
    )
    return re.compile(pattern, *with_flags)


def all_uses() -> list[Use]:
    found = []
    for module in modules():
        source = inspect.getsource(module)
        found += list(uses(source, vars(module), module.__name__))
    return found


USES = all_uses()

# --- hostile texts --------------------------------------------------------------------------


def hostile(pattern: re.Pattern[str]) -> Iterator[str]:
    """Texts that make a careless expression try again and again, among them its near misses."""
    for begin in ("", *_literals(pattern)):
        for piece in (
            "a",
            "-",
            " ",
            "9",
            ".",
            "\t",
            "\n",
            "a-",
            "a ",
            "a.",
            "1,",
            "9 a",
            "é",
            "_",
            "#",
        ):
            for end in ("", "\n!"):
                yield (begin + piece * LENGTH)[: LENGTH - len(end)] + end
    for piece in (*_literals(pattern), "".join(_literals(pattern))):
        if piece:
            yield (piece * LENGTH)[: LENGTH - 1] + "\0"
            yield ((piece + " ") * LENGTH)[: LENGTH - 1] + "!"


def _literals(pattern: re.Pattern[str]) -> list[str]:
    """Beginnings of what an expression asks for: its own words, with a sample for each class."""
    text = pattern.pattern
    samples = {r"\w": "a", r"\s": " ", r"\d": "9", r"\.": ".", r"\{": "{", r"\(": "(", r"\n": "\n"}
    plain = re.sub(r"\\.", lambda found: samples.get(found[0], found[0][1:]), text)
    plain = re.sub(r"\(\?[^)]*\)|\[[^\]]*\]|[(){}*+?^$|\\]", " ", plain)
    words = [word for word in plain.split() if len(word) < 40]
    begun = [" ".join(words[:n]) for n in range(1, min(len(words), 4) + 1)]
    return list(dict.fromkeys([*words[:6], *begun, "1a", "1 a", "{% a", "a@a.a"]))


def slowest(use: Use) -> tuple[float, str]:
    """Give the longest time that a text takes, the best of three, and how the text begins."""
    worst = (0.0, "")
    for text in hostile(use.pattern):
        for _ in range(3):
            begun = time.process_time()
            WAYS[use.way](use.pattern, text)
            took = time.process_time() - begun
            if took <= SECONDS or took > 1:
                break
        worst = max(worst, (took, text[:20] + "…" + text[-3:]))
        if took > SECONDS:
            break
    return worst


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.module}-{use.line}-{use.way}")
def test_no_text_keeps_an_expression_busy(use: Use) -> None:
    took, text = slowest(use)
    assert took <= SECONDS, (use.pattern.pattern, use.way, text)


# --- that they are all found ----------------------------------------------------------------


def test_every_word_of_re_in_the_source_is_one_that_was_found() -> None:
    """What the tree did not show would be an expression nobody tries."""
    found = {(use.module, use.line) for use in USES}
    for module in modules():
        lines = inspect.getsource(module).splitlines()
        written = [
            n for n, line in enumerate(lines, 1) if re.search(r"\bre\.(?!escape)[a-z]+\(", line)
        ]
        assert {(module.__name__, n) for n in written} <= found


PLANTED = """
import re
from re import fullmatch as whole
_ONE = re.compile(r"(a+)+$")
_TABLE = [(re.compile("b", re.ASCII), "x")]
def f(text):
    for pattern, _ in _TABLE:
        pattern.search(text)
    return _ONE.match(text) or re.sub("c+", "", text) or whole(f"d{1 + 1}", text)
"""


def test_new_expressions_are_found_wherever_they_stand() -> None:
    names: dict[str, Any] = {}
    exec(PLANTED, names)  # noqa: S102 - our own words, above
    assert [
        (use.line, use.pattern.pattern, use.way) for use in uses(PLANTED, names, "planted")
    ] == [
        (4, "(a+)+$", "match"),
        (5, "b", "search"),
        (9, "c+", "sub"),
        (9, "d2", "fullmatch"),
    ]


@pytest.mark.parametrize(
    ("pattern", "length"),
    [(r"\s*x", 8_000), (r"([a-z]+)*[0-9]$", 20), (r"a.*a.*b", 1_000), (r"-+$", 8_000)],
)
def test_a_careless_expression_would_be_seen(
    pattern: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.LENGTH", length)
    assert slowest(Use("planted", 1, re.compile(pattern), "search"))[0] > SECONDS
