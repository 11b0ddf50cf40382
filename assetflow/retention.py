"""Retention classes: how long a kind of record is kept, from which event, and on what ground.

A class is policy and stands in ``data/retention.yaml``. A council that has set no period has not
said that nothing need be kept: without years a class keeps nothing and destroys nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from assetflow.deadlines import years_after

AppliesTo = Literal["case", "decision", "evidence"]
CASE_ENDED = "case_ended"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """One class: what it applies to, the event its period runs from, its years and its ground.

    A class of cases names the ``outcomes`` it applies to. Its ``trigger`` is the end of the case
    or a date on the file; ``trigger_plus`` names a number of years on the file, such as the term
    of a lease, that pass before the event. A class of decisions names the ``steps`` that count as
    decisions beside the answers of departments. ``years`` is None where the council has set none.
    """

    id: str
    label: str
    applies_to: AppliesTo
    years: int | None
    ground: str
    source: str
    verified: bool
    outcomes: tuple[str, ...] = ()
    trigger: str = CASE_ENDED
    trigger_plus: str = ""
    # Steps of a route that count as decisions, beside the answers of departments.
    steps: tuple[str, ...] = ()

    @property
    def period(self) -> str:
        """Give the period in words."""
        if self.years is None:
            return "not set"
        return f"{self.years} year{'' if self.years == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """All the retention classes of a council, by identifier."""

    classes: Mapping[str, RetentionClass]

    def of_case(self, outcome: str) -> RetentionClass | None:
        """Give the class of cases that ended in one way."""
        return next((c for c in self.classes.values() if outcome in c.outcomes), None)

    def of_records(self, applies_to: AppliesTo) -> Sequence[RetentionClass]:
        """Give the classes of one type of record."""
        return [c for c in self.classes.values() if c.applies_to == applies_to]


def kept_until(event: date, years: int) -> date | None:
    """Give the last day on which a record is kept; None where the calendar has no such day.

    The day of the event is not counted, and a period from 29 February ends on the last day of a
    shorter February (corresponding date rule, Dodds v Walker [1981] 1 WLR 1027).
    """
    try:
        return years_after(event, years)
    except ValueError:
        return None


def due_on(event: date, years: int) -> date | None:
    """Give the first day on which a record may be destroyed; None where that is never."""
    last = kept_until(event, years)
    return None if last is None or last == date.max else last + timedelta(days=1)


def event_of(kind: RetentionClass, closed_on: date, facts: Mapping[str, object]) -> date | None:
    """Give the day of the event from which a case's period runs; None while it is not known."""
    found = closed_on if kind.trigger == CASE_ENDED else facts.get(kind.trigger)
    if not isinstance(found, date):
        return None
    if not kind.trigger_plus:
        return found
    years = facts.get(kind.trigger_plus)
    return kept_until(found, years) if isinstance(years, int) else None
