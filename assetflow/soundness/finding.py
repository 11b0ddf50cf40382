"""What a proof of a route finds, and what it may look at beside the route."""

import difflib
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from assetflow.calendars import Calendar
from assetflow.soundness.outlines import Outline, of_route
from assetflow.workflow import Workflow

Where = tuple[str | int, ...]
# Whoever has more problems than this mends these first; and a name is looked for among so many
# others, and up to this length: comparing thousands with thousands would take minutes.
MOST_FINDINGS = 500
_MANY, _LONG = 100, 60


class Finding(NamedTuple):
    """One thing wrong in a route: where, a stable code, a sentence and a way to mend it."""

    path: Where
    code: str
    message: str
    suggestion: str = ""


class Surroundings(NamedTuple):
    """What a route may refer to beyond its own file.

    ``letter_facts`` maps each letter to the facts it cannot be written without,
    ``letter_occasions`` to the occasions (a sign-off, an alert) it speaks of, and
    ``letter_recipients`` to the kind of its reader. ``letter_words`` are what letters call
    things beside the facts. ``routes`` are outlines of the routes there are.
    """

    letter_facts: Mapping[str, frozenset[str]]
    libraries: Collection[str]
    calendar: Calendar
    letter_occasions: Mapping[str, frozenset[str]]
    letter_recipients: Mapping[str, str]
    letter_words: Collection[str]
    routes: Mapping[str, Outline] = MappingProxyType({})

    def routes_with(self, route: Workflow) -> Mapping[str, Outline]:
        """Give the outlines of all routes, of one of them as it was just read."""
        return {**self.routes, route.name: of_route(route)}


def unknown(path: Where, kind: str, name: str, known: Collection[str]) -> Finding:
    """Say that a name means nothing here, and which one was most likely meant."""
    return Finding(path, f"unknown-{kind}", f"unknown {kind} {name!r}", nearest(name, known))


def nearest(name: str, known: Collection[str]) -> str:
    """Suggest the name that was most likely meant, or all that there are."""
    names = sorted(known)
    close = difflib.get_close_matches(name[:_LONG], names[:_MANY], n=1)
    every = ", ".join(names[:_MANY]) or "none"
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"did you mean {close[0]}?" if close else f"known: {every}{more}"
