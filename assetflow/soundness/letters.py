"""Letters a route sends: each exists, and the route declares the facts it speaks of."""

from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import Workflow


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the letters that cannot be sent as the route says."""
    for path, letter in letter_uses(workflow):
        if letter not in around.letter_facts:
            yield unknown(path, "letter", letter, around.letter_facts)
        for needed in sorted(around.letter_facts.get(letter, frozenset()) - set(workflow.facts)):
            yield Finding(
                path,
                "letter-needs-unknown-fact",
                f"the letter {letter} needs the fact {needed}, which this route does not declare",
                f"add {needed} under facts, or do not send the letter",
            )


def letter_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    """Give every place of a route that names a letter to send."""
    for number, letter in enumerate(workflow.on_open):
        yield ("on_open", number), letter
    for number, letter in enumerate(workflow.letters):
        yield ("letters", number), letter
    for trigger, transition in workflow.transitions.items():
        for number, letter in enumerate(transition.letters):
            yield ("transitions", trigger, "letters", number), letter
