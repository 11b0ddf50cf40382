"""The quick look at the record: the newest records of all journals, and where each of them ends.

It is what the doctor does on every visit; recomputing every journal is for ``db verify``.
"""

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select

from assetflow import chain, queries
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.chain import COUNCIL, Finding, Link, Payload

RECORDS = 500
MOST_FINDINGS = 20

_Chain = tuple[list[Link], dict[int, Payload]]


def findings(desk: Desk) -> list[Finding]:
    """List what is wrong with the newest records, and the journals that end elsewhere."""
    found = [*_ends(desk), *_tails(desk), *_council(desk)]
    return sorted(set(found))[:MOST_FINDINGS]


def _ends(desk: Desk) -> Iterator[Finding]:
    """Find the cases whose newest record is not the one that their row names."""
    c, j, beyond = m.cases, m.journal, m.journal.alias()
    newest = and_(j.c.case_id == c.c.id, j.c.position == c.c.version, j.c.hash == c.c.head)
    later = and_(beyond.c.case_id == c.c.id, beyond.c.position == c.c.version + 1)
    query = (
        select(c.c.reference, c.c.version)
        .outerjoin(j, newest)
        .outerjoin(beyond, later)
        .where(or_(j.c.id.is_(None), beyond.c.id.is_not(None)))
        .limit(MOST_FINDINGS)
    )
    for reference, version in desk.db.execute(query):
        yield Finding(reference, version, "is named as the newest record, and is not")


def _tails(desk: Desk) -> Iterator[Finding]:
    j = m.journal
    newest = select(j.c.case_id, j.c.position).order_by(j.c.id.desc()).limit(RECORDS).subquery()
    query = (
        select(newest.c.case_id, m.cases.c.reference, func.min(newest.c.position))
        .join(m.cases, m.cases.c.id == newest.c.case_id)
        .group_by(newest.c.case_id, m.cases.c.reference)
    )
    for case_id, reference, begin in desk.db.execute(query).all():
        yield from _verified(queries.chain_of(desk.db, case_id, reference, begin))


def _council(desk: Desk) -> Iterator[Finding]:
    head = queries.council_head(desk.db)
    if head is None:
        return
    found = queries.council_chain(desk.db, max(1, head.position - RECORDS + 1))
    yield from _verified(found)
    if not found[0] or found[0][-1].position != head.position:
        yield Finding(COUNCIL, head.position, "is named as the newest record, and is not")


def _verified(found: _Chain) -> list[Finding]:
    links, payloads = found
    erased = {position for words in payloads.values() for position in chain.erased_by(words)}
    return chain.verify(links, payloads, erased, tail=True)
