"""``assetflow calendar``: bank holidays, closing days, and counting dates anew when they change."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App
from assetflow.facts import counted
from assetflow.settings import CALENDARS, Settings

if TYPE_CHECKING:
    from assetflow.casework.recounting import Moved, NewDay, Recounted
    from assetflow.local_days import LocalDays


@click.group()
def calendar() -> None:
    """See the days without work, add or take away one, and have dates counted anew."""


of_division = click.option(
    "--division", type=click.Choice(CALENDARS), help="Whose bank holidays; else the council's."
)
only_showing = click.option("--dry-run", is_flag=True, help="Only show what would change.")


@calendar.command("list")
@of_division
@click.option("--year", type=options.Number(1900, 2199), help="Only this year; else from this one.")
@options.as_json
@click.pass_obj
def list_(app: App, division: str | None, year: int | None, json_: bool) -> None:
    """List bank holidays and the days on which the council is closed."""
    from assetflow.casework import calendar_days

    with app.reading():
        first, last = date(year or app.today.year, 1, 1), date(year or 2199, 12, 31)
        whose = division or app.settings.calendar
        found = calendar_days.listed(app.settings, whose, first, last)
    if json_:
        output.emit_json(found)
        return
    rows = [
        (f"{one.date:%a} {output.day(one.date)}", one.title, one.kind,
         f"{one.source}{', provisional' if one.provisional else ''}") for one in found
    ]  # fmt: skip
    output.table(("Day", "Title", "Kind", "Source"), rows, "No days.")


@calendar.command()
@click.argument("day", type=options.DAY, metavar="DATE")
@click.argument("title")
@click.option("--closing", is_flag=True, help="The council is closed; it is no bank holiday.")
@click.option("--until", type=options.DAY, metavar="DATE", help="The last of several closing days.")
@of_division
@options.why
@only_showing
@options.as_json
@click.pass_obj
def add(
    app: App, day: date, title: str, closing: bool, until: date | None, division: str | None,
    why: str, dry_run: bool, json_: bool,
) -> None:  # fmt: skip
    """Add a bank holiday that was announced, or closing days, and count open cases anew."""
    from assetflow.casework import calendar_days

    wanted = calendar_days.Wanted(day, title, division or "", closing, until)
    _change(app, lambda settings: calendar_days.added(settings, wanted), why, dry_run, json_)


@calendar.command()
@click.argument("day", type=options.DAY, metavar="DATE")
@of_division
@options.why
@only_showing
@options.as_json
@click.pass_obj
def remove(app: App, day: date, division: str | None, why: str, dry_run: bool, json_: bool) -> None:
    """Take a day away on which people work after all, and count open cases anew."""
    from assetflow.casework import calendar_days

    _change(
        app, lambda found: calendar_days.removed(found, day, division or ""), why, dry_run, json_
    )


@calendar.command()
@options.why
@only_showing
@options.as_json
@click.pass_obj
def recompute(app: App, why: str, dry_run: bool, json_: bool) -> None:
    """Count open cases anew by the days of the files as they are now, and record what changes."""
    from assetflow.casework import recounting

    with app.reading() if dry_run else app.writing() as desk:
        now = recounting.in_force(app.settings)
        found = recounting.recount(desk, now, why=why, dry_run=dry_run)
    _say(found, dry_run, json_)


def _change(
    app: App, make: "Callable[[Settings], LocalDays]", why: str, dry_run: bool, json_: bool
) -> None:
    """Put other days into the council's file and into the cases, or into neither."""
    from assetflow import data_files, local_days
    from assetflow.casework import calendar_days, recounting

    with ExitStack() as undone, app.reading() if dry_run else app.writing() as desk:
        days, before = make(app.settings), recounting.in_force(app.settings)
        after = calendar_days.counted(app.settings, days)
        found = recounting.recount(desk, after, before, why=why, dry_run=dry_run)
        if not dry_run:
            path = data_files.local_days_file(app.settings)
            undone.enter_context(local_days.written(path, days))
    _say(found, dry_run, json_)


def _say(found: "Recounted", dry_run: bool, json_: bool) -> None:
    if json_:
        output.emit_json(found)
        return
    for day in found.days:
        _tell(day, dry_run)
    if not found.days:
        known = "no day has changed" if found.known else "the days are noted from now on"
        output.done(f"dates are counted by the days of the files: {known}")
    for case in found.touched:
        click.echo(f"  {case.reference}  {'; '.join(map(_moved, case.dates))}")
    verb = "would change" if dry_run else "changed"
    of_all = counted(found.open_cases, "open case")
    click.echo(f"  dates {verb} on {len(found.touched)} of {of_all}")


def _tell(day: "NewDay", dry_run: bool) -> None:
    where = f"a bank holiday in {day.division}" if day.division else "a closing day"
    verb = {(False, "added"): "is", (False, "removed"): "is no longer",
            (True, "added"): "would be", (True, "removed"): "would no longer be",
            }[dry_run, day.change]  # fmt: skip
    said = f"{day.date:%a} {output.day(day.date)} {verb} {where}: {day.title}"
    click.echo(said) if dry_run else output.done(said)


def _moved(one: "Moved") -> str:
    return f"{one.label} {output.day(one.before)} → {output.day(one.after)}"
