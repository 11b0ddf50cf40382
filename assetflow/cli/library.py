"""``assetflow library``: what a case can cite, such as the practice of other councils."""

import click

from assetflow.cli import options, output
from assetflow.cli.app import App


@click.group()
def library() -> None:
    """Look up what a case can cite, such as other councils' practice."""


@library.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List the entries of every library, with what they say and where it comes from."""
    from assetflow import data_files

    found = data_files.libraries(app.settings)
    if json_:
        output.emit_json(found)
        return
    rows = [
        (name, str(entry.get("council", "")), str(entry.get("terms", "")), _source(entry))
        for entries in found.values()
        for name, entry in entries.items()
    ]
    output.table(("Entry", "Council", "What it says", "Source"), rows, "No libraries.")


def _source(entry: dict[str, object]) -> str:
    checked = "" if entry.get("verified") is True else " (not verified)"
    return f"{entry.get('source', '')}{checked}"
