"""A route as plain text that reads from top to bottom, for a terminal of 80 columns.

Only letters that every terminal has are used for the lines, and each stage has its number, so that
a way back can say where it leads.
"""

from collections.abc import Iterator

from assetflow.diagrams import beyond, notes, wording
from assetflow.diagrams.picture import Picture
from assetflow.diagrams.rows import Row, broken
from assetflow.diagrams.standing import Heat
from assetflow.workflow import Stage, Transition


def text(picture: Picture) -> str:
    """Write a route as plain text."""
    return "".join(f"{row.text}\n" for row in rows(picture))


def rows(picture: Picture) -> Iterator[Row]:
    """Give the lines one by one."""
    yield from broken(wording.title(picture.route), title=True)
    if picture.counted:
        yield from broken(picture.counted)
    yield Row("")
    numbers = {stage.id: number for number, stage in enumerate(picture.rows, start=1)}
    for stage in picture.rows:
        yield from _stage(picture, stage, numbers)
    if picture.last is not None:
        yield from broken(picture.last.label, "END  ", "     ", title=True)
    for end in picture.other_ends:
        yield from broken(end.label, "END  ", "     ", title=True)
        yield from _into(picture, end, numbers)
    yield Row("")
    yield from _foot(picture)


def _stage(picture: Picture, stage: Stage, numbers: dict[str, int]) -> Iterator[Row]:
    standing, route = picture.at(stage.id), picture.route
    look: Heat = standing.heat if standing else ""
    mark = f" {standing.mark.rstrip(':')}" if standing and standing.mark else ""
    on = stage.id in picture.following
    bar, number = "  |  " if on else "     ", f"{numbers[stage.id]:>3}  "
    yield from broken(f"{stage.label}{mark}", number, bar, look=look, title=True)
    yield from broken(wording.box(route, stage), bar)
    if standing is not None:
        figures = "; ".join(part for part in (standing.count, standing.ages) if part)
        yield from broken(figures, bar, look=look)
    yield from _branches(picture, stage, bar, numbers)
    arrow = picture.onward(stage.id)
    if arrow is None:
        yield Row("  v" if on else "")
        return
    yield Row("  |")
    for place, step in enumerate(arrow.steps):
        yield from _step(picture, step, f"{bar}{'or: ' if place else ''}", f"{bar}  ")
    yield Row("  v")


def _branches(picture: Picture, stage: Stage, bar: str, numbers: dict[str, int]) -> Iterator[Row]:
    for arrow in picture.arrows:
        if arrow.kind == "onward" or stage.id not in arrow.origins:
            continue
        to = picture.route.stages[arrow.to]
        goal = f"END {to.label}" if to.end else f"{numbers[to.id]} {to.label}"
        sign = "<--" if arrow.kind == "back" else "-->"
        for step in arrow.steps:
            told = f"{step.label} ({step.trigger})"
            yield from broken(f"{sign} {goal}: {told}", bar, f"{bar}    ")
            yield from _signers(picture, step, f"{bar}    ")
    for stay in picture.stays:
        if stage.id in stay.stages and len(stay.stages) < len(picture.rows):
            anew = ", and the stage begins anew" if stay.anew else ""
            told = f"(o) {stay.step.label} ({stay.step.trigger}){anew}"
            yield from broken(told, bar, f"{bar}    ")
            yield from _signers(picture, stay.step, f"{bar}    ")


def _step(picture: Picture, step: Transition, first: str, then: str) -> Iterator[Row]:
    yield from broken(f"{step.label} ({step.trigger})", first, then)
    yield from _signers(picture, step, then)


def _signers(picture: Picture, step: Transition, indent: str) -> Iterator[Row]:
    if step.signoffs:
        told = f"Sign-offs: {wording.signoffs(picture.route, step)}"
        yield from broken(told, indent, f"{indent}  ")


def _into(picture: Picture, end: Stage, numbers: dict[str, int]) -> Iterator[Row]:
    """Say from where an end is reached, for whoever reads from the end."""
    for arrow in picture.arrows:
        if arrow.to == end.id:
            origins = ", ".join(
                f"{numbers[o]} {picture.route.stages[o].label}" for o in arrow.origins
            )
            for step in arrow.steps:
                yield from broken(f"{step.label}, from {origins}", "     ", "       ")
    for step in picture.everywhere:
        if step.to == end.id:
            told = f"from every open stage: {step.label} ({step.trigger})"
            yield from broken(told, "     ", "       ")
            yield from _signers(picture, step, "       ")


def _foot(picture: Picture) -> Iterator[Row]:
    if any(len(stay.stages) < len(picture.rows) for stay in picture.stays):
        yield Row("(o) leaves the case in its stage")
    for stay in picture.stays:
        if len(stay.stages) == len(picture.rows):
            told = f"In every open stage: {stay.step.label} ({stay.step.trigger})"
            yield from broken(told, "", "  ")
    for step in picture.everywhere:
        to = picture.route.stages[step.to or ""]
        if not to.end or to is picture.last:
            told = f"From every open stage to {to.label}: {step.label} ({step.trigger})"
            yield from broken(told, "", "  ")
    for told in beyond.remarks(picture.route):
        yield from broken(told, "", "  ")
    if picture.standing is not None:
        yield from broken(notes.LEGEND, "", "  ")
    for remark in picture.remarks:
        yield from broken(remark, "", "  ")
