"""A route as SVG: one file without scripts, styles from elsewhere or fonts, readable aloud.

Nothing is told by colour alone: what is hot says so in words, and ends have round corners.
"""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from assetflow.diagrams import layout, notes, wording
from assetflow.diagrams.picture import Picture
from assetflow.diagrams.shapes import LINE, SIZE, Box, Drawing, Line, Point, Words
from assetflow.guards import any_of

INK, PAPER = "#0b0c0c", "#ffffff"
# The ground and the frame of each look of a box, and how thick the frame is.
BOXES = {
    "stage": ("#eef3fb", "#1d4f91", 1.5),
    "over": ("#fff4d6", "#7a5200", 2.5),
    "hot": ("#fbe3e0", "#a11010", 4.0),
    "end": ("#f3f2f1", "#0b0c0c", 1.5),
}
# The colour, the thickness and the dashes of each look of a line.
LINES = {
    "onward": ("#0b0c0c", 2.0, ""),
    "back": ("#5c2d91", 1.5, "6 3"),
    "aside": ("#505a5f", 1.5, ""),
}
# What no XML document may hold, not even by its number.
_NO_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ASCENT = 11.0


def svg(picture: Picture, language: str = "en-GB") -> str:
    """Draw a route as SVG."""
    drawn = layout.drawing(picture)
    return "".join(f"{line}\n" for line in _document(picture, drawn, language))


def _document(picture: Picture, drawn: Drawing, language: str) -> Iterator[str]:
    wide, high = _n(drawn.width), _n(drawn.height)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" aria-labelledby="title desc" '
        f"lang={_attribute(language)} xml:lang={_attribute(language)} "
        f'font-family="Arial, Helvetica, Liberation Sans, sans-serif" font-size="{_n(SIZE)}">'
    )
    yield f'<title id="title">{_text(wording.title(picture.route))}</title>'
    yield f'<desc id="desc">{_text(" ".join(description(picture)))}</desc>'
    yield f'<rect width="{wide}" height="{high}" fill="{PAPER}"/>'
    yield from map(_line, drawn.lines)
    yield from (_dot(point) for point in drawn.dots)
    yield from (_gate(point) for point in drawn.gates)
    for box in drawn.boxes:
        yield from _box(box)
    for words in drawn.words:
        yield from _words(words)
    yield "</svg>"


def description(picture: Picture) -> Iterator[str]:
    """Tell in sentences what is drawn, for whoever has it read aloud."""
    route = picture.route
    if picture.counted:
        yield _sentence(picture.counted)
    yield f"The main path: {', then '.join(stage.label for stage in picture.main)}."
    ends = (stage.label for stage in route.stages.values() if stage.end)
    yield f"A case ends as {any_of(ends)}."
    for stage in picture.rows:
        yield _sentence(f"{stage.label}: {wording.box(route, stage)}")
        standing = picture.at(stage.id)
        if standing is not None:
            yield _sentence(", ".join(part for part in (standing.count, standing.ages) if part))
    for arrow in picture.arrows:
        told = ". ".join(wording.step_lines(route, arrow.steps))
        where = f"From {wording.labels(route, arrow.origins)} to {route.stages[arrow.to].label}"
        yield _sentence(f"{where}: {told}")
    for step in picture.everywhere:
        told = ". ".join(wording.step_lines(route, [step]))
        to = route.stages[step.to or ""].label
        yield _sentence(f"From every open stage to {to}: {told}")
    yield from (n for n in notes.notes(picture) if not n.startswith("From every"))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _box(box: Box) -> Iterator[str]:
    ground, frame, thick = BOXES[box.look]
    corner = min(18, box.height / 2) if box.look == "end" else 3
    yield (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
        f'rx="{_n(corner)}" fill="{ground}" stroke="{frame}" stroke-width="{_n(thick)}"/>'
    )
    for words in box.words:
        yield from _words(words)


def _words(words: Words) -> Iterator[str]:
    for number, line in enumerate(words.lines):
        bold = ' font-weight="bold"' if number < words.bold else ""
        y = words.y + number * LINE + _ASCENT
        yield f'<text x="{_n(words.x)}" y="{_n(y)}" fill="{INK}"{bold}>{_text(line)}</text>'


def _line(line: Line) -> str:
    colour, thick, dashes = LINES[line.look]
    points = _without_repeats(line.points)
    path = "M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    drawn = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{_n(thick)}"{dashed}/>'
    return drawn + (_point(points[-2], points[-1], colour) if line.arrow else "")


def _without_repeats(points: tuple[Point, ...]) -> list[Point]:
    return [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]


def _point(before: Point, tip: Point, colour: str) -> str:
    """Draw the point of an arrow; lines run only across and down."""
    (x, y), (a, b) = tip, before
    if x == a:
        back = y - 9 if y > b else y + 9
        corners = ((x, y), (x - 4.5, back), (x + 4.5, back))
    else:
        back = x - 9 if x > a else x + 9
        corners = ((x, y), (back, y - 4.5), (back, y + 4.5))
    path = " ".join(f"{_n(p)},{_n(q)}" for p, q in corners)
    return f'<polygon points="{path}" fill="{colour}"/>'


def _dot(point: Point) -> str:
    return f'<circle cx="{_n(point[0])}" cy="{_n(point[1])}" r="3" fill="{LINES["aside"][0]}"/>'


def _gate(point: Point) -> str:
    x, y = point
    path = " ".join(f"{_n(x + a)},{_n(y + b)}" for a, b in ((0, -7), (7, 0), (0, 7), (-7, 0)))
    return f'<polygon points="{path}" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", " ".join(text.split())))


def _attribute(text: str) -> str:
    return quoteattr(_text(text))
