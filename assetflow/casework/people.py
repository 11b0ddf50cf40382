"""The people who work on cases: who they are, what roles they hold, and who stands in for them.

Roles change only with a named authority, by an administrator who is not the person affected, and
every change is a record of the council journal. Nothing is overwritten: a role that ends keeps its
row with its last day (reliability: grants mirror the council's scheme of delegation).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import council, routes
from assetflow.casework.desk import Desk
from assetflow.casework.registers import clean, problems_of
from assetflow.errors import BadInput, Refused
from assetflow.facts import show
from assetflow.permissions import ADMINISTRATOR
from assetflow.snapshot import Person
from assetflow.workflow import CASE_ROLES, Workflow

FIRST_ROLES = (ADMINISTRATOR, "information_officer")
# Nobody is there yet who could decide anything.
FIRST_AUTHORITY = "the setting up of assetflow"


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it is given or taken: for one department where it is a signatory's."""

    name: str
    department: str = ""

    def __str__(self) -> str:
        """Give the role as people type it."""
        return f"{self.name} ({self.department})" if self.department else self.name


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person as they are added; ``departments`` are those for which they are a signatory."""

    name: str
    roles: Sequence[str] = ()
    departments: Sequence[str] = ()
    handle: str = ""
    since: date | None = None
    authority: str = ""
    particulars: Mapping[str, str] = field(default_factory=dict)


# --- particulars ----------------------------------------------------------------------------------


def add_person(desk: Desk, new: NewPerson, route: Workflow) -> Person:
    """Add a person with the roles they hold, or give more roles to one who is known.

    The first person of an installation is its administrator.
    """
    values = {"name": clean("name", new.name)}
    values |= {name: clean(name, text) for name, text in new.particulars.items()}
    handle = new.handle[:60] or handle_for(values["name"])
    known = _known(desk, handle)
    wanted, wrong = _wanted(desk, new, route)
    wrong = problems_with_person(values, handle) + wrong
    if known and known.name != values["name"]:
        wrong.append(f"{handle} is the short name of {known.name}; give another with --handle")
    if wrong:
        raise BadInput("The person was not added.", reasons=wrong)
    first = not queries.people(desk.db)
    if first:
        new = replace(new, authority=new.authority or FIRST_AUTHORITY)
    else:
        _check_may_add(desk, known, wanted)
    if wanted:
        _check_authority(new.authority)
    person = known or _insert_person(desk, handle, values, first=first)
    for role in (*wanted, *(Role(name) for name in FIRST_ROLES if first)):
        _give_if_lacking(desk, person, role, new)
    return queries.people(desk.db)[person.id]


def _known(desk: Desk, handle: str) -> Person | None:
    return next((p for p in queries.people(desk.db).values() if p.handle == handle), None)


def _check_may_add(desk: Desk, known: Person | None, wanted: Sequence[Role]) -> None:
    council.check_right(desk, "keep_people", "The person was not added")
    reasons = _against_change(desk, known) if wanted else []
    if reasons:
        raise Refused("The roles were not given.", reasons=reasons)


def _insert_person(desk: Desk, handle: str, values: dict[str, str], *, first: bool) -> Person:
    login = values.get("login") or None
    if login:
        _check_login_is_free(desk, login, 0)
    row = {"handle": handle, **values, "login": login, "recorded_at": desk.now}
    person_id = queries.new_id(desk.db.execute(insert(m.people).values(row)))
    person = queries.people(desk.db)[person_id]
    if first:
        desk.actor = person
    council.enter(desk, "person_added", detail={"person": handle, "name": values["name"]})
    return person


def _give_if_lacking(desk: Desk, person: Person, role: Role, new: NewPerson) -> None:
    rows = _rows(desk, m.role_grants, role, m.role_grants.c.person_id == person.id)
    if not _lasting(rows, desk.on):
        # Without a date the role counts from always, so that cases entered late find it in force.
        days = new.since or (desk.on if rows else date.min), None
        reasons = _against_days(rows, days, f"{person.name} holds {role} already in that time.")
        if reasons:
            raise Refused("The roles were not given.", reasons=reasons)
        _give(desk, person, role, rows, days, new.authority)


def handle_for(name: str) -> str:
    """Make a short name of a person's name: José O'Neill becomes jose.oneill."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return ".".join(re.findall(r"[a-z0-9]+", re.sub("['’]", "", plain.casefold())))[:60]


def problems_with_person(values: dict[str, str], handle: str) -> list[str]:
    """List what is wrong with a person's particulars and short name."""
    found = problems_of({k: v for k, v in values.items() if k != "login"})
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", handle, re.ASCII):
        found.append(f"{handle!r} is no short name; give one with --handle")
    elif handle.isdigit() or handle.split("-", maxsplit=1)[0] == "erased":
        confused = "a number" if handle.isdigit() else "somebody who was erased"
        found.append(f"{handle!r} would be taken for {confused}; give another with --handle")
    if _ERASED.match(values["name"]):
        found.append(f"{values['name'][:80]!r} would be taken for somebody who was erased")
    login = values.get("login", "")
    if login and not _LOGIN.fullmatch(login):
        found.append(f"{login[:80]!r} is no login name")
    return found


# As erasing names whoever was on the staff list.
_ERASED = re.compile(r"\s*erased\s+person\b", re.IGNORECASE)
# What PostgreSQL and operating systems take as a name, with a domain before it or after it.
_LOGIN = re.compile(r"[\w.@\\-]{1,63}")


def end_login(desk: Desk, person_typed: str) -> Person:
    """Say that a person no longer logs in, as when they leave."""
    person = queries.person(desk.db, person_typed)
    council.check_right(desk, "grant_role", "The login was not ended")
    if not person.login:
        raise Refused("Nothing was changed.", reasons=[f"{person.name} has no login."])
    desk.db.execute(update(m.people).where(m.people.c.id == person.id).values(login=None))
    detail = {"person": person.handle, "before": person.login}
    council.enter(desk, "login_ended", detail=detail)
    return queries.people(desk.db)[person.id]


def set_login(desk: Desk, person_typed: str, login: str) -> Person:
    """Say under which name a person logs in, so that what they sign counts as signed by them."""
    person, chosen = queries.person(desk.db, person_typed), clean("login", login)
    council.check_right(desk, "grant_role", "The login was not recorded")
    if not _LOGIN.fullmatch(chosen):
        raise BadInput(f"{chosen[:80]!r} is no login name.")
    _check_login_is_free(desk, chosen, person.id)
    desk.db.execute(update(m.people).where(m.people.c.id == person.id).values(login=chosen))
    detail = {"person": person.handle, "login": chosen, "before": person.login}
    council.enter(desk, "login_recorded", detail=detail)
    return queries.people(desk.db)[person.id]


def _check_login_is_free(desk: Desk, login: str, person_id: int) -> None:
    for other in queries.people(desk.db).values():
        if other.login == login and other.id != person_id:
            raise Refused("The login was not recorded.", reasons=[f"{other.name} has it already."])


# --- roles ----------------------------------------------------------------------------------------


def grant(
    desk: Desk, person_typed: str, role: Role, authority: str,
    since: date | None = None, until: date | None = None,
) -> Person:  # fmt: skip
    """Give a person a role from a day, and until a day where one is named, on an authority."""
    person = queries.person(desk.db, person_typed)
    _check_authority(authority)
    days = since or desk.on, until
    rows = _rows(desk, m.role_grants, role, m.role_grants.c.person_id == person.id)
    already = f"{person.name} holds it already in that time."
    reasons = _against_change(desk, person) + _against_days(rows, days, already)
    if reasons:
        raise Refused(f"{person.name} was not given the role {role}.", reasons=reasons)
    _give(desk, person, role, rows, days, authority)
    return queries.people(desk.db)[person.id]


def revoke(desk: Desk, person_typed: str, role: Role, authority: str) -> tuple[str, ...]:
    """Take a role away from today on, and from those who hold it as this person's deputies.

    Gives the names of all who lose it. Raises ``Refused`` where nobody could give roles afterwards.
    """
    person = queries.person(desk.db, person_typed)
    _check_authority(authority)
    grants, stand_ins = m.role_grants, m.deputies
    own = _lasting(_rows(desk, grants, role, grants.c.person_id == person.id), desk.on)
    reasons = _against_change(desk, person, bootstrap=False)
    if not own:
        reasons.append(f"{person.name} does not hold it.")
    if role.name == ADMINISTRATOR and not lasting_administrators(desk, without=person.id):
        reasons.append("Nobody else is an administrator to stay; name another one first.")
    if reasons:
        raise Refused(f"The role {role} of {person.name} was not ended.", reasons=reasons)
    principal = stand_ins.c.principal_id == person.id
    deputies = _lasting(_rows(desk, stand_ins, role, principal), desk.on)
    _end(desk, grants, own, authority)
    _end(desk, stand_ins, deputies, authority)
    everyone = queries.people(desk.db)
    names = (person.name, *(everyone[row.person_id].name for row in deputies))
    detail = {"person": person.handle, "role": str(role), "all": names, "authority": authority}
    council.enter(desk, "role_ended", detail=detail)
    return names


# --- deputies -------------------------------------------------------------------------------------


def deputise(
    desk: Desk, deputy_typed: str, principal_typed: str, role: Role, authority: str,
    until: date, since: date | None = None,
) -> Person:  # fmt: skip
    """Let one person stand in for another in a role, or in a place on cases, until a day.

    An administrator may name a deputy, and so may the person who is stood in for.
    """
    deputy, principal = (queries.person(desk.db, t) for t in (deputy_typed, principal_typed))
    begins = since or desk.on
    _check_authority(authority)
    rows = _stand_ins(desk, deputy, principal, role)
    already = f"{deputy.name} deputises for {principal.name} already in that time."
    reasons = _against_deputy(desk, deputy, principal, role, begins)
    reasons += _against_days(rows, (begins, until), already)
    if reasons:
        raise Refused(f"{deputy.name} was not named as deputy.", reasons=reasons)
    row = {
        "person_id": deputy.id, "principal_id": principal.id, "role": role.name,
        "department": role.department, "valid_from": begins, "valid_to": until,
        "authority": authority, "granted_by_id": desk.actor.id, "granted_at": desk.now,
    }  # fmt: skip
    _put(desk, m.deputies, rows, row)
    detail = {
        "deputy": deputy.handle, "for": principal.handle, "role": str(role), "from": begins,
        "until": until, "authority": authority,
    }  # fmt: skip
    council.enter(desk, "deputy_named", detail=detail)
    return queries.people(desk.db)[deputy.id]


def end_deputy(
    desk: Desk, deputy_typed: str, principal_typed: str, role: Role, authority: str
) -> None:
    """End a deputy's time from today on."""
    deputy, principal = (queries.person(desk.db, t) for t in (deputy_typed, principal_typed))
    _check_authority(authority)
    found = _lasting(_stand_ins(desk, deputy, principal, role), desk.on)
    reasons = [] if desk.actor.id == principal.id else _against_change(desk, deputy)
    if not found:
        reasons.append(f"{deputy.name} does not deputise for {principal.name} as {role}.")
    if reasons:
        raise Refused("Nothing was changed.", reasons=reasons)
    _end(desk, m.deputies, found, authority)
    detail = {"deputy": deputy.handle, "for": principal.handle, "role": str(role),
              "authority": authority}  # fmt: skip
    council.enter(desk, "deputy_ended", detail=detail)


def _against_deputy(
    desk: Desk, deputy: Person, principal: Person, role: Role, begins: date
) -> list[str]:
    reasons = []
    if desk.actor.id != principal.id or not principal.here_on(desk.today):
        reasons = _against_change(desk, deputy)
    if deputy.id == principal.id:
        reasons.append("Nobody deputises for themselves.")
    if not deputy.here_on(begins):
        reasons.append(f"{deputy.name} has left.")
    own = _rows(desk, m.role_grants, role, m.role_grants.c.person_id == principal.id)
    if role.name not in CASE_ROLES and not any(
        r.valid_from <= begins for r in _lasting(own, begins)
    ):
        reasons.append(f"{principal.name} does not hold the role {role} on {show(begins)}.")
    return reasons


# --- what they share ------------------------------------------------------------------------------


def lasting_administrators(desk: Desk, without: int) -> list[Person]:
    """Give the other administrators of their own right whose role has no last day."""
    return [
        person for person in queries.people(desk.db).values()
        if person.id != without and person.left_on is None and any(
            g.role == ADMINISTRATOR and g.deputy_for is None and g.valid_to == date.max
            and g.valid_from <= desk.today
            for g in person.grants
        )
    ]  # fmt: skip


def _had_an_administrator(desk: Desk) -> bool:
    """Tell whether anybody was ever an administrator, in force or not."""
    t = m.role_grants
    found = desk.db.execute(select(t.c.id).where(t.c.role == ADMINISTRATOR).limit(1))
    return found.first() is not None


def _against_change(desk: Desk, affected: Person | None, *, bootstrap: bool = True) -> list[str]:
    """Say why the acting person may not change somebody's roles.

    As long as nobody ever was an administrator, whoever keeps the people may name the first one.
    """
    if bootstrap and not _had_an_administrator(desk):
        missing = council.permission(desk, "keep_people")
        return [str(missing)] if missing else []
    missing = council.permission(desk, "grant_role")
    reasons = [str(missing)] if missing else []
    if affected is not None and affected.id == desk.actor.id:
        reasons.append("Nobody gives or takes their own roles; another administrator can.")
    return reasons


def _check_authority(authority: str) -> None:
    if not authority.strip():
        raise BadInput(
            "The authority is missing.",
            remedies=['name the decision it rests on: --authority "Scheme of delegation 3.2"'],
        )


def _wanted(desk: Desk, new: NewPerson, route: Workflow) -> tuple[list[Role], list[str]]:
    names = dict.fromkeys(new.roles)
    wanted = [Role(name) for name in names if name != "signatory"]
    wrong = []
    if "signatory" in names:
        wanted += [Role("signatory", department) for department in dict.fromkeys(new.departments)]
        if not new.departments:
            wrong.append("a signatory needs a department; give --department")
    elif new.departments:
        wrong.append("a department goes with the role signatory; add --role signatory")
    return wanted, wrong + [problem for role in wanted for problem in _wrong(desk, role, route)]


def role_typed(desk: Desk, name: str, department: str, route: Workflow, *, seats: bool) -> Role:
    """Read a role as it was typed; ``seats`` are the places on a case, which deputies may have."""
    role = Role(name.strip(), department.strip())
    wrong = [] if seats and name in CASE_ROLES else _wrong(desk, role, route)
    if role.name == "signatory" and not role.department:
        wrong.append("a signatory needs a department; give --department")
    if role.department and role.name != "signatory":
        wrong.append("a department goes with the role signatory only")
    if wrong:
        raise BadInput("There is no such role.", reasons=wrong)
    return role


def _wrong(desk: Desk, role: Role, route: Workflow) -> list[str]:
    if role.name in CASE_ROLES:
        return [f"{role.name} is a place on a case, not a role"]
    known = desk.council_rights.roles
    if role.name not in known:
        return [f"there is no role {role.name}; known: {', '.join(known)}"]
    if not role.department or role.department in route.departments:
        return []
    # Another route of the council may know it.
    departments = dict.fromkeys([*route.departments, *routes.departments(desk)])
    if role.department in departments:
        return []
    return [f"there is no department {role.department}; known: {', '.join(departments)}"]


# The first day and the last, where there is one.
Days = tuple[date, date | None]


def _against_days(rows: Sequence[Any], days: Days, already: str) -> list[str]:
    """Say why a role cannot be had on these days; ``already`` is said where one is in force then.

    ``rows`` are those by which it was ever given.
    """
    begins, until = days
    reasons = []
    if until is not None and until < begins:
        reasons.append(f"It would end on {show(until)}, before it begins on {show(begins)}.")
    if any(until is None or row.valid_from <= until for row in _lasting(rows, begins)):
        reasons.append(already)
    return reasons


def _put(desk: Desk, table: Table, rows: Sequence[Any], row: dict[str, Any]) -> None:
    """Write a role that is given.

    One that was ended on the day it began was in force on no day: it gives its place to the new
    one of the same day, and both, with its end, stay in the council journal.
    """
    void = next((old.id for old in rows if old.valid_from == row["valid_from"]), None)
    if void is None:
        desk.db.execute(insert(table).values(row))
        return
    fresh = {**row, "ended_by_id": None, "ended_at": None, "end_authority": ""}
    desk.db.execute(update(table).where(table.c.id == void).values(fresh))


def _rows(desk: Desk, table: Table, role: Role, which: ColumnElement[bool]) -> list[Any]:
    """Give the rows by which a role was ever given, to whom ``which`` says."""
    given = (table.c.role == role.name) & (table.c.department == role.department)
    return list(desk.db.execute(select(table).where(given, which).order_by(table.c.id)))


def _stand_ins(desk: Desk, deputy: Person, principal: Person, role: Role) -> list[Any]:
    t = m.deputies
    pair = (t.c.person_id == deputy.id) & (t.c.principal_id == principal.id)
    return _rows(desk, t, role, pair)


def _lasting(rows: Sequence[Any], on: date) -> list[Any]:
    """Give those that are in force on a day or later."""
    return [row for row in rows if row.valid_to is None or row.valid_to >= on]


def _give(
    desk: Desk, person: Person, role: Role, rows: Sequence[Any], days: Days, authority: str
) -> None:
    since, until = days
    row = {
        "person_id": person.id, "role": role.name, "department": role.department,
        "valid_from": since, "valid_to": until, "authority": authority,
        "granted_by_id": desk.actor.id, "granted_at": desk.now,
    }  # fmt: skip
    _put(desk, m.role_grants, rows, row)
    detail = {"person": person.handle, "role": str(role), "from": since, "until": until,
              "authority": authority}  # fmt: skip
    council.enter(desk, "role_granted", detail=detail)


def _end(desk: Desk, table: Table, rows: Sequence[Any], authority: str) -> None:
    last = {"valid_to": desk.on - timedelta(days=1), "ended_by_id": desk.actor.id,
            "ended_at": desk.now, "end_authority": authority}  # fmt: skip
    ids = [row.id for row in rows]
    desk.db.execute(update(table).where(table.c.id.in_(ids)).values(last))
