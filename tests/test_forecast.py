"""The forecast: when a case can be done by at its targets, and on which day that is too late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_alerts import CALENDAR, CAT, MONDAY, case, day, in_words

from assetflow import forecast
from assetflow.alerts import timeline
from assetflow.deadlines import Duration, target_due
from assetflow.snapshot import Occasion, Pause, Snapshot
from assetflow.targets import stage_due
from assetflow.workflow import Limit

ONE_DAY = timedelta(days=1)
GRANT = CAT.limits["funder_deadline"]


def at(snapshot: Snapshot, on: date) -> Occasion:
    """The case on a day under the shipped route."""
    return Occasion(CAT, snapshot, on, CALENDAR, {}, {})


def stages(snapshot: Snapshot, on: date) -> list[str]:
    """The way that a case has before it, each stage with the day on which it should end."""
    found = forecast.expected(at(snapshot, on))
    return [f"{one.stage.id} {in_words(one.due_on)}" for one in found if one.due_on]


# --- the way -------------------------------------------------------------------------------------


def test_the_stages_to_come_end_one_after_the_other_at_their_targets() -> None:
    assert stages(case(stage="lease_terms"), MONDAY) == [
        "lease_terms Mon 5 Feb 2024",
        "legal Wed 3 Apr 2024",
        "handover Wed 1 May 2024",
        "aftercare Mon 2 Jun 2025",
    ]


def test_what_is_late_pushes_what_follows_and_not_itself() -> None:
    assert stages(case(stage="lease_terms"), day("Mon 4 Mar 2024"))[:2] == [
        "lease_terms Mon 5 Feb 2024",
        "legal Wed 1 May 2024",
    ]


@pytest.mark.parametrize(
    ("stage", "way"),
    [
        ("legal", ["legal", "handover", "aftercare", "completed"]),
        # From beside the straight way, the shortest way back, as far along it as can be.
        (
            "agreement_for_lease",
            ["agreement_for_lease", "legal", "handover", "aftercare", "completed"],
        ),
        ("completed", ["completed"]),
        ("given_back", ["given_back"]),
    ],
)  # fmt: skip
def test_the_way_from_each_stage(stage: str, way: list[str]) -> None:
    assert [one.id for one in forecast.way_from(CAT, stage)] == way


@pytest.mark.parametrize(
    ("stage", "completed"),
    [
        ("legal", "Wed 3 Apr 2024"),
        ("handover", "Mon 5 Feb 2024"),
        ("aftercare", None),
        ("completed", None),
        ("refused", None),
    ],
)
def test_a_case_is_completed_when_the_group_has_its_keys(stage: str, completed: str | None) -> None:
    found = forecast.completion(at(case(stage=stage), MONDAY))
    assert (in_words(found) if found else None) == completed


# --- the day that must not be passed -------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "facts", "last"),
    [
        ("funder_deadline", {"funder_deadline": date(2026, 11, 30)}, "Mon 30 Nov 2026"),
        ("funder_deadline", {}, None),
        # The lease must be signed before the new council comes.
        ("vesting_day", {"vesting_day": date(2027, 4, 1)}, "Wed 31 Mar 2027"),
        ("lease_length", {"council_lease_ends_on": date(2052, 2, 29)}, None),
        (
            "lease_length",
            {"council_lease_ends_on": date(2052, 2, 29), "funder_lease_years": 25},
            "Sun 28 Feb 2027",
        ),
        (
            "lease_length",
            {"council_lease_ends_on": date(2052, 2, 29), "funder_lease_years": 999_999_999},
            "Mon 1 Jan 1900",
        ),
    ],
)
def test_the_last_day_of_a_limit(limit: str, facts: dict[str, object], last: str | None) -> None:
    found = forecast.limit_day(CAT.limits[limit], facts, CALENDAR)
    assert (in_words(found) if found else None) == last


def days_from(first: date, count: int) -> Iterator[date]:
    """The days from a first one on."""
    return (first + ONE_DAY * n for n in range(count))


def forecast_by_hand(snapshot: Snapshot, limit: Limit, on: date) -> date:
    """Walk the stages from the present one to the one to be reached, as it is known on a day."""
    occasion = at(snapshot, on)
    ends = max(stage_due(occasion, on) or on, on)
    way = [one.id for one in forecast.way_from(CAT, snapshot.stage)]
    for name in way[1 : way.index(limit.reached or "aftercare")]:
        ends = target_due(ends, Duration.parse(CAT.stages[name].target or ""), CALENDAR)
    return ends


BEFORE_KEYS = [s for s in CAT.open_stages if s not in ("handover", "aftercare")]
starts = st.dates(date(2015, 1, 1), date(2045, 12, 31))
later = st.integers(0, 400)


@given(starts, later, later, later, st.booleans(), st.sampled_from(BEFORE_KEYS))
def test_the_first_day_on_which_the_forecast_passes_a_limit_is_found(
    since: date, slack: int, waited: int, paused: int, running: bool, stage: str
) -> None:
    """Held against a look at every day, one after the other."""
    snapshot = replace(case(since, stage), progress_on=since)
    if running:
        began = since + ONE_DAY * (waited % 90)
        snapshot = replace(snapshot, waiting_on="group", pauses=(Pause(began, None, "funding"),))
    else:
        began, ended = (
            since + ONE_DAY * (waited % 40),
            since + ONE_DAY * (waited % 40 + paused % 60),
        )
        snapshot = replace(snapshot, pauses=(Pause(began, ended, "funding"),))
    limit = since + ONE_DAY * slack
    every = ((d, forecast_by_hand(snapshot, GRANT, d)) for d in days_from(since, 900))
    by_hand = next((on, found) for on, found in every if found > limit)
    assert forecast.passed_on(at(snapshot, since), GRANT, limit) == by_hand


def test_a_limit_says_when_the_forecast_passed_it_and_by_how_much() -> None:
    snapshot = replace(
        case(day("Mon 1 Jun 2026"), "legal"), facts={"funder_deadline": date(2026, 6, 30)}
    )
    (alert,) = [a for a in timeline(at(snapshot, MONDAY)) if a.kind == "run_out"]
    assert (in_words(alert.on), alert.title) == (
        "Mon 1 Jun 2026", "Time runs out: Deadline of the funder",
    )  # fmt: skip
    assert alert.sentence == (
        "At its targets the case is done on 27 Jul 2026, and the last day for it is 30 Jun 2026: "
        "the grant is lost unless the lease is signed by then."
    )
    assert alert.due_on == date(2026, 6, 30)
    assert alert.roles == ("case_officer", "champion", "head_of_property")


def test_in_the_next_stage_a_limit_that_is_passed_is_told_anew_and_once_reached_no_more() -> None:
    facts = {"funder_deadline": date(2026, 6, 30)}
    keys = []
    for stage, since in (("lease_terms", "Mon 1 Jun 2026"), ("legal", "Mon 8 Jun 2026")):
        snapshot = replace(case(day(since), stage), facts=facts)
        keys += [a.key for a in timeline(at(snapshot, MONDAY)) if a.kind == "run_out"]
    assert len(set(keys)) == 2
    signed = replace(case(day("Mon 6 Jul 2026"), "handover"), facts=facts)
    assert [a for a in timeline(at(signed, MONDAY)) if a.kind == "run_out"] == []
