"""The store: one database, one transaction a command, and the version of the schema."""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from assetflow.backends import backend_of
from assetflow.errors import NotFound, OutsideFault, WrongSchema

# The newest revision this code knows; a test holds it equal to the head of the migrations.
HEAD = "0003"
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class Store:
    """One database, opened for reading or for writing, one transaction at a time.

    With ``keep`` each thread keeps its connection for the next transaction, until ``close``. With
    ``check`` the first transaction refuses a database that ``check_revision`` would refuse.
    """

    def __init__(self, url: str, *, keep: bool = False, check: bool = False) -> None:
        self.backend = backend_of(url)
        self._kept = _Kept() if keep else None
        self._unchecked = check

    @property
    def file(self) -> Path | None:
        """Give the database file, or None where the database is not a file."""
        return self.backend.file

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that cannot write."""
        return self._transaction(write=False)

    def write(self) -> AbstractContextManager[Connection]:
        """Open the one transaction of a command; it commits at the end, or changes nothing."""
        return self._transaction(write=True)

    def close(self) -> None:
        """Close what is kept open for the next transaction."""
        for write in (False, True):
            connection = self._kept.take(write) if self._kept else None
            if connection is not None:
                connection.close()

    def rewrite(self) -> None:
        """Write the database anew where erased words can stay behind in its free space."""
        with self._explained():
            self.backend.rewrite()

    def revision(self) -> str | None:
        """Give the schema revision of the database, or None where it has none."""
        if self._no_file():
            return None
        with self._transaction(write=False) as connection:
            return self._revision(connection)

    def _revision(self, connection: Connection) -> str | None:
        try:
            found = connection.execute(text("SELECT version_num FROM alembic_version"))
            # The table is empty where the very first upgrade was cut off.
            return found.scalars().first()
        except DBAPIError as error:
            if self.backend.lacks_table(error):
                return None
            raise

    def _no_file(self) -> bool:
        return self.file is not None and not _is_there(self.file)

    def check_revision(self) -> None:
        """Refuse a database that is not there, or that another version of assetflow made."""
        _check(self.revision())

    def upgrade(self) -> None:
        """Bring the schema to the newest revision; a failed step changes nothing."""
        # alembic costs 0.2 s to import: only this command pays for it.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        found = self.revision()
        if found is not None and found > HEAD:
            raise _newer(found)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["engine"] = self.backend.migration_engine()
        self.backend.prepare()
        try:
            with self._explained():
                command.upgrade(config, "head")
        except CommandError as error:
            raise WrongSchema(
                f"The database is of a version that assetflow never had ({found}).",
                remedies=["restore the last backup"],
            ) from error

    @cached_property
    def _engine(self) -> Engine:
        return self.backend.engine()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        if self._unchecked and self._no_file():
            _check(None)
        with self._explained():
            connection = (self._kept and self._kept.take(write)) or self._engine.connect()
            try:
                connection.begin()
                self.backend.begin(connection, write=write)
                if self._unchecked:
                    _check(self._revision(connection))
                    self._unchecked = False
                yield connection
                with self._saving():
                    connection.commit()
            except BaseException:
                # Whatever went wrong, the next transaction has a new connection.
                connection.close()
                raise
            if self._kept is None or not self._kept.give(connection, write):
                connection.close()

    @contextmanager
    def _saving(self) -> Iterator[None]:
        """Never say that nothing was changed where a commit that failed may have saved."""
        try:
            yield
        except Exception as error:
            if not self.backend.may_have_saved(error):
                raise
            raise OutsideFault(
                "The database failed in the moment of saving; it may be saved all the same.",
                remedies=[
                    "look before you repeat it: assetflow case list",
                    "check the disk or the server, then run: assetflow doctor",
                ],
            ) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what a driver reports into what a person can act on."""
        try:
            yield
        except Exception as error:
            explained = self.backend.explain(error)
            if explained is None:
                raise
            raise explained from error


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:  # a name that no file can have
        raise OutsideFault(
            f"The database file cannot be opened: {error.strerror or error}.",
            remedies=["check database_url in assetflow.toml, or ASSETFLOW_DATABASE_URL"],
        ) from error


def _check(found: str | None) -> None:
    """Refuse a database that is not there, or that another version of assetflow made."""
    if found == HEAD:
        return
    if found is None:
        raise NotFound(
            "There is no assetflow database here.",
            remedies=[
                "restore a backup: assetflow db restore FILE",
                "or begin: assetflow init",
            ],
        )
    if found < HEAD:
        raise WrongSchema(
            f"The database is of an older version ({found}; this is {HEAD}).",
            remedies=["bring it up to date: assetflow db upgrade"],
        )
    raise _newer(found)


class _Kept(threading.local):
    """The connections that a thread keeps: one for reading, one for writing.

    Opening one costs 0.3 ms, and making a reader of a writer has SQLite compile every statement
    anew. None ever crosses a fork: SQLite loses commits on one that did. A child may not even close
    it, so it is put away for good.
    """

    def __init__(self) -> None:
        self.process = os.getpid()
        self.connections: dict[bool, Connection] = {}

    def take(self, write: bool) -> Connection | None:
        """Give the connection, and keep it no longer."""
        if self.process != os.getpid():
            _OF_THE_PARENT.extend(self.connections.values())
            self.process, self.connections = os.getpid(), {}
        return self.connections.pop(write, None)

    def give(self, connection: Connection, write: bool) -> bool:
        """Keep a connection for the next transaction; one of a kind is enough."""
        return self.connections.setdefault(write, connection) is connection


_OF_THE_PARENT: list[Connection] = []


def _newer(found: str) -> WrongSchema:
    return WrongSchema(
        f"The database is of a newer version ({found}; this is {HEAD}).",
        remedies=["install the newer assetflow"],
    )
