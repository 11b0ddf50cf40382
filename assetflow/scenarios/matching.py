"""Matching what is wanted with what came: each wanted thing needs one of its own."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Wanted = TypeVar("Wanted")
Came = TypeVar("Came")


def matched(
    wanted: Sequence[Wanted],
    came: Sequence[Came],
    fits: Callable[[Wanted, Came], bool],
    *,
    all_of: bool = True,
) -> bool:
    """Tell whether every wanted thing fits one that came, no two the same one.

    With ``all_of`` nothing else may have come.
    """
    if len(wanted) > len(came) or (all_of and len(wanted) != len(came)):
        return False
    taken: dict[int, int] = {}

    def place(number: int, seen: set[int]) -> bool:
        for other, one in enumerate(came):
            if other in seen or not fits(wanted[number], one):
                continue
            seen.add(other)
            if other not in taken or place(taken[other], seen):
                taken[other] = number
                return True
        return False

    return all(place(number, set()) for number in range(len(wanted)))
