"""Refusals that cannot happen: a fact that is on the file whichever way a case has come.

What is on the file stays there. So a fact that every way to a stage needs can no longer be lacking
in it, and no scenario could show the refusal. Such requirements are proved here and told apart;
they are never just left out.
"""

from collections.abc import Collection, Iterator, Mapping

from assetflow.scenarios.coverage import LetterFacts, Requirement
from assetflow.workflow import Transition, Workflow

# Guards that refuse a step while the fact they name is not on the file.
_NEED_A_FACT = (
    "fact_is_yes", "date_ahead", "ahead_by", "not_above", "library_entry_cited", "within_after",
    "waited_since", "fact_is", "after_fact", "until_fact",
)  # fmt: skip


def never_lacking(
    route: Workflow,
    letter_facts: LetterFacts,
    requirements: Collection[Requirement],
    entered: Collection[str] = (),
) -> tuple[Requirement, ...]:
    """Give the requirements that every case meets when it comes to their step.

    ``entered`` are stages in which cases of other routes go on, with nothing sure on their file.
    """
    sure = _sure(route, letter_facts, entered)
    return tuple(one for one in requirements if _is_sure(route, one, sure))


def _is_sure(route: Workflow, one: Requirement, sure: Mapping[str, frozenset[str]]) -> bool:
    kind, _, fact = one.name.rpartition(" ")
    on_file = one.kind == "letter" or (one.kind, kind) == ("guard", "facts_recorded")
    declared = route.facts.get(fact)
    if not on_file or declared is None or declared.each_time:
        return False
    return all(fact in sure[stage] for stage in route.leaves(route.transitions[one.trigger]))


def _sure(
    route: Workflow, letter_facts: LetterFacts, entered: Collection[str]
) -> dict[str, frozenset[str]]:
    """Give the facts that are on the file of every case in each stage."""
    sure = dict.fromkeys(route.stages, frozenset(route.facts))
    sure |= dict.fromkeys((route.initial, *(s for s in entered if s in sure)), frozenset())
    changed = True
    while changed:
        before = dict(sure)
        for step in route.transitions.values():
            needed = frozenset(_needed(step, letter_facts))
            for stage in route.leaves(step):
                came_to = step.to or stage
                sure[came_to] &= sure[stage] | needed
        changed = sure != before
    return sure


def _needed(step: Transition, letter_facts: LetterFacts) -> Iterator[str]:
    """Give the facts that are on the file once a step has been taken."""
    yield from step.dates
    for use in step.requires:
        if use.guard == "facts_recorded":
            yield from use.parameters["facts"]
        elif use.guard in _NEED_A_FACT:
            yield use.parameters["fact"]
    for letter in step.letters:
        yield from letter_facts[letter]
