"""What a letter can list of the cases around its own: its parts, and how it was scored."""

from typing import Any

from assetflow import queries
from assetflow.casework import scoring
from assetflow.casework.desk import Desk
from assetflow.facts import show
from assetflow.queries import Case
from assetflow.snapshot import Related


def parts(desk: Desk, case: Case) -> list[dict[str, Any]]:
    """Give the parts of a case, each with how it stands; a route without parts asks nothing."""
    if not case.workflow.parts:
        return []
    return [_part(found) for _, found in queries.parts_of(desk.db, case.id)]


def _part(found: Related) -> dict[str, Any]:
    return {
        "reference": found.reference,
        "asset": found.asset,
        "group": found.group,
        "stage": found.stage_label,
        "ended": bool(found.outcome),
        "event_on": _event(found),
        "particulars": [
            f"{fact.label}: {show(found.facts[fact.name])}"
            for fact in found.workflow.facts.values()
            if fact.told_with_parent and found.facts.get(fact.name) not in (None, "", [])
        ],
    }


def _event(found: Related) -> Any:
    """Give the day from which the route of a part counts backwards: an event or a meeting."""
    backwards = [clock.starts.fact for clock in found.workflow.clocks.values() if clock.before]
    days = (found.facts.get(name) for name in backwards if name)
    return next((day for day in days if day is not None), None)


def scores(desk: Desk, case: Case) -> tuple[list[dict[str, Any]], str]:
    """Give what was agreed on by each criterion, and the weighted total as letters say it."""
    if not scoring.stages(case.workflow):
        return [], ""
    sheet = scoring.sheet(desk, case)
    rows = [
        {
            "criterion": line.criterion, "weight": line.weight, "score": line.agreed.score,
            "up_to": sheet.up_to, "reason": line.agreed.reason,
        }
        for line in sheet.lines if line.agreed
    ]  # fmt: skip
    return rows, f"{sheet.total} out of 100" if sheet.total else ""
