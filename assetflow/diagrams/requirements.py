"""What a step requires, in a sentence for whoever plans ahead, not for a case that lacks it.

A guard without a line in ``SAYS`` is told in the words of its own description.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from assetflow.diagrams import requirements_later
from assetflow.guards import HOLDERS, REGISTRY, facts_asked
from assetflow.workflow import GuardUse, Transition, Workflow

_KEPT, _ANEW = "On the file: ", "Given with the step: "
Says = Callable[[Workflow, Mapping[str, Any]], Iterable[str]]


def told(route: Workflow, use: GuardUse) -> list[str]:
    """Tell one requirement, in one sentence or several."""
    says = SAYS.get(use.guard)
    return list(says(route, use.parameters)) if says else [_described(use)]


def of_letters(
    route: Workflow, step: Transition, letter_facts: Mapping[str, frozenset[str]]
) -> list[str]:
    """Tell what the letters of a step cannot be written without, beyond what it requires."""
    named = {name for use in step.requires for name in facts_asked(use)}
    wanted = {fact for letter in step.letters for fact in letter_facts.get(letter, ())} - named
    return list(_facts(route, [name for name in route.facts if name in wanted]))


def put_together(needed: Iterable[str]) -> list[str]:
    """Tell once each what is on the file and what is given with the step, after all the rest."""
    found: dict[str, list[str]] = {_KEPT: [], _ANEW: []}
    others = []
    for one in dict.fromkeys(needed):
        start = next((start for start in found if one.startswith(start)), None)
        if start is None:
            others.append(one)
        else:
            found[start].append(one.removeprefix(start))
    return [*others, *(start + "; ".join(told) for start, told in found.items() if told)]


def _described(use: GuardUse) -> str:
    guard = REGISTRY.get(use.guard)
    first = ((guard.__doc__ if guard else None) or use.guard.replace("_", " ")).splitlines()[0]
    given = "; ".join(f"{name}: {_words(value)}" for name, value in use.parameters.items())
    return first.rstrip(".") + (f" ({given})" if given else "")


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _facts(route: Workflow, names: Iterable[str]) -> Iterator[str]:
    """Tell which facts are on the file already and which are typed with the step."""
    declared = [name for name in names if name in route.facts]
    kept = [route.facts[n].label for n in declared if not route.facts[n].each_time]
    anew = [route.facts[n].label for n in declared if route.facts[n].each_time]
    if kept:
        yield f"{_KEPT}{'; '.join(kept)}"
    if anew:
        yield f"{_ANEW}{'; '.join(anew)}"


def _label(route: Workflow, fact: str) -> str:
    return route.facts[fact].label if fact in route.facts else fact


def _champion(_route: Workflow, _given: Mapping[str, Any]) -> Iterator[str]:
    yield "A champion is named, still works here, and is not the case officer"


def _recorded(route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield from _facts(route, given["facts"])


def _yes(route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"Recorded with yes: {_label(route, given['fact'])}"


def _ahead(route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"Recorded, and still ahead: {_label(route, given['fact'])}"


def _cited(route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    declared = route.facts.get(given["fact"])
    library = (declared.library if declared else None) or "its library"
    label = _label(route, given["fact"])
    yield f"Cited, and found in the {library.replace('_', ' ')}: {label}"


def _ball(_route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"The case is waiting on {HOLDERS.get(given['holder'], given['holder'])}"


def _sent(_route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"The letter ‘{given['letter'].replace('_', ' ')}’ was sent to the group in this stage"


def _waited(_route: Workflow, given: Mapping[str, Any]) -> Iterator[str]:
    yield f"The case has been waiting on the same side for at least {given['at_least']}"


SAYS: Mapping[str, Says] = {
    "champion_named": _champion,
    "facts_recorded": _recorded,
    "fact_is_yes": _yes,
    "date_ahead": _ahead,
    "library_entry_cited": _cited,
    "ball_with": _ball,
    "letter_sent": _sent,
    "waited": _waited,
    **requirements_later.SAYS,
}
