"""What one run of the command line knows: the home, who acts, the clock, and how to open a desk."""

import contextlib
import os
import secrets
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from assetflow import settings as settings_module
from assetflow.settings import Settings

if TYPE_CHECKING:
    from assetflow.casework.desk import Desk
    from assetflow.database import Store

Clock = Callable[[], datetime]
Login = Callable[[], str]


def system_clock() -> datetime:
    """Give the moment in UTC: the one place where the clock is read."""
    return datetime.now(UTC)


def system_login() -> str:
    """Give the name of whoever runs this process, from the system and not from the environment."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:
        return _windows_login()
    except KeyError:  # a user without a name, as in some containers
        return ""


def _windows_login() -> str:
    try:
        return os.getlogin()
    except OSError:  # nobody is logged in, as in a scheduled task
        return ""


@dataclass
class App:
    """One run of the command line."""

    clock: Clock
    environment: Mapping[str, str]
    home_typed: str | None = None
    actor_typed: str | None = None
    login: Login = system_login

    @cached_property
    def now(self) -> datetime:
        """The moment of this run, read once."""
        return self.clock()

    @cached_property
    def today(self) -> date:
        """The business day of this run: the date in London, whatever the server's zone."""
        return self.now.astimezone(ZoneInfo("Europe/London")).date()

    @cached_property
    def home(self) -> Path:
        """The home folder: as typed, as in the environment, where we stand, or the usual place."""
        named = self.home_typed or self.environment.get("ASSETFLOW_HOME")
        if named:
            return Path(named)
        here = Path.cwd()
        if (here / settings_module.FILE_NAME).is_file():
            return here
        return Path(click.get_app_dir("assetflow"))

    @cached_property
    def settings(self) -> Settings:
        """The settings of the home folder."""
        return settings_module.load(self.home, self.environment)

    @cached_property
    def store(self) -> "Store":
        """The database; the first transaction checks that it is of this version."""
        from assetflow.database import Store

        return Store(self.settings.database_url, keep=True, check=True)

    def close(self) -> None:
        """Let go of the database, where it was opened."""
        if "store" in self.__dict__:
            self.store.close()

    @contextmanager
    def reading(self, on: date | None = None) -> Iterator["Desk"]:
        """Open a desk that cannot change anything."""
        with self.store.read() as db:
            yield self._desk(db, on)

    @contextmanager
    def writing(self, on: date | None = None) -> Iterator["Desk"]:
        """Open the one transaction of a command; letters become files after its commit."""
        from assetflow.errors import Refused

        with self.store.write() as db:
            desk = self._desk(db, on)
            try:
                yield desk
            except Refused:
                self._note_denial(desk)
                raise
        self._file_letters()

    def _note_denial(self, desk: "Desk") -> None:
        """Put what somebody had no right to into a private log, apart from the record of cases."""
        if not desk.denied:
            return
        ctx = click.get_current_context(silent=True)
        what = f"{self.now.isoformat()} {ctx.command_path if ctx else ''}"
        who = f"login={desk.login} actor={desk.actor.handle}"
        with contextlib.suppress(OSError):  # a log that cannot be written stops nobody's work
            log = self.home / "denials.log"
            log.touch(mode=0o600)
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{what} {who}\n")

    def _desk(self, db: Any, on: date | None) -> "Desk":
        from assetflow.casework.desk import Desk

        login = self.login()
        desk = Desk(db, self.settings, self._actor(), on or self.today, self.today, self.now, login)
        if self.actor_typed:
            _ = desk.actor  # somebody who was named must exist, whatever the command
        return desk

    def _file_letters(self) -> None:
        """Write the files of new letters; whatever happens here, the case is saved already."""
        from assetflow.delivery import folder
        from assetflow.errors import Busy, OutsideFault

        later = "the next command writes the files of its letters"
        try:
            with self.store.write() as db:
                folder.write_pending(db, self.settings.home, self.now)
                folder.write_digests(db, self.settings, self.now)
                rewrite = folder.rewrite_is_due(db)
            if rewrite:
                self._rewrite()
        except Busy:
            click.echo(f"  note: someone else is saving; {later}", err=True)
        except OutsideFault as error:
            if isinstance(error.__cause__, OSError):
                raise
            reason = error.what.removesuffix(" Nothing was changed.")
            raise OutsideFault(
                "The case is saved, but its letters were not filed.",
                reasons=[reason], remedies=[later],
            ) from error  # fmt: skip

    def remove_erased_files(self) -> None:
        """Remove the files that lie in this home of letters erased from another one."""
        from assetflow.delivery import folder

        with self.store.read() as db:
            folder.remove_erased(db, self.settings.home)

    def _rewrite(self) -> None:
        """Leave nothing behind of what was erased; until it is done, every command tries it."""
        from assetflow.delivery import folder

        self.store.rewrite()
        with self.store.write() as db:
            folder.note_rewritten(db)

    def _actor(self) -> str:
        return self.actor_typed or self.settings.acting_as

    def incident(self, error: Exception) -> int:
        """Put an error of our own into a private log, and tell its number in one line."""
        number = secrets.token_hex(4)
        where = "the log could not be written"
        try:
            log = self.home / "incidents.log" if self.home.is_dir() else None
            if log is not None:
                log.touch(mode=0o600)
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"{number} {self.now.isoformat()}\n{_trace(error)}\n")
                where = f"details: {log}"
        except OSError:
            pass
        click.echo(
            f"assetflow has a fault of its own ({type(error).__name__}); this is not your doing.\n"
            f"  → report incident {number}; {where}",
            err=True,
        )
        return 70


def _trace(error: Exception) -> str:
    """Give where it happened, without the values: the log must hold no personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {f.filename}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join([type(error).__name__, *lines])
