"""Letters on their way by mail: queued with the change that made them, delivered after it."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from assetflow import outbox, queries
from assetflow.casework import council, registers
from assetflow.casework.desk import Desk
from assetflow.delivery import folder
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.outbox import (
    FAILED,
    POST,
    QUEUED,
    SENT,
    TROUBLED,
    UNDERWAY,
    Attachment,
    Message,
    Outcome,
)

# Services keep what they were handed for a week; less a day.
FORGOTTEN = timedelta(days=6)
# What GOV.UK Notify posts at most.
MAX_PDF = 2 * 1024 * 1024
# What people of the council are to hear goes out with their digest.
_OF_THE_DIGEST = "person"


class Channel(Protocol):
    """Whom messages are handed to: by which ways, and whether it can be asked afterwards."""

    name: str
    ways: Sequence[str]
    asks: bool

    def send(self, message: Message) -> Outcome:
        """Hand over one message, and tell what became of it."""

    def follow(self, message: Message) -> Outcome:
        """Ask what became of a message that was handed over, or may have been."""

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
        if outcome.state not in (SENT, UNDERWAY):
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


def post(desk: Desk, letter: Any, pdf: bytes) -> Message:
    """Queue a letter to be printed and posted for the council, from its PDF.

    A letter is posted once; raises ``Refused`` where nobody here posts letters.
    """
    council.check_right(desk, "keep_groups", f"Letter {letter.number} was not posted")
    if desk.settings.delivery.channel != "notify":
        raise Refused(
            f"Letter {letter.number} was not posted: nobody posts letters for you.",
            reasons=["Only GOV.UK Notify does, and letters do not go by it here."],
            remedies=["print it, or see docs/how-to/send-letters-by-notify.md"],
        )
    if folder.is_erased(letter):
        raise Refused(f"Letter {letter.number} was not posted: its words were erased.")
    if not pdf.startswith(b"%PDF-"):
        raise BadInput("That is no PDF.", remedies=["print the letter into a PDF, and name that"])
    key = f"letter:{letter.number}:post"
    if (known := outbox.number_of(desk.db, key)) is not None:
        _check_replaceable(outbox.one(desk.db, known), letter)
        outbox.files.take_the_place(desk.db, known, _pdf_of(letter, pdf))
        outbox.release(desk.db, known)
    else:
        known = outbox.queue(
            desk.db, key, [_pdf_of(letter, pdf)], way=POST, case_id=letter.case_id,
            letter_id=letter.id, address=letter.recipient_name, recorded_at=desk.now,
            policy="retry" if letter.name in desk.settings.delivery.retry else "hold",
        )  # fmt: skip
    detail = {"letter": letter.number, "message": known, "pdf_sha256": _pdf_of(letter, pdf).sha256}
    council.enter(desk, "letter_posted", why="", detail=detail)
    return message_typed(desk, str(known))


def _pdf_of(letter: Any, pdf: bytes) -> Attachment:
    return Attachment(f"{letter.number:05d}-{letter.name}.pdf", "application/pdf", pdf)


def _check_replaceable(message: Message | None, letter: Any) -> None:
    """Refuse a second PDF for a letter, unless the first came to nothing."""
    if message is not None and message.state != FAILED:
        raise Refused(
            f"Letter {letter.number} was not posted again: message {message.id} is "
            f"{message.state}.",
            remedies=["what can be done: assetflow outbox list --all"],
        )


def addresses_of(emails: str) -> list[str]:
    """Give the addresses that stand in one field, each once."""
    return list(dict.fromkeys(filter(None, re.split(r"[,;\s]+", emails))))


Writing = Callable[[], AbstractContextManager[Connection]]


def deliver(writing: Writing, channel: Channel, now: datetime) -> Delivered:
    """Send what waits, oldest first, each message claimed before it leaves and settled after it.

    Run by two at once, each message leaves from one of them.
    """
    done = Delivered()
    try:
        with writing() as db:
            done.recovered = outbox.recover(db, now)
        if channel.asks:
            _follow(writing, channel, now, done)
        if not done.stopped:
            _send_all(writing, channel, now, done)
    finally:
        channel.close()
    return done


def _send_all(writing: Writing, channel: Channel, now: datetime, done: Delivered) -> None:
    token = secrets.token_hex(16)
    with writing() as db:
        message = outbox.claim(db, token, now, channel.name, channel.ways)
    while message is not None:
        sent, outcome = message, channel.send(message)
        with writing() as db:
            outbox.settle(db, sent, token, outcome, now)
            # In the same commit: on a disk that syncs, commits are what takes the time.
            going_on = not outcome.all
            message = outbox.claim(db, token, now, channel.name, channel.ways) if going_on else None
        done.note(sent, outcome)
        if outcome.all:
            done.stopped = outcome.problem


def _follow(writing: Writing, channel: Channel, now: datetime, done: Delivered) -> None:
    """Ask after every message of which it is not known what became, and note what is new."""
    with writing() as db:
        waiting = outbox.to_follow(db, channel.name)
    for message in waiting:
        outcome = channel.follow(message)
        if outcome.all:
            done.stopped = outcome.problem
            return
        if outcome.state == message.state or not _is_believed(message, outcome, now):
            continue
        with writing() as db:
            settled = outbox.settle_followed(db, message, outcome, now)
        if settled and outcome.state != QUEUED:
            done.note(message, outcome)


def _is_believed(message: Message, outcome: Outcome, now: datetime) -> bool:
    """Tell whether a message that is not known there has indeed never arrived there.

    What was sent just now may still be on its way; what is old, or was known there once, may have
    been forgotten.
    """
    if outcome.state != QUEUED:
        return True
    since = message.claimed_at
    return bool(since and outbox.LEASE < now - since < FORGOTTEN and not message.remote_id)


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
    if address and message.way == POST:
        raise BadInput(
            f"Message {number} goes by post: its address stands in its PDF.",
            remedies=["make the PDF anew, and give it: assetflow letter post"],
        )
    # Who hands letters over may have changed, and nobody is left to tell the end of this one.
    if message.state not in (*TROUBLED, QUEUED) and not (arrived and message.state == UNDERWAY):
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
