"""Proves a loaded route before any case runs on it: every problem, with the path to its place.

A path names an entry of the workflow file, such as ``("stages", "legal", "target")``; the loader
turns it into file, line and column. Each module here looks at one theme; a new check is a function
of the route (and of what is around it) in the list of its theme.
"""

from collections.abc import Iterator
from itertools import chain, islice

from assetflow.soundness import (
    clocks,
    durations,
    events,
    ladder,
    letters,
    names,
    papers,
    parts,
    pauses,
    people,
    reach,
    references,
    requirements,
)
from assetflow.soundness.finding import MOST_FINDINGS, Finding, Surroundings, Where, nearest
from assetflow.soundness.outlines import Outline, of_file
from assetflow.workflow import Workflow

__all__ = [
    "MOST_FINDINGS",
    "Finding",
    "Outline",
    "Surroundings",
    "Where",
    "findings",
    "nearest",
    "of_file",
]
# Reachability and length mean something only where every stage named exists.
_SPOILS_THE_MAP = ("unknown-stage", "leaves-an-end", "bad-duration")


def findings(workflow: Workflow, around: Surroundings) -> list[Finding]:
    """List everything that keeps a route from being run safely."""
    found = list(islice(_entries(workflow, around), MOST_FINDINGS + 1))
    whole = len(found) <= MOST_FINDINGS
    if whole and not any(f.code in _SPOILS_THE_MAP for f in found):
        found += islice(_map(workflow, around), MOST_FINDINGS + 1)
    if len(found) > MOST_FINDINGS:
        message = f"the route has over {MOST_FINDINGS} problems; the others are not listed"
        found[MOST_FINDINGS:] = [Finding((), "too-many-problems", message)]
    return found


def _entries(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """Look at each entry for itself, and at what it names."""
    themes = (
        names, durations, references, clocks, pauses, papers, letters, people, requirements, parts,
        ladder,
    )  # fmt: skip
    return chain.from_iterable(theme.problems(workflow, around) for theme in themes)


def _map(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    """Look at the ways through the route, all of whose stages exist."""
    yield from reach.problems(workflow, around)
    yield from events.problems(workflow, around)
    yield from durations.length_problems(workflow, around.calendar)
