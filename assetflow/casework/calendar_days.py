"""Adding a bank holiday that was announced or a closing day of the council, or taking one away."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assetflow import data_files, local_days
from assetflow.calendars import Calendar
from assetflow.errors import BadInput
from assetflow.facts import read_text, show
from assetflow.local_days import Days, LocalDays
from assetflow.settings import CALENDARS, Settings

# A closure of more than that is a slip of the finger.
MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class Listed:
    """One day without work, for lists: its title, what it is, and who says so."""

    date: date
    title: str
    kind: str
    source: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A day, or days up to ``until``, to be added; ``closing`` days are of no division."""

    day: date
    title: str
    division: str = ""
    closing: bool = False
    until: date | None = None


def listed(settings: Settings, division: str, first: date, last: date) -> list[Listed]:
    """List the days without work of a division between two days; weekends are left out."""
    own = local_days.read(data_files.local_days_file(settings))
    calendar = data_files.calendar(settings, division)
    added = own.announced.get(division, {})
    return [
        Listed(
            day, calendar.titles[day],
            "closing day" if day in calendar.closings else "bank holiday",
            "the council" if day in calendar.closings or day in added else "published",
            calendar.is_provisional(day) and day not in calendar.closings and day not in added,
        )
        for day in sorted(calendar.holidays)
        if first <= day <= last
    ]  # fmt: skip


def added(settings: Settings, wanted: Wanted) -> LocalDays:
    """Give the council's own days with those that are wanted; raises ``BadInput``."""
    own = local_days.read(data_files.local_days_file(settings))
    division = _division(settings, wanted.division)
    days, title = _days_of(wanted), _title(wanted.title)
    calendar = data_files.calendar(settings, division)
    there = {d for d in days if d in (calendar.holidays if wanted.closing
                                      else calendar.statutory.holidays)}  # fmt: skip
    if there and (not wanted.closing or len(there) == len(days)):
        day = min(there)
        raise BadInput(f"{show(day)} is a day without work already: {calendar.titles[day]}.",
                       remedies=["see them: assetflow calendar list"])  # fmt: skip
    new = {day: title for day in days if day not in there}
    if wanted.closing:
        return replace(own, closing={**own.closing, **new})
    worked = _without(own.worked, division, day := wanted.day)
    if len(worked.get(division, {})) < len(own.worked.get(division, {})):
        return replace(own, worked=worked)  # a published holiday that had been taken away
    announced = {**own.announced, division: {**own.announced.get(division, {}), day: title}}
    return replace(own, announced=announced, worked=worked)


def removed(settings: Settings, day: date, division: str) -> LocalDays:
    """Give the council's own days without one; a published holiday is noted as a working day."""
    own = local_days.read(data_files.local_days_file(settings))
    division = _division(settings, division)
    calendar = data_files.calendar(settings, division)
    if day in calendar.closings:
        return replace(own, closing=_but(own.closing, day))
    if day in own.announced.get(division, {}):
        return replace(own, announced=_without(own.announced, division, day))
    if day in calendar.holidays:
        gone = {**own.worked.get(division, {}), day: calendar.titles[day]}
        return replace(own, worked={**own.worked, division: gone})
    raise BadInput(f"{show(day)} is no day without work in {division}.",
                   remedies=["see them: assetflow calendar list"])  # fmt: skip


def counted(settings: Settings, days: LocalDays) -> dict[str, Calendar]:
    """Give the calendars as they would be with these days of the council."""
    return {each: data_files.calendar_with(settings, each, days) for each in CALENDARS}


def _division(settings: Settings, typed: str) -> str:
    if typed and typed not in CALENDARS:
        known = ", ".join(CALENDARS)
        raise BadInput(f"There is no division {typed!r}.", remedies=[f"name one of: {known}"])
    return typed or settings.calendar


def _title(typed: str) -> str:
    try:
        title = read_text(typed)
    except ValueError as error:
        raise BadInput(f"The title cannot be used: {error}.", remedies=["write it anew"]) from error
    if not title or "\n" in title or len(title) > 200:
        raise BadInput("A day needs a title of one line, of at most 200 characters.",
                       remedies=["say what it is, such as \"World Cup\""])  # fmt: skip
    return title


def _days_of(wanted: Wanted) -> list[date]:
    """Give the weekdays that are meant: nobody works at weekends anyway."""
    until = wanted.until or wanted.day
    if wanted.until is not None and not wanted.closing:
        raise BadInput("A bank holiday is one day.", remedies=["add each by itself, or --closing"])
    if not wanted.day <= until <= wanted.day + timedelta(days=MOST_DAYS):
        raise BadInput(f"{show(wanted.day)} to {show(until)} is not 1 to {MOST_DAYS} days.",
                       remedies=["check the year of --until"])  # fmt: skip
    every = (wanted.day + timedelta(days=n) for n in range((until - wanted.day).days + 1))
    days = [day for day in every if day.weekday() < 5]
    if not days:
        raise BadInput(f"{show(wanted.day)} lies at a weekend, on which nobody works anyway.",
                       remedies=["give the weekday that takes its place"])  # fmt: skip
    return days


def _without(table: Mapping[str, Days], division: str, day: date) -> dict[str, Days]:
    return {**table, division: _but(table.get(division, {}), day)}


def _but(days: Days, day: date) -> Days:
    return {each: title for each, title in days.items() if each != day}
