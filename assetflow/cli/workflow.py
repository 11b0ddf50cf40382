"""``assetflow workflow``: check and explain routes; works without a home."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.errors import Problem
    from assetflow.settings import Settings
    from assetflow.soundness import Surroundings
    from assetflow.workflow import Stage, Transition, Workflow


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
    if json_:
        output.emit_json(
            [
                {"name": w.name, "label": w.label, "version": w.version, "file": str(p)}
                for w, p in found
            ]
        )
        return
    rows = [(w.name, w.label, str(w.version), str(p)) for w, p in found]
    output.table(("Workflow", "Label", "Version", "File"), rows, "No workflows.")


def _codes(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from assetflow.soundness.codes import TITLES

    return [code for code in TITLES if code.startswith(typed)]


@workflow.command()
@click.argument("files", nargs=-1, type=options.PLACE)
@click.option(
    "--explain", "code", default="", metavar="CODE", shell_complete=_codes,
    help="Say what a code means and how to mend it, and check nothing.",
)  # fmt: skip
@options.as_json
@click.pass_obj
def check(app: App, files: tuple[Path, ...], code: str, json_: bool) -> None:
    """Check workflow files, or all of this installation; every problem with file and line."""
    if code:
        _explain(code, json_)
        return
    from assetflow import definitions
    from assetflow.errors import BadFile

    settings = _settings(app)
    around = _around(settings, files)
    problems: list[Problem] = []
    sound: list[Workflow] = []
    for path in files or definitions.available(settings):
        try:
            sound.append(definitions.load(path, around))
        except BadFile as error:
            problems += error.problems
    if json_:
        output.emit_json({"sound": [w.name for w in sound], "problems": problems})
    else:
        _show_check(sound, problems)
    if problems:
        click.get_current_context().exit(2)


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
    from assetflow.errors import OutsideFault

    text = workflow_schema.text()
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        reason = error.strerror or str(error)
        what = f"The schema was not written to {file}."
        raise OutsideFault(what, reasons=[reason], remedies=["name another file"]) from error
    output.done(f"schema of workflow files: {file}")


def _show_check(sound: "list[Workflow]", problems: "list[Problem]") -> None:
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        code = problems[0].code
        click.echo(f"  → what a code means: assetflow workflow check --explain {code}", err=True)
    for route in sound:
        count = len(route.transitions)
        output.done(f"{route.name} version {route.version} is sound: {len(route.stages)} stages, "
                    f"{count} transitions")  # fmt: skip


@workflow.command()
@click.argument("name", default="")
@options.as_json
@click.pass_obj
def show(app: App, name: str, json_: bool) -> None:
    """Explain a route as an officer would: stages, steps, who may take them, who signs."""
    from assetflow import definitions

    settings = _settings(app)
    path = definitions.find(settings, name or settings.workflow)
    route = definitions.load(path, _around(settings))
    if json_:
        output.emit_json(route)
        return
    output.title(f"{route.label}, version {route.version}")
    click.echo(f"{path}")
    for stage in route.stages.values():
        _show_stage(route, stage)
    output.title("\nThe ladder (age since the expression of interest)")
    for rung in route.ladder.values():
        who = ", ".join(route.role_label(role) for role in rung.to)
        click.echo(f"  {rung.after:<10} {rung.label}: {rung.requires}\n             to {who}")
    output.title("\nFacts")
    rows = [(f.name, f.type, f.label) for f in route.facts.values()]
    output.table(("Name", "Type", "Meaning"), rows, "  none")


def _show_stage(route: "Workflow", stage: "Stage") -> None:
    target = f", target {stage.target}" if stage.target else ""
    holder = "" if stage.end else f", waiting on the {stage.waiting_on.replace('_', ' ')}"
    output.title(f"\n{stage.label} ({stage.id}){target}{holder}")
    if stage.source:
        click.echo(f"  target from: {stage.source}{'' if stage.verified else ' (not verified)'}")
    if stage.end:
        click.echo("  an end")
    for transition in route.from_stage(stage.id):
        _show_transition(route, transition)


def _show_transition(route: "Workflow", transition: "Transition") -> None:
    to = f" → {route.stages[transition.to].label}" if transition.to else ""
    click.echo(f"  {transition.trigger}: {transition.label}{to}")
    click.echo(f"      who: {', '.join(route.role_label(role) for role in transition.who)}")
    for rule in sorted(transition.signoffs, key=lambda r: r.order):
        label = route.department_label(rule.department)
        mode = (
            ""
            if rule.mode == "required"
            else " (is asked; its silence holds nothing up once its time is over)"
        )
        click.echo(f"      {rule.order}. {label} signs{mode} within {rule.within}: {rule.question}")
    for use in transition.requires:
        given = "; ".join(_words(value) for value in use.parameters.values())
        click.echo(f"      needs {use.guard.replace('_', ' ')}{': ' + given if given else ''}")
    if transition.letters:
        click.echo(f"      sends {', '.join(transition.letters)}")


def _words(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _settings(app: App) -> "Settings":
    """Give the home's settings, or the shipped ones where there is no home yet."""
    from assetflow.errors import NotFound
    from assetflow.settings import Settings

    try:
        return app.settings
    except NotFound:
        if app.home_typed:
            raise
        return Settings(home=app.home, database_url="sqlite://")


def _around(settings: "Settings", files: "Iterable[Path]" = ()) -> "Surroundings":
    from assetflow import data_files, definitions

    return definitions.surroundings(settings, data_files.calendar(settings), files)
