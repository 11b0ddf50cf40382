"""Checks an exported journal without assetflow: only the Python standard library is needed.

    python verify_journal.py EXPORT.json [ANCHOR.json ...]

It prints everything that contradicts itself, or an anchor, and exits with 1; else it exits with 0.
The export is what `assetflow db export FILE` writes, an anchor what `assetflow db anchor` writes.
"""

import hashlib
import hmac
import json
import sys

FIELDS = ("case", "position", "happened_on", "recorded_at", "actor", "action", "trigger",
          "from_stage", "to_stage", "payload_digest", "previous")  # fmt: skip


def packed(values):
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def record_hash(record):
    values = packed([record[field] for field in FIELDS])
    return hashlib.sha256(b"assetflow-journal-v1\0" + values).hexdigest()


def digest(payload):
    salt = bytes.fromhex(payload["salt"])
    return hmac.new(salt, payload["text"].encode(), hashlib.sha256).hexdigest()


def check_case(records, erased):
    previous = "0" * 64
    for expected, record in enumerate(records, start=1):
        place = f"{record['case']} record {record['position']}"
        if record["position"] != expected:
            yield f"{place}: stands where record {expected} should stand"
        if record["previous"] != previous:
            yield f"{place}: does not follow the record before it"
        if record["hash"] != record_hash(record):
            yield f"{place}: was changed after it was written"
        payload = record.get("payload")
        if payload is None and record["position"] not in erased:
            yield f"{place}: has lost its words without a record of it"
        if payload is not None and digest(payload) != record["payload_digest"]:
            yield f"{place}: has other words than it was written with"
        previous = record["hash"]


def root(heads):
    nodes = [hashlib.sha256(b"\0" + json.dumps(head, separators=(",", ":")).encode()).digest()
             for head in sorted(heads)]  # fmt: skip
    if not nodes:
        return hashlib.sha256(b"").hexdigest()
    while len(nodes) > 1:
        pairs = [nodes[n : n + 2] for n in range(0, len(nodes), 2)]
        nodes = [hashlib.sha256(b"\1" + p[0] + p[1]).digest() if len(p) == 2 else p[0]
                 for p in pairs]  # fmt: skip
    return nodes[0].hex()


def check_anchor(anchor, hashes):
    when = anchor["taken_at"]
    if root(anchor["heads"]) != anchor["root"]:
        yield f"anchor of {when}: was itself changed"
    for case, position, found in anchor["heads"]:
        now = hashes.get((case, position))
        if now is None:
            yield f"{case} record {position}: is gone, though the anchor of {when} knows it"
        elif now != found:
            yield f"{case} record {position}: differs from the anchor of {when}"


def main(paths):
    with open(paths[0], encoding="utf-8") as file:
        export = json.load(file)
    findings, hashes = [], {}
    for case in export["cases"]:
        findings += check_case(case["records"], set(case["erased"]))
        hashes.update({(r["case"], r["position"]): r["hash"] for r in case["records"]})
    for path in paths[1:]:
        with open(path, encoding="utf-8") as file:
            findings += check_anchor(json.load(file), hashes)
    whole = f"{len(hashes)} records of {len(export['cases'])} cases are whole."
    print("\n".join(findings) or whole)
    return 1 if findings else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        print(f"This is no export or no anchor of assetflow: {error}", file=sys.stderr)
        sys.exit(2)
