"""The store: engines, one transaction a command, and the version of the schema.

The SQLite settings are those that lose nothing: our own ``BEGIN IMMEDIATE`` (the driver's default
loses half of all concurrent updates), no pool (a pooled connection carried over a fork loses
commits), foreign keys on, and a journal mode that survives a power cut with the linked library.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError

from assetflow.errors import BadInput, Busy, OutsideFault, WrongSchema

# The newest revision this code knows; a test holds it equal to the head of the migrations.
HEAD = "0001"
BUSY_SECONDS = 30
# SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections reset at once.
SAFE_WAL = (3, 51, 3)
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class Store:
    """One database, opened for reading or for writing, one transaction at a time."""

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError as error:
            raise BadInput(f"The database URL cannot be used: {url}") from error
        if self.url.get_backend_name() != "sqlite":
            raise BadInput(
                f"This version of assetflow works on SQLite; {self.url.get_backend_name()} is not "
                "supported yet.",
                remedies=["take database_url out of assetflow.toml and the environment"],
            )

    @property
    def file(self) -> Path | None:
        """Give the database file, or None where the database is not a file."""
        name = self.url.database
        return Path(name) if name and name != ":memory:" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that cannot write."""
        with self._transaction("DEFERRED") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one transaction of a command; it commits at the end, or changes nothing."""
        with self._transaction("IMMEDIATE") as connection:
            yield connection

    def revision(self) -> str | None:
        """Give the schema revision of the database, or None where it has none."""
        if self.file is not None and not self.file.is_file():
            return None
        with _translated(), self._engine.connect() as connection:
            try:
                found = connection.execute(text("SELECT version_num FROM alembic_version"))
                return str(found.scalar_one())
            except (OperationalError, ProgrammingError):
                return None

    def check_revision(self) -> None:
        """Refuse a database that another version of assetflow made."""
        found = self.revision()
        if found == HEAD:
            return
        if found is None:
            raise WrongSchema("There is no assetflow database here.", remedies=["assetflow init"])
        if found < HEAD:
            raise WrongSchema(
                f"The database is of an older version ({found}; this is {HEAD}).",
                remedies=["assetflow db upgrade"],
            )
        raise WrongSchema(
            f"The database is of a newer version ({found}; this is {HEAD}).",
            remedies=["install the newer assetflow"],
        )

    def upgrade(self) -> None:
        """Bring the schema to the newest revision; a failed step changes nothing."""
        # alembic costs 0.2 s to import: only this command pays for it.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["engine"] = self.migration_engine()
        if self.file is not None and not self.file.exists():
            _make_private(self.file)
        with _translated():
            command.upgrade(config, "head")

    def migration_engine(self) -> Engine:
        """Give an engine as migrations need it: foreign keys off, own BEGIN IMMEDIATE."""
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            _pragmas(connection)
            # A rebuilt parent table with keys on deletes every child row and reports success.
            connection.execute("PRAGMA foreign_keys=OFF")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", lambda connection, _record: _pragmas(connection))
        event.listen(engine, "begin", _begin_as_asked)
        return engine

    @contextmanager
    def _transaction(self, mode: str) -> Iterator[Connection]:
        engine = self._engine.execution_options(sqlite_begin=mode)
        with _translated(), engine.begin() as connection:
            yield connection


def pragmas() -> dict[str, str]:
    """Give the SQLite settings that every connection is opened with."""
    wal = sqlite3.sqlite_version_info >= SAFE_WAL
    return {
        "journal_mode": "WAL" if wal else "DELETE",
        "synchronous": "FULL" if wal else "EXTRA",
        "foreign_keys": "ON",
        "trusted_schema": "OFF",
        "cell_size_check": "ON",
        "secure_delete": "ON",
        "mmap_size": "0",
    }


def _pragmas(connection: Any) -> None:
    connection.isolation_level = None  # we begin, not the driver
    for name, value in pragmas().items():
        connection.execute(f"PRAGMA {name}={value}")


def _begin_as_asked(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA query_only={int(mode == 'DEFERRED')}")
    driver.execute(f"BEGIN {mode}")


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what a driver reports into what a person can act on."""
    try:
        yield
    except DBAPIError as error:
        cause = str(error.orig).lower()
        if "locked" in cause or "busy" in cause:
            raise Busy(
                "Someone else is saving; nothing was changed.", remedies=["try again"]
            ) from error
        if isinstance(error, OperationalError) or "malformed" in cause or "not a database" in cause:
            raise OutsideFault(
                f"The database failed: {_plain(cause)}. Nothing was changed.",
                remedies=["check the disk and the file, then run: assetflow doctor"],
            ) from error
        raise


def _plain(cause: str) -> str:
    known = {
        "full": "the disk is full",
        "readonly": "the file may not be written",
        "unable to open": "the file cannot be opened",
        "i/o": "the disk could not be read or written",
        "not a database": "the file is not a database",
        "malformed": "the file is damaged",
    }
    return next((words for sign, words in known.items() if sign in cause), cause)
