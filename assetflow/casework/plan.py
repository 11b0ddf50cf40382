"""The plan of a sweep: who would hear of what and why, by which way; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assetflow import alerts, outbox, queries
from assetflow.casework import digests, sweep
from assetflow.casework.desk import Desk
from assetflow.casework.telling import recipients
from assetflow.queries import Case
from assetflow.snapshot import Person


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that would be told: of which case, since when, why, and what it calls for."""

    reference: str
    asset: str
    kind: str
    title: str
    due_on: date
    why: str
    requires: str


@dataclass(frozen=True, slots=True)
class Hearer:
    """What one person would hear of, oldest first, and how.

    ``channel`` is ``mail``, or ``file`` where letters are files or no address is known. Of these
    things and those told before, ``today`` would stand in the digest of the day, ``later`` in
    others. Somebody may hear only of what an earlier digest had no room for.
    """

    person: str
    channel: str
    things: tuple[Thing, ...]
    today: int
    later: int


@dataclass(frozen=True, slots=True)
class Vacant:
    """What nobody would hear of in a role, because nobody holds it."""

    role: str
    channel: str
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep of a day would tell: the cases it looks at, who hears, and who does not.

    ``noted`` are levels of the ladder that would only be noted, because a higher one is reached.
    """

    on: date
    cases: int
    people: tuple[Hearer, ...]
    nobody: tuple[Vacant, ...]
    noted: tuple[Thing, ...]

    @property
    def count(self) -> int:
        """How many things would be told, each counted once."""
        return len({thing for hearer in self.people for thing in hearer.things})


def plan(desk: Desk, progress: sweep.Progress | None = None) -> Plan:
    """Say what a sweep of the desk's day would tell, and write nothing."""
    sweep.check_day(desk)
    ids = queries.ids_with_alert(desk.db, desk.on)
    everyone = list(queries.people(desk.db).values())
    heard: dict[int, list[Thing]] = {}
    missed: dict[str, list[Thing]] = {}
    noted: list[Thing] = []
    for start in range(0, len(ids), queries.BATCH):
        batch = ids[start : start + queries.BATCH]
        done = queries.reminded(desk.db, batch)
        for case in queries.load_cases(desk.db, batch):
            for alert, superseded in sweep.falling_due(desk, case, done[case.id])[0]:
                thing = _thing(case, alert)
                if superseded:
                    noted.append(thing)
                    continue
                people, missing = recipients(case, alert, everyone, desk.on)
                for person in people:
                    heard.setdefault(person.id, []).append(thing)
                for role in missing:
                    missed.setdefault(role, []).append(thing)
        if progress:
            progress(start + len(batch), len(ids))
    hearers = _hearers(desk, heard, {person.id: person for person in everyone})
    nobody = tuple(Vacant(role, "nobody", _ordered(things)) for role, things in missed.items())
    return Plan(desk.on, len(ids), hearers, nobody, _ordered(noted))


def _thing(case: Case, alert: alerts.Alert) -> Thing:
    return Thing(
        case.reference, case.asset.label, alert.kind, alert.title, alert.on, alert.sentence,
        alert.requires,
    )  # fmt: skip


def _hearers(
    desk: Desk, heard: dict[int, list[Thing]], people: dict[int, Person]
) -> tuple[Hearer, ...]:
    """Give those who would hear of anything, whoever has the oldest first."""
    waiting = digests.waiting(desk)
    found = []
    for person_id in {**heard, **waiting}:
        person, things = people[person_id], _ordered(heard.get(person_id, ()))
        count = len(things) + len(waiting.get(person_id, ()))
        had = outbox.number_of(desk.db, digests.key_of(person_id, desk.on)) is not None
        today = 0 if had or not person.here_on(desk.on) else min(count, digests.MOST)
        if things or today:
            channel = _channel(desk, person)
            found.append(Hearer(person.name, channel, things, today, count - today))
    return tuple(sorted(found, key=_oldest))


def _oldest(one: Hearer) -> tuple[date, str]:
    return (one.things[0].due_on if one.things else date.max, one.person)


def _channel(desk: Desk, person: Person) -> str:
    by_mail = desk.settings.delivery.channel != "folder" and person.email
    return "mail" if by_mail else "file"


def _ordered(things: Sequence[Thing]) -> tuple[Thing, ...]:
    return tuple(sorted(things, key=lambda thing: (thing.due_on, thing.reference, thing.title)))
