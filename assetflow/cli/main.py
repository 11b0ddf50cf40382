"""The entrance: finds the command, runs it, and turns every error into words and an exit code.

Nothing heavy is imported here: ``--help`` and completion answer in the time click needs.
"""

import contextlib
import gc
import importlib
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from assetflow import __version__
from assetflow.cli import completion
from assetflow.cli.app import App, Clock, Login, system_clock, system_login
from assetflow.errors import AssetflowError, BadInput, OutsideFault

# Each command: the module and name it stands under, and its line in --help.
COMMANDS = {
    "init": ("home:init", "Make a home folder with its settings and database."),
    "demo": ("demo:demo", "Show the main job on sample data, from start to finish."),
    "doctor": ("home:doctor", "Check that this installation is sound."),
    "case": ("case_time:case", "Open, advance and look at cases."),
    "champion": ("champion:champion", "Name who answers for a case's progress."),
    "signoff": ("signoff:signoff", "Ask departments to sign, and record what they say."),
    "score": ("score:score", "Score a case by its criteria, and agree on the scores."),
    "interest": ("score:interest", "Declare an interest in a case, or that there is none."),
    "lease": ("lease:lease", "Record lease terms, and see where a draft parts from them."),
    "funder": ("lease:funder", "Keep who funds a case and what they ask of its lease."),
    "letter": ("letter:letter", "Preview, issue, read and post letters."),
    "sweep": ("sweep:sweep", "Remind people of what has fallen due."),
    "reminder": ("sweep:reminder", "Look at the reminders sent so far."),
    "outbox": ("outbox:outbox", "Send what waits to leave by mail, and see what became of it."),
    "calendar": ("calendar:calendar", "See and add days without work, and count dates anew."),
    "asset": ("asset:asset", "Import and look up the council's assets."),
    "group": ("group:group", "Add and list community groups."),
    "person": ("person:person", "Add and list people; export and erase what is held on anybody."),
    "grant": ("grant:grant", "Give and end roles, and name deputies."),
    "retention": ("retention:retention", "See how long cases are kept, and destroy those due."),
    "db": ("db:db", "Upgrade, back up and restore the database, and prove the record."),
    "library": (
        "library:library",
        "Look up what a case can cite, such as other councils' practice.",
    ),
    "workflow": ("workflow:workflow", "Check and explain the routes a case can take."),
}


# What no text, name or path needs, and what could steer a terminal or end a line of a letter early.
# So many new objects, and not 700, are made before the next look for garbage.
_GARBAGE = 50_000
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the command names in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        found: click.Command = getattr(importlib.import_module(f"assetflow.cli.{module}"), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would call it a failure that nobody reads to the end."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of a pipe has gone; what is left to write has nowhere to go.
            _silence()
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", metavar="DIR", help="The home folder; else ASSETFLOW_HOME.")
@click.option("--as", "actor", metavar="PERSON", shell_complete=completion.people,
              help="Who is acting; else as in the settings.")  # fmt: skip
@click.version_option(__version__, prog_name="assetflow")
@click.pass_obj
def cli(app: App, home: str | None, actor: str | None) -> None:
    """Run community asset transfers: from expression of interest to handover.

    Start with `assetflow demo`, or `assetflow init` for a home of your own. The page to live on
    is `assetflow case next CASE`.
    """
    app.home_typed = home or app.home_typed
    if actor is not None and not actor.strip():
        raise click.BadParameter("a name is missing", param_hint="--as")
    app.actor_typed = actor or app.actor_typed


def main(
    arguments: Sequence[str],
    clock: Clock = system_clock,
    environment: Mapping[str, str] | None = None,
    login: Login = system_login,
) -> int:
    """Run one command line and give its exit code; never raises."""
    environment = os.environ if environment is None else environment
    app = App(clock, environment, login=login)
    try:
        _check_printable(arguments)
        result: Any = cli.main(
            args=list(arguments), prog_name="assetflow", standalone_mode=False, obj=app
        )
        return result if isinstance(result, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt, EOFError):
        click.echo("Stopped; nothing was changed.", err=True)
        return 130
    except (click.ClickException, AssetflowError) as error:
        return _say(error)
    except OSError as error:
        _silence()
        reason = error.strerror or type(error).__name__
        click.echo(
            f"The output could not be written: {reason}.\n"
            "  → what was asked may be done already: look at the case before you repeat it",
            err=True,
        )
        return OutsideFault.exit_code
    except Exception as error:
        return app.incident(error)
    finally:
        app.close()


def _say(error: click.ClickException | AssetflowError) -> int:
    """Say what could not be done on standard error, and give its exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return BadInput.exit_code
    click.echo(str(error), err=True)
    return error.exit_code


def _silence() -> None:
    """Let nothing more be written to a standard output that is gone or full."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check_printable(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if _UNPRINTABLE.search(argument):
            shown = argument.encode("unicode_escape", "replace").decode()[:80]
            raise BadInput(f"What was typed contains control characters: {shown}")


def run() -> None:
    """Run the command line that was typed."""
    # A closed standard output (`>&-`) is None; what is said then goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the whole run
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows a mark for it; what was done stays done.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # One command is over soon: looking for garbage as often as by default is a tenth of its time.
    gc.set_threshold(_GARBAGE)
    sys.exit(main(sys.argv[1:]))
