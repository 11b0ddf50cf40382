"""What the tests share: a home with people and assets, and a way to type commands."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from assetflow import settings as settings_module
from assetflow.casework.desk import Desk
from assetflow.cli.main import main
from assetflow.database import Store
from assetflow.settings import SHIPPED

hypothesis_settings.register_profile("suite", deadline=None, max_examples=50, print_blob=True)
hypothesis_settings.load_profile("suite")

TODAY = date(2026, 3, 2)  # a Monday
PEOPLE = (
    ("Alex Reid", "--role director --role chief_executive"),
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

    def __init__(self, home: Path, today: date = TODAY) -> None:
        self.home = home
        self.today = today

    def __call__(self, *arguments: str, on: date | None = None, code: int | None = 0) -> Result:
        """Type a command; its exit code must be ``code`` unless that is None."""
        at = datetime.combine(on or self.today, time(10), UTC)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            got = main(arguments, lambda: at, {"ASSETFLOW_HOME": str(self.home)})
        result = Result(got, out.getvalue(), err.getvalue())
        assert code is None or got == code, f"exit {got}: {arguments}\n{result.out}{result.err}"
        assert "Traceback" not in result.out + result.err
        return result

    def type(self, line: str, on: date | None = None, code: int | None = 0) -> Result:
        """Type a command as one line without quotes in it."""
        return self(*line.split(), on=on, code=code)

    @contextmanager
    def desk(self, on: date | None = None, environment: Mapping[str, str] = {}) -> Iterator[Desk]:
        """Open a writing desk on the home's database, for tests below the command line."""
        found = settings_module.load(self.home, environment)
        day = on or self.today
        now = datetime.combine(day, time(10), UTC)
        with Store(found.database_url).write() as db:
            yield Desk(db, found, found.acting_as, day, day, now)


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with officer Sam Taylor, people for every department and role, and 40 assets."""
    home = tmp_path_factory.mktemp("template") / "home"
    terminal = Terminal(home)
    terminal("init", "--council", "Sefton Council", "--officer", "Sam Taylor",
             "--email", "sam@council.example", "--phone", "0151 496 0100")  # fmt: skip
    for name, options in PEOPLE:
        terminal("person", "add", name, *options.split())
    terminal("asset", "import", str(SHIPPED / "data" / "asset_register_sample.csv"))
    terminal("group", "add", "Bowls Club", "--contact", "Joan Mills",
             "--email", "joan@bowls.example", "--address", "1 Green Lane, Bootle")  # fmt: skip
    return home


@pytest.fixture
def af(_template: Path, tmp_path: Path) -> Terminal:
    """A terminal in a fresh copy of the template home; no case is open yet."""
    home = tmp_path / "home"
    shutil.copytree(_template, home)
    return Terminal(home)


@pytest.fixture
def case(af: Terminal) -> Terminal:
    """The same with one case, CAT-2026-0001, received on Monday 2 March 2026, no champion."""
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    return af
