"""What a durable change costs, as a ratio to the same work in bare sqlite3 in the same run.

The bare side selects the case, compares and sets its version, inserts a chained record with its
words, and commits, with the same settings of the database.

Run: .venv/bin/python benchmarks/hotpath.py
"""

import hashlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from assetflow import settings as settings_module
from assetflow.backends.sqlite import pragmas
from assetflow.casework import cases
from assetflow.casework.desk import Desk
from assetflow.database import Store

ROUNDS, CHUNK = 9, 20
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FACTS = {"information_needed": "Accounts", "reply_by": "2027-01-01"}


def home_with_a_case(folder: Path) -> Path:
    """Make the demonstration's home; its second case is a fresh expression of interest."""
    home = folder / "home"
    subprocess.run([sys.executable, "-m", "assetflow", "--home", str(home), "demo"], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return home


class Ours:
    """assetflow's own use cases, a transaction each, as a command runs them."""

    def __init__(self, home: Path) -> None:
        self.settings = settings_module.load(home, {})
        self.store = Store(self.settings.database_url)

    def desk(self, db: object) -> Desk:
        return Desk(db, self.settings, "sam.taylor", NOW.date(), NOW.date(), NOW)  # type: ignore[arg-type]

    def note(self) -> None:
        with self.store.write() as db:
            cases.note(self.desk(db), "CAT-2025-0002", "Rang the group.")

    def ask(self) -> None:
        with self.store.write() as db:
            cases.advance(self.desk(db), "CAT-2025-0002", "ask_for_information", FACTS)

    def receive(self) -> None:
        with self.store.write() as db:
            cases.advance(self.desk(db), "CAT-2025-0002", "receive_information", {})


class Bare:
    """The same select, compare-and-set, two inserts and commit in bare sqlite3."""

    def __init__(self, home: Path) -> None:
        self.db = sqlite3.connect(home / "assetflow.db", isolation_level=None)
        for name, value in pragmas().items():
            self.db.execute(f"PRAGMA {name}={value}")
        self.case = self.db.execute("SELECT min(id) FROM cases").fetchone()[0]

    def change(self) -> None:
        db, case = self.db, self.case
        db.execute("BEGIN IMMEDIATE")
        version, head = db.execute("SELECT version, head FROM cases WHERE id=?", (case,)).fetchone()
        digest = hashlib.sha256(head.encode()).hexdigest()
        db.execute("UPDATE cases SET version=?, head=? WHERE id=? AND version=?",
                   (version + 1, digest, case, version))  # fmt: skip
        db.execute(
            "INSERT INTO journal (case_id, position, happened_on, recorded_at, actor_id, action, "
            "payload_digest, previous, hash) VALUES (?,?,'2026-03-02','2026-03-02 10:00:00',1,"
            "'noted',?,?,?)", (case, version + 1, digest, head, digest),
        )  # fmt: skip
        db.execute(
            "INSERT INTO journal_payloads VALUES (?,?,?,?)", (case, version + 1, "0" * 32, "{}")
        )
        db.execute("COMMIT")


def seconds(work: Callable[[], None]) -> float:
    """Time one piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Interleave the contenders in chunks and print medians with ratios to the bare side."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_with_a_case(Path(folder))
        ours, bare = Ours(home), Bare(home)
        taken: dict[str, list[float]] = {"bare sqlite3": [], "note": [], "advance, no letter": [],
                                         "advance with a letter": []}  # fmt: skip
        for _ in range(ROUNDS):
            for _ in range(CHUNK):
                taken["bare sqlite3"].append(seconds(bare.change))
                taken["note"].append(seconds(ours.note))
                taken["advance with a letter"].append(seconds(ours.ask))
                taken["advance, no letter"].append(seconds(ours.receive))
    base = statistics.median(taken["bare sqlite3"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:<22} {median * 1000:7.2f} ms   ratio of rates to bare {base / median:5.3f}")


if __name__ == "__main__":
    main()
