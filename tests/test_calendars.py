"""Working days: the shipped bank holidays, the counting, and the years that no table covers."""

import copy
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetflow.calendars import Calendar, calendar_from

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "bank_holidays.json").read_text(encoding="utf-8")
)
SUBDIVISIONS = {
    "england-and-wales": ("ENG", "WLS"),
    "scotland": ("SCT",),
    "northern-ireland": ("NIR",),
}
CLOSURE = [(date(2026, 12, day), "Christmas closure") for day in (24, 29, 30, 31)]
CALENDARS = [calendar_from(TABLE, division) for division in SUBDIVISIONS] + [
    calendar_from(TABLE, "scotland", CLOSURE)
]
ENGLAND, SCOTLAND, IRELAND, CLOSING = CALENDARS

ONE_DAY = timedelta(days=1)
calendars = st.sampled_from(CALENDARS)
days = st.dates(date(1900, 1, 1), date(9990, 1, 1)) | st.dates(date(2011, 1, 1), date(2031, 12, 31))
counts = st.integers(-400, 400)
thorough = settings(deadline=None, max_examples=200)


def walk(calendar: Calendar, start: date, count: int) -> date:
    """Add working days one day at a time: slow, and plainly right."""
    day, step = start, ONE_DAY if count > 0 else -ONE_DAY
    for _ in range(abs(count)):
        day += step
        while day.weekday() >= 5 or day in calendar.holidays:
            day += step
    return day


def tally(calendar: Calendar, start: date, end: date) -> int:
    """Count working days after ``start`` up to ``end`` one day at a time."""
    length = (end - start).days
    every = (start + ONE_DAY * n for n in range(1, length + 1))
    return sum(day.weekday() < 5 and day not in calendar.holidays for day in every)


# The shipped table


@pytest.mark.parametrize(
    ("division", "subdivision"),
    [(division, sub) for division, subs in SUBDIVISIONS.items() for sub in subs],
)
def test_the_shipped_table_agrees_with_the_holidays_library(
    division: str, subdivision: str
) -> None:
    known = holidays.country_holidays("GB", subdiv=subdivision, years=range(2012, 2031))
    expected = {day for day in known if day.weekday() < 5}
    assert calendar_from(TABLE, division).holidays == expected


@pytest.mark.parametrize("division", SUBDIVISIONS)
def test_the_shipped_table_is_in_order_and_holds_weekdays_only(division: str) -> None:
    listed = [date.fromisoformat(event["date"]) for event in TABLE["divisions"][division]]
    assert listed == sorted(set(listed))
    assert all(day.weekday() < 5 for day in listed)


def test_the_shipped_table_names_its_source_and_how_far_it_is_official() -> None:
    assert "holidays 0." in TABLE["source"]
    assert "provisional" in TABLE["note"]
    assert date.fromisoformat(TABLE["as_of"]) == date(2026, 11, 23)
    assert date.fromisoformat(TABLE["official_until"]) == date(2028, 12, 31)


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        pytest.param(ENGLAND, date(2012, 6, 4), False, id="spring holiday moved for the jubilee"),
        pytest.param(ENGLAND, date(2012, 6, 5), False, id="Diamond Jubilee"),
        pytest.param(ENGLAND, date(2020, 5, 8), False, id="VE Day took the place of May Day"),
        pytest.param(ENGLAND, date(2020, 5, 4), True, id="the usual May Day was worked in 2020"),
        pytest.param(SCOTLAND, date(2022, 6, 3), False, id="Platinum Jubilee"),
        pytest.param(IRELAND, date(2022, 9, 19), False, id="state funeral"),
        pytest.param(ENGLAND, date(2023, 5, 8), False, id="coronation"),
        pytest.param(SCOTLAND, date(2026, 6, 15), False, id="World Cup Monday in Scotland"),
        pytest.param(ENGLAND, date(2026, 6, 15), True, id="but not in England"),
        pytest.param(IRELAND, date(2026, 6, 15), True, id="nor in Northern Ireland"),
        pytest.param(SCOTLAND, date(2026, 4, 6), True, id="Scotland works on Easter Monday"),
        pytest.param(ENGLAND, date(2026, 4, 6), False, id="England does not"),
        pytest.param(SCOTLAND, date(2026, 1, 2), False, id="2 January is Scottish"),
        pytest.param(SCOTLAND, date(2019, 12, 2), False, id="St Andrew's Day fell on a Saturday"),
        pytest.param(IRELAND, date(2026, 7, 13), False, id="Boyne fell on a Sunday"),
        pytest.param(ENGLAND, date(2026, 12, 26), False, id="Boxing Day fell on a Saturday"),
        pytest.param(ENGLAND, date(2026, 12, 28), False, id="and is kept on Monday"),
        pytest.param(ENGLAND, date(2026, 11, 22), False, id="a Sunday"),
        pytest.param(ENGLAND, date(2026, 11, 23), True, id="an ordinary Monday"),
    ],
)
def test_it_knows_who_works_when(calendar: Calendar, day: date, works: bool) -> None:
    assert calendar.is_working_day(day) is works


def test_a_day_without_work_can_say_why() -> None:
    assert "World Cup" in SCOTLAND.titles[date(2026, 6, 15)]


# Counting


@pytest.mark.parametrize(
    ("calendar", "start", "count", "expected"),
    [
        pytest.param(
            ENGLAND, date(2026, 3, 23), 20, date(2026, 4, 22), id="over Easter in England"
        ),
        pytest.param(
            SCOTLAND, date(2026, 3, 23), 20, date(2026, 4, 21), id="over Easter in Scotland"
        ),
        pytest.param(
            ENGLAND, date(2026, 11, 23), 20, date(2026, 12, 21), id="four weeks without a holiday"
        ),
        pytest.param(
            ENGLAND, date(2026, 12, 24), 1, date(2026, 12, 29), id="over a long Christmas weekend"
        ),
        pytest.param(ENGLAND, date(2026, 11, 21), 1, date(2026, 11, 23), id="from a Saturday"),
        pytest.param(ENGLAND, date(2026, 11, 22), 0, date(2026, 11, 22), id="0 is the day itself"),
        pytest.param(ENGLAND, date(2026, 11, 23), -1, date(2026, 11, 20), id="back over a weekend"),
        pytest.param(ENGLAND, date(2026, 11, 22), -1, date(2026, 11, 20), id="back from a Sunday"),
        pytest.param(CLOSING, date(2026, 12, 23), 1, date(2027, 1, 5), id="over a council closure"),
        pytest.param(ENGLAND, date(2026, 3, 27), 1, date(2026, 3, 30), id="clocks go forward"),
        pytest.param(ENGLAND, date(2026, 10, 23), 1, date(2026, 10, 26), id="clocks go back"),
    ],
)
def test_adding_working_days(calendar: Calendar, start: date, count: int, expected: date) -> None:
    assert calendar.add_working_days(start, count) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(date(2026, 11, 23), date(2026, 11, 23), 0, id="the same day"),
        pytest.param(date(2026, 11, 23), date(2026, 11, 24), 1, id="the next day"),
        pytest.param(date(2026, 11, 20), date(2026, 11, 23), 1, id="Friday to Monday"),
        pytest.param(date(2026, 11, 20), date(2026, 11, 22), 0, id="Friday to Sunday"),
        pytest.param(date(2026, 11, 24), date(2026, 11, 20), -2, id="backwards"),
        pytest.param(date(2026, 12, 24), date(2027, 1, 4), 4, id="over Christmas"),
    ],
)
def test_working_days_between(start: date, end: date, expected: int) -> None:
    assert ENGLAND.working_days_between(start, end) == expected


@pytest.mark.parametrize(
    ("day", "previous", "following"),
    [
        pytest.param(
            date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 23), id="a working day"
        ),
        pytest.param(date(2026, 8, 2), date(2026, 7, 31), date(2026, 8, 3), id="a Sunday"),
        pytest.param(date(2026, 12, 25), date(2026, 12, 24), date(2026, 12, 29), id="Christmas"),
    ],
)
def test_the_working_days_on_either_side(day: date, previous: date, following: date) -> None:
    assert ENGLAND.previous_working_day(day) == previous
    assert ENGLAND.next_working_day(day) == following


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda each: each.division)
def test_every_day_from_2000_to_2068_agrees_with_a_day_by_day_count(calendar: Calendar) -> None:
    start, worked = date(2000, 1, 1), 0
    last_worked = date(1999, 12, 31)
    for day in (start + ONE_DAY * n for n in range(25_000)):
        if day.weekday() < 5 and day not in calendar.holidays:
            worked, last_worked = worked + 1, day
        assert calendar.working_days_between(date(1999, 12, 31), day) == worked
        assert calendar.add_working_days(date(1999, 12, 31), worked) == last_worked
        assert calendar.previous_working_day(day) == last_worked


@given(calendars, days, counts)
@thorough
def test_adding_agrees_with_walking_day_by_day(calendar: Calendar, start: date, n: int) -> None:
    assert calendar.add_working_days(start, n) == walk(calendar, start, n)


@given(calendars, days, st.integers(0, 900))
@thorough
def test_counting_agrees_with_tallying_day_by_day(calendar: Calendar, start: date, n: int) -> None:
    end = start + ONE_DAY * n
    assert calendar.working_days_between(start, end) == tally(calendar, start, end)
    assert calendar.working_days_between(end, start) == -tally(calendar, start, end)


@given(calendars, days, st.integers(0, 2000))
@thorough
def test_what_was_added_is_what_lies_between(calendar: Calendar, start: date, n: int) -> None:
    assert calendar.working_days_between(start, calendar.add_working_days(start, n)) == n


@given(calendars, days, counts)
@thorough
def test_from_a_working_day_the_way_back_is_as_long(calendar: Calendar, day: date, n: int) -> None:
    start = calendar.next_working_day(day)
    end = calendar.add_working_days(start, n)
    assert calendar.working_days_between(start, end) == n
    assert calendar.add_working_days(end, -n) == start


@given(calendars, days, counts, counts)
@thorough
def test_from_a_working_day_counts_can_be_added_up(
    calendar: Calendar, day: date, a: int, b: int
) -> None:
    start = calendar.next_working_day(day)
    in_two = calendar.add_working_days(calendar.add_working_days(start, a), b)
    assert in_two == calendar.add_working_days(start, a + b)


@given(calendars, days, st.integers(0, 60), counts, st.integers(0, 60))
@thorough
def test_later_starts_and_longer_counts_never_end_sooner(
    calendar: Calendar, start: date, later: int, n: int, more: int
) -> None:
    end = calendar.add_working_days(start, n)
    assert calendar.add_working_days(start, n + more) >= end
    if n != 0:  # 0 gives the start itself, which need not be a working day
        assert calendar.add_working_days(start + ONE_DAY * later, n) >= end


@given(calendars, days)
@thorough
def test_the_neighbours_are_the_nearest_working_days(calendar: Calendar, day: date) -> None:
    before, after = calendar.previous_working_day(day), calendar.next_working_day(day)
    assert before <= day <= after
    assert calendar.is_working_day(before)
    assert calendar.is_working_day(after)
    assert calendar.working_days_between(before, after) == (0 if before == after else 1)


# Where no table reaches


@pytest.mark.parametrize(
    ("day", "provisional"),
    [
        pytest.param(date(2011, 12, 31), True, id="before the table"),
        pytest.param(date(2012, 1, 1), False, id="the table's first day"),
        pytest.param(date(2028, 12, 31), False, id="the last published day"),
        pytest.param(date(2029, 1, 1), True, id="worked out by rule"),
        pytest.param(date(2031, 1, 1), True, id="after the table"),
    ],
)
def test_it_says_which_answers_may_change(day: date, provisional: bool) -> None:
    assert ENGLAND.is_provisional(day) is provisional


def test_outside_the_table_every_weekday_is_a_working_day() -> None:
    assert (ENGLAND.first, ENGLAND.last) == (date(2012, 1, 1), date(2030, 12, 31))
    assert ENGLAND.is_working_day(date(2031, 12, 25))
    assert ENGLAND.add_working_days(date(1900, 1, 1), 5) == date(1900, 1, 8)
    assert ENGLAND.previous_working_day(date.max) == date.max
    assert ENGLAND.next_working_day(date.min) == date.min


@pytest.mark.parametrize(("start", "count"), [(date.max, 1), (date(2026, 1, 1), 10**30)])
def test_a_deadline_beyond_the_year_9999_is_refused_in_words(start: date, count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} working days from .* is outside the years"):
        ENGLAND.add_working_days(start, count)


def test_a_day_before_the_year_1_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="-1 working days from 0001-01-01 is outside"):
        ENGLAND.add_working_days(date.min, -1)


# Building a calendar


def test_the_councils_own_closing_days_are_added_and_explained() -> None:
    assert CLOSING.holidays - SCOTLAND.holidays == {day for day, _ in CLOSURE}
    assert CLOSING.titles[date(2026, 12, 24)] == "Christmas closure"
    assert (CLOSING.first, CLOSING.last) == (SCOTLAND.first, SCOTLAND.last)


def test_a_bank_holiday_keeps_its_title_where_the_council_closes_too() -> None:
    calendar = calendar_from(TABLE, "scotland", [(date(2026, 12, 25), "Christmas closure")])
    assert calendar == SCOTLAND
    assert calendar.titles[date(2026, 12, 25)] == "Christmas Day"


def test_closing_on_a_weekend_changes_no_count() -> None:
    weekend = calendar_from(TABLE, "scotland", [(date(2026, 11, 22), "Heating works")])
    assert weekend.add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)


def test_closing_days_count_even_where_no_table_reaches() -> None:
    later = calendar_from(TABLE, "scotland", [(date(2040, 1, 2), "New Year")])
    assert later.add_working_days(date(2039, 12, 30), 1) == date(2040, 1, 3)


def test_an_unknown_division_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no division 'wales'; it has: england-and-wales, scot"):
        calendar_from(TABLE, "wales")


def broken(event: object) -> dict[str, object]:
    """A table whose second Scottish event is wrong."""
    table = copy.deepcopy(TABLE)
    table["divisions"]["scotland"][1] = event
    return table


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        pytest.param({}, "has no 'divisions'", id="no divisions"),
        pytest.param({"divisions": []}, "has no 'divisions'", id="divisions are a list"),
        pytest.param({"divisions": {"scotland": []}}, "at least one event", id="no events"),
        pytest.param({"divisions": {"scotland": {}}}, "not a list", id="events are not a list"),
        pytest.param(broken("2026-01-01"), "2 of scotland is not a table", id="a bare date"),
        pytest.param(broken({"date": "2012-01-03"}), "2 of scotland has no title", id="no title"),
        pytest.param(
            broken({"title": "X"}), "date of bank holiday 2 of scotland is None", id="no date"
        ),
        pytest.param(
            broken({"title": "X", "date": "25/12/2026"}), "'25/12/2026', not a date", id="UK date"
        ),
        pytest.param(
            broken({"title": "X", "date": "2012-01-02"}), "already in the table", id="listed twice"
        ),
        pytest.param(
            TABLE | {"official_until": 2028}, "official_until is 2028, not a date", id="bare year"
        ),
    ],
)
def test_a_malformed_table_is_refused_with_the_place(
    table: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        calendar_from(table, "scotland")
