"""The sentences that guards share."""

from collections.abc import Iterable

from assetflow.snapshot import Occasion, Unmet


def on_file(occasion: Occasion, name: str) -> bool:
    """Tell whether a fact can be relied on: on the file, and given now where it must be."""
    declared = occasion.workflow.facts.get(name)
    if declared is not None and declared.each_time and name not in occasion.given:
        return False
    return name in occasion.case.facts


def fact_missing(occasion: Occasion, name: str, choice: str = "") -> Unmet:
    """Say that a fact is not on the file, and how it gets there."""
    fact = occasion.workflow.facts.get(name)
    label = fact.label if fact else name
    hint = choice or (fact.hint if fact else "")
    if fact is not None and fact.only_with:
        sentence = f"Not on the file: {label} ({name}). It comes with {any_of(fact.only_with)}."
        remedy = f"assetflow case advance {occasion.case.reference} {fact.only_with[0]}"
        return Unmet("fact_elsewhere", sentence, "", remedy, name, label)
    if fact is not None and fact.each_time:
        return fact_now(name, label)
    sentence = f"Not on the file: {label} ({name})." + (f" Give {hint}." if hint else "")
    remedy = f'assetflow case record {occasion.case.reference} {name}="…"'
    return Unmet("fact", sentence, who_may(occasion, "record_fact"), remedy, name, label)


def fact_now(name: str, label: str) -> Unmet:
    """Say that a fact is to be given with the very step."""
    sentence = f"To be given with this step: {label} ({name})."
    return Unmet("fact_now", sentence, "", f'add --fact {name}="…"', name, label)


def fact_unfit(occasion: Occasion, name: str, trouble: str) -> Unmet:
    """Say what is wrong with a fact that is on the file."""
    fact = occasion.workflow.facts[name]
    remedy = f'assetflow case record {occasion.case.reference} {name}="…"'
    if fact.only_with:
        return Unmet("fact_unfit", f"{fact.label} ({name}) {trouble}.", "", fact=name)
    who = who_may(occasion, "record_fact")
    return Unmet("fact_unfit", f"{fact.label} ({name}) {trouble}.", who, remedy, fact=name)


def who_may(occasion: Occasion, right: str) -> str:
    """Say who has a right on the case."""
    roles = occasion.workflow.rights.get(right, ())
    return any_of(occasion.workflow.role_label(role) for role in roles)


def any_of(names: Iterable[str], word: str = "or") -> str:
    """Join names as a sentence does: a, b or c."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} {word} {last}" if first else last


def all_of(names: Iterable[str]) -> str:
    """Join names as a sentence does: a, b and c."""
    return any_of(names, "and")


def lower(label: str) -> str:
    """Give a label as it stands inside a sentence."""
    return label[:1].lower() + label[1:]
