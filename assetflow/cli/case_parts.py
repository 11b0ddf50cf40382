"""``assetflow case open-parts``: many parts of a case from one file."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion, completion_routes, options, output
from assetflow.cli.app import App
from assetflow.facts import counted, show

if TYPE_CHECKING:
    from assetflow.part_files import Parts
    from assetflow.queries import Case


class _OnlyLooked(Exception):
    """Everything could be done, and nothing is to be kept of it."""


@click.command("open-parts")
@options.case
@click.option("--file", type=options.PLACE, required=True, metavar="FILE",
              help="A line for each part: a table (CSV) or YAML.")  # fmt: skip
@click.option("--workflow", "route", default="", metavar="NAME",
              shell_complete=completion_routes.routes,
              help="The route of the parts, where the case can have several.")  # fmt: skip
@click.option("--officer", default="", metavar="PERSON", shell_complete=completion.people,
              help="The case officer; else you.")  # fmt: skip
@click.option("--received", type=options.DAY, metavar="DATE",
              help="When the application came; else today.")  # fmt: skip
@click.option("--fact", "facts", type=options.FACT, multiple=True, metavar='NAME="VALUE"',
              help="A fact of every part that does not say otherwise.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check the file and say what would be opened.")
@options.as_json
@click.pass_obj
def open_parts(
    app: App,
    case_: str,
    file: Path,
    route: str,
    officer: str,
    received: date | None,
    facts: tuple[tuple[str, str], ...],
    dry_run: bool,
    json_: bool,
) -> None:
    """Open a part of a case for every line of a file: all of them, or none.

    A heading is asset, group, or a fact of the part by its name or its label. Without an asset or
    group, a part is on the asset and for the group of the case.
    """
    from assetflow.casework import many_parts

    given = options.facts_given(facts)
    wanted = many_parts.Wanted(case_, _read(file), route, officer, given)
    with suppress(_OnlyLooked), app.writing(received) as desk:
        done = many_parts.open_parts(desk, wanted)
        opened = [one.case for one in done]
        notices = {notice: None for one in done for notice in one.notices}
        if dry_run:
            raise _OnlyLooked
    if json_:
        output.emit_json({"dry_run": dry_run, "opened": [_data(one, dry_run) for one in opened]})
        return
    _say(opened, dry_run)
    for notice in notices:
        click.echo(f"  note: {notice}")


def _read(file: Path) -> "Parts":
    from assetflow import part_files
    from assetflow.errors import BadInput
    from assetflow.files import read_at_most

    try:
        return part_files.read(str(file), read_at_most(file, part_files.MAX_BYTES))
    except OSError as error:
        raise BadInput(f"{file} cannot be read.", reasons=[error.strerror or str(error)]) from error


def _data(case: "Case", dry_run: bool) -> dict[str, object]:
    reference = None if dry_run else case.reference
    facts = case.snapshot.facts
    return {"case": reference, "asset": case.asset.label, "group": case.group.name, "facts": facts}


def _say(opened: "list[Case]", dry_run: bool) -> None:
    rows = [
        ("" if dry_run else one.reference, one.asset.label, one.group.name, _facts(one))
        for one in opened
    ]
    output.table(("Part", "Asset", "Group", "Facts"), rows, "")
    if dry_run:
        click.echo(f"could be opened: {counted(len(opened), 'part')}; nothing was changed")
    else:
        output.done(f"opened: {counted(len(opened), 'part')}")


def _facts(case: "Case") -> str:
    declared = case.workflow.facts
    on_file = case.snapshot.facts.items()
    return ", ".join(f"{declared[name].label}: {show(value)}" for name, value in on_file)
