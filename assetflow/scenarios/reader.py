"""Reads a scenario file: YAML in, a ``Book`` out, or every problem with its line."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from assetflow.scenarios.kinds import CLAIM, COMMON, EXPECTED, KINDS, PLAYER, SCENARIO, START
from assetflow.scenarios.shapes import Page, entry, named, text, unknown_key, values
from assetflow.scenarios.told import THE_CASE, Book, Claim, Player, Scenario, Step
from assetflow.yaml_reader import Path_, Tree

_TOP = ("workflow", "people", "papers", "scenarios", "cannot_happen")
_CASES = ("case", "cases", "steps")


def book(tree: Tree) -> tuple[Book | None, Page]:
    """Read a parsed file; without a book where the file is not even one."""
    page, value = Page(tree), tree.value
    if not isinstance(value, dict):
        hint = "begin with workflow: and scenarios:"
        page.wrong((), "not-a-scenario", "the file has no named entries", hint)
        return None, page
    for name in value:
        if name not in _TOP:
            unknown_key(page, (), name, list(_TOP))
    for name in ("workflow", "scenarios"):
        if name not in value:
            page.wrong((), "missing-key", f"{name} is missing", f"add {name}: here")
    route = text(page, ("workflow",), value["workflow"]) if "workflow" in value else None
    told = tuple(_scenarios(page, value.get("scenarios", [])))
    players = tuple(_people(page, value.get("people", {})))
    claims = tuple(_claims(page, value.get("cannot_happen", [])))
    papers = named(values)(page, ("papers",), value["papers"]) if "papers" in value else {}
    return Book(Path(tree.file), route or "", players, told, claims, papers or {}), page


def _claims(page: Page, value: Any) -> Iterator[Claim]:
    if not isinstance(value, list):
        page.wrong(("cannot_happen",), "wrong-type", "cannot_happen must be a list",
                   "begin each entry with - refusal:")  # fmt: skip
        return
    for n, item in enumerate(value):
        path = ("cannot_happen", n)
        read = entry(CLAIM, ("refusal", "because"))(page, path, item) or {}
        if len(read) == len(CLAIM):
            yield Claim(page.line(path), read["refusal"], read["because"])


def _people(page: Page, value: Any) -> list[Player]:
    if not isinstance(value, dict):
        page.wrong(("people",), "wrong-type", "people must be a group of named entries",
                   "write it as name: {roles: [director]}")  # fmt: skip
        return []
    found = []
    for handle, particulars in value.items():
        read = entry(PLAYER)(page, ("people", handle), particulars)
        if read is not None:
            name = read.pop("name", handle.replace("_", " ").title())
            found.append(Player(handle, name, **read))
    return found


def _scenarios(page: Page, value: Any) -> list[Scenario]:
    if not isinstance(value, list) or not value:
        page.wrong(("scenarios",), "wrong-type", "scenarios must be a list",
                   "begin each scenario with - name:")  # fmt: skip
        return []
    found = [_scenario(page, ("scenarios", n), item) for n, item in enumerate(value)]
    names: dict[str, int] = {}
    for one in (one for one in found if one):
        if one.name in names:
            message = f"the scenario on line {names[one.name]} has the same name"
            page.wrong((*one.path, "name"), "same-label", message, "give each its own")
        names.setdefault(one.name, one.line)
    return [one for one in found if one]


def _scenario(page: Page, path: Path_, value: Any) -> Scenario | None:
    if not isinstance(value, dict):
        page.wrong(path, "wrong-type", "a scenario must be a group of named entries",
                   "begin it with - name:")  # fmt: skip
        return None
    own = {name: item for name, item in value.items() if name not in _CASES}
    said = entry(SCENARIO, ("name",))(page, path, own) or {}
    if "end" not in value and "stage" not in value:
        hint = "add end: with an outcome, or stage: with a stage"
        page.wrong(path, "missing-key", "it does not say where it ends", hint)
    starts = _starts(page, path, value)
    steps = _steps(page, path, value.get("steps", []), starts)
    opened = any(step.kind == "open" for step in steps)
    if not (opened or "case" in value or "cases" in value):
        page.wrong(path, "missing-key", "no case is opened", "add case: with its day received")
    only = starts[0].what["name"] if starts else THE_CASE
    return Scenario(
        said.get("name", ""), page.line(path), path, _in_order(starts, steps),
        _of_cases(said.get("end"), only), _of_cases(said.get("stage"), only),
        page.line((*path, "end")) or page.line((*path, "stage")),
    )  # fmt: skip


def _of_cases(said: Any, only: str) -> dict[str, str]:
    return said if isinstance(said, dict) else {only: said} if said else {}


def _starts(page: Page, path: Path_, value: dict[str, Any]) -> list[Step]:
    entries = [(THE_CASE, (*path, "case"), value["case"])] if "case" in value else []
    if "cases" in value and not isinstance(value["cases"], dict):
        hint = "write it as name: {received: 2026-01-05}"
        page.wrong((*path, "cases"), "wrong-type", "cases must be a group of named entries", hint)
    elif "cases" in value:
        entries += [(n, (*path, "cases", n), item) for n, item in value["cases"].items()]
    found = []
    for name, where, item in entries:
        read = entry(START, ("received",))(page, where, item)
        if read and "received" in read:
            received, actor = read.pop("received"), read.pop("as", None)
            found.append(Step(page.line(where), where, received, received, name, "open",
                              {"name": name, **read}, {"as": actor} if actor else {}))  # fmt: skip
    return found


def _steps(page: Page, path: Path_, value: Any, starts: list[Step]) -> list[Step]:
    if not isinstance(value, list):
        page.wrong((*path, "steps"), "wrong-type", "steps must be a list", "begin each with - on:")
        return []
    case = starts[0].case if starts else THE_CASE
    today = min((start.on for start in starts), default=None)
    found: list[Step] = []
    for n, item in enumerate(value):
        step = _step(page, (*path, "steps", n), item, case, today)
        if step is not None:
            found.append(step)
            today = step.recorded
    return found


def _step(page: Page, path: Path_, value: Any, case: str, today: date | None) -> Step | None:
    if not isinstance(value, dict):
        page.wrong(path, "wrong-type", "a step must be a group of named entries",
                   "write it as {on: 2026-01-05, do: accept}")  # fmt: skip
        return None
    before, kinds = len(page.problems), [name for name in value if name in KINDS]
    if len(kinds) > 1:
        message = f"one step does one thing, not {' and '.join(kinds)}"
        page.wrong((*path, kinds[1]), "two-steps", message, "make two steps of it")
        return None
    kind = KINDS[kinds[0]] if kinds else None
    allowed = {**COMMON, **EXPECTED, **(kind.options if kind else {})}
    if kind:
        allowed[kinds[0]] = kind.value
    elif not any(name in EXPECTED for name in value):
        hint = f"name one of: {', '.join(KINDS)}"
        page.wrong(path, "no-step", "nothing is done and nothing is expected", hint)
    read = entry(allowed, kind.needs if kind else ())(page, path, value) or {}
    days = None if "on" in value and "on" not in read else _days(page, path, read, today)
    if days is None or len(page.problems) > before:
        return None
    return _told(page, path, "".join(kinds), days, {"case": case, **read})


def _days(
    page: Page, path: Path_, read: dict[str, Any], today: date | None
) -> tuple[date, date] | None:
    """Give the day on which a step happens, and the day on which it is entered."""
    on = read.get("on", today)
    if on is None:
        page.wrong(path, "missing-key", "on is missing", "say the day, as in on: 2026-01-05")
        return None
    recorded = read.get("recorded", on)
    if recorded < on:
        page.wrong((*path, "recorded"), "days-out-of-order", "it is recorded before it happens")
    if today is not None and recorded < today:
        message = f"this day lies before {today.isoformat()}, the day of the step before"
        hint = "put the steps in order; what is entered late has recorded: as well"
        page.wrong((*path, "on"), "days-out-of-order", message, hint)
    return on, recorded


def _told(
    page: Page, path: Path_, kind: str, days: tuple[date, date], read: dict[str, Any]
) -> Step:
    expected = {k: v for k, v in read.items() if k in EXPECTED}
    told = ("on", "recorded", "case", kind, *expected)
    given = {k: v for k, v in read.items() if k not in told}
    return Step(page.line(path), path, *days, read["case"], kind, read.get(kind), given, expected)


def _in_order(starts: list[Step], steps: list[Step]) -> tuple[Step, ...]:
    """Put the cases that are there from the start among the steps, each on its day."""
    return tuple(sorted([*starts, *steps], key=lambda step: step.recorded))
