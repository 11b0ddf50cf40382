"""Reads workflow files: YAML in, a proven ``Workflow`` out, or every problem with its line."""

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from assetflow import data_files, route_files, shape, soundness
from assetflow.calendars import Calendar
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.settings import CALENDARS, Settings
from assetflow.workflow import (
    AlertRule,
    Clock,
    ClockStart,
    Continuation,
    Criterion,
    Fact,
    Limit,
    Named,
    ObjectionCategory,
    Paper,
    PauseRule,
    Rung,
    SignoffRule,
    Stage,
    Task,
    TellsParts,
    Transition,
    Workflow,
)
from assetflow.yaml_reader import Path_, Tree

# Beside a route stands the file of its scenarios.
SCENARIOS = ".scenario.yaml"
# Entries that the file writes as `name: {...}`; the name becomes a field of the entry.
NAMED = {
    "stages": "id",
    "transitions": "trigger",
    "departments": "id",
    "roles": "id",
    "facts": "name",
    "ladder": "level",
    "objections": "id",
    "criteria": "id",
    "clocks": "id",
    "papers": "id",
    "limits": "id",
}
_KINDS: dict[Any, Any] = {
    "stages": Stage,
    "transitions": Transition,
    "departments": Named,
    "roles": Named,
    "facts": Fact,
    "ladder": Rung,
    "alerts": AlertRule,
    "objections": ObjectionCategory,
    "criteria": Criterion,
    "papers": Paper,
    "clocks": Clock,
    "limits": Limit,
}


# Entries inside an entry.
_INSIDE: dict[Any, Any] = {
    "signoffs": SignoffRule,
    "starts": ClockStart,
    "tells_parts": TellsParts,
    "continues_as": Continuation,
    "tasks": Task,
}


def find(settings: Settings, name: str) -> Path:
    """Find a route's file by its name; the council's own wins over the shipped one."""
    path = settings.policy_file("workflows", f"{name}.yaml")
    if path is None:
        known = ", ".join(file.stem for file in available(settings)) or "none"
        raise NotFound(f"There is no workflow {name}.", reasons=[f"known: {known}"])
    return path


def available(settings: Settings) -> tuple[Path, ...]:
    """List the route files of an installation, the council's own instead of the shipped one."""
    files: dict[str, Path] = {}
    for folder in reversed(settings.folders("workflows")):
        found = folder.glob("*.yaml") if folder.is_dir() else ()
        files.update({f.name: f for f in found if not f.name.endswith(SCENARIOS)})
    return tuple(files[name] for name in sorted(files))


def surroundings(
    settings: Settings, calendar: Calendar, files: Iterable[Path] = ()
) -> soundness.Surroundings:
    """Give what a workflow may refer to: letters with their facts, libraries, working days.

    ``files`` are workflow files elsewhere, which come before those beside them that they name, and
    these before what is installed. Letters may use the facts of all.
    """
    from assetflow.letters import CONTRACT, open_book  # noqa: PLC0415 - jinja2 costs 50 ms

    files = [*files]
    installed = available(settings)
    trees = list(route_files.trees([*installed, *route_files.beside(files), *files]))
    facts = route_files.declared_facts(trees)
    letters = open_book(settings.folders("letters"), settings.language, facts)
    names = [path.stem for path in data_files.library_files(settings)]
    return soundness.Surroundings(
        letter_facts=letters.facts_by_letter(),
        libraries=names,
        calendar=calendar,
        letter_occasions=letters.occasions_by_letter(),
        letter_recipients=letters.recipients(),
        letter_words=frozenset(name.removesuffix("?") for name in CONTRACT),
        routes={outline.name: outline for outline in route_files.outlines(trees)},
    )


def load(path: Path, around: soundness.Surroundings) -> Workflow:
    """Read and prove one route; raises ``BadFile`` with every problem and its line."""
    tree = route_files.read(path)
    workflow, shape_problems = _build(tree)
    problems = [*shape_problems]
    if workflow is not None:
        problems += [tree.problem(*finding) for finding in soundness.findings(workflow, around)]
    if problems or workflow is None:
        raise BadFile(
            f"The workflow {path.name} cannot be used.",
            sorted({*problems}),
            remedies=[f"mend the file, then run: assetflow workflow check {path}"],
        )
    return workflow


@lru_cache(maxsize=32)
def _build(tree: Tree) -> tuple[Workflow | None, list[Problem]]:
    """Make the route that a file tells; the same text is not told apart again."""
    if not isinstance(tree.value, dict):
        hint = "begin with name: and label:, as the shipped workflow does"
        return None, [tree.problem((), "not-a-workflow", "the file has no named entries", hint)]
    document, problems = _normalised(tree)
    workflow, misshapen = shape.read(json.dumps(document))
    problems += [_shape_problem(tree, detail) for detail in misshapen]
    return _with_reasons(workflow) if workflow else None, problems


def _with_reasons(workflow: Workflow) -> Workflow:
    """Give the fact that says why a case is paused its choices, which stand with the pauses."""
    rule = workflow.pauses
    fact = workflow.facts.get(rule.reason) if rule else None
    if rule is None or fact is None or fact.type != "choice" or fact.choices:
        return workflow
    chosen = replace(fact, choices=tuple(rule.reasons))
    return replace(workflow, facts={**workflow.facts, fact.name: chosen})


def _normalised(tree: Tree) -> tuple[dict[str, Any], list[Problem]]:
    document: dict[str, Any] = dict(tree.value)
    problems: list[Problem] = []
    for group, field in NAMED.items():
        if isinstance(document.get(group), dict):
            entries = document[group]
            problems += _name_written_twice(tree, group, field, entries)
            document[group] = {k: _with_name(field, k, entry) for k, entry in entries.items()}
    if isinstance(document.get("transitions"), dict):
        document["transitions"] = {
            trigger: _transition(entry) for trigger, entry in document["transitions"].items()
        }
    return document, problems


def _with_name(field: str, name: str, entry: Any) -> Any:
    return {**entry, field: name} if isinstance(entry, dict) else entry


def _name_written_twice(
    tree: Tree, group: str, field: str, entries: dict[str, Any]
) -> Iterable[Problem]:
    for name, entry in entries.items():
        if isinstance(entry, dict) and field in entry:
            message = f"{field} is not written inside the entry; {name} is its name already"
            yield tree.problem((group, name, field), "unknown-key", message, "delete it")
        if group == "transitions" and isinstance(entry, dict) and "origins" in entry:
            where, message = (group, name, "origins"), "origins is not a key that is known here"
            yield tree.problem(where, "unknown-key", message, "did you mean from?")


def _transition(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    renamed = {("origins" if key == "from" else key): value for key, value in entry.items()}
    if isinstance(renamed.get("requires"), list):
        renamed["requires"] = [_guard_use(use) for use in renamed["requires"]]
    return renamed


def _guard_use(use: Any) -> Any:
    if isinstance(use, str):
        return {"guard": use}
    if isinstance(use, dict) and len(use) == 1:
        ((name, parameters),) = use.items()
        return {"guard": name, "parameters": parameters}
    return None  # which is refused with its place


PLAIN = {
    "missing": "missing-key",
    "unexpected_keyword_argument": "unknown-key",
    "extra_forbidden": "unknown-key",
}


def _shape_problem(tree: Tree, detail: Any) -> Problem:
    location = tuple(part for part in detail["loc"] if part != "[key]")
    code = PLAIN.get(detail["type"], "wrong-type")
    name = "from" if location and location[-1] == "origins" else (location[-1] if location else "")
    where = _in_file(location)
    if location[2:3] == ("requires",) and len(location) > 3:
        hint = "give each guard its own entry, as in - ball_with: {holder: council}"
        message = f"entry {location[3] + 1} of requires must be one guard"
        return tree.problem(where[:4], "wrong-type", message, hint)
    if code == "missing-key":
        return tree.problem(where, code, f"{name} is missing", f"add {name}: here")
    if code == "unknown-key":
        hint = soundness.nearest(str(name), _known_at(location))
        return tree.problem(where, code, f"{name} is not a key that is known here", hint)
    if isinstance(name, int):
        name = f"entry {name + 1} of {where[-2]}"
    if location == ("calendar",) and isinstance(detail["input"], str):
        message = f"there are no bank holidays of {detail['input']!r}"
        return tree.problem(
            where, "unknown-calendar", message, soundness.nearest(detail["input"], CALENDARS)
        )
    sentence, hint = _WANTED.get(detail["type"], (_sentence(detail["msg"]), ""))
    if detail["type"] == "string_type" and isinstance(detail["input"], (dict, list)):
        hint = ""
    return tree.problem(where, code, f"{name} {sentence}", hint)


_ENTRIES = ("must be a group of named entries", "write it as {name: value} or on indented lines")
_WANTED = {
    "string_type": ("must be text", "put the text in quotes"),
    "int_type": ("must be a whole number", "write it without quotes, units or a decimal point"),
    "bool_type": ("must be true or false", "write it without quotes"),
    "tuple_type": ("must be a list", "write it in brackets, as in [one, two]"),
    "dict_type": _ENTRIES,
    "dataclass_type": _ENTRIES,
}


def _known_at(location: tuple[Any, ...]) -> list[str]:
    """Give the keys that the file may have at a place."""
    kind = _KINDS.get(location[0], Workflow) if len(location) > 1 else Workflow
    kind = PauseRule if location[:1] == ("pauses",) and len(location) == 2 else kind
    kind = next((_INSIDE[part] for part in location[2:-1] if part in _INSIDE), kind)
    names = {field.name for field in fields(kind)}
    if len(location) == 3:
        names.discard(NAMED.get(location[0], ""))
    return ["from" if name == "origins" else name for name in names]


def _sentence(message: str) -> str:
    return message.replace("Input should be ", "must be ")


def _in_file(location: tuple[Any, ...]) -> Path_:
    return tuple("from" if part == "origins" else part for part in location)
