"""Reads the dated, sourced data beside the code: bank holidays, libraries, council rights."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assetflow.calendars import Calendar, calendar_from
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.files import read_at_most
from assetflow.permissions import ADMINISTRATOR, COUNCIL_RIGHTS, CouncilRights
from assetflow.settings import Settings

if TYPE_CHECKING:
    from assetflow.yaml_reader import Tree

MAX_TABLE = 1024 * 1024


def calendar(settings: Settings) -> Calendar:
    """Give the working-day calendar of the council's division; a file is read again if changed."""
    for path in _calendar_files(settings):
        try:
            found = os.stat(path)  # noqa: PTH116 - a command asks often, and Path is slow
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            as_of = found.st_mtime_ns, found.st_size, found.st_ino
            return _calendar(path, settings.calendar, as_of)
    raise NotFound("The bank holidays are missing.", remedies=["install assetflow again"])


@lru_cache(maxsize=8)
def _calendar_files(settings: Settings) -> tuple[str, ...]:
    return tuple(str(folder / "bank_holidays.json") for folder in settings.folders("data"))


@lru_cache(maxsize=8)
def _calendar(path: str, division: str, _as_of: tuple[int, int, int]) -> Calendar:
    try:
        table = json.loads(read_at_most(Path(path), MAX_TABLE).decode("utf-8-sig"))
        return calendar_from(table if isinstance(table, dict) else {}, division)
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

    Raises ``BadFile`` with every problem of ``data/council_rights.yaml``.
    """
    from assetflow.yaml_reader import read_file  # noqa: PLC0415 - as above

    path = settings.policy_file("data", "council_rights.yaml")
    if path is None:
        raise NotFound("The council rights are missing.", remedies=["install assetflow again"])
    tree = read_file(path)
    problems = list(_rights_problems(tree, route_roles))
    if problems:
        raise BadFile(f"{path.name} cannot be used.", sorted(problems))
    own = {role: entry["label"] for role, entry in tree.value["roles"].items()}
    rights = {right: tuple(roles) for right, roles in tree.value["rights"].items()}
    return CouncilRights({**route_roles, **own}, rights)


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
