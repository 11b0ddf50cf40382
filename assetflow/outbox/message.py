"""What leaves: a message to one address with its words and files, and what became of it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

QUEUED, SENDING, SENT, FAILED, UNKNOWN = "queued", "sending", "sent", "failed", "unknown"
# Taken by a service that tells later what becomes of it.
UNDERWAY = "underway"
STATES = (QUEUED, SENDING, UNDERWAY, SENT, FAILED, UNKNOWN)
# What waits for somebody to do something about it.
TROUBLED = (FAILED, UNKNOWN)

# How it is to reach whom it is for.
EMAIL, POST = "email", "post"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message: its name, its media type and what stands in it."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Give the hash by which it is known once its bytes are gone."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address, with the words it carries.

    Its files are read only for whoever sends it.
    """

    id: int
    key: str
    address: str
    name: str
    subject: str
    text: str
    html: str
    policy: str
    state: str
    attempts: int
    problem: str
    next_try_at: datetime | None
    sent_at: datetime | None
    recorded_at: datetime
    # The case it is about; a digest is about many.
    reference: str
    letter: int | None
    way: str = EMAIL
    # Who tried it last, what that one calls it, and when.
    channel: str = ""
    remote_id: str = ""
    claimed_at: datetime | None = None
    files: tuple[Attachment, ...] = ()

    @property
    def token(self) -> str:
        """Give what it is known by outside, for ever, whoever sends it and how often.

        Nothing of a person can be read from it. Another installation of the same council numbers
        its letters alike, hence the moment; to another address it is another message.
        """
        parts = (self.key, self.recorded_at.isoformat(), self.address)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: ``state`` afterwards, and in words why it was not sent.

    ``all`` tells that nothing can be sent at present, whatever it is; ``remote_id`` is what a
    service that took it calls it.
    """

    state: str
    problem: str = ""
    all: bool = False
    remote_id: str = ""
