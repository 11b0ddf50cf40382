"""What the entries of a route name: stages, departments, facts, libraries."""

from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import ANY_OPEN_STAGE, Fact, Stage, Workflow


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List what an entry names and what does not exist or does not fit."""
    yield from _stages(workflow)
    yield from _facts(workflow, around)
    yield from _departments(workflow)
    yield from _weights(workflow)
    yield from _stamped(workflow)
    yield from _renamed(workflow)


def _stages(workflow: Workflow) -> Iterator[Finding]:
    known = workflow.stages
    if workflow.initial not in known:
        yield unknown(("initial",), "stage", workflow.initial, known)
    for trigger, transition in workflow.transitions.items():
        for number, source in enumerate(transition.origins):
            if source != ANY_OPEN_STAGE and source not in known:
                yield unknown(("transitions", trigger, "from", number), "stage", source, known)
            elif source != ANY_OPEN_STAGE and known[source].end:
                yield Finding(
                    ("transitions", trigger, "from", number),
                    "leaves-an-end",
                    f"{source} is an end; nothing can leave it",
                    "take it out of the list",
                )
        if transition.to is not None and transition.to not in known:
            yield unknown(("transitions", trigger, "to"), "stage", transition.to, known)
        if not transition.origins:
            hint = 'name its stages, as in from: [STAGE], or write from: ["*"] for every open stage'
            message = f"{trigger} leaves from no stage"
            yield Finding(("transitions", trigger, "from"), "no-source", message, hint)
    for stage in known.values():
        yield from _due_fact(workflow, stage)
        if not stage.end and stage.target is None:
            hint = "write how long it should take, as in target: 20 working days"
            message = f"{stage.id} has no target"
            yield Finding(("stages", stage.id), "no-target", message, hint)


def _due_fact(workflow: Workflow, stage: Stage) -> Iterator[Finding]:
    path: Where = ("stages", stage.id, "due_fact")
    if stage.due_fact is None:
        return
    fact = workflow.facts.get(stage.due_fact)
    if fact is None:
        yield unknown(path, "fact", stage.due_fact, workflow.facts)
    elif fact.type != "date":
        yield Finding(path, "wrong-fact-type", f"due_fact needs a date; {fact.name} is {fact.type}")


def _facts(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    for name, fact in workflow.facts.items():
        for number, stage in enumerate(fact.due_in):
            if stage not in workflow.stages:
                yield unknown(("facts", name, "due_in", number), "stage", stage, workflow.stages)
        if fact.due_in and fact.type != "date":
            hint = "write type: date, or leave due_in out"
            message = f"{name} is due, but is not a date"
            yield Finding(("facts", name), "wrong-fact-type", message, hint)
        yield from _bounds(fact)
        for number, stage in enumerate(fact.fixed_in):
            if stage not in workflow.stages:
                yield unknown(("facts", name, "fixed_in", number), "stage", stage, workflow.stages)
        yield from _given_with(workflow, fact)
        if workflow.pauses is None or workflow.pauses.reason != name:
            yield from _choices(fact)
        # A date can be one of a library of dates, such as the meetings of a panel.
        needed, fits = fact.type == "library", fact.type in ("library", "date")
        if (needed and fact.library is None) or (fact.library is not None and not fits):
            yield Finding(
                ("facts", name),
                "library-fact",
                f"{name} needs both type library and a library",
                "write type: library, library: NAME",
            )
        elif fact.library is not None and fact.library not in around.libraries:
            yield unknown(("facts", name, "library"), "library", fact.library, around.libraries)


def _given_with(workflow: Workflow, fact: Fact) -> Iterator[Finding]:
    """Hold the steps with which alone a fact is given to those there are, and to where it is."""
    path: Where = ("facts", fact.name, "only_with")
    steps = workflow.transitions
    unheard = [each for each in fact.only_with if each not in steps]
    for number, trigger in enumerate(fact.only_with):
        if trigger in unheard:
            yield unknown((*path, number), "trigger", trigger, steps)
    given_in = {
        stage for each in fact.only_with if each in steps for stage in _from(workflow, each)
    }
    if given_in and not unheard and given_in <= set(fact.fixed_in):
        message = f"{fact.name} comes only with steps from stages in which it is fixed"
        hint = f"take {' or '.join(sorted(given_in))} out of fixed_in:, or name another step"
        yield Finding(path, "fact-never-given", message, hint)


def _from(workflow: Workflow, trigger: str) -> tuple[str, ...]:
    return workflow.leaves(workflow.transitions[trigger])


def _bounds(fact: Fact) -> Iterator[Finding]:
    if fact.lies is not None and fact.type != "date":
        message = f"only a date can lie {fact.lies}; {fact.name} is {fact.type}"
        hint = "write type: date, or leave lies out"
        yield Finding(("facts", fact.name, "lies"), "wrong-fact-type", message, hint)
    if fact.minimum is not None and fact.type not in ("integer", "money"):
        message = f"only a number has a minimum; {fact.name} is {fact.type}"
        hint = "write type: integer or type: money, or leave minimum out"
        yield Finding(("facts", fact.name, "minimum"), "wrong-fact-type", message, hint)


def _choices(fact: Fact) -> Iterator[Finding]:
    if (fact.type == "choice") == bool(fact.choices):
        return
    path: Where = ("facts", fact.name)
    message = f"{fact.name} needs both type choice and choices"
    yield Finding(path, "choice-fact", message, "write type: choice, choices: [ONE, OTHER]")


def _stamped(workflow: Workflow) -> Iterator[Finding]:
    """The dates that a step sets to its own day."""
    for trigger, step in workflow.transitions.items():
        for number, name in enumerate(step.dates):
            path: Where = ("transitions", trigger, "dates", number)
            if name not in workflow.facts:
                yield unknown(path, "fact", name, workflow.facts)
            elif workflow.facts[name].type != "date":
                message = f"{trigger} sets a date; {name} is {workflow.facts[name].type}"
                hint = f"declare {name} with type: date, or name another fact"
                yield Finding(path, "wrong-fact-type", message, hint)


def _departments(workflow: Workflow) -> Iterator[Finding]:
    for path, department in _department_uses(workflow):
        if department not in workflow.departments:
            yield unknown(path, "department", department, workflow.departments)


def _department_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for stage in workflow.stages.values():
        if stage.department is not None:
            yield ("stages", stage.id, "department"), stage.department
    for trigger, transition in workflow.transitions.items():
        for number, rule in enumerate(transition.signoffs):
            yield ("transitions", trigger, "signoffs", number, "department"), rule.department


def _renamed(workflow: Workflow) -> Iterator[Finding]:
    known = workflow.stages
    for old, new in workflow.renamed.items():
        if new not in known:
            yield unknown(("renamed", old), "stage", new, known)
        if old in known:
            message = f"{old} is still a stage of this route; it cannot be called {new} as well"
            hint = "take it out of renamed, or out of the stages"
            yield Finding(("renamed", old), "reserved-name", message, hint)


def _weights(workflow: Workflow) -> Iterator[Finding]:
    total = sum(criterion.weight for criterion in workflow.criteria.values())
    if workflow.criteria and total != 100:
        yield Finding(
            ("criteria",),
            "weights",
            f"the weights of the criteria sum to {total}, not to 100",
            f"{'take away' if total > 100 else 'add'} {abs(total - 100)}",
        )
