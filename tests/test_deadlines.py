"""Deadlines and ages: month ends, leap days, and every way of counting that a council meets."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetflow.calendars import Calendar, calendar_from
from assetflow.deadlines import (
    MOST,
    Duration,
    Unit,
    age_in_words,
    before,
    beginning_with,
    clear_days_before,
    due,
    target_due,
    whole_months,
    working_days_beginning_with,
)

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "bank_holidays.json").read_text(encoding="utf-8")
)
ENGLAND = calendar_from(TABLE, "england-and-wales")
SCOTLAND = calendar_from(TABLE, "scotland")

days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
durations = st.builds(Duration, st.integers(0, 600), st.sampled_from(Unit))
thorough = settings(deadline=None, max_examples=200)


def after(start: date, period: str, calendar: Calendar = ENGLAND) -> date:
    """When a period that policy states in words is due."""
    return due(start, Duration.parse(period), calendar)


# Periods in words


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("25 working days", 25, Unit.working_days),
        ("1 working day", 1, Unit.working_days),
        ("14 calendar days", 14, Unit.calendar_days),
        ("1 calendar day", 1, Unit.calendar_days),
        ("6 weeks", 6, Unit.weeks),
        ("1 week", 1, Unit.weeks),
        ("18 months", 18, Unit.months),
        ("1 month", 1, Unit.months),
        ("10000 years", MOST, Unit.years),
        ("1 year", 1, Unit.years),
        ("0 weeks", 0, Unit.weeks),
    ],
)
def test_a_period_is_read_and_written_alike(text: str, count: int, unit: Unit) -> None:
    assert Duration.parse(text) == Duration(count, unit)
    assert str(Duration(count, unit)) == text


def test_a_slip_between_singular_and_plural_is_forgiven() -> None:
    assert str(Duration.parse("1 months")) == "1 month"
    assert str(Duration.parse("2 month")) == "2 months"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("25 wd", "Did you mean '25 working days'?", id="shorthand"),
        pytest.param("1 wd", "Did you mean '1 working day'?", id="shorthand for one"),
        pytest.param(
            "3 days", "Did you mean '3 working days' or '3 calendar days'?", id="bare days"
        ),
        pytest.param(
            "1 day", "Did you mean '1 working day' or '1 calendar day'?", id="one bare day"
        ),
        pytest.param("25 Working Days", "Did you mean '25 working days'?", id="capitals"),
        pytest.param("25 working-days", "Did you mean '25 working days'?", id="a hyphen"),
        pytest.param("25  working days", "Did you mean '25 working days'?", id="two spaces"),
        pytest.param(" 6 weeks", "Did you mean '6 weeks'?", id="a space before"),
        pytest.param("6 weeks\n", "Did you mean '6 weeks'?", id="a line end"),
        pytest.param("6months", "Did you mean '6 months'?", id="no space"),
        pytest.param("6 mths.", "Did you mean '6 months'?", id="an abbreviation"),
        pytest.param("06 months", "Did you mean '6 months'?", id="a leading zero"),
        pytest.param("2 yeers", "Did you mean '2 years'?", id="a slip of the pen"),
    ],
)
def test_a_period_that_cannot_be_read_is_answered_with_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match="is not a period: write 'N working days', ") as refused:
        Duration.parse(text)
    assert str(refused.value).endswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "weeks",
        "six weeks",
        "-3 weeks",
        "2.5 weeks",
        "10001 weeks",
        "99999999999 wd",
        "3 blue moons",
        "28 clear days",
        "٣ weeks",
        "1 week 2 days",
        pytest.param("9" * 5000 + " weeks", id="5000 digits"),
    ],
)
def test_where_nothing_is_near_only_the_accepted_forms_are_listed(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period: write 'N working days', ") as refused:
        Duration.parse(text)
    assert str(refused.value).endswith("with N from 0 to 10000.")


@pytest.mark.parametrize("count", [-1, MOST + 1])
def test_a_count_that_no_policy_can_mean_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"counts from 0 to 10000, not {count}"):
        Duration(count, Unit.weeks)


@given(st.builds(Duration, st.integers(0, MOST), st.sampled_from(Unit)))
@thorough
def test_any_period_survives_writing_and_reading(duration: Duration) -> None:
    assert Duration.parse(str(duration)) == duration


def read(text: str) -> Duration | str:
    """What became of a text: the period, or the sentence that refuses it."""
    try:
        return Duration.parse(text)
    except ValueError as refused:
        return str(refused)


@given(st.text("0123456789 -_.\nwadeksmonthyrclig", max_size=30))
@thorough
def test_any_text_is_either_read_or_refused_in_words(text: str) -> None:
    answer = read(text)
    assert "is not a period" in str(answer) or read(str(answer)) == answer


# Due dates


@pytest.mark.parametrize(
    ("start", "period", "calendar", "expected"),
    [
        pytest.param(
            date(2026, 3, 23),
            "20 working days",
            ENGLAND,
            date(2026, 4, 22),
            id="20 working days after 23 March 2026 in England and Wales",
        ),
        pytest.param(
            date(2026, 3, 23),
            "20 working days",
            SCOTLAND,
            date(2026, 4, 21),
            id="20 working days after 23 March 2026 in Scotland, which works on Easter Monday",
        ),
        pytest.param(
            date(2026, 2, 2),
            "6 months",
            SCOTLAND,
            date(2026, 8, 2),
            id="6 months after validation stay on a Sunday",
        ),
        pytest.param(
            date(2026, 3, 2),
            "14 calendar days",
            ENGLAND,
            date(2026, 3, 16),
            id="14 days after a 1954 Act notice a simple declaration is enough",
        ),
        pytest.param(
            date(2026, 3, 27),
            "2 calendar days",
            ENGLAND,
            date(2026, 3, 29),
            id="the night the clocks go forward is a day like any other",
        ),
    ],
)
def test_a_period_is_due(start: date, period: str, calendar: Calendar, expected: date) -> None:
    assert after(start, period, calendar) == expected


def test_the_officer_acts_on_the_working_day_before_a_statutory_sunday() -> None:
    statutory = after(date(2026, 2, 2), "6 months", SCOTLAND)
    assert SCOTLAND.previous_working_day(statutory) == date(2026, 7, 31)


@pytest.mark.parametrize(
    ("start", "period", "expected"),
    [
        (date(2026, 1, 30), "1 month", date(2026, 2, 28)),
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2028, 1, 31), "1 month", date(2028, 2, 29)),
        (date(2026, 1, 31), "2 months", date(2026, 3, 31)),
        (date(2026, 1, 31), "3 months", date(2026, 4, 30)),
        (date(2026, 2, 28), "1 month", date(2026, 3, 28)),
        (date(2026, 8, 31), "6 months", date(2027, 2, 28)),
        (date(2027, 8, 31), "6 months", date(2028, 2, 29)),
        (date(2026, 9, 30), "4 months", date(2027, 1, 30)),
        (date(2026, 12, 31), "18 months", date(2028, 6, 30)),
        (date(2024, 2, 29), "1 year", date(2025, 2, 28)),
        (date(2024, 2, 29), "4 years", date(2028, 2, 29)),
        (date(2024, 2, 29), "12 months", date(2025, 2, 28)),
        (date(2096, 2, 29), "4 years", date(2100, 2, 28)),
        (date(2024, 2, 28), "2 calendar days", date(2024, 3, 1)),
        (date(2024, 2, 28), "52 weeks", date(2025, 2, 26)),
    ],
    ids=str,
)
def test_month_ends_and_leap_days(start: date, period: str, expected: date) -> None:
    assert after(start, period) == expected


def test_counting_from_the_anchor_differs_from_counting_stage_by_stage() -> None:
    by_stages = after(after(date(2026, 1, 31), "1 month"), "1 month")
    assert by_stages == date(2026, 3, 28)
    assert after(date(2026, 1, 31), "2 months") == date(2026, 3, 31)


@pytest.mark.parametrize("unit", Unit)
def test_a_deadline_beyond_the_year_9999_is_refused_in_words(unit: Unit) -> None:
    with pytest.raises(ValueError, match="9999"):
        due(date(9999, 12, 1), Duration(600, unit), ENGLAND)


@pytest.mark.parametrize(
    ("start", "period", "expected"),
    [
        pytest.param(date(2026, 2, 2), "6 months", date(2026, 8, 3), id="from Sunday to Monday"),
        pytest.param(date(2026, 12, 18), "1 week", date(2026, 12, 29), id="from Christmas Day"),
        pytest.param(date(2026, 11, 2), "3 weeks", date(2026, 11, 23), id="a working day stays"),
        pytest.param(date(2026, 11, 20), "1 working day", date(2026, 11, 23), id="working days"),
        pytest.param(date(2026, 11, 22), "0 working days", date(2026, 11, 23), id="none at all"),
    ],
)
def test_a_target_rolls_to_the_next_working_day(start: date, period: str, expected: date) -> None:
    assert target_due(start, Duration.parse(period), ENGLAND) == expected


@given(days, durations)
@thorough
def test_a_target_is_the_first_working_day_on_or_after_the_due_date(
    start: date, duration: Duration
) -> None:
    plain, target = due(start, duration, ENGLAND), target_due(start, duration, ENGLAND)
    assert ENGLAND.is_working_day(target)
    assert plain <= target
    assert ENGLAND.working_days_between(plain, target) == (plain != target)


@given(days, durations, st.integers(0, 60))
@thorough
def test_longer_periods_and_later_starts_are_never_due_sooner(
    start: date, duration: Duration, more: int
) -> None:
    first = due(start, duration, ENGLAND)
    assert due(start, Duration(duration.count + more, duration.unit), ENGLAND) >= first
    if duration.count:  # 0 gives the start itself, working day or not
        assert due(start + timedelta(days=more), duration, ENGLAND) >= first


@given(days, st.integers(0, 2000))
@thorough
def test_months_keep_the_day_number_or_end_with_the_month(start: date, count: int) -> None:
    end = due(start, Duration(count, Unit.months), ENGLAND)
    month = start.year * 12 + start.month - 1 + count
    assert (end.year, end.month - 1) == divmod(month, 12)
    last_of_month = (end + timedelta(days=1)).month != end.month
    assert end.day == start.day or (end.day < start.day and last_of_month)


# Counted back


def told(value: object) -> str:
    """Name a value in the name of a test, always alike: a calendar by its division."""
    return value.division if isinstance(value, Calendar) else str(value)


@pytest.mark.parametrize(
    ("day", "period", "calendar", "expected"),
    [
        (date(2026, 9, 5), "14 weeks", ENGLAND, date(2026, 5, 30)),
        (date(2026, 7, 9), "29 calendar days", ENGLAND, date(2026, 6, 10)),
        (date(2026, 4, 7), "1 working day", ENGLAND, date(2026, 4, 2)),
        (date(2026, 4, 7), "1 working day", SCOTLAND, date(2026, 4, 6)),
        (date(2026, 8, 2), "1 working day", ENGLAND, date(2026, 7, 31)),
        (date(2026, 3, 31), "1 month", ENGLAND, date(2026, 2, 28)),
        (date(2024, 3, 31), "1 month", ENGLAND, date(2024, 2, 29)),
        (date(2026, 1, 15), "1 month", ENGLAND, date(2025, 12, 15)),
        (date(2026, 12, 31), "10 months", ENGLAND, date(2026, 2, 28)),
        (date(2024, 2, 29), "1 year", ENGLAND, date(2023, 2, 28)),
        (date(2026, 5, 4), "0 weeks", ENGLAND, date(2026, 5, 4)),
    ],
    ids=told,
)
def test_a_period_counted_back(day: date, period: str, calendar: Calendar, expected: date) -> None:
    assert before(day, Duration.parse(period), calendar) == expected


@given(days, durations)
@thorough
def test_counting_back_is_the_inverse_of_counting_on_but_for_short_months(
    day: date, duration: Duration
) -> None:
    again = due(before(day, duration, ENGLAND), duration, ENGLAND)
    match duration.unit:
        case Unit.working_days:
            # A day on which nobody works is passed over in both directions.
            nearest = ENGLAND.next_working_day(day) if duration.count else day
            assert again == nearest
        case Unit.months | Unit.years:
            # The day number is lost where the month counted back to is shorter.
            assert again <= day
            assert (again.year, again.month) == (day.year, day.month)
            assert again == day or before(day, duration, ENGLAND).day < day.day
        case _:
            assert again == day


@given(days, durations, st.integers(0, 60))
@thorough
def test_counting_back_further_never_comes_later(day: date, duration: Duration, more: int) -> None:
    further = Duration(duration.count + more, duration.unit)
    assert before(day, further, SCOTLAND) <= before(day, duration, SCOTLAND) <= day


@pytest.mark.parametrize("unit", [Unit.weeks, Unit.months, Unit.years, Unit.working_days])
def test_a_day_before_the_year_1_is_refused_in_words(unit: Unit) -> None:
    with pytest.raises(ValueError, match=r"before the year 1|outside the years 1"):
        before(date(1, 2, 1), Duration(600, unit), ENGLAND)


# Beginning with a day: in days and months as in working days


@pytest.mark.parametrize(
    ("day", "period", "calendar", "expected"),
    [
        (date(2026, 8, 2), "20 working days", SCOTLAND, date(2026, 8, 31)),
        (date(2026, 6, 1), "20 working days", SCOTLAND, date(2026, 6, 29)),
        (date(2026, 6, 1), "1 calendar day", ENGLAND, date(2026, 6, 1)),
        (date(2026, 6, 1), "4 weeks", ENGLAND, date(2026, 6, 28)),
        (date(2026, 2, 1), "1 month", ENGLAND, date(2026, 2, 28)),
        (date(2026, 3, 1), "1 month", ENGLAND, date(2026, 3, 31)),
        (date(2026, 3, 2), "1 month", ENGLAND, date(2026, 4, 1)),
        (date(2026, 1, 29), "1 month", ENGLAND, date(2026, 2, 28)),
        (date(2026, 1, 31), "1 month", ENGLAND, date(2026, 2, 28)),
        (date(2024, 2, 29), "1 year", ENGLAND, date(2025, 2, 28)),
        (date(2026, 4, 6), "1 year", ENGLAND, date(2027, 4, 5)),
    ],
    ids=told,
)
def test_a_period_that_begins_with_its_day(
    day: date, period: str, calendar: Calendar, expected: date
) -> None:
    assert beginning_with(day, Duration.parse(period), calendar) == expected


@pytest.mark.parametrize("unit", Unit)
def test_a_period_that_begins_with_a_day_is_not_empty(unit: Unit) -> None:
    with pytest.raises(ValueError, match="has at least 1 "):
        beginning_with(date(2026, 6, 1), Duration(0, unit), ENGLAND)


@given(days, st.integers(1, 600), st.sampled_from([Unit.calendar_days, Unit.weeks]))
@thorough
def test_a_period_that_begins_with_a_day_is_a_day_shorter_than_one_after_it(
    day: date, count: int, unit: Unit
) -> None:
    period = Duration(count, unit)
    one_day = timedelta(days=1)
    assert beginning_with(day, period, ENGLAND) + one_day == due(day, period, ENGLAND)


@given(days, st.integers(1, 600), st.sampled_from([Unit.months, Unit.years]))
@thorough
def test_periods_that_begin_with_a_day_leave_no_gap(day: date, count: int, unit: Unit) -> None:
    """What begins on the first of a month ends with a month."""
    first = day.replace(day=1)
    end = beginning_with(first, Duration(count, unit), ENGLAND)
    assert (end + timedelta(days=1)).day == 1
    assert whole_months(first, end + timedelta(days=1)) == count * (12 if unit is Unit.years else 1)


# Working days beginning with, and clear days


@pytest.mark.parametrize(
    ("calendar", "day", "count", "expected"),
    [
        pytest.param(
            SCOTLAND,
            date(2026, 6, 1),
            20,
            date(2026, 6, 29),
            id="20 beginning with 1 June 2026 in Scotland, over the World Cup holiday",
        ),
        pytest.param(
            ENGLAND,
            date(2026, 6, 1),
            20,
            date(2026, 6, 26),
            id="20 beginning with 1 June 2026 in England and Wales",
        ),
        pytest.param(ENGLAND, date(2026, 6, 1), 1, date(2026, 6, 1), id="the day itself is day 1"),
        pytest.param(
            ENGLAND, date(2026, 5, 31), 1, date(2026, 6, 1), id="a Sunday is nobody's day 1"
        ),
    ],
)
def test_working_days_beginning_with_a_day(
    calendar: Calendar, day: date, count: int, expected: date
) -> None:
    assert working_days_beginning_with(day, count, calendar) == expected


def test_forgetting_the_world_cup_or_day_one_would_give_the_wrong_answer() -> None:
    forgetful = Calendar(
        "scotland",
        SCOTLAND.holidays - {date(2026, 6, 15)},
        SCOTLAND.first,
        SCOTLAND.last,
        SCOTLAND.official_until,
    )
    assert working_days_beginning_with(date(2026, 6, 1), 20, forgetful) == date(2026, 6, 26)
    assert after(date(2026, 6, 1), "20 working days", SCOTLAND) == date(2026, 6, 30)


def test_a_period_beginning_with_a_day_has_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="at least 1 working day, not 0"):
        working_days_beginning_with(date(2026, 6, 1), 0, ENGLAND)


@given(days, st.integers(1, 600))
@thorough
def test_beginning_with_a_day_is_the_same_as_after_the_day_before(day: date, count: int) -> None:
    the_day_before = day - timedelta(days=1)
    expected = SCOTLAND.add_working_days(the_day_before, count)
    assert working_days_beginning_with(day, count, SCOTLAND) == expected


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param(
            date(2026, 7, 9),
            28,
            date(2026, 6, 10),
            id="28 clear days before Cabinet on 9 July 2026",
        ),
        pytest.param(date(2026, 7, 9), 0, date(2026, 7, 8), id="none: the day before"),
        pytest.param(date(2024, 3, 1), 1, date(2024, 2, 28), id="over a leap day"),
    ],
)
def test_clear_days_before_a_meeting(day: date, count: int, expected: date) -> None:
    assert clear_days_before(day, count) == expected
    assert (day - expected).days - 1 == count


@pytest.mark.parametrize(("count", "sentence"), [(-1, "count from 0"), (10**12, "before the year")])
def test_impossible_clear_days_are_refused_in_words(count: int, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        clear_days_before(date(2026, 7, 9), count)


# Ages


@pytest.mark.parametrize(
    ("start", "end", "months", "words"),
    [
        (date(2026, 1, 31), date(2026, 1, 31), 0, "0 days"),
        (date(2026, 1, 31), date(2026, 2, 1), 0, "1 day"),
        (date(2026, 3, 1), date(2026, 3, 18), 0, "17 days"),
        (date(2026, 1, 31), date(2026, 2, 27), 0, "27 days"),
        (date(2026, 1, 31), date(2026, 2, 28), 1, "1 month"),
        (date(2026, 1, 31), date(2026, 3, 30), 1, "1 month 30 days"),
        (date(2026, 1, 31), date(2026, 3, 31), 2, "2 months"),
        (date(2026, 1, 31), date(2026, 4, 30), 3, "3 months"),
        (date(2026, 7, 11), date(2026, 11, 23), 4, "4 months 12 days"),
        (date(2024, 2, 29), date(2025, 2, 28), 12, "1 year"),
        (date(2024, 2, 29), date(2028, 2, 28), 47, "3 years 11 months"),
        (date(2024, 10, 20), date(2026, 11, 23), 25, "2 years 1 month"),
        (date(2024, 11, 20), date(2026, 11, 23), 24, "2 years 3 days"),
        (date(9999, 1, 31), date.max, 11, "11 months"),
    ],
    ids=str,
)
def test_ages(start: date, end: date, months: int, words: str) -> None:
    assert whole_months(start, end) == months
    assert age_in_words(start, end) == words


def test_an_age_cannot_run_backwards() -> None:
    with pytest.raises(ValueError, match="no age from 2026-02-02 back to 2026-02-01"):
        age_in_words(date(2026, 2, 2), date(2026, 2, 1))


@given(days, days)
@thorough
def test_whole_months_are_those_already_due(one: date, other: date) -> None:
    start, end = sorted((one, other))
    months = whole_months(start, end)
    assert due(start, Duration(months, Unit.months), ENGLAND) <= end
    assert due(start, Duration(months + 1, Unit.months), ENGLAND) > end


@given(days, st.integers(0, 2000))
@thorough
def test_the_day_a_month_is_due_completes_it(start: date, count: int) -> None:
    assert whole_months(start, due(start, Duration(count, Unit.months), ENGLAND)) == count
