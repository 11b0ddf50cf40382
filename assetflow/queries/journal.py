"""The journals: records in the words of people, and chains with their heads and anchors."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, select

from assetflow import models as m
from assetflow.chain import COUNCIL, GENESIS, Head, Link, Payload
from assetflow.queries.rows import AnyRow
from assetflow.sql import Statement


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the journal, in the words of people."""

    position: int
    happened_on: date
    recorded_at: datetime
    actor: str
    action: str
    trigger: str | None
    from_stage: str | None
    to_stage: str | None
    why: str
    # None where the words were erased.
    detail: dict[str, Any] | None


def history(db: Connection, case_id: int) -> list[Entry]:
    """Give a case's journal in the order in which it was recorded."""
    j, p, words = m.journal, m.people, m.journal_payloads
    query = (
        select(j, p.c.name.label("actor"), words.c.text.label("words"))
        .join(p, p.c.id == j.c.actor_id)
        .outerjoin(words, and_(words.c.case_id == j.c.case_id, words.c.position == j.c.position))
        .where(j.c.case_id == case_id)
        .order_by(j.c.position)
    )
    return [_entry(row) for row in db.execute(query)]


def _entry(row: AnyRow) -> Entry:
    words: dict[str, Any] = json.loads(row.words) if row.words is not None else {}
    return Entry(
        row.position, row.happened_on, row.recorded_at, row.actor, row.action, row.trigger,
        row.from_stage, row.to_stage, words.get("why", ""), words.get("detail"),
    )  # fmt: skip


def instant_text(moment: datetime) -> str:
    """Give a moment as the chain writes it: UTC in ISO 8601."""
    return moment.astimezone(UTC).isoformat()


def chains(db: Connection) -> Iterator[tuple[str, list[Link], dict[int, Payload]]]:
    """Give every case's chain with its payloads one after the other, the council journal last."""
    for row in db.execute(select(m.cases.c.id, m.cases.c.reference).order_by(m.cases.c.reference)):
        links, payloads = chain_of(db, row.id, row.reference)
        yield row.reference, links, payloads
    links, payloads = council_chain(db)
    if links or council_head(db):
        yield COUNCIL, links, payloads


def _from(table: Table, *more: ColumnElement[bool]) -> Select[Any]:
    """Select the records of a journal, or their words, from a position on."""
    return select(table).where(table.c.position >= bindparam("begin"), *more)


_CHAIN = Statement(
    _from(m.journal, m.journal.c.case_id == bindparam("case")).order_by(m.journal.c.position)
)
_CHAIN_PAYLOADS = Statement(
    _from(m.journal_payloads, m.journal_payloads.c.case_id == bindparam("case"))
)
_COUNCIL_CHAIN = Statement(_from(m.council_journal).order_by(m.council_journal.c.position))
_COUNCIL_PAYLOADS = Statement(_from(m.council_payloads))


def chain_of(
    db: Connection, case_id: int, reference: str, begin: int = 1
) -> tuple[list[Link], dict[int, Payload]]:
    """Give one case's chain with its payloads, from a position on."""
    own = {"case": case_id, "begin": begin}
    links = [
        Link(
            reference, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, r.trigger, r.from_stage, r.to_stage, r.payload_digest,
            r.previous, r.hash,
        )
        for r in _CHAIN.rows(db, **own)
    ]  # fmt: skip
    found = _CHAIN_PAYLOADS.rows(db, **own)
    return links, {row.position: Payload(row.salt, row.text) for row in found}


def council_chain(db: Connection, begin: int = 1) -> tuple[list[Link], dict[int, Payload]]:
    """Give the chain of the council journal with its payloads, from a position on."""
    links = [
        Link(
            COUNCIL, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, None, None, None, r.payload_digest, r.previous, r.hash,
        )
        for r in _COUNCIL_CHAIN.rows(db, begin=begin)
    ]  # fmt: skip
    found = _COUNCIL_PAYLOADS.rows(db, begin=begin)
    return links, {row.position: Payload(row.salt, row.text) for row in found}


_NEWEST_OF_COUNCIL = Statement(
    select(m.council_journal.c.hash)
    .order_by(m.council_journal.c.position.desc())
    .limit(bindparam("one", 1))
)
_COUNTED_FOR_COUNCIL = Statement(select(m.counters.c.value).where(m.counters.c.name == COUNCIL))


def council_head(db: Connection) -> Head | None:
    """Give the newest record of the council journal; how many there must be stands apart."""
    newest, counted = _NEWEST_OF_COUNCIL.first(db), _COUNTED_FOR_COUNCIL.first(db)
    position = counted.value if counted else 0
    last = newest.hash if newest else GENESIS
    return Head(COUNCIL, position, last) if newest or position else None


def heads(db: Connection) -> list[Head]:
    """Give the newest record of every case, and of the council journal."""
    columns = (m.cases.c.reference, m.cases.c.version, m.cases.c.head)
    council = council_head(db)
    found = [Head(*row) for row in db.execute(select(*columns))]
    return found if council is None else [*found, council]


_NEWEST_ANCHOR = Statement(
    select(m.anchors).order_by(m.anchors.c.id.desc()).limit(bindparam("one", 1))
)


def newest_anchor(db: Connection) -> AnyRow | None:
    """Give the anchor that was taken last: its moment and root."""
    found: AnyRow | None = _NEWEST_ANCHOR.first(db)
    return found
