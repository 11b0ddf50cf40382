"""How the values of a scenario file are written: each shape reads one, or says what is wrong."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from assetflow.errors import Problem
from assetflow.soundness import nearest
from assetflow.yaml_reader import Path_, Tree

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Page:
    """A file that is being read: its tree, and every problem found so far."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: list[Problem] = []

    def wrong(self, path: Path_, code: str, message: str, hint: str = "") -> None:
        """Note a problem at its place."""
        self.problems.append(self.tree.problem(path, code, message, hint))

    def line(self, path: Path_) -> int:
        """Give the line on which something stands."""
        return self.tree.marks.get(path, (0, 0))[0]


# Reads the value at a place; gives None where it cannot be used, which is then a problem.
Shape = Callable[[Page, Path_, Any], Any]


def text(page: Page, path: Path_, value: Any) -> str | None:
    """Read text; a number is its digits."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        if str(value).strip():
            return str(value)
        page.wrong(path, "wrong-type", f"{_name(path)} is empty", "write it, or leave it out")
        return None
    page.wrong(path, "wrong-type", f"{_name(path)} must be text", "put the text in quotes")
    return None


def day(page: Page, path: Path_, value: Any) -> date | None:
    """Read a day, as 2026-01-05."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    page.wrong(path, "bad-day", f"{value!r} is not a day", "write it as 2026-01-05")
    return None


def switch(page: Page, path: Path_, value: Any) -> bool | None:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    page.wrong(
        path, "wrong-type", f"{_name(path)} must be true or false", "write it without quotes"
    )
    return None


def number(page: Page, path: Path_, value: Any) -> int | None:
    """Read a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    page.wrong(path, "wrong-type", f"{_name(path)} must be a whole number")
    return None


def party(page: Page, path: Path_, value: Any) -> str | None:
    """Read who accepts something: the group or the champion."""
    if value in ("group", "champion"):
        return str(value)
    page.wrong(path, "wrong-type", f"{_name(path)} must be group or champion")
    return None


def texts(page: Page, path: Path_, value: Any) -> tuple[str, ...] | None:
    """Read a list of texts; one alone needs no brackets."""
    if not isinstance(value, list):
        one = text(page, path, value)
        return None if one is None else (one,)
    found = [text(page, (*path, n), item) for n, item in enumerate(value)]
    return tuple(item for item in found if item is not None)


def facts(page: Page, path: Path_, value: Any) -> dict[str, str] | None:
    """Read facts with their values, each as an officer would type it."""
    if not isinstance(value, dict) or not value:
        _not_entries(page, path, "{name: value}")
        return None
    found = {name: _typed(page, (*path, name), item) for name, item in value.items()}
    return {name: item for name, item in found.items() if item is not None}


def _typed(page: Page, path: Path_, value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        items = texts(page, path, value)
        return None if items is None else "; ".join(items)
    return text(page, path, value)


def values(page: Page, path: Path_, value: Any) -> dict[str, Any] | None:
    """Take named values as they stand; whoever uses them reads them."""
    if not isinstance(value, dict):
        _not_entries(page, path, "{name: value}")
        return None
    return value


def by_case(page: Page, path: Path_, value: Any) -> str | dict[str, str] | None:
    """Read one text for the only case, or one for each case by its name."""
    if not isinstance(value, dict):
        return text(page, path, value)
    found = {name: text(page, (*path, name), item) for name, item in value.items()}
    return {name: item for name, item in found.items() if item is not None}


def entry(allowed: Mapping[str, Shape], needed: tuple[str, ...] = ()) -> Shape:
    """Make the shape of a group of named values, of which some must be there."""

    def shape(page: Page, path: Path_, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            _not_entries(page, path, f"{{{next(iter(allowed))}: …}}")
            return None
        for name in needed:
            if name not in value:
                page.wrong(path, "missing-key", f"{name} is missing", f"add {name}: here")
        return dict(_read(page, path, value, allowed))

    return shape


def named(of_one: Shape) -> Shape:
    """Make the shape of a group in which each name has a value of one shape."""

    def shape(page: Page, path: Path_, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict) or not value:
            _not_entries(page, path, "{name: value}")
            return None
        return {
            name: found
            for name, item in value.items()
            if (found := of_one(page, (*path, name), item)) is not None
        }

    return shape


def unknown_key(page: Page, path: Path_, name: str, known: list[str]) -> None:
    """Note a key that means nothing here."""
    message = f"{name} is not a key that is known here"
    page.wrong((*path, name), "unknown-key", message, nearest(name, known))


def _read(
    page: Page, path: Path_, value: dict[str, Any], allowed: Mapping[str, Shape]
) -> list[tuple[str, Any]]:
    found = []
    for name, item in value.items():
        if name not in allowed:
            unknown_key(page, path, name, list(allowed))
        elif (read := allowed[name](page, (*path, name), item)) is not None:
            found.append((name, read))
    return found


def _not_entries(page: Page, path: Path_, form: str) -> None:
    hint = f"write it as {form} or on indented lines"
    page.wrong(path, "wrong-type", f"{_name(path)} must be a group of named entries", hint)


def _name(path: Path_) -> str:
    last = path[-1] if path else "the file"
    return (
        f"entry {last + 1} of {path[-2]}" if isinstance(last, int) and len(path) > 1 else str(last)
    )
