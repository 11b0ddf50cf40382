"""Files that stay, whole and with their names, should the power fail the next moment."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, whatever happens meanwhile.

    The draft has a name of its own: two processes that shared one could put the other's unfinished
    draft in place. The file's name is certain only after ``sync_names``.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL
    with os.fdopen(os.open(draft, flags, 0o640), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def drafts(path: Path) -> list[Path]:
    """List the drafts of a file that processes left which did not come to an end."""
    return sorted(path.parent.glob(f"{path.name}.*.part"))


def remove_drafts(path: Path) -> None:
    """Take away what ``drafts`` lists."""
    for draft in drafts(path):
        draft.unlink(missing_ok=True)


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
