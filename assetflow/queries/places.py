"""The registers of assets and of community groups."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from assetflow import models as m
from assetflow.queries.finding import pick_one
from assetflow.queries.rows import ASSET, GROUP, Asset, Group

# No asset has a longer name; SQLite takes patterns up to 50,000 bytes.
LONGEST_SEARCH = 1_000


def assets(db: Connection, search: str = "") -> list[Asset]:
    """List assets by name, or those whose name, address or identifier contains the text."""
    table = m.assets
    query = select(*ASSET).order_by(table.c.name, table.c.street, table.c.number, table.c.id)
    if len(search) > LONGEST_SEARCH:
        return []
    if search:
        columns = (
            table.c.name,
            table.c.street,
            table.c.postcode,
            table.c.unique_asset_id,
            table.c.uprn,
        )
        query = query.where(or_(*(_contains(column, search) for column in columns)))
    return [Asset(*row) for row in db.execute(query)]


def asset(db: Connection, typed: str) -> Asset:
    """Find one asset by identifier, UPRN, name, address or a part of them."""
    table = m.assets
    exact = select(*ASSET).where(or_(table.c.unique_asset_id == typed, table.c.uprn == typed))
    found = db.execute(exact).all()
    if len(found) == 1:
        return Asset(*found[0])
    return pick_one(
        "asset", typed, assets(db), lambda a: (a.unique_asset_id, a.name, a.address),
        "assetflow asset list",
    )  # fmt: skip


def groups(db: Connection) -> list[Group]:
    """List the community groups by name."""
    rows = db.execute(select(*GROUP).order_by(m.groups.c.name))
    return [Group(*row) for row in rows]


def group(db: Connection, typed: str) -> Group:
    """Find one group by name or a part of it."""
    remedy = f'assetflow group add "{typed}" --contact NAME --email ADDRESS'
    return pick_one("group", typed, groups(db), lambda g: (g.name,), "assetflow group list", remedy)


def _contains(column: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    return func.lower(column).contains(typed.lower(), autoescape=True)
