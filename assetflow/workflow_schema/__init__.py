"""The JSON Schema of workflow files: editors complete and underline by it while one types.

It is made of the same declarations as the loader: the dataclasses of ``workflow``, the registry of
guards, and the rights and alerts there are. What it cannot say, such as whether a stage can be
reached, ``workflow check`` says.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from assetflow import definitions, guards, shape
from assetflow.deadlines import PATTERN as PERIOD
from assetflow.soundness import names, people
from assetflow.targets import PATTERN as SHARE
from assetflow.workflow_schema.words import ENTRIES, FIELDS, RIGHTS

FILE_NAME = "workflow.schema.json"
Schema = dict[str, Any]
_PERIODS = (
    "stall_limit",
    "review_within",
    "target",
    "within",
    "before",
    "warn",
    "after",
    "cap",
    "every",
    "leaves",
)
# What guards call their periods, where they are text.
_GUARD_PERIODS = ("at_least", "at_most", "within")
_KINDS: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    list[str]: {"type": "array", "items": {"type": "string"}},
}


def text() -> str:
    """Give the schema as the file that editors read."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def schema() -> Schema:
    """Make the schema of a workflow file."""
    made: Schema = _plain(shape.adapter().json_schema())
    parts: dict[str, Schema] = made["$defs"]
    made["properties"]["rights"] = _rights()
    made["properties"]["alerts"] = _alerts(parts.pop("AlertRule"))
    _named_entries(made["properties"], parts)
    _steps(parts)
    for told in ("Rung", "PauseRule"):
        parts[told]["properties"]["to"]["minItems"] = 1
    parts["Task"]["properties"]["id"]["pattern"] = names.NAME
    for name, part in [("Workflow", made), *parts.items()]:
        _describe(name, part)
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "assetflow workflow"}
    return {**head, **made}


def _plain(part: Any) -> Any:
    """Leave out what only programs need: titles, and null, which a file cannot say."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "anyOf" in part:
        kinds = [each for each in part["anyOf"] if each != {"type": "null"}]
        part = kinds[0] if len(kinds) == 1 else {**part, "anyOf": kinds}
    return {
        key: {name: _plain(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _plain(value)
        for key, value in part.items()
        if key not in ("title", "default", "description")
    }


def _named_entries(properties: dict[str, Schema], parts: dict[str, Schema]) -> None:
    """Give each group names that can be typed, and take the name out of its entries."""
    for group, own_name in definitions.NAMED.items():
        properties[group]["propertyNames"] = {"pattern": names.NAME}
        part = parts[properties[group]["additionalProperties"]["$ref"].rpartition("/")[2]]
        part["properties"].pop(own_name, None)
        part["required"] = [key for key in part["required"] if key != own_name]
    properties["name"]["pattern"] = names.NAME
    properties["reference_prefix"]["pattern"] = names.PREFIX


def _steps(parts: dict[str, Schema]) -> None:
    step = parts["Transition"]
    step["properties"] = {
        "from" if key == "origins" else key: value for key, value in step["properties"].items()
    }
    step["required"] = ["from" if key == "origins" else key for key in step["required"]]
    for key in ("from", "who"):
        step["properties"][key]["minItems"] = 1
    del parts["GuardUse"]
    step["properties"]["requires"]["items"] = _guard()


def _guard() -> Schema:
    """A guard is written as its name, or as its name with what it takes."""
    bare = [
        {"const": name, "description": _words(name)}
        for name in guards.REGISTRY
        if not guards.parameters(name)
    ]
    with_parameters = {
        "type": "object",
        "properties": {name: _parameters(name) for name in guards.REGISTRY},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [*bare, with_parameters]}


def _parameters(guard: str) -> Schema:
    takes = guards.parameters(guard)
    return {
        "type": "object",
        "description": _words(guard),
        "properties": {name: _parameter(name, kind) for name, kind in takes.items()},
        "required": [name for name in takes if name not in guards.optional(guard)],
        "additionalProperties": False,
    }


def _parameter(name: str, kind: Any) -> Schema:
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    limits: dict[str, Schema] = {"holder": {"enum": list(guards.HOLDERS)}}
    if kind is str:
        limits |= {key: {"pattern": PERIOD} for key in _GUARD_PERIODS}
    return {**_KINDS[kind], **limits.get(name, {})}


def _words(guard: str) -> str:
    return " ".join((guards.REGISTRY[guard].__doc__ or "").split())


def _rights() -> Schema:
    roles = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "type": "object",
        "properties": {
            right: {**roles, "description": RIGHTS[right]}
            for right in (*people.RIGHTS, *people.OPTIONAL_RIGHTS)
        },
        "required": list(people.RIGHTS),
        "additionalProperties": False,
    }


def _alerts(rule: Schema) -> Schema:
    """Some alerts need to know how long to wait, and the others must not be told."""
    rule["properties"]["to"]["minItems"] = 1
    _describe("AlertRule", rule)
    rule["properties"]["share"]["pattern"] = SHARE
    kinds = {}
    for kind in people.ALERTS:
        asked = {"after": kind in people.TIMED_ALERTS, "share": kind in people.SHARED_ALERTS}
        fields = {key: v for key, v in rule["properties"].items() if asked.get(key, True)}
        needed = ["to", *(key for key, wanted in asked.items() if wanted)]
        kinds[kind] = {**rule, "properties": fields, "required": needed}
    return {"type": "object", "properties": kinds, "additionalProperties": False}


def _describe(name: str, part: Schema) -> None:
    """Write beside each key what it means, and how a period is written."""
    if name in ENTRIES:
        part["description"] = ENTRIES[name]
    for key, field in part["properties"].items():
        if key in _PERIODS:
            field["pattern"] = PERIOD
        # Beside a reference editors read nothing.
        if "$ref" not in field and (name, key) in FIELDS:
            field["description"] = FIELDS[name, key]
