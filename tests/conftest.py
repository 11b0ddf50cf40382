"""What the tests share: a home with people and assets, and a way to type commands."""

import gc
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import monotonic
from typing import Any

import memory
import pgserver
import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from sqlalchemy import NullPool, create_engine, text

from assetflow import settings as settings_module
from assetflow.casework.desk import Desk
from assetflow.cli.main import main
from assetflow.database import Store
from assetflow.settings import SHIPPED

# A run that decides over a change is repeatable; at a desk each run tries something new.
hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    max_examples=50,
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
    # Explaining a failure traces every line of what failed: minutes for what takes seconds.
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
hypothesis_settings.load_profile("suite")

TODAY = date(2026, 3, 2)  # a Monday
PEOPLE = (
    ("Alex Reid", "--role director --role chief_executive --role administrator"),
    ("Grace Okoro", "--role head_of_property"),
    ("Kim Novak", "--role estates_officer"),
    ("Iris Dale", "--role cabinet_member --role ward_councillor --role scrutiny_chair"),
    ("Owen Price", "--role head_of_legal --role signatory --department legal"),
    ("Nadia Hart", "--role signatory --department service --department communities"),
    ("Maya Lunt", "--role signatory --department finance"),
    ("Dev Rao", "--role signatory --department property --department planning"),
    (
        "Carol Finch",
        "--role signatory --department facilities --department ict --department insurance",
    ),
    ("Ruth Kemp", "--role signatory --department ward_councillors"),
)


@dataclass(frozen=True)
class Result:
    """What one typed command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output, read as JSON."""
        return json.loads(self.out)


class Terminal:
    """Types commands in one home, on a day, as one person; nothing is mocked but the clock."""

    def __init__(self, home: Path, today: date = TODAY, database_url: str = "") -> None:
        self.home = home
        self.today = today
        self.environment = {"ASSETFLOW_HOME": str(home)}
        if database_url:
            self.environment["ASSETFLOW_DATABASE_URL"] = database_url

    def __call__(self, *arguments: str, on: date | None = None, code: int | None = 0) -> Result:
        """Type a command; its exit code must be ``code`` unless that is None."""
        at = datetime.combine(on or self.today, time(10), UTC)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            got = main(arguments, lambda: at, self.environment, lambda: "at.this.machine")
        result = Result(got, out.getvalue(), err.getvalue())
        assert code is None or got == code, f"exit {got}: {arguments}\n{result.out}{result.err}"
        assert "Traceback" not in result.out + result.err
        return result

    def type(self, line: str, on: date | None = None, code: int | None = 0) -> Result:
        """Type a command as one line without quotes in it."""
        return self(*line.split(), on=on, code=code)

    @property
    def login(self) -> str:
        """The name under which whoever types is logged in: at the server, or at the machine."""
        with self.store.read() as db:
            if db.dialect.name == "postgresql":
                return str(db.execute(text("SELECT session_user")).scalar_one())
        return "at.this.machine"

    @property
    def store(self) -> Store:
        """The home's database."""
        return Store(settings_module.load(self.home, self.environment).database_url)

    @contextmanager
    def desk(self, on: date | None = None) -> Iterator[Desk]:
        """Open a writing desk on the home's database, for tests below the command line."""
        found = settings_module.load(self.home, self.environment)
        day = on or self.today
        now = datetime.combine(day, time(10), UTC)
        with self.store.write() as db:
            yield Desk(db, found, found.acting_as, day, day, now)


def furnish(terminal: Terminal) -> None:
    """Give a new home its officer Sam Taylor, people for every department and role, and assets."""
    terminal("init", "--council", "Sefton Council", "--officer", "Sam Taylor",
             "--email", "sam@council.example", "--phone", "0151 496 0100")  # fmt: skip
    for name, options in PEOPLE:
        terminal("person", "add", name, *options.split(), "--authority", "Scheme of delegation")
    terminal("asset", "import", str(SHIPPED / "data" / "asset_register_sample.csv"))
    terminal("group", "add", "Bowls Club", "--contact", "Joan Mills",
             "--email", "joan@bowls.example", "--address", "1 Green Lane, Bootle")  # fmt: skip


def receive(terminal: Terminal) -> None:
    """Open the first case of a furnished home."""
    terminal("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")


Step = Callable[[Terminal], None]


def pytest_configure(config: pytest.Config) -> None:
    """Put the folders of the tests into memory, unless somebody has said where they go."""
    if not config.option.basetemp and (folder := memory.folder()):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones: one at the end keeps a single processor busy."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Have the collector leave alone what lives as long as the run, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that works in a home on both databases, unless it says ``sqlite_only``."""
    if "database" in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker("sqlite_only")
        metafunc.parametrize("database", ["sqlite"] if one else ["sqlite", "postgresql"])


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A test's own folder; ``on_disk`` it lies where a sync takes its time."""
    if not request.node.get_closest_marker("on_disk"):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="assetflow-test-") as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A throwaway PostgreSQL server: its URL without a database name."""
    with pgserver.server() as url:
        yield url


def admin(server: str, statement: str) -> None:
    """Run one statement as the server's administrator."""
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


class Homes:
    """Homes that are made once on each database and copied from then on; nobody works in these.

    A home is known by the steps that made it. Making one takes a second, copying it a hundredth.
    """

    def __init__(self, folder: Path, server: Callable[[], str]) -> None:
        self.folder, self.server = folder, server
        self.made: dict[tuple[str, tuple[Step, ...]], Terminal] = {}

    def made_by(self, database: str, *steps: Step) -> Terminal:
        """Give the home after these steps, to be copied."""
        key = (database, steps)
        if key not in self.made:
            name = f"made_{len(self.made)}_{secrets.token_hex(3)}"
            terminal = self.copy(database, self.folder / name / "home", name, *steps[:-1])
            steps[-1](terminal)
            self.made[key] = terminal
        return self.made[key]

    def copy(self, database: str, place: Path, name: str, *steps: Step) -> Terminal:
        """Copy that home to a place, and its database on a server under a name of its own."""
        made = self.made_by(database, *steps) if steps else None
        if made:
            shutil.copytree(made.home, place)
        if database == "sqlite":
            return Terminal(place)
        template = made.environment["ASSETFLOW_DATABASE_URL"] if made else "template1"
        admin(self.server(), f"CREATE DATABASE {name} TEMPLATE {template.rpartition('/')[2]}")
        return Terminal(place, database_url=f"{self.server()}/{name}")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Homes:
    """The homes that tests begin with."""
    return Homes(tmp_path_factory.mktemp("homes"), lambda: request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def _template(homes: Homes) -> Path:
    """A furnished home on SQLite."""
    return homes.made_by("sqlite", furnish).home


@pytest.fixture
def fresh(database: str, tmp_path: Path, homes: Homes) -> Iterator[Callable[..., Terminal]]:
    """Gives a terminal in a fresh copy of the home that some steps make."""
    name = f"home_{secrets.token_hex(6)}"

    def fresh(*steps: Step) -> Terminal:
        return homes.copy(database, tmp_path / "home", name, *steps)

    yield fresh
    if database == "postgresql":
        admin(homes.server(), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def af(fresh: Callable[..., Terminal]) -> Terminal:
    """A terminal in a fresh copy of the furnished home; no case is open yet."""
    return fresh(furnish)


class Measured:
    """Takes down what a test measured, for the table that `make soak` prints."""

    def __init__(self, test: str) -> None:
        self.test, self.started = test, monotonic()

    def __call__(self, goal: str, what: str, **numbers: float) -> None:
        """Take down the numbers that a goal is held against; they come from the test itself."""
        target = os.environ.get("ASSETFLOW_MEASURED")
        if not target:
            return
        seconds, self.started = monotonic() - self.started, monotonic()
        line = {"goal": goal, "what": what, "numbers": numbers, "seconds": seconds}
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"test": self.test}) + "\n")


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Where a test puts the numbers it measured."""
    return Measured(request.node.name)


@pytest.fixture
def case(fresh: Callable[..., Terminal]) -> Terminal:
    """The same with one case, CAT-2026-0001, received on Monday 2 March 2026, no champion."""
    return fresh(furnish, receive)
