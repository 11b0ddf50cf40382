"""Drift: where a later paper of a lease parts from an earlier one, and for whom it is worse.

A draft that says less than what was tendered or approved is the way in which a 25-year transfer
became one with full rent after 5 years (New Realities, Sefton 2015). Nothing is judged here but
which side a change favours; what follows from it is for the route to say.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from assetflow.facts import show
from assetflow.leases import rent
from assetflow.leases.particulars import FIELDS, Particular, said
from assetflow.leases.terms import BASES, Break, Step, Terms, length_in_words

TOPICS = ("tenure", "term", "rent", "break", "repair", "insurance", "use", "alienation",
          "legal_costs", "legal_costs_cap", "act_1954", "reverter")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between two papers, in plain words.

    ``adverse`` where it is worse for the group. ``code`` is of the very words on both sides: what
    was accepted is no longer accepted once one of them changes.
    """

    topic: str
    label: str
    against: str
    was: str
    now: str
    adverse: bool

    @property
    def code(self) -> str:
        """Give the mark by which an acceptance is bound to this difference."""
        text = "\x1f".join((self.topic, self.label, self.against, self.was, self.now))
        return hashlib.sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        """Give the difference as one line."""
        return f"{self.label}: {self.now}; the {self.against} said: {self.was}."


def compare(now: Terms, before: Terms, against: str, *, complete: bool) -> list[Drift]:
    """List every difference of a paper from an earlier one, in the order of ``TOPICS``.

    ``against`` names the earlier paper. Where that one is ``complete``, its silence counts: what
    it does not say was not agreed.
    """
    found = [
        *_term(now, before, against),
        *_rent(now, before, against),
        *_breaks(now, before, against, complete=complete),
        *(one for each in FIELDS.values() if each.worse
          for one in _plain(each, now, before, against, complete=complete)),
    ]  # fmt: skip
    return sorted(found, key=lambda one: TOPICS.index(one.topic))


def _term(now: Terms, before: Terms, against: str) -> Iterator[Drift]:
    if now.last is None or before.last is None:
        if before.last is not None:
            yield Drift("term", "Length", against, _length(before), "no length is given", True)
        return
    was, is_ = _length(before), _length(now)
    if was != is_:
        yield Drift("term", "Length", against, was, is_, _shorter(now, before))


def _length(terms: Terms) -> str:
    return length_in_words(terms.first, terms.last) if terms.last else "no length"


def _shorter(now: Terms, before: Terms) -> bool:
    """Tell whether a term is shorter, by years and days and not by how leap years fall."""
    return _reach(now) < _reach(before)


def _reach(terms: Terms) -> rent.Offset:
    assert terms.last is not None  # noqa: S101 - the caller has looked
    return rent.offset(terms, terms.last + timedelta(days=1))


def _rent(now: Terms, before: Terms, against: str) -> Iterator[Drift]:
    for band in rent.bands(before, now):
        if _same(band.was, band.now):
            continue
        where = rent.stretch(band.begins, band.ends)
        yield Drift(
            "rent", f"Rent, {where}", against, rent.in_words(band.was), rent.in_words(band.now),
            _dearer(band.now, band.was),
        )  # fmt: skip


def _same(was: Step | None, now: Step | None) -> bool:
    if was is None or now is None:
        return was is now
    return (was.basis, was.amount) == (now.basis, now.amount)


def _dearer(now: Step | None, was: Step | None) -> bool:
    """Tell whether a rent is worse for the tenant: more, or of a kind that can become more."""
    if now is None or was is None:
        return True  # what nobody has written down cannot be relied on
    before, after = _yearly(was), _yearly(now)
    more = after is None or before is None or after > before
    riskier = BASES.index(now.basis) > BASES.index("fixed") >= BASES.index(was.basis)
    return more or riskier


def _yearly(step: Step) -> Decimal | None:
    return Decimal(0) if step.basis == "none" else step.amount


def _breaks(now: Terms, before: Terms, against: str, *, complete: bool) -> Iterator[Drift]:
    if not complete and not before.breaks:
        return
    if any(_rights(now, side) != _rights(before, side) for side in ("landlord", "tenant")):
        words = _told(before), _told(now)
        yield Drift("break", "Ending early", against, *words, _weaker(now, before))


def _told(terms: Terms) -> str:
    return "; ".join(in_words(one) for one in terms.breaks) or "nobody may end it early"


def in_words(one: Break) -> str:
    """Give a right to end a lease early in words."""
    who = {"landlord": "the council", "tenant": "the group", "either": "either side"}[one.who]
    notice = f" with {one.notice} of notice" if one.notice else ""
    condition = f", if {one.condition}" if one.condition else ""
    return f"{who} may end it from {show(one.first)}{notice}{condition}"


def _weaker(now: Terms, before: Terms) -> bool:
    """Tell whether the landlord may do more than before, or the tenant less."""
    landlord = _rights(now, "landlord") - _rights(before, "landlord")
    tenant = _rights(before, "tenant") - _rights(now, "tenant")
    return bool(landlord or tenant)


def _rights(terms: Terms, side: str) -> set[tuple[object, ...]]:
    return {
        (rent.offset(terms, one.first), one.notice, one.condition)
        for one in terms.breaks
        if one.who in (side, "either")
    }


def _plain(
    each: Particular, now: Terms, before: Terms, against: str, *, complete: bool
) -> Iterator[Drift]:
    was, is_ = before.values.get(each.name), now.values.get(each.name)
    if was == is_ or (was is None and not complete):
        return
    adverse = _worse(each, was, is_)
    words = [said(each, value) if value is not None else "nothing is said" for value in (was, is_)]
    yield Drift(each.name, each.label, against, words[0], words[1], adverse)


def _worse(each: Particular, was: object, now: object) -> bool:
    if each.name == "reverter" and now is None:
        return False  # a burden that is gone
    if was is None or now is None or each.worse == "any":
        return True
    if each.worse == "more":
        return Decimal(str(now)) > Decimal(str(was))
    if each.worse == "later":
        order = list(each.choices or {})
        return order.index(str(now)) > order.index(str(was))
    return bool(_entries(was) - _entries(now))


def _entries(value: object) -> set[str]:
    return {str(one).casefold() for one in value} if isinstance(value, tuple) else {str(value)}


def adverse(found: Iterable[Drift]) -> list[Drift]:
    """Give those differences that are worse for the group."""
    return [one for one in found if one.adverse]
