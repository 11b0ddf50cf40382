"""``assetflow champion``: who answers for a case's progress."""

from datetime import date

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App


@click.group()
def champion() -> None:
    """Name who answers for a case's progress."""


@champion.command()
@options.case
@click.argument("person", shell_complete=completion.people)
@options.why
@options.on
@options.as_json
@click.pass_obj
def name(app: App, case_: str, person: str, why: str, on: date | None, json_: bool) -> None:
    """Name the champion of a case; never its case officer."""
    from assetflow.casework import cases
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        seen = overview(desk, cases.name_champion(desk, case_, person, why))
    if json_:
        output.emit_json({"overview": seen})
        return
    output.done(f"{seen.reference}: {seen.champion} is the champion")
    click.echo(f"  next: assetflow case next {seen.reference}")
