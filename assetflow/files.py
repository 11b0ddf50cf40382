"""Reading a file that a person named: never without end, and never waiting for anybody."""

import os
import stat
from pathlib import Path

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
