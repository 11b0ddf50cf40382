"""The grounds on which a record is kept although a person asks for its erasure.

Erasure gives way to a task in the public interest and to legal claims (UK GDPR article 17(3)(b)
and (e)), to a hold, and to a period that the council's retention schedule sets. Every record that
is kept is kept on a ground that can be named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import select

from assetflow import models as m
from assetflow import queries
from assetflow.casework import holds
from assetflow.casework.desk import Desk
from assetflow.casework.holds import Hold
from assetflow.casework.personal import Found
from assetflow.facts import show
from assetflow.queries import Case
from assetflow.retention import RetentionClass, event_of, kept_until

# The records in which departments answer; steps that are decisions stand in the schedule.
ANSWERS = {"signoff_given": "signed", "objection_raised": "objected"}


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a record is kept: a code for the record of it, and a sentence for people."""

    code: str
    sentence: str


class Grounds:
    """What speaks against erasing records on one day; looks each case up once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._cases: dict[int, Case] = {}

    @cached_property
    def _holds(self) -> dict[int, list[Hold]]:
        return holds.in_force(self.desk)

    def against(self, found: Found) -> list[Ground]:
        """Give every ground on which a record is kept; none where it may be erased."""
        grounds = _of_its_kind(found)
        if found.case_id is not None:
            grounds += self.of_case(found.case_id)
            grounds += self._of_record(found)
        return grounds

    def of_case(self, case_id: int) -> list[Ground]:
        """Give the grounds on which everything of a case is kept."""
        case = self._case(case_id)
        lying = self._holds.get(case_id, [])
        sentences = holds.reasons_against_destroying(self.desk, lying)
        found = [Ground("hold", sentence) for sentence in sentences]
        if case.closed_on is None:
            found.append(Ground("open_case", f"{case.reference} is open: needed for a task in the "
                                "public interest (UK GDPR article 17(3)(b))."))  # fmt: skip
            return found
        outcome = case.workflow.stages[case.snapshot.stage].end or ""
        kind = self.desk.retention.of_case(outcome)
        if kind is not None and kind.years is not None:
            event = event_of(kind, case.closed_on, case.snapshot.facts)
            found += self._of_period(kind, event)
        return found

    def of_group(self, group_id: int) -> list[Ground]:
        """Give the grounds on which a group's contact is kept: those of its cases."""
        t = m.cases
        ids = self.desk.db.execute(select(t.c.id).where(t.c.group_id == group_id)).scalars()
        return [ground for case_id in list(ids) for ground in self.of_case(case_id)]

    def _case(self, case_id: int) -> Case:
        if case_id not in self._cases:
            self._cases[case_id] = queries.case(self.desk.db, case_id)
        return self._cases[case_id]

    def _of_record(self, found: Found) -> list[Ground]:
        grounds = []
        for kind in self.desk.retention.classes.values():
            if kind.years is not None and _CLASSED.get(kind.applies_to, _never)(kind, found):
                grounds += self._of_period(kind, found.on)
        return grounds

    def _of_period(self, kind: RetentionClass, event: date | None) -> list[Ground]:
        """Give the ground of a period that runs, or whose event has not come."""
        assert kind.years is not None  # noqa: S101 - narrows the type
        last = kept_until(event, kind.years) if event else None
        if last is not None and last < self.desk.today:
            return []
        until = f"until {show(last)}" if last else "as its period has not begun"
        return [Ground(kind.id, f"{kind.label}, kept {until} ({kind.period}): {kind.ground}.")]


def _never(kind: RetentionClass, found: Found) -> bool:
    return False


def is_decision(kind: RetentionClass, found: Found) -> bool:
    """Tell whether a record is, or records, a decision: an answer of a department or a step."""
    if found.table == "journal_payloads":
        return found.action in ANSWERS or (
            found.action == "advanced" and found.trigger in kind.steps
        )
    return found.table in ("signoffs", "objections") and found.on is not None


_CLASSED: dict[str, Callable[[RetentionClass, Found], bool]] = {
    "decision": is_decision,
    "evidence": lambda kind, found: found.table == "evidence",
}


def _of_its_kind(found: Found) -> list[Ground]:
    sentence = _KEPT.get(found.table)
    return [Ground(found.table, sentence)] if sentence else []


_AUTHORITY = "The authority on which a role was held: it shows that what was signed was valid."
_KEPT = {
    "role_grants": _AUTHORITY,
    "deputies": _AUTHORITY,
    "anchors": "Where an anchor was sent: it must be found again to prove the record.",
    "assets": "The register of land and buildings that the council publishes (Transparency Code).",
    "workflow_versions": "The route that cases are pinned to, the same for all of them.",
    "journal": "The login that the server stamped on a record; the journal is append-only.",
    "council_journal": "The login that the server stamped on a record; the journal is append-only.",
}
