"""Lines of text for a terminal, broken where they would be too long."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from assetflow.diagrams.standing import Heat


@dataclass(frozen=True, slots=True)
class Row:
    """One line, and how it is to be marked on a terminal that has colours."""

    text: str
    look: Heat = ""
    title: bool = False


def broken(
    told: str,
    first: str = "",
    then: str | None = None,
    *,
    columns: int = 80,
    look: Heat = "",
    title: bool = False,
) -> Iterator[Row]:
    """Break a text into lines; ``first`` stands before the first, ``then`` before the others."""
    later = first if then is None else then
    lines = textwrap.wrap(told, columns, initial_indent=first, subsequent_indent=later)
    yield from (Row(line.rstrip(), look, title) for line in lines)
