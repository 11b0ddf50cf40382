"""How long eight people who save at once wait for SQLite: our own way of waiting and SQLite's.

Each process puts notes on its own copy of a case for some seconds; a wait is the time until its
transaction has begun. Nobody may be turned away.

Run: .venv/bin/python benchmarks/waiting.py [SECONDS]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import population
from sqlalchemy import text

from assetflow import settings as settings_module
from assetflow.backends import sqlite
from assetflow.casework import cases
from assetflow.casework.desk import Desk
from assetflow.database import Store

WRITERS, SECONDS = 8, 8.0
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def write(home: Path, me: int, seconds: float, ways: str) -> list[float]:
    """Put notes on a case for some seconds, and give how long each waited for its turn."""
    if ways == "busy timeout":
        sqlite._wait_for_turn = lambda driver, **_: driver.execute("BEGIN IMMEDIATE") is None
    settings = settings_module.load(home, {})
    store = Store(settings.database_url, keep=True)
    with store.read() as db:  # opens, and imports what is needed
        db.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.readline()
    waits, until = list[float](), time.perf_counter() + seconds
    while (start := time.perf_counter()) < until:
        with store.write() as db:
            waits.append(time.perf_counter() - start)
            desk = Desk(db, settings, "sam.taylor", NOW.date(), NOW.date(), NOW)
            cases.note(desk, population.reference(me), "Rang the group.")
    return waits


def run(home: Path, ways: str, seconds: float) -> list[list[float]]:
    """Let all of them write at once."""
    children = [
        subprocess.Popen([sys.executable, __file__, str(home), str(me), str(seconds), ways],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for me in range(WRITERS)
    ]  # fmt: skip
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    found = [child.communicate()[0] for child in children]
    assert not any(child.returncode for child in children), "somebody was turned away"
    return [json.loads(text) for text in found]


def show(ways: str, waits: list[list[float]], seconds: float) -> None:
    """Print how many were saved, the longest waits, and how evenly the turns were shared."""
    every: list[Any] = sorted(wait for mine in waits for wait in mine)
    counts = [len(mine) for mine in waits]
    late = every[int(len(every) * 0.99)]
    print(
        f"{ways:<14} {len(every) / seconds:>4.0f}/s   "
        f"wait: median {statistics.median(every):.4f} s  99 in 100 {late:.3f} s  "
        f"longest {every[-1]:.3f} s   "
        f"fewest to most {min(counts) / max(counts):.2f}"
    )


def main() -> None:
    """Compare both ways of waiting, in turns."""
    if len(sys.argv) > 3:
        home, me, seconds, ways = sys.argv[1:]
        print(json.dumps(write(Path(home), int(me), float(seconds), ways)))
        return
    each = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        home = population.home_with_a_case(Path(folder))
        with Store(settings_module.load(home, {}).database_url).write() as db:
            population.copy_case(db, WRITERS)
        for ways in ("our own retry", "busy timeout") * 2:
            show(ways, run(home, ways, each), each)


if __name__ == "__main__":
    main()
