"""The matrix of permitted steps for routes that go together: parts, and the cases above them.

As in ``test_matrix``, the file, the machine, the permissions and the officer's page must give one
answer. What stands around a case is put right in the database, in a transaction that is undone.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import TODAY
from sqlalchemy import delete, insert, update
from test_matrix import (
    LONG_AGO,
    Office,
    bare,
    declared,
    disagreements,
    everybody,
    lacking_one_thing,
    mended,
    sound,
)

from assetflow import guards, machine, queries
from assetflow import models as m
from assetflow.casework import cases, opening
from assetflow.casework.desk import Desk
from assetflow.casework.nextsteps import page
from assetflow.facts import to_json
from assetflow.queries import Case
from assetflow.workflow import Transition, Workflow

pytestmark = pytest.mark.sqlite_only

# The route above, the route of its parts, and which of the two is looked at.
PAIRS = {
    "competition": ("competition", "competition_bid", "above"),
    "competition_bid": ("competition", "competition_bid", "part"),
    "light_permission": ("light_permission", "light_permission_site", "above"),
    "light_permission_site": ("light_permission", "light_permission_site", "part"),
}
PARTS = 3
# What people give one by one, or another case has to come to first: the scenarios show these.
NOT_HERE = {"scores", "interest", "goes_on"}
WAITING: dict[str, set[str]] = {
    "competition": set(),
    "competition_bid": {"score", "moderate", "complete_transfer", "give_up_transfer"},
    "light_permission": set(),
    "light_permission_site": set(),
}


class Place(NamedTuple):
    """A home with a case above and its parts, and the one that is looked at."""

    office: Office
    route: str
    id: int
    is_part: bool


@pytest.fixture(scope="module", params=PAIRS)
def place(
    request: pytest.FixtureRequest, _template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    """A home in which a case stands with its parts."""
    above, part, which = PAIRS[request.param]
    home = tmp_path_factory.mktemp("matrix") / "home"
    shutil.copytree(_template, home)
    office = Office(home, above)
    with office.store.write() as db:
        desk = office.desk(db)
        group = "" if above == "competition" else "Bowls Club"
        parent = opening.open_case(desk, "SAMPLE-0001", group, above).case
        open_in = parent.workflow.parts_in[:1] or (parent.workflow.initial,)
        db.execute(update(m.cases).values(stage=open_in[0]))
        made = [
            opening.open_case(desk, f"SAMPLE-000{n}", "Bowls Club", part, "", parent.reference).case
            for n in range(1, PARTS + 1)
        ]
    is_part = which == "part"
    return Place(office, request.param, made[0].id if is_part else parent.id, is_part)


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """A desk whose changes are all undone."""

    class Undone(Exception):
        pass

    with pytest.raises(Undone), place.office.store.write() as db:  # noqa: PT012
        yield place.office.desk(db)
        raise Undone


@pytest.fixture
def case(place: Place, desk: Desk) -> Case:
    """The case that is looked at."""
    return queries.case(desk.db, place.id)


# --- putting right what stands around -------------------------------------------------------------


def _others(place: Place, desk: Desk) -> tuple[list[int], list[int]]:
    """Give the ids of the cases above and of the parts."""
    if place.is_part:
        above = queries.parent_of(desk.db, place.id)
        assert above is not None
        return [above], []
    return [], [found for found, _ in queries.parts_of(desk.db, place.id)]


def _stand(desk: Desk, case_id: int, stage: str, workflow: Workflow) -> None:
    closed = TODAY if workflow.stages[stage].end else None
    chosen = update(m.cases).where(m.cases.c.id == case_id)
    desk.db.execute(chosen.values(stage=stage, closed_on=closed))


def _put_fact(desk: Desk, case_id: int, name: str, day: date) -> None:
    same = (m.facts.c.case_id == case_id) & (m.facts.c.name == name)
    desk.db.execute(delete(m.facts).where(same))
    row = {"case_id": case_id, "name": name, "value": to_json(day), "happened_on": TODAY}
    desk.db.execute(insert(m.facts).values(**row))


def _put_right_around(place: Place, desk: Desk, step: Transition) -> None:
    """Bring the cases around one into the stages, and the dates on the file, that a step needs."""
    above, parts = _others(place, desk)
    uses = {use.guard: use.parameters for use in step.requires}
    for one in above:
        route = queries.case(desk.db, one).workflow
        if "parent_in" in uses:
            _stand(desk, one, uses["parent_in"]["stages"][0], route)
        for guard, day in (("received_by", TODAY), ("received_after", LONG_AGO)):
            if guard in uses:
                _put_fact(desk, one, uses[guard]["parent_fact"], day)
    if parts:
        route = queries.case(desk.db, parts[0]).workflow
        for one, stage in zip(parts, _spread(step, route), strict=True):
            _stand(desk, one, stage, route)


def _spread(step: Transition, route: Workflow) -> list[str]:
    """Spread the parts over stages so that there are enough in each, and none where none may be."""
    asked = [use for use in step.requires if use.guard in ("parts_in", "no_part_in")]
    named = {stage for use in asked for stage in use.parameters["stages"]}
    wanted = [
        use.parameters["stages"][0]
        for use in asked
        for _ in range(use.parameters.get("at_least", 1) if use.guard == "parts_in" else 0)
    ]
    elsewhere = next(name for name in reversed(route.stages) if name not in named)
    return [*wanted, *[elsewhere] * PARTS][:PARTS]


def prepared(place: Place, desk: Desk, case: Case, step: Transition) -> tuple[Case, set[str]]:
    """The case with everything in place that can be here, and what is still missing."""
    for _ in range(60):
        missing = guards.unmet(step, desk.occasion(case, case.snapshot.facts))
        able = [item for item in missing if item.code not in NOT_HERE]
        if not able:
            return case, {item.code for item in missing}
        if able[0].code in ("parent", "parts", "received"):
            _put_right_around(place, desk, step)
        else:
            case = mended(desk, case, step, able[0])
    raise AssertionError(f"{step.trigger} can never be taken: {missing}")


# --- the matrix -----------------------------------------------------------------------------------


def test_all_agree_on_a_case_that_has_just_come_into_a_stage(
    place: Place, desk: Desk, case: Case
) -> None:
    views = sound(place.route, case.workflow)
    for stage in case.workflow.stages:
        assert list(disagreements(views, desk, bare(case, stage))) == []


def test_all_agree_on_a_case_that_has_all_it_needs_for_a_step_or_lacks_one_thing(
    place: Place, desk: Desk, case: Case
) -> None:
    views, workflow, waiting = sound(place.route, case.workflow), case.workflow, set[str]()
    for step in workflow.transitions.values():
        for stage in workflow.leaves(step):
            ready, missing = prepared(place, desk, bare(case, stage), step)
            assert missing <= NOT_HERE
            waiting |= {step.trigger} if missing else set()
            assert list(disagreements(views, desk, ready)) == []
            desk.actor = next(p for k, p in everybody(workflow).items() if k in step.who)
            lacking = cases.what_is_missing(desk, ready, step, "Because", ready.snapshot.facts)
            assert {item.code for item in lacking} - {"permission"} == missing
        for one in lacking_one_thing(ready):
            assert list(disagreements(views, desk, one)) == []
    assert waiting == WAITING[place.route]


def test_a_step_that_looks_around_is_refused_where_the_other_cases_stand_elsewhere(
    place: Place, desk: Desk, case: Case
) -> None:
    """Each requirement about other cases is broken by itself, and every place must see it."""
    views, workflow = sound(place.route, case.workflow), case.workflow
    seen = 0
    for step in workflow.transitions.values():
        for use in step.requires:
            if use.guard not in ("parent_in", "parts_in", "no_part_in"):
                continue
            ready, _ = prepared(place, desk, bare(case, workflow.leaves(step)[0]), step)
            before = guards.unmet(step, desk.occasion(ready, ready.snapshot.facts))
            above, parts = _others(place, desk)
            if use.guard == "parts_in" and not use.parameters.get("at_least", 1):
                continue
            for one in above or parts:
                route = queries.case(desk.db, one).workflow
                wrong = [s for s in route.stages if s not in use.parameters["stages"]]
                stage = use.parameters["stages"][0] if use.guard == "no_part_in" else wrong[0]
                _stand(desk, one, stage, route)
            after = guards.unmet(step, desk.occasion(ready, ready.snapshot.facts))
            assert set(after) - set(before), (step.trigger, use.guard)
            assert list(disagreements(views, desk, ready)) == []
            seen += 1
    assert seen >= (1 if place.route != "light_permission_site" else 0)


def test_an_end_has_no_way_out(desk: Desk, case: Case) -> None:
    for stage in case.workflow.stages.values():
        if stage.end:
            assert machine.triggers(case.workflow, stage.id) == frozenset()
            assert page(desk, bare(case, stage.id)).steps == ()


def test_a_place_that_follows_another_version_is_found(
    place: Place, desk: Desk, case: Case
) -> None:
    """The checker is checked here too: a step of one place is for nobody, or leads elsewhere."""
    views, workflow = sound(place.route, case.workflow), case.workflow
    trigger = next(iter(declared(place.route)))
    step = workflow.transitions[trigger]
    for other in (replace(step, who=()), replace(step, to=next(reversed(workflow.stages)))):
        changed = replace(workflow, transitions={**workflow.transitions, trigger: other})
        for found in (replace(views, people=changed), replace(views, page=changed)):
            stage = bare(case, workflow.leaves(step)[0])
            assert list(disagreements(found, desk, stage))
