"""The rows of the outbox: what is queued, claimed, sent, refused, or in doubt.

A row is claimed in a transaction of its own before anything leaves the machine, and settled in
another one afterwards. Whoever dies in between leaves a claim: after ``LEASE`` nobody can be at
work on it any more, and whether it arrived is not known. What is to be done then is the row's own
``policy``: *retry* sends it again (it may come twice), *hold* leaves it to people (it may never
come). Both cannot be avoided at once: no mail server takes back what it has taken.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from assetflow import models as m
from assetflow.outbox import files
from assetflow.outbox.message import (
    EMAIL,
    FAILED,
    POST,
    QUEUED,
    SENDING,
    SENT,
    STATES,
    TROUBLED,
    UNDERWAY,
    UNKNOWN,
    Attachment,
    Message,
    Outcome,
)

__all__ = [
    "EMAIL",
    "FAILED",
    "POST",
    "QUEUED",
    "SENDING",
    "SENT",
    "STATES",
    "TROUBLED",
    "UNDERWAY",
    "UNKNOWN",
    "Attachment",
    "Message",
    "Outcome",
]

# Longer than all time limits of one message together.
LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)
# With these waits, the last try is two days after the first: as long as mail servers try.
MOST_TRIES = 14
# What the keys of digests begin with.
DIGEST = "digest:"


def queue(db: Connection, key: str, attached: Sequence[Attachment] = (), **values: Any) -> int:
    """Put a message into the outbox and give its number; one that is there stays as it is."""
    known = number_of(db, key)
    if known is not None:
        return known
    new = insert(m.outbox).values(key=key, state=QUEUED, **values).returning(m.outbox.c.id)
    number = int(db.execute(new).scalar_one())
    files.put(db, number, attached)
    return number


def number_of(db: Connection, key: str) -> int | None:
    """Give the number of the message with a key, or None where there is none."""
    t = m.outbox
    return db.execute(select(t.c.id).where(t.c.key == key)).scalar()


def claim(
    db: Connection, token: str, now: datetime, channel: str = "smtp", ways: Sequence[str] = (EMAIL,)
) -> Message | None:
    """Take the oldest message that may be sent now; nobody else gets it. None where there is none.

    Commit before it is sent: only then is it known to all that somebody is at work on it.
    """
    t = m.outbox
    is_time = or_(t.c.next_try_at.is_(None), t.c.next_try_at <= now)
    oldest = (
        select(t.c.id)
        .where(and_(t.c.state == QUEUED, t.c.address != "", t.c.way.in_(ways), is_time))
        .order_by(t.c.id)
        .limit(1)
    )
    found = db.execute(oldest.with_for_update(skip_locked=True)).scalar()
    if found is None:
        return None
    values = {
        "state": SENDING, "claim": token, "claimed_at": now, "attempts": t.c.attempts + 1,
        "channel": channel,
    }  # fmt: skip
    db.execute(update(t).where(t.c.id == found).values(values))
    message = _one(db, t.c.id == found)
    return message and replace(message, files=files.of(db, found))


def settle(db: Connection, message: Message, token: str, outcome: Outcome, now: datetime) -> bool:
    """Note what became of a claimed message; False where the claim was no longer ours."""
    t, state = m.outbox, outcome.state
    if state == UNKNOWN and message.policy == "retry":
        state = QUEUED
    if state == QUEUED and message.attempts >= MOST_TRIES:
        state = FAILED
    values = {
        "state": state, "problem": outcome.problem, "claim": "",
        "remote_id": outcome.remote_id or message.remote_id,
        "next_try_at": now + wait(message.attempts) if state == QUEUED else None,
        "sent_at": now if state == SENT else None,
    }  # fmt: skip
    ours = and_(t.c.id == message.id, t.c.claim == token, t.c.state == SENDING)
    done = bool(db.execute(update(t).where(ours).values(values)).rowcount)
    if done and state == SENT:
        files.let_go(db, t.c.id == message.id)
    return done


def to_follow(db: Connection, channel: str) -> list[Message]:
    """List the messages of a channel of which it is not known what became: underway or in doubt."""
    t = m.outbox
    which = and_(t.c.channel == channel, t.c.state.in_([UNDERWAY, UNKNOWN]))
    return [_message(row) for row in db.execute(_messages().where(which).order_by(t.c.id))]


def settle_followed(db: Connection, message: Message, outcome: Outcome, now: datetime) -> bool:
    """Note what became of a message that was asked after; False where somebody else has."""
    t = m.outbox
    values = {
        "state": outcome.state, "problem": outcome.problem, "next_try_at": None,
        "sent_at": now if outcome.state == SENT else None,
        "remote_id": outcome.remote_id or message.remote_id,
    }  # fmt: skip
    as_it_was = and_(
        t.c.id == message.id, t.c.state == message.state, t.c.remote_id == message.remote_id,
        t.c.attempts == message.attempts,
    )  # fmt: skip
    done = bool(db.execute(update(t).where(as_it_was).values(values)).rowcount)
    if done and outcome.state == SENT:
        files.let_go(db, t.c.id == message.id)
    return done


def wait(attempts: int) -> timedelta:
    """Give how long to wait before the next try: twice as long each time, up to six hours."""
    doublings = max(0, min(attempts, 20) - 1)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def recover(db: Connection, now: datetime) -> int:
    """See to the messages whose sender died, each by its policy, and count them."""
    t = m.outbox
    left = and_(t.c.state == SENDING, t.c.claimed_at < now - LEASE)
    problem = "The sending broke off; it is not known whether it arrived."
    values = {"problem": problem, "claim": ""}
    again = update(t).where(and_(left, t.c.policy == "retry"))
    held = update(t).where(and_(left, t.c.policy == "hold"))
    count = db.execute(again.values(state=QUEUED, **values)).rowcount
    return count + db.execute(held.values(state=UNKNOWN, **values)).rowcount


def release(db: Connection, number: int, address: str = "") -> None:
    """Queue a message again, to another address where one is given."""
    t = m.outbox
    values = {"state": QUEUED, "problem": "", "attempts": 0, "next_try_at": None}
    values |= {"address": address} if address else {}
    db.execute(update(t).where(t.c.id == number).values(values))


def note_sent(db: Connection, number: int, now: datetime) -> None:
    """Note that a message whose fate was not known has arrived, as somebody has found out."""
    t = m.outbox
    db.execute(update(t).where(t.c.id == number).values(state=SENT, problem="", sent_at=now))
    files.let_go(db, t.c.id == number)


def one(db: Connection, number: int) -> Message | None:
    """Give one message by its number."""
    return _one(db, m.outbox.c.id == number)


def _one(db: Connection, which: ColumnElement[bool]) -> Message | None:
    row = db.execute(_messages().where(which)).first()
    return None if row is None else _message(row)


def listed(
    db: Connection, states: Sequence[str] = STATES, case_id: int | None = None, most: int = 1000
) -> list[Message]:
    """List messages, oldest first: those in some states, of one case or of all."""
    t = m.outbox
    query = _messages().where(t.c.state.in_(states)).order_by(t.c.id).limit(most)
    if case_id is not None:
        query = query.where(t.c.case_id == case_id)
    return [_message(row) for row in db.execute(query)]


def unfiled_digests(db: Connection, *, without_address: bool) -> list[Message]:
    """List the digests that are to become files: all, or those of people without an address."""
    t = m.outbox
    which = and_(t.c.state == QUEUED, t.c.key.startswith(DIGEST))
    which = and_(which, t.c.address == "") if without_address else which
    query = _messages().where(which).order_by(t.c.id).with_for_update(of=t)
    return [_message(row) for row in db.execute(query)]


def erased_digests(db: Connection) -> list[str]:
    """Give the keys of the digests whose words were erased."""
    t = m.outbox
    erased = and_(t.c.key.startswith(DIGEST), t.c.text == "")
    return list(db.execute(select(t.c.key).where(erased).order_by(t.c.id)).scalars())


def counted(db: Connection) -> dict[str, int]:
    """Count the messages of each state."""
    t = m.outbox
    found = db.execute(select(t.c.state, func.count()).group_by(t.c.state))
    return {state: int(number) for state, number in found}


def _messages() -> Select[Any]:
    """Select messages with the words of their letters, and what whoever it goes to is called."""
    t, w, c, p = m.outbox, m.letters, m.cases, m.people
    return (
        select(
            t, c.c.reference, w.c.number, w.c.subject.label("of_letter"),
            w.c.text.label("letter_text"), w.c.html.label("letter_html"),
            func.coalesce(p.c.name, w.c.recipient_name).label("to"),
        )
        .outerjoin(w, w.c.id == t.c.letter_id)
        .outerjoin(c, c.c.id == t.c.case_id)
        .outerjoin(p, p.c.id == t.c.person_id)
    )  # fmt: skip


def _message(row: Any) -> Message:
    own = row.letter_id is None
    return Message(
        row.id, row.key, row.address, row.to or "", row.subject if own else row.of_letter,
        row.text if own else row.letter_text, row.html if own else row.letter_html,
        row.policy, row.state, row.attempts, row.problem, row.next_try_at, row.sent_at,
        row.recorded_at, row.reference or "", row.number, row.way, row.channel, row.remote_id,
        row.claimed_at,
    )  # fmt: skip
