"""Reads what law, funders and standard clauses say of leases: data with sources, never code."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assetflow.deadlines import Duration
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.facts import read_date
from assetflow.leases.clauses import Standard
from assetflow.leases.drift import TOPICS
from assetflow.leases.funders import Funder
from assetflow.leases.particulars import FIELDS
from assetflow.leases.rules import COMPARISONS, CONDITIONS, Effect, Rule
from assetflow.settings import CALENDARS, Settings

if TYPE_CHECKING:
    from assetflow.yaml_reader import Tree

_RULE = ("label", "when", "says", "effect", "until", "source", "as_of", "verified")
_CLAUSE = ("topic", "text", "source")
_FUNDER = ("label", "at_least", "measured_at", "no_landlord_break", "charge", "assignable",
           "source", "as_of", "verified", "note")  # fmt: skip
_EFFECTS = get_args(Effect)


def rules(settings: Settings) -> tuple[Rule, ...]:
    """Give the rules on lease terms; raises ``BadFile`` with every problem of the file."""
    return _rules(*_stamped(settings, "lease_rules.yaml"))


@lru_cache(maxsize=8)
def _rules(path: Path, _as_of: object) -> tuple[Rule, ...]:
    tree = _entries(path, "rules", _rule_problems)
    return tuple(_rule(name, entry) for name, entry in tree.value["rules"].items())


def standards(settings: Settings) -> tuple[Standard, ...]:
    """Give the council's standard clauses; raises ``BadFile`` with every problem of the file."""
    return _standards(*_stamped(settings, "standard_clauses.yaml"))


@lru_cache(maxsize=8)
def _standards(path: Path, _as_of: object) -> tuple[Standard, ...]:
    tree = _entries(path, "clauses", _clause_problems)
    return tuple(
        Standard(name, entry["topic"], entry["text"], entry.get("source", ""))
        for name, entry in tree.value["clauses"].items()
    )


def funders(settings: Settings) -> dict[str, tuple[Funder, str]]:
    """Give what known funders ask, by name, each with when it is measured: award or completion.

    Raises ``BadFile`` with every problem of the file.
    """
    tree = _entries(_stamped(settings, "funders.yaml")[0], "funders", _funder_problems)
    return {name: _funder(entry) for name, entry in tree.value["funders"].items()}


def _rule(name: str, entry: Mapping[str, Any]) -> Rule:
    return Rule(
        name, entry["label"], entry["when"], entry["says"], entry["effect"],
        entry.get("until", ""), entry["source"], read_date(str(entry["as_of"])), entry["verified"],
    )  # fmt: skip


def _funder(entry: Mapping[str, Any]) -> tuple[Funder, str]:
    length = Duration.parse(entry["at_least"]) if "at_least" in entry else None
    found = Funder(
        entry["label"], length, None, entry.get("no_landlord_break", False),
        entry.get("charge", False), entry.get("assignable", False), None,
        entry["source"], entry["verified"],
    )  # fmt: skip
    return found, entry.get("measured_at", "completion")


# --- what can be wrong in these files -----------------------------------------------------------


def _stamped(settings: Settings, name: str) -> tuple[Path, object]:
    """Give a file, the council's own or the shipped one, with what tells that it has changed."""
    path: Path | None = settings.policy_file("data", name)
    if path is None:
        raise NotFound(f"The file {name} is missing.", remedies=["install assetflow again"])
    found = path.stat()
    return path, (found.st_mtime_ns, found.st_size, found.st_ino)


def _entries(path: Path, group: str, problems: Any) -> "Tree":
    from assetflow.yaml_reader import read_file  # noqa: PLC0415 - only who asks pays for it

    tree = read_file(path)
    found = list(_group_problems(tree, group, problems))
    if found:
        raise BadFile(f"{path.name} cannot be used.", sorted(found))
    return tree


def _group_problems(tree: "Tree", group: str, problems: Any) -> Iterator[Problem]:
    content = tree.value if isinstance(tree.value, dict) else {}
    entries = content.get(group)
    if not isinstance(entries, dict):
        yield tree.problem((), "no-entries", f"the file needs `{group}:` with named entries")
        return
    for name, entry in entries.items():
        if isinstance(entry, dict):
            yield from problems(tree, (group, name), entry)
        else:
            yield tree.problem((group, name), "bad-entry", f"{name} must have named values")


def _keys(
    tree: "Tree", place: tuple[str, ...], entry: Mapping[str, Any], known: tuple[str, ...],
    texts: tuple[str, ...],
) -> Iterator[Problem]:  # fmt: skip
    for key in entry:
        if key not in known:
            hint = f"known: {', '.join(known)}"
            yield tree.problem((*place, key), "unknown-entry", f"{key} is not known", hint)
    for key in texts:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            yield tree.problem((*place, key), "no-text", f"{place[-1]} needs {key}: in words")
    if "verified" in known and not isinstance(entry.get("verified"), bool):
        what = f"{place[-1]} must say verified: true or false"
        yield tree.problem((*place, "verified"), "not-said", what)


def _rule_problems(tree: "Tree", place: tuple[str, ...], entry: Any) -> Iterator[Problem]:
    yield from _keys(tree, place, entry, _RULE, ("label", "says", "source"))
    if entry.get("effect") not in _EFFECTS:
        what = f"effect must be one of: {', '.join(_EFFECTS)}"
        yield tree.problem((*place, "effect"), "bad-entry", what)
    if not _is_date(entry.get("as_of")):
        yield tree.problem((*place, "as_of"), "bad-entry", "as_of must be a date")
    if not isinstance(entry.get("until", ""), str):
        yield tree.problem((*place, "until"), "bad-entry", "until must name a fact")
    when = entry.get("when")
    if not isinstance(when, dict) or not when:
        yield tree.problem((*place, "when"), "bad-entry", "when must name at least one condition")
        return
    for name, wanted in when.items():
        if sentence := _condition(name, wanted):
            yield tree.problem((*place, "when", name), "bad-condition", sentence)


def _condition(name: str, wanted: Any) -> str:
    """Say what is wrong with a condition, or nothing."""
    if name not in CONDITIONS:
        return f"{name} is no condition; known: {', '.join(CONDITIONS)}"
    if name in ("term", "undervalue"):
        return _comparison(name, wanted)
    if name in ("landlord_break", "capital_funder"):
        return "" if isinstance(wanted, bool) else f"{name} must be true or false"
    if not isinstance(wanted, list) or not wanted:
        return f"{name} must be a list"
    known = {
        "division": CALENDARS,
        "not_said": tuple(FIELDS),
    }.get(name) or _values(name)
    wrong = [str(one) for one in wanted if known and one not in known]
    return f"{name} cannot be {', '.join(wrong)}; known: {', '.join(known)}" if wrong else ""


def _values(name: str) -> tuple[str, ...]:
    particular = FIELDS[name]
    return (
        ("yes", "no", "unknown") if particular.kind == "answer" else tuple(particular.choices or ())
    )


def _comparison(name: str, wanted: Any) -> str:
    if not isinstance(wanted, dict) or not wanted or set(wanted) - set(COMPARISONS):
        return f"{name} is compared with: {', '.join(COMPARISONS)}"
    for value in wanted.values():
        try:
            _ = Duration.parse(value) if name == "term" else Decimal(value)
        except (ValueError, TypeError, ArithmeticError) as error:
            return f"{name}: {error}"
    return ""


def _is_date(value: object) -> bool:
    try:
        return isinstance(read_date(str(value)), date)
    except ValueError:
        return False


def _clause_problems(tree: "Tree", place: tuple[str, ...], entry: Any) -> Iterator[Problem]:
    yield from _keys(tree, place, entry, _CLAUSE, ("topic", "text"))
    if entry.get("topic") not in TOPICS:
        yield tree.problem(
            (*place, "topic"), "bad-entry", f"topic must be one of: {', '.join(TOPICS)}"
        )


def _funder_problems(tree: "Tree", place: tuple[str, ...], entry: Any) -> Iterator[Problem]:
    yield from _keys(tree, place, entry, _FUNDER, ("label", "source"))
    if "at_least" in entry:
        try:
            Duration.parse(str(entry["at_least"]))
        except ValueError as error:
            yield tree.problem((*place, "at_least"), "bad-entry", str(error))
    if entry.get("measured_at", "completion") not in ("award", "completion"):
        what = "measured_at must be award or completion"
        yield tree.problem((*place, "measured_at"), "bad-entry", what)
    for key in ("no_landlord_break", "charge", "assignable"):
        if not isinstance(entry.get(key, False), bool):
            yield tree.problem((*place, key), "bad-entry", f"{key} must be true or false")
    if not _is_date(entry.get("as_of")):
        yield tree.problem((*place, "as_of"), "bad-entry", "as_of must be a date")
