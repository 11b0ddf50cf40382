"""The registers that cases draw on: assets, community groups and people."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, Refused
from assetflow.queries import Asset, Group
from assetflow.register import HEADINGS, AssetRow, read_register
from assetflow.snapshot import Person
from assetflow.workflow import CASE_ROLES, Workflow

Progress = Callable[[int, int], None]
CHUNK = 1_000
_FIELDS = (
    "organisation", "organisation_code", "name", "number", "street", "town", "postcode", "tenure",
    "tenure_detail", "holding",
)  # fmt: skip
_COORDINATES = ("easting", "northing", "latitude", "longitude")
# One address, nothing that could start a second header line or a second recipient.
_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[\w%+'-]{1,64}(\.[\w%+'-]{1,64}){0,8}"
    r"@[A-Za-z0-9][A-Za-z0-9-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){1,8}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of an asset register did, or would do."""

    added: int
    changed: int
    unchanged: int


# --- assets -------------------------------------------------------------------------------------


def import_assets(
    desk: Desk, rows: Sequence[AssetRow], progress: Progress | None = None, dry_run: bool = False
) -> Imported:
    """Add the assets of a register, and bring those already known up to date."""
    known = _known_assets(desk)
    fresh: list[dict[str, Any]] = []
    changes: list[tuple[int, dict[str, Any]]] = []
    for row in rows:
        values = _asset_values(row)
        found = _match(known, row)
        if found is None:
            fresh.append({**values, "recorded_at": desk.now})
        elif any(getattr(found, name) != value for name, value in values.items()):
            changes.append((found.id, values))
    if not dry_run:
        _write_assets(desk, fresh, changes, progress)
    return Imported(len(fresh), len(changes), len(rows) - len(fresh) - len(changes))


def add_asset(desk: Desk, row: AssetRow) -> Asset:
    """Add one asset that is not in the register yet."""
    if not row.unique_asset_id and not row.uprn:
        raise BadInput("An asset needs an identifier.", remedies=["give --id or --uprn"])
    if not row.name and not row.street:
        raise BadInput("An asset needs a name or a street.", remedies=["give --name or --street"])
    if _match(_known_assets(desk), row) is not None:
        label = row.unique_asset_id or row.uprn
        raise Refused(f"The asset {label} is in the register already.",
                      remedies=[f"see it: assetflow asset show {label}"])  # fmt: skip
    _write_assets(desk, [{**_asset_values(row), "recorded_at": desk.now}], [], None)
    return queries.asset(desk.db, row.unique_asset_id or row.uprn)


def asset_row(fields: Mapping[str, str]) -> AssetRow:
    """Read one asset typed by hand, by the same rules as a whole register."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([HEADINGS[name][0] for name in fields])
    writer.writerow(fields.values())
    return read_register("what was typed", text.getvalue().encode()).rows[0]


def _known_assets(desk: Desk) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for found in desk.db.execute(select(m.assets)):
        known.update({f"{n}:{v}": found for n, v in _keys(found) if v})
    return known


def _keys(thing: Any) -> tuple[tuple[str, str | None], ...]:
    return ("id", thing.unique_asset_id), ("uprn", thing.uprn)


def _match(known: dict[str, Any], row: AssetRow) -> Any:
    return next((known[k] for k in (f"{n}:{v}" for n, v in _keys(row) if v) if k in known), None)


def _asset_values(row: AssetRow) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    values["unique_asset_id"], values["uprn"] = row.unique_asset_id or None, row.uprn or None
    for name in _COORDINATES:
        found = getattr(row, name)
        values[name] = None if found is None else str(found)
    return values


def _write_assets(
    desk: Desk,
    fresh: Sequence[dict[str, Any]],
    changes: Sequence[tuple[int, dict[str, Any]]],
    progress: Progress | None,
) -> None:
    total = len(fresh) + len(changes)
    for start in range(0, len(fresh), CHUNK):
        desk.db.execute(insert(m.assets), list(fresh[start : start + CHUNK]))
        if progress:
            progress(min(start + CHUNK, len(fresh)), total)
    for number, (asset_id, values) in enumerate(changes, start=len(fresh) + 1):
        desk.db.execute(update(m.assets).where(m.assets.c.id == asset_id).values(values))
        if progress and number % CHUNK == 0:
            progress(number, total)


# --- groups -------------------------------------------------------------------------------------


def add_group(desk: Desk, name: str, **details: str) -> Group:
    """Add a community group: its name, contact, email, telephone and postal address."""
    values = {"name": _clean("name", name), **{k: _clean(k, v) for k, v in details.items()}}
    problems = _problems(values)
    if any(group.name.casefold() == values["name"].casefold() for group in queries.groups(desk.db)):
        problems.append(f"{values['name']} is known already; see: assetflow group list")
    if problems:
        raise BadInput("The group was not added.", reasons=problems)
    desk.db.execute(insert(m.groups).values(**values, recorded_at=desk.now))
    return queries.group(desk.db, values["name"])


# --- people -------------------------------------------------------------------------------------


def add_person(
    desk: Desk,
    name: str,
    roles: Sequence[str],
    departments: Sequence[str],
    route: Workflow,
    *,
    handle: str = "",
    since: date | None = None,
    **details: str,
) -> Person:
    """Add a person with the roles they hold, or give more roles to one who is known.

    ``departments`` are those for which the person holds the role ``signatory``.
    """
    values = {"name": _clean("name", name), **{k: _clean(k, v) for k, v in details.items()}}
    chosen = handle[:60] or handle_for(values["name"])
    problems = problems_with_person(values, chosen) + _role_problems(roles, departments, route)
    known = [p for p in queries.people(desk.db).values() if p.handle == chosen]
    if known and known[0].name != values["name"]:
        problems.append(
            f"{chosen} is the short name of {known[0].name}; give another with --handle"
        )
    if problems:
        raise BadInput("The person was not added.", reasons=problems)
    person_id = known[0].id if known else _insert_person(desk, chosen, values)
    # Without a date the role counts from always, so that cases entered late find it in force.
    _grant(desk, person_id, roles, departments, since or date.min)
    return queries.people(desk.db)[person_id]


def handle_for(name: str) -> str:
    """Make a short name of a person's name: José O'Neill becomes jose.oneill."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return ".".join(re.findall(r"[a-z0-9]+", re.sub("['’]", "", plain.casefold())))[:60]


def problems_with_person(values: dict[str, str], handle: str) -> list[str]:
    """List what is wrong with a person's particulars and short name."""
    found = _problems(values)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", handle, re.ASCII):
        found.append(f"{handle!r} is no short name; give one with --handle")
    return found


def _insert_person(desk: Desk, handle: str, values: dict[str, str]) -> int:
    result = desk.db.execute(insert(m.people).values(handle=handle, **values, recorded_at=desk.now))
    return queries.new_id(result)


def _grant(
    desk: Desk, person_id: int, roles: Sequence[str], departments: Sequence[str], since: date
) -> None:
    wanted = [(role, "") for role in dict.fromkeys(roles) if role != "signatory"]
    if "signatory" in roles:
        wanted += [("signatory", department) for department in dict.fromkeys(departments)]
    held = {(g.role, g.department or "") for g in queries.people(desk.db)[person_id].grants}
    for role, department in wanted:
        if (role, department) not in held:
            desk.db.execute(
                insert(m.role_grants).values(
                    person_id=person_id, role=role, department=department, valid_from=since
                )
            )


def _role_problems(roles: Sequence[str], departments: Sequence[str], route: Workflow) -> list[str]:
    found = [
        f"there is no role {role}; known: {', '.join(route.roles)}"
        for role in roles if role not in route.roles and role not in CASE_ROLES
    ]  # fmt: skip
    found += [f"{role} is a place on a case, not a role" for role in roles if role in CASE_ROLES]
    found += [
        f"there is no department {department}; known: {', '.join(route.departments)}"
        for department in departments if department not in route.departments
    ]  # fmt: skip
    if "signatory" in roles and not departments:
        found.append("a signatory needs a department; give --department")
    if departments and "signatory" not in roles:
        found.append("a department goes with the role signatory; add --role signatory")
    return found


def _clean(field: str, text: str) -> str:
    allowed = "\n" if field == "address" else ""
    if any((ord(c) < 32 or c in "\x7f\u2028\u2029") and c not in allowed for c in text):
        raise BadInput(f"The {field.replace('_', ' ')} contains control characters.")
    return text.strip()


def _problems(values: dict[str, str]) -> list[str]:
    found = [f"the {k.replace('_', ' ')} is too long" for k, v in values.items() if len(v) > 500]
    if not values["name"]:
        found.append("the name is empty")
    email = values.get("email", "")
    if email and not _EMAIL.fullmatch(email):
        found.append(f"{email[:80]!r} is not one email address")
    return found
