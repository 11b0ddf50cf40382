"""The guards a workflow file may name, with the parameters each takes."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

from assetflow.snapshot import Unmet
from assetflow.workflow import GuardUse

Guard = Callable[..., Iterable[Unmet]]
REGISTRY: dict[str, Guard] = {}
# They name facts that may be missing, or must be.
_ASK_FOR_NONE = ("facts_absent", "together", "needed_above", "dates_in_order")


def guard(function: Guard) -> Guard:
    """Register a guard under its function's name."""
    REGISTRY[function.__name__] = function
    return function


def parameters(name: str) -> Mapping[str, Any]:
    """Give the parameters a guard takes and the type each must have in the workflow file."""
    signature = inspect.signature(REGISTRY[name], eval_str=True)
    declared = list(signature.parameters.values())[1:]
    return {p.name: p.annotation for p in declared}


def optional(name: str) -> frozenset[str]:
    """Give the parameters that a guard can do without."""
    declared = inspect.signature(REGISTRY[name]).parameters.values()
    return frozenset(p.name for p in declared if p.default is not inspect.Parameter.empty)


def facts_asked(use: GuardUse) -> tuple[str, ...]:
    """Give the facts that must be on the file for a guard to be met."""
    if use.guard in _ASK_FOR_NONE:
        return ()
    fact, several = use.parameters.get("fact"), use.parameters.get("facts")
    named = [fact, *(several if isinstance(several, list) else ())]
    return tuple(name for name in named if isinstance(name, str))


def check_parameters(name: str, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what is wrong with a guard's parameters, each as (parameter, sentence)."""
    wanted = parameters(name)
    wrong = [(p, f"{name} has no parameter {p}") for p in given if p not in wanted]
    needed = [p for p in wanted if p not in given and p not in optional(name)]
    wrong += [("", f"{name} needs the parameter {p}") for p in needed]
    wrong += [
        (p, f"{p} of {name} must be {_kind(wanted[p])}")
        for p, value in given.items()
        if p in wanted and not _fits(value, wanted[p])
    ]
    return wrong


def _fits(value: object, wanted: Any) -> bool:
    if wanted == list[str]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if get_origin(wanted) is Literal:
        return isinstance(value, str) and value in get_args(wanted)
    return isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))


def _kind(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return " or ".join(get_args(wanted))
    return (
        "a list of names"
        if wanted == list[str]
        else {str: "text", int: "a number"}.get(wanted, "?")
    )
