"""Whether the clock of this computer can be believed: it must not be behind the record.

The newest record is the one written last, not the one with the latest moment: where a clock once
ran years ahead, the first change made with the right time shows that it has been set.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.errors import Refused
from assetflow.facts import show

# The clocks of two computers differ by minutes; one that is further behind has gone wrong.
TOLERANCE = timedelta(hours=1)
SET_IT = "ask whoever looks after this computer to set its clock, best by a time server"


def behind(desk: Desk) -> str | None:
    """Say by what the clock is behind the newest record of the journal, or give None."""
    query = (
        select(m.journal.c.recorded_at, m.cases.c.reference)
        .join(m.cases, m.cases.c.id == m.journal.c.case_id)
        .order_by(m.journal.c.id.desc())
        .limit(1)
    )
    newest = desk.db.execute(query).one_or_none()
    if newest is None or desk.now >= newest.recorded_at - TOLERANCE:
        return None
    return (
        f"The clock says {_moment(desk.now)}, but the newest record, of {newest.reference}, "
        f"was made at {_moment(newest.recorded_at)}."
    )


def check(desk: Desk, what: str) -> None:
    """Refuse what rests on today's date while the clock is behind the record."""
    sentence = behind(desk)
    if sentence is None:
        return
    raise Refused(
        f"{what} was refused: the clock of this computer is behind the record.",
        reasons=[sentence],
        remedies=[
            f"{SET_IT}; then: assetflow sweep",
            "if it is right now and was wrong then, make any change with the right time, such as: "
            'assetflow case note CASE "The clock had been wrong"; then: assetflow sweep',
        ],
    )


def _moment(moment: datetime) -> str:
    return f"{show(moment.date())} {moment:%H:%M} UTC"
