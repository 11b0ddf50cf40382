"""Writes letters as files into the home folder, ready to print, mail or attach.

It runs after the commit that made the letters and may be run again at any time: a letter that has
no files yet gets them, a letter that has them is left alone.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from assetflow import models as m
from assetflow import queries
from assetflow.errors import OutsideFault


def write_pending(db: Connection, home: Path, now: datetime) -> list[Path]:
    """Write the files of every letter that has none yet, and note that they are written."""
    written: list[Path] = []
    for letter in queries.unfiled_letters(db):
        written += _write(home, letter)
        db.execute(update(m.letters).where(m.letters.c.id == letter.id).values(filed_at=now))
    return written


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
            _write_whole(path, content)
    except OSError as error:
        raise OutsideFault(
            f"The case is saved, but the files of letter {letter.number} could not be written.",
            reasons=[f"{error.strerror or error}: {targets[0].parent}"],
            remedies=["make room or give access; the next command writes them"],
        ) from error
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


def _write_whole(path: Path, content: str) -> None:
    """Write a file so that it is there whole or not at all, whatever happens meanwhile."""
    partial = path.with_name(path.name + ".part")
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(partial, flags, 0o640), "w", encoding="utf-8", newline="\n") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
