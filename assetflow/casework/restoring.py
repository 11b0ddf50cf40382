"""The way back from a backup: into an empty place, once it has proved to be whole and ours."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from assetflow import durable, queries
from assetflow import models as m
from assetflow.casework.backups import Backup, opened, read_out, run, verified
from assetflow.database import HEAD, Store
from assetflow.delivery import folder
from assetflow.errors import BadInput, OutsideFault, Refused, WrongSchema
from assetflow.files import read_at_most
from assetflow.settings import Settings

# What the files begin with that ``db backup`` makes: of SQLite, and of PostgreSQL.
SQLITE, DUMP = b"SQLite format 3\0", b"PGDMP"
NAME_ONE = "name a file that was made by: assetflow db backup FILE"


def check(settings: Settings, source: Path, now: datetime) -> list[queries.AnyRow]:
    """Refuse what is no backup of ours before a home is made for it, and give its people."""
    store = Store(settings.database_url)
    _check_place(store)
    if store.file is not None:
        _checked(settings, source, now)
        return _people(opened(source))
    _check_kind(source, DUMP)
    with read_out(store, source) as read:
        return _people(read)


def people_there(settings: Settings) -> list[queries.AnyRow]:
    """Give the people of a database that another home uses already; none where there is none."""
    store = Store(settings.database_url)
    return _people(store) if store.revision() == HEAD else []


def _people(store: Store) -> list[queries.AnyRow]:
    with store.read() as db:
        return list(db.execute(select(m.people.c.name, m.people.c.handle, m.people.c.left_on)))


def restore(settings: Settings, source: Path, now: datetime) -> Backup:
    """Put a backup into a place where there is no database yet, and verify it there.

    The letters that have no files in this home are filed again.
    """
    store = Store(settings.database_url)
    _check_place(store)
    if store.file is None:
        found = _undump(settings, store, source, now)
    else:
        found = _checked(settings, source, now)
        _put(store, store.file, source)
    return replace(found, letters=_file_again(settings, store, now))


def _check_place(store: Store) -> None:
    """Refuse to go over a database, or to put one beside what belongs to another."""
    if store.file is None:
        if store.revision() is not None:
            raise Refused(
                "There are tables of assetflow in that database; nothing was overwritten.",
                remedies=["make an empty database, and name it in database_url"],
            )
        return
    if store.file.exists() and store.revision() is not None:
        raise Refused(
            f"There is a database already: {store.file}; nothing was overwritten.",
            remedies=["restore into an empty home, or move the old file away first"],
        )
    # SQLite would play the unfinished change of another database into this one.
    beside = [store.file.with_name(store.file.name + end) for end in ("-journal", "-wal", "-shm")]
    left = [path for path in beside if path.exists()]
    if left:
        raise Refused(
            "The backup was not restored.",
            reasons=[f"{path} was left by the database that lay here before." for path in left],
            remedies=["move it to where that database is now, then try again"],
        )


def _put(store: Store, target: Path, source: Path) -> None:
    store.backend.prepare()
    partial = target.with_name(target.name + ".restoring")
    try:
        shutil.copyfile(source, partial)
        partial.chmod(0o600)
        durable.sync(partial)
        partial.replace(target)
        durable.sync_names([target.parent])
    except OSError as error:
        raise OutsideFault(
            f"{target} cannot be written.", reasons=[error.strerror or str(error)]
        ) from error


def _file_again(settings: Settings, store: Store, now: datetime) -> int:
    """File the letters that have no files here, as in a home that is new; give how many."""
    with store.write() as db:
        count = folder.ask_again(db, settings.home)
    try:
        with store.write() as db:
            folder.write_pending(db, settings.home, now)
    except OutsideFault as error:
        raise OutsideFault(
            "The database is restored, but not all of its letters were filed.",
            reasons=error.reasons, remedies=error.remedies,
        ) from error  # fmt: skip
    return count


def _checked(settings: Settings, path: Path, now: datetime) -> Backup:
    """Open a backup as a database of ours, and verify every chain in it."""
    _check_kind(path, SQLITE)
    copy = opened(path)
    try:
        _check_is_ours(path, copy.revision())
        return verified(settings, copy, path, now)
    except OutsideFault as error:
        raise BadInput(
            f"{path} is no backup that can be used.",
            reasons=["The file is damaged, or not the whole of it is here."],
            remedies=["copy it again from where it is kept, or use another backup"],
        ) from error


def _check_is_ours(path: Path, revision: str | None) -> None:
    if revision is None:
        raise BadInput(
            f"{path} is no backup of assetflow.",
            reasons=["It is a database of something else, or an empty one."], remedies=[NAME_ONE],
        )  # fmt: skip
    if revision != HEAD:
        made = "an older" if revision < HEAD else "a newer"
        remedy = "restore it with the assetflow that made it"
        raise WrongSchema(
            f"{path} was made by {made} assetflow ({revision}; this is {HEAD}).",
            remedies=[f"{remedy}; then, with this one: assetflow db upgrade"
                      if revision < HEAD else remedy],
        )  # fmt: skip


def _check_kind(path: Path, wanted: bytes) -> None:
    """Refuse a file that is not what ``db backup`` makes, by how it begins."""
    if not path.is_file():
        raise BadInput(f"There is no backup {path}.", remedies=[NAME_ONE])
    try:
        begin = read_at_most(path, len(SQLITE))[: len(SQLITE)]
    except OSError as error:
        raise BadInput(
            f"The backup {path} cannot be read.", reasons=[f"{error.strerror or error}."],
            remedies=["have whoever owns the file let you read it"],
        ) from error  # fmt: skip
    if not begin.startswith(wanted):
        raise BadInput(
            f"{path} is no backup that can be restored here.",
            reasons=[_instead(begin)], remedies=[NAME_ONE],
        )  # fmt: skip


def _instead(begin: bytes) -> str:
    if not begin:
        return "The file is empty."
    if begin == SQLITE:
        return "It is a backup of an SQLite database, and database_url names a PostgreSQL one."
    if begin.startswith(DUMP):
        return "It is a dump of a PostgreSQL database, and the database here is to be SQLite."
    return "It is no database, nor a dump of one."


def _undump(settings: Settings, store: Store, source: Path, now: datetime) -> Backup:
    _check_kind(source, DUMP)
    listed = run("pg_restore", store, "--list", str(source), connect=False)
    if not {"alembic_version", "journal"} <= set(listed.split()):
        _check_is_ours(source, None)
    run("pg_restore", store, "--single-transaction", "--no-owner", str(source))
    store.check_revision()
    return verified(settings, store, source, now)
