"""Who may do what: one pure decision, no unless the route says yes.

A workflow lists roles for each transition (``who``) and for each other act (``rights``).
``case_officer`` and ``champion`` mean the person's place on this one case.
"""

from collections.abc import Sequence
from datetime import date

from assetflow.guards import any_of
from assetflow.snapshot import Person, Snapshot, Unmet
from assetflow.workflow import Workflow


def may(
    actor: Person, allowed: Sequence[str], workflow: Workflow, case: Snapshot | None, on: date
) -> Unmet | None:
    """Give None where the person may act, else the sentence that says who may."""
    if not actor.here_on(on):
        return Unmet("permission", f"{actor.name} has left.", "someone who works here")
    if any(_holds(actor, role, case, on) for role in allowed):
        return None
    roles = any_of(workflow.role_label(role) for role in allowed) or "nobody"
    return Unmet("permission", f"{actor.name} may not do this.", roles)


def _holds(actor: Person, role: str, case: Snapshot | None, on: date) -> bool:
    if role == "case_officer":
        return case is not None and case.officer.id == actor.id
    if role == "champion":
        return case is not None and case.champion is not None and case.champion.id == actor.id
    return actor.holds(role, on)
