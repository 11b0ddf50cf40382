"""Letters on their way by mail: queued with the change that made them, delivered after it."""

import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from assetflow import outbox, queries
from assetflow.casework import council, registers
from assetflow.casework.desk import Desk
from assetflow.errors import NotFound, Refused
from assetflow.outbox import QUEUED, SENT, TROUBLED, Message, Outcome

# What people of the council are to hear goes out with their digest.
_OF_THE_DIGEST = "person"


class Channel(Protocol):
    """A way by which messages leave."""

    def send(self, message: Message) -> Outcome:
        """Hand over one message, and tell what became of it."""

    def close(self) -> None:
        """Let go of what was open."""


@dataclass
class Delivered:
    """What a delivery did: how many messages came to which state, and those in trouble."""

    counts: dict[str, int] = field(default_factory=dict)
    troubled: list[tuple[Message, Outcome]] = field(default_factory=list)
    # Messages whose sender had died before, and were seen to by their policy.
    recovered: int = 0
    # Why nothing more could be sent.
    stopped: str = ""

    def note(self, message: Message, outcome: Outcome) -> None:
        """Count what became of a message."""
        self.counts[outcome.state] = self.counts.get(outcome.state, 0) + 1
        if outcome.state != SENT:
            self.troubled.append((message, outcome))


def queue(desk: Desk, letter: Mapping[str, Any]) -> None:
    """Queue a letter to each of its addresses, where letters go by mail."""
    told = desk.settings.delivery
    if told.channel == "folder" or letter["recipient_kind"] == _OF_THE_DIGEST:
        return
    addresses = addresses_of(letter["recipient_email"])
    if not addresses:
        return
    letter_id = queries.letter_id(desk.db, letter["number"])
    for place, address in enumerate(addresses, start=1):
        outbox.queue(
            desk.db, f"letter:{letter['number']}:{place}", case_id=letter["case_id"],
            letter_id=letter_id, address=address, recorded_at=desk.now,
            policy="retry" if letter["name"] in told.retry else "hold",
        )  # fmt: skip


def addresses_of(emails: str) -> list[str]:
    """Give the addresses that stand in one field, each once."""
    return list(dict.fromkeys(filter(None, re.split(r"[,;\s]+", emails))))


Writing = Callable[[], AbstractContextManager[Connection]]


def deliver(writing: Writing, channel: Channel, now: datetime, most: int = 100_000) -> Delivered:
    """Send what waits, oldest first, each message claimed and settled in its own transactions.

    Run by two at once, each message leaves from one of them.
    """
    token, done = secrets.token_hex(16), Delivered()
    try:
        with writing() as db:
            done.recovered = outbox.recover(db, now)
        for _ in range(most):
            with writing() as db:
                message = outbox.claim(db, token, now)
            if message is None:
                break
            outcome = channel.send(message)
            with writing() as db:
                outbox.settle(db, message, token, outcome, now)
            done.note(message, outcome)
            if outcome.all:
                done.stopped = outcome.problem
                break
    finally:
        channel.close()
    return done


def message_typed(desk: Desk, typed: str) -> Message:
    """Find a message by its number as typed; raises ``NotFound``."""
    digits = typed.strip().lstrip("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        what = f"There is no message {typed[:80]!r}; messages have numbers."
        raise NotFound(what, remedies=["see them: assetflow outbox list"])
    found = outbox.one(desk.db, int(digits))
    if found is None:
        raise NotFound(f"There is no message {digits}.", remedies=["assetflow outbox list"])
    return found


def release(desk: Desk, typed: str, address: str = "", *, arrived: bool = False) -> Message:
    """Send a message again that failed or is in doubt, or note that it arrived after all.

    Raises ``Refused`` for one that needs no decision, ``NotFound`` where there is none.
    """
    message = message_typed(desk, typed)
    number = message.id
    council.check_right(desk, "keep_groups", f"Message {number} stays as it is")
    if message.state not in (*TROUBLED, QUEUED):
        raise Refused(
            f"Message {number} needs no decision: it is {message.state}.",
            remedies=["those that do: assetflow outbox list"],
        )
    if arrived:
        outbox.note_sent(desk.db, number, desk.now)
    else:
        if address:
            registers.check_address(address)
        outbox.release(desk.db, number, address)
    detail = {"message": number, "arrived": arrived, "address_changed": bool(address)}
    council.enter(desk, "message_released", why="", detail=detail)
    return outbox.one(desk.db, number) or message
