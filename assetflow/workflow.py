"""The declared route of a case: what a workflow file says, as plain frozen data.

A ``Workflow`` is read from YAML by ``definitions``, stored once per version as canonical JSON
with its SHA-256, and pinned on each case. Nothing here knows any council's policy.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

Holder = Literal["council", "group", "third_party"]
FactType = Literal[
    "text", "list", "integer", "money", "date", "yes_no", "library", "choice", "weights"
]
ANY_OPEN_STAGE = "*"
# Roles that mean a person's place on one case; every other role is granted to a person.
CASE_ROLES = ("case_officer", "champion")
_STRICT: Mapping[str, Any] = {"extra": "forbid", "strict": True}
# What routes could not declare at first. Where it is not used it is left out of the canonical text,
# so that the hash of a route that has not changed stays the same.
_LATER: Mapping[str, Any] = {"later": True}


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case can be; an end has ``end`` set to its outcome and nothing leaves it."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    waiting_on: Holder = "council"
    department: str | None = None
    target: str | None = None
    # A date on the file that takes the place of the target, such as the one a letter has named.
    due_fact: str | None = None
    end: str | None = None
    source: str = ""
    verified: bool = False
    # While a case stands here, no other case on the asset passes the guard `no_claim_on_asset`.
    claims_asset: bool = field(default=False, metadata=_LATER)
    # The asset has gone over while a case stands here: neither its age nor silence raises an alarm.
    ladder_stops: bool = field(default=False, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class ClockStart:
    """What starts a clock: a date on the file, or the day the case entered its present stage."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    fact: str | None = None
    stage: str | None = None
    # Only where a choice on the file is this one: the same event needs longer notice by one Act
    # than by another.
    choice: str | None = field(default=None, metadata=_LATER)
    value: str | None = field(default=None, metadata=_LATER)
    # Another clock: where the date is not on the file, the last day on which that one ran out.
    or_end_of: str | None = field(default=None, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class Clock:
    """A named deadline: what starts it, how long it runs, what stops it and who hears of it.

    It runs ``within`` a period after its start, or ``before`` a day that is still to come, such as
    an event or a meeting. Nothing happens to a case when a clock runs out: that opens a right,
    which somebody must use.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    kind: Literal["statutory", "target", "external"]
    starts: ClockStart
    within: str | None = None
    before: str | None = None
    # Whether the start day is day 1 of the period or the day before it.
    count: Literal["after", "beginning_with"] = "after"
    # A date that was agreed instead, where it is the later one.
    extended_to: str | None = None
    # Facts that show that the thing was done.
    stops: tuple[str, ...] = ()
    # The stages in which anybody is told; without any, all of them.
    stages: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    # How long before the last day its people are told as well.
    warn: str | None = None
    on_expiry: str = ""
    source: str = ""
    verified: bool = False
    # The fact that says who agreed to the later date, and when.
    agreed_in: str | None = field(default=None, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class TellsParts:
    """A trigger that a step fires on the parts of its case that stand in certain stages."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    trigger: str
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Continuation:
    """The case that goes on from this one, on the same asset and for the same group."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    workflow: str
    stage: str
    # Facts that the new case takes over; both routes declare them.
    carries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardUse:
    """One named guard that a transition requires, with its parameters."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    guard: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignoffRule:
    """A department whose recorded agreement a transition needs, and when it is asked.

    Rules of the same ``order`` are asked in parallel; a higher order waits for the lower ones.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    department: str
    question: str
    within: str
    order: int = 1
    mode: Literal["required", "consultee"] = "required"


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one stage to another, fired by its trigger.

    ``to`` is None where the case stays in its stage and only the ball changes hands.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    trigger: str
    label: str
    origins: tuple[str, ...]
    who: tuple[str, ...]
    to: str | None = None
    requires: tuple[GuardUse, ...] = ()
    signoffs: tuple[SignoffRule, ...] = ()
    letters: tuple[str, ...] = ()
    waiting_on: Holder | None = None
    why_needed: bool = False
    # Dates on the file that this step sets to the day on which it happens.
    dates: tuple[str, ...] = field(default=(), metadata=_LATER)
    tells_parts: tuple[TellsParts, ...] = field(default=(), metadata=_LATER)
    continues_as: Continuation | None = field(default=None, metadata=_LATER)
    # The targets stand still from this step on, until a step that resumes or hands the ball on.
    pauses: bool = field(default=False, metadata=_LATER)
    resumes: bool = field(default=False, metadata=_LATER)
    # It only chases somebody: a case on which nothing else happens still stalls.
    chases: bool = field(default=False, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class Fact:
    """A named particular that is recorded once on a case and used by guards and letters."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    name: str
    label: str
    type: FactType = "text"
    library: str | None = None
    hint: str = ""
    # Stages in which a date promised to the group is shown as due while the group has the ball.
    due_in: tuple[str, ...] = ()
    # Given anew with every step that uses it: what was asked last time is not asked again.
    each_time: bool = False
    # Whether a date lies behind the day it is recorded on (or is it), or ahead of it.
    lies: Literal["behind", "ahead"] | None = None
    minimum: int | None = None
    # What a choice can be.
    choices: tuple[str, ...] = field(default=(), metadata=_LATER)
    # Stages in which it can no longer be recorded or changed.
    fixed_in: tuple[str, ...] = field(default=(), metadata=_LATER)
    # Whether a letter about the case that this one is a part of gives it as well.
    told_with_parent: bool = field(default=False, metadata=_LATER)
    # The steps with which alone it can be given: what the step requires holds for it as well.
    only_with: tuple[str, ...] = field(default=(), metadata=_LATER)
    # A document or an answer that came: recording it moves the case on.
    progress: bool = field(default=False, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class Named:
    """A department or role: a stable identifier with the label people read."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that a level of the ladder calls for, and what shows that it was done.

    It is done once all its ``facts`` were recorded, or one of its ``letters`` went to the group, on
    the day on which the level was reached or later. With ``every`` it is to be done once in each
    such period.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    facts: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    within: str | None = None
    every: str | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the ladder: what a case's gross age calls for, and who hears of it."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    level: str
    label: str
    after: str
    to: tuple[str, ...]
    # What it calls for in words; where nothing is written, what its tasks say.
    requires: str = ""
    colour: Literal["green", "yellow", "red", "magenta"] = "yellow"
    tasks: tuple[Task, ...] = field(default=(), metadata=_LATER)

    @property
    def calls_for(self) -> str:
        """Say what it calls for: in its own words, else in those of its tasks."""
        if self.requires:
            return self.requires
        *first, last = [task.label for task in self.tasks] or [""]
        return f"{', '.join(first)} and {last}" if first else last


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Who is reminded of one kind of drift, and after how long."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    to: tuple[str, ...]
    after: str | None = None
    source: str = ""
    # How much of a target must have gone by, such as 150 %.
    share: str | None = field(default=None, metadata=_LATER)


@dataclass(frozen=True, slots=True)
class Limit:
    """A day that the forecast of a case must not pass, such as the deadline of a funder.

    The day is a fact on the file. Where the case must leave time before it, such as the years of a
    lease that a funder asks for, ``leaves`` says how long, or ``leaves_years`` names the fact that
    does.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    fact: str
    # What is lost once it is passed.
    why: str
    # The stage to be reached by then; without one, the one in which the asset has gone over.
    reached: str | None = None
    leaves: str | None = None
    leaves_years: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ObjectionCategory:
    """A kind of objection, whether it holds the case up, and whether it must cite authority."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    blocks: bool = False
    authority_needed: bool = False


@dataclass(frozen=True, slots=True)
class PauseRule:
    """When the targets of a route stand still: only while the group is asked for what is missing.

    ``reason``, ``missing`` and ``by`` name the facts that say why, what and by when; the choices of
    the first are the ``reasons``, each with what people read.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    reasons: dict[str, str]
    reason: str
    missing: str
    by: str
    letter: str
    # How long a target can stand still; then it runs again, and its people look at the case.
    cap: str
    to: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper with lease terms, such as a tender or a draft, and what it is held against.

    ``facts`` maps particulars of the paper to the facts that it puts on the file, so that nobody
    types them twice. What a ``complete`` paper does not say was not agreed.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    # Earlier papers that must not be made worse for the group; the first is what was approved.
    compared_with: tuple[str, ...] = ()
    complete: bool = False
    # The stages in which it can be recorded; without any, all of them.
    stages: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measure by which business cases are assessed, with its weight in per cent."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    id: str
    label: str
    weight: int


@dataclass(frozen=True, eq=False)
class Workflow:
    """A whole declared route; compared by identity because each version is loaded once."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT
    name: str
    label: str
    version: int
    reference_prefix: str
    initial: str
    stall_limit: str
    review_within: str
    stages: dict[str, Stage]
    transitions: dict[str, Transition]
    departments: dict[str, Named]
    roles: dict[str, Named]
    rights: dict[str, tuple[str, ...]]
    facts: dict[str, Fact] = field(default_factory=dict)
    on_open: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    ladder: dict[str, Rung] = field(default_factory=dict)
    alerts: dict[str, AlertRule] = field(default_factory=dict)
    objections: dict[str, ObjectionCategory] = field(default_factory=dict)
    criteria: dict[str, Criterion] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    clocks: dict[str, Clock] = field(default_factory=dict, metadata=_LATER)
    pauses: PauseRule | None = field(default=None, metadata=_LATER)
    # Papers with lease terms, each held against the ones before it.
    papers: dict[str, Paper] = field(default_factory=dict, metadata=_LATER)
    # Whether the ladder counts a case's gross age, or how late it is by its own deadlines.
    ladder_counts: Literal["age", "lateness"] = field(default="age", metadata=_LATER)
    # Routes whose cases can be parts of a case of this one, and the stages to open them in.
    parts: tuple[str, ...] = field(default=(), metadata=_LATER)
    parts_in: tuple[str, ...] = field(default=(), metadata=_LATER)
    # Routes to whose cases a case of this one belongs; without any, it stands alone.
    part_of: tuple[str, ...] = field(default=(), metadata=_LATER)
    # What stages of earlier versions are called in this one: the old name and the new.
    renamed: dict[str, str] = field(default_factory=dict, metadata=_LATER)
    # The best score by a criterion; ten is a proposal that nobody's policy is taken from.
    score_up_to: int = field(default=10, metadata=_LATER)
    # Letters sent by themselves that move a case on; those of its steps do so anyway.
    substantive: tuple[str, ...] = field(default=(), metadata=_LATER)
    # Days that the forecast of a case must not pass.
    limits: dict[str, Limit] = field(default_factory=dict, metadata=_LATER)
    # Whether the case is the council's own, such as a competition, and for no group.
    for_council: bool = field(default=False, metadata=_LATER)
    # Whose bank holidays count, where the law of the route says so; else those of the council.
    calendar: Literal["england-and-wales", "scotland", "northern-ireland"] | None = field(
        default=None, metadata=_LATER
    )

    def leaves(self, transition: Transition) -> tuple[str, ...]:
        """Give the stages a transition leaves from, with ``*`` spelt out as every open stage."""
        return self.open_stages if ANY_OPEN_STAGE in transition.origins else transition.origins

    def from_stage(self, stage: str) -> tuple[Transition, ...]:
        """Give the transitions declared for a stage, in the order of the file."""
        return self._from_stages.get(stage, ())

    @cached_property
    def _from_stages(self) -> dict[str, tuple[Transition, ...]]:
        found: dict[str, list[Transition]] = {name: [] for name in self.stages}
        for transition in self.transitions.values():
            for name in dict.fromkeys(self.leaves(transition)):
                if name in found:
                    found[name].append(transition)
        return {name: tuple(steps) for name, steps in found.items()}

    def role_label(self, role: str) -> str:
        """Give what people call a role; the two places on a case have fixed labels."""
        fixed = {"case_officer": "the case officer", "champion": "the champion"}
        return fixed.get(role) or (self.roles[role].label if role in self.roles else role)

    def department_label(self, department: str | None) -> str:
        """Give what people call a department, or the identifier where it is unknown."""
        named = self.departments.get(department or "")
        return named.label if named else department or ""

    def fact_label(self, name: str) -> str:
        """Give what people call a fact, or its name where this version does not declare it."""
        return self.facts[name].label if name in self.facts else name

    def main_path(self) -> tuple[Stage, ...]:
        """Give the stages of the straight way from the first stage to an end.

        It follows, from each stage, the first declared transition to an open stage not yet
        visited, and where there is none the first one to an end.
        """
        path = [self.stages[self.initial]]
        while not path[-1].end:
            following = self._onward(path[-1].id, {stage.id for stage in path})
            if following is None:
                break
            path.append(following)
        return tuple(path)

    def _onward(self, stage: str, seen: set[str]) -> Stage | None:
        moves = [t.to for t in self.from_stage(stage) if t.to and t.to not in seen]
        onward = [self.stages[move] for move in moves]
        return next((s for s in onward if not s.end), onward[0] if onward else None)

    @cached_property
    def open_stages(self) -> tuple[str, ...]:
        """The stages in which a case is still running."""
        return tuple(stage.id for stage in self.stages.values() if not stage.end)

    @cached_property
    def canonical(self) -> str:
        """The one JSON text of this version; order of stages and transitions is meaning."""
        return json.dumps(_written(self), ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the canonical text, in hexadecimal."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def from_canonical(text: str) -> Workflow:
    """Rebuild a stored version without validating it again; it was checked before storing."""
    data = json.loads(text)
    found: dict[str, Any] = {
        **{key: tuple(v) if isinstance(v, list) else v for key, v in data.items()},
        "stages": _each(Stage, data["stages"]),
        "transitions": {k: _transition(v) for k, v in data["transitions"].items()},
        "departments": _each(Named, data["departments"]),
        "roles": _each(Named, data["roles"]),
        "rights": {k: tuple(v) for k, v in data["rights"].items()},
        "facts": _each(Fact, data["facts"]),
        "ladder": {k: _rung(v) for k, v in data["ladder"].items()},
        "alerts": _each(AlertRule, data["alerts"]),
        "objections": _each(ObjectionCategory, data["objections"]),
        "criteria": _each(Criterion, data["criteria"]),
        "clocks": {k: _clock(v) for k, v in data.get("clocks", {}).items()},
        "papers": _each(Paper, data.get("papers", {})),
        "limits": _each(Limit, data.get("limits", {})),
        "pauses": PauseRule(**_tuples(data["pauses"])) if data.get("pauses") else None,
    }
    return Workflow(**found)


def _written(value: Any) -> Any:
    """Give a declaration as plain values, without what was added later and is not used."""
    if is_dataclass(value):
        every = ((each, getattr(value, each.name)) for each in fields(value))
        return {
            each.name: _written(found)
            for each, found in every
            if not each.metadata.get("later") or found != _default(each)
        }
    if isinstance(value, dict):
        return {name: _written(found) for name, found in value.items()}
    return [_written(found) for found in value] if isinstance(value, tuple) else value


def _default(declared: Field[Any]) -> Any:
    return {} if declared.default is MISSING else declared.default


def _clock(entry: Mapping[str, Any]) -> Clock:
    return Clock(**{**_tuples(entry), "starts": ClockStart(**entry["starts"])})


def _rung(entry: Mapping[str, Any]) -> Rung:
    tasks = tuple(Task(**_tuples(task)) for task in entry.get("tasks", ()))
    return Rung(**{**_tuples(entry), "tasks": tasks})


def _each(kind: type[Any], entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {key: kind(**_tuples(entry)) for key, entry in entries.items()}


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}


def _transition(entry: Mapping[str, Any]) -> Transition:
    found = _tuples(entry)
    found["requires"] = tuple(GuardUse(**use) for use in entry["requires"])
    found["signoffs"] = tuple(SignoffRule(**rule) for rule in entry["signoffs"])
    told = entry.get("tells_parts", ())
    found["tells_parts"] = tuple(TellsParts(**_tuples(part)) for part in told)
    if entry.get("continues_as") is not None:
        found["continues_as"] = Continuation(**_tuples(entry["continues_as"]))
    return Transition(**found)
