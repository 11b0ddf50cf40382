"""Telling people of an alert, once: who hears of it, the letter, and the row that it was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, and_, bindparam, select

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.alerts import Alert
from assetflow.casework import correspondence, record
from assetflow.casework.correspondence import Recipient
from assetflow.casework.desk import Desk
from assetflow.guards import all_of
from assetflow.queries import Case
from assetflow.snapshot import Person
from assetflow.sql import Statement, inserting

_LETTERS = {alerts.LADDER: "ladder_alert", "signoff_overdue": "signoff_reminder"}
_OTHER_LETTER = "champion_reminder"


@dataclass(frozen=True, slots=True)
class Told:
    """One reminder of a sweep: about which case, what, and to whom."""

    reference: str
    kind: str
    title: str
    due_on: date
    recipients: tuple[str, ...]
    missing_roles: tuple[str, ...]
    letter: int | None
    superseded: bool


def tell(
    desk: Desk,
    case: Case,
    alert: Alert,
    everyone: Sequence[Person],
    *,
    superseded: bool = False,
) -> Told:
    """Tell people of one alert: a letter to all of them, and the row that it was told.

    A ``superseded`` alert is only noted.
    """
    people, missing = recipients(case, alert, everyone, desk.on)
    names = tuple(person.name for person in people)
    number = None if superseded else _write_letter(desk, case, alert, people)
    _insert(desk, case, alert, people, number, superseded)
    return Told(
        case.reference, alert.kind, alert.title, alert.on, names, missing, number, superseded
    )


def recipients(
    case: Case, alert: Alert, everyone: Sequence[Person], on: date
) -> tuple[list[Person], tuple[str, ...]]:
    """Give the people an alert goes to, and the roles that nobody holds.

    Nobody who has left is written to. Where nobody at all can be found, the case officer hears
    of it.
    """
    found: dict[int, Person] = {}
    missing = []
    for role in alert.roles:
        holders = _holders(case, role, everyone, on, alert.department)
        found.update({person.id: person for person in holders})
        if not holders:
            missing.append(case.workflow.role_label(role))
    return list(found.values()) or _in_charge(case, everyone, on), tuple(missing)


def _in_charge(case: Case, everyone: Sequence[Person], on: date) -> list[Person]:
    """Give the case officer, or those who could be one where the officer has left."""
    officer, roles = case.snapshot.officer, case.workflow.rights["open_case"]
    colleagues = [p for p in everyone if any(p.holds(role, on) for role in roles)]
    return [officer] if officer.here_on(on) or not colleagues else colleagues


def _holders(
    case: Case, role: str, everyone: Sequence[Person], on: date, department: str | None
) -> list[Person]:
    places = {"case_officer": case.snapshot.officer, "champion": case.snapshot.champion}
    if role in places:
        person = places[role]
        if person is None or not person.here_on(on):
            return []
        # Whoever stands in while somebody is away hears of it too.
        return [person, *(one for one in everyone if one.stands_in_for(person.id, role, on))]
    narrowed = department if role == "signatory" else None
    return queries.with_role(everyone, role, on, narrowed)


def _write_letter(desk: Desk, case: Case, alert: Alert, people: Sequence[Person]) -> int:
    number = record.numbers(desk, "letter")
    names = [person.name for person in people]
    emails = ", ".join(person.email for person in people if person.email)
    recipient = Recipient("person", all_of(names), emails)
    letter = _LETTERS.get(alert.kind, _OTHER_LETTER)
    correspondence.write(
        desk, case, letter, number, recipient, alert=alert, recipients=names,
        signoff=_signoff_of(case, alert),
    )  # fmt: skip
    return number


def _signoff_of(case: Case, alert: Alert) -> correspondence.SignoffContext | None:
    for signoff in case.snapshot.signoffs:
        started = signoff.objection if alert.kind.startswith("objection") else signoff
        if alert.department is None or started is None or str(started.id) != alert.key:
            continue
        transition = case.workflow.transitions[signoff.trigger]
        for rule in transition.signoffs:
            if rule.department == signoff.department:
                return transition, rule, signoff
    return None


def _insert(
    desk: Desk, case: Case, alert: Alert, people: Sequence[Person], number: int | None,
    superseded: bool,
) -> None:  # fmt: skip
    desk.told.pop(case.id, None)
    _REMINDERS.run(
        desk.db,
        case_id=case.id,
        kind=alert.kind,
        key=alert.key,
        title=alert.title,
        due_on=alert.on,
        sent_on=desk.on,
        recipients=all_of([person.name for person in people]),
        requires=alert.requires,
        letter_id=None if number is None else queries.letter_id(desk.db, number),
        recorded_at=desk.now,
        superseded=int(superseded),
    )
    if not superseded:
        for person in people:
            _FOR_PEOPLE.run(desk.db, case=case.id, kind=alert.kind, key=alert.key, who=person.id)


_REMINDERS = inserting(m.reminders)
_FOR_PEOPLE = Statement(
    m.reminder_people.insert().from_select(
        ["reminder_id", "person_id"],
        select(m.reminders.c.id, bindparam("who", type_=Integer)).where(
            and_(
                m.reminders.c.case_id == bindparam("case"),
                m.reminders.c.kind == bindparam("kind"),
                m.reminders.c.key == bindparam("key"),
            )
        ),
    )
)
