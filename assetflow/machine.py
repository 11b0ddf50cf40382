"""Fires a trigger on a case: the only place that uses the ``transitions`` library.

One flat machine is built per workflow version and shared by all cases; a throwaway cursor carries
the state, so nothing is ever registered with the machine and no case can be left in memory.
"""

from collections.abc import Callable
from functools import lru_cache

from transitions import EventData, Machine

from assetflow.errors import Refused
from assetflow.workflow import Workflow


class _Cursor:
    """Where one case stands while one trigger is fired."""

    __slots__ = ("allowed", "state")

    def __init__(self, state: str, allowed: Callable[[str], bool]) -> None:
        self.state = state
        self.allowed = allowed


def triggers(workflow: Workflow, stage: str) -> frozenset[str]:
    """Give the triggers that the built machine knows for a stage."""
    events = _machine(workflow).events
    return frozenset(name for name, event in events.items() if stage in event.transitions)


def fire(workflow: Workflow, stage: str, trigger: str, allowed: Callable[[str], bool]) -> str:
    """Fire a trigger from a stage and give the stage the case is in afterwards.

    ``allowed`` is asked by the machine itself before it moves, so nothing can move past the rules.
    Raises ``Refused`` where it says no; the caller knows the reasons.
    """
    machine = _machine(workflow)
    cursor = _Cursor(stage, allowed)
    if trigger not in machine.events or stage not in machine.events[trigger].transitions:
        raise Refused(f"{trigger} is not possible in the stage {stage}.")
    if not machine.events[trigger].trigger(cursor):
        raise Refused(f"{trigger} is held back by a guard in the stage {stage}.")
    return cursor.state


@lru_cache(maxsize=64)
def _machine(workflow: Workflow) -> Machine:
    machine = Machine(
        model=None,
        states=list(workflow.stages),
        initial=workflow.initial,
        auto_transitions=False,
        send_event=True,
    )
    for transition in workflow.transitions.values():
        for source in workflow.leaves(transition):
            machine.add_transition(
                transition.trigger, source, transition.to, conditions=[_still_allowed]
            )
    return machine


def _still_allowed(event: EventData) -> bool:
    cursor = event.model
    assert isinstance(cursor, _Cursor)  # noqa: S101 - ours by construction; narrows the type
    return cursor.allowed(event.event.name)
