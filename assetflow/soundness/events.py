"""Events a step or date waits for: each of them can have happened when a case comes to it."""

from collections.abc import Iterator

from assetflow.guards import HOLDERS, facts_asked
from assetflow.soundness.finding import Finding, Surroundings, Where
from assetflow.workflow import ANY_OPEN_STAGE, Transition, Workflow


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List what waits for something that cannot have happened by then."""
    ways = _Ways(workflow)
    yield from _ends(workflow)
    yield from _promises(ways, around)
    for trigger, step in workflow.transitions.items():
        for number, use in enumerate(step.requires):
            path: Where = ("transitions", trigger, "requires", number, use.guard)
            letter, holder = use.parameters.get("letter"), use.parameters.get("holder")
            if isinstance(letter, str):
                yield from _letter(ways, around, (*path, "letter"), step, letter)
            if isinstance(holder, str) and holder in HOLDERS:
                yield from _holder(ways, (*path, "holder"), step, holder)


class _Ways:
    """What each stage sees: the steps that lead into it, and those that stay in it."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.leading: dict[str, list[Transition]] = {stage: [] for stage in workflow.stages}
        self.staying: dict[str, list[Transition]] = {stage: [] for stage in workflow.stages}
        for step in workflow.transitions.values():
            if step.to is not None:
                self.leading[step.to].append(step)
                continue
            for stage in workflow.leaves(step):
                self.staying[stage].append(step)

    def before(self, stage: str) -> list[Transition]:
        """Give the steps that can have been taken when a case stands in a stage."""
        return self.leading[stage] + self.staying[stage]

    def holders(self, stage: str) -> set[str]:
        """Give whom a case in a stage can be waiting on."""
        usual = self.workflow.stages[stage].waiting_on
        found = {step.waiting_on or usual for step in self.leading[stage]}
        found |= {step.waiting_on for step in self.staying[stage] if step.waiting_on}
        return found | ({usual} if stage == self.workflow.initial else set())


def _ends(workflow: Workflow) -> Iterator[Finding]:
    hint = "delete it: nothing is due once a case has ended"
    for stage in workflow.stages.values():
        for key in ("target", "due_fact"):
            if stage.end and getattr(stage, key) is not None:
                message = f"{stage.id} is an end and has a {key}"
                yield Finding(("stages", stage.id, key), "timed-end", message, hint)
    for name, fact in workflow.facts.items():
        for number, named in enumerate(fact.due_in):
            if workflow.stages[named].end:
                message = f"{name} is due in {named}, which is an end"
                yield Finding(("facts", name, "due_in", number), "timed-end", message, hint)


def _promises(ways: _Ways, around: Surroundings) -> Iterator[Finding]:
    """A stage is due on a promised date only where some step asks for that date."""
    for stage in ways.workflow.stages.values():
        fact = stage.due_fact
        if fact is None or fact not in ways.workflow.facts or stage.end:
            continue
        if not any(fact in _asked(step, around) for step in ways.before(stage.id)):
            message = f"{stage.id} is due on {fact}, which no step into it or in it asks for"
            hint = f"write facts_recorded: {{facts: [{fact}]}} in a step to: {stage.id}"
            yield Finding(("stages", stage.id, "due_fact"), "due-fact-not-given", message, hint)


def _asked(step: Transition, around: Surroundings) -> set[str]:
    """Give the facts without which a step is refused."""
    named = {fact for use in step.requires for fact in facts_asked(use)} | {*step.dates}
    return named.union(*(around.letter_facts.get(name, frozenset()) for name in step.letters))


def _letter(
    ways: _Ways, around: Surroundings, path: Where, step: Transition, letter: str
) -> Iterator[Finding]:
    if around.letter_recipients.get(letter, "group") != "group":
        message = f"{letter} does not go to the group, and only such letters count as sent"
        yield Finding(path, "letter-sent-elsewhere", message, "name a letter to the group")
        return
    route = ways.workflow
    sent_anywhere = letter in route.letters or letter in route.on_open
    if not sent_anywhere and not any(letter in t.letters for t in route.transitions.values()):
        return  # which is told as letter-never-sent
    lacking = [s for s in route.leaves(step) if not _can_be_sent(ways, s, step, letter)]
    if lacking and (ANY_OPEN_STAGE not in step.origins or len(lacking) == len(route.open_stages)):
        message = f"no other step into {lacking[0]} or in it sends the letter {letter}"
        hint = f"write letters: [{letter}] in one, or take {lacking[0]} out of from:"
        yield Finding(path, "letter-sent-elsewhere", message, hint)


def _can_be_sent(ways: _Ways, stage: str, step: Transition, letter: str) -> bool:
    """Tell whether a letter can have gone out since a case came to a stage, before a step."""
    route = ways.workflow
    if letter in route.letters or (letter in route.on_open and stage == route.initial):
        return True
    return any(letter in other.letters for other in ways.before(stage) if other is not step)


def _holder(ways: _Ways, path: Where, step: Transition, holder: str) -> Iterator[Finding]:
    leaves = ways.workflow.leaves(step)
    lacking = [stage for stage in leaves if holder not in ways.holders(stage)]
    if lacking and (ANY_OPEN_STAGE not in step.origins or len(lacking) == len(leaves)):
        message = f"in {lacking[0]} a case never waits on {HOLDERS[holder]}"
        hint = f"write waiting_on: {holder} in a step, or take {lacking[0]} out of from:"
        yield Finding(path, "holder-never-has-it", message, hint)
