"""Makes a message as people expect mail to be: text and HTML, threaded by case, known by its id."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from assetflow.outbox import Message
from assetflow.settings import Settings

# Every server takes plain letters; not every one takes eight bits.
_POLICY = SMTP.clone(cte_type="7bit")


def compose(message: Message, settings: Settings) -> EmailMessage:
    """Write one message to one address; the same row gives the same Message-ID each time.

    Raises ``ValueError`` for an address to which no mail can go.
    """
    if not message.address.isascii():
        raise ValueError("mail servers take addresses of plain letters only")
    sender = settings.delivery.smtp.sender
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = str(Address(_plain(settings.council.name), addr_spec=sender))
    mail["To"] = str(Address(_plain(message.name), addr_spec=message.address))
    if settings.council.email:
        mail["Reply-To"] = settings.council.email
    mail["Subject"] = _plain(message.subject)
    # The day it was written, not the day of the fifth try.
    mail["Date"] = format_datetime(message.recorded_at)
    mail["Message-ID"] = f"<{message.token}@{domain}>"
    if message.reference:
        # All mail about a case hangs together, also for whoever deleted the first.
        mail["In-Reply-To"] = mail["References"] = f"<{message.reference.casefold()}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    mail["Content-Language"] = settings.language
    for file in message.files:
        main, _, sub = file.media_type.partition("/")
        mail.add_attachment(file.content, main, sub, filename=_plain(file.name))
    return mail


def _plain(text: str) -> str:
    """Give a text as one line: a header has no other."""
    return " ".join(text.split())
