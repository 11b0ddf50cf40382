"""The life of a case: advanced from stage to stage, noted upon, given a champion, ended."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from assetflow import guards, machine, queries
from assetflow.casework import correspondence, extensions, opening, record
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, store_facts, with_facts
from assetflow.casework.opening import Done
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.pauses import pauses_after
from assetflow.queries import Case
from assetflow.snapshot import Person, Unmet
from assetflow.workflow import Stage, Transition

# --- advancing ----------------------------------------------------------------------------------


def advance(
    desk: Desk, case_typed: str, trigger: str, typed: Mapping[str, str], why: str = ""
) -> Done:
    """Fire a trigger on a case: facts given with it, the move, its record and its letters.

    Raises ``Refused`` with every unmet requirement at once; then nothing is changed.
    """
    return _advance(desk, record.take(desk, case_typed), trigger, typed, why)


def _advance(desk: Desk, case: Case, trigger: str, typed: Mapping[str, str], why: str = "") -> Done:
    record.check_open(case)
    transition = _transition(case, trigger)
    record.check_day(desk, case)
    given = given_facts(desk, case, typed, trigger)
    seen = with_facts(case, given)
    stage = case.workflow.stages[_fire(desk, seen, transition, why, given)]
    given |= dict.fromkeys(transition.dates, desk.on)
    done = _record_advance(desk, with_facts(case, given), transition, stage, given, why)
    return _with_others(done, _tell_parts(desk, done.case, transition, why), desk, transition)


def _tell_parts(desk: Desk, case: Case, transition: Transition, why: str) -> list[Done]:
    """Fire what the step fires on the parts of its case; where one refuses, nothing is done."""
    told = []
    for rule in transition.tells_parts:
        for _, part in queries.parts_of(desk.db, case.id):
            if part.stage in rule.stages:
                taken = record.take(desk, part.reference)
                told.append(_advance(desk, taken, rule.trigger, {}, why))
    return told


def _with_others(done: Done, told: list[Done], desk: Desk, transition: Transition) -> Done:
    """Add what a step did to other cases: its parts, and the case that goes on from it."""
    further = list(told)
    if transition.continues_as is not None:
        further.append(opening.go_on(desk, done.case, transition.continues_as))
    if not further:
        return done
    letters = (letter for one in further for letter in one.letters)
    notices = [
        notice
        for one in further
        for notice in (f"{one.case.reference} is now at: {_label(one.case)}.", *one.notices)
    ]
    return Done(done.case, (*done.letters, *letters), (*done.notices, *notices))


def _label(case: Case) -> str:
    return case.workflow.stages[case.snapshot.stage].label


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
    occasion = desk.occasion(case, given)
    right = desk.may(transition.who, case.workflow, case.snapshot)
    missing = [right] if right else []
    if transition.why_needed and not why.strip():
        missing.append(Unmet("why", "A reason must be given.", "you", 'add --why "…"', fact="why"))
    found = list(guards.unmet(transition, occasion))
    # A guard of the step may have said already that the time is over.
    over = [item.code for item in found].count("clock")
    late = [] if over else extensions.against(desk, case, given)
    return (*missing, *found, *(Unmet("clock", sentence, "") for sentence in late))


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
    others = (item for item in missing if not item.fact or item.code == "fact_elsewhere")
    remedies = list(dict.fromkeys(item.remedy for item in others if item.remedy))
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
    rule, before = case.workflow.pauses, case.snapshot.pauses
    reason = case.snapshot.facts.get(rule.reason, "") if rule else ""
    pauses = pauses_after(before, transition, desk.on, str(reason))
    return columns if pauses == before else {**columns, "pauses": pauses}


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
