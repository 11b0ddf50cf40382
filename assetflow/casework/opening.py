"""How a case begins: for a group, as a part of another case, or going on from one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from assetflow import models as m
from assetflow import queries, versions
from assetflow.casework import correspondence, record
from assetflow.casework.correspondence import Issued
from assetflow.casework.desk import Desk
from assetflow.casework.facts import store_facts, with_facts
from assetflow.casework.routes import InForce, named, version_in_force
from assetflow.chain import GENESIS
from assetflow.errors import BadInput, Busy, Refused
from assetflow.facts import show
from assetflow.guards import any_of
from assetflow.permissions import may
from assetflow.queries import Asset, Case, Group
from assetflow.snapshot import Person
from assetflow.workflow import Continuation, Workflow


@dataclass(frozen=True, slots=True)
class Done:
    """What a command has done to a case: the case as it stands, letters sent, things to know."""

    case: Case
    letters: tuple[Issued, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class New:
    """What a new case is about, and what it comes from."""

    asset: Asset
    group: Group
    officer: Person
    parent_id: int | None = None
    continues_id: int | None = None
    stage: str = ""
    champion: Person | None = None


def open_case(
    desk: Desk,
    asset_typed: str,
    group_typed: str,
    route: str,
    officer: str = "",
    parent_typed: str = "",
) -> Done:
    """Open a case on the day its expression of interest was received, and acknowledge it.

    The day is the desk's ``on``. A part of another case is on its asset and for its group, where
    nothing else is said. Raises ``Refused`` where the group already has an open case on the asset.
    """
    record.check_day(desk)
    parent = record.take(desk, parent_typed) if parent_typed else None
    asset = parent.asset if parent and not asset_typed else queries.asset(desk.db, asset_typed)
    usual = parent.workflow.parts[:1] if parent else (desk.settings.workflow,)
    found = version_in_force(desk, route or "".join(usual))
    workflow = found.workflow
    group = group_of(desk, workflow, parent, group_typed)
    officer_person = queries.person(desk.db, officer) if officer else desk.actor
    check_parent(desk, workflow, parent)
    check_may_open(desk, workflow, officer_person)
    others = () if parent else _others_on(desk, asset, group)
    new = New(asset, group, officer_person, parent_id=parent.id if parent else None)
    done = begin(desk, found, place(desk, found, new), parent, {})
    return Done(done.case, done.letters, (*found.notices, *others))


def place(desk: Desk, used: InForce, new: New) -> Case:
    """Put a new case into its first stage, without a record of it yet."""
    return queries.case(desk.db, _insert_case(desk, used, new))


def begin(
    desk: Desk, used: InForce, case: Case, parent: Case | None, given: Mapping[str, Any]
) -> Done:
    """Begin a case that was put into its first stage: its facts, its letters and one record."""
    workflow = used.workflow
    store_facts(desk, case, given)
    first = record.numbers(desk, "letter", len(workflow.on_open))
    letters = {name: first + n for n, name in enumerate(workflow.on_open)}
    detail: dict[str, Any] = {
        "asset": case.asset.label, "group": case.group.name, "letters": letters,
        "route": named(workflow),
    }  # fmt: skip
    detail |= {"facts": given} if given else {}
    detail |= {"part_of": parent.reference} if parent else {}
    case = correspondence.with_letters(desk, with_facts(case, given), letters)
    post = correspondence.by_name(desk, letters)
    case = record.change(
        desk, case, "opened", to_stage=workflow.initial, detail=detail, letters=post
    )
    return Done(case, post.send())


def group_of(desk: Desk, workflow: Workflow, parent: Case | None, typed: str) -> Group:
    """Find the group a case is for: as typed, its parent's, or the council itself."""
    if workflow.for_council:
        if typed:
            raise BadInput(
                "The case was not opened.",
                reasons=[f"A case of {workflow.label} is the council's own, and for no group."],
                remedies=["leave --group out"],
            )
        return the_council(desk)
    if typed:
        return queries.group(desk.db, typed)
    if parent is None or parent.workflow.for_council:
        raise BadInput("The case was not opened.", reasons=["It is not said for which group."],
                       remedies=["name the group: --group GROUP"])  # fmt: skip
    return parent.group


def the_council(desk: Desk) -> Group:
    """Give the council's own entry among the groups; a case of its own stands under it."""
    name = desk.settings.council.name
    if not any(group.name == name for group in queries.groups(desk.db)):
        desk.db.execute(insert(m.groups).values(name=name, recorded_at=desk.now))
    return queries.group(desk.db, name)


def go_on(desk: Desk, before: Case, how: Continuation) -> Done:
    """Open the case that goes on from another one, in the stage where it begins."""
    found = version_in_force(desk, how.workflow)
    workflow = found.workflow
    stage = workflow.stages[how.stage]
    snapshot = before.snapshot
    new = New(before.asset, before.group, snapshot.officer, continues_id=before.id,
               stage=how.stage, champion=snapshot.champion)  # fmt: skip
    case = queries.case(desk.db, _insert_case(desk, found, new))
    carried = {name: snapshot.facts[name] for name in how.carries if name in snapshot.facts}
    store_facts(desk, case, carried)
    detail = {
        "asset": before.asset.label, "group": before.group.name, "facts": carried,
        "continues": before.reference, "route": named(workflow),
    }  # fmt: skip
    return Done(
        record.change(desk, with_facts(case, carried), "opened", to_stage=stage.id, detail=detail)
    )


def _check_still_in_force(desk: Desk, used: InForce) -> None:
    """Let the case be opened again where a version was published since the route was read."""
    now = versions.in_force_now(desk.db, used.workflow.name, desk.on)
    if now is None or now[0] != used.id:
        raise Busy(
            "A new version of the route has just been published; nothing was changed.",
            remedies=["open the case again"],
        )


def check_parent(desk: Desk, workflow: Workflow, parent: Case | None) -> None:
    """Refuse a part without its case, or under a case that takes no such part now."""
    if parent is None:
        if workflow.part_of:
            raise Refused(
                "The case was not opened.",
                reasons=[f"A case of {workflow.label} is a part of another case."],
                remedies=["name that case: --parent CASE"],
            )
        return
    record.check_open(parent)
    above, stage = parent.workflow, parent.workflow.stages[parent.snapshot.stage]
    reasons = []
    if desk.on < parent.snapshot.received_on:
        opened = show(parent.snapshot.received_on)
        reasons.append(f"{parent.reference} was opened on {opened}, after {show(desk.on)}.")
    if workflow.name not in above.parts or above.name not in workflow.part_of:
        reasons.append(f"A case of {workflow.label} cannot be a part of {above.label}.")
    if above.parts_in and stage.id not in above.parts_in:
        when = any_of(above.stages[name].label for name in above.parts_in)
        reasons.append(f"{parent.reference} stands at: {stage.label}; it takes parts at: {when}.")
    if reasons:
        raise Refused("The case was not opened.", reasons=reasons)


def check_may_open(desk: Desk, workflow: Workflow, officer: Person) -> None:
    allowed = workflow.rights["open_case"]
    reasons = [desk.may(allowed, workflow, None)]
    if officer.id != desk.actor.id:
        reasons.append(may(officer, allowed, workflow, None, desk.on))
    missing = [str(reason) for reason in reasons if reason]
    if missing:
        raise Refused("The case was not opened.", reasons=missing)


def _others_on(desk: Desk, asset: Asset, group: Group) -> tuple[str, ...]:
    rows = queries.open_cases_on(desk.db, asset.id)
    same = [row.reference for row in rows if row.group_id == group.id]
    if same:
        raise Refused(
            "The case was not opened.",
            reasons=[f"{group.name} already has the open case {same[0]} on {asset.label}."],
            remedies=[f"go on with it: assetflow case next {same[0]}"],
        )
    return tuple(
        f"Another group also has an open case on {asset.label}: {row.reference}." for row in rows
    )


def _insert_case(desk: Desk, used: InForce, new: New) -> int:
    workflow = used.workflow
    stage = workflow.stages[new.stage or workflow.initial]
    prefix = f"{workflow.reference_prefix}-{desk.on.year}-"
    number = record.numbers(desk, prefix)
    values = {
        "reference": f"{prefix}{number:04d}",
        "asset_id": new.asset.id,
        "group_id": new.group.id,
        "workflow_version_id": used.id,
        "stage": stage.id,
        "stage_visit": 1,
        "stage_since": desk.on,
        "received_on": desk.on,
        "waiting_on": stage.waiting_on,
        "waiting_since": desk.on,
        "officer_id": new.officer.id,
        "champion_id": new.champion.id if new.champion else None,
        "parent_id": new.parent_id,
        "continues_id": new.continues_id,
        "champion_since": desk.on,
        "written_to_group_on": desk.on,
        "progress_on": desk.on,
        "version": 0,
        "head": GENESIS,
        "recorded_at": desk.now,
    }
    result = desk.db.execute(insert(m.cases).values(values))
    _check_still_in_force(desk, used)
    return queries.new_id(result)
