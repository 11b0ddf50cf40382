"""What the tests share: a home with people and assets, and a way to type commands."""

import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import monotonic
from typing import Any

import pgserver
import pytest
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that works in a home on both databases, unless it says ``sqlite_only``."""
    if "database" in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker("sqlite_only")
        metafunc.parametrize("database", ["sqlite"] if one else ["sqlite", "postgresql"])


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished home on SQLite."""
    home = tmp_path_factory.mktemp("template") / "home"
    furnish(Terminal(home))
    return home


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A throwaway PostgreSQL server: its URL without a database name."""
    with pgserver.server() as url:
        yield url


@pytest.fixture(scope="session")
def _postgresql_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished home on PostgreSQL, in a database that others are copied from."""
    home = tmp_path_factory.mktemp("postgresql") / "home"
    admin(postgresql, "CREATE DATABASE furnished")
    furnish(Terminal(home, database_url=f"{postgresql}/furnished"))
    return home


def admin(server: str, statement: str) -> None:
    """Run one statement as the server's administrator."""
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture
def af(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A terminal in a fresh copy of the furnished home; no case is open yet."""
    home = tmp_path / "home"
    if database == "sqlite":
        shutil.copytree(request.getfixturevalue("_template"), home)
        yield Terminal(home)
        return
    shutil.copytree(request.getfixturevalue("_postgresql_template"), home)
    server = request.getfixturevalue("postgresql")
    name = f"home_{secrets.token_hex(6)}"
    admin(server, f"CREATE DATABASE {name} TEMPLATE furnished")
    yield Terminal(home, database_url=f"{server}/{name}")
    admin(server, f"DROP DATABASE {name} WITH (FORCE)")


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
def case(af: Terminal) -> Terminal:
    """The same with one case, CAT-2026-0001, received on Monday 2 March 2026, no champion."""
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    return af
