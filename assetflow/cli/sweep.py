"""``assetflow sweep`` and ``assetflow reminder``: what has fallen due, and what was told."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assetflow.casework.plan import Plan, Thing
    from assetflow.casework.sweep import Swept


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go to whom; change nothing.")
@options.on
@options.as_json
@click.pass_obj
def sweep(app: App, dry_run: bool, on: date | None, json_: bool) -> None:
    """Remind people, once, of everything that has fallen due; safe to run as often as you like."""
    from assetflow.casework.plan import plan
    from assetflow.casework.sweep import sweep_in_parts

    with output.progress("Looking at cases") as progress:
        if dry_run:
            with app.reading(on) as desk:
                planned = plan(desk, progress)
            output.emit_json(planned) if json_ else _show_plan(planned)
            return
        swept = sweep_in_parts(lambda: app.writing(on), progress)
        app.remove_erased_files()
    if json_:
        output.emit_json(swept)
        return
    _show(swept)


def _show_plan(planned: "Plan") -> None:
    from assetflow.facts import counted

    if not planned.people and not planned.noted:
        click.echo(f"{output.day(planned.on)}: nothing new has fallen due.")
        return
    hearers = "1 person" if len(planned.people) == 1 else f"{len(planned.people)} people"
    many = counted(planned.count, "thing")
    click.echo(f"{output.day(planned.on)}: {many} would be told to {hearers}; nothing was changed")
    for one in planned.people:
        how = "by mail" if one.channel == "mail" else "as a file"
        later = f", {one.later} later" if one.later else ""
        output.title(f"\n{one.person}, {how}: {one.today} in today's digest{later}")
        _show_things(one.things)
    for vacant in planned.nobody:
        output.title(f"\nNobody is recorded as {vacant.role}, so nobody hears of it as such")
        _show_things(vacant.things, short=True)
    if planned.noted:
        output.title("\nOnly noted, because a higher level is already reached")
        _show_things(planned.noted, short=True)


def _show_things(things: "Sequence[Thing]", *, short: bool = False) -> None:
    for one in things:
        click.echo(f"  {output.day(one.due_on):<12} {one.reference}  {one.title} ({one.asset})")
        if not short:
            click.echo(f"      {one.why}")
            click.echo(f"      → {one.requires}")


def _show(swept: "Swept") -> None:
    from assetflow.facts import counted

    sent = [told for told in swept.told if not told.superseded]
    if not swept.told and not swept.digests:
        click.echo(f"{output.day(swept.on)}: nothing new has fallen due.")
        return
    click.echo(f"{output.day(swept.on)}: {counted(len(sent), 'reminder')} sent")
    for told in sent:
        click.echo(f"  {told.reference}  {told.title} (letter {told.letter})")
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
