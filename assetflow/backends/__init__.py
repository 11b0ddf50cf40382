"""The two databases assetflow works on; each knows how to open itself and what its errors mean."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from assetflow.errors import AssetflowError, BadInput


class Backend(Protocol):
    """What the store needs of a database."""

    url: URL

    def engine(self) -> Engine:
        """Give an engine with the settings that lose nothing."""

    def begin(self, connection: Connection, *, write: bool) -> None:
        """Begin the transaction of a command on an open connection; it can write, or cannot."""

    def migration_engine(self) -> Engine:
        """Give an engine as schema revisions need it."""

    @property
    def file(self) -> Path | None:
        """Give the database file, or None where the database is not a file."""

    def prepare(self) -> None:
        """Make ready what must be there before the first revision."""

    def explain(self, error: Exception) -> AssetflowError | None:
        """Give a driver's error in words a person can act on, or None where it is our own bug."""

    def may_have_saved(self, error: Exception) -> bool:
        """Tell whether a commit that failed with this error may have saved all the same."""

    def rewrite(self) -> None:
        """Write the database anew where erased words can stay behind in its free space."""

    def wrong(self, connection: Connection) -> list[str]:
        """List what is wrong with the open database, as sentences; nothing where it is sound."""

    def lacks_table(self, error: Exception) -> bool:
        """Tell whether an error says that a table does not exist."""


def backend_of(url: str) -> Backend:
    """Give the backend a database URL names; raises ``BadInput`` for any other."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # The text is not repeated: it may hold a password.
        raise BadInput("The database URL cannot be used.", remedies=_forms()) from error
    name = parsed.get_backend_name()
    if name == "sqlite":
        from assetflow.backends.sqlite import Sqlite  # noqa: PLC0415 - only the one in use

        return Sqlite(parsed)
    if name == "postgresql":
        from assetflow.backends.postgresql import Postgresql  # noqa: PLC0415 - only the one in use

        return Postgresql(parsed)
    raise BadInput(f"assetflow does not work on {name}.", remedies=_forms())


def _forms() -> list[str]:
    return [
        "write sqlite:///FILE or postgresql://USER@HOST/DATABASE as database_url in "
        "assetflow.toml, or in ASSETFLOW_DATABASE_URL"
    ]
