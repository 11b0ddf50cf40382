"""Making a home: its folders, settings, database and first officer."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from assetflow import durable, queries, workflow_schema
from assetflow import settings as settings_module
from assetflow.casework import backups, people, recounting, restoring, routes
from assetflow.casework.desk import Desk
from assetflow.database import Store
from assetflow.errors import AssetflowError, BadInput, Refused
from assetflow.facts import counted
from assetflow.files import fault_of
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
    fresh, done = _is_fresh(home), list[str]()
    acting = _check_before(home, details, environment, now, backup) if fresh else None
    made = _write_folders(home, details, acting.handle if acting else None) if fresh else []
    try:
        settings = settings_module.load(home, environment)
        if fresh:
            done.append(f"settings: {home / FILE_NAME}")
        if backup is not None:
            done += _restored(settings, backup, now)
        _check_nothing_lost(settings)
    except AssetflowError:
        _unmake(made)
        raise
    _write_schema(home)
    done.append(_upgrade(settings, now))
    with Store(settings.database_url).write() as db:
        desk = Desk(db, settings, settings.acting_as, today, today, now)
        route = routes.version_in_force(desk, settings.workflow).workflow
        done.append(f"route: {route.label}, version {route.version}")
        if not recounting.noted(desk, now_in_force := recounting.in_force(settings)):
            recounting.note(desk, now_in_force)
        # Where the first run was cut off, the next one goes on from there.
        if details.officer and not queries.people(db):
            done.append(_first_officer(desk, details))
        elif acting is not None:
            done.append(f"you: {acting.name}, {acting.handle} for short, as on record")
    return Made(tuple(done), _next_steps(settings))


def _check_before(
    home: Path, details: NewHome, environment: Mapping[str, str], now: datetime, backup: Path | None
) -> queries.AnyRow | None:
    """Refuse before anything is made, and give whoever is known already as the officer named."""
    _check_texts(details)
    url = (
        environment.get("ASSETFLOW_DATABASE_URL")
        or f"sqlite:///{(home / 'assetflow.db').resolve().as_posix()}"
    )
    place = Settings(home=home, database_url=url)
    known = restoring.check(place, backup, now) if backup else restoring.people_there(place)
    if not (known and details.officer):
        return None
    typed = details.officer.strip().casefold()
    here = [row for row in known if row.left_on is None]
    found = [row for row in here if typed in (row.name.casefold(), row.handle)]
    if len(found) == 1:
        return found[0]
    raise Refused(
        "The home was not made.",
        reasons=[f"Several people on record are called {details.officer}." if found
                 else f"{details.officer} is not among the people on record."],
        remedies=["name one of them with --officer, by the short name: "
                  + ", ".join(sorted(row.handle for row in found or here)[:20])],
    )  # fmt: skip


def _restored(settings: Settings, backup: Path, now: datetime) -> list[str]:
    found = restoring.restore(settings, backup, now)
    done = [f"database: restored from {backup}, {counted(found.records, 'record')} verified"]
    if found.letters:
        done.append(f"letters filed again: {found.letters} ({settings.home / 'letters-sent'})")
    return done


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


def _cannot_make(home: Path, error: OSError) -> AssetflowError:
    reason = error.strerror or str(error)
    return fault_of(error)(
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
    route = routes.version_in_force(desk, desk.settings.workflow).workflow
    particulars = {name: getattr(details, name) for name in ("job_title", "email", "phone")}
    new = people.NewPerson(
        details.officer, ["estates_officer"], handle=_handle(details.officer),
        particulars=particulars,
    )  # fmt: skip
    person = people.add_person(desk, new, route)
    return (
        f"you: {person.name}, {person.handle} for short, an estates officer, administrator and "
        "information governance officer"
    )


def _handle(name: str) -> str:
    return (people.handle_for(name) or "officer") if name.strip() else ""


def _write_folders(home: Path, details: NewHome, acting_as: str | None) -> list[Path]:
    """Make the folders and settings of a home, and give what was not there before."""
    folders = [home / name for name in FOLDERS]
    places = [*reversed(home.parents), home, *folders, home / FILE_NAME]
    made: list[Path] = []
    try:
        made = [path for path in places if not path.exists()]
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in folders:
            folder.mkdir(mode=0o700, exist_ok=True)
        durable.write_whole(home / FILE_NAME, _settings_text(details, acting_as))
        durable.sync_names([home, home.parent])
    except OSError as error:
        _unmake(made)
        raise _cannot_make(home, error) from error
    return made


def _unmake(made: Sequence[Path]) -> None:
    """Take away what was made, as far as nothing else lies in it by now."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.unlink() if path.name == FILE_NAME else path.rmdir()


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


def _settings_text(details: NewHome, acting_as: str | None) -> str:
    # A JSON string is a TOML string: quotes and backslashes are escaped the same way.
    council = {
        "name": details.council or "Your Council",
        "address": details.council_address,
        "phone": details.council_phone,
        "email": details.council_email,
        "website": details.council_website,
    }
    acting_as = _handle(details.officer) if acting_as is None else acting_as
    main = {"calendar": details.calendar, "acting_as": acting_as}
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
        'assetflow person add "NAME" --role signatory --department legal --authority "DECISION"',
        "assetflow case open --asset ASSET --group GROUP --received DATE",
    )
