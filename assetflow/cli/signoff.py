"""``assetflow signoff``: departments are asked, sign, or object with a way forward."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App
from assetflow.cli.case import SIGNOFF_HEADINGS, signoff_rows

if TYPE_CHECKING:
    from assetflow.casework.signoffs import Asked

for_step = click.option(
    "--for", "trigger", default="", metavar="TRIGGER", help="The step signed for.",
    shell_complete=completion.signed_triggers,
)  # fmt: skip
by = click.option(
    "--by", default="", metavar="PERSON", help="Who signs or objects; else you.",
    shell_complete=completion.people,
)  # fmt: skip
evidence = click.option("--evidence", default="", help="What shows it: an email, a minute.")
evidence_file = click.option(
    "--evidence-file", type=options.PLACE, metavar="FILE",
    help="That itself, such as the saved email; it is kept with the case.",
)  # fmt: skip
code = click.option("--code", default="", help="The code of the request that was answered.")


@click.group()
def signoff() -> None:
    """Ask departments to sign, and record what they say."""


@signoff.command()
@options.case
@click.argument("trigger", default="", shell_complete=completion.signed_triggers)
@options.on
@options.as_json
@click.pass_obj
def request(app: App, case_: str, trigger: str, on: date | None, json_: bool) -> None:
    """Ask every department whose turn it is; each gets a letter with its own question."""
    from assetflow.casework import signoffs

    with app.writing(on) as desk:
        asked = signoffs.request(desk, case_, trigger)
    _report(asked, json_, f"{asked.case.reference}: asked {', '.join(asked.departments)}")


@signoff.command()
@options.case
@click.argument("department", shell_complete=completion.departments)
@by
@evidence
@evidence_file
@code
@click.option("--condition", default="", help="A condition under which the department signs.")
@for_step
@options.on
@options.as_json
@click.pass_obj
def give(
    app: App, case_: str, department: str, by: str, evidence: str, evidence_file: Path | None,
    code: str, condition: str, trigger: str, on: date | None, json_: bool,
) -> None:  # fmt: skip
    """Record that a department signs; those next in order are then asked."""
    from assetflow.casework import signoffs

    file = _contents(evidence_file)
    answer = signoffs.Answer(department, by, trigger, evidence, condition, file, code)
    with app.writing(on) as desk:
        done = signoffs.give(desk, case_, answer)
    label = done.case.workflow.department_label(department)
    _report(done, json_, f"{done.case.reference}: {label} signed")


@signoff.command("object")
@options.case
@click.argument("department", shell_complete=completion.departments)
@click.option("--category", required=True, help="The kind of objection; the route lists them.")
@click.option("--reason", required=True, help="What the department objects to.")
@click.option("--way-forward", default="", help="What would let the department sign.")
@click.option("--consequence", default="", help="What would happen if nothing were done.")
@click.option("--authority", default="", help="The Act and section, or the rule, it rests on.")
@by
@evidence
@evidence_file
@code
@for_step
@options.on
@options.as_json
@click.pass_obj
def object_(
    app: App, case_: str, department: str, category: str, reason: str, way_forward: str,
    authority: str, consequence: str, by: str, evidence: str, evidence_file: Path | None,
    code: str, trigger: str, on: date | None, json_: bool,
) -> None:  # fmt: skip
    """Record an objection; it must name a way forward, and to block it must cite authority."""
    from assetflow.casework import signoffs

    file = _contents(evidence_file)
    answer = signoffs.Answer(department, by, trigger, evidence, file=file, code=code)
    given = signoffs.ObjectionGiven(category, reason, way_forward, authority, consequence)
    with app.writing(on) as desk:
        done = signoffs.object_(desk, case_, answer, given)
    blocks = done.case.workflow.objections[category].blocks
    effect = "it blocks until resolved" if blocks else "it does not block"
    label = done.case.workflow.department_label(department)
    _report(done, json_, f"{done.case.reference}: objection of {label} recorded; {effect}")


@signoff.command()
@options.case
@click.argument("department", shell_complete=completion.departments)
@for_step
@click.option("--save-evidence", type=options.PLACE, metavar="FILE",
              help="Write the evidence of the answer to a new file.")  # fmt: skip
@click.option("--number", type=options.NUMBER, metavar="N",
              help="Another request, also of an earlier stage, by its number.")  # fmt: skip
@options.as_json
@click.pass_obj
def show(
    app: App, case_: str, department: str, trigger: str, save_evidence: Path | None,
    number: int | None, json_: bool,
) -> None:  # fmt: skip
    """Show what a department was asked, what it read, and how its answer was given.

    Every request to it on this case is listed, also of earlier rounds and stages.
    """
    from assetflow.casework import asked, evidence, integrity

    with app.reading() as desk:
        seen = asked.look(desk, case_, department, trigger, number)
        if save_evidence:
            _, _, content = evidence.of_signoff(desk, seen.signoff.id)
            integrity.write_new(save_evidence, content)
    if json_:
        output.emit_json(seen)
        return
    click.echo(seen.question)
    output.table(("What was read", "Then", "Now"), list(seen.facts), "No fact was shown.")
    click.echo(f"code: {seen.code}" if seen.code else "asked by an older version: no code")
    click.echo(f"answer: {seen.answer}")
    if seen.absent:
        click.echo(f"not on the file, so not in its letter: {'; '.join(seen.absent)}")
    if len(seen.requests) > 1:
        click.echo("all requests to it on this case; see one, or its evidence, with --number:")
        rows = [(str(r.number), r.step, r.asked_on, r.answer, r.file or "-") for r in seen.requests]
        output.table(("No.", "Step", "Asked", "Answer", "File"), rows, "")


@signoff.command("list")
@options.any_case
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, json_: bool) -> None:
    """List the sign-offs of a case, or all that are still owed."""
    from assetflow import queries

    with app.reading() as desk:
        ids = [queries.case_id(desk.db, case_)] if case_ else queries.open_case_ids(desk.db)
        cases = queries.load_cases(desk.db, ids)
    rows = [
        (one, s) for one in cases for s in one.snapshot.signoffs
        if case_ or s.open or s.decision == "objected"
    ]  # fmt: skip
    if json_:
        output.emit_json([{"case": one.reference, "signoff": s} for one, s in rows])
        return
    wanted = {id(s) for _, s in rows}
    lines: list[tuple[output.Cell, ...]] = []
    for one in cases:
        pairs = zip(one.snapshot.signoffs, signoff_rows(one), strict=True)
        lines += [(one.reference, *line) for s, line in pairs if id(s) in wanted]
    output.table(("Case", *SIGNOFF_HEADINGS), lines, "No sign-off is asked or owed.")


def _contents(path: Path | None) -> tuple[str, bytes] | None:
    """Read a file of evidence, no further than any evidence may go."""
    from assetflow.casework.evidence import LARGEST
    from assetflow.errors import BadInput
    from assetflow.files import read_at_most

    if path is None:
        return None
    try:
        return path.name, read_at_most(path, LARGEST)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInput(f"The evidence {path} cannot be read.", reasons=[reason]) from error


def _report(done: "Asked", json_: bool, what: str) -> None:
    if json_:
        output.emit_json(
            {
                "case": done.case.reference,
                "asked": done.departments,
                "letters": done.letters,
                "told": done.told,
            }
        )
        return
    output.done(what)
    output.letters_sent(done.letters)
    if done.told:
        click.echo(f"  told at once: {', '.join(done.told)}")
    click.echo(f"  next: assetflow case next {done.case.reference}")
