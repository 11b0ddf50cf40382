"""``assetflow grant``: who holds which role, since when, until when and on what authority."""

from datetime import date
from typing import TYPE_CHECKING

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App

if TYPE_CHECKING:
    from assetflow.casework.desk import Desk
    from assetflow.casework.people import Role

person = click.argument("person_", metavar="PERSON", shell_complete=completion.people)
department = click.option(
    "--department", default="", help="The department a signatory signs for.",
    shell_complete=completion.departments,
)  # fmt: skip
authority = click.option(
    "--authority", default="", help="The decision or scheme of delegation it rests on."
)
since = click.option("--since", type=options.DAY, metavar="DATE", help="Its first day; else today.")


@click.group()
def grant() -> None:
    """Give and end roles, and name deputies; each on a named authority."""


@grant.command()
@person
@click.argument("role")
@department
@since
@click.option("--until", type=options.DAY, metavar="DATE", help="Its last day; else it stays.")
@authority
@options.as_json
@click.pass_obj
def add(
    app: App, person_: str, role: str, department: str, since: date | None, until: date | None,
    authority: str, json_: bool,
) -> None:  # fmt: skip
    """Give a person a role; not by the person themselves."""
    from assetflow.casework import people

    with app.writing() as desk:
        wanted = _role(desk, role, department)
        found = people.grant(desk, person_, wanted, authority, since, until)
    if json_:
        output.emit_json(found)
        return
    ends = f" until {output.day(until)}" if until else ""
    output.done(f"{found.name} holds the role {wanted}{ends}")


@grant.command()
@person
@click.argument("role")
@department
@click.option("--deputy-for", default="", metavar="PERSON", shell_complete=completion.people,
              help="End what they hold as this person's deputy.")  # fmt: skip
@authority
@options.as_json
@click.pass_obj
def revoke(
    app: App, person_: str, role: str, department: str, deputy_for: str, authority: str,
    json_: bool,
) -> None:  # fmt: skip
    """End a role from today on, and with it that of the person's deputies."""
    from assetflow.casework import people

    with app.writing() as desk:
        wanted = _role(desk, role, department, seats=bool(deputy_for))
        if deputy_for:
            people.end_deputy(desk, person_, deputy_for, wanted, authority)
            names: tuple[str, ...] = (person_,)
        else:
            names = people.revoke(desk, person_, wanted, authority)
    if json_:
        output.emit_json({"role": str(wanted), "ended_for": names})
        return
    output.done(f"ended from today on: the role {wanted} of {', '.join(names)}")


@grant.command()
@person
@click.option("--for", "principal", required=True, metavar="PERSON",
              shell_complete=completion.people, help="Whom they stand in for.")  # fmt: skip
@click.option("--role", required=True, help="The role, or champion or case_officer.")
@department
@since
@click.option("--until", type=options.DAY, metavar="DATE", required=True, help="The last day.")
@authority
@options.as_json
@click.pass_obj
def deputise(
    app: App, person_: str, principal: str, role: str, department: str, since: date | None,
    until: date, authority: str, json_: bool,
) -> None:  # fmt: skip
    """Let PERSON stand in for another until a day; that other may name them too."""
    from assetflow.casework import people

    with app.writing() as desk:
        wanted = _role(desk, role, department, seats=True)
        found = people.deputise(desk, person_, principal, wanted, authority, until, since)
    if json_:
        output.emit_json(found)
        return
    output.done(f"{found.name} stands in as {wanted} until {output.day(until)}")


@grant.command("list")
@click.argument("person_", metavar="[PERSON]", default="", shell_complete=completion.people)
@click.option("--all", "all_", is_flag=True, help="Also what has ended or not begun.")
@options.as_json
@click.pass_obj
def list_(app: App, person_: str, all_: bool, json_: bool) -> None:
    """List who holds which role today, with its days and authority."""
    from assetflow import queries

    with app.reading() as desk:
        everyone = queries.people(desk.db)
        chosen = [queries.person(desk.db, person_)] if person_ else list(everyone.values())
    rows = [(p, g) for p in chosen for g in p.grants if all_ or g.holds_on(app.today)]
    if json_:
        output.emit_json([{"person": p.handle, "grant": g} for p, g in rows])
        return
    lines = [
        (
            p.name, str(g),
            everyone[g.deputy_for].name if g.deputy_for else "",
            output.day(g.valid_from) if g.valid_from > date.min else "",
            output.day(g.valid_to) if g.valid_to < date.max else "", g.authority,
        )
        for p, g in rows
    ]  # fmt: skip
    headings = ("Name", "Role", "Deputy for", "Since", "Until", "Authority")
    output.table(headings, lines, "Nobody holds a role.")


def _role(desk: "Desk", name: str, department: str, *, seats: bool = False) -> "Role":
    from assetflow.casework import people, routes

    route = routes.newest(desk, desk.settings.workflow)
    return people.role_typed(desk, name, department, route, seats=seats)
