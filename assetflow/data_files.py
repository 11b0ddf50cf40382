"""Reads the dated, sourced data beside the code: bank holidays, libraries, rights, retention."""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assetflow import local_days
from assetflow.calendars import Calendar, calendar_from
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.files import read_at_most
from assetflow.local_days import LocalDays
from assetflow.permissions import ADMINISTRATOR, COUNCIL_RIGHTS, CouncilRights
from assetflow.retention import CASE_ENDED, RetentionClass, Schedule
from assetflow.settings import Settings

if TYPE_CHECKING:
    from assetflow.yaml_reader import Tree

MAX_TABLE = 1024 * 1024


def calendar(settings: Settings, division: str | None = None) -> Calendar:
    """Give the working-day calendar of a division, the council's own where none is named.

    The days that the council adds are in it. A file is read again if it has changed.
    """
    own, *tables = _calendar_files(settings)
    for path in tables:
        as_of = _as_of(path)
        if as_of is not None:
            return _calendar(path, division or settings.calendar, as_of, own, _as_of(own))
    raise NotFound("The bank holidays are missing.", remedies=["install assetflow again"])


def calendar_with(settings: Settings, division: str, days: LocalDays) -> Calendar:
    """Give the calendar of a division as it would be with these days of the council."""
    tables = _calendar_files(settings)[1:]
    path = next((each for each in tables if _as_of(each) is not None), tables[-1])
    return _counted(path, division, days)


def local_days_file(settings: Settings) -> Path:
    """Give the file of the days that the council adds; it need not be there."""
    return settings.home / "data" / local_days.FILE_NAME


@lru_cache(maxsize=8)
def _calendar_files(settings: Settings) -> tuple[str, ...]:
    tables = (str(folder / "bank_holidays.json") for folder in settings.folders("data"))
    return str(local_days_file(settings)), *tables


_AsOf = tuple[int, int, int]


def _as_of(path: str) -> _AsOf | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a command asks often, and Path is slow
    except OSError:
        return None
    regular = stat.S_ISREG(found.st_mode)
    return (found.st_mtime_ns, found.st_size, found.st_ino) if regular else None


@lru_cache(maxsize=8)
def _calendar(
    path: str, division: str, _as_of: _AsOf, own: str, own_as_of: _AsOf | None
) -> Calendar:
    return _counted(path, division, local_days.read(Path(own)) if own_as_of else LocalDays())


def _counted(path: str, division: str, days: LocalDays) -> Calendar:
    try:
        table = json.loads(read_at_most(Path(path), MAX_TABLE).decode("utf-8-sig"))
        return calendar_from(
            table if isinstance(table, dict) else {},
            division,
            days.closing.items(),
            days.announced.get(division, {}).items(),
            days.worked.get(division, {}),
        )
    except (ValueError, OSError, RecursionError) as error:
        problem = Problem(path, 0, 0, "bad-calendar", str(error))
        raise BadFile("The bank holidays cannot be used.", [problem]) from error


def libraries(settings: Settings) -> dict[str, dict[str, Any]]:
    """Give the reference libraries by name, each with its entries by identifier.

    A library is a file ``data/<name>_library.yaml``; a council's own file replaces the shipped one.
    """
    # The YAML parser is needed only where a library is read, never for the calendar.
    from assetflow.yaml_reader import read_file  # noqa: PLC0415

    found: dict[str, dict[str, Any]] = {}
    for path in library_files(settings):
        found[path.stem] = _entries(read_file(path), path.name)
    return found


def _entries(tree: "Tree", name: str) -> dict[str, Any]:
    entries = tree.value.get("entries") if isinstance(tree.value, dict) else None
    if not isinstance(entries, dict):
        message = "a library needs `entries:` with named entries"
        bad = [tree.problem((), "no-entries", message)]
    else:
        bad = [
            tree.problem(("entries", key), "bad-entry", f"{key} must be a group of named values")
            for key, entry in entries.items()
            if not isinstance(entry, dict)
        ]
    if bad or not isinstance(entries, dict):
        raise BadFile(f"The library {name} cannot be used.", bad)
    return entries


def library_files(settings: Settings) -> list[Path]:
    """List the files of the reference libraries, the council's own instead of the shipped one."""
    files: dict[str, Path] = {}
    for folder in reversed(settings.folders("data")):
        files.update({path.name: path for path in folder.glob("*_library.yaml")})
    return [files[name] for name in sorted(files)]


def council_rights(settings: Settings, route_roles: Mapping[str, str]) -> CouncilRights:
    """Give who may do what concerns no single case; ``route_roles`` are the labels a route gives.

    The shipped file names roles of the shipped routes; where none of those is in use, nobody holds
    them. Raises ``BadFile`` with every problem of ``data/council_rights.yaml``.
    """
    from assetflow.yaml_reader import read_file  # noqa: PLC0415 - as above

    path = settings.policy_file("data", "council_rights.yaml")
    if path is None:
        raise NotFound("The council rights are missing.", remedies=["install assetflow again"])
    tree = read_file(path)
    if path.parent != settings.home / "data":
        _pass_over_unknown(tree.value["rights"], {*route_roles, *tree.value["roles"]})
    problems = list(_rights_problems(tree, route_roles))
    if problems:
        raise BadFile(f"{path.name} cannot be used.", sorted(problems))
    own = {role: entry["label"] for role, entry in tree.value["roles"].items()}
    rights = {right: tuple(roles) for right, roles in tree.value["rights"].items()}
    return CouncilRights({**route_roles, **own}, rights)


def _pass_over_unknown(rights: dict[str, list[str]], known: set[str]) -> None:
    for right, roles in rights.items():
        rights[right] = [role for role in roles if role in known]


def _rights_problems(tree: "Tree", route_roles: Mapping[str, str]) -> Iterator[Problem]:
    content: dict[str, Any] = tree.value if isinstance(tree.value, dict) else {}
    for part in ("roles", "rights"):
        if not isinstance(content.get(part), dict):
            yield tree.problem((), "no-entries", f"the file needs `{part}:` with named entries")
            return
    for role, entry in content["roles"].items():
        if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
            yield tree.problem(("roles", role), "no-label", f"{role} needs a label")
    if ADMINISTRATOR not in content["roles"]:
        yield tree.problem(("roles",), "unknown-role", f"the role {ADMINISTRATOR} is missing")
    known = {*route_roles, *content["roles"]}
    for right in sorted({*COUNCIL_RIGHTS, *content["rights"]}):
        yield from _right_problems(tree, right, content["rights"].get(right), known)


def _right_problems(tree: "Tree", right: str, roles: Any, known: set[str]) -> Iterator[Problem]:
    place = ("rights", right)
    if right not in COUNCIL_RIGHTS:
        hint = f"known: {', '.join(COUNCIL_RIGHTS)}"
        yield tree.problem(place, "unknown-right", f"there is no right {right}", hint)
    elif not isinstance(roles, list) or not roles:
        hint = f"name at least one role, as in {right}: [{ADMINISTRATOR}]"
        yield tree.problem(place, "right-of-nobody", f"nobody may {right.replace('_', ' ')}", hint)
    else:
        for number, role in enumerate(roles):
            if role not in known:
                yield tree.problem((*place, number), "unknown-role", f"there is no role {role}")


# --- the retention schedule -----------------------------------------------------------------------

_TEXTS = ("label", "ground", "source")
_ENTRIES = ("applies_to", "years", "verified", *_TEXTS)
_OF_CASES = ("outcomes", "trigger", "trigger_plus")
_OF_DECISIONS = ("steps",)
_APPLIES_TO = ("case", "decision", "evidence")
_NOT_SET = "not set"
_MOST_YEARS = 999
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def retention(settings: Settings) -> Schedule:
    """Give the council's retention schedule.

    Raises ``BadFile`` with every problem of ``data/retention.yaml``: a period is set in so many
    words or it is said that it is not set, never left to a default.
    """
    from assetflow.yaml_reader import read_file  # noqa: PLC0415 - as above

    path = settings.policy_file("data", "retention.yaml")
    if path is None:
        raise NotFound("The retention schedule is missing.", remedies=["install assetflow again"])
    tree = read_file(path)
    problems = list(_retention_problems(tree))
    if problems:
        raise BadFile(f"{path.name} cannot be used.", sorted(problems))
    return Schedule({name: _class(name, e) for name, e in tree.value["classes"].items()})


def _class(name: str, entry: Mapping[str, Any]) -> RetentionClass:
    years = None if entry["years"] == _NOT_SET else entry["years"]
    given = {key: entry[key] for key in ("trigger", "trigger_plus") if key in entry}
    return RetentionClass(
        name, entry["label"], entry["applies_to"], years, entry["ground"], entry["source"],
        entry["verified"], tuple(entry.get("outcomes", ())), **given,
        steps=tuple(entry.get("steps", ())),
    )  # fmt: skip


def _retention_problems(tree: "Tree") -> Iterator[Problem]:
    content: dict[str, Any] = tree.value if isinstance(tree.value, dict) else {}
    if not isinstance(content.get("classes"), dict):
        yield tree.problem((), "no-entries", "the file needs `classes:` with named entries")
        return
    for key in sorted(content.keys() - {"classes"}):
        yield tree.problem((key,), "unknown-entry", f"{key} is not known; known: classes")
    taken: dict[str, str] = {}
    for name, entry in content["classes"].items():
        yield from _class_problems(tree, name, entry)
        for outcome in _outcomes(entry):
            first = taken.setdefault(outcome, name)
            if first != name:
                what = f"{outcome} belongs to the class {first} already"
                yield tree.problem(("classes", name, "outcomes"), "two-classes", what)


def _outcomes(entry: Any) -> list[str]:
    found = entry.get("outcomes") if isinstance(entry, dict) else None
    return [o for o in found if isinstance(o, str)] if isinstance(found, list) else []


def _class_problems(tree: "Tree", name: str, entry: Any) -> Iterator[Problem]:
    place = ("classes", name)
    if not isinstance(entry, dict):
        yield tree.problem(place, "no-entries", f"{name} needs entries, such as `years:`")
        return
    for key in sorted(set(_ENTRIES) - entry.keys()):
        hint = f"write a number, or {key}: {_NOT_SET}" if key == "years" else ""
        yield tree.problem(place, "missing", f"{name} lacks {key}", hint)
    known = ", ".join((*_ENTRIES, *_OF_CASES, *_OF_DECISIONS))
    for key in sorted(entry.keys() - set(known.split(", "))):
        yield tree.problem((*place, key), "unknown-entry", f"{key} is not known", f"known: {known}")
    for key in _TEXTS:
        if key in entry and not isinstance(entry[key], str):
            yield tree.problem((*place, key), "not-text", f"{key} must be text")
    if "verified" in entry and not isinstance(entry["verified"], bool):
        yield tree.problem((*place, "verified"), "not-yes-no", "verified must be true or false")
    yield from _years_problems(tree, place, entry.get("years", _NOT_SET))
    yield from _scope_problems(tree, place, entry)


def _years_problems(tree: "Tree", place: tuple[str, ...], years: Any) -> Iterator[Problem]:
    whole = isinstance(years, int) and not isinstance(years, bool)
    if years != _NOT_SET and not (whole and 0 <= years <= _MOST_YEARS):
        what = f"years must be a whole number from 0 to {_MOST_YEARS}, or: {_NOT_SET}"
        yield tree.problem((*place, "years"), "bad-years", what)


def _scope_problems(
    tree: "Tree", place: tuple[str, ...], entry: Mapping[str, Any]
) -> Iterator[Problem]:
    applies_to = entry.get("applies_to", "case")
    if applies_to not in _APPLIES_TO:
        hint = f"known: {', '.join(_APPLIES_TO)}"
        yield tree.problem((*place, "applies_to"), "unknown-type", "no such record type", hint)
        return
    if applies_to == "case":
        yield from _case_problems(tree, place, entry)
    foreign = {"case": _OF_DECISIONS, "decision": _OF_CASES, "evidence": _OF_CASES + _OF_DECISIONS}
    for key in sorted(entry.keys() & set(foreign[applies_to])):
        yield tree.problem((*place, key), "other-type", f"a class of {applies_to}s has no {key}")
    if not _is_list_of_names(entry.get("steps", [])):
        yield tree.problem((*place, "steps"), "bad-steps", "name triggers, as in steps: [refuse]")


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _case_problems(
    tree: "Tree", place: tuple[str, ...], entry: Mapping[str, Any]
) -> Iterator[Problem]:
    named = _outcomes(entry)
    if not named or named != entry["outcomes"]:
        hint = "as in outcomes: [refused]"
        yield tree.problem((*place, "outcomes"), "no-outcomes", "name its outcomes", hint)
    for key in ("trigger", "trigger_plus"):
        if key in entry and not (isinstance(entry[key], str) and _NAME.fullmatch(entry[key])):
            what = f"{key} must be {CASE_ENDED} or the name of a fact"
            yield tree.problem((*place, key), "bad-trigger", what)
    if "trigger" not in entry:
        hint = f"as in trigger: {CASE_ENDED}"
        yield tree.problem(place, "missing", "the class lacks trigger", hint)
