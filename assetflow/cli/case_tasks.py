"""What the pages of a case show of its tasks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from assetflow.cli import output

if TYPE_CHECKING:
    from assetflow.casework.tasks import Todo


def to_do(tasks: "Sequence[Todo]") -> None:
    """Show what is left to do, each with what to type."""
    left = [one for one in tasks if one.done_on is None]
    if left:
        output.title("\nTo do: the ladder calls for it")
    for one in left:
        by = f", by {output.day(one.due_on)}" if one.due_on else ""
        click.echo(f"  {one.label} ({one.level}, since {output.day(one.since)}{by})")
        click.echo(f"      → {one.command}")


def table(tasks: "Sequence[Todo]") -> None:
    """List the tasks of a case, done or not."""
    if not tasks:
        return
    output.title("\nTasks of the ladder")
    rows = [
        (one.level, one.label, output.day(one.since), output.day(one.due_on), _done(one))
        for one in tasks
    ]
    output.table(("Level", "Task", "Since", "By", "Done"), rows, "")


def _done(one: "Todo") -> output.Cell:
    return (output.day(one.done_on), "green") if one.done_on else ("not yet", "red")
