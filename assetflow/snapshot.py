"""What the rules may look at: one case and its people on one day, as plain frozen data.

Guards, permissions and alerts see these and nothing else: no database, no file, no clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from assetflow.calendars import Calendar
from assetflow.workflow import Workflow

if TYPE_CHECKING:
    from assetflow.leases.file import LeaseFile


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a person holds, for one department or for the council, between two dates."""

    role: str
    department: str | None = None
    valid_from: date = date.min
    valid_to: date = date.max
    # The decision or scheme of delegation it rests on.
    authority: str = ""
    # The id of the person for whom a deputy holds it; a deputy always has a last day.
    deputy_for: int | None = None

    def __str__(self) -> str:
        """Give the role as people read it, with the department it is for."""
        return f"{self.role} ({self.department})" if self.department else self.role

    def holds_on(self, day: date) -> bool:
        """Tell whether the grant is in force on a day; its last day counts."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who works on cases: officer, champion, signatory, head or member."""

    id: int
    handle: str
    name: str
    job_title: str = ""
    phone: str = ""
    email: str = ""
    left_on: date | None = None
    # Their name at the database server, or at the machine where the database is a file.
    login: str | None = None
    grants: tuple[Grant, ...] = ()

    def here_on(self, day: date) -> bool:
        """Tell whether the person still works here on a day."""
        return self.left_on is None or day < self.left_on

    def holds(self, role: str, day: date, department: str | None = None) -> bool:
        """Tell whether the person holds a role on a day, for a department where one is given."""
        return self.here_on(day) and any(
            grant.role == role
            and grant.holds_on(day)
            and (department is None or grant.department == department)
            for grant in self.grants
        )

    def stands_in_for(self, principal: int, role: str, day: date) -> bool:
        """Tell whether the person deputises on a day for somebody in a place on a case."""
        return self.here_on(day) and any(
            grant.deputy_for == principal and grant.role == role and grant.holds_on(day)
            for grant in self.grants
        )


@dataclass(frozen=True, slots=True)
class Objection:
    """A department's reason against a step, with the way forward it must name."""

    id: int
    category: str
    blocks: bool
    reason: str
    way_forward: str
    authority: str
    raised_on: date
    raised_by: str


@dataclass(frozen=True, slots=True)
class Signoff:
    """A request to one department for its agreement to one transition, and the answer."""

    id: int
    trigger: str
    department: str
    requested_on: date
    due_on: date
    decision: str | None = None
    decided_on: date | None = None
    signatory: str = ""
    conditions: str = ""
    objection: Objection | None = None
    # How often the department was asked for this step in this stage, this time included.
    round: int = 1
    # What was put before it, and the hash to which its answer is bound; see ``statement``.
    statement: str = ""
    statement_sha256: str = ""
    # How the answer came: `cli-login` by the signatory, or `recorded` with what shows it.
    method: str = ""
    evidence: str = ""

    @property
    def open(self) -> bool:
        """Tell whether the department still owes an answer."""
        return self.decision is None


class Pause(NamedTuple):
    """A time in which the group was asked for what is missing; it runs while it has no end.

    ``reason`` is one of those that the route declares. The targets stood still from the day on
    which it began to the day on which it ended, or to its cap.
    """

    began_on: date
    ended_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One case as it stands: where it is, who has it, what is on the file.

    ``letters_sent`` gives the last day on which each letter went to the group, and ``recorded_on``
    the day as of which each fact was recorded. ``signoffs`` are those asked since the case entered
    its present stage: an agreement given before a case went back does not count again.
    """

    reference: str
    stage: str
    stage_since: date
    received_on: date
    waiting_on: str
    waiting_since: date
    officer: Person
    champion: Person | None
    champion_since: date
    written_to_group_on: date
    facts: Mapping[str, object]
    signoffs: tuple[Signoff, ...]
    letters_sent: Mapping[str, date]
    # What stood on the file of each fact that a command has just given anew; None for nothing.
    replaced: Mapping[str, object] = field(default_factory=dict)
    # Every pause of the case, in their order; only the last one can be running.
    pauses: tuple[Pause, ...] = ()
    # The last day on which anything moved it on; notes and reminders do not.
    progress_on: date = date.min
    recorded_on: Mapping[str, date] = field(default_factory=dict)

    @property
    def pause(self) -> Pause | None:
        """Give the pause that is running, or None."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].ended_on is None else None


@dataclass(frozen=True, slots=True)
class Related:
    """Another case that a rule may ask about: where it stands, and how it ended."""

    reference: str
    route: str
    asset: str
    group: str
    stage: str
    stage_label: str
    # Empty while it is open.
    outcome: str
    closed_on: date | None
    claims_asset: bool
    # What its route declares and what is on its file.
    workflow: Workflow
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Score:
    """What one person gives a case on one criterion, or what the scorers have agreed on."""

    criterion: str
    scorer: str
    moderated: bool
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a case: the case it is a part of, its parts, others on its asset, scores.

    ``criteria`` are those by which it is scored, each with its weight in per cent; ``aside`` names
    who has declared an interest and takes no part, ``declared`` everybody who has declared one or
    none. ``goes_on_as`` are the cases that go on from it.
    """

    parent: Related | None = None
    parts: tuple[Related, ...] = ()
    on_asset: tuple[Related, ...] = ()
    criteria: Mapping[str, int] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    aside: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    goes_on_as: tuple[Related, ...] = ()


def _empty_lease_file() -> "LeaseFile":
    from assetflow.leases.file import LeaseFile  # noqa: PLC0415 - most commands need none of it

    return LeaseFile()


@dataclass(frozen=True, slots=True)
class Occasion:
    """A case on a day under its route: everything a rule may ask about.

    ``libraries`` maps the name of each reference library to its entries, ``letter_facts`` each
    letter to the facts it needs. ``given`` names the facts given with the very command. ``around``
    gives what stands around the case; it is asked only by a rule that needs it.
    """

    workflow: Workflow
    case: Snapshot
    on: date
    calendar: Calendar
    libraries: Mapping[str, frozenset[str]]
    letter_facts: Mapping[str, frozenset[str]]
    given: frozenset[str] = frozenset()
    around: Callable[[], Around] = Around
    # What is on file about the lease; asked only by a rule that needs it.
    lease: "Callable[[], LeaseFile]" = _empty_lease_file


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is missing: a sentence, who can put it right, and what to type.

    ``fact`` names the fact where giving one on the command line is enough, and ``label`` is what
    people call it.
    """

    code: str
    sentence: str
    who: str
    remedy: str = ""
    fact: str = ""
    label: str = ""

    def __str__(self) -> str:
        """Give the sentence with who can put it right, as a refusal lists it."""
        return f"{self.sentence} Who can: {self.who}." if self.who else self.sentence
