"""``assetflow lease`` and ``assetflow funder``: lease terms, where they drift, who asks what."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App
from assetflow.cli.saving import write_again

if TYPE_CHECKING:
    from assetflow.casework.leasing import Compared
    from assetflow.leases.funders import Funder
    from assetflow.leases.terms import Terms

paper_given = click.argument("paper", shell_complete=completion.papers)
paper_or_newest = click.argument(
    "paper", metavar="[PAPER]", default="", shell_complete=completion.papers
)


@click.group()
def lease() -> None:
    """Record lease terms and see where a draft parts from what was approved."""


@lease.command()
@options.case
@paper_or_newest
@click.option("--to", "target", type=options.PLACE, metavar="FILE", help="Write it to a file.")
@options.as_json
@click.pass_obj
def form(app: App, case_: str, paper: str, target: Path | None, json_: bool) -> None:
    """Give a form for lease terms with what is known filled in: save it, edit it, record it."""
    from assetflow import queries
    from assetflow.casework import leasing

    with app.reading() as desk:
        case = queries.case(desk.db, queries.case_id(desk.db, case_))
        text = leasing.form(desk, case, paper)
    if json_:
        output.emit_json({"case": case.reference, "form": text})
        return
    if target is None:
        click.echo(text, nl=False)
        return
    write_again(target, text, "The form", (".yaml", ".yml"))
    output.done(f"form written to {target}")
    name = paper or next(iter(case.workflow.papers))
    click.echo(f"  edit it, then: assetflow lease record {case.reference} {name} {target}")


@lease.command()
@options.case
@paper_given
@click.argument("file", type=options.PLACE, metavar="FILE")
@options.why
@options.on
@options.as_json
@click.pass_obj
def record(
    app: App, case_: str, paper: str, file: Path, why: str, on: date | None, json_: bool
) -> None:
    """Record the terms of a paper from a YAML or JSON file, and see what has drifted.

    An earlier version of the same paper stays on file.
    """
    from assetflow.casework import leasing

    terms = leasing.read_paper(file)
    with app.writing(on) as desk:
        case, found = leasing.record_paper(desk, case_, paper, terms, why)
    if json_:
        output.emit_json({"case": case.reference, "compared": _plain(found)})
        return
    output.done(f"{case.reference}: {found.label} recorded")
    _show(case.reference, found)


@lease.command()
@options.case
@paper_or_newest
@options.as_json
@click.pass_obj
def compare(app: App, case_: str, paper: str, json_: bool) -> None:
    """Show where a paper parts from the ones before it, and what law and funders say of it."""
    from assetflow import queries
    from assetflow.casework import leasing

    with app.reading() as desk:
        case = queries.case(desk.db, queries.case_id(desk.db, case_))
        found = leasing.compared(desk, case, leasing.newest(desk, case, paper))
    if json_:
        output.emit_json({"case": case.reference, "compared": _plain(found)})
        return
    output.title(f"{case.reference}  {found.label}")
    _show(case.reference, found)


@lease.command()
@options.case
@paper_or_newest
@options.as_json
@click.pass_obj
def show(app: App, case_: str, paper: str, json_: bool) -> None:
    """Show the terms of a paper, and which papers there are."""
    from assetflow import queries
    from assetflow.casework import leasing

    with app.reading() as desk:
        case = queries.case(desk.db, queries.case_id(desk.db, case_))
        every = leasing.listed(desk, case)
        chosen = leasing.newest(desk, case, paper) if every or paper else ""
    terms = next((one.terms for one in reversed(every) if one.paper == chosen), None)
    papers = [{"paper": one.paper, "label": one.label, "number": one.number,
               "recorded_on": one.recorded_on} for one in every]  # fmt: skip
    if json_:
        shown = dict(_told(terms)) if terms else None
        output.emit_json({"case": case.reference, "papers": papers, "terms": shown})
        return
    rows = [(one.label, str(one.number), output.day(one.recorded_on)) for one in every]
    output.table(("Paper", "No", "Recorded"), rows, "No lease terms yet.")
    if terms:
        output.title(f"\n{case.workflow.papers[chosen].label}")
        output.table(("What", "Terms"), list(_told(terms)), "")


@lease.command()
@options.case
@click.argument("topics", nargs=-1, metavar="[TOPIC]…")
@click.option("--by", "party", type=click.Choice(("group", "champion")), required=True,
              help="Who accepts; the champion does so in person.")  # fmt: skip
@click.option("--evidence", required=True, help="What shows it, such as a letter and its date.")
@options.on
@options.as_json
@click.pass_obj
def accept(
    app: App, case_: str, topics: tuple[str, ...], party: Any, evidence: str, on: date | None,
    json_: bool,
) -> None:  # fmt: skip
    """Record that terms which are worse for the group are accepted in writing; all if none named.

    What was accepted counts only for those very words: another draft must be accepted anew.
    """
    from assetflow.casework import leasing

    with app.writing(on) as desk:
        case, drifts = leasing.accept(desk, case_, topics, party, evidence)
    if json_:
        told = [{"topic": one.topic, "difference": str(one)} for one in drifts]
        output.emit_json({"case": case.reference, "party": party, "accepted": told})
        return
    output.done(f"{case.reference}: accepted by the {party}")
    for one in drifts:
        click.echo(f"  {one}")


def _show(reference: str, found: "Compared") -> None:
    adverse = [one for one in found.differences if one.drift.adverse]
    better = [one for one in found.differences if not one.drift.adverse]
    if adverse:
        output.title("\nWorse for the group")
    for one in adverse:
        waits = " and ".join(f"the {party}" for party in one.missing)
        mark, colour = (f"not accepted by {waits}", "red") if waits else ("accepted", "green")
        click.echo(f"  {one.drift}")
        click.echo(click.style(f"      {one.drift.topic}: {mark}", fg=colour))
    if not adverse and found.against:
        click.echo(f"Nothing is worse for the group than in the {found.against}.")
    for title, lines in (
        ("Standard clauses against the approved terms", [b.sentence for b in found.boilerplate]),
        ("Funders ask for more", found.shortfalls),
        ("Better for the group, or only different", [str(one.drift) for one in better]),
        ("What law and practice say", found.rules),
    ):
        if lines:
            output.title(f"\n{title}")
            for line in lines:
                click.echo(f"  {line}")
    if any(one.missing for one in adverse):
        click.echo("\nPut the paper right, or have it accepted in writing:")
        click.echo(f'  assetflow lease accept {reference} --by group --evidence "…"')
        click.echo(f'  assetflow lease accept {reference} --by champion --evidence "…"')


def _plain(found: "Compared") -> dict[str, Any]:
    return {
        "paper": found.paper,
        "label": found.label,
        "differences": [
            {"topic": one.drift.topic, "against": one.drift.against, "was": one.drift.was,
             "now": one.drift.now, "adverse": one.drift.adverse, "not_accepted_by": one.missing}
            for one in found.differences
        ],
        "boilerplate": [one.sentence for one in found.boilerplate],
        "rules": found.rules,
        "shortfalls": found.shortfalls,
    }  # fmt: skip


def _told(terms: "Terms") -> list[tuple[str, str]]:
    from assetflow.leases import rent
    from assetflow.leases.drift import in_words
    from assetflow.leases.particulars import FIELDS, said
    from assetflow.leases.telling import given

    rows = [("Length", given(terms, "term") or "not said")]
    if terms.start:
        rows.append(("From", output.day(terms.start)))
    rows += [(f"Rent, {where}", amount) for _, where, amount in rent.schedule(terms)]
    total = rent.total(terms)
    if total is not None:
        rows.append(("Rent in all", rent.pounds(total)))
    rows += [("Ending early", in_words(one)) for one in terms.breaks]
    known = ((FIELDS[name], value) for name, value in terms.values.items())
    rows += [(each.label, said(each, value)) for each, value in known]
    return rows


@click.group()
def funder() -> None:
    """Keep who funds a case and what they ask of its lease."""


@funder.command()
@options.case
@click.argument("name")
@click.option("--like", default="", metavar="KNOWN", help="Ask what this known funder asks.")
@click.option("--at-least", default=None, metavar="PERIOD", help='Lease left, such as "25 years".')
@click.option("--measured-on", type=options.DAY, metavar="DATE",
              help="When that is measured; else at completion as it is forecast.")  # fmt: skip
@click.option("--no-landlord-break/--landlord-break", default=None,
              help="Whether it refuses a lease that the council may end early.")  # fmt: skip
@click.option("--charge/--no-charge", default=None, help="Whether it takes security.")
@click.option("--assignable/--not-assignable", default=None,
              help="Whether the lease must be one that can be handed on.")  # fmt: skip
@click.option("--deadline", type=options.DAY, metavar="DATE", help="When its money must be used.")
@click.option("--source", default="", help="Where this stands, such as its offer letter.")
@click.option("--confirmed", is_flag=True, help="The funder has confirmed it.")
@options.on
@options.as_json
@click.pass_obj
def add(app: App, /, case_: str, name: str, on: date | None, json_: bool, **asked: Any) -> None:
    """Record a funder of a case and what it asks of the lease."""
    from assetflow.casework import funding

    with app.writing(on) as desk:
        case, found = funding.add(desk, case_, funding.Asked(name, **asked))
    if json_:
        output.emit_json({"case": case.reference, "funder": _funder(found)})
        return
    output.done(f"{case.reference}: {found.name} recorded")


@funder.command()
@options.case
@click.argument("name")
@options.why
@options.on
@options.as_json
@click.pass_obj
def remove(app: App, case_: str, name: str, why: str, on: date | None, json_: bool) -> None:
    """Take a funder off a case that funds it no longer."""
    from assetflow.casework import funding

    with app.writing(on) as desk:
        case = funding.remove(desk, case_, name, why)
    if json_:
        output.emit_json({"case": case.reference, "removed": name})
        return
    output.done(f"{case.reference}: {name} funds it no longer")


@funder.command("list")
@options.case
@options.as_json
@click.pass_obj
def list_(app: App, case_: str, json_: bool) -> None:
    """List who funds a case and what they ask."""
    from assetflow import queries
    from assetflow.queries import leases

    with app.reading() as desk:
        found = leases.funders(desk.db, queries.case_id(desk.db, case_))
    if json_:
        output.emit_json([_funder(one) for one in found])
        return
    rows = [
        (one.name, str(one.at_least or "-"), _asked(one), output.day(one.deadline) or "-",
         "confirmed" if one.verified else "not verified")
        for one in found
    ]  # fmt: skip
    headings = ("Funder", "Lease left", "Also asks", "Deadline", "Source")
    output.table(headings, rows, "Nobody funds this case yet.")


def _funder(one: "Funder") -> dict[str, Any]:
    length = str(one.at_least) if one.at_least else None
    return {
        "name": one.name, "at_least": length, "measured_on": one.measured_on,
        "no_landlord_break": one.no_landlord_break, "charge": one.charge,
        "assignable": one.assignable, "deadline": one.deadline, "source": one.source,
        "verified": one.verified,
    }  # fmt: skip


def _asked(one: "Funder") -> str:
    words = (
        (one.no_landlord_break, "no break of the council"),
        (one.charge, "security"),
        (one.assignable, "can be handed on"),
    )
    return ", ".join(text for asked, text in words if asked) or "-"
