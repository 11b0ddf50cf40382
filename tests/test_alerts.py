"""Alerts: the day on which each thing falls due, counted from the event that started its clock."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetflow import alerts, data_files, definitions
from assetflow.alerts import Alert, rung_reached, stage_due_on, timeline
from assetflow.deadlines import Duration, Unit, whole_months
from assetflow.settings import SHIPPED, Settings
from assetflow.snapshot import Objection, Occasion, Person, Signoff, Snapshot
from assetflow.workflow import AlertRule

SETTINGS = Settings(SHIPPED / "no-home", "")
CALENDAR = data_files.calendar(SETTINGS)
CAT = definitions.load(
    definitions.find(SETTINGS, "community_asset_transfer"),
    definitions.surroundings(SETTINGS, CALENDAR),
)
SAM = Person(1, "sam", "Sam Taylor")
ALEX = Person(2, "alex", "Alex Reid")
MONDAY = date(2024, 1, 8)
ONE_DAY = timedelta(days=1)

days = st.dates(date(1995, 1, 1), date(2095, 12, 31))


def day(words: str) -> date:
    """Read a day such as ``Mon 8 Jan 2024``; the weekday must be right."""
    return datetime.strptime(words, "%a %d %b %Y").date()  # noqa: DTZ007 - a plain date


def in_words(when: date) -> str:
    """Write a day as these tables do."""
    return f"{when:%a} {when.day} {when:%b %Y}"


def case(received: date = MONDAY, stage: str = "expression_of_interest") -> Snapshot:
    """A case without a champion, as it stands on the day it is received."""
    return Snapshot(
        reference="CAT-2024-0001",
        stage=stage,
        stage_since=received,
        received_on=received,
        waiting_on="council",
        waiting_since=received,
        officer=SAM,
        champion=None,
        champion_since=received,
        written_to_group_on=received,
        facts={},
        signoffs=(),
        letters_sent={},
    )


def at(snapshot: Snapshot, on: date = MONDAY) -> Occasion:
    """The case on a day under the shipped route."""
    return Occasion(CAT, snapshot, on, CALENDAR, {}, {})


def alerts_of(kind: str, snapshot: Snapshot) -> list[Alert]:
    """The alerts of one kind that a case has, past and to come."""
    return [alert for alert in timeline(at(snapshot)) if alert.kind == kind]


def days_of(kind: str, snapshot: Snapshot) -> list[str]:
    """The days on which one kind of alert falls due."""
    return [in_words(alert.on) for alert in alerts_of(kind, snapshot)]


# The ladder of the transfer that took 24 months

LADDER_OF_24_MONTHS = """
Mon 8 Jul 2024: Watch: 6 months since the expression of interest
Tue 8 Oct 2024: Amber: 9 months since the expression of interest
Wed 8 Jan 2025: Red: 12 months since the expression of interest
Tue 8 Apr 2025: Second red: 15 months since the expression of interest
Tue 8 Jul 2025: Critical: 18 months since the expression of interest
Wed 8 Oct 2025: Second critical: 21 months since the expression of interest
Thu 8 Jan 2026: Breach: 24 months since the expression of interest
"""


def test_the_ladder_of_the_transfer_that_took_24_months() -> None:
    told = [f"{in_words(a.on)}: {a.title}" for a in alerts_of(alerts.LADDER, case())]
    assert told == LADDER_OF_24_MONTHS.strip().splitlines()


def test_the_ladder_counts_from_the_day_the_form_came_whatever_has_happened_since() -> None:
    moved = replace(
        case(stage="legal"), stage_since=date(2025, 11, 1), waiting_on="group", champion=ALEX,
        written_to_group_on=date(2025, 11, 1),
    )  # fmt: skip
    assert days_of(alerts.LADDER, moved) == days_of(alerts.LADDER, case())


# Received on a day that other months do not have: the last day of the shorter month counts.
MONTH_ENDS = """
Thu 31 Aug 2023: 29 Feb 2024, 31 May 2024, 31 Aug 2024, 30 Nov 2024, 28 Feb 2025, 31 May 2025, 31 Aug 2025
Sat 31 Aug 2024: 28 Feb 2025, 31 May 2025, 31 Aug 2025, 30 Nov 2025, 28 Feb 2026, 31 May 2026, 31 Aug 2026
Thu 29 Feb 2024: 29 Aug 2024, 29 Nov 2024, 28 Feb 2025, 29 May 2025, 29 Aug 2025, 29 Nov 2025, 28 Feb 2026
Thu 30 Nov 2023: 30 May 2024, 30 Aug 2024, 30 Nov 2024, 28 Feb 2025, 30 May 2025, 30 Aug 2025, 30 Nov 2025
Sun 31 Dec 2023: 30 Jun 2024, 30 Sep 2024, 31 Dec 2024, 31 Mar 2025, 30 Jun 2025, 30 Sep 2025, 31 Dec 2025
"""  # noqa: E501 - one line a case


@pytest.mark.parametrize("line", MONTH_ENDS.strip().splitlines())
def test_the_ladder_of_a_case_received_at_the_end_of_a_month(line: str) -> None:
    received, expected = line.split(": ")
    found = alerts_of(alerts.LADDER, case(day(received)))
    assert ", ".join(f"{a.on.day} {a.on:%b %Y}" for a in found) == expected


@given(days)
def test_a_level_is_reached_when_its_months_are_complete_and_not_a_day_before(
    received: date,
) -> None:
    for alert, rung in zip(
        alerts_of(alerts.LADDER, case(received)), CAT.ladder.values(), strict=True
    ):
        wanted = Duration.parse(rung.after)
        assert wanted.unit is Unit.months
        assert whole_months(received, alert.on) == wanted.count
        assert whole_months(received, alert.on - ONE_DAY) == wanted.count - 1


@pytest.mark.parametrize(
    ("on", "level"),
    [
        ("Sun 7 Jul 2024", None),
        ("Mon 8 Jul 2024", "watch"),
        ("Mon 7 Oct 2024", "watch"),
        ("Tue 8 Oct 2024", "amber"),
        ("Wed 7 Jan 2026", "critical_2"),
        ("Thu 8 Jan 2026", "breach"),
        ("Tue 8 Jan 2036", "breach"),
    ],
)
def test_the_level_that_the_age_has_reached_on_a_day(on: str, level: str | None) -> None:
    rung = rung_reached(replace(at(case()), on=day(on)))
    assert (rung.level if rung else None) == level


# Nobody answers for the case

NO_CHAMPION = """
Mon 8 Jan 2024 -> Mon 22 Jan 2024
Fri 12 Jan 2024 -> Fri 26 Jan 2024
Sat 6 Jan 2024 -> Fri 19 Jan 2024
Mon 25 Mar 2024 -> Wed 10 Apr 2024
Mon 16 Dec 2024 -> Thu 2 Jan 2025
"""


@pytest.mark.parametrize("line", NO_CHAMPION.strip().splitlines())
def test_ten_working_days_without_a_champion(line: str) -> None:
    received, told = line.split(" -> ")
    assert days_of("no_champion", case(day(received))) == [told]


def test_a_case_with_a_champion_has_no_alert_for_one() -> None:
    assert alerts_of("no_champion", replace(case(), champion=ALEX)) == []


CHAMPION_LEAVES = [
    # named, left, told
    ("Wed 10 Jan 2024", "Thu 1 Feb 2024", "Thu 15 Feb 2024"),
    ("Wed 10 Jan 2024", "Wed 10 Jan 2024", "Wed 24 Jan 2024"),
    # Put in after they had gone: nobody could answer for the case before that day either.
    ("Thu 15 Feb 2024", "Thu 1 Feb 2024", "Thu 29 Feb 2024"),
]


@pytest.mark.parametrize(("named", "left", "told"), CHAMPION_LEAVES)
def test_a_champion_who_leaves_leaves_the_place_vacant(named: str, left: str, told: str) -> None:
    gone = replace(ALEX, left_on=day(left))
    vacant = replace(case(), champion=gone, champion_since=day(named))
    assert days_of("no_champion", vacant) == [told]
    successor = replace(vacant, champion=Person(3, "grace", "Grace Okoro"))
    assert alerts_of("no_champion", successor) == []


def test_a_second_vacancy_is_told_again() -> None:
    (first,) = alerts_of("no_champion", case())
    gone = replace(ALEX, left_on=date(2024, 6, 3))
    (second,) = alerts_of("no_champion", replace(case(), champion=gone))
    assert first.key != second.key
    assert second.since == date(2024, 6, 3)


# The target of the stage has passed

STAGE_TARGETS = """
expression_of_interest since Mon 8 Jan 2024: due Mon 12 Feb 2024, told Tue 13 Feb 2024
expression_of_interest since Fri 12 Jan 2024: due Fri 16 Feb 2024, told Mon 19 Feb 2024
expression_of_interest since Sat 13 Jan 2024: due Fri 16 Feb 2024, told Mon 19 Feb 2024
benchmarking since Fri 15 Mar 2024: due Tue 9 Apr 2024, told Wed 10 Apr 2024
handover since Mon 25 Nov 2024: due Mon 23 Dec 2024, told Tue 24 Dec 2024
handover since Tue 26 Nov 2024: due Tue 24 Dec 2024, told Fri 27 Dec 2024
business_case since Fri 5 Apr 2024: due Tue 2 Jul 2024, told Wed 3 Jul 2024
"""


@pytest.mark.parametrize("line", STAGE_TARGETS.strip().splitlines())
def test_a_stage_is_overdue_on_the_working_day_after_its_target(line: str) -> None:
    stage, _, rest = line.partition(" since ")
    since, expected = rest.split(": ")
    snapshot = replace(case(stage=stage), stage_since=day(since))
    (alert,) = alerts_of("stage_overdue", snapshot)
    assert alert.due_on is not None
    assert f"due {in_words(alert.due_on)}, told {in_words(alert.on)}" == expected
    assert alert.due_on == stage_due_on(at(snapshot))


@given(days, st.sampled_from(CAT.open_stages))
def test_an_overdue_stage_is_told_on_a_working_day_after_a_working_day(
    since: date, stage: str
) -> None:
    (alert,) = alerts_of("stage_overdue", replace(case(stage=stage), stage_since=since))
    assert alert.due_on is not None
    assert alert.due_on < alert.on
    assert CALENDAR.is_working_day(alert.due_on)
    assert CALENDAR.working_days_between(alert.due_on, alert.on) == 1


def test_a_stage_that_is_entered_again_is_told_again() -> None:
    (first,) = alerts_of("stage_overdue", case(stage="legal"))
    again = replace(case(stage="legal"), stage_since=date(2024, 6, 3))
    (second,) = alerts_of("stage_overdue", again)
    assert first.key != second.key


# A department does not answer, or objects

ASKED = Signoff(7, "accept", "legal", day("Mon 8 Jan 2024"), day("Mon 22 Jan 2024"))


@pytest.mark.parametrize(
    ("due_on", "told"),
    [
        ("Mon 22 Jan 2024", "Tue 23 Jan 2024"),
        ("Fri 19 Jan 2024", "Mon 22 Jan 2024"),
        ("Sat 20 Jan 2024", "Mon 22 Jan 2024"),
        ("Thu 28 Mar 2024", "Tue 2 Apr 2024"),
    ],
)
def test_a_sign_off_is_overdue_on_the_working_day_after_its_date(due_on: str, told: str) -> None:
    asked = replace(ASKED, due_on=day(due_on))
    assert days_of("signoff_overdue", replace(case(), signoffs=(asked,))) == [told]


@pytest.mark.parametrize("decision", ["signed", "objected"])
def test_a_department_that_has_answered_is_not_overdue(decision: str) -> None:
    answered = replace(ASKED, decision=decision, decided_on=MONDAY)
    assert alerts_of("signoff_overdue", replace(case(), signoffs=(answered,))) == []


def objected(raised: date, *, blocks: bool = True) -> Snapshot:
    """A case to which Legal objects."""
    objection = Objection(
        5, "title", blocks, "The title is bad.", "Register it.", "LRA 2002", raised, "Owen Price"
    )
    answered = replace(ASKED, decision="objected", decided_on=raised, objection=objection)
    return replace(case(), signoffs=(answered,))


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("Mon 3 Feb 2025", "Mon 17 Feb 2025"),
        ("Fri 11 Apr 2025", "Tue 29 Apr 2025"),
        ("Sat 1 Feb 2025", "Fri 14 Feb 2025"),
    ],
)
def test_an_objection_is_open_for_ten_working_days(raised: str, told: str, blocks: bool) -> None:
    assert days_of("objection_open", objected(day(raised), blocks=blocks)) == [told]


def test_an_objection_that_is_resolved_is_told_no_more() -> None:
    solved = replace(ASKED, decision="signed", decided_on=MONDAY, objection=None)
    assert alerts_of("objection_open", replace(case(), signoffs=(solved,))) == []


# The group hears nothing

SILENCE = """
Mon 8 Jan 2024 -> Mon 5 Feb 2024
Fri 1 Mar 2024 -> Tue 2 Apr 2024
Tue 3 Dec 2024 -> Fri 3 Jan 2025
"""


@pytest.mark.parametrize("line", SILENCE.strip().splitlines())
def test_twenty_working_days_without_a_letter_to_the_group(line: str) -> None:
    written, told = line.split(" -> ")
    assert days_of("silence", replace(case(), written_to_group_on=day(written))) == [told]


def test_each_silence_is_told_for_itself() -> None:
    (first,) = alerts_of("silence", case())
    (second,) = alerts_of("silence", replace(case(), written_to_group_on=date(2024, 2, 6)))
    assert first.key != second.key


# What every alert has in common

EVERYTHING = replace(objected(MONDAY), signoffs=(ASKED, objected(MONDAY).signoffs[0]))
WHO_HEARS = {
    "no_champion": "case_officer, head_of_property, director",
    "stage_overdue": "case_officer, champion",
    "signoff_overdue": "signatory, champion",
    "objection_open": "case_officer, champion",
    "silence": "case_officer, champion",
}
SENTENCES = {
    "no_champion": "No champion. Nobody has been named as champion for 10 working days.",
    "stage_overdue": "Overdue: Expression of interest. "
    "The target for this stage, 25 working days, has passed.",
    "signoff_overdue": "No answer from Legal. "
    "The sign-off asked of Legal has not come in time.",
    "objection_open": "Objection not resolved: Legal. "
    "The title is bad. Way forward: Register it.",
    "silence": "The group has not been written to. "
    "The last letter to the group is 20 working days old.",
}  # fmt: skip


@pytest.mark.parametrize("kind", WHO_HEARS)
def test_an_alert_says_what_is_wrong_and_who_hears_of_it(kind: str) -> None:
    (alert,) = alerts_of(kind, EVERYTHING)
    assert f"{alert.title}. {alert.sentence}" == SENTENCES[kind]
    assert ", ".join(alert.roles) == WHO_HEARS[kind]
    assert alert.requires
    assert alert.department == ("legal" if kind in ("signoff_overdue", "objection_open") else None)


def test_the_higher_the_level_the_higher_its_readers() -> None:
    readers = {alert.key: alert.roles for alert in alerts_of(alerts.LADDER, case())}
    assert readers["watch"] == ("case_officer", "champion")
    assert "head_of_legal" in readers["amber"]
    assert "cabinet_member" in readers["red"]
    assert "chief_executive" in readers["critical"]
    assert "scrutiny_chair" in readers["breach"]
    assert all("case_officer" in roles for roles in readers.values())


@pytest.mark.parametrize("stage", CAT.stages)
def test_a_case_that_has_ended_has_no_alerts(stage: str) -> None:
    found = timeline(at(replace(EVERYTHING, stage=stage)))
    assert bool(found) == (not CAT.stages[stage].end)


def test_a_route_that_declares_no_alert_has_none() -> None:
    quiet = replace(CAT, alerts={}, ladder={})
    assert timeline(replace(at(EVERYTHING), workflow=quiet)) == []


def test_a_route_may_declare_some_alerts_only() -> None:
    one = replace(CAT, alerts={"silence": AlertRule(("champion",), "1 week")}, ladder={})
    (alert,) = timeline(replace(at(EVERYTHING), workflow=one))
    assert (alert.kind, alert.roles, in_words(alert.on)) == (
        "silence", ("champion",), "Mon 15 Jan 2024",
    )  # fmt: skip


@given(days, days, st.sampled_from(CAT.open_stages))
def test_alerts_depend_on_the_case_and_not_on_the_day_one_looks(
    on: date, received: date, stage: str
) -> None:
    snapshot = replace(
        EVERYTHING, stage=stage, received_on=received, stage_since=received,
        written_to_group_on=received, champion_since=received, waiting_since=received,
    )  # fmt: skip
    found = timeline(at(snapshot, on))
    assert found == timeline(at(snapshot))
    assert found == sorted(found, key=lambda alert: (alert.on, alert.kind, alert.key))
    # Once the asset has gone over, seven levels of the ladder with their two tasks that have a
    # day, silence and the stall fall away.
    expected = 6 if CAT.stages[stage].ladder_stops else 17
    assert len({(alert.kind, alert.key) for alert in found}) == len(found) == expected
    assert all(alert.since < alert.on for alert in found)
