"""Evidence: what shows that a department said what was recorded for it, kept with the case."""

import hashlib

from sqlalchemy import insert, select

from assetflow import models as m
from assetflow import queries
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, NotFound
from assetflow.queries import Case

# An email with a scanned letter is a few megabytes; more is a mistake.
LARGEST = 10 * 1024 * 1024


def keep(desk: Desk, case: Case, name: str, content: bytes) -> int:
    """Keep a file as evidence and give its id; the same file is kept once a case.

    Raises ``BadInput`` where it is empty or over 10 MB.
    """
    if not content:
        raise BadInput(f"The evidence {name} is empty.")
    if len(content) > LARGEST:
        raise BadInput(f"The evidence {name} is over 10 MB.", remedies=["hand in a smaller one"])
    table, digest = m.evidence, hashlib.sha256(content).hexdigest()
    same = select(table.c.id).where(table.c.case_id == case.id, table.c.sha256 == digest)
    known = desk.db.execute(same).scalar()
    if known is not None:
        return int(known)
    row = {
        "case_id": case.id, "name": name, "sha256": digest, "size": len(content),
        "content": content, "recorded_by_id": desk.actor.id, "recorded_at": desk.now,
    }  # fmt: skip
    return queries.new_id(desk.db.execute(insert(table).values(row)))


def of_signoff(desk: Desk, signoff_id: int) -> tuple[str, str, bytes]:
    """Give the name, SHA-256 and bytes of the evidence of a sign-off; raises ``NotFound``."""
    s, e = m.signoffs, m.evidence
    query = select(e.c.name, e.c.sha256, e.c.content).join(s, s.c.evidence_id == e.c.id)
    row = desk.db.execute(query.where(s.c.id == signoff_id)).one_or_none()
    if row is None:
        raise NotFound("No file was handed in as evidence of this answer.")
    if row.content is None:
        raise NotFound(f"The evidence {row.name} was erased; its hash was {row.sha256}.")
    return row.name, row.sha256, row.content
