"""Makes many cases of one, in bulk and by SQL alone: what the benchmarks work on."""

import io
from contextlib import redirect_stdout
from pathlib import Path

from sqlalchemy import Connection, Table, text

from assetflow import models as m
from assetflow.cli import demo

# The second case of the demonstration is a fresh expression of interest.
MODEL = "CAT-2025-0002"
FIRST_COPY = 1_000_001
_DETAILS = (m.facts, m.signoffs, m.journal, m.journal_payloads, m.letters)


def home_with_a_case(folder: Path, url: str = "") -> Path:
    """Play the demonstration, with its cases, people and letters, and give its home."""
    home = folder / "home"
    home.mkdir()
    theatre = demo._Theatre(home, {})
    if url:
        theatre.environment["ASSETFLOW_DATABASE_URL"] = url
    with redirect_stdout(io.StringIO()):
        for step in demo._script():
            theatre.play(step)
    return home


def reference(number: int) -> str:
    """Give the reference of a copy."""
    return f"CAT-2025-{FIRST_COPY + number}"


def copy_case(db: Connection, count: int, *, details: tuple[Table, ...] = _DETAILS) -> None:
    """Copy the model case so often, with its facts, sign-offs, journal and letters."""
    model = db.execute(text("SELECT id FROM cases WHERE reference = :r"), {"r": MODEL}).scalar_one()
    numbers = (
        f"WITH RECURSIVE copies (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copies "  # noqa: S608
        f"WHERE n < {count - 1})"
    )
    for table in (m.cases, *details):
        own = {
            "id": f"{FIRST_COPY} + n" if table is m.cases else None,
            "case_id": f"{FIRST_COPY} + n",
            "reference": f"'CAT-2025-' || ({FIRST_COPY} + n)",
            "number": f"({FIRST_COPY} + n) * 100 + row.number",
        }
        names = [c.name for c in table.c if own.get(c.name, c.name) is not None]
        key = "id" if table is m.cases else "case_id"
        quoted = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(own.get(name) or f'row."{name}"' for name in names)
        db.execute(
            text(f"INSERT INTO {table.name} ({quoted}) {numbers} SELECT {values} "  # noqa: S608
                 f"FROM copies CROSS JOIN {table.name} row WHERE row.{key} = {model}")
        )  # fmt: skip
