"""A power cut at any moment loses nothing that was acknowledged: real commands, replayed.

A killed command cannot show this: what a process wrote stays in the machine's memory and reaches
the disk after all. So every change that real commands make to the disk is recorded as the kernel
sees it (``watched``), and the power is cut again and again somewhere in the recording under a model
of what a disk may lose (``powercut``). The controls are recorded with settings that are known to
lose work: where they do not, it is the test that is broken.
"""

import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sizes
import watched
from conftest import TODAY, Measured, Terminal
from powercut import Cut, Disk, cuts
from sqlalchemy import Connection, func, select
from watched import Call, Say

from assetflow import models as m
from assetflow import queries
from assetflow import settings as settings_module
from assetflow.backends import sqlite
from assetflow.casework import integrity
from assetflow.casework.desk import Desk
from assetflow.database import Store
from assetflow.delivery import folder

WHY_NOT = watched.why_not()
pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

CUTS = {True: sizes.of(500, 10_000), False: sizes.of(125, 5_000)}
CONTROL_CUTS = sizes.of(40, 500)
ROUNDS = sizes.of(2, 8)
# What is shipped for an older SQLite and for a newer one; each must hold whichever runs here.
SOUND = [("DELETE", "EXTRA"), ("WAL", "FULL")]
UNSOUND = [("DELETE", "OFF"), ("WAL", "NORMAL")]
ONE_DAY = timedelta(days=1)
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_one_of_the_settings_cut_off_here_is_the_one_shipped() -> None:
    found = sqlite.pragmas()
    assert (found["journal_mode"], found["synchronous"]) in SOUND


# --- the recording ----------------------------------------------------------------------------


def a_day(number: int) -> Iterator[list[str]]:
    """What an office does in a day: a case, a champion, sign-offs, letters, notes, a sweep."""
    case = str(number)
    yield ["case", "open", "--asset", f"SAMPLE-{number:04d}", "--group", "Bowls Club"]
    yield ["case", "note", case, f"Rang Joan Mills about case {number}."]
    yield ["champion", "name", case, "alex"]
    yield ["case", "record", case, "transfer_purpose=Bowls"]
    yield ["signoff", "request", case]
    yield ["signoff", "give", case, "service", "--by", "nadia", "--evidence", "Email"]
    yield ["letter", "issue", case, "holding_update", "--fact", "progress_made=Survey",
           "--fact", "progress_awaited=Title", "--fact", "forecast_date=2027-12-01"]  # fmt: skip
    yield ["case", "record", case, "transfer_purpose=A café"]
    yield ["sweep"]


def state(db: Connection) -> dict[str, Any]:
    """What the database holds, as far as it may only grow."""
    journal = select(m.journal.c.case_id, m.journal.c.position, m.journal.c.hash)
    filed = select(func.count()).where(m.letters.c.filed_at.is_not(None))
    return {
        "records": {f"{row.case_id}/{row.position}": row.hash for row in db.execute(journal)},
        "filed letters": db.execute(filed).scalar_one(),
        **{
            table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (m.letters, m.reminders, m.signoffs, m.facts)
        },
    }


def lost(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Name what was acknowledged and is not there."""
    gone = set(before["records"].items()) - set(after["records"].items())
    fewer = [key for key in before if key != "records" and after[key] < before[key]]
    return sorted([*(f"record {place}" for place, _ in gone), *fewer])


def record(af: Terminal) -> list[Call]:
    """Record every change of the disk that some days of real commands make, and what they said.

    A second window stays open meanwhile: only then does a write-ahead log outlive a command. It
    is closed once a day, with nothing else open, so that the log is brought into the file too.
    """
    recording: list[Call] = []

    def days(say: Say) -> None:
        for number in range(1, ROUNDS + 1):
            with closing(sqlite3.connect(af.home / "assetflow.db")) as second_window:
                second_window.execute("SELECT count(*) FROM cases").fetchall()
                for words in a_day(number):
                    af(*words)
                    with af.store.read() as db:
                        said = state(db)
                    say(json.dumps(said))

    def take_down(call: Call) -> int:
        # The index of a write-ahead log is made anew from the log; nothing reads an old one.
        if not call.path.endswith("-shm"):
            recording.append(call)
        return 0

    watched.watch(days, af.home, take_down)
    return recording


# --- what is left after a cut --------------------------------------------------------------------


class Survivors:
    """Opens what each power cut left, in a place of its own, and holds it against what was said."""

    def __init__(self, af: Terminal, place: Path) -> None:
        self.af, self.place = af, place
        self.settings = settings_module.load(af.home, {})
        self.store = Store(f"sqlite:///{place / 'assetflow.db'}")
        self.counted: Counter[str] = Counter()
        self.stories: list[str] = []

    def look(self, cut: Cut) -> None:
        """Say of one cut whether anything acknowledged is lost, or anything is damaged."""
        self.lay_out({p: c for p, c in cut.files.items() if Path(p).parent == self.af.home})
        self.counted["cuts"] += 1
        try:
            with self.store.read() as db:
                wrong = self.damage(db)
                gone = lost(json.loads(cut.said), state(db)) if cut.said else []
                torn = list(self.torn_letters(db, cut))
        except Exception as error:  # only a control gets here: a file that cannot be read at all
            wrong, gone, torn = [repr(error)], ["everything"], []
        found = {"damaged": wrong, "lost": gone, "without their letters": torn}
        self.counted.update(kind for kind, problems in found.items() if problems)
        if wrong or gone or torn:
            self.stories.append(f"before call {cut.place}: {found}")

    def lay_out(self, files: dict[str, bytes]) -> None:
        """Put what the disk holds where it can be opened."""
        shutil.rmtree(self.place, ignore_errors=True)
        for path, content in files.items():
            target = self.place / Path(path).relative_to(self.af.home)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def damage(self, db: Connection) -> list[str]:
        """Look for damage in the file, and for records that are not whole."""
        pages = list(db.exec_driver_sql("PRAGMA integrity_check").scalars())
        desk = Desk(db, self.settings, "", TODAY, TODAY, NOW)
        findings = [str(finding) for finding in integrity.verify(desk).findings]
        return findings if pages == ["ok"] else [*pages, *findings]

    def torn_letters(self, db: Connection, cut: Cut) -> Iterator[str]:
        """Name the letters that are said to be on file and are not there, or not whole."""
        for row in db.execute(
            select(m.letters, m.cases.c.reference)
            .join(m.cases, m.cases.c.id == m.letters.c.case_id)
            .where(m.letters.c.filed_at.is_not(None))
        ):
            text, page = folder.paths(self.af.home, row)
            if not cut.files.get(str(text), b"").decode().endswith(row.text):
                yield text.name
            if cut.files.get(str(page), b"").decode() != row.html:
                yield page.name


def cut_off(af: Terminal, place: Path, count: int) -> Survivors:
    """Record some days of work, cut the power at random places, and look at what is left."""
    with af.store.read():
        pass  # the file takes on the journal mode when it is opened first
    disk, seen = Disk(af.home), Survivors(af, place)
    recording = record(af)
    for number, cut in enumerate(cuts(disk, recording, count, random.Random(11))):
        seen.look(cut)
        if number % 50 == 0 and not seen.stories:
            seen.lay_out(cut.files)
            work_goes_on(Terminal(place))
    return seen


def work_goes_on(after: Terminal) -> None:
    """The next command works, and files the letters whose files were not written yet."""
    after("group", "add", "The next group")
    assert "the record is whole" in after("db", "verify").out
    with after.store.read() as db:
        assert queries.unfiled_letters(db) == []
        filed = [
            path for row in queries.filed_letters(db) for path in folder.paths(after.home, row)
        ]
    assert all(path.is_file() for path in filed)


def use(monkeypatch: pytest.MonkeyPatch, mode: str, sync: str) -> None:
    """Let SQLite be opened with other settings than those shipped for the one that runs here."""
    found = {**sqlite.pragmas(), "journal_mode": mode, "synchronous": sync}
    monkeypatch.setattr(sqlite, "pragmas", lambda: found)


@pytest.mark.parametrize(("mode", "sync"), SOUND)
def test_a_power_cut_loses_nothing_that_was_acknowledged(
    af: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: Measured,
    mode: str, sync: str,
) -> None:  # fmt: skip
    shipped = sqlite.pragmas()
    count = CUTS[(mode, sync) == (shipped["journal_mode"], shipped["synchronous"])]
    use(monkeypatch, mode, sync)
    seen = cut_off(af, tmp_path / "after", count)
    measured(
        "F2", f"power cuts, {mode} + {sync}", cuts=count, lost=seen.counted["lost"],
        damaged=seen.counted["damaged"], without_letters=seen.counted["without their letters"],
    )  # fmt: skip
    assert seen.stories == []
    assert seen.counted == {"cuts": count}


@pytest.mark.parametrize(("mode", "sync"), UNSOUND)
def test_the_same_power_cuts_lose_work_where_it_is_not_synced(
    af: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: Measured,
    mode: str, sync: str,
) -> None:  # fmt: skip
    use(monkeypatch, mode, sync)
    seen = cut_off(af, tmp_path / "after", CONTROL_CUTS)
    measured(
        "F2", f"control, must lose in 30 % of cuts: {mode} + {sync}", cuts=CONTROL_CUTS,
        lost=seen.counted["lost"], damaged=seen.counted["damaged"],
    )  # fmt: skip
    assert seen.counted["lost"] >= 0.3 * CONTROL_CUTS, "the replay does not see what is lost"


# --- files that are kept -------------------------------------------------------------------------


def test_a_file_that_was_acknowledged_is_there_whole_after_a_power_cut(
    case: Terminal, tmp_path: Path, measured: Measured
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "home").mkdir()
    shutil.copy(case.home / "assetflow.toml", kept / "home")
    restored = Terminal(kept / "home")
    recording: list[Call] = []
    disk = Disk(kept)

    def safe_keeping(say: Say) -> None:
        for number in range(sizes.of(2, 10)):
            case("db", "backup", str(kept / f"backup-{number}.db"))
            case("db", "anchor", str(kept), on=TODAY + ONE_DAY * number)
            case("db", "export", str(kept / f"export-{number}.json"))
            say("made")
        restored("db", "restore", str(kept / "backup-0.db"))
        say("restored")

    def take_down(call: Call) -> int:
        recording.append(call)
        return 0

    watched.watch(safe_keeping, kept, take_down)
    made = {str(p): p.read_bytes() for p in kept.rglob("*") if p.is_file()}
    gone = 0
    tried = list(cuts(disk, recording, sizes.of(100, 2_000), random.Random(3)))
    for cut in tried:
        safe = promised(cut, recording, made)
        gone += any(cut.files.get(path) != content for path, content in safe.items())
    measured(
        "F2", "power cut after a backup, anchor, export or restore", cuts=len(tried), lost=gone
    )
    assert gone == 0


def promised(cut: Cut, recording: list[Call], made: dict[str, bytes]) -> dict[str, bytes]:
    """Give the files that had been acknowledged when the power was cut, by their paths."""
    said = [n for n, call in enumerate(recording[: cut.place]) if call.kind == "said"]
    until = said[-1] if said else 0
    begun = {call.target or call.path for call in recording[:until] if call.kind != "unlink"}
    return {path: content for path, content in made.items() if path in begun}
