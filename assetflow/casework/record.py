"""Writes to a case: every change is a compare-and-set with its journal record, or nothing."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, text

from assetflow import alerts, queries
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.casework.progress import moves_on
from assetflow.chain import SALT_BYTES, Link, Payload
from assetflow.errors import BadInput, Busy, Refused
from assetflow.facts import read_text, show
from assetflow.queries import Case
from assetflow.snapshot import Snapshot, Unmet
from assetflow.sql import Asked, Statement, carry_out_if, inserting

# Nothing older is entered as a case; a year like 1066 is a slip of the hand.
OLDEST_DAYS = 30 * 366


def take(desk: Desk, typed: str) -> Case:
    """Find a case and lock it until the command's transaction ends; every change begins so.

    On SQLite the transaction holds the whole database already.
    """
    case, told = queries.take_case(desk.db, typed)
    desk.told[case.id] = told
    desk.known = tuple(filter(None, (case.snapshot.officer, case.snapshot.champion)))
    return case


def numbers(desk: Desk, counter: str, count: int = 1) -> int:
    """Take the next numbers of a counter and give the first; nobody else gets the same."""
    if count == 0:
        return 0
    taken = desk.db.execute(_TAKE_NUMBERS, {"name": counter, "count": count}).scalar_one()
    return int(taken) - count + 1


# The one statement that both databases understand and that locks the counter's row.
_TAKE_NUMBERS = text(
    "INSERT INTO counters (name, value) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + :count RETURNING value"
)


def change(  # noqa: PLR0913 - the columns of a journal record
    desk: Desk,
    case: Case,
    action: str,
    *,
    trigger: str | None = None,
    to_stage: str | None = None,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
    columns: Mapping[str, Any] | None = None,
    letters: Callable[[Case], Mapping[str, Any]] | None = None,
) -> Case:
    """Change a case and append the record of it; give the case as it stands afterwards.

    ``case`` is the case as read, with whatever else the command puts on its file (facts, a
    champion) already to be seen; ``columns`` are the columns of its row that change. The next day
    on which anything can fall due is set as well. ``letters`` writes those that go out with it, of
    the case as it will stand, and gives what the record keeps of them. Raises ``Busy`` where
    somebody else has changed the case since it was read.
    """
    moved_on = desk.on if action in queries.MOVES else case.moved_on
    changed = {"version": case.version + 1, **(columns or {})}
    changed |= _progress(desk, case, action, trigger, detail or {})
    after = _changed(case, {**changed, **_days(desk, case), "moved_on": moved_on})
    changed["next_alert_on"] = _next_alert_on(desk, after)
    payload = payload_of(why, {**(detail or {}), **(letters(after) if letters else {})})
    moved_from = case.snapshot.stage if to_stage is not None and case.version else None
    link = _link(desk, case, action, (trigger, moved_from, to_stage), payload)
    changed["head"] = link.hash
    if not carry_out_if(
        desk.db, _setting(case, changed), *_appending(desk, case.id, link, payload)
    ):
        raise Busy(
            f"Somebody else has just changed {case.reference}; nothing was changed.",
            remedies=["look at it again, then try again"],
        )
    return replace(after, head=link.hash, next_alert_on=changed["next_alert_on"])


def _progress(
    desk: Desk, case: Case, action: str, trigger: str | None, detail: Mapping[str, Any]
) -> dict[str, date]:
    """Give the column that changes where a record moves the case on."""
    before, letters = case.snapshot.progress_on, detail.get("letters", ())
    moved = moves_on(case, action, trigger, facts=case.snapshot.replaced, letters=letters)
    # What is put in late does not undo what came after it.
    return {"progress_on": desk.on} if moved and desk.on > before else {}


def _days(desk: Desk, case: Case) -> dict[str, Any]:
    """Give the days as of which facts were recorded, with those of this very command."""
    given = dict.fromkeys(case.snapshot.replaced, desk.on)
    return {"recorded_on": {**case.snapshot.recorded_on, **given}} if given else {}


def payload_of(why: str, detail: Mapping[str, Any]) -> Payload:
    """Give what a record says in words, with a salt; refuse words that no record can hold."""
    _check_words(why, detail)
    words = json.dumps({"why": why, "detail": detail}, ensure_ascii=False, default=str)
    return Payload(secrets.token_hex(SALT_BYTES), words)


def _changed(case: Case, columns: Mapping[str, Any]) -> Case:
    """Give a case as it stands once columns of its row have changed."""
    own = {name: value for name, value in columns.items() if name in _OF_CASE}
    seen = {name: value for name, value in columns.items() if name in _OF_SNAPSHOT}
    if "stage_visit" in own:
        seen["signoffs"] = ()  # those of another visit do not count
    return replace(case, snapshot=replace(case.snapshot, **seen), **own)


_OF_CASE = frozenset(Case.__slots__)
_OF_SNAPSHOT = frozenset(Snapshot.__slots__)


def _setting(case: Case, columns: Mapping[str, Any]) -> Asked:
    """Give what changes columns of a case's row, where nobody has changed it since it was read."""
    if columns.get("next_alert_on") == case.next_alert_on:
        # An index stands on this one: it is left alone where it can be.
        columns = {name: value for name, value in columns.items() if name != "next_alert_on"}
    return _update(tuple(columns)), {**columns, "case_id": case.id, "read": case.version}


@lru_cache
def _update(names: tuple[str, ...]) -> Statement:
    table = m.cases
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    unchanged = table.c.id == bindparam("case_id"), table.c.version == bindparam("read")
    return Statement(table.update().where(*unchanged).values(values))


# The trigger fired, the stage left and the stage entered; each None where there is none.
Move = tuple[str | None, str | None, str | None]


def _check_words(why: str, detail: Mapping[str, Any]) -> None:
    """Refuse free text that no journal or letter can hold; facts were checked by their types."""
    wrong = []
    for name, text_ in {"why": why, **detail}.items():
        try:
            read_text(text_ if isinstance(text_, str) else "")
        except ValueError as error:
            wrong.append(f"{name.replace('_', ' ')}: {error}.")
    if wrong:
        raise BadInput("The text cannot be recorded.", reasons=wrong)


def _link(desk: Desk, case: Case, action: str, move: Move, payload: Payload) -> Link:
    unsealed = Link(
        case.reference, case.version + 1, desk.on.isoformat(), queries.instant_text(desk.now),
        str(desk.actor.id), action, *move, payload.digest(), case.head,
    )  # fmt: skip
    return unsealed.sealed()


def _appending(desk: Desk, case_id: int, link: Link, payload: Payload) -> tuple[Asked, Asked]:
    """Give what appends a record and its words to a case's journal."""
    place = {"case_id": case_id, "position": link.position}
    entry = {
        "happened_on": desk.on,
        "recorded_at": desk.now,
        "actor_id": desk.actor.id,
        "action": link.action,
        "trigger": link.trigger,
        "from_stage": link.from_stage,
        "to_stage": link.to_stage,
        "payload_digest": link.payload_digest,
        "previous": link.previous,
        "hash": link.hash,
    }
    words = {"salt": payload.salt, "text": payload.text}
    return (_JOURNAL, {**place, **entry}), (_PAYLOADS, {**place, **words})


_JOURNAL = inserting(m.journal)
_PAYLOADS = inserting(m.journal_payloads)


def settle(desk: Desk, case: Case) -> Case:
    """Set the next day on which anything can fall due, once more than the case's row has changed.

    ``change`` does it by itself for what it can see; sign-offs change after it.
    """
    found = _next_alert_on(desk, case)
    if found != case.next_alert_on:
        carry_out_if(desk.db, _setting(case, {"next_alert_on": found}))
    return replace(case, next_alert_on=found)


def _next_alert_on(desk: Desk, case: Case) -> date | None:
    told = desk.told.get(case.id)
    if told is None:
        told = queries.reminded(desk.db, [case.id])[case.id]
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    coming = (alert.on for alert in timeline if (alert.kind, alert.key) not in told)
    return min(coming, default=None)


def check_day(desk: Desk, case: Case | None = None) -> None:
    """Refuse a day that lies ahead, or before the case's last move."""
    if desk.on > desk.today:
        raise BadInput(
            f"{show(desk.on)} lies in the future; today is {show(desk.today)}.",
            remedies=["give the day on which it happened with --on"],
        )
    if (desk.today - desk.on).days > OLDEST_DAYS:
        raise BadInput(f"{show(desk.on)} is more than 30 years ago; check the year.")
    if case is None:
        return
    last = case.moved_on
    if last is not None and desk.on < last:
        raise BadInput(
            f"{case.reference} last moved on {show(last)}; nothing can be recorded as of "
            f"{show(desk.on)}, before that.",
            remedies=["give a later day with --on"],
        )


def check_right(desk: Desk, case: Case, right: str, what: str) -> None:
    """Refuse what the acting person may not do on this case."""
    missing = permission(desk, case, right)
    if missing is not None:
        raise Refused(f"{what} was refused.", reasons=[str(missing)])


def permission(desk: Desk, case: Case, right: str) -> Unmet | None:
    """Give why the acting person may not use a right on a case, or None."""
    allowed = case.workflow.rights.get(right, ())
    return desk.may(allowed, case.workflow, case.snapshot)


def check_not_destroyed(desk: Desk, case: Case) -> None:
    """Refuse to put new words on a case that was destroyed under the retention schedule."""
    destroyed_on = queries.destroyed_on(desk.db, case.id)
    if destroyed_on is not None:
        raise Refused(
            f"{case.reference} was destroyed on {show(destroyed_on)}; nothing is added to it.",
            remedies=[f"see what is left: assetflow case history {case.reference}"],
        )


def check_open(case: Case) -> None:
    """Refuse to work on a case that has ended."""
    if case.closed_on is not None:
        label = case.workflow.stages[case.snapshot.stage].label
        raise Refused(
            f"{case.reference} has ended.",
            reasons=[f"It was closed on {show(case.closed_on)} as: {label}."],
            remedies=[f"see it: assetflow case show {case.reference}"],
        )
