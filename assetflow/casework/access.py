"""Subject access: everything held on one person, in one file (UK GDPR article 15)."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from assetflow import durable
from assetflow import models as m
from assetflow.casework import council, personal
from assetflow.casework.desk import Desk
from assetflow.casework.personal import Found, Subject, Unread
from assetflow.errors import AssetflowError, NotFound
from assetflow.files import check_new, fault_of

FORMAT = "assetflow-person-1"


@dataclass(frozen=True, slots=True)
class Export:
    """What is held on a person, ready to be written to a file, and how much of it."""

    data: dict[str, Any]
    records: int
    unread: Unread


def export(desk: Desk, typed: str, also: Sequence[str] = ()) -> Export:
    """Gather everything held on a person; who asked for it, and when, becomes a record.

    Raises ``NotFound`` where nothing is held.
    """
    council.check_right(desk, "export_person", "Nothing was exported")
    who = personal.subject(desk, typed, also)
    found = personal.mentions(desk, who)
    made = personal.made_by(desk, who.person.id) if who.person else []
    if not found and not made:
        raise nothing_held(typed)
    unread = personal.unread(desk, who, found)
    council.enter(desk, "person_exported", detail={**named(who), "records": len(found)})
    data = {
        "format": FORMAT,
        "made_on": desk.today.isoformat(),
        "council": desk.settings.council.name,
        "looked_for": [one.text for one in who.identifiers],
        "particulars": _particulars(who),
        "held": _by_kind(found),
        "made_by_them": _by_kind(made),
        "cases_of_their_group": _cases_of(desk, who),
        personal.DENIALS: personal.log_lines(desk, who),
        "not_searched": [_not_searched(one) for one in unread.near],
        "not_searched_on_other_cases": unread.elsewhere,
    }
    return Export(data, len(found), unread)


def nothing_held(typed: str) -> NotFound:
    """Say that nothing is held on a person under what was typed."""
    return NotFound(
        f"Nothing is held on {typed!r}.",
        remedies=["try their email, telephone number or another spelling: --also TEXT"],
    )


def named(who: Subject) -> dict[str, Any]:
    """Say in a record who was meant without saying it in words: the record outlives the person."""
    person = who.person.id if who.person else None
    return {"person_id": person, "group_ids": [group.id for group in who.groups]}


def _particulars(who: Subject) -> list[dict[str, Any]]:
    """Give all that is kept to know and reach the person, whether it names them or not."""
    own = [asdict(who.person)] if who.person else []
    return own + [{"contact_of": group.name, **asdict(group)} for group in who.groups]


def _by_kind(found: Sequence[Found]) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        record = {
            "record": one.what, "case": one.case, "on": one.on.isoformat() if one.on else None,
            **({"step": one.trigger or one.action} if one.action else {}), "text": dict(one.words),
        }  # fmt: skip
        kinds.setdefault(one.label, []).append(record)
    return kinds


def _cases_of(desk: Desk, who: Subject) -> list[dict[str, Any]]:
    t = m.cases
    query = select(t.c.reference, t.c.received_on, t.c.closed_on)
    query = query.where(t.c.group_id.in_([group.id for group in who.groups])).order_by(t.c.id)
    return [
        {k: str(v) if v else None for k, v in r._mapping.items()} for r in desk.db.execute(query)
    ]


def _not_searched(one: Found) -> dict[str, str]:
    return {"record": one.what, "case": one.case, "file": one.words["name"]}


@contextmanager
def new_private_file(path: Path, data: dict[str, Any]) -> Iterator[None]:
    """Write a new file for its owner alone; take it away again where what follows fails."""
    text = json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n"
    check_new(path)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        _write(path, handle, text)
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(path: Path, handle: int, text: str) -> None:
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        durable.sync(path)
        durable.sync_names([path.parent])
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> AssetflowError:
    reason = error.strerror or str(error)
    return fault_of(error)(f"{path} cannot be written. Nothing was changed.", reasons=[reason],
                           remedies=["name a file in a folder that you can write to"])  # fmt: skip
