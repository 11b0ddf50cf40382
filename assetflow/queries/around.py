"""Cases around a case: its parts, what it continues, and others on its asset."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, select

from assetflow import models as m
from assetflow.queries.routes import workflows
from assetflow.queries.rows import ASSET, Asset, fact_of, in_parts
from assetflow.snapshot import Related
from assetflow.sql import Statement, among, numbers
from assetflow.workflow import Workflow

_RELATED = (
    select(
        *ASSET,
        m.cases.c.id,
        m.cases.c.reference,
        m.cases.c.parent_id,
        m.cases.c.asset_id,
        m.cases.c.stage,
        m.cases.c.closed_on,
        m.groups.c.name.label("group"),
        m.workflow_versions.c.name.label("route"),
        m.workflow_versions.c.sha256,
    )
    .join_from(m.cases, m.groups)
    .join(m.assets, m.assets.c.id == m.cases.c.asset_id)
    .join(m.workflow_versions)
    .order_by(m.cases.c.id)
)
_ID = bindparam("id", type_=Integer)
_BEFORE = select(m.cases.c.continues_id).where(m.cases.c.id == _ID).scalar_subquery()
_CONTINUED_BY = Statement(_RELATED.where(m.cases.c.continues_id == _ID))
_CONTINUES = Statement(_RELATED.where(m.cases.c.id == _BEFORE))
_PARTS_OF = Statement(_RELATED.where(m.cases.c.parent_id == _ID))
_ITSELF = Statement(_RELATED.where(m.cases.c.id == _ID))
_OTHERS_ON_ASSET = Statement(
    _RELATED.where(and_(m.cases.c.asset_id == bindparam("asset"), m.cases.c.id != _ID))
)
_PARENT_OF = Statement(select(m.cases.c.parent_id).where(m.cases.c.id == _ID))


def parent_of(db: Connection, case_id: int) -> int | None:
    """Give the case that a case is a part of, or None where it stands alone."""
    found = _PARENT_OF.first(db, id=case_id).parent_id
    return None if found is None else int(found)


def continued_by(db: Connection, case_id: int) -> list[tuple[int, Related]]:
    """Give the cases that went on from a case."""
    return _related(db, _CONTINUED_BY, id=case_id)


def continues(db: Connection, case_id: int) -> Related | None:
    """Give the case from which a case goes on, or None."""
    return next((found for _, found in _related(db, _CONTINUES, id=case_id)), None)


def parts_of(db: Connection, case_id: int) -> list[tuple[int, Related]]:
    """Give the parts of a case with their ids, in the order in which they were opened."""
    return _related(db, _PARTS_OF, id=case_id)


def related(db: Connection, case_id: int) -> Related:
    """Give one case as others see it."""
    return _related(db, _ITSELF, id=case_id)[0][1]


def others_on_asset(db: Connection, case_id: int, asset_id: int) -> list[Related]:
    """Give the other cases on an asset, open or ended."""
    return [found for _, found in _related(db, _OTHERS_ON_ASSET, id=case_id, asset=asset_id)]


def _related(db: Connection, asked: Statement, **which: int) -> list[tuple[int, Related]]:
    rows = asked.rows(db, **which)
    if not rows:
        return []
    routes = workflows(db, {row.sha256 for row in rows})
    values = _facts_of(db, {row.id: routes[row.sha256] for row in rows})
    return [(row.id, _as_related(row, routes[row.sha256], values[row.id])) for row in rows]


def _as_related(row: Any, route: Workflow, facts: dict[str, Any]) -> Related:
    stage = route.stages[row.stage]
    asset = Asset(*row[: len(ASSET)])
    return Related(
        row.reference, row.route, asset.label, row.group, row.stage, stage.label, stage.end or "",
        row.closed_on, stage.claims_asset, route, facts,
    )  # fmt: skip


def _facts_of(db: Connection, routes: Mapping[int, Workflow]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {case_id: {} for case_id in routes}
    for part, count in in_parts(list(routes)):
        for row in _facts_among(count).rows(db, **numbers(part, count)):
            found[row.case_id][row.name] = fact_of(routes[row.case_id], row)
    return found


@lru_cache
def _facts_among(count: int) -> Statement:
    f = m.facts
    query = select(f.c.case_id, f.c.name, f.c.value).where(among(f.c.case_id, count))
    return Statement(query.order_by(f.c.case_id, f.c.name))
