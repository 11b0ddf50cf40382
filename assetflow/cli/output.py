"""Output: tables for people, plain lines for pipes, JSON for programs."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

# A cell is its text, or its text with the colour it has on a terminal. Colour never stands alone.
Cell = str | tuple[str, str]


def emit_json(data: Any) -> None:
    """Print data as JSON with stable keys."""
    # Escapes stay exact where the other end cannot take every letter.
    limited = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    click.echo(as_json(data, limited=limited))


def as_json(data: Any, *, limited: bool = False) -> str:
    """Give data as JSON with stable keys; in plain ASCII where ``limited``."""
    return json.dumps(_plain(data), ensure_ascii=limited, indent=2)


def _plain(data: Any) -> Any:
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return {f.name: _plain(getattr(data, f.name)) for f in dataclasses.fields(data)}
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, frozenset, set)):
        return [_plain(item) for item in data]
    return data.isoformat() if isinstance(data, (date, datetime)) else _scalar(data)


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], empty: str) -> None:
    """Print a table: with rules and colour on a terminal, aligned plain text in a pipe."""
    if not rows:
        click.echo(empty)
    elif sys.stdout.isatty():
        _rich_table(headings, rows)
    else:
        _plain_table(headings, rows)


def _rich_table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    # rich costs 50 ms to import: only a terminal pays for it.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(headings):
        # What stands first is what people type next: it is never cut.
        grid.add_column(heading, no_wrap=number == 0, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(*cell) if isinstance(cell, tuple) else Text(cell) for cell in row))
    Console().print(grid)


def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    texts = [list(headings), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in texts) for n in range(len(headings))]
    for row in texts:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _text(cell: Cell) -> str:
    text = cell[0] if isinstance(cell, tuple) else cell
    return " ".join(text.split())


def title(text: str) -> None:
    """Print a heading."""
    click.echo(click.style(text, bold=True))


def done(what: str) -> None:
    """Say that something was done; called only after the commit."""
    click.echo(click.style("✓ ", fg="green") + what)


def letters_sent(letters: Sequence[Any]) -> None:
    """Say which letters a command has issued."""
    for letter in letters:
        click.echo(f"  letter {letter.number} to {letter.recipient}: {letter.subject}")


def day(value: date | None) -> str:
    """Give a date as lists show it, or a dash."""
    return f"{value.day} {value:%b %Y}" if value else "-"


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on standard error while something long runs on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
