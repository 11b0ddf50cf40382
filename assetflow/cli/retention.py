"""``assetflow retention``: how long cases are kept, which are due, and destroying one."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.destruction import Retained


@click.group()
def retention() -> None:
    """See how long cases are kept and which are due, and destroy one that is."""


@retention.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List the retention classes with their periods and grounds."""
    with app.reading() as desk:
        classes = list(desk.retention.classes.values())
    if json_:
        output.emit_json(classes)
        return
    rows = [
        (
            c.id, c.label, ", ".join(c.outcomes) or c.applies_to,
            c.trigger + (f" + {c.trigger_plus}" if c.trigger_plus else "") if c.outcomes else "",
            c.period, "yes" if c.verified else "no", c.ground,
        )
        for c in classes
    ]  # fmt: skip
    headings = ("Class", "Label", "Applies to", "Counted from", "Period", "Confirmed", "Ground")
    output.table(headings, rows, "No classes.")


@retention.command()
@options.as_of
@click.option("--all", "all_", is_flag=True, help="Also ended cases that are not due yet.")
@options.as_json
@click.pass_obj
def due(app: App, as_of: date | None, all_: bool, json_: bool) -> None:
    """List ended cases whose period has run out, and those for which none is set."""
    from assetflow.casework import destruction

    with app.reading(as_of) as desk:
        found = destruction.retained(desk, everything=all_)
    if json_:
        output.emit_json(found)
        return
    headings = ("Case", "Asset", "Ended", "Class", "Period", "Due", "Hold")
    output.table(headings, [_row(one) for one in found], "No case is due.")


def _row(one: "Retained") -> tuple[output.Cell, ...]:
    when = output.day(one.due_on) if one.due_on else one.state
    hold = "; ".join(one.holds)
    return (
        one.reference, one.asset, output.day(one.ended_on), one.class_label or "-",
        one.period or "-", when, (hold, "magenta") if hold else "",
    )  # fmt: skip


@retention.command()
@options.case
@click.option("--ground", required=True, metavar="TEXT",
              help="Why it is destroyed, without naming anybody; it stays on record.")  # fmt: skip
@options.as_json
@click.pass_obj
def destroy(app: App, case_: str, ground: str, json_: bool) -> None:
    """Destroy the words of a case that is due; its skeleton and a certificate stay."""
    from assetflow.casework import destruction

    with app.writing() as desk:
        done = destruction.destroy(desk, case_, ground)
    if json_:
        output.emit_json(done)
        return
    counted = ", ".join(f"{kind} {count}" for kind, count in done.counts.items() if count)
    output.done(f"{done.reference} is destroyed: {counted}")
    click.echo(f"  certificate: council record {done.record}, code {done.certificate}")
    click.echo("  backups made before still hold it, until they age out")
