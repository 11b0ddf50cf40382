"""The matrix of permitted steps: file, machine, permissions and the officer's page must agree.

For every workflow, every stage, every trigger and every kind of person there is one answer: the
step is not possible here, or this person may not take it, or something is missing, or it can be
taken. Four places give that answer, and each is held against the file as plain YAML.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import TODAY
from sizes import SOAK
from sqlalchemy import Connection, delete, insert, select, update

from assetflow import guards, machine, queries
from assetflow import models as m
from assetflow import settings as settings_module
from assetflow.casework import cases, leasing, opening
from assetflow.casework.desk import Desk
from assetflow.casework.nextsteps import Step, page
from assetflow.database import Store
from assetflow.errors import NotFound, Refused
from assetflow.facts import parse, to_json
from assetflow.leases.papers import to_json as to_terms
from assetflow.permissions import may
from assetflow.queries import Case
from assetflow.queries.leases import next_number
from assetflow.settings import SHIPPED
from assetflow.snapshot import Grant, Person, Signoff, Unmet
from assetflow.workflow import ANY_OPEN_STAGE, CASE_ROLES, Transition, Workflow

# The whole matrix takes minutes for a long route: two with every change, and in the long run all
# that stand alone. Routes that go together have test_matrix_parts.
ROUTES = ["community_asset_transfer", "fast_track"]
if SOAK:
    ROUTES += ["freehold_transfer", "scottish_asset_transfer_request"]
OFFICER = Person(1, "officer", "The Officer")
CHAMPION = Person(2, "champion", "The Champion")
NINE = time(9)
LONG_AGO = TODAY - timedelta(days=1000)
NOBODY = Person(3, "nobody", "Nobody in Particular")


# --- what the file says -------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One step as the file declares it, read as plain YAML."""

    leaves: tuple[str, ...]
    who: tuple[str, ...]
    to: str | None


def declared(route: str) -> dict[str, Row]:
    """Read the steps of a workflow file past all our own code."""
    text = (SHIPPED / "workflows" / f"{route}.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    still_open = tuple(name for name, stage in document["stages"].items() if "end" not in stage)
    return {
        trigger: Row(
            still_open if ANY_OPEN_STAGE in entry["from"] else tuple(entry["from"]),
            tuple(entry["who"]),
            entry.get("to"),
        )
        for trigger, entry in document["transitions"].items()
    }


# --- who there is -------------------------------------------------------------------------------


def everybody(workflow: Workflow) -> dict[str, Person]:
    """One person for each kind: the two places on the case, each role alone, and nobody."""
    cast = {"case_officer": OFFICER, "champion": CHAMPION, "nobody": NOBODY}
    for number, role in enumerate(workflow.roles, start=10):
        department = next(iter(workflow.departments)) if role == "signatory" else None
        cast[role] = Person(number, role, f"A {role}", grants=(Grant(role, department),))
    return cast


def leaver(workflow: Workflow) -> Person:
    """Somebody who held every role and has left."""
    grants = tuple(Grant(role) for role in workflow.roles)
    return Person(4, "leaver", "The Leaver", left_on=TODAY, grants=grants)


# --- where a case can stand ---------------------------------------------------------------------


def bare(case: Case, stage: str) -> Case:
    """A case that has just come into a stage, with nothing on its file and no champion."""
    workflow = case.workflow
    snapshot = replace(
        case.snapshot, stage=stage, stage_since=TODAY, waiting_since=TODAY,
        waiting_on=workflow.stages[stage].waiting_on, officer=OFFICER, champion=None, facts={},
        signoffs=(), letters_sent={},
    )  # fmt: skip
    ended = TODAY if workflow.stages[stage].end else None
    return replace(case, snapshot=snapshot, closed_on=ended)


def value(desk: Desk, case: Case, name: str) -> object:
    """A value that a fact can have where all is well."""
    fact = case.workflow.facts[name]
    entries = desk.libraries[fact.library] if fact.library else {"": ""}
    typed = {
        "yes_no": "yes", "integer": "25", "money": "60000", "library": next(iter(entries)),
        "date": str(TODAY if fact.lies == "behind" else TODAY + timedelta(days=400)),
        "choice": next(iter(fact.choices), ""), "weights": "One: 60; Two: 40",
    }.get(fact.type, "Enough")  # fmt: skip
    return parse(fact, typed, TODAY)


def mended(desk: Desk, case: Case, transition: Transition, item: Unmet) -> Case:
    """The case once the one thing that was missing is put right, as its sentence says."""
    snapshot = case.snapshot
    if item.fact and item.code != "why":
        facts = {**snapshot.facts, item.fact: value(desk, case, item.fact)}
        return replace(case, snapshot=replace(snapshot, facts=facts))
    change: dict[str, Any] = {}
    if item.code == "champion_named":
        change = {"champion": CHAMPION, "champion_since": snapshot.received_on}
    elif item.code == "signoff":
        change = {"signoffs": tuple(_signed(transition))}
    elif item.code == "ball_with":
        (holder,) = {u.parameters["holder"] for u in transition.requires if u.guard == "ball_with"}
        change = {"waiting_on": holder}
    elif item.code == "letter_sent":
        wanted = {u.parameters.get("letter", "") for u in transition.requires}
        change = {"letters_sent": dict.fromkeys(wanted, TODAY)}
    elif item.code == "waited":
        since = {u.parameters["fact"] for u in transition.requires if u.guard == "waited_since"}
        over = {u.parameters["fact"] for u in transition.requires if u.guard == "after_fact"}
        facts = {**snapshot.facts, **dict.fromkeys(since, LONG_AGO)}
        facts |= dict.fromkeys(over, TODAY - timedelta(days=1))
        change = {"waiting_since": LONG_AGO, "facts": facts}
    elif item.code == "clock":
        change = {"facts": _with_clocks(case, transition)}
    elif item.code == "fact_unfit":
        absent = {f for u in transition.requires if u.guard == "facts_absent"
                  for f in u.parameters["facts"]}  # fmt: skip
        change = {"facts": {f: told for f, told in snapshot.facts.items() if f not in absent}}
    assert change, f"this test does not know how to mend {item.code!r}: {item}"
    return replace(case, snapshot=replace(snapshot, **change))


def _with_clocks(case: Case, transition: Transition) -> dict[str, object]:
    """The file on which the clocks have run out, or have not, as a step wants it."""
    facts = dict(case.snapshot.facts)
    for use in transition.requires:
        if use.guard in ("clock_expired", "clock_not_expired"):
            clock = case.workflow.clocks[use.parameters["clock"]]
            for stop in clock.stops:
                facts.pop(stop, None)
            facts.pop(clock.extended_to or "", None)
            facts[str(clock.starts.fact)] = LONG_AGO if use.guard == "clock_expired" else TODAY
    return facts


def _record_papers(desk: Desk, case: Case) -> None:
    """Put the same terms on the file in every paper: nothing is unknown, and nothing drifts."""
    terms = to_terms(leasing.read_paper(SHIPPED / "tests" / "fixtures" / "whole_terms.yaml"))
    for paper in case.workflow.papers:
        number = next_number(desk.db, case.id, paper)
        row = {"case_id": case.id, "paper": paper, "number": number, "terms": terms, "sha256": "",
               "recorded_on": TODAY, "recorded_at": desk.now}  # fmt: skip
        desk.db.execute(insert(m.lease_papers).values(row))


def _signed(transition: Transition) -> Iterator[Signoff]:
    for number, rule in enumerate(transition.signoffs, start=1):
        yield Signoff(
            number, transition.trigger, rule.department, TODAY, TODAY, "signed", TODAY, "Somebody"
        )


def ready(desk: Desk, case: Case, transition: Transition) -> Case:
    """The case with everything in place for one step: each thing missing is put right in turn."""
    for _ in range(60):
        occasion = desk.occasion(case, case.snapshot.facts)
        missing = guards.unmet(transition, occasion)
        if not missing:
            return case
        case = mended(desk, case, transition, missing[0])
    raise AssertionError(f"{transition.trigger} can never be taken: {missing}")


def lacking_one_thing(case: Case) -> Iterator[Case]:
    """The case without its champion, its sign-offs, one of its facts or whatever else it has."""
    snapshot = case.snapshot
    for name in snapshot.facts:
        rest = {fact: told for fact, told in snapshot.facts.items() if fact != name}
        yield replace(case, snapshot=replace(snapshot, facts=rest))
    other = "group" if snapshot.waiting_on == "council" else "council"
    yield replace(case, snapshot=replace(snapshot, waiting_on=other))
    yield replace(case, snapshot=replace(snapshot, waiting_since=TODAY))
    yield replace(case, snapshot=replace(snapshot, champion=None))
    yield replace(case, snapshot=replace(snapshot, letters_sent={}))
    for signoff in snapshot.signoffs:
        others = tuple(s for s in snapshot.signoffs if s is not signoff)
        yield replace(case, snapshot=replace(snapshot, signoffs=others))


# --- the checker --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Views:
    """The places that give an answer; in a sound installation all have the same workflow."""

    rows: Mapping[str, Row]
    machine: Workflow
    people: Workflow
    page: Workflow


def sound(route: str, workflow: Workflow) -> Views:
    """The file, and one workflow for all the others."""
    return Views(declared(route), workflow, workflow, workflow)


def disagreements(views: Views, desk: Desk, case: Case) -> Iterator[str]:
    """Go through one stage of the matrix, and tell every place that answers differently."""
    stage = case.snapshot.stage
    here = [trigger for trigger, row in views.rows.items() if stage in row.leaves]
    if machine.triggers(views.machine, stage) != set(here):
        yield f"machine: {sorted(machine.triggers(views.machine, stage))}, file: {here}"
    if [t.trigger for t in views.people.from_stage(stage)] != here:
        yield f"workflow: {[t.trigger for t in views.people.from_stage(stage)]}, file: {here}"
    for kind, person in everybody(views.people).items():
        seen = _seated(replace(case, workflow=views.page), kind, person)
        desk.actor = person
        shown = {step.trigger: step for step in page(desk, seen).steps}
        if list(shown) != here:
            yield f"page for {kind}: {list(shown)}, file: {here}"
        for trigger in here:
            for trouble in _cell(views, desk, seen, trigger, kind, shown.get(trigger)):
                yield f"{stage}, {trigger}, {kind}: {trouble}"


def _seated(case: Case, kind: str, person: Person) -> Case:
    """The case with the person in the place their kind means; others are not on the case."""
    if kind == "champion":
        return replace(case, snapshot=replace(case.snapshot, champion=person))
    return case


def _cell(
    views: Views, desk: Desk, case: Case, trigger: str, kind: str, shown: Step | None
) -> Iterator[str]:
    row, stage = views.rows[trigger], case.snapshot.stage
    known = views.people.transitions.get(trigger)
    if known is None or shown is None:
        return  # told already, for the whole stage
    forbidden = kind not in row.who
    denied = may(desk.actor, known.who, views.people, case.snapshot, desk.on)
    if (denied is not None) != forbidden:
        yield f"permissions say {denied or 'yes'}, the file names {row.who}"
    if any(item.code == "permission" for item in shown.missing) != forbidden:
        yield f"the page says {shown.missing or 'yes'}, the file names {row.who}"
    lacks = guards.unmet(known, desk.occasion(replace(case, workflow=views.people)))
    if tuple(i for i in shown.missing if i.code not in ("permission", "why")) != lacks:
        yield f"the page lacks {shown.missing}, the guards {lacks}"
    if any(item.code == "why" for item in shown.missing) != known.why_needed:
        yield f"the page lacks {shown.missing}, a reason is needed: {known.why_needed}"
    if known.to != row.to:
        yield f"the workflow leads to {known.to}, the file to {row.to}"
    if shown.to_label != (
        views.people.stages[row.to].label if row.to in views.people.stages else ""
    ):
        yield f"the page leads to {shown.to_label!r}, the file to {row.to}"
    # Facts that are wanted each time are typed with the step; the page cannot know them yet.
    typed = desk.occasion(replace(case, workflow=views.people), case.snapshot.facts)
    lacks = guards.unmet(known, typed)
    for why in ("", "Because"):
        allowed = not forbidden and not lacks and (bool(why) or not known.why_needed)
        moved = _fired(views.machine, desk, case, trigger, why)
        if moved != ((row.to or stage) if allowed else None):
            yield f"the machine leads to {moved}, the file to {row.to}; allowed: {allowed}"


def _fired(workflow: Workflow, desk: Desk, case: Case, trigger: str, why: str) -> str | None:
    """Where the machine goes; None where it does not move."""

    def allowed(name: str) -> bool:
        given = case.snapshot.facts
        return not cases.what_is_missing(desk, case, workflow.transitions[name], why, given)

    try:
        return machine.fire(workflow, case.snapshot.stage, trigger, allowed)
    except Refused:
        return None


# --- the matrix, in memory ----------------------------------------------------------------------


class Office:
    """A home with one case of a route."""

    def __init__(self, home: Path, route: str) -> None:
        self.home = home
        self.settings = replace(settings_module.load(home, {}), workflow=route)
        self.store = Store(self.settings.database_url)

    def copied_to(self, home: Path) -> "Office":
        """The same in a home of its own, to be changed."""
        return Office(shutil.copytree(self.home, home), self.settings.workflow)

    def desk(self, db: Connection, person: str = "sam.taylor") -> Desk:
        """A desk on a working day."""
        return Desk(db, self.settings, person, TODAY, TODAY, datetime.combine(TODAY, NINE, UTC))


@pytest.fixture(scope="module", params=ROUTES)
def office(
    request: pytest.FixtureRequest, _template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Office:
    """A home with one case, opened under one of the workflow files."""
    home = tmp_path_factory.mktemp("matrix") / "home"
    shutil.copytree(_template, home)
    office = Office(home, request.param)
    with office.store.write() as db:
        done = opening.open_case(office.desk(db), "SAMPLE-0001", "Bowls Club", "")
        _record_papers(office.desk(db), done.case)
        _refused_before(db, office.desk(db))
    return office


def _refused_before(db: Connection, desk: Desk) -> None:
    """Put another case on the same asset on record, which was refused."""
    done = opening.open_case(desk, "SAMPLE-0002", "Bowls Club", "")
    end = next((s.id for s in done.case.workflow.stages.values() if s.end == "refused"), None)
    if end is not None:
        same = select(m.cases.c.asset_id).where(m.cases.c.id == 1).scalar_subquery()
        ended = update(m.cases).where(m.cases.c.id == done.case.id)
        db.execute(ended.values(asset_id=same, stage=end, closed_on=TODAY, next_alert_on=None))


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    """A desk to look from."""
    with office.store.read() as db:
        yield office.desk(db)


@pytest.fixture
def case(desk: Desk) -> Case:
    """The one case."""
    return queries.case(desk.db, 1)


def test_there_is_a_workflow_to_hold_against_its_file() -> None:
    assert "community_asset_transfer" in ROUTES


def test_all_agree_on_a_case_that_has_just_come_into_a_stage(
    office: Office, desk: Desk, case: Case
) -> None:
    views = sound(office.settings.workflow, case.workflow)
    for stage in case.workflow.stages:
        assert list(disagreements(views, desk, bare(case, stage))) == []


def test_all_agree_on_a_case_that_has_all_it_needs_for_a_step(
    office: Office, desk: Desk, case: Case
) -> None:
    views, workflow = sound(office.settings.workflow, case.workflow), case.workflow
    for transition in workflow.transitions.values():
        for stage in workflow.leaves(transition):
            prepared = ready(desk, bare(case, stage), transition)
            assert list(disagreements(views, desk, prepared)) == []
            someone = next(p for k, p in everybody(workflow).items() if k in transition.who)
            desk.actor = someone
            seen = _seated(prepared, "champion", CHAMPION)
            assert (
                cases.what_is_missing(desk, seen, transition, "Because", seen.snapshot.facts) == ()
            )


def test_all_agree_on_a_case_that_lacks_one_thing(office: Office, desk: Desk, case: Case) -> None:
    views, workflow = sound(office.settings.workflow, case.workflow), case.workflow
    for transition in workflow.transitions.values():
        prepared = ready(desk, bare(case, workflow.leaves(transition)[0]), transition)
        for one in lacking_one_thing(prepared):
            assert list(disagreements(views, desk, one)) == []


def test_whoever_has_left_may_do_nothing(desk: Desk, case: Case) -> None:
    workflow = case.workflow
    gone = leaver(workflow)
    allowed = [t.who for t in workflow.transitions.values()] + list(workflow.rights.values())
    for snapshot in (
        replace(case.snapshot, officer=gone), replace(case.snapshot, champion=gone), case.snapshot,
    ):  # fmt: skip
        for kinds in allowed:
            denied = may(gone, kinds, workflow, snapshot, TODAY)
            assert denied is not None
            assert denied.sentence == "The Leaver has left."


def test_each_right_is_for_exactly_those_the_file_names(
    office: Office, desk: Desk, case: Case
) -> None:
    workflow = case.workflow
    text = (SHIPPED / "workflows" / f"{office.settings.workflow}.yaml").read_text("utf-8")
    written = yaml.safe_load(text)["rights"]
    seated = replace(bare(case, workflow.initial).snapshot, champion=CHAMPION)
    assert set(written) == set(workflow.rights)
    for right, kinds in written.items():
        able = {
            kind
            for kind, person in everybody(workflow).items()
            if may(person, workflow.rights[right], workflow, seated, TODAY) is None
        }
        assert able == set(kinds), right


def test_nobody_may_do_what_nobody_is_named_for(desk: Desk, case: Case) -> None:
    for person in everybody(case.workflow).values():
        denied = may(person, (), case.workflow, case.snapshot, TODAY)
        assert denied is not None
        assert denied.who == "nobody"


def test_a_place_on_one_case_is_none_on_another(desk: Desk, case: Case) -> None:
    elsewhere = replace(case.snapshot, officer=NOBODY, champion=None)
    for person in (OFFICER, CHAMPION):
        assert may(person, CASE_ROLES, case.workflow, elsewhere, TODAY) is not None
        assert may(person, CASE_ROLES, case.workflow, None, TODAY) is not None


def test_an_end_has_no_way_out(desk: Desk, case: Case) -> None:
    for stage in case.workflow.stages.values():
        if stage.end:
            assert machine.triggers(case.workflow, stage.id) == frozenset()
            assert page(desk, bare(case, stage.id)).steps == ()


# --- the checker is checked ---------------------------------------------------------------------


def _gone(workflow: Workflow, step: Transition) -> None:
    return None


def _leaves_one_more_stage(workflow: Workflow, step: Transition) -> Transition:
    leaves = workflow.leaves(step)
    another = next(stage for stage in workflow.open_stages if stage not in leaves)
    return replace(step, origins=(*leaves, another))


def _leads_elsewhere(workflow: Workflow, step: Transition) -> Transition:
    here = (step.to, *workflow.leaves(step))
    return replace(step, to=next(stage for stage in workflow.stages if stage not in here))


def _for_one_more(workflow: Workflow, step: Transition) -> Transition:
    another = next(role for role in workflow.roles if role not in step.who)
    return replace(step, who=(*step.who, another))


def _for_one_fewer(workflow: Workflow, step: Transition) -> Transition:
    return replace(step, who=step.who[1:])


def _needs_less(workflow: Workflow, step: Transition) -> Transition:
    return replace(step, requires=step.requires[1:])


def _needs_no_sign_off(workflow: Workflow, step: Transition) -> Transition:
    return replace(step, signoffs=())


def _needs_a_reason(workflow: Workflow, step: Transition) -> Transition:
    return replace(step, why_needed=not step.why_needed)


DIFFERENCES = (
    _gone, _leaves_one_more_stage, _leads_elsewhere, _for_one_more, _for_one_fewer, _needs_less,
    _needs_no_sign_off, _needs_a_reason,
)  # fmt: skip


def demanding(workflow: Workflow) -> Transition:
    """The step that needs the most: the one to plant a difference in."""
    steps = workflow.transitions.values()
    return max(steps, key=lambda t: (bool(t.signoffs and t.requires), len(t.requires)))


def other_version(workflow: Workflow, difference: Callable[..., Transition | None]) -> Workflow:
    """Another version of a workflow, in which one step is different."""
    step = demanding(workflow)
    steps = {**workflow.transitions, step.trigger: difference(workflow, step)}
    assert steps[step.trigger] != step, "no step of this workflow can show the difference"
    return replace(workflow, transitions={name: t for name, t in steps.items() if t is not None})


def _found(views: Views, desk: Desk, case: Case) -> list[str]:
    workflow, step = case.workflow, demanding(case.workflow)
    situations = [bare(case, stage) for stage in workflow.stages]
    prepared = ready(desk, bare(case, workflow.leaves(step)[0]), step)
    situations += [prepared, *lacking_one_thing(prepared)]
    return [trouble for one in situations for trouble in disagreements(views, desk, one)]


def test_nothing_is_found_where_all_follow_the_file(office: Office, desk: Desk, case: Case) -> None:
    assert _found(sound(office.settings.workflow, case.workflow), desk, case) == []


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda f: f.__name__.strip("_"))
def test_a_place_that_follows_another_version_is_found(
    office: Office, desk: Desk, case: Case, difference: Callable[..., Transition | None]
) -> None:
    views = sound(office.settings.workflow, case.workflow)
    other = other_version(case.workflow, difference)
    assert _found(replace(views, machine=other), desk, case)
    assert _found(replace(views, people=other), desk, case)
    assert _found(replace(views, page=other), desk, case)


def test_a_file_that_was_edited_under_a_running_case_is_found(
    office: Office, desk: Desk, case: Case
) -> None:
    views = sound(office.settings.workflow, case.workflow)
    trigger, row = next(iter(views.rows.items()))
    for edited in (replace(row, to="elsewhere"), replace(row, who=("nobody",))):
        rows = {**views.rows, trigger: edited}
        assert _found(replace(views, rows=rows), desk, case)


# --- the matrix, on a real database -------------------------------------------------------------


# A step is tried by those who may mostly, sometimes and never take it.
TRIED_BY = ("sam.taylor", "grace.okoro", "ruth.kemp")


class _Undone(Exception):
    """Takes a step back once it was seen."""


@pytest.mark.parametrize("prepared", [False, True], ids=["bare", "prepared"])
def test_on_a_real_database_a_step_is_refused_for_exactly_what_the_page_says(
    office: Office, tmp_path: Path, prepared: bool
) -> None:
    real, rows = office.copied_to(tmp_path / "home"), declared(office.settings.workflow)
    with real.store.read() as db:
        stages = queries.case(db, 1).workflow.stages
    done: list[str] = []
    for stage in stages:
        with real.store.write() as db:
            _stand_in(real.desk(db), stage, prepared=prepared)
        for person in TRIED_BY:
            with real.store.read() as db:
                shown = page(real.desk(db, person), queries.case(db, 1)).steps
            assert {step.trigger for step in shown} == {t for t in rows if stage in rows[t].leaves}
            for step in shown:
                missing = [str(item) for item in step.missing if item.code != "why"]
                assert _tried(real, person, step.trigger, rows[step.trigger].to) == missing
                done += [] if missing else [step.trigger]
    # A short route has fewer steps that can be taken one after the other.
    assert (len(set(done)) > min(5, len(rows) // 4)) == prepared


def test_on_a_real_database_a_step_of_another_stage_is_refused(
    office: Office, tmp_path: Path
) -> None:
    real, rows = office.copied_to(tmp_path / "home"), declared(office.settings.workflow)
    with real.store.read() as db:
        stages = queries.case(db, 1).workflow.stages
    for stage in stages.values():
        with real.store.write() as db:
            _stand_in(real.desk(db), stage.id, prepared=False)
        for trigger, row in rows.items():
            if stage.id not in row.leaves:
                (reason,) = _tried(real, "sam.taylor", trigger, None)
                assert stage.label in reason
    with real.store.write() as db:
        _stand_in(real.desk(db), next(iter(stages)), prepared=False)
    with pytest.raises(NotFound, match="no_such_step"):
        _tried(real, "sam.taylor", "no_such_step", None)


def _stand_in(desk: Desk, stage: str, *, prepared: bool) -> None:
    """Put the one case of a database into a stage, with nothing on its file or with everything."""
    case = queries.case(desk.db, 1)
    workflow, visit = case.workflow, case.stage_visit + 1
    columns = {
        "stage": stage, "stage_visit": visit, "waiting_on": workflow.stages[stage].waiting_on,
        "closed_on": desk.on if workflow.stages[stage].end else None,
    }  # fmt: skip
    if prepared:
        champion = queries.person(desk.db, "grace.okoro")
        columns |= {"champion_id": champion.id, "waiting_since": desk.on - timedelta(days=400)}
        for table in (m.facts, m.signoffs):
            desk.db.execute(delete(table))
        _fill_the_file(desk, case, stage, visit)
    desk.db.execute(update(m.cases).values(columns))


def _fill_the_file(desk: Desk, case: Case, stage: str, visit: int) -> None:
    same: dict[str, Any] = {"case_id": case.id}
    for name in case.workflow.facts:
        text = to_json(value(desk, case, name))
        desk.db.execute(insert(m.facts).values(**same, name=name, value=text, happened_on=desk.on))
    for step in case.workflow.from_stage(stage):
        for rule in step.signoffs:
            desk.db.execute(
                insert(m.signoffs).values(
                    **same, stage_visit=visit, trigger=step.trigger, department=rule.department,
                    requested_on=desk.on, due_on=desk.on, decision="signed", decided_on=desk.on,
                    signatory_id=1, method="recorded",
                )
            )  # fmt: skip


def _tried(office: Office, person: str, trigger: str, to: str | None) -> list[str]:
    """Try one step and take it back; give the reasons for which it was refused, if it was."""
    try:
        with office.store.write() as db:
            desk = office.desk(db, person)
            stage = queries.case(db, 1).snapshot.stage
            done = cases.advance(desk, "1", trigger, {}, "Because")
            assert done.case.snapshot.stage == (to or stage)
            raise _Undone
    except _Undone:
        return []
    except Refused as refused:
        return list(refused.reasons)
