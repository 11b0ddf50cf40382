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
    Row,
    Select,
    Table,
    and_,
    func,
    or_,
    select,
)

from assetflow import facts as fact_values
from assetflow import models as m
from assetflow.chain import COUNCIL, GENESIS, Head, Link, Payload
from assetflow.errors import BadInput, NotFound
from assetflow.snapshot import Grant, Objection, Person, Signoff, Snapshot
from assetflow.workflow import Workflow, from_canonical

AnyRow = Row[Any]
Found = TypeVar("Found")
# SQLite allows 32,766 bound values; PostgreSQL more. One batch stays far below both.
BATCH = 500
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


def people(db: Connection, where: ColumnElement[bool] | None = None) -> dict[int, Person]:
    """Give people with their grants, by id."""
    query = select(m.people).order_by(m.people.c.name)
    rows = db.execute(query if where is None else query.where(where)).all()
    grants = _grants(db)
    return {row.id: _person(row, grants[row.id]) for row in rows}


def _grants(db: Connection) -> dict[int, list[Grant]]:
    """Give what each person holds of their own, and then as a deputy."""
    found: dict[int, list[Grant]] = defaultdict(list)
    for row in db.execute(select(m.role_grants).order_by(m.role_grants.c.id)):
        found[row.person_id].append(_grant(row, row.valid_to or date.max, None))
    for row in db.execute(select(m.deputies).order_by(m.deputies.c.id)):
        found[row.person_id].append(_grant(row, row.valid_to, row.principal_id))
    return found


def _grant(row: AnyRow, until: date, deputy_for: int | None) -> Grant:
    department = row.department or None
    return Grant(row.role, department, row.valid_from, until, row.authority, deputy_for)


def _person(row: AnyRow, grants: Iterable[Grant]) -> Person:
    return Person(
        row.id,
        row.handle,
        row.name,
        row.job_title,
        row.phone,
        row.email,
        row.left_on,
        tuple(grants),
        row.login,
    )


def person(db: Connection, typed: str) -> Person:
    """Find one person by handle, name or a part of the name."""
    everyone = list(people(db).values())
    return _one("person", typed, everyone, lambda p: (p.handle, p.name), "assetflow person list")


def with_role(
    everyone: Iterable[Person], role: str, on: date, department: str | None = None
) -> list[Person]:
    """Give those who hold a role on a day."""
    return [p for p in everyone if p.holds(role, on, department)]


# --- assets and groups ------------------------------------------------------------------------


def _asset(row: AnyRow) -> Asset:
    return Asset(
        row.id, row.unique_asset_id or "", row.uprn or "", row.name, row.number, row.street,
        row.town, row.postcode, row.tenure, row.holding,
    )  # fmt: skip


def assets(db: Connection, search: str = "") -> list[Asset]:
    """List assets by name, or those whose name, address or identifier contains the text."""
    table = m.assets
    query = select(table).order_by(table.c.name, table.c.street, table.c.number, table.c.id)
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
    return [_asset(row) for row in db.execute(query)]


def asset(db: Connection, typed: str) -> Asset:
    """Find one asset by identifier, UPRN, name, address or a part of them."""
    table = m.assets
    exact = select(table).where(or_(table.c.unique_asset_id == typed, table.c.uprn == typed))
    found = db.execute(exact).all()
    if len(found) == 1:
        return _asset(found[0])
    return _one(
        "asset", typed, assets(db), lambda a: (a.unique_asset_id, a.name, a.address),
        "assetflow asset list",
    )  # fmt: skip


def groups(db: Connection) -> list[Group]:
    """List the community groups by name."""
    rows = db.execute(select(m.groups).order_by(m.groups.c.name))
    return [_group(row) for row in rows]


def _group(row: AnyRow) -> Group:
    return Group(row.id, row.name, row.contact_name, row.email, row.phone, row.address)


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

_load = lru_cache(maxsize=64)(from_canonical)


def workflows(db: Connection, ids: Iterable[int]) -> dict[int, Workflow]:
    """Give stored route versions by id; each text is parsed once a process."""
    table = m.workflow_versions
    query = select(table.c.id, table.c.canonical).where(table.c.id.in_(sorted(set(ids))))
    return {row.id: _load(row.canonical) for row in db.execute(query)}


def version_with(db: Connection, name: str, version: int) -> AnyRow | None:
    """Find a stored route version by name and number."""
    table = m.workflow_versions
    query = select(table).where(and_(table.c.name == name, table.c.version == version))
    return db.execute(query).one_or_none()


def newest_version(db: Connection, name: str) -> Workflow | None:
    """Give the highest stored version of a route."""
    table = m.workflow_versions
    query = select(table.c.canonical).where(table.c.name == name).order_by(table.c.version.desc())
    canonical = db.execute(query.limit(1)).scalar_one_or_none()
    return _load(canonical) if canonical else None


def declared_facts(db: Connection) -> dict[str, str]:
    """Give the types of the facts that the stored routes declare, by name."""
    canonical = db.execute(select(m.workflow_versions.c.canonical)).scalars()
    return {fact.name: fact.type for text in canonical for fact in _load(text).facts.values()}


def declared_roles(db: Connection) -> dict[str, str]:
    """Give what the stored routes call their roles, the newest version last."""
    table = m.workflow_versions
    canonical = db.execute(select(table.c.canonical).order_by(table.c.version)).scalars()
    return {r: role.label for text in canonical for r, role in _load(text).roles.items()}


# --- cases ------------------------------------------------------------------------------------


def case_id(db: Connection, typed: str) -> int:
    """Find one case by its reference, in any case, or by the number at its end."""
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


def open_case_ids(db: Connection) -> list[int]:
    """List the cases that have not ended."""
    table = m.cases
    query = select(table.c.id).where(table.c.closed_on.is_(None)).order_by(table.c.id)
    return list(db.execute(query).scalars())


def all_case_ids(db: Connection) -> list[int]:
    """List every case."""
    return list(db.execute(select(m.cases.c.id).order_by(m.cases.c.id)).scalars())


def ids_with_alert(db: Connection, on: date) -> list[int]:
    """List the cases on which something new can fall due by a day."""
    table = m.cases
    query = select(table.c.id).where(table.c.next_alert_on <= on).order_by(table.c.id)
    return list(db.execute(query).scalars())


def destroyed_on(db: Connection, case_id: int) -> date | None:
    """Give when a case was destroyed under the retention schedule, or None."""
    query = select(m.cases.c.destroyed_on).where(m.cases.c.id == case_id)
    found: date | None = db.execute(query).scalar_one()
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
    everyone = people(db)
    loaded: dict[int, Case] = {}
    for start in range(0, len(ids), BATCH):
        loaded.update(_load_batch(db, ids[start : start + BATCH], everyone))
    return [loaded[case_id] for case_id in ids]


def _load_batch(
    db: Connection, ids: Sequence[int], everyone: Mapping[int, Person]
) -> dict[int, Case]:
    rows = db.execute(select(m.cases).where(m.cases.c.id.in_(ids))).all()
    routes = workflows(db, (row.workflow_version_id for row in rows))
    places = _by_id(db, m.assets, (row.asset_id for row in rows))
    parties = _by_id(db, m.groups, (row.group_id for row in rows))
    signoffs = _signoffs(db, ids, everyone)
    recorded = _by_case(db, select(m.facts).where(m.facts.c.case_id.in_(ids)))
    sent = _by_case(db, _sent(ids))
    return {
        row.id: Case(
            id=row.id,
            version=row.version,
            head=row.head,
            stage_visit=row.stage_visit,
            asset=_asset(places[row.asset_id]),
            group=_group(parties[row.group_id]),
            workflow=routes[row.workflow_version_id],
            snapshot=_snapshot(
                row,
                everyone,
                routes[row.workflow_version_id],
                recorded[row.id],
                signoffs,
                sent[row.id],
            ),
            next_alert_on=row.next_alert_on,
            closed_on=row.closed_on,
        )
        for row in rows
    }


def _snapshot(
    row: AnyRow,
    everyone: Mapping[int, Person],
    workflow: Workflow,
    recorded: Sequence[AnyRow],
    signoffs: Mapping[tuple[int, int], list[Signoff]],
    sent: Sequence[AnyRow],
) -> Snapshot:
    return Snapshot(
        reference=row.reference,
        stage=row.stage,
        stage_since=row.stage_since,
        received_on=row.received_on,
        waiting_on=row.waiting_on,
        waiting_since=row.waiting_since,
        officer=everyone[row.officer_id],
        champion=everyone[row.champion_id] if row.champion_id else None,
        champion_since=row.champion_since,
        written_to_group_on=row.written_to_group_on,
        facts={f.name: _fact(workflow, f) for f in recorded},
        signoffs=tuple(signoffs.get((row.id, row.stage_visit), ())),
        letters_sent={letter.name: letter.dated for letter in sent},
    )


def _fact(workflow: Workflow, row: AnyRow) -> Any:
    declared = workflow.facts.get(row.name)
    return fact_values.from_json(declared.type if declared else "text", row.value)


def _by_id(db: Connection, table: Table, ids: Iterable[int]) -> dict[int, AnyRow]:
    rows = db.execute(select(table).where(table.c.id.in_(sorted(set(ids)))))
    return {row.id: row for row in rows}


def _by_case(db: Connection, query: Select[Any]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in db.execute(query):
        found[row.case_id].append(row)
    return found


def _sent(ids: Sequence[int]) -> Select[Any]:
    table = m.letters
    return (
        select(table.c.case_id, table.c.name, func.max(table.c.dated).label("dated"))
        .where(and_(table.c.case_id.in_(ids), table.c.recipient_kind == "group"))
        .group_by(table.c.case_id, table.c.name)
    )


def _signoffs(
    db: Connection, ids: Sequence[int], everyone: Mapping[int, Person]
) -> dict[tuple[int, int], list[Signoff]]:
    table = m.signoffs
    rows = db.execute(select(table).where(table.c.case_id.in_(ids)).order_by(table.c.id)).all()
    objections = _open_objections(db, [row.id for row in rows], everyone)
    found: dict[tuple[int, int], list[Signoff]] = defaultdict(list)
    # Only the newest request to a department for a step counts.
    newest = {(r.case_id, r.stage_visit, r.trigger, r.department): r for r in rows}
    for row in newest.values():
        found[row.case_id, row.stage_visit].append(_signoff(row, everyone, objections.get(row.id)))
    return found


def _signoff(row: AnyRow, everyone: Mapping[int, Person], objection: Objection | None) -> Signoff:
    return Signoff(
        id=row.id,
        trigger=row.trigger,
        department=row.department,
        requested_on=row.requested_on,
        due_on=row.due_on,
        decision=row.decision,
        decided_on=row.decided_on,
        signatory=everyone[row.signatory_id].name if row.signatory_id else "",
        conditions=row.conditions,
        objection=objection,
        round=row.round,
        statement=row.statement,
        statement_sha256=row.statement_sha256,
        method=row.method or "",
        evidence=row.evidence,
    )


def _open_objections(
    db: Connection, signoff_ids: Sequence[int], everyone: Mapping[int, Person]
) -> dict[int, Objection]:
    table = m.objections
    query = select(table).where(
        and_(table.c.signoff_id.in_(signoff_ids), table.c.resolved_on.is_(None))
    )
    return {
        row.signoff_id: Objection(
            row.id, row.category, bool(row.blocks), row.reason, row.way_forward, row.authority,
            row.raised_on, everyone[row.raised_by_id].name,
        )
        for row in db.execute(query)
    }  # fmt: skip


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
        links, payloads = _chain(db, row.id, row.reference)
        yield row.reference, links, payloads
    links, payloads = council_chain(db)
    if links or council_head(db):
        yield COUNCIL, links, payloads


def _chain(db: Connection, case_id: int, reference: str) -> tuple[list[Link], dict[int, Payload]]:
    j, words = m.journal, m.journal_payloads
    links = [
        Link(
            reference, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, r.trigger, r.from_stage, r.to_stage, r.payload_digest,
            r.previous, r.hash,
        )
        for r in db.execute(select(j).where(j.c.case_id == case_id).order_by(j.c.position))
    ]  # fmt: skip
    found = db.execute(select(words).where(words.c.case_id == case_id))
    return links, {row.position: Payload(row.salt, row.text) for row in found}


def council_chain(db: Connection) -> tuple[list[Link], dict[int, Payload]]:
    """Give the chain of the council journal with its payloads."""
    j = m.council_journal
    links = [
        Link(
            COUNCIL, r.position, r.happened_on.isoformat(), instant_text(r.recorded_at),
            str(r.actor_id), r.action, None, None, None, r.payload_digest, r.previous, r.hash,
        )
        for r in db.execute(select(j).order_by(j.c.position))
    ]  # fmt: skip
    found = db.execute(select(m.council_payloads))
    return links, {row.position: Payload(row.salt, row.text) for row in found}


def council_head(db: Connection) -> Head | None:
    """Give the newest record of the council journal; how many there must be stands apart."""
    j = m.council_journal
    newest = db.execute(select(j.c.hash).order_by(j.c.position.desc()).limit(1)).scalar()
    counter = select(m.counters.c.value).where(m.counters.c.name == COUNCIL)
    position = db.execute(counter).scalar() or 0
    return Head(COUNCIL, position, newest or GENESIS) if newest or position else None


def heads(db: Connection) -> list[Head]:
    """Give the newest record of every case, and of the council journal."""
    columns = (m.cases.c.reference, m.cases.c.version, m.cases.c.head)
    council = council_head(db)
    found = [Head(*row) for row in db.execute(select(*columns))]
    return found if council is None else [*found, council]


def newest_anchor(db: Connection) -> AnyRow | None:
    """Give the anchor that was taken last: its moment and root."""
    t = m.anchors
    return db.execute(select(t).order_by(t.c.id.desc()).limit(1)).one_or_none()


def last_move_on(db: Connection, case_id: int) -> date:
    """Give the day of the newest record that moved the case or handed on the ball."""
    j = m.journal
    query = select(func.max(j.c.happened_on)).where(
        and_(j.c.case_id == case_id, j.c.action.in_(("opened", "advanced")))
    )
    return _date(db.execute(query).scalar_one())


def _date(value: Any) -> date:
    assert isinstance(value, date)  # noqa: S101 - max() of a date column is a date
    return value


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


def unfiled_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose files have not been written yet."""
    t = m.letters
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    return list(db.execute(query.where(t.c.filed_at.is_(None)).order_by(t.c.number)))


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


def reminded(db: Connection, ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    """Give what has been told already, as (kind, key), by case."""
    t = m.reminders
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for start in range(0, len(ids), BATCH):
        query = select(t.c.case_id, t.c.kind, t.c.key).where(
            t.c.case_id.in_(ids[start : start + BATCH])
        )
        for row in db.execute(query):
            found[row.case_id].add((row.kind, row.key))
    return found
