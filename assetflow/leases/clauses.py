"""Clauses of a draft that are the standard ones although the approved terms say otherwise.

Two departments of a council once held a transfer up with boiler-plate (New Realities, Sefton 2015,
case study 3). A standard clause is no objection to the transfer: where it is contrary to what was
approved, it is one against the draft, and whoever drafted it justifies or amends it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from assetflow.leases.drift import Drift

# A clause with a name or a figure filled in is still the standard one.
ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard clause: its topic, its wording, and which particular it settles to what."""

    name: str
    topic: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """A clause of a draft that is a standard one, with the differences it makes for the group."""

    clause: str
    standard: Standard
    drifts: tuple[Drift, ...]

    @property
    def sentence(self) -> str:
        """Give the objection against the draft as one sentence."""
        what = "; ".join(str(one).rstrip(".") for one in self.drifts)
        return (
            f"The clause ‘{self.clause}’ is the standard one ({self.standard.name}), and the "
            f"approved terms say otherwise. {what}."
        )


def boilerplate(
    clauses: Iterable[tuple[str, str]], library: Iterable[Standard], drifts: Iterable[Drift]
) -> list[Boilerplate]:
    """Find the clauses of a draft that are standard and go against the approved terms.

    ``drifts`` are the differences of the draft; a clause goes against the terms where one of those
    on its topic is worse for the group.
    """
    adverse = [one for one in drifts if one.adverse]
    standards, found = list(library), []
    for name, text in clauses:
        standard = next((s for s in standards if same(text, s.text)), None)
        against = tuple(d for d in adverse if standard and d.topic == standard.topic)
        if standard and against:
            found.append(Boilerplate(name, standard, against))
    return found


def same(text: str, standard: str) -> bool:
    """Tell whether a clause is worded as a standard one, but for names, figures and spaces."""
    one, other = _plain(text), _plain(standard)
    if one == other:
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.casefold())
