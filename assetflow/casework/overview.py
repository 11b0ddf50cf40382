"""What an officer sees of a case at a glance: age, stage, who has it, what is due, how urgent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assetflow import alerts, clocks
from assetflow.casework.desk import Desk
from assetflow.deadlines import age_in_words
from assetflow.guards import HOLDERS, all_of
from assetflow.queries import Case
from assetflow.snapshot import Occasion, Signoff
from assetflow.workflow import Rung


@dataclass(frozen=True, slots=True)
class Overview:
    """One line of the case list; days in stage and overdue are working days, age is gross."""

    reference: str
    asset: str
    group: str
    stage: str
    stage_label: str
    received_on: date
    age_days: int
    age: str
    days_in_stage: int
    holder: str
    next_due_on: date | None
    next_due: str
    days_overdue: int
    ladder_level: str
    ladder_label: str
    ladder_colour: str
    champion: str
    officer: str
    closed_on: date | None
    rank: int
    notes: tuple[str, ...]


def overview(desk: Desk, case: Case) -> Overview:
    """Sum a case up as of the desk's day."""
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    calendar = occasion.calendar
    snapshot, until = case.snapshot, case.closed_on or desk.on
    deadlines = {} if case.closed_on else due_dates(desk, case)
    what, next_on = min(deadlines.items(), key=lambda item: item[1], default=("", None))
    overdue = max(0, calendar.working_days_between(next_on, desk.on)) if next_on else 0
    rung = _rung(case, occasion)
    notes = _notes(case, desk.on, overdue)
    return Overview(
        reference=snapshot.reference,
        asset=case.asset.label,
        group=case.group.name,
        stage=snapshot.stage,
        stage_label=case.workflow.stages[snapshot.stage].label,
        received_on=snapshot.received_on,
        age_days=(until - snapshot.received_on).days,
        age=age_in_words(snapshot.received_on, max(until, snapshot.received_on)),
        days_in_stage=max(0, calendar.working_days_between(snapshot.stage_since, until)),
        holder=holder(case, until),
        next_due_on=next_on,
        next_due=what,
        days_overdue=overdue,
        ladder_level=rung.level if rung else "",
        ladder_label=rung.label if rung else "",
        ladder_colour=rung.colour if rung else "green",
        champion=snapshot.champion.name if snapshot.champion else "",
        officer=snapshot.officer.name,
        closed_on=case.closed_on,
        rank=_rank(case, rung, overdue, notes),
        # That it is paused is worth knowing, and calls for nobody's attention.
        notes=(*notes, "paused") if snapshot.pause and not case.closed_on else notes,
    )


def due_dates(desk: Desk, case: Case) -> Mapping[str, date]:
    """Give what is due on a case and when: the stage's target and each sign-off asked."""
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    found: dict[str, date] = {}
    stage_due = alerts.stage_due_on(occasion)
    if stage_due is not None:
        found[f"{case.workflow.stages[case.snapshot.stage].label} target"] = stage_due
    for signoff in case.snapshot.signoffs:
        if signoff.open and not (desk.on > signoff.due_on and _is_consultee(case, signoff)):
            label = case.workflow.department_label(signoff.department)
            found[f"Sign-off by {label}"] = signoff.due_on
    found.update(_promised(case))
    found.update(_clocks(occasion))
    return found


def _clocks(occasion: Occasion) -> Mapping[str, date]:
    """Give the last days of the clocks that run and matter in the present stage."""
    running = clocks.readings(occasion.workflow, occasion.case, occasion.calendar, occasion.on)
    return {
        reading.clock.label: reading.due_on
        for reading in running
        if reading.runs and clocks.told_in(reading.clock, occasion.case.stage)
    }


def _promised(case: Case) -> Mapping[str, date]:
    """Give the dates by which the group was asked to act, while it has the ball."""
    if case.snapshot.waiting_on != "group":
        return {}
    declared = case.workflow.facts.values()
    here = [fact for fact in declared if case.snapshot.stage in fact.due_in]
    dates = {fact.label: case.snapshot.facts.get(fact.name) for fact in here}
    return {label: day for label, day in dates.items() if isinstance(day, date)}


def holder(case: Case, on: date) -> str:
    """Say who holds the ball: departments that owe an answer, the group, or the council."""
    stage, snapshot = case.workflow.stages[case.snapshot.stage], case.snapshot
    if stage.end:
        return "nobody"
    objecting, owing = _departments_holding(case, on)
    parts = [f"{all_of(objecting)} (objection)"] if objecting else []
    parts += [f"{all_of(owing)} (sign-off)"] if owing else []
    if parts:
        return " and ".join(parts)
    if snapshot.waiting_on != "council":
        return HOLDERS.get(snapshot.waiting_on, snapshot.waiting_on)
    return case.workflow.department_label(stage.department) or "the council"


def _departments_holding(case: Case, on: date) -> tuple[list[str], list[str]]:
    """Give the departments whose objection blocks, and those that still owe an answer.

    A consultee whose time has gone by holds nothing up any more.
    """
    objecting, owing = [], []
    for signoff in case.snapshot.signoffs:
        label = case.workflow.department_label(signoff.department)
        if signoff.decision == "objected" and signoff.objection and signoff.objection.blocks:
            objecting.append(label)
        elif signoff.open and not (on > signoff.due_on and _is_consultee(case, signoff)):
            owing.append(label)
    return objecting, owing


def _is_consultee(case: Case, signoff: Signoff) -> bool:
    rules = case.workflow.transitions[signoff.trigger].signoffs
    return any(r.department == signoff.department and r.mode == "consultee" for r in rules)


def _rung(case: Case, occasion: Occasion) -> Rung | None:
    if case.closed_on is not None:
        return None
    return alerts.rung_reached(occasion)


def _notes(case: Case, on: date, overdue: int) -> tuple[str, ...]:
    if case.closed_on is not None:
        return ()
    found = []
    if overdue:
        found.append(f"{overdue} working day{'s' if overdue != 1 else ''} overdue")
    if case.snapshot.champion is None:
        found.append("no champion")
    elif not case.snapshot.champion.here_on(on):
        found.append("the champion has left")
    if any(s.decision == "objected" for s in case.snapshot.signoffs):
        found.append("objection")
    return tuple(found)


def _rank(case: Case, rung: Rung | None, overdue: int, notes: tuple[str, ...]) -> int:
    """Weigh attention: first the ladder, then what is overdue, then what else is wrong."""
    if case.closed_on is not None:
        return -1
    level = list(case.workflow.ladder).index(rung.level) + 1 if rung else 0
    return level * 10_000 + min(overdue, 999) * 10 + len(notes)
