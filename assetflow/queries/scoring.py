"""Scores of a case, and who has declared an interest in it."""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, bindparam, select

from assetflow import models as m
from assetflow.queries.rows import AnyRow
from assetflow.snapshot import Score
from assetflow.sql import Statement

_ID = bindparam("id", type_=Integer)

_SCORES = Statement(
    select(
        m.scores.c.criterion,
        m.people.c.name,
        m.scores.c.moderated,
        m.scores.c.score,
        m.scores.c.reason,
    )
    .join_from(m.scores, m.people, m.people.c.id == m.scores.c.scorer_id)
    .where(m.scores.c.case_id == _ID)
    .order_by(m.scores.c.id)
)
_INTERESTED = (
    select(m.people.c.name)
    .join_from(m.interests, m.people, m.people.c.id == m.interests.c.person_id)
    .where(m.interests.c.case_id == _ID)
)
_DECLARED = Statement(_INTERESTED)
_ASIDE = Statement(_INTERESTED.where(m.interests.c.steps_aside == 1))


def scores(db: Connection, case_id: int) -> list[Score]:
    """Give the scores of a case, in the order in which they were given."""
    return [
        Score(row.criterion, row.name, bool(row.moderated), row.score, row.reason)
        for row in _SCORES.rows(db, id=case_id)
    ]


def aside(db: Connection, case_id: int) -> frozenset[str]:
    """Name those who have declared an interest in a case and take no part in scoring it."""
    return frozenset(row.name for row in _ASIDE.rows(db, id=case_id))


def declared(db: Connection, case_id: int) -> frozenset[str]:
    """Name those who have declared an interest in a case, or that they have none."""
    return frozenset(row.name for row in _DECLARED.rows(db, id=case_id))


def interests(db: Connection, ids: Sequence[int]) -> list[AnyRow]:
    """List what was declared on cases, in the order of the cases and of the declarations."""
    i, p, c = m.interests, m.people, m.cases
    query = select(i.c.statement, i.c.steps_aside, i.c.declared_on, p.c.name, c.c.reference)
    query = query.join_from(i, p, p.c.id == i.c.person_id).join(c, c.c.id == i.c.case_id)
    return list(db.execute(query.where(i.c.case_id.in_(ids)).order_by(c.c.id, i.c.id)))
