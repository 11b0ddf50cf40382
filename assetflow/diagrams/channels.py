"""Channels: the columns beside the stages in which ways run that are not the step onward."""

from dataclasses import dataclass

from assetflow.diagrams.lettering import width
from assetflow.diagrams.picture import Arrow
from assetflow.diagrams.shapes import SIZE


@dataclass(frozen=True, slots=True)
class Channel:
    """A column in which one arrow runs, with its words and the rows between which it runs.

    ``arrow`` is None where steps of every open stage come in from nowhere.
    """

    arrow: Arrow | None
    to: str
    words: tuple[str, ...]
    top: int
    bottom: int

    @property
    def width(self) -> float:
        """How wide the column is, with the room beside its words."""
        return max((width(line, SIZE) for line in self.words), default=0) + 22


def columns(channels: list[Channel]) -> list[list[Channel]]:
    """Put channels into columns, the shortest nearest; a column takes those that do not meet."""
    found: list[list[Channel]] = []
    for channel in sorted(channels, key=lambda c: (c.bottom - c.top, c.top)):
        free = (col for col in found if all(_apart(channel, other) for other in col))
        column = next(free, None)
        if column is None:
            found.append([channel])
        else:
            column.append(channel)
    return found


def _apart(one: Channel, other: Channel) -> bool:
    return one.bottom < other.top or other.bottom < one.top
