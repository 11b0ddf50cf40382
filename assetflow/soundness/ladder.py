"""What the ladder calls for, and the days a forecast must not pass: each can be done or known."""

from collections.abc import Iterator

from assetflow.route_changes import letters_of
from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.soundness.names import IS_NAME
from assetflow.workflow import Limit, Task, Workflow

# The key under which a missed task is told names the level, the task and a day.
_LONGEST = 70


def problems(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """List the tasks that nothing can show as done, and the limits that nobody would hear of."""
    for level, rung in workflow.ladder.items():
        path: Where = ("ladder", level)
        if not rung.tasks and not rung.requires:
            message, hint = f"{level} calls for nothing", "write tasks:, or requires: in words"
            yield Finding(path, "task-shape", message, hint)
        for number, task in enumerate(rung.tasks):
            where: Where = (*path, "tasks", number)
            yield from _task(workflow, around, where, task)
            if task.id in (other.id for other in rung.tasks[:number]):
                message = f"{level} has two tasks {task.id}"
                yield Finding(where, "task-shape", message, "give each its own name")
            if not IS_NAME.fullmatch(task.id) or len(level) + len(task.id) > _LONGEST:
                message = f"{task.id!r} is not a name that {level} can have for a task"
                hint = "use few small letters, digits and _, beginning with a letter"
                yield Finding((*where, "id"), "bad-name", message, hint)
    for number, letter in enumerate(workflow.substantive):
        if letter not in workflow.letters:
            yield unknown(("substantive", number), "letter", letter, workflow.letters)
    yield from _limits(workflow)


def _task(workflow: Workflow, around: Surroundings, path: Where, task: Task) -> Iterator[Finding]:
    if not task.facts and not task.letters:
        message = f"{task.id} does not say what shows that it was done"
        yield Finding(path, "task-shape", message, "name facts: or letters:")
    for number, name in enumerate(task.facts):
        if name not in workflow.facts:
            yield unknown((*path, "facts", number), "fact", name, workflow.facts)
    sent = letters_of(workflow)
    for number, letter in enumerate(task.letters):
        if letter not in sent:
            yield unknown((*path, "letters", number), "letter", letter, sent)
        elif around.letter_recipients.get(letter) != "group":
            message = f"{task.id} is done with a letter to the group; {letter} goes to others"
            hint = "name a letter whose first lines say to: group"
            yield Finding((*path, "letters", number), "task-shape", message, hint)


def _limits(workflow: Workflow) -> Iterator[Finding]:
    if bool(workflow.limits) != ("run_out" in workflow.alerts):
        path: Where = ("limits",) if workflow.limits else ("alerts", "run_out")
        message = (
            "nobody hears of it when a limit is passed"
            if workflow.limits
            else "run_out tells of limits, and this route has none"
        )
        hint = "write both limits: and the alert run_out, or neither"
        yield Finding(path, "limit-shape", message, hint)
    for name, limit in workflow.limits.items():
        yield from _limit(workflow, ("limits", name), limit)


def _limit(workflow: Workflow, path: Where, limit: Limit) -> Iterator[Finding]:
    for key, kind in (("fact", "date"), ("leaves_years", "integer")):
        fact = getattr(limit, key)
        if fact is not None and fact not in workflow.facts:
            yield unknown((*path, key), "fact", fact, workflow.facts)
        elif fact is not None and workflow.facts[fact].type != kind:
            message = f"{key} needs a {kind}; {fact} is {workflow.facts[fact].type}"
            hint = f"declare {fact} with type: {kind}, or name another fact"
            yield Finding((*path, key), "wrong-fact-type", message, hint)
    if limit.reached is not None and limit.reached not in workflow.stages:
        yield unknown((*path, "reached"), "stage", limit.reached, workflow.stages)
    if limit.leaves is not None and limit.leaves_years is not None:
        message = f"{limit.id} says twice how much time must be left before it"
        yield Finding(path, "limit-shape", message, "write leaves: or leaves_years:, not both")
