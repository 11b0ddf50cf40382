"""Backups that are opened and checked before anybody relies on them."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from assetflow import durable, queries
from assetflow.casework import dumps, integrity
from assetflow.casework.desk import Desk
from assetflow.database import HEAD, Store
from assetflow.errors import OutsideFault, Refused
from assetflow.files import check_new
from assetflow.settings import Settings

PG_MISSING = "install PostgreSQL's client programs (pg_dump, pg_restore) of the server's version"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and checked: where it lies and what is in it.

    ``letters`` are those that were filed again after it was restored.
    """

    path: Path
    cases: int
    records: int
    letters: int = 0


def back_up(settings: Settings, target: Path, now: datetime) -> Backup:
    """Copy the database while others work, then open the copy and verify its journal.

    A copy that cannot be verified is taken away again and reported.
    """
    check_new(target)
    store = Store(settings.database_url)
    store.check_revision()
    if store.file is None:
        return _dump(settings, store, target, now)
    _vacuum_into(store.file, target)
    try:
        return verified(settings, opened(target), target, now)
    except Exception:
        target.unlink(missing_ok=True)
        raise


def upgrade(settings: Settings, now: datetime, *, backup_elsewhere: bool = False) -> Backup | None:
    """Bring the schema up to date, after a backup where there is anything to lose.

    With ``backup_elsewhere`` an administrator has taken it by other means.
    """
    store = Store(settings.database_url)
    found, made = store.revision(), None
    if found is not None and found < HEAD and not backup_elsewhere:
        made = _before_upgrade(settings, store, now)
    store.upgrade()
    return made


def _before_upgrade(settings: Settings, store: Store, now: datetime) -> Backup:
    place = settings.home / "backups"
    place.mkdir(mode=0o700, exist_ok=True)
    ending = "dump" if store.file is None else "db"
    names = (f"before-{HEAD}-{now:%Y%m%dT%H%M%S}-{n}.{ending}" for n in count(1))
    target = next(place / name for name in names if not (place / name).exists())
    if store.file is None:
        return _dump(settings, store, target, now)
    _vacuum_into(store.file, target)
    return Backup(target, 0, 0)


def _keep(path: Path) -> None:
    durable.sync(path)
    durable.sync_names([path.parent])


# --- SQLite -------------------------------------------------------------------------------------


def _vacuum_into(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source, timeout=30, isolation_level=None)) as db:
            db.execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)
        _keep(target)
        with closing(sqlite3.connect(target)) as copy:
            state = copy.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.Error, OSError) as error:
        target.unlink(missing_ok=True)
        raise OutsideFault(f"The backup {target} cannot be made.", reasons=[str(error)]) from error
    if state != [("ok",)]:
        target.unlink(missing_ok=True)
        raise OutsideFault("The backup is damaged, and so may be the database.",
                           remedies=["assetflow doctor", "assetflow db verify"])  # fmt: skip


def opened(path: Path) -> Store:
    """Open a backup of SQLite as the database it is."""
    return Store(f"sqlite:///{path.resolve().as_posix()}")


def verified(
    settings: Settings, store: Store, path: Path, now: datetime, *, tables: bool = True
) -> Backup:
    """Verify every chain of a backup that was opened, and give what is in it."""
    with store.read() as db:
        desk = Desk(db, settings, settings.acting_as, now.date(), now.date(), now)
        found = integrity.verify(desk, tables=tables)
    if found.findings:
        raise Refused(
            f"The journal in {path} does not verify.",
            reasons=[f"{f.case} record {f.position} {f.sentence}." for f in found.findings],
        )
    return Backup(path, found.cases, found.records)


# --- PostgreSQL -----------------------------------------------------------------------------------


def _dump(settings: Settings, store: Store, target: Path, now: datetime) -> Backup:
    run("pg_dump", store, "--format=custom", "--enable-row-security", f"--file={target}")
    target.chmod(0o600)
    try:
        _keep(target)
        return _verified_dump(settings, store, target, now)
    except OSError as error:
        raise OutsideFault(f"The backup {target} cannot be made.", reasons=[str(error)]) from error
    except Exception:
        target.unlink(missing_ok=True)
        raise


def _verified_dump(settings: Settings, store: Store, target: Path, now: datetime) -> Backup:
    """Read the journals back out of a dump, and recompute every chain in them."""
    with read_out(store, target) as read:
        found = verified(settings, read, target, now, tables=False)
    if not found.cases and _case_count(store):
        raise OutsideFault(f"{target} does not hold the whole database.")
    return found


@contextmanager
def read_out(store: Store, dump: Path) -> Iterator[Store]:
    """Read journals and people out of a dump into a small database of their own."""
    named = [f"--table={table.name}" for table in dumps.TABLES]
    with tempfile.TemporaryDirectory() as place:
        text = Path(place) / "tables.sql"
        run("pg_restore", store, "--data-only", *named, f"--file={text}", str(dump), connect=False)
        with text.open(encoding="utf-8", newline="\n") as lines:
            file = dumps.read_tables(lines, Path(place))
        yield opened(file)


def _case_count(store: Store) -> int:
    with store.read() as db:
        return len(queries.all_case_ids(db))


def run(program: str, store: Store, *arguments: str, connect: bool = True) -> str:
    """Run a client program; the password travels in the environment, never on the command line."""
    url = store.backend.url
    found = shutil.which(program)
    if found is None:
        raise OutsideFault(f"{program} is not on this machine.", remedies=[PG_MISSING])
    place = url.set(drivername="postgresql", password=None).render_as_string()
    named = [f"--dbname={place}"] if connect else []
    environment = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 - the program was found on the path, no shell is used
        [found, *named, *arguments], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    if done.returncode != 0:
        raise OutsideFault(f"{program} failed.", reasons=done.stderr.strip().splitlines()[:5])
    return done.stdout
