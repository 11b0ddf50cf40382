"""The record proves itself: verifying every chain, taking anchors, exporting for others."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from assetflow import chain, durable, queries
from assetflow import models as m
from assetflow.casework import agreement, council, registers
from assetflow.casework.desk import Desk
from assetflow.chain import Anchor, Finding, Head, Link, Payload
from assetflow.errors import BadFile, Problem
from assetflow.files import check_new, fault_of, read_at_most

FORMAT = "assetflow-journal-1"
# Half a million cases; nobody's anchor is longer.
MAX_ANCHOR = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found: how much was looked at, and everything that is wrong."""

    cases: int
    records: int
    anchors: int
    findings: tuple[Finding, ...]


def verify(
    desk: Desk,
    anchor_files: Sequence[Path] = (),
    codes: Sequence[str] = (),
    *,
    tables: bool = True,
) -> Verified:
    """Recompute every case's chain, and hold the record against anchors taken earlier.

    With ``tables`` the rows that people work with are held against the journal as well.

    ``codes`` are short codes as letters and reports print them: one that belongs to none of the
    anchors shows that the anchor of that letter was replaced or is missing.
    """
    anchors = [read_anchor(path) for path in anchor_files]
    found: list[Finding] = _unknown_codes(anchors, codes)
    hashes: dict[tuple[str, int], str] = {}
    heads = {head.case: head for head in queries.heads(desk.db)}
    for reference, links, payloads in queries.chains(desk.db):
        found += chain.verify(links, payloads, _erased(payloads))
        # A damaged file can give a case and not its head.
        found += _head_findings(heads.get(reference, Head(reference, 0, "")), links)
        hashes.update({(reference, link.position): link.hash for link in links})
        if tables and reference == chain.COUNCIL:
            found += agreement.of_roles(desk, links, payloads)
            found += agreement.of_versions(desk, links, payloads)
        elif tables:
            found += agreement.of_case(desk, reference, links, payloads)
    if tables:
        found += agreement.of_texts(desk)
    for anchor in anchors:
        found += chain.against(anchor, hashes)
    cases = len(heads) - (chain.COUNCIL in heads)
    return Verified(cases, len(hashes), len(anchors), tuple(sorted(set(found))))


def _unknown_codes(anchors: Sequence[Anchor], codes: Sequence[str]) -> list[Finding]:
    known = {chain.digits(chain.anchor(a.heads, a.taken_at).code) for a in anchors}
    sentence = "belongs to none of the anchors given"
    return [
        Finding(f"the code {code}", 0, sentence) for code in codes
        if chain.digits(code) not in known
    ]  # fmt: skip


def _head_findings(head: Head, links: Sequence[Link]) -> list[Finding]:
    newest = links[-1] if links else None
    if newest is not None and (newest.position, newest.hash) == (head.position, head.hash):
        return []
    return [Finding(head.case, head.position, "is named as the newest record, and is not")]


def _erased(payloads: dict[int, Payload]) -> set[int]:
    """Give the positions whose words were erased on the record."""
    return {position for words in payloads.values() for position in chain.erased_by(words)}


# --- anchors ------------------------------------------------------------------------------------


def take_anchor(desk: Desk, sent_to: str = "") -> Anchor:
    """Take the anchor of this moment and note that it was taken; it belongs somewhere else."""
    if sent_to:
        registers.check_address(sent_to)
    council.check_right(desk, "take_anchor", "The anchor was not taken")
    taken = chain.anchor(queries.heads(desk.db), queries.instant_text(desk.now))
    desk.db.execute(
        insert(m.anchors).values(
            taken_at=desk.now, root=taken.root, cases=len(taken.heads), sent_to=sent_to
        )
    )
    return taken


def anchor_text(anchor: Anchor) -> str:
    """Give the text of an anchor's file."""
    heads = [[head.case, head.position, head.hash] for head in anchor.heads]
    data = {"taken_at": anchor.taken_at, "root": anchor.root, "code": anchor.code, "heads": heads}
    return json.dumps(data, indent=1) + "\n"


def read_anchor(path: Path) -> Anchor:
    """Read an anchor's file; raises ``BadFile``."""
    try:
        raw = read_at_most(path, MAX_ANCHOR)
        if len(raw) > MAX_ANCHOR:
            raise _NotAnAnchor(f"the file is over {MAX_ANCHOR // 1024 // 1024} MB")
        return _anchor_of(_json(_without_the_message(raw)))
    except (OSError, _NotAnAnchor) as error:
        said = getattr(error, "strerror", None) or str(error)
        problem = Problem(str(path), 0, 0, "bad-anchor", said, "take the copy that was kept")
        raise BadFile(f"{path.name} is not an anchor.", [problem]) from error


class _NotAnAnchor(Exception):
    """Why what a file says is no anchor."""


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"it breaks off or is wrong in line {error.lineno}"
        raise _NotAnAnchor(f"it is not whole JSON: {where}") from error
    except UnicodeDecodeError as error:
        raise _NotAnAnchor("it is not text in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _NotAnAnchor("it holds a number too long or is nested too deep") from error


def _anchor_of(data: Any) -> Anchor:
    if not isinstance(data, dict):
        raise _NotAnAnchor("it is JSON, but not an anchor's: it has no names in it")
    lacking = [name for name in ("taken_at", "root", "heads") if name not in data]
    if lacking:
        raise _NotAnAnchor(f"it does not say: {', '.join(lacking)}")
    if not (isinstance(data["taken_at"], str) and isinstance(data["root"], str)):
        raise _NotAnAnchor("taken_at and root must each be text in quotes")
    if not isinstance(data["heads"], list):
        raise _NotAnAnchor("its heads are not a list")
    heads = tuple(_head_of(entry, n) for n, entry in enumerate(data["heads"], start=1))
    return Anchor(data["taken_at"], data["root"], heads)


def _head_of(entry: Any, number: int) -> Head:
    if isinstance(entry, list) and [type(part) for part in entry] == [str, int, str]:
        return Head(*entry)
    raise _NotAnAnchor(f"head {number} is not a case, a record number and a hash")


def _without_the_message(raw: bytes) -> bytes:
    """Give what is attached where the file is the message that took the anchor outside."""
    if raw.lstrip().startswith(b"{"):
        return raw
    import email  # noqa: PLC0415 - few commands need it

    for part in email.message_from_bytes(raw).walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == "application/json" and isinstance(content, bytes):
            return content
    return raw


# --- exporting ----------------------------------------------------------------------------------


def export(desk: Desk) -> dict[str, Any]:
    """Give the whole journal as data that others can check without assetflow."""
    cases = []
    for reference, links, payloads in queries.chains(desk.db):
        records = [_record(link, payloads.get(link.position)) for link in links]
        erased = sorted(_erased(payloads))
        cases.append({"case": reference, "erased": erased, "records": records})
    return {"format": FORMAT, "cases": cases}


def _record(link: Link, payload: Payload | None) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(link, name) for name in Link.__slots__}
    words = {"salt": payload.salt, "text": payload.text} if payload else None
    return {**fields, "payload": words}


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file that must not exist yet."""
    raw = content.encode() if isinstance(content, str) else content
    check_new(path)
    try:
        with path.open("xb") as file:
            file.write(raw)
        durable.sync(path)
        durable.sync_names([path.parent])
    except OSError as error:
        raise fault_of(error)(
            f"{path} cannot be written.", reasons=[error.strerror or str(error)],
            remedies=["name a file in a folder that you can write to, with room on its disk"],
        ) from error  # fmt: skip
