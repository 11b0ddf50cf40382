"""``assetflow workflow publish``, ``diff`` and ``migrate``: versions of routes, and their cases."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion, completion_routes, options, output, routes
from assetflow.cli.app import App
from assetflow.facts import counted

if TYPE_CHECKING:
    from assetflow.casework.migration_plan import Plan
    from assetflow.casework.publishing import Published
    from assetflow.versions import Stored
    from assetflow.workflow import Workflow

dry = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")


@click.command()
@click.argument(
    "name", metavar="NAME or FILE", shell_complete=completion_routes.routes_and_files
)  # fmt: skip
@click.option(
    "--from", "first_day", type=options.DAY, metavar="DATE",
    help="Its first day; else today, or tomorrow where a case was filed today.",
)  # fmt: skip
@click.option("--authority", default="", help="The decision or policy paper it rests on.")
@dry
@options.as_json
@click.pass_obj
def publish(
    app: App, name: str, first_day: date | None, authority: str, dry_run: bool, json_: bool
) -> None:
    """Publish a version of a route: cases filed from its first day on run on it."""
    from assetflow.casework import publishing

    found = routes.find(app, name).route
    with app.reading() if dry_run else app.writing() as desk:
        done = publishing.publish(desk, found, first_day, authority, dry_run=dry_run)
    if json_:
        output.emit_json(done)
        return
    _say_published(done, dry_run)


def _say_published(done: "Published", dry_run: bool) -> None:
    since = f"from {output.day(done.valid_from)}" if done.valid_from else "since ever"
    version = f"version {done.version} of {done.name}"
    if dry_run:
        click.echo(f"{version} can be published; it would hold {since}")
    else:
        output.done(f"{version} published; it holds {since}")
    if done.open_on_older:
        click.echo(f"  on older versions: {counted(done.open_on_older, 'open case')}; see what a "
                   f"migration would change: assetflow workflow migrate {done.name} "
                   f"--to {done.version} --dry-run")  # fmt: skip


@click.command()
@click.argument("name", shell_complete=completion_routes.routes)
@click.argument(
    "old", type=options.NUMBER, required=False, shell_complete=completion_routes.versions
)
@click.argument(
    "new", type=options.NUMBER, required=False, shell_complete=completion_routes.versions
)
@options.as_json
@click.pass_obj
def diff(app: App, name: str, old: int | None, new: int | None, json_: bool) -> None:
    """Say in words what differs between two versions, or between the newest and the file."""
    from assetflow.route_changes import differences

    if old is not None and new is None:
        raise click.UsageError("Name two versions, or none to compare the newest with the file.")
    before, after = _both(app, name, old, new)
    found = differences(before, after)
    if json_:
        output.emit_json({"old": before.version, "new": after.version, "differences": found})
        return
    output.title(f"{before.name}: version {before.version} → version {after.version}")
    for sentence in found or ["Nothing is different."]:
        click.echo(f"  {sentence}")


def _both(app: App, name: str, old: int | None, new: int | None) -> tuple["Workflow", "Workflow"]:
    if old is not None and new is not None:
        return stored(app, name, old), stored(app, name, new)
    known = listed(app)
    file = routes.find(app, name).route
    numbers = [one.version for one in known if one.name == file.name]
    return stored(app, file.name, max(numbers, default=0)), file


def stored(app: App, name: str, version: int) -> "Workflow":
    """Give a stored version of a route; raises ``NotFound``."""
    from assetflow import queries
    from assetflow.errors import NotFound

    with app.reading() as desk:
        row = queries.version_with(desk.db, name, version)
        if row is None:
            raise NotFound(
                f"Version {version} of {name} is not stored." if version
                else f"No version of a route {name} is stored.",
                remedies=["see them: assetflow workflow list"],
            )  # fmt: skip
        return queries.workflows(desk.db, [row.sha256])[row.sha256]


def listed(app: App) -> "list[Stored]":
    """Give all stored versions of all routes."""
    from assetflow import versions

    with app.reading() as desk:
        return versions.stored(desk.db)


@click.command()
@click.argument("name", shell_complete=completion_routes.routes)
@click.option("--to", "version", type=options.NUMBER, metavar="VERSION",
              shell_complete=completion_routes.versions,
              help="The version to migrate to.")  # fmt: skip
@click.option("--map", "mapped", type=options.FACT, multiple=True, metavar="OLD=NEW",
              help="What a stage is called in that version; may be repeated.")  # fmt: skip
@click.option("--case", "references", multiple=True, metavar="CASE",
              shell_complete=completion.cases, help="Only this case; may be repeated.")  # fmt: skip
@click.option("--those-that-can", is_flag=True, help="Leave those where they are that cannot.")
@click.option("--undo", is_flag=True, help="Take the last migration of each case back instead.")
@options.why
@dry
@options.as_json
@click.pass_obj
def migrate(
    app: App, name: str, version: int | None, mapped: tuple[tuple[str, str], ...],
    references: tuple[str, ...], those_that_can: bool, undo: bool, why: str, dry_run: bool,
    json_: bool,
) -> None:  # fmt: skip
    """Migrate open cases to another version of their route: a line for each, all or none."""
    from assetflow.casework import migrating

    if undo == (version is not None):
        raise click.UsageError("Say either --to VERSION or --undo.")
    if undo and mapped:
        raise click.UsageError("--undo knows from the record where each case was: no --map.")
    mapping = options.facts_given(mapped)
    wanted = migrating.Wanted(name, version, mapping, references, those_that_can, why)
    if dry_run:
        with app.reading() as desk:
            plans = migrating.look(desk, wanted)
    else:
        with app.writing() as desk:
            plans = migrating.migrate(desk, wanted)
    if json_:
        output.emit_json({"dry_run": dry_run, "cases": [_data(one) for one in plans]})
        return
    _say_migrated(plans, dry_run)


def _data(one: "Plan") -> dict[str, object]:
    version = one.case.workflow.version
    return {
        "case": one.case.reference,
        "from": {"version": version, "stage": one.case.snapshot.stage},
        "to": None if one.against else {"version": one.target.version, "stage": one.stage},
        "changes": one.changes,
        "against": one.against,
    }


def _say_migrated(plans: "list[Plan]", dry_run: bool) -> None:
    for one in plans:
        if one.against:
            click.echo(f"  {one.case.reference} stays: {' '.join(one.against)}")
        else:
            way = f"{one.case.workflow.version} → {one.target.version}"
            click.echo(f"  {one.case.reference} {way}: {'; '.join(one.changes)}")
    able = counted(sum(not one.against for one in plans), "case")
    if dry_run:
        click.echo(f"could be migrated: {able}; nothing was changed")
    else:
        output.done(f"migrated: {able}")
