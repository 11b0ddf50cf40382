"""``assetflow asset``: the council's assets."""

from pathlib import Path

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App


@click.group()
def asset() -> None:
    """Import and look up the council's assets."""


@asset.command("import")
@click.argument("file", type=options.PLACE)
@click.option("--dry-run", is_flag=True, help="Check the file and say what would change.")
@options.as_json
@click.pass_obj
def import_(app: App, file: Path, dry_run: bool, json_: bool) -> None:
    """Import a published asset register (CSV): all of it, or nothing and every problem named."""
    from assetflow.casework import registers
    from assetflow.register import read_register

    register = read_register(file.name, _bytes(file))
    opened = app.reading() if dry_run else app.writing()
    with output.progress("Importing") as progress, opened as desk:
        done = registers.import_assets(desk, register.rows, progress, dry_run=dry_run)
    if json_:
        output.emit_json({"result": done, "warnings": register.warnings, "dry_run": dry_run})
        return
    verb = "would be" if dry_run else "were"
    counts = f"{done.added} {verb} added, {done.changed} changed, {done.unchanged} unchanged"
    output.done(f"{file.name}: {counts}")
    for warning in register.warnings:
        click.echo(f"  note: {warning}")


def _bytes(file: Path) -> bytes:
    from assetflow.errors import BadInput
    from assetflow.files import read_at_most
    from assetflow.register import MAX_BYTES

    try:
        return read_at_most(file, MAX_BYTES)
    except OSError as error:
        raise BadInput(f"{file} cannot be read.", reasons=[error.strerror or str(error)]) from error


@asset.command()
@click.option("--id", "unique_asset_id", default="", help="The council's own identifier.")
@click.option("--uprn", default="", help="Unique property reference number.")
@click.option("--name", default="")
@click.option("--number", default="")
@click.option("--street", default="")
@click.option("--town", default="")
@click.option("--postcode", default="")
@click.option("--tenure", default="", help="freehold, leasehold or other.")
@options.as_json
@click.pass_obj
def add(app: App, /, json_: bool, **fields: str) -> None:
    """Add one asset that is not in the register."""
    from assetflow.casework import registers

    with app.writing() as desk:
        found = registers.add_asset(desk, registers.asset_row(fields))
    if json_:
        output.emit_json(found)
        return
    output.done(f"{found.unique_asset_id or found.uprn}: {found.label} added")


@asset.command("list")
@click.argument("search", default="")
@options.as_json
@click.pass_obj
def list_(app: App, search: str, json_: bool) -> None:
    """List assets, or those whose name, address or identifier contains SEARCH."""
    from assetflow import queries

    with app.reading() as desk:
        found = queries.assets(desk.db, search)
    if json_:
        output.emit_json(found)
        return
    rows = [(a.unique_asset_id or a.uprn, a.name, a.address, a.tenure, a.holding) for a in found]
    output.table(("Asset", "Name", "Address", "Tenure", "Holding"), rows, "No assets here.")


@asset.command()
@click.argument("asset_", metavar="ASSET", shell_complete=completion.assets)
@options.as_json
@click.pass_obj
def show(app: App, asset_: str, json_: bool) -> None:
    """Show one asset and the cases on it."""
    from assetflow import queries

    with app.reading() as desk:
        found = queries.asset(desk.db, asset_)
        ids = queries.case_ids_on(desk.db, found.id)
        cases = queries.load_cases(desk.db, ids)
    if json_:
        output.emit_json({"asset": found, "cases": [c.reference for c in cases]})
        return
    output.title(f"{found.label}")
    click.echo(f"Address     {found.address}")
    click.echo(f"Identifier  {found.unique_asset_id or '-'}   UPRN {found.uprn or '-'}")
    click.echo(f"Tenure      {found.tenure or '-'}   Holding {found.holding or '-'}")
    rows = [(c.reference, c.group.name, c.workflow.stages[c.snapshot.stage].label) for c in cases]
    output.table(("Case", "Group", "Stage"), rows, "No cases on it yet.")
