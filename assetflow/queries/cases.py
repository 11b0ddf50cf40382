"""Cases as commands read them, in a fixed number of statements however many there are."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, union_all

from assetflow import models as m
from assetflow.queries.directory import Who, persons
from assetflow.queries.references import case_id
from assetflow.queries.routes import workflows
from assetflow.queries.rows import (
    ASSET,
    GROUP,
    AnyRow,
    Asset,
    Case,
    Group,
    Told,
    by_case,
    fact_of,
    in_parts,
)
from assetflow.queries.signoffs import SIGNOFFS, newest, signoff_of
from assetflow.snapshot import Pause, Snapshot
from assetflow.sql import Statement, among, numbers, together

MOVES = ("opened", "advanced")
# No move is recorded as of a day before the one before it: the newest is the latest.
_MOVED_ON = (
    select(m.journal.c.happened_on)
    .where(m.journal.c.case_id == m.cases.c.id)
    .where(m.journal.c.action.in_([bindparam(move, move) for move in MOVES]))
    .order_by(m.journal.c.position.desc())
    .limit(bindparam("one", 1))
    .scalar_subquery()
    .label("moved_on")
)
_CASE = tuple(column for column in m.cases.c if column.name != "recorded_at")
_ASSET_AT = slice(len(_CASE), len(_CASE) + len(ASSET))
_GROUP_AT = slice(_ASSET_AT.stop, _ASSET_AT.stop + len(GROUP))


class _Reading:
    """What reads some cases: themselves, facts, sign-offs, letters sent, and who answers for them.

    ``which`` says of a column with the id of a case whether it is one of those.
    """

    def __init__(self, which: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> None:
        c, f, t, r = m.cases, m.facts, m.letters, m.reminders
        cases = (
            select(*_CASE, *ASSET, *GROUP, m.workflow_versions.c.sha256, _MOVED_ON)
            .join_from(c, m.assets)
            .join(m.groups, m.groups.c.id == c.c.group_id)
            .join(m.workflow_versions, m.workflow_versions.c.id == c.c.workflow_version_id)
            .where(which(c.c.id))
        )
        on_file = (f.c.case_id, f.c.name, f.c.value, f.c.happened_on)
        facts = select(*on_file).where(which(f.c.case_id))
        facts = facts.order_by(f.c.case_id, f.c.name)
        letters = (
            select(t.c.case_id, t.c.name, func.max(t.c.dated).label("dated"))
            .where(and_(which(t.c.case_id), t.c.recipient_kind == "group"))
            .group_by(t.c.case_id, t.c.name)
        )
        places = (select(place).where(which(c.c.id)) for place in (c.c.officer_id, c.c.champion_id))
        people = Who(m.people.c.id.in_(union_all(*places)))
        own = (cases, facts, SIGNOFFS.where(which(m.signoffs.c.case_id)), letters)
        self.about = (*map(Statement, own), *people.asked)
        self.told = Statement(select(r.c.case_id, r.c.kind, r.c.key).where(which(r.c.case_id)))
        self.lock = Statement(select(c.c.id).where(which(c.c.id)).with_for_update())


@lru_cache
def _among(count: int) -> _Reading:
    return _Reading(lambda column: among(column, count))


_EXACT = select(m.cases.c.id).where(m.cases.c.reference == bindparam("typed")).scalar_subquery()


_BY_ID, BY_EXACT_REFERENCE = _among(1), _Reading(lambda column: column == _EXACT)


def case(db: Connection, case_id: int) -> Case:
    """Read one case."""
    return load_cases(db, [case_id])[0]


def take_case(db: Connection, typed: str) -> tuple[Case, Told]:
    """Lock one case until the transaction ends, and read it with what was told about it.

    Typed as it is written, its reference is looked up, locked and read in one go.
    """
    found = _taken(db, BY_EXACT_REFERENCE, {"typed": typed.strip()})
    if found is None:
        found = _taken(db, _BY_ID, numbers([case_id(db, typed)], 1))
    assert found is not None  # noqa: S101 - it has just been found
    return found


def _taken(db: Connection, reading: "_Reading", values: dict[str, Any]) -> tuple[Case, Told] | None:
    asked = ((each, values) for each in (*reading.about, reading.told))
    *about, told = together(db, *asked, lock=(reading.lock, values))
    return next(
        ((case, {(row.kind, row.key) for row in told}) for case in _cases(db, about).values()), None
    )


def load_cases(db: Connection, ids: Sequence[int]) -> list[Case]:
    """Read cases in a fixed number of statements per batch, in the order of ``ids``."""
    loaded: dict[int, Case] = {}
    for part, count in in_parts(ids):
        values = numbers(part, count)
        loaded |= _cases(db, together(db, *((each, values) for each in _among(count).about)))
    return [loaded[case_id] for case_id in ids]


def _cases(db: Connection, about: Sequence[list[AnyRow]]) -> dict[int, Case]:
    """Make cases of the rows that a ``_Reading`` has asked for."""
    rows, recorded, asked, sent, *people = about
    routes = workflows(db, {row.sha256 for row in rows})
    known = persons(*people)
    facts, signoffs, letters = by_case(recorded), by_case(asked), by_case(sent)
    found = {}
    for row in rows:
        workflow = routes[row.sha256]
        snapshot = Snapshot(
            reference=row.reference,
            stage=row.stage,
            stage_since=row.stage_since,
            received_on=row.received_on,
            waiting_on=row.waiting_on,
            waiting_since=row.waiting_since,
            officer=known[row.officer_id],
            champion=known[row.champion_id] if row.champion_id else None,
            champion_since=row.champion_since,
            written_to_group_on=row.written_to_group_on,
            facts={fact.name: fact_of(workflow, fact) for fact in facts[row.id]},
            signoffs=tuple(map(signoff_of, newest(signoffs[row.id], row.stage_visit))),
            letters_sent={letter.name: letter.dated for letter in letters[row.id]},
            pauses=tuple(Pause(*one) for one in row.pauses),
            progress_on=row.progress_on or row.stage_since,
            recorded_on={fact.name: fact.happened_on for fact in facts[row.id]},
        )
        found[row.id] = Case(
            id=row.id,
            version=row.version,
            head=row.head,
            stage_visit=row.stage_visit,
            asset=Asset(*row[_ASSET_AT]),
            group=Group(*row[_GROUP_AT]),
            workflow=workflow,
            snapshot=snapshot,
            next_alert_on=row.next_alert_on,
            closed_on=row.closed_on,
            moved_on=row.moved_on,
        )
    return found


def reminded(db: Connection, ids: Sequence[int]) -> dict[int, Told]:
    """Give what has been told already, by case."""
    found: dict[int, Told] = defaultdict(set)
    for part, count in in_parts(ids):
        for row in _among(count).told.rows(db, **numbers(part, count)):
            found[row.case_id].add((row.kind, row.key))
    return found
