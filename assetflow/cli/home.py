"""``assetflow init`` and ``assetflow doctor``: make a home, and check that it is sound."""

from pathlib import Path

import click

from assetflow.cli import options, output
from assetflow.cli.app import App


@click.command()
@click.option("--council", default="", help="The council's name, as letters give it.")
@click.option("--council-phone", default="")
@click.option("--council-email", default="")
@click.option("--council-address", default="")
@click.option("--council-website", default="")
@click.option(
    "--calendar",
    type=click.Choice(["england-and-wales", "scotland", "northern-ireland"]),
    default="england-and-wales",
    show_default=True,
    help="Whose bank holidays count.",
)
@click.option("--officer", default="", help="Your name: you become the first estates officer.")
@click.option("--job-title", default="Estates officer", show_default=True)
@click.option("--email", default="", help="Your email, as letters give it.")
@click.option("--phone", default="", help="Your telephone, as letters give it.")
@click.option(
    "--from-backup",
    "backup",
    type=options.PLACE,
    metavar="FILE",
    help="Begin from a backup of the database, checked first.",
)
@click.pass_obj
def init(app: App, /, calendar: str, officer: str, backup: Path | None, **texts: str) -> None:
    """Make a home folder with its settings and database; an old database is upgraded.

    Running it again changes no setting and loses nothing.
    """
    from assetflow.casework import homes

    details = homes.NewHome(calendar=calendar, officer=officer, **texts)
    made = homes.make(app.home, details, app.environment, app.now, app.today, backup)
    for line in made.done:
        output.done(line)
    click.echo("What to do next:")
    for line in made.next_steps:
        click.echo(f"  {line}")


@click.command()
@options.as_json
@click.pass_obj
def doctor(app: App, json_: bool) -> None:
    """Check the home, the database, the routes, the letters and the people; change nothing."""
    from assetflow.casework import checkup

    found = checkup.examine(app.settings, app.today, app.now)
    if json_:
        output.emit_json(found)
    else:
        for finding in found:
            sign, colour = {
                "ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")
            }[finding.level]  # fmt: skip
            click.echo(click.style(f"{sign} {finding.level:<8}", fg=colour) + finding.sentence)
            if finding.remedy:
                click.echo(f"            → {finding.remedy}")
    if any(finding.level == "error" for finding in found):
        click.get_current_context().exit(1)
