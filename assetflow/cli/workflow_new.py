"""``assetflow workflow new`` and ``words``: begin a route, and see what can stand in it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import options, output, routes
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.settings import Settings

TEMPLATE = "route_template.yaml"


@click.command()
@click.argument("name")
@click.option("--label", required=True, metavar="TEXT", help="What people call the route.")
@click.option("--prefix", required=True, metavar="LETTERS", help="How its references begin.")
@click.option("--output", "place", type=options.PLACE, metavar="FILE",
              help="Where to write it; else your home, and without one the screen.")  # fmt: skip
@click.pass_obj
def new(app: App, name: str, label: str, prefix: str, place: Path | None) -> None:
    """Begin a route of your own from a small sound one, with a line on what each part is for."""
    from assetflow import durable
    from assetflow.errors import BadInput
    from assetflow.files import check_new, fault_of
    from assetflow.soundness import names

    wrong = names.not_a_name(name, prefix)
    if not label.strip() or any(mark in label for mark in ":#\"'{}[]\n"):
        wrong.append("the label is empty or contains one of : # \" ' { } [ ]")
    if wrong:
        raise BadInput("The route cannot be begun.", reasons=wrong)
    known = routes.settings(app)
    text = _template(known)
    for mark, value in (("NAME", name), ("LABEL", label.strip()), ("PREFIX", prefix)):
        text = text.replace(mark, value)
    folder = known.home / "workflows"
    if place is None and not folder.is_dir():
        click.echo(text, nl=False)  # there is no home yet
        return
    path = place or folder / f"{name}.yaml"
    check_new(path)
    try:
        durable.write_whole(path, text)
    except OSError as error:
        raise fault_of(error)(f"{path} cannot be written.", reasons=[str(error)]) from error
    output.done(f"{path} is written")
    click.echo(f"  next: change it to your policy, then: assetflow workflow check {path}")
    click.echo("  what can be written: assetflow workflow words")


def _template(settings: "Settings") -> str:
    found = (folder / TEMPLATE for folder in settings.folders("data"))
    return next(path for path in found if path.is_file()).read_text(encoding="utf-8")


@click.command()
@options.as_json
@click.pass_obj
def words(app: App, json_: bool) -> None:
    """List what a route can say here: requirements, letters, libraries, alerts, rights, facts."""
    from typing import get_args

    from assetflow.guards import REGISTRY, parameters
    from assetflow.soundness import people
    from assetflow.workflow import FactType

    settings = routes.settings(app)
    around = routes.around(settings)
    requirements = [
        (_use(name, list(parameters(name))), (guard.__doc__ or "").splitlines()[0])
        for name, guard in REGISTRY.items()
    ]
    letters = [(n, ", ".join(sorted(facts))) for n, facts in sorted(around.letter_facts.items())]
    plain = {
        "libraries": sorted(around.libraries), "alerts": list(people.ALERTS),
        "rights": list(people.RIGHTS), "types of facts": list(get_args(FactType)),
    }  # fmt: skip
    if json_:
        output.emit_json({"requirements": requirements, "letters": letters, **plain})
        return
    output.title("What a step can require")
    output.table(("Requirement", "It says that"), requirements, "")
    output.title("\nLetters, with the facts that each cannot be written without")
    output.table(("Letter", "Facts"), letters, "  none")
    for name, values in plain.items():
        output.title(f"\n{name.capitalize()}")
        click.echo(f"  {', '.join(values) or 'none'}")


def _use(name: str, takes: list[str]) -> str:
    given = ", ".join(f"{parameter}: …" for parameter in takes)
    return f"{name}: {{{given}}}" if given else name
