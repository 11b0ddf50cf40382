"""Reads the dated, sourced data beside the code: bank holidays and reference libraries."""

import json
from pathlib import Path
from typing import Any

from assetflow.calendars import Calendar, calendar_from
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.settings import Settings


def calendar(settings: Settings) -> Calendar:
    """Give the working-day calendar of the council's division."""
    path = settings.policy_file("data", "bank_holidays.json")
    if path is None:
        raise NotFound("The bank holidays are missing.", remedies=["install assetflow again"])
    try:
        return calendar_from(json.loads(path.read_text(encoding="utf-8-sig")), settings.calendar)
    except (ValueError, OSError) as error:
        problem = Problem(str(path), 0, 0, "bad-calendar", str(error))
        raise BadFile("The bank holidays cannot be used.", [problem]) from error


def libraries(settings: Settings) -> dict[str, dict[str, Any]]:
    """Give the reference libraries by name, each with its entries by identifier.

    A library is a file ``data/<name>_library.yaml``; a council's own file replaces the shipped one.
    """
    # The YAML parser is needed only where a library is read, never for the calendar.
    from assetflow.yaml_reader import read_file  # noqa: PLC0415

    found: dict[str, dict[str, Any]] = {}
    for path in library_files(settings):
        tree = read_file(path)
        entries = tree.value.get("entries") if isinstance(tree.value, dict) else None
        if not isinstance(entries, dict):
            problem = tree.problem(
                (), "no-entries", "a library needs `entries:` with named entries"
            )
            raise BadFile(f"The library {path.name} cannot be used.", [problem])
        found[path.stem] = entries
    return found


def library_files(settings: Settings) -> list[Path]:
    """List the files of the reference libraries, the council's own instead of the shipped one."""
    files: dict[str, Path] = {}
    for folder in reversed(settings.folders("data")):
        files.update({path.name: path for path in folder.glob("*_library.yaml")})
    return [files[name] for name in sorted(files)]
