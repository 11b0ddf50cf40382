"""What a durable change costs, as ratios to the same work in the bare driver in the same run.

The bare side selects the case's row, compares and sets its version, inserts a chained record with
its words, and commits, with the same settings of the database. Beside it: the bare driver that also
reads what the rules ask about, by the very statements of assetflow, and the same step as plain code
with ``transitions`` and the SQLAlchemy ORM. All take turns, on their own copies of one case. Where
the system lets it, the run goes before other processes: a busy neighbour makes every ratio better.

Run: .venv/bin/python benchmarks/hotpath.py [ROUNDS]
"""

import hashlib
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT), str(ROOT / "tests")]

import pgserver  # noqa: E402
import plain  # noqa: E402
import population  # noqa: E402
from conftest import admin  # noqa: E402
from sqlalchemy import create_engine, event  # noqa: E402

from assetflow import queries  # noqa: E402
from assetflow import settings as settings_module  # noqa: E402
from assetflow.backends import sqlite  # noqa: E402
from assetflow.casework import cases, record  # noqa: E402
from assetflow.casework.desk import Desk  # noqa: E402
from assetflow.database import Store  # noqa: E402
from assetflow.queries.cases import BY_EXACT_REFERENCE  # noqa: E402

ROUNDS, CHUNK, COPIES = 25, 10, 400
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FACTS = {"information_needed": "Accounts", "pause_reason": "accounts", "reply_by": "2027-01-01"}
MICRO = 1_000_000


class Ours:
    """assetflow's own use cases, a transaction each, as a command runs them."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.settings = settings_module.load(home, {"ASSETFLOW_DATABASE_URL": url} if url else {})
        self.store = Store(self.settings.database_url, keep=True)
        with self.store.write() as db:
            population.copy_case(db, 2 * COPIES)
        self.asked = self.received = self.noted = 0

    def desk(self, db: Any) -> Desk:
        """Give the desk of one command."""
        return Desk(db, self.settings, "sam.taylor", NOW.date(), NOW.date(), NOW)

    def note(self) -> None:
        """Put a note on the next copy."""
        self.noted += 1
        with self.store.write() as db:
            cases.note(
                self.desk(db), population.reference(self.noted % (COPIES - 1)), "Rang the group."
            )

    def ask(self) -> None:
        """Ask the group of the next copy for something: an advance with facts and a letter."""
        self.asked += 1
        with self.store.write() as db:
            name = population.reference(self.asked % (COPIES - 1))
            cases.advance(self.desk(db), name, "ask_for_information", FACTS)

    def receive(self) -> None:
        """Record that it came: an advance without a letter."""
        self.received += 1
        with self.store.write() as db:
            name = population.reference(self.received % (COPIES - 1))
            cases.advance(self.desk(db), name, "receive_information", {})


class Plain:
    """``transitions`` and the ORM, a session each; an engine with a pool and our settings."""

    def __init__(self, ours: Ours) -> None:
        with ours.store.read() as db:
            route = queries.case(db, queries.case_id(db, population.reference(0))).workflow
        url = ours.store.backend.url
        self.engine = create_engine(url)
        if url.get_backend_name() == "sqlite":
            event.listen(self.engine, "connect", lambda driver, _: sqlite._set(driver))
            event.listen(
                self.engine, "begin", lambda db: db.connection.driver_connection.execute(BEGIN)
            )
        self.machine, self.number = plain.machine_of(route), 0
        self.reference = population.reference(COPIES - 1)

    def advance(self) -> None:
        """Ask and receive in turn, on one copy that nobody else takes."""
        self.number += 1
        trigger, holder = (
            ("ask_for_information", "group")
            if self.number % 2
            else ("receive_information", "council")
        )
        plain.advance(self.engine, self.machine, self.reference, trigger, holder, NOW)


BEGIN = "BEGIN IMMEDIATE"
SELECT = "SELECT id, version, head FROM cases WHERE reference = ?"
UPDATE = (
    "UPDATE cases SET waiting_on = ?, waiting_since = ?, version = ?, head = ? "
    "WHERE id = ? AND version = ?"
)
JOURNAL = (
    "INSERT INTO journal (case_id, position, happened_on, recorded_at, actor_id, action, "
    "payload_digest, previous, hash) VALUES (?, ?, ?, ?, 1, 'noted', ?, ?, ?)"
)
PAYLOAD = "INSERT INTO journal_payloads (case_id, position, salt, text) VALUES (?, ?, ?, ?)"


class Bare:
    """The same select, compare-and-set, two inserts and commit in the bare driver."""

    def __init__(self, execute: Callable[..., Any], begin: Callable[[], Any], commit: Any) -> None:
        self.execute, self.begin, self.commit = execute, begin, commit
        self.number = 0
        self.reading: list[tuple[str, Any, dict[str, Any]]] = []

    def read_all(self, store: Store) -> "Bare":
        """Let it read all that the rules ask about, by the same statements and without lock."""
        found = BY_EXACT_REFERENCE
        with store.read() as db:
            compiled = [each._for(db) for each in (*found.about, found.told)]
        self.reading = [(each.text, each.order, each.fixed) for each in compiled]
        return self

    @classmethod
    def sqlite(cls, file: Path) -> "Bare":
        """Open SQLite with the shipped settings."""
        db = sqlite3.connect(file, isolation_level=None, timeout=30)
        for name, value in sqlite.pragmas().items():
            db.execute(f"PRAGMA {name}={value}")
        return cls(db.execute, partial(db.execute, BEGIN), db.commit)

    @classmethod
    def postgresql(cls, url: str) -> "Bare":
        """Open PostgreSQL; the select locks the case's row."""
        import psycopg  # noqa: PLC0415

        db = psycopg.connect(url.replace("+psycopg", ""))

        def execute(text: str, values: Any) -> Any:
            lock = " FOR UPDATE" if text is SELECT else ""
            return db.execute(text.replace("?", "%s") + lock, values)

        return cls(execute, lambda: None, db.commit)

    def change(self) -> None:
        """Change the next of the copies that only the bare sides take."""
        self.number += 1
        self.begin()
        name = population.reference(COPIES + self.number % COPIES)
        case, version, head = self.execute(SELECT, (name,)).fetchone()
        for text, order, fixed in self.reading:
            given = {**fixed, "typed": name}
            self.execute(text, given if order is None else [given[n] for n in order]).fetchall()
        digest = hashlib.sha256(head.encode()).hexdigest()
        position = version + 1
        holder = ("group", "council")[version % 2]  # as an advance hands the ball on
        values = (holder, NOW.date().isoformat(), position, digest, case, version)
        if self.execute(UPDATE, values).rowcount != 1:
            raise ValueError("somebody else was faster")
        day, moment = NOW.date().isoformat(), NOW.replace(tzinfo=None).isoformat(" ")
        self.execute(JOURNAL, (case, position, day, moment, digest, head, digest))
        self.execute(PAYLOAD, (case, position, "0" * 32, '{"why": "", "detail": {}}'))
        self.commit()


# --- measuring ------------------------------------------------------------------------------------

Work = dict[str, Callable[[], None]]


def contenders(ours: Ours, reads_all: Bare) -> Work:
    """Give what is measured against the bare side."""
    return {
        "bare, reading all": reads_all.read_all(ours.store).change,
        "note": ours.note,
        "advance with a letter": ours.ask,
        "advance, no letter": ours.receive,
        "transitions + ORM": Plain(ours).advance,
    }


class Times:
    """What one contender took, and what the bare side took right before and right after it."""

    def __init__(self) -> None:
        self.passed: list[float] = []
        self.busy: list[float] = []
        self.bare: list[float] = []
        self.bare_busy: list[float] = []

    def row(self) -> str:
        """Give the medians over all turns: of the times, and of the ratios of each turn."""
        pairs = list(zip(self.passed, self.busy, self.bare, self.bare_busy, strict=True))
        middle = statistics.median
        return (
            f"{middle(self.passed) * MICRO:>6.0f} µs {middle(self.bare) * MICRO:>6.0f} µs "
            f"{middle(p - b for p, _, b, _ in pairs) * MICRO:>6.0f} µs "
            f"{middle(b / p for p, _, b, _ in pairs):>7.2f} "
            f"{middle(self.busy) * MICRO:>8.0f} µs {middle(p / b for _, p, _, b in pairs):>6.1f}"
        )


def chunk(each: Callable[[], None]) -> tuple[float, float]:
    """Give the median time of a few turns, and the processor's time for each."""
    times, busy = [], time.process_time()
    for _ in range(CHUNK):
        start = time.perf_counter()
        each()
        times.append(time.perf_counter() - start)
    return statistics.median(times), (time.process_time() - busy) / CHUNK


def measure(title: str, bare: Callable[[], None], work: Work, rounds: int) -> None:
    """Time each contender between two turns of the bare side, and print what was found."""
    taken = {name: Times() for name in work}
    for each in (bare, *work.values()):
        chunk(each)  # compiles, opens, reads
    before = chunk(bare)
    for _ in range(rounds):
        for name, each in work.items():
            passed, busy = chunk(each)
            after = chunk(bare)
            taken[name].passed.append(passed)
            taken[name].busy.append(busy)
            taken[name].bare.append((before[0] + after[0]) / 2)
            taken[name].bare_busy.append((before[1] + after[1]) / 2)
            before = after
    print(f"\n{title}")
    heads = f"{'median':>9} {'bare':>9} {'added':>9} {'ratio':>7} {'processor':>11} {'times':>6}"
    print(f"{'':<24} {heads}")
    for name, times in taken.items():
        print(f"  {name:<22} {times.row()}")


@contextmanager
def watched(spent: dict[str, float]) -> Iterator[None]:
    """Add up the time of each phase of an advance, by standing in front of its functions."""
    inside: list[float] = []

    def watch(owner: Any, name: str, phase: str) -> Callable[[], None]:
        original = getattr(owner, name)

        def timed(*given: Any, **named: Any) -> Any:
            start = time.perf_counter()
            inside.append(0.0)
            try:
                return original(*given, **named)
            finally:
                passed = time.perf_counter() - start
                spent[phase] += passed - inside.pop()
                if inside:
                    inside[-1] += passed

        setattr(owner, name, timed)
        return lambda: setattr(owner, name, original)

    undo = [
        watch(sqlite.Sqlite, "begin", "begin"),
        watch(record, "take", "find and read the case"),
        watch(queries, "person", "who acts"),
        watch(record, "check_day", "the last move"),
        watch(cases, "what_is_missing", "the rules"),
        watch(cases, "_fire", "the machine"),
        watch(record, "_next_alert_on", "what falls due next"),
        watch(record, "carry_out_if", "write the case and the record"),
        watch(record, "_link", "the hash chain"),
        watch(cases, "advance", "the rest of the step"),
    ]
    try:
        yield
    finally:
        for each in undo:
            each()


def breakdown(ours: Ours, times: int) -> None:
    """Print where the time of an advance without a letter goes."""
    spent: dict[str, float] = defaultdict(float)
    total = 0.0
    for _ in range(times):
        ours.ask()
        with watched(spent):
            start = time.perf_counter()
            ours.receive()
            total += time.perf_counter() - start
    spent["transaction and commit"] = total - sum(spent.values())
    print("\nWhere an advance without a letter spends its time (in memory, with the watching)")
    for phase, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {phase:<24} {seconds / times * MICRO:>6.0f} µs {seconds / total:>5.0%}")


# --- the runs -------------------------------------------------------------------------------------


def on_disk(rounds: int) -> None:
    """Measure on the disk with the shipped settings."""
    with tempfile.TemporaryDirectory() as folder:
        home = population.home_with_a_case(Path(folder))
        ours = Ours(home)
        file = home / "assetflow.db"
        bare, work = Bare.sqlite(file), contenders(ours, Bare.sqlite(file))
        set_ = sqlite.pragmas()
        mode = f"journal_mode {set_['journal_mode']}, synchronous {set_['synchronous']}"
        title = f"SQLite {sqlite3.sqlite_version} on disk, {mode}"
        measure(title, bare.change, work, rounds)


def in_memory(rounds: int) -> None:
    """Measure the processor's part: in memory, and waiting for no disk."""
    shipped = sqlite.pragmas()
    sqlite.pragmas = lambda: {**shipped, "synchronous": "OFF"}
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    try:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            home = population.home_with_a_case(Path(folder))
            ours = Ours(home)
            file = home / "assetflow.db"
            bare, work = Bare.sqlite(file), contenders(ours, Bare.sqlite(file))
            measure("SQLite in memory, synchronous OFF", bare.change, work, rounds)
            breakdown(ours, 200)
    finally:
        sqlite.pragmas = lambda: shipped


def on_a_server(rounds: int) -> None:
    """Measure on a throwaway PostgreSQL server that waits for the disk."""
    with (
        pgserver.Cluster(pgserver._binaries(), durable=True) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        admin(cluster.url, "CREATE DATABASE hotpath")
        url = f"{cluster.url}/hotpath"
        home = population.home_with_a_case(Path(folder), url)
        ours, bare = Ours(home, url), Bare.postgresql(url)
        work = contenders(ours, Bare.postgresql(url))
        measure("PostgreSQL, one client, fsync on", bare.change, work, rounds)


def _goes_first() -> bool:
    """Ask to run before other processes; not every system or user may."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(50))
    except (AttributeError, OSError):
        return False
    return True


def main() -> None:
    """Run all of it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print("Goes before other processes." if _goes_first() else "Shares with other processes.")
    on_disk(rounds)
    in_memory(rounds)
    on_a_server(rounds)


if __name__ == "__main__":
    main()
