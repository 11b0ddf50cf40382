"""What can be done with a case now, what cannot and exactly why: the officer's page."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from assetflow import guards
from assetflow.casework import cases, dates
from assetflow.casework.desk import Desk
from assetflow.casework.overview import Overview, due_dates, overview
from assetflow.casework.tasks import Todo, of_case
from assetflow.queries import Case
from assetflow.snapshot import Unmet
from assetflow.workflow import Transition


@dataclass(frozen=True, slots=True)
class Step:
    """One transition of the present stage, and what is missing for it.

    It is ``ready`` when nothing is missing, and ``givable`` when all that is missing can be typed
    with the very command that fires it.
    """

    trigger: str
    label: str
    to_label: str
    missing: tuple[Unmet, ...]
    command: str

    @property
    def ready(self) -> bool:
        """Tell whether the step can be taken as it is."""
        return not self.missing

    @property
    def givable(self) -> bool:
        """Tell whether everything that is missing can be typed with the command."""
        return bool(self.missing) and all(item.fact for item in self.missing)


class Due(NamedTuple):
    """What is due on a case and when; provisional where unpublished bank holidays may move it."""

    what: str
    on: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page of one case."""

    overview: Overview
    steps: tuple[Step, ...]
    due: tuple["Due", ...]
    letters: tuple[str, ...]
    tasks: tuple[Todo, ...] = ()


def page(desk: Desk, case: Case) -> Page:
    """Put together everything an officer needs to decide what to do with a case."""
    steps = tuple(
        step(desk, case, transition) for transition in case.workflow.from_stage(case.snapshot.stage)
    )
    due = () if case.closed_on else _due(desk, case)
    letters = (
        ()
        if case.closed_on
        else tuple(_letter_command(desk, case, n) for n in case.workflow.letters)
    )
    return Page(overview(desk, case), steps, due, letters, of_case(desk, case))


def _due(desk: Desk, case: Case) -> tuple[Due, ...]:
    known = dates.running(desk.bare_occasion(case.workflow, case.snapshot))
    provisional = {(one.label, one.last_day) for one in known if one.provisional}
    found = due_dates(desk, case).items()
    return tuple(Due(*one, one in provisional) for one in sorted(found, key=lambda one: one[1]))


def _letter_command(desk: Desk, case: Case, letter: str) -> str:
    occasion = desk.occasion(case)
    missing = guards.letter_facts_missing([letter], occasion)
    options = [f'--fact {item.fact}="…"' for item in missing]
    return " ".join([f"assetflow letter issue {case.reference} {letter}", *options])


def step(desk: Desk, case: Case, transition: Transition) -> Step:
    """Say what one transition needs before the acting person may fire it."""
    missing = cases.what_is_missing(desk, case, transition)
    to = transition.to
    return Step(
        trigger=transition.trigger,
        label=transition.label,
        to_label=case.workflow.stages[to].label if to else "",
        missing=missing,
        command=_command(case, transition, missing),
    )


def _command(case: Case, transition: Transition, missing: tuple[Unmet, ...]) -> str:
    facts = dict.fromkeys(item.fact for item in missing if item.fact and item.code != "why")
    options = [f'--fact {name}="…"' for name in facts]
    if transition.why_needed:
        options.append('--why "…"')
    return " ".join([f"assetflow case advance {case.reference} {transition.trigger}", *options])
