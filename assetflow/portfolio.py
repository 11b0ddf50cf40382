"""What stands where in the whole portfolio, counted by the database and not case by case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, case, func, null, select

from assetflow import facts as fact_values
from assetflow import models as m
from assetflow.snapshot import Pause

# Rows that are fetched at a time: as many cases as there are can stand on as many days.
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Group:
    """Open cases that came into the same stage on the same day and were paused alike.

    ``promised`` is the date on their file that takes the place of the stage's target.
    """

    stage: str
    since: date
    promised: date | None
    pauses: tuple[Pause, ...]
    cases: int


def versions(db: Connection, name: str) -> dict[int, str]:
    """Give the ids of all stored versions of a route, each with the hash of its text."""
    t = m.workflow_versions
    query = select(t.c.id, t.c.sha256).where(t.c.name == name).order_by(t.c.version)
    return {row.id: row.sha256 for row in db.execute(query)}


def standing(db: Connection, version_id: int, due_facts: Mapping[str, str]) -> Iterator[Group]:
    """Give the open cases of one route version in groups, by stage and the day they came there.

    ``due_facts`` names the fact that takes the place of a target, by stage.
    """
    c, f = m.cases, m.facts
    promise = case(dict(due_facts), value=c.c.stage) if due_facts else null()
    columns = (c.c.stage, c.c.stage_since, c.c.pauses, f.c.value)
    query = (
        select(*columns, func.count().label("cases"))
        .select_from(c)
        .outerjoin(f, and_(f.c.case_id == c.c.id, f.c.name == promise))
        .where(c.c.workflow_version_id == version_id, c.c.closed_on.is_(None))
        .group_by(*columns)
        .order_by(*columns)
    )
    for row in db.execute(query.execution_options(yield_per=CHUNK)):
        promised = None if row.value is None else fact_values.from_json("date", row.value)
        pauses = tuple(Pause(*one) for one in row.pauses)
        yield Group(row.stage, row.stage_since, promised, pauses, row.cases)
