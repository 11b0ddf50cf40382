"""The store: one database, one transaction a command, and the version of the schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from assetflow.backends import backend_of
from assetflow.errors import NotFound, OutsideFault, WrongSchema

# The newest revision this code knows; a test holds it equal to the head of the migrations.
HEAD = "0002"
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


class Store:
    """One database, opened for reading or for writing, one transaction at a time."""

    def __init__(self, url: str) -> None:
        self.backend = backend_of(url)

    @property
    def file(self) -> Path | None:
        """Give the database file, or None where the database is not a file."""
        return self.backend.file

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that cannot write."""
        with self._transaction(dict(self.backend.reading)) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one transaction of a command; it commits at the end, or changes nothing."""
        with self._transaction(dict(self.backend.writing)) as connection:
            yield connection

    def rewrite(self) -> None:
        """Write the database anew where erased words can stay behind in its free space."""
        with self._explained():
            self.backend.rewrite()

    def revision(self) -> str | None:
        """Give the schema revision of the database, or None where it has none."""
        if self.file is not None and not _is_there(self.file):
            return None
        with self._explained(), self._engine.connect() as connection:
            try:
                found = connection.execute(text("SELECT version_num FROM alembic_version"))
                # The table is empty where the very first upgrade was cut off.
                return found.scalars().first()
            except DBAPIError as error:
                if self.backend.lacks_table(error):
                    return None
                raise

    def check_revision(self) -> None:
        """Refuse a database that is not there, or that another version of assetflow made."""
        found = self.revision()
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
    def _transaction(self, options: dict[str, object]) -> Iterator[Connection]:
        engine = self._engine.execution_options(**options)
        with self._explained(), engine.connect() as connection:
            connection.begin()
            yield connection
            with self._saving():
                connection.commit()

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


def _newer(found: str) -> WrongSchema:
    return WrongSchema(
        f"The database is of a newer version ({found}; this is {HEAD}).",
        remedies=["install the newer assetflow"],
    )
