"""Stored versions of routes; each text is parsed once a process."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, select

from assetflow import models as m
from assetflow.queries.rows import AnyRow
from assetflow.sql import Statement
from assetflow.workflow import Workflow, from_canonical

# By the hash of their text, so that a text that is known is not even read.
_parsed: dict[str, Workflow] = {}
MOST_PARSED = 64


def workflows(db: Connection, hashes: Iterable[str]) -> dict[str, Workflow]:
    """Give stored route versions by the hash of their text; each is parsed once a process."""
    wanted = set(hashes)
    found = {sha: _parsed[sha] for sha in wanted if sha in _parsed}
    if len(found) < len(wanted):
        table = m.workflow_versions
        missing = sorted(wanted - found.keys())
        query = select(table.c.sha256, table.c.canonical).where(table.c.sha256.in_(missing))
        fresh = {row.sha256: from_canonical(row.canonical) for row in db.execute(query)}
        if len(_parsed) + len(fresh) > MOST_PARSED:
            _parsed.clear()
        _parsed.update(fresh)
        found |= fresh
    return found


def version_with(db: Connection, name: str, version: int) -> AnyRow | None:
    """Find a stored route version by name and number."""
    table = m.workflow_versions
    query = select(table).where(and_(table.c.name == name, table.c.version == version))
    return db.execute(query).one_or_none()


_NEWEST_VERSION = Statement(
    select(m.workflow_versions.c.sha256)
    .where(m.workflow_versions.c.name == bindparam("name"))
    .order_by(m.workflow_versions.c.version.desc())
    .limit(bindparam("one", 1))
)


def newest_version(db: Connection, name: str) -> Workflow | None:
    """Give the highest stored version of a route."""
    found = _NEWEST_VERSION.first(db, name=name)
    return workflows(db, [found.sha256])[found.sha256] if found else None


def declared_facts(db: Connection) -> dict[str, str]:
    """Give the types of the facts that the stored routes declare, by name."""
    return {fact.name: fact.type for route in _routes(db) for fact in route.facts.values()}


_ROUTES = Statement(select(m.workflow_versions.c.sha256).order_by(m.workflow_versions.c.version))


def declared_roles(db: Connection) -> dict[str, str]:
    """Give what the stored routes call their roles, the newest version last."""
    return {r: role.label for route in _routes(db) for r, role in route.roles.items()}


def _routes(db: Connection) -> list[Workflow]:
    """Give all stored route versions, the newest version last."""
    hashes = [row.sha256 for row in _ROUTES.rows(db)]
    stored = workflows(db, hashes)
    return [stored[sha] for sha in hashes]
