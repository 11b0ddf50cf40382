"""``assetflow person``: the people who work on cases."""

from datetime import date

import click

from assetflow.cli import completion, options, output
from assetflow.cli.app import App


@click.group()
def person() -> None:
    """Add and list the people who work on cases."""


@person.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role; may be repeated.")
@click.option("--department", "departments", multiple=True, metavar="DEPARTMENT",
              shell_complete=completion.departments,
              help="The department a signatory signs for; may be repeated.")  # fmt: skip
@click.option("--job-title", default="")
@click.option("--email", default="")
@click.option("--phone", default="")
@click.option("--handle", default="", help="A short name to type; else made from the name.")
@click.option(
    "--since", type=options.DAY, metavar="DATE", help="From when they hold the roles; else always."
)
@click.option("--authority", default="", help="The decision on which they hold the roles.")
@click.option("--login", default="", help="The name under which they log in.")
@options.as_json
@click.pass_obj
def add(
    app: App,
    /,
    name: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    handle: str,
    since: date | None,
    authority: str,
    json_: bool,
    **details: str,
) -> None:
    """Add a person and the roles they hold; a known person is given more roles."""
    from assetflow.casework import people, routes

    new = people.NewPerson(name, roles, departments, handle, since, authority, details)
    with app.writing() as desk:
        found = people.add_person(desk, new, routes.newest(desk, app.settings.workflow))
    if json_:
        output.emit_json(found)
        return
    held = ", ".join(_grants(found)) or "no role yet"
    output.done(f"{found.name} ({found.handle}): {held}")


@person.command()
@click.argument("person_", metavar="PERSON", shell_complete=completion.people)
@click.argument("name")
@options.as_json
@click.pass_obj
def login(app: App, person_: str, name: str, json_: bool) -> None:
    """Say under which NAME a person logs in: what they sign then counts as signed by them."""
    from assetflow.casework import people

    with app.writing() as desk:
        found = people.set_login(desk, person_, name)
    if json_:
        output.emit_json(found)
        return
    output.done(f"{found.name} ({found.handle}) logs in as {found.login}")


@person.command("list")
@options.as_json
@click.pass_obj
def list_(app: App, json_: bool) -> None:
    """List people with their short names and roles."""
    from assetflow import queries

    with app.reading() as desk:
        found = list(queries.people(desk.db).values())
    if json_:
        output.emit_json(found)
        return
    rows = [(p.handle, p.name, p.job_title, ", ".join(_grants(p)), p.email) for p in found]
    output.table(("Short name", "Name", "Job title", "Roles", "Email"), rows, "Nobody yet.")


def _grants(found: object) -> list[str]:
    from assetflow.snapshot import Person

    assert isinstance(found, Person)  # noqa: S101 - narrows the type
    return [
        f"{g.role} ({g.department})" if g.department else g.role
        for g in found.grants if g.deputy_for is None
    ]  # fmt: skip
