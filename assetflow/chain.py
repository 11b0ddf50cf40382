"""The hash chain of a journal: what makes a quiet change to the record visible.

Each record of a case carries the hash of the one before it, so an edit, a deletion or a new order
breaks the chain from there on. What a record says in words stands apart as a salted payload of
which the record keeps only a digest: personal data can be erased, salt and all, without breaking
the chain. Whoever can write the database can also rebuild a whole chain; only heads kept somewhere
else (``Anchor``) show that, so anchors belong outside the database.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

PREFIX = b"assetflow-journal-v1\0"
GENESIS = "0" * 64
SALT_BYTES = 16
LETTER_FIELDS = ("number", "name", "recipient_name", "recipient_email", "subject", "text", "html")
# What stands in place of a case's reference in the journal of what concerns no single case.
COUNCIL = "COUNCIL"


@dataclass(frozen=True, slots=True)
class Link:
    """One record as the chain sees it; dates and moments are ISO text, exactly as stored."""

    case: str
    position: int
    happened_on: str
    recorded_at: str
    actor: str
    action: str
    trigger: str | None
    from_stage: str | None
    to_stage: str | None
    payload_digest: str
    previous: str
    hash: str = ""

    def computed(self) -> str:
        """Give the hash this record must carry."""
        fields = [
            self.case, self.position, self.happened_on, self.recorded_at, self.actor, self.action,
            self.trigger, self.from_stage, self.to_stage, self.payload_digest, self.previous,
        ]  # fmt: skip
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(PREFIX + text.encode()).hexdigest()

    def sealed(self) -> "Link":
        """Give the same record with the hash it must carry."""
        return replace(self, hash=self.computed())


@dataclass(frozen=True, slots=True)
class Payload:
    """What a record says in words, with the salt that makes its digest say nothing by itself."""

    salt: str
    text: str

    def digest(self) -> str:
        """Give the digest that the record of this payload must carry."""
        return hmac.digest(bytes.fromhex(self.salt), self.text.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record of a case: its position and hash."""

    case: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads of all cases at one moment, with the one root over them."""

    taken_at: str
    root: str
    heads: tuple[Head, ...]

    @property
    def code(self) -> str:
        """Give the short code that letters and reports print: 16 hexadecimal digits of the root."""
        return short(self.root)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing wrong with the record of a case; position 0 means the case as a whole."""

    case: str
    position: int
    sentence: str


def short(digest: str) -> str:
    """Give the first 16 digits of a hash in groups of four, for people to read out."""
    return "-".join(digest[n : n + 4] for n in range(0, 16, 4))


def digits(code: str) -> str:
    """Give the digits of a short code, however somebody has typed it."""
    return "".join(code.split()).replace("-", "").casefold()


def verify(
    links: Sequence[Link],
    payloads: Mapping[int, Payload],
    erased: Iterable[int] = (),
    *,
    tail: bool = False,
) -> list[Finding]:
    """List everything wrong with one case's chain; ``erased`` are positions erased on the record.

    A payload that is gone without a record of its erasure is a finding like any other. Of a
    ``tail`` the first record is taken as it is: what comes before it was not read.
    """
    found: list[Finding] = []
    gone, first, previous = set(erased), 1, GENESIS
    if tail and links:
        first, previous = links[0].position, links[0].previous
    for expected, link in enumerate(links, start=first):
        if link.position != expected:
            found.append(_gap(link, expected))
        if link.previous != previous:
            found.append(Finding(link.case, link.position, "does not follow the record before it"))
        if link.hash != link.computed():
            found.append(Finding(link.case, link.position, "was changed after it was written"))
        found += _payload_findings(link, payloads.get(link.position), gone)
        previous = link.hash
    return found


def erased_by(payload: Payload) -> list[int]:
    """Give the positions whose words a record says were erased; most records say none."""
    found = detail(payload).get("erased", [])
    # Whatever else it says is no erasure.
    positions = found if isinstance(found, list) else []
    return [position for position in positions if isinstance(position, int)]


def detail(payload: Payload) -> dict[str, Any]:
    """Give what a record says beside its reason; its digest tells whether it was changed."""
    try:
        found = json.loads(payload.text)["detail"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def letter_sha256(letter: Mapping[str, Any]) -> str:
    """Give the hash by which a record knows a letter: whom it went to and all its words."""
    fields = [letter[name] for name in LETTER_FIELDS]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _gap(link: Link, expected: int) -> Finding:
    return Finding(link.case, link.position, f"stands where record {expected} should stand")


def _payload_findings(link: Link, payload: Payload | None, gone: set[int]) -> Iterable[Finding]:
    if payload is None:
        if link.position not in gone:
            yield Finding(link.case, link.position, "has lost its words without a record of it")
    elif not hmac.compare_digest(payload.digest(), link.payload_digest):
        yield Finding(link.case, link.position, "has other words than it was written with")


def anchor(heads: Iterable[Head], taken_at: str) -> Anchor:
    """Take the anchor of a moment: all heads in the order of their cases, and their root."""
    ordered = tuple(sorted(heads, key=lambda head: head.case))
    leaves = [_leaf(head) for head in ordered]
    return Anchor(taken_at, _root(leaves).hex(), ordered)


def against(anchored: Anchor, hashes: Mapping[tuple[str, int], str]) -> list[Finding]:
    """List where the record of today contradicts an anchor taken earlier.

    ``hashes`` gives the hash of each record by case and position.
    """
    found = []
    if anchor(anchored.heads, anchored.taken_at).root != anchored.root:
        found.append(Finding("", 0, f"the anchor of {anchored.taken_at} was itself changed"))
    for head in anchored.heads:
        now = hashes.get((head.case, head.position))
        if now is None:
            sentence = f"is gone, though the anchor of {anchored.taken_at} knows it"
            found.append(Finding(head.case, head.position, sentence))
        elif now != head.hash:
            sentence = f"differs from the anchor of {anchored.taken_at}"
            found.append(Finding(head.case, head.position, sentence))
    return found


def _leaf(head: Head) -> bytes:
    text = json.dumps([head.case, head.position, head.hash], separators=(",", ":"))
    return hashlib.sha256(b"\0" + text.encode()).digest()


def _root(nodes: list[bytes]) -> bytes:
    """Give the Merkle root; leaves and inner nodes are told apart, as in RFC 6962."""
    if not nodes:
        return hashlib.sha256(b"").digest()
    while len(nodes) > 1:
        pairs = [nodes[n : n + 2] for n in range(0, len(nodes), 2)]
        nodes = [
            hashlib.sha256(b"\1" + pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    return nodes[0]
