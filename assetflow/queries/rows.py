"""What the other modules of this package read into, and how they cut long lists of cases."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CursorResult, Row, func

from assetflow import facts as fact_values
from assetflow import models as m
from assetflow.snapshot import Snapshot
from assetflow.workflow import Workflow

AnyRow = Row[Any]


# What people have been told about a case, as kind and key.
Told = set[tuple[str, str]]
# SQLite allows 32,766 bound values; PostgreSQL more. One batch stays far below both.
BATCH = 500
# How many ids a compiled statement takes; where there are fewer, the last is named again.
SIZES = (1, 2, 10, 100, BATCH)


@dataclass(frozen=True, slots=True)
class Asset:
    """A building or piece of land of the council."""

    id: int
    unique_asset_id: str
    uprn: str
    name: str
    number: str
    street: str
    town: str
    postcode: str
    tenure: str
    holding: str

    @property
    def address(self) -> str:
        """Give the address on one line, without the name."""
        street = f"{self.number} {self.street}".strip()
        return ", ".join(part for part in (street, self.town, self.postcode) if part)

    @property
    def label(self) -> str:
        """Give what people call the asset: its name, else its address."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Group:
    """A community organisation that asks for an asset."""

    id: int
    name: str
    contact_name: str
    email: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case with its asset, group, route and snapshot, as a command reads it."""

    id: int
    version: int
    head: str
    stage_visit: int
    asset: Asset
    group: Group
    workflow: Workflow
    snapshot: Snapshot
    next_alert_on: date | None
    closed_on: date | None
    # The day of the newest record that moved it or handed on the ball; None before the first.
    moved_on: date | None

    @property
    def reference(self) -> str:
        """Give the case's reference, such as CAT-2026-0001."""
        return self.snapshot.reference


def new_id(result: CursorResult[Any]) -> int:
    """Give the id of the row that was just inserted."""
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - a single INSERT always has one
    return int(key[0])


# In the order of the fields of ``Asset`` and of ``Group``.
ASSET = (
    m.assets.c.id.label("asset_key"),
    func.coalesce(m.assets.c.unique_asset_id, "").label("unique_asset_id"),
    func.coalesce(m.assets.c.uprn, "").label("uprn"),
    *(
        m.assets.c[name].label(f"asset_{name}")
        for name in ("name", "number", "street", "town", "postcode", "tenure", "holding")
    ),
)
GROUP = (
    m.groups.c.id.label("group_key"),
    *(
        m.groups.c[name].label(f"group_{name}")
        for name in ("name", "contact_name", "email", "phone", "address")
    ),
)


def in_parts(ids: Sequence[int]) -> Iterator[tuple[Sequence[int], int]]:
    """Cut ids into parts, each with the size of a statement that is compiled for it."""
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        yield part, next(size for size in SIZES if size >= len(part))


def by_case(rows: Iterable[AnyRow]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def fact_of(workflow: Workflow, row: Any) -> Any:
    declared = workflow.facts.get(row.name)
    return fact_values.from_json(declared.type if declared else "text", row.value)
