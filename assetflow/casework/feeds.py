"""The dates of one case, or all that fall due for one person, for the calendar they look at."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from assetflow import alerts, clocks, durable, queries
from assetflow import models as m
from assetflow.casework import dates
from assetflow.casework.dates import Dated
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput
from assetflow.feed import Event
from assetflow.files import fault_of, read_at_most
from assetflow.queries import Case
from assetflow.snapshot import Occasion, Person

# A calendar reminds twice: so many working days ahead, and on the last day to act.
AHEAD = 5
# Cases that ended longer ago than that are gone from calendars, too.
KEPT_DAYS = 366
_BEGIN = b"BEGIN:VCALENDAR"


def of_case(desk: Desk, case: Case) -> list[Event]:
    """Give the dates that run on a case, and those that ran and no longer do, to be taken out."""
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    return [*_running(occasion, case), *_gone(desk, occasion, case)]


def of_person(desk: Desk, person: Person) -> list[Event]:
    """Give everything that falls due for a person: on their cases, and what they are asked or told.

    Their cases are those of which they are officer or champion, or stand in for one. Of a case that
    has ended in the last year, its dates are taken out.
    """
    since = desk.on - timedelta(days=KEPT_DAYS)
    t = m.cases
    ids = select(t.c.id).where((t.c.closed_on.is_(None)) | (t.c.closed_on >= since))
    found: list[Event] = []
    every = list(desk.db.execute(ids.order_by(t.c.id)).scalars())
    for start in range(0, len(every), queries.BATCH):
        for case in queries.load_cases(desk.db, every[start : start + queries.BATCH]):
            found += _for(desk, person, case)
    return found


def _for(desk: Desk, person: Person, case: Case) -> list[Event]:
    if _is_theirs(person, case, desk.on):
        return of_case(desk, case)
    if case.closed_on is not None:
        return []
    occasion = desk.bare_occasion(case.workflow, case.snapshot)
    running = dates.of_case(case, occasion)
    return [_event(occasion, case, one) for one in running if _concerns(person, occasion, one)]


def _is_theirs(person: Person, case: Case, on: date) -> bool:
    places = (("case_officer", case.snapshot.officer), ("champion", case.snapshot.champion))
    return person.here_on(on) and any(
        seated is not None and (seated.id == person.id or person.stands_in_for(seated.id, role, on))
        for role, seated in places
    )


def _concerns(person: Person, occasion: Occasion, one: Dated) -> bool:
    """Tell whether a person is asked to sign by a date, or told of it in a role."""
    if one.kind == "sign-off":
        department = one.name.removeprefix("sign-off:")
        return person.holds("signatory", occasion.on, department)
    if one.kind == "level":
        told = occasion.workflow.ladder[one.name.removeprefix("level:")].to
    else:
        clock = occasion.workflow.clocks.get(one.name.removeprefix(f"{one.kind}:"))
        told = clock.to if clock is not None and clock.kind == one.kind else ()
    return any(person.holds(role, occasion.on) for role in told)


def _running(occasion: Occasion, case: Case) -> Iterator[Event]:
    for one in dates.of_case(case, occasion):
        yield _event(occasion, case, one)


def _event(occasion: Occasion, case: Case, one: Dated) -> Event:
    calendar, reference = occasion.calendar, case.reference
    act_by = f" Act by {one.act_by:%A} {one.act_by.day} {one.act_by:%B %Y}."
    said = [f"{one.kind.capitalize()}.{act_by if one.act_by != one.last_day else ''}"]
    if one.provisional:
        said.append("Provisional: bank holidays of that time are not published yet.")
    said.append(f"Why: assetflow case explain {reference} {one.name}")
    reminders = (calendar.add_working_days(one.act_by, -AHEAD), one.act_by)
    return Event(
        reference, one.name, one.last_day, _summary(case, one.label), "\n".join(said), case.version,
        reminders=reminders,
    )  # fmt: skip


def _summary(case: Case, label: str) -> str:
    return f"{case.reference} {case.asset.label}: {label}"


def _gone(desk: Desk, occasion: Occasion, case: Case) -> Iterator[Event]:
    """Give what may stand in a calendar from an earlier file and no longer runs."""
    running = {one.name for one in dates.of_case(case, occasion)}
    for name, label, day in _ran(desk, occasion, case):
        if name not in running:
            text = "This date no longer runs."
            summary = _summary(case, label)
            yield Event(case.reference, name, day, summary, text, case.version, cancelled=True)


def _ran(desk: Desk, occasion: Occasion, case: Case) -> Iterator[tuple[str, str, date]]:
    route, snapshot = case.workflow, case.snapshot
    over = case.closed_on or desk.on
    yield "target", f"{route.stages[snapshot.stage].label} target", over
    for reading in clocks.readings(route, snapshot, occasion.calendar, occasion.on):
        yield reading.clock.id, reading.clock.label, reading.due_on
    s, asked = m.signoffs, dict[str, date]()
    rows = select(s.c.department, s.c.due_on).where(s.c.case_id == case.id).order_by(s.c.id)
    asked.update((row.department, row.due_on) for row in desk.db.execute(rows))
    for department, due_on in asked.items():
        yield department, f"Sign-off by {route.department_label(department)}", due_on
    for fact in route.facts.values():
        promised = snapshot.facts.get(fact.name)
        if fact.due_in and isinstance(promised, date):
            yield fact.name, fact.label, promised
    if case.closed_on is None and alerts.ladder_start(occasion) is not None:
        return
    for rung in route.ladder.values():
        day = alerts.reached_on(route, rung, snapshot.received_on, occasion.calendar)
        if day > over:
            yield rung.level, f"Ladder: {rung.label}", day


def write(path: Path, text: str) -> None:
    """Write a calendar file, also over one that was written before, but over nothing else."""
    try:
        if path.exists() and read_at_most(path, len(_BEGIN))[: len(_BEGIN)] != _BEGIN:
            raise BadInput(
                f"{path} exists already and is no calendar; nothing was overwritten.",
                remedies=["name another file"],
            )
        durable.write_whole(path, text)
        durable.sync_names([path.parent])
    except OSError as error:
        raise fault_of(error)(
            f"{path} cannot be written. Nothing was changed.",
            reasons=[error.strerror or str(error)],
            remedies=["name a file in a folder that you can write to"],
        ) from error
