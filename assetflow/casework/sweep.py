"""The sweep: tells each person once what has fallen due, as of a day.

What is due is a pure function of each case (``alerts.timeline``); what has been told is a row that
exists once per case, kind and key. So a missed day is caught up and a second run is silent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, update

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.alerts import Alert
from assetflow.casework import correspondence
from assetflow.casework.correspondence import Recipient
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput
from assetflow.guards import all_of
from assetflow.queries import Case
from assetflow.snapshot import Person

Progress = Callable[[int, int], None]
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


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, or with ``dry_run`` would do."""

    on: date
    cases: int
    told: tuple[Told, ...]


def sweep(desk: Desk, dry_run: bool = False, progress: Progress | None = None) -> Swept:
    """Queue a reminder for everything that has fallen due by the desk's day and was never told."""
    if desk.on > desk.today:
        raise BadInput("A sweep cannot be run for a day in the future.")
    ids = queries.ids_with_alert(desk.db, desk.on)
    everyone = list(queries.people(desk.db).values())
    told: list[Told] = []
    for start in range(0, len(ids), queries.BATCH):
        batch = ids[start : start + queries.BATCH]
        done = queries.reminded(desk.db, batch)
        for case in queries.load_cases(desk.db, batch):
            told += _sweep_case(desk, case, done[case.id], everyone, dry_run)
        if progress:
            progress(start + len(batch), len(ids))
    return Swept(desk.on, len(ids), tuple(told))


def _sweep_case(
    desk: Desk, case: Case, done: set[tuple[str, str]], everyone: Sequence[Person], dry_run: bool
) -> list[Told]:
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    new = [alert for alert in timeline if (alert.kind, alert.key) not in done]
    falling_due = [alert for alert in new if alert.on <= desk.on]
    highest = max((a.on for a in falling_due if a.kind == alerts.LADDER), default=None)
    told = []
    for alert in falling_due:
        # After missed months only the level now reached is news; the ones below it are noted.
        superseded = alert.kind == alerts.LADDER and alert.on != highest
        told.append(_tell(desk, case, alert, everyone, superseded, dry_run))
    if not dry_run:
        coming = min((alert.on for alert in new if alert.on > desk.on), default=None)
        desk.db.execute(update(m.cases).where(m.cases.c.id == case.id).values(next_alert_on=coming))
    return told


def _tell(
    desk: Desk,
    case: Case,
    alert: Alert,
    everyone: Sequence[Person],
    superseded: bool,
    dry_run: bool,
) -> Told:
    people, missing = recipients(case, alert, everyone, desk.on)
    names = tuple(person.name for person in people)
    number = None
    if not dry_run:
        number = None if superseded else _write_letter(desk, case, alert, people)
        _insert(desk, case, alert, names, number, superseded)
    return Told(
        case.reference, alert.kind, alert.title, alert.on, names, missing, number, superseded
    )


def recipients(
    case: Case, alert: Alert, everyone: Sequence[Person], on: date
) -> tuple[list[Person], tuple[str, ...]]:
    """Give the people an alert goes to, and the roles that nobody holds.

    Where nobody at all can be found, the case officer hears of it.
    """
    found: dict[int, Person] = {}
    missing = []
    for role in alert.roles:
        holders = _holders(case, role, everyone, on, alert.department)
        found.update({person.id: person for person in holders})
        if not holders:
            missing.append(case.workflow.role_label(role))
    officer = case.snapshot.officer
    return list(found.values()) or [officer], tuple(missing)


def _holders(
    case: Case, role: str, everyone: Sequence[Person], on: date, department: str | None
) -> list[Person]:
    if role == "case_officer":
        return [case.snapshot.officer]
    if role == "champion":
        return [case.snapshot.champion] if case.snapshot.champion else []
    narrowed = department if role == "signatory" else None
    return queries.with_role(everyone, role, on, narrowed)


def _write_letter(desk: Desk, case: Case, alert: Alert, people: Sequence[Person]) -> int:
    number = queries.last_letter_number(desk.db) + 1
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
        transition = case.workflow.transitions[signoff.trigger]
        for rule in transition.signoffs:
            if rule.department == signoff.department == alert.department:
                return transition, rule, signoff
    return None


def _insert(
    desk: Desk, case: Case, alert: Alert, names: Sequence[str], number: int | None, superseded: bool
) -> None:
    letter_id = queries.letter(desk.db, number).id if number is not None else None
    desk.db.execute(
        insert(m.reminders).values(
            case_id=case.id,
            kind=alert.kind,
            key=alert.key,
            title=alert.title,
            due_on=alert.on,
            sent_on=desk.on,
            recipients=all_of(names),
            letter_id=letter_id,
            recorded_at=desk.now,
            superseded=int(superseded),
        )
    )
