"""Working days of the three UK bank-holiday divisions: pure counting, no file and no clock.

A working day is a weekday that is neither a bank holiday nor a closing day of the council. The bank
holidays are those of https://www.gov.uk/bank-holidays; the caller hands in the parsed table. The
days on which a council closes count for its own targets alone: ``Calendar.statutory`` is the same
calendar without them, and what an Act or somebody else sets is counted with that one.

Before the first year of the table and after its last, every weekday counts as a working day,
so any date that Python knows has an answer; ``Calendar.is_provisional`` says which answers may
still change.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

_LAST_ORDINAL = date.max.toordinal()


@dataclass(frozen=True)
class Calendar:
    """The working days of one division, with the council's own closing days where it adds any.

    ``holidays`` are the days without work and ``titles`` say why, day by day; ``closings`` are
    those of them that are no bank holidays. ``first`` and ``last`` bound the table;
    ``official_until`` is the last day of the published lists.
    """

    division: str
    holidays: frozenset[date]
    first: date
    last: date
    official_until: date
    titles: Mapping[date, str] = field(default_factory=dict, compare=False, repr=False)
    closings: frozenset[date] = frozenset()

    @cached_property
    def statutory(self) -> "Calendar":
        """The calendar by which statutory periods count: the bank holidays alone."""
        if not self.closings:
            return self
        return replace(self, holidays=self.holidays - self.closings, closings=frozenset())

    def is_working_day(self, day: date) -> bool:
        """Say whether the council works on this day: a weekday without a holiday or closing."""
        return day.weekday() < 5 and day not in self.holidays

    def is_provisional(self, day: date) -> bool:
        """Say whether no published list of bank holidays covers this day (GOV.UK bank holidays).

        True after ``official_until`` and before ``first``: show such answers as provisional.
        """
        return not self.first <= day <= self.official_until

    def add_working_days(self, start: date, count: int) -> date:
        """Give the last day of "within ``count`` working days of (or after) ``start``".

        The start day itself is not counted, working or not. 0 gives ``start`` unchanged, and a
        negative count goes backwards. Raises ``ValueError`` outside the years 1 to 9999.
        """
        if count == 0:
            return start
        ordinal = start.toordinal()
        # Backwards, the count begins at the working days before the start day.
        already = self._number(ordinal) if count > 0 else self._number(ordinal - 1) + 1
        found = self._ordinal(already + count)
        if not 1 <= found <= _LAST_ORDINAL:
            raise ValueError(
                f"{count} working days from {start.isoformat()} is outside the years 1 to 9999."
            )
        return date.fromordinal(found)

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after ``start``, up to and including ``end``.

        0 for the same day. Swapping the days turns the sign, so an ``end`` before ``start``
        gives a negative number (or 0, where only days without work lie between).
        """
        return self._number(end.toordinal()) - self._number(start.toordinal())

    def next_working_day(self, day: date) -> date:
        """Give this day if it is a working day, else the first working day after it.

        Raises ``ValueError`` where that would be beyond the year 9999.
        """
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def previous_working_day(self, day: date) -> date:
        """Give this day if it is a working day, else the last working day before it.

        Raises ``ValueError`` where that would be before the year 1.
        """
        return day if self.is_working_day(day) else self.add_working_days(day, -1)

    # Weekdays are plain arithmetic, so only the holidays need a table: working day number n is
    # found by bisecting a few hundred holidays, and no list of all days has an end to run off.

    @cached_property
    def _closed(self) -> tuple[int, ...]:
        """Holidays on weekdays, as day ordinals; those at weekends change no count."""
        return tuple(sorted(day.toordinal() for day in self.holidays if day.weekday() < 5))

    @cached_property
    def _lost(self) -> tuple[int, ...]:
        """For each closed day, the number of the working day that comes next after it."""
        return tuple(_weekdays(day) - index for index, day in enumerate(self._closed))

    def _number(self, ordinal: int) -> int:
        """Count the working days from 1 January of the year 1 to this day."""
        return _weekdays(ordinal) - bisect_right(self._closed, ordinal)

    def _ordinal(self, number: int) -> int:
        """Find the day that is working day ``number``: the inverse of ``_number``."""
        weeks, rest = divmod(number + bisect_right(self._lost, number) - 1, 5)
        return weeks * 7 + rest + 1


def calendar_from(
    table: Mapping[str, object],
    division: str,
    closing: Iterable[tuple[date, str]] = (),
    announced: Iterable[tuple[date, str]] = (),
    worked: Iterable[date] = (),
) -> Calendar:
    """Build the calendar of one division from the parsed table of GOV.UK bank holidays.

    ``closing`` adds the council's own closing days, each with its reason; a bank holiday on the
    same day keeps its title. ``announced`` adds bank holidays that the table does not know yet, and
    ``worked`` takes away those that are none after all. Raises ``ValueError`` for a division that
    the table lacks and for a table that cannot be used.
    """
    titles = _titles(_events(table, division), division)
    official_until = _day(table.get("official_until"), "official_until")
    first, last = date(min(titles).year, 1, 1), date(max(titles).year, 12, 31)
    without = frozenset(worked)
    banked = {day: title for day, title in titles.items() if day not in without}
    banked = dict(announced) | banked
    every = dict(closing) | banked
    closings = frozenset(every) - frozenset(banked)
    return Calendar(division, frozenset(every), first, last, official_until, every, closings)


def _weekdays(ordinal: int) -> int:
    """Count Mondays to Fridays from 1 January of the year 1, a Monday, to this day."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def _events(table: Mapping[str, object], division: str) -> list[object]:
    divisions = table.get("divisions")
    if not isinstance(divisions, Mapping):
        raise ValueError("The table of bank holidays has no 'divisions'.")  # noqa: TRY004
    if division not in divisions:
        known = ", ".join(map(str, divisions))
        raise ValueError(
            f"The table of bank holidays has no division {division!r}; it has: {known}."
        )
    events = divisions[division]
    if not isinstance(events, list) or not events:
        raise ValueError(f"The bank holidays of {division} are not a list with at least one event.")
    return events


def _titles(events: Iterable[object], division: str) -> dict[date, str]:
    titles: dict[date, str] = {}
    for number, event in enumerate(events, start=1):
        place = f"bank holiday {number} of {division}"
        day, title = _event(event, place)
        if day in titles:
            raise ValueError(f"The date {day.isoformat()} of {place} is already in the table.")
        titles[day] = title
    return titles


def _event(event: object, place: str) -> tuple[date, str]:
    if not isinstance(event, Mapping):
        raise ValueError(f"The {place} is not a table with 'date' and 'title'.")  # noqa: TRY004
    title = event.get("title")
    if not isinstance(title, str) or not title.strip():
        raise ValueError(f"The {place} has no title.")
    return _day(event.get("date"), f"date of {place}"), title


def _day(value: object, what: str) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"The {what} is {value!r}, not a date such as '2026-12-25'.") from None
