"""The guards a workflow file may name, with the parameters each takes."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assetflow.snapshot import Unmet

Guard = Callable[..., Iterable[Unmet]]
REGISTRY: dict[str, Guard] = {}


def guard(function: Guard) -> Guard:
    """Register a guard under its function's name."""
    REGISTRY[function.__name__] = function
    return function


def parameters(name: str) -> Mapping[str, type]:
    """Give the parameters a guard takes and the type each must have in the workflow file."""
    signature = inspect.signature(REGISTRY[name], eval_str=True)
    declared = list(signature.parameters.values())[1:]
    return {p.name: p.annotation for p in declared}


def optional(name: str) -> frozenset[str]:
    """Give the parameters that a guard can do without."""
    declared = inspect.signature(REGISTRY[name]).parameters.values()
    return frozenset(p.name for p in declared if p.default is not inspect.Parameter.empty)


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
    return isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))


def _kind(wanted: Any) -> str:
    return (
        "a list of names"
        if wanted == list[str]
        else {str: "text", int: "a number"}.get(wanted, "?")
    )
