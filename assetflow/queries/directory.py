"""People, with the roles that they hold themselves and as deputies."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, cast, null, select, union_all

from assetflow import models as m
from assetflow.queries.finding import pick_one
from assetflow.queries.rows import AnyRow
from assetflow.snapshot import Grant, Person
from assetflow.sql import Statement, together


class Who:
    """What reads some people, with what they hold themselves and as deputies, in two statements."""

    def __init__(self, *where: ColumnElement[bool]) -> None:
        p, g, d = m.people, m.role_grants, m.deputies
        held = select(g.c.person_id, g.c.id, *(g.c[name] for name in _OF_GRANT), _NOBODY)
        lent = select(d.c.person_id, d.c.id, *(d.c[name] for name in _OF_GRANT), d.c.principal_id)
        self.asked = (
            Statement(select(*(p.c[name] for name in _OF_PERSON)).where(*where).order_by(p.c.name)),
            Statement(
                union_all(
                    held.join_from(p, g, g.c.person_id == p.c.id).where(*where),
                    lent.join_from(p, d, d.c.person_id == p.c.id).where(*where),
                )
            ),
        )

    def read(self, db: Connection, **values: Any) -> dict[int, Person]:
        """Give the people by id."""
        return persons(*together(db, *((each, values) for each in self.asked)))


def persons(rows: Iterable[AnyRow], held: Iterable[AnyRow]) -> dict[int, Person]:
    grants: dict[int, list[Grant]] = defaultdict(list)
    # What they hold themselves comes first; each in the order in which it was given.
    for row in sorted(held, key=lambda row: (row.principal_id is not None, row.id)):
        grants[row.person_id].append(_grant(row))
    return {row.id: _person(row, tuple(grants[row.id])) for row in rows}


_NOBODY = cast(null(), Integer).label("principal_id")
_OF_PERSON = ("id", "handle", "name", "job_title", "phone", "email", "left_on", "login")
_OF_GRANT = ("role", "department", "valid_from", "valid_to", "authority")
_EVERYBODY = Who()
_BY_HANDLE = Who(m.people.c.handle == bindparam("handle"))


def people(db: Connection) -> dict[int, Person]:
    """Give all people with their grants, by id."""
    return _EVERYBODY.read(db)


def _person(row: AnyRow, grants: tuple[Grant, ...]) -> Person:
    return Person(
        row.id, row.handle, row.name, row.job_title, row.phone, row.email, row.left_on, row.login,
        grants,
    )  # fmt: skip


def _grant(row: AnyRow) -> Grant:
    department, until = row.department or None, row.valid_to or date.max
    return Grant(row.role, department, row.valid_from, until, row.authority, row.principal_id)


def person(db: Connection, typed: str) -> Person:
    """Find one person by handle, name or a part of the name."""
    exact = _BY_HANDLE.read(db, handle=typed.strip().casefold())
    if exact:
        return next(iter(exact.values()))
    everyone = list(people(db).values())
    listing = "assetflow person list"
    return pick_one("person", typed, everyone, lambda p: (p.handle, p.name), listing)


def with_role(
    everyone: Iterable[Person], role: str, on: date, department: str | None = None
) -> list[Person]:
    """Give those who hold a role on a day."""
    return [p for p in everyone if p.holds(role, on, department)]
