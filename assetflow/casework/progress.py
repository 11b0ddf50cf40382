"""Whether what is recorded of a case moves it on, or is only activity."""

from collections.abc import Iterable

from assetflow.queries import Case
from assetflow.workflow import Workflow

# An answer moves a case on, whatever it says; so does its beginning.
ANSWERS = ("signoff_given", "objection_raised")


def moves_on(
    case: Case, action: str, trigger: str | None, *, facts: Iterable[str], letters: Iterable[str]
) -> bool:
    """Tell whether a record is progress, with the facts and letters that go with it.

    A step is, unless all it does is chase somebody. A fact is where the route says that it is a
    document or an answer that came, a letter sent by itself where the route calls it substantive.
    """
    route = case.workflow
    if action in ("opened", *ANSWERS) or (action == "advanced" and not _chases(route, trigger)):
        return True
    came = any(name in route.facts and route.facts[name].progress for name in facts)
    return came or (action == "letter_issued" and any(n in route.substantive for n in letters))


def _chases(route: Workflow, trigger: str | None) -> bool:
    step = route.transitions.get(trigger or "")
    return step is not None and step.chases and step.to is None
