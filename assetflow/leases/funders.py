"""What a funder asks of a lease: how much of it must be left when, and what may not be in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assetflow.deadlines import Duration
from assetflow.facts import show
from assetflow.leases.terms import Terms, after, length_in_words

MEASURED_AT = ("award", "completion")


@dataclass(frozen=True, slots=True)
class Funder:
    """One funder of a case and what it asks.

    ``at_least`` is how much of the term must be left; ``measured_on`` the day on which that is
    measured, None where it is the day on which the transfer completes, as it is now forecast.
    """

    name: str
    at_least: Duration | None = None
    measured_on: date | None = None
    no_landlord_break: bool = False
    charge: bool = False
    assignable: bool = False
    deadline: date | None = None
    source: str = ""
    verified: bool = False


def shortfalls(funder: Funder, terms: Terms, completion: date | None) -> Iterator[str]:
    """Tell everything that a funder asks and terms do not give.

    ``completion`` is the day on which the transfer is now forecast to complete: a stall eats the
    term that is left.
    """
    doubt = "" if funder.verified else " (not verified with the funder)"
    if found := _too_short(funder, terms, completion):
        yield f"{funder.name}{doubt}: {found}"
    if funder.no_landlord_break and any(b.who in ("landlord", "either") for b in terms.breaks):
        yield f"{funder.name}{doubt}: it takes no lease that the council may end early."
    granted = terms.values.get("alienation", ())
    for needed, permission, words in (
        (funder.charge, "charge", "give security over the lease"),
        (funder.assignable, "assign", "hand the lease on"),
    ):
        if needed and permission not in (granted if isinstance(granted, tuple) else ()):
            yield f"{funder.name}{doubt}: the group must be allowed to {words}."


def _too_short(funder: Funder, terms: Terms, completion: date | None) -> str:
    if funder.at_least is None or terms.values.get("tenure") == "freehold":
        return ""
    if terms.last is None:
        return f"it asks for {funder.at_least} of lease, and the terms say no length."
    on = funder.measured_on or completion or terms.start
    if on is None or terms.start is None:
        # Without days, the whole term is all that there can be.
        on = terms.first
    if after(on, funder.at_least) - timedelta(days=1) <= terms.last:
        return ""
    left = length_in_words(on, terms.last) if terms.last >= on else "nothing"
    when = f"on {show(on)}" if terms.start else "from the first day"
    return f"it asks for {funder.at_least} left {when}; there are {left}."
