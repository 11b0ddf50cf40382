"""``assetflow letter``: preview, issue, read and post letters."""

from datetime import date
from pathlib import Path

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

html = click.option("--html", "as_html", is_flag=True, help="The HTML instead of the text.")


@click.group()
def letter() -> None:
    """Preview, issue, read and post letters."""


@letter.command()
@options.case
@click.argument("name", metavar="LETTER")
@options.fact
@options.on
@html
@options.as_json
@click.pass_obj
def preview(
    app: App,
    case_: str,
    name: str,
    facts: tuple[tuple[str, str], ...],
    on: date | None,
    as_html: bool,
    json_: bool,
) -> None:
    """Show a letter as it would be sent; nothing is stored."""
    from assetflow.casework import correspondence

    with app.reading(on) as desk:
        rendered, to = correspondence.preview(desk, case_, name, options.facts_given(facts))
    if json_:
        output.emit_json({"to": to, "letter": rendered})
        return
    if as_html:
        click.echo(rendered.html)
        return
    click.echo(f"To: {to.name}\nSubject: {rendered.subject}\n\n{rendered.text}")


@letter.command()
@options.case
@click.argument("name", metavar="LETTER")
@options.fact
@options.why
@options.on
@options.as_json
@click.pass_obj
def issue(
    app: App,
    case_: str,
    name: str,
    facts: tuple[tuple[str, str], ...],
    why: str,
    on: date | None,
    json_: bool,
) -> None:
    """Send a letter that can go at any time, such as a holding update."""
    from assetflow.casework import correspondence

    with app.writing(on) as desk:
        issued = correspondence.issue(desk, case_, name, options.facts_given(facts), why)
    if json_:
        output.emit_json(issued)
        return
    output.done(f"letter {issued.number} to {issued.recipient}: {issued.subject}")
    click.echo(f"  read it: assetflow letter show {issued.number}")


@letter.command("list")
@options.any_case
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, json_: bool) -> None:
    """List the letters of a case, or all."""
    from assetflow import queries

    with app.reading() as desk:
        wanted = queries.case_id(desk.db, case_) if case_ else None
        found = queries.letters(desk.db, wanted)
    if json_:
        output.emit_json([{k: v for k, v in r._mapping.items() if k != "case_id"} for r in found])
        return
    rows = [
        (str(r.number), output.day(r.dated), r.reference, r.name, r.recipient_name, r.subject)
        for r in found
    ]
    output.table(("No", "Dated", "Case", "Letter", "To", "Subject"), rows, "No letters yet.")


@letter.command()
@click.argument("number")
@html
@options.as_json
@click.pass_obj
def show(app: App, number: str, as_html: bool, json_: bool) -> None:
    """Show a letter exactly as it was sent."""
    from assetflow.casework import correspondence
    from assetflow.delivery import folder

    with app.reading() as desk:
        row = correspondence.letter_row(desk, number)
    if json_:
        hidden = ("id", "case_id")
        output.emit_json({k: v for k, v in row._mapping.items() if k not in hidden})
        return
    if folder.is_erased(row):
        dated = output.day(row.dated)
        click.echo(f"The words of letter {row.number} of {dated}, {row.reference}, were erased.")
        return
    if as_html:
        click.echo(row.html)
        return
    click.echo(f"To: {row.recipient_name}\nSubject: {row.subject}\n\n{row.text}")
    click.echo(f"[letter {row.number}, {row.reference}; file: {folder.paths(app.home, row)[0]}]")


@letter.command()
@click.argument("number")
@click.argument("file", type=options.PLACE)
@options.as_json
@click.pass_obj
def post(app: App, number: str, file: Path, json_: bool) -> None:
    """Have a letter printed and posted by GOV.UK Notify, from FILE, its PDF."""
    from assetflow.casework import correspondence, mailing
    from assetflow.errors import BadInput
    from assetflow.files import fault_of, read_at_most

    try:
        pdf = read_at_most(file, mailing.MAX_PDF)
    except OSError as error:
        reasons = [error.strerror or str(error)]
        raise fault_of(error)(f"{file} cannot be read.", reasons=reasons) from error
    if len(pdf) > mailing.MAX_PDF:
        raise BadInput(f"{file} is over the 2 MB that GOV.UK Notify posts.")
    with app.writing() as desk:
        row = correspondence.letter_row(desk, number)
        message = mailing.post(desk, row, pdf)
    if json_:
        output.emit_json({"letter": row.number, "message": message.id, "state": message.state})
        return
    output.done(f"letter {row.number} to {row.recipient_name} waits to be posted: "
                f"message {message.id}")  # fmt: skip
    click.echo("  → send it: assetflow outbox deliver")
