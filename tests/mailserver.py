"""A real mail server on this machine's loopback that can be told to fail at any step."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import sleep
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# The steps of one message, in their order; "taken" is after the server has it, before it says so.
STEPS = ("connect", "EHLO", "RSET", "MAIL", "RCPT", "DATA", "content", "taken")
BEFORE = STEPS[: STEPS.index("content")]


@dataclass
class Letterbox:
    """What the server has taken, and what it is to do wrong."""

    # What happens at a step: "drop", "hang", or the line that is answered, such as "451 later".
    faults: dict[str, str] = field(default_factory=dict)
    # How often a fault happens before the server is well again.
    times: int = 1_000_000
    # A fault happens only every so often at its step.
    every: int = 1
    reached: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    open: bool = True
    lines: list[asyncio.Transport] = field(default_factory=list)

    def fault(self, step: str) -> str:
        with self.lock:
            if not self.open or step not in self.faults or self.times < 1:
                return ""
            self.reached += 1
            if self.reached % self.every:
                return ""
            self.times -= 1
            return self.faults[step]

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if await server.fails("content"):  # type: ignore[attr-defined]
            return server.answer  # type: ignore[attr-defined, no-any-return]
        assert isinstance(envelope.content, bytes)
        with self.lock:
            found = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(found, EmailMessage)
            self.taken.append(found)
            self.recipients += envelope.rcpt_tos
        if await server.fails("taken"):  # type: ignore[attr-defined]
            return server.answer  # type: ignore[attr-defined, no-any-return]
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.taken]


class Faulty(SMTP):
    """A server that fails as its letterbox says."""

    letterbox: Letterbox
    answer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line = transport
        self.letterbox.lines.append(transport)
        super().connection_made(transport)

    async def fails(self, step: str) -> bool:
        fault = self.letterbox.fault(step)
        if fault == "drop":
            self.line.abort()
            self.answer = "421 gone"
        elif fault == "hang":
            while self.letterbox.open:
                await asyncio.sleep(0.02)
        self.answer = fault if fault not in ("drop", "hang", "") else self.answer
        return bool(fault)

    async def _handle_client(self) -> None:
        if await self.fails("connect"):
            if self.answer[:3].isdigit():
                await self.push(self.answer)
            self.line.close()
            return
        await super()._handle_client()

    async def _or_fail(self, step: str, usual: Any, arg: str | None) -> None:
        if await self.fails(step):
            await self.push(self.answer)
        else:
            await usual(arg)

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802
        await self._or_fail("EHLO", super().smtp_EHLO, arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        await self._or_fail("RSET", super().smtp_RSET, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await self._or_fail("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await self._or_fail("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self._or_fail("DATA", super().smtp_DATA, arg)


class _Server(Controller):
    def factory(self) -> Faulty:
        server = Faulty(self.handler, hostname="mail.council.example", loop=self.loop)
        server.letterbox = self.handler
        return server


@contextmanager
def running(letterbox: Letterbox) -> Iterator[int]:
    """Run a mail server on the loopback and give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    controller = _Server(letterbox, hostname="127.0.0.1", port=port)
    # It knocks at its own door to see whether it runs; that is no message, and nothing fails.
    letterbox.open = False
    controller.start()
    letterbox.open = True
    try:
        yield port
    finally:
        letterbox.open = False
        for line in letterbox.lines:
            controller.loop.call_soon_threadsafe(line.abort)
        sleep(0.1)  # whoever hangs lets go
        controller.stop(no_assert=True)
