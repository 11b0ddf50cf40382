"""Typing anything at all, and holding what always holds of it."""

import time
from pathlib import Path

from conftest import Result, Terminal

# Done, refused by a rule, bad input, not found.
EXPECTED = {0, 1, 2, 6}
# Seconds of work, which a busy machine does not lengthen, and seconds of waiting for it.
WORK, PATIENCE = 2, 30


def stored(home: Path) -> bytes:
    """Give the database as it lies on the disk."""
    paths = sorted(home.glob("assetflow.db*"))
    return b"".join(path.read_bytes() for path in paths if not path.name.endswith("-shm"))


def attempt(
    af: Terminal,
    *words: str,
    expected: frozenset[int] = frozenset(EXPECTED),
    tells: bool = False,
    writes: bool = False,
    work: int = WORK,
) -> Result:
    """Type anything at all: an answer in time, or a reason on standard error and no row changed.

    What ``tells`` how things stand may do so on standard output and have no reason to add; what
    ``writes`` files may find no room for them.
    """
    before, began, worked = stored(af.home), time.monotonic(), time.process_time()
    result = af(*words, code=None)
    assert time.process_time() - worked < work, words
    assert time.monotonic() - began < max(PATIENCE, 2 * work), words
    assert result.code in expected | ({4} if writes else set()), (words, result)
    assert not (af.home / "incidents.log").exists(), words
    if result.code:
        assert result.out == "" or tells, words
        assert result.err or tells, words
        assert stored(af.home) == before, words
    return result
