"""The shape of a workflow file: every entry is there, is known, and is of the kind that is needed.

The dataclasses of ``workflow`` say it. pydantic would make the same validator of them, in four
times the time: checking a file is the one command that somebody repeats after every line.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from assetflow.workflow import Workflow

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

Schema = dict[str, Any]
_PLAIN = {str: "str", int: "int", bool: "bool", Any: "any"}


def read(document: str) -> tuple[Workflow | None, list[Any]]:
    """Make a route of what its file says, as JSON; or give every problem of its shape."""
    from pydantic_core import ValidationError  # noqa: PLC0415 - 20 ms, only to check a file

    try:
        return _validator().validate_json(document), []
    except ValidationError as error:
        return None, list(error.errors())


def adapter() -> "TypeAdapter[Workflow]":
    """Give what can tell the shape as a JSON Schema."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - 0.1 s, only to write the schema

    return TypeAdapter(Workflow)


@lru_cache(maxsize=1)
def _validator() -> "SchemaValidator":
    from pydantic_core import SchemaValidator  # noqa: PLC0415 - as above

    return SchemaValidator(schema(Workflow))


def schema(kind: Any) -> Any:
    """Give the schema of a kind of value, as pydantic's core wants it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _entry(kind)
    if origin is Literal:
        return {"type": "literal", "expected": list(arguments)}
    if origin is UnionType or NoneType in arguments:
        (known,) = (each for each in arguments if each is not NoneType)
        return {"type": "nullable", "schema": schema(known)}
    if origin is tuple:
        return {"type": "tuple", "items_schema": [schema(arguments[0])], "variadic_item_index": 0}
    if origin in (dict, Mapping):
        keys, values = map(schema, arguments)
        return {"type": "dict", "keys_schema": keys, "values_schema": values}
    return {"type": _PLAIN[kind]}


def _entry(kind: Any) -> Schema:
    hints, told = get_type_hints(kind), fields(kind)
    entries = [
        {"type": "dataclass-field", "name": each.name, "schema": _field(each, hints[each.name])}
        for each in told
    ]
    return {
        "type": "dataclass",
        "cls": kind,
        "fields": [each.name for each in told],
        "slots": "__slots__" in vars(kind),
        "config": {
            "strict": kind.__pydantic_config__["strict"],
            "extra_fields_behavior": kind.__pydantic_config__["extra"],
            "title": kind.__name__,
        },
        "schema": {
            "type": "dataclass-args",
            "dataclass_name": kind.__name__,
            "fields": entries,
        },
    }


def _field(each: "Field[Any]", kind: Any) -> Schema:
    found = schema(kind)
    if each.default is not MISSING:
        return {"type": "default", "schema": found, "default": each.default}
    if each.default_factory is not MISSING:
        return {"type": "default", "schema": found, "default_factory": each.default_factory}
    return found  # type: ignore[no-any-return]
