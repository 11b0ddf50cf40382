"""What a rule of law or policy says of certain terms: each rule is data, with its source.

A rule names the terms it applies to and what follows: it holds up the heads of terms or the lease
until a fact is on the file, or it is a note to whoever reads. Figures stand in
``data/lease_rules.yaml`` and nowhere in code.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from assetflow.deadlines import Duration
from assetflow.leases.particulars import FIELDS
from assetflow.leases.terms import Terms

Effect = Literal["blocks_terms", "blocks_lease", "note"]
COMPARISONS: Mapping[str, Callable[[int], bool]] = {
    "less_than": lambda order: order < 0,
    "at_most": lambda order: order <= 0,
    "is": lambda order: order == 0,
    "at_least": lambda order: order >= 0,
    "more_than": lambda order: order > 0,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it applies, what it says, what it holds up and until which fact is recorded.

    ``verified`` is False until somebody at the council has checked the figure at its source; a
    rule that nobody has checked says so wherever it is told.
    """

    name: str
    label: str
    when: Mapping[str, Any]
    says: str
    effect: Effect
    until: str
    source: str
    as_of: date
    verified: bool

    @property
    def sentence(self) -> str:
        """Give what it says, with its source and whether anybody has checked it."""
        doubt = "" if self.verified else "; not verified by your council"
        return f"{self.says} Source: {self.source}, as of {self.as_of.isoformat()}{doubt}."


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rules may look at beside the terms: the division, and who gives capital."""

    division: str
    capital_funders: tuple[str, ...] = ()


def applying(rules: Iterable[Rule], terms: Terms, setting: Setting) -> list[Rule]:
    """Give the rules that apply to terms, in the order in which they are declared."""
    return [rule for rule in rules if applies(rule, terms, setting)]


def applies(rule: Rule, terms: Terms, setting: Setting) -> bool:
    """Tell whether every condition of a rule is met by terms."""
    return all(_met(name, wanted, terms, setting) for name, wanted in rule.when.items())


def _met(name: str, wanted: Any, terms: Terms, setting: Setting) -> bool:
    if name in _CONDITIONS:
        return _CONDITIONS[name](wanted, terms, setting)
    return terms.values.get(name) in wanted


def _term(wanted: Mapping[str, str], terms: Terms, _: Setting) -> bool:
    if terms.last is None:
        return False
    return all(
        COMPARISONS[how](terms.reaches(Duration.parse(period))) for how, period in wanted.items()
    )


def _undervalue(wanted: Mapping[str, int], terms: Terms, _: Setting) -> bool:
    found = terms.undervalue
    return found is not None and all(
        COMPARISONS[how]((found > Decimal(amount)) - (found < Decimal(amount)))
        for how, amount in wanted.items()
    )


def _division(wanted: list[str], _: Terms, setting: Setting) -> bool:
    return setting.division in wanted


def _landlord_break(wanted: bool, terms: Terms, _: Setting) -> bool:
    return wanted == any(one.who in ("landlord", "either") for one in terms.breaks)


def _capital_funder(wanted: bool, _: Terms, setting: Setting) -> bool:
    return wanted == bool(setting.capital_funders)


def _not_said(wanted: list[str], terms: Terms, _: Setting) -> bool:
    return any(terms.values.get(name) in (None, "unknown") for name in wanted)


_CONDITIONS: Mapping[str, Callable[[Any, Terms, Setting], bool]] = {
    "term": _term,
    "undervalue": _undervalue,
    "division": _division,
    "landlord_break": _landlord_break,
    "capital_funder": _capital_funder,
    "not_said": _not_said,
}
CONDITIONS = (*_CONDITIONS, *FIELDS)
