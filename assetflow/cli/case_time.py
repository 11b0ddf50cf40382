"""``assetflow case pause``, ``resume``, ``extend`` and ``time``: its clocks, and whose time."""

from datetime import date

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App
from assetflow.cli.case import case, report

__all__ = ["case"]


@case.command()
@options.case
@click.option("--reason", required=True, metavar="REASON", shell_complete=completion.pause_reasons,
              help="Why, as the route declares it.")  # fmt: skip
@click.option("--missing", required=True, metavar="TEXT",
              help="What is missing, for the letter; items are separated by ;")  # fmt: skip
@click.option("--by", required=True, type=options.DAY, metavar="DATE",
              help="When the group is asked to reply.")  # fmt: skip
@options.on
@options.as_json
@click.pass_obj
def pause(
    app: App, case_: str, reason: str, missing: str, by: date, on: date | None, json_: bool
) -> None:
    """Ask the group for what is missing; the target stands still until it answers.

    Only while the case waits on the group, and at most as long as the route says. The age of the
    case and periods of law run on.
    """
    from assetflow.casework import pausing
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        done = pausing.pause(desk, case_, reason, missing, by)
        seen = overview(desk, done.case)
    report(seen, done, json_, f"{seen.reference}: paused")


@case.command()
@options.case
@options.on
@options.as_json
@click.pass_obj
def resume(app: App, case_: str, on: date | None, json_: bool) -> None:
    """Record that the group has sent what was missing; the target runs again."""
    from assetflow.casework import pausing
    from assetflow.casework.overview import overview

    with app.writing(on) as desk:
        done = pausing.resume(desk, case_)
        seen = overview(desk, done.case)
    report(seen, done, json_, f"{seen.reference}: resumed")


@case.command()
@options.case
@click.argument("clock", shell_complete=completion.clocks)
@click.option("--to", required=True, type=options.DAY, metavar="DATE", help="The new last day.")
@click.option("--agreed-by", required=True, metavar="WHO", help="Who agreed to it.")
@click.option("--agreed-on", required=True, type=options.DAY, metavar="DATE",
              help="When they did; both that and today must lie before the end.")  # fmt: skip
@options.why
@options.as_json
@click.pass_obj
def extend(
    app: App, case_: str, clock: str, to: date, agreed_by: str, agreed_on: date, why: str,
    json_: bool,
) -> None:  # fmt: skip
    """Extend a clock to a later day that was agreed before its time was over."""
    from assetflow.casework import pausing
    from assetflow.casework.overview import overview

    with app.writing(agreed_on) as desk:
        done = pausing.extend(desk, case_, pausing.Agreed(clock, to, agreed_by, why))
        seen = overview(desk, done.case)
    label = done.case.workflow.clocks[clock].label
    report(seen, done, json_, f"{seen.reference}: {label} extended to {output.day(to)}")


@case.command("time")
@options.case
@options.as_of
@options.as_json
@click.pass_obj
def time_(app: App, case_: str, as_of: date | None, json_: bool) -> None:
    """Show whose every day of a case was: the council's, the group's or somebody else's."""
    from assetflow import queries
    from assetflow.casework.turns import whose_time
    from assetflow.guards import HOLDERS
    from assetflow.whose_time import split

    with app.reading(as_of) as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        spells = whose_time(desk, one)
    if json_:
        told = [
            {
                "since": s.since, "until": s.until, "days": s.days, "who": s.who,
                "departments": s.departments, "why": s.why,
            }
            for s in spells
        ]  # fmt: skip
        output.emit_json({"case": one.reference, "time": split(spells), "spells": told})
        return
    rows = [
        (
            output.day(s.since), output.day(s.until), str(s.days),
            " and ".join(s.departments) or HOLDERS[s.who], s.why,
        )
        for s in spells
    ]  # fmt: skip
    output.title(f"{one.reference}  {split(spells)}")
    output.table(("From", "To", "Days", "Whose", "Why"), rows, "No day has passed yet.")
