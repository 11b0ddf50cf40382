"""Deadlines and ages: pure date arithmetic, always counted from the anchor date.

Counting stage by stage loses days (31 January + 1 month + 1 month is 28 March, but 31 January
+ 2 months is 31 March), so every function here takes the anchor and the whole period.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum, auto
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from assetflow.calendars import Calendar

MOST = 10_000
"""The largest count that a period may have, in any unit."""


class Unit(StrEnum):
    """What a period is counted in; ``working_days`` are the only ones that need a calendar."""

    working_days = auto()
    calendar_days = auto()
    weeks = auto()
    months = auto()
    years = auto()

    def words(self, count: int) -> str:
        """Give the unit as people write it after a count: ``working day``, ``working days``."""
        plural = self.value.replace("_", " ")
        return plural[:-1] if count == 1 else plural


_BY_WORDS = {unit.words(count): unit for unit in Unit for count in (1, 2)}

PATTERN = f"^(0|[1-9][0-9]{{0,3}}|10000) ({'|'.join(_BY_WORDS)})$"
"""What a period looks like, for editors; ``Duration.parse`` is what reads it."""

# Everyday shorthand that is refused, with what its writer most likely meant.
_SHORTHAND: dict[str, tuple[Unit, ...]] = {
    **dict.fromkeys(("d", "day", "days"), (Unit.working_days, Unit.calendar_days)),
    **dict.fromkeys(("wd", "wds", "business day", "business days"), (Unit.working_days,)),
    **dict.fromkeys(("cd", "cds"), (Unit.calendar_days,)),
    **dict.fromkeys(("w", "wk", "wks"), (Unit.weeks,)),
    **dict.fromkeys(("m", "mo", "mos", "mth", "mths"), (Unit.months,)),
    **dict.fromkeys(("y", "yr", "yrs"), (Unit.years,)),
    # Clear days leave out both ends, so a guess at "calendar days" would be a day short.
    **dict.fromkeys(("clear day", "clear days"), ()),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A period as a policy states it: a count from 0 to 10000 and its unit.

    Raises ``ValueError`` for any other count.
    """

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse counts that no policy can mean, however the period was made."""
        if not 0 <= self.count <= MOST:
            raise ValueError(f"A period counts from 0 to {MOST}, not {self.count}.")

    def __str__(self) -> str:
        """Give the period as a policy writes it, such as ``25 working days``."""
        return f"{self.count} {self.unit.words(self.count)}"

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Duration":
        """Read a period such as ``25 working days``, ``14 calendar days`` or ``6 months``.

        Units are working days, calendar days, weeks, months and years. Bare "days" is refused,
        because 20 working days are 28 calendar days. Raises ``ValueError`` with the accepted
        forms and the nearest suggestion.
        """
        found = re.fullmatch(r"(0|[1-9][0-9]{0,4}) ([a-z ]+)", text)
        unit = _BY_WORDS.get(found[2]) if found else None
        if found is None or unit is None or int(found[1]) > MOST:
            raise ValueError(_not_a_period(text))
        return cls(int(found[1]), unit)


def due(start: date, duration: Duration, calendar: Calendar) -> date:
    """Give the last day of a period that runs from ``start``; the start day is not counted.

    Months and years end on the same day number, or on the last day of a shorter month
    (corresponding date rule, Dodds v Walker [1981] 1 WLR 1027). The day stands even where
    nobody works on it. Raises ``ValueError`` beyond the year 9999.
    """
    if duration.unit is Unit.working_days:
        return calendar.add_working_days(start, duration.count)
    try:
        if duration.unit in _DAYS:
            return start + timedelta(days=_DAYS[duration.unit] * duration.count)
        return _months_after(start, _MONTHS[duration.unit] * duration.count)
    except (ValueError, OverflowError):
        raise ValueError(f"{duration} after {start.isoformat()} is beyond the year 9999.") from None


def before(day: date, duration: Duration, calendar: Calendar) -> date:
    """Give the last day that lies a whole period before ``day``, which is not counted itself.

    Months and years end on the same day number, or on the last day of a shorter month. Raises
    ``ValueError`` before the year 1.
    """
    if duration.unit is Unit.working_days:
        return calendar.add_working_days(day, -duration.count)
    try:
        if duration.unit in _DAYS:
            return day - timedelta(days=_DAYS[duration.unit] * duration.count)
        return _months_after(day, -_MONTHS[duration.unit] * duration.count)
    except (ValueError, OverflowError):
        raise ValueError(f"{duration} before {day.isoformat()} is before the year 1.") from None


def beginning_with(day: date, duration: Duration, calendar: Calendar) -> date:
    """Give the last day of a period of which ``day`` is the first day, as in "beginning with".

    A month beginning with 1 March ends on 31 March, and one beginning with 30 January with
    February. Raises ``ValueError`` for an empty period and beyond the year 9999.
    """
    if duration.unit is Unit.working_days:
        return working_days_beginning_with(day, duration.count, calendar)
    if duration.count == 0:
        raise ValueError(f"A period beginning with a day has at least 1 {duration.unit.words(1)}.")
    following = due(day, duration, calendar)
    # Where the last month has no such day, the whole of it belongs to the period.
    short_month = duration.unit in _MONTHS and following.day < day.day
    return following if short_month else following - timedelta(days=1)


def years_after(start: date, years: int) -> date:
    """Give the last day of a period of years; as ``due``, for any whole number of years from 0.

    Raises ``ValueError`` for a negative number and beyond the year 9999.
    """
    if not 0 <= years <= date.max.year - start.year:
        raise ValueError(f"There is no day {years} years after {start.isoformat()}.")
    return start + relativedelta(years=years)


def target_due(start: date, duration: Duration, calendar: Calendar) -> date:
    """Give the day a target falls due: as ``due``, moved to the next working day if need be.

    For the council's own targets only: a statutory period is never moved. Raises
    ``ValueError`` beyond the year 9999.
    """
    return calendar.next_working_day(due(start, duration, calendar))


def standing_still(
    last: date, start: date, unit: Unit, pauses: Iterable[tuple[date, date]], calendar: Calendar
) -> date:
    """Give the last day of a target whose count of days stood still in pauses.

    ``last`` is the day without them, for a count that begins with ``start``. A pause from one day
    to another takes as many days as were counted between the two: working days where the target is
    in working days, else calendar days. One that begins once the last day is over changes nothing;
    otherwise no target ends before the group has answered.
    """
    for began, ended in pauses:
        begin = max(began, start)
        if begin >= ended or begin > calendar.next_working_day(last):
            continue
        if unit is Unit.working_days:
            moved = calendar.add_working_days(last, calendar.working_days_between(begin, ended))
        else:
            moved = last + (ended - begin)
        last = max(moved, ended)
    return last


def working_days_beginning_with(day: date, count: int, calendar: Calendar) -> date:
    """Give the last of ``count`` working days beginning with ``day``, which is day 1.

    Where nobody works on ``day``, day 1 is the next working day. Raises ``ValueError`` for a
    count below 1 and beyond the year 9999.
    """
    if count < 1:
        raise ValueError(f"A period beginning with a day has at least 1 working day, not {count}.")
    return calendar.add_working_days(calendar.next_working_day(day), count - 1)


def clear_days_before(day: date, count: int) -> date:
    """Give the last day to publish a notice so that ``count`` clear days pass before ``day``.

    Clear days are calendar days; neither the day of publishing nor ``day`` is one of them.
    Raises ``ValueError`` for a negative count and before the year 1.
    """
    if count < 0:
        raise ValueError(f"Clear days count from 0, not {count}.")
    try:
        return day - timedelta(days=count + 1)
    except OverflowError:
        raise ValueError(
            f"{count} clear days before {day.isoformat()} is before the year 1."
        ) from None


def whole_months(start: date, end: date) -> int:
    """Count the months completed from ``start`` to ``end``, by the same rule as ``due``.

    31 January to 28 February is 1 month, since 1 month from 31 January is due on
    28 February. Raises ``ValueError`` where ``end`` is before ``start``.
    """
    if end < start:
        raise ValueError(f"There is no age from {start.isoformat()} back to {end.isoformat()}.")
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if start + relativedelta(months=months) <= end else months - 1


def age_in_words(start: date, end: date) -> str:
    """Say how long it is from ``start`` to ``end``: ``17 days``, ``2 years 1 month``, ``0 days``.

    Years, months and calendar days; of the parts that are not 0, the two largest. Raises
    ``ValueError`` where ``end`` is before ``start``.
    """
    months = whole_months(start, end)
    days = (end - (start + relativedelta(months=months))).days
    counts = {"year": months // 12, "month": months % 12, "day": days}
    parts = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    return " ".join(parts[:2]) or "0 days"


_DAYS = {Unit.calendar_days: 1, Unit.weeks: 7}
_MONTHS = {Unit.months: 1, Unit.years: 12}


def _months_after(start: date, months: int) -> date:
    """Give the corresponding date, or the last day of a shorter month; dateutil takes 20 µs."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    last = 31 if month == 11 else (date(year, month + 2, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def _not_a_period(text: str) -> str:
    forms = ", ".join(f"'N {unit.words(2)}'" for unit in Unit)
    meant = " or ".join(f"'{duration}'" for duration in _meant(text))
    hint = f" Did you mean {meant}?" if meant else ""
    return f"{text!r} is not a period: write {forms} (or 1 of them), with N from 0 to {MOST}.{hint}"


def _meant(text: str) -> list[Duration]:
    """Guess what a refused period was meant to be: one, two (bare days) or none."""
    # Nothing is tried twice (*+), so that no text, however long, takes long to refuse.
    found = re.fullmatch(r"\s*+([0-9]{1,9})[\s-]*+([^\W\d_](?:[^\W\d]|[\s-])*+)[\s.]*+", text)
    if found is None or int(found[1]) > MOST:
        return []
    words = re.sub(r"[\s_-]+", " ", found[2].rstrip().casefold())
    return [Duration(int(found[1]), unit) for unit in _nearest(words)]


def _nearest(words: str) -> tuple[Unit, ...]:
    if words in _SHORTHAND:
        return _SHORTHAND[words]
    near = get_close_matches(words, _BY_WORDS, n=1)
    return (_BY_WORDS[near[0]],) if near else ()
