"""A disk whose power fails: what is left of a recorded run of changes when it is cut off somewhere.

The model, which is stricter than most disks and file systems and never kinder than these rules:

- What a process wrote to a file is there for certain once the file was synced after it.
- Of what was not synced, any part may be there: each write is torn at the 512-byte sectors of the
  file, and each piece reaches the disk or not by itself, in whatever order; so does a truncation.
- A name (a file made, renamed or unlinked, a folder made) is there for certain once its folder was
  synced. Of the names of one folder that were not synced, some first ones reached the disk and the
  others did not: file systems keep their order, as ext4, XFS, NTFS and APFS do.
- Syncing a file does not sync its name.
- A sector is written whole or not at all, and what was synced is never damaged later. A disk that
  only says that it has synced can lose anything; no setting helps there.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from watched import Call

SECTOR = 512


@dataclass(slots=True)
class _File:
    """A file apart from its name: what is certain, and what was changed since."""

    certain: bytes = b""
    changes: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        self.certain, self.changes = self.after(lambda: True), []

    def after(self, reaches: Callable[[], bool]) -> bytes:
        """Give the content with those pieces of the changes that reach the disk."""
        found = bytearray(self.certain)
        for change in self.changes:
            for start, piece in _pieces(change):
                if not reaches():
                    continue
                if change.kind == "truncate":
                    del found[start:]
                found.extend(bytes(max(0, start - len(found))))
                found[start : start + len(piece)] = piece
        return bytes(found)


class Luck:
    """Whether a piece reaches the disk: none, all, half, or some share of them."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.share = draw.choice((0.0, 1.0, 0.5, draw.random()))

    def __call__(self) -> bool:
        return self.draw.random() < self.share


def _pieces(change: Call) -> Iterator[tuple[int, bytes]]:
    if change.kind == "truncate":
        yield change.offset, b""
        return
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, change.data[start - change.offset : stop - change.offset]
        start = stop


# A name that appears (with its file, or a folder with none) or goes away; a renaming is both.
_Step = tuple[tuple[str, "_File | None", bool], ...]


class Disk:
    """The files under one folder, as the process sees them and as they would be after a cut."""

    def __init__(self, root: Path) -> None:
        self.seen: dict[str, _File | None] = {str(root): None}
        for path in root.rglob("*"):
            self.seen[str(path)] = None if path.is_dir() else _File(path.read_bytes())
        self.certain = dict(self.seen)
        self.steps: dict[str, list[_Step]] = defaultdict(list)

    def apply(self, call: Call) -> None:
        """Take in the next change of the recording."""
        if call.kind == "sync":
            self._sync(call.path)
        elif call.kind in ("write", "truncate"):
            self._file(call.path).changes.append(call)
        elif call.kind == "create":
            if call.path in self.seen:
                self._file(call.path).changes.append(Call("truncate", call.path))
            else:
                self._name(call.path, ((call.path, _File(), True),))
        elif call.kind == "mkdir":
            self._name(call.path, ((call.path, None, True),))
        elif call.kind == "unlink":
            self._name(call.path, ((call.path, None, False),))
        elif call.kind == "rename":
            moved = self._file(call.path)
            self._name(call.path, ((call.path, None, False), (call.target, moved, True)))

    def cut(self, draw: random.Random) -> dict[str, bytes]:
        """Give what the disk holds after a power cut now: the content of each file by its path."""
        names = dict(self.certain)
        for steps in self.steps.values():
            for step in steps[: draw.randint(0, len(steps))]:
                _take(names, step)
        reaches = Luck(draw)
        return {
            path: file.after(reaches)
            for path, file in names.items()
            if file is not None and all(str(p) in names for p in _folders(path, names))
        }

    def _file(self, path: str) -> _File:
        file = self.seen[path]
        assert file is not None, f"{path} is a folder"
        return file

    def _name(self, path: str, step: _Step) -> None:
        _take(self.seen, step)
        self.steps[str(Path(path).parent)].append(step)

    def _sync(self, path: str) -> None:
        file = self.seen[path]
        if file is not None:
            file.sync()
            return
        for step in self.steps.pop(path, ()):
            _take(self.certain, step)


def _folders(path: str, names: Iterable[str]) -> Iterator[str]:
    root = min(names, key=len)
    folder = str(Path(path).parent)
    while len(folder) > len(root):
        yield folder
        folder = str(Path(folder).parent)


def _take(names: dict[str, _File | None], step: _Step) -> None:
    for path, file, there in step:
        if there:
            names[path] = file
        else:
            names.pop(path, None)


@dataclass(frozen=True, slots=True)
class Cut:
    """One power cut: what the disk holds, and what was last said to the user before it."""

    files: dict[str, bytes]
    said: str
    place: int


def cuts(disk: Disk, recording: Sequence[Call], count: int, draw: random.Random) -> Iterator[Cut]:
    """Cut the power at random places of a recording, the earlier ones first."""
    places = sorted(draw.randint(0, len(recording)) for _ in range(count))
    said: list[str] = []
    done = 0
    for place in places:
        for call in recording[done:place]:
            if call.kind == "said":
                said.append(call.data.decode())
            else:
                disk.apply(call)
        done = place
        yield Cut(disk.cut(draw), said[-1] if said else "", place)
