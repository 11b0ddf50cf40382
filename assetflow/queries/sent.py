"""Letters as they were sent, and reminders."""

from sqlalchemy import Connection, and_, bindparam, select

from assetflow import models as m
from assetflow.errors import NotFound
from assetflow.queries.rows import AnyRow
from assetflow.sql import Statement


def letters(db: Connection, case_id: int | None = None) -> list[AnyRow]:
    """List letters by number, of one case or of all, without their text."""
    t = m.letters
    columns = (
        t.c.number, t.c.case_id, t.c.name, t.c.recipient_kind, t.c.recipient_name, t.c.subject,
        t.c.dated, m.cases.c.reference,
    )  # fmt: skip
    query = select(*columns).join(m.cases, m.cases.c.id == t.c.case_id).order_by(t.c.number)
    return list(db.execute(query if case_id is None else query.where(t.c.case_id == case_id)))


def letter(db: Connection, number: int) -> AnyRow:
    """Read one letter as it was sent; raises ``NotFound``."""
    t = m.letters
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    row = db.execute(query.where(t.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no letter {number}.", remedies=["see them: assetflow letter list"]
        )
    return row


_LETTER_ID = Statement(select(m.letters.c.id).where(m.letters.c.number == bindparam("number")))


def letter_id(db: Connection, number: int) -> int:
    """Give the id of the letter with a number."""
    return int(_LETTER_ID.first(db, number=number).id)


_UNFILED = Statement(
    select(m.letters, m.cases.c.reference)
    .join(m.cases, m.cases.c.id == m.letters.c.case_id)
    .where(m.letters.c.filed_at.is_(None))
    .order_by(m.letters.c.number)
)


def unfiled_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose files have not been written yet."""
    return _UNFILED.rows(db)


def filed_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose files were written: number, name and case."""
    t = m.letters
    query = select(t.c.number, t.c.name, m.cases.c.reference).join(
        m.cases, m.cases.c.id == t.c.case_id
    )
    query = query.where(and_(t.c.filed_at.is_not(None), t.c.html != ""))
    return list(db.execute(query.order_by(t.c.number)))


def erased_letters(db: Connection) -> list[AnyRow]:
    """List the letters whose words were erased: number, name and case."""
    t = m.letters
    query = select(t.c.number, t.c.name, m.cases.c.reference).join(
        m.cases, m.cases.c.id == t.c.case_id
    )
    return list(db.execute(query.where(and_(t.c.text == "", t.c.html == "")).order_by(t.c.number)))


def reminders(db: Connection, case_id: int | None = None) -> list[AnyRow]:
    """List reminders in the order of their due days, of one case or of all."""
    t = m.reminders
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    if case_id is not None:
        query = query.where(t.c.case_id == case_id)
    return list(db.execute(query.order_by(t.c.due_on, t.c.id)))
