"""PostgreSQL, for a council with many users: READ COMMITTED, row locks, and no endless waiting.

No rule rests on the isolation level alone: a case's row is locked before it is read
(``casework.record.take``), and every legal rule that two people could break together is a unique
constraint.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from assetflow.errors import AssetflowError, BadInput, Busy, OutsideFault, Refused

# How long a command waits for somebody else's, for itself, and for a person who went to lunch.
LOCK_SECONDS: float = 10
STATEMENT_SECONDS: float = 60
IDLE_SECONDS: float = 60
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TRY_AGAIN = {"55P03", "40001", "40P01", "57014", "23505", "25P03"}
_GONE = {"57P01", "57P02", "57P03", "08000", "08003", "08006"}
_UNDEFINED_TABLE = "42P01"
_NOT_ALLOWED = "42501"
# Ours: a rule that the server enforces itself; see migrations/server_0002.py.
_AGAINST_A_RULE = "AF001"


class Postgresql:
    """One PostgreSQL database."""

    file: Path | None = None

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")

    def engine(self) -> Engine:
        """Give an engine with the time limits of an everyday command."""
        return self._engine(LOCK_SECONDS, STATEMENT_SECONDS)

    def begin(self, connection: Connection, *, write: bool) -> None:
        """Let the driver begin the transaction, for reading only or not, with its first words."""
        driver: Any = connection.connection.driver_connection
        driver.read_only = not write

    def migration_engine(self) -> Engine:
        """Give an engine as revisions need it: short waits for locks, long statements."""
        engine = self._engine(5, 0)

        @event.listens_for(engine, "begin")
        def _one_at_a_time(connection: Any) -> None:
            # Two administrators upgrading at once: the second waits and finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(748201)")

        return engine

    def prepare(self) -> None:
        """Do nothing: an administrator makes the database."""

    def rewrite(self) -> None:
        """Do nothing: the owner of the tables lets the server do it (docs/data-protection.md)."""

    def wrong(self, connection: Connection) -> list[str]:
        """List what is wrong with how the server keeps what it was given."""
        wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
        found = {
            name: str(connection.execute(text(f"SHOW {name}")).scalar_one()) for name in wanted
        }
        return [
            f"The server runs with {name}={found[name]}; committed work can be lost."
            for name, value in wanted.items()
            if found[name] != value
        ]

    def may_have_saved(self, error: Exception) -> bool:
        """Tell whether a commit that failed with this error may have saved all the same."""
        if not isinstance(error, DBAPIError):
            return False
        # The server's answer was lost; whether it had saved before is not known here.
        code = _code(error)
        return error.connection_invalidated or code in _GONE or code is None

    def lacks_table(self, error: Exception) -> bool:
        """Tell whether an error says that a table does not exist."""
        return _code(error) == _UNDEFINED_TABLE

    def explain(self, error: Exception) -> AssetflowError | None:
        """Give a driver's error in words a person can act on, or None where it is our own bug."""
        if not isinstance(error, DBAPIError):
            return None
        code = _code(error)
        if code in _TRY_AGAIN or (code is None and isinstance(error, IntegrityError)):
            return Busy("Someone else is saving; nothing was changed.", remedies=["try again"])
        if code in _GONE or (isinstance(error, OperationalError) and error.connection_invalidated):
            return Busy(
                "The database server went away in the middle; nothing was changed.",
                remedies=["try again; if it stays so, ask whoever runs the database server"],
            )
        if code in (_AGAINST_A_RULE, _NOT_ALLOWED):
            return _forbidden(code, error)
        if isinstance(error, OperationalError):
            return OutsideFault(
                f"The database server cannot be used: {_first_line(error)}. Nothing was changed.",
                remedies=[
                    "check database_url, the network and the server",
                    "then look again: assetflow doctor",
                ],
            )
        return None

    def _engine(self, lock: float, statement: float) -> Engine:
        options = (
            f"-c lock_timeout={int(lock * 1000)} -c statement_timeout={int(statement * 1000)} "
            f"-c idle_in_transaction_session_timeout={int(IDLE_SECONDS * 1000)} "
            "-c synchronous_commit=on -c timezone=UTC"
        )
        arguments = {"options": options, "connect_timeout": 10, "application_name": "assetflow"}
        try:
            return create_engine(self.url, poolclass=NullPool, connect_args=arguments)
        except ModuleNotFoundError as error:
            raise BadInput(
                "The driver for PostgreSQL is not installed.",
                remedies=["pip install 'assetflow[postgresql]'"],
            ) from error


def _code(error: Exception) -> str | None:
    found = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return str(found) if found else None


def _forbidden(code: str, error: DBAPIError) -> AssetflowError:
    if code == _AGAINST_A_RULE:
        return Refused(
            "The database server refused it; nothing was changed.",
            reasons=[f"{_first_line(error).capitalize()}."],
            remedies=["act as yourself; logins are given by: assetflow person login PERSON NAME"],
        )
    return OutsideFault(
        "The database does not let you do this; nothing was changed.",
        remedies=["ask whoever runs the database to look at your role's rights"],
    )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
