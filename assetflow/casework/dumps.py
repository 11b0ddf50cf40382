"""Looks into a dump of PostgreSQL without a server: its journals are read out and verified.

``pg_restore`` writes the rows of a table as text (the COPY format of PostgreSQL's manual); they are
put into a small database of their own, in which every chain is recomputed as in any other.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, Integer, LargeBinary, Table, create_engine, insert

from assetflow import models as m

TABLES = (
    m.cases, m.journal, m.journal_payloads, m.counters, m.council_journal, m.council_payloads,
    m.people,
)  # fmt: skip
CHUNK = 1_000
_HEADING = re.compile(r"COPY (?:\w+\.)?\"?(\w+)\"? \((.*)\) FROM stdin;")
_ESCAPED = re.compile(r"\\(.)")
_MEANING = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read_tables(lines: Iterable[str], folder: Path) -> Path:
    """Put the journals and people of a dump into a new SQLite file in a folder, and give it."""
    file = Path(tempfile.mkstemp(dir=folder, suffix=".db")[1])
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.begin() as db:
            m.metadata.create_all(db, tables=list(TABLES))
            _fill(db, iter(lines))
    finally:
        engine.dispose()
    return file


def _fill(db: Connection, lines: Iterator[str]) -> None:
    wanted = {table.name: table for table in TABLES}
    for line in lines:
        heading = _HEADING.match(line)
        if heading is None or heading[1] not in wanted:
            continue
        names = [name.strip().strip('"') for name in heading[2].split(",")]
        rows = (_row(wanted[heading[1]], names, text) for text in _until_the_end(lines))
        while chunk := list(islice(rows, CHUNK)):
            db.execute(insert(wanted[heading[1]]), chunk)


def _until_the_end(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        text = line.rstrip("\n")
        if text == "\\.":
            return
        yield text


def _row(table: Table, names: list[str], text: str) -> dict[str, Any]:
    found = zip(names, text.split("\t"), strict=True)
    return {n: _value(table.c[n].type, v) for n, v in found if n in table.c}


def _value(kind: Any, text: str) -> Any:
    if text == "\\N":
        return None
    plain = _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), text)
    if isinstance(kind, Integer):
        return int(plain)
    if isinstance(kind, Date):
        return date.fromisoformat(plain)
    if isinstance(kind, m.Spans):
        return kind.process_result_value(plain, None)
    if isinstance(kind, m.Instant):
        return datetime.fromisoformat(plain).replace(tzinfo=UTC)
    assert not isinstance(kind, LargeBinary)  # noqa: S101 - no journal has any
    return plain
