"""``assetflow score`` and ``assetflow interest``: a panel scores, and says who steps aside."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.scoring import Line, Sheet
    from assetflow.queries import Case

by = click.option(
    "--by", default="", metavar="PERSON", help="Whose it is; else yours.",
    shell_complete=completion.people,
)  # fmt: skip
criterion_given = click.argument("criterion", shell_complete=completion.criteria)
score_given = click.argument("score_", metavar="SCORE", type=options.NUMBER)
reason = click.option("--reason", required=True, help="Why; the group can ask for it.")


@click.group()
def score() -> None:
    """Score a case by its criteria, and agree on the scores."""


@score.command()
@options.case
@criterion_given
@score_given
@reason
@by
@options.on
@options.as_json
@click.pass_obj
def give(
    app: App, case_: str, criterion: str, score_: int, reason: str, by: str, on: date | None,
    json_: bool,
) -> None:  # fmt: skip
    """Record what a scorer gives a case by one criterion; their earlier score is replaced."""
    from assetflow.casework import scoring

    with app.writing(on) as desk:
        case = scoring.give(desk, case_, scoring.Given(criterion, score_, reason, by))
        seen = scoring.sheet(desk, case)
    _report(case, seen, f"score for {criterion} recorded: {score_}", json_)


@score.command()
@options.case
@criterion_given
@score_given
@reason
@by
@options.on
@options.as_json
@click.pass_obj
def moderate(
    app: App, case_: str, criterion: str, score_: int, reason: str, by: str, on: date | None,
    json_: bool,
) -> None:  # fmt: skip
    """Record the score that the scorers have agreed on for a criterion."""
    from assetflow.casework import scoring

    with app.writing(on) as desk:
        case = scoring.moderate(desk, case_, scoring.Given(criterion, score_, reason, by))
        seen = scoring.sheet(desk, case)
    _report(case, seen, f"agreed score for {criterion}: {score_}", json_)


@score.command()
@options.case
@options.as_json
@click.pass_obj
def show(app: App, case_: str, json_: bool) -> None:
    """Show the scores of a case, or of all its parts with the best first."""
    from assetflow.casework import scoring

    with app.reading() as desk:
        found = scoring.table(desk, case_)
    if json_:
        output.emit_json(found)
        return
    for number, sheet in enumerate(found.sheets, start=1):
        rank = f"{number}. " if len(found.sheets) > 1 else ""
        total = f"{sheet.total} of 100" if sheet.total else "not agreed on yet"
        output.title(f"{rank}{sheet.case}, {sheet.group}: {total} ({sheet.stage})")
        headings = ("Criterion", "Weight", "Scorer", "Score", "Reason")
        output.table(headings, _rows(sheet), "There are no criteria to score by.")


@click.group()
def interest() -> None:
    """Declare an interest in a case, or that there is none."""


@interest.command()
@options.case
@click.argument("text")
@by
@click.option("--steps-aside", is_flag=True, help="They take no part in scoring the case.")
@options.on
@options.as_json
@click.pass_obj
def declare(
    app: App, case_: str, text: str, by: str, steps_aside: bool, on: date | None, json_: bool
) -> None:
    """Record what somebody declares about their interest in a case; say so if there is none."""
    from assetflow.casework import scoring

    with app.writing(on) as desk:
        case = scoring.declare(desk, case_, text, by, steps_aside=steps_aside)
    if json_:
        output.emit_json({"case": case.reference, "steps_aside": steps_aside})
        return
    aside = "; they take no part in scoring it" if steps_aside else ""
    output.done(f"{case.reference}: declaration recorded{aside}")


@interest.command("list")
@options.case
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, json_: bool) -> None:
    """List what was declared on a case and its parts."""
    from assetflow.casework import scoring

    with app.reading() as desk:
        found = scoring.interests(desk, case_)
    if json_:
        output.emit_json(found)
        return
    rows = [
        (i.case, i.person, "steps aside" if i.steps_aside else "takes part",
         output.day(i.declared_on), i.statement)
        for i in found
    ]  # fmt: skip
    headings = ("Case", "Person", "Part in scoring", "Declared", "Statement")
    output.table(headings, rows, "Nobody has declared anything.")


def _rows(sheet: "Sheet") -> list[tuple[output.Cell, ...]]:
    return [row for line in sheet.lines for row in _of_line(line, sheet.up_to)]


def _of_line(line: "Line", up_to: int) -> list[tuple[output.Cell, ...]]:
    head = (line.criterion, f"{line.weight}%")
    rows: list[tuple[output.Cell, ...]] = [
        (*head, mark.scorer if mark.counts else f"{mark.scorer} (stepped aside)",
         f"{mark.score} of {up_to}", mark.reason)
        for mark in line.scores
    ]  # fmt: skip
    if line.agreed:
        rows.append((*head, "agreed", f"{line.agreed.score} of {up_to}", line.agreed.reason))
    return rows or [(*head, "-", "-", "not scored yet")]


def _report(case: "Case", sheet: "Sheet", what: str, json_: bool) -> None:
    from assetflow.casework import scoring

    if json_:
        output.emit_json(sheet)
        return
    output.done(f"{case.reference}: {what}")
    click.echo(f"  {scoring.summary(sheet)}; see: assetflow score show {case.reference}")
