"""Shell completion: what may stand at a place of a command line, read from the home's database.

A shell asks at every press of the tab key. So the answer must come at once, which is why the
database is read by its driver alone (SQLAlchemy costs a quarter of a second), and it
must never be a complaint: where anything stands in the way there is simply nothing to offer.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from assetflow.cli.app import App
from assetflow.facts import criteria_of
from assetflow.workflow import Workflow, from_canonical

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST = 100
PATIENCE = 0.2  # seconds to wait for someone who is saving
_SQLITE = re.compile(r"sqlite(\+\w+)?:///(?P<file>[^?]+)")
_POSTGRESQL = re.compile(r"^postgresql(\+\w+)?://")
_NEEDS_ESCAPE = re.compile(r"([^\w@%+=:,./-])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where completion happens: the command line so far, its home and the open database."""

    ctx: click.Context
    app: App
    db: "_Database"

    def case_typed(self) -> str:
        """Give the case named on the command line so far, or nothing."""
        if not any(param.name == "case_" for param in self.ctx.command.params):
            return ""
        # While an option waits for its value, click has not yet sorted the arguments.
        return self.ctx.params.get("case_") or next(iter(self.ctx.args), "")

    def newest_route(self) -> Workflow:
        query = (
            "SELECT canonical FROM workflow_versions WHERE name = ? ORDER BY version DESC LIMIT 1"
        )
        (canonical,) = self.db.execute(query, [self.app.settings.workflow]).fetchone()
        return from_canonical(canonical)


@dataclass(frozen=True, slots=True)
class _Case:
    """The case that the command line names."""

    id: int
    stage: str
    visit: int
    route: Workflow


Offer = tuple[str, str]  # what to type, and what it means
Finder = Callable[[Place], Iterable[Offer]]
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def completer(find: Finder) -> Completer:
    """Make a completer that offers what fits and never fails."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        return items(ctx, lambda: _found(ctx, find), incomplete)

    return complete


def items(
    ctx: click.Context, find: Callable[[], Iterable[Offer]], incomplete: str
) -> "list[CompletionItem]":
    """Give what fits among the offers, as shells take it; nothing where anything goes wrong."""
    try:
        offers = _fitting(find(), incomplete.casefold())
        return [_item(app(ctx), value, meaning) for value, meaning in offers]
    except Exception:
        return []


def _found(ctx: click.Context, find: Finder) -> list[Offer]:
    run = app(ctx)
    with closing(_database(run)) as db:
        return list(find(Place(ctx, run, db)))


def app(ctx: click.Context) -> App:
    """Give the run as it will be: a completed command line has not been run yet."""
    root = ctx.find_root()
    run: App = root.obj
    return App(run.clock, run.environment, root.params.get("home"))


class _Database(Protocol):
    """What completion needs of a database: one statement, its rows, and an end."""

    def execute(self, query: str, values: Sequence[object] = ()) -> Any:
        """Run a statement with a question mark for each value."""

    def close(self) -> None:
        """Let go of the database."""


def _database(app: App) -> _Database:
    import sqlite3

    found = _SQLITE.match(app.settings.database_url)
    if found is None:
        return _Server(app.settings.database_url)
    file = f"{Path(found['file']).absolute().as_uri()}?mode=ro"
    return sqlite3.connect(file, uri=True, timeout=PATIENCE)


class _Server:
    """A PostgreSQL server, spoken to in the words of the statements below."""

    def __init__(self, url: str) -> None:
        import psycopg

        place = _POSTGRESQL.sub("postgresql://", url, count=1)
        limit = f"-c statement_timeout={int(PATIENCE * 5_000)} -c default_transaction_read_only=on"
        self._connection = psycopg.connect(place, connect_timeout=2, options=limit)

    def execute(self, query: str, values: Sequence[object] = ()) -> Any:
        return self._connection.cursor().execute(query.replace("?", "%s").encode(), values or None)

    def close(self) -> None:
        self._connection.close()


def _fitting(offers: Iterable[Offer], wanted: str) -> list[Offer]:
    """Give the offers that begin with what was typed, else those in which it occurs."""
    known = [offer for offer in offers if offer[0].isprintable()]
    beginning = [offer for offer in known if offer[0].casefold().startswith(wanted)]
    return (beginning or [o for o in known if wanted in " ".join(o).casefold()])[:MOST]


def _item(app: App, value: str, meaning: str) -> "CompletionItem":
    from click.shell_completion import CompletionItem

    return CompletionItem(_as_a_word(app, value), help=" ".join(meaning.split()) or None)


def _as_a_word(app: App, value: str) -> str:
    """Write a value as bash inserts it; the other shells put in quotes what needs them."""
    if not app.environment.get("_ASSETFLOW_COMPLETE", "").startswith("bash"):
        return value
    words = app.environment.get("COMP_WORDS", "").split("\n")
    if words[-1].startswith(("'", '"')):
        return value
    # Twice: the script that bash runs takes one away.
    return _NEEDS_ESCAPE.sub(r"\\\\\1", value)


# --- what can be offered --------------------------------------------------------------------


@completer
def cases(place: Place) -> Iterator[Offer]:
    """Offer case references, open cases first."""
    query = (
        "SELECT c.reference, coalesce(nullif(a.name, ''), a.street), g.name FROM cases c "
        "JOIN assets a ON a.id = c.asset_id JOIN community_groups g ON g.id = c.group_id "
        "ORDER BY c.closed_on IS NOT NULL, c.reference DESC"
    )
    for reference, asset, group in place.db.execute(query):
        yield reference, f"{asset}, {group}"


@completer
def triggers(place: Place) -> Iterator[Offer]:
    """Offer the triggers that the named case's stage has."""
    case = _case(place)
    for transition in case.route.from_stage(case.stage):
        yield transition.trigger, transition.label


@completer
def signed_triggers(place: Place) -> Iterator[Offer]:
    """Offer the triggers of the named case's stage that departments sign for."""
    case = _case(place)
    for transition in case.route.from_stage(case.stage):
        if transition.signoffs:
            yield transition.trigger, transition.label


@completer
def departments(place: Place) -> Iterator[Offer]:
    """Offer the departments that owe the named case an answer, else all of the route."""
    owing: set[str] = set()
    if place.case_typed():
        case = _case(place)
        route = case.route
        query = (
            "SELECT department FROM signoffs s WHERE case_id = ? AND stage_visit = ? "
            "AND (decision IS NULL OR decision = 'objected') AND round = (SELECT max(round) "
            "FROM signoffs t WHERE t.case_id = s.case_id AND t.stage_visit = s.stage_visit "
            "AND t.trigger = s.trigger AND t.department = s.department)"
        )
        owing = {name for (name,) in place.db.execute(query, [case.id, case.visit])}
    else:
        route = place.newest_route()
    for department in route.departments.values():
        if not owing or department.id in owing:
            yield department.id, department.label


@completer
def clocks(place: Place) -> Iterator[Offer]:
    """Offer the clocks of the named case that can be extended."""
    declared = _case(place).route.clocks.values()
    yield from ((clock.id, clock.label) for clock in declared if clock.extended_to)


@completer
def pause_reasons(place: Place) -> Iterator[Offer]:
    """Offer the reasons for which the named case can be paused."""
    rule = _case(place).route.pauses
    yield from rule.reasons.items() if rule else ()


@completer
def criteria(place: Place) -> Iterator[Offer]:
    """Offer the criteria by which the named case is scored: its parent's, its own, its route's."""
    case = _case(place)
    query = (
        "SELECT f.name, f.value FROM facts f JOIN cases c ON f.case_id IN (c.parent_id, c.id) "
        "WHERE c.id = ? ORDER BY f.case_id = c.id"
    )
    stored = [value for _, value in place.db.execute(query, [case.id])]
    yield from next(filter(None, map(_weighed, stored)), [])
    if not any(map(_weighed, stored)):
        yield from ((c.label, f"{c.weight}%") for c in case.route.criteria.values())


def _weighed(stored: str) -> list[Offer]:
    """Read criteria with their weights out of a stored fact, where it holds any."""
    lines = json.loads(stored)
    if not isinstance(lines, list):
        return []
    try:
        return [(label, f"{weight}%") for label, weight in criteria_of(map(str, lines)).items()]
    except ValueError:
        return []


@completer
def papers(place: Place) -> Iterator[Offer]:
    """Offer the lease papers that the route of the named case has."""
    yield from ((one.id, one.label) for one in _case(place).route.papers.values())


@completer
def people(place: Place) -> Iterator[Offer]:
    """Offer the short names of the people who work here."""
    yield from place.db.execute("SELECT handle, name FROM people WHERE left_on IS NULL ORDER BY 2")


@completer
def assets(place: Place) -> Iterator[Offer]:
    """Offer assets by identifier, else by UPRN."""
    yield from place.db.execute(
        "SELECT coalesce(unique_asset_id, uprn), trim(name || ' ' || street) FROM assets ORDER BY 1"
    )


@completer
def groups(place: Place) -> Iterator[Offer]:
    """Offer the community groups by name."""
    yield from place.db.execute("SELECT name, contact_name FROM community_groups ORDER BY 1")


def _case(place: Place) -> _Case:
    """Find the case that stands on the command line already: by reference, or by its number."""
    typed = place.case_typed().strip()
    number = f"%-{int(typed):04d}" if typed.isascii() and typed.isdigit() else ""
    query = (
        "SELECT c.id, c.stage, c.stage_visit, w.canonical FROM cases c "
        "JOIN workflow_versions w ON w.id = c.workflow_version_id "
        "WHERE upper(c.reference) = upper(?) OR c.reference LIKE ?"
    )
    ((found, stage, visit, canonical),) = place.db.execute(query, [typed, number])
    return _Case(found, stage, visit, from_canonical(canonical))
