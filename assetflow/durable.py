"""Files that stay, whole and with their names, should the power fail the next moment."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, whatever happens meanwhile.

    Its name is certain only after ``sync_names``.
    """
    partial = path.with_name(path.name + ".part")
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(partial, flags, 0o640), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def sync(path: Path) -> None:
    """Wait until what a file says is on the disk."""
    _sync(path, os.O_RDWR)


def sync_names(folders: Iterable[Path]) -> None:
    """Wait until the names of the files in folders are on the disk; syncing a file is not enough.

    Windows keeps names without being asked, and lets nobody open a folder.
    """
    if os.name == "nt":
        return
    for folder in dict.fromkeys(folders):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
