"""Whose time it was on a case, and whether it stands still: read from the record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assetflow import queries
from assetflow.casework.desk import Desk
from assetflow.casework.story import as_of_then
from assetflow.facts import show
from assetflow.pauses import cap_of
from assetflow.queries import Case
from assetflow.snapshot import Signoff
from assetflow.whose_time import Request, Spell, Still, Turn, spells
from assetflow.workflow import Holder, Workflow


@dataclass(frozen=True, slots=True)
class Paused:
    """The pause that is running on a case: since when, why, and how long at most."""

    since: date
    reason: str
    cap: date
    over: bool

    def __str__(self) -> str:
        """Give it on one line."""
        cap = f"over its cap since {show(self.cap)}" if self.over else f"until {show(self.cap)}"
        most = cap if self.over else f"at most {cap}"
        return f"since {show(self.since)}: {self.reason}; {most}"


def standing_still(desk: Desk, case: Case) -> Paused | None:
    """Give the pause that is running on a case, or None."""
    rule, pause = case.workflow.pauses, case.snapshot.pause
    cap = cap_of(case.workflow, pause, desk.calendar_of(case.workflow)) if pause else None
    if rule is None or pause is None or cap is None:
        return None
    reason = rule.reasons.get(pause.reason, pause.reason)
    return Paused(pause.began_on, reason, cap, over=desk.on > cap)


def whose_time(desk: Desk, case: Case) -> list[Spell]:
    """Give whose each day of a case was, from the day it was received to today or to its end."""
    until = case.closed_on or desk.on
    turns = list(_turns(desk, case))
    if not turns or until < case.snapshot.received_on:
        return []
    return spells(turns, _requests(desk, case), _pauses(desk, case), until)


def _turns(desk: Desk, case: Case) -> Iterator[Turn]:
    """Give who had the ball from each move on, as the version of the route said at the time."""
    holder: Holder = "council"
    visit = 0
    for then, entry in as_of_then(desk, case):
        route, stage = then.workflow, then.workflow.stages.get(entry.to_stage or "")
        if stage is None or entry.action not in queries.MOVES:
            continue
        step = route.transitions.get(entry.trigger or "")
        if step is None or step.to is not None:
            holder, visit = stage.waiting_on, visit + 1
        holder = (step.waiting_on if step else None) or holder
        yield Turn(entry.happened_on, holder, visit, stage.label)


def _pauses(desk: Desk, case: Case) -> Iterator[Still]:
    calendar, rule = desk.calendar_of(case.workflow), case.workflow.pauses
    for pause in case.snapshot.pauses:
        cap = cap_of(case.workflow, pause, calendar)
        if rule is not None and cap is not None:
            reason = rule.reasons.get(pause.reason, pause.reason)
            yield Still(pause.began_on, pause.ended_on, cap, reason)


def _requests(desk: Desk, case: Case) -> Iterator[Request]:
    asked = queries.requests(desk.db, case.id)
    for number, (visit, signoff) in enumerate(asked):
        later = (
            other.requested_on for then, other in asked[number + 1 :]
            if (then, other.trigger, other.department)
            == (visit, signoff.trigger, signoff.department)
        )  # fmt: skip
        ends = [_owed_until(case.workflow, signoff), next(later, None)]
        until = min((day for day in ends if day is not None), default=None)
        label = case.workflow.department_label(signoff.department)
        yield Request(label, visit, signoff.requested_on, until)


def _owed_until(workflow: Workflow, signoff: Signoff) -> date | None:
    """Give the day from which a department owes no answer any more, or None.

    A consultee whose time has gone by holds nothing up.
    """
    step = workflow.transitions.get(signoff.trigger)
    rules = step.signoffs if step is not None else ()
    heard = any(r.department == signoff.department and r.mode == "consultee" for r in rules)
    over = signoff.due_on + timedelta(days=1)
    if heard and (signoff.decided_on is None or signoff.decided_on > over):
        return over
    return signoff.decided_on
