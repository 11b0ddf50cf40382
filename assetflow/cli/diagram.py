"""``assetflow workflow diagram``: a route drawn, and what stands in its stages today."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion_routes, options, output, routes
from assetflow.cli.app import App
from assetflow.cli.saving import write_again

if TYPE_CHECKING:
    from assetflow.diagrams.picture import Picture
    from assetflow.diagrams.rows import Row
    from assetflow.workflow import Workflow

FORMATS = ("mermaid", "markdown", "svg", "text")
ENDINGS = {
    ".md": "markdown",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".svg": "svg",
    ".txt": "text",
}
COLOURS = {"hot": "red", "over": "yellow"}


@click.command()
@click.argument(
    "name", default="", metavar="[NAME or FILE]",
    shell_complete=completion_routes.routes_and_files,
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(FORMATS), default=None,
              help="What to draw; else as FILE ends, else text.")  # fmt: skip
@click.option("--output", "file", type=options.PLACE, metavar="FILE", help="Write it to a file.")
@click.option("--live", is_flag=True, help="Say how many open cases stand in each stage.")
@options.as_of
@options.as_json
@click.pass_obj
def diagram(
    app: App, name: str, format_: str | None, file: Path | None, live: bool, as_of: date | None,
    json_: bool,
) -> None:  # fmt: skip
    """Draw a route: its stages with their targets, who signs, and how a case ends."""
    if json_ and format_:
        raise click.UsageError("--json is a format of its own: leave --format away.")
    if as_of and not live:
        raise click.UsageError("--as-of counts the open cases: type --live with it.")
    found = routes.find(app, name)
    picture = _picture(app, found.route, live, as_of)
    kind = format_ or ENDINGS.get(file.suffix.lower() if file else "", "text")
    if json_ and file is None:
        from assetflow.diagrams.data import data

        output.emit_json(data(picture))
    elif file is not None:
        drawn = _drawn(picture, "json" if json_ else kind)
        write_again(file, drawn, "The drawing", [*ENDINGS, ".json"])
        output.done(f"{found.route.name} drawn: {file}")
    elif kind == "text":
        from assetflow.diagrams.text import rows

        show(rows(picture))
    else:
        click.echo(_drawn(picture, kind), nl=False)


def show(rows: "Iterable[Row]") -> None:
    """Print lines, with colour on a terminal; the words say the same without it."""
    for row in rows:
        styled = row.title or row.look
        colour = COLOURS.get(row.look)
        click.echo(click.style(row.text, fg=colour, bold=row.title) if styled else row.text)


def _picture(app: App, route: "Workflow", live: bool, as_of: date | None) -> "Picture":
    from assetflow.diagrams.picture import Picture

    if not live:
        return Picture(route)
    from assetflow.casework import standing

    with app.reading(as_of) as desk:
        found = standing.live(desk, route)
    cases = "1 open case" if found.open == 1 else f"{found.open} open cases"
    counted = f"As of {output.day(found.on)}: {cases}; ages are the time in the stage."
    return Picture(route, found.stages, counted, tuple(standing.remarks(found)))


def _drawn(picture: "Picture", kind: str) -> str:
    from assetflow.diagrams import data, mermaid, svg, text

    writers: dict[str, Callable[[Picture], str]] = {
        "mermaid": mermaid.mermaid,
        "markdown": mermaid.page,
        "svg": svg.svg,
        "text": text.text,
        "json": lambda drawn: output.as_json(data.data(drawn)) + "\n",
    }
    return writers[kind](picture)
