"""Sending an anchor to somebody outside: through the outbox, or as a message in a file."""

import hashlib

from assetflow import outbox
from assetflow.casework.desk import Desk
from assetflow.casework.integrity import anchor_text
from assetflow.chain import Anchor
from assetflow.facts import counted, show
from assetflow.outbox import Attachment, Message

# Twice is better than never: the same anchor twice tells nothing new.
_POLICY = "retry"


def leaves_by_mail(desk: Desk) -> bool:
    """Tell whether files can leave by themselves here: only a mail server takes them."""
    return desk.settings.delivery.channel == "smtp"


def queue(desk: Desk, anchor: Anchor, to: str) -> Message:
    """Put an anchor into the outbox with its file attached, and give the message."""
    # The same record sent twice in a day to somebody is one message.
    whose = hashlib.sha256(to.encode()).hexdigest()[:16]
    key = f"anchor:{anchor.root[:32]}:{whose}:{desk.today.isoformat()}"
    number = outbox.queue(
        desk.db, key, [_file(desk, anchor)], address=to,
        subject=_subject(desk, anchor), text=_words(desk, anchor), policy=_POLICY,
        recorded_at=desk.now,
    )  # fmt: skip
    found = outbox.one(desk.db, number)
    assert found is not None  # noqa: S101 - narrows the type
    return found


def as_file(desk: Desk, anchor: Anchor, to: str) -> bytes:
    """Write the message as any mail program opens it, for somebody to send by hand."""
    from email.message import EmailMessage  # noqa: PLC0415 - few commands need it

    message, file = EmailMessage(), _file(desk, anchor)
    message["Subject"] = _subject(desk, anchor)
    message["From"] = desk.settings.council.email or desk.actor.email or to
    message["To"] = to
    message["Message-ID"] = f"<anchor-{anchor.root[:32]}@assetflow.invalid>"
    message.set_content(_words(desk, anchor))
    message.add_attachment(file.content, *file.media_type.split("/"), filename=file.name)
    return message.as_bytes()


def _file(desk: Desk, anchor: Anchor) -> Attachment:
    name = f"anchor-{desk.now:%Y%m%dT%H%M%S}.json"
    return Attachment(name, "application/json", anchor_text(anchor).encode())


def _subject(desk: Desk, anchor: Anchor) -> str:
    return f"Record code of {show(desk.today)}: {anchor.code}"


def _words(desk: Desk, anchor: Anchor) -> str:
    whole = counted(len(anchor.heads), "journal")
    return (
        f"The record of {whole} of {desk.settings.council.name} had the code {anchor.code} "
        f"on {show(desk.today)}.\n\nPlease keep this message with its attachment where the people "
        "who run the record cannot change it. If anybody doubts the record, it is held against "
        "what you keep:\nassetflow db verify FILE\n"
    )
