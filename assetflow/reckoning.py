"""Why a date is what it is: a period counted day by day, with everything that was passed over.

``clocks`` and ``alerts`` find last days by arithmetic. Here the same period is walked on the
calendar, and each thing that people ask about becomes a row: the rule, the days that did not count,
and what happened to the last day. A test holds the two equal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, Unit, before, beginning_with, due, standing_still

Way = Literal["after", "beginning_with", "before"]
_DAY = timedelta(days=1)
_WORDS = {"after": "after it", "beginning_with": "beginning with it", "before": "before it"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A period as it is declared, and how it is counted from its anchor.

    ``closings`` tells whether the council's own closing days are passed over, and ``moved`` whether
    a last day without work is moved to a working day.
    """

    period: Duration
    way: Way = "after"
    closings: bool = True
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a target stood still, because the group was asked for something."""

    began: date
    ended: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an explanation: what it tells of, the days it is about, and a sentence."""

    kind: str
    on: date | None
    until: date | None
    text: str


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A last day and the rows that lead to it."""

    last_day: date
    rows: tuple[Row, ...]


def reckon(start: date, rule: Rule, calendar: Calendar, pauses: Sequence[Pause] = ()) -> Reckoned:
    """Count a period from its anchor and tell every step; ``calendar`` is that of the council.

    Each of ``pauses`` puts the last day off, as ``standing_still`` does.
    """
    counted = calendar if rule.closings else calendar.statutory
    rows = list(_told(rule, counted))
    if rule.period.unit is Unit.working_days:
        last, passed = _walk(start, rule, counted)
        rows += passed
    else:
        way = {"after": due, "beginning_with": beginning_with, "before": before}[rule.way]
        last = way(start, rule.period, calendar)
    rows.append(Row("last_day", last, None, _ending(start, last, rule)))
    for pause in pauses:
        span = (pause.began, pause.ended)
        later = standing_still(last, start, rule.period.unit, [span], counted)
        if later != last:
            rows += [_pause(pause), Row("last_day", later, None, "put off to this day")]
            last = later
    if rule.moved and not counted.is_working_day(last):
        last, over = _moved(last, rule, counted)
        rows += over
    return Reckoned(last, tuple(rows))


def is_provisional(start: date, last_day: date, rule: Rule, calendar: Calendar) -> bool:
    """Tell whether bank holidays that nobody has published yet could still change a last day."""
    days = (start, last_day)
    return rests_on_holidays(rule) and any(calendar.is_provisional(day) for day in days)


def rests_on_holidays(rule: Rule) -> bool:
    """Tell whether a bank holiday can change what is counted by a rule."""
    return rule.period.unit is Unit.working_days or rule.moved


def _told(rule: Rule, calendar: Calendar) -> Iterator[Row]:
    """Tell the rule: how long, counted how, by whose working days, and what becomes of its end."""
    own = "it is day 1" if rule.way == "beginning_with" else "it is not counted itself"
    yield Row("rule", None, None, f"{rule.period} {_WORDS[rule.way]}; {own}")
    if rests_on_holidays(rule):
        closing = " and the days on which the council is closed" if calendar.closings else ""
        without = f"without weekends, the bank holidays of {calendar.division}{closing}"
        yield Row("calendar", None, None, without)
    if rule.period.unit is Unit.working_days and rule.period.count:
        return  # it ends on one of them
    side = "before" if rule.way == "before" else "after"
    moved = f"moved to the working day {side} it" if rule.moved else "never moved"
    yield Row("roll", None, None, f"a last day without work is {moved}")


def _ending(start: date, last: date, rule: Rule) -> str:
    if rule.period.count == 0:
        return "the day itself"
    months = rule.period.unit in (Unit.months, Unit.years)
    if months and rule.way != "beginning_with" and last.day != start.day:
        return f"{rule.period}: the last day of a month that has no {_nth(start.day)}"
    return f"{'the first' if rule.way == 'before' else 'the last'} of {rule.period}"


def _nth(day: int) -> str:
    return "31st" if day == 31 else f"{day}th"  # only the 29th, 30th and 31st can be lacking


def _walk(start: date, rule: Rule, calendar: Calendar) -> tuple[date, list[Row]]:
    """Go from day to day until enough of them were working days."""
    step = -_DAY if rule.way == "before" else _DAY
    day, left = start - _DAY if rule.way == "beginning_with" else start, rule.period.count
    if rule.way == "beginning_with" and left < 1:
        raise ValueError("A period beginning with a day has at least 1 working day.")
    passed: list[date] = []
    while left:
        day += step
        if calendar.is_working_day(day):
            left -= 1
        else:
            passed.append(day)
    return day, list(_rows(passed, calendar))


def _moved(last: date, rule: Rule, calendar: Calendar) -> tuple[date, list[Row]]:
    """Go on to the working day to which a target is moved."""
    step, passed = (-_DAY if rule.way == "before" else _DAY), []
    while not calendar.is_working_day(last):
        passed.append(last)
        last += step
    return last, [*_rows(passed, calendar), Row("moved", last, None, "moved to this day")]


def _rows(passed: Sequence[date], calendar: Calendar) -> Iterator[Row]:
    """Tell of the days that did not count: holidays one by one, weekends by the run."""
    weekends: list[date] = []
    for day in passed:
        if day.weekday() >= 5:
            weekends.append(day)
            continue
        yield from _weekends(weekends)
        weekends = []
        kind = "closing" if day in calendar.closings else "holiday"
        what = "the council is closed" if kind == "closing" else "bank holiday"
        yield Row(kind, day, None, f"not counted: {calendar.titles.get(day, what)} ({what})")
    yield from _weekends(weekends)


def _weekends(days: Sequence[date]) -> Iterator[Row]:
    if not days:
        return
    first, last = min(days), max(days)
    one = len({day.isocalendar()[:2] for day in days}) == 1
    many = "day" if len(days) == 1 else "days"
    what = f"not counted: {'a weekend' if one else 'weekends'} ({len(days)} {many})"
    yield Row("weekends", first, last if last != first else None, what)


def _pause(pause: Pause) -> Row:
    reason = f": {pause.reason}" if pause.reason else ""
    return Row("pause", pause.began, pause.ended, f"stood still while the group was asked{reason}")
