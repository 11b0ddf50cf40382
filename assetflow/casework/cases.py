"""The life of a case: opened, advanced from stage to stage, noted upon, given a champion, ended."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert

from assetflow import guards, machine, queries
from assetflow import models as m
from assetflow.casework import correspondence, record
from assetflow.casework.correspondence import Issued
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, store_facts, with_facts
from assetflow.casework.routes import version_in_force
from assetflow.chain import GENESIS
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.permissions import may
from assetflow.queries import Asset, Case, Group
from assetflow.snapshot import Person, Unmet
from assetflow.workflow import Stage, Transition, Workflow


@dataclass(frozen=True, slots=True)
class Done:
    """What a command has done to a case: the case as it stands, letters sent, things to know."""

    case: Case
    letters: tuple[Issued, ...] = ()
    notices: tuple[str, ...] = ()


# --- opening ------------------------------------------------------------------------------------


def open_case(
    desk: Desk, asset_typed: str, group_typed: str, route: str, officer: str = ""
) -> Done:
    """Open a case on the day its expression of interest was received, and acknowledge it.

    The day is the desk's ``on``. Raises ``Refused`` where the group already has an open case on
    the asset.
    """
    record.check_day(desk)
    asset = queries.asset(desk.db, asset_typed)
    group = queries.group(desk.db, group_typed)
    version_id, workflow = version_in_force(desk, route or desk.settings.workflow)
    officer_person = queries.person(desk.db, officer) if officer else desk.actor
    _check_may_open(desk, workflow, officer_person)
    others = _others_on(desk, asset, group)
    case_id = _insert_case(desk, workflow, version_id, asset, group, officer_person)
    first = record.numbers(desk, "letter", len(workflow.on_open))
    letters = {name: first + n for n, name in enumerate(workflow.on_open)}
    detail = {"asset": asset.label, "group": group.name, "letters": letters}
    case = correspondence.with_letters(desk, queries.case(desk.db, case_id), letters)
    post = correspondence.by_name(desk, letters)
    case = record.change(
        desk, case, "opened", to_stage=workflow.initial, detail=detail, letters=post
    )
    return Done(case, post.send(), others)


def _check_may_open(desk: Desk, workflow: Workflow, officer: Person) -> None:
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


def _insert_case(
    desk: Desk, workflow: Workflow, version_id: int, asset: Asset, group: Group, officer: Person
) -> int:
    prefix = f"{workflow.reference_prefix}-{desk.on.year}-"
    number = record.numbers(desk, prefix)
    values = {
        "reference": f"{prefix}{number:04d}",
        "asset_id": asset.id,
        "group_id": group.id,
        "workflow_version_id": version_id,
        "stage": workflow.initial,
        "stage_visit": 1,
        "stage_since": desk.on,
        "received_on": desk.on,
        "waiting_on": workflow.stages[workflow.initial].waiting_on,
        "waiting_since": desk.on,
        "officer_id": officer.id,
        "champion_since": desk.on,
        "written_to_group_on": desk.on,
        "version": 0,
        "head": GENESIS,
        "recorded_at": desk.now,
    }
    result = desk.db.execute(insert(m.cases).values(values))
    return queries.new_id(result)


# --- advancing ----------------------------------------------------------------------------------


def advance(
    desk: Desk, case_typed: str, trigger: str, typed: Mapping[str, str], why: str = ""
) -> Done:
    """Fire a trigger on a case: facts given with it, the move, its record and its letters.

    Raises ``Refused`` with every unmet requirement at once; then nothing is changed.
    """
    case = record.take(desk, case_typed)
    record.check_open(case)
    transition = _transition(case, trigger)
    record.check_day(desk, case)
    given = given_facts(desk, case, typed)
    seen = with_facts(case, given)
    stage = _fire(desk, seen, transition, why, given)
    return _record_advance(desk, seen, transition, case.workflow.stages[stage], given, why)


def what_is_missing(
    desk: Desk,
    case: Case,
    transition: Transition,
    why: str = "",
    given: Collection[str] = (),
) -> tuple[Unmet, ...]:
    """List everything that keeps the acting person from firing a transition today.

    ``given`` names the facts typed with the command; the case already shows their values.
    """
    occasion = desk.occasion(case.workflow, case.snapshot, given)
    right = desk.may(transition.who, case.workflow, case.snapshot)
    missing = [right] if right else []
    if transition.why_needed and not why.strip():
        missing.append(Unmet("why", "A reason must be given.", "you", 'add --why "…"', fact="why"))
    return (*missing, *guards.unmet(transition, occasion))


def _transition(case: Case, trigger: str) -> Transition:
    workflow, stage = case.workflow, case.snapshot.stage
    possible = workflow.from_stage(stage)
    names = ", ".join(t.trigger for t in possible)
    known = workflow.transitions.get(trigger)
    if known is None:
        close = difflib.get_close_matches(trigger, list(workflow.transitions), n=1)
        hint = [f"did you mean {close[0]}?"] if close else []
        raise NotFound(
            f"This route has no trigger {trigger!r}.",
            reasons=hint, remedies=[f"steps of this stage: {names}"],
        )  # fmt: skip
    if known not in possible:
        belongs = " or ".join(workflow.stages[s].label for s in workflow.leaves(known))
        raise Refused(
            f"{known.label}: not possible for {case.reference}.",
            reasons=[
                f"The case is in the stage ‘{workflow.stages[stage].label}’; "
                f"{trigger} belongs to ‘{belongs}’."
            ],
            remedies=[
                f"steps of this stage: {names}",
                f"see what they need: assetflow case next {case.reference}",
            ],
        )
    return known


def _refusal(case: Case, transition: Transition, missing: tuple[Unmet, ...]) -> Refused:
    givable = [item.fact for item in missing if item.code in ("fact", "fact_now")]
    remedies = list(dict.fromkeys(item.remedy for item in missing if item.remedy and not item.fact))
    if any(item.code == "why" for item in missing):
        remedies.append('add --why "…"')
    if givable:
        options = " ".join(f'--fact {name}="…"' for name in dict.fromkeys(givable))
        remedies.append(f"give with the same command: {options}")
    return Refused(
        f"{case.reference}: ‘{transition.label}’ was refused.",
        reasons=[str(item) for item in missing],
        remedies=remedies,
    )


def _fire(desk: Desk, case: Case, transition: Transition, why: str, given: Collection[str]) -> str:
    """Let the machine fire; it asks the rules itself, and what they lack is the refusal."""
    missing: tuple[Unmet, ...] = ()

    def allowed(trigger: str) -> bool:
        nonlocal missing
        missing = what_is_missing(desk, case, case.workflow.transitions[trigger], why, given)
        return not missing

    try:
        return machine.fire(case.workflow, case.snapshot.stage, transition.trigger, allowed)
    except Refused:
        if missing:
            raise _refusal(case, transition, missing) from None
        raise


def _record_advance(
    desk: Desk, case: Case, transition: Transition, stage: Stage, given: dict[str, Any], why: str
) -> Done:
    first = record.numbers(desk, "letter", len(transition.letters))
    letters = {name: first + n for n, name in enumerate(transition.letters)}
    detail = {"facts": given, "letters": letters, "label": transition.label}
    columns = {
        **_moved(desk, case, transition, stage),
        **correspondence.group_column(desk, case, transition.letters),
    }
    store_facts(desk, case, given)
    post = correspondence.by_name(desk, letters, why=why)
    case = record.change(
        desk, correspondence.with_letters(desk, case, letters), "advanced",
        trigger=transition.trigger, to_stage=stage.id, why=why, detail=detail, columns=columns,
        letters=post,
    )  # fmt: skip
    return Done(case, post.send())


def _moved(desk: Desk, case: Case, transition: Transition, stage: Stage) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if transition.to is not None:
        columns = {
            "stage": stage.id, "stage_since": desk.on, "stage_visit": case.stage_visit + 1,
            "closed_on": desk.on if stage.end else None,
        }  # fmt: skip
    holder = transition.waiting_on or (stage.waiting_on if transition.to else None)
    if holder is not None and holder != case.snapshot.waiting_on:
        columns.update(waiting_on=holder, waiting_since=desk.on)
    return columns


# --- notes and champions --------------------------------------------------------------------------


def note(desk: Desk, case_typed: str, text: str) -> Case:
    """Put a note on a case's journal; a note is activity, never progress."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_not_destroyed(desk, case)
    record.check_right(desk, case, "write_note", "The note")
    if not text.strip():
        raise BadInput("The note is empty.")
    return record.change(desk, case, "noted", why=text)


def name_champion(desk: Desk, case_typed: str, person_typed: str, why: str = "") -> Case:
    """Name the champion who answers for a case's progress; never its case officer."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    champion = queries.person(desk.db, person_typed)
    reasons = _against_champion(desk, case, champion)
    if reasons:
        raise Refused(
            f"{champion.name} was not named as champion of {case.reference}.", reasons=reasons
        )
    before = case.snapshot.champion.name if case.snapshot.champion else None
    columns = {"champion_id": champion.id, "champion_since": desk.on}
    detail = {"champion": champion.name, "before": before}
    named = replace(case, snapshot=replace(case.snapshot, champion=champion))
    return record.change(desk, named, "champion_named", why=why, detail=detail, columns=columns)


def _against_champion(desk: Desk, case: Case, champion: Person) -> list[str]:
    reasons = []
    missing = record.permission(desk, case, "name_champion")
    if missing:
        reasons.append(str(missing))
    if champion.id == case.snapshot.officer.id:
        reasons.append("The champion must not be the case officer: nobody answers to themselves.")
    if not champion.here_on(desk.on):
        reasons.append(f"{champion.name} has left.")
    present, since = case.snapshot.champion, case.snapshot.champion_since
    if present and present.id == champion.id:
        reasons.append(f"{champion.name} is the champion already.")
    if present and desk.on < since:
        reasons.append(f"{present.name} became champion only on {correspondence.dated(since)}.")
    return reasons
