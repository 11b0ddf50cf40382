"""Hands messages to GOV.UK Notify and asks what became of them.

Notify knows no "only once", but it can be asked which messages it has under a reference. It is
asked before every message, so one that it took without our knowing is found and never sent again:
after a line that dropped, a process that died, or a database that was restored.
"""

import logging
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from assetflow.delivery import notify_words as words
from assetflow.delivery.notify_text import as_markdown
from assetflow.errors import BadInput, NotFound
from assetflow.files import read_at_most
from assetflow.outbox import (
    EMAIL,
    FAILED,
    POST,
    QUEUED,
    UNDERWAY,
    UNKNOWN,
    Attachment,
    Message,
    Outcome,
)
from assetflow.sending import Notify
from assetflow.settings import Settings

TIMEOUT = 30.0
MAX_EMAIL, MAX_PDF = 2_000_000, 2 * 1024 * 1024
PDF = "application/pdf"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_KEY = re.compile(rf".*{_UUID}-{_UUID}")
_PLACE = re.compile(r"\(\(([^()?]+)(?:\?\?[^()]*)?\)\)")
_NEEDED = frozenset({"subject", "body"})
_GONE = (
    "GOV.UK Notify does not know this message any more, and had not said that it arrived. "
    "Who can put it right: the case officer; ask the group, then release it, or note --arrived."
)


class _NoError(Exception):
    """An answer that says yes in a way nobody can read."""


class Service:
    """The council's service at GOV.UK Notify; email by its template, letters as PDF."""

    name = "notify"
    ways: Sequence[str] = (EMAIL, POST)
    asks = True

    def __init__(self, settings: Settings, timeout: float = TIMEOUT) -> None:
        """Raises ``BadInput`` or ``NotFound`` where its client or its key is not there."""
        self._told = settings.delivery.notify
        self._client, self._refusal = _client(self._told, timeout)
        self._template_fits = False

    def send(self, message: Message) -> Outcome:
        """Hand over one message, unless Notify has it; never raises for what Notify can do."""
        if unfit := _unfit(message):
            return Outcome(FAILED, unfit)
        try:
            if found := self._newest(message):
                return words.became(found)
            if message.way == EMAIL and (misfit := self._misfit()):
                return Outcome(QUEUED, misfit, all=True)
        except (self._refusal, _NoError) as error:
            return Outcome(QUEUED, _answer(error).told(), all=True)
        try:
            return Outcome(UNDERWAY, remote_id=_id_of(self._post(message)))
        except (self._refusal, _NoError) as error:
            return _not_taken(_answer(error), message)

    def follow(self, message: Message) -> Outcome:
        """Ask what became of a message; one in doubt that Notify has not is to wait again."""
        try:
            if message.state == UNKNOWN:
                found = self._newest(message)
                return words.became(found) if found else Outcome(QUEUED)
            return words.became(_dict(self._client.get_notification_by_id(message.remote_id)))
        except (self._refusal, _NoError) as error:
            answer = _answer(error)
            if answer.status == 404:
                return Outcome(UNKNOWN, _GONE, remote_id=message.remote_id)
            return Outcome(message.state, answer.told(), all=True, remote_id=message.remote_id)

    def close(self) -> None:
        """Let go of the line."""
        self._client.request_session.close()

    def _newest(self, message: Message) -> dict[str, Any] | None:
        """Give the newest message under the reference, but for one known to have failed."""
        answer = _dict(self._client.get_all_notifications(reference=message.token))
        listed = answer.get("notifications")
        if not isinstance(listed, list):
            raise _NoError
        ours = [one for one in map(_dict, listed) if one.get("reference") == message.token]
        newest = max(ours, key=lambda one: str(one.get("created_at", "")), default=None)
        return None if newest is None or newest.get("id") == message.remote_id else newest

    def _misfit(self) -> str:
        """Say why the template cannot be used; it is asked for once."""
        if self._template_fits:
            return ""
        try:
            template = _dict(self._client.get_template(self._told.template))
        except self._refusal as error:
            answer = _answer(error)
            if answer.status in (400, 404):
                return answer.told(words.TEMPLATE)
            raise
        if faults := _faults(template):
            told = words.PLACES
            return str(words.Meaning(told.what.format(faults=faults), told.who, told.remedy))
        self._template_fits = True
        return ""

    def _post(self, message: Message) -> Any:
        if message.way == POST:
            (pdf, *_) = _pdfs(message)
            return self._client.send_precompiled_letter_notification(
                message.token, BytesIO(pdf.content), self._told.postage
            )
        return self._client.send_email_notification(
            message.address, self._told.template,
            personalisation={"subject": message.subject, "body": as_markdown(message.text)},
            reference=message.token, email_reply_to_id=self._told.reply_to or None,
        )  # fmt: skip


def _client(told: Notify, timeout: float) -> tuple[Any, type[Exception]]:
    """Give the client, and what it raises; it is imported only where letters go by Notify."""
    try:
        from notifications_python_client.errors import APIError  # noqa: PLC0415
        from notifications_python_client.notifications import (  # noqa: PLC0415
            NotificationsAPIClient,
        )
    except ImportError as error:
        raise NotFound(
            "Letters are to go by GOV.UK Notify, and its Python client is not installed.",
            remedies=["whoever runs assetflow here: pip install 'assetflow[notify]'"],
        ) from error
    # It writes what Notify refuses, addresses and all, wherever logs go.
    logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL + 1)
    place = {"base_url": told.url} if told.url else {}
    make: Any = NotificationsAPIClient
    return make(_key(told), timeout=timeout, **place), APIError


def _key(told: Notify) -> str:
    """Give the key, from the environment or its file; it is never shown."""
    key = told.key.strip() or _key_in_file(told.key_file)
    if not _KEY.fullmatch(key):
        what = "The key of GOV.UK Notify is not whole." if key else "GOV.UK Notify needs a key."
        raise BadInput(
            what,
            reasons=["It looks like name-service_id-secret, with two ids of 36 characters."],
            remedies=[
                "whoever runs assetflow here: put it into ASSETFLOW_NOTIFY_KEY, or into a file "
                "that key_file of [notify] names"
            ],
        )
    return key


def _key_in_file(name: str) -> str:
    if not name:
        return ""
    try:
        return read_at_most(Path(name), 4096).decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise BadInput(
            f"The file with the key of GOV.UK Notify cannot be read: {name}",
            reasons=[getattr(error, "strerror", None) or "It is not text."],
            remedies=["give whoever runs assetflow leave to read it, and nobody else"],
        ) from error


def _unfit(message: Message) -> str:
    """Say why Notify could never take a message."""
    if message.way == EMAIL:
        if message.files:
            return (
                "Email through GOV.UK Notify carries no files. Who can put it right: the case "
                "officer; send it by hand, or by post as a PDF."
            )
        size = len(message.subject.encode()) + len(message.text.encode())
        return "" if size < MAX_EMAIL else "It is longer than GOV.UK Notify sends by email."
    pdfs = _pdfs(message)
    if not pdfs:
        return (
            "GOV.UK Notify posts letters as PDF, and this one carries none. Who can put it right: "
            "the case officer; print the letter, or give its PDF: assetflow letter post."
        )
    return "" if len(pdfs[0].content) <= MAX_PDF else "The PDF is over the 2 MB that Notify posts."


def _pdfs(message: Message) -> list[Attachment]:
    return [one for one in message.files if one.media_type == PDF]


def _not_taken(answer: words.Answer, message: Message) -> Outcome:
    """Tell what becomes of a message that Notify did not take, or may have taken."""
    if not 400 <= answer.status < 500:
        return Outcome(UNKNOWN, answer.told(), all=True)
    if message.way == POST and answer.meaning is words.KEY:
        # The same key was good for asking a moment ago.
        return Outcome(QUEUED, answer.told(words.TEAM_LETTER))
    if message.way == POST and answer.status == 400:
        return Outcome(FAILED, answer.told(words.LETTER))
    if answer.meaning is words.ADDRESS:
        return Outcome(FAILED, answer.told())
    return Outcome(QUEUED, answer.told(), all=True)


def _faults(template: dict[str, Any]) -> str:
    """Say what is wrong with a template; names are the same whatever their case and blanks."""
    if template.get("type") != "email":
        return f"it is of the type {str(template.get('type'))[:40]!r}"
    whole = f"{template.get('subject')}\n{template.get('body')}"
    places = {re.sub(r"[\s_-]", "", one).casefold() for one in _PLACE.findall(whole)}
    lacking = [f"(({one})) is missing" for one in sorted(_NEEDED - places)]
    unknown = [f"nothing is known to go to (({one}))" for one in sorted(places - _NEEDED)]
    return "; ".join([*lacking, *unknown])


def _answer(error: Exception) -> words.Answer:
    if isinstance(error, _NoError):
        return words.Answer(200, "", "an answer that cannot be read")
    return words.read(getattr(error, "response", None))


def _dict(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise _NoError
    return answer


def _id_of(answer: Any) -> str:
    found = _dict(answer).get("id")
    if not isinstance(found, str) or not re.fullmatch(_UUID, found):
        raise _NoError
    return found
