"""Rent over a whole term: what is paid when, what it adds up to, how long it can be afforded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from assetflow.facts import show
from assetflow.leases.terms import Step, Terms

_DAY = timedelta(days=1)
_MONTHS = 12
# Months and days since the term began: two papers that begin on different days compare by it.
Offset = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the term in which one paper has one rent and another paper has another."""

    begins: Offset
    ends: Offset
    was: Step | None
    now: Step | None


def offset(terms: Terms, day: date) -> Offset:
    """Give how long after the first day of a term a day lies, in whole months and days."""
    span = relativedelta(day, terms.first)
    return span.years * _MONTHS + span.months, span.days


def bands(before: Terms, now: Terms) -> list[Band]:
    """Cut the term in stretches in each of which both papers have one rent.

    Only the stretch that both terms reach is cut: that one is shorter is said of the term itself.
    """
    marks = {
        mark for terms in (before, now) for step in terms.rent for mark in span_of(terms, step)
    }
    reach = [max((span_of(t, s)[1] for s in t.rent), default=(0, 0)) for t in (before, now)]
    inside = sorted(mark for mark in marks if mark <= min(reach))
    found: list[Band] = []
    for begins, ends in pairwise(inside):
        band = Band(begins, ends, _at(before, begins), _at(now, begins))
        last = found[-1] if found else None
        if last and (_key(last.was), _key(last.now)) == (_key(band.was), _key(band.now)):
            found[-1] = Band(last.begins, ends, last.was, last.now)
        else:
            found.append(band)
    return found


def span_of(terms: Terms, step: Step) -> tuple[Offset, Offset]:
    """Give the stretch of the term in which a step of the rent is paid."""
    return offset(terms, step.first), offset(terms, step.last + _DAY)


def _at(terms: Terms, mark: Offset) -> Step | None:
    for step in terms.rent:
        first, over = span_of(terms, step)
        if first <= mark < over:
            return step
    return None


def _key(step: Step | None) -> tuple[str, Decimal | None] | None:
    return None if step is None else (step.basis, step.amount)


def total(terms: Terms) -> Decimal | None:
    """Give all rent of the term in pounds; None where the rent of some years is not known."""
    amounts = [_of_step(step) for step in terms.rent]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return None
    return sum(known, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _of_step(step: Step) -> Decimal | None:
    if step.basis == "none":
        return Decimal(0)
    if step.amount is None:
        return None
    span = relativedelta(step.last + _DAY, step.first)
    months = span.years * _MONTHS + span.months
    return step.amount * (Decimal(months) / _MONTHS + Decimal(span.days) / 365)


def affordable_for(terms: Terms, most: Decimal) -> tuple[int, int]:
    """Give for how many years and months from the start the rent stays within an amount a year.

    A rent that nobody knows yet, such as a market rent to come, cannot be relied on.
    """
    for step in terms.rent:
        if step.basis != "none" and (step.amount is None or step.amount > most):
            return divmod(offset(terms, step.first)[0], _MONTHS)
    last = terms.last
    reached = offset(terms, last + _DAY)[0] if last else 0
    return divmod(reached, _MONTHS)


def gaps(terms: Terms) -> Iterator[str]:
    """Tell where the steps of a rent do not cover the whole term once, in order."""
    expected = terms.first
    for step in terms.rent:
        if step.first > expected:
            yield f"no rent is given from {show(expected)} to {show(step.first - _DAY)}"
        elif step.first < expected:
            yield f"two rents are given from {show(step.first)} on"
        expected = max(expected, step.last + _DAY)
    last = terms.last
    if last is not None and expected <= last:
        yield f"no rent is given from {show(expected)} to {show(last)}"
    elif last is not None and expected > last + _DAY:
        yield f"the rent goes on until {show(expected - _DAY)}, after the term has ended"


def in_words(step: Step | None) -> str:
    """Give what is paid in a step, such as ``£1 a year (peppercorn)`` or ``the market rent``."""
    if step is None:
        return "no rent is given"
    if step.basis == "none":
        return "no rent"
    if step.basis == "market":
        known = f" (now about {pounds(step.amount)} a year)" if step.amount is not None else ""
        return f"the market rent{known}"
    amount = (
        "an amount that is not given" if step.amount is None else f"{pounds(step.amount)} a year"
    )
    note = {"peppercorn": " (peppercorn)", "index": ", rising with an index",
            "abated": ", abated while its conditions are met"}.get(step.basis, "")  # fmt: skip
    return f"{amount}{note}"


def pounds(amount: Decimal) -> str:
    """Give an amount as letters write it: ``£1``, ``£12,000``, ``£12,000.50``."""
    whole = amount == amount.to_integral_value()
    return f"£{amount:,.0f}" if whole else f"£{amount:,.2f}"


def stretch(begins: Offset, ends: Offset) -> str:
    """Give a stretch of the term in words: ``year 6 to year 25``, ``month 7 of year 1 on``."""
    whole = begins[0] % _MONTHS == 0 and not begins[1]
    first, last = _place(begins), _last_place(ends, whole_year=whole)
    return first if first == last else f"{first} to {last}"


def _place(mark: Offset) -> str:
    years, months = divmod(mark[0], _MONTHS)
    if mark[1]:
        return f"day {mark[1] + 1} of month {months + 1} of year {years + 1}"
    return f"month {months + 1} of year {years + 1}" if months else f"year {years + 1}"


def _last_place(mark: Offset, *, whole_year: bool) -> str:
    years, months = divmod(mark[0], _MONTHS)
    if mark[1]:
        return f"day {mark[1]} of month {months + 1} of year {years + 1}"
    if months:
        return f"month {months} of year {years + 1}"
    return f"year {years}" if whole_year else f"month {_MONTHS} of year {years}"


def schedule(terms: Terms) -> Iterator[tuple[Step, str, str]]:
    """Give each step of a rent with its stretch of the term and its amount, in words."""
    for step in terms.rent:
        yield step, stretch(*span_of(terms, step)), in_words(step)
