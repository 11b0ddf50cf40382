"""Hands messages to the council's mail server, one at a time, and tells what became of each.

From the moment the words of a message begin to leave, a line that drops leaves it in doubt: the
server may have taken it. Before that moment nothing was taken, and it can be tried again.
"""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage

from assetflow.delivery import mail
from assetflow.outbox import EMAIL, FAILED, QUEUED, SENT, UNKNOWN, Message, Outcome
from assetflow.sending import Smtp
from assetflow.settings import Settings

# Seconds for each answer of the server.
TIMEOUT = 10.0
_GOES_ON, _TAKEN, _FORWARDED = 354, 250, 251


class Server:
    """One connection to the mail server, opened when it is first needed and again if it is lost."""

    name = "smtp"
    ways: Sequence[str] = (EMAIL,)
    # Once it has a message, a mail server tells nobody what becomes of it.
    asks = False

    def __init__(self, settings: Settings, timeout: float = TIMEOUT) -> None:
        self._settings, self._timeout = settings, timeout
        self._open: smtplib.SMTP | None = None

    def send(self, message: Message) -> Outcome:
        """Hand over one message; never raises for what a server or a line can do."""
        try:
            written = mail.compose(message, self._settings)
        except (ValueError, IndexError) as error:
            return Outcome(FAILED, f"No mail can go to {message.address!r}: {error}")
        if self._open is not None:
            # Servers hang up on those who are silent for a while: what was kept may be gone.
            with suppress(smtplib.SMTPException, OSError):
                return self._tried(self._open, message.address, written)
            self.close()
        try:
            return self._tried(self._connect(), message.address, written)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(QUEUED, f"The mail server cannot be used: {_said(error)}", all=True)

    def _tried(self, server: smtplib.SMTP, address: str, written: EmailMessage) -> Outcome:
        outcome = _hand_over(server, self._settings.delivery.smtp.sender, address, written)
        if outcome.state == UNKNOWN:
            self.close()
        return outcome

    def _connect(self) -> smtplib.SMTP:
        told = self._settings.delivery.smtp
        server = _dial(told, self._timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if told.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if told.user:
                server.login(told.user, told.password)
        except BaseException:
            server.close()
            raise
        self._open = server
        return server

    def follow(self, message: Message) -> Outcome:
        """Leave a message as it is: there is nobody to ask."""
        return Outcome(message.state, message.problem)

    def close(self) -> None:
        """Say goodbye, where anybody is there to hear it."""
        server, self._open = self._open, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()


def _dial(told: Smtp, timeout: float) -> smtplib.SMTP:
    if told.security == "tls":
        secure = ssl.create_default_context()
        return smtplib.SMTP_SSL(told.host, told.port, timeout=timeout, context=secure)
    return smtplib.SMTP(told.host, told.port, timeout=timeout)


def _hand_over(server: smtplib.SMTP, sender: str, address: str, written: EmailMessage) -> Outcome:
    """Go through the conversation of one message (RFC 5321, section 3.3).

    Raises where the line drops before the message itself begins to leave.
    """
    _answer(server.rset())
    code, answer = _answer(server.mail(sender))
    if code != _TAKEN:  # the council may not send from here: nothing else will fare better
        return replace(_answered(code, answer), state=QUEUED, all=True)
    code, answer = _answer(server.rcpt(address))
    if code not in (_TAKEN, _FORWARDED):
        return _answered(code, answer)
    code, answer = _answer(server.docmd("DATA"))
    if code != _GOES_ON:
        return _answered(code, answer)
    try:
        server.send(_as_lines(written))
        code, answer = _answer(server.getreply())
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(UNKNOWN, f"The line dropped while it was sent: {_said(error)}")
    return Outcome(SENT) if code == _TAKEN else _answered(code, answer)


def _answer(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    """Give an answer; what smtplib could not read as one is a line that dropped."""
    if answer[0] == -1:
        raise smtplib.SMTPServerDisconnected("the server gave no answer that can be read")
    return answer


def _answered(code: int, answer: bytes) -> Outcome:
    """Read a refusal: 4xx may be another thing tomorrow, 5xx stays (RFC 5321, section 4.2.1)."""
    words = " ".join(answer.decode("utf-8", "replace").split())[:300]
    said = f"The mail server said: {code} {words}"
    return Outcome(FAILED if 500 <= code < 600 else QUEUED, said)


def _as_lines(written: EmailMessage) -> bytes:
    """Give the message as it goes over the line: dots doubled, and the one that ends it."""
    lines = (b"\r\n" + bytes(written)).replace(b"\r\n.", b"\r\n..")[2:]
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _said(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        return f"{error.smtp_code} {' '.join(text.split())[:300]}"
    return " ".join(str(error).split())[:300] or type(error).__name__
