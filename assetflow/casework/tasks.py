"""The tasks of a case: what the levels of the ladder it has reached call for, until it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select

from assetflow import ladder, queries
from assetflow import models as m
from assetflow.alerts import LADDER
from assetflow.casework.desk import Desk
from assetflow.guards import letter_facts_missing
from assetflow.ladder import Duty
from assetflow.queries import Case
from assetflow.snapshot import Person
from assetflow.workflow import CASE_ROLES

# Cases that are read at once, to list what somebody still has to do.
PART = 50


@dataclass(frozen=True, slots=True)
class Todo:
    """A task of a case: what calls for it, since and by when, when it was done, what to type."""

    name: str
    level: str
    label: str
    since: date
    due_on: date | None
    done_on: date | None
    command: str


def of_case(desk: Desk, case: Case) -> tuple[Todo, ...]:
    """List the tasks of an open case, done or not, as of the desk's day, oldest first."""
    if case.closed_on is not None:
        return ()
    found = ladder.duties(desk.bare_occasion(case.workflow, case.snapshot))
    return tuple(
        Todo(
            one.name, one.level.label, one.task.label, one.since, one.due_on, one.done_on,
            "" if one.done_on else _command(desk, case, one),
        )
        for one in found
    )  # fmt: skip


def of_person(desk: Desk, person: Person) -> Iterator[tuple[Case, Todo]]:
    """Give what is left to do on the cases that somebody answers for, one after the other.

    Only cases are read that have told of a level; whoever stands in for somebody sees theirs too.
    """
    ids = _in_place(desk, person)
    for start in range(0, len(ids), PART):
        for case in queries.load_cases(desk.db, ids[start : start + PART]):
            for todo in of_case(desk, case):
                if todo.done_on is None:
                    yield case, todo


def _in_place(desk: Desk, person: Person) -> Sequence[int]:
    """Give the open cases on which a person has a place and a level was told, oldest first."""
    c, r = m.cases.c, m.reminders.c
    held = {role: [person.id] for role in CASE_ROLES}
    for grant in person.grants:
        if grant.deputy_for and grant.role in held and grant.holds_on(desk.on):
            held[grant.role].append(grant.deputy_for)
    theirs = or_(c.officer_id.in_(held["case_officer"]), c.champion_id.in_(held["champion"]))
    query = (
        select(c.id)
        .join(m.reminders, and_(r.case_id == c.id, r.kind == LADDER))
        .where(and_(theirs, c.closed_on.is_(None)))
        .group_by(c.id)
        .order_by(func.min(r.due_on), c.id)
    )
    return desk.db.execute(query).scalars().all()


def _command(desk: Desk, case: Case, one: Duty) -> str:
    """Give what to type so that a task is done: facts to record, else a letter to send."""
    case_, done = case.reference, case.snapshot.recorded_on
    lacking = [name for name in one.task.facts if done.get(name, date.min) < one.since]
    steps = case.workflow.from_stage(case.snapshot.stage)
    if lacking:
        only_with = case.workflow.facts[lacking[0]].only_with
        given = " ".join(f'{name}="…"' for name in lacking)
        if not only_with:
            return f"assetflow case record {case_} {given}"
        return f"assetflow case advance {case_} {only_with[0]}"
    for letter in one.task.letters:
        if letter in case.workflow.letters:
            missing = letter_facts_missing([letter], desk.occasion(case))
            options = [f'--fact {item.fact}="…"' for item in missing]
            return " ".join([f"assetflow letter issue {case_} {letter}", *options])
        for step in steps:
            if letter in step.letters:
                return f"assetflow case advance {case_} {step.trigger}"
    return f"assetflow case next {case_}"
