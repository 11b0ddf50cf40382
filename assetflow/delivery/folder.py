"""Writes letters as files into the home folder, ready to print, mail or attach.

It runs after the commit that made the letters and may be run again at any time: a letter that has
no files yet gets them, a letter that has them is left alone, and one whose words were erased loses
them.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from assetflow import durable, outbox, queries
from assetflow import models as m
from assetflow.errors import OutsideFault
from assetflow.settings import Settings
from assetflow.sql import Statement

# A counter that says the database file must be written anew, so that no free page holds a word.
REWRITE = "rewrite_file"


_UNFILED = Statement(
    select(m.letters.c.id)
    .where(m.letters.c.filed_at.is_(None))
    .order_by(m.letters.c.id)
    .with_for_update()
)
_REWRITE_ASKED = Statement(select(m.counters.c.value).where(m.counters.c.name == REWRITE))


def write_pending(db: Connection, home: Path, now: datetime) -> list[Path]:
    """Write the files of every letter that has none yet, and note that they are written.

    The files of a letter whose words were erased since are removed.
    """
    written: list[Path] = []
    _lock(db)
    for letter in queries.unfiled_letters(db):
        written += _remove(home, letter) if is_erased(letter) else _write(home, letter)
        db.execute(update(m.letters).where(m.letters.c.id == letter.id).values(filed_at=now))
    _keep(home, "letters-sent", written)
    return written


def write_digests(db: Connection, settings: Settings, now: datetime) -> list[Path]:
    """Write the digests that wait as files, a folder for each day, to be printed or handed on.

    Where letters go by mail, these are the digests of people who have no address.
    """
    written, home = [], settings.home
    by_mail = settings.delivery.channel != "folder"
    for digest in outbox.unfiled_digests(db, without_address=by_mail):
        written.append(_write_digest(home, digest))
        outbox.note_sent(db, digest.id, now)
    _keep(home, "digests", written)
    return written


def _write_digest(home: Path, digest: outbox.Message) -> Path:
    kind, person, day = digest.key.split(":")
    path = home / f"{kind}s" / day / f"{person}-{_slug(digest.name)}.txt"
    to = f"{digest.name} <{digest.address}>" if digest.address else digest.name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.remove_drafts(path)
        durable.write_whole(path, f"To: {to}\nSubject: {digest.subject}\n\n{digest.text}")
    except OSError as error:
        raise OutsideFault(
            f"The case is saved, but the digest for {digest.name} could not be written.",
            reasons=[f"{error.strerror or error}: {path.parent}"],
            remedies=["make room or give access; the next command writes it"],
        ) from error
    return path


def _slug(name: str) -> str:
    """Give a name as a file may be called: plain letters and hyphens."""
    return "-".join(re.findall("[a-z0-9]+", name.casefold()))[:60] or "digest"


def ask_again(db: Connection, home: Path) -> int:
    """Have the letters filed that have no files in this home, as after a restore; count them."""
    lost = [
        letter.number for letter in queries.filed_letters(db)
        if not all(path.is_file() for path in paths(home, letter))
    ]  # fmt: skip
    for number in lost:
        db.execute(update(m.letters).where(m.letters.c.number == number).values(filed_at=None))
    return len(lost)


def _lock(db: Connection) -> None:
    """Wait until nobody else is writing these files; SQLite lets one command write at a time."""
    _UNFILED.rows(db)


def _keep(home: Path, place: str, written: Sequence[Path]) -> None:
    """Make the names of new files certain before the database says that they are there."""
    if not written:
        return
    folders = dict.fromkeys(path.parent for path in written)
    try:
        durable.sync_names([*folders, home / place, home])
    except OSError as error:
        raise OutsideFault(
            "The case is saved, but the files of its letters may not stay on the disk.",
            reasons=[f"{error.strerror or error}: {home / place}"],
            remedies=["check the disk; the next command writes them again"],
        ) from error


def is_erased(letter: Any) -> bool:
    """Tell whether the words of a letter were erased: no letter was ever sent without any."""
    return not letter.text and not letter.html


def remove_erased(db: Connection, home: Path) -> list[Path]:
    """Remove what lies in this home of letters whose words were erased, wherever that was typed.

    Where several homes share a database, each has files of its own.
    """
    removed: list[Path] = []
    for letter in queries.erased_letters(db):
        removed += _remove(home, letter)
    for path in _erased_digests(db, home):
        path.unlink()
        removed.append(path)
    return removed


def lying_erased(db: Connection, home: Path) -> list[Path]:
    """List the files in this home of letters whose words were erased."""
    letters = [path for letter in queries.erased_letters(db) for path in _lying(home, letter)]
    return [*letters, *_erased_digests(db, home)]


def _erased_digests(db: Connection, home: Path) -> list[Path]:
    """List the files of digests whose words were erased; their names hold the person's."""
    return [
        path
        for key in outbox.erased_digests(db)
        for path in (home / "digests" / key.split(":")[2]).glob(f"{key.split(':')[1]}-*.txt*")
    ]


def _lying(home: Path, letter: Any) -> list[Path]:
    """Give the files of a letter that are there, also what a killed command left half written."""
    whole = [path for path in paths(home, letter) if path.is_symlink() or path.exists()]
    return [*whole, *(draft for path in paths(home, letter) for draft in durable.drafts(path))]


def rewrite_is_due(db: Connection) -> bool:
    """Tell whether an erasure asked for the database file to be written anew."""
    asked = _REWRITE_ASKED.first(db)
    return bool(asked and asked.value)


def note_rewritten(db: Connection) -> None:
    """Note that the database file was written anew."""
    t = m.counters
    db.execute(update(t).where(t.c.name == REWRITE).values(value=0))


def _remove(home: Path, letter: Any) -> list[Path]:
    """Remove the files of a letter, and what a killed command left half written."""
    lying = _lying(home, letter)
    try:
        for path in lying:
            path.unlink()
    except OSError as error:
        remedy = "give access to them; the next command removes them"
        raise _saved_but(home, letter, "removed", error, remedy) from error
    return lying


def _saved_but(home: Path, letter: Any, undone: str, error: OSError, remedy: str) -> OutsideFault:
    """Say that the case is saved, and what could not be done with the files of its letter."""
    return OutsideFault(
        f"The case is saved, but the files of letter {letter.number} could not be {undone}.",
        reasons=[f"{error.strerror or error}: {paths(home, letter)[0].parent}"],
        remedies=[remedy],
    )


def paths(home: Path, letter: Any) -> tuple[Path, Path]:
    """Give where the text and HTML of a letter lie; names come from references alone."""
    folder = home / "letters-sent" / letter.reference
    stem = f"{letter.number:05d}-{letter.name}"
    return folder / f"{stem}.txt", folder / f"{stem}.html"


def _write(home: Path, letter: Any) -> Sequence[Path]:
    targets = paths(home, letter)
    try:
        targets[0].parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, content in zip(targets, (_head(letter) + letter.text, letter.html), strict=True):
            _check_free(path, content)
            durable.remove_drafts(path)
            durable.write_whole(path, content)
    except OSError as error:
        taken = isinstance(error, FileExistsError)
        way = "move that file away" if taken else "make room or give access"
        remedy = f"{way}; the next command writes the letter"
        raise _saved_but(home, letter, "written", error, remedy) from error
    return targets


def _check_free(path: Path, content: str) -> None:
    """Refuse to write over a file that says something else: a letter once sent never changes."""
    if path.exists() and path.read_text(encoding="utf-8") != content:
        raise FileExistsError(17, f"another letter lies at {path.name} already")


def _head(letter: Any) -> str:
    to = (
        f"{letter.recipient_name} <{letter.recipient_email}>"
        if letter.recipient_email
        else letter.recipient_name
    )
    return f"To: {to}\nSubject: {letter.subject}\n\n"
