"""What concerns no single case: who may do it, and its own journal, chained like that of a case."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from assetflow import models as m
from assetflow import queries
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.chain import COUNCIL, GENESIS, SALT_BYTES, Link, Payload
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
    record.check_words(why, detail)
    words = json.dumps({"why": why, "detail": detail}, ensure_ascii=False, default=str)
    payload = Payload(secrets.token_hex(SALT_BYTES), words)
    # The counter's row is locked until the commit, so positions have no gap and no twin.
    position = record.numbers(desk, COUNCIL)
    head = queries.council_head(desk.db)
    unsealed = Link(
        COUNCIL, position, desk.on.isoformat(), queries.instant_text(desk.now),
        str(desk.actor.id), action, None, None, None, payload.digest(),
        head.hash if head else GENESIS,
    )  # fmt: skip
    _append(desk, replace(unsealed, hash=unsealed.computed()), payload)
    return position


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
