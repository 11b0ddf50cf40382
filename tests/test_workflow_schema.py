"""The JSON Schema for editors and the loader know the same workflow files."""

import copy
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Terminal
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from problem_files import PROBLEM_FILES, ROOT, SOUND, code_of
from sizes import fuzzed
from test_definitions import SHIPPED_ROUTES, TINY

from assetflow import data_files, definitions, shape, workflow_schema, yaml_reader
from assetflow.errors import BadFile
from assetflow.settings import SHIPPED, Settings
from assetflow.soundness import Surroundings
from assetflow.workflow import Workflow

SCHEMA = workflow_schema.schema()
VALIDATOR = Draft7Validator(SCHEMA)
# What the loader says of a file's shape; the schema says the same of every one of them.
SHAPE = {
    *("unknown-key", "missing-key", "wrong-type", "bad-parameter", "unknown-guard"),
    "unknown-calendar",
}
# What the loader says of names and lists, and the schema as far as it can.
PARTLY = {
    *("bad-name", "bad-duration", "unknown-holder", "unknown-right", "unknown-alert", "alert-time"),
    *("right-of-nobody", "nobody-may-fire", "no-source", "tells-nobody"),
}
# What only the loader knows: dates beyond a century, periods without a first day, who can be there
# when a case is opened.
LOADER_ALONE = {
    "bad-duration-long",
    "bad-duration-empty",
    "bad-duration-every",
    "right-of-nobody-open",
    "tells-nobody-champion",
}


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """What a route may refer to where no council has files of its own."""
    shipped = Settings(home=Path("no such home"), database_url="sqlite://")
    return definitions.surroundings(shipped, data_files.calendar(shipped))


def read(path: Path) -> Any:
    """What a file says, as the strict reader gives it."""
    return yaml_reader.read_file(path).value


# --- the schema ---------------------------------------------------------------------------------


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_the_schema_in_the_repository_is_the_one_that_is_made() -> None:
    kept = (ROOT / workflow_schema.FILE_NAME).read_text(encoding="utf-8")
    command = f"assetflow workflow schema --output {workflow_schema.FILE_NAME}"
    assert kept == workflow_schema.text(), f"bring it up to date: {command}"


def keys(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that a file may have, with what the schema says of it."""
    if isinstance(part, dict):
        for name, inside in part.get("properties", {}).items():
            yield f"{path}.{name}", inside
        for name, inside in part.items():
            yield from keys(inside, f"{path}.{name}")
    elif isinstance(part, list):
        for inside in part:
            yield from keys(inside, path)


def test_every_key_says_what_it_means() -> None:
    # What a guard takes is told by the guard itself.
    found = [(path, part) for path, part in keys(SCHEMA) if ".requires." not in path]
    assert len(found) > 80
    silent = [path for path, part in found if "$ref" not in part and not part.get("description")]
    assert silent == [], "write what they mean in workflow_schema/words.py"


def test_no_description_is_left_of_what_is_gone() -> None:
    parts = {"Workflow": SCHEMA, **SCHEMA["$defs"]}
    told = SCHEMA["properties"]["alerts"]["properties"]
    both = {**told["silence"]["properties"], **told["stage_overrun"]["properties"]}
    parts["AlertRule"] = {"properties": both}
    known = {(name, key) for name, part in parts.items() for key in part["properties"]}
    assert {*workflow_schema.words.FIELDS} <= known
    assert {*workflow_schema.words.ENTRIES} <= {*parts}


# --- the same files -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*SHIPPED_ROUTES, SOUND], ids=lambda path: path.stem)
def test_the_schema_accepts_a_sound_route(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(read(path))) == []


def test_the_schema_accepts_everything_a_file_can_say() -> None:
    said = yaml_reader.read_bytes(TINY.encode(), "tiny_route.yaml").value
    assert list(VALIDATOR.iter_errors(said)) == []
    assert {*said} == {*SCHEMA["properties"]}


def readable() -> list[Path]:
    """The examples that are YAML; the others no schema ever sees."""
    found = []
    for path in PROBLEM_FILES:
        try:
            read(path)
        except BadFile:
            continue
        found.append(path)
    return found


@pytest.mark.parametrize("path", readable(), ids=lambda path: path.stem)
def test_the_schema_refuses_an_example_whose_shape_is_wrong_and_no_other(path: Path) -> None:
    structural = code_of(path) in {*SHAPE, *PARTLY, "not-a-workflow"}
    expected = structural and path.stem not in LOADER_ALONE
    assert VALIDATOR.is_valid(read(path)) == (not expected)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a file."""
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))


ROUTE = yaml_reader.read_bytes(TINY.encode(), "tiny_route.yaml").value
PLACES = [place for place in places(ROUTE) if place]
KEYS = sorted({str(place[-1]) for place in PLACES} | {"guard", "parameters", "id", "origins"})
VALUES = (
    st.sampled_from(["", "x", "group", "2 weeks", "2 moons", "champion_named", "waited", "A b"])
    | st.sampled_from([0, 1, -1, 60, True, False, [], {}, ["legal"], ["*"], [1], {"a": "b"}])
    | st.sampled_from([{"waited": {"at_least": "1 week"}}, {"waited": {}}, {"ball_with": "group"}])
    | st.sampled_from([{"guard": "champion_named", "parameters": {}}, {"guard": "waited"}])
    | st.sampled_from(PLACES).map(lambda place: at(ROUTE, place))
).map(copy.deepcopy)


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


@st.composite
def changed_routes(draw: st.DrawFn) -> Any:
    """The small route with a few entries replaced, lost, renamed or added."""
    route = copy.deepcopy(ROUTE)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([place for place in places(route) if place]))
        holder = at(route, tuple(way))
        match draw(st.sampled_from(["replace", "lose", "rename", "add"])):
            case "replace":
                holder[last] = draw(VALUES)
            case "lose":
                del holder[last]
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from(KEYS))] = holder.pop(last)
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(KEYS))] = draw(VALUES)
            case _:
                holder.append(draw(VALUES))
    return route


def codes(route: Any, around: Surroundings) -> set[str]:
    """The codes of the problems that the loader has with a route."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.yaml"
        path.write_text(json.dumps(route), encoding="utf-8")
        try:
            definitions.load(path, around)
        except BadFile as refusal:
            return {problem.code for problem in refusal.problems}
    return set()


@settings(max_examples=fuzzed())
@given(changed_routes())
def test_the_schema_and_the_loader_refuse_the_same_shapes(around: Surroundings, route: Any) -> None:
    if not [place for place in places(route) if place]:
        return
    found, valid = codes(route, around), VALIDATOR.is_valid(route)
    assert not (valid and found & SHAPE), found
    assert valid or found & (SHAPE | PARTLY), found


# --- where editors find it ----------------------------------------------------------------------


def test_the_schema_is_printed(tmp_path: Path) -> None:
    result = Terminal(tmp_path / "no home")("workflow", "schema")
    assert result.out == workflow_schema.text()
    assert json.loads(result.out) == SCHEMA


def test_the_schema_is_written_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    result = Terminal(tmp_path / "no home")("workflow", "schema", "--output", str(file))
    assert result.out == f"✓ schema of workflow files: {file}\n"
    assert file.read_text(encoding="utf-8") == workflow_schema.text()


def test_the_schema_is_written_again_but_over_nothing_else(tmp_path: Path) -> None:
    away = Terminal(tmp_path / "no home")
    file, register = tmp_path / "mine.json", tmp_path / "register.csv"
    file.write_text("{}", encoding="utf-8")
    register.write_text("Property ID", encoding="utf-8")
    away("workflow", "schema", "--output", str(file))
    assert file.read_text(encoding="utf-8") == workflow_schema.text()
    refused = away("workflow", "schema", "--output", str(register), code=2)
    assert refused.err == (
        f"{register} exists already; nothing was overwritten.\n"
        "  → name a file that is not there yet, or one that ends in .json\n"
    )
    assert register.read_text(encoding="utf-8") == "Property ID"


def test_a_schema_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "mine.json"
    result = Terminal(tmp_path / "no home")("workflow", "schema", "--output", str(file), code=4)
    assert result.err == (
        f"The schema was not written to {file}.\n"
        "  - No such file or directory\n  → name another file\n"
    )


def test_a_home_has_the_schema_of_its_version(af: Terminal) -> None:
    kept = af.home / workflow_schema.FILE_NAME
    assert kept.read_text(encoding="utf-8") == workflow_schema.text()
    kept.write_text("{}", encoding="utf-8")
    af("init")
    assert kept.read_text(encoding="utf-8") == workflow_schema.text()


@pytest.mark.parametrize("path", SHIPPED_ROUTES, ids=lambda path: path.stem)
def test_a_shipped_route_names_the_schema_where_it_lies_and_where_it_is_copied_to(
    path: Path, af: Terminal
) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(.+)", first)
    assert named
    for folder in (SHIPPED / "workflows", af.home / "workflows"):
        assert (folder / named[1]).resolve() == (folder.parent / workflow_schema.FILE_NAME)
        assert (folder / named[1]).is_file()


# --- the shape, as it is checked ------------------------------------------------------------------

# What pydantic adds for itself, with the value that its core takes where nothing is said.
_UNSAID = {
    "kw_only": False, "init": True, "post_init": False, "frozen": False, "computed_fields": [],
    "collect_init_only": False, "default_factory_takes_data": False,
}  # fmt: skip


def _said(part: Any, parts: dict[str, Any]) -> Any:
    """Leave out what pydantic's core takes as given, and put what is referred to in its place."""
    if isinstance(part, list):
        return [_said(each, parts) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "definition-ref":
        return _said(parts[part["schema_ref"]], parts)
    told = {key: value for key, value in part.items() if key not in ("ref", "metadata")}
    return {k: _said(v, parts) for k, v in told.items() if k not in _UNSAID or _UNSAID[k] != v}


def test_a_file_is_held_to_the_shape_that_pydantic_would_make_of_a_route() -> None:
    made: Any = shape.adapter().core_schema
    parts = {part["ref"]: part for part in made["definitions"]}
    assert shape.schema(Workflow) == _said(made["schema"], parts)
