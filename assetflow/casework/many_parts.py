"""Many parts of a case opened at once, from a file: all of them, or none and every problem."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from assetflow import queries
from assetflow.casework import opening, record
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts
from assetflow.casework.opening import Done, New
from assetflow.casework.routes import InForce, version_in_force
from assetflow.errors import AssetflowError, BadInput, NotFound, Problem, Refused
from assetflow.part_files import Parts, Row, Said, unusable
from assetflow.queries import Case
from assetflow.snapshot import Person
from assetflow.soundness import nearest

Thing = TypeVar("Thing")
ASSET, GROUP = "asset", "group"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts that are to be opened, and what is said of all of them on the command line."""

    parent: str
    parts: Parts
    route: str = ""
    officer: str = ""
    facts: Mapping[str, str] | None = None


def open_parts(desk: Desk, wanted: Wanted) -> list[Done]:
    """Open a part of a case for each row of a file, on the day the application was received.

    A part is on the asset and for the group of its row, else of its parent; every other entry is a
    fact of the part. Raises ``Refused`` where no part can be opened at all, and ``BadFile`` with
    every problem of the rows.
    """
    record.check_day(desk)
    parent = record.take(desk, wanted.parent)
    used = version_in_force(desk, wanted.route or _usual(parent))
    officer = queries.person(desk.db, wanted.officer) if wanted.officer else desk.actor
    opening.check_parent(desk, used.workflow, parent)
    opening.check_may_open(desk, used.workflow, officer)
    opened = _Opening(desk, parent, used, officer, wanted.parts.file)
    names = opened.names(wanted.parts)
    for row in wanted.parts.rows:
        said = {names[heading]: each for heading, each in row.said.items() if heading in names}
        shared = {name: Said(text, row.line, 0) for name, text in (wanted.facts or {}).items()}
        opened.open(row, {**shared, **said})
    if opened.problems:
        raise unusable(wanted.parts.file, opened.problems)
    return opened.done


def _usual(parent: Case) -> str:
    if not parent.workflow.parts:
        raise Refused(
            "No part was opened.",
            reasons=[f"A case of {parent.workflow.label} has no parts."],
            remedies=[f"see the case: assetflow case show {parent.reference}"],
        )
    return parent.workflow.parts[0]


class _Opening:
    """The parts opened so far, and everything that was found wrong on the way."""

    def __init__(
        self, desk: Desk, parent: Case, used: InForce, officer: Person, file: str
    ) -> None:  # fmt: skip
        self.desk, self.parent, self.used = desk, parent, used
        self.officer, self.file = officer, file
        self.done: list[Done] = []
        self.problems: list[Problem] = []
        self._found: dict[tuple[str, str], Any] = {}
        self._said: dict[object, int] = {}
        parts = (part for _, part in queries.parts_of(desk.db, parent.id))
        self._there = [part for part in parts if part.closed_on is None]

    def names(self, parts: Parts) -> dict[str, str]:
        """Give what each heading means: the asset, the group, or a fact by its name or label."""
        facts = self.used.workflow.facts
        known = {fact.label.casefold(): fact.name for fact in facts.values()}
        known |= {name: name for name in (*facts, ASSET, GROUP)}
        found: dict[str, str] = {}
        for heading, place in parts.places():
            if meant := known.get(heading.casefold()):
                found[heading] = meant
            else:
                message = f"{heading} is neither asset, group nor a fact of this route"
                hint = nearest(heading, [ASSET, GROUP, *facts])
                self._wrong(place, "unknown-heading", message, hint)
        return found

    def open(self, row: Row, said: Mapping[str, Said]) -> None:
        """Open the part of one row, or note everything against it."""
        before = len(self.problems)
        typed = {name: said[name].text if name in said else "" for name in (ASSET, GROUP)}
        asset = self._look_up(said.get(ASSET, row), ASSET, typed[ASSET], self._asset)
        group = self._look_up(said.get(GROUP, row), GROUP, typed[GROUP], self._group)
        if asset is None or group is None:
            return
        new = New(asset, group, self.officer, parent_id=self.parent.id)
        case = opening.place(self.desk, self.used, new)
        given = dict(self._facts(case, {n: s for n, s in said.items() if n not in typed}))
        self._check_differs(row, case, given)
        if given and not self.done:
            record.check_right(self.desk, case, "record_fact", "Recording facts")
        if len(self.problems) == before:
            done = opening.begin(self.desk, self.used, case, self.parent, given)
            self.done.append(replace(done, notices=self.used.notices))

    def _facts(self, case: Case, said: Mapping[str, Said]) -> Iterator[tuple[str, Any]]:
        for name, each in said.items():
            try:
                yield from given_facts(self.desk, case, {name: each.text}).items()
            except (BadInput, Refused) as error:
                self._refused(each, "bad-fact", error)

    def _asset(self, typed: str) -> queries.Asset:
        return queries.asset(self.desk.db, typed) if typed else self.parent.asset

    def _group(self, typed: str) -> queries.Group:
        return opening.group_of(self.desk, self.used.workflow, self.parent, typed)

    def _look_up(
        self, place: Said | Row, kind: str, typed: str, find: Callable[[str], Thing]
    ) -> Thing | None:
        if (kind, typed) not in self._found:
            try:
                self._found[kind, typed] = find(typed)
            except (NotFound, BadInput) as error:
                self._found[kind, typed] = error
        found = self._found[kind, typed]
        if not isinstance(found, AssetflowError):
            return found  # type: ignore[no-any-return]
        self._refused(place, f"unknown-{kind}", found)
        return None

    def _check_differs(self, row: Row, case: Case, given: Mapping[str, Any]) -> None:
        """Refuse a part of which no more is said than of another: most likely it is the same."""
        for part in self._there:
            same = (part.asset, part.group) == (case.asset.label, case.group.name)
            if same and all(part.facts.get(name) == value for name, value in given.items()):
                message = f"{part.reference} is open already, and nothing here sets this one apart"
                self._wrong(row, "open-already", message, "take the line out, or say what differs")
        about = (case.asset.id, case.group.id, repr(sorted(given.items(), key=str)))
        if about in self._said:
            message = f"the same is said on line {self._said[about]}"
            self._wrong(row, "same-part", message, "take one of them out, or say what differs")
        self._said.setdefault(about, row.line)

    def _wrong(self, place: Said | Row, code: str, message: str, hint: str = "") -> None:
        column = place.column if isinstance(place, Said) else 0
        self.problems.append(Problem(self.file, place.line, column, code, message, hint))

    def _refused(self, place: Said | Row, code: str, error: AssetflowError) -> None:
        reasons = error.reasons if isinstance(error, Refused) or code == "bad-fact" else ()
        for reason in reasons or [" ".join((error.what, *error.reasons))]:
            self._wrong(place, code, reason, "; ".join(error.remedies))
