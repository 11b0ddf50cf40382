"""``assetflow workflow test``: plays the scenarios of routes, and says what they do not show."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from assetflow.cli import completion_routes, options, output, routes
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.rehearsal import Played, Rehearsed
    from assetflow.scenarios import coverage
    from assetflow.scenarios.coverage import Coverage
    from assetflow.scenarios.files import Loaded
    from assetflow.scenarios.told import Claim
    from assetflow.settings import Settings
    from assetflow.soundness import Surroundings
    from assetflow.workflow import Workflow


class Shown(NamedTuple):
    """What was played, and how much of each route it shows."""

    played: "list[Rehearsed]"
    coverage: "list[tuple[Workflow, Coverage]]"


@click.command("test")
@click.argument(
    "names", nargs=-1, metavar="[NAME or FILE]...",
    shell_complete=completion_routes.routes_and_files,
)  # fmt: skip
@click.option(
    "--require-coverage", "required", type=options.Number(0, 100, share=True), default=0.0,
    metavar="PERCENT", help="Fail where the scenarios of a route show less of it.",
)  # fmt: skip
@click.option(
    "--missing", is_flag=True,
    help="List what the scenarios do not show, each with a step to begin from.",
)  # fmt: skip
@options.as_json
@click.pass_obj
def rehearse(app: App, names: tuple[str, ...], required: float, missing: bool, json_: bool) -> None:
    """Play the scenarios of routes, in a throwaway home, and say how much of each they show."""
    settings = routes.settings(app)
    shown = _shown(app, settings, names, missing)
    if json_:
        output.emit_json(_data(shown))
    else:
        _say(shown, missing)
    failed = any(played.failure for one in shown.played for played in one.scenarios)
    failed |= any(coverage.seen_though for _, coverage in shown.coverage)
    if failed or any(coverage.percent < required for _, coverage in shown.coverage):
        click.get_current_context().exit(1)


def _shown(app: App, settings: "Settings", names: Sequence[str], missing: bool) -> Shown:
    from assetflow import definitions, route_files
    from assetflow.casework import rehearsal
    from assetflow.scenarios import coverage

    loaded, alone = _load(app, settings, names, missing)
    played = list(rehearsal.rehearse(settings, loaded))
    seen = coverage.Shown(
        {one for book in played for one in book.taken},
        {one for book in played for one in book.lacked},
    )
    meant = [(b.routes[b.book.workflow], b.around, b.book.cannot_happen) for b in loaded]
    meant += [(found.route, found.around, ()) for found in alone]
    files = [*definitions.available(settings), *(f for book in loaded for f in book.files.values())]
    entered = route_files.continued(files)
    return Shown(played, [_coverage(*one, entered, seen) for one in meant])


def _load(
    app: App, settings: "Settings", names: Sequence[str], missing: bool
) -> "tuple[list[Loaded], list[routes.Found]]":
    """Read the scenario files that are meant, and the routes that have none but are meant too."""
    from assetflow import definitions, scenarios
    from assetflow.errors import NotFound

    wanted = names or [path.stem for path in definitions.available(settings)]
    loaded: list[Loaded] = []
    alone: list[routes.Found] = []
    for name in wanted:
        try:
            path = scenarios.find(settings, name)
        except NotFound:
            if names and not missing:
                raise
            alone.append(_alone(app, settings, name))
            continue
        loaded.append(scenarios.load(path, settings))
    return loaded, alone


def _alone(app: App, settings: "Settings", typed: str) -> "routes.Found":
    from assetflow import definitions
    from assetflow.scenarios.files import around

    path = Path(typed)
    if path.suffix not in (".yaml", ".yml"):
        return routes.find(app, typed)
    known = around(settings, path)
    return routes.Found(definitions.load(path, known), path, known)


def _coverage(
    route: "Workflow", around: "Surroundings", claims: "Sequence[Claim]",
    entered: "set[tuple[str, str]]", shown: "coverage.Shown",
) -> "tuple[Workflow, Coverage]":  # fmt: skip
    from assetflow.scenarios.coverage import covered, declared
    from assetflow.scenarios.never import never_lacking

    asked = declared(route, around.letter_facts)
    stages = [stage for name, stage in entered if name == route.name]
    never = never_lacking(route, around.letter_facts, asked, stages)
    return route, covered(route, asked, never, claims, shown)


def _say(shown: Shown, missing: bool) -> None:
    for book in shown.played:
        for played in book.scenarios:
            _say_played(book, played)
    for route, coverage in shown.coverage:
        _say_coverage(coverage)
        _say_uncovered(coverage, missing)
        if missing:
            _say_missing(route, coverage)


def _say_played(book: "Rehearsed", played: "Played") -> None:
    if played.failure is None:
        steps = "1 step" if played.steps == 1 else f"{played.steps} steps"
        output.done(f"{book.route}: {played.name} ({steps})")
        return
    failure = played.failure
    click.echo(
        click.style("✗ ", fg="red") + f"{book.file}:{failure.line}: {played.name}: {failure.step}: "
        f"expected {failure.expected}; got {failure.got}"
    )


def _say_coverage(coverage: "Coverage") -> None:
    steps, refusals = len(coverage.steps), len(coverage.refusals)
    from assetflow.scenarios.coverage import percent

    output.title(
        f"{coverage.route}: {coverage.taken} of {steps} transitions taken "
        f"({percent(coverage.taken, steps):g} %), {coverage.seen} of {refusals} refusals seen "
        f"({percent(coverage.seen, refusals):g} %)"
    )


def _say_uncovered(coverage: "Coverage", missing: bool) -> None:
    left = [] if missing else [*(f"{t}: not taken" for t in coverage.not_taken), *coverage.not_seen]
    for each in left:
        click.echo(f"  not covered: {each}")
    for one in coverage.never:
        click.echo(f"  cannot be lacking, as every way there needs it before: {one}")
    for claim in coverage.said:
        click.echo(f"  said to be impossible: {claim.refusal}: {claim.because}")
    for claim in coverage.seen_though:
        click.echo(
            click.style("✗ ", fg="red")
            + f"line {claim.line}: {claim.refusal}: said to be impossible, but it was seen"
        )


def _say_missing(route: "Workflow", coverage: "Coverage") -> None:
    from assetflow.scenarios.skeletons import skeletons

    for what, step in skeletons(route, coverage):
        click.echo(f"  # {what}")
        click.echo(f"  {step}")


def _data(shown: Shown) -> dict[str, Any]:
    return {
        "scenarios": [
            {
                "file": str(book.file), "route": book.route, "name": played.name,
                "line": played.line, "passed": played.failure is None, "failure": played.failure,
            }
            for book in shown.played for played in book.scenarios
        ],
        "coverage": [
            {
                "route": one.route, "percent": one.percent, "transitions": len(one.steps),
                "taken": one.taken, "refusals": len(one.refusals), "seen": one.seen,
                "not_taken": one.not_taken, "not_seen": [str(r) for r in one.not_seen],
                "never": [str(r) for r in one.never], "said": one.said,
                "seen_though": one.seen_though,
            }
            for _, one in shown.coverage
        ],
    }  # fmt: skip
