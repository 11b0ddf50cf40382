"""Holds: while one lies on a case, nothing of it is erased or destroyed.

Altering or destroying what somebody has asked for under freedom of information is an offence
(Freedom of Information Act 2000, s. 77), and a claim needs its evidence. A hold is placed for one
reason, is a record of the case's journal, and says who may lift it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.casework import council, record
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.facts import show
from assetflow.guards import any_of
from assetflow.queries import Case


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that lies on a case."""

    id: int
    case_id: int
    reference: str
    reason: str
    placed_on: date

    def __str__(self) -> str:
        """Say it in a sentence."""
        since = f"since {show(self.placed_on)}"
        return f"A hold lies on {self.reference} {since} (hold {self.id}): {self.reason}"


def in_force(desk: Desk, case_ids: Collection[int] | None = None) -> dict[int, list[Hold]]:
    """Give the holds that lie on cases, by case; on all cases where none are named."""
    t = m.holds
    query = select(t, m.cases.c.reference).join(m.cases, m.cases.c.id == t.c.case_id)
    query = query.where(t.c.lifted_on.is_(None)).order_by(t.c.id)
    found: dict[int, list[Hold]] = {}
    for row in desk.db.execute(query):
        if case_ids is None or row.case_id in case_ids:
            hold = Hold(row.id, row.case_id, row.reference, row.reason, row.placed_on)
            found.setdefault(row.case_id, []).append(hold)
    return found


def on_case(desk: Desk, case_id: int) -> list[Hold]:
    """Give the holds that lie on one case."""
    return in_force(desk, [case_id]).get(case_id, [])


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands between a case and its destruction, or that it was destroyed."""

    holds: tuple[Hold, ...]
    destroyed_on: date | None


def standing(desk: Desk, case_id: int) -> Standing:
    """Give the holds on a case, and when it was destroyed."""
    return Standing(tuple(on_case(desk, case_id)), queries.destroyed_on(desk.db, case_id))


def who_can_lift(desk: Desk) -> str:
    """Say who may lift a hold."""
    rights = desk.council_rights
    return any_of(rights.role_label(role) for role in rights.rights["lift_hold"])


def reasons_against_destroying(desk: Desk, holds: Iterable[Hold]) -> list[str]:
    """Say why nothing of a case may be erased or destroyed: each hold, and who can lift it."""
    return [f"{_sentence(str(hold))} Who can lift it: {who_can_lift(desk)}." for hold in holds]


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def place(desk: Desk, case_typed: str, reason: str) -> Case:
    """Place a hold on a case, open or ended, for a reason."""
    case = record.take(desk, case_typed)
    record.check_not_destroyed(desk, case)
    council.check_right(desk, "place_hold", f"The hold on {case.reference} was not placed")
    words = _reason(reason)
    if any(hold.reason == words for hold in on_case(desk, case.id)):
        raise Refused("The hold was not placed.", reasons=["One lies for that reason already."])
    row = {"case_id": case.id, "reason": words, "placed_on": desk.on,
           "placed_by_id": desk.actor.id}  # fmt: skip
    hold_id = queries.new_id(desk.db.execute(insert(m.holds).values(row)))
    changed = record.change(desk, case, "hold_placed", why=words, detail={"hold": hold_id})
    return record.settle(desk, changed)


def lift(desk: Desk, case_typed: str, reason: str, number: int | None = None) -> Case:
    """Lift a hold from a case for a reason; ``number`` names it where several lie."""
    case = record.take(desk, case_typed)
    council.check_right(desk, "lift_hold", f"The hold on {case.reference} was not lifted")
    words = _reason(reason)
    hold = _one(case, on_case(desk, case.id), number)
    lifted = {"lifted_on": desk.on, "lifted_by_id": desk.actor.id, "lift_reason": words}
    desk.db.execute(update(m.holds).where(m.holds.c.id == hold.id).values(lifted))
    detail = {"hold": hold.id, "placed_for": hold.reason}
    changed = record.change(desk, case, "hold_lifted", why=words, detail=detail)
    return record.settle(desk, changed)


def _reason(typed: str) -> str:
    """Give a reason on one line: it stands in lists and in the middle of sentences."""
    words = " ".join(typed.split())
    if not words:
        raise BadInput("The reason is missing.", remedies=['say it: --reason "…"'])
    return words


def _one(case: Case, lying: list[Hold], number: int | None) -> Hold:
    see = [f"see them: assetflow case show {case.reference}"]
    if not lying:
        raise Refused(f"No hold lies on {case.reference}.", remedies=see)
    chosen = [hold for hold in lying if number in (None, hold.id)]
    if not chosen:
        raise NotFound(f"No hold {number} lies on {case.reference}.", remedies=see)
    if len(chosen) > 1:
        raise BadInput(
            f"Several holds lie on {case.reference}.", reasons=[str(hold) for hold in chosen],
            remedies=["name the one to lift: --hold NUMBER"],
        )  # fmt: skip
    return chosen[0]
