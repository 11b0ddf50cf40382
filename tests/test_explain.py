"""Why a date is what it is: the explanation, row by row, and that it says what is counted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import starmap, zip_longest
from typing import Literal

import pytest
from conftest import Terminal
from hypothesis import given
from hypothesis import strategies as st
from test_calendars import CALENDARS, CLOSING, CLOSURE, ENGLAND, SCOTLAND, TABLE
from test_clocks import NOTICE, case, clock, day, in_words, route

from assetflow import alerts, queries, snapshot
from assetflow.calendars import Calendar, calendar_from
from assetflow.casework import dates
from assetflow.clocks import last_day, read
from assetflow.deadlines import Duration, Unit
from assetflow.errors import BadInput, NotFound
from assetflow.reckoning import Pause, Rule, is_provisional, reckon
from assetflow.snapshot import Occasion, Signoff
from assetflow.workflow import PauseRule, Stage, Workflow

Way = Literal["after", "beginning_with", "before"]
ONE_DAY = timedelta(days=1)
days = st.dates(date(2011, 1, 1), date(2032, 12, 31))
periods = st.builds(Duration, st.integers(0, 90), st.sampled_from(Unit))
calendars = st.sampled_from(CALENDARS)


# What an officer types


def test_an_officer_asks_why_a_date_is_what_it_is(af: Terminal) -> None:
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club",
       "--received", "2026-03-02")  # fmt: skip
    shown = af("case", "explain", "1")
    assert [line.split("  ")[0] for line in shown.out.splitlines()] == [
        "Name", "target", "watch", "amber", "red", "red_2", "critical", "critical_2", "breach",
    ]  # fmt: skip
    (line,) = [line for line in shown.out.splitlines() if line.startswith("target")]
    assert line.split("  ")[-2:] == ["Wed 8 Apr 2026", "25 working days left"]
    why = af("case", "explain", "1", "target").out
    assert why == (
        "CAT-2026-0001  Expression of interest target: Wed 8 Apr 2026  (target)\n"
        "  Mon 2 Mar 2026             counted from: the case came into ‘Expression of interest’\n"
        "                             25 working days after it; it is not counted itself\n"
        "                             without weekends, the bank holidays of england-and-wales\n"
        "  7 Mar 2026 – 29 Mar 2026   not counted: weekends (8 days)\n"
        "  Fri 3 Apr 2026             not counted: Good Friday (bank holiday)\n"
        "  4 Apr 2026 – 5 Apr 2026    not counted: a weekend (2 days)\n"
        "  Mon 6 Apr 2026             not counted: Easter Monday (bank holiday)\n"
        "  Wed 8 Apr 2026             the last of 25 working days\n"
        "                             source: Oldham: within one month; Norwich: about three weeks "
        "(Community asset transfer (lease, England and Wales), version 1; nobody has verified it)\n"
    )
    assert af("case", "explain", "1", "Expression of").out == why
    file = af("case", "show", "1").out
    assert "Expression of interest target  target  Wed 8 Apr 2026" in file
    late = af("case", "explain", "1", "--as-of", "2026-04-10").out
    assert "2 working days over" in late


def test_an_ended_case_has_no_dates(case: Terminal) -> None:
    case("case", "withdraw", "1", "--why", "Too far away")
    assert case("case", "explain", "1").out == "Nothing runs on this case.\n"
    assert case("case", "explain", "1", "--json").json["dates"] == []


def test_what_is_asked_of_a_department_is_explained(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    shown = case("case", "explain", "1", "service").out
    assert "counted from: asked to sign (accept)" in shown
    assert "5 working days after it" in shown


def test_what_is_no_date_of_a_case_is_refused_with_the_way_to_the_names(case: Terminal) -> None:
    told = case("case", "explain", "1", "completion", code=6)
    assert "CAT-2026-0001 has no date 'completion'." in told.err
    several = case("case", "explain", "1", "ladder", code=2)
    assert "fits several dates of CAT-2026-0001: watch, amber, red" in several.err


# What is counted


VECTORS = """
scotland: 20 working days beginning_with Mon 1 Jun 2026 -> Mon 29 Jun 2026
england: 20 working days beginning_with Mon 1 Jun 2026 -> Fri 26 Jun 2026
england: 20 working days after Mon 23 Mar 2026 -> Wed 22 Apr 2026
scotland: 20 working days after Mon 23 Mar 2026 -> Tue 21 Apr 2026
england: 6 months after Mon 2 Feb 2026 -> Sun 2 Aug 2026
scotland: 6 months after Mon 2 Feb 2026 -> Sun 2 Aug 2026
england: 29 calendar days before Thu 9 Jul 2026 -> Wed 10 Jun 2026
england: 14 calendar days after Mon 2 Mar 2026 -> Mon 16 Mar 2026
england: 6 months after Sun 31 Aug 2025 -> Sat 28 Feb 2026
england: 2 weeks before Tue 14 Apr 2026 -> Tue 31 Mar 2026
england: 0 working days after Sun 2 Aug 2026 -> Sun 2 Aug 2026
"""
NAMED = {"scotland": SCOTLAND, "england": ENGLAND}


@pytest.mark.parametrize("line", VECTORS.strip().splitlines())
def test_the_vectors_come_out_day_by_day_as_they_do_by_arithmetic(line: str) -> None:
    place, rest = line.split(": ")
    counted, expected = rest.split(" -> ")
    way: Way
    for way in ("after", "beginning_with", "before"):
        if f" {way} " in counted:
            period, start = counted.split(f" {way} ")
            told = {"before": period} if way == "before" else {"within": period, "count": way}
            rule = Rule(Duration.parse(period), way, closings=False)
            found = reckon(day(start), rule, NAMED[place])
            assert in_words(found.last_day) == expected
            assert in_words(last_day(clock(**told), day(start), NAMED[place])) == expected


def test_the_world_cup_is_told_by_its_name() -> None:
    rule = Rule(Duration.parse("20 working days"), "beginning_with", closings=False)
    told = [(row.kind, row.on, row.until, row.text) for row in reckon(
        date(2026, 6, 1), rule, SCOTLAND).rows[2:]]  # fmt: skip
    assert told == [
        ("weekends", date(2026, 6, 6), date(2026, 6, 14), "not counted: weekends (4 days)"),
        ("holiday", date(2026, 6, 15), None,
         f"not counted: {SCOTLAND.titles[date(2026, 6, 15)]} (bank holiday)"),
        ("weekends", date(2026, 6, 20), date(2026, 6, 28), "not counted: weekends (4 days)"),
        ("last_day", date(2026, 6, 29), None, "the last of 20 working days"),
    ]  # fmt: skip


@given(
    days, st.integers(0, 90), st.sampled_from(Unit), calendars,
    st.sampled_from(["statutory", "target", "external"]),
    st.sampled_from(["after", "beginning_with", "before"]),
)  # fmt: skip
def test_what_is_explained_is_what_a_clock_says(
    start: date, count: int, unit: Unit, calendar: Calendar, kind: str, way: str
) -> None:
    count = max(count, 1) if way == "beginning_with" else count
    period = str(Duration(count, unit))
    told = {"before": period} if way == "before" else {"within": period, "count": way}
    declared = clock(kind, **told)
    occasion = at({"validated_on": start}, route(declared), calendar)
    found = read(occasion.workflow, declared, occasion.case, calendar)
    assert found is not None
    one = dates.named(occasion, "notice")
    assert one.last_day == found.due_on
    rows = dates.explain(occasion, one)
    assert [row.on for row in rows if row.kind in ("last_day", "moved")][-1] == found.due_on
    assert one.act_by <= one.last_day
    assert calendar.is_working_day(one.act_by)


@given(days, periods, calendars)
def test_what_is_explained_is_when_a_stage_is_due(
    since: date, period: Duration, calendar: Calendar
) -> None:
    stages = {"assessed": Stage("assessed", "Being assessed", target=str(period)),
              "closed": Stage("closed", "Closed", end="completed")}  # fmt: skip
    occasion = at({}, route(stages=stages), calendar)
    occasion = replace(occasion, case=replace(occasion.case, stage_since=since))
    one = dates.named(occasion, "target")
    assert one.last_day == alerts.stage_due_on(occasion)
    rows = dates.explain(occasion, one)
    assert [row.on for row in rows if row.kind in ("last_day", "moved")][-1] == one.last_day


@given(days, st.integers(1, 200), calendars, st.sampled_from(["after", "beginning_with", "before"]))
def test_every_day_is_counted_or_told(
    start: date, count: int, calendar: Calendar, way: Way
) -> None:
    rule = Rule(Duration(count, Unit.working_days), way)
    found = reckon(start, rule, calendar)
    told = [row for row in found.rows if row.kind in ("weekends", "holiday", "closing")]
    weekends = sum(int(row.text.rpartition("(")[2].split()[0])
                   for row in told if row.kind == "weekends")  # fmt: skip
    others = [row.on for row in told if row.kind != "weekends"]
    length = abs((found.last_day - start).days) + (way == "beginning_with")
    assert weekends + len(others) + count == length
    low, high = sorted((start, found.last_day))
    inside = {d for d in calendar.holidays if low <= d <= high and d.weekday() < 5}
    assert set(others) == inside - ({start} if way != "beginning_with" else set())


def test_closing_days_count_for_targets_alone_and_are_told_one_by_one() -> None:
    start = date(2026, 12, 23)
    ours = reckon(start, Rule(Duration.parse("1 working day")), CLOSING)
    assert ours.last_day == date(2027, 1, 5)
    closed = [row for row in ours.rows if row.kind == "closing"]
    assert [row.on for row in closed] == [d for d, _ in CLOSURE]
    assert closed[0].text == "not counted: Christmas closure (the council is closed)"
    law = reckon(start, Rule(Duration.parse("1 working day"), closings=False), CLOSING)
    assert law.last_day == date(2026, 12, 24)
    assert "closing" not in {row.kind for row in law.rows}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("statutory", "Thu 24 Dec 2026"), ("external", "Thu 24 Dec 2026"),
     ("target", "Tue 5 Jan 2027")],
)  # fmt: skip
def test_only_targets_wait_while_the_council_is_closed(kind: str, expected: str) -> None:
    declared = clock(kind, within="1 working day")
    assert in_words(last_day(declared, date(2026, 12, 23), CLOSING)) == expected


def test_a_statutory_day_on_which_the_council_is_closed_is_acted_on_before() -> None:
    declared = clock("statutory", within="6 months")
    occasion = at({"validated_on": date(2026, 6, 29)}, route(declared), CLOSING)
    one = dates.named(occasion, "notice")
    assert (one.last_day, one.act_by) == (date(2026, 12, 29), date(2026, 12, 23))


# Pauses


def test_a_pause_puts_a_target_off_and_says_so() -> None:
    pause = [Pause(date(2026, 3, 4), date(2026, 3, 10), "the group was asked for accounts")]
    rule = Rule(Duration.parse("5 working days"))
    found = reckon(date(2026, 3, 2), rule, ENGLAND, pause)
    assert found.last_day == date(2026, 3, 13)
    assert [(r.kind, r.on, r.until) for r in found.rows[2:]] == [
        ("weekends", date(2026, 3, 7), date(2026, 3, 8)),
        ("last_day", date(2026, 3, 9), None),
        ("pause", date(2026, 3, 4), date(2026, 3, 10)),
        ("last_day", date(2026, 3, 13), None),
    ]
    assert "asked: the group was asked for accounts" in found.rows[4].text


@given(days, periods, calendars, st.lists(st.integers(0, 80), max_size=4))
def test_what_is_explained_is_when_a_paused_stage_is_due(
    since: date, period: Duration, calendar: Calendar, ends: list[int]
) -> None:
    """Pauses as they come, one after the other; the last may still run."""
    ends = sorted(ends)
    began = [since + ONE_DAY * number for number in ends[::2]]
    ended = [since + ONE_DAY * number for number in ends[1::2]]
    taken = tuple(starmap(paused, zip_longest(began, ended)))
    stages = {"assessed": Stage("assessed", "Being assessed", target=str(period)),
              "closed": Stage("closed", "Closed", end="completed")}  # fmt: skip
    occasion = at({}, route(stages=stages), calendar)
    rules = PauseRule(
        {"accounts": "Accounts are missing"}, "why", "missing", "by", "letter",
        cap="60 working days", to=("champion",),
    )  # fmt: skip
    workflow = replace(occasion.workflow, pauses=rules)
    case = replace(occasion.case, stage_since=since, pauses=taken)
    occasion = replace(occasion, workflow=workflow, case=case, on=since + ONE_DAY * 100)
    one = dates.named(occasion, "target")
    assert one.last_day == alerts.stage_due_on(occasion)
    rows = dates.explain(occasion, one)
    assert [row.on for row in rows if row.kind in ("last_day", "moved")][-1] == one.last_day


def paused(began: date, ended: date | None) -> snapshot.Pause:
    return snapshot.Pause(began, ended, "accounts")


# What becomes of a date


def at(facts: dict[str, object], declared: Workflow, calendar: Calendar = SCOTLAND) -> Occasion:
    """The case on 5 January 2026 with these facts on its file."""
    return Occasion(declared, case(facts), date(2026, 1, 5), calendar, {}, {})


def told(occasion: Occasion, name: str) -> Sequence[tuple[str, str]]:
    """The kinds and sentences of an explanation."""
    return [(row.kind, row.text) for row in dates.explain(occasion, dates.named(occasion, name))]


VALIDATED: dict[str, object] = {"validated_on": date(2026, 2, 2)}


def test_a_statutory_day_that_nobody_works_on_stands_and_is_acted_on_before() -> None:
    occasion = at(VALIDATED, route(NOTICE))
    one = dates.named(occasion, "notice")
    assert (in_words(one.last_day), in_words(one.act_by)) == ("Sun 2 Aug 2026", "Fri 31 Jul 2026")
    assert ("act_by", "nobody works on 2 Aug 2026: act by Friday") in told(occasion, "notice")
    assert ("roll", "a last day without work is never moved") in told(occasion, "notice")


def test_an_extension_is_told_and_an_earlier_day_shortens_nothing() -> None:
    longer = at({**VALIDATED, "until": date(2026, 9, 30)}, route(NOTICE))
    assert dates.named(longer, "notice").last_day == date(2026, 9, 30)
    assert ("instead", "extended to this day (until)") in told(longer, "notice")
    earlier = at({**VALIDATED, "until": date(2026, 7, 1)}, route(NOTICE))
    assert dates.named(earlier, "notice").last_day == date(2026, 8, 2)
    assert ("instead", "1 Jul 2026 was agreed; it shortens none (until)") in told(earlier, "notice")


def test_a_clock_that_was_stopped_is_not_listed_but_can_be_asked_about() -> None:
    occasion = at({**VALIDATED, "withdrawn": True}, route(NOTICE))
    assert dates.running(occasion) == []
    assert ("stopped", "it no longer runs") in told(occasion, "notice")


def test_a_clock_that_has_not_started_says_what_it_waits_for() -> None:
    with pytest.raises(NotFound, match="Decision notice has not started: it runs from validated"):
        dates.named(at({}, route(NOTICE)), "notice")


def test_names_that_two_dates_share_are_told_apart() -> None:
    twin = replace(clock(within="1 month"), id="target", label="Ours")
    stages = {"assessed": Stage("assessed", "Being assessed", target="2 weeks")}
    occasion = at(VALIDATED, route(twin, stages=stages))
    assert [one.name for one in dates.running(occasion)] == ["target", "statutory:target"]
    with pytest.raises(BadInput, match="fits several"):
        dates.named(occasion, "s")


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        (date(2028, 12, 1), Rule(Duration.parse("10 working days")), False),
        (date(2028, 12, 20), Rule(Duration.parse("10 working days")), True),
        (date(2028, 12, 20), Rule(Duration.parse("1 month")), False),
        (date(2028, 12, 20), Rule(Duration.parse("1 month"), moved=True), True),
        (date(2029, 1, 10), Rule(Duration.parse("20 working days"), "before"), True),
    ],
)  # fmt: skip
def test_a_date_that_a_holiday_to_come_could_change_is_provisional(
    start: date, rule: Rule, expected: bool
) -> None:
    last = reckon(start, rule, ENGLAND).last_day
    assert is_provisional(start, last, rule, ENGLAND) is expected


def test_a_provisional_date_says_how_far_the_holidays_are_known() -> None:
    occasion = at({"validated_on": date(2029, 1, 2)}, route(clock(within="20 working days")))
    said = ("provisional", "provisional: bank holidays are published until 31 Dec 2028")
    assert said in told(occasion, "notice")


@pytest.mark.parametrize(("received", "marked"), [(date(2028, 10, 2), 0), (date(2028, 12, 20), 1)])
def test_what_is_due_after_the_published_holidays_is_marked_in_what_to_do_next(
    af: Terminal, received: date, marked: int
) -> None:
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", on=received)
    due = af("case", "next", "1", "--json", on=received).json["due"]
    assert [one["provisional"] for one in due] == [bool(marked)] * len(due)
    assert af("case", "next", "1", on=received).out.count(", provisional") == marked


def test_at_a_glance_a_case_has_only_the_next_level_of_its_ladder(case: Terminal) -> None:
    names = [one["name"] for one in case("case", "show", "1", "--json").json["dates"]]
    shown = case("case", "show", "1").out
    levels = ["watch", "amber", "red", "red_2", "critical", "critical_2", "breach"]
    assert names[-len(levels) :] == levels
    assert [level for level in levels if f"\n{level} " in shown] == ["watch"]


def test_what_a_department_was_told_stands_whatever_is_counted_now(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    with case.desk() as desk:
        one = queries.load_cases(desk.db, queries.open_case_ids(desk.db))[0]
        occasion = desk.bare_occasion(one.workflow, one.snapshot)
    asked: Signoff = one.snapshot.signoffs[0]
    closed = calendar_from(TABLE, "england-and-wales", [(date(2026, 3, 9), "Flood")])
    found = dates.named(replace(occasion, calendar=closed), asked.department)
    assert found.last_day == asked.due_on
    assert found.instead == "the day that was told with the request stands"
