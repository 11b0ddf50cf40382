"""Where everything of a route stands: the main path as a spine, side ways in channels beside it.

Every open stage has a row of its own and every row a gap below it. A way that is not the step
onward leaves its stage sideways, runs in a channel (a column of its own) and comes back sideways,
or from above into an end at the bottom. So sideways lines run in rows alone, and words stand in
gaps alone: nothing can lie over words or boxes, whatever the route.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from assetflow.diagrams import contents, wording
from assetflow.diagrams.channels import Channel, columns
from assetflow.diagrams.lettering import width, wrap
from assetflow.diagrams.notes import notes
from assetflow.diagrams.picture import Arrow, Picture
from assetflow.diagrams.shapes import LINE, SIZE, Box, BoxLook, Drawing, Line, Look, Point, Words
from assetflow.workflow import Stage, Transition

MARGIN, PAD = 20.0, 7.0
# The widest a step's words and the words beside a channel may be.
STEP_ROOM, CHANNEL_ROOM = 600.0, 112.0
LEAST = 700.0
SPINE, INDENT, PORT, ARROW = 24.0, 60.0, 12.0, 14.0


def drawing(picture: Picture) -> Drawing:
    """Lay a route out."""
    return _Layout(picture).drawing()


class _Layout:
    def __init__(self, picture: Picture) -> None:
        self.picture, self.route = picture, picture.route
        self.row = {stage.id: number for number, stage in enumerate(picture.rows)}
        self.depth = len(picture.rows)
        self.left = columns(self._channels("back"))
        inner = [c for c in self._channels("aside") if not self._is_other_end(c.to)]
        self.inner = columns(inner)
        self.ends = {end.id: self._into(end) for end in picture.other_ends}

    # --- channels ---------------------------------------------------------------------------

    def _is_other_end(self, stage: str) -> bool:
        return any(stage == end.id for end in self.picture.other_ends)

    def _channels(self, kind: str) -> list[Channel]:
        return [self._channel(arrow) for arrow in self.picture.arrows if arrow.kind == kind]

    def _channel(self, arrow: Arrow) -> Channel:
        rows = [self.row.get(stage, self.depth) for stage in (*arrow.origins, arrow.to)]
        words = wording.step_lines(self.route, arrow.steps)
        return Channel(arrow, arrow.to, contents.wrapped(words, CHANNEL_ROOM), min(rows), max(rows))

    def _into(self, end: Stage) -> list[Channel]:
        found = [c for c in self._channels("aside") if c.to == end.id]
        steps = [step for step in self.picture.everywhere if step.to == end.id]
        if steps:
            lines = ["From every open stage:", *wording.step_lines(self.route, steps)]
            words = contents.wrapped(lines, CHANNEL_ROOM)
            found.append(Channel(None, end.id, words, self.depth - 1, self.depth))
        return found

    @cached_property
    def channels(self) -> list[Channel]:
        """All channels, from left to right."""
        left = [c for column in reversed(self.left) for c in column]
        inner = [c for column in self.inner for c in column]
        return [*left, *inner, *(c for found in self.ends.values() for c in found)]

    # --- across -----------------------------------------------------------------------------

    @cached_property
    def spine(self) -> float:
        """The left side of the boxes of the main path."""
        columns = sum(max(c.width for c in column) for column in self.left)
        return MARGIN + columns + (12 if self.left else 0)

    @cached_property
    def step_words(self) -> Mapping[int, tuple[str, ...]]:
        """What is said beside the arrow below a row."""
        found = {}
        for name, row in self.row.items():
            arrow = self.picture.onward(name)
            if arrow is not None:
                found[row] = contents.wrapped(
                    wording.step_lines(self.route, arrow.steps), STEP_ROOM
                )
        return found

    @cached_property
    def right(self) -> float:
        """Where the boxes and the words of the main path end."""
        lines = [line for words in self.step_words.values() for line in words]
        steps = max((width(line, SIZE) for line in lines), default=0) + SPINE + 10
        boxes = max(self._x(s) - self.spine + self.box_width for s in self.picture.rows)
        return self.spine + max(steps, boxes) + 18

    def _x(self, stage: Stage) -> float:
        return self.spine + (0 if stage in self.picture.main else INDENT)

    @cached_property
    def box_width(self) -> float:
        """The one width of all stages."""
        return self.name_width + (self.figures_width + 3 * PAD if self.figures_width else 2 * PAD)

    @cached_property
    def name_width(self) -> float:
        """How wide what is said of a stage itself is, at its widest."""
        stages = (*self.picture.rows, *([self.picture.last] if self.picture.last else []))
        return max(contents.widest(contents.box_lines(self.picture, stage)) for stage in stages)

    @cached_property
    def figures_width(self) -> float:
        """How wide the figures are, at their widest; 0 where there are none."""
        lines = [
            line for stage in self.picture.rows for line in contents.figures(self.picture, stage)
        ]
        return max((width(line, SIZE, bold=True) for line in lines), default=0)

    @cached_property
    def x_of(self) -> Mapping[int, float]:
        """Where each channel runs, by its identity."""
        found: dict[int, float] = {}
        x = MARGIN
        for column in reversed(self.left):
            found.update({id(channel): x for channel in column})
            x += max(channel.width for channel in column)
        x = self.right
        for column in self.inner:
            found.update({id(channel): x for channel in column})
            x += max(channel.width for channel in column)
        for name, x in self.end_x.items():
            at = x + ARROW
            for channel in self.ends[name]:
                found[id(channel)] = at
                at += channel.width
        return found

    @cached_property
    def end_x(self) -> Mapping[str, float]:
        """The left sides of the ends beside that of the main path."""
        x = self.right + sum(max(c.width for c in column) for column in self.inner)
        found = {}
        for name in self.ends:
            found[name] = x
            x += self._end_width(name) + 14
        return found

    def _end_width(self, name: str) -> float:
        channels = sum(channel.width for channel in self.ends[name]) + ARROW - 8
        words = contents.widest(contents.box_lines(self.picture, self.route.stages[name])) + 2 * PAD
        return max(channels, words)

    # --- down -------------------------------------------------------------------------------

    @cached_property
    def y_of(self) -> Sequence[float]:
        """The upper sides of the rows, the last of them that of the ends."""
        y = MARGIN + LINE * (len(self.head) + 1)
        found = []
        for row, stage in enumerate(self.picture.rows):
            found.append(y)
            y += self._height(stage) + self._gap(row)
        return [*found, y]

    def _height(self, stage: Stage) -> float:
        told = sum(len(part) for part in contents.box_lines(self.picture, stage))
        lines = max(told, len(contents.figures(self.picture, stage))) * LINE + 2 * PAD
        ports = max(len(self.ports(stage.id, left=side)) for side in (True, False))
        return max(lines, PORT * (ports + 1))

    def _gap(self, row: int) -> float:
        beside = [len(c.words) for c in self.channels if c.top == row]
        return max([len(self.step_words.get(row, ())), *beside, 1]) * LINE + ARROW + 4

    def ports(self, stage: str, *, left: bool) -> list[Channel]:
        """Give the channels that touch one side of a stage, from top to bottom.

        What runs furthest away leaves highest, so that lines that go down cross least.
        """
        found = [
            channel
            for channel in self.channels
            if channel.arrow is not None
            and (channel.arrow.kind == "back") == left
            and (
                stage in channel.arrow.origins or (stage == channel.to and not self._falls(channel))
            )
        ]
        return found if left else found[::-1]

    def _touches(self, channel: Channel, arrow: Arrow, stage: str) -> bool:
        return stage in arrow.origins or (stage == arrow.to and not self._falls(channel))

    def _falls(self, channel: Channel) -> bool:
        """Tell whether a channel ends from above, in an end at the bottom."""
        return self._is_other_end(channel.to)

    # --- the shapes ---------------------------------------------------------------------------

    def drawing(self) -> Drawing:
        boxes = [*self._stage_boxes(), *self._end_boxes()]
        self.boxes = {box.stage: box for box in boxes}
        words = [*self._step_labels(), *self._channel_labels()]
        lines, dots = self._onward_lines(), []
        for channel in self.channels:
            drawn, joined = self._channel_lines(channel)
            lines += drawn
            dots += joined
        sides = [b.x + b.width for b in boxes] + [w.x + w.width for w in words]
        right = max([*sides, self.right, LEAST])
        foot_y = max(box.y + box.height for box in boxes) + LINE
        head = Words(MARGIN, MARGIN, right - MARGIN, tuple(self.head), bold=1)
        foot = Words(MARGIN, foot_y, right - MARGIN, self._foot(right - MARGIN))
        bottom = foot.y + foot.height + MARGIN
        everything = (*words, head, foot)
        size = right + MARGIN, bottom
        gates = tuple(self._gates())
        return Drawing(*size, tuple(lines), tuple(dots), gates, tuple(boxes), everything)

    @cached_property
    def head(self) -> list[str]:
        """The title, and what the figures count where there are any."""
        room = max(self.right, LEAST) - MARGIN
        title = wrap(wording.title(self.route), room, SIZE, bold=True)
        return [*title, *wrap(self.picture.counted, room, SIZE)]

    def _foot(self, room: float) -> tuple[str, ...]:
        return contents.wrapped(list(notes(self.picture)), room)

    def _stage_boxes(self) -> Iterable[Box]:
        for stage, y in zip(self.picture.rows, self.y_of, strict=False):
            standing = self.picture.at(stage.id)
            look = standing.heat if standing else ""
            size = self.box_width, self._height(stage)
            yield self._box(stage, (self._x(stage), y), size, look or "stage")

    def _end_boxes(self) -> Iterable[Box]:
        y, last = self.y_of[-1], self.picture.last
        ends = [*([last] if last else []), *self.picture.other_ends]
        height = max([self._height(end) for end in ends], default=0)
        for end in ends:
            x = self.spine if end is last else self.end_x[end.id]
            wide = self.box_width if end is last else self._end_width(end.id)
            yield self._box(end, (x, y), (wide, height), "end")

    def _box(self, stage: Stage, at: Point, size: Point, look: BoxLook) -> Box:
        name, told = contents.box_lines(self.picture, stage)
        x, y, figures = at[0] + PAD, at[1] + PAD, tuple(contents.figures(self.picture, stage))
        wide = self.name_width if figures else size[0] - 2 * PAD
        words = [Words(x, y, wide, (*name, *told), bold=len(name))]
        if figures:
            loud = 1 if look in ("over", "hot") else 0
            words.append(Words(x + wide + PAD, y, self.figures_width, figures, bold=loud))
        return Box(stage.id, *at, *size, tuple(words), look)

    def _step_labels(self) -> Iterable[Words]:
        for row, words in self.step_words.items():
            yield contents.placed(self.spine + SPINE + 10, self._below(row), words)

    def _channel_labels(self) -> Iterable[Words]:
        for channel in self.channels:
            yield contents.placed(
                self.x_of[id(channel)] + 7, self._below(channel.top), channel.words
            )

    def _gates(self) -> Iterable[Point]:
        """Mark the arrows on which departments sign first."""
        for name, row in self.row.items():
            arrow = self.picture.onward(name)
            if arrow is not None and _signed(arrow.steps):
                yield self.spine + SPINE, self._below(row) + LINE / 2
        for channel in self.channels:
            if channel.arrow is not None and _signed(channel.arrow.steps):
                yield self.x_of[id(channel)], self._below(channel.top) + LINE / 2

    def _below(self, row: int) -> float:
        return self.y_of[row] + self._height(self.picture.rows[row]) + 4

    def _onward_lines(self) -> list[Line]:
        x = self.spine + SPINE
        pairs = [(self.boxes[a], self.boxes[b]) for a, b in self.picture.following.items()]
        return [Line(((x, a.y + a.height), (x, b.y)), "onward", arrow=True) for a, b in pairs]

    def _channel_lines(self, channel: Channel) -> tuple[list[Line], list[Point]]:
        x, top = self.x_of[id(channel)], self.y_of[-1]
        if channel.arrow is None:
            return [Line(((x, self._below(channel.top)), (x, top)), "aside", arrow=True)], []
        look: Look = "back" if channel.arrow.kind == "back" else "aside"
        doors = [self._door(stage, channel) for stage in channel.arrow.origins]
        goal = (x, top) if self._falls(channel) else self._door(channel.to, channel)
        far = max(doors, key=lambda door: abs(door[1] - goal[1]))
        lines = [Line((far, (x, far[1]), (x, goal[1]), goal), look, arrow=True)]
        others = [door for door in doors if door != far]
        lines += [Line((door, (x, door[1])), look) for door in others]
        beyond = [d for d in others if (d[1] - goal[1]) * (far[1] - goal[1]) < 0]
        lines += [Line(((x, d[1]), (x, goal[1])), look) for d in beyond]
        return lines, [(x, door[1]) for door in others]

    def _door(self, stage: str, channel: Channel) -> Point:
        """Give the point at which a channel touches a stage."""
        box, left = self.boxes[stage], channel.arrow is not None and channel.arrow.kind == "back"
        ports = self.ports(stage, left=left)
        step = box.height / (len(ports) + 1)
        y = box.y + step * (ports.index(channel) + 1)
        return (box.x if left else box.x + box.width, round(y, 1))


def _signed(steps: Iterable[Transition]) -> bool:
    return any(step.signoffs for step in steps)
