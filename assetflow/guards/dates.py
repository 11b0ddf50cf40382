"""The guards that look at dates and clocks: what has run out, what has not, what must be waited."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from assetflow import clocks
from assetflow.deadlines import Duration, beginning_with, due
from assetflow.facts import show
from assetflow.guards.registry import guard
from assetflow.guards.words import all_of, fact_missing, fact_unfit, on_file
from assetflow.snapshot import Occasion, Unmet

TIME = "nobody: it is a matter of time"


@guard
def clock_expired(occasion: Occasion, clock: str) -> Iterator[Unmet]:
    """A clock has run out by the day of the step, and nothing had stopped it."""
    declared = occasion.workflow.clocks[clock]
    found = clocks.read(occasion.workflow, declared, occasion.case, occasion.calendar, occasion.on)
    if found is None:
        yield Unmet("clock", f"{declared.label}: the clock has not started.", "")
    elif found.stopped:
        yield Unmet("clock", f"{declared.label}: it was done in time or is done by now.", "")
    elif not found.expired(occasion.on):
        yield Unmet("clock", f"{declared.label}: the time runs until {show(found.due_on)}.", TIME)


@guard
def clock_not_expired(occasion: Occasion, clock: str) -> Iterator[Unmet]:
    """The step happens on or before the last day of a clock."""
    declared = occasion.workflow.clocks[clock]
    case = clocks.before_extension(occasion.case, declared)
    found = clocks.read(occasion.workflow, declared, case, occasion.calendar, occasion.on)
    if found is None:
        yield Unmet("clock", f"{declared.label}: the clock has not started.", "")
    elif occasion.on > found.due_on:
        sentence = f"{declared.label}: the time ended on {show(found.due_on)}. "
        yield Unmet("clock", (sentence + declared.on_expiry).strip(), "")


@guard
def within_after(
    occasion: Occasion,
    fact: str,
    at_most: str,
    count: Literal["after", "beginning_with"] = "after",
) -> Iterator[Unmet]:
    """The step happens within a period after a date on the file, or beginning with it."""
    start = occasion.case.facts.get(fact)
    if not isinstance(start, date):
        yield fact_missing(occasion, fact)
        return
    counted = beginning_with if count == "beginning_with" else due
    last = counted(start, Duration.parse(at_most), occasion.calendar.statutory)
    label = occasion.workflow.facts[fact].label
    if occasion.on < start:
        sentence = f"{label} is {show(start)}; it can be done from then until {show(last)}."
        yield Unmet("clock", sentence, TIME)
    elif occasion.on > last:
        sentence = f"{label} is {show(start)}; it can be done until {show(last)}."
        yield Unmet("clock", sentence, "")


@guard
def waited_since(occasion: Occasion, fact: str, at_least: str) -> Iterator[Unmet]:
    """A period has gone by since a date on the file, such as a standstill."""
    start = occasion.case.facts.get(fact)
    if not isinstance(start, date):
        yield fact_missing(occasion, fact)
        return
    last = due(start, Duration.parse(at_least), occasion.calendar.statutory)
    if occasion.on <= last:
        label = occasion.workflow.facts[fact].label
        sentence = f"{label} is {show(start)}; {at_least} end on {show(last)}."
        yield Unmet("waited", sentence, TIME)


@guard
def together(occasion: Occasion, fact: str, needs: list[str]) -> Iterator[Unmet]:
    """Where a fact is on the file, others that justify it are as well."""
    found = occasion.case.facts.get(fact)
    # A fee of nothing, or a no, needs no reason.
    if found is None or found is False or found == 0:
        return
    label = occasion.workflow.facts[fact].label
    for name in (name for name in needs if not on_file(occasion, name)):
        missing = fact_missing(occasion, name)
        sentence = f"{label} is {show(found)}, which needs its reason. {missing.sentence}"
        yield Unmet(missing.code, sentence, missing.who, missing.remedy, name, missing.label)


@guard
def needed_above(
    occasion: Occasion, fact: str, above: int, needs: list[str], where: str = ""
) -> Iterator[Unmet]:
    """Where a number on the file is above an amount, other facts are on the file as well.

    With ``where`` only if that fact is on the file, such as the day that makes it count.
    """
    found = occasion.case.facts.get(fact)
    if where and occasion.case.facts.get(where) in (None, False):
        return
    if not isinstance(found, int | Decimal) or found <= above:
        return
    told = f"{occasion.workflow.facts[fact].label} is {show(found)}, above {above:,}."
    for name in (name for name in needs if not on_file(occasion, name)):
        missing = fact_missing(occasion, name)
        sentence = f"{told} {missing.sentence}"
        yield Unmet(missing.code, sentence, missing.who, missing.remedy, name, missing.label)


@guard
def dates_in_order(occasion: Occasion, facts: list[str]) -> Iterator[Unmet]:
    """Of the dates that are on the file, each lies after the one before it."""
    dated = [(name, occasion.case.facts.get(name)) for name in facts]
    known = [(name, day) for name, day in dated if isinstance(day, date)]
    for (before, first), (name, second) in pairwise(known):
        if second <= first:
            label = occasion.workflow.facts[before].label
            trouble = f"is {show(second)}, not after {show(first)} ({label})"
            yield fact_unfit(occasion, name, trouble)


@guard
def fact_is(occasion: Occasion, fact: str, value: str) -> Iterator[Unmet]:
    """A choice on the file is the named one."""
    if not on_file(occasion, fact):
        yield fact_missing(occasion, fact)
    elif occasion.case.facts[fact] != value:
        found = show(occasion.case.facts[fact])
        yield fact_unfit(occasion, fact, f"is {found}; this step is for {value}")


@guard
def after_fact(occasion: Occasion, fact: str) -> Iterator[Unmet]:
    """The day of the step lies after a date on the file."""
    found = occasion.case.facts.get(fact)
    if not isinstance(found, date):
        yield fact_missing(occasion, fact)
    elif occasion.on <= found:
        sentence = f"{occasion.workflow.facts[fact].label} is {show(found)}, and not yet over."
        yield Unmet("waited", sentence, TIME)


@guard
def until_fact(occasion: Occasion, fact: str) -> Iterator[Unmet]:
    """The day of the step lies on or before a date on the file."""
    found = occasion.case.facts.get(fact)
    if not isinstance(found, date):
        yield fact_missing(occasion, fact)
    elif occasion.on > found:
        yield Unmet("clock", f"{occasion.workflow.facts[fact].label} was {show(found)}.", "")


@guard
def facts_absent(occasion: Occasion, facts: list[str]) -> Iterator[Unmet]:
    """None of the named facts is on the file."""
    there = [name for name in facts if occasion.case.facts.get(name) is not None]
    if there:
        labels = all_of(occasion.workflow.facts[name].label for name in there)
        yield Unmet("fact_unfit", f"Already on the file: {labels}.", "")


@guard
def ahead_by(occasion: Occasion, fact: str, at_least: str) -> Iterator[Unmet]:
    """A date on the file lies at least a period after the day of the step."""
    if not on_file(occasion, fact):
        yield fact_missing(occasion, fact)
        return
    given, first = (
        occasion.case.facts[fact],
        due(occasion.on, Duration.parse(at_least), occasion.calendar.statutory),
    )
    if isinstance(given, date) and given < first:
        trouble = f"is {show(given)}; it must not be before {show(first)}, {at_least} from now"
        yield fact_unfit(occasion, fact, trouble)


@guard
def not_above(occasion: Occasion, fact: str, limit: str) -> Iterator[Unmet]:
    """A number on the file is not above another one, such as a limit that was delegated."""
    lacking = [name for name in (fact, limit) if not on_file(occasion, name)]
    for name in lacking:
        yield fact_missing(occasion, name)
    if lacking:
        return
    found, most = (occasion.case.facts[name] for name in (fact, limit))
    if isinstance(found, int | Decimal) and isinstance(most, int | Decimal) and found > most:
        label = occasion.workflow.facts[limit].label
        yield fact_unfit(occasion, fact, f"is {show(found)}, above {show(most)} ({label})")
