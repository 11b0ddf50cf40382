"""The floors of the package: imports only go down, and every library has one owner.

The rules are tables; the checker reads the real files, and planted bad imports prove that it
would see them.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# From the ground up. A module may import from lower floors only. A package is one entry, and its
# modules may import each other.
FLOORS = (
    ("assetflow", "assetflow.errors"),
    ("assetflow.files", "assetflow.sending"),
    ("assetflow.settings", "assetflow.durable"),
    (
        "assetflow.workflow",
        "assetflow.models",
        "assetflow.yaml_reader",
        "assetflow.calendars",
        "assetflow.chain",
    ),
    ("assetflow.deadlines", "assetflow.shape", "assetflow.route_changes", "assetflow.local_days"),
    ("assetflow.facts", "assetflow.retention"),
    ("assetflow.leases",),
    ("assetflow.snapshot",),
    ("assetflow.statement", "assetflow.pauses"),
    ("assetflow.clocks", "assetflow.reckoning", "assetflow.whose_time"),
    ("assetflow.guards", "assetflow.machine", "assetflow.targets", "assetflow.alert"),
    ("assetflow.forecast", "assetflow.ladder"),
    ("assetflow.stalls",),
    (
        "assetflow.permissions",
        "assetflow.alerts",
        "assetflow.soundness",
        "assetflow.diagrams",
        "assetflow.backends",
        "assetflow.sql",
    ),
    (
        "assetflow.letters",
        "assetflow.register",
        "assetflow.data_files",
        "assetflow.lease_data",
        "assetflow.route_files",
        "assetflow.part_files",
        "assetflow.database",
        "assetflow.explanations",
        "assetflow.feed",
    ),
    (
        "assetflow.definitions",
        "assetflow.queries",
        "assetflow.portfolio",
        "assetflow.versions",
        "assetflow.outbox",
        "assetflow.migrations",
    ),
    ("assetflow.delivery", "assetflow.workflow_schema", "assetflow.scenarios"),
    ("assetflow.casework", "assetflow.reports"),
    ("assetflow.cli",),
    ("assetflow.__main__",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

# Who may import a library that is not Python's own; a library without a line here has no owner.
OWNERS = {
    "alembic": ("assetflow.database", "assetflow.migrations"),
    "click": ("assetflow.cli",),
    "dateutil": ("assetflow.deadlines", "assetflow.calendars", "assetflow.leases"),
    "icalendar": ("assetflow.feed",),
    "jinja2": ("assetflow.letters",),
    "markdown_it": ("assetflow.letters",),
    "notifications_python_client": ("assetflow.delivery",),
    "psycopg": ("assetflow.cli",),
    "pydantic": ("assetflow.shape",),
    "pydantic_core": ("assetflow.shape",),
    "rich": ("assetflow.cli",),
    "sqlalchemy": (
        "assetflow.backends",
        "assetflow.models",
        "assetflow.database",
        "assetflow.sql",
        "assetflow.queries",
        "assetflow.portfolio",
        "assetflow.versions",
        "assetflow.outbox",
        "assetflow.casework",
        "assetflow.delivery",
        "assetflow.migrations",
    ),
    "transitions": ("assetflow.machine",),
    "yaml": ("assetflow.yaml_reader",),
}

# What reads the clock, and the one module that may.
CLOCKS = (
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "sqlalchemy.func.now",
    "sqlalchemy.func.current_date",
    "sqlalchemy.func.current_timestamp",
)
CLOCK_OWNER = "assetflow.cli.app"


class Import(NamedTuple):
    """One imported name: ``from assetflow import queries as q`` is ``assetflow.queries``.

    ``local`` is what the module calls it, and ``means`` what that stands for.
    """

    line: int
    name: str
    local: str
    means: str
    only_types: bool


# --- the checker ----------------------------------------------------------------------------


def complaints(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Everything in a module's text that breaks a rule, each with its line."""
    tree = ast.parse(source)
    found = list(imports(tree, module if is_package else module.rpartition(".")[0]))
    said = [*_upward(module, found), *_foreign(module, found)]
    if module != CLOCK_OWNER:
        said += _clock_readings(tree, found)
    return said


def imports(tree: ast.AST, package: str) -> Iterator[Import]:
    """Every import of a module, wherever it stands: at the top, in a function, under a check."""
    only_types = set(_under_type_checking(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                local, means = (alias.asname, alias.name) if alias.asname else (root, root)
                yield Import(node.lineno, alias.name, local, means, node in only_types)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            for alias in node.names:
                name, local = f"{base}.{alias.name}", alias.asname or alias.name
                yield Import(node.lineno, name, local, name, node in only_types)
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield Import(node.lineno, name, "", name, node in only_types)


def _under_type_checking(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for statement in node.body:
                yield from ast.walk(statement)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def _imported_by_call(node: ast.Call) -> str:
    called = ast.unparse(node.func).rpartition(".")[2]
    texts = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
    return str(texts[0]) if called in ("import_module", "__import__") and texts else ""


def floor_of(name: str) -> tuple[str, int] | None:
    """The entry of the table under which a name falls, and its floor.

    The name may be a module, something inside one, or a module of a package.
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        entry = ".".join(parts[:end])
        if entry in FLOOR and (entry != "assetflow" or _belongs_to_the_root(parts)):
            return entry, FLOOR[entry]
    return None


def _belongs_to_the_root(parts: list[str]) -> bool:
    """Only ``assetflow`` itself and its dunder names are the root; a module is not."""
    return len(parts) == 1 or (parts[1].startswith("__") and len(parts) == 2)


def _upward(module: str, found: list[Import]) -> Iterator[str]:
    here = floor_of(module)
    if here is None:
        yield f"{module} has no floor: give it one in FLOORS"
        return
    for each in found:
        if each.name.partition(".")[0] != "assetflow":
            continue
        there = floor_of(each.name)
        if there is None:
            yield f"line {each.line}: {each.name} has no floor"
        elif there[0] != here[0] and there[1] > here[1]:
            yield f"line {each.line}: {module} imports {each.name}, which is on a higher floor"
        elif there[0] != here[0] and there[1] == here[1] and not each.only_types:
            yield f"line {each.line}: {module} imports {each.name}, which is on the same floor"


def _foreign(module: str, found: list[Import]) -> Iterator[str]:
    for each in found:
        library = each.name.partition(".")[0]
        if library == "assetflow" or library in sys.stdlib_module_names:
            continue
        owners = OWNERS.get(library, ())
        if not any(module == owner or module.startswith(f"{owner}.") for owner in owners):
            whose = " and ".join(owners) or "nobody"
            yield f"line {each.line}: {module} imports {library}, which belongs to {whose}"


def _clock_readings(tree: ast.AST, found: list[Import]) -> Iterator[str]:
    meaning = {each.local: each.means for each in found}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, dot, rest = ast.unparse(node).partition(".")
            name = f"{meaning.get(first, '')}{dot}{rest}"
            if name in CLOCKS:
                yield f"line {node.lineno}: {name} reads the clock"


# --- the real files -------------------------------------------------------------------------

FILES = sorted((ROOT / "assetflow").rglob("*.py"))


def module_name(path: Path) -> str:
    """The dotted name of a file of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_only_from_below(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    said = complaints(module_name(path), source, is_package=path.stem == "__init__")
    assert not said, "\n".join(said)


def test_the_checker_reads_the_whole_package() -> None:
    modules = {module_name(path) for path in FILES}
    assert {"assetflow.errors", "assetflow.cli.app", "assetflow.casework.cases"} <= modules


def test_a_floor_names_no_module_twice() -> None:
    assert sum(len(names) for names in FLOORS) == len(FLOOR)


def test_every_owner_of_a_library_stands_on_a_floor() -> None:
    owners = {owner for library in OWNERS.values() for owner in library}
    assert owners <= set(FLOOR)


# --- planted bad imports --------------------------------------------------------------------

PLANTED = {
    "a case imported by a guard": (
        "assetflow.guards",
        "from assetflow.casework import cases",
        "line 1: assetflow.guards imports assetflow.casework.cases, which is on a higher floor",
    ),
    "the database in pure dates": (
        "assetflow.deadlines",
        "from assetflow.database import Store",
        "line 1: assetflow.deadlines imports assetflow.database.Store, which is on a higher floor",
    ),
    "a module taken from the package": (
        "assetflow.workflow",
        "from assetflow import queries",
        "line 1: assetflow.workflow imports assetflow.queries, which is on a higher floor",
    ),
    "a plain import": (
        "assetflow.workflow",
        "import assetflow.queries",
        "line 1: assetflow.workflow imports assetflow.queries, which is on a higher floor",
    ),
    "an import under another name": (
        "assetflow.workflow",
        "import assetflow.queries as q",
        "line 1: assetflow.workflow imports assetflow.queries, which is on a higher floor",
    ),
    "an import inside a function": (
        "assetflow.alerts",
        "def late():\n    from assetflow import queries\n    return queries",
        "line 2: assetflow.alerts imports assetflow.queries, which is on a higher floor",
    ),
    "an import inside a method of a class": (
        "assetflow.alerts",
        "class A:\n    def b(self):\n        import assetflow.queries",
        "line 3: assetflow.alerts imports assetflow.queries, which is on a higher floor",
    ),
    "an import that may fail": (
        "assetflow.alerts",
        "try:\n    import assetflow.queries\nexcept ImportError:\n    pass",
        "line 2: assetflow.alerts imports assetflow.queries, which is on a higher floor",
    ),
    "an import by call": (
        "assetflow.alerts",
        "import importlib\nimportlib.import_module('assetflow.queries')",
        "line 2: assetflow.alerts imports assetflow.queries, which is on a higher floor",
    ),
    "an import from the neighbour by dots": (
        "assetflow.alerts",
        "from . import queries",
        "line 1: assetflow.alerts imports assetflow.queries, which is on a higher floor",
    ),
    "an import from above by dots": (
        "assetflow.letters.book",
        "from ..casework.desk import Desk",
        "line 1: assetflow.letters.book imports assetflow.casework.desk.Desk, "
        "which is on a higher floor",
    ),
    "a neighbour on the same floor": (
        "assetflow.queries",
        "from assetflow import definitions",
        "line 1: assetflow.queries imports assetflow.definitions, which is on the same floor",
    ),
    "a package on the same floor": (
        "assetflow.casework.cases",
        "from assetflow.reports import portfolio",
        "line 1: assetflow.casework.cases imports assetflow.reports.portfolio, "
        "which is on the same floor",
    ),
    "a higher floor for the types alone": (
        "assetflow.guards",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from assetflow.queries import Case",
        "line 3: assetflow.guards imports assetflow.queries.Case, which is on a higher floor",
    ),
    "the other branch of the check for types": (
        "assetflow.queries",
        "import typing\nif typing.TYPE_CHECKING:\n    pass\n"
        "else:\n    from assetflow import definitions",
        "line 5: assetflow.queries imports assetflow.definitions, which is on the same floor",
    ),
    "the command line in casework": (
        "assetflow.casework.desk",
        "from assetflow.cli import output",
        "line 1: assetflow.casework.desk imports assetflow.cli.output, which is on a higher floor",
    ),
    "a module nobody gave a floor": (
        "assetflow.novelty",
        "",
        "assetflow.novelty has no floor: give it one in FLOORS",
    ),
    "an import of a module nobody gave a floor": (
        "assetflow.cli.app",
        "from assetflow.novelty import thing",
        "line 1: assetflow.novelty.thing has no floor",
    ),
    "click below the command line": (
        "assetflow.casework.desk",
        "import click",
        "line 1: assetflow.casework.desk imports click, which belongs to assetflow.cli",
    ),
    "the state machine in casework": (
        "assetflow.casework.cases",
        "from transitions import Machine",
        "line 1: assetflow.casework.cases imports transitions, "
        "which belongs to assetflow.machine",
    ),
    "YAML beside its reader": (
        "assetflow.definitions",
        "import yaml",
        "line 1: assetflow.definitions imports yaml, which belongs to assetflow.yaml_reader",
    ),
    "a template outside the letters": (
        "assetflow.delivery.folder",
        "from jinja2.sandbox import SandboxedEnvironment",
        "line 1: assetflow.delivery.folder imports jinja2, which belongs to assetflow.letters",
    ),
    "Markdown for the types alone": (
        "assetflow.cli.letter",
        "if TYPE_CHECKING:\n    import markdown_it",
        "line 2: assetflow.cli.letter imports markdown_it, which belongs to assetflow.letters",
    ),
    "SQL on the command line": (
        "assetflow.cli.case",
        "def show():\n    from sqlalchemy import select",
        "line 2: assetflow.cli.case imports sqlalchemy, which belongs to "
        "assetflow.backends and assetflow.models and "
        "assetflow.database and assetflow.sql and assetflow.queries and "
        "assetflow.portfolio and assetflow.versions and assetflow.outbox and "
        "assetflow.casework and assetflow.delivery and "
        "assetflow.migrations",
    ),
    "months in a guard": (
        "assetflow.guards",
        "from dateutil.relativedelta import relativedelta",
        "line 1: assetflow.guards imports dateutil, "
        "which belongs to assetflow.deadlines and assetflow.calendars and assetflow.leases",
    ),
    "migrations from casework": (
        "assetflow.casework.homes",
        "import alembic.command",
        "line 1: assetflow.casework.homes imports alembic, "
        "which belongs to assetflow.database and assetflow.migrations",
    ),
    "pydantic in the workflow": (
        "assetflow.workflow",
        "import pydantic as p",
        "line 1: assetflow.workflow imports pydantic, which belongs to assetflow.shape",
    ),
    "colour below the command line": (
        "assetflow.casework.story",
        "from rich.table import Table",
        "line 1: assetflow.casework.story imports rich, which belongs to assetflow.cli",
    ),
    "a library nobody owns": (
        "assetflow.cli.app",
        "import requests",
        "line 1: assetflow.cli.app imports requests, which belongs to nobody",
    ),
    "today in casework": (
        "assetflow.casework.cases",
        "from datetime import date\nday = date.today()",
        "line 2: datetime.date.today reads the clock",
    ),
    "the moment by the whole module": (
        "assetflow.queries",
        "import datetime\nat = datetime.datetime.now(datetime.UTC)",
        "line 2: datetime.datetime.now reads the clock",
    ),
    "the moment under another name": (
        "assetflow.queries",
        "from datetime import datetime as dt\nat = dt.now()",
        "line 2: datetime.datetime.now reads the clock",
    ),
    "a module under another name": (
        "assetflow.queries",
        "import datetime as d\nat = d.datetime.utcnow()",
        "line 2: datetime.datetime.utcnow reads the clock",
    ),
    "the clock handed on without being called": (
        "assetflow.cli.case",
        "from datetime import datetime\ndef f(clock=datetime.now): ...",
        "line 2: datetime.datetime.now reads the clock",
    ),
    "seconds since 1970": (
        "assetflow.delivery.folder",
        "import time\nat = time.time()",
        "line 2: time.time reads the clock",
    ),
    "seconds since 1970 by name": (
        "assetflow.delivery.folder",
        "from time import time\nat = time()",
        "line 2: time.time reads the clock",
    ),
    "the clock of the database": (
        "assetflow.queries",
        "from sqlalchemy import func\nat = func.now()",
        "line 2: sqlalchemy.func.now reads the clock",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("module", "source", "expected"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_bad_import_is_reported(module: str, source: str, expected: str) -> None:
    assert complaints(module, source) == [expected]


def test_every_planted_import_of_one_text_is_reported() -> None:
    source = "import yaml\nfrom assetflow import cli\nimport time\nx = time.time()\n"
    assert complaints("assetflow.workflow", source) == [
        "line 2: assetflow.workflow imports assetflow.cli, which is on a higher floor",
        "line 1: assetflow.workflow imports yaml, which belongs to assetflow.yaml_reader",
        "line 4: time.time reads the clock",
    ]


ALLOWED = {
    "a lower floor": ("assetflow.guards", "from assetflow.deadlines import due"),
    "a lower floor by dots": ("assetflow.guards", "from .deadlines import due"),
    "a module of the same package": (
        "assetflow.letters.book",
        "from assetflow.letters import blocks\nfrom . import contract",
    ),
    "the version in the package itself": (
        "assetflow.cli.main",
        "from assetflow import __version__",
    ),
    "the same floor for the types alone": (
        "assetflow.queries",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from assetflow import definitions",
    ),
    "Python's own libraries": ("assetflow.errors", "import json, tomllib\nfrom _csv import Reader"),
    "the owner of a library": ("assetflow.machine", "from transitions import Machine"),
    "a module of the owner": ("assetflow.letters.blocks", "from markdown_it import MarkdownIt"),
    "the clock where it belongs": (
        "assetflow.cli.app",
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
    ),
    "a time of day": ("assetflow.queries", "from datetime import time\nnoon = time(12)"),
    "a moment that was handed in": (
        "assetflow.casework.cases",
        "def f(desk):\n    return desk.now, desk.today",
    ),
}


@pytest.mark.parametrize(("module", "source"), ALLOWED.values(), ids=ALLOWED.keys())
def test_an_import_that_keeps_the_rules_is_not_reported(module: str, source: str) -> None:
    assert complaints(module, source) == []


def test_dots_in_a_package_count_from_the_package_itself() -> None:
    source = "from .book import LetterBook\nfrom ..errors import Problem\nfrom ..cli import app\n"
    assert complaints("assetflow.letters", source, is_package=True) == [
        "line 3: assetflow.letters imports assetflow.cli.app, which is on a higher floor"
    ]
