"""``assetflow workflow``: check and explain routes; works without a home."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from assetflow.cli import completion_routes, options, output, routes
from assetflow.cli.app import App
from assetflow.cli.diagram import diagram
from assetflow.cli.diagram import show as show_rows
from assetflow.cli.rehearse import rehearse
from assetflow.cli.routes import around as _around
from assetflow.cli.routes import settings as _settings
from assetflow.cli.workflow_new import new, words
from assetflow.cli.workflow_versions import diff, listed, migrate, publish, stored

if TYPE_CHECKING:
    from assetflow.errors import Problem
    from assetflow.scenarios import Book
    from assetflow.settings import Settings
    from assetflow.versions import Stored
    from assetflow.workflow import Workflow


@click.group()
def workflow() -> None:
    """Check and explain the routes a case can take."""


@workflow.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List the routes of this installation."""
    from assetflow import definitions

    settings = _settings(app)
    around = _around(settings)
    found = [(definitions.load(path, around), path) for path in definitions.available(settings)]
    versions = listed(app) if settings.database_url != routes.NO_DATABASE else []
    if json_:
        output.emit_json(
            [
                {"name": w.name, "label": w.label, "version": w.version, "file": str(p),
                 "stored": [one for one in versions if one.name == w.name]}
                for w, p in found
            ]
        )  # fmt: skip
        return
    rows = [(w.name, w.label, str(w.version), str(p)) for w, p in found]
    output.table(("Workflow", "Label", "Version", "File"), rows, "No workflows.")
    if versions:
        click.echo("")
        _show_stored(versions)


def _show_stored(versions: "list[Stored]") -> None:
    rows = [
        (one.name, str(one.version), output.day(one.valid_from) if one.valid_from else "ever",
         str(one.open_cases), one.authority)
        for one in versions
    ]  # fmt: skip
    output.table(("Stored", "Version", "In force since", "Open cases", "Authority"), rows, "")


def _codes(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from assetflow.explanations import CODES

    return [code for code in CODES if code.startswith(typed)]


@workflow.command()
@click.argument("files", nargs=-1, type=options.PLACE)
@click.option(
    "--explain", "code", default="", metavar="CODE", shell_complete=_codes,
    help="Say what a code means and how to mend it, and check nothing.",
)  # fmt: skip
@options.as_json
@click.pass_obj
def check(app: App, files: tuple[Path, ...], code: str, json_: bool) -> None:
    """Check workflow files, or all of this installation; every problem with file and line.

    A file of scenarios (NAME.scenario.yaml) is read as such; `workflow test` plays it.
    """
    if code:
        _explain(code, json_)
        return
    checked = _checked(_settings(app), files)
    if json_:
        output.emit_json(
            {
                "sound": [route.name for route in checked.sound],
                "scenarios": [book.file.name for book in checked.books],
                "problems": checked.problems,
            }
        )
    else:
        _show_check(checked)
    if checked.problems:
        click.get_current_context().exit(2)


class Checked(NamedTuple):
    """What is sound among the files that were checked, and every problem of the others."""

    sound: "list[Workflow]"
    books: "list[Book]"
    problems: "list[Problem]"


def _checked(settings: "Settings", files: tuple[Path, ...]) -> Checked:
    from assetflow import definitions
    from assetflow.errors import BadFile

    ending = definitions.SCENARIOS
    around = _around(settings, [p for p in files if not p.name.endswith(ending)])
    checked = Checked([], [], [])
    for path in files or definitions.available(settings):
        try:
            if path.name.endswith(ending):
                from assetflow import scenarios

                checked.books.append(scenarios.load(path, settings).book)
            else:
                checked.sound.append(definitions.load(path, around))
        except BadFile as error:
            # The problems of a route are those of its scenarios too: each is told once.
            checked.problems.extend(p for p in error.problems if p not in checked.problems)
    return checked


def _explain(code: str, json_: bool) -> None:
    from assetflow.explanations import explain

    text = explain(code)
    if json_:
        output.emit_json({"code": code, "text": text})
        return
    output.title(code)
    click.echo(text)


@workflow.command()
@click.option("--output", "file", type=options.PLACE, metavar="FILE", help="Write it to a file.")
def schema(file: Path | None) -> None:
    """Print the JSON Schema of workflow files, by which editors complete and underline."""
    from assetflow import workflow_schema
    from assetflow.cli.saving import write_again

    text = workflow_schema.text()
    if file is None:
        click.echo(text, nl=False)
        return
    write_again(file, text, "The schema", [".json"])
    output.done(f"schema of workflow files: {file}")


def _show_check(checked: Checked) -> None:
    from assetflow.explanations import CODES
    from assetflow.facts import counted

    for problem in checked.problems:
        click.echo(problem, err=True)
    explained = [problem.code for problem in checked.problems if problem.code in CODES]
    if explained:
        hint = f"assetflow workflow check --explain {explained[0]}"
        click.echo(f"  → what a code means: {hint}", err=True)
    for route in checked.sound:
        size = f"{len(route.stages)} stages, {len(route.transitions)} transitions"
        output.done(f"{route.name} version {route.version} is sound: {size}")
    for book in checked.books:
        told = counted(len(book.scenarios), "scenario")
        play = f"play: assetflow workflow test {book.workflow}"
        output.done(f"{book.file.name} can be read: {told}; {play}")


@workflow.command()
@click.argument(
    "name", default="", metavar="[NAME or FILE]",
    shell_complete=completion_routes.routes_and_files,
)  # fmt: skip
@click.option(
    "--version", type=options.NUMBER, metavar="N", shell_complete=completion_routes.versions,
    help="A stored version, not the file.",
)  # fmt: skip
@options.as_json
@click.pass_obj
def show(app: App, name: str, version: int | None, json_: bool) -> None:
    """Explain a route as an officer would: stages, steps, who may take them, who signs."""
    if version is None:
        found = routes.find(app, name)
    else:
        route = stored(app, name or app.settings.workflow, version)
        place = Path(f"{route.name} version {version}, as stored")
        found = routes.Found(route, place, _around(app.settings))
    if json_:
        output.emit_json(found.route)
        return
    from assetflow.diagrams.guide import guide

    click.echo(f"{found.path}")
    show_rows(guide(found.route, found.around.letter_facts))


for command in (diagram, new, words, rehearse, publish, diff, migrate):
    workflow.add_command(command)
