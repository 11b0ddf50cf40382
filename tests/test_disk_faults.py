"""A disk that fails at any one moment, or is full from then on, leaves nothing half done.

Every write, sync, truncation, renaming, unlinking and making of a file or folder that a command
asks of the kernel is made to fail, one after the other (``watched``): by a disk that fails once
(EIO), and by one that is full from then on (ENOSPC). After each the database is as it was before
the command or as it is after it, what the command said is true, and the next try works.
"""

import errno
import shutil
import sqlite3
from contextlib import chdir, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sizes
import watched
from conftest import Measured, Result, Terminal
from test_commands import CHANGING, IDLE, LATER, office_home, typing  # noqa: F401 - a fixture
from watched import Call

from assetflow.backends import sqlite

WHY_NOT = watched.why_not()
pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

ADVANCE = ["case", "advance", "CAT-2026-0002", "ask_for_information",
           "--fact", "reply_by=2027-01-04", "--fact", "information_needed=Accounts",
           "--fact", "pause_reason=accounts"]  # fmt: skip
OPEN = ["case", "open", "--asset", "SAMPLE-0003", "--group", "Bowls Club"]
COMMANDS = {"case advance": ADVANCE, "case open": OPEN, "sweep": ["sweep"]}
if sizes.SOAK:
    COMMANDS |= {name: typing(name) for name in CHANGING if name not in (*COMMANDS, *IDLE)}
# So often is the next try looked at: each one costs as much as the fault before it.
LOOK_ON = 5 if sizes.SOAK else 10
# Each command, and whether SQLite is to keep its log as a newer one does.
WITH = [(name, False) for name in COMMANDS]
if sizes.SOAK:
    WITH += [(name, True) for name in ("case advance", "case open", "sweep")]
SHARE = f"every {sizes.EVERY}th" if sizes.EVERY > 1 else "every"
NEEDS_ROOM = ("write", "create", "mkdir")
# What differs each time that a command is run: the salts, and what is computed from them.
RANDOM = {"salt", "payload_digest", "previous", "hash", "head"}
Contents = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Fault:
    """The disk fails at one call of a command: once, or at all from then on that need room."""

    at: int
    number: int

    def __call__(self, place: int, call: Call) -> int:
        """Give the errno of a call of the command, the first being 1."""
        lasting = self.number == errno.ENOSPC and place > self.at
        hit = place == self.at or (lasting and call.kind in NEEDS_ROOM)
        return self.number if hit else 0


class Bench:
    """One command, typed again and again in a copy of the same home, with and without faults."""

    def __init__(self, office: Path, place: Path, words: list[str]) -> None:
        self.office, self.place, self.words = office, place, words
        self.before = contents(office)
        self.calls = self.recorded()
        self.after = contents(self.place)
        assert self.after != self.before, "the command changes something"

    def recorded(self) -> list[Call]:
        """Type the command on a sound disk and give what it asked of the kernel."""
        calls: list[Call] = []

        def take_down(call: Call) -> int:
            calls.append(call)
            return 0

        done = self.type(take_down)
        assert (done.code, done.err) == (0, ""), done
        assert unfiled(self.place) == []
        return calls

    def type(self, answer: watched.Answer) -> Result:
        """Type the command in a fresh copy of the home."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.office, self.place)
        here = Terminal(self.place, LATER)

        def work(_: watched.Say) -> list[object]:
            with chdir(self.place):  # a command that writes a new file names it without a folder
                done = here(*self.words, code=None)
            return [done.code, done.out, done.err]

        return Result(*watched.watch(work, self.place, answer))

    def faults(self) -> list[Fault]:
        """Give a fault at every call; in a soak both faults at each where both can happen.

        With every change, amid a run of writes to one file every fourth is taken: a page goes into
        the journal in three (its number, the page, its checksum), so that all have their turn.
        """
        places = list(enumerate(self.calls, start=1))
        fails = [Fault(place, errno.EIO) for place, _ in places]
        full = [Fault(place, errno.ENOSPC) for place, c in places if c.kind in NEEDS_ROOM]
        if sizes.SOAK:
            return (fails + full)[:: sizes.EVERY]
        taken = {fault.at: fault for fault in fails + full[::2] if self.is_taken(fault.at)}
        return list(taken.values())

    def is_taken(self, place: int) -> bool:
        around = self.calls[max(0, place - 2) : place + 1]
        amid = len({(c.kind, c.path) for c in around}) == 1 and len(around) == 3
        return not amid or place % 4 == 0

    def suffer(self, fault: Fault) -> str:
        """Type the command on a disk that fails; give how it ended."""
        place = 0

        def answer(call: Call) -> int:
            nonlocal place
            place += 1
            return fault(place, call)

        done = self.type(answer)
        story = f"{self.words[:2]} {fault} {self.calls[fault.at - 1].kind}: {done}"
        assert place >= fault.at, f"the fault did not happen: {story}"
        found = contents(self.place)
        assert torn(self.place) == [], story
        if found not in (self.before, self.after):
            return f"half done: {story}"
        self.check_words(done, saved=found == self.after, story=story)
        if fault.at % LOOK_ON == 0:
            self.check_next_try(saved=found == self.after, story=story)
        return "nothing changed" if found == self.before else "saved"

    def check_words(self, done: Result, *, saved: bool, story: str) -> None:
        """What was said is true, and is in words."""
        assert done.code in (0, 4), story
        if done.code == 0:
            assert saved, story
            assert unfiled(self.place) == [], story
            return
        assert "→" in done.err, story
        assert ("Nothing was changed" in done.err) <= (not saved), story
        assert ("is saved" in done.err) <= saved, story
        known = "Nothing was changed" in done.err or "is saved" in done.err
        assert known or "it may be saved all the same" in done.err, story
        assert not (self.place / "incidents.log").exists(), story
        assert done.out == "", story

    def check_next_try(self, *, saved: bool, story: str) -> None:
        """The same command works where nothing was changed; the next one files the letters."""
        next_ = ["group", "add", "The next group"] if saved else self.words
        with chdir(self.place):
            again = Terminal(self.place, LATER)(*next_, code=None)
        assert (again.code, again.err) == (0, ""), f"{story}\nthen {again}"
        if not saved:
            assert contents(self.place) == self.after, story
        assert unfiled(self.place) == [], story
        assert not list(self.place.rglob("*.part")), story


# What tells that a letter or a digest was written to its file, after the commit that made it.
FILING = {"letters": ("filed_at",), "outbox": ("state", "sent_at")}


def contents(home: Path) -> Contents:
    """Give every row of a sound database, without what is random and when letters were filed."""
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: _rows(db, name) for name in names}


def _rows(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    filing = FILING.get(table, ())
    kept = ", ".join(c for c in columns if c not in RANDOM and c not in filing)
    # Whether the file is still to be written anew after an erasure goes with what is filed.
    wanted = " WHERE name <> 'rewrite_file'" if table == "counters" else ""
    return db.execute(f"SELECT {kept} FROM {table}{wanted}").fetchall()


def unfiled(home: Path) -> list[str]:
    """Name the letters and digests that are not on file, or not whole."""
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        letters = db.execute("SELECT number, text, html, filed_at FROM letters").fetchall()
        digests = db.execute("SELECT key, text, state FROM outbox").fetchall()
    lying = [path.read_text(encoding="utf-8") for path in (home / "digests").rglob("*.txt")]
    files = {path.name[:5] + path.suffix: path for path in (home / "letters-sent").rglob("*.*")}
    return [
        f"letter {number}"
        for number, text, html, filed_at in letters
        if filed_at is None or not _is_filed(files, f"{number:05d}", text, html)
    ] + [
        key for key, text, state in digests
        if state == "queued" or not any(words.endswith(text) for words in lying)
    ]  # fmt: skip


def _is_filed(files: dict[str, Path], number: str, text: str, html: str) -> bool:
    """Tell whether a letter's files are there and whole; of one that was erased, that none is."""
    there = [files.get(f"{number}.{kind}") for kind in ("txt", "html")]
    if not text and not html:
        return there == [None, None]
    said = [path.read_text(encoding="utf-8") if path else "" for path in there]
    return said[0].endswith(text) and said[1] == html


def torn(home: Path) -> list[str]:
    """Name the files that bear the name of a letter and are not whole."""
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        letters = {n: (t, h) for n, t, h in db.execute("SELECT number, text, html FROM letters")}
    files = [path for path in (home / "letters-sent").rglob("*.*") if path.suffix != ".part"]
    return [
        path.name
        for path in files
        if not path.read_text(encoding="utf-8").endswith(
            letters[int(path.name[:5])][path.suffix == ".html"]
        )
    ]


@pytest.mark.long
@pytest.mark.parametrize(("name", "newer"), WITH)
def test_a_fault_at_any_moment_leaves_nothing_half_done(
    name: str, newer: bool, tmp_path: Path, measured: Measured, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    office = shutil.copytree(request.getfixturevalue("office_home"), tmp_path / "office")
    # Letters and digests become files here: what leaves by other ways has tests of its own.
    settings = (office / "assetflow.toml").read_text("utf-8")
    (office / "assetflow.toml").write_text(settings.partition("[delivery]")[0], "utf-8")
    if name == "sweep" and not sizes.SOAK:
        # Two letters fall due after it, not thirteen: the same kinds of calls at fewer places.
        Terminal(office)("sweep", on=LATER - timedelta(days=30))
    if newer:
        log = {**sqlite.pragmas(), "journal_mode": "WAL", "synchronous": "FULL"}
        monkeypatch.setattr(sqlite, "pragmas", lambda: log)
        with Terminal(office).store.read():
            pass  # the file takes on the journal mode when it is opened first
    bench = Bench(office, tmp_path / "home", COMMANDS[name])
    ended = [bench.suffer(fault) for fault in bench.faults()]
    half_done = [story for story in ended if story.startswith("half done")]
    measured(
        "F4", f"`{name}`" + " (WAL)" * newer + f", a fault at {SHARE} call", faults=len(ended),
        nothing_changed=ended.count("nothing changed"), saved=ended.count("saved"),
        half_done=len(half_done),
    )  # fmt: skip
    assert half_done == []
    # Early faults change nothing; those of the letters come when the case is saved.
    assert "nothing changed" in ended
    assert "saved" in ended or sizes.EVERY > 1
