"""Lease papers of a route: each held against earlier ones, and the facts it puts on the file."""

from collections.abc import Iterator

from assetflow.leases.particulars import FIELDS
from assetflow.leases.telling import GIVES
from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import Paper, Workflow

# What a particular can be put on the file as, where it is no text.
_TYPES = {"term_years": ("integer", "text"), "undervalue": ("money", "text"),
          "last_day": ("date", "text")}  # fmt: skip
_MONEY = ("legal_costs_cap", "market_rent", "affordable_rent", "unrestricted_value",
          "consideration")  # fmt: skip


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List papers that are held against none before them, or give facts that cannot take them."""
    earlier: list[str] = []
    for paper in workflow.papers.values():
        yield from _order(workflow, paper, earlier)
        yield from _facts(workflow, paper)
        for number, stage in enumerate(paper.stages):
            if stage not in workflow.stages:
                yield unknown(("papers", paper.id, "stages", number), "stage", stage,
                              workflow.stages)  # fmt: skip
        earlier.append(paper.id)


def _order(workflow: Workflow, paper: Paper, earlier: list[str]) -> Iterator[Finding]:
    for number, name in enumerate(paper.compared_with):
        path: Where = ("papers", paper.id, "compared_with", number)
        if name not in workflow.papers:
            yield unknown(path, "paper", name, workflow.papers)
        elif name not in earlier:
            message = f"{paper.id} is held against {name}, which does not stand before it"
            yield Finding(path, "paper-order", message, f"declare {name} above {paper.id}")


def _facts(workflow: Workflow, paper: Paper) -> Iterator[Finding]:
    answers = {one.name for one in FIELDS.values() if one.kind == "answer"}
    for name, fact in paper.facts.items():
        path: Where = ("papers", paper.id, "facts", name)
        if name not in GIVES:
            yield unknown(path, "particular", name, GIVES)
        if fact not in workflow.facts:
            yield unknown(path, "fact", fact, workflow.facts)
            continue
        money, answer = name in _MONEY, name in answers
        plain = ("money", "text") if money else ("yes_no", "text") if answer else ("text",)
        wanted = _TYPES.get(name, plain)
        if workflow.facts[fact].type not in wanted:
            message = (
                f"{name} cannot be put on the file as a fact of type {workflow.facts[fact].type}"
            )
            hint = f"declare {fact} with type: {wanted[0]}"
            yield Finding(path, "wrong-fact-type", message, hint)
