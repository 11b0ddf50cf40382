"""Counting the dates of open cases anew when a bank holiday or a closing day comes or goes.

Every date is a function of the case and the calendar, so nothing is wrong meanwhile but two things:
the day on which the sweep looks at a case again, and that nobody was told. So each case whose
dates change gets one record with the old and the new ones.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from assetflow import data_files, queries
from assetflow import models as m
from assetflow.calendars import Calendar
from assetflow.casework import council, dates, record
from assetflow.casework.desk import Desk
from assetflow.queries import Case
from assetflow.settings import CALENDARS, Settings
from assetflow.snapshot import Occasion

RIGHT = "keep_calendar"
Calendars = Mapping[str, Calendar]


@dataclass(frozen=True, slots=True)
class NewDay:
    """A day that was added or taken away: in one division, or closing (without a division)."""

    date: date
    title: str
    change: str
    division: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One date of a case before and after; None where it does not run."""

    name: str
    label: str
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Touched:
    """A case whose dates change."""

    reference: str
    dates: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Recounted:
    """What counting anew found: the new days, how many open cases there are, those that change.

    ``known`` is False where it was not noted what the dates were computed with before.
    """

    days: tuple[NewDay, ...]
    open_cases: int
    touched: tuple[Touched, ...]
    known: bool = True


def in_force(settings: Settings) -> dict[str, Calendar]:
    """Give the calendars of the files as they are now, by division."""
    return {division: data_files.calendar(settings, division) for division in CALENDARS}


def noted(desk: Desk, like: Calendars) -> dict[str, Calendar]:
    """Give the calendars with which the dates of cases were last computed; empty if never noted.

    Only their days are kept; everything else is taken from those of now.
    """
    rows = desk.db.execute(select(m.calendars)).all()
    return {row.division: _calendar(like[row.division], json.loads(row.days)) for row in rows}


def changed_divisions(desk: Desk) -> list[str] | None:
    """Name the divisions whose days have changed since; None where nothing was ever noted."""
    rows = desk.db.execute(select(m.calendars.c.division, m.calendars.c.sha256)).all()
    now = in_force(desk.settings)
    return [r.division for r in rows if r.sha256 != fingerprint(now[r.division])] if rows else None


def note(desk: Desk, calendars: Calendars) -> None:
    """Note with which days the dates of cases are computed from now on."""
    t = m.calendars
    known = set(desk.db.execute(select(t.c.division)).scalars())
    for division, calendar in calendars.items():
        values = {"days": _days(calendar), "sha256": fingerprint(calendar), "recorded_at": desk.now}
        if division in known:
            desk.db.execute(update(t).where(t.c.division == division).values(values))
        else:
            desk.db.execute(insert(t).values(division=division, **values))


def recount(
    desk: Desk, after: Calendars, before: Calendars | None = None, *, why: str = "",
    dry_run: bool = False,
) -> Recounted:  # fmt: skip
    """Count the dates of all open cases by the calendars of ``after``, and record what changes.

    Before are those that were noted, else those that are given. Raises ``Refused`` where the acting
    person may not do this.
    """
    if not dry_run:
        council.check_right(desk, RIGHT, "Nothing was counted anew")
    known = noted(desk, before or after) or dict(before or {})
    days = tuple(_new_days(known, after)) if known else ()
    desk.calendars = after
    desk.__dict__.pop("calendar", None)
    ids = queries.open_case_ids(desk.db)
    touched: list[Touched] = []
    if days or not known:
        for start in range(0, len(ids), queries.BATCH):
            part = ids[start : start + queries.BATCH]
            touched += _recount(desk, part, known or after, days, why, dry_run)
    found = Recounted(days, len(ids), tuple(touched), bool(known))
    if not dry_run and (days or not known):
        note(desk, after)
        council.enter(desk, "calendar_changed", why=why, detail=_detail(found))
    return found


def _recount(
    desk: Desk, ids: Sequence[int], before: Calendars, days: Sequence[NewDay], why: str,
    dry_run: bool,
) -> Iterator[Touched]:  # fmt: skip
    if not dry_run:
        # In the order of their ids, as the sweep does, so that nobody waits in a circle.
        locked = select(m.cases.c.id).where(m.cases.c.id.in_(ids)).order_by(m.cases.c.id)
        desk.db.execute(locked.with_for_update()).all()
        desk.told.update(queries.reminded(desk.db, ids))
    for case in queries.load_cases(desk.db, ids):
        if case.closed_on is not None:
            continue  # it ended while its lock was waited for
        desk.told.setdefault(case.id, set())
        moved = tuple(_moved(desk, case, before))
        if not dry_run:
            _write(desk, case, moved, days, why)
        if moved:
            yield Touched(case.reference, moved)


def _write(
    desk: Desk, case: Case, moved: Sequence[Moved], days: Sequence[NewDay], why: str
) -> None:
    if not moved:
        record.settle(desk, case)  # a warning some working days ahead can still fall on another day
        return
    division = desk.calendar_of(case.workflow).division
    mine = [_plain(day) for day in days if day.division in ("", division)]
    changes = [
        {"label": one.label, "before": one.before, "after": one.after, "name": one.name}
        for one in moved
    ]
    record.change(desk, case, "dates_recounted", why=why, detail={"dates": changes, "days": mine})


def _moved(desk: Desk, case: Case, before: Calendars) -> Iterator[Moved]:
    now = desk.bare_occasion(case.workflow, case.snapshot)
    then = Occasion(
        now.workflow, now.case, now.on, before.get(now.calendar.division, now.calendar), {}, {}
    )
    old = {one.name: one for one in dates.running(then)}
    new = {one.name: one for one in dates.running(now)}
    for name in {**new, **old}:
        days = tuple(each[name].last_day if name in each else None for each in (old, new))
        if days[0] != days[1]:
            yield Moved(name, (new.get(name) or old[name]).label, *days)


def _new_days(before: Calendars, after: Calendars) -> Iterator[NewDay]:
    closing: dict[date, NewDay] = {}
    for division, calendar in after.items():
        then = before.get(division, calendar)
        for one in _difference(then.statutory.holidays, calendar.statutory.holidays):
            title = calendar.titles.get(one[0]) or then.titles.get(one[0], "a bank holiday")
            yield NewDay(one[0], title, one[1], division)
        for day, change in _difference(then.closings, calendar.closings):
            title = calendar.titles.get(day) or then.titles.get(day, "a closing day")
            closing[day] = NewDay(day, title, change, "")
    yield from closing.values()


def _difference(before: frozenset[date], after: frozenset[date]) -> list[tuple[date, str]]:
    changes = [(day, "added") for day in after - before]
    return sorted(changes + [(day, "removed") for day in before - after])


def fingerprint(calendar: Calendar) -> str:
    """Give the SHA-256 of the days of a calendar; what they are called changes no date."""
    return hashlib.sha256(_days(calendar).encode()).hexdigest()


def _days(calendar: Calendar) -> str:
    banked = sorted(calendar.holidays - calendar.closings)
    found = {"holidays": banked, "closings": sorted(calendar.closings)}
    return json.dumps(found, default=date.isoformat, separators=(",", ":"))


def _calendar(like: Calendar, days: Mapping[str, list[str]]) -> Calendar:
    closings = frozenset(map(date.fromisoformat, days["closings"]))
    holidays = frozenset(map(date.fromisoformat, days["holidays"])) | closings
    return Calendar(
        like.division, holidays, like.first, like.last, like.official_until, like.titles, closings
    )


def _plain(day: NewDay) -> dict[str, Any]:
    return {name: getattr(day, name) for name in NewDay.__slots__}


def _detail(found: Recounted) -> dict[str, Any]:
    return {"days": [_plain(day) for day in found.days], "cases": len(found.touched)}
