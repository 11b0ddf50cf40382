"""``assetflow demo``: the main job on sample data, every command as an officer would type it."""

import hashlib
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import click

from assetflow.cli.app import App
from assetflow.errors import BadFile, Problem, Refused
from assetflow.files import fault_of

MARKER = ".assetflow-demo"
DEFAULT_HOME = "assetflow-demo"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the demonstration: words to say, or a command with the exit code it must have."""

    on: date
    say: str = ""
    run: str = ""
    exits: int = 0
    sweep: bool = False


@click.command()
@click.pass_obj
def demo(app: App) -> None:
    """Show the main job: three real properties, and the transfer that took 24 months, replayed.

    It makes a home of its own (--home DIR; else ./assetflow-demo) that you can explore afterwards.
    """
    home = Path(app.home_typed or DEFAULT_HOME)
    try:
        _fresh(home)
    except OSError as error:
        raise fault_of(error)(
            f"There is no room for a demonstration in {str(home)[:200]}.",
            reasons=[error.strerror or str(error)],
            remedies=["choose another place: assetflow --home DIR demo"],
        ) from error
    theatre = _Theatre(home, dict(app.environment))
    for step in _script():
        theatre.play(step)
    (home / MARKER).write_text(_fingerprint(home))
    click.echo(f"\nThe demonstration ran {theatre.commands} commands; its home is {home}.")
    if shutil.which("assetflow") is None:
        click.echo(f"assetflow is not on your path; type {Path(sys.argv[0])} in its place.")


def _fresh(home: Path) -> None:
    """Make room for the demonstration; only a home that a demonstration made is replaced.

    One that was worked in since is kept under another name.
    """
    if (home / MARKER).is_file():
        if (home / MARKER).read_text() in ("", _fingerprint(home)):
            shutil.rmtree(home)
        else:
            kept = next(p for n in count(1) if not (p := Path(f"{home}-kept-{n}")).exists())
            home.rename(kept)
            click.echo(f"You have worked in {home}; it is kept as {kept}.")
    elif home.exists() and any(home.iterdir()):
        raise Refused(
            f"{home} is not empty and was not made by a demonstration; nothing was changed.",
            remedies=["choose another place: assetflow --home DIR demo"],
        )
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).touch()


def _fingerprint(home: Path) -> str:
    database = home / "assetflow.db"
    return hashlib.sha256(database.read_bytes()).hexdigest() if database.is_file() else ""


def _script() -> Iterator[Step]:
    from assetflow.settings import SHIPPED
    from assetflow.yaml_reader import read_file

    path = SHIPPED / "data" / "demo.yaml"
    tree = read_file(path)
    try:
        for entry in tree.value["steps"]:
            fields: dict[str, Any] = {**entry, "on": date.fromisoformat(entry["on"])}
            yield Step(**fields)
    except (KeyError, TypeError, ValueError) as error:
        problem = Problem(str(path), 0, 0, "bad-step", str(error))
        raise BadFile("The demonstration cannot be read.", [problem]) from error


class _Theatre:
    """Plays the steps in one home, with the clock standing where each step says."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        dropped = ("ASSETFLOW_AS", "ASSETFLOW_DATABASE_URL")
        kept = {k: v for k, v in environment.items() if k not in dropped}
        self.home = home
        self.environment = {**kept, "ASSETFLOW_HOME": str(home)}
        self.shown: date | None = None
        self.commands = 0

    def play(self, step: Step) -> None:
        if step.sweep:
            self._sweeps_until(step.on)
        if step.say:
            click.echo("\n" + click.style(_wrapped(step.say), fg="cyan"))
        if step.run:
            self._run(step.on, step.run, step.exits)

    def _run(self, on: date, typed: str, exits: int) -> None:
        from assetflow.cli.main import main

        self._show_day(on)
        click.echo(click.style("$ ", dim=True) + click.style(" ".join(typed.split()), bold=True))
        # Every command takes a minute, so that what is recorded keeps its order.
        at = datetime.combine(on, time(9), UTC) + timedelta(minutes=self.commands)
        # What an officer sees as one conversation stays one when it is kept in a file.
        with redirect_stderr(sys.stdout):
            code = main(self._arguments(typed), lambda: at, self.environment)
        self.commands += 1
        if code != exits:
            raise Refused(f"The demonstration stopped: exit code {code}, expected {exits}: {typed}")
        if code:
            click.echo(click.style(f"  (exit code {code}; nothing was changed)", dim=True))

    def _arguments(self, typed: str) -> list[str]:
        """Split the command as a shell does; sample files come from the package."""
        from assetflow.settings import SHIPPED

        words = shlex.split(typed)[1:]
        return [str(SHIPPED / word) if word.startswith("data/") else word for word in words]

    def _sweeps_until(self, day: date) -> None:
        """Play the sweep of every morning on which something falls due; the others are silent."""
        while (due := self._next_alert()) is not None and due <= day:
            self._run(due, "assetflow sweep", 0)

    def _next_alert(self) -> date | None:
        from assetflow import queries, settings
        from assetflow.database import Store

        with Store(settings.load(self.home, self.environment).database_url).read() as db:
            return queries.next_alert(db)

    def _show_day(self, on: date) -> None:
        if on != self.shown:
            click.echo("\n" + click.style(f"── {on:%A} {on.day} {on:%B %Y} ──", dim=True))
            self.shown = on


def _wrapped(text: str) -> str:
    """Wrap the paragraphs of a text, and leave indented ones as they are."""
    return "\n\n".join(
        part if part.startswith("    ") else click.wrap_text(" ".join(part.split()), 88)
        for part in text.split("\n\n")
    )
