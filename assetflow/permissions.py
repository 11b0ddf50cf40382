"""Who may do what: one pure decision, no unless somebody says yes.

A workflow lists roles for each transition (``who``) and for each other act on a case (``rights``);
what concerns no single case stands in ``CouncilRights``. ``case_officer`` and ``champion`` mean the
person's place on this one case; a deputy has the place or role between two dates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assetflow.guards import any_of
from assetflow.snapshot import Person, Snapshot, Unmet

# The one role that may give roles to others; the database server enforces it too.
ADMINISTRATOR = "administrator"
COUNCIL_RIGHTS = (
    "keep_assets",
    "keep_groups",
    "keep_people",
    "grant_role",
    "take_anchor",
    "place_hold",
    "lift_hold",
    "export_person",
    "erase_person",
    "destroy_case",
    "publish_workflow",
    "keep_calendar",
)


class Roles(Protocol):
    """Something that knows what people call a role."""

    def role_label(self, role: str) -> str:
        """Give what people call a role."""


@dataclass(frozen=True, slots=True)
class CouncilRights:
    """Who may do what concerns no single case; ``roles`` maps each role to its label."""

    roles: Mapping[str, str]
    rights: Mapping[str, tuple[str, ...]]

    def role_label(self, role: str) -> str:
        """Give what people call a role, or its identifier where it is unknown."""
        return self.roles.get(role, role)


def may(
    actor: Person, allowed: Sequence[str], roles: Roles, case: Snapshot | None, on: date
) -> Unmet | None:
    """Give None where the person may act on a day, else the sentence that says who may.

    ``on`` is the day on which the person acts, not the day that is recorded: a role that was taken
    away is gone at once, also for what is entered late.
    """
    if not actor.here_on(on):
        return Unmet("permission", f"{actor.name} has left.", "someone who works here")
    if any(_holds(actor, role, case, on) for role in allowed):
        return None
    who = any_of(roles.role_label(role) for role in allowed) or "nobody"
    return Unmet("permission", f"{actor.name} may not do this.", who)


def _holds(actor: Person, role: str, case: Snapshot | None, on: date) -> bool:
    if role not in ("case_officer", "champion"):
        return actor.holds(role, on)
    seated = None if case is None else case.officer if role == "case_officer" else case.champion
    if seated is None:
        return False
    return seated.id == actor.id or actor.stands_in_for(seated.id, role, on)
