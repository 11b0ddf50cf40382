"""Named clocks: tables of days that say when each starts, ends, is extended, stopped and told."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetflow.alerts import LADDER, Alert, rung_reached, timeline
from assetflow.calendars import Calendar, calendar_from
from assetflow.clocks import last_day, read, readings, told_in
from assetflow.deadlines import clear_days_before
from assetflow.snapshot import Occasion, Person, Snapshot
from assetflow.workflow import Clock, ClockStart, Rung, Stage, Workflow

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "bank_holidays.json").read_text(encoding="utf-8")
)
ENGLAND = calendar_from(TABLE, "england-and-wales")
SCOTLAND = calendar_from(TABLE, "scotland")
ONE_DAY = timedelta(days=1)
SAM = Person(1, "sam", "Sam Taylor")

days = st.dates(date(1995, 1, 1), date(2095, 12, 31))


def day(words: str) -> date:
    """Read a day such as ``Mon 2 Feb 2026``; the weekday must be right."""
    found = datetime.strptime(words, "%a %d %b %Y").date()  # noqa: DTZ007 - a plain date
    assert in_words(found) == words
    return found


def in_words(when: date) -> str:
    """Write a day as these tables do."""
    return f"{when:%a} {when.day} {when:%b %Y}"


def clock(kind: Any = "statutory", **declared: Any) -> Clock:
    """A clock that starts with a request, whatever else it declares."""
    return Clock("notice", "Decision notice", kind, ClockStart(fact="validated_on"), **declared)


def route(*clocks: Clock, **declared: Any) -> Workflow:
    """A route with nothing but its clocks and what matters to them."""
    stages = {
        "assessed": Stage("assessed", "Being assessed"),
        "decided": Stage("decided", "Decided"),
        "closed": Stage("closed", "Closed", end="completed"),
    }
    return Workflow(
        name="request", label="Request", version=1, reference_prefix="REQ", initial="assessed",
        stall_limit="24 months", review_within="20 working days",
        **{"stages": stages, "transitions": {}, "departments": {}, "roles": {}, "rights": {},
           "clocks": {one.id: one for one in clocks}, **declared},
    )  # fmt: skip


def case(facts: dict[str, object], stage: str = "assessed", since: date = date.min) -> Snapshot:
    """A case with these facts on its file."""
    start = max(since, date(2026, 1, 5))
    return Snapshot(
        reference="REQ-2026-0001", stage=stage, stage_since=start, received_on=date(2026, 1, 5),
        waiting_on="council", waiting_since=start, officer=SAM, champion=SAM,
        champion_since=start, written_to_group_on=start, facts=facts, signoffs=(),
        letters_sent={},
    )  # fmt: skip


def at(snapshot: Snapshot, declared: Workflow, on: date = date(2026, 1, 5)) -> Occasion:
    """The case on a day under a route, in Scotland."""
    return Occasion(declared, snapshot, on, SCOTLAND, {}, {})


# The last day

# Kind, calendar, period and start, and the last day of the clock.
LAST_DAYS = """
statutory, scotland: 6 months after Mon 2 Feb 2026 -> Sun 2 Aug 2026
external, scotland: 6 months after Mon 2 Feb 2026 -> Sun 2 Aug 2026
target, scotland: 6 months after Mon 2 Feb 2026 -> Tue 4 Aug 2026
target, england: 6 months after Mon 2 Feb 2026 -> Mon 3 Aug 2026
statutory, england: 1 month after Sat 31 Jan 2026 -> Sat 28 Feb 2026
statutory, scotland: 20 working days beginning_with Sun 2 Aug 2026 -> Mon 31 Aug 2026
statutory, england: 20 working days beginning_with Sun 2 Aug 2026 -> Fri 28 Aug 2026
statutory, scotland: 20 working days after Sun 2 Aug 2026 -> Mon 31 Aug 2026
statutory, england: 5 working days beginning_with Mon 2 Feb 2026 -> Fri 6 Feb 2026
statutory, england: 5 working days after Mon 2 Feb 2026 -> Mon 9 Feb 2026
statutory, england: 28 calendar days beginning_with Mon 2 Feb 2026 -> Sun 1 Mar 2026
target, england: 28 calendar days beginning_with Mon 2 Feb 2026 -> Mon 2 Mar 2026
statutory, england: 29 calendar days before Thu 9 Jul 2026 -> Wed 10 Jun 2026
statutory, england: 14 weeks before Sat 5 Sep 2026 -> Sat 30 May 2026
target, england: 14 weeks before Sat 5 Sep 2026 -> Fri 29 May 2026
target, england: 29 calendar days before Tue 5 May 2026 -> Thu 2 Apr 2026
external, england: 29 calendar days before Tue 5 May 2026 -> Mon 6 Apr 2026
statutory, england: 1 working day before Tue 7 Apr 2026 -> Thu 2 Apr 2026
statutory, england: 1 month before Tue 31 Mar 2026 -> Sat 28 Feb 2026
"""
CALENDARS = {"scotland": SCOTLAND, "england": ENGLAND}


@pytest.mark.parametrize("line", LAST_DAYS.strip().splitlines())
def test_the_last_day_of_a_clock(line: str) -> None:
    head, rest = line.split(": ")
    kind, place = head.split(", ")
    counted, expected = rest.split(" -> ")
    way = next(w for w in ("beginning_with", "after", "before") if f" {w} " in counted)
    period, start = counted.split(f" {way} ")
    told = {"before": period} if way == "before" else {"within": period, "count": way}
    declared = clock(kind, **told)
    found = read(route(declared), declared, case({"validated_on": day(start)}), CALENDARS[place])
    assert found is not None
    assert in_words(found.due_on) == in_words(found.first_due_on) == expected
    assert found.started_on == day(start)


@given(days, st.integers(0, 60))
def test_clear_days_are_one_calendar_day_less_than_is_written(meeting: date, count: int) -> None:
    notice = clock(before=f"{count + 1} calendar days")
    assert last_day(notice, meeting, ENGLAND) == clear_days_before(meeting, count)


@given(days, st.sampled_from(["within", "before"]),
       st.sampled_from(["3 weeks", "20 working days", "6 months"]))  # fmt: skip
def test_only_targets_are_moved_and_always_to_a_day_on_which_somebody_works(
    start: date, way: str, period: str
) -> None:
    told = {way: period}
    plain = last_day(clock("statutory", **told), start, SCOTLAND)
    moved = last_day(clock("target", **told), start, SCOTLAND)
    assert plain == last_day(clock("external", **told), start, SCOTLAND)
    assert SCOTLAND.is_working_day(moved)
    assert (moved >= plain) if way == "within" else (moved <= plain)
    assert SCOTLAND.is_working_day(plain) == (moved == plain)


# Whether it runs

RUNNING: list[tuple[str, dict[str, object], str]] = [
    ("nothing is on the file", {}, "not started"),
    ("its day is on the file", {"validated_on": date(2026, 2, 2)}, "runs until Sun 2 Aug 2026"),
    ("its fact is no date", {"validated_on": "Monday"}, "not started"),
    (
        "it was extended",
        {"validated_on": date(2026, 2, 2), "until": date(2026, 9, 30)},
        "runs until Wed 30 Sep 2026",
    ),
    (
        "an earlier date shortens nothing",
        {"validated_on": date(2026, 2, 2), "until": date(2026, 7, 1)},
        "runs until Sun 2 Aug 2026",
    ),
    (
        "what stops it is on the file",
        {"validated_on": date(2026, 2, 2), "notice_on": date(2026, 7, 1)},
        "stopped, due Sun 2 Aug 2026",
    ),
    (
        "any of what stops it is on the file",
        {"validated_on": date(2026, 2, 2), "withdrawn": True},
        "stopped, due Sun 2 Aug 2026",
    ),
    (
        "a no stops nothing",
        {"validated_on": date(2026, 2, 2), "withdrawn": False},
        "runs until Sun 2 Aug 2026",
    ),
]
VALIDATED: dict[str, object] = {"validated_on": date(2026, 2, 2)}
NOTICE = clock(within="6 months", extended_to="until", stops=("notice_on", "withdrawn"))


@pytest.mark.parametrize(
    ("facts", "expected"), [row[1:] for row in RUNNING], ids=[row[0] for row in RUNNING]
)
def test_whether_a_clock_runs(facts: dict[str, object], expected: str) -> None:
    found = read(route(NOTICE), NOTICE, case(facts), SCOTLAND)
    if found is None:
        assert expected == "not started"
        return
    told = in_words(found.due_on)
    assert expected == (f"runs until {told}" if found.runs else f"stopped, due {told}")
    assert found.expired(found.due_on + ONE_DAY) == found.runs
    assert not found.expired(found.due_on)
    assert in_words(found.first_due_on) == "Sun 2 Aug 2026"


def test_a_clock_of_a_stage_runs_only_while_the_case_is_in_it() -> None:
    stage = Clock("panel", "Panel", "target", ClockStart(stage="decided"), within="2 weeks")
    entered = date(2026, 3, 2)
    found = read(route(stage), stage, case({}, "decided", entered), ENGLAND)
    assert found is not None
    assert (found.started_on, in_words(found.due_on)) == (entered, "Mon 16 Mar 2026")
    assert read(route(stage), stage, case({}, "assessed", entered), ENGLAND) is None


def test_the_end_of_a_case_stops_its_clocks() -> None:
    declared, facts = route(NOTICE), VALIDATED
    assert [r.runs for r in readings(declared, case(facts), SCOTLAND)] == [True]
    assert [r.runs for r in readings(declared, case(facts, "closed"), SCOTLAND)] == [False]
    assert list(readings(declared, case({}), SCOTLAND)) == []


def test_a_clock_without_stages_is_told_in_all_of_them() -> None:
    assert told_in(NOTICE, "decided")
    only = replace(NOTICE, stages=("assessed",))
    assert told_in(only, "assessed")
    assert not told_in(only, "decided")


# Who hears of it

TOLD = replace(NOTICE, to=("case_officer",), on_expiry="The body may ask for a review.")
WARNED = replace(TOLD, warn="20 working days")


def clock_alerts(declared: Clock, facts: dict[str, object], stage: str = "assessed") -> list[Alert]:
    """What is told of a clock, past and to come."""
    return [a for a in timeline(at(case(facts, stage), route(declared))) if "clock" in a.kind]


def told(declared: Clock, facts: dict[str, object], stage: str = "assessed") -> list[str]:
    """The days and titles of what is told of a clock."""
    return [f"{in_words(a.on)}: {a.title}" for a in clock_alerts(declared, facts, stage)]


def test_its_people_are_told_the_morning_after_its_last_day() -> None:
    assert told(TOLD, VALIDATED) == ["Mon 3 Aug 2026: Decision notice has run out"]


def test_its_people_are_warned_as_long_before_as_is_declared() -> None:
    assert told(WARNED, VALIDATED) == [
        "Mon 6 Jul 2026: Decision notice ends",
        "Mon 3 Aug 2026: Decision notice has run out",
    ]
    soon, over = clock_alerts(WARNED, VALIDATED)
    assert (soon.sentence, over.sentence) == (
        "It ends on 2 Aug 2026.", "The body may ask for a review.",
    )  # fmt: skip
    assert {a.roles for a in (soon, over)} == {("case_officer",)}
    assert {a.due_on for a in (soon, over)} == {date(2026, 8, 2)}
    assert {a.since for a in (soon, over)} == {date(2026, 2, 2)}


def test_an_extension_is_told_anew_and_only_once() -> None:
    extended = {**VALIDATED, "until": date(2026, 9, 30)}
    assert told(TOLD, extended) == ["Thu 1 Oct 2026: Decision notice has run out"]
    (before,), (after,) = clock_alerts(TOLD, VALIDATED), clock_alerts(TOLD, extended)
    assert before.key != after.key
    earlier = {**VALIDATED, "until": date(2026, 7, 1)}
    assert [a.key for a in clock_alerts(TOLD, earlier)] == [before.key]


@pytest.mark.parametrize(
    ("declared", "facts", "stage"),
    [
        pytest.param(NOTICE, VALIDATED, "assessed", id="it names nobody"),
        pytest.param(WARNED, {}, "assessed", id="it has not started"),
        pytest.param(WARNED, {**VALIDATED, "withdrawn": True}, "assessed", id="it was stopped"),
        pytest.param(WARNED, VALIDATED, "closed", id="the case has ended"),
        pytest.param(
            replace(WARNED, stages=("decided",)), VALIDATED, "assessed", id="in another stage"
        ),
    ],
)
def test_nobody_is_told(declared: Clock, facts: dict[str, object], stage: str) -> None:
    assert told(declared, facts, stage) == []


def test_a_clock_that_ends_on_its_very_day_warns_before_that_day() -> None:
    deadline = replace(WARNED, within="0 calendar days", warn="5 working days")
    facts: dict[str, object] = {"validated_on": day("Tue 7 Apr 2026")}
    assert told(deadline, facts) == [
        "Mon 30 Mar 2026: Decision notice ends",
        "Wed 8 Apr 2026: Decision notice has run out",
    ]
    assert all(a.since <= a.on for a in clock_alerts(deadline, facts))


def test_a_clock_that_is_counted_back_warns_ahead_of_its_last_day() -> None:
    panel = replace(WARNED, within=None, before="29 calendar days", warn="1 week")
    facts: dict[str, object] = {"validated_on": day("Thu 9 Jul 2026")}
    assert told(panel, facts) == [
        "Wed 3 Jun 2026: Decision notice ends",
        "Thu 11 Jun 2026: Decision notice has run out",
    ]
    assert all(a.since <= a.on for a in clock_alerts(panel, facts))


# The ladder by lateness

LADDER_OF_THE_LATE = {
    "late": Rung("late", "Late", "0 calendar days", ("case_officer",), "say why"),
    "amber": Rung("amber", "Amber", "1 month", ("case_officer",), "a plan"),
    "red": Rung("red", "Red", "3 months", ("champion",), "a meeting"),
}


def by_lateness(*clocks: Clock, target: str | None = None) -> Workflow:
    """A route whose ladder counts how late a case is."""
    stages = {"assessed": Stage("assessed", "Being assessed", target=target)}
    ladder = LADDER_OF_THE_LATE
    return route(*clocks, stages=stages, ladder=ladder, ladder_counts="lateness")


def rungs(snapshot: Snapshot, declared: Workflow) -> list[str]:
    """The days and titles of the ladder of a case."""
    found = timeline(at(snapshot, declared))
    return [f"{in_words(a.on)}: {a.title}" for a in found if a.kind == LADDER]


def level(snapshot: Snapshot, declared: Workflow, on: str) -> str:
    """The level that a case has reached on a day."""
    rung = rung_reached(at(snapshot, declared, day(on)))
    return rung.level if rung else "none"


BY_NOTICE = by_lateness(NOTICE)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("Mon 5 Jan 2026", "none"),
        ("Sun 2 Aug 2026", "none"),
        ("Mon 3 Aug 2026", "late"),
        ("Tue 1 Sep 2026", "late"),
        ("Wed 2 Sep 2026", "amber"),
        ("Mon 2 Nov 2026", "red"),
    ],
)
def test_a_level_is_reached_by_how_late_a_case_is(on: str, expected: str) -> None:
    assert level(case(VALIDATED), BY_NOTICE, on) == expected


def test_a_case_of_18_months_that_keeps_its_deadlines_raises_no_alarm() -> None:
    agreed = {**VALIDATED, "until": date(2027, 8, 31)}
    assert level(case(agreed), BY_NOTICE, "Mon 5 Jul 2027") == "none"
    assert level(case({**VALIDATED, "withdrawn": True}), BY_NOTICE, "Mon 5 Jul 2027") == "none"
    assert rungs(case({}), BY_NOTICE) == []
    by_age = replace(BY_NOTICE, ladder_counts="age")
    assert level(case(agreed), by_age, "Mon 5 Jul 2027") == "red"


def test_the_first_deadline_that_has_passed_counts() -> None:
    both = by_lateness(NOTICE, target="4 weeks")
    snapshot = case(VALIDATED, since=day("Mon 2 Mar 2026"))
    assert rungs(snapshot, both) == [
        "Tue 31 Mar 2026: Late: 0 calendar days after its deadline",
        "Thu 30 Apr 2026: Amber: 1 month after its deadline",
        "Tue 30 Jun 2026: Red: 3 months after its deadline",
    ]


def test_what_others_must_do_makes_no_case_late() -> None:
    others = replace(NOTICE, kind="external")
    assert rungs(case(VALIDATED), by_lateness(others)) == []


def test_a_case_that_is_late_anew_is_told_of_anew() -> None:
    def keys(facts: dict[str, object]) -> list[str]:
        return [a.key for a in timeline(at(case(facts), BY_NOTICE)) if a.kind == LADDER]

    assert not set(keys(VALIDATED)) & set(keys({**VALIDATED, "until": date(2026, 9, 30)}))


@given(days, st.sampled_from(["within", "before"]))
def test_a_clock_says_the_same_whenever_one_looks(start: date, way: str) -> None:
    declared = clock(**{way: "6 weeks"}, to=("case_officer",), warn="1 week")
    snapshot = case({"validated_on": start})
    looks = [timeline(at(snapshot, route(declared), start + d * ONE_DAY)) for d in (-400, 0, 400)]
    assert looks[0] == looks[1] == looks[2]
    assert [a.kind for a in looks[0]] == ["clock_ends_soon", "clock_expired"]
    assert last_day(declared, start, SCOTLAND) + ONE_DAY == looks[0][1].on


def test_the_calendar_matters_only_where_working_days_are_counted() -> None:
    bare = Calendar("nowhere", frozenset(), date(1995, 1, 1), date(2095, 1, 1), date(2095, 1, 1))
    start = date(2026, 8, 2)
    for period, same in (("6 months", True), ("20 working days", False)):
        declared = clock(within=period)
        assert (last_day(declared, start, bare) == last_day(declared, start, SCOTLAND)) == same
