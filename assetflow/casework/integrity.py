"""The record proves itself: verifying every chain, taking anchors, exporting for others."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from assetflow import chain, durable, queries
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.chain import Anchor, Finding, Head, Link, Payload
from assetflow.errors import BadFile, BadInput, OutsideFault, Problem

FORMAT = "assetflow-journal-1"


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found: how much was looked at, and everything that is wrong."""

    cases: int
    records: int
    anchors: int
    findings: tuple[Finding, ...]


def verify(desk: Desk, anchor_files: Sequence[Path] = ()) -> Verified:
    """Recompute every case's chain, and hold the record against anchors taken earlier."""
    anchors = [read_anchor(path) for path in anchor_files]
    found: list[Finding] = []
    hashes: dict[tuple[str, int], str] = {}
    heads = {head.case: head for head in queries.heads(desk.db)}
    for reference, links, payloads in queries.chains(desk.db):
        found += chain.verify(links, payloads, _erased(payloads))
        # A damaged file can give a case and not its head.
        found += _head_findings(heads.get(reference, Head(reference, 0, "")), links)
        hashes.update({(reference, link.position): link.hash for link in links})
    for anchor in anchors:
        found += chain.against(anchor, hashes)
    return Verified(len(heads), len(hashes), len(anchors), tuple(sorted(set(found))))


def _head_findings(head: Head, links: Sequence[Link]) -> list[Finding]:
    newest = links[-1] if links else None
    if newest is not None and (newest.position, newest.hash) == (head.position, head.hash):
        return []
    return [Finding(head.case, head.position, "is named as the newest record, and is not")]


def _erased(payloads: dict[int, Payload]) -> set[int]:
    """Give the positions whose words were erased on the record."""
    return {position for words in payloads.values() for position in _erasure(words)}


def _erasure(words: Payload) -> list[int]:
    try:
        found = json.loads(words.text)["detail"].get("erased", [])
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # whatever it says, it is no erasure; its digest tells whether it was changed
    return [position for position in found if isinstance(position, int)]


# --- anchors ------------------------------------------------------------------------------------


def take_anchor(desk: Desk) -> Anchor:
    """Take the anchor of this moment and note that it was taken; it belongs somewhere else."""
    taken = chain.anchor(queries.heads(desk.db), queries.instant_text(desk.now))
    desk.db.execute(
        insert(m.anchors).values(taken_at=desk.now, root=taken.root, cases=len(taken.heads))
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
        data = json.loads(path.read_text(encoding="utf-8"))
        heads = tuple(Head(str(case), int(n), str(found)) for case, n, found in data["heads"])
        return Anchor(str(data["taken_at"]), str(data["root"]), heads)
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = Problem(str(path), 0, 0, "bad-anchor", str(error) or type(error).__name__)
        raise BadFile(f"{path.name} is not an anchor.", [problem]) from error


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


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        durable.sync(path)
        durable.sync_names([path.parent])
    except FileExistsError as error:
        raise BadInput(f"{path} exists already; nothing was overwritten.") from error
    except OSError as error:
        raise OutsideFault(
            f"{path} cannot be written.", reasons=[error.strerror or str(error)]
        ) from error
