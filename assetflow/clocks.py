"""The named clocks of a route, read on one case: what started each and when it is due.

A clock is a pure function of what is on the file: nothing is stored as overdue, and nothing happens
to a case by itself when one runs out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, before, beginning_with, due, standing_still
from assetflow.facts import show
from assetflow.pauses import Span, spans
from assetflow.snapshot import Occasion, Snapshot
from assetflow.workflow import Clock, Workflow


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock on one case; ``due_on`` is its last day, with an extension that was agreed."""

    clock: Clock
    started_on: date
    due_on: date
    # Without an extension.
    first_due_on: date
    stopped: bool

    def expired(self, on: date) -> bool:
        """Tell whether its last day has gone by on a day, and nothing had stopped it."""
        return not self.stopped and on > self.due_on

    @property
    def runs(self) -> bool:
        """Tell whether nothing has stopped it yet."""
        return not self.stopped


def readings(
    workflow: Workflow, case: Snapshot, calendar: Calendar, on: date | None = None
) -> Iterator[Reading]:
    """Read every clock that has started on a case, in the order of its route.

    The end of a case stops them all. Without a day, a pause is taken to run to its cap.
    """
    ended = bool(workflow.stages[case.stage].end)
    for clock in workflow.clocks.values():
        found = read(workflow, clock, case, calendar, on)
        if found is not None:
            yield replace(found, stopped=True) if ended else found


def read(
    workflow: Workflow, clock: Clock, case: Snapshot, calendar: Calendar, on: date | None = None
) -> Reading | None:
    """Read one clock as it is known on a day, or give None where it has not started."""
    start = _start(workflow, clock, case, calendar)
    if start is None:
        return None
    first = last_day(clock, start, calendar, spans(workflow, case.pauses, calendar, on))
    agreed = case.facts.get(clock.extended_to or "")
    extended = max(first, agreed) if isinstance(agreed, date) else first
    # A fact that says no stops nothing.
    stopped = any(case.facts.get(name) not in (None, False) for name in clock.stops)
    return Reading(clock, start, extended, first, stopped)


def last_day(clock: Clock, start: date, calendar: Calendar, pauses: Iterable[Span] = ()) -> date:
    """Give the last day of a clock that starts on a day, without any extension.

    Only the council's own targets are moved to a working day and stand still in pauses, and only
    for them does the council's closing matter: a statutory period ends on the day the statute says,
    and a day that others set stands as it is.
    """
    calendar = counted_by(clock, calendar)
    if clock.before is not None:
        found = before(start, Duration.parse(clock.before), calendar)
        return calendar.previous_working_day(found) if clock.kind == "target" else found
    period = Duration.parse(clock.within or "0 calendar days")
    counted = beginning_with if clock.count == "beginning_with" else due
    found = counted(start, period, calendar)
    if clock.kind != "target":
        return found
    return calendar.next_working_day(standing_still(found, start, period.unit, pauses, calendar))


def against_extension(
    occasion: Occasion, clock: Clock, agreed: date, recorded_on: date
) -> Iterator[str]:
    """Say why a clock cannot be extended to a day by an agreement that is recorded on a day.

    What is agreed after the last day, or recorded only then, comes too late: the time was over.
    """
    case = before_extension(occasion.case, clock)
    found = read(occasion.workflow, clock, case, occasion.calendar, occasion.on)
    if found is None:
        yield f"{clock.label}: the clock has not started."
    elif found.stopped:
        yield f"{clock.label}: it was done or is over, so nothing is left to extend."
    else:
        if recorded_on > found.due_on:
            yield (
                f"{clock.label}: the time ended on {show(found.due_on)}; an agreement must be "
                "recorded by then."
            )
        if agreed <= found.due_on:
            yield f"{clock.label}: {show(agreed)} is not after the last day, {show(found.due_on)}."


def before_extension(case: Snapshot, clock: Clock) -> Snapshot:
    """See a case without an extension that this very command brings: time that is over stays so."""
    name = clock.extended_to or ""
    if name not in case.replaced:
        return case
    return replace(case, facts={**case.facts, name: case.replaced[name]})


def counted_by(clock: Clock, calendar: Calendar) -> Calendar:
    """Give the working days that count for a clock: for all but targets the bank holidays alone."""
    return calendar if clock.kind == "target" else calendar.statutory


def told(occasion: Occasion) -> Iterator[Reading]:
    """Read the clocks that run on a case and of which somebody is told in its stage."""
    for reading in readings(occasion.workflow, occasion.case, occasion.calendar):
        if reading.runs and told_in(reading.clock, occasion.case.stage):
            yield reading


def told_in(clock: Clock, stage: str) -> bool:
    """Tell whether anybody is told of a clock while its case stands in a stage."""
    return not clock.stages or stage in clock.stages


def _start(workflow: Workflow, clock: Clock, case: Snapshot, calendar: Calendar) -> date | None:
    choice = clock.starts.choice
    if choice is not None and case.facts.get(choice) != clock.starts.value:
        return None
    if clock.starts.stage is not None:
        return case.stage_since if case.stage == clock.starts.stage else None
    found = case.facts.get(clock.starts.fact or "")
    if isinstance(found, date):
        return found
    other = workflow.clocks.get(clock.starts.or_end_of or "")
    # One that itself waits for another's end says nothing here, so that no two wait for each other.
    if other is None or other.starts.or_end_of is not None:
        return None
    ended = read(workflow, other, case, calendar)
    return ended.due_on if ended is not None and ended.runs else None
