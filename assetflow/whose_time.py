"""Whose time it was: every day of a case belongs to the council, to the group or to somebody else.

A day is the council's unless the ball was elsewhere when it ended. It is a department's where the
council had the ball and departments owed an answer: theirs together where several did. The days
add up to the gross age of the case, so nobody's are counted twice and none are lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from assetflow.workflow import Holder


@dataclass(frozen=True, slots=True)
class Turn:
    """From a day on somebody has the ball, in one visit of a stage; ``why`` is what they do."""

    on: date
    holder: Holder
    visit: int
    why: str


@dataclass(frozen=True, slots=True)
class Request:
    """A department owes an answer in one visit of a stage, until a day; None is to this day."""

    department: str
    visit: int
    asked_on: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Still:
    """A pause: why the group was asked, and from when on it was for the council to look into it."""

    began_on: date
    ended_on: date | None
    cap: date
    why: str


@dataclass(frozen=True, slots=True)
class Spell:
    """Days that belong to one holder: ``until`` is the first that does not."""

    since: date
    until: date
    who: Holder
    departments: tuple[str, ...]
    why: str

    @property
    def days(self) -> int:
        """How many calendar days it lasted."""
        return (self.until - self.since).days


@dataclass(frozen=True, slots=True)
class Split:
    """The calendar days of a case by whose they were; ``departments`` are among the council's."""

    council: int = 0
    departments: dict[str, int] = field(default_factory=dict)
    group: int = 0
    third_party: int = 0

    def __str__(self) -> str:
        """Give the split on one line, as people take it to a meeting."""
        days = f"council {self.council} day{'' if self.council == 1 else 's'}"
        among = ", ".join(f"{name} {count}" for name, count in self.departments.items())
        within = f" (of it {among})" if among else ""
        return f"{days}{within}, group {self.group}, third party {self.third_party}"


def spells(
    turns: Sequence[Turn], requests: Iterable[Request], pauses: Iterable[Still], until: date
) -> list[Spell]:
    """Give whose each day was, from the first turn to ``until``, without gaps or overlaps."""
    asked, still = list(requests), list(pauses)
    ends = [*(turn.on for turn in turns[1:]), until]
    found: list[Spell] = []
    for turn, end in zip(turns, ends, strict=True):
        for spell in _of_turn(turn, min(end, until), asked, still):
            last = found[-1] if found else None
            if last and (last.who, last.departments, last.why) == (
                spell.who, spell.departments, spell.why,
            ):  # fmt: skip
                found[-1] = Spell(last.since, spell.until, last.who, last.departments, last.why)
            else:
                found.append(spell)
    return found


def split(found: Iterable[Spell]) -> Split:
    """Add the days up by whose they were, departments with the most days first."""
    days: dict[str, int] = {"council": 0, "group": 0, "third_party": 0}
    departments: dict[str, int] = {}
    for spell in found:
        days[spell.who] += spell.days
        if spell.departments:
            name = " and ".join(spell.departments)
            departments[name] = departments.get(name, 0) + spell.days
    ordered = dict(sorted(departments.items(), key=lambda item: (-item[1], item[0])))
    return Split(days["council"], ordered, days["group"], days["third_party"])


def _of_turn(
    turn: Turn, end: date, asked: Iterable[Request], pauses: Iterable[Still]
) -> Iterator[Spell]:
    owed = [one for one in asked if one.visit == turn.visit]
    still = [one for one in pauses if turn.holder == "group" and one.began_on < end]
    cuts = {turn.on, end}
    for request in owed:
        cuts |= {request.asked_on, request.until or end}
    for pause in still:
        cuts |= {pause.began_on, pause.ended_on or end, pause.cap}
    days = sorted(day for day in cuts if turn.on <= day <= end)
    for since, until in pairwise(days):
        yield _spell(turn, since, until, owed, still)


def _spell(
    turn: Turn, since: date, until: date, owed: Iterable[Request], pauses: Iterable[Still]
) -> Spell:
    """Say whose some days are, on which nothing changes."""
    for pause in pauses:
        if pause.began_on <= since and (pause.ended_on is None or since < pause.ended_on):
            if since < pause.cap:
                return Spell(since, until, "group", (), pause.why)
            why = f"{turn.why}: the pause is over its cap"
            return Spell(since, until, "council", (), why)
    if turn.holder != "council":
        return Spell(since, until, turn.holder, (), turn.why)
    holding = {
        one.department for one in owed
        if one.asked_on <= since and (one.until is None or since < one.until)
    }  # fmt: skip
    why = f"{turn.why}: an answer is owed" if holding else turn.why
    return Spell(since, until, "council", tuple(sorted(holding)), why)
