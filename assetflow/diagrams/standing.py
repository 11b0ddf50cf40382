"""What stands in a stage on a day: how many open cases, for how long, and how many over target."""

from dataclasses import dataclass
from typing import Literal

Heat = Literal["", "over", "hot"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The open cases in one stage, with the time they have been in it.

    ``median`` and ``oldest`` are counted in ``unit``: working days where the stage's target is
    in working days, else calendar days. ``over`` is how many are past the day they were due.
    """

    open: int = 0
    median: float = 0
    oldest: int = 0
    unit: str = "days"
    over: int = 0

    @property
    def heat(self) -> Heat:
        """Give ``hot`` where at least half of the cases are past their day, ``over`` where some."""
        if not self.over:
            return ""
        return "hot" if self.over * 2 >= self.open else "over"

    @property
    def mark(self) -> str:
        """Give the mark that always stands beside the colour."""
        return {"": "", "over": "!", "hot": "!! HOT:"}[self.heat]

    @property
    def count(self) -> str:
        """Say how many cases stand here, and how many of them are past their day."""
        if not self.open:
            return "no open case"
        over = f"{self.mark} {self.over} of {self.open} open over target"
        return over if self.over else f"{self.open} open"

    @property
    def ages(self) -> str:
        """Say how long they have been here; empty where there is none."""
        if not self.open:
            return ""
        oldest = f"oldest {self.oldest:g}" if self.open > 1 else f"{self.oldest:g}"
        median = f"median {self.median:g}, " if self.open > 1 else ""
        unit = self.unit if (self.open > 1 or self.oldest != 1) else self.unit[:-1]
        return f"{median}{oldest} {unit}"
