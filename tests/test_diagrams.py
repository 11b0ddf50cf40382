"""Routes drawn: nothing is missing, nothing lies over another, every format is well formed."""

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routes_made import NASTY, routes
from syrupy.assertion import SnapshotAssertion

from assetflow import data_files, definitions, guards
from assetflow.diagrams import data, layout, lettering, mermaid, requirements, svg, text, wording
from assetflow.diagrams.guide import guide
from assetflow.diagrams.picture import Picture
from assetflow.diagrams.shapes import SIZE, Box, Drawing, Line, Words
from assetflow.diagrams.standing import Standing
from assetflow.settings import SHIPPED, Settings
from assetflow.soundness import Surroundings
from assetflow.workflow import (
    Clock,
    ClockStart,
    Continuation,
    GuardUse,
    TellsParts,
    Transition,
    Workflow,
)

ROOT = Path(__file__).parents[1]
HERE = Settings(SHIPPED / "no-home", "")
ROUTES = [path.stem for path in definitions.available(HERE)]
OURS = "community_asset_transfer"
AROUND = definitions.surroundings(HERE, data_files.calendar(HERE))
HOT = Standing(7, 45, 130, "working days", 4)
LATE = Standing(12, 20.5, 60, "working days", 1)
CALM = Standing(1, 3, 3, "days", 0)


def load(name: str) -> Workflow:
    return definitions.load(definitions.find(HERE, name), AROUND)


def busy(route: Workflow) -> Picture:
    """The route with figures of every kind."""
    kinds = (HOT, LATE, CALM, Standing())
    found = {stage: kinds[n % len(kinds)] for n, stage in enumerate(route.open_stages)}
    return Picture(route, found, "As of 2 Mar 2026: 20 open cases.", ("2 stand elsewhere.",))


def labels_of(route: Workflow) -> list[str]:
    stages = [stage.label for stage in route.stages.values()]
    return [*stages, *(step.label for step in route.transitions.values())]


def squeezed(told: str) -> str:
    return "".join(told.split())


# --- for every route ----------------------------------------------------------------------------


@pytest.fixture(params=ROUTES)
def shipped(request: pytest.FixtureRequest) -> Workflow:
    return load(request.param)


def test_a_shipped_route_is_drawn_whole_in_every_format(shipped: Workflow) -> None:
    for picture in (Picture(shipped), busy(shipped)):
        check_text(picture)
        check_svg(picture)
        check_mermaid(mermaid.mermaid(picture), shipped)
        check_data(picture)


@given(routes(), st.booleans())
def test_any_route_is_drawn_whole_in_every_format(route: Workflow, live: bool) -> None:
    picture = busy(route) if live else Picture(route)
    check_text(picture)
    check_svg(picture)
    check_mermaid(mermaid.mermaid(picture), route)
    check_data(picture)
    check_drawing(layout.drawing(picture))


@given(routes())
def test_any_route_can_be_told(route: Workflow) -> None:
    told = squeezed("".join(row.text for row in guide(route, {"hello": frozenset()})))
    for stage in route.stages.values():
        assert squeezed(stage.label) in told
    for step in route.transitions.values():
        assert told.count(f"({step.trigger})") >= 1
        assert squeezed(step.label) in told


def check_text(picture: Picture) -> None:
    told = text.text(picture)
    assert told == text.text(Picture(picture.route, picture.standing, picture.counted,
                                     picture.remarks))  # fmt: skip
    assert all(len(line) <= 80 and line == line.rstrip() for line in told.splitlines())
    plain = squeezed(re.sub(r"^( {2}\| | {5})", "", told, flags=re.MULTILINE))
    for stage in picture.route.stages.values():
        assert squeezed(stage.label) in plain
    for step in picture.route.transitions.values():
        assert f"({step.trigger})" in plain
        assert squeezed(step.label) in plain


def check_svg(picture: Picture) -> None:
    drawn = svg.svg(picture)
    assert drawn == svg.svg(picture)
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    name = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert root.attrib["lang"] == "en-GB"
    named = [root.find(f"{name}{part}") for part in ("title", "desc")]
    assert [part.attrib["id"] for part in named if part is not None] == ["title", "desc"]
    assert root.attrib["aria-labelledby"] == "title desc"
    seen = squeezed("".join(line.text or "" for line in root.iter(f"{name}text")))
    aloud = squeezed("".join(named[1].itertext()) if named[1] is not None else "")
    for label in labels_of(picture.route):
        assert squeezed(label) in seen
        assert squeezed(label) in aloud
    assert seen.count("End:") >= sum(1 for s in picture.route.stages.values() if s.end)


def check_data(picture: Picture) -> None:
    told, route = data.data(picture), picture.route
    assert [node["stage"] for node in told["nodes"]] == list(route.stages)
    assert {edge["trigger"] for edge in told["edges"]} == set(route.transitions)
    assert {(e["from"], e["trigger"], e["to"]) for e in told["edges"]} == {
        (origin, step.trigger, step.to or origin)
        for step in route.transitions.values()
        for origin in route.leaves(step)
    }


# --- what a route says beyond its stages --------------------------------------------------------

CLOCKS = {
    "notice": Clock(
        "notice", "Decision notice", "statutory", ClockStart(fact="lease_signed_on"),
        within="6 months", extended_to="valid_until", stops=("terms_accepted_on", "rent"),
        stages=("decision",), to=("case_officer", "champion"), warn="20 working days",
        on_expiry="The body may ask for a review.", source="Act 2015, s.82", verified=True,
    ),
    "review": Clock(
        "review", "Review", "statutory", ClockStart(stage="legal"), within="20 working days",
        count="beginning_with",
    ),
    "paper": Clock(
        "paper", "Paper for the panel", "external", ClockStart(fact="reply_by"),
        before="29 calendar days", to=("case_officer",), source="proposal",
    ),
}  # fmt: skip


def going_together() -> Workflow:
    """The shipped route with clocks, parts and a case that goes on."""
    route = load(OURS)
    step = replace(
        route.transitions["accept"], dates=("lease_signed_on",),
        tells_parts=(TellsParts("open", ("received", "held")),),
        continues_as=Continuation("other_route", "legal_work", ("rent",)),
    )  # fmt: skip
    way = replace(route.facts["rent"], name="way", label="Way", type="choice",
                  choices=("sale", "lease"), fixed_in=("decision", "legal"))  # fmt: skip
    return replace(
        route, clocks=CLOCKS, ladder_counts="lateness", parts=("one_bid",), parts_in=("decision",),
        part_of=("a_programme",), facts={**route.facts, "way": way},
        transitions={**route.transitions, "accept": step},
        stages={**route.stages, "legal": replace(route.stages["legal"], claims_asset=True)},
    )  # fmt: skip


TOGETHER = """
A case is a part of a case of ‘a programme’.
Its parts are cases of ‘one bid’, opened at Decision.
Statutory clock: Decision notice.
Statutory clock: Review.
Meanwhile no other case may dispose of the asset.
Sets to its day: Date on which the lease was signed.
At once, on every part at ‘received’ or ‘held’: ‘open’.
Then a case of ‘other route’ goes on at ‘legal work’, taking over: \
Rent, for every year of the term.
Clocks: nothing happens by itself when one runs out
Decision notice (statutory, never moved): 6 months after Date on which the lease was signed, or Date until which the approval stands if later.
Stopped by: Date on which the group accepted the heads of terms or Rent, for every year of the term.
Told to the case officer and the champion the morning after, and 20 working days before it ends, while the case is at Decision.
When it has run out: The body may ask for a review.
Source: Act 2015, s.82 (verified).
Review (statutory, never moved): 20 working days beginning with the day the case came to Legal.
Source: no source given (not verified).
Paper for the panel (set by others, never moved): 29 calendar days before Date by which the group is asked to reply.
The ladder: what lateness calls for
Way (sale or lease; fixed at Decision and Legal)
"""  # noqa: E501 - one line a sentence


@pytest.mark.parametrize("sentence", TOGETHER.strip().splitlines())
def test_a_route_tells_its_clocks_and_the_routes_it_goes_with(sentence: str) -> None:
    told = " ".join(row.text.strip() for row in guide(going_together(), AROUND.letter_facts))
    assert told.count(sentence) == 1


def test_every_drawing_names_statutory_clocks_and_other_routes() -> None:
    route = going_together()
    picture = Picture(route)
    check_text(picture)
    check_svg(picture)
    check_mermaid(mermaid.mermaid(picture), route)
    check_drawing(layout.drawing(picture))
    for drawn in (text.text(picture), mermaid.page(picture), svg.svg(picture)):
        words = " ".join(re.sub(r"<[^>]+>|\n *\|? *", " ", drawn).split())
        assert words.count("statutory clock: Decision notice") >= 1
        assert "statutory clock: Review" in words
        assert "Statutory clock: Decision notice, 6 months after Date on which" in words
        assert "Its parts are cases of ‘one bid’" in words
        assert "at once, on every part at ‘received’ or ‘held’: ‘open’." in words
        assert "Paper for the panel" not in words


def test_the_data_of_a_route_has_its_clocks_and_other_routes() -> None:
    told = data.data(Picture(going_together()))
    assert [clock["clock"] for clock in told["clocks"]] == list(CLOCKS)
    assert told["clocks"][1]["runs"] == (
        "20 working days beginning with the day the case came to Legal"
    )
    assert (told["parts"], told["part_of"]) == (("one_bid",), ("a_programme",))
    (edge,) = (edge for edge in told["edges"] if edge["tells_parts"])
    assert edge["trigger"] == "accept"
    assert edge["continues_as"] == Continuation("other_route", "legal_work", ("rent",))


LATER: list[tuple[str, dict[str, object], str]] = [
    ("clock_expired", {"clock": "notice"},
     "The time is over, and it was not done: Decision notice"),
    ("clock_not_expired", {"clock": "review"}, "Still in time: Review"),
    ("within_after", {"fact": "rent", "at_most": "2 weeks"},
     "Not later than 2 weeks after: Rent, for every year of the term"),
    ("within_after", {"fact": "rent", "at_most": "2 weeks", "count": "beginning_with"},
     "Not later than 2 weeks beginning with: Rent, for every year of the term"),
    ("waited_since", {"fact": "reply_by", "at_least": "10 working days"},
     "10 working days have gone by since: Date by which the group is asked to reply"),
    ("together", {"fact": "undervalue", "needs": ["rent", "conditions"]},
     "Where it is on the file: Undervalue in pounds, so is: Rent, for every year of the term and "
     "Conditions of the approval"),
    ("fact_is", {"fact": "way", "value": "sale"}, "Recorded as sale: Way"),
    ("after_fact", {"fact": "reply_by"}, "Over by then: Date by which the group is asked to reply"),
    ("until_fact", {"fact": "reply_by"},
     "Not later than: Date by which the group is asked to reply"),
    ("facts_absent", {"facts": ["rent", "way"]},
     "Not on the file: Rent, for every year of the term and Way"),
    ("parent_in", {"stages": ["bids_in", "held"]},
     "The case that it is a part of stands at: ‘bids in’ or ‘held’"),
    ("parts_in", {"stages": ["held"]}, "At least 1 part stands at: ‘held’"),
    ("parts_in", {"stages": ["held"], "at_least": 2}, "At least 2 parts stand at: ‘held’"),
    ("no_part_in", {"stages": ["held"]}, "No part stands at: ‘held’"),
    ("no_claim_on_asset", {}, "No other case has a claim on the asset"),
    ("refused_before", {"within": "2 years"},
     "A case on the asset was refused within 2 years before"),
    ("scored", {"at_least": 1},
     "Scored on every criterion by at least 1 person who has no interest in it"),
    ("scored", {"at_least": 2},
     "Scored on every criterion by at least 2 people who have no interest in it"),
    ("moderated", {}, "The scorers have agreed on one score for every criterion"),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "given", "sentence"), LATER, ids=[row[2] for row in LATER])
def test_what_a_guard_requires_is_told_ahead(
    guard: str, given: dict[str, object], sentence: str
) -> None:
    assert requirements.told(going_together(), GuardUse(guard, given)) == [sentence]


# --- Mermaid ------------------------------------------------------------------------------------

# The part of Mermaid's flowchart that is written here, and no more.
LABEL = r'(?:[^"#;&<>`\\*_~{}\[\]|%$@:\n]|:(?=[ "<])|#\d{1,7};|<br/>)+'
NODE = rf'(?P<id>s_[a-z][a-z0-9_]*|anywhere)(?:\["{LABEL}"\]|\(\["{LABEL}"\]\))'
EDGE = rf'(?P<from>s_\w+|anywhere) (?:-->|-\.->)\|"{LABEL}"\| (?P<to>s_\w+)'
LOOK = r"classDef (?P<look>\w+Look) fill:#\w{6},stroke:#\w{6},stroke-width:[\d.]+px,color:#\w{6}"
CLASS = r"class (?P<members>s_\w+(?:,s_\w+)*) (?P<used>\w+Look)"
LINE = re.compile(rf"    (?:{NODE}|{EDGE}|{LOOK}|{CLASS})")
TITLE = re.compile(r"    acc(?:Title|Descr): [^#;{}\n]+")


def check_mermaid(drawn: str, route: Workflow) -> None:
    head, title, description, *lines = drawn.splitlines()
    assert head == "flowchart TD"
    assert TITLE.fullmatch(title)
    assert TITLE.fullmatch(description)
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), [line for line, ok in zip(lines, found, strict=True) if not ok]
    parts = [match.groupdict() for match in found if match]
    nodes = [part["id"] for part in parts if part["id"]]
    assert len(nodes) == len(set(nodes))
    assert set(nodes) - {"anywhere"} == {f"s_{stage}" for stage in route.stages}
    ends = [part[side] for part in parts for side in ("from", "to") if part["from"]]
    members = [m for part in parts if part["members"] for m in part["members"].split(",")]
    assert {*ends, *members} <= set(nodes)
    looks = {part["look"] for part in parts if part["look"]}
    assert {part["used"] for part in parts if part["used"]} == looks
    seen = squeezed(re.sub(r"#(\d+);", lambda m: chr(int(m[1])), drawn.replace("<br/>", "")))
    for label in labels_of(route):
        assert squeezed(label) in seen


@pytest.mark.parametrize(
    "wrong",
    ['    end["A stage"]', '    s_a["A "quoted" stage"]', '    s_a["one; two"]', "    s_a[A]",
     '    s_a["<b>A</b>"]', '    s_a -->|"x"| end', '    s_a["fa:fa-car"]', '    s_a["#x;"]',
     '    s_a["%%{init}%%"]', '    s_a[""]'],
)  # fmt: skip
def test_the_grammar_of_mermaid_is_strict(wrong: str) -> None:
    assert LINE.fullmatch(wrong) is None


def test_what_would_be_a_list_is_a_label_in_mermaid() -> None:
    route = load(OURS)
    stage = replace(route.stages["legal"], label="1. Legal")
    drawn = mermaid.mermaid(Picture(replace(route, stages={**route.stages, "legal": stage})))
    assert '["1#46; Legal<br/>' in drawn


def test_the_page_of_a_route_in_the_documents_is_up_to_date(shipped: Workflow) -> None:
    """Mend it with: assetflow workflow diagram NAME --output docs/routes/NAME.md."""
    page = ROOT / "docs" / "routes" / f"{shipped.name}.md"
    assert page.read_text(encoding="utf-8") == mermaid.page(Picture(shipped))


# --- places -------------------------------------------------------------------------------------

Side = tuple[float, float, float, float]


def side(shape: Box | Words) -> Side:
    return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height


def meet(one: Side, other: Side, slack: float = 0.01) -> bool:
    across = one[0] < other[2] - slack and other[0] < one[2] - slack
    return across and one[1] < other[3] - slack and other[1] < one[3] - slack


def strokes(line: Line) -> list[Side]:
    return [
        (min(a, c), min(b, d), max(a, c) + 0.02, max(b, d) + 0.02)
        for (a, b), (c, d) in zip(line.points, line.points[1:], strict=False)
    ]


def check_drawing(drawn: Drawing) -> None:
    """Boxes and words lie apart, words lie inside their box, and no line runs over either."""
    boxes, words = [side(box) for box in drawn.boxes], [side(one) for one in drawn.words]
    for one, other in combinations([*boxes, *words], 2):
        assert not meet(one, other), (one, other)
    for box in drawn.boxes:
        for inner in box.words:
            assert box.x <= inner.x <= inner.x + inner.width <= box.x + box.width
            assert box.y <= inner.y <= inner.y + inner.height <= box.y + box.height
        for left, right in combinations(map(side, box.words), 2):
            assert not meet(left, right)
    for part in [*drawn.words, *(inner for box in drawn.boxes for inner in box.words)]:
        for number, told in enumerate(part.lines):
            wide = lettering.width(told, SIZE, bold=number < part.bold)
            assert wide <= part.width + 0.01, told
            assert part.x + wide <= drawn.width
    for line in drawn.lines:
        for stroke in strokes(line):
            assert not [box for box in boxes if meet(stroke, box, 0.03)], line
            assert not [one for one in words if meet(stroke, one, 0.03)], line
            assert all(b - a < 0.03 or d - c < 0.03 for a, c, b, d in [stroke])


def test_nothing_lies_over_anything_else_in_a_shipped_route(shipped: Workflow) -> None:
    check_drawing(layout.drawing(Picture(shipped)))
    check_drawing(layout.drawing(busy(shipped)))


def test_two_ways_share_no_stroke_where_one_could_be_taken_for_the_other() -> None:
    drawn = layout.drawing(Picture(load(OURS)))
    flat = [(s, n) for n, line in enumerate(drawn.lines) for s in strokes(line)]
    doors = [(s[1], s[0]) for s, _ in flat if s[3] - s[1] < 0.03]
    assert len(doors) == len(set(doors))


def test_every_arrow_begins_and_ends_at_a_stage() -> None:
    drawn = layout.drawing(Picture(load(OURS)))
    edges = [side(box) for box in drawn.boxes]
    for line in (each for each in drawn.lines if each.arrow):
        x, y = line.points[-1]
        assert any(
            (abs(y - top) < 0.1 and left <= x <= right)
            or ((abs(x - left) < 0.1 or abs(x - right) < 0.1) and top <= y <= bottom)
            for left, top, right, bottom in edges
        ), line


def test_a_route_of_ten_stages_can_be_read_on_a_page_of_a4_across() -> None:
    """Printed with margins of 1 cm its letters are 7 points high, rounded.

    The leasehold route has outgrown that page: it wants A3 or larger.
    """
    short = load("fast_track")
    for picture in (Picture(short), busy(short)):
        drawn = layout.drawing(picture)
        scale = min(277 / drawn.width, 190 / drawn.height)
        assert round(SIZE * scale / 25.4 * 72) >= 7


# --- reading without colour ---------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_and_lines_stand_out_from_their_ground() -> None:
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for lines."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for ground, frame, _ in svg.BOXES.values():
        assert contrast(svg.INK, ground) >= 4.5
        assert contrast(frame, svg.PAPER) >= 3
    assert all(contrast(colour, svg.PAPER) >= 4.5 for colour, _, _ in svg.LINES.values())


def test_a_hot_stage_says_so_in_words_wherever_it_is_drawn() -> None:
    picture = Picture(load(OURS), {"legal": HOT, "decision": LATE, "benchmarking": CALM})
    for drawn in (text.text(picture), mermaid.mermaid(picture), svg.svg(picture)):
        assert "!! HOT" in drawn
        assert "4 of 7 open over target" in drawn
        assert "median 45, oldest 130 working days" in drawn
        assert "! 1 of 12 open over target" in drawn
        assert "median 20.5, oldest 60 working days" in drawn
        assert drawn.count("no open case") >= 5
    look = {box.stage: box.look for box in layout.drawing(picture).boxes}
    assert (look["legal"], look["decision"], look["benchmarking"]) == ("hot", "over", "stage")
    assert (look["completed"], look["refused"]) == ("end", "end")
    assert "class s_legal hotLook" in mermaid.mermaid(picture)
    assert "class s_decision overLook" in mermaid.mermaid(picture)
    rows = {row.text: row.look for row in text.rows(picture)}
    (legal,) = [said for said in rows if said.endswith("  Legal !! HOT")]
    assert rows[legal] == "hot"


@pytest.mark.parametrize(
    ("standing", "heat", "ages"),
    [
        (Standing(), "", ""),
        (Standing(1, 1, 1, "working days", 0), "", "1 working day"),
        (Standing(1, 2, 2, "days", 1), "hot", "2 days"),
        (Standing(2, 1.5, 2, "days", 1), "hot", "median 1.5, oldest 2 days"),
        (Standing(3, 2, 9, "days", 1), "over", "median 2, oldest 9 days"),
    ],
)
def test_heat_begins_where_half_of_the_cases_are_over(
    standing: Standing, heat: str, ages: str
) -> None:
    assert standing.heat == heat
    assert standing.ages == ages
    assert bool(standing.mark) == bool(heat)


# --- words --------------------------------------------------------------------------------------


def test_the_shipped_route_as_text(snapshot: SnapshotAssertion) -> None:
    assert text.text(Picture(load(OURS))) == snapshot


def test_the_shipped_route_with_figures_as_text(snapshot: SnapshotAssertion) -> None:
    assert text.text(busy(load(OURS))) == snapshot


def test_the_shipped_route_as_an_officer_tells_it(snapshot: SnapshotAssertion) -> None:
    route = load(OURS)
    told = "\n".join(row.text for row in guide(route, AROUND.letter_facts))
    assert told == snapshot
    for trigger in route.transitions:
        assert told.count(f"({trigger})") == 1, "each step is told once"


def test_the_shipped_route_as_mermaid(snapshot: SnapshotAssertion) -> None:
    assert mermaid.mermaid(Picture(load(OURS))) == snapshot


def test_every_guard_is_told_in_a_sentence_of_its_own() -> None:
    assert set(requirements.SAYS) == set(guards.REGISTRY)


def test_a_guard_without_a_sentence_is_told_by_its_description(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requirements, "SAYS", {})
    told = requirements.told(load(OURS), GuardUse("waited", {"at_least": "5 weeks"}))
    assert told == [
        "The case has been waiting on the same holder for at least a duration (at_least: 5 weeks)"
    ]


def test_what_the_letters_of_a_step_need_is_told_with_it() -> None:
    route = load(OURS)
    offer = route.transitions["offer_terms"]
    needed = AROUND.letter_facts["heads_of_terms"]
    told = " ".join(requirements.of_letters(route, offer, AROUND.letter_facts))
    assert needed
    assert all(route.facts[name].label in told for name in needed if name in route.facts)


def test_signoffs_are_told_in_their_order_with_the_time_they_have() -> None:
    accept = load(OURS).transitions["accept"]
    assert wording.signoffs(load(OURS), accept) == (
        "1. Service that holds the asset (5 working days); "
        "2. Legal, Ward councillors (asked): 10 working days each"
    )


# --- odd routes ---------------------------------------------------------------------------------


def test_a_side_stage_stands_below_the_stage_that_leads_to_it() -> None:
    route = load(OURS)
    more = replace(route.stages["legal"], id="appeal", label="Appeal")
    there = Transition("appeal", "Appeal against it", ("decision",), ("champion",), to="appeal")
    back = Transition("decide", "Decide again", ("appeal",), ("champion",), to="decision")
    wider = replace(
        route,
        stages={**route.stages, "appeal": more},
        transitions={**route.transitions, "appeal": there, "decide": back},
    )
    picture = Picture(wider)
    names = [stage.id for stage in picture.rows]
    assert names.index("appeal") == names.index("decision") + 1
    assert "appeal" not in [stage.id for stage in picture.main]
    check_drawing(layout.drawing(picture))
    check_svg(picture)
    boxes = {box.stage: box for box in layout.drawing(picture).boxes}
    assert boxes["appeal"].x > boxes["decision"].x


@given(st.text(max_size=200))
def test_what_no_xml_may_hold_is_left_out(label: str) -> None:
    route = load(OURS)
    stage = replace(route.stages["legal"], label=label)
    ET.fromstring(svg.svg(Picture(replace(route, stages={**route.stages, "legal": stage}))))  # noqa: S314


@given(st.sampled_from(NASTY), st.floats(20, 500))
def test_no_line_is_wider_than_its_room(told: str, room: float) -> None:
    lines = lettering.wrap(told, room, SIZE)
    assert squeezed("".join(lines)) == squeezed(told)
    widest = max(lettering.width(letter, SIZE) for letter in told)
    assert all(lettering.width(line, SIZE) <= max(room, widest) for line in lines)


@pytest.mark.parametrize("label", ["W" * 200_000, "a " * 100_000, "x-" * 100_000])
def test_a_label_made_to_be_slow_is_drawn_at_once(label: str) -> None:
    """A file may be 256 KB long; broken anew for every look at it, a label took 20 seconds."""
    route = load(OURS)
    stage = replace(route.stages["legal"], label=label)
    picture = Picture(replace(route, stages={**route.stages, "legal": stage}))
    started = monotonic()
    assert squeezed(label) in squeezed(svg.svg(picture))
    assert squeezed(label) in squeezed(mermaid.mermaid(picture))
    assert len(text.text(picture)) > len(label) / 2
    assert monotonic() - started < 10


def test_surroundings_are_those_of_the_shipped_letters() -> None:
    assert isinstance(AROUND, Surroundings)
    assert "heads_of_terms" in AROUND.letter_facts
