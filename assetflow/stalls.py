"""When a case has stalled: nothing moves it on, its stage is long overrun, its time runs out.

Progress is a change of stage, an answer to a sign-off, an objection, a document or an answer that
came, a letter of substance. Notes, reminders and new hands are activity and stop nothing.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from assetflow.alert import Alert
from assetflow.deadlines import Duration, due
from assetflow.facts import show
from assetflow.forecast import limit_day, passed_on
from assetflow.pauses import cap_of
from assetflow.snapshot import Occasion
from assetflow.targets import overrun_on, share_of, stage_due


def stalled(occasion: Occasion) -> Iterator[Alert]:
    """Give the alerts that whoever has the case has not moved it on."""
    case = occasion.case
    if occasion.workflow.stages[case.stage].ladder_stops:
        return
    since = max(case.progress_on, case.stage_since, case.waiting_since)
    cap = cap_of(occasion.workflow, case.pause, occasion.calendar) if case.pause else None
    if case.waiting_on == "council":
        yield from _council(occasion, since)
    elif case.waiting_on == "group":
        yield from _group(occasion, since, cap)
    # Over its cap, a pause is for the council to look into.
    if case.waiting_on == "group" and cap is not None:
        yield from _council(occasion, max(since, cap))


def _council(occasion: Occasion, since: date) -> Iterator[Alert]:
    yield from _after(
        occasion, "stalled_council", since,
        "Stalled with the council",
        "Nothing has moved the case on for {after}; notes and reminders do not.",
        "take the next step, or write down who holds the case up and what would free it",
    )  # fmt: skip


def _group(occasion: Occasion, since: date, cap: date | None) -> Iterator[Alert]:
    for alert in _after(
        occasion, "stalled_group", since,
        "Stalled with the group",
        "The group has had the case for {after}, and nothing has moved it on.",
        "speak to the group: what keeps it, what would help, and by when",
    ):  # fmt: skip
        if cap is None or alert.on <= cap:
            yield alert


def _after(
    occasion: Occasion, kind: str, since: date, title: str, sentence: str, requires: str
) -> Iterator[Alert]:
    rule = occasion.workflow.alerts.get(kind)
    if rule is None or rule.after is None:
        return
    yield Alert(
        on=due(since, Duration.parse(rule.after), occasion.calendar),
        kind=kind,
        key=since.isoformat(),
        title=title,
        sentence=sentence.format(after=rule.after),
        since=since,
        due_on=None,
        roles=rule.to,
        requires=requires,
    )


def overdue(occasion: Occasion) -> Iterator[Alert]:
    """Give the alert that the target of a stage has passed."""
    rule, due_on = occasion.workflow.alerts.get("stage_overdue"), stage_due(occasion)
    if rule is None or due_on is None:
        return
    stage = occasion.workflow.stages[occasion.case.stage]
    yield Alert(
        on=occasion.calendar.next_working_day(due_on + timedelta(days=1)),
        kind="stage_overdue",
        key=f"{stage.id}:{occasion.case.stage_since.isoformat()}",
        title=f"Overdue: {stage.label}",
        sentence=f"The target for this stage, {stage.target}, has passed.",
        since=occasion.case.stage_since,
        due_on=due_on,
        roles=rule.to,
        requires="move the case on, or tell the group a new date",
    )


def overrun(occasion: Occasion) -> Iterator[Alert]:
    """Give the alert that a stage takes far longer than its target, pauses not counted."""
    rule = occasion.workflow.alerts.get("stage_overrun")
    if rule is None or rule.share is None:
        return
    last = overrun_on(occasion, share_of(rule.share))
    if last is None:
        return
    stage, since = occasion.workflow.stages[occasion.case.stage], occasion.case.stage_since
    yield Alert(
        on=occasion.calendar.next_working_day(last + timedelta(days=1)),
        kind="stage_overrun",
        key=f"{stage.id}:{since.isoformat()}",
        title=f"Far over its target: {stage.label}",
        sentence=f"The case has been here for more than {rule.share} of the time planned for it, "
        "pauses not counted.",
        since=since,
        due_on=last,
        roles=rule.to,
        requires="say what holds it up and when it moves on, or choose another way",
    )


def run_outs(occasion: Occasion) -> Iterator[Alert]:
    """Give the alerts that the forecast passes a day that the case must not pass."""
    rule, case = occasion.workflow.alerts.get("run_out"), occasion.case
    for limit in occasion.workflow.limits.values() if rule else ():
        day = limit_day(limit, case.facts, occasion.calendar)
        found = passed_on(occasion, limit, day) if day is not None else None
        if rule is None or day is None or found is None:
            continue
        on, forecast = found
        yield Alert(
            on=on,
            kind="run_out",
            # In each stage it is told anew: what was made up for in between is not known.
            key=f"{limit.id}:{day:%Y%m%d}:{case.stage_since:%Y%m%d}",
            title=f"Time runs out: {limit.label}",
            sentence=f"At its targets the case is done on {show(forecast)}, and the last day for "
            f"it is {show(day)}: {limit.why}.",
            since=case.stage_since,
            due_on=day,
            roles=rule.to,
            requires="shorten what is left, ask for a later day, or tell the group the truth now",
        )
