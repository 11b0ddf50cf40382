"""A folder in memory for what the tests make, where the machine has one with room for it.

Half of a run went by in waiting for the disk, which proves nothing: whether and when a command
syncs is seen in its calls (``watched``). Tests marked ``on_disk`` stay on the disk, for there
people who save at the same moment get into each other's way as they do in an office.
"""

import shutil
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 - what is made in it is private
ROOM = 4 * 1024**3


def folder() -> str | None:
    """Give the folder, or None where what the tests make lies where everything else does."""
    there = SHARED.is_dir() and shutil.disk_usage(SHARED).free >= ROOM
    return str(SHARED) if there else None
