"""``assetflow group``: the community groups."""

import click

from assetflow.cli import options, output
from assetflow.cli.app import App


@click.group()
def group() -> None:
    """Add and list community groups."""


@group.command()
@click.argument("name")
@click.option("--contact", "contact_name", default="", help="The one person we write to.")
@click.option("--email", default="")
@click.option("--phone", default="")
@click.option("--address", default="", help="Postal address; separate the lines by commas.")
@options.as_json
@click.pass_obj
def add(app: App, /, name: str, json_: bool, **details: str) -> None:
    """Add a community group."""
    from assetflow.casework import registers

    with app.writing() as desk:
        found = registers.add_group(desk, name, **details)
    if json_:
        output.emit_json(found)
        return
    output.done(f"{found.name} added")


@group.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List the community groups."""
    from assetflow import queries

    with app.reading() as desk:
        found = queries.groups(desk.db)
    if json_:
        output.emit_json(found)
        return
    rows = [(g.name, g.contact_name, g.email, g.phone) for g in found]
    output.table(("Group", "Contact", "Email", "Telephone"), rows, "No groups yet.")
