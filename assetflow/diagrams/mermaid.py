"""A route as a Mermaid flowchart, for pages that draw one: README files, wikis, merge requests.

Every identifier has a letter in front (``end`` alone ends a block in Mermaid), and every label
stands in quotes with whatever could mean something written as a numbered character.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from assetflow.diagrams import beyond, wording
from assetflow.diagrams.picture import Arrow, Picture
from assetflow.diagrams.svg import BOXES, INK
from assetflow.workflow import Stage, Transition

# What Mermaid, its Markdown or a browser could take for something else than a letter.
_MEANING = re.compile(r"""["#;&<>`\\*_~{}\[\]|%$@]|:(?=\S)""")
# At the start of a label it would begin a list or a heading.
_LIST = re.compile(r"^([0-9]+)([.)])|^([-+])")
_ARROWS = {"onward": "-->", "back": "-.->", "aside": "-.->"}
_ONE_LINE = re.compile(r"\s+")
_NOT_IN_A_TITLE = re.compile(r"[#;{}<>%\s]+")


def mermaid(picture: Picture) -> str:
    """Write a route as a Mermaid flowchart."""
    return "".join(f"{line}\n" for line in _lines(picture))


def page(picture: Picture) -> str:
    """Write a Markdown page that draws a route wherever Mermaid is drawn."""
    route = picture.route
    title = escape(wording.title(route))
    counted = f"{picture.counted}\n\n" if picture.counted else ""
    command = f"assetflow workflow diagram {route.name} --output FILE.md"
    made = f"Drawn from the route itself by `{command}`."
    told = "".join(f"- {escape(_ONE_LINE.sub(' ', one))}\n" for one in beyond.remarks(route))
    below = f"\n{told}" if told else ""
    return f"# {title}\n\n{made}\n\n{counted}```mermaid\n{mermaid(picture)}```\n{below}"


def _lines(picture: Picture) -> Iterator[str]:
    route = picture.route
    yield "flowchart TD"
    yield f"    accTitle: {_plain(wording.title(route))}"
    path = ", then ".join(stage.label for stage in picture.main)
    yield f"    accDescr: {_plain(f'The main path is {path}. {picture.counted}')}"
    for stage in route.stages.values():
        yield f"    {_id(stage.id)}{_node(picture, stage)}"
    yield from _from_anywhere(picture)
    for arrow in picture.arrows:
        for origin in arrow.origins:
            yield f"    {_id(origin)} {_ARROWS[arrow.kind]}{_label(picture, arrow)} {_id(arrow.to)}"
    yield from _looks(picture)


def _node(picture: Picture, stage: Stage) -> str:
    if stage.end:
        return f'(["{_br([f"End: {stage.label}"])}"])'
    lines = [stage.label, wording.box(picture.route, stage)]
    standing = picture.at(stage.id)
    if standing is not None:
        lines += [standing.count, *([standing.ages] if standing.ages else [])]
    stays = [stay.step for stay in picture.stays if stage.id in stay.stages]
    return f'["{_br([*lines, *(f"↻ {step.label}" for step in stays)])}"]'


def _label(picture: Picture, arrow: Arrow) -> str:
    return f'|"{_br(wording.step_lines(picture.route, arrow.steps))}"|'


def _from_anywhere(picture: Picture) -> Iterator[str]:
    if picture.everywhere:
        yield '    anywhere(["From every open stage"])'
    for step in picture.everywhere:
        told = _br(wording.step_lines(picture.route, [step]))
        yield f'    anywhere -.->|"{told}"| {_id(_to(step))}'


def _to(step: Transition) -> str:
    return step.to or ""


def _looks(picture: Picture) -> Iterator[str]:
    found: dict[str, list[str]] = {look: [] for look in BOXES}
    for stage in picture.route.stages.values():
        standing = picture.at(stage.id)
        heat = standing.heat if standing else ""
        found["end" if stage.end else heat or "stage"].append(_id(stage.id))
    for look, stages in found.items():
        if stages:
            ground, frame, thick = BOXES[look]
            style = f"fill:{ground},stroke:{frame},stroke-width:{thick:g}px,color:{INK}"
            yield f"    classDef {look}Look {style}"
            yield f"    class {','.join(stages)} {look}Look"


def _id(stage: str) -> str:
    return f"s_{stage}"


def _br(lines: Iterable[str]) -> str:
    return "<br/>".join(_quoted(" ".join(line.split())) for line in lines) or " "


def _quoted(text: str) -> str:
    listed = _LIST.sub(lambda m: f"{m[1] or ''}#{ord(m[2] or m[3])};", text)
    head = listed if listed != text else ""
    start = head.find(";") + 1 if head else 0
    rest = (head or text)[start:]
    return (head or text)[:start] + _MEANING.sub(_numbered, rest)


def _numbered(found: re.Match[str]) -> str:
    return "".join(f"#{ord(letter)};" for letter in found[0])


def _plain(text: str) -> str:
    """Give a text for a line on which no character can be written by its number."""
    return _NOT_IN_A_TITLE.sub(" ", text).strip()
