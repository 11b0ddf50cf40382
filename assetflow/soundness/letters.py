"""Letters a route sends: each exists, and the route declares the facts it speaks of."""

from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import Workflow

_OCCASIONS = {
    "signoff": "a sign-off that is asked for",
    "alert": "an alert that has fallen due",
    "digest": "what one person is to act on in many cases",
}


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the letters that cannot be sent as the route says."""
    yield from _known(workflow, around)
    yield from _at_opening(workflow, around)


def _known(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    for path, letter in letter_uses(workflow):
        if letter not in around.letter_facts:
            yield unknown(path, "letter", letter, around.letter_facts)
            continue
        for occasion in sorted(around.letter_occasions[letter]):
            message = f"the letter {letter} speaks of {_OCCASIONS[occasion]}, and here is none"
            hint = "send another letter; assetflow sends this one by itself"
            yield Finding(path, "letter-lacks-value", message, hint)
        for needed in sorted(around.letter_facts[letter] - set(workflow.facts)):
            yield Finding(
                path,
                "letter-needs-unknown-fact",
                f"the letter {letter} needs the fact {needed}, which this route does not declare",
                f"add {needed} under facts, or do not send the letter",
            )


def _at_opening(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """A case is opened with an empty file: no letter can speak of a fact yet."""
    for number, letter in enumerate(workflow.on_open):
        for needed in sorted(around.letter_facts.get(letter, frozenset()) & set(workflow.facts)):
            message = f"the letter {letter} needs the fact {needed}, and at opening there is none"
            hint = f"put {{% if facts.{needed} is defined %}} around it, or send it with a step"
            yield Finding(("on_open", number), "letter-lacks-value", message, hint)


def letter_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    """Give every place of a route that names a letter to send."""
    for number, letter in enumerate(workflow.on_open):
        yield ("on_open", number), letter
    for number, letter in enumerate(workflow.letters):
        yield ("letters", number), letter
    for trigger, transition in workflow.transitions.items():
        for number, letter in enumerate(transition.letters):
            yield ("transitions", trigger, "letters", number), letter
