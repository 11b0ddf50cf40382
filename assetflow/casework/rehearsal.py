"""Rehearses scenarios: the real use cases in a throwaway home, and what of a route they have shown.

Nothing of it touches the council's own database. All scenarios of a file are played in one
transaction, each from the same beginning; a step that is refused is undone like any other refusal.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from assetflow.casework import people, routes
from assetflow.casework.desk import Desk
from assetflow.casework.played import Failed, Stage
from assetflow.database import Store
from assetflow.scenarios import Scenario
from assetflow.scenarios.coverage import Requirement
from assetflow.scenarios.files import Loaded
from assetflow.scenarios.names import cast
from assetflow.scenarios.told import Player
from assetflow.settings import SHIPPED, Settings
from assetflow.workflow import Workflow

# Who prepares the throwaway home; no step is taken by them.
SETTING_UP = "setting_up"
_AUTHORITY = "the scenario"


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a scenario went another way than it tells."""

    line: int
    step: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Played:
    """One scenario that was played, with where it failed, if it did."""

    name: str
    line: int
    steps: int
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The scenarios of one file, with the steps they took and the requirements they saw lacking."""

    file: Path
    route: str
    scenarios: tuple[Played, ...]
    taken: frozenset[tuple[str, str]]
    lacked: frozenset[Requirement]


def rehearse(settings: Settings, books: Iterable[Loaded]) -> Iterator[Rehearsed]:
    """Play the scenarios of each file in turn."""
    with tempfile.TemporaryDirectory(prefix="assetflow-rehearsal-") as folder:
        empty = Path(folder) / "empty.db"
        Store(_url(empty)).upgrade()
        for number, book in enumerate(books):
            yield _rehearse(_home(settings, Path(folder) / str(number), empty, book), book)


def _url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def _home(settings: Settings, home: Path, empty: Path, book: Loaded) -> Settings:
    """Make a home of the council's own letters, data and routes, with the routes of one file."""
    home.mkdir()
    for kind in ("letters", "data", "workflows"):
        if (settings.home / kind).is_dir():
            shutil.copytree(settings.home / kind, home / kind)
    (home / "workflows").mkdir(exist_ok=True)
    for name, file in book.files.items():
        # A shipped route is found in any home, and is known to the reader already.
        if file.parent != SHIPPED / "workflows":
            shutil.copyfile(file, home / "workflows" / f"{name}.yaml")
    shutil.copyfile(empty, home / "assetflow.db")
    route = book.book.workflow
    return replace(settings, home=home, database_url=_url(home / "assetflow.db"), workflow=route)


def _rehearse(settings: Settings, loaded: Loaded) -> Rehearsed:
    room = _Room(settings, loaded.book.papers)
    with Store(settings.database_url).write() as db:
        _set_up(db, settings, loaded)
        played = tuple(room.play(db, scenario) for scenario in loaded.book.scenarios)
    book = loaded.book
    taken, lacked = frozenset(room.taken), frozenset(room.lacked)
    return Rehearsed(book.file, book.workflow, played, taken, lacked)


@dataclass
class _Room:
    """Where the scenarios of one file are played, and what they have shown so far."""

    settings: Settings
    papers: Mapping[str, Mapping[str, Any]]
    taken: set[tuple[str, str]] = field(default_factory=set)
    lacked: set[Requirement] = field(default_factory=set)

    def play(self, db: Connection, scenario: Scenario) -> Played:
        failure = None
        with _undone(db):
            stage = Stage(db, self.settings, SETTING_UP, papers=self.papers)
            for step in scenario.steps:
                try:
                    stage.play(step)
                except Failed as failed:
                    failure = Failure(step.line, str(step), failed.expected, failed.got)
                    break
            failure = failure or _at_the_end(stage, scenario)
        # What a story showed before it went wrong was shown.
        self.taken |= stage.taken
        self.lacked |= stage.lacked
        return Played(scenario.name, scenario.line, len(scenario.steps), failure)


def _at_the_end(stage: Stage, scenario: Scenario) -> Failure | None:
    try:
        stage.check_ends(scenario)
    except Failed as failed:
        return Failure(scenario.last_line, "the end", failed.expected, failed.got)
    return None


@contextmanager
def _undone(db: Connection) -> Iterator[None]:
    """Take back whatever is written within."""
    point = db.begin_nested()
    try:
        yield
    finally:
        point.rollback()


def _set_up(db: Connection, settings: Settings, loaded: Loaded) -> None:
    """Store the routes, and add the cast of a file."""
    first = min((s.steps[0].on for s in loaded.book.scenarios if s.steps), default=date.min)
    moment = datetime.combine(first, time(0), UTC)

    def desk() -> Desk:
        return Desk(db, settings, SETTING_UP, first, first, moment)

    for name in loaded.routes:
        routes.version_in_force(desk(), name)
    own = loaded.routes[loaded.book.workflow]
    every = tuple(role for role in desk().council_rights.roles if role != "signatory")
    people.add_person(desk(), people.NewPerson("Setting up", every, handle=SETTING_UP), own)
    players = cast(list(loaded.routes.values()))
    players |= {player.handle: player for player in loaded.book.people}
    for player in players.values():
        _add(desk(), player, loaded)


def _add(desk: Desk, player: Player, loaded: Loaded) -> None:
    own = loaded.routes[loaded.book.workflow]
    roles = [role for role in player.roles if role != "signatory"]
    _person(desk, player, roles, (), own)
    added: set[str] = set()
    for route in loaded.routes.values():
        theirs = [d for d in player.departments if d in route.departments and d not in added]
        if theirs:
            _person(desk, player, ["signatory"], theirs, route)
        added.update(theirs)


def _person(
    desk: Desk, player: Player, roles: Sequence[str], departments: Sequence[str], route: Workflow
) -> None:
    new = people.NewPerson(
        player.name, roles, departments, handle=player.handle, authority=_AUTHORITY
    )
    people.add_person(desk, new, route)
