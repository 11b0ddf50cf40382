"""``assetflow case explain`` and ``export``: the dates of a case, and a calendar file of them."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assetflow.cli import options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.dates import Dated
    from assetflow.feed import Event
    from assetflow.reckoning import Row
    from assetflow.snapshot import Occasion


@click.command()
@options.case
@click.argument("deadline", metavar="[DEADLINE]", default="")
@options.as_of
@options.as_json
@click.pass_obj
def explain(app: App, case_: str, deadline: str, as_of: date | None, json_: bool) -> None:
    """List every date that runs on a case, or tell line by line why one of them is what it is.

    DEADLINE is the name of one of them, or a part of what it is called.
    """
    from assetflow import queries
    from assetflow.casework import dates

    with app.reading(as_of) as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        occasion = desk.bare_occasion(one.workflow, one.snapshot)
        if not deadline.strip():
            found = dates.of_case(one, occasion)
            _list(occasion, found, json_)
            return
        meant = dates.named(occasion, deadline)
        rows = dates.explain(occasion, meant)
    if json_:
        output.emit_json({**plain(occasion, meant), "rows": rows})
        return
    output.title(f"{one.reference}  {meant.label}: {_day(meant.last_day)}  ({meant.kind})")
    for row in rows:
        click.echo(f"  {_days(row):<26} {row.text}")


@click.command()
@options.case
@click.option("--ics", type=options.PLACE, required=True, metavar="FILE",
              help="The calendar file; one written before is replaced.")  # fmt: skip
@options.as_json
@click.pass_obj
def export(app: App, case_: str, ics: Path, json_: bool) -> None:
    """Write the dates of a case to a calendar file, for Outlook and the like.

    Opened again after the case has moved on, it moves the dates and takes out those that are over.
    """
    from assetflow import feed, queries
    from assetflow.casework import feeds

    with app.reading() as desk:
        one = queries.case(desk.db, queries.case_id(desk.db, case_))
        events = feeds.of_case(desk, one)
    feeds.write(ics, feed.as_ics(events, f"assetflow {one.reference}", app.now))
    say_written(ics, events, one.reference, json_)


def say_written(file: Path, events: "list[Event]", whose: str, json_: bool) -> None:
    """Say what a calendar file holds."""
    from assetflow.facts import counted

    over = sum(each.cancelled for each in events)
    if json_:
        found = {"file": str(file), "dates": len(events) - over, "cancelled": over}
        output.emit_json(found)
        return
    gone = f", {over} taken out" if over else ""
    output.done(f"{whose}: {counted(len(events) - over, 'date')}{gone} ({file})")


def _list(occasion: "Occasion", found: "list[Dated]", json_: bool) -> None:
    if json_:
        case, on = occasion.case.reference, occasion.on
        output.emit_json({"case": case, "as_of": on, "dates": [plain(occasion, d) for d in found]})
        return
    table(occasion, found)


def table(occasion: "Occasion", found: "list[Dated]") -> None:
    """Print the dates of a case, one a line."""
    headings = ("Name", "What", "Kind", "Last day", "Left")
    output.table(headings, [_row(occasion, one) for one in found], "Nothing runs on this case.")


def _row(occasion: "Occasion", one: "Dated") -> tuple[output.Cell, ...]:
    from assetflow.casework.dates import days_left

    act_by = f", act by {output.day(one.act_by)}" if one.act_by != one.last_day else ""
    mark = ", provisional" if one.provisional else ""
    left = days_left(occasion, one)
    last = f"{_day(one.last_day)}{act_by}{mark}"
    return one.name, one.label, one.kind, last, (left, "red" if left.endswith("over") else "green")


def plain(occasion: "Occasion", one: "Dated") -> dict[str, Any]:
    """Give one date of a case as programs read it."""
    from assetflow.casework.dates import days_left

    return {
        "name": one.name, "label": one.label, "kind": one.kind, "last_day": one.last_day,
        "act_by": one.act_by, "provisional": one.provisional, "since": one.start,
        "runs": one.runs, "left": days_left(occasion, one), "source": one.source,
        "verified": one.verified,
    }  # fmt: skip


def _day(value: date) -> str:
    return f"{value:%a} {output.day(value)}"


def _days(row: "Row") -> str:
    if row.on is None:
        return ""
    return _day(row.on) if row.until is None else f"{output.day(row.on)} – {output.day(row.until)}"
