"""SQLite, opened so that it loses nothing.

Our own ``BEGIN IMMEDIATE`` (the driver's default loses half of all concurrent updates), no pool (a
pooled connection carried over a fork loses commits), foreign keys on, and a journal mode that
survives a power cut with the linked library.
"""

import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from assetflow.errors import AssetflowError, Busy, OutsideFault

BUSY_SECONDS: float = 30
# Between two looks at whether the database is free; for one who has waited so long, a tenth of it.
RETRY_SECONDS = (0.001, 0.003)
LONG_SECONDS = 0.1
# SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections reset at once.
SAFE_WAL = (3, 51, 3)


def pragmas() -> dict[str, str]:
    """Give the settings that every connection is opened with."""
    wal = sqlite3.sqlite_version_info >= SAFE_WAL
    return {
        "journal_mode": "WAL" if wal else "DELETE",
        "synchronous": "FULL" if wal else "EXTRA",
        "foreign_keys": "ON",
        "trusted_schema": "OFF",
        "cell_size_check": "ON",
        "secure_delete": "ON",
        "mmap_size": "0",
        "cache_size": "-16000",
    }


# After these a commit is undone: by SQLite itself, or by whoever opens the file next. After others,
# such as a journal that is gone but whose folder could not be synced, it may stand.
_UNDONE = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_DELETE")


class Sqlite:
    """One SQLite file."""

    def __init__(self, url: URL) -> None:
        self.url = url

    @property
    def file(self) -> Path | None:
        """Give the database file, or None for one that lives in memory."""
        name = self.url.database
        return Path(name) if name and name != ":memory:" else None

    def engine(self) -> Engine:
        """Give an engine with the settings that lose nothing."""
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", lambda connection, _record: _set(connection))
        return engine

    def begin(self, connection: Connection, *, write: bool) -> None:
        """Begin: a reader sees one state and cannot write, a writer has the whole database."""
        driver: Any = connection.connection.driver_connection
        if connection.info.get("write") is not write:
            # Only where it changes: it makes SQLite forget every statement it has compiled.
            driver.execute(f"PRAGMA query_only={int(not write)}")
            connection.info["write"] = write
        if write:
            waited = connection.info.get("waited", False)
            connection.info["waited"] = _wait_for_turn(driver, politely=waited)
        else:
            driver.execute("BEGIN DEFERRED")

    def migration_engine(self) -> Engine:
        """Give an engine as revisions need it: foreign keys off, own ``BEGIN IMMEDIATE``."""
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", lambda connection, _record: _set_for_revisions(connection))
        event.listen(engine, "begin", lambda found: found.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine

    def prepare(self) -> None:
        """Make the file, readable by its owner alone."""
        if self.file is not None and not self.file.exists():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))

    def rewrite(self) -> None:
        """Write the file anew from what is in it: parts of deleted rows can stay in its pages.

        ``secure_delete`` overwrites what is deleted, but not what was moved within a page before.
        """
        if self.file is None:
            return
        with closing(sqlite3.connect(self.file, timeout=BUSY_SECONDS)) as db:
            _set(db)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def wrong(self, connection: Connection) -> list[str]:
        """List what is wrong with the open file: damage, broken references, unsafe settings."""
        found = []
        if list(connection.execute(text("PRAGMA quick_check")).scalars()) != ["ok"]:
            found.append(f"The database is damaged: {_RESTORE.format(file=self.file)}.")
        if connection.execute(text("PRAGMA foreign_key_check")).first():
            gone = "Rows of the database point to rows that are gone"
            found.append(f"{gone}: {_RESTORE.format(file=self.file)}.")
        unsafe = [name for name, value in pragmas().items() if not _is_set(connection, name, value)]
        if unsafe:
            found.append(f"The database is not opened safely: {', '.join(unsafe)}.")
        return found

    def may_have_saved(self, error: Exception) -> bool:
        """Tell whether a commit that failed with this error may have saved all the same."""
        found = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(found, sqlite3.OperationalError):
            return False
        return not found.sqlite_errorname.startswith(_UNDONE)

    def lacks_table(self, error: Exception) -> bool:
        """Tell whether an error says that a table does not exist."""
        return "no such table" in _cause(error)

    def explain(self, error: Exception) -> AssetflowError | None:
        """Give a driver's error in words a person can act on, or None where it is our own bug."""
        if not isinstance(error, (DBAPIError, sqlite3.Error)):
            return None
        cause = _cause(error)
        if "locked" in cause or "busy" in cause:
            return Busy("Someone else is saving; nothing was changed.", remedies=["try again"])
        outside = (OperationalError, sqlite3.OperationalError)
        if isinstance(error, outside) or "malformed" in cause or "not a database" in cause:
            words, remedy = _plain(cause)
            return OutsideFault(
                f"The database failed: {words}. Nothing was changed.",
                remedies=[remedy.format(file=self.file), "then look again: assetflow doctor"],
            )
        return None


_NUMBERS = {"FULL": "2", "EXTRA": "3", "ON": "1", "OFF": "0"}


def _is_set(connection: Connection, name: str, wanted: str) -> bool:
    value = str(connection.execute(text(f"PRAGMA {name}")).scalar()).lower()
    return value in (wanted.lower(), _NUMBERS.get(wanted, wanted))


def _set(connection: Any) -> None:
    connection.isolation_level = None  # we begin, not the driver
    for name, value in pragmas().items():
        connection.execute(f"PRAGMA {name}={value}")


def _set_for_revisions(connection: Any) -> None:
    _set(connection)
    # A rebuilt parent table with keys on deletes every child row and reports success.
    connection.execute("PRAGMA foreign_keys=OFF")


def _wait_for_turn(driver: Any, *, politely: bool) -> bool:
    """Begin to write once nobody else does, and tell whether that took more than one look.

    SQLite's own waiting sleeps longer each time, so that whoever has waited longest asks least
    often: one of eight writers was seen to wait for seconds. Here those look most often who have
    waited longest; and one who had to wait the last time waits ``politely`` before the first look
    as well, or it would take the next turn before anybody has seen that this one was over.
    """
    driver.execute("PRAGMA busy_timeout=0")
    start = time.monotonic()
    try:
        if politely:
            _pause(0)
        if _began(driver, last_look=False):
            return False
        waited, began = 0.0, False
        while not began:
            _pause(waited)
            waited = time.monotonic() - start
            began = _began(driver, last_look=waited >= BUSY_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    return True


def _pause(waited: float) -> None:
    share = max(0.1, 1 - waited / LONG_SECONDS)
    time.sleep(share * random.uniform(*RETRY_SECONDS))  # noqa: S311 - nothing secret


def _began(driver: Any, *, last_look: bool) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last_look or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _cause(error: Exception) -> str:
    # BEGIN is sent to the driver itself, so its errors come without SQLAlchemy's wrapping.
    return str(error.orig if isinstance(error, DBAPIError) else error).lower()


_RESTORE = "move {file} away, then restore the last backup: assetflow db restore FILE"
_KNOWN = {
    "full": ("the disk is full", "make room on the disk of {file}"),
    "readonly": ("the file may not be written", "make {file} and its folder writable for you"),
    "unable to open": ("the file cannot be opened", "make {file} and its folder yours to open"),
    "i/o": ("the disk could not be read or written", "check the disk of {file}"),
    "not a database": ("the file is not a database", _RESTORE),
    "malformed": ("the file is damaged", _RESTORE),
}


def _plain(cause: str) -> tuple[str, str]:
    """Give in plain words what is wrong, and what to do about it."""
    unknown = (cause, "check the disk and the file {file}")
    return next((found for sign, found in _KNOWN.items() if sign in cause), unknown)
