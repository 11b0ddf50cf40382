"""What a scenario file tells, as plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from assetflow.yaml_reader import Path_

# The one case of a scenario that names no cases.
THE_CASE = "case"


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody of a scenario's cast, with the roles they hold."""

    handle: str
    name: str
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens on a day, or only a look, and what must come of it.

    ``what`` is the value of the step's own key (a trigger, a department …), ``given`` what goes
    with it, and ``expected`` what is held against the case afterwards. ``recorded`` is the day on
    which it is entered, where that is a later one.
    """

    line: int
    path: Path_
    on: date
    recorded: date
    case: str = THE_CASE
    kind: str = ""
    what: Any = None
    given: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Give the step as a failure names it."""
        what = self.what if isinstance(self.what, str) else ""
        done = f"{self.kind} {what}".strip() or "look"
        return f"{done} on {self.on.day} {self.on:%b %Y}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: its cases as they are opened and worked on, and where each of them ends.

    ``ends`` are the outcomes and ``stages`` the stages that cases have at the end, by their names.
    """

    name: str
    line: int
    path: Path_
    steps: tuple[Step, ...]
    ends: Mapping[str, str]
    stages: Mapping[str, str]
    # The line on which its end is told.
    last_line: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A refusal that is said to be impossible on a route, with the reason."""

    line: int
    refusal: str
    because: str


@dataclass(frozen=True, slots=True)
class Book:
    """The scenarios of one route, as one file tells them."""

    file: Path
    workflow: str
    people: tuple[Player, ...]
    scenarios: tuple[Scenario, ...]
    cannot_happen: tuple[Claim, ...] = ()
    # Lease terms that steps refer to by name, as they would stand in a file.
    papers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
