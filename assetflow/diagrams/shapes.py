"""The shapes of a drawing with their places, counted from the left upper corner."""

from dataclasses import dataclass
from typing import Literal

SIZE, LINE = 12.0, 14.0
"""The size of the letters, and how far one line of text is below the one before."""

Point = tuple[float, float]
Look = Literal["onward", "back", "aside"]
BoxLook = Literal["stage", "over", "hot", "end"]


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of text from a left upper corner, with the width they were broken for."""

    x: float
    y: float
    width: float
    lines: tuple[str, ...]
    # How many lines at the top are bold.
    bold: int = 0

    @property
    def height(self) -> float:
        """How much room the lines take."""
        return LINE * len(self.lines)


@dataclass(frozen=True, slots=True)
class Box:
    """A stage or an end: a frame with its words, and how it is to be marked."""

    stage: str
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]
    look: BoxLook


@dataclass(frozen=True, slots=True)
class Line:
    """A line from corner to corner; it ends in a point where ``arrow`` is set."""

    points: tuple[Point, ...]
    look: Look
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn, back to front."""

    width: float
    height: float
    lines: tuple[Line, ...]
    # Where one line joins another.
    dots: tuple[Point, ...]
    # Where departments sign before one goes on.
    gates: tuple[Point, ...]
    boxes: tuple[Box, ...]
    words: tuple[Words, ...]
