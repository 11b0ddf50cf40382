"""Finds scenario files and the routes they speak of, and reads them whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assetflow import data_files, definitions, soundness
from assetflow.errors import BadFile, NotFound
from assetflow.scenarios import names, reader
from assetflow.scenarios.told import Book
from assetflow.settings import Settings
from assetflow.workflow import Workflow
from assetflow.yaml_reader import read_file

ENDING = ".scenario.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario file that was read, with the routes it needs and the file of each."""

    book: Book
    routes: dict[str, Workflow]
    files: dict[str, Path]
    around: soundness.Surroundings


def available(settings: Settings) -> tuple[Path, ...]:
    """List the scenario files of an installation, the council's own instead of the shipped one."""
    found: dict[str, Path] = {}
    for folder in reversed(settings.folders("workflows")):
        files = folder.glob(f"*{ENDING}") if folder.is_dir() else ()
        found.update({file.name: file for file in files})
    return tuple(found[name] for name in sorted(found))


def find(settings: Settings, typed: str) -> Path:
    """Find a scenario file: as typed, beside the route's file that was typed, or by a name."""
    path = Path(typed)
    if path.name.endswith(ENDING):
        return path
    if path.suffix in (".yaml", ".yml"):
        beside = path.with_name(path.stem + ENDING)
        if beside.is_file():
            return beside
        raise _none(path.stem, [f"looked for {beside}"])
    found = settings.policy_file("workflows", f"{typed}{ENDING}")
    if found is None:
        definitions.find(settings, typed)
        known = ", ".join(p.name.removesuffix(ENDING) for p in available(settings)) or "none"
        raise _none(typed, [f"routes that have some: {known}"])
    return found


def _none(route: str, reasons: list[str]) -> NotFound:
    return NotFound(
        f"There are no scenarios of {route}.", reasons=reasons,
        remedies=[f"begin with: assetflow workflow test --missing {route}"],
    )  # fmt: skip


def load(path: Path, settings: Settings) -> Loaded:
    """Read a scenario file with its routes; raises ``BadFile`` with every problem and its line."""
    tree = read_file(path)
    book, page = reader.book(tree)
    if book is None or not book.workflow:
        reader.check(tree, page)
        raise AssertionError  # what has no route has a problem
    files = {p.stem: p for p in _beside(path)}
    around = definitions.surroundings(settings, data_files.calendar(settings), files.values())
    routes: dict[str, Workflow] = {}
    used: dict[str, Path] = {}
    wanted = [book.workflow, *_workflows(book)]
    for name in wanted:
        if name in routes:
            continue
        try:
            used[name] = files.get(name) or definitions.find(settings, name)
        except NotFound as error:
            where = ("workflow",) if name == book.workflow else ()
            page.wrong(where, "unknown-workflow", error.what, " ".join(error.reasons))
            continue
        routes[name] = definitions.load(used[name], around)
        wanted += _related(routes[name])
    if book.workflow in routes:
        findings = names.findings(book, routes, around.letter_facts)
        page.problems += [tree.problem(*finding) for finding in findings]
    reader.check(tree, page)
    return Loaded(book, routes, used, around)


def _beside(path: Path) -> Iterator[Path]:
    """Give the routes in the folder of a scenario file: they are meant before all others."""
    for file in sorted(path.parent.glob("*.yaml")):
        if not file.name.endswith(ENDING) and _is_route(file):
            yield file


def _is_route(file: Path) -> bool:
    try:
        value = read_file(file).value
    except BadFile:
        return True  # which is said when it is needed
    return isinstance(value, dict) and "transitions" in value


def _workflows(book: Book) -> Iterable[str]:
    for scenario in book.scenarios:
        for step in scenario.steps:
            if step.kind == "open" and "workflow" in step.what:
                yield step.what["workflow"]


def _related(route: Workflow) -> list[str]:
    goes_on = [t.continues_as.workflow for t in route.transitions.values() if t.continues_as]
    return [*route.parts, *route.part_of, *goes_on]
