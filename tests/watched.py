"""A process under watch: the kernel stops it at every call that changes the disk, and asks.

Nothing is compiled, preloaded or installed: Linux lets a parent answer for its child's system calls
(``SECCOMP_RET_USER_NOTIF``, Linux 5.0). So every write, sync, truncation, renaming and unlinking of
a real command is seen, whoever makes it, SQLite or Python, and any one of them can be made to fail.
What SQLite maps into memory (the index of a write-ahead log) is no record and is not watched.
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import signal
import socket
import struct
import tempfile
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The numbers of the calls that change a disk: (x86_64, aarch64); None where there is none.
CALLS: dict[str, tuple[int | None, int]] = {
    "write": (1, 64),
    "pwrite64": (18, 68),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "ftruncate": (77, 46),
    "open": (2, -1),
    "openat": (257, 56),
    "rename": (82, -1),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "unlink": (87, -1),
    "unlinkat": (263, 35),
    "mkdir": (83, -1),
    "mkdirat": (258, 34),
    "sendfile": (40, 71),
    # What nobody uses yet: seen, they are an error, so that nothing is overlooked.
    "writev": (20, 66),
    "pwritev": (296, 70),
    "pwritev2": (328, 287),
    "copy_file_range": (326, 285),
    "fallocate": (285, 47),
    "truncate": (76, 45),
    "link": (86, -1),
    "linkat": (265, 37),
    "symlink": (88, -1),
    "symlinkat": (266, 36),
    "creat": (85, -1),
}
_KIND = {
    "write": "write", "pwrite64": "write", "fsync": "sync", "fdatasync": "sync",
    "ftruncate": "truncate", "open": "create", "openat": "create", "rename": "rename",
    "renameat": "rename", "renameat2": "rename", "unlink": "unlink", "unlinkat": "unlink",
    "mkdir": "mkdir", "mkdirat": "mkdir",
}  # fmt: skip
_MACHINES = {"x86_64": (0, 317), "aarch64": (1, 277)}
_COLUMN, _SECCOMP = _MACHINES.get(platform.machine(), (0, 0))
_NAMES = {
    number: name
    for name, numbers in CALLS.items()
    if (number := numbers[_COLUMN]) is not None and number >= 0
}
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_GO_ON = 1


@dataclass(frozen=True, slots=True)
class Call:
    """One change of the disk that a process is about to make, with its paths in words.

    ``kind`` is write, sync, truncate, create, rename, unlink, mkdir or said.
    """

    kind: str
    path: str
    offset: int = 0
    data: bytes = b""
    target: str = ""
    emptied: bool = False


Answer = Callable[[Call], int]


class Say:
    """What the watched process says; it stands in order among the changes of its disk."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __call__(self, text: str) -> None:
        os.write(self.fd, text.encode())


def why_not() -> str:
    """Give why no process can be watched here, or nothing where it can."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return f"processes are watched on Linux only, not on {platform.platform(terse=True)}"
    try:
        watch(lambda _: None, Path("/nowhere"), lambda _: 0)
    except OSError as error:
        return f"the kernel does not let a process be watched (seccomp): {error}"
    return ""


def watch(work: Callable[[Say], Any], root: Path, answer: Answer) -> Any:
    """Do some work in a forked process and give what it returns, as JSON.

    Before each change under ``root`` ``answer`` is asked: 0 lets it happen, an errno makes it fail.
    """
    with closing(tempfile.TemporaryFile()) as said, closing(tempfile.TemporaryFile()) as result:
        mine, its = socket.socketpair()
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            _be_watched(work, its, Say(said.fileno()), result.fileno())
        its.close()
        try:
            with mine:
                _, fds, _, _ = socket.recv_fds(mine, 64, 1)
            if fds:
                _listen(fds[0], _Reader(child, str(root.resolve()), said.fileno()), answer)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            _, status = os.waitpid(child, 0)
            for fd in fds:
                os.close(fd)
        os.lseek(result.fileno(), 0, os.SEEK_SET)
        found = json.loads(result.read() or b'{"failed": "nothing was said"}')
    if "refused" in found:
        raise OSError(found["refused"], os.strerror(found["refused"]))
    assert "done" in found, found.get("failed", status)
    return found["done"]


def _be_watched(
    work: Callable[[Say], Any], parent: socket.socket, say: Say, result: int
) -> None:  # pragma: no cover - another process
    found: dict[str, Any] = {}
    try:
        listener = _install_filter()
        socket.send_fds(parent, [b"watch"], [listener])
        os.close(listener)
        found = {"done": work(say)}
    except _RefusedError as refused:
        found = {"refused": refused.args[0]}
    except BaseException:
        found = {"failed": traceback.format_exc()}
    finally:
        os.write(result, json.dumps(found).encode())
        os._exit(0)


class _RefusedError(Exception):
    pass


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _install_filter() -> int:
    """Ask the kernel to stop this process at each of the calls; give the listener."""
    numbers = sorted(_NAMES)
    load = struct.pack("HBBI", 0x20, 0, 0, 0)
    jumps = b"".join(
        struct.pack("HBBI", 0x15, len(numbers) - n, 0, number) for n, number in enumerate(numbers)
    )
    ends = struct.pack("HBBI", 0x06, 0, 0, _ALLOW) + struct.pack("HBBI", 0x06, 0, 0, _NOTIFY)
    code = load + jumps + ends
    libc = ctypes.CDLL(None, use_errno=True)
    # Without the right to gain rights anybody may be watched.
    if libc.prctl(38, 1, 0, 0, 0) != 0:
        raise _RefusedError(ctypes.get_errno())
    program = _Program(len(code) // 8, code)
    listener: int = libc.syscall(_SECCOMP, 1, 8, ctypes.byref(program))
    if listener < 0:
        raise _RefusedError(ctypes.get_errno())
    return listener


def _listen(listener: int, reader: "_Reader", answer: Answer) -> None:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        ((_, events),) = poll.poll()
        if not events & select.POLLIN:
            return
        notice = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, notice)
        except OSError as error:
            if error.errno == errno.ENOENT:  # it was killed meanwhile
                continue
            raise
        number, pid, _, call, _, _, *arguments = struct.unpack("QIIiIQ6Q", notice)
        assert pid == reader.pid, "one process is watched, without threads"
        seen = reader.read(_NAMES[call], arguments)
        fault = answer(seen) if seen else 0
        reply = struct.pack("QqiI", number, 0, -fault, 0 if fault else _GO_ON)
        fcntl.ioctl(listener, _ANSWER, reply)


class _Reader:
    """Reads what a stopped process is about to do."""

    def __init__(self, pid: int, root: str, said: int) -> None:
        self.pid, self.root, self.said = pid, root, said

    def read(self, name: str, arguments: list[int]) -> Call | None:
        """Give a call in words, or None where it changes nothing under the root."""
        if name == "write" and arguments[0] == self.said:
            return Call("said", "", data=self._memory(arguments[1], arguments[2]))
        if name in ("open", "openat", "mkdir", "mkdirat", "unlink", "unlinkat") or "rename" in name:
            return self._by_name(name, arguments)
        # The file that is changed is named first by all but this one.
        path = self._path_of(arguments[2 if name == "copy_file_range" else 0])
        return self._of_a_file(name, path, arguments) if self._is_mine(path) else None

    def _of_a_file(self, name: str, path: str, arguments: list[int]) -> Call:
        if name in ("fsync", "fdatasync"):
            return Call("sync", path)
        if name == "ftruncate":
            return Call("truncate", path, offset=arguments[1])
        if name == "sendfile":
            return Call("write", path, self._position(arguments[0]), self._sent(*arguments[1:4]))
        assert name in ("write", "pwrite64"), f"{name} is not watched yet: {path}"
        offset = arguments[3] if name == "pwrite64" else self._position(arguments[0])
        return Call("write", path, offset, self._memory(arguments[1], arguments[2]))

    def _by_name(self, name: str, arguments: list[int]) -> Call | None:
        if name.endswith(("at", "at2")):
            path = self._named(arguments[0], arguments[1])
        else:
            path = self._named(-100, arguments[0])
        target = ""
        if "rename" in name:
            at = (arguments[2], arguments[3]) if name != "rename" else (-100, arguments[1])
            target = self._named(*at)
        if not self._is_mine(path):
            return None
        flags = arguments[2 if name == "openat" else 1] if "open" in name else os.O_CREAT
        emptied = "open" in name and bool(flags & os.O_TRUNC)
        if "open" in name and not emptied and (not flags & os.O_CREAT or Path(path).exists()):
            return None
        return Call(_KIND[name], path, target=target, emptied=emptied)

    def _is_mine(self, path: str) -> bool:
        return path.startswith((f"{self.root}/",)) or path == self.root

    def _memory(self, address: int, length: int) -> bytes:
        with Path(f"/proc/{self.pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(length)

    def _named(self, folder: int, address: int) -> str:
        page = 4096
        found = self._memory(address, page - address % page)
        if b"\0" not in found:
            found += self._memory(address + len(found), page)
        path = os.fsdecode(found.partition(b"\0")[0])
        at = ctypes.c_int(folder & 0xFFFFFFFF).value
        base = f"/proc/{self.pid}/cwd" if at == -100 else f"/proc/{self.pid}/fd/{at}"
        return path if path.startswith("/") else f"{Path(base).readlink()}/{path}"

    def _path_of(self, fd: int) -> str:
        return str(Path(f"/proc/{self.pid}/fd/{fd}").readlink()).removesuffix(" (deleted)")

    def _sent(self, source: int, pointer: int, length: int) -> bytes:
        start = struct.unpack("Q", self._memory(pointer, 8))[0] if pointer else 0
        content = Path(self._path_of(source)).read_bytes()
        assert pointer or not content, "the position of the source is its own"
        return content[start : start + length]

    def _position(self, fd: int) -> int:
        words = Path(f"/proc/{self.pid}/fdinfo/{fd}").read_text().split()
        assert not int(words[3], 8) & os.O_APPEND or "pipe" in self._path_of(fd)
        return int(words[1])
