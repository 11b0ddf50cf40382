"""The nightly sweep over ever more open cases of which the same number is due.

Its time must follow what is due (at most 1.3 times from the first size to the last), and its memory
must stay flat. Each size is swept in a process of its own, on SQLite with the shipped settings;
the due cases lie evenly among the others.

Run: .venv/bin/python benchmarks/sweep.py [--due 10000] [SIZE ...]
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import population
from sqlalchemy import text

from assetflow import settings as settings_module
from assetflow.casework import sweep
from assetflow.casework.desk import Desk
from assetflow.database import Store

SIZES, DUE = (10_000, 100_000, 1_000_000), 10_000
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
NEVER = date(2099, 1, 1)


def fill(home: Path, size: int, due: int) -> None:
    """Copy the model case, and let every so many of the copies be due."""
    values = {"on": NOW.date().isoformat(), "never": NEVER.isoformat(), "each": size // due}
    with Store(settings_module.load(home, {}).database_url).write() as db:
        population.copy_case(db, size, details=())
        db.execute(
            text("UPDATE cases SET next_alert_on = CASE WHEN id >= :first AND id % :each = 0 "
                 "THEN :on ELSE :never END"), {**values, "first": population.FIRST_COPY},
        )  # fmt: skip


def sweep_once(home: Path) -> dict[str, float]:
    """Sweep a home and give how long it took, what it told and the memory it needed."""
    settings = settings_module.load(home, {})
    store = Store(settings.database_url, keep=True)

    @contextmanager
    def writing() -> Iterator[Desk]:
        with store.write() as db:
            yield Desk(db, settings, "sam.taylor", NOW.date(), NOW.date(), NOW)

    start = time.perf_counter()
    swept = sweep.sweep_in_parts(writing)
    passed = time.perf_counter() - start
    start = time.perf_counter()
    assert sweep.sweep_in_parts(writing).cases == 0
    again = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": passed, "again": again, "cases": swept.cases, "told": len(swept.told),
            "peak": peak}  # fmt: skip


def main() -> None:
    """Sweep each size and print the times, the peaks of memory, and last against first."""
    reading = argparse.ArgumentParser()
    reading.add_argument("sizes", nargs="*", type=int, default=SIZES)
    reading.add_argument("--due", type=int, default=DUE)
    reading.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    asked = reading.parse_args()
    if asked.home:
        print(json.dumps(sweep_once(asked.home)))
        return
    found = []
    print(
        f"{'open cases':>12} {'due':>8} {'told':>8} {'sweep':>9} {'each':>9} "
        f"{'again':>9} {'peak':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        model = population.home_with_a_case(Path(folder))
        for size in asked.sizes or SIZES:
            home = Path(folder) / str(size)
            shutil.copytree(model, home)
            fill(home, size, min(asked.due, size))
            command = [sys.executable, __file__, "--home", str(home)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            one = json.loads(done.stdout)
            shutil.rmtree(home)
            found.append(one)
            each = one["seconds"] / one["cases"] * 1000
            print(
                f"{size:>12,} {one['cases']:>8,} {one['told']:>8,} {one['seconds']:>7.1f} s "
                f"{each:>6.2f} ms {one['again'] * 1000:>6.1f} ms {one['peak']:>4.0f} MiB",
                flush=True,
            )  # fmt: skip
    first, last = found[0], found[-1]
    print(f"last against first: time {last['seconds'] / first['seconds']:.2f}, "
          f"memory {last['peak'] / first['peak']:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
