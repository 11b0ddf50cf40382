"""The digest: one message a person a day, with what they are to act on, oldest first.

What a sweep tells is a reminder for each thing and each person. Their digest takes up those that no
digest has held yet, so much of it as one can read in a day; the rest waits for the next day.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import and_, select, update

from assetflow import models as m
from assetflow import outbox, queries
from assetflow.casework import record, tasks
from assetflow.casework.desk import Desk
from assetflow.facts import show
from assetflow.queries import Case
from assetflow.snapshot import Person

LETTER = "digest"
# So many things are read in one go; more would be laid aside.
MOST = 20
_LINE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest: to whom, of how many things, and how many more wait for the next day."""

    person: str
    things: int
    more: int


def write(desk: Desk) -> list[Digest]:
    """Write the digest of everybody who has something new to act on and had none today."""
    # Two sweeps at once wait for each other here, so nobody gets two.
    record.numbers(desk, LETTER)
    found = waiting(desk)
    people = queries.people(desk.db)
    written = []
    for person_id, items in sorted(found.items()):
        key = key_of(person_id, desk.on)
        person = people[person_id]
        if outbox.number_of(desk.db, key) is not None or not person.here_on(desk.on):
            continue
        _store(desk, key, person, items[:MOST], more=len(items[MOST:]))
        written.append(Digest(person.name, len(items[:MOST]), len(items[MOST:])))
    return written


def key_of(person_id: int, on: date) -> str:
    """Give what the digest of a person and a day is called in the outbox."""
    return f"{LETTER}:{person_id}:{on.isoformat()}"


def waiting(desk: Desk) -> dict[int, list[Any]]:
    """Give what no digest has held yet, by person, oldest first; not of cases that have ended."""
    w, r, c, a = m.reminder_people, m.reminders, m.cases, m.assets
    query = (
        select(w, r.c.title, r.c.requires, r.c.due_on, c.c.reference, a.c.name)
        .join(r, r.c.id == w.c.reminder_id)
        .join(c, c.c.id == r.c.case_id)
        .join(a, a.c.id == c.c.asset_id)
        .where(and_(w.c.digest_id.is_(None), c.c.closed_on.is_(None)))
        .order_by(r.c.due_on, r.c.id)
    )
    found: dict[int, list[Any]] = {}
    for row in desk.db.execute(query):
        found.setdefault(row.person_id, []).append(row)
    return found


def _store(desk: Desk, key: str, person: Person, items: Sequence[Any], more: int) -> None:
    rendered = desk.letters.render(LETTER, _context(desk, person, items, more))
    number = outbox.queue(
        desk.db, key, person_id=person.id, address=person.email, subject=rendered.subject,
        text=rendered.text, html=rendered.html, policy="hold", recorded_at=desk.now,
    )  # fmt: skip
    t = m.reminder_people
    for item in items:
        one = and_(t.c.reminder_id == item.reminder_id, t.c.person_id == person.id)
        desk.db.execute(update(t).where(one).values(digest_id=number))


def _context(desk: Desk, person: Person, items: Sequence[Any], more: int) -> dict[str, Any]:
    return {
        "today": desk.on,
        "council": asdict(desk.settings.council),
        "recipient": {"name": person.name, "address_lines": [], "email": person.email},
        "digest": {"count": len(items), "more": more, "groups": _groups(items),
                   **_tasks(desk, person)},
    }  # fmt: skip


def _tasks(desk: Desk, person: Person) -> dict[str, Any]:
    """Give what the ladder still calls for on somebody's cases, so much as one reads in a go."""
    found = list(islice(tasks.of_person(desk, person), MOST + 1))
    return {
        "tasks": [_task(case, todo) for case, todo in found[:MOST]],
        "more_tasks": len(found) > MOST,
    }


def _task(case: Case, todo: tasks.Todo) -> str:
    by = f"by {show(todo.due_on)}" if todo.due_on else f"since {show(todo.since)}"
    label = todo.label[:1].upper() + todo.label[1:]
    return f"{case.reference}, {case.asset.label}: {label} ({todo.level}, {by})"


def _groups(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Put together what calls for the same thing, in the order of the oldest of each."""
    groups: dict[str, list[str]] = {}
    for item in items:
        groups.setdefault(_heading(item.requires), []).append(_line(item))
    return [{"to_do": to_do, "lines": lines} for to_do, lines in groups.items()]


def _heading(requires: str) -> str:
    words = _LINE.sub(" ", requires).strip() or "look at it"
    return words[:1].upper() + words[1:]


def _line(item: Any) -> str:
    since: date = item.due_on
    return f"{item.reference}, {item.name}: {item.title} ({show(since)})"
