"""Every SELECT of assetflow: rows come in, plain dataclasses go out."""

import difflib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Integer,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)

from assetflow import facts as fact_values
from assetflow import models as m
from assetflow.chain import COUNCIL, GENESIS, Head, Link, Payload
from assetflow.errors import BadInput, NotFound
from assetflow.snapshot import Grant, Objection, Pause, Person, Related, Score, Signoff, Snapshot
from assetflow.sql import Statement, among, numbers, together
from assetflow.workflow import Workflow, from_canonical

AnyRow = Row[Any]
Found = TypeVar("Found")
# What people have been told about a case, as kind and key.
Told = set[tuple[str, str]]
# SQLite allows 32,766 bound values; PostgreSQL more. One batch stays far below both.
BATCH = 500
# How many ids a compiled statement takes; where there are fewer, the last is named again.
SIZES = (1, 2, 10, 100, BATCH)
# No asset has a longer name; SQLite takes patterns up to 50,000 bytes.
LONGEST_SEARCH = 1_000


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


# --- people -----------------------------------------------------------------------------------


class _Who:
    """What reads some people, with what they hold themselves and as deputies, in two statements."""

    def __init__(self, *where: ColumnElement[bool]) -> None:
        p, g, d = m.people, m.role_grants, m.deputies
        held = select(g.c.person_id, g.c.id, *(g.c[name] for name in _OF_GRANT), _NOBODY)
        lent = select(d.c.person_id, d.c.id, *(d.c[name] for name in _OF_GRANT), d.c.principal_id)
        self.asked = (
            Statement(select(*(p.c[name] for name in _OF_PERSON)).where(*where).order_by(p.c.name)),
            Statement(
                union_all(
                    held.join_from(p, g, g.c.person_id == p.c.id).where(*where),
                    lent.join_from(p, d, d.c.person_id == p.c.id).where(*where),
                )
            ),
        )

    def read(self, db: Connection, **values: Any) -> dict[int, Person]:
        """Give the people by id."""
        return _persons(*together(db, *((each, values) for each in self.asked)))


def _persons(rows: Iterable[AnyRow], held: Iterable[AnyRow]) -> dict[int, Person]:
    grants: dict[int, list[Grant]] = defaultdict(list)
    # What they hold themselves comes first; each in the order in which it was given.
    for row in sorted(held, key=lambda row: (row.principal_id is not None, row.id)):
        grants[row.person_id].append(_grant(row))
    return {row.id: _person(row, tuple(grants[row.id])) for row in rows}


_NOBODY = cast(null(), Integer).label("principal_id")
_OF_PERSON = ("id", "handle", "name", "job_title", "phone", "email", "left_on", "login")
_OF_GRANT = ("role", "department", "valid_from", "valid_to", "authority")
_EVERYBODY = _Who()
_BY_HANDLE = _Who(m.people.c.handle == bindparam("handle"))


def people(db: Connection) -> dict[int, Person]:
    """Give all people with their grants, by id."""
    return _EVERYBODY.read(db)


def _person(row: AnyRow, grants: tuple[Grant, ...]) -> Person:
    return Person(
        row.id, row.handle, row.name, row.job_title, row.phone, row.email, row.left_on, row.login,
        grants,
    )  # fmt: skip


def _grant(row: AnyRow) -> Grant:
    department, until = row.department or None, row.valid_to or date.max
    return Grant(row.role, department, row.valid_from, until, row.authority, row.principal_id)


def person(db: Connection, typed: str) -> Person:
    """Find one person by handle, name or a part of the name."""
    exact = _BY_HANDLE.read(db, handle=typed.strip().casefold())
    if exact:
        return next(iter(exact.values()))
    everyone = list(people(db).values())
    return _one("person", typed, everyone, lambda p: (p.handle, p.name), "assetflow person list")


def with_role(
    everyone: Iterable[Person], role: str, on: date, department: str | None = None
) -> list[Person]:
    """Give those who hold a role on a day."""
    return [p for p in everyone if p.holds(role, on, department)]


# --- assets and groups ------------------------------------------------------------------------


# In the order of the fields of ``Asset`` and of ``Group``.
_ASSET = (
    m.assets.c.id.label("asset_key"),
    func.coalesce(m.assets.c.unique_asset_id, "").label("unique_asset_id"),
    func.coalesce(m.assets.c.uprn, "").label("uprn"),
    *(
        m.assets.c[name].label(f"asset_{name}")
        for name in ("name", "number", "street", "town", "postcode", "tenure", "holding")
    ),
)
_GROUP = (
    m.groups.c.id.label("group_key"),
    *(
        m.groups.c[name].label(f"group_{name}")
        for name in ("name", "contact_name", "email", "phone", "address")
    ),
)


def assets(db: Connection, search: str = "") -> list[Asset]:
    """List assets by name, or those whose name, address or identifier contains the text."""
    table = m.assets
    query = select(*_ASSET).order_by(table.c.name, table.c.street, table.c.number, table.c.id)
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
    exact = select(*_ASSET).where(or_(table.c.unique_asset_id == typed, table.c.uprn == typed))
    found = db.execute(exact).all()
    if len(found) == 1:
        return Asset(*found[0])
    return _one(
        "asset", typed, assets(db), lambda a: (a.unique_asset_id, a.name, a.address),
        "assetflow asset list",
    )  # fmt: skip


def groups(db: Connection) -> list[Group]:
    """List the community groups by name."""
    rows = db.execute(select(*_GROUP).order_by(m.groups.c.name))
    return [Group(*row) for row in rows]


def group(db: Connection, typed: str) -> Group:
    """Find one group by name or a part of it."""
    remedy = f'assetflow group add "{typed}" --contact NAME --email ADDRESS'
    return _one("group", typed, groups(db), lambda g: (g.name,), "assetflow group list", remedy)


def _contains(column: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    return func.lower(column).contains(typed.lower(), autoescape=True)


def _one(
    kind: str,
    typed: str,
    candidates: Sequence[Found],
    names: Callable[[Found], tuple[str, ...]],
    listing: str,
    remedy: str = "",
) -> Found:
    """Pick the one candidate a person means: exactly, else by a part that fits only one."""
    wanted = typed.strip().casefold()
    exact = [c for c in candidates if wanted in {name.casefold() for name in names(c) if name}]
    words = [c for c in candidates if wanted and any(_begins(n, wanted) for n in names(c))]
    partial = [c for c in candidates if wanted and any(wanted in n.casefold() for n in names(c))]
    found = exact or words or partial
    if len(found) == 1:
        return found[0]
    if found:
        fitting = "; ".join(sorted(" ".join(n for n in names(c)[:2] if n) for c in found)[:10])
        raise BadInput(
            f"{typed!r} fits {len(found)} of our {_plural(kind)}.",
            reasons=[f"it could be: {fitting}"], remedies=["type more of it, or its identifier"],
        )  # fmt: skip
    known = [name for c in candidates for name in names(c) if name]
    close = difflib.get_close_matches(typed, known, n=3, cutoff=0.6)
    reasons = [f"did you mean {' or '.join(close)}?"] if close else []
    raise NotFound(
        f"There is no {kind} {typed!r}.", reasons=reasons,
        remedies=[r for r in (f"see them: {listing}", remedy) if r],
    )  # fmt: skip


def _begins(name: str, wanted: str) -> bool:
    """Tell whether a word of a name begins with what was typed."""
    return f" {name.casefold()}".replace(".", " ").find(f" {wanted}") >= 0


def _plural(kind: str) -> str:
    return {"person": "people"}.get(kind, f"{kind}s")


# --- workflow versions ------------------------------------------------------------------------

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


def open_references(db: Connection, which: ColumnElement[bool]) -> tuple[str, ...]:
    """Give the references of the open cases of which something holds, in their order."""
    t = m.cases
    query = select(t.c.reference).where(and_(which, t.c.closed_on.is_(None))).order_by(t.c.id)
    return tuple(db.execute(query).scalars())


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


# --- cases ------------------------------------------------------------------------------------


_BY_REFERENCE = Statement(
    select(m.cases.c.id).where(m.cases.c.reference.in_([bindparam("typed"), bindparam("upper")]))
)
_SERIES = Statement(select(m.counters.c.name))


def case_id(db: Connection, typed: str) -> int:
    """Find one case by its reference, in any case, or by the number at its end."""
    wanted = typed.strip()
    found = _BY_REFERENCE.rows(db, typed=wanted, upper=wanted.upper())
    if len(found) == 1:
        return int(found[0].id)
    likely = _by_number(db, wanted) if wanted.isascii() and wanted.isdigit() else []
    return likely[0] if len(likely) == 1 else _among_all_cases(db, typed)


def _by_number(db: Connection, digits: str) -> list[int]:
    """Give the cases whose reference ends with a number: at most one of each series and year."""
    number = digits.lstrip("0").rjust(4, "0")
    likely = [f"{row.name}{number}" for row in _SERIES.rows(db) if row.name.endswith("-")]
    query = select(m.cases.c.id).where(m.cases.c.reference.in_(likely))
    return list(db.execute(query).scalars())


def _among_all_cases(db: Connection, typed: str) -> int:
    """Find a case among all references, or say which were likely meant."""
    table, wanted = m.cases, typed.strip().upper()
    rows = db.execute(select(table.c.id, table.c.reference)).all()
    exact = [row for row in rows if row.reference.upper() == wanted]
    number = wanted.lstrip("0") if wanted.isascii() and wanted.isdigit() else ""
    ending = [r for r in rows if number and r.reference.rsplit("-", 1)[1].lstrip("0") == number]
    found = exact or ending
    if len(found) == 1:
        return int(found[0].id)
    if found:
        several = ", ".join(sorted(row.reference for row in found))
        raise BadInput(f"{typed} fits several cases: {several}.", remedies=["type the reference"])
    close = difflib.get_close_matches(wanted, [row.reference for row in rows], n=3, cutoff=0.7)
    reasons = [f"did you mean {' or '.join(close)}?"] if close else []
    raise NotFound(
        f"There is no case {typed!r}.", reasons=reasons, remedies=["see them: assetflow case list"]
    )


def case(db: Connection, case_id: int) -> Case:
    """Read one case."""
    return load_cases(db, [case_id])[0]


def take_case(db: Connection, typed: str) -> tuple[Case, Told]:
    """Lock one case until the transaction ends, and read it with what was told about it.

    Typed as it is written, its reference is looked up, locked and read in one go.
    """
    found = _taken(db, _BY_EXACT_REFERENCE, {"typed": typed.strip()})
    if found is None:
        found = _taken(db, _BY_ID, numbers([case_id(db, typed)], 1))
    assert found is not None  # noqa: S101 - it has just been found
    return found


def _taken(db: Connection, reading: "_Reading", values: dict[str, Any]) -> tuple[Case, Told] | None:
    asked = ((each, values) for each in (*reading.about, reading.told))
    *about, told = together(db, *asked, lock=(reading.lock, values))
    return next(
        ((case, {(row.kind, row.key) for row in told}) for case in _cases(db, about).values()), None
    )


def open_case_ids(db: Connection) -> list[int]:
    """List the cases that have not ended."""
    table = m.cases
    query = select(table.c.id).where(table.c.closed_on.is_(None)).order_by(table.c.id)
    return list(db.execute(query).scalars())


def all_case_ids(db: Connection) -> list[int]:
    """List every case."""
    return list(db.execute(select(m.cases.c.id).order_by(m.cases.c.id)).scalars())


_DUE = Statement(select(m.cases.c.id).where(m.cases.c.next_alert_on <= bindparam("on")))


def ids_with_alert(db: Connection, on: date, after: int = 0) -> list[int]:
    """List the cases on which something new can fall due by a day; only those ``after`` an id.

    They are put in order here: asked for an order, SQLite reads all cases and not the index.
    """
    return sorted(row.id for row in _DUE.rows(db, on=on) if row.id > after)


_DESTROYED_ON = Statement(select(m.cases.c.destroyed_on).where(m.cases.c.id == bindparam("id")))


def destroyed_on(db: Connection, case_id: int) -> date | None:
    """Give when a case was destroyed under the retention schedule, or None."""
    found: date | None = _DESTROYED_ON.first(db, id=case_id).destroyed_on
    return found


def next_alert(db: Connection) -> date | None:
    """Give the first day on which anything new can fall due."""
    return db.execute(select(func.min(m.cases.c.next_alert_on))).scalar_one_or_none()


def case_ids_on(db: Connection, asset_id: int) -> list[int]:
    """List the cases on an asset, open or ended."""
    table = m.cases
    query = select(table.c.id).where(table.c.asset_id == asset_id).order_by(table.c.id)
    return list(db.execute(query).scalars())


def load_cases(db: Connection, ids: Sequence[int]) -> list[Case]:
    """Read cases in a fixed number of statements per batch, in the order of ``ids``."""
    loaded: dict[int, Case] = {}
    for part, count in _parts(ids):
        values = numbers(part, count)
        loaded |= _cases(db, together(db, *((each, values) for each in _among(count).about)))
    return [loaded[case_id] for case_id in ids]


def _parts(ids: Sequence[int]) -> Iterator[tuple[Sequence[int], int]]:
    """Cut ids into parts, each with the size of a statement that is compiled for it."""
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        yield part, next(size for size in SIZES if size >= len(part))


def _cases(db: Connection, about: Sequence[list[AnyRow]]) -> dict[int, Case]:
    """Make cases of the rows that a ``_Reading`` has asked for."""
    rows, recorded, asked, sent, *people = about
    routes = workflows(db, {row.sha256 for row in rows})
    known = _persons(*people)
    facts, signoffs, letters = _by_case(recorded), _by_case(asked), _by_case(sent)
    found = {}
    for row in rows:
        workflow = routes[row.sha256]
        snapshot = Snapshot(
            reference=row.reference,
            stage=row.stage,
            stage_since=row.stage_since,
            received_on=row.received_on,
            waiting_on=row.waiting_on,
            waiting_since=row.waiting_since,
            officer=known[row.officer_id],
            champion=known[row.champion_id] if row.champion_id else None,
            champion_since=row.champion_since,
            written_to_group_on=row.written_to_group_on,
            facts={fact.name: _fact(workflow, fact) for fact in facts[row.id]},
            signoffs=tuple(map(_signoff, _newest(signoffs[row.id], row.stage_visit))),
            letters_sent={letter.name: letter.dated for letter in letters[row.id]},
            pauses=tuple(Pause(*one) for one in row.pauses),
            progress_on=row.progress_on or row.stage_since,
            recorded_on={fact.name: fact.happened_on for fact in facts[row.id]},
        )
        found[row.id] = Case(
            id=row.id,
            version=row.version,
            head=row.head,
            stage_visit=row.stage_visit,
            asset=Asset(*row[_ASSET_AT]),
            group=Group(*row[_GROUP_AT]),
            workflow=workflow,
            snapshot=snapshot,
            next_alert_on=row.next_alert_on,
            closed_on=row.closed_on,
            moved_on=row.moved_on,
        )
    return found


MOVES = ("opened", "advanced")
# No move is recorded as of a day before the one before it: the newest is the latest.
_MOVED_ON = (
    select(m.journal.c.happened_on)
    .where(m.journal.c.case_id == m.cases.c.id)
    .where(m.journal.c.action.in_([bindparam(move, move) for move in MOVES]))
    .order_by(m.journal.c.position.desc())
    .limit(bindparam("one", 1))
    .scalar_subquery()
    .label("moved_on")
)
_CASE = tuple(column for column in m.cases.c if column.name != "recorded_at")
_ASSET_AT = slice(len(_CASE), len(_CASE) + len(_ASSET))
_GROUP_AT = slice(_ASSET_AT.stop, _ASSET_AT.stop + len(_GROUP))


class _Reading:
    """What reads some cases: themselves, facts, sign-offs, letters sent, and who answers for them.

    ``which`` says of a column with the id of a case whether it is one of those.
    """

    def __init__(self, which: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> None:
        c, f, t, r = m.cases, m.facts, m.letters, m.reminders
        cases = (
            select(*_CASE, *_ASSET, *_GROUP, m.workflow_versions.c.sha256, _MOVED_ON)
            .join_from(c, m.assets)
            .join(m.groups, m.groups.c.id == c.c.group_id)
            .join(m.workflow_versions, m.workflow_versions.c.id == c.c.workflow_version_id)
            .where(which(c.c.id))
        )
        about = (f.c.case_id, f.c.name, f.c.value, f.c.happened_on)
        facts = select(*about).where(which(f.c.case_id))
        facts = facts.order_by(f.c.case_id, f.c.name)
        letters = (
            select(t.c.case_id, t.c.name, func.max(t.c.dated).label("dated"))
            .where(and_(which(t.c.case_id), t.c.recipient_kind == "group"))
            .group_by(t.c.case_id, t.c.name)
        )
        places = (select(place).where(which(c.c.id)) for place in (c.c.officer_id, c.c.champion_id))
        people = _Who(m.people.c.id.in_(union_all(*places)))
        own = (cases, facts, _SIGNOFFS.where(which(m.signoffs.c.case_id)), letters)
        self.about = (*map(Statement, own), *people.asked)
        self.told = Statement(select(r.c.case_id, r.c.kind, r.c.key).where(which(r.c.case_id)))
        self.lock = Statement(select(c.c.id).where(which(c.c.id)).with_for_update())


@lru_cache
def _among(count: int) -> _Reading:
    return _Reading(lambda column: among(column, count))


_EXACT = select(m.cases.c.id).where(m.cases.c.reference == bindparam("typed")).scalar_subquery()


def _newest(asked: Iterable[AnyRow], visit: int) -> Iterable[AnyRow]:
    """Give the requests of this visit; of those to one department for one step the newest."""
    found = {(one.trigger, one.department): one for one in asked if one.stage_visit == visit}
    return found.values()


def _by_case(rows: Iterable[AnyRow]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _fact(workflow: Workflow, row: Any) -> Any:
    declared = workflow.facts.get(row.name)
    return fact_values.from_json(declared.type if declared else "text", row.value)


_SIGNATORY, _RAISED_BY = m.people.alias("signatory"), m.people.alias("raised_by")
# Each sign-off with its open objection, of which there is at most one.
_SIGNOFFS = (
    select(
        m.signoffs.c.id,
        m.signoffs.c.case_id,
        m.signoffs.c.stage_visit,
        m.signoffs.c.trigger,
        m.signoffs.c.department,
        m.signoffs.c.requested_on,
        m.signoffs.c.due_on,
        m.signoffs.c.decision,
        m.signoffs.c.decided_on,
        m.signoffs.c.conditions,
        m.signoffs.c.round,
        m.signoffs.c.statement,
        m.signoffs.c.statement_sha256,
        m.signoffs.c.method,
        m.signoffs.c.evidence,
        _SIGNATORY.c.name.label("signatory"),
        m.objections.c.id.label("objection_id"),
        m.objections.c.category,
        m.objections.c.blocks,
        m.objections.c.reason,
        m.objections.c.way_forward,
        m.objections.c.authority,
        m.objections.c.raised_on,
        _RAISED_BY.c.name.label("raised_by"),
    )
    .join_from(m.signoffs, _SIGNATORY, _SIGNATORY.c.id == m.signoffs.c.signatory_id, isouter=True)
    .join(
        m.objections,
        and_(m.objections.c.signoff_id == m.signoffs.c.id, m.objections.c.resolved_on.is_(None)),
        isouter=True,
    )
    .join(_RAISED_BY, _RAISED_BY.c.id == m.objections.c.raised_by_id, isouter=True)
    .order_by(m.signoffs.c.id)
)
_BY_ID, _BY_EXACT_REFERENCE = _among(1), _Reading(lambda column: column == _EXACT)


def _signoff(row: AnyRow) -> Signoff:
    return Signoff(
        id=row.id,
        trigger=row.trigger,
        department=row.department,
        requested_on=row.requested_on,
        due_on=row.due_on,
        decision=row.decision,
        decided_on=row.decided_on,
        signatory=row.signatory or "",
        conditions=row.conditions,
        objection=_objection(row) if row.objection_id is not None else None,
        round=row.round,
        statement=row.statement,
        statement_sha256=row.statement_sha256,
        method=row.method or "",
        evidence=row.evidence,
    )


def requests(db: Connection, case_id: int, department: str = "") -> list[tuple[int, Signoff]]:
    """List every request on a case, or those to a department, each with its visit of the stage."""
    s = m.signoffs
    query = _SIGNOFFS.where(s.c.case_id == case_id)
    query = query.where(s.c.department == department) if department else query
    rows: list[AnyRow] = list(db.execute(query))
    return [(row.stage_visit, _signoff(row)) for row in rows]


def _objection(row: AnyRow) -> Objection:
    return Objection(
        row.objection_id, row.category, bool(row.blocks), row.reason, row.way_forward,
        row.authority, row.raised_on, row.raised_by,
    )  # fmt: skip


_RELATED = (
    select(
        *_ASSET,
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
    asset = Asset(*row[: len(_ASSET)])
    return Related(
        row.reference, row.route, asset.label, row.group, row.stage, stage.label, stage.end or "",
        row.closed_on, stage.claims_asset, route, facts,
    )  # fmt: skip


def _facts_of(db: Connection, routes: Mapping[int, Workflow]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {case_id: {} for case_id in routes}
    for part, count in _parts(list(routes)):
        for row in _facts_among(count).rows(db, **numbers(part, count)):
            found[row.case_id][row.name] = _fact(routes[row.case_id], row)
    return found


@lru_cache
def _facts_among(count: int) -> Statement:
    f = m.facts
    query = select(f.c.case_id, f.c.name, f.c.value).where(among(f.c.case_id, count))
    return Statement(query.order_by(f.c.case_id, f.c.name))


_SCORES = Statement(
    select(
        m.scores.c.criterion,
        m.people.c.name,
        m.scores.c.moderated,
        m.scores.c.score,
        m.scores.c.reason,
    )
    .join_from(m.scores, m.people, m.people.c.id == m.scores.c.scorer_id)
    .where(m.scores.c.case_id == _ID)
    .order_by(m.scores.c.id)
)
_INTERESTED = (
    select(m.people.c.name)
    .join_from(m.interests, m.people, m.people.c.id == m.interests.c.person_id)
    .where(m.interests.c.case_id == _ID)
)
_DECLARED = Statement(_INTERESTED)
_ASIDE = Statement(_INTERESTED.where(m.interests.c.steps_aside == 1))


def scores(db: Connection, case_id: int) -> list[Score]:
    """Give the scores of a case, in the order in which they were given."""
    return [
        Score(row.criterion, row.name, bool(row.moderated), row.score, row.reason)
        for row in _SCORES.rows(db, id=case_id)
    ]


def aside(db: Connection, case_id: int) -> frozenset[str]:
    """Name those who have declared an interest in a case and take no part in scoring it."""
    return frozenset(row.name for row in _ASIDE.rows(db, id=case_id))


def declared(db: Connection, case_id: int) -> frozenset[str]:
    """Name those who have declared an interest in a case, or that they have none."""
    return frozenset(row.name for row in _DECLARED.rows(db, id=case_id))


def interests(db: Connection, ids: Sequence[int]) -> list[AnyRow]:
    """List what was declared on cases, in the order of the cases and of the declarations."""
    i, p, c = m.interests, m.people, m.cases
    query = select(i.c.statement, i.c.steps_aside, i.c.declared_on, p.c.name, c.c.reference)
    query = query.join_from(i, p, p.c.id == i.c.person_id).join(c, c.c.id == i.c.case_id)
    return list(db.execute(query.where(i.c.case_id.in_(ids)).order_by(c.c.id, i.c.id)))


def open_cases_on(db: Connection, asset_id: int) -> list[AnyRow]:
    """List the open cases on an asset: reference and group."""
    table = m.cases
    query = select(table.c.reference, table.c.group_id).where(
        and_(table.c.asset_id == asset_id, table.c.closed_on.is_(None))
    )
    return list(db.execute(query))


# --- journal, letters, reminders ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the journal, in the words of people."""

    position: int
    happened_on: date
    recorded_at: datetime
    actor: str
    action: str
    trigger: str | None
    from_stage: str | None
    to_stage: str | None
    why: str
    # None where the words were erased.
    detail: dict[str, Any] | None


def history(db: Connection, case_id: int) -> list[Entry]:
    """Give a case's journal in the order in which it was recorded."""
    j, p, words = m.journal, m.people, m.journal_payloads
    query = (
        select(j, p.c.name.label("actor"), words.c.text.label("words"))
        .join(p, p.c.id == j.c.actor_id)
        .outerjoin(words, and_(words.c.case_id == j.c.case_id, words.c.position == j.c.position))
        .where(j.c.case_id == case_id)
        .order_by(j.c.position)
    )
    return [_entry(row) for row in db.execute(query)]


def _entry(row: AnyRow) -> Entry:
    words: dict[str, Any] = json.loads(row.words) if row.words is not None else {}
    return Entry(
        row.position, row.happened_on, row.recorded_at, row.actor, row.action, row.trigger,
        row.from_stage, row.to_stage, words.get("why", ""), words.get("detail"),
    )  # fmt: skip


def instant_text(moment: datetime) -> str:
    """Give a moment as the chain writes it: UTC in ISO 8601."""
    return moment.astimezone(UTC).isoformat()


def chains(db: Connection) -> Iterator[tuple[str, list[Link], dict[int, Payload]]]:
    """Give every case's chain with its payloads one after the other, the council journal last."""
    for row in db.execute(select(m.cases.c.id, m.cases.c.reference).order_by(m.cases.c.reference)):
        links, payloads = chain_of(db, row.id, row.reference)
        yield row.reference, links, payloads
    links, payloads = council_chain(db)
    if links or council_head(db):
        yield COUNCIL, links, payloads


def _from(table: Table, *more: ColumnElement[bool]) -> Select[Any]:
    """Select the records of a journal, or their words, from a position on."""
    return select(table).where(table.c.position >= bindparam("begin"), *more)


_CHAIN = Statement(
    _from(m.journal, m.journal.c.case_id == bindparam("case")).order_by(m.journal.c.position)
)
_CHAIN_PAYLOADS = Statement(
    _from(m.journal_payloads, m.journal_payloads.c.case_id == bindparam("case"))
)
_COUNCIL_CHAIN = Statement(_from(m.council_journal).order_by(m.council_journal.c.position))
_COUNCIL_PAYLOADS = Statement(_from(m.council_payloads))


def chain_of(
    db: Connection, case_id: int, reference: str, begin: int = 1
) -> tuple[list[Link], dict[int, Payload]]:
    """Give one case's chain with its payloads, from a position on."""
    own = {"case": case_id, "begin": begin}
    links = [
        Link(
            reference, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, r.trigger, r.from_stage, r.to_stage, r.payload_digest,
            r.previous, r.hash,
        )
        for r in _CHAIN.rows(db, **own)
    ]  # fmt: skip
    found = _CHAIN_PAYLOADS.rows(db, **own)
    return links, {row.position: Payload(row.salt, row.text) for row in found}


def council_chain(db: Connection, begin: int = 1) -> tuple[list[Link], dict[int, Payload]]:
    """Give the chain of the council journal with its payloads, from a position on."""
    links = [
        Link(
            COUNCIL, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, None, None, None, r.payload_digest, r.previous, r.hash,
        )
        for r in _COUNCIL_CHAIN.rows(db, begin=begin)
    ]  # fmt: skip
    found = _COUNCIL_PAYLOADS.rows(db, begin=begin)
    return links, {row.position: Payload(row.salt, row.text) for row in found}


_NEWEST_OF_COUNCIL = Statement(
    select(m.council_journal.c.hash)
    .order_by(m.council_journal.c.position.desc())
    .limit(bindparam("one", 1))
)
_COUNTED_FOR_COUNCIL = Statement(select(m.counters.c.value).where(m.counters.c.name == COUNCIL))


def council_head(db: Connection) -> Head | None:
    """Give the newest record of the council journal; how many there must be stands apart."""
    newest, counted = _NEWEST_OF_COUNCIL.first(db), _COUNTED_FOR_COUNCIL.first(db)
    position = counted.value if counted else 0
    last = newest.hash if newest else GENESIS
    return Head(COUNCIL, position, last) if newest or position else None


def heads(db: Connection) -> list[Head]:
    """Give the newest record of every case, and of the council journal."""
    columns = (m.cases.c.reference, m.cases.c.version, m.cases.c.head)
    council = council_head(db)
    found = [Head(*row) for row in db.execute(select(*columns))]
    return found if council is None else [*found, council]


_NEWEST_ANCHOR = Statement(
    select(m.anchors).order_by(m.anchors.c.id.desc()).limit(bindparam("one", 1))
)


def newest_anchor(db: Connection) -> AnyRow | None:
    """Give the anchor that was taken last: its moment and root."""
    found: AnyRow | None = _NEWEST_ANCHOR.first(db)
    return found


def letters(db: Connection, case_id: int | None = None) -> list[AnyRow]:
    """List letters by number, of one case or of all, without their text."""
    t = m.letters
    columns = (
        t.c.number, t.c.case_id, t.c.name, t.c.recipient_kind, t.c.recipient_name, t.c.subject,
        t.c.dated, m.cases.c.reference,
    )  # fmt: skip
    query = select(*columns).join(m.cases, m.cases.c.id == t.c.case_id).order_by(t.c.number)
    return list(db.execute(query if case_id is None else query.where(t.c.case_id == case_id)))


def letter(db: Connection, number: int) -> AnyRow:
    """Read one letter as it was sent; raises ``NotFound``."""
    t = m.letters
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    row = db.execute(query.where(t.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no letter {number}.", remedies=["see them: assetflow letter list"]
        )
    return row


_LETTER_ID = Statement(select(m.letters.c.id).where(m.letters.c.number == bindparam("number")))


def letter_id(db: Connection, number: int) -> int:
    """Give the id of the letter with a number."""
    return int(_LETTER_ID.first(db, number=number).id)


_UNFILED = Statement(
    select(m.letters, m.cases.c.reference)
    .join(m.cases, m.cases.c.id == m.letters.c.case_id)
    .where(m.letters.c.filed_at.is_(None))
    .order_by(m.letters.c.number)
)


def unfiled_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose files have not been written yet."""
    return _UNFILED.rows(db)


def filed_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose files were written: number, name and case."""
    t = m.letters
    query = select(t.c.number, t.c.name, m.cases.c.reference).join(
        m.cases, m.cases.c.id == t.c.case_id
    )
    query = query.where(and_(t.c.filed_at.is_not(None), t.c.html != ""))
    return list(db.execute(query.order_by(t.c.number)))


def erased_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose words were erased: number, name and case."""
    t = m.letters
    query = select(t.c.number, t.c.name, m.cases.c.reference).join(
        m.cases, m.cases.c.id == t.c.case_id
    )
    return list(db.execute(query.where(and_(t.c.text == "", t.c.html == "")).order_by(t.c.number)))


def reminders(db: Connection, case_id: int | None = None) -> list[AnyRow]:
    """List reminders in the order of their due days, of one case or of all."""
    t = m.reminders
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    if case_id is not None:
        query = query.where(t.c.case_id == case_id)
    return list(db.execute(query.order_by(t.c.due_on, t.c.id)))


def reminded(db: Connection, ids: Sequence[int]) -> dict[int, Told]:
    """Give what has been told already, by case."""
    found: dict[int, Told] = defaultdict(set)
    for part, count in _parts(ids):
        for row in _among(count).told.rows(db, **numbers(part, count)):
            found[row.case_id].add((row.kind, row.key))
    return found
