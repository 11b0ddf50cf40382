"""Pauses and whose time it was: an officer's session, tables of days, and what always holds."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import Terminal, furnish
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from assetflow import data_files, definitions
from assetflow import models as m
from assetflow.alerts import stage_due_on, timeline
from assetflow.calendars import Calendar, calendar_from
from assetflow.clocks import last_day, read
from assetflow.deadlines import Duration, due, standing_still
from assetflow.pauses import Span, pauses_after, spans
from assetflow.settings import SHIPPED, Settings
from assetflow.snapshot import Occasion, Pause, Person, Snapshot
from assetflow.whose_time import Request, Spell, Still, Turn, spells, split
from assetflow.workflow import Clock, ClockStart, Transition, Workflow

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "bank_holidays.json").read_text(encoding="utf-8")
)
ENGLAND = calendar_from(TABLE, "england-and-wales")
SETTINGS = Settings(SHIPPED / "no-home", "")
CALENDAR = data_files.calendar(SETTINGS)
CAT = definitions.load(
    definitions.find(SETTINGS, "community_asset_transfer"),
    definitions.surroundings(SETTINGS, CALENDAR),
)
SAM = Person(1, "sam", "Sam Taylor")
ONE_DAY = timedelta(days=1)
days = st.dates(date(1995, 1, 1), date(2095, 12, 31))

PAUSE = (
    "case", "pause", "1", "--reason", "accounts", "--by", "10 Apr 2026",
    "--missing", "Accounts of two years; The constitution",
)  # fmt: skip


def day(words: str) -> date:
    """Read a day such as ``Mon 2 Feb 2026``; the weekday must be right."""
    found = datetime.strptime(words, "%a %d %b %Y").date()  # noqa: DTZ007 - a plain date
    assert in_words(found) == words
    return found


def in_words(when: date) -> str:
    """Write a day as these tables do."""
    return f"{when:%a} {when.day} {when:%b %Y}"


def reasons(refused: str) -> list[str]:
    return [line[4:] for line in refused.splitlines() if line.startswith("  - ")]


# --- an officer's session -----------------------------------------------------------------------


def test_a_case_is_paused_by_the_letter_and_resumed_by_the_answer(case: Terminal) -> None:
    asked, answered = date(2026, 3, 17), date(2026, 4, 9)
    assert case(*PAUSE, on=asked).out.splitlines() == [
        "✓ CAT-2026-0001: paused",
        "  now: Expression of interest, with the group, due 8 Apr 2026",
        "  letter 2 to Bowls Club: Please send us more information about Orrell Mount Pavilion "
        "by 10 April 2026",
        "  note: The target stands still, at most until 15 Jun 2026; the age of the case and "
        "periods of law run on.",
        "  no champion yet: assetflow champion name CAT-2026-0001 PERSON",
    ]
    sent = case("letter", "show", "2", on=asked).out
    assert "Accounts of two years" in sent
    assert "The constitution" in sent
    shown = case("case", "show", "1", on=answered).out.splitlines()
    assert shown[7:9] == [
        "Paused    since 17 Mar 2026: Accounts or a cash flow are missing; at most until "
        "15 Jun 2026",
        "Time      council 15 days, group 23, third party 0",
    ]
    assert case("case", "resume", "1", on=answered).out.splitlines()[:3] == [
        "✓ CAT-2026-0001: resumed",
        # 8 April and 15 working days: Good Friday and Easter Monday lie between.
        "  now: Expression of interest, with Property and Estates, due 29 Apr 2026",
        "  note: The target stood still for 15 working days.",
    ]
    assert case("case", "time", "1", on=date(2026, 4, 20)).out.splitlines() == [
        "CAT-2026-0001  council 26 days, group 23, third party 0",
        "From         To           Days  Whose        Why",
        "2 Mar 2026   17 Mar 2026  15    the council  Expression of interest",
        "17 Mar 2026  9 Apr 2026   23    the group    Accounts or a cash flow are missing",
        "9 Apr 2026   20 Apr 2026  11    the council  Expression of interest",
    ]
    explained = case("case", "explain", "1", "target", on=answered).out
    assert "stood still while the group was asked: Accounts or a cash flow are missing" in explained
    assert "29 Apr 2026" in explained
    assert "the record is whole" in case("db", "verify", on=answered).out


def test_programs_read_the_pause_and_whose_time_it_was(case: Terminal) -> None:
    case(*PAUSE, on=date(2026, 3, 17))
    seen = case("case", "show", "1", "--json", on=date(2026, 4, 9)).json
    assert seen["pause"] == {
        "since": "2026-03-17", "reason": "Accounts or a cash flow are missing",
        "cap": "2026-06-15", "over": False,
    }  # fmt: skip
    assert seen["time"] == {"council": 15, "departments": {}, "group": 23, "third_party": 0}
    case("case", "resume", "1", on=date(2026, 4, 9))
    told = case("case", "time", "1", "--json", on=date(2026, 4, 9)).json
    assert told["time"] == seen["time"]
    assert [(s["since"], s["until"], s["days"], s["who"]) for s in told["spells"]] == [
        ("2026-03-02", "2026-03-17", 15, "council"),
        ("2026-03-17", "2026-04-09", 23, "group"),
    ]
    assert case("case", "show", "1", "--json", on=date(2026, 4, 9)).json["pause"] is None


def test_the_letter_that_asks_expects_the_stage_to_end_after_the_answer(case: Terminal) -> None:
    before = case("letter", "preview", "1", "acknowledgement", on=date(2026, 3, 17)).out
    number = case("case", "pause", *PAUSE[2:], "--json", on=date(2026, 3, 17)).json["letters"][0][
        "number"
    ]
    asked = case("letter", "show", str(number), on=date(2026, 3, 17)).out
    # The 16 working days from 17 March to 10 April are added to the target, which ended on 8 April.
    assert "8 April 2026" in before
    assert "10 April 2026" in asked
    assert "30 April 2026" in asked
    assert "8 April 2026" not in asked


def test_the_step_of_the_route_pauses_as_the_short_command_does(case: Terminal) -> None:
    facts = ("pause_reason=plans", "information_needed=A plan", "reply_by=2026-04-10")
    given_ = [word for fact in facts for word in ("--fact", fact)]
    case("case", "advance", "1", "ask_for_information", *given_, on=date(2026, 3, 17))
    paused = case("case", "show", "1", "--json", on=date(2026, 3, 18)).json["pause"]
    assert paused["reason"] == "Plans, drawings or dates are missing"
    case("case", "advance", "1", "receive_information", on=date(2026, 3, 18))
    assert case("case", "show", "1", "--json", on=date(2026, 3, 18)).json["pause"] is None


def test_any_step_that_moves_the_case_ends_its_pause(case: Terminal) -> None:
    case(*PAUSE, on=date(2026, 3, 17))
    case("champion", "name", "1", "alex", on=date(2026, 3, 18))
    case("case", "withdraw", "1", "--why", "Another site", on=date(2026, 3, 20))
    with case.desk(date(2026, 3, 20)) as desk:
        row = desk.db.execute(select(m.cases.c.pauses)).scalar_one()
    assert row == ((date(2026, 3, 17), date(2026, 3, 20), "accounts"),)
    assert "the record is whole" in case("db", "verify", on=date(2026, 3, 20)).out


# --- what is refused ----------------------------------------------------------------------------


def test_no_second_pause_begins_while_one_runs(case: Terminal) -> None:
    case(*PAUSE, on=date(2026, 3, 17))
    refused = case(*PAUSE, on=date(2026, 3, 18), code=1).err
    assert refused.splitlines() == [
        "CAT-2026-0001 was not paused.",
        "  - It is paused already, since 17 Mar 2026: Accounts or a cash flow are missing; "
        "at most until 15 Jun 2026.",
        "  → once the group has answered: assetflow case resume CAT-2026-0001",
    ]


def test_a_second_pause_tells_everything_that_stands_in_its_way(case: Terminal) -> None:
    case("person", "add", "Lee Wells")
    case(*PAUSE, on=date(2026, 3, 17))
    refused = case("--as", "Lee Wells", *PAUSE, on=date(2026, 3, 18), code=1).err
    told = reasons(refused)
    assert [one.split(",")[0].split(".")[0] for one in told] == [
        "It is paused already",
        "Lee Wells may not do this",
    ]


def test_a_paused_case_says_so_in_the_list_and_is_not_ranked_higher(case: Terminal) -> None:
    (before,) = case("case", "list", "--json", on=date(2026, 3, 17)).json
    case(*PAUSE, on=date(2026, 3, 17))
    (paused,) = case("case", "list", "--json", on=date(2026, 3, 17)).json
    assert paused["notes"] == [*before["notes"], "paused"]
    assert paused["rank"] == before["rank"]
    assert "paused" in case("case", "list", on=date(2026, 3, 17)).out


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        ("2026-03-03", "CAT-2026-0001 last moved on 6 Mar 2026; nothing can be recorded as of "
         "3 Mar 2026, before that."),
        ("2026-02-27", "CAT-2026-0001 last moved on 6 Mar 2026; nothing can be recorded as of "
         "27 Feb 2026, before that."),
        ("2026-03-20", "20 Mar 2026 lies in the future; today is 17 Mar 2026."),
    ],
    ids=["before the last restart", "before the case came", "in the future"],
)  # fmt: skip
def test_no_pause_begins_on_a_day_on_which_it_cannot_have(
    on: str, reason: str, case: Terminal
) -> None:
    case(*PAUSE, on=date(2026, 3, 4))
    case("case", "resume", "1", on=date(2026, 3, 6))
    refused = case(*PAUSE, "--on", on, on=date(2026, 3, 17), code=2).err
    assert refused.splitlines()[0] == reason


def test_no_pause_begins_before_its_stage(case: Terminal) -> None:
    to_benchmarking(case, date(2026, 3, 10))
    case("case", "record", "1", "benchmark_report=Ours", on=date(2026, 3, 10))
    case("case", "advance", "1", "complete_benchmark", "--fact", "business_case_due_on=2026-06-01",
         on=date(2026, 3, 11))  # fmt: skip
    case("case", "advance", "1", "submit_business_case", "--fact", "business_case_document=Plan",
         on=date(2026, 3, 12))  # fmt: skip
    refused = case(*PAUSE, "--on", "2026-03-11", on=date(2026, 3, 17), code=2).err
    assert "last moved on 12 Mar 2026" in refused


def to_benchmarking(case: Terminal, on: date) -> None:
    """Take the case on to a stage in which the group is asked for nothing."""
    case("champion", "name", "1", "alex", on=on)
    case("case", "record", "1", "transfer_purpose=Bowls", "ownership_confirmed=yes", on=on)
    case("signoff", "request", "1", "accept", on=on)
    for department, person in (
        ("service", "nadia"),
        ("legal", "owen"),
        ("ward_councillors", "ruth"),
    ):
        case("signoff", "request", "1", "accept", on=on, code=None)
        case("signoff", "give", "1", department, "--by", person, "--evidence", "Email", on=on)
    case("case", "advance", "1", "accept", on=on)


def test_waiting_on_the_council_is_never_a_pause(case: Terminal) -> None:
    to_benchmarking(case, date(2026, 3, 10))
    refused = case(*PAUSE, on=date(2026, 3, 17), code=1).err
    assert reasons(refused) == [
        "In the stage ‘Benchmarking’ the council has the ball, and no step asks the group.",
        "A target stands still only while the group is asked for what is missing.",
        "The stages in which it can be: Expression of interest, Business case being assessed.",
    ]


def test_a_reason_that_the_route_does_not_declare_is_refused_with_those_it_does(
    case: Terminal,
) -> None:
    typed = [word if word != "accounts" else "valuer" for word in PAUSE]
    refused = case(*typed, on=date(2026, 3, 17), code=2).err
    assert reasons(refused) == [
        "pause_reason (Why the group is asked): 'valuer' is none of: accounts, "
        "governing_document, policies, plans, funding, clarification."
    ]


def test_a_pause_needs_a_day_that_lies_ahead(case: Terminal) -> None:
    refused = case(*PAUSE, on=date(2026, 4, 10), code=2).err
    assert reasons(refused) == [
        "reply_by (Date by which the group is asked to reply): 10 Apr 2026 does not lie after "
        "10 Apr 2026."
    ]


def test_only_a_case_that_is_paused_is_resumed(case: Terminal) -> None:
    refused = case("case", "resume", "1", code=1).err
    assert refused.splitlines() == [
        "CAT-2026-0001 was not resumed.",
        "  - It is not paused.",
        "  → see what can be done now: assetflow case next CAT-2026-0001",
    ]


def test_a_route_without_pauses_says_so(fresh: Callable[..., Terminal]) -> None:
    af = fresh(furnish)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club",
       "--workflow", "scottish_asset_transfer_request")  # fmt: skip
    refused = af(*PAUSE, on=date(2026, 3, 17), code=1).err
    assert reasons(refused)[0] == ("The route ‘Asset transfer request (Scotland)’ has no pauses.")


# --- the cap ------------------------------------------------------------------------------------


def kinds(case: Terminal, on: date) -> set[str]:
    """Sweep, and give the kinds of what is told."""
    return {one["kind"] for one in case("sweep", "--json", on=on).json["told"]}


def test_a_pause_over_its_cap_is_looked_at_by_people_and_ends_nothing(case: Terminal) -> None:
    case("champion", "name", "1", "alex")
    case(*PAUSE, on=date(2026, 3, 17))
    assert "pause_over_cap" not in kinds(case, date(2026, 6, 15))
    (review,) = [
        one for one in case("sweep", "--json", on=date(2026, 6, 16)).json["told"]
        if one["kind"] == "pause_over_cap"
    ]  # fmt: skip
    assert review["recipients"] == ["Sam Taylor", "Alex Reid"]
    letter = case("letter", "show", str(review["letter"]), on=date(2026, 6, 16)).out
    assert "The target stood still for 60 working days" in letter
    seen = case("case", "show", "1", "--json", on=date(2026, 6, 16)).json
    assert seen["pause"]["over"] is True
    assert (seen["overview"]["stage"], seen["overview"]["holder"]) == (
        "expression_of_interest", "the group",
    )  # fmt: skip
    # From the cap on the target runs again, and the time is the council's.
    assert seen["time"] == {"council": 16, "departments": {}, "group": 90, "third_party": 0}
    assert "over its cap since 15 Jun 2026" in case("case", "show", "1", on=date(2026, 6, 16)).out
    # 14 working days were left of the target when it was paused, and run from the cap to 3 July.
    assert "stage_overdue" not in kinds(case, date(2026, 7, 3))
    assert "stage_overdue" in kinds(case, date(2026, 7, 6))
    assert "the record is whole" in case("db", "verify", on=date(2026, 7, 7)).out


def test_a_row_with_another_pause_than_the_journal_says_is_found(case: Terminal) -> None:
    case(*PAUSE, on=date(2026, 3, 17))
    with case.desk() as desk:
        other = ((date(2026, 3, 2), None, "accounts"),)
        desk.db.execute(m.cases.update().values(pauses=other))
    refused = case("db", "verify", on=date(2026, 3, 17), code=1)
    assert "was paused on other days than its journal says" in refused.out + refused.err


# --- how far a target moves ---------------------------------------------------------------------

# Target from its start, the pauses, and the last day: England and Wales.
MOVED = """
25 working days after Mon 5 Jan 2026, without a pause -> Mon 9 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 2 Feb 2026 to Fri 20 Feb 2026 -> Fri 27 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 2 Feb 2026 to Mon 2 Feb 2026 -> Mon 9 Feb 2026
25 working days after Mon 5 Jan 2026, Sat 10 Jan 2026 to Sun 11 Jan 2026 -> Mon 9 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 9 Feb 2026 to Fri 13 Feb 2026 -> Fri 13 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 9 Feb 2026 to Sat 14 Feb 2026 -> Mon 16 Feb 2026
25 working days after Mon 5 Jan 2026, Tue 10 Feb 2026 to Fri 20 Feb 2026 -> Mon 9 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 22 Dec 2025 to Tue 6 Jan 2026 -> Tue 10 Feb 2026
25 working days after Mon 5 Jan 2026, Mon 12 Jan 2026 to Wed 14 Jan 2026, Mon 9 Feb 2026 to Tue 10 Feb 2026 -> Thu 12 Feb 2026
25 working days after Mon 2 Mar 2026, Tue 17 Mar 2026 to Thu 9 Apr 2026 -> Wed 29 Apr 2026
14 calendar days after Mon 5 Jan 2026, Fri 9 Jan 2026 to Mon 12 Jan 2026 -> Thu 22 Jan 2026
14 calendar days after Sat 3 Jan 2026, Sun 18 Jan 2026 to Tue 20 Jan 2026 -> Tue 20 Jan 2026
1 month after Fri 30 Jan 2026, Mon 2 Feb 2026 to Wed 4 Feb 2026 -> Mon 2 Mar 2026
"""  # noqa: E501 - one line a case


def moved(start: date, target: str, pauses: list[Span], calendar: Calendar = ENGLAND) -> date:
    """Give the last day of a target, as a stage has it."""
    duration = Duration.parse(target)
    last = standing_still(due(start, duration, calendar), start, duration.unit, pauses, calendar)
    return calendar.next_working_day(last)


@pytest.mark.parametrize("line", MOVED.strip().splitlines())
def test_a_target_moves_by_the_days_it_stood_still(line: str) -> None:
    told, expected = line.split(" -> ")
    head, *paused = told.split(", ")
    target, start = head.split(" after ")
    pauses = [
        (day(begin), day(end)) for begin, end in (p.split(" to ") for p in paused if " to " in p)
    ]
    assert in_words(moved(day(start), target, pauses)) == expected


def test_only_targets_stand_still_and_never_those_counted_back_from_a_day() -> None:
    start, pauses = day("Mon 5 Jan 2026"), [(day("Tue 6 Jan 2026"), day("Tue 20 Jan 2026"))]
    kinds_: list[Any] = ["statutory", "external", "target"]
    period: dict[str, Any] = {way: {way: "20 working days"} for way in ("within", "before")}
    ends = {
        (kind, way): last_day(
            Clock("notice", "Notice", kind, ClockStart(fact="asked_on"), **given_),
            start, ENGLAND, pauses,
        )
        for kind in kinds_ for way, given_ in period.items()
    }  # fmt: skip
    plain = {way: end for (kind, way), end in ends.items() if kind == "statutory"}
    assert plain == {way: end for (kind, way), end in ends.items() if kind == "external"}
    assert ends["target", "before"] == plain["before"]
    assert ends["target", "within"] == ENGLAND.add_working_days(plain["within"], 10)


@st.composite
def paused(draw: st.DrawFn, begin: date) -> list[Span]:
    """Draw pauses that come one after the other."""
    gaps = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 90)), max_size=5))
    found, at = [], begin - timedelta(days=20)
    for wait, length in gaps:
        start = at + timedelta(days=wait)
        at = start + timedelta(days=length)
        found.append((start, at))
    return found


targets = st.sampled_from(["1 working day", "20 working days", "2 weeks", "3 months", "0 weeks"])


@given(st.data(), days, targets)
def test_a_target_with_pauses_never_ends_before_one_without_nor_during_a_pause(
    data: st.DataObject, start: date, target: str
) -> None:
    pauses = data.draw(paused(start))
    end = moved(start, target, pauses)
    assert end >= moved(start, target, [])
    # While it stands still it cannot be late.
    assert all(not (max(begin, start) < end < over) for begin, over in pauses)
    assert moved(start, target, pauses[:-1]) <= end


@given(days, targets, st.integers(0, 200))
def test_pausing_and_resuming_on_the_same_day_changes_nothing(
    start: date, target: str, later: int
) -> None:
    at = start + timedelta(days=later)
    assert moved(start, target, [(at, at)]) == moved(start, target, [])


@given(st.data(), days)
def test_a_target_moves_by_the_sum_of_the_working_days_of_its_pauses(
    data: st.DataObject, start: date
) -> None:
    pauses = data.draw(paused(start))
    # All of them begin while the target still runs.
    target, base = "1000 working days", due(start, Duration.parse("1000 working days"), ENGLAND)
    lost = sum(
        ENGLAND.working_days_between(max(begin, start), end)
        for begin, end in pauses if end > start
    )  # fmt: skip
    assert moved(start, target, pauses) == ENGLAND.add_working_days(base, lost)


# --- the alerts of a case that stands still -----------------------------------------------------


def standing(pauses: tuple[Pause, ...], received: date = date(2026, 1, 5)) -> Snapshot:
    """A case at its first stage, with these pauses."""
    return Snapshot(
        reference="CAT-2026-0001", stage="expression_of_interest", stage_since=received,
        received_on=received, waiting_on="group", waiting_since=received, officer=SAM,
        champion=SAM, champion_since=received, written_to_group_on=received, facts={},
        signoffs=(), letters_sent={}, pauses=pauses,
    )  # fmt: skip


def at(snapshot: Snapshot, on: date, route: Workflow = CAT) -> Occasion:
    """The case on a day under the shipped route."""
    return Occasion(route, snapshot, on, CALENDAR, {}, {})


def alert_days(snapshot: Snapshot, kind: str) -> list[str]:
    """The days on which one kind of alert falls due."""
    found = timeline(at(snapshot, date(2026, 1, 5)))
    return [in_words(alert.on) for alert in found if alert.kind == kind]


RUNNING = (Pause(date(2026, 2, 2), None, "accounts"),)
ANSWERED = (Pause(date(2026, 2, 2), date(2026, 2, 20), "accounts"),)


def test_while_a_target_stands_still_it_is_due_later_every_working_day() -> None:
    due_on = [stage_due_on(at(standing(RUNNING), date(2026, 2, n))) for n in (2, 3, 6, 7, 9)]
    assert [day.isoformat() for day in due_on if day] == [
        "2026-02-09", "2026-02-10", "2026-02-13", "2026-02-13", "2026-02-16",
    ]  # fmt: skip
    assert {stage_due_on(at(standing(ANSWERED), date(2026, 3, n))) for n in (2, 30)} == {
        date(2026, 2, 27)
    }


def test_nothing_of_the_target_falls_due_before_the_cap_of_a_running_pause() -> None:
    assert alert_days(standing(()), "stage_overdue") == ["Tue 10 Feb 2026"]
    assert alert_days(standing(ANSWERED), "stage_overdue") == ["Mon 2 Mar 2026"]
    # Asked on 2 February, capped on 29 April, and five working days were left.
    assert alert_days(standing(RUNNING), "pause_over_cap") == ["Thu 30 Apr 2026"]
    assert alert_days(standing(RUNNING), "stage_overdue") == ["Fri 8 May 2026"]
    assert alert_days(standing(ANSWERED), "pause_over_cap") == []


def test_age_never_stands_still() -> None:
    ladders = [alert_days(standing(pauses), "ladder") for pauses in ((), RUNNING, ANSWERED)]
    assert ladders[0] == ladders[1] == ladders[2]


def test_nobody_is_warned_of_a_target_that_stands_still() -> None:
    clock = Clock(
        "answer", "Answer", "target", ClockStart(stage="expression_of_interest"),
        within="20 working days", to=("case_officer",), warn="10 working days",
    )  # fmt: skip
    route = replace(CAT, clocks={"answer": clock})
    told = {
        pauses: [in_words(a.on) for a in timeline(at(standing(pauses), date(2026, 1, 5), route))
                 if a.kind == "clock_ends_soon"]
        for pauses in ((), RUNNING)
    }  # fmt: skip
    assert told == {(): ["Mon 19 Jan 2026"], RUNNING: ["Wed 29 Apr 2026"]}


def test_a_clock_that_ran_out_before_the_pause_stays_as_it_is() -> None:
    clock = Clock(
        "answer", "Answer", "target", ClockStart(stage="expression_of_interest"),
        within="5 working days",
    )  # fmt: skip
    route = replace(CAT, clocks={"answer": clock})
    found = read(route, clock, standing(RUNNING), CALENDAR, date(2026, 3, 2))
    assert found is not None
    assert in_words(found.due_on) == "Mon 12 Jan 2026"


def test_a_route_without_rules_for_pauses_has_none_whatever_an_earlier_version_had() -> None:
    assert spans(replace(CAT, pauses=None), RUNNING, CALENDAR) == []


STEP = Transition("step", "Step", ("expression_of_interest",), ("case_officer",))
ENDS = {
    "it resumes": replace(STEP, waiting_on="council", resumes=True),
    "it hands the ball on": replace(STEP, waiting_on="third_party"),
    "it moves the case": replace(STEP, to="benchmarking"),
}


@pytest.mark.parametrize("step", ENDS.values(), ids=ENDS.keys())
def test_a_step_ends_the_pause_where(step: Transition) -> None:
    ended = pauses_after(RUNNING, step, date(2026, 2, 20), "")
    assert ended == ANSWERED
    assert pauses_after(ended, step, date(2026, 2, 23), "") == ANSWERED


@pytest.mark.parametrize("step", [STEP, replace(STEP, waiting_on="group")])
def test_a_step_that_leaves_the_ball_with_the_group_ends_no_pause(step: Transition) -> None:
    assert pauses_after(RUNNING, step, date(2026, 2, 20), "") == RUNNING


# --- whose time it was --------------------------------------------------------------------------


def turns(*told: str) -> list[Turn]:
    """Read turns such as ``Mon 5 Jan 2026 council 1``."""
    found = []
    for line in told:
        *when, holder, visit = line.split()
        found.append(Turn(day(" ".join(when)), holder, int(visit), "Stage"))  # type: ignore[arg-type]
    return found


def told(found: list[Spell]) -> list[str]:
    """Write spells as lines."""
    return [
        f"{s.since:%d %b} to {s.until:%d %b}: {' and '.join(s.departments) or s.who}" for s in found
    ]


COUNCIL = turns("Mon 5 Jan 2026 council 1")
LEGAL = Request("Legal", 1, date(2026, 1, 12), date(2026, 1, 26))
FINANCE = Request("Finance", 1, date(2026, 1, 19), date(2026, 1, 22))
END = date(2026, 2, 2)


def test_a_day_is_a_departments_while_it_owes_an_answer() -> None:
    assert told(spells(COUNCIL, [LEGAL], [], END)) == [
        "05 Jan to 12 Jan: council", "12 Jan to 26 Jan: Legal", "26 Jan to 02 Feb: council",
    ]  # fmt: skip


def test_a_day_is_both_departments_together_while_both_owe_one() -> None:
    found = spells(COUNCIL, [LEGAL, FINANCE], [], END)
    assert told(found) == [
        "05 Jan to 12 Jan: council", "12 Jan to 19 Jan: Legal",
        "19 Jan to 22 Jan: Finance and Legal", "22 Jan to 26 Jan: Legal",
        "26 Jan to 02 Feb: council",
    ]  # fmt: skip
    assert str(split(found)) == (
        "council 28 days (of it Legal 11, Finance and Legal 3), group 0, third party 0"
    )


def test_an_answer_owed_in_another_visit_or_while_the_group_has_the_ball_holds_nothing() -> None:
    moves = turns(
        "Mon 5 Jan 2026 council 1", "Wed 14 Jan 2026 group 1", "Mon 19 Jan 2026 council 2"
    )
    assert told(spells(moves, [LEGAL], [], END)) == [
        "05 Jan to 12 Jan: council", "12 Jan to 14 Jan: Legal", "14 Jan to 19 Jan: group",
        "19 Jan to 02 Feb: council",
    ]  # fmt: skip


def test_from_its_cap_on_a_pause_is_the_councils_time() -> None:
    moves = turns("Mon 5 Jan 2026 council 1", "Wed 14 Jan 2026 group 1")
    still = Still(date(2026, 1, 14), None, date(2026, 1, 28), "Accounts")
    found = spells(moves, [], [still], END)
    assert told(found) == [
        "05 Jan to 14 Jan: council", "14 Jan to 28 Jan: group", "28 Jan to 02 Feb: council",
    ]  # fmt: skip
    assert [s.why for s in found] == ["Stage", "Accounts", "Stage: the pause is over its cap"]


def test_one_day_is_a_day() -> None:
    assert str(split(spells(COUNCIL, [], [], date(2026, 1, 6)))) == (
        "council 1 day, group 0, third party 0"
    )


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Turn], list[Request], list[Still], date]:
    """Draw the turns of a case with requests and pauses anywhere, and a day to look at it."""
    start = draw(days)

    def later(most: int = 200) -> date:
        return start + timedelta(days=draw(st.integers(0, most)))

    holders: st.SearchStrategy[Any] = st.sampled_from(["council", "group", "third_party"])
    moments = [start, *sorted(later() for _ in range(draw(st.integers(0, 6))))]
    moves = [
        Turn(on, draw(holders), draw(st.integers(1, 3)), draw(st.sampled_from("ab")))
        for on in moments
    ]
    names = st.sampled_from(["Legal", "Finance", "Property"])
    asked = [
        Request(draw(names), draw(st.integers(1, 3)), later(), draw(st.none() | st.just(later())))
        for _ in range(draw(st.integers(0, 5)))
    ]
    still = []
    for _ in range(draw(st.integers(0, 3))):
        began, ended = later(), draw(st.none() | st.just(later(300)))
        still.append(Still(began, ended, began + timedelta(days=draw(st.integers(0, 90))), "x"))
    return moves, asked, still, later(400)


@given(lives())
def test_every_day_is_somebodys_and_the_days_add_up_to_the_age(
    life: tuple[list[Turn], list[Request], list[Still], date],
) -> None:
    moves, asked, still, until = life
    found = spells(moves, asked, still, until)
    age = (until - moves[0].on).days
    assert sum(spell.days for spell in found) == age
    assert all(before.until == after.since for before, after in pairwise(found))
    assert all(spell.days > 0 for spell in found)
    assert not found or (found[0].since, found[-1].until) == (moves[0].on, until)
    whole = split(found)
    assert whole.council + whole.group + whole.third_party == age
    assert sum(whole.departments.values()) <= whole.council
    # Nothing is cut where nothing changes.
    alike = [(s.who, s.departments, s.why) for s in found]
    assert all(before != after for before, after in pairwise(alike))


def test_the_time_of_a_case_is_its_age_and_names_who_owed_an_answer(case: Terminal) -> None:
    case("champion", "name", "1", "alex", on=date(2026, 3, 3))
    case("case", "record", "1", "transfer_purpose=Bowls", on=date(2026, 3, 3))
    case("signoff", "request", "1", "accept", on=date(2026, 3, 3))
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email",
         on=date(2026, 3, 10))  # fmt: skip
    told_ = case("case", "time", "1", "--json", on=date(2026, 4, 20)).json
    lines = [
        (s["since"], s["until"], s["departments"] or s["who"], s["why"]) for s in told_["spells"]
    ]
    service = "Service that holds the asset"
    assert lines[:2] == [
        ("2026-03-02", "2026-03-03", "council", "Expression of interest"),
        ("2026-03-03", "2026-03-10", [service], "Expression of interest: an answer is owed"),
    ]
    assert sum(s["days"] for s in told_["spells"]) == (date(2026, 4, 20) - date(2026, 3, 2)).days
    case("case", "withdraw", "1", "--why", "Another site", on=date(2026, 4, 20))
    later = case("case", "time", "1", "--json", on=date(2026, 9, 1)).json
    assert later == {**told_, "spells": later["spells"]}
    assert sum(s["days"] for s in later["spells"]) == 49
