"""How many dates are counted a second, as ratios to an empty loop and a plain sum in the same run.

Run: .venv/bin/python benchmarks/dates.py
"""

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from assetflow import data_files
from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, target_due
from assetflow.reckoning import Rule, reckon
from assetflow.settings import Settings

ROUNDS = 15
GOAL = 200_000
DAYS = [date(2024, 1, 1) + timedelta(days=n % 1500) for n in range(20_000)]
MONTH = timedelta(days=28)
TWENTY = Duration.parse("20 working days")
SIX_MONTHS = Duration.parse("6 months")
Work = Callable[[list[date]], None]


def empty(days: list[date]) -> None:
    """Only go through the days."""
    for _ in days:
        pass


def plain(days: list[date]) -> None:
    """Add four weeks, as Python's own dates do."""
    for day in days:
        _ = day + MONTH


def working_days(calendar: Calendar) -> Work:
    """Add 20 working days to each day."""

    def add(days: list[date]) -> None:
        for day in days:
            calendar.add_working_days(day, 20)

    return add


def targets(calendar: Calendar, period: Duration) -> Work:
    """Give the day on which a stage is due."""

    def add(days: list[date]) -> None:
        for day in days:
            target_due(day, period, calendar)

    return add


def explained(calendar: Calendar) -> Work:
    """Tell day by day how 20 working days are counted, for a tenth of the days."""
    rule = Rule(TWENTY, moved=True)

    def tell(days: list[date]) -> None:
        for day in days[::10]:
            reckon(day, rule, calendar)

    return tell


def main() -> None:
    """Time every kind of counting in turn, and print medians, rates and ratios."""
    calendar = data_files.calendar(Settings(Path("/nowhere"), "sqlite://"))
    works: dict[str, tuple[Work, int]] = {
        "an empty loop": (empty, 1),
        "date + timedelta": (plain, 1),
        "add 20 working days": (working_days(calendar), 1),
        "a target of 20 working days": (targets(calendar, TWENTY), 1),
        "a target of 6 months": (targets(calendar, SIX_MONTHS), 1),
        "20 working days, explained": (explained(calendar), 10),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, (work, _) in works.items():
            start = time.perf_counter()
            work(DAYS)
            if number:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    each = {name: statistics.median(t) / len(DAYS) * works[name][1] for name, t in times.items()}
    loop, sum_ = each["an empty loop"], each["date + timedelta"]
    for name, seconds in each.items():
        print(f"{name:<28} {1 / seconds:12,.0f} a second   {seconds / loop:7.1f} x empty loop"
              f"   {seconds / sum_:7.1f} x date + timedelta")  # fmt: skip
    rate = 1 / each["add 20 working days"]
    print(f"goal: {GOAL:,} a second; {'met' if rate >= GOAL else 'missed'}, {rate / GOAL:.1f} x")


if __name__ == "__main__":
    main()
