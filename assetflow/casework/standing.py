"""How many open cases stand in each stage of a route, for how long, and which stages are hot."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from assetflow import portfolio, queries
from assetflow.alerts import due_in_stage
from assetflow.casework.desk import Desk
from assetflow.deadlines import Duration, Unit
from assetflow.diagrams.standing import Standing
from assetflow.pauses import spans
from assetflow.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Live:
    """What stands in the stages of a route on a day, over all versions that cases are pinned to.

    ``elsewhere`` counts the cases in stages that the route, as it is shown, does not have.
    """

    on: date
    stages: Mapping[str, Standing]
    open: int
    elsewhere: Mapping[str, int]


@dataclass(slots=True)
class _Tally:
    """The open cases of one stage, by their age in it."""

    in_working_days: bool
    ages: Counter[int] = field(default_factory=Counter)
    over: int = 0

    def standing(self) -> Standing:
        unit = "working days" if self.in_working_days else "days"
        return Standing(self.ages.total(), _median(self.ages), max(self.ages), unit, self.over)


def live(desk: Desk, shown: Workflow) -> Live:
    """Count the open cases of a route as of the desk's day, in memory that does not grow with them.

    Each case is held against the target of the version it is pinned to.
    """
    hashes = portfolio.versions(desk.db, shown.name)
    routes = queries.workflows(desk.db, hashes.values())
    tallies: dict[str, _Tally] = {}
    elsewhere: Counter[str] = Counter()
    for version_id, sha256 in hashes.items():
        route = routes[sha256]
        for group in portfolio.standing(desk.db, version_id, _promises(route)):
            if group.stage not in shown.open_stages:
                elsewhere[route.stages[group.stage].label] += group.cases
                continue
            target = shown.stages[group.stage].target
            tally = tallies.setdefault(group.stage, _Tally(_in_working_days(target)))
            _add(tally, route, group, desk)
    stages = {stage: tally.standing() for stage, tally in tallies.items()}
    total = sum(one.open for one in stages.values()) + elsewhere.total()
    return Live(desk.on, stages, total, dict(elsewhere))


def _promises(route: Workflow) -> dict[str, str]:
    """Give the fact whose date takes the place of the target, by stage."""
    named = {s.id: s.due_fact for s in route.stages.values() if s.due_fact}
    return {stage: fact for stage, fact in named.items() if route.facts[fact].type == "date"}


def _add(tally: _Tally, route: Workflow, group: portfolio.Group, desk: Desk) -> None:
    calendar = desk.calendar_of(route)
    days = (desk.on - group.since).days
    if tally.in_working_days:
        days = calendar.working_days_between(group.since, desk.on)
    tally.ages[max(0, days)] += group.cases
    stage, still = route.stages[group.stage], spans(route, group.pauses, calendar, desk.on)
    due = due_in_stage(stage, group.since, group.promised, calendar, still)
    if due is not None and due < desk.on:
        tally.over += group.cases


def _in_working_days(target: str | None) -> bool:
    return bool(target) and Duration.parse(target or "").unit is Unit.working_days


def _median(ages: Mapping[int, int]) -> float:
    """Give the middle age, or what lies halfway between the two in the middle."""
    count = sum(ages.values())
    low, high = _nth(ages, (count - 1) // 2), _nth(ages, count // 2)
    return low if low == high else (low + high) / 2


def _nth(ages: Mapping[int, int], place: int) -> int:
    passed = 0
    for age in sorted(ages):
        passed += ages[age]
        if place < passed:
            return age
    raise IndexError(place)


def remarks(found: Live) -> Iterable[str]:
    """Tell of the cases that stand nowhere in the route as it is shown."""
    for label, cases in found.elsewhere.items():
        many = f"{cases} open cases stand" if cases > 1 else "1 open case stands"
        yield f"{many} in ‘{label}’, a stage of another version of this route."
