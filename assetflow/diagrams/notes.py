"""What is said below a drawing: what is no arrow in it, and what its marks mean."""

from collections.abc import Iterable

from assetflow.diagrams import beyond, wording
from assetflow.diagrams.picture import Picture, Stay

LEGEND = "!! HOT: at least half of the cases there are past the day they were due; ! some are."


def notes(picture: Picture) -> Iterable[str]:
    """Tell what is not drawn as an arrow, and what the marks mean."""
    route = picture.route
    if picture.standing is not None:
        yield LEGEND
    yield from picture.remarks
    if any(step.signoffs for step in route.transitions.values()):
        yield "A diamond on a line: departments sign before the case goes on."
    for step in picture.everywhere:
        to = route.stages[step.to or ""]
        if not to.end or to is picture.last:
            yield f"From every open stage: {step.label}. To: {to.label}."
    yield from beyond.remarks(route)
    told = "; ".join(_stay(picture, stay) for stay in picture.stays)
    if told:
        yield f"Without leaving the stage: {told}."


def _stay(picture: Picture, stay: Stay) -> str:
    anew = "which begins anew, " if stay.anew else ""
    return f"{stay.step.label} ({anew}in: {wording.labels(picture.route, stay.stages)})"
