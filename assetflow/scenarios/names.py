"""Holds a scenario file against its route: every name in it must mean something there."""

from collections.abc import Collection, Iterator, Mapping

from assetflow.scenarios.told import Book, Player, Scenario, Step
from assetflow.soundness.finding import Finding, unknown
from assetflow.workflow import Workflow

# Whoever holds nothing, to see who may not.
NOBODY = "nobody"
# Where the name of a thing of the route stands: under which key, or of which kinds of step.
_TRIGGERS, _DEPARTMENTS, _PEOPLE = ("do", "ask"), ("sign", "object"), ("as", "by")


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
    book: Book, routes: Mapping[str, Workflow], letters: Collection[str]
) -> Iterator[Finding]:
    """List every name of a file that its routes do not know."""
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
    for scenario in book.scenarios:
        yield from _Reading(book, routes, letters, people).scenario(scenario)


class _Reading:
    """One scenario that is gone through, with the route of each case opened so far."""

    def __init__(
        self, book: Book, routes: Mapping[str, Workflow], letters: Collection[str],
        people: Collection[str],
    ) -> None:  # fmt: skip
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
            yield unknown(path, "case", case, self.cases)
            return
        route = self.cases[case]
        known = set(route.stages) if key == "stage" else {s.end for s in route.stages.values()}
        if said not in known:
            yield unknown(path, key, said, [name for name in known if name])

    def _opened(self, step: Step) -> Iterator[Finding]:
        name, parent = step.what["name"], step.what.get("parent")
        if name in self.cases:
            yield Finding((*step.path, "open", "name"), "same-label",
                          f"there is a case {name} already", "give each its own name")  # fmt: skip
        if parent and parent not in self.cases:
            yield unknown((*step.path, "parent"), "case", parent, self.cases)
            return
        usual = self.cases[parent].parts[:1] if parent else (self.book.workflow,)
        typed = step.what.get("workflow") or "".join(usual)
        if typed not in self.routes:
            yield unknown((*step.path, "workflow"), "workflow", typed, self.routes)
        elif "refused" not in step.expected:
            self.cases[name] = self.routes[typed]

    def _people_of(self, step: Step) -> Iterator[Finding]:
        named = [((*step.path, key), step.given[key]) for key in _PEOPLE if key in step.given]
        if step.kind == "champion":
            named.append(((*step.path, "champion"), step.what))
        for path, person in named:
            if person not in self.people:
                yield unknown(path, "person", person, self.people)

    def _step(self, step: Step) -> Iterator[Finding]:
        if step.case not in self.cases:
            yield unknown((*step.path, "case"), "case", step.case, self.cases)
            return
        route = self.cases[step.case]
        for key, kind, name, known in self._names(step, route):
            if name not in known:
                yield unknown((*step.path, *key), kind, name, known)
        continued = step.given.get("continues")
        if continued and step.what in route.transitions:
            how = route.transitions[step.what].continues_as
            if how is None:
                message = f"{step.what} opens no case that goes on"
                yield Finding((*step.path, "continues"), "nothing-continues", message, "delete it")
            elif how.workflow in self.routes:
                self.cases[continued] = self.routes[how.workflow]

    def _names(
        self, step: Step, route: Workflow
    ) -> Iterator[tuple[tuple[str | int, ...], str, str, Collection[str]]]:
        """Give each name of a step: where it stands, what it names, and what there is."""
        kind, given, expected = step.kind, step.given, step.expected
        if kind in _TRIGGERS:
            yield (kind,), "transition", step.what, route.transitions
        if kind in _DEPARTMENTS:
            yield (kind,), "department", step.what, route.departments
        if kind == "letter":
            yield (kind,), "letter", step.what, self.letters
        if "for" in given:
            yield ("for",), "transition", given["for"], route.transitions
        if "category" in given:
            yield ("category",), "objection", given["category"], route.objections
        if "stage" in expected:
            yield ("stage",), "stage", expected["stage"], route.stages
        if "waiting_on" in expected:
            holders = ("council", "group", "third_party")
            yield ("waiting_on",), "holder", expected["waiting_on"], holders
        for n, letter in enumerate(expected.get("letters", ())):
            yield ("letters", n), "letter", letter, self.letters
        on_file, due = expected.get("on_file", {}), expected.get("due", {})
        for key, names, kind_, known in (
            ((kind,), step.what if kind == "record" else {}, "fact", route.facts),
            (("facts",), given.get("facts", {}), "fact", route.facts),
            (("on_file",), on_file, "fact", route.facts),
            (("due", "signoffs"), due.get("signoffs", {}), "department", route.departments),
            (("due", "clocks"), due.get("clocks", {}), "clock", route.clocks),
        ):
            for name in names:
                yield (*key, name), kind_, name, known
