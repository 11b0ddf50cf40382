"""Officers' days at random, on real databases: whatever people do, the record stays true."""

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import TODAY, Terminal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from assetflow import alerts, queries
from assetflow import models as m
from assetflow import settings as settings_module
from assetflow.casework import (
    cases,
    correspondence,
    leasing,
    opening,
    plan,
    signoffs,
    sweep,
)
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, record_facts, with_facts
from assetflow.casework.nextsteps import page
from assetflow.casework.overview import overview
from assetflow.casework.signoffs import Answer, ObjectionGiven
from assetflow.casework.story import happenings
from assetflow.database import Store
from assetflow.errors import AssetflowError, BadInput, NotFound, Refused
from assetflow.leases.terms import Terms
from assetflow.queries import Case
from assetflow.settings import Settings
from assetflow.snapshot import Unmet
from assetflow.workflow import Fact, Transition, Workflow

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

SAM = "sam.taylor"  # the officer
GRACE = "grace.okoro"  # head of property
PEOPLE = (*[SAM] * 6, GRACE, "kim.novak", "alex.reid", "iris.dale", "owen.price", "maya.lunt")
ASSETS = [f"SAMPLE-{number:04d}" for number in range(1, 41)]
# Terms that nothing is wrong with, and a draft that is worse for the group.
TERMS = leasing.read_paper(Path(__file__).parent / "fixtures" / "whole_terms.yaml")
WORSE = leasing.read_paper(Path(__file__).parent / "fixtures" / "lease_terms.yaml")
SIGNATORIES = {
    "service": "nadia.hart", "communities": "nadia.hart", "legal": "owen.price",
    "finance": "maya.lunt", "property": "dev.rao", "planning": "dev.rao",
    "facilities": "carol.finch", "ict": "carol.finch", "insurance": "carol.finch",
    "ward_councillors": "ruth.kemp",
}  # fmt: skip

# Each kind of refusal, by the words in which it is told.
# What nobody can put right any more.
OVER = re.compile(r"the time ended on|Already on the file")
REFUSALS = {
    "not his to do": r"may not do this",
    "not a step of this stage": r"belongs to ‘",
    "no such step": r"has no trigger",
    "the case has ended": r"It was closed on",
    "before its last move": r"last moved on",
    "in the future": r"lies in the future|for a day in the future",
    "no champion": r"No champion is named",
    "a champion later than the step": r"is champion only since",
    "officer as champion": r"must not be the case officer",
    "champion already": r"is the champion already",
    "before the present champion": r"became champion only on",
    "a fact is missing": r"Not on the file",
    "no such choice": r"is none of:",
    "a paper of another stage": r"It is recorded at",
    "terms worse than before": r"Not accepted in writing by",
    "a rule on leases": r"not verified by your council",
    "terms left open": r"Not known in the",
    "a fact is wanted anew": r"To be given with this step",
    "a fact must be yes": r"it must be yes",
    "a promised date has passed": r"does not lie after",
    "no such library entry": r"is no entry of the library",
    "the other side has the ball": r"The case is waiting on",
    "a letter was never sent": r"has not been sent in this stage\.",
    "too early": r"It has been waiting since",
    "the time is not over": r"the time runs until",
    "a fact of another step": r"it is given only with the step",
    "a fact that another step brings": r"It comes with",
    "done already": r"Already on the file",
    "no reason given": r"A reason must be given",
    "not asked to sign": r"Nobody has asked .* to sign\.",
    "asked later": r"Asked only after that",
    "has not signed": r"No signature of .* yet; asked",
    "has not answered": r"No answer of .* yet; asked",
    "an answer later than the step": r"answered only on",
    "an objection": r"Objection of ",
    "nothing to read": r"the departments were not asked",
    "something else was read": r"something else: ",
    "an answer to another request": r"The answer is to",
    "nothing shows the answer": r"Nothing shows the answer",
    "nobody left to ask": r"nobody is left to ask",
    "a step without sign-offs": r"needs no sign-off|No step needs a sign-off",
    "not asked in this stage": r"Nobody has asked .* to sign in this stage",
    "has signed already": r"signed already",
    "not its signatory": r"is not a signatory of",
    "officer as signatory": r"prepares the case and cannot sign",
    "answered before it was asked": r": asked only on",
    "answered before its objection": r"objected only on",
    "objects already": r"is on record already",
    "no way forward": r"names no way forward",
    "no authority": r"only if it cites",
    "no such kind of objection": r"no kind of objection",
    "an unusable fact": r"Some facts cannot be used",
    "no such letter to send": r"is not sent by itself",
    "a letter lacks facts": r"cannot be written yet",
    "no reason for an objection": r"It gives no reason",
    "an empty note": r"The note is empty",
    "the same group twice": r"already has the open case",
}


@dataclass
class Reached:
    """How often each move was made and each kind of refusal was met."""

    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)


class Council:
    """A council's database, its people at work, and what must be true of it at all times."""

    def __init__(self, found: Settings, today: date, reached: Reached) -> None:
        self.settings = found
        self.store = Store(found.database_url)
        self.file = self.store.file
        self.today = today
        self.reached = reached
        self.checked = b""
        self.refused_as: list[str] = []
        with self.store.read() as db:
            desk = Desk(db, found, SAM, today, today, self._now())
            # Files that do not change in these days: read once.
            self.calendar, self.libraries = desk.calendar, desk.libraries
            self.letters = desk.letters
            stored = queries.newest_version(db, found.workflow)
        assert stored is not None
        self.workflow = stored

    # --- at work ----------------------------------------------------------------------------

    @contextmanager
    def desk(self, by: str = SAM, back: int = 0) -> Iterator[Desk]:
        """One command of a person, about something some days ago."""
        with self.store.write() as db:
            desk = Desk(
                db, self.settings, by, self.today - timedelta(back), self.today, self._now()
            )
            desk.calendar, desk.libraries = self.calendar, self.libraries
            desk.letters = self.letters
            yield desk

    def _now(self) -> datetime:
        return datetime.combine(self.today, time(10), UTC)

    def do(self, work: Callable[[Desk], object], by: str = SAM, back: int = 0) -> bool:
        """Let a person do something; a refusal says why and changes nothing at all."""
        before, refused = self.contents(), None
        try:
            with self.desk(by, back) as desk:
                work(desk)
        except (Refused, BadInput, NotFound) as error:
            refused = error
        if refused is not None:
            assert self.contents() == before, f"refused, but the database changed: {refused}"
            self._note_refusal(refused)
        return refused is None

    def _note_refusal(self, error: AssetflowError) -> None:
        told = str(error)
        assert error.what.endswith((".", "?")), told
        assert all(reason.endswith((".", "?", ")")) for reason in error.reasons), told
        kinds = [kind for kind, words in REFUSALS.items() if re.search(words, told)]
        assert kinds, f"a refusal of a new kind, to be added to the table above: {told}"
        self.reached.refusals.update(kinds)
        self.refused_as = kinds

    def advance(
        self, ref: str, trigger: str, facts: Mapping[str, str], why: str = "", *,
        by: str = SAM, back: int = 0,
    ) -> bool:  # fmt: skip
        """Let a person take a step with a case."""
        before = self.stage_of(ref)
        done = self.do(lambda desk: cases.advance(desk, ref, trigger, facts, why), by, back)
        if done:
            self.reached.moves[trigger, before, self.stage_of(ref)] += 1
        return done

    def sweep(self, back: int = 0) -> None:
        """Run the sweep: first dry, then in earnest, then once more in vain."""
        before = self.contents()
        with self.desk(back=back) as desk:
            planned = plan.plan(desk)
        assert self.contents() == before, "a dry run changed the database"
        with self.desk(back=back) as desk:
            done = sweep.sweep(desk)
        told = [one for one in done.told if not one.superseded]
        assert {(one.person, thing.title) for one in planned.people for thing in one.things} == {
            (name, one.title) for one in told for name in one.recipients
        }
        assert len(planned.noted) == len(done.told) - len(told)
        before = self.contents()
        with self.desk(back=back) as desk:
            again = sweep.sweep(desk)
        assert again.told == ()
        assert self.contents() == before, "a second sweep on the same day changed the database"

    def look(self, by: str) -> None:
        """Look at everything there is to see; that changes nothing."""
        before = self.contents()
        with self.desk(by) as desk:
            for case in queries.load_cases(desk.db, queries.all_case_ids(desk.db)):
                overview(desk, case)
                page(desk, case)
                happenings(desk, case)
        assert self.contents() == before

    # --- knowing what to do -------------------------------------------------------------------

    def case(self, ref: str) -> Case:
        """A case as it stands."""
        with self.store.read() as db:
            return queries.case(db, queries.case_id(db, ref))

    def stage_of(self, ref: str) -> str:
        """Where a case is."""
        with self.store.read() as db:
            found = db.execute(select(m.cases.c.stage).where(m.cases.c.reference == ref))
            return str(found.scalar_one())

    def asked(self, ref: str) -> list[str]:
        """The departments that were asked to sign in the present stage."""
        return [signoff.department for signoff in self.case(ref).snapshot.signoffs]

    def references(self) -> list[str]:
        """All cases, open or ended."""
        with self.store.read() as db:
            return list(db.execute(select(m.cases.c.reference).order_by(m.cases.c.id)).scalars())

    def missing(self, ref: str, trigger: str, facts: Mapping[str, str], by: str) -> list[Unmet]:
        """What a person still lacks for a step, with facts and a reason given."""
        with self.desk(by) as desk:
            case = queries.case(desk.db, queries.case_id(desk.db, ref))
            given = given_facts(desk, case, facts, trigger)
            seen = with_facts(case, given)
            transition = self.workflow.transitions[trigger]
            return list(cases.what_is_missing(desk, seen, transition, "Because.", given))

    def typed(self, fact: Fact, *, good: bool = True) -> str:
        """What an officer types for a fact."""
        if not good:
            return {"yes_no": "no", "date": f"{self.today}", "list": ";", "library": "rome"}.get(
                fact.type, " "
            )
        entry = next(iter(self.libraries[fact.library])) if fact.library else ""
        return {
            "yes_no": "yes", "library": entry,
            "date": f"{self.today + timedelta(days=-10 if fact.lies == 'behind' else 30)}",
            "list": "One; Two", "integer": "25", "money": "£60,000",
            "choice": next(iter(fact.choices), ""),
        }.get(fact.type, f"About {fact.label[:20]}")  # fmt: skip

    def every_fact(self, trigger: str = "") -> dict[str, str]:
        """A value for every fact that can be given with a step, as an officer types it."""
        step = self.workflow.transitions.get(trigger)
        set_by_step = step.dates if step else ()
        return {
            name: self.typed(fact)
            for name, fact in self.workflow.facts.items()
            if (not fact.only_with or trigger in fact.only_with) and name not in set_by_step
        }

    def bring(self, ref: str, trigger: str, *, may_be_over: bool = False) -> None:
        """Do whatever a step still lacks, as its page says, and then take the step.

        Where its time is over, or it was taken already, nobody can; then it is refused.
        """
        transition = self.workflow.transitions[trigger]
        by = SAM if "case_officer" in transition.who else GRACE
        for _ in range(12):
            facts = self.every_fact(trigger)
            missing = self.missing(ref, trigger, facts, by)
            if not missing:
                assert self.advance(ref, trigger, facts, "Because.", by=by)
                return
            if may_be_over and any(OVER.search(item.sentence) for item in missing):
                assert not self.advance(ref, trigger, facts, "Because.", by=by)
                return
            self._mend(ref, transition, missing[0])
        raise AssertionError(f"{ref} cannot {trigger}: {[str(item) for item in missing]}")

    def _mend(self, ref: str, transition: Transition, item: Unmet) -> None:
        if item.code == "champion_named":
            assert self.do(lambda desk: cases.name_champion(desk, ref, GRACE))
        elif item.code in ("signoff", "objection", "lapsed"):
            assert self.put_on_file(ref, self.every_fact())
            self.do(lambda desk: signoffs.request(desk, ref, transition.trigger))
            self._answer_all(ref, transition)
        elif item.code == "fact_elsewhere":
            self.bring(ref, item.remedy.split()[-1])
        elif item.code == "clock" and "it can be done until" in item.sentence:
            # The time is over: what it runs from is done anew.
            begun = (u.parameters["fact"] for u in transition.requires if u.guard == "within_after")
            self.bring(ref, self.workflow.facts[next(begun)].only_with[0])
        elif item.code == "clock":
            self.today += timedelta(days=8)
        elif item.code == "waited":
            self.today += timedelta(days=1 if "not yet over" in item.sentence else 91)
        elif item.code == "letter_sent":
            self._send(ref, item)
        elif item.code == "ball_with":
            self._hand_on_the_ball(ref, transition)
        elif item.code in ("paper", "unknown_terms", "drift", "lease_rule"):
            self._record_papers(ref, transition)
        else:
            raise AssertionError(f"nobody knows how to mend: {item}")

    def _send(self, ref: str, item: Unmet) -> None:
        if "letter issue" not in item.remedy:
            self.bring(ref, item.remedy.split()[-1])
            return
        letter, facts = item.remedy.split()[-1], self.every_fact()
        assert self.do(lambda desk: correspondence.issue(desk, ref, letter, facts, ""))

    def _record_papers(self, ref: str, transition: Transition) -> None:
        papers = (u.parameters["paper"] for u in transition.requires if "paper" in u.parameters)
        for paper in dict.fromkeys(papers):
            self.do(partial(leasing.record_paper, case_typed=ref, paper=paper, terms=TERMS))

    def put_on_file(self, ref: str, facts: Mapping[str, str]) -> bool:
        """Record what the departments will read."""
        with self.desk() as desk:
            letters = desk.letters
            shown = letters.facts_needed("signoff_request") | letters.facts_optional(
                "signoff_request"
            )
        read = {name: facts[name] for name in sorted(shown)}
        return self.do(lambda desk: record_facts(desk, ref, read))

    def _answer_all(self, ref: str, transition: Transition) -> None:
        for asked in self.case(ref).snapshot.signoffs:
            if asked.trigger == transition.trigger and asked.decision != "signed":
                answer = Answer(
                    asked.department, SIGNATORIES[asked.department], asked.trigger, "Email"
                )
                assert self.do(partial(signoffs.give, case_typed=ref, answer=answer))

    def _hand_on_the_ball(self, ref: str, transition: Transition) -> None:
        (holder,) = [u.parameters["holder"] for u in transition.requires if u.guard == "ball_with"]
        ways = [
            t.trigger for t in self.workflow.from_stage(self.stage_of(ref))
            if t.to is None and t.waiting_on == holder
        ]  # fmt: skip
        self.bring(ref, ways[0])

    # --- what must be true ----------------------------------------------------------------------

    def contents(self) -> bytes:
        """Every byte of the database."""
        assert self.file is not None
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.serialize()

    def go_back_to(self, contents: bytes, today: date) -> None:
        """Stand where the council stood before."""
        assert self.file is not None
        self.file.write_bytes(contents)
        self.today = today

    def check(self) -> None:
        """Hold the record against everything that must be true of it."""
        if (contents := self.contents()) == self.checked:
            return
        self.checked = contents
        with self.store.read() as db:
            assert db.execute(text("PRAGMA foreign_key_check")).all() == []
            ids = queries.all_case_ids(db)
            told = queries.reminded(db, ids)
            desk = Desk(db, self.settings, SAM, self.today, self.today, self._now())
            desk.calendar = self.calendar
            journal = _by_case(db.execute(select(m.journal).order_by(m.journal.c.position)))
            letters = _by_case(db.execute(select(m.letters)))
            asked = _by_case(db.execute(select(m.signoffs)))
            objections = db.execute(
                select(m.objections, m.signoffs.c.requested_on, m.signoffs.c.decision).join(
                    m.signoffs, m.signoffs.c.id == m.objections.c.signoff_id
                )
            ).all()
            for case in queries.load_cases(db, ids):
                _check_journal(case, journal[case.id])
                _check_champion(case, journal[case.id])
                _check_signoffs(case, journal[case.id], asked.get(case.id, []))
                _check_letters(case, letters[case.id])
                _check_progress(case, journal[case.id])
                _check_alerts(desk, case, told[case.id])
            assert set(letters) <= set(ids)
        for objection in objections:
            assert objection.requested_on <= objection.raised_on
            assert (objection.resolved_on is None) == (objection.decision == "objected")
            assert objection.resolved_on is None or objection.raised_on <= objection.resolved_on


def _by_case(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _check_journal(case: Case, journal: Sequence[Any]) -> None:
    """The journal has no gaps, its days of moving never go back, and the case is where it says."""
    assert [row.position for row in journal] == list(range(1, case.version + 1))
    moves = [row for row in journal if row.to_stage is not None]
    assert case.snapshot.stage == moves[-1].to_stage
    assert [row.happened_on for row in moves] == sorted(row.happened_on for row in moves)
    assert [row.from_stage for row in moves[1:]] == [row.to_stage for row in moves[:-1]]
    assert all(row.happened_on <= row.recorded_at.date() for row in journal)
    for row in moves[1:]:
        transition = case.workflow.transitions[row.trigger]
        assert row.from_stage in case.workflow.leaves(transition)
        assert row.to_stage == (transition.to or row.from_stage)
    entered = [row for row in moves if row.from_stage != row.to_stage]
    assert case.stage_visit == len(entered)
    assert case.snapshot.stage_since == entered[-1].happened_on


def _check_champion(case: Case, journal: Sequence[Any]) -> None:
    """Nothing that needs a champion happened before there was one; champion and officer differ."""
    champion = case.snapshot.champion
    named = [row for row in journal if row.action == "champion_named"]
    assert champion is None or champion.id != case.snapshot.officer.id
    assert (champion is None) == (not named)
    assert case.snapshot.champion_since == (named[-1] if named else journal[0]).happened_on
    assert [row.happened_on for row in named] == sorted(row.happened_on for row in named)
    for row in journal:
        uses = case.workflow.transitions[row.trigger].requires if row.action == "advanced" else ()
        if any(use.guard == "champion_named" for use in uses):
            assert any(
                n.position < row.position and n.happened_on <= row.happened_on for n in named
            )


def _check_signoffs(case: Case, journal: Sequence[Any], asked: Sequence[Any]) -> None:
    """No step rests on an agreement that was not asked for, or was given only later."""
    visit = 0
    for row in journal:
        if row.action == "advanced":
            for rule_ in case.workflow.transitions[row.trigger].signoffs:
                (answer,) = [
                    s for s in asked
                    if (s.stage_visit, s.trigger, s.department)
                    == (visit, row.trigger, rule_.department)
                ]  # fmt: skip
                assert answer.requested_on <= row.happened_on
                if rule_.mode == "required":
                    assert answer.requested_on <= answer.decided_on <= row.happened_on
        visit += row.to_stage is not None and row.from_stage != row.to_stage


def _check_letters(case: Case, letters: Sequence[Any]) -> None:
    """The last letter to the group is the last one it was sent."""
    to_group = [row.dated for row in letters if row.recipient_kind == "group"]
    assert case.snapshot.written_to_group_on == max(to_group)


def _check_progress(case: Case, journal: Sequence[Any]) -> None:
    """Steps that do not only chase, and answers, move a case on; notes and new champions do not."""
    steps = case.workflow.transitions
    moved = [
        row.happened_on for row in journal
        if row.action in ("opened", "signoff_given", "objection_raised")
        or (row.action == "advanced" and not steps[row.trigger].chases)
    ]  # fmt: skip
    acts = ("advanced", "fact_recorded", "letter_issued")
    may_move = [row.happened_on for row in journal if row.action in acts]
    assert case.snapshot.progress_on >= max(moved)
    assert case.snapshot.progress_on in {*moved, *may_move}


def _check_alerts(desk: Desk, case: Case, told: set[tuple[str, str]]) -> None:
    """The next look is on the first day on which anything not yet told falls due."""
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    coming = [alert.on for alert in timeline if (alert.kind, alert.key) not in told]
    assert case.next_alert_on == min(coming, default=None)
    ended = bool(case.workflow.stages[case.snapshot.stage].end)
    assert (case.closed_on is not None) == ended
    assert not (ended and case.next_alert_on is not None)


# --- a day that goes as it should -----------------------------------------------------------------


def open_case(council: Council, asset: str) -> str:
    """Open a case for the bowls club on an asset."""
    assert council.do(lambda desk: opening.open_case(desk, asset, "Bowls Club", ""))
    return council.references()[-1]


def way_to(workflow: Workflow, goal: str) -> list[str]:
    """The shortest way of triggers from the first stage to another."""
    ways: dict[str, list[str]] = {workflow.initial: []}
    todo = [workflow.initial]
    while goal not in ways:
        stage = todo.pop(0)
        for transition in workflow.from_stage(stage):
            if transition.to and transition.to not in ways:
                ways[transition.to] = [*ways[stage], transition.trigger]
                todo.append(transition.to)
    return ways[goal]


def every_move(workflow: Workflow) -> set[tuple[str, str, str]]:
    """Every move that a route declares: trigger, stage before and stage after."""
    return {
        (t.trigger, stage, t.to or stage)
        for t in workflow.transitions.values()
        for stage in workflow.leaves(t)
    }


@pytest.fixture
def council(af: Terminal) -> Council:
    """The council of the other tests on its working day, with no case yet."""
    return Council(settings_module.load(af.home, {}), TODAY, Reached())


def test_every_move_of_the_route_can_be_made_and_every_end_reached(council: Council) -> None:
    ref, workflow = open_case(council, ASSETS[0]), council.workflow
    stood = {workflow.initial: (council.contents(), council.today)}
    for stage in (order := [workflow.initial]):
        for transition in workflow.from_stage(stage):
            council.go_back_to(*stood[stage])
            council.bring(ref, transition.trigger)
            council.check()
            after = council.stage_of(ref)
            if after not in stood:
                stood[after] = council.contents(), council.today
                order.append(after)  # which the loop then comes to
    assert set(council.reached.moves) == every_move(workflow)
    assert set(order) == set(workflow.stages)
    for stage, (contents, today) in stood.items():
        council.go_back_to(contents, today + timedelta(days=800))
        council.sweep()
        council.check()
        ended = workflow.stages[stage].end is not None
        assert (council.case(ref).closed_on is not None) == ended


@pytest.fixture
def prepared(council: Council) -> Path:
    """A database with four cases in different stages, two of them waiting for sign-offs."""
    for asset, stage in zip(
        ASSETS, ("expression_of_interest", "business_case_assessment", "lease_terms", "legal"),
        strict=False,
    ):  # fmt: skip
        ref = open_case(council, asset)
        for trigger in way_to(council.workflow, stage):
            council.bring(ref, trigger)
    assert council.file is not None
    return council.file


# --- days on which nothing is allowed -------------------------------------------------------------

BOILERPLATE = ObjectionGiven("boilerplate", "It is not our lease.", "List the clauses.")
TITLE = ObjectionGiven("title", "The title is bad.", "Register it.", "LRA 2002 s.4")


class Clerk:
    """Tries what is not allowed, on four cases: new, being assessed, at the terms, at Legal."""

    def __init__(self, council: Council) -> None:
        council.today += timedelta(days=40)
        self.council = council
        self.new, self.assessed, self.terms, self.legal = council.references()
        self.good = council.every_fact()
        self.met: set[str] = set()

    def step(
        self, ref: str, trigger: str, facts: Mapping[str, str] | None = None, **how: Any
    ) -> bool:
        """Take a step, with every fact there is unless others are given."""
        return self.council.advance(ref, trigger, self.good if facts is None else facts, **how)

    def name(self, ref: str, champion: str, by: str = SAM, back: int = 0) -> bool:
        """Name a champion."""
        return self.council.do(lambda desk: cases.name_champion(desk, ref, champion), by, back)

    def ask(self, ref: str, trigger: str = "", back: int = 0) -> bool:
        """Ask the departments whose turn it is."""
        return self.council.do(lambda desk: signoffs.request(desk, ref, trigger), back=back)

    def sign(self, ref: str, department: str, by: str = "", back: int = 0) -> bool:
        """Record that a department signs."""
        answer = Answer(department, by or SIGNATORIES[department], evidence="Email")
        return self.answer(ref, answer, back)

    def answer(self, ref: str, answer: Answer, back: int = 0) -> bool:
        """Record an answer as it was handed in."""
        return self.council.do(lambda desk: signoffs.give(desk, ref, answer), back=back)

    def object_(self, ref: str, department: str, given: ObjectionGiven) -> bool:
        """Record that a department objects."""
        answer = Answer(department, SIGNATORIES[department], evidence="Email")
        return self.council.do(lambda desk: signoffs.object_(desk, ref, answer, given))

    def issue(self, ref: str, letter: str) -> bool:
        """Write to the group."""
        return self.council.do(lambda desk: correspondence.issue(desk, ref, letter, {}, ""))

    def is_refused(self, kind: str, done: bool) -> None:
        """Hold that the last deed was refused, and in the words of one kind of refusal."""
        assert not done
        assert kind in self.council.refused_as, f"not {kind!r}: {self.council.refused_as}"
        self.met.add(kind)


def a_form_that_is_not_ready(clerk: Clerk) -> None:
    council, no, new = clerk.council, clerk.is_refused, clerk.new
    no("no champion", clerk.step(new, "accept", {}))
    no("not asked to sign", clerk.step(new, "accept", {}))
    no("asked later", clerk.step(new, "accept", {}))
    no("a fact is missing", clerk.step(new, "accept", {}))
    no("a fact is wanted anew", clerk.step(new, "ask_for_information", {}))
    no("no such choice", clerk.step(
        new, "ask_for_information", {**clerk.good, "pause_reason": "valuer"}))  # fmt: skip
    no("a fact must be yes", clerk.step(new, "accept", {"ownership_confirmed": "no"}))
    no("an unusable fact", clerk.step(new, "accept", {"information_needed": " ; "}))
    no(
        "a promised date has passed",
        clerk.step(new, "ask_for_information", {**clerk.good, "reply_by": f"{council.today}"}),
    )
    no("not his to do", clerk.step(new, "accept", by="iris.dale"))
    no("no such step", clerk.step(new, "acept"))
    no("not a step of this stage", clerk.step(new, "agree_terms"))
    no("the other side has the ball", clerk.step(new, "receive_information"))
    no("no reason given", clerk.step(new, "withdraw", why="  "))
    no("before its last move", clerk.step(new, "accept", back=60))
    no("in the future", clerk.step(new, "accept", back=-1))
    no("in the future", council.do(sweep.sweep, back=-1))
    no("an empty note", council.do(lambda desk: cases.note(desk, new, "  ")))
    no("a letter lacks facts", clerk.issue(new, "holding_update"))
    no("no such letter to send", clerk.issue(new, "completion"))
    no("the same group twice",
       council.do(lambda desk: opening.open_case(desk, ASSETS[0], "Bowls", "")))  # fmt: skip


def the_wrong_champion(clerk: Clerk) -> None:
    no, new = clerk.is_refused, clerk.new
    no("officer as champion", clerk.name(new, SAM))
    no("not his to do", clerk.name(new, GRACE, by="maya.lunt"))
    assert clerk.name(new, GRACE, back=2)
    no("champion already", clerk.name(new, GRACE))
    no("before the present champion", clerk.name(new, "alex.reid", back=3))
    no("a champion later than the step", clerk.step(new, "decline", back=3))


def sign_offs_not_asked_for_or_answered_badly(clerk: Clerk) -> None:
    no, new = clerk.is_refused, clerk.new
    of_service = Answer("service", SIGNATORIES["service"], evidence="Email")
    no("not asked in this stage", clerk.sign(new, "service"))
    no("a step without sign-offs", clerk.ask(new, "decline"))
    no("nothing to read", clerk.ask(new))
    assert clerk.council.put_on_file(new, clerk.good)
    assert clerk.ask(new, back=2)
    no("nobody left to ask", clerk.ask(new))
    no("has not signed", clerk.step(new, "accept"))
    no("nothing shows the answer", clerk.answer(new, Answer("service", SIGNATORIES["service"])))
    no("an answer to another request", clerk.answer(new, replace(of_service, code="0000")))
    assert clerk.council.put_on_file(new, {**clerk.good, "repair": "Nobody"})
    no("something else was read", clerk.sign(new, "service"))
    assert clerk.council.put_on_file(new, clerk.good)
    no("not its signatory", clerk.sign(new, "service", by=GRACE))
    no("officer as signatory", clerk.sign(new, "service", by=SAM))
    no("answered before it was asked", clerk.sign(new, "service", back=3))
    assert clerk.sign(new, "service", back=1)
    no("has signed already", clerk.sign(new, "service"))
    no("has not answered", clerk.step(new, "accept"))
    no("no such kind of objection", clerk.object_(new, "legal", replace(TITLE, category="fear")))
    no("no way forward", clerk.object_(new, "legal", replace(TITLE, way_forward=" ")))
    no("no authority", clerk.object_(new, "legal", replace(TITLE, authority=" ")))
    no("no reason for an objection", clerk.object_(new, "legal", replace(TITLE, reason=" ")))
    assert clerk.object_(new, "legal", TITLE)
    no("an objection", clerk.step(new, "accept"))
    no("objects already", clerk.object_(new, "legal", BOILERPLATE))
    no("answered before its objection", clerk.sign(new, "legal", back=1))
    assert clerk.sign(new, "legal")
    assert clerk.sign(new, "ward_councillors")
    no("an answer later than the step", clerk.step(new, "accept", back=1))
    assert clerk.step(new, "accept")


def too_much_too_soon_or_too_late(clerk: Clerk) -> None:
    no, legal = clerk.is_refused, clerk.legal
    cited = {**clerk.good, "benchmark_entry": "rome"}
    no("no such library entry", clerk.step(clerk.new, "cite_benchmark", cited))
    no("a letter was never sent", clerk.step(clerk.terms, "agree_terms"))
    assert clerk.step(clerk.assessed, "ask_for_information")
    stamped = {"first_review_on": "2026-03-02"}
    no("a fact of another step", clerk.step(clerk.terms, "withdraw", stamped, why="No"))
    no("too early", clerk.step(clerk.assessed, "lapse", why="Silence", by=GRACE))
    assert clerk.step(legal, "withdraw", why="The roof")
    no("the case has ended", clerk.step(legal, "complete_legal"))
    no("the case has ended", clerk.name(legal, "alex.reid"))
    no("the case has ended", clerk.ask(legal))
    no("the case has ended", clerk.sign(legal, "legal"))
    no("the case has ended", clerk.issue(legal, "holding_update"))


def a_lease_that_drifts(clerk: Clerk) -> None:
    no, ref = clerk.is_refused, clerk.terms

    def record(paper: str, terms: Terms) -> bool:
        work = partial(leasing.record_paper, case_typed=ref, paper=paper, terms=terms)
        return clerk.council.do(work)

    no("a paper of another stage", record("lease_draft", TERMS))
    assert record("heads_of_terms", WORSE)
    no("terms left open", clerk.step(ref, "offer_terms"))
    no("a rule on leases", clerk.step(ref, "offer_terms"))
    no("terms worse than before", clerk.step(ref, "agree_terms"))
    assert record("heads_of_terms", TERMS)


def before_its_time_or_twice(clerk: Clerk) -> None:
    no, council = clerk.is_refused, clerk.council
    ref, all_well = open_case(council, ASSETS[9]), {"review_findings": "All is well"}
    for trigger in way_to(council.workflow, "call_in"):
        council.bring(ref, trigger)
    no("the time is not over", clerk.step(ref, "confirm_after_call_in"))
    for trigger in way_to(council.workflow, "aftercare")[-4:]:
        council.bring(ref, trigger)
    no("a fact that another step brings", clerk.step(ref, "hold_second_review"))
    assert clerk.step(ref, "hold_first_review", {**all_well, "review_actions": "None"})
    no("done already", clerk.step(ref, "hold_first_review"))


def test_every_kind_of_refusal_is_met_and_changes_nothing(council: Council, prepared: Path) -> None:
    clerk = Clerk(council)
    a_form_that_is_not_ready(clerk)
    the_wrong_champion(clerk)
    sign_offs_not_asked_for_or_answered_badly(clerk)
    too_much_too_soon_or_too_late(clerk)
    a_lease_that_drifts(clerk)
    before_its_time_or_twice(clerk)
    assert clerk.met == set(REFUSALS)
    council.check()


# --- days at random -------------------------------------------------------------------------------

references = st.integers(0, 3)
people = st.sampled_from(PEOPLE)
days_back = st.sampled_from((0, 0, 0, 0, 1, 3, 12))


class OfficersDays(RuleBasedStateMachine):
    """Days on which officers do this and that, right and wrong, on four cases."""

    def __init__(self, prepared: Path, found: Settings, reached: Reached) -> None:
        super().__init__()
        run = prepared.with_name("run.db")
        shutil.copy(prepared, run)
        found = replace(found, database_url=f"sqlite:///{run}")
        self.council = Council(found, TODAY + timedelta(days=40), reached)
        self.opened = 0

    def ref(self, number: int) -> str:
        """One of the cases."""
        return self.council.references()[number]

    def steps(self, ref: str) -> tuple[Transition, ...]:
        """The steps that leave the case's stage; of an ended case, all there are."""
        workflow = self.council.workflow
        every = tuple(workflow.transitions.values())
        return workflow.from_stage(self.council.stage_of(ref)) or every

    @invariant()
    def the_record_is_true(self) -> None:
        """Hold the record against everything that must be true of it."""
        self.council.check()

    @rule(days=st.sampled_from((1, 1, 3, 7, 14, 45, 100)))
    def days_pass(self, days: int) -> None:
        """Nobody does anything for some days."""
        self.council.today += timedelta(days=days)

    @rule(back=st.sampled_from((0, 0, 5, -1)))
    def the_sweep_runs(self, back: int) -> None:
        """The sweep of today, of a day before, or of a day to come."""
        if back < 0:
            assert not self.council.do(sweep.sweep, back=back)
        else:
            self.council.sweep(back)

    @precondition(lambda self: self.opened < 1)
    @rule(asset=st.sampled_from(ASSETS[:5]), back=days_back, by=people)
    def a_case_is_opened(self, asset: str, back: int, by: str) -> None:
        """Somebody opens a case; only one in a run, because it takes time."""
        self.opened += 1
        self.council.do(lambda desk: opening.open_case(desk, asset, "Bowls Club", ""), by, back)

    @rule(number=references, champion=people, by=people, back=days_back)
    def a_champion_is_named(self, number: int, champion: str, by: str, back: int) -> None:
        """Somebody names a champion."""
        ref = self.ref(number)
        self.council.do(lambda desk: cases.name_champion(desk, ref, champion), by, back)

    @rule(number=references, pick=st.integers(0, 5), by=people, back=days_back)
    def sign_offs_are_asked_for(self, number: int, pick: int, by: str, back: int) -> None:
        """Somebody asks the departments whose turn it is, for one step of the stage or for any."""
        ref = self.ref(number)
        steps = ["", *(t.trigger for t in self.steps(ref))]
        trigger = steps[pick % len(steps)]
        self.council.do(lambda desk: signoffs.request(desk, ref, trigger), by, back)

    @rule(number=references, pick=st.integers(0, 9), by=people, back=days_back)
    def a_department_signs(self, number: int, pick: int, by: str, back: int) -> None:
        """A department that was asked signs, by its signatory or by somebody else."""
        ref, answer = self._answer(number, pick, by)
        self.council.do(lambda desk: signoffs.give(desk, ref, answer), back=back)

    @rule(
        number=references, pick=st.integers(0, 9), by=people, back=days_back,
        objection=st.builds(
            ObjectionGiven,
            category=st.sampled_from(("title", "safety", "boilerplate", "preference", "dislike")),
            reason=st.sampled_from(("", "It will not do.", "It will not do.")),
            way_forward=st.sampled_from(("", "Register it.", "Mend it.")),
            authority=st.sampled_from(("", "LRA 2002 s.4")),
        ),
    )  # fmt: skip
    def a_department_objects(
        self, number: int, pick: int, by: str, back: int, objection: ObjectionGiven
    ) -> None:
        """A department that was asked objects, well or badly."""
        ref, answer = self._answer(number, pick, by)
        self.council.do(lambda desk: signoffs.object_(desk, ref, answer, objection), back=back)

    def _answer(self, number: int, pick: int, by: str) -> tuple[str, Answer]:
        """Find a department to answer, mostly one that owes an answer; ask where none was asked."""
        ref = self.ref(number)
        asked = self.council.asked(ref)
        if pick and not asked and self.council.do(lambda desk: signoffs.request(desk, ref)):
            asked = self.council.asked(ref)
        department = asked[pick % len(asked)] if pick and asked else "planning"
        return ref, Answer(
            department, by if pick == 1 else SIGNATORIES[department], evidence="Email"
        )

    @rule(number=references, pick=st.integers(0, 40), good=st.booleans(), by=people, back=days_back)
    def a_fact_is_recorded(self, number: int, pick: int, good: bool, by: str, back: int) -> None:
        """Somebody records a fact, usable or not."""
        ref = self.ref(number)
        facts = self.council.workflow.facts
        fact = list(facts.values())[pick % len(facts)]
        typed = {fact.name: self.council.typed(fact, good=good)}
        self.council.do(lambda desk: record_facts(desk, ref, typed), by, back)

    @rule(
        number=references, pick=st.integers(0, 20), facts=st.sampled_from(("none", "good", "bad")),
        why=st.sampled_from(("", "Because.")), by=people, back=days_back,
    )  # fmt: skip
    def a_step_is_tried(
        self, number: int, pick: int, facts: str, why: str, by: str, back: int
    ) -> None:
        """Somebody tries a step of the case's stage."""
        ref = self.ref(number)
        steps = self.steps(ref)
        trigger = steps[pick % len(steps)].trigger
        given = self.council.every_fact(trigger) if facts == "good" else {}
        if facts == "bad":
            given = {"ownership_confirmed": "no", "reply_by": "2020-01-01",
                     "business_case_due_on": "2020-01-01", "benchmark_entry": "rome"}  # fmt: skip
        self.council.advance(ref, trigger, given, why, by=by, back=back)

    @rule(number=references, pick=st.integers(0, 20), back=days_back)
    def any_step_is_tried(self, number: int, pick: int, back: int) -> None:
        """Somebody tries a step that may belong elsewhere, or nowhere."""
        ref = self.ref(number)
        triggers = [*self.council.workflow.transitions, "acept"]
        trigger = triggers[pick % len(triggers)]
        if trigger != "withdraw":  # else too many cases end too soon
            self.council.advance(ref, trigger, {}, back=back)

    @rule(number=references, pick=st.integers(0, 20))
    def a_step_is_prepared_and_taken(self, number: int, pick: int) -> None:
        """An officer does all that a step needs, and then takes it."""
        ref = self.ref(number)
        workflow = self.council.workflow
        onward = [
            t for t in workflow.from_stage(self.council.stage_of(ref))
            if t.to is None or not workflow.stages[t.to].end or pick % 5 == 0
        ]  # fmt: skip
        if onward:
            self.council.bring(ref, onward[pick % len(onward)].trigger, may_be_over=True)

    @rule(number=references, pick=st.integers(0, 3), worse=st.booleans(), by=people, back=days_back)
    def lease_terms_are_recorded(
        self, number: int, pick: int, worse: bool, by: str, back: int
    ) -> None:
        ref, terms = self.ref(number), WORSE if worse else TERMS
        paper = list(self.council.workflow.papers)[pick]
        self.council.do(
            partial(leasing.record_paper, case_typed=ref, paper=paper, terms=terms), by, back
        )

    @rule(number=references, text_=st.sampled_from(("", "Rang the group")), by=people)
    def a_note_is_written(self, number: int, text_: str, by: str) -> None:
        """Somebody writes a note."""
        ref = self.ref(number)
        self.council.do(lambda desk: cases.note(desk, ref, text_), by)

    @rule(
        number=references, by=people, back=days_back, with_facts_=st.booleans(),
        letter=st.sampled_from(("holding_update", "holding_update", "completion")),
    )  # fmt: skip
    def a_letter_is_issued(
        self, number: int, letter: str, by: str, back: int, with_facts_: bool
    ) -> None:
        """Somebody writes to the group."""
        ref = self.ref(number)
        facts = self.council.every_fact() if with_facts_ else {}
        self.council.do(
            lambda desk: correspondence.issue(desk, ref, letter, facts, "To keep in touch"),
            by, back,
        )  # fmt: skip

    @rule(by=people)
    def somebody_looks(self, by: str) -> None:
        """Somebody looks at everything."""
        self.council.look(by)


@pytest.mark.long
def test_whatever_officers_do_the_record_stays_true(council: Council, prepared: Path) -> None:
    reached = Reached()
    days_of: Any = partial(OfficersDays, prepared, council.settings, reached)
    run_state_machine_as_test(
        days_of,
        settings=settings(
            max_examples=56, stateful_step_count=30, deadline=None, derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip
    # Days at random are worth something only if much is done in them, and much refused.
    assert len(reached.moves) > 5
    assert len(reached.refusals) > 15
