"""The files that go with messages: kept until the message has arrived, known by hash afterwards."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from assetflow import models as m
from assetflow.outbox.message import Attachment


def put(db: Connection, message_id: int, files: Iterable[Attachment]) -> None:
    """Put files beside a message that was queued just now."""
    for place, one in enumerate(files, start=1):
        db.execute(insert(m.outbox_files).values(
            message_id=message_id, place=place, name=one.name, media_type=one.media_type,
            sha256=one.sha256, content=one.content,
        ))  # fmt: skip


def take_the_place(db: Connection, message_id: int, new: Attachment) -> None:
    """Let a file take the place of the first one of a message."""
    t = m.outbox_files
    values = {"name": new.name, "media_type": new.media_type, "sha256": new.sha256,
              "content": new.content}  # fmt: skip
    first = and_(t.c.message_id == message_id, t.c.place == 1)
    db.execute(update(t).where(first).values(values))


def of(db: Connection, message_id: int) -> tuple[Attachment, ...]:
    """Give the files of a message that has not arrived yet."""
    t = m.outbox_files
    query = select(t).where(t.c.message_id == message_id).order_by(t.c.place)
    return tuple(
        Attachment(row.name, row.media_type, row.content)
        for row in db.execute(query)
        if row.content is not None
    )


def let_go(db: Connection, which: ColumnElement[bool]) -> None:
    """Let go of what stands in the files of messages that have arrived: nobody sends them again."""
    t = m.outbox_files
    arrived = select(m.outbox.c.id).where(which)
    db.execute(update(t).where(t.c.message_id.in_(arrived)).values(content=None))
