"""Requirements of a transition: known guards, with parameters that they can work with."""

from collections.abc import Collection, Iterator, Mapping

from assetflow import guards
from assetflow.leases.papers import POINTS
from assetflow.soundness.finding import Finding, Surroundings, Where, nearest, unknown
from assetflow.soundness.letters import letter_uses
from assetflow.workflow import GuardUse, Workflow

_TYPE_WANTED = {
    "fact_is_yes": "yes_no",
    "library_entry_cited": "library",
    "fact_is": "choice",
    **dict.fromkeys(("date_ahead", "ahead_by", "within_after", "waited_since"), "date"),
    **dict.fromkeys(("after_fact", "until_fact", "dates_in_order"), "date"),
}


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List the guards that are none, and the parameters that do not fit."""
    sent = {letter for _, letter in letter_uses(workflow)}
    for trigger, transition in workflow.transitions.items():
        for number, use in enumerate(transition.requires):
            path: Where = ("transitions", trigger, "requires", number)
            if use.guard not in guards.REGISTRY:
                yield unknown(path, "guard", use.guard, guards.REGISTRY)
                continue
            takes = ", ".join(guards.parameters(use.guard)) or "no parameter"
            for name, message in guards.check_parameters(use.guard, use.parameters):
                place = (*path, use.guard, name)
                yield Finding(place, "bad-parameter", message, f"{use.guard} takes: {takes}")
            yield from _references(workflow, (*path, use.guard), use)
            yield from _letter_named((*path, use.guard, "letter"), use, sent)


def _references(workflow: Workflow, path: Where, use: GuardUse) -> Iterator[Finding]:
    for place, fact in facts_named(use.parameters):
        if fact not in workflow.facts:
            yield unknown((*path, *place), "fact", fact, workflow.facts)
        else:
            yield from _type_fits(workflow, (*path, *place), use.guard, fact)
    yield from _choice(workflow, path, use)
    clock = use.parameters.get("clock")
    if isinstance(clock, str) and clock not in workflow.clocks:
        yield unknown((*path, "clock"), "clock", clock, workflow.clocks)
    paper = use.parameters.get("paper")
    if isinstance(paper, str) and paper not in workflow.papers:
        yield unknown((*path, "paper"), "paper", paper, workflow.papers)
    for number, name in enumerate(use.parameters.get("only") or ()):
        if isinstance(name, str) and name not in POINTS:
            yield unknown((*path, "only", number), "particular", name, POINTS)
    holder = use.parameters.get("holder")
    if isinstance(holder, str) and holder not in guards.HOLDERS:
        yield unknown((*path, "holder"), "holder", holder, guards.HOLDERS)


def _choice(workflow: Workflow, path: Where, use: GuardUse) -> Iterator[Finding]:
    declared = workflow.facts.get(str(use.parameters.get("fact")))
    value = use.parameters.get("value")
    if declared is None or not declared.choices or not isinstance(value, str):
        return
    if value not in declared.choices:
        yield unknown((*path, "value"), "choice", value, declared.choices)


def _letter_named(path: Where, use: GuardUse, sent: Collection[str]) -> Iterator[Finding]:
    letter = use.parameters.get("letter")
    if isinstance(letter, str) and letter not in sent:
        message = f"no transition of this route sends the letter {letter}"
        hint = nearest(letter, sent) if sent else f"write letters: [{letter}] where it is sent"
        yield Finding(path, "letter-never-sent", message, hint)


def facts_named(given: Mapping[str, object]) -> Iterator[tuple[Where, str]]:
    """Give the facts that the parameters of a guard name, each with its place in them."""
    for key in ("facts", "needs"):
        named = given.get(key)
        for number, each in enumerate(named if isinstance(named, list) else []):
            if isinstance(each, str):
                yield (key, number), each
    for key in ("fact", "limit", "where"):
        fact = given.get(key)
        if isinstance(fact, str):
            yield (key,), fact


def _type_fits(workflow: Workflow, path: Where, guard: str, fact: str) -> Iterator[Finding]:
    wanted, declared = _TYPE_WANTED.get(guard), workflow.facts[fact].type
    if wanted is not None and declared != wanted:
        yield Finding(
            path,
            "wrong-fact-type",
            f"{guard} needs a fact of type {wanted}; {fact} is {declared}",
            f"declare {fact} with type: {wanted}, or name another fact",
        )
