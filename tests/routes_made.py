"""Routes that nobody would write, for tests that must hold for any."""

from hypothesis import strategies as st

from assetflow.workflow import (
    Clock,
    ClockStart,
    Continuation,
    Named,
    SignoffRule,
    Stage,
    TellsParts,
    Transition,
    Workflow,
)

# Words that mean something in Mermaid, XML, Markdown or a shell, and letters of every width.
NASTY = (
    "end", "graph", "subgraph", "style a:#fff;", "1. First", "2) Second", "- dash", "+ plus",
    '"quoted"', "it's", "a & b", "<b>x</b>", "#35;", "; done", "`code`", "**bold** _it_", "$$x$$",
    "%%{init: {}}%%", "fa:fa-car", "a|b", "[c]", "{d}", "(e)", "x --> y", "http://a.b/c@d", "\\",
    "日本語のとても長い名前", "é\u0301", "👩\u200d🚒", "W" * 70, "non\u00a0breaking",
    "%% comment", "&amp;",
)  # fmt: skip
IDS = ("end", "graph", "style", "a", "b_2", "default", "class", "click", "o", "x", "call", "href")
DEPARTMENTS = ("legal", "property")
ROLES = ("case_officer", "champion", "clerk")
TARGETS = (None, "1 working days", "3 months", "20 working days")

PLAIN = ("Ask", "the group", "for more", "information")
some_few = st.integers(0, 2)
others = st.sampled_from(((), ("other_one",), ("other_one", "third_one")))
label = st.lists(st.sampled_from((*NASTY, *PLAIN)), min_size=1, max_size=6).map(" ".join)


@st.composite
def routes(draw: st.DrawFn) -> Workflow:
    """Make a route whose names all exist, whether or not it is a sensible one."""
    names = draw(st.lists(st.sampled_from(IDS), min_size=2, max_size=9, unique=True))
    ends = names[: draw(st.integers(1, min(4, len(names) - 1)))]
    stages = {name: _stage(draw, name, end=name in ends) for name in names[::-1]}
    opened = [name for name in stages if not stages[name].end]
    steps = {}
    for number in range(draw(st.integers(1, 12))):
        trigger = f"step_{number}"
        steps[trigger] = _step(draw, trigger, opened, list(stages))
    return Workflow(
        name="made", label=draw(label), version=1, reference_prefix="M", initial=opened[0],
        stall_limit="24 months", review_within="20 working days", stages=stages,
        transitions=steps, departments={d: Named(d, draw(label)) for d in DEPARTMENTS},
        roles={"clerk": Named("clerk", "a clerk")}, rights={},
        clocks={name: _clock(draw, name, opened) for name in ("one", "other")[: draw(some_few)]},
        parts=draw(others), parts_in=tuple(opened[:1]), part_of=draw(others),
    )  # fmt: skip


def _clock(draw: st.DrawFn, name: str, opened: list[str]) -> Clock:
    by_stage = draw(st.booleans())
    return Clock(
        name, draw(label), draw(st.sampled_from(("statutory", "target", "external"))),
        ClockStart(stage=opened[0]) if by_stage else ClockStart(fact="received_on"),
        within="20 working days", stages=tuple(draw(st.lists(st.sampled_from(opened), max_size=2))),
        stops=("answered_on",), to=("clerk",), on_expiry=draw(label), source=draw(label),
    )  # fmt: skip


def _stage(draw: st.DrawFn, name: str, *, end: bool) -> Stage:
    if end:
        return Stage(name, draw(label), end=name)
    return Stage(
        name,
        draw(label),
        waiting_on=draw(st.sampled_from(("council", "group", "third_party"))),
        department=draw(st.sampled_from((None, *DEPARTMENTS))),
        target=draw(st.sampled_from(TARGETS)),
    )


def _step(draw: st.DrawFn, trigger: str, opened: list[str], every: list[str]) -> Transition:
    some = st.lists(st.sampled_from(opened), min_size=1, max_size=len(opened), unique=True)
    origins = draw(st.one_of(st.just(["*"]), some, some))
    rules = [SignoffRule(d, "Is it so?", "5 working days", order=draw(st.integers(1, 2)),
                         mode=draw(st.sampled_from(("required", "consultee"))))
             for d in draw(st.lists(st.sampled_from(DEPARTMENTS), unique=True))]  # fmt: skip
    return Transition(
        trigger, draw(label), tuple(origins), who=(draw(st.sampled_from(ROLES)),),
        to=draw(st.sampled_from((None, *every))), signoffs=tuple(rules),
        letters=draw(st.sampled_from(((), ("hello",), ("hello", "goodbye")))),
        tells_parts=draw(st.sampled_from(((), (TellsParts("open_it", ("received",)),)))),
        continues_as=draw(st.sampled_from((None, Continuation("other_one", "begun", ("why",))))),
    )  # fmt: skip
