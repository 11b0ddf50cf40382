"""The sweep: each thing is told once and on its day; missed days are caught up in one run."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Terminal
from sqlalchemy import select, update

from assetflow import alerts, queries
from assetflow import models as m
from assetflow import settings as settings_module
from assetflow.casework import (
    cases,
    correspondence,
    digests,
    leasing,
    opening,
    plan,
    signoffs,
    sweep,
)
from assetflow.casework.desk import Desk
from assetflow.casework.facts import record_facts
from assetflow.casework.plan import Plan
from assetflow.casework.signoffs import Answer, ObjectionGiven
from assetflow.casework.sweep import Swept
from assetflow.casework.telling import Told
from assetflow.database import Store
from assetflow.errors import BadInput, Busy
from assetflow.queries import Case
from assetflow.settings import SHIPPED

# These look into the SQLite file; tests/test_databases.py takes the same way on both databases.
pytestmark = pytest.mark.sqlite_only

RECEIVED = date(2024, 1, 8)  # a Monday
ONE_DAY = timedelta(days=1)
REF = "CAT-2024-0001"


class Office:
    """One home whose officers work and whose sweep runs, on the days that a test gives."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = settings_module.load(home, {})
        self.store = Store(self.settings.database_url)

    @contextmanager
    def desk(self, on: date, today: date | None = None) -> Iterator[Desk]:
        """One command on a day."""
        now = datetime.combine(today or on, time(7), UTC)
        with self.store.write() as db:
            yield Desk(db, self.settings, self.settings.acting_as, on, today or on, now)

    def sweep(self, on: date, today: date | None = None) -> Swept:
        """Run the sweep of a day."""
        with self.desk(on, today) as desk:
            return sweep.sweep(desk)

    def plan(self, on: date, today: date | None = None) -> Plan:
        """Say what the sweep of a day would tell."""
        with self.desk(on, today) as desk:
            return plan.plan(desk)

    def sweep_daily(self, first: date, last: date) -> list[Told]:
        """Run the sweep of every day, and give all that was told."""
        every = (first + ONE_DAY * n for n in range((last - first).days + 1))
        return [told for day in every for told in self.sweep(day).told]

    def case(self) -> Case:
        """The one case, as it stands."""
        with self.store.read() as db:
            return queries.case(db, 1)

    def reminders(self) -> list[Any]:
        """All that was told, as it is kept."""
        with self.store.read() as db:
            return queries.reminders(db)

    def letter(self, number: int | None) -> Any:
        """A letter as it was sent."""
        assert number is not None
        with self.store.read() as db:
            return queries.letter(db, number)

    def contents(self) -> bytes:
        """Every byte of the database."""
        with closing(sqlite3.connect(self.home / "assetflow.db")) as connection:
            return connection.serialize()

    def leave(self, name: str, on: date) -> None:
        """Let a person leave the council."""
        with self.desk(on) as desk:
            person = queries.person(desk.db, name)
            desk.db.execute(update(m.people).where(m.people.c.id == person.id).values(left_on=on))


@pytest.fixture(scope="module")
def _forgotten(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("forgotten") / "home"
    shutil.copytree(_template, home)
    with Office(home).desk(RECEIVED) as desk:
        opening.open_case(desk, "SAMPLE-0001", "Bowls Club", "")
    return home


@pytest.fixture
def office(_forgotten: Path, tmp_path: Path) -> Office:
    """An office with one case, received on Monday 8 January 2024, on which nobody works."""
    home = tmp_path / "home"
    shutil.copytree(_forgotten, home)
    return Office(home)


def in_words(day: date) -> str:
    """Write a day as people do."""
    return f"{day.day} {day:%b %Y}"


def lines(told: list[Told]) -> list[str]:
    """Say what was told: the day, what, and to whom."""
    return [
        f"{in_words(t.due_on)}  {t.title.split(':')[0]}"
        + (" (noted)" if t.superseded else f"  to {', '.join(t.recipients)}")
        for t in told
    ]


def titles(told: list[Told] | tuple[Told, ...]) -> list[str]:
    """What was told, without to whom."""
    return [t.title for t in told]


# A case that everybody forgets

FORGOTTEN = """
22 Jan 2024  No champion  to Sam Taylor, Grace Okoro, Alex Reid
5 Feb 2024  The group has not been written to  to Sam Taylor
5 Feb 2024  Stalled with the council  to Sam Taylor
13 Feb 2024  Overdue  to Sam Taylor
29 Feb 2024  Far over its target  to Grace Okoro
8 Jul 2024  Watch  to Sam Taylor
8 Oct 2024  Amber  to Sam Taylor, Grace Okoro, Owen Price
8 Jan 2025  Red  to Sam Taylor, Grace Okoro, Owen Price, Alex Reid, Iris Dale
23 Jan 2025  Not done  to Sam Taylor
8 Apr 2025  Second red  to Sam Taylor, Alex Reid, Iris Dale
9 May 2025  Not done  to Sam Taylor
8 Jul 2025  Critical  to Sam Taylor, Alex Reid, Iris Dale
8 Oct 2025  Second critical  to Sam Taylor, Alex Reid, Iris Dale
8 Jan 2026  Breach  to Sam Taylor, Alex Reid, Iris Dale
"""


def test_a_case_that_everybody_forgets_is_told_on_its_days_and_to_ever_more_people(
    office: Office,
) -> None:
    told = office.sweep_daily(RECEIVED, date(2026, 1, 8))
    assert lines(told) == FORGOTTEN.strip().splitlines()
    assert [in_words(row.sent_on) for row in office.reminders()] == [
        line.split("  ")[0] for line in FORGOTTEN.strip().splitlines()
    ]


def test_when_all_is_told_the_sweep_need_never_look_again(office: Office) -> None:
    office.sweep(date(2026, 1, 8))
    assert office.case().next_alert_on is None
    assert office.sweep(date(2036, 1, 8)).cases == 0


def test_the_next_look_is_the_next_day_on_which_anything_falls_due(office: Office) -> None:
    days = [office.case().next_alert_on]
    while days[-1] is not None:
        assert office.sweep(days[-1] - ONE_DAY).told == ()
        assert 1 <= len(office.sweep(days[-1]).told) <= 2
        days.append(office.case().next_alert_on)
    told_on = (line.split("  ")[0] for line in FORGOTTEN.strip().splitlines())
    assert [in_words(day) for day in days if day] == list(dict.fromkeys(told_on))


def test_a_second_run_on_a_day_is_silent_and_changes_nothing(office: Office) -> None:
    first = office.sweep(date(2024, 7, 8))
    before = office.contents()
    second = office.sweep(date(2024, 7, 8))
    assert len(first.told) == 6
    assert (second.told, second.cases) == ((), 0)
    assert office.contents() == before


def test_the_end_of_a_month_that_has_no_such_day(af: Terminal) -> None:
    office = Office(af.home)
    with office.desk(date(2024, 8, 31)) as desk:
        opening.open_case(desk, "SAMPLE-0001", "Bowls Club", "")
    office.sweep(date(2025, 2, 27))
    assert titles(office.sweep(date(2025, 2, 28)).told) == [
        "Watch: 6 months since the expression of interest"
    ]


# Missed days

MISSED_A_YEAR = """
22 Jan 2024  No champion  to Sam Taylor, Grace Okoro, Alex Reid
5 Feb 2024  The group has not been written to  to Sam Taylor
5 Feb 2024  Stalled with the council  to Sam Taylor
13 Feb 2024  Overdue  to Sam Taylor
29 Feb 2024  Far over its target  to Grace Okoro
8 Jul 2024  Watch (noted)
8 Oct 2024  Amber (noted)
8 Jan 2025  Red  to Sam Taylor, Grace Okoro, Owen Price, Alex Reid, Iris Dale
23 Jan 2025  Not done  to Sam Taylor
"""


def test_missed_days_are_caught_up_in_one_run(office: Office) -> None:
    told = list(office.sweep(date(2025, 2, 1)).told)
    assert lines(told) == MISSED_A_YEAR.strip().splitlines()
    assert all(row.sent_on == date(2025, 2, 1) for row in office.reminders())


def test_of_several_levels_only_the_highest_is_sent_and_the_lower_are_noted(
    office: Office,
) -> None:
    told = [t for t in office.sweep(date(2026, 1, 8)).told if t.kind == alerts.LADDER]
    assert [t.superseded for t in told] == [True] * 6 + [False]
    assert [t.letter is None for t in told] == [True] * 6 + [False]
    assert office.letter(told[-1].letter).subject.startswith("Breach: ")
    kept = {row.key: (row.superseded, row.letter_id) for row in office.reminders()}
    assert kept["watch"] == (1, None)
    assert kept["breach"][0] == 0


def test_after_a_gap_the_next_level_is_sent_as_usual(office: Office) -> None:
    office.sweep(date(2025, 2, 1))
    assert titles(office.sweep(date(2025, 4, 7)).told) == []
    assert titles(office.sweep(date(2025, 4, 8)).told) == [
        "Second red: 15 months since the expression of interest"
    ]


def test_a_level_that_was_noted_is_not_sent_later(office: Office) -> None:
    office.sweep(date(2024, 10, 8))
    assert "Watch" not in str(office.sweep(date(2025, 1, 7)).told)


def test_a_sweep_for_a_past_day_tells_what_was_due_by_then(office: Office) -> None:
    late = date(2024, 6, 3)
    assert titles(office.sweep(date(2024, 1, 22), late).told) == ["No champion"]
    assert [row.sent_on for row in office.reminders()] == [date(2024, 1, 22)]
    assert len(office.sweep(late).told) == 4


def test_a_sweep_for_a_day_in_the_future_is_refused(office: Office) -> None:
    before = office.contents()
    with pytest.raises(BadInput, match="future"):
        office.sweep(date(2024, 1, 23), date(2024, 1, 22))
    assert office.contents() == before
    Terminal(office.home, date(2024, 1, 22))("sweep", "--on", "2024-01-23", code=2)


def test_a_sweep_that_is_cut_off_has_told_nobody(office: Office) -> None:
    def power_cut(done: int, total: int) -> None:
        raise KeyboardInterrupt

    day, before = date(2024, 7, 8), office.contents()
    with pytest.raises(KeyboardInterrupt), office.desk(day) as desk:
        sweep.sweep(desk, progress=power_cut)
    assert office.contents() == before
    assert len(office.sweep(day).told) == 6


# Two years of work, swept every morning or once a week

Work = Callable[[Desk], object]
READ_BY_DEPARTMENTS = {"transfer_purpose": "A café"}
TERMS = Path(__file__).parent / "fixtures" / "whole_terms.yaml"


def sign(department: str, by: str) -> Work:
    """A department signs."""
    return lambda desk: signoffs.give(desk, REF, Answer(department, by, evidence="Email"))


def move(trigger: str, **typed: str) -> Work:
    """The officer takes a step."""
    return lambda desk: cases.advance(desk, REF, trigger, typed)


def ask(desk: Desk) -> object:
    """The officer asks the departments whose turn it is, once they have something to read."""
    record_facts(desk, REF, READ_BY_DEPARTMENTS)
    return signoffs.request(desk, REF)


def terms_are_known(desk: Desk) -> object:
    """The officer hands in the terms that members will be asked to approve."""
    return leasing.record_paper(desk, REF, "approved_terms", leasing.read_paper(TERMS))


def name(champion: str) -> Work:
    """The officer names a champion."""
    return lambda desk: cases.name_champion(desk, REF, champion)


def legal_objects(desk: Desk) -> object:
    """Legal objects without holding the case up."""
    given = ObjectionGiven("boilerplate", "It is not our standard lease.", "List the clauses.")
    return signoffs.object_(desk, REF, Answer("legal", "owen", evidence="Email"), given)


TWO_YEARS: list[tuple[date, Work]] = [
    (date(2024, 2, 6), name("Grace")),
    (date(2024, 2, 6), ask),
    (date(2024, 2, 14), sign("service", "nadia")),
    (date(2024, 3, 1), legal_objects),
    (date(2024, 3, 20), move("accept", transfer_purpose="A café", ownership_confirmed="yes")),
    (
        date(2024, 4, 11),
        move("complete_benchmark", benchmark_report="Ours", business_case_due_on="2024-07-01"),
    ),
    (date(2024, 11, 7), move("submit_business_case", business_case_document="The plan")),
    (date(2024, 11, 12), ask),
    (date(2024, 11, 27), sign("property", "dev")),
    (date(2024, 11, 28), sign("communities", "nadia")),
    (date(2024, 12, 10), sign("finance", "maya")),
    (date(2024, 12, 12), move("recommend", assessment_summary="Strong support")),
    (date(2025, 1, 21), terms_are_known),
    (date(2025, 1, 21), ask),
    (date(2025, 2, 5), legal_objects),
    (date(2025, 6, 4), sign("legal", "owen")),
    (
        date(2025, 6, 25),
        move("revise_business_case", business_case_due_on="2025-09-01", revision_needed="Costs"),
    ),
    (date(2025, 12, 3), move("submit_business_case", business_case_document="The new plan")),
]


Key = tuple[str, str]


def live(office: Office, sweeps: Callable[[date], object]) -> dict[Key, date]:
    """Live through two years, each day's sweep before its work; give what was told, and when."""
    for day in (RECEIVED + ONE_DAY * n for n in range(731)):
        sweeps(day)
        for when, work in TWO_YEARS:
            if when == day:
                with office.desk(day) as desk:
                    work(desk)
    return {(row.kind, row.key): row.sent_on for row in office.reminders()}


def true_of(office: Office, day: date) -> set[Key]:
    """Everything that is true of the case as it stands."""
    with office.desk(day) as desk:
        case = queries.case(desk.db, 1)
        found = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    return {(alert.kind, alert.key) for alert in found}


def test_a_weekly_sweep_tells_what_a_daily_one_tells_except_what_is_no_longer_true(
    office: Office, tmp_path: Path
) -> None:
    other = Office(shutil.copytree(office.home, tmp_path / "weekly"))
    still_true: dict[date, set[Key]] = {}

    def on_wednesdays(day: date) -> None:
        if day.weekday() == 2:
            still_true[day] = true_of(other, day)
            other.sweep(day)

    daily, weekly = live(office, office.sweep), live(other, on_wednesdays)
    # What is told at once does not wait for a sweep.
    at_once = {key: on for key, on in daily.items() if key[0] == "objection_raised"}
    assert at_once == {key: on for key, on in weekly.items() if key[0] == "objection_raised"}
    for told in (daily, weekly):
        for key in at_once:
            del told[key]
    in_time = {
        key: looked
        for key, due_on in daily.items()
        if key in still_true[looked := next(day for day in still_true if day >= due_on)]
    }
    assert weekly == in_time
    # The two years are eventful enough to tell something by.
    assert len(weekly) > 20
    assert 0 < len(set(daily) - set(weekly)) < 10
    assert {kind for kind, _ in weekly} == {
        alerts.LADDER, "no_champion", "stage_overdue", "stage_overrun", "signoff_overdue",
        "objection_open", "objection_stuck", "silence", "stalled_council", "stalled_group",
        "task_overdue",
    }  # fmt: skip


# Only what is still true


def test_a_case_that_moved_before_the_sweep_is_not_reminded_of_its_old_stage(
    office: Office,
) -> None:
    with office.desk(date(2024, 2, 5)) as desk:
        cases.name_champion(desk, REF, "Grace")
        ask(desk)
        cases.advance(desk, REF, "decline", {
            "refusal_reasons": "Not ours", "what_would_change": "A lease",
            "alternatives": "The hut",
        })  # fmt: skip
    assert office.sweep(date(2026, 6, 1)).told == ()


def test_sign_offs_of_an_earlier_stage_are_not_chased(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
        ask(desk)
        signoffs.give(desk, REF, Answer("service", "nadia", evidence="Email"))
        signoffs.give(desk, REF, Answer("legal", "owen", evidence="Email"))
    with office.desk(date(2024, 1, 25)) as desk:
        move("accept", transfer_purpose="A café", ownership_confirmed="yes")(desk)
    # The ward councillors never answered; nobody minds any more.
    assert not any("Ward" in t.title for t in office.sweep(date(2024, 2, 1)).told)


def test_a_champion_named_in_time_spares_everybody_the_reminder(office: Office) -> None:
    with office.desk(date(2024, 1, 19)) as desk:
        cases.name_champion(desk, REF, "Grace")
    assert office.case().next_alert_on == date(2024, 2, 5)
    assert office.sweep(date(2024, 1, 22)).told == ()


def test_a_letter_to_the_group_starts_the_silence_anew(office: Office) -> None:
    told = {"progress_made": "Much", "progress_awaited": "Little", "forecast_date": "2024-06-03"}
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
    assert office.case().next_alert_on == date(2024, 2, 5)
    with office.desk(date(2024, 1, 31)) as desk:
        correspondence.issue(desk, REF, "holding_update", told, "")
    # What stands in such a letter moves nothing on: the case stalls all the same.
    assert titles(office.sweep(date(2024, 2, 5)).told) == ["Stalled with the council"]
    assert office.case().next_alert_on == date(2024, 2, 13)
    # One that is put in late does not bring the old silence back.
    with office.desk(date(2024, 1, 15), date(2024, 2, 6)) as desk:
        correspondence.issue(desk, REF, "holding_update", told, "")
    assert office.case().snapshot.written_to_group_on == date(2024, 1, 31)
    assert titles(office.sweep(date(2024, 2, 27)).told) == ["Overdue: Expression of interest"]
    assert titles(office.sweep(date(2024, 2, 28)).told) == ["The group has not been written to"]


def test_an_objection_that_is_resolved_in_time_is_not_told(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        ask(desk)
        signoffs.give(desk, REF, Answer("service", "nadia", evidence="Email"))
    with office.desk(date(2024, 1, 10)) as desk:
        legal_objects(desk)
    assert office.case().next_alert_on == date(2024, 1, 22)
    with office.desk(date(2024, 1, 23)) as desk:
        sign("legal", "owen")(desk)
    told = titles(office.sweep(date(2024, 1, 24)).told)
    assert "No champion" in told
    assert not any("Objection" in title for title in told)


def test_only_the_cases_on_which_something_falls_due_are_looked_at(office: Office) -> None:
    with office.desk(date(2024, 1, 15)) as desk:
        opening.open_case(desk, "SAMPLE-0002", "Bowls Club", "")
    swept = office.sweep(date(2024, 1, 22))
    assert (swept.cases, [t.reference for t in swept.told]) == (1, [REF])
    swept = office.sweep(date(2024, 1, 29))
    assert (swept.cases, [t.reference for t in swept.told]) == (1, ["CAT-2024-0002"])


# Looking without telling


def told_by(told: tuple[Told, ...]) -> set[tuple[str, str, str]]:
    """Who was told of what, on which case."""
    return {(who, t.reference, t.title) for t in told if not t.superseded for who in t.recipients}


def told_in(planned: Plan) -> set[tuple[str, str, str]]:
    """Who would be told of what, on which case."""
    return {(one.person, t.reference, t.title) for one in planned.people for t in one.things}


@pytest.mark.parametrize("weeks", [2, 4, 8, 27, 56, 110])
def test_a_plan_changes_nothing_and_says_what_the_sweep_then_does(
    office: Office, weeks: int
) -> None:
    with office.desk(date(2024, 1, 15)) as desk:
        opening.open_case(desk, "SAMPLE-0002", "Bowls Club", "")
    day, before = RECEIVED + timedelta(weeks=weeks), office.contents()
    planned = office.plan(day)
    assert office.contents() == before
    with office.store.write() as db:
        now = datetime.combine(day, time(7), UTC)
        done = sweep.sweep_in_parts(
            lambda: nullcontext(Desk(db, office.settings, office.settings.acting_as, day, day, now))
        )
    assert told_in(planned) == told_by(done.told)
    assert planned.count == len([t for t in done.told if not t.superseded])
    assert {t.title for t in planned.noted} == {t.title for t in done.told if t.superseded}
    vacant = {(v.role, t.title) for v in planned.nobody for t in v.things}
    assert vacant == {(r, t.title) for t in done.told if not t.superseded for r in t.missing_roles}
    assert {(one.person, one.today, one.later) for one in planned.people} == {
        (one.person, one.things, one.more) for one in done.digests
    }
    assert planned.cases == done.cases
    assert office.plan(day).people == ()


def test_a_plan_names_each_person_once_whoever_has_the_oldest_thing_first(office: Office) -> None:
    planned = office.plan(date(2024, 7, 8))
    assert [(one.person, one.channel, len(one.things)) for one in planned.people] == [
        ("Alex Reid", "file", 1), ("Grace Okoro", "file", 2), ("Sam Taylor", "file", 5),
    ]  # fmt: skip
    for one in planned.people:
        assert [t.due_on for t in one.things] == sorted(t.due_on for t in one.things)
    (vacant,) = planned.nobody
    assert (vacant.role, vacant.channel) == ("the champion", "nobody")
    assert {t.kind for t in vacant.things} >= {"silence", "stage_overdue", "ladder"}


PLAN = """
9 Feb 2024: 3 things would be told to 3 people; nothing was changed

Alex Reid, as a file: 1 in today's digest
  22 Jan 2024  CAT-2024-0001  No champion (Orrell Mount Pavilion)
      Nobody has been named as champion for 10 working days.
      → name a champion who is not the case officer

Grace Okoro, as a file: 1 in today's digest
  22 Jan 2024  CAT-2024-0001  No champion (Orrell Mount Pavilion)
      Nobody has been named as champion for 10 working days.
      → name a champion who is not the case officer

Sam Taylor, as a file: 2 in today's digest, 1 later
  22 Jan 2024  CAT-2024-0001  No champion (Orrell Mount Pavilion)
      Nobody has been named as champion for 10 working days.
      → name a champion who is not the case officer
  5 Feb 2024   CAT-2024-0001  Stalled with the council (Orrell Mount Pavilion)
      Nothing has moved the case on for 20 working days; notes and reminders do not.
      → take the next step, or write down who holds the case up and what would free it
  5 Feb 2024   CAT-2024-0001  The group has not been written to (Orrell Mount Pavilion)
      The last letter to the group is 20 working days old.
      → send the group a holding update

Nobody is recorded as the champion, so nobody hears of it as such
  5 Feb 2024   CAT-2024-0001  Stalled with the council (Orrell Mount Pavilion)
  5 Feb 2024   CAT-2024-0001  The group has not been written to (Orrell Mount Pavilion)
"""


def test_the_command_says_who_would_hear_of_what_and_why(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST", 2)
    terminal = Terminal(office.home, date(2024, 2, 9))
    assert terminal("sweep", "--dry-run").out == PLAN.lstrip()
    told = terminal("sweep", "--dry-run", "--json").json
    assert [one["person"] for one in told["people"]] == ["Alex Reid", "Grace Okoro", "Sam Taylor"]
    sam = told["people"][-1]
    assert (sam["channel"], sam["today"], sam["later"]) == ("file", 2, 1)
    assert sam["things"][0] == {
        "reference": REF, "asset": "Orrell Mount Pavilion", "kind": "no_champion",
        "title": "No champion", "due_on": "2024-01-22",
        "why": "Nobody has been named as champion for 10 working days.",
        "requires": "name a champion who is not the case officer",
    }  # fmt: skip
    assert terminal("sweep").out.startswith("9 Feb 2024: 3 reminders sent\n")
    # What one digest had no room for waits for the next one.
    assert terminal("sweep", "--dry-run").out == "9 Feb 2024: nothing new has fallen due.\n"
    tomorrow = Terminal(office.home, date(2024, 2, 12))("sweep", "--dry-run").out
    assert tomorrow.splitlines() == [
        "12 Feb 2024: 0 things would be told to 1 person; nothing was changed", "",
        "Sam Taylor, as a file: 1 in today's digest",
    ]  # fmt: skip


MAIL = """
[delivery]
channel = "smtp"
[smtp]
host = "127.0.0.1"
sender = "assets@council.example"
"""


def test_where_letters_go_by_mail_a_plan_says_who_gets_a_file_all_the_same(
    office: Office,
) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        desk.db.execute(update(m.people).where(m.people.c.name == "Alex Reid").values(email=""))
    path = office.home / "assetflow.toml"
    text = path.read_text(encoding="utf-8").split("\n[delivery]")[0]
    path.write_text(text + MAIL, encoding="utf-8")
    shown = Terminal(office.home, date(2024, 1, 22))("sweep", "--dry-run").out
    assert "Alex Reid, as a file: 1 in today's digest" in shown
    assert "Sam Taylor, by mail: 1 in today's digest" in shown


def test_the_command_says_what_was_sent_and_what_only_noted(office: Office) -> None:
    terminal = Terminal(office.home, date(2025, 2, 1))
    planned = terminal("sweep", "--dry-run").out
    assert "1 Feb 2025: 7 things would be told to 5 people" in planned
    _, _, noted = planned.partition("Only noted, because a higher level is already reached\n")
    assert [line.split("  ")[-1].split(":")[0] for line in noted.splitlines()] == ["Watch", "Amber"]
    sent = terminal("sweep").out
    assert "1 Feb 2025: 7 reminders sent" in sent
    assert "Watch: 6 months since the expression of interest: noted, a higher level" in sent
    assert terminal("sweep").out == "1 Feb 2025: nothing new has fallen due.\n"
    assert len(terminal("reminder", "list", REF, "--json").json) == 9


# To whom


def test_each_person_hears_once_however_many_roles_they_hold(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Alex")
    swept = office.sweep(date(2025, 1, 8))
    red = swept.told[-1]
    assert red.recipients == ("Sam Taylor", "Alex Reid", "Grace Okoro", "Owen Price", "Iris Dale")
    assert red.missing_roles == ()


def test_an_overdue_sign_off_is_told_to_the_signatories_of_that_department(
    office: Office,
) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
        ask(desk)
    (told,) = office.sweep(date(2024, 1, 17)).told
    assert told.title == "No answer from Service that holds the asset"
    assert told.recipients == ("Nadia Hart", "Grace Okoro")
    letter = office.letter(told.letter)
    assert letter.name == "signoff_reminder"
    assert "Is the asset no longer needed for the service?" in letter.text


def test_a_role_that_nobody_holds_is_named_and_the_others_are_told(office: Office) -> None:
    _, told, _ = office.sweep(date(2024, 2, 5)).told
    assert told.recipients == ("Sam Taylor",)
    assert told.missing_roles == ("the champion",)


def test_where_nobody_holds_any_of_the_roles_the_case_officer_is_told(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        ask(desk)
    office.leave("Nadia", date(2024, 1, 15))
    (told,) = office.sweep(date(2024, 1, 17)).told
    assert told.recipients == ("Sam Taylor",)
    assert told.missing_roles == ("a department signatory", "the champion")
    shown = Terminal(office.home, date(2024, 1, 17))("reminder", "list").out
    assert "Sam Taylor" in shown


def test_the_command_names_the_roles_that_nobody_holds(office: Office) -> None:
    shown = Terminal(office.home, date(2024, 2, 5))("sweep").out
    assert "nobody is recorded as the champion" in shown


def test_a_role_counts_from_its_day_even_where_the_alert_was_planned_before(
    office: Office,
) -> None:
    terminal = Terminal(office.home, date(2024, 1, 9))
    terminal.type("person add Zoe --role director --since 2024-01-22 --authority Cabinet")
    terminal.type("person add Yan --role director --since 2024-01-23 --authority Cabinet")
    (told,) = office.sweep(date(2024, 1, 22)).told
    assert told.recipients == ("Sam Taylor", "Grace Okoro", "Alex Reid", "Zoe")


# People who leave


def test_a_leaver_is_not_written_to(office: Office) -> None:
    office.leave("Grace", date(2024, 1, 22))
    (told,) = office.sweep(date(2024, 1, 22)).told
    assert told.recipients == ("Sam Taylor", "Alex Reid")
    assert told.missing_roles == ("the head of property",)


def test_on_their_last_day_people_are_still_written_to(office: Office) -> None:
    office.leave("Grace", date(2024, 1, 23))
    (told,) = office.sweep(date(2024, 1, 22)).told
    assert "Grace Okoro" in told.recipients


def test_a_champion_who_has_left_is_not_written_to(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
    office.leave("Grace", date(2024, 2, 1))
    left, silence, _ = office.sweep(date(2024, 2, 5)).told
    assert (left.title, left.due_on) == ("The champion has left", date(2024, 2, 1))
    assert silence.recipients == ("Sam Taylor",)
    assert silence.missing_roles == ("the champion",)


def test_a_case_officer_who_has_left_is_not_written_to(office: Office) -> None:
    office.leave("Sam", date(2024, 2, 1))
    _, left, silence, _ = office.sweep(date(2024, 2, 5)).told
    assert (left.title, left.due_on) == ("The case officer has left", date(2024, 2, 1))
    # Nobody else hears of a silence; those who could take the case on do.
    assert silence.recipients == ("Grace Okoro", "Kim Novak")
    assert silence.missing_roles == ("the case officer", "the champion")


def test_where_everybody_has_left_the_case_still_has_a_name_on_it(office: Office) -> None:
    with office.desk(RECEIVED) as desk:
        desk.db.execute(update(m.people).values(left_on=date(2024, 1, 15)))
    left, told = office.sweep(date(2024, 1, 22)).told
    assert left.recipients == told.recipients == ("Sam Taylor",)
    assert told.missing_roles == ("the case officer", "the head of property", "a director")


def test_a_case_whose_champion_leaves_is_told_as_one_without(office: Office) -> None:
    with office.desk(date(2024, 1, 9)) as desk:
        cases.name_champion(desk, REF, "Grace")
    office.leave("Grace", date(2024, 1, 11))
    # The next change of the case plans the alert.
    with office.desk(date(2024, 1, 12)) as desk:
        cases.note(desk, REF, "Grace has left")
    assert office.case().next_alert_on == date(2024, 1, 11)
    (left,) = office.sweep(date(2024, 1, 12)).told
    assert left.title == "The champion has left"
    assert office.case().next_alert_on == date(2024, 1, 25)
    (told,) = office.sweep(date(2024, 1, 25)).told
    assert told.title == "No champion"
    assert told.recipients == ("Sam Taylor", "Alex Reid")
    with office.desk(date(2024, 1, 26)) as desk:
        cases.name_champion(desk, REF, "Alex")
    assert office.case().next_alert_on == date(2024, 2, 5)


# The letters of the sweep


def test_every_reminder_that_is_sent_is_a_letter_kept_as_sent(office: Office) -> None:
    swept = office.sweep(date(2024, 7, 8))
    names = [office.letter(told.letter).name for told in swept.told]
    assert names == ["champion_reminder"] * 5 + ["ladder_alert"]
    for told in swept.told:
        letter = office.letter(told.letter)
        assert letter.recipient_kind == "person"
        assert letter.dated == date(2024, 7, 8)
        assert all(person in letter.text for person in told.recipients)
        assert REF in letter.subject


def test_a_reminder_is_no_letter_to_the_group_and_no_record_of_progress(office: Office) -> None:
    before = office.case()
    office.sweep(date(2024, 7, 8))
    after = office.case()
    assert after.snapshot.written_to_group_on == before.snapshot.written_to_group_on == RECEIVED
    assert after.snapshot.progress_on == before.snapshot.progress_on == RECEIVED
    assert after.version == before.version


TWO_STEPS_OF_LEGAL = (
    ("version: 1\n", "version: 2\n"),
    (
        "    letters: [not_taken_forward]\n\n  cite_benchmark:",
        "    signoffs:\n"
        '      - {department: legal, within: 5 working days, question: "May we decline?"}\n'
        "    letters: [not_taken_forward]\n\n  cite_benchmark:",
    ),
)


def test_a_reminder_speaks_of_the_step_that_was_asked(af: Terminal) -> None:
    name = "community_asset_transfer.yaml"
    text = (SHIPPED / "workflows" / name).read_text(encoding="utf-8")
    for old, new in TWO_STEPS_OF_LEGAL:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (af.home / "workflows" / name).write_text(text, encoding="utf-8")
    af("workflow", "publish", "community_asset_transfer", on=RECEIVED)
    office = Office(af.home)
    with office.desk(RECEIVED) as desk:
        opening.open_case(desk, "SAMPLE-0001", "Bowls Club", "")
        record_facts(desk, REF, {"transfer_purpose": "A café"})
        signoffs.request(desk, REF, "accept")
        signoffs.give(desk, REF, Answer("service", "nadia", evidence="Email"))
        signoffs.request(desk, REF, "decline")
    swept = office.sweep(date(2024, 1, 23))
    with office.store.read() as db:
        asked = {str(s.id): s.trigger for s in db.execute(select(m.signoffs))}
    letters = {
        asked[row.key]: office.letter(told.letter).text
        for told, row in zip(swept.told, office.reminders(), strict=True)
        if told.title == "No answer from Legal"
    }
    assert "May we decline?" in letters["decline"]
    assert "Is the council's title good" in letters["accept"]


# --- many cases -------------------------------------------------------------------------------


def test_a_sweep_of_many_cases_is_cut_into_parts_and_goes_on_where_it_broke_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2, 6):
        with office.desk(RECEIVED) as desk:
            opening.open_case(desk, f"SAMPLE-000{number}", "Bowls Club", "")
    shutil.copytree(office.home, whole := office.home.with_name("whole"))
    day = RECEIVED + timedelta(days=60)
    expected = Office(whole).sweep(day)
    monkeypatch.setattr(sweep, "PART", 2)
    parts: list[int] = []

    @contextmanager
    def writing() -> Iterator[Desk]:
        parts.append(len(office.reminders()))
        if len(parts) == 2:
            raise Busy("Someone else is saving; nothing was changed.", remedies=["try again"])
        with office.desk(day) as desk:
            yield desk

    assert len({told.reference for told in expected.told}) == 5
    per_case = len(expected.told) // 5
    with pytest.raises(Busy) as broken:
        sweep.sweep_in_parts(writing)
    assert broken.value.remedies == ("try again", sweep.STOPPED)
    told = sweep.sweep_in_parts(writing)
    assert told.cases == 3
    assert parts == [0, 2 * per_case, 2 * per_case, 4 * per_case]
    assert [(t.reference, t.kind) for t in told.told] == [
        (t.reference, t.kind) for t in expected.told[2 * per_case :]
    ]
    assert sweep.sweep_in_parts(writing).told == ()
