"""Every database that an earlier version has filled is upgraded whole, on both databases.

The dumps in ``fixtures`` hold the demonstration as the version of that revision left it. A new
revision of the schema adds one: the dump of the revision before it.
"""

import gzip
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from conftest import Terminal, admin
from sqlalchemy import inspect, text

from assetflow.database import HEAD, Store

FIXTURES = Path(__file__).parent / "fixtures"
LATER = date(2028, 1, 4)  # after everything that the demonstration tells
OLDER = [f"{number:04d}" for number in range(1, int(HEAD))]


@pytest.fixture
def old(
    database: str, revision: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Terminal]:
    """A home whose database an earlier version has filled."""
    dump = gzip.decompress((FIXTURES / f"revision_{revision}.{database}.sql.gz").read_bytes())
    home = tmp_path / "home"
    home.mkdir()
    settings = '[council]\nname = "Sefton Council"\n[assetflow]\nacting_as = "sam.taylor"\n'
    (home / "assetflow.toml").write_text(settings)
    if database == "sqlite":
        connection = sqlite3.connect(home / "assetflow.db")
        connection.executescript(dump.decode())
        connection.close()
        yield Terminal(home)
        return
    server = request.getfixturevalue("postgresql")
    name = f"old_{secrets.token_hex(6)}"
    admin(server, f"CREATE DATABASE {name}")
    with psycopg.connect(f"{server}/{name}".replace("+psycopg", "")) as filling:
        filling.execute(dump)
    yield Terminal(home, database_url=f"{server}/{name}")
    admin(server, f"DROP DATABASE {name} WITH (FORCE)")


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table, column by column of the names it has today."""
    with store.read() as db:
        return {
            name: sorted(tuple(row) for row in db.execute(text(f'SELECT * FROM "{name}"')))
            for name in inspect(db).get_table_names()
            if name != "alembic_version"
        }


@pytest.mark.parametrize("revision", OLDER)
def test_a_database_of_every_earlier_version_is_upgraded_with_every_row(
    old: Terminal, revision: str
) -> None:
    assert f"older version ({revision}" in old("case", "list", code=5).err
    before = {name: len(rows) for name, rows in contents(old.store).items()}
    assert before["journal"] > 20
    told = old("db", "upgrade").out
    (backup,) = (old.home / "backups").iterdir()
    assert str(backup) in told
    after = {name: len(rows) for name, rows in contents(old.store).items()}
    assert before.items() <= after.items()
    records = before["journal"] + before.get("council_journal", 0)
    assert f"{records} records of" in old("db", "verify").out


@pytest.mark.parametrize("revision", OLDER)
def test_work_goes_on_in_an_upgraded_database(old: Terminal, revision: str) -> None:
    old("db", "upgrade")
    listed = old("case", "list", "--all", "--json").json
    open_ones = [case["reference"] for case in listed if not case["closed_on"]]
    assert open_ones
    for reference in open_ones:
        old("case", "note", reference, "Work goes on.", on=LATER)
        old("case", "next", reference, on=LATER)
    old("db", "verify")
