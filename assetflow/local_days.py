"""The days that a council adds to the published bank holidays, or takes from them, in one file.

``data/local_days.json`` of a home holds bank holidays that were announced since the table was made
and those that are none after all, each for one division, and the council's own closing days.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assetflow import durable
from assetflow.errors import BadFile, Problem
from assetflow.files import fault_of, read_at_most

FILE_NAME = "local_days.json"
MOST_BYTES = 256 * 1024
Days = Mapping[date, str]
_PARTS = ("bank_holidays", "not_bank_holidays", "closing_days")


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The council's own days with their titles: announced and worked by division, and closing."""

    announced: Mapping[str, Days] = field(default_factory=dict)
    worked: Mapping[str, Days] = field(default_factory=dict)
    closing: Days = field(default_factory=dict)


def read(path: Path) -> LocalDays:
    """Read the file; without one there are no such days. Raises ``BadFile``."""
    try:
        raw = read_at_most(path, MOST_BYTES)
    except FileNotFoundError:
        return LocalDays()
    except OSError as error:
        raise _bad(path, error.strerror or str(error)) from error
    try:
        if len(raw) > MOST_BYTES:
            raise ValueError(f"the file is over {MOST_BYTES // 1024} KB")
        return _parsed(json.loads(raw.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise _bad(path, str(error)) from error


def _bad(path: Path, why: str) -> BadFile:
    problem = Problem(str(path), 0, 0, "bad-local-days", why)
    return BadFile("The council's own days cannot be used.", [problem])


def as_text(days: LocalDays) -> str:
    """Write the days as the file holds them, in the order of the calendar."""
    tables = (days.announced, days.worked)
    written: dict[str, Any] = {
        part: {division: _listed(found) for division, found in sorted(table.items()) if found}
        for part, table in zip(_PARTS, tables, strict=False)
    }
    written["closing_days"] = _listed(days.closing)
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


@contextmanager
def written(path: Path, days: LocalDays) -> Iterator[None]:
    """Put the file in place, and the one before back where what follows fails."""
    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else None
        path.parent.mkdir(mode=0o700, exist_ok=True)
        durable.write_whole(path, as_text(days))
        durable.sync_names([path.parent])
    except OSError as error:
        what = f"{path} cannot be written. Nothing was changed."
        reasons = [error.strerror or str(error)]
        raise fault_of(error)(what, reasons=reasons, remedies=["make room, or mend who may write"]
                              ) from error  # fmt: skip
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            durable.write_whole(path, before)
        raise


def _listed(days: Days) -> list[dict[str, str]]:
    return [{"date": day.isoformat(), "title": title} for day, title in sorted(days.items())]


def _parsed(data: Any) -> LocalDays:
    if not isinstance(data, dict):
        raise ValueError("the file is not a table of days")  # noqa: TRY004 - a problem of the file
    unknown = sorted(set(data) - set(_PARTS))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not known; known: {', '.join(_PARTS)}")
    announced, worked = (_by_division(data.get(part, {}), part) for part in _PARTS[:2])
    return LocalDays(announced, worked, _days(data.get("closing_days", []), "closing_days"))


def _by_division(data: Any, part: str) -> dict[str, Days]:
    if not isinstance(data, dict):
        raise ValueError(f"{part} must name a division for its days")  # noqa: TRY004 - as above
    return {division: _days(days, f"{part} of {division}") for division, days in data.items()}


def _days(data: Any, part: str) -> Days:
    found: dict[date, str] = {}
    for number, entry in enumerate(data if isinstance(data, list) else [data], start=1):
        known = isinstance(entry, dict) and set(entry) <= {"date", "title"}
        day, title = (entry.get("date"), entry.get("title")) if known else (None, None)
        if not isinstance(day, str) or not isinstance(title, str) or not title.strip():
            raise ValueError(f"entry {number} of {part} is no table with a date and a title")
        try:
            found[date.fromisoformat(day)] = title.strip()
        except ValueError:
            raise ValueError(
                f"the date of entry {number} of {part} is {day!r}, not one such as '2026-12-25'"
            ) from None
    return found
