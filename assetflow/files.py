"""Files that a person named: read never without end or waiting for anybody, and never written over.

What is wrong with the name itself is the person's to put right (``BadInput``); what the disk or its
owner refuses is a fault outside (``OutsideFault``).
"""

import errno
import os
import stat
from pathlib import Path

from assetflow.errors import BadInput, OutsideFault

# Nothing of that name is there, or nothing can be: another name helps, another disk does not.
_OF_THE_NAME = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}
)
# A pipe that nobody writes to would keep a plain open waiting for ever.
_AT_ONCE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_at_most(path: Path, limit: int) -> bytes:
    """Give the file's bytes, and one byte more than ``limit`` where it is longer than that.

    Raises ``OSError`` where it cannot be read, and where it is a pipe or a device: these have no
    end of their own.
    """
    with os.fdopen(os.open(path, _AT_ONCE), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "Not an ordinary file")
        return file.read(limit + 1)


def fault_of(error: OSError) -> type[BadInput] | type[OutsideFault]:
    """Tell whose fault it is that a file or folder cannot be used: the name's, or the disk's."""
    return BadInput if error.errno in _OF_THE_NAME else OutsideFault


def check_new(path: Path) -> None:
    """Refuse the name of a new file where something lies already, or where its folder is not."""
    if path.exists() or path.is_symlink():  # a link that leads nowhere is somebody's, too
        raise BadInput(
            f"{path} exists already; nothing was overwritten.",
            remedies=["name a file that is not there yet"],
        )
    if not path.parent.is_dir():
        raise BadInput(
            f"{path} cannot be made.",
            reasons=[f"There is no folder {path.parent}."],
            remedies=["make that folder first, or name another one"],
        )
