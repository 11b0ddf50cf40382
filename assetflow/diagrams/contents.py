"""What stands in a box, and how its lines are broken."""

from collections.abc import Iterable

from assetflow.diagrams import wording
from assetflow.diagrams.lettering import width, wrap
from assetflow.diagrams.picture import Picture
from assetflow.diagrams.shapes import SIZE, Words
from assetflow.workflow import Stage

# The widest that what is said of a stage may be, and its figures.
BOX_ROOM, FIGURES_ROOM = 350.0, 240.0


def box_lines(picture: Picture, stage: Stage) -> tuple[list[str], list[str]]:
    """Give the lines of a box: its name in bold, and what is said below it."""
    if stage.end:
        return wrap(f"End: {stage.label}", BOX_ROOM, SIZE, bold=True), []
    name = wrap(stage.label, BOX_ROOM, SIZE, bold=True)
    return name, wrap(wording.box(picture.route, stage), BOX_ROOM, SIZE)


def figures(picture: Picture, stage: Stage) -> list[str]:
    """Give the lines on what stands in a stage; none where that was not asked for."""
    standing = picture.at(stage.id)
    if standing is None:
        return []
    count = wrap(standing.count, FIGURES_ROOM, SIZE, bold=True)
    return [*count, *wrap(standing.ages, FIGURES_ROOM, SIZE)]


def widest(parts: tuple[list[str], list[str]]) -> float:
    """Give how wide the lines of a box are, at their widest."""
    name, told = parts
    names = [width(line, SIZE, bold=True) for line in name]
    return max([*names, *(width(line, SIZE) for line in told)], default=0)


def wrapped(texts: Iterable[str], room: float) -> tuple[str, ...]:
    """Break several texts, each of which begins on a line of its own."""
    return tuple(line for text in texts for line in wrap(text, room, SIZE))


def placed(x: float, y: float, lines: tuple[str, ...]) -> Words:
    """Put lines in a place, with the width they take."""
    return Words(x, y, max((width(line, SIZE) for line in lines), default=0), lines)
