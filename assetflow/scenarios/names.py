"""Holds a scenario file against its route: every name in it must mean something there."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from assetflow.guards import HOLDERS
from assetflow.scenarios.coverage import LetterFacts, declared
from assetflow.scenarios.told import Book, Player, Scenario, Step
from assetflow.soundness.finding import Finding, unknown
from assetflow.workflow import Continuation, Workflow
from assetflow.yaml_reader import Path_

# Whoever holds nothing, to see who may not.
NOBODY = "nobody"
# Where the name of a thing of the route stands: under which key, or of which kinds of step.
_TRIGGERS, _SIGNING, _PEOPLE = ("do", "ask"), ("sign", "object"), ("as", "by")
_OF_PEOPLE = ("champion", "leaves")
# A name in a step: where it stands, what it is a name of, the name, and those that there are.
_Named = tuple[Path_, str, str, Collection[str]]


def cast(routes: Collection[Workflow]) -> dict[str, Player]:
    """Give who there is by themselves, by their short names.

    One for each place on a case, each role and each department, and one who has no role at all.
    """
    openers = dict.fromkeys(route.rights["open_case"][0] for route in routes)
    found = [Player("case_officer", _named("case_officer"), tuple(openers))]
    found += [Player(handle, _named(handle)) for handle in ("champion", NOBODY)]
    for route in routes:
        found += [Player(r, _named(r), (r,)) for r in route.roles if r != "signatory"]
        if "signatory" in route.roles:
            found += [_signatory(department) for department in route.departments]
    return {player.handle: player for player in reversed(found)}


def _signatory(department: str) -> Player:
    handle = f"signatory_{department}"
    return Player(handle, _named(handle), ("signatory",), (department,))


def _named(handle: str) -> str:
    return handle.replace("_", " ").title()


def findings(
    book: Book, routes: Mapping[str, Workflow], letters: LetterFacts, *, whole: bool
) -> Iterator[Finding]:
    """List every name of a file that its routes do not know.

    Where the file is not ``whole``, a case may be opened in a step that could not be read.
    """
    people = {*cast(list(routes.values())), *(player.handle for player in book.people)}
    every = list(routes.values())
    roles = {role for route in every for role in route.roles}
    departments = {d for route in every for d in route.departments}
    for player in book.people:
        path = ("people", player.handle)
        for n, role in enumerate(player.roles):
            if role not in roles:
                yield unknown((*path, "roles", n), "role", role, roles)
        for n, department in enumerate(player.departments):
            if department not in departments:
                yield unknown((*path, "departments", n), "department", department, departments)
    refusals = {str(one) for one in declared(routes[book.workflow], letters)}
    for n, claim in enumerate(book.cannot_happen):
        if claim.refusal not in refusals:
            yield unknown(("cannot_happen", n, "refusal"), "refusal", claim.refusal, refusals)
    for scenario in book.scenarios:
        yield from _Reading(book, routes, letters, people, whole).scenario(scenario)


class _Reading:
    """One scenario that is gone through, with the route of each case opened so far."""

    def __init__(
        self, book: Book, routes: Mapping[str, Workflow], letters: Collection[str],
        people: Collection[str], whole: bool,
    ) -> None:  # fmt: skip
        self.whole = whole
        self.book, self.routes, self.letters, self.people = book, routes, letters, people
        self.cases: dict[str, Workflow] = {}

    def scenario(self, scenario: Scenario) -> Iterator[Finding]:
        for step in scenario.steps:
            yield from self._opened(step) if step.kind == "open" else self._step(step)
            yield from self._people_of(step)
        for case, end in scenario.ends.items():
            yield from self._ending(scenario, "end", case, end)
        for case, stage in scenario.stages.items():
            yield from self._ending(scenario, "stage", case, stage)

    def _ending(self, scenario: Scenario, key: str, case: str, said: str) -> Iterator[Finding]:
        path = (*scenario.path, key)
        if case not in self.cases:
            yield from self._no_case(path, case)
            return
        route = self.cases[case]
        known = set(route.stages) if key == "stage" else {s.end for s in route.stages.values()}
        if said not in known:
            yield unknown(path, key, said, [name for name in known if name])

    def _no_case(self, path: Path_, name: str) -> Iterator[Finding]:
        if self.whole:
            yield unknown(path, "case", name, self.cases)

    def _opened(self, step: Step) -> Iterator[Finding]:
        name, parent = step.what["name"], step.what.get("parent")
        if name in self.cases:
            yield Finding((*step.path, "open", "name"), "same-label",
                          f"there is a case {name} already", "give each its own name")  # fmt: skip
        if parent and parent not in self.cases:
            yield from self._no_case((*step.path, "parent"), parent)
            return
        usual = self.cases[parent].parts[:1] if parent else (self.book.workflow,)
        typed = step.what.get("workflow") or "".join(usual)
        if typed not in self.routes:
            yield unknown((*step.path, "workflow"), "workflow", typed, self.routes)
        elif "refused" not in step.expected:
            self.cases[name] = self.routes[typed]

    def _people_of(self, step: Step) -> Iterator[Finding]:
        named = [((*step.path, key), step.given[key]) for key in _PEOPLE if key in step.given]
        if step.kind in _OF_PEOPLE:
            named.append(((*step.path, step.kind), step.what))
        for path, person in named:
            if person not in self.people:
                yield unknown(path, "person", person, self.people)

    def _step(self, step: Step) -> Iterator[Finding]:
        route = self.cases.get(step.case)
        if route is None:
            yield from self._no_case((*step.path, "case"), step.case)
            if self.whole:
                return
            route = self.routes[self.book.workflow]
        for key, kind, name, known in self._names(step, route):
            if name not in known:
                yield unknown((*step.path, *key), kind, name, known)
        continued = step.given.get("continues")
        if continued and step.what in route.transitions:
            how = self._goes_on(route, step.what)
            if how is None:
                message = f"{step.what} opens no case that goes on"
                yield Finding((*step.path, "continues"), "nothing-continues", message, "delete it")
            elif how.workflow in self.routes:
                self.cases[continued] = self.routes[how.workflow]

    def _goes_on(self, route: Workflow, trigger: str) -> Continuation | None:
        """Give how a case goes on after a step of its own, or after one that its parts are told."""
        step = route.transitions[trigger]
        parts = [self.routes[name] for name in route.parts if name in self.routes]
        told = [
            part.transitions[rule.trigger].continues_as
            for rule in step.tells_parts
            for part in parts
            if rule.trigger in part.transitions
        ]
        return next((how for how in (step.continues_as, *told) if how is not None), None)

    def _names(self, step: Step, route: Workflow) -> Iterator[_Named]:
        """Give each name of a step: where it stands, what it names, and what there is."""
        kind, what, given, expected = step.kind, step.what, step.given, step.expected
        yield from _one(
            (kind,), "transition", what if kind in _TRIGGERS else None, route.transitions
        )
        yield from _one(
            (kind,), "department", what if kind in _SIGNING else None, route.departments
        )
        yield from _one((kind,), "letter", what if kind == "letter" else None, self.letters)
        yield from _one((kind,), "paper", what if kind == "paper" else None, route.papers)
        like = given.get("like") if kind == "paper" else None
        yield from _one(("like",), "paper", like, {**self.book.papers, **route.papers})
        yield from _one(("for",), "transition", given.get("for"), route.transitions)
        yield from _one(("category",), "objection", given.get("category"), route.objections)
        yield from _one(("stage",), "stage", expected.get("stage"), route.stages)
        yield from _one(("waiting_on",), "holder", expected.get("waiting_on"), HOLDERS)
        for n, letter in enumerate(expected.get("letters", ())):
            yield ("letters", n), "letter", letter, self.letters
        tasks = {f"{r.level}.{task.id}" for r in route.ladder.values() for task in r.tasks}
        for n, task in enumerate(expected.get("to_do", ())):
            yield ("to_do", n), "task", task, tasks
        due = expected.get("due", {})
        yield from _each((kind,), "fact", what if kind == "record" else {}, route.facts)
        yield from _each(("facts",), "fact", given.get("facts", {}), route.facts)
        yield from _each(("on_file",), "fact", expected.get("on_file", {}), route.facts)
        signoffs = due.get("signoffs", {})
        yield from _each(("due", "signoffs"), "department", signoffs, route.departments)
        yield from _each(("due", "clocks"), "clock", due.get("clocks", {}), route.clocks)


def _one(path: Path_, kind: str, name: str | None, known: Collection[str]) -> Iterator[_Named]:
    if name is not None:
        yield path, kind, name, known


def _each(path: Path_, kind: str, names: Iterable[str], known: Collection[str]) -> Iterator[_Named]:
    for name in names:
        yield (*path, name), kind, name, known
