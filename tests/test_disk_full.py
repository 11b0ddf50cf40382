"""A disk that fills up while people work: what was acknowledged stays, and work resumes with room.

Both forms: a real file system with hardly any room (a small tmpfs, mounted in a namespace of its
own, which needs no superuser), on which a neighbour takes and leaves room all the time; and files
that may not grow beyond a size (RLIMIT_FSIZE). What each command does with no room from the start
is in ``test_commands``, and with none from any moment on in ``test_disk_faults``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sizes
from conftest import Measured, Terminal

ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no files"),
]
ROUNDS = sizes.of(1, 40)

# Works until the disk is full, then makes room, again and again; says what happened.
WORK = """
import json, os, random, resource, shutil, sys, threading, time
from pathlib import Path
from sqlalchemy import text
from conftest import Terminal

home, form, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
af, draw = Terminal(home), random.Random(4)
ballast, no_limit = home / "ballast", resource.RLIM_INFINITY
moved_in, said, seen, wrong = [], [], dict(rounds=0, refused=0, unfiled=0), []


def neighbour(stop):
    with ballast.open("wb") as file:
        while not stop.wait(0.01):
            size = max(1, shutil.disk_usage(home).free + os.fstat(file.fileno()).st_size
                       - draw.choice((0, 8_000, 400_000, 400_000, 400_000)))
            try:
                os.ftruncate(file.fileno(), size)
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError:
                pass  # somebody was faster
    ballast.unlink()


def narrow():
    if form == "tmpfs":
        stop = threading.Event()
        there = threading.Thread(target=neighbour, args=(stop,))
        there.start()
        moved_in.append((stop, there))
    else:
        size = (home / "assetflow.db").stat().st_size
        limit = size + draw.randint(0, 60_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, no_limit))


def widen():
    for stop, there in moved_in:
        stop.set()
        there.join()
    moved_in.clear()
    resource.setrlimit(resource.RLIMIT_FSIZE, (no_limit, no_limit))


def issue():
    name = f"letter {len(said)} {seen['refused']}"
    done = af("letter", "issue", "1", "holding_update", "--fact", "progress_made=" + name,
              "--fact", "progress_awaited=Title", "--fact", "forecast_date=2027-12-01", code=None)
    saved = done.code == 0 or "is saved" in done.err
    if saved:
        said.append(name)
    if done.code == 4:
        seen["unfiled" if saved else "refused"] += 1
        known = saved or "Nothing was changed" in done.err
        if "→" not in done.err or not known:
            wrong.append(f"said: {done}")
    elif done.code != 0:
        wrong.append(f"exit {done.code}: {done}")
    return done.code == 0


def check():
    verified = af("db", "verify", code=None)
    listed = af("case", "list", code=None)
    if (verified.code, listed.code) != (0, 0):
        wrong.append(f"cannot be read: {verified} {listed}")
    with af.store.read() as db:
        words = [json.loads(t)["detail"] for t in
                 db.execute(text("SELECT text FROM journal_payloads")).scalars()]
        letters = db.execute(text("SELECT number, text, html FROM letters")).all()
    kept = [w["facts"]["progress_made"] for w in words if "progress_made" in w.get("facts", {})]
    if kept != said:
        wrong.append(f"said {said}, kept {kept}")
    files = {p.name[:5] + p.suffix: p.read_text() for p in (home / "letters-sent").rglob("0*.*")
             if p.suffix != ".part"}
    for number, plain, page in letters:
        if not files.get(f"{number:05d}.txt", plain).endswith(plain):
            wrong.append(f"letter {number} is truncated")
        if files.get(f"{number:05d}.html", page) != page:
            wrong.append(f"letter {number} is truncated")
    return len(files) - 2 * len(letters)


for _ in range(rounds):
    narrow()
    for _ in range(25 if form == "tmpfs" else 8):
        issue()
    check()
    widen()
    if not issue():
        wrong.append("work did not resume")
    if check() != 0:
        wrong.append("letters are missing")
    seen["rounds"] += 1
print(json.dumps(seen | {"acknowledged": len(said), "wrong": wrong}))
"""


def small_disk(place: Path) -> list[str] | None:
    """Give the words that run a command where ``place`` is a small disk, or None."""
    for namespace in (["unshare", "--user", "--map-root-user", "--mount"], ["unshare", "--mount"]):
        mount = f"mount -t tmpfs -o size={3 + ROUNDS // 2}m none '{place}' && exec \"$@\""
        words = [*namespace, "sh", "-c", mount, "sh"]
        try:
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                return words
        except FileNotFoundError:
            return None
    return None


def fill_up(words: list[str], home: Path, form: str) -> dict[str, Any]:
    done = subprocess.run(
        [*words, sys.executable, "-c", WORK, str(home), form, str(ROUNDS)],
        capture_output=True, text=True, check=False, timeout=120 * sizes.LONGER,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_and_measure(found: dict[str, Any], form: str, measured: Measured) -> None:
    wrong = found.pop("wrong")
    measured("F5", f"a disk that fills up, {form}", **found, wrong=len(wrong))
    assert wrong == []
    assert found["rounds"] == ROUNDS
    assert found["refused"] >= ROUNDS
    assert found["acknowledged"] > ROUNDS


def test_work_resumes_when_a_full_disk_has_room_again(
    case: Terminal, tmp_path: Path, measured: Measured
) -> None:
    place = tmp_path / "small"
    place.mkdir()
    words = small_disk(place)
    if words is None:
        pytest.skip("no small disk can be mounted here (unshare --user --mount): F5 on a real disk")
    # The home is copied onto the disk inside the namespace; nothing of it is seen outside.
    copy = ["sh", "-c", f"cp -r '{case.home}' '{place}/home' && exec \"$@\"", "sh"]
    check_and_measure(fill_up([*words, *copy], place / "home", "tmpfs"), "tmpfs", measured)


def test_work_resumes_when_files_may_grow_again(case: Terminal, measured: Measured) -> None:
    check_and_measure(fill_up([], case.home, "rlimit"), "RLIMIT_FSIZE", measured)
