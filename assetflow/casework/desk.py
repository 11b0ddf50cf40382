"""The desk at which one command works: the open transaction, who acts, and on which day."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from assetflow import data_files, permissions, queries
from assetflow.calendars import Calendar
from assetflow.casework.around import around
from assetflow.errors import BadInput
from assetflow.permissions import CouncilRights, Roles
from assetflow.queries import Case, Told
from assetflow.retention import Schedule
from assetflow.settings import Settings
from assetflow.snapshot import Occasion, Person, Snapshot, Unmet
from assetflow.soundness import Surroundings
from assetflow.workflow import Workflow

if TYPE_CHECKING:
    from assetflow.leases.file import LeaseFile
    from assetflow.letters import LetterBook


class Later(Mapping[str, frozenset[str]]):
    """A table that is made when it is first looked into: most commands need no file for it."""

    def __init__(self, make: Callable[[], Mapping[str, frozenset[str]]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, frozenset[str]]:
        return self._make()

    def __getitem__(self, name: str) -> frozenset[str]:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _lease_file(desk: "Desk", case: Case) -> "LeaseFile":
    from assetflow.casework.leasing import lease_file  # noqa: PLC0415 - only rules on leases ask

    return lease_file(desk, case)


# What is made of the files of an installation and the stored routes, whoever acts and when.
_OF_FILES = ("calendar", "council_rights", "retention", "letters", "libraries")


@dataclass
class Desk:
    """What every use case needs: one transaction, one acting person, one day, one moment.

    ``on`` is the day on which the thing happened, ``today`` the day on which it is recorded and
    ``now`` that moment in UTC; the clock itself is read by the command line alone.
    """

    db: Connection
    settings: Settings
    actor_typed: str
    on: date
    today: date
    now: datetime
    # The name of whoever is logged in at this machine; where there is a server, it knows better.
    machine_login: str = ""
    # What the acting person was found to have no right to, for the log of denials.
    denied: list[Unmet] = field(default_factory=list)
    # People whom this command has read already.
    known: tuple[Person, ...] = ()
    # The calendars that count in place of those of the files, while these are being changed.
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    # What was told about the case that is being changed, until more is told.
    told: dict[int, Told] = field(default_factory=dict)
    # The routes whose files this command has read and proved.
    proved: dict[str, Workflow] = field(default_factory=dict)

    def next(self, actor_typed: str, on: date, today: date, now: datetime) -> "Desk":
        """Give the desk of the next act in the same transaction; no file is read again for it."""
        desk = replace(
            self, actor_typed=actor_typed, on=on, today=today, now=now, denied=[], known=(), told={}
        )
        read = {name: self.__dict__[name] for name in _OF_FILES if name in self.__dict__}
        desk.__dict__.update(read)
        return desk

    def may(self, allowed: Sequence[str], roles: Roles, case: Snapshot | None) -> Unmet | None:
        """Give why the acting person may not do today what ``allowed`` names, or None."""
        missing = permissions.may(self.actor, allowed, roles, case, self.today)
        if missing is not None:
            self.denied.append(missing)
        return missing

    @cached_property
    def login(self) -> str:
        """The name under which whoever acts is really logged in, whatever they say."""
        if self.db.dialect.name == "postgresql":
            return str(self.db.execute(select(func.session_user())).scalar_one())
        return self.machine_login

    @cached_property
    def actor(self) -> Person:
        """The person who acts: as named, else by their login; raises ``BadInput``."""
        if not self.actor_typed:
            everyone = queries.people(self.db).values()
            known = next((p for p in everyone if p.login and p.login == self.login), None)
            if known is not None:
                return known
            raise BadInput(
                "It is not known who you are.",
                remedies=[
                    "say so: assetflow --as PERSON …",
                    f"or set acting_as in {self.settings.home / 'assetflow.toml'}",
                ],
            )
        wanted = self.actor_typed.strip().casefold()
        known = next((person for person in self.known if person.handle == wanted), None)
        return known or queries.person(self.db, self.actor_typed)

    @cached_property
    def calendar(self) -> Calendar:
        """The working days of the council's division."""
        return self._calendar(self.settings.calendar)

    def calendar_of(self, workflow: Workflow) -> Calendar:
        """The working days that count on a route: those its law names, else the council's."""
        named = workflow.calendar
        if named is None or named == self.calendar.division:
            return self.calendar
        return self._calendar(named)

    def _calendar(self, division: str) -> Calendar:
        return self.calendars.get(division) or data_files.calendar(self.settings, division)

    @cached_property
    def council_rights(self) -> CouncilRights:
        """Who may do what concerns no single case."""
        return data_files.council_rights(self.settings, queries.declared_roles(self.db))

    @cached_property
    def retention(self) -> Schedule:
        """How long each kind of record is kept."""
        return data_files.retention(self.settings)

    @cached_property
    def letters(self) -> "LetterBook":
        """The letters of this installation."""
        # jinja2 costs 50 ms to import: commands that write no letter do not pay for it.
        from assetflow.letters import open_book  # noqa: PLC0415

        folders, facts = self.settings.folders("letters"), queries.declared_facts(self.db)
        return open_book(folders, self.settings.language, facts)

    @cached_property
    def libraries(self) -> dict[str, dict[str, Any]]:
        """The reference libraries of this installation."""
        return data_files.libraries(self.settings)

    @cached_property
    def library_keys(self) -> Mapping[str, frozenset[str]]:
        """The identifiers of every library's entries; the files are read once one is asked for."""
        return Later(lambda: {name: frozenset(entries) for name, entries in self.libraries.items()})

    @cached_property
    def letter_facts(self) -> Mapping[str, frozenset[str]]:
        """The facts that each letter cannot be written without, looked up letter by letter."""
        return Later(lambda: self.letters.facts_by_letter())  # noqa: PLW0108 - opens the book only then

    def occasion(self, case: Case, given: Collection[str] = ()) -> Occasion:
        """Put a case on this day before its rules; ``given`` are the facts typed just now."""
        return Occasion(
            case.workflow,
            case.snapshot,
            self.on,
            self.calendar_of(case.workflow),
            self.library_keys,
            self.letter_facts,
            frozenset(given),
            partial(around, self.db, case),
            cache(partial(_lease_file, self, case)),
        )

    def bare_occasion(self, workflow: Workflow, snapshot: Snapshot) -> Occasion:
        """Put a case on this day where only its clocks matter; reads no letter and no library."""
        return Occasion(workflow, snapshot, self.on, self.calendar_of(workflow), {}, {})

    def surroundings(self) -> Surroundings:
        """Give what a workflow of this installation may refer to."""
        from assetflow import definitions  # noqa: PLC0415 - it brings the YAML parser

        return definitions.surroundings(self.settings, self.calendar)
