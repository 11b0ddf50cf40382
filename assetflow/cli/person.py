"""``assetflow person``: the people who work on cases."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App
from assetflow.facts import counted

if TYPE_CHECKING:
    from assetflow.casework.erasure import Erasure
    from assetflow.casework.personal import Unread
    from assetflow.snapshot import Person


@click.group()
def person() -> None:
    """Add and list people who work on cases; export and erase what is held on anybody."""


@person.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role; may be repeated.")
@click.option("--department", "departments", multiple=True, metavar="DEPARTMENT",
              shell_complete=completion.departments,
              help="The department a signatory signs for; may be repeated.")  # fmt: skip
@click.option("--job-title", default="")
@click.option("--email", default="")
@click.option("--phone", default="")
@click.option("--handle", default="", help="A short name to type; else made from the name.")
@click.option(
    "--since", type=options.DAY, metavar="DATE", help="From when they hold the roles; else always."
)
@click.option(
    "--authority", default="", help="The decision that the roles rest on; needed with --role."
)
@click.option("--login", default="", help="The name under which they log in.")
@options.as_json
@click.pass_obj
def add(
    app: App,
    /,
    name: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    handle: str,
    since: date | None,
    authority: str,
    json_: bool,
    **details: str,
) -> None:
    """Add a person and the roles they hold; a known person is given more roles."""
    from assetflow.casework import people, routes

    new = people.NewPerson(name, roles, departments, handle, since, authority, details)
    with app.writing() as desk:
        found = people.add_person(desk, new, routes.newest(desk, app.settings.workflow))
    if json_:
        output.emit_json(found)
        return
    held = ", ".join(_grants(found, app.today)) or "no role yet"
    output.done(f"{found.name} ({found.handle}): {held}")


@person.command()
@click.argument("person_", metavar="PERSON", shell_complete=completion.people)
@click.argument("name", default="")
@click.option("--end", is_flag=True, help="They no longer log in, as when they leave.")
@options.as_json
@click.pass_obj
def login(app: App, person_: str, name: str, end: bool, json_: bool) -> None:
    """Say under which NAME a person logs in: what they sign then counts as signed by them."""
    from assetflow.casework import people

    if end == bool(name):
        raise click.UsageError("Missing argument 'NAME': give it, or --end, and not both.")
    with app.writing() as desk:
        done = people.end_login(desk, person_) if end else people.set_login(desk, person_, name)
    if json_:
        output.emit_json(done)
        return
    how = f"logs in as {done.login}" if done.login else "no longer logs in"
    output.done(f"{done.name} ({done.handle}) {how}")


@person.command()
@click.argument("person_", metavar="PERSON", shell_complete=completion.people)
@click.option("--last-day", type=options.DAY, metavar="DATE", help="Their last day; else today.")
@options.as_json
@click.pass_obj
def leave(app: App, person_: str, last_day: date | None, json_: bool) -> None:
    """Say that somebody leaves: they may do nothing any more, and their cases call for others."""
    from assetflow.casework import leaving

    with app.writing() as desk:
        left = leaving.leave(desk, person_, last_day or app.today)
    if json_:
        output.emit_json(left)
        return
    output.done(f"{left.person.name} leaves after {output.day(last_day or app.today)}")
    for reference in left.officer_of:
        click.echo(f"  {reference} needs a case officer: assetflow case assign {reference} PERSON")
    for reference in left.champion_of:
        click.echo(f"  {reference} needs a champion: assetflow champion name {reference} PERSON")


who = click.argument("who", metavar="WHO", shell_complete=completion.people)
also = click.option("--also", multiple=True, metavar="TEXT",
                    help="Another spelling, email or number; may be repeated.")  # fmt: skip


@person.command()
@who
@click.argument("file", type=options.PLACE)
@also
@options.as_json
@click.pass_obj
def export(app: App, who: str, file: Path, also: tuple[str, ...], json_: bool) -> None:
    """Write everything held on a person to a new FILE, for their request to see it.

    WHO is a person on the staff list, the contact of a group, or any name or email.
    """
    from contextlib import ExitStack

    from assetflow.casework import access

    with ExitStack() as undone, app.writing() as desk:
        found = access.export(desk, who, also)
        undone.enter_context(access.new_private_file(file, found.data))
    if json_:
        output.emit_json(
            {"file": str(file), "records": found.records, **_unread_json(found.unread)}
        )
        return
    output.done(f"everything held on {who}: {counted(found.records, 'record')} ({file})")
    _say_unread(found.unread)
    click.echo("  read it before you hand it over: it can hold the data of others")


@person.command()
@who
@click.option("--ground", required=True, metavar="TEXT",
              help="Why they are erased, without naming them; it stays on record.")  # fmt: skip
@also
@click.option("--dry-run", is_flag=True, help="Only show what would go and what would stay.")
@options.as_json
@click.pass_obj
def erase(
    app: App, who: str, ground: str, also: tuple[str, ...], dry_run: bool, json_: bool
) -> None:
    """Erase what may be erased of a person, and list what is kept with its ground.

    WHO is a person on the staff list, the contact of a group, or any name or email.
    """
    from assetflow.casework import erasure

    with app.reading() if dry_run else app.writing() as desk:
        done = erasure.erase(desk, who, ground, also, dry_run=dry_run)
    if json_:
        output.emit_json(_erasure_json(done))
        return
    counted = ", ".join(f"{kind} {count}" for kind, count in done.erased.items()) or "nothing"
    if dry_run:
        click.echo(f"would be erased of {who}: {counted}")
    else:
        output.done(f"erased of {who}: {counted}")
    for one in done.kept:
        click.echo(f"  kept: {one.found}. {one.why}")
    _say_unread(done.unread)
    if not dry_run:
        click.echo(f"  certificate: council record {done.record}, code {done.certificate}")
        click.echo("  backups made before still hold it, until they age out")


def _say_unread(unread: "Unread") -> None:
    for one in unread.near:
        click.echo(f"  not searched, because it is no text: {one}")
    if unread.elsewhere:
        click.echo(
            f"  not searched on other cases: {counted(unread.elsewhere, 'file')} of evidence"
        )


def _unread_json(unread: "Unread") -> dict[str, Any]:
    near = [str(one) for one in unread.near]
    return {"not_searched": near, "not_searched_on_other_cases": unread.elsewhere}


def _erasure_json(done: "Erasure") -> dict[str, Any]:
    kept = [
        {
            "record": one.found.what, "case": one.found.case, "on": one.found.on,
            "grounds": one.grounds,
        }
        for one in done.kept
    ]  # fmt: skip
    return {
        "erased": done.erased, "kept": kept, **_unread_json(done.unread),
        "council_record": done.record, "certificate": done.certificate,
    }  # fmt: skip


@person.command("calendar")
@click.argument("person_", metavar="PERSON", shell_complete=completion.people)
@click.argument("file", type=options.PLACE)
@options.as_json
@click.pass_obj
def calendar_(app: App, person_: str, file: Path, json_: bool) -> None:
    """Write everything that falls due for a person to a calendar FILE, for Outlook and the like.

    One that was written before is replaced.
    """
    from assetflow import feed, queries
    from assetflow.casework import feeds
    from assetflow.cli.case_dates import say_written

    with app.reading() as desk:
        found = queries.person(desk.db, person_)
        events = feeds.of_person(desk, found)
    feeds.write(file, feed.as_ics(events, f"assetflow {found.name}", app.now))
    say_written(file, events, found.name, json_)


@person.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List people with their short names and roles."""
    from assetflow import queries

    with app.reading() as desk:
        found = list(queries.people(desk.db).values())
    if json_:
        output.emit_json(found)
        return
    rows = [
        (p.handle, p.name, p.job_title, ", ".join(_grants(p, app.today)), p.email) for p in found
    ]
    output.table(("Short name", "Name", "Job title", "Roles", "Email"), rows, "Nobody yet.")


def _grants(found: "Person", day: date) -> list[str]:
    return [str(g) for g in found.grants if g.deputy_for is None and g.holds_on(day)]
