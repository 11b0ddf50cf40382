"""Pausing, resuming and extending: the steps of a route that do it, found for whoever types it.

There is one way only: a pause begins and ends with declared steps of the route. What stands here
finds the step of the present stage, or says why there is none and what to do instead.
"""

import difflib
from dataclasses import dataclass
from datetime import date

from assetflow.casework import cases, record
from assetflow.casework.desk import Desk
from assetflow.casework.facts import record_facts
from assetflow.casework.opening import Done
from assetflow.casework.turns import standing_still
from assetflow.errors import NotFound, Refused
from assetflow.facts import counted, show
from assetflow.guards import HOLDERS, facts_asked
from assetflow.pauses import spans
from assetflow.queries import Case
from assetflow.workflow import Clock


def pause(desk: Desk, case_typed: str, reason: str, missing: str, by: date) -> Done:
    """Ask the group for what is missing, by a day: the letter goes out and the target stands still.

    Raises ``Refused`` where the route has no such step in the stage, or the case is paused already.
    """
    case = record.take(desk, case_typed)
    record.check_open(case)
    rule = case.workflow.pauses
    steps = [s for s in case.workflow.from_stage(case.snapshot.stage) if s.pauses]
    running = standing_still(desk, case)
    if running is not None:
        denied = [item for s in steps[:1] for item in cases.what_is_missing(desk, case, s)
                  if item.code == "permission"]  # fmt: skip
        raise Refused(
            f"{case.reference} was not paused.",
            reasons=[f"It is paused already, {running}.", *map(str, denied)],
            remedies=[f"once the group has answered: assetflow case resume {case.reference}"],
        )
    if rule is None or not steps:
        raise _no_pause_here(case)
    typed = {rule.reason: reason, rule.missing: missing, rule.by: by.isoformat()}
    done = cases.advance(desk, case.reference, steps[0].trigger, typed)
    now = standing_still(desk, done.case)
    still = f"The target stands still, at most until {show(now.cap)}" if now else ""
    notice = f"{still}; the age of the case and periods of law run on."
    return Done(done.case, done.letters, (*done.notices, notice))


def resume(desk: Desk, case_typed: str) -> Done:
    """Record that the group has sent what was missing: the target runs again."""
    case = record.take(desk, case_typed)
    record.check_open(case)
    steps = [s for s in case.workflow.from_stage(case.snapshot.stage) if s.resumes]
    if case.snapshot.pause is None or not steps:
        raise Refused(
            f"{case.reference} was not resumed.",
            reasons=["It is not paused."],
            remedies=[f"see what can be done now: assetflow case next {case.reference}"],
        )
    done = cases.advance(desk, case.reference, steps[0].trigger, {})
    return Done(done.case, done.letters, (*done.notices, _stood_still(desk, done.case)))


def _stood_still(desk: Desk, case: Case) -> str:
    calendar = desk.calendar_of(case.workflow)
    ((began, ended),) = spans(case.workflow, case.snapshot.pauses[-1:], calendar, desk.on)
    days = calendar.working_days_between(began, ended)
    return f"The target stood still for {counted(days, 'working day')}."


def _no_pause_here(case: Case) -> Refused:
    stage, route = case.workflow.stages[case.snapshot.stage], case.workflow
    holder = HOLDERS[case.snapshot.waiting_on]
    reasons = [f"In the stage ‘{stage.label}’ {holder} has the ball, and no step asks the group."]
    if route.pauses is None:
        reasons = [f"The route ‘{route.label}’ has no pauses."]
    reasons.append("A target stands still only while the group is asked for what is missing.")
    where = [route.stages[s].label for t in route.transitions.values() if t.pauses
             for s in route.leaves(t)]  # fmt: skip
    if where:
        reasons.append(f"The stages in which it can be: {', '.join(dict.fromkeys(where))}.")
    return Refused(
        f"{case.reference} was not paused.",
        reasons=reasons,
        remedies=[f"see what can be done now: assetflow case next {case.reference}"],
    )


# --- extending ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement to a later last day: of which clock, which day, and by whom."""

    clock: str
    to: date
    by: str
    why: str = ""


def extend(desk: Desk, case_typed: str, agreed: Agreed) -> Done:
    """Extend a clock to a later day that was agreed on the desk's day, before its time was over.

    Raises ``Refused`` with every reason, and where the route lets nobody extend the clock.
    """
    case = record.take(desk, case_typed)
    record.check_open(case)
    clock = _clock(case, agreed.clock)
    if clock.extended_to is None:
        raise _not_extended(case, clock)
    typed = {clock.extended_to: agreed.to.isoformat()}
    if clock.agreed_in is not None:
        typed[clock.agreed_in] = f"{agreed.by}, {show(desk.on)}"
    steps = [
        step for step in case.workflow.from_stage(case.snapshot.stage)
        if any(clock.extended_to in facts_asked(use) for use in step.requires)
    ]  # fmt: skip
    why = agreed.why or f"Agreed by {agreed.by}"
    if steps:
        return cases.advance(desk, case.reference, steps[0].trigger, typed, why)
    return Done(record_facts(desk, case.reference, typed, why))


def _clock(case: Case, typed: str) -> Clock:
    known = case.workflow.clocks
    if typed in known:
        return known[typed]
    close = difflib.get_close_matches(typed, list(known), n=1)
    raise NotFound(
        f"This route has no clock {typed!r}.",
        reasons=[f"did you mean {close[0]}?"] if close else [],
        remedies=[f"its clocks: {', '.join(known) or 'none'}"],
    )


def _not_extended(case: Case, clock: Clock) -> Refused:
    kind = "statutory and " if clock.kind == "statutory" else ""
    able = [c.id for c in case.workflow.clocks.values() if c.extended_to is not None]
    return Refused(
        f"{case.reference}: {clock.label} was not extended.",
        reasons=[f"{clock.label} is {kind}not one that its route lets anybody extend."],
        remedies=[f"those that can be extended by agreement: {', '.join(able) or 'none'}"],
    )
