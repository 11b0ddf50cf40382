"""Pauses of a route: targets stand still only while the group is asked, and only so long."""

from collections.abc import Iterator

from assetflow.guards import facts_asked
from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import PauseRule, Transition, Workflow


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the pauses that nobody asked the group for, or that nothing ends."""
    rule = workflow.pauses
    pausing = [step for step in workflow.transitions.values() if step.pauses]
    for step in workflow.transitions.values():
        if rule is None and (step.pauses or step.resumes):
            path: Where = ("transitions", step.trigger, "pauses" if step.pauses else "resumes")
            message = f"{step.trigger} speaks of pauses, and this route has none"
            yield Finding(path, "no-pauses", message, "write pauses: with its reasons and its cap")
        elif rule is not None and step.resumes:
            yield from _resuming(step)
    if rule is None:
        return
    yield from _rule(workflow, rule, around)
    for step in pausing:
        yield from _pausing(workflow, rule, step, around)
        yield from _resumed(workflow, step)
    if not pausing:
        hint = "write pauses: true in the step that asks the group, or leave pauses: out"
        yield Finding(("pauses",), "pause-shape", "no step of this route pauses", hint)


def _rule(workflow: Workflow, rule: PauseRule, around: Surroundings) -> Iterator[Finding]:
    for key, kinds in (("reason", ("choice",)), ("missing", ("list", "text")), ("by", ("date",))):
        name = getattr(rule, key)
        if name not in workflow.facts:
            yield unknown(("pauses", key), "fact", name, workflow.facts)
        elif workflow.facts[name].type not in kinds:
            message = f"{key} needs a {kinds[0]}; {name} is {workflow.facts[name].type}"
            yield Finding(("pauses", key), "wrong-fact-type", message)
    if rule.letter not in around.letter_facts:
        yield unknown(("pauses", "letter"), "letter", rule.letter, around.letter_facts)
    if not rule.to:
        hint = "name at least one role, as in to: [case_officer]"
        yield Finding(("pauses", "to"), "tells-nobody", "a pause over its cap tells nobody", hint)
    chosen = workflow.facts[rule.reason].choices if rule.reason in workflow.facts else ()
    if not rule.reasons:
        hint = "write what can be missing, as in accounts: Accounts are missing"
        yield Finding(("pauses", "reasons"), "pause-shape", "a pause has no reasons", hint)
    elif chosen and set(chosen) != set(rule.reasons):
        message = f"the choices of {rule.reason} are not the reasons of pauses"
        yield Finding(("facts", rule.reason), "pause-shape", message, "leave choices: out")


def _pausing(
    workflow: Workflow, rule: PauseRule, step: Transition, around: Surroundings
) -> Iterator[Finding]:
    path: Where = ("transitions", step.trigger, "pauses")
    if step.to is not None or step.waiting_on != "group" or step.resumes:
        message = f"{step.trigger} pauses, and does not leave the case in its stage with the group"
        hint = "write waiting_on: group, without to: and resumes:"
        yield Finding(path, "pause-shape", message, hint)
    if rule.letter in around.letter_facts and rule.letter not in step.letters:
        message = f"{step.trigger} pauses, and does not send the letter {rule.letter}"
        yield Finding(path, "pause-shape", message, f"add {rule.letter} to its letters:")
    asked = {name for use in step.requires for name in facts_asked(use)}
    asked |= {name for letter in step.letters for name in around.letter_facts.get(letter, ())}
    named = (rule.reason, rule.missing, rule.by)
    lacking = [name for name in named if name in workflow.facts and name not in asked]
    if lacking:
        message = f"{step.trigger} pauses, and does not ask for {', '.join(lacking)}"
        hint = f"add facts_recorded: {{facts: [{', '.join(lacking)}]}} to its requires:"
        yield Finding(path, "pause-shape", message, hint)
    for stage in workflow.leaves(step):
        declared = workflow.stages.get(stage)
        if declared is not None and declared.waiting_on != "council":
            message = f"{step.trigger} pauses in {stage}, where no time of the council runs"
            yield Finding(path, "pause-shape", message, f"take {stage} out of from:")


def _resuming(step: Transition) -> Iterator[Finding]:
    if step.to is not None or step.waiting_on != "council":
        path: Where = ("transitions", step.trigger, "resumes")
        message = (
            f"{step.trigger} resumes, and does not leave the case in its stage with the council"
        )
        yield Finding(path, "pause-shape", message, "write waiting_on: council, without to:")


def _resumed(workflow: Workflow, step: Transition) -> Iterator[Finding]:
    resuming = [other for other in workflow.transitions.values() if other.resumes]
    for stage in workflow.leaves(step):
        if not any(stage in workflow.leaves(other) for other in resuming):
            message = f"{step.trigger} pauses in {stage}, and no step resumes there"
            hint = f"add {stage} to from: of a step with resumes: true"
            path: Where = ("transitions", step.trigger, "pauses")
            yield Finding(path, "never-resumed", message, hint)
