"""The dates that a case lives by, and why each of them is what it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from assetflow import alerts, clocks
from assetflow.deadlines import Duration
from assetflow.errors import BadInput, NotFound
from assetflow.facts import counted, show
from assetflow.pauses import spans
from assetflow.queries import Case
from assetflow.reckoning import Pause, Row, Rule, is_provisional, reckon
from assetflow.snapshot import Occasion, Signoff
from assetflow.workflow import Clock


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of a case: its last day, and what it was counted from and by.

    ``name`` is what one types for it. Without a ``rule`` the date was given and not counted.
    ``act_by`` is the last working day on which the thing can still be done in time.
    """

    name: str
    label: str
    kind: str
    last_day: date
    act_by: date
    provisional: bool
    start: date
    anchor: str
    rule: Rule | None
    source: str
    verified: bool
    runs: bool = True
    # What came of the count, where a date was agreed or told instead.
    instead: str = ""


def running(occasion: Occasion) -> list[Dated]:
    """List every date that runs on a case on the day, the first to come first."""
    found = [one for one in every(occasion) if one.runs]
    ahead = [one for one in found if one.kind != "level" or one.last_day > occasion.on]
    return sorted(ahead, key=lambda one: (one.last_day, one.name))


def at_a_glance(found: Iterable[Dated]) -> list[Dated]:
    """Give the dates without those levels of the ladder that come after the next one."""
    levels = [one for one in found if one.kind == "level"]
    return [one for one in found if one not in levels[1:]]


def every(occasion: Occasion) -> list[Dated]:
    """List the dates of a case in its present stage, with clocks that were stopped and levels."""
    ended = bool(occasion.workflow.stages[occasion.case.stage].end)
    found: list[Dated] = []
    taken: set[str] = set()
    for one in _found(occasion, ended):
        name = one.name if one.name not in taken else f"{one.kind}:{one.name}"
        taken.add(name)
        # What the group must do, and when a level is reached, is not for the council to act by.
        ours = one.kind not in ("promise", "level")
        act_by = occasion.calendar.previous_working_day(one.last_day) if ours else one.last_day
        found.append(replace(one, name=name, act_by=act_by, runs=one.runs and not ended))
    return found


def named(occasion: Occasion, typed: str) -> Dated:
    """Find a date by what was typed: its name, or a part of its label that no other has."""
    wanted, found = typed.strip().casefold(), every(occasion)
    exact = [one for one in found if wanted in (one.name, one.label.casefold())]
    near = exact or [one for one in found if wanted and wanted in one.label.casefold()]
    if len(near) == 1:
        return near[0]
    case = occasion.case.reference
    if near:
        names = ", ".join(one.name for one in near)
        raise BadInput(
            f"{typed} fits several dates of {case}: {names}.", remedies=["type the name"]
        )
    raise NotFound(
        f"{case} has no date {typed!r}.",
        reasons=_not_started(occasion, wanted),
        remedies=[f"see them: assetflow case explain {case}"],
    )


def explain(occasion: Occasion, one: Dated) -> list[Row]:
    """Tell line by line why a date is what it is."""
    rows = [Row("start", one.start, None, f"counted from: {one.anchor}")]
    if one.rule is not None:
        pauses = _pauses(occasion) if one.kind == "target" and one.rule.way != "before" else []
        rows += reckon(one.start, one.rule, occasion.calendar, pauses).rows
    if one.instead:
        rows.append(Row("instead", one.last_day, None, one.instead))
    if one.act_by != one.last_day:
        off = f"nobody works on {show(one.last_day)}: act by {one.act_by:%A}"
        rows.append(Row("act_by", one.act_by, None, off))
    if one.provisional:
        until = show(occasion.calendar.official_until)
        said = f"provisional: bank holidays are published until {until}"
        rows.append(Row("provisional", None, None, said))
    if not one.runs:
        rows.append(Row("stopped", None, None, "it no longer runs"))
    return [*rows, Row("source", None, None, _source(occasion, one))]


def _pauses(occasion: Occasion) -> list[Pause]:
    """Give the times in which targets stood still, as it is known on the day."""
    route, case = occasion.workflow, occasion.case
    reasons = route.pauses.reasons if route.pauses else {}
    known = spans(route, case.pauses, occasion.calendar, occasion.on)
    return [
        Pause(began, ended, reasons.get(pause.reason, pause.reason))
        for (began, ended), pause in zip(known, case.pauses, strict=False)
    ]


def _source(occasion: Occasion, one: Dated) -> str:
    route = f"{occasion.workflow.label}, version {occasion.workflow.version}"
    if not one.source:
        return f"source: {route}"
    doubt = "" if one.verified else "; nobody has verified it"
    return f"source: {one.source} ({route}{doubt})"


def _not_started(occasion: Occasion, wanted: str) -> list[str]:
    """Say of a clock that was meant what it waits for."""
    meant = [c for c in occasion.workflow.clocks.values() if wanted in (c.id, c.label.casefold())]
    return [f"{clock.label} has not started: it runs from {_from(occasion, clock)}."
            for clock in meant]  # fmt: skip


def _found(occasion: Occasion, ended: bool) -> Iterator[Dated]:
    yield from _target(occasion)
    for reading in clocks.readings(
        occasion.workflow, occasion.case, occasion.calendar, occasion.on
    ):
        yield _clock(occasion, reading)
    if not ended:
        for signoff in occasion.case.signoffs:
            yield from _signoff(occasion, signoff)
        yield from _promises(occasion)
        yield from _levels(occasion)


def _target(occasion: Occasion) -> Iterator[Dated]:
    case, stage = occasion.case, occasion.workflow.stages[occasion.case.stage]
    last = alerts.stage_due_on(occasion)
    if last is None:
        return
    since = case.stage_since
    label, anchor = f"{stage.label} target", f"the case came into ‘{stage.label}’"
    if isinstance(case.facts.get(stage.due_fact or ""), date):
        told = occasion.workflow.fact_label(stage.due_fact or "")
        given = f"the date that was given takes the place of the target ({told})"
        yield _given("target", label, "target", last, since, anchor, given)
    elif stage.target is not None:
        rule = Rule(Duration.parse(stage.target), moved=True)
        found = _counted(occasion, "target", label, "target", last, since, anchor, rule)
        yield replace(found, source=stage.source, verified=stage.verified)


def _clock(occasion: Occasion, reading: clocks.Reading) -> Dated:
    clock, start = reading.clock, reading.started_on
    rule, anchor = _rule(clock), _from(occasion, clock)
    found = _counted(
        occasion, clock.id, clock.label, clock.kind, reading.due_on, start, anchor, rule
    )
    agreed = occasion.case.facts.get(clock.extended_to or "")
    instead = ""
    if isinstance(agreed, date):
        told = occasion.workflow.fact_label(clock.extended_to or "")
        later = reading.due_on != reading.first_due_on
        effect = "extended to this day" if later else f"{show(agreed)} was agreed; it shortens none"
        instead = f"{effect} ({told})"
    return replace(found, source=clock.source, verified=clock.verified, runs=reading.runs,
                   instead=instead)  # fmt: skip


def _rule(clock: Clock) -> Rule:
    target = clock.kind == "target"
    period = Duration.parse(clock.before or clock.within or "0 calendar days")
    if clock.before is not None:
        return Rule(period, "before", closings=target, moved=target)
    return Rule(period, clock.count, closings=target, moved=target)


def _from(occasion: Occasion, clock: Clock) -> str:
    starts, route = clock.starts, occasion.workflow
    if starts.stage is not None:
        return f"the day the case came into ‘{route.stages[starts.stage].label}’"
    fact = route.fact_label(starts.fact or "")
    if starts.or_end_of is None or isinstance(occasion.case.facts.get(starts.fact or ""), date):
        return fact
    return f"{fact}, or else the end of: {route.clocks[starts.or_end_of].label}"


def _signoff(occasion: Occasion, signoff: Signoff) -> Iterator[Dated]:
    # A case that was migrated can have been asked about a step that its route no longer has.
    step = occasion.workflow.transitions.get(signoff.trigger)
    rules = step.signoffs if step else ()
    rule = next((r for r in rules if r.department == signoff.department), None)
    if not signoff.open:
        return
    department = occasion.workflow.department_label(signoff.department)
    label, since = f"Sign-off by {department}", signoff.requested_on
    anchor, due_on = f"asked to sign ({signoff.trigger})", signoff.due_on
    if rule is None:
        given = "the day that was told with the request"
        yield _given(signoff.department, label, "sign-off", due_on, since, anchor, given)
        return
    within = Rule(Duration.parse(rule.within))
    found = _counted(occasion, signoff.department, label, "sign-off", due_on, since, anchor, within)
    anew = reckon(since, within, occasion.calendar).last_day
    told = "the day that was told with the request stands" if anew != due_on else ""
    yield replace(found, instead=told)


def _promises(occasion: Occasion) -> Iterator[Dated]:
    case = occasion.case
    if case.waiting_on != "group":
        return
    for fact in occasion.workflow.facts.values():
        day = case.facts.get(fact.name)
        if case.stage in fact.due_in and isinstance(day, date):
            anchor = "the case waits on the group"
            given = "the day that the group was asked to keep"
            yield _given(fact.name, fact.label, "promise", day, case.waiting_since, anchor, given)


def _levels(occasion: Occasion) -> Iterator[Dated]:
    route, start = occasion.workflow, alerts.ladder_start(occasion)
    if start is None:
        return
    by_age = route.ladder_counts == "age"
    anchor = "the case was received" if by_age else "the first of its last days goes by"
    for rung in route.ladder.values():
        last = alerts.reached_on(route, rung, start, occasion.calendar)
        rule = Rule(Duration.parse(rung.after))
        label = f"Ladder: {rung.label}"
        found = _counted(occasion, rung.level, label, "level", last, start, anchor, rule)
        late = not by_age and reckon(start, rule, occasion.calendar).last_day != last
        yield replace(found, instead="nothing is late before its last day is over" if late else "")


def _given(
    name: str, label: str, kind: str, last: date, since: date, anchor: str, given: str
) -> Dated:
    return Dated(
        name, label, kind, last, last, False, since, anchor, None, "", False, instead=given
    )


def _counted(  # noqa: PLR0913, PLR0917 - what a date is
    occasion: Occasion, name: str, label: str, kind: str, last: date, start: date, anchor: str,
    rule: Rule,
) -> Dated:  # fmt: skip
    provisional = is_provisional(start, last, rule, occasion.calendar)
    return Dated(name, label, kind, last, last, provisional, start, anchor, rule, "", False)


def days_left(occasion: Occasion, one: Dated) -> str:
    """Say how many working days are left until a last day, or how many it is over."""
    left = occasion.calendar.working_days_between(occasion.on, one.last_day)
    if one.last_day < occasion.on:
        return f"{counted(max(1, -left), 'working day')} over"
    return "today" if one.last_day == occasion.on else f"{counted(left, 'working day')} left"


def of_case(case: Case, occasion: Occasion) -> list[Dated]:
    """List the dates of a case that is open; one that has ended has none."""
    return [] if case.closed_on is not None else running(occasion)
