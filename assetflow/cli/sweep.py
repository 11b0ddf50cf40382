"""``assetflow sweep`` and ``assetflow reminder``: what has fallen due, and what was told."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.sweep import Swept


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go to whom; change nothing.")
@options.on
@options.as_json
@click.pass_obj
def sweep(app: App, dry_run: bool, on: date | None, json_: bool) -> None:
    """Remind people, once, of everything that has fallen due; safe to run as often as you like."""
    from assetflow.casework.sweep import sweep as run
    from assetflow.casework.sweep import sweep_in_parts

    with output.progress("Looking at cases") as progress:
        if dry_run:
            with app.reading(on) as desk:
                swept = run(desk, dry_run, progress)
        else:
            swept = sweep_in_parts(lambda: app.writing(on), progress)
            app.remove_erased_files()
    if json_:
        output.emit_json(swept)
        return
    _show(swept, dry_run)


def _show(swept: "Swept", dry_run: bool) -> None:
    from assetflow.facts import counted

    sent = [told for told in swept.told if not told.superseded]
    verb = "would be sent" if dry_run else "sent"
    if not swept.told and not swept.digests:
        click.echo(f"{output.day(swept.on)}: nothing new has fallen due.")
        return
    click.echo(f"{output.day(swept.on)}: {len(sent)} reminder{'s' * (len(sent) != 1)} {verb}")
    for told in sent:
        number = f" (letter {told.letter})" if told.letter else ""
        click.echo(f"  {told.reference}  {told.title}{number}")
        click.echo(f"      to {', '.join(told.recipients)}")
        if told.missing_roles:
            click.echo(f"      nobody is recorded as {', '.join(told.missing_roles)}")
    for digest in swept.digests:
        more = f", {digest.more} more tomorrow" if digest.more else ""
        click.echo(f"  digest for {digest.person}: {counted(digest.things, 'thing')}{more}")
    passed = [told for told in swept.told if told.superseded]
    for told in passed:
        click.echo(f"  {told.reference}  {told.title}: noted, a higher level is already reached")


@click.group()
def reminder() -> None:
    """Look at the reminders sent so far."""


@reminder.command("list")
@options.any_case
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, json_: bool) -> None:
    """List what people were reminded of, and when, for a case or for all."""
    from assetflow import queries

    with app.reading() as desk:
        wanted = queries.case_id(desk.db, case_) if case_ else None
        found = queries.reminders(desk.db, wanted)
    if json_:
        hidden = ("id", "case_id", "letter_id")
        output.emit_json([{k: v for k, v in r._mapping.items() if k not in hidden} for r in found])
        return
    rows = [
        (output.day(r.due_on), output.day(r.sent_on), r.reference, r.title, r.recipients)
        for r in found
    ]
    output.table(("Due", "Sent", "Case", "Reminder", "To"), rows, "No reminders yet.")
