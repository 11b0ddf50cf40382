"""The terms of a lease as values: one paper, be it a tender, heads of terms or a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from assetflow.deadlines import Duration, Unit

# Where no first day is known, whole years are counted from a day that no leap year disturbs.
_NOMINAL = date(2001, 1, 1)
_DAY = timedelta(days=1)
# From the one that costs the tenant least to the one that can cost most.
BASES = ("none", "peppercorn", "abated", "fixed", "index", "market")


@dataclass(frozen=True, slots=True)
class Step:
    """A rent that is paid from one day of the term to another, both counted.

    ``amount`` is in pounds a year; None where nobody knows it yet, as with a market rent to come.
    """

    first: date
    last: date
    basis: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A right to end the lease early: whose, from which day, with how much notice, on what."""

    who: str
    first: date
    notice: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one paper.

    ``values`` holds every plain particular by its name in ``particulars.FIELDS``; what a paper
    does not say is not in it. ``clauses`` holds clauses in their own wording, by topic.
    """

    start: date | None = None
    end: date | None = None
    length: Duration | None = None
    rent: tuple[Step, ...] = ()
    breaks: tuple[Break, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    clauses: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> date:
        """Give the first day of the term, or the day it is counted from while none is known."""
        return self.start or _NOMINAL

    @property
    def last(self) -> date | None:
        """Give the last day of the term; None for a freehold, or where no length is given."""
        if self.end is not None or self.length is None:
            return self.end
        return after(self.first, self.length) - _DAY

    def reaches(self, period: Duration) -> int:
        """Tell whether the term is shorter than a period (-1), just as long (0) or longer (1).

        A term from 1 September 2026 to 31 August 2033 is just 7 years long.
        """
        if self.last is None:
            raise ValueError("These terms say no length.")
        over, mark = self.last + _DAY, after(self.first, period)
        return (over > mark) - (over < mark)

    @property
    def undervalue(self) -> Decimal | None:
        """Give by how much the price lies below the unrestricted value, in pounds, or None."""
        value, price = self.values.get("unrestricted_value"), self.values.get("consideration")
        if not isinstance(value, Decimal) or not isinstance(price, Decimal):
            return None
        return max(Decimal(0), value - price)


def after(start: date, period: Duration) -> date:
    """Give the day on which a period of a lease that begins on a day is over.

    Months and years end on the day before the corresponding date; working days mean nothing here.
    """
    count = period.count
    shift = {
        Unit.years: relativedelta(years=count),
        Unit.months: relativedelta(months=count),
        Unit.weeks: relativedelta(weeks=count),
        Unit.calendar_days: relativedelta(days=count),
    }.get(period.unit)
    if shift is None:
        raise ValueError("a lease is not counted in working days")
    try:
        return start + shift
    except (ValueError, OverflowError):
        raise ValueError(f"{period} after {start.isoformat()} is beyond the year 9999") from None


def length_in_words(first: date, last: date) -> str:
    """Give how long a term is, both days counted: ``25 years``, ``6 years and 364 days``."""
    span = relativedelta(last + _DAY, first)
    days = (last + _DAY - (first + relativedelta(years=span.years))).days
    parts = [(span.years, "year")]
    # Whole months are said as months; anything else in days, for a day can matter.
    parts += [(span.months, "month")] if not span.days else [(days, "day")]
    said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n]
    return " and ".join(said) or "0 days"
