"""Options and argument types that several commands share."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from assetflow.cli import completion
from assetflow.facts import read_date

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A date as people in the UK write it."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the date or say which forms are understood."""
        if isinstance(value, date):
            return value
        try:
            return read_date(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class NameValue(click.ParamType[tuple[str, str]]):
    """A fact as NAME=VALUE."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f'{value!r} is not of the form NAME="VALUE".', param, ctx)
        return name.strip(), text


class Number(click.ParamType[float]):
    """A number as people type it: whole unless it is a ``share``, and small enough to store."""

    name = "number"

    def __init__(self, low: int = -999_999_999, high: int = 999_999_999, *, share: bool = False):
        self.low, self.high, self._read = low, high, float if share else int
        self._kind = "a number such as 80 or 99.5" if share else "a whole number such as 3"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number or say what was typed instead, and what is too low or too high."""
        try:
            number = self._read(str(value))
        except ValueError:
            self.fail(f"{shortened(str(value))!r} is not {self._kind}.", param, ctx)
        if not self.low <= number <= self.high:  # nor is what is no number between any two
            self.fail(f"{shortened(str(value))} is not from {self.low} to {self.high}.", param, ctx)
        return number


def shortened(path: str, most: int = 80) -> str:
    """Give a path in a line's width, cut in its middle: the end tells which file is meant."""
    return path if len(path) <= most else f"{path[: most // 2]}…{path[-(most // 2) + 1 :]}"


class Place(click.Path):
    """A file or folder by its path."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what no file can be called; whether one is there is asked when it is used."""
        try:
            Path(value).is_symlink()
        except OSError as error:
            self.fail(f"{shortened(str(value))!r}: {error.strerror or error}.", param, ctx)
        return super().convert(value, param, ctx)


DAY = Day()
PLACE = Place()
NUMBER = Number()
FACT = NameValue()

case = click.argument("case_", metavar="CASE", shell_complete=completion.cases)
any_case = click.argument(
    "case_", metavar="[CASE]", default="", shell_complete=completion.cases
)  # fmt: skip
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON for programs.")
on = click.option("--on", type=DAY, metavar="DATE", help="When it happened; else today.")
as_of = click.option(
    "--as-of", type=DAY, metavar="DATE", help="Count ages and deadlines as of this day."
)
why = click.option("--why", default="", metavar="TEXT", help="The reason, kept in the journal.")
fact = click.option(
    "--fact", "facts", type=FACT, multiple=True, metavar='NAME="VALUE"',
    help="A fact to put on the file; may be repeated. Items of a list are separated by ;",
)  # fmt: skip


def facts_given(given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Give the facts by name; the same name twice is a mistake worth naming."""
    names = [name for name, _ in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise click.UsageError(f"Given more than once: {', '.join(twice)}.")
    return dict(given)
