"""A case stalls when nothing moves it on, whatever else is done with it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from test_alerts import CALENDAR, CAT, MONDAY, alerts_of, at, case, day, days_of, in_words
from test_alerts import objected as with_objection
from test_sweep import REF, Office, _forgotten, ask, legal_objects, move, office, sign  # noqa: F401

from assetflow import pauses
from assetflow.alerts import timeline
from assetflow.casework import cases, correspondence, leaving, opening
from assetflow.casework.desk import Desk
from assetflow.casework.facts import record_facts
from assetflow.casework.integrity import verify
from assetflow.deadlines import Duration
from assetflow.snapshot import Pause, Snapshot
from assetflow.targets import share_of
from assetflow.whose_time import Still, Turn, spells

ONE_DAY = timedelta(days=1)
days = st.dates(date(1995, 1, 1), date(2095, 12, 31))


def with_group(since: date, *, pause: Pause | None = None) -> Snapshot:
    """A case that the group has."""
    pauses_ = (pause,) if pause else ()
    return replace(case(since), waiting_on="group", progress_on=since, pauses=pauses_)


# --- whose turn it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        ("Mon 8 Jan 2024", "Mon 5 Feb 2024"),
        ("Sat 13 Jan 2024", "Fri 9 Feb 2024"),
        ("Fri 1 Mar 2024", "Tue 2 Apr 2024"),
    ],
)
def test_twenty_working_days_with_the_council_and_no_progress(progress: str, told: str) -> None:
    assert days_of("stalled_council", replace(case(), progress_on=day(progress))) == [told]
    assert days_of("stalled_group", replace(case(), progress_on=day(progress))) == []


def test_forty_working_days_with_the_group_and_no_progress() -> None:
    snapshot = with_group(MONDAY)
    assert days_of("stalled_group", snapshot) == ["Mon 4 Mar 2024"]
    assert days_of("stalled_council", snapshot) == []


def test_with_a_third_party_it_is_the_stall_of_neither() -> None:
    found = {alert.kind for alert in timeline(at(replace(case(), waiting_on="third_party")))}
    assert found & {"stalled_council", "stalled_group"} == set()


@pytest.mark.parametrize("received", ["Mon 8 Jan 2024", "Mon 2 Dec 2024"])
@given(st.integers(0, 300))
def test_a_pause_is_the_groups_until_its_cap_and_then_the_councils(
    received: str, asked: int
) -> None:
    """Held against whose time it was by the record."""
    since = day(received)
    pause = Pause(since + ONE_DAY * asked, None, "funding")
    snapshot = replace(with_group(since, pause=pause), progress_on=pause.began_on)
    cap = pauses.cap_of(CAT, pause, CALENDAR)
    assert cap is not None
    told = {a.kind: a for a in timeline(at(snapshot)) if a.kind.startswith("stalled")}
    assert set(told) == {"stalled_group", "stalled_council"}
    turns = [Turn(pause.began_on, "group", 1, "asked")]
    still = [Still(pause.began_on, None, cap, "funding")]
    last = max(alert.on for alert in told.values()) + ONE_DAY
    for kind, holder in (("stalled_group", "group"), ("stalled_council", "council")):
        alert = told[kind]
        rule = CAT.alerts[kind]
        counted = CALENDAR.working_days_between(alert.since, alert.on)
        assert counted == Duration.parse(rule.after or "").count
        (whose,) = [s for s in spells(turns, [], still, last) if s.since <= alert.on < s.until]
        assert whose.who == holder


def test_once_the_asset_has_gone_over_nothing_stalls() -> None:
    assert days_of("stalled_council", case(stage="aftercare")) == []


@given(days, days)
def test_the_count_begins_with_the_last_progress_and_never_before_the_stage(
    since: date, progress: date
) -> None:
    (alert,) = alerts_of("stalled_council", replace(case(since), progress_on=progress))
    assert alert.since == max(since, progress)
    assert CALENDAR.working_days_between(alert.since, alert.on) == 20


def test_each_stall_is_told_for_itself() -> None:
    (first,) = alerts_of("stalled_council", case())
    (second,) = alerts_of("stalled_council", replace(case(), progress_on=date(2024, 2, 6)))
    assert first.key != second.key


# --- a stage that is long overrun ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "percent"), [("150 %", 150), ("150%", 150), ("101 %", 101), ("999 %", 999)]
)
def test_a_share_of_a_target_is_read(text: str, percent: int) -> None:
    assert share_of(text) == percent


@pytest.mark.parametrize("text", ["", "150", "100 %", "50 %", "1500 %", "1.5", "²50 %", "150  % "])
def test_what_is_no_share_above_the_whole_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 150 %"):
        share_of(text)


IN_WORKING_DAYS = [name for name in CAT.open_stages if "working" in (CAT.stages[name].target or "")]


@given(days, st.sampled_from(IN_WORKING_DAYS))
def test_a_stage_is_overrun_on_the_first_day_over_its_share(since: date, stage: str) -> None:
    (alert,) = alerts_of("stage_overrun", replace(case(since, stage), progress_on=since))
    target = Duration.parse(CAT.stages[stage].target or "").count

    def share(on: date) -> float:
        return CALENDAR.working_days_between(since, on) / target

    assert share(alert.on) > 1.5
    assert share(alert.on - ONE_DAY) <= 1.5


@given(days, st.integers(0, 30), st.integers(1, 30))
def test_pauses_do_not_count_towards_an_overrun(since: date, before: int, long: int) -> None:
    began = CALENDAR.add_working_days(CALENDAR.next_working_day(since), before)
    ended = CALENDAR.add_working_days(began, long)
    plain = case(CALENDAR.next_working_day(since))
    paused = replace(plain, pauses=(Pause(began, ended, "funding"),))
    (one,), (other,) = alerts_of("stage_overrun", plain), alerts_of("stage_overrun", paused)
    assert CALENDAR.working_days_between(one.on, other.on) == long


@pytest.mark.parametrize(
    ("stage", "facts", "told"),
    [
        # 13 months are 396 days, and half as many again 594.
        ("aftercare", {}, "Tue 26 Aug 2025"),
        # The group was given a date 100 days ahead.
        ("business_case", {"business_case_due_on": date(2024, 4, 17)}, "Fri 7 Jun 2024"),
        ("business_case", {"business_case_due_on": date(2023, 4, 17)}, "Tue 9 Jan 2024"),
    ],
)
def test_other_targets_are_counted_in_calendar_days(
    stage: str, facts: dict[str, object], told: str
) -> None:
    assert days_of("stage_overrun", replace(case(stage=stage), facts=facts)) == [told]


# --- an objection that is stuck ------------------------------------------------------------------


def test_an_objection_goes_further_up_after_twenty_working_days() -> None:
    snapshot = with_objection(day("Mon 3 Feb 2025"))
    assert days_of("objection_open", snapshot) == ["Mon 17 Feb 2025"]
    (stuck,) = alerts_of("objection_stuck", snapshot)
    assert in_words(stuck.on) == "Mon 3 Mar 2025"
    assert stuck.roles == ("champion", "head_of_property", "director")
    assert stuck.department == "legal"


# --- what moves a case on ------------------------------------------------------------------------

Work = Callable[[Desk], object]
LATER = date(2024, 1, 22)
HELD = {"progress_made": "Much", "progress_awaited": "Little", "forecast_date": "2024-06-03"}
ASK = {"pause_reason": "funding", "information_needed": "Accounts", "reply_by": "2024-02-20"}
ACTIVITY: dict[str, Work] = {
    "a note": lambda desk: cases.note(desk, REF, "Rang Legal"),
    "a champion": lambda desk: cases.name_champion(desk, REF, "Grace"),
    "another officer": lambda desk: leaving.name_officer(desk, REF, "Kim"),
    "a holding letter": lambda desk: correspondence.issue(desk, REF, "holding_update", HELD, ""),
    "a fact that is no answer": lambda desk: record_facts(desk, REF, {"transfer_purpose": "Café"}),
    "a request to departments": ask,
}  # fmt: skip
PROGRESS: dict[str, Work] = {
    "an answer that came": lambda desk: record_facts(desk, REF, {"ownership_confirmed": "yes"}),
    "a letter that asks the group": move("ask_for_information", **ASK),
    "a sign-off": lambda desk: (ask(desk), sign("service", "nadia")(desk)),
    "an objection": lambda desk: (ask(desk), sign("service", "nadia")(desk), legal_objects(desk)),
    "an end": lambda desk: cases.advance(desk, REF, "withdraw", {}, "They moved away"),
}


@pytest.mark.parametrize("what", ACTIVITY)
def test_activity_is_no_progress(office: Office, what: str) -> None:  # noqa: F811
    with office.desk(LATER) as desk:
        ACTIVITY[what](desk)
    assert office.case().snapshot.progress_on == date(2024, 1, 8)
    assert "Stalled with the council" in [t.title for t in office.sweep(date(2024, 2, 5)).told]


@pytest.mark.parametrize("what", PROGRESS)
def test_progress_puts_the_stall_off(office: Office, what: str) -> None:  # noqa: F811
    with office.desk(LATER) as desk:
        PROGRESS[what](desk)
    assert office.case().snapshot.progress_on == LATER
    assert "Stalled" not in str([t.title for t in office.sweep(date(2024, 2, 16)).told])


def test_what_is_recorded_late_does_not_undo_newer_progress(office: Office) -> None:  # noqa: F811
    with office.desk(date(2024, 1, 30)) as desk:
        record_facts(desk, REF, {"ownership_confirmed": "yes"})
    with office.desk(date(2024, 1, 16), date(2024, 1, 31)) as desk:
        record_facts(desk, REF, {"ownership_confirmed": "yes"})
    assert office.case().snapshot.progress_on == date(2024, 1, 30)


def test_a_warning_that_only_chases_the_group_is_no_progress(office: Office) -> None:  # noqa: F811
    with office.desk(date(2024, 1, 9)) as desk:
        move("ask_for_information", **ASK)(desk)
    with office.desk(date(2024, 2, 27)) as desk:
        move("warn_of_closing", reply_by="2024-03-28")(desk)
    assert office.case().snapshot.progress_on == date(2024, 1, 9)
    stalled = [t for t in office.sweep(date(2024, 3, 5)).told if t.title.startswith("Stalled")]
    assert [(t.title, in_words(t.due_on)) for t in stalled] == [
        ("Stalled with the group", "Tue 5 Mar 2024")
    ]


@pytest.mark.sqlite_only
def test_a_letter_that_the_route_calls_substantive_is_progress(af: Any) -> None:
    name = "community_asset_transfer.yaml"
    path: Path = af.home / "workflows" / name
    shipped = Path(__file__).parents[1] / "workflows" / name
    shutil.copy(shipped, path)
    changed = path.read_text(encoding="utf-8").replace("version: 1\n", "version: 2\n", 1)
    path.write_text(f"{changed}\nsubstantive: [holding_update]\n", encoding="utf-8")
    af("workflow", "publish", "community_asset_transfer", on=date(2024, 1, 8))
    own = Office(af.home)
    with own.desk(MONDAY) as desk:
        opening.open_case(desk, "SAMPLE-0001", "Bowls Club", "")
    with own.desk(LATER) as desk:
        ACTIVITY["a holding letter"](desk)
    assert own.case().snapshot.progress_on == LATER


# --- the record ----------------------------------------------------------------------------------


def found_wrong(office: Office) -> list[str]:  # noqa: F811
    """What is wrong with the record."""
    with office.desk(date(2024, 3, 1)) as desk:
        return [f.sentence for f in verify(desk).findings]


@pytest.mark.parametrize("changed", ["2024-01-22", "2023-12-04"])
def test_a_day_of_progress_that_was_changed_by_hand_is_found(
    office: Office, changed: str  # noqa: F811
) -> None:  # fmt: skip
    assert found_wrong(office) == []
    with office.desk(LATER) as desk:
        desk.db.execute(text("UPDATE cases SET progress_on = :day"), {"day": changed})
    assert found_wrong(office) == ["was last moved on another day than its journal says"]


def test_a_fact_that_was_dated_anew_by_hand_is_found(office: Office) -> None:  # noqa: F811
    with office.desk(LATER) as desk:
        record_facts(desk, REF, {"transfer_purpose": "A café"})
    assert found_wrong(office) == []
    with office.desk(LATER) as desk:
        desk.db.execute(text("UPDATE facts SET happened_on = '2024-02-01'"))
    assert found_wrong(office) == ["has another transfer_purpose on file than its journal says"]
