"""The steps that a scenario can tell: a table, to which a new kind is one more line.

What a kind does stands in ``casework.played`` under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assetflow.scenarios.shapes import (
    Page,
    Shape,
    by_case,
    day,
    entry,
    facts,
    named,
    number,
    party,
    switch,
    text,
    texts,
    values,
)
from assetflow.yaml_reader import Path_

NOT_STARTED, STOPPED = "not_started", "stopped"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step: how its own value is written, and what may and must go with it."""

    value: Shape
    options: Mapping[str, Shape] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


_OPENING: Mapping[str, Shape] = {
    "name": text, "asset": text, "group": text, "workflow": text, "parent": text,
}  # fmt: skip
_SCORED: Mapping[str, Shape] = {"gives": number, "reason": text, "by": text}
_ASKED: Mapping[str, Shape] = {
    "like": text, "at_least": text, "measured_on": day, "deadline": day, "source": text,
    "no_landlord_break": switch, "charge": switch, "assignable": switch, "confirmed": switch,
}  # fmt: skip
KINDS: Mapping[str, Kind] = {
    "open": Kind(entry(_OPENING, ("name",))),
    "champion": Kind(text, {"why": text}),
    "do": Kind(text, {"facts": facts, "why": text, "continues": text}),
    "record": Kind(facts, {"why": text}),
    "ask": Kind(text),
    "sign": Kind(text, {"for": text, "by": text, "conditions": text}),
    "object": Kind(
        text,
        {
            "for": text, "by": text, "category": text, "reason": text, "way_forward": text,
            "authority": text, "consequence": text,
        },
        ("category", "reason", "way_forward"),
    ),
    "score": Kind(text, _SCORED, ("gives", "reason")),
    "moderate": Kind(text, _SCORED, ("gives", "reason")),
    "interest": Kind(text, {"by": text, "steps_aside": switch}),
    "paper": Kind(text, {"like": text, "terms": values, "why": text}),
    "accept": Kind(party, {"topics": texts, "evidence": text}),
    "funder": Kind(text, {"asks": entry(_ASKED)}),
    "letter": Kind(text, {"facts": facts, "why": text}),
    "note": Kind(text),
    "leaves": Kind(text),
    "sweep": Kind(texts),
}  # fmt: skip


def clock(page: Page, path: Path_, value: Any) -> date | str | None:
    """Read the last day of a clock, or that it has not started or was stopped."""
    return value if value in (NOT_STARTED, STOPPED) else day(page, path, value)


# What may stand on every step.
COMMON: Mapping[str, Shape] = {"on": day, "recorded": day, "case": text, "as": text}
# What is held against the case after a step; a step without a kind only looks.
EXPECTED: Mapping[str, Shape] = {
    "refused": texts,
    "among": switch,
    "stage": text,
    "letters": texts,
    "waiting_on": text,
    "on_file": facts,
    "to_do": texts,
    "due": entry({"stage": day, "signoffs": named(day), "clocks": named(clock)}),
}
# How a case begins that the scenario has from its start.
START: Mapping[str, Shape] = {
    "asset": text, "group": text, "received": day, "workflow": text, "parent": text, "as": text,
}  # fmt: skip
SCENARIO: Mapping[str, Shape] = {"name": text, "end": by_case, "stage": by_case}
PLAYER: Mapping[str, Shape] = {"name": text, "roles": texts, "departments": texts}
CLAIM: Mapping[str, Shape] = {"refusal": text, "because": text}
