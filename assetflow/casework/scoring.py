"""Scoring: what each scorer gives a case by each criterion, what they agree on, who steps aside.

Scores are given in the stages from which a step needs them, and nowhere else: so a sealed bid
cannot be scored, and a decided one cannot be scored again.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import record
from assetflow.casework.around import around
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.facts import counted, read_text
from assetflow.guards import any_of
from assetflow.permissions import may
from assetflow.queries import Case
from assetflow.snapshot import Around, Person
from assetflow.workflow import Workflow

RIGHT = "score"
# The guards that look at scores: a stage that such a step leaves is one to score in.
GUARDS = ("scored", "moderated")


@dataclass(frozen=True, slots=True)
class Given:
    """A score as it was handed in; ``by`` is the scorer where somebody else types it."""

    criterion: str
    score: int
    reason: str
    by: str = ""


def give(desk: Desk, case_typed: str, given: Given) -> Case:
    """Record what one person gives a case by one criterion; their earlier score is replaced.

    Raises ``Refused`` where the scorers have agreed on a score already, or the scorer has stepped
    aside.
    """
    case, scorer = _taken(desk, case_typed, given.by, "The score was not recorded.")
    seen = around(desk.db, case)
    criterion = _criterion(case, seen, given.criterion)
    _check_given(case, given)
    reasons = _against(desk, case, scorer, seen)
    if any(s.moderated and s.criterion == criterion for s in seen.scores):
        reasons.append(f"The scorers have agreed on the score for {criterion} already.")
    _refuse(case, "The score was not recorded", reasons)
    return _store(desk, case, scorer, criterion, given, agreed=False)


def moderate(desk: Desk, case_typed: str, given: Given) -> Case:
    """Record the score that the scorers have agreed on for a criterion, whoever chaired it."""
    case, chair = _taken(desk, case_typed, given.by, "The agreed score was not recorded.")
    seen = around(desk.db, case)
    criterion = _criterion(case, seen, given.criterion)
    _check_given(case, given)
    reasons = _against(desk, case, chair, seen)
    own = [s for s in seen.scores if not s.moderated and s.criterion == criterion]
    if not any(s.scorer not in seen.aside for s in own):
        reasons.append(f"Nobody has scored {criterion} yet; there is nothing to agree on.")
    _refuse(case, "The agreed score was not recorded", reasons)
    return _store(desk, case, chair, criterion, given, agreed=True)


def declare(
    desk: Desk, case_typed: str, statement: str, by: str = "", *, steps_aside: bool = False
) -> Case:
    """Record what somebody declares about their interest in a case, even that they have none."""
    case, person = _taken(desk, case_typed, by, "The interest was not recorded.")
    try:
        words = read_text(statement)
    except ValueError as error:
        raise BadInput("The interest was not recorded.", reasons=[f"{error}."]) from error
    if not words:
        raise BadInput(
            "The interest was not recorded.", reasons=["Nothing was declared."],
            remedies=['say that there is none as well: assetflow interest declare CASE "None"'],
        )  # fmt: skip
    missing = record.permission(desk, case, RIGHT)
    _refuse(case, "The interest was not recorded", [str(missing)] if missing else [])
    t = m.interests
    key = and_(t.c.case_id == case.id, t.c.person_id == person.id)
    before = desk.db.execute(select(t.c.statement, t.c.steps_aside).where(key)).one_or_none()
    values = {"statement": words, "steps_aside": int(steps_aside), "declared_on": desk.on}
    _put(desk, t, key, {"case_id": case.id, "person_id": person.id}, values)
    detail: dict[str, Any] = {"person": person.name, "steps_aside": steps_aside}
    if before is not None:
        detail["before"] = {"why": before.statement, "steps_aside": bool(before.steps_aside)}
    return record.change(desk, case, "interest_declared", why=words, detail=detail)


def stages(workflow: Workflow) -> frozenset[str]:
    """Give the stages of a route in which a case is scored."""
    return frozenset(
        stage
        for transition in workflow.transitions.values()
        if any(use.guard in GUARDS for use in transition.requires)
        for stage in workflow.leaves(transition)
    )


# --- checking -----------------------------------------------------------------------------------


def _taken(desk: Desk, case_typed: str, by: str, what: str) -> tuple[Case, Person]:
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    return case, queries.person(desk.db, by) if by else desk.actor


def _criterion(case: Case, seen: Around, typed: str) -> str:
    known = {name.casefold(): name for name in seen.criteria}
    if typed.strip().casefold() in known:
        return known[typed.strip().casefold()]
    if not known:
        raise Refused(f"{case.reference} has no criteria to score by.")
    close = difflib.get_close_matches(typed.strip().casefold(), known, n=1)
    raise NotFound(
        f"{case.reference} has no criterion {typed.strip()!r}.",
        reasons=[f"did you mean {known[close[0]]}?"] if close else [],
        remedies=[f"its criteria: {'; '.join(seen.criteria)}"],
    )


def _check_given(case: Case, given: Given) -> None:
    most, reasons = case.workflow.score_up_to, []
    if not 0 <= given.score <= most:
        reasons.append(f"{given.score} is no score; give a whole number from 0 to {most}.")
    if not given.reason.strip():
        reasons.append("A score needs its reason: the group can ask for it.")
    if reasons:
        raise BadInput("The score was not recorded.", reasons=reasons)


def _against(desk: Desk, case: Case, person: Person, seen: Around) -> list[str]:
    """Give every reason for which somebody may not score a case today, or have it typed."""
    allowed = case.workflow.rights.get(RIGHT, ())
    missing = [record.permission(desk, case, RIGHT)]
    if person.id != desk.actor.id:
        missing.append(may(person, allowed, case.workflow, case.snapshot, desk.today))
    reasons = [str(one) for one in missing if one]
    scored_in = stages(case.workflow)
    if case.snapshot.stage not in scored_in:
        here = case.workflow.stages[case.snapshot.stage].label
        when = any_of(s.label for s in case.workflow.stages.values() if s.id in scored_in)
        at = f"It is scored at: {when}." if scored_in else "No case of its route is scored."
        reasons.append(f"{case.reference} stands at: {here}. {at}")
    if person.name in seen.aside:
        reasons.append(f"{person.name} has declared an interest and stepped aside.")
    return reasons


def _refuse(case: Case, what: str, reasons: list[str]) -> None:
    if reasons:
        raise Refused(
            f"{case.reference}: {what[0].lower()}{what[1:]}.", reasons=reasons,
            remedies=[f"see what stands there: assetflow score show {case.reference}"],
        )  # fmt: skip


# --- storing ------------------------------------------------------------------------------------


def _store(
    desk: Desk, case: Case, person: Person, criterion: str, given: Given, *, agreed: bool
) -> Case:
    t = m.scores
    key = and_(t.c.case_id == case.id, t.c.criterion == criterion, t.c.moderated == int(agreed))
    # What the scorers have agreed on is one score, whoever recorded it.
    key = key if agreed else and_(key, t.c.scorer_id == person.id)
    before = desk.db.execute(select(t.c.score, t.c.reason).where(key)).one_or_none()
    values = {"scorer_id": person.id, "score": given.score, "reason": given.reason.strip(),
              "given_on": desk.on}  # fmt: skip
    _put(desk, t, key, {"case_id": case.id, "criterion": criterion, "moderated": int(agreed)},
         values)  # fmt: skip
    detail: dict[str, Any] = {"criterion": criterion, "score": given.score, "scorer": person.name}
    if before is not None:
        detail["before"] = {"score": before.score, "why": before.reason}
    action = "score_moderated" if agreed else "score_given"
    return record.change(desk, case, action, why=given.reason.strip(), detail=detail)


def _put(desk: Desk, table: Any, key: Any, own: Mapping[str, Any], values: dict[str, Any]) -> None:
    """Store a row, in the place of the one that stands there; the case is locked."""
    values = {**values, "recorded_at": desk.now}
    if desk.db.execute(update(table).where(key).values(values)).rowcount == 0:
        desk.db.execute(insert(table).values({**own, **values}))


# --- looking ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """One score with whose it is and why."""

    scorer: str
    score: int
    reason: str
    # Whether it counts: the scores of those who stepped aside do not.
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """What was given by one criterion."""

    criterion: str
    weight: int
    scores: tuple[Mark, ...]
    agreed: Mark | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The scores of one case; ``total`` is weighted, in per cent, None until all are agreed on."""

    case: str
    group: str
    stage: str
    up_to: int
    lines: tuple[Line, ...]
    total: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """The sheets of a case or of all its parts, the best first."""

    case: str
    sheets: tuple[Sheet, ...]


def table(desk: Desk, case_typed: str) -> Table:
    """Give the scores of a case; of one with parts those of each part, the best first."""
    case = queries.case(desk.db, queries.case_id(desk.db, case_typed))
    ids = [part_id for part_id, _ in queries.parts_of(desk.db, case.id)] or [case.id]
    sheets = [sheet(desk, one) for one in queries.load_cases(desk.db, ids)]
    # One that is not agreed on yet stands last.
    ranked = sorted(sheets, key=lambda s: (s.total is None, -_thousandths(s), s.case))
    return Table(case.reference, tuple(ranked))


def sheet(desk: Desk, case: Case) -> Sheet:
    """Give the scores of one case by its criteria."""
    seen = around(desk.db, case)
    lines = tuple(_line(seen, name, weight) for name, weight in seen.criteria.items())
    whole = _Whole(lines, case.workflow.score_up_to)
    label = case.workflow.stages[case.snapshot.stage].label
    return Sheet(case.reference, case.group.name, label, whole.up_to, lines, whole.text)


def _line(seen: Around, criterion: str, weight: int) -> Line:
    given = [s for s in seen.scores if s.criterion == criterion]
    own = tuple(
        Mark(s.scorer, s.score, s.reason, s.scorer not in seen.aside)
        for s in given if not s.moderated
    )  # fmt: skip
    agreed = [Mark(s.scorer, s.score, s.reason) for s in given if s.moderated]
    return Line(criterion, weight, own, agreed[0] if agreed else None)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The weighted total of a sheet, in whole numbers so that nothing is rounded on the way."""

    lines: tuple[Line, ...]
    up_to: int

    @property
    def points(self) -> int | None:
        """Give weight times score, summed; None until every criterion is agreed on."""
        agreed = [(line.weight, line.agreed.score) for line in self.lines if line.agreed]
        if not agreed or len(agreed) < len(self.lines):
            return None
        return sum(weight * score for weight, score in agreed)

    @property
    def text(self) -> str | None:
        """Give the total in per cent with one decimal place, halves upwards."""
        if self.points is None:
            return None
        tenths = (self.points * 20 + self.up_to) // (2 * self.up_to)
        return f"{tenths // 10}.{tenths % 10}"


def _thousandths(one: Sheet) -> int:
    return _Whole(one.lines, one.up_to).points or 0


@dataclass(frozen=True, slots=True)
class Interest:
    """What somebody has declared about a case."""

    case: str
    person: str
    statement: str
    steps_aside: bool
    declared_on: Any


def interests(desk: Desk, case_typed: str) -> list[Interest]:
    """List what was declared on a case, or on its parts as well."""
    case_id = queries.case_id(desk.db, case_typed)
    ids = [case_id, *(part_id for part_id, _ in queries.parts_of(desk.db, case_id))]
    rows = queries.interests(desk.db, ids)
    return [
        Interest(r.reference, r.name, r.statement, bool(r.steps_aside), r.declared_on) for r in rows
    ]


def summary(one: Sheet) -> str:
    """Say in one line how far a sheet is."""
    scorers = {mark.scorer for line in one.lines for mark in line.scores}
    return f"{counted(len(scorers), 'scorer')}; total {one.total or 'not agreed yet'}"
