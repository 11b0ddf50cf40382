"""What the ladder calls for shows until the record shows that it was done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import Terminal
from hypothesis import given
from hypothesis import strategies as st
from test_alerts import CAT, at, case, day, days_of, in_words
from test_sweep import REF, Office, _forgotten, office  # noqa: F401

from assetflow.alerts import timeline
from assetflow.casework import cases, correspondence, digests
from assetflow.casework.facts import record_facts
from assetflow.ladder import Duty, duties
from assetflow.settings import SHIPPED
from assetflow.snapshot import Snapshot
from assetflow.workflow import Task

ONE_DAY = timedelta(days=1)
HELD = {"progress_made": "Much", "progress_awaited": "Little", "forecast_date": "2027-06-03"}
OF_A_LEVEL = {
    "watch": ["forecast", "next_actions"],
    "amber": ["cause", "holder", "update"],
    "red": ["recovery_plan", "case_conference"],
    "red_2": ["monthly_update"],
    "critical": ["decision"],
    "critical_2": ["public_statement"],
    "breach": ["review", "annual_report"],
}
ALL = [f"{level}.{task}" for level, tasks in OF_A_LEVEL.items() for task in tasks]


def on(when: str, snapshot: Snapshot | None = None) -> list[Duty]:
    """The tasks of a case on a day, done or not."""
    return duties(replace(at(snapshot or case()), on=day(when)))


def left(when: str, snapshot: Snapshot | None = None) -> list[str]:
    """The names of the tasks that are left to do on a day."""
    return [duty.name for duty in on(when, snapshot) if duty.done_on is None]


def recorded(**facts: str) -> Snapshot:
    """A case on which facts were recorded, each as of a day."""
    days = {name: day(when) for name, when in facts.items()}
    return replace(case(), recorded_on=days, facts=dict.fromkeys(facts, "something"))


@pytest.mark.parametrize(
    ("when", "count"),
    [
        ("Sun 7 Jul 2024", 0),
        ("Mon 8 Jul 2024", 2),
        ("Tue 8 Oct 2024", 5),
        ("Wed 8 Jan 2025", 7),
        ("Tue 8 Apr 2025", 8),
        ("Tue 8 Jul 2025", 9),
        ("Wed 8 Oct 2025", 10),
        ("Thu 8 Jan 2026", 12),
    ],
)
def test_each_level_adds_its_tasks_to_those_that_are_not_done(when: str, count: int) -> None:
    assert left(when) == ALL[:count]


def test_what_a_level_requires_is_said_once_by_its_tasks() -> None:
    assert {level: rung.calls_for for level, rung in CAT.ladder.items()} == {
        "watch": "a forecast date and the next three actions",
        "amber": "the cause in writing, who holds the case and a letter that brings the group "
        "up to date",
        "red": "a recovery plan and a case conference within 10 working days",
        "red_2": "an update to the group every month",
        "critical": "a dated decision: finish, change route or stop",
        "critical_2": "a public statement agreed with the group",
        "breach": "a review of what would have prevented it and an entry in the annual report",
    }
    own = replace(CAT.ladder["watch"], requires="a plan")
    assert own.calls_for == "a plan"


@pytest.mark.parametrize(
    ("when", "done"),
    [("Sun 7 Jul 2024", False), ("Mon 8 Jul 2024", True), ("Fri 3 Jan 2025", True)],
)
def test_a_fact_counts_from_the_day_of_the_level(when: str, done: bool) -> None:
    snapshot = recorded(completion_forecast=when)
    assert ("watch.forecast" not in left("Mon 6 Jan 2025", snapshot)) == done


def test_a_task_with_two_facts_is_done_with_the_later_one() -> None:
    one = recorded(course_decided="Wed 9 Jul 2025")
    both = recorded(course_decided="Wed 9 Jul 2025", course_done_by="Mon 14 Jul 2025")
    assert "critical.decision" in left("Fri 1 Aug 2025", one)
    (found,) = [d for d in on("Fri 1 Aug 2025", both) if d.name == "critical.decision"]
    assert found.done_on == day("Mon 14 Jul 2025")


def test_a_letter_counts_from_the_day_of_the_level() -> None:
    sent = replace(case(), letters_sent={"holding_update": day("Mon 7 Oct 2024")})
    assert "amber.update" in left("Tue 8 Oct 2024", sent)
    sent = replace(case(), letters_sent={"holding_update": day("Tue 8 Oct 2024")})
    assert "amber.update" not in left("Tue 8 Oct 2024", sent)


MONTHLY = """
none: Tue 8 Apr 2025 left; Wed 7 May 2025 left; Thu 8 May 2025 left | told Fri 9 May 2025
Fri 2 May 2025: Wed 7 May 2025 done; Thu 8 May 2025 left | told Mon 9 Jun 2025
Thu 8 May 2025: Thu 8 May 2025 done; Sat 7 Jun 2025 done; Sun 8 Jun 2025 left | told Wed 9 Jul 2025
"""


@pytest.mark.parametrize("line", MONTHLY.strip().splitlines())
def test_a_monthly_letter_is_called_for_once_in_each_month(line: str) -> None:
    sent, rest = line.split(": ", 1)
    looks, told = rest.split(" | told ")
    snapshot = case()
    if sent != "none":
        snapshot = replace(snapshot, letters_sent={"holding_update": day(sent)})
    for look in looks.split("; "):
        when, state = look.rsplit(" ", 1)
        assert ("red_2.monthly_update" in left(when, snapshot)) == (state == "left"), when
    alerts = [a for a in timeline(at(snapshot)) if a.key.startswith("red_2.monthly_update")]
    assert [in_words(alert.on) for alert in alerts] == [told]


def test_a_case_conference_has_ten_working_days() -> None:
    (alert,) = [a for a in timeline(at(case())) if a.key.startswith("red.case_conference")]
    assert (in_words(alert.on), alert.due_on) == ("Thu 23 Jan 2025", day("Wed 22 Jan 2025"))
    assert alert.title == "Not done: a case conference within 10 working days"
    assert alert.sentence == "Red calls for it, since 8 Jan 2025."
    held = recorded(case_conference_on="Mon 20 Jan 2025")
    assert days_of("task_overdue", held) == ["Fri 9 May 2025"]


def test_a_route_without_the_alert_has_tasks_and_tells_of_none() -> None:
    rules = {kind: rule for kind, rule in CAT.alerts.items() if kind != "task_overdue"}
    quiet = replace(at(case()), workflow=replace(CAT, alerts=rules))
    assert [a for a in timeline(quiet) if a.kind == "task_overdue"] == []
    assert len(duties(replace(quiet, on=day("Thu 8 Jan 2026")))) == len(ALL)


@pytest.mark.parametrize("stage", ["aftercare", "completed", "withdrawn"])
def test_once_the_asset_has_gone_over_or_the_case_has_ended_nothing_is_called_for(
    stage: str,
) -> None:
    assert on("Thu 8 Jan 2026", case(stage=stage)) == []


lengths = st.sampled_from(["1 month", "2 weeks", "20 working days", "1 year"])
starts = st.dates(date(2015, 1, 1), date(2045, 12, 31))


@given(starts, lengths, st.lists(st.integers(0, 900), max_size=1), st.integers(0, 900))
def test_a_task_that_comes_round_is_done_in_the_period_of_the_day(
    received: date, every: str, sent: list[int], later: int
) -> None:
    """Held against the days of its periods, each counted from the first."""
    task = Task("again", "again", letters=("holding_update",), every=every)
    rung = replace(CAT.ladder["watch"], after="0 calendar days", tasks=(task,))
    route = replace(CAT, ladder={"watch": rung})
    days = dict.fromkeys(["holding_update"] * len(sent), received + ONE_DAY * sum(sent))
    occasion = replace(at(replace(case(received), letters_sent=days)), workflow=route)
    (duty,) = duties(replace(occasion, on=received + ONE_DAY * later))
    assert duty.due_on is not None
    assert duty.since <= received + ONE_DAY * later <= duty.due_on
    (sent_on,) = days.values() or (None,)
    assert (duty.done_on is not None) == (sent_on is not None and sent_on >= duty.since)
    # The day it ends on begins the next period.
    (following,) = duties(replace(occasion, on=duty.due_on))
    assert following.since == duty.due_on
    (alert,) = [a for a in timeline(occasion) if a.kind == "task_overdue"]
    missed = (d.since for d in _every(occasion, received) if sent_on is None or d.since > sent_on)
    assert alert.since == next(missed)


def _every(occasion: Any, first: date) -> Any:
    """Each period of the one task, in its order."""
    when: Any = first
    while True:
        (duty,) = duties(replace(occasion, on=when))
        yield duty
        when = duty.due_on


# --- pages and digests -------------------------------------------------------------------------


def of_pages(office: Office, when: date) -> tuple[Terminal, Mapping[str, Any]]:  # noqa: F811
    """A terminal on a day, and the page of what can be done."""
    terminal = Terminal(office.home, when)
    return terminal, terminal("case", "next", REF, "--json").json


def test_the_next_page_says_what_is_left_and_what_to_type(office: Office) -> None:  # noqa: F811
    terminal, page = of_pages(office, date(2025, 1, 10))
    commands = {task["name"]: task["command"] for task in page["tasks"]}
    assert commands == {
        "watch.forecast": f'assetflow case record {REF} completion_forecast="…"',
        "watch.next_actions": f'assetflow case record {REF} next_actions="…"',
        "amber.cause": f'assetflow case record {REF} cause_of_delay="…"',
        "amber.holder": f'assetflow case record {REF} held_up_by="…"',
        "amber.update": f"assetflow letter issue {REF} holding_update "
        '--fact forecast_date="…" --fact progress_awaited="…" --fact progress_made="…"',
        "red.recovery_plan": f'assetflow case record {REF} recovery_plan="…"',
        "red.case_conference": f'assetflow case record {REF} case_conference_on="…"',
    }
    shown = terminal("case", "next", REF).out
    assert "To do: the ladder calls for it" in shown
    assert "  a case conference within 10 working days (Red, since 8 Jan 2025, by 22 Jan 2025)\n" \
        f'      → assetflow case record {REF} case_conference_on="…"' in shown  # fmt: skip


def test_the_file_marks_what_is_done_and_what_is_not(office: Office) -> None:  # noqa: F811
    with office.desk(date(2024, 7, 10)) as desk:
        record_facts(desk, REF, {"completion_forecast": "2025-01-31"})
    terminal = Terminal(office.home, date(2024, 7, 15))
    shown = terminal("case", "show", REF).out
    lines = [" ".join(line.split()) for line in shown.splitlines() if line.startswith("Watch")]
    assert lines == [
        "Watch a forecast date 8 Jul 2024 - 10 Jul 2024",
        "Watch the next three actions 8 Jul 2024 - not yet",
    ]
    (done, left_) = terminal("case", "show", REF, "--json").json["tasks"]
    assert (done["done_on"], done["command"], left_["done_on"]) == ("2024-07-10", "", None)
    assert "a forecast date" not in terminal("case", "next", REF).out


def test_as_each_is_done_it_goes_from_the_page(office: Office) -> None:  # noqa: F811
    typed = {
        "completion_forecast": "2025-06-30", "next_actions": "Ask Legal; Meet; Write",
        "cause_of_delay": "No champion", "held_up_by": "Legal", "recovery_plan": "File 9",
        "case_conference_on": "2025-01-10",
    }  # fmt: skip
    with office.desk(date(2025, 1, 10)) as desk:
        record_facts(desk, REF, typed)
        correspondence.issue(desk, REF, "holding_update", HELD, "")
    assert [task["name"] for task in of_pages(office, date(2025, 1, 10))[1]["tasks"]
            if task["done_on"] is None] == []  # fmt: skip
    assert "Not done" not in str(office.sweep(date(2025, 2, 3)).told)


def digest(office: Office, when: date, to: str) -> list[str]:  # noqa: F811
    """The lines of somebody's digest of a day that are about tasks."""
    Terminal(office.home, when)("sweep")
    folder = office.home / "digests" / when.isoformat()
    (path,) = [path for path in folder.iterdir() if path.name.endswith(f"{to}.txt")]
    _, _, after = path.read_text("utf-8").partition("the ladder calls for it")
    joined = " ".join(after.split("What may be done")[0].split())
    return [line.strip() for line in joined.split(" - ")[1:]]


def test_a_digest_lists_what_is_left_until_it_is_done(office: Office) -> None:  # noqa: F811
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
    assert digest(office, date(2024, 7, 8), "sam-taylor") == [
        f"{REF}, Orrell Mount Pavilion: A forecast date (Watch, since 8 Jul 2024)",
        f"{REF}, Orrell Mount Pavilion: The next three actions (Watch, since 8 Jul 2024)",
    ]
    with office.desk(date(2024, 7, 10)) as desk:
        record_facts(desk, REF, {"completion_forecast": "2025-01-31", "cause_of_delay": "Nobody"})
    # The cause was given before the level that calls for it was reached: it may be another now.
    assert [line.split(": ")[1].split(" (")[0] for line in
            digest(office, date(2024, 10, 8), "grace-okoro")] == [
        "The next three actions", "The cause in writing", "Who holds the case",
        "A letter that brings the group up to date",
    ]  # fmt: skip


def test_a_digest_lists_so_many_tasks_as_one_reads(
    office: Office, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setattr(digests, "MOST", 3)
    office.sweep(date(2025, 1, 8))
    lines = digest(office, date(2025, 1, 23), "sam-taylor")
    assert len(lines) == 3
    assert "There is more of this than fits here." in lines[-1]


def test_whoever_stands_in_sees_the_tasks_too(office: Office) -> None:  # noqa: F811
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Alex")
    Terminal(office.home, date(2024, 7, 1))(
        "grant", "deputise", "owen", "--for", "alex", "--role", "champion",
        "--until", "2024-07-31", "--authority", "Leave",
    )  # fmt: skip
    assert len(digest(office, date(2024, 7, 8), "owen-price")) == 2


OTHER_TASKS = (
    ("version: 1\n", "version: 2\n"),
    (
        "      - {id: next_actions, label: the next three actions, facts: [next_actions]}\n",
        "      - {id: asked, label: a question, letters: [more_information_needed]}\n"
        "      - {id: agreed, label: terms, letters: [heads_of_terms]}\n"
        "      - {id: keys, label: the keys, facts: [keys_handed_over_on]}\n",
    ),
)


@pytest.mark.sqlite_only
def test_a_task_names_the_step_with_which_alone_it_can_be_done(af: Terminal) -> None:
    name = "community_asset_transfer.yaml"
    words = (SHIPPED / "workflows" / name).read_text(encoding="utf-8")
    for old, new in OTHER_TASKS:
        assert words.count(old) == 1
        words = words.replace(old, new)
    (af.home / "workflows" / name).write_text(words, encoding="utf-8")
    af("workflow", "publish", "community_asset_transfer")
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    page = af("case", "next", "1", "--json", on=af.today + timedelta(days=200)).json
    assert {task["name"].split(".")[1]: task["command"].split(" ", 2)[2] for task in page["tasks"]
            if not task["name"].endswith("forecast")} == {
        "asked": "advance CAT-2026-0001 ask_for_information",
        # No step of this stage sends it.
        "agreed": "next CAT-2026-0001",
        "keys": "advance CAT-2026-0001 hand_over",
    }  # fmt: skip
