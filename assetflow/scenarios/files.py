"""Finds scenario files and the routes they speak of, and reads them whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assetflow import data_files, definitions, soundness
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.scenarios import names, reader
from assetflow.scenarios.told import Book
from assetflow.settings import Settings
from assetflow.soundness.finding import Finding
from assetflow.workflow import Workflow
from assetflow.yaml_reader import read_file

ENDING = definitions.SCENARIOS
MOST_LETTERS = 200
# Of a folder outside the installation, so many are looked at.
MOST_FILES = 100


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
    loaded = Loaded(book, {}, {}, around(settings, path)) if book else None
    if loaded and loaded.book.workflow:
        page.problems += [tree.problem(*found) for found in _add_routes(loaded, path, settings)]
        if loaded.book.workflow in loaded.routes:
            letters = loaded.around.letter_facts
            findings = names.findings(loaded.book, loaded.routes, letters, whole=not page.problems)
            page.problems += [tree.problem(*finding) for finding in findings]
    if page.problems or loaded is None:
        raise _unusable(path, sorted({*page.problems}))
    return loaded


def _unusable(path: Path, problems: list[Problem]) -> BadFile:
    remedies = [f"what a code means: assetflow workflow check --explain {problems[0].code}"]
    return BadFile(f"The scenarios in {path.name} cannot be used.", problems, remedies=remedies)


def around(settings: Settings, path: Path) -> soundness.Surroundings:
    """Give what routes may refer to, with the routes in the folder of a file outside as well."""
    beside: list[Path] = []
    if not _is_installed(settings, path):
        found = sorted(path.parent.glob("*.yaml"))
        beside = [file for file in found if not file.name.endswith(ENDING)][:MOST_FILES]
    return definitions.surroundings(settings, data_files.calendar(settings), beside)


def _is_installed(settings: Settings, path: Path) -> bool:
    return path.parent in settings.folders("workflows")


def _add_routes(loaded: Loaded, path: Path, settings: Settings) -> Iterator[Finding]:
    """Read the routes that a book speaks of, and those that they lead to."""
    wanted = [loaded.book.workflow, *_workflows(loaded.book)]
    for name in wanted:
        if name in loaded.files:
            continue
        try:
            loaded.files[name] = _route_file(settings, path, name)
        except NotFound as error:
            where = ("workflow",) if name == loaded.book.workflow else ()
            yield Finding(where, "unknown-workflow", error.what, " ".join(error.reasons))
            continue
        loaded.routes[name] = definitions.load(loaded.files[name], loaded.around)
        wanted += _related(loaded.routes[name])


def _route_file(settings: Settings, path: Path, name: str) -> Path:
    """Find a route: outside the installation, one beside the scenarios is meant before all others.

    Within it a council's own route is meant, also where its scenarios are the shipped ones.
    """
    is_name = Path(name).name == name and len(name) < MOST_LETTERS
    if is_name and not _is_installed(settings, path):
        beside = path.with_name(f"{name}.yaml")
        if beside.is_file():
            return beside
    return definitions.find(settings, name)


def _workflows(book: Book) -> Iterable[str]:
    for scenario in book.scenarios:
        for step in scenario.steps:
            if step.kind == "open" and "workflow" in step.what:
                yield step.what["workflow"]


def _related(route: Workflow) -> list[str]:
    goes_on = [t.continues_as.workflow for t in route.transitions.values() if t.continues_as]
    return [*route.parts, *route.part_of, *goes_on]
