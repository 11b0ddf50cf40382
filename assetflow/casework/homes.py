"""Making a home: its folders, settings, database and first officer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assetflow import durable, queries, workflow_schema
from assetflow import settings as settings_module
from assetflow.casework import backups, people, routes
from assetflow.casework.desk import Desk
from assetflow.database import Store
from assetflow.errors import BadInput, OutsideFault, Refused
from assetflow.settings import FILE_NAME, Settings

FOLDERS = ("workflows", "letters", "data", "letters-sent")


@dataclass(frozen=True, slots=True)
class NewHome:
    """What is known of a council and its first officer when a home is made."""

    calendar: str
    officer: str
    council: str = ""
    council_phone: str = ""
    council_email: str = ""
    council_address: str = ""
    council_website: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What making a home did, and what its owner does next."""

    done: tuple[str, ...]
    next_steps: tuple[str, ...]


def make(
    home: Path,
    details: NewHome,
    environment: Mapping[str, str],
    now: datetime,
    today: date,
    backup: Path | None = None,
) -> Made:
    """Make a home folder, or bring the database of an existing one up to date."""
    fresh = _is_fresh(home)
    if backup is not None and not backup.is_file():
        raise BadInput(f"There is no backup {backup}.")
    done = []
    if fresh:
        _check_texts(details)
        if backup is not None:
            url = environment.get("ASSETFLOW_DATABASE_URL") or "sqlite:///assetflow.db"
            backups.check(Settings(home=home, database_url=url), backup, now)
        _write_folders(home, details)
        done.append(f"settings: {home / FILE_NAME}")
    _write_schema(home)
    settings = settings_module.load(home, environment)
    if backup is not None:
        found = backups.restore(settings, backup, now)
        done.append(f"database: restored from {backup}, {found.records} records verified")
    _check_nothing_lost(settings)
    done.append(_upgrade(settings, now))
    with Store(settings.database_url).write() as db:
        desk = Desk(db, settings, settings.acting_as, today, today, now)
        _, route = routes.version_in_force(desk, settings.workflow)
        done.append(f"route: {route.label}, version {route.version}")
        # Where the first run was cut off, the next one goes on from there.
        if details.officer and (fresh or not queries.people(db)):
            done.append(_first_officer(desk, details))
    return Made(tuple(done), _next_steps(settings))


def _check_nothing_lost(settings: Settings) -> None:
    """Refuse to begin anew over the letters of a database that is gone: numbers would repeat."""
    letters = settings.home / "letters-sent"
    if (
        letters.is_dir()
        and any(letters.iterdir())
        and Store(settings.database_url).revision() is None
    ):
        raise Refused(
            f"The database is gone, and letters it sent lie in {letters}.",
            remedies=[
                "restore the last backup: assetflow db restore FILE",
                "or begin in another home: assetflow --home OTHER init",
            ],
        )


def _is_fresh(home: Path) -> bool:
    try:
        return not (home / FILE_NAME).exists()
    except OSError as error:
        raise _cannot_make(home, error) from error


def _cannot_make(home: Path, error: OSError) -> OutsideFault:
    reason = error.strerror or str(error)
    return OutsideFault(
        f"The home {str(home)[:200]} cannot be made.", reasons=[reason],
        remedies=["choose another place: assetflow --home DIR init"],
    )  # fmt: skip


def _upgrade(settings: Settings, now: datetime) -> str:
    before = Store(settings.database_url).revision()
    made = backups.upgrade(settings, now)
    if made is not None:
        return f"database: upgraded; its backup is {made.path}"
    return f"database: {'made' if before is None else 'as it was'}"


def _first_officer(desk: Desk, details: NewHome) -> str:
    _, route = routes.version_in_force(desk, desk.settings.workflow)
    particulars = {name: getattr(details, name) for name in ("job_title", "email", "phone")}
    new = people.NewPerson(
        details.officer, ["estates_officer"], handle=_handle(details.officer),
        authority="the setting up of assetflow", particulars=particulars,
    )  # fmt: skip
    person = people.add_person(desk, new, route)
    return (
        f"you: {person.name}, {person.handle} for short, an estates officer, administrator and "
        "information governance officer"
    )


def _handle(name: str) -> str:
    return (people.handle_for(name) or "officer") if name.strip() else ""


def _write_folders(home: Path, details: NewHome) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (home / name).mkdir(mode=0o700, exist_ok=True)
        durable.write_whole(home / FILE_NAME, _settings_text(details))
        durable.sync_names([home, home.parent])
    except OSError as error:
        raise _cannot_make(home, error) from error


def _write_schema(home: Path) -> None:
    """Lay down what editors know workflow files by; it is that of this version of assetflow."""
    path, text = home / workflow_schema.FILE_NAME, workflow_schema.text()
    try:
        if not path.is_file() or path.read_bytes() != text.encode():
            durable.write_whole(path, text)
            durable.sync_names([home])
    except OSError as error:
        raise _cannot_make(home, error) from error


def _check_texts(details: NewHome) -> None:
    texts = {name: getattr(details, name) for name in NewHome.__dataclass_fields__}
    bad = [name for name, text in texts.items() if any(ord(c) < 32 or ord(c) == 127 for c in text)]
    reasons = [f"{name} contains control characters" for name in bad]
    if details.officer:
        person = {"name": details.officer.strip(), "job title": details.job_title,
                  "phone": details.phone, "email": details.email.strip()}  # fmt: skip
        reasons += people.problems_with_person(person, _handle(details.officer) or "officer")
    if reasons:
        raise BadInput("The home was not made.", reasons=reasons)


def _settings_text(details: NewHome) -> str:
    # A JSON string is a TOML string: quotes and backslashes are escaped the same way.
    council = {
        "name": details.council or "Your Council",
        "address": details.council_address,
        "phone": details.council_phone,
        "email": details.council_email,
        "website": details.council_website,
    }
    main = {"calendar": details.calendar, "acting_as": _handle(details.officer)}
    lines = ["# The settings of this assetflow home.", "", "[council]"]
    lines += [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in council.items()]
    lines += ["", "[assetflow]", "# acting_as: who you are when --as is not given"]
    lines += [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in main.items()]
    return "\n".join([*lines, ""])


def _next_steps(settings: Settings) -> tuple[str, ...]:
    steps = []
    if not settings.acting_as:
        steps.append('assetflow person add "YOUR NAME" --role estates_officer')
        steps.append(f"set acting_as in {settings.home / FILE_NAME}")
    return (
        *steps,
        "assetflow asset import FILE.csv     your published asset register",
        'assetflow person add "NAME" --role signatory --department legal',
        "assetflow case open --asset ASSET --group GROUP --received DATE",
    )
