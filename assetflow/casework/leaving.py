"""People who leave, and who takes over: no case is left with somebody who is no longer there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import and_, or_, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import council, people, record
from assetflow.casework.desk import Desk
from assetflow.errors import Refused
from assetflow.permissions import ADMINISTRATOR
from assetflow.queries import Case
from assetflow.snapshot import Person


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who leaves, with the open cases that need another case officer or champion."""

    person: Person
    officer_of: tuple[str, ...]
    champion_of: tuple[str, ...]


def leave(desk: Desk, typed: str, last_day: date) -> Left:
    """Say that somebody leaves after their last day; from the next one on they may do nothing.

    Their open cases call for attention on that day. Raises ``Refused`` with every reason.
    """
    person = queries.person(desk.db, typed)
    reasons = list(_against(desk, person))
    if reasons:
        raise Refused(f"{person.name} was not recorded as leaving.", reasons=reasons)
    gone = last_day + timedelta(days=1)
    who = m.people.c.id == person.id
    desk.db.execute(update(m.people).where(who).values(left_on=gone, login=None))
    _look_again(desk, person, gone)
    left = Left(
        queries.people(desk.db)[person.id],
        queries.open_references(desk.db, m.cases.c.officer_id == person.id),
        queries.open_references(desk.db, m.cases.c.champion_id == person.id),
    )
    detail = {"person": person.handle, "last_day": last_day, "officer_of": left.officer_of,
              "champion_of": left.champion_of}  # fmt: skip
    council.enter(desk, "person_left", detail=detail)
    return left


def _against(desk: Desk, person: Person) -> Iterator[str]:
    missing = council.permission(desk, "grant_role")
    if missing:
        yield str(missing)
    if person.id == desk.actor.id:
        yield "Nobody records their own leaving; another administrator can."
    is_admin = any(g.role == ADMINISTRATOR and g.deputy_for is None for g in person.grants)
    if is_admin and not people.lasting_administrators(desk, without=person.id):
        yield "Nobody else is an administrator to stay; name another one first."


def _look_again(desk: Desk, person: Person, day: date) -> None:
    """Have the sweep look at their open cases on the day they are gone."""
    t = m.cases
    theirs = or_(t.c.officer_id == person.id, t.c.champion_id == person.id)
    later = or_(t.c.next_alert_on.is_(None), t.c.next_alert_on > day)
    mine = and_(theirs, later, t.c.closed_on.is_(None))
    desk.db.execute(update(t).where(mine).values(next_alert_on=day))


def name_officer(desk: Desk, case_typed: str, person_typed: str, why: str = "") -> Case:
    """Give a case to another case officer; never to its champion."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    officer = queries.person(desk.db, person_typed)
    reasons = list(_against_officer(desk, case, officer))
    if reasons:
        what = f"{officer.name} was not named as case officer of {case.reference}."
        raise Refused(what, reasons=reasons)
    detail = {"officer": officer.name, "before": case.snapshot.officer.name}
    given = replace(case, snapshot=replace(case.snapshot, officer=officer))
    columns = {"officer_id": officer.id}
    return record.change(desk, given, "officer_named", why=why, detail=detail, columns=columns)


def _against_officer(desk: Desk, case: Case, officer: Person) -> Iterator[str]:
    missing = record.permission(desk, case, "name_champion")
    if missing:
        yield str(missing)
    champion = case.snapshot.champion
    if champion and officer.id == champion.id:
        yield "The case officer must not be the champion: nobody answers to themselves."
    if not officer.here_on(desk.on):
        yield f"{officer.name} has left."
    if officer.id == case.snapshot.officer.id:
        yield f"{officer.name} is the case officer already."
    roles = case.workflow.rights["open_case"]
    if not any(officer.holds(role, desk.on) for role in roles):
        labels = ", ".join(case.workflow.role_label(role) for role in roles)
        yield f"{officer.name} holds no role that opens cases: {labels}."
