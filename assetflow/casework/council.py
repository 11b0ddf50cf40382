"""What concerns no single case: who may do it, and its own journal, chained like that of a case."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.chain import COUNCIL, GENESIS, Link, Payload, short
from assetflow.delivery import folder
from assetflow.errors import Refused
from assetflow.snapshot import Unmet


def permission(desk: Desk, right: str) -> Unmet | None:
    """Give why the acting person may not use a council right, or None."""
    rights = desk.council_rights
    return desk.may(rights.rights[right], rights, None)


def check_right(desk: Desk, right: str, what: str) -> None:
    """Refuse what the acting person may not do; ``what`` begins the sentence."""
    missing = permission(desk, right)
    if missing is not None:
        raise Refused(f"{what}.", reasons=[str(missing)], remedies=["see: assetflow person list"])


def enter(desk: Desk, action: str, *, why: str = "", detail: Mapping[str, Any]) -> int:
    """Append a record to the council journal and give its position."""
    payload = record.payload_of(why, detail)
    # The counter's row is locked until the commit, so positions have no gap and no twin.
    position = record.numbers(desk, COUNCIL)
    head = queries.council_head(desk.db)
    unsealed = Link(
        COUNCIL, position, desk.on.isoformat(), queries.instant_text(desk.now),
        str(desk.actor.id), action, None, None, None, payload.digest(),
        head.hash if head else GENESIS,
    )  # fmt: skip
    _append(desk, unsealed.sealed(), payload)
    return position


def certificate(desk: Desk) -> str:
    """Give the code of the newest council record, for people to keep with their papers."""
    head = queries.council_head(desk.db)
    return short(head.hash) if head else ""


def ask_for_rewrite(desk: Desk) -> None:
    """Ask for the database file to be written anew once this is saved, whoever types next.

    Parts of erased words can stay behind in the free space of a file's pages.
    """
    t = m.counters
    asked = desk.db.execute(update(t).where(t.c.name == folder.REWRITE).values(value=1))
    if asked.rowcount == 0:
        desk.db.execute(insert(t).values(name=folder.REWRITE, value=1))


def _append(desk: Desk, link: Link, payload: Payload) -> None:
    desk.db.execute(
        insert(m.council_journal).values(
            position=link.position,
            happened_on=desk.on,
            recorded_at=desk.now,
            actor_id=desk.actor.id,
            action=link.action,
            payload_digest=link.payload_digest,
            previous=link.previous,
            hash=link.hash,
        )
    )
    desk.db.execute(
        insert(m.council_payloads).values(
            position=link.position, salt=payload.salt, text=payload.text
        )
    )
