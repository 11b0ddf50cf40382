"""When a case calls for attention: a pure list of every alert with the day it falls due.

``timeline`` looks at one case under its route and gives all alerts of its present situation, past
and future. What the sweep sends on a day, and when it must look again, both follow from it, so a
day that was missed is caught up and a second run finds nothing new.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from assetflow import clocks, stalls
from assetflow.alert import Alert
from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, before, due
from assetflow.facts import show
from assetflow.ladder import (
    Duty,
    again,
    done_on,
    ladder_start,
    reached_on,
    rung_reached,
    timed,
)
from assetflow.pauses import cap_of
from assetflow.snapshot import Objection, Occasion, Signoff, Snapshot
from assetflow.targets import due_in_stage, stage_due_on
from assetflow.workflow import Workflow

__all__ = [
    "LADDER",
    "Alert",
    "due_in_stage",
    "ladder_start",
    "objection_raised",
    "reached_on",
    "rung_reached",
    "stage_due_on",
    "timeline",
]
LADDER = "ladder"


def timeline(occasion: Occasion) -> list[Alert]:
    """Give every alert of a case as it stands, in the order in which they fall due."""
    if occasion.workflow.stages[occasion.case.stage].end:
        return []
    start = ladder_start(occasion)
    found = [
        *_ladder(occasion, start),
        *_no_champion(occasion),
        *_left(occasion),
        *stalls.overdue(occasion),
        *stalls.overrun(occasion),
        *stalls.stalled(occasion),
        *stalls.run_outs(occasion),
        *_pause_over_cap(occasion),
        *_signoffs(occasion),
        *_silence(occasion),
        *_clocks(occasion),
        *_tasks(occasion, start),
    ]
    return sorted(found, key=lambda alert: (alert.on, alert.kind, alert.key))


def _ladder(occasion: Occasion, start: date | None) -> tuple[Alert, ...]:
    return () if start is None else _rungs(occasion.workflow, start, occasion.calendar)


@lru_cache(maxsize=1024)
def _rungs(workflow: Workflow, start: date, calendar: Calendar) -> tuple[Alert, ...]:
    """Give the ladder of all cases of a route that is counted from a day."""
    by_age = workflow.ladder_counts == "age"
    since, has = (
        ("since the expression of interest", "has been open for")
        if by_age
        else ("after its deadline", "is late by")
    )
    return tuple(
        Alert(
            on=reached_on(workflow, rung, start, calendar),
            kind=LADDER,
            # A case that is late anew is told of anew.
            key=rung.level if by_age else f"{rung.level}:{start.isoformat()}",
            title=f"{rung.label}: {rung.after} {since}",
            sentence=f"The case {has} {rung.after}.",
            since=start,
            due_on=None,
            roles=rung.to,
            level=rung.label,
            requires=rung.calls_for,
        )
        for rung in workflow.ladder.values()
    )


def _clocks(occasion: Occasion) -> Iterator[Alert]:
    for reading in clocks.told(occasion):
        clock = reading.clock
        if not clock.to:
            continue
        if clock.warn is not None:
            ahead = before(reading.due_on, Duration.parse(clock.warn), occasion.calendar)
            # Nobody is warned of a day that moves on while the target stands still.
            still = _still_until(occasion) if clock.kind == "target" else None
            ahead = max(ahead, still) if still else ahead
            # A day that was missed is caught up, so no sentence says how long is left.
            sentence = f"It ends on {show(reading.due_on)}."
            yield _clock_alert(reading, "clock_ends_soon", ahead, sentence)
        over = reading.due_on + timedelta(days=1)
        yield _clock_alert(reading, "clock_expired", over, clock.on_expiry or "Its time is over.")


def _clock_alert(reading: clocks.Reading, kind: str, on: date, sentence: str) -> Alert:
    clock, verb = reading.clock, "ends" if kind == "clock_ends_soon" else "has run out"
    return Alert(
        on=on,
        kind=kind,
        # Extended, it is told of anew.
        key=f"{clock.id}:{reading.due_on.isoformat()}",
        title=f"{clock.label} {verb}",
        sentence=sentence,
        # A clock may start with a day that is still to come, such as that of a meeting.
        since=min(reading.started_on, on),
        due_on=reading.due_on,
        roles=clock.to,
        requires=f"see to it: {clock.label}",
    )


def objection_raised(occasion: Occasion, signoff: Signoff, objection: Objection) -> Alert:
    """Give the notice that the champion has at once when a department objects."""
    rule = occasion.workflow.alerts.get("objection_raised")
    label = occasion.workflow.department_label(signoff.department)
    effect = "It holds the case up." if objection.blocks else "It does not hold the case up."
    return Alert(
        on=objection.raised_on,
        kind="objection_raised",
        key=str(objection.id),
        title=f"Objection by {label}",
        sentence=f"{objection.reason} ({effect})",
        since=objection.raised_on,
        due_on=None,
        roles=rule.to if rule else (),
        department=signoff.department,
        requires=objection.way_forward,
    )


def _no_champion(occasion: Occasion) -> Iterator[Alert]:
    rule, since = occasion.workflow.alerts.get("no_champion"), _vacant_since(occasion.case)
    if rule is None or rule.after is None or since is None:
        return
    yield Alert(
        on=due(since, Duration.parse(rule.after), occasion.calendar),
        kind="no_champion",
        key=since.isoformat(),
        title="No champion",
        sentence=f"Nobody has been named as champion for {rule.after}.",
        since=since,
        due_on=None,
        roles=rule.to,
        requires="name a champion who is not the case officer",
    )


def _vacant_since(case: Snapshot) -> date | None:
    """Give since when nobody is champion of a case: one who leaves leaves the place vacant."""
    if case.champion is None:
        return case.champion_since
    left = case.champion.left_on
    return None if left is None else max(left, case.champion_since)


def _left(occasion: Occasion) -> Iterator[Alert]:
    """Give the alerts that a case is with somebody who is gone: at once, and not after weeks."""
    case, rule = occasion.case, occasion.workflow.alerts.get("no_champion")
    for person, place, requires in (
        (
            case.officer,
            "case officer",
            f"give it to another: assetflow case assign {case.reference}",
        ),
        (case.champion, "champion", f"name another: assetflow champion name {case.reference}"),
    ):
        if rule is None or person is None or person.left_on is None:
            continue
        yield Alert(
            on=person.left_on,
            kind="holder_left",
            key=f"{place}:{person.id}:{person.left_on.isoformat()}",
            title=f"The {place} has left",
            sentence=f"{person.name} was the {place} of this case and no longer works here.",
            since=person.left_on,
            due_on=None,
            roles=(*rule.to, "case_officer", "champion"),
            requires=requires,
        )


def _pause_over_cap(occasion: Occasion) -> Iterator[Alert]:
    """A pause that has lasted too long is looked at by people; nothing ends by itself."""
    rule, pause, cap = occasion.workflow.pauses, occasion.case.pause, _still_until(occasion)
    if rule is None or pause is None or cap is None:
        return
    yield Alert(
        on=_working_day_after(cap, occasion),
        kind="pause_over_cap",
        key=pause.began_on.isoformat(),
        title="The group has not answered: review the pause",
        sentence=f"The target stood still for {rule.cap}, and runs again since {show(cap)}.",
        since=pause.began_on,
        due_on=cap,
        roles=rule.to,
        requires="speak to the group; then go on without an answer, or decide with the champion "
        "how the case ends",
    )


def _still_until(occasion: Occasion) -> date | None:
    """Give the cap of the pause that is running, or None."""
    pause = occasion.case.pause
    return cap_of(occasion.workflow, pause, occasion.calendar) if pause else None


def _signoffs(occasion: Occasion) -> Iterator[Alert]:
    overdue = occasion.workflow.alerts.get("signoff_overdue")
    for signoff in occasion.case.signoffs:
        if overdue and signoff.open:
            label = occasion.workflow.department_label(signoff.department)
            yield Alert(
                on=_working_day_after(signoff.due_on, occasion),
                kind="signoff_overdue",
                key=str(signoff.id),
                title=f"No answer from {label}",
                sentence=f"The sign-off asked of {label} has not come in time.",
                since=signoff.requested_on,
                due_on=signoff.due_on,
                roles=overdue.to,
                department=signoff.department,
                requires="sign, or object with a way forward",
            )
        if signoff.decision == "objected" and signoff.objection:
            yield from _objections(occasion, signoff, signoff.objection)


# How long an objection can stay open before more people hear of it, and what they are to do.
_OPEN = {
    "objection_open": ("Objection not resolved", "hold a case conference with the department"),
    "objection_stuck": ("Objection still not resolved", "decide: overrule it, meet it, or stop"),
}


def _objections(occasion: Occasion, signoff: Signoff, objection: Objection) -> Iterator[Alert]:
    label, raised = occasion.workflow.department_label(signoff.department), objection.raised_on
    for kind, (title, requires) in _OPEN.items():
        rule = occasion.workflow.alerts.get(kind)
        if rule is None or rule.after is None:
            continue
        yield Alert(
            on=due(raised, Duration.parse(rule.after), occasion.calendar),
            kind=kind,
            key=str(objection.id),
            title=f"{title}: {label}",
            sentence=f"{objection.reason} Way forward: {objection.way_forward}",
            since=raised,
            due_on=None,
            roles=rule.to,
            department=signoff.department,
            requires=requires,
        )


def _tasks(occasion: Occasion, start: date | None) -> Iterator[Alert]:
    """Give the alerts that what a level of the ladder calls for was not done in time."""
    if start is None or "task_overdue" not in occasion.workflow.alerts:
        return
    for duty, alert in _undone(occasion.workflow, start, occasion.calendar):
        done = done_on(duty.task, occasion.case, duty.since)
        if done is None:
            yield alert
        elif (following := again(duty, done, occasion.calendar)) is not None:
            yield _task(occasion.workflow, following, occasion.calendar)


@lru_cache(maxsize=1024)
def _undone(workflow: Workflow, start: date, calendar: Calendar) -> tuple[tuple[Duty, Alert], ...]:
    """Give each task with its alert, of all cases of a route that is counted from a day."""
    found = timed(workflow, start, calendar)
    return tuple((duty, _task(workflow, duty, calendar)) for duty in found)


def _task(workflow: Workflow, duty: Duty, calendar: Calendar) -> Alert:
    last = duty.due_on or duty.since
    return Alert(
        on=calendar.next_working_day(last + timedelta(days=1)),
        kind="task_overdue",
        key=f"{duty.name}:{duty.since:%Y%m%d}",
        title=f"Not done: {duty.task.label}",
        sentence=f"{duty.level.label} calls for it, since {show(duty.since)}.",
        since=duty.since,
        due_on=last,
        roles=workflow.alerts["task_overdue"].to,
        requires=duty.task.label,
    )


def _silence(occasion: Occasion) -> Iterator[Alert]:
    rule, since = occasion.workflow.alerts.get("silence"), occasion.case.written_to_group_on
    over = occasion.workflow.stages[occasion.case.stage].ladder_stops
    if rule is None or rule.after is None or over:
        return
    yield Alert(
        on=due(since, Duration.parse(rule.after), occasion.calendar),
        kind="silence",
        key=since.isoformat(),
        title="The group has not been written to",
        sentence=f"The last letter to the group is {rule.after} old.",
        since=since,
        due_on=None,
        roles=rule.to,
        requires="send the group a holding update",
    )


def _working_day_after(day: date, occasion: Occasion) -> date:
    return occasion.calendar.next_working_day(day + timedelta(days=1))
