"""The doctor: looks at everything an installation stands on, and changes nothing."""

import email.policy
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from assetflow import data_files, definitions, queries
from assetflow.casework.desk import Desk
from assetflow.database import SAFE_WAL, Store, pragmas
from assetflow.errors import AssetflowError
from assetflow.settings import Settings
from assetflow.workflow import CASE_ROLES, Workflow

_READ_BACK = {"journal_mode": str.lower, "synchronous": str, "foreign_keys": str}
_NUMBERS = {"FULL": "2", "EXTRA": "3", "ON": "1", "OFF": "0"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looked at: ok, a warning, or an error with what to do."""

    level: Literal["ok", "warning", "error"]
    sentence: str
    remedy: str = ""


def examine(settings: Settings, today: date, now: datetime) -> list[Check]:
    """Look at the machine, the database, the routes, the letters and the people."""
    found = [*_machine(), *_calendar(settings, today)]
    store = Store(settings.database_url)
    try:
        store.check_revision()
        with store.read() as db:
            desk = Desk(db, settings, settings.acting_as, today, today, now)
            found += [*_database(db), *_policy(desk), *_people(desk), *_cases(desk)]
    except AssetflowError as error:
        found.append(Check("error", error.what, "; ".join(error.remedies)))
    return found


def _machine() -> Iterator[Check]:
    yield Check("ok", f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    if not hasattr(email.policy.default, "verify_generated_headers"):
        yield Check(
            "warning", "This Python can be made to add mail headers (CVE-2024-6923).",
            "install a newer Python before sending letters by email",
        )  # fmt: skip
    if sqlite3.sqlite_version_info < SAFE_WAL:
        yield Check(
            "ok", "SQLite is older than 3.51.3: the rollback journal is used, which is safe."
        )


def _calendar(settings: Settings, today: date) -> Iterator[Check]:
    calendar = data_files.calendar(settings)
    if today + timedelta(days=365) > calendar.official_until:
        yield Check(
            "warning", f"Published bank holidays end on {calendar.official_until}; later dates are "
            "provisional.", "install a newer assetflow",
        )  # fmt: skip
    else:
        yield Check("ok", f"Bank holidays ({calendar.division}) until {calendar.official_until}")


def _database(db: Connection) -> Iterator[Check]:
    damage = list(db.execute(text("PRAGMA quick_check")).scalars())
    broken = db.execute(text("PRAGMA foreign_key_check")).all()
    if damage != ["ok"] or broken:
        yield Check("error", "The database is damaged.", "restore the last backup")
    wrong = [
        n for n, wanted in pragmas().items() if n in _READ_BACK and not _as_wanted(db, n, wanted)
    ]
    if wrong:
        yield Check("error", f"The database is not opened safely: {', '.join(wrong)}.")
    if damage == ["ok"] and not broken and not wrong:
        yield Check("ok", "The database is whole and opened with the safe settings.")


def _as_wanted(db: Connection, name: str, wanted: str) -> bool:
    value = str(db.execute(text(f"PRAGMA {name}")).scalar()).lower()
    return value in (wanted.lower(), _NUMBERS.get(wanted, wanted))


def _policy(desk: Desk) -> Iterator[Check]:
    problems = desk.letters.problems()
    for problem in problems:
        yield Check("error", f"Letter: {problem}")
    if not problems:
        yield Check("ok", f"{len(desk.letters.names())} letters are sound.")
    for path in definitions.available(desk.settings):
        try:
            route = definitions.load(path, desk.surroundings())
            yield Check("ok", f"The route {route.name} version {route.version} is sound.")
        except AssetflowError as error:
            yield Check("error", str(error), f"assetflow workflow check {path}")


def _people(desk: Desk) -> Iterator[Check]:
    everyone = list(queries.people(desk.db).values())
    route = _route(desk)
    if route is None:
        return
    for department in route.departments:
        if not queries.with_role(everyone, "signatory", desk.on, department):
            yield Check(
                "warning", f"Nobody can sign for {route.department_label(department)}.",
                f'assetflow person add "NAME" --role signatory --department {department}',
            )  # fmt: skip
    told = {role for rung in route.ladder.values() for role in rung.to} - set(CASE_ROLES)
    for role in sorted(told):
        if not queries.with_role(everyone, role, desk.on):
            yield Check(
                "warning", f"The ladder tells {route.role_label(role)}; nobody is recorded as one.",
                f'assetflow person add "NAME" --role {role}',
            )  # fmt: skip


def _route(desk: Desk) -> Workflow | None:
    try:
        path = definitions.find(desk.settings, desk.settings.workflow)
        return definitions.load(path, desk.surroundings())
    except AssetflowError:
        return None  # said already by _policy


def _cases(desk: Desk) -> Iterator[Check]:
    unfiled = queries.unfiled_letters(desk.db)
    if unfiled:
        yield Check(
            "warning", f"{len(unfiled)} letters are not written as files yet.",
            "the next command that changes something writes them",
        )  # fmt: skip
    cases = queries.load_cases(desk.db, queries.open_case_ids(desk.db))
    for case in cases:
        if case.snapshot.stage not in case.workflow.stages:
            yield Check("error", f"{case.reference} is in a stage its route does not have.")
    yield Check("ok", f"{len(cases)} open cases.")
