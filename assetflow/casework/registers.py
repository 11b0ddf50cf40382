"""The registers that cases draw on: assets and community groups."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import council
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, Refused
from assetflow.queries import Asset, Group
from assetflow.register import HEADINGS, AssetRow, read_register

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
    council.check_right(desk, "keep_assets", "The register was not imported")
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
    done = Imported(len(fresh), len(changes), len(rows) - len(fresh) - len(changes))
    if not dry_run:
        _write_assets(desk, fresh, changes, progress)
        if fresh or changes:
            council.enter(desk, "assets_imported", detail=asdict(done))
    return done


def add_asset(desk: Desk, row: AssetRow) -> Asset:
    """Add one asset that is not in the register yet."""
    council.check_right(desk, "keep_assets", "The asset was not added")
    if not row.unique_asset_id and not row.uprn:
        raise BadInput("An asset needs an identifier.", remedies=["give --id or --uprn"])
    if not row.name and not row.street:
        raise BadInput("An asset needs a name or a street.", remedies=["give --name or --street"])
    if _match(_known_assets(desk), row) is not None:
        label = row.unique_asset_id or row.uprn
        raise Refused(f"The asset {label} is in the register already.",
                      remedies=[f"see it: assetflow asset show {label}"])  # fmt: skip
    _write_assets(desk, [{**_asset_values(row), "recorded_at": desk.now}], [], None)
    council.enter(desk, "asset_added", detail={"asset": row.unique_asset_id or row.uprn})
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
    council.check_right(desk, "keep_groups", "The group was not added")
    values = {"name": clean("name", name), **{k: clean(k, v) for k, v in details.items()}}
    problems = problems_of(values)
    if any(group.name.casefold() == values["name"].casefold() for group in queries.groups(desk.db)):
        problems.append(f"{values['name']} is known already; see: assetflow group list")
    if problems:
        raise BadInput("The group was not added.", reasons=problems)
    desk.db.execute(insert(m.groups).values(**values, recorded_at=desk.now))
    council.enter(desk, "group_added", detail={"group": values["name"]})
    return queries.group(desk.db, values["name"])


# --- particulars ----------------------------------------------------------------------------------


def clean(field: str, text: str) -> str:
    """Give a particular without blanks around it; refuse control characters."""
    allowed = "\n" if field == "address" else ""
    if any((ord(c) < 32 or c in "\x7f\u2028\u2029") and c not in allowed for c in text):
        raise BadInput(f"The {field.replace('_', ' ')} contains control characters.")
    return text.strip()


def check_address(email: str) -> None:
    """Refuse what is not one email address."""
    if not _EMAIL.fullmatch(email):
        raise BadInput(f"{email[:80]!r} is not one email address.")


def problems_of(values: Mapping[str, str]) -> list[str]:
    """List what is wrong with the particulars of a person or group."""
    found = [f"the {k.replace('_', ' ')} is too long" for k, v in values.items() if len(v) > 500]
    if not values["name"]:
        found.append("the name is empty")
    email = values.get("email", "")
    if email and not _EMAIL.fullmatch(email):
        found.append(f"{email[:80]!r} is not one email address")
    return found
