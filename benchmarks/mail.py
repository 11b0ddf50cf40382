"""Ten thousand messages to a mail server on this machine, against a plain smtplib loop.

The server takes everything in a process of its own and counts what it took by Message-ID. The loop
composes and sends the same messages on one connection and remembers nothing; assetflow claims,
sends and settles each, on SQLite with the shipped settings. They go in turns within one run.

Run: .venv/bin/python benchmarks/mail.py [--messages 10000] [--rounds 2]
"""

import argparse
import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import population
from sqlalchemy import select, text

from assetflow import models as m
from assetflow import outbox
from assetflow import settings as settings_module
from assetflow.casework import mailing
from assetflow.database import Store
from assetflow.delivery import mail
from assetflow.delivery.smtp import Server
from assetflow.settings import Settings

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
# Takes mail until its input closes, then says how often it had which message.
SERVER = """\
import asyncio, collections, json, sys
from email.parser import BytesHeaderParser
from aiosmtpd.smtp import SMTP

taken = collections.Counter()

class Handler:
    async def handle_DATA(self, server, session, envelope):
        head = envelope.content.partition(b"\\r\\n\\r\\n")[0]
        taken[BytesHeaderParser().parsebytes(head)["Message-ID"]] += 1
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    print(json.dumps(dict(taken)), flush=True)

asyncio.run(main())
"""


@contextmanager
def server() -> Iterator[tuple[int, Counter[str]]]:
    """Run the mail server; what it took is there once the block is left."""
    taken: Counter[str] = Counter()
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline()), taken
        process.stdin.write("\n")
        process.stdin.flush()
        taken.update(json.loads(process.stdout.readline()))
        process.kill()


def made(folder: Path) -> Path:
    """Make a home with a case whose letter is to go by mail."""
    home = population.home_with_a_case(folder)
    path = home / "assetflow.toml"
    path.write_text(
        f'{path.read_text("utf-8")}\n[delivery]\nchannel = "smtp"\n[smtp]\nhost = "127.0.0.1"\n'
        'port = 25\nsecurity = "none"\nsender = "assets@council.example"\n',
        encoding="utf-8",
    )
    return home


def told_port(home: Path, port: int) -> Settings:
    """Give the settings with the server's port."""
    path = home / "assetflow.toml"
    words = path.read_text("utf-8").splitlines()
    words = [f"port = {port}" if line.startswith("port") else line for line in words]
    path.write_text("\n".join(words) + "\n", encoding="utf-8")
    return settings_module.load(home, {})


def fill(store: Store, messages: int) -> list[outbox.Message]:
    """Queue the case's letter to as many addresses, and give the messages."""
    with store.write() as db:
        db.execute(text("UPDATE reminder_people SET digest_id = NULL"))
        db.execute(text("DELETE FROM outbox"))
        letter = db.execute(select(m.letters.c.id, m.letters.c.case_id)).first()
        assert letter is not None
        for number in range(messages):
            outbox.queue(
                db, f"letter:1:{number}", letter_id=letter.id, case_id=letter.case_id,
                address=f"g{number}@group.example", recorded_at=NOW, policy="hold",
            )  # fmt: skip
        return outbox.listed(db, most=messages)


def plain(messages: list[outbox.Message], settings: Settings) -> float:
    """Send with smtplib alone; give the seconds."""
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", settings.delivery.smtp.port) as line:
        for one in messages:
            line.send_message(mail.compose(one, settings))
    return time.perf_counter() - start


def ours(store: Store, settings: Settings, messages: int) -> float:
    """Deliver from the outbox; give the seconds."""
    start = time.perf_counter()
    done = mailing.deliver(store.write, Server(settings), NOW)
    assert done.counts == {"sent": messages}, done
    return time.perf_counter() - start


def main() -> None:
    """Send all of them both ways, in turns, and print rates, their ratio and duplicates."""
    reading = argparse.ArgumentParser()
    reading.add_argument("--messages", type=int, default=10_000)
    reading.add_argument("--rounds", type=int, default=2)
    asked = reading.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = made(Path(folder))
        for number in range(1, asked.rounds + 1):
            store = Store(settings_module.load(home, {}).database_url, keep=True)
            messages = fill(store, asked.messages)
            with server() as (port, by_loop):
                slow = plain(messages, told_port(home, port))
            with server() as (port, by_us):
                seconds = ours(store, told_port(home, port), asked.messages)
            for taken in (by_loop, by_us):
                assert len(taken) == asked.messages, f"{asked.messages - len(taken)} missing"
            print(
                f"round {number}: plain loop {asked.messages / slow:,.0f} a second, outbox "
                f"{asked.messages / seconds:,.0f} a second (ratio {slow / seconds:.2f}); "
                f"{asked.messages:,} messages, {sum(by_us.values()) - len(by_us)} duplicates, "
                f"{(seconds - slow) / asked.messages * 1000:.1f} ms more each",
                flush=True,
            )


if __name__ == "__main__":
    main()
