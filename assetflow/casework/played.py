"""Plays the steps of a scenario as an officer would take them, and holds what comes of each to it.

``PLAYS`` has a function for every kind of step that ``scenarios.kinds`` knows; each does its step
with the use case of the command, and gives the letters that went out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from assetflow import alerts, clocks, facts, queries
from assetflow import models as m
from assetflow.casework import (
    cases,
    correspondence,
    funding,
    leasing,
    leaving,
    opening,
    registers,
    routes,
    scoring,
    signoffs,
    sweep,
    tasks,
)
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, record_facts, with_facts
from assetflow.errors import BadFile, BadInput, NotFound, Refused
from assetflow.leases.papers import read as read_terms
from assetflow.leases.telling import form
from assetflow.queries import Case
from assetflow.queries.leases import newest_terms
from assetflow.scenarios import Scenario, Step
from assetflow.scenarios.coverage import Requirement, lacking
from assetflow.scenarios.kinds import NOT_STARTED, STOPPED
from assetflow.scenarios.matching import matched
from assetflow.settings import Settings
from assetflow.workflow import Stage as WorkflowStage
from assetflow.workflow import Transition
from assetflow.yaml_reader import read_bytes

ASSET, GROUP = "Village Hall", "Community Group"
EVIDENCE = "as the scenario tells"


class Failed(Exception):
    """A step that came out otherwise than the scenario tells."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}; got {got}")
        self.expected, self.got = expected, got


# What a step sent out or told: names of letters, or of reminders.
Came = Iterable[str]
Play = Callable[["Stage", Desk, Step], Came]
PLAYS: dict[str, Play] = {}


def play(kind: str) -> Callable[[Play], Play]:
    """Register what a kind of step does."""

    def register(function: Play) -> Play:
        PLAYS[kind] = function
        return function

    return register


@dataclass
class Stage:
    """One scenario that is being played: its cases by name, and what it has shown so far."""

    db: Connection
    settings: Settings
    setting_up: str
    cases: dict[str, int] = field(default_factory=dict)
    officers: dict[str, str] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)
    lacked: set[Requirement] = field(default_factory=set)
    # Lease terms that steps refer to by name.
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moments: int = 0
    # Nothing changes the files and routes of a throwaway home, so each desk knows the one before.
    last: Desk | None = None

    def play(self, step: Step) -> None:
        """Take one step; raises ``Failed`` where it comes out otherwise than it tells."""
        if step.kind == "open":
            self._register(step)
        desk = self.desk(step, self._actor(step))
        point, came = self.db.begin_nested(), tuple[str, ...]()
        try:
            if step.kind:
                came = tuple(PLAYS[step.kind](self, desk, step))
        except (BadFile, Failed):
            point.rollback()
            raise
        except (Refused, BadInput, NotFound) as error:
            lacked = self._lacked(desk, step) if isinstance(error, Refused) else set()
            point.rollback()
            _check_refusal(step, error.reasons or (error.what,))
            self.lacked |= lacked
        else:
            point.commit()
            if "refused" in step.expected:
                raise Failed(f"refused: {_listed(step.expected['refused'])}", "it was done")
            _check_letters(step, came)
        if step.case in self.cases:
            _check_case(self.desk(step, self.setting_up), self.case(step.case), step)

    def desk(self, step: Step, actor: str) -> Desk:
        """Give the desk of a step, at a moment of its own, later than the one before."""
        self.moments += 1
        now = datetime.combine(step.recorded, time(9), UTC) + timedelta(seconds=self.moments)
        self.last = (
            self.last.next(actor, step.on, step.recorded, now)
            if self.last
            else Desk(self.db, self.settings, actor, step.on, step.recorded, now)
        )
        return self.last

    def case(self, name: str) -> Case:
        """Give a case by its name in the scenario, as it stands."""
        return queries.case(self.db, self.cases[name])

    def typed(self, step: Step) -> str:
        """Give the reference of the case that a step is about."""
        return self.case(step.case).snapshot.reference

    def check_ends(self, scenario: Scenario) -> None:
        """Hold where the cases stand at the end to what the scenario tells."""
        for name, outcome in scenario.ends.items():
            _same(
                f"{name} ended as ", outcome, _stage(self.case(name)).end or _stage_now(self, name)
            )
        for name, stage in scenario.stages.items():
            _same(f"{name} at ", stage, self.case(name).snapshot.stage)

    def _register(self, step: Step) -> None:
        """Put the asset and the group of a new case on the registers, as they are before it."""
        asset, group = _about(step)
        if asset and asset not in self.assets:
            self.assets[asset] = f"SCENARIO-{len(self.assets) + 1}"
            row = registers.asset_row({"unique_asset_id": self.assets[asset], "name": asset})
            registers.add_asset(self.desk(step, self.setting_up), row)
        if group and group not in self.groups:
            self.groups.add(group)
            details = {"contact_name": "Joan Mills", "address": "1 Green Lane"}
            registers.add_group(self.desk(step, self.setting_up), group, **details)

    def _actor(self, step: Step) -> str:
        if step.kind == "leaves":
            return self.setting_up
        signs = step.kind in ("sign", "object")
        usual = _signatory(step) if signs else self.officers.get(step.case, "case_officer")
        return str(step.given.get("as", usual))

    def _lacked(self, desk: Desk, step: Step) -> set[Requirement]:
        """Give what a refused step lacked; asked while what it did until then still stands."""
        if step.kind != "do":
            return set()
        case, why = self.case(step.case), step.given.get("why", "")
        transition = case.workflow.transitions[step.what]
        found = _lacking(desk, case, transition, step.given.get("facts", {}), why)
        for rule in transition.tells_parts if not found else ():
            for part_id, part in queries.parts_of(self.db, case.id):
                if part.stage in rule.stages:
                    child = queries.case(self.db, part_id)
                    found |= _lacking(desk, child, part.workflow.transitions[rule.trigger], {}, why)
        return found


def _lacking(
    desk: Desk, case: Case, transition: Transition, typed: dict[str, str], why: str
) -> set[Requirement]:
    if transition not in case.workflow.from_stage(case.snapshot.stage):
        return set()
    given = given_facts(desk, case, typed, transition.trigger)
    seen = with_facts(case, given)
    found = set(lacking(transition, desk.occasion(seen, given)))
    own = case.workflow.name, transition.trigger
    if desk.may(transition.who, case.workflow, seen.snapshot):
        found.add(Requirement(*own, "permission"))
    if transition.why_needed and not why.strip():
        found.add(Requirement(*own, "why"))
    return found


# --- the kinds of steps -------------------------------------------------------------------------


@play("open")
def _open(stage: Stage, desk: Desk, step: Step) -> Came:
    what, (asset, group) = step.what, _about(step)
    parent = stage.case(what["parent"]).snapshot.reference if what.get("parent") else ""
    route = what.get("workflow", "")
    usual = routes.newest(desk, route or desk.settings.workflow)
    if usual.for_council and not parent and "group" not in what:
        group = ""
    done = opening.open_case(desk, stage.assets.get(asset, ""), group, route, parent_typed=parent)
    stage.cases[what["name"]] = done.case.id
    stage.officers[what["name"]] = desk.actor.handle
    return [letter.name for letter in done.letters]


def _about(step: Step) -> tuple[str, str]:
    """Give the asset and the group of a case that is opened; a part has those of its case."""
    part = bool(step.what.get("parent"))
    usual = ("", "") if part else (ASSET, GROUP)
    return step.what.get("asset", usual[0]), step.what.get("group", usual[1])


@play("champion")
def _champion(stage: Stage, desk: Desk, step: Step) -> Came:
    cases.name_champion(desk, stage.typed(step), step.what, step.given.get("why", ""))
    return ()


@play("do")
def _do(stage: Stage, desk: Desk, step: Step) -> Came:
    case, given = stage.case(step.case), step.given
    transition = case.workflow.transitions[step.what]
    told = [
        (part.route, rule.trigger)
        for rule in transition.tells_parts
        for _, part in queries.parts_of(stage.db, case.id)
        if part.stage in rule.stages
    ]
    done = cases.advance(
        desk, stage.typed(step), step.what, given.get("facts", {}), given.get("why", "")
    )
    stage.taken |= {(case.workflow.name, step.what), *told}
    if "continues" in given:
        stage.cases[given["continues"]] = _continued(stage.db, case.id)
        stage.officers[given["continues"]] = stage.officers[step.case]
    return [letter.name for letter in done.letters]


def _continued(db: Connection, case_id: int) -> int:
    """Give the newest case that goes on from a case, or from a part that was told to go on."""
    c = m.cases.c
    own = select(c.id).where((c.id == case_id) | (c.parent_id == case_id))
    query = select(func.max(c.id)).where(c.continues_id.in_(own))
    return int(db.execute(query).scalar_one())


@play("record")
def _record(stage: Stage, desk: Desk, step: Step) -> Came:
    record_facts(desk, stage.typed(step), step.what, step.given.get("why", ""))
    return ()


@play("ask")
def _ask(stage: Stage, desk: Desk, step: Step) -> Came:
    asked = signoffs.request(desk, stage.typed(step), step.what)
    return [letter.name for letter in asked.letters]


@play("sign")
def _sign(stage: Stage, desk: Desk, step: Step) -> Came:
    asked = signoffs.give(desk, stage.typed(step), _answer(step))
    return [letter.name for letter in asked.letters]


@play("object")
def _object(stage: Stage, desk: Desk, step: Step) -> Came:
    said = step.given
    objection = signoffs.ObjectionGiven(
        said["category"], said["reason"], said["way_forward"], said.get("authority", ""),
        said.get("consequence", ""),
    )  # fmt: skip
    asked = signoffs.object_(desk, stage.typed(step), _answer(step), objection)
    return [letter.name for letter in asked.letters]


def _answer(step: Step) -> signoffs.Answer:
    return signoffs.Answer(
        step.what, _signatory(step), step.given.get("for", ""), EVIDENCE,
        step.given.get("conditions", ""),
    )  # fmt: skip


def _signatory(step: Step) -> str:
    return str(step.given.get("by", f"signatory_{step.what}"))


@play("score")
def _score(stage: Stage, desk: Desk, step: Step) -> Came:
    scoring.give(desk, stage.typed(step), _score_given(step))
    return ()


@play("moderate")
def _moderate(stage: Stage, desk: Desk, step: Step) -> Came:
    scoring.moderate(desk, stage.typed(step), _score_given(step))
    return ()


def _score_given(step: Step) -> scoring.Given:
    said = step.given
    return scoring.Given(step.what, said["gives"], said["reason"], said.get("by", ""))


@play("interest")
def _interest(stage: Stage, desk: Desk, step: Step) -> Came:
    aside, by = step.given.get("steps_aside", False), step.given.get("by", "")
    scoring.declare(desk, stage.typed(step), step.what, by, steps_aside=aside)
    return ()


@play("paper")
def _paper(stage: Stage, desk: Desk, step: Step) -> Came:
    case, like = stage.case(step.case), step.given.get("like", "")
    known = stage.papers.get(like) or _on_file(stage, case, like)
    terms, mistakes = read_terms({**known, **step.given.get("terms", {})})
    if terms is None:
        raise Failed("lease terms that can be used", "; ".join(one.message for one in mistakes))
    leasing.record_paper(desk, case.reference, step.what, terms, step.given.get("why", ""))
    return ()


def _on_file(stage: Stage, case: Case, like: str) -> Mapping[str, Any]:
    """Give the terms of a paper that the case has, as they would stand in a file."""
    newest = newest_terms(stage.db, case.id).get(like)
    return {} if newest is None else read_bytes(form(newest, "").encode(), like).value


@play("accept")
def _accept(stage: Stage, desk: Desk, step: Step) -> Came:
    evidence = step.given.get("evidence", EVIDENCE)
    leasing.accept(desk, stage.typed(step), step.given.get("topics", ()), step.what, evidence)
    return ()


@play("funder")
def _funder(stage: Stage, desk: Desk, step: Step) -> Came:
    funding.add(desk, stage.typed(step), funding.Asked(step.what, **step.given.get("asks", {})))
    return ()


@play("letter")
def _letter(stage: Stage, desk: Desk, step: Step) -> Came:
    facts_, why = step.given.get("facts", {}), step.given.get("why", "")
    return [correspondence.issue(desk, stage.typed(step), step.what, facts_, why).name]


@play("note")
def _note(stage: Stage, desk: Desk, step: Step) -> Came:
    cases.note(desk, stage.typed(step), step.what)
    return ()


@play("leaves")
def _leaves(stage: Stage, desk: Desk, step: Step) -> Came:
    # The day of the step is their last one.
    leaving.leave(desk, step.what, desk.on)
    return ()


@play("sweep")
def _sweep(stage: Stage, desk: Desk, step: Step) -> Came:
    t = m.reminders
    last = stage.db.execute(select(func.coalesce(func.max(t.c.id), 0))).scalar_one()
    sweep.sweep(desk)
    rows = stage.db.execute(select(t).where(t.c.id > last, t.c.superseded == 0).order_by(t.c.id))
    told = [_reminder(stage, row) for row in rows]
    if not matched(step.what, told, lambda wanted, names: wanted in names):
        got = _listed(names[-1] for names in told) or "none"
        raise Failed(f"reminders: {_listed(step.what) or 'none'}", got)
    return ()


def _reminder(stage: Stage, row: queries.AnyRow) -> list[str]:
    """Give the names under which a scenario can expect a reminder, the fullest last."""
    case = queries.case(stage.db, row.case_id)
    about = row.key.partition(":")[0] if not row.key[:1].isdigit() else ""
    named = [d.id for d in case.workflow.departments.values() if row.title.endswith(d.label)]
    about = about or "".join(named[:1])
    plain = [row.kind, f"{row.kind} {about}"] if about else [row.kind]
    if len(stage.cases) == 1:
        return plain
    name = next((name for name, id_ in stage.cases.items() if id_ == case.id), "")
    return plain + [f"{name} {one}" for one in plain]


# --- what must come of a step -------------------------------------------------------------------


def _check_refusal(step: Step, reasons: tuple[str, ...]) -> None:
    if "refused" not in step.expected:
        raise Failed("that it can be done", f"refused: {_listed(reasons)}")
    wanted = step.expected["refused"]
    enough = step.expected.get("among") or len(wanted) == len(reasons)
    if not enough or not matched(
        wanted, reasons, lambda part, reason: part.casefold() in reason.casefold(), all_of=False
    ):
        among = "among others: " if step.expected.get("among") else ""
        raise Failed(f"refused: {among}{_listed(wanted)}", f"refused: {_listed(reasons)}")


def _check_letters(step: Step, came: tuple[str, ...]) -> None:
    wanted = step.expected.get("letters")
    if wanted is not None and sorted(wanted) != sorted(came):
        raise Failed(f"letters: {_listed(wanted) or 'none'}", f"{_listed(came) or 'none'}")


def _check_case(desk: Desk, case: Case, step: Step) -> None:
    expected, snapshot = step.expected, case.snapshot
    if "stage" in expected:
        _same("stage ", expected["stage"], snapshot.stage)
    if "waiting_on" in expected:
        _same("waiting on ", expected["waiting_on"], snapshot.waiting_on)
    for name, typed in expected.get("on_file", {}).items():
        got = snapshot.facts.get(name)
        shown = "nothing" if got is None else facts.show(got)
        _same(f"{name} on the file: ", _as_shown(case, name, typed), shown)
    if "to_do" in expected:
        left = [one.name for one in tasks.of_case(desk, case) if one.done_on is None]
        _same("to do: ", _listed(expected["to_do"]), _listed(left))
    _check_due(desk, case, expected.get("due", {}))


def _as_shown(case: Case, name: str, typed: str) -> str:
    """Give a fact that was typed as one on the file is shown; what cannot be one, as it stands."""
    # Whether a date lies behind or ahead was asked when it was recorded.
    declared = replace(case.workflow.facts[name], lies=None)
    try:
        return facts.show(facts.parse(declared, typed, case.snapshot.received_on))
    except ValueError:
        return typed


def _check_due(desk: Desk, case: Case, due: dict[str, object]) -> None:
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    if "stage" in due:
        _same("stage due on ", due["stage"], alerts.stage_due_on(occasion) or "no day")
    wanted = due.get("signoffs", {})
    for department, day in wanted.items() if isinstance(wanted, dict) else ():
        asked = [s for s in case.snapshot.signoffs if s.department == department]
        got = asked[-1].due_on if asked else "not asked"
        _same(f"sign-off of {department} due on ", day, got)
    wanted = due.get("clocks", {})
    for name, day in wanted.items() if isinstance(wanted, dict) else ():
        found = clocks.read(
            case.workflow, case.workflow.clocks[name], case.snapshot, occasion.calendar, desk.on
        )
        stopped = found is not None and found.stopped and day == STOPPED
        got = NOT_STARTED if found is None else STOPPED if stopped else found.due_on
        _same(f"clock {name}: ", day, got)


def _same(what: str, expected: object, got: object) -> None:
    if expected != got:
        raise Failed(f"{what}{expected}", str(got))


def _stage(case: Case) -> WorkflowStage:
    return case.workflow.stages[case.snapshot.stage]


def _stage_now(stage: Stage, name: str) -> str:
    return f"open, at {stage.case(name).snapshot.stage}"


def _listed(texts: Iterable[str]) -> str:
    return " | ".join(texts)
