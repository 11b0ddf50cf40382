"""A route as nodes and edges, for programs that draw it themselves."""

from typing import Any

from assetflow.diagrams import beyond, wording
from assetflow.diagrams.picture import Picture
from assetflow.workflow import Clock, Stage, Transition


def data(picture: Picture) -> dict[str, Any]:
    """Give the stages, and one edge for every stage that a step may be taken from."""
    route = picture.route
    return {
        "workflow": route.name,
        "label": route.label,
        "version": route.version,
        "main_path": [stage.id for stage in picture.main],
        "nodes": [_node(picture, stage) for stage in route.stages.values()],
        "edges": [
            _edge(picture, step, origin)
            for step in route.transitions.values()
            for origin in route.leaves(step)
        ],
        "clocks": [_clock(picture, clock) for clock in route.clocks.values()],
        "parts": route.parts,
        "part_of": route.part_of,
        "counted": picture.counted,
        "remarks": picture.remarks,
    }


def _node(picture: Picture, stage: Stage) -> dict[str, Any]:
    standing = picture.at(stage.id)
    live = None
    if standing is not None:
        live = {
            "open": standing.open,
            "median": standing.median,
            "oldest": standing.oldest,
            "unit": standing.unit,
            "over_target": standing.over,
            "heat": standing.heat,
        }
    return {
        "stage": stage.id,
        "label": stage.label,
        "end": stage.end,
        "holder": "" if stage.end else wording.holder(picture.route, stage),
        "target": stage.target,
        "source": stage.source,
        "verified": stage.verified,
        "live": live,
    }


def _edge(picture: Picture, step: Transition, origin: str) -> dict[str, Any]:
    to = step.to or origin
    onward = picture.following.get(origin) == to
    return {
        "trigger": step.trigger,
        "label": step.label,
        "from": origin,
        "to": to,
        "onward": onward,
        "every_open_stage": step in picture.everywhere,
        "signoffs": [
            {"department": r.department, "order": r.order, "within": r.within, "mode": r.mode}
            for r in step.signoffs
        ],
        "letters": step.letters,
        "tells_parts": step.tells_parts,
        "continues_as": step.continues_as,
    }


def _clock(picture: Picture, clock: Clock) -> dict[str, Any]:
    return {
        "clock": clock.id,
        "label": clock.label,
        "kind": clock.kind,
        "runs": beyond.period(picture.route, clock),
        "stages": clock.stages,
        "source": clock.source,
        "verified": clock.verified,
    }
