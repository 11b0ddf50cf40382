"""Facts on a case: reading what was typed, seeing the case with them, and putting them on file."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam

from assetflow import facts
from assetflow import models as m
from assetflow.casework import extensions, record
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, Refused
from assetflow.guards import any_of
from assetflow.queries import Case
from assetflow.sql import Asked, Statement, carry_out, inserting
from assetflow.workflow import Fact


def given_facts(
    desk: Desk, case: Case, typed: Mapping[str, str], step: str | None = ""
) -> dict[str, Any]:
    """Read the facts typed with a command; raises ``BadInput`` with everything wrong in them.

    ``step`` is the trigger with which they are given; empty where they are recorded by themselves,
    and None where nothing is recorded at all.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, text in typed.items():
        declared = case.workflow.facts.get(name)
        if declared is None:
            wrong.append(_unknown(name, case))
            continue
        kept_out = _kept_out(case, declared, step)
        if kept_out:
            wrong.append(f"{name} ({declared.label}): {kept_out}")
            continue
        try:
            values[name] = facts.parse(declared, text, desk.on)
            _check_entry(desk, declared, values[name])
        except ValueError as error:
            wrong.append(f"{name} ({declared.label}): {error}.")
    if wrong:
        raise BadInput("Some facts cannot be used.", reasons=wrong)
    # With a step, what is wrong with a later date is told among all that the step lacks.
    late = extensions.against(desk, with_facts(case, values), values) if not step else []
    if late:
        raise Refused(f"{case.reference}: nothing was recorded.", reasons=late)
    return values


def _kept_out(case: Case, declared: Fact, step: str | None) -> str:
    """Say why a fact cannot be recorded here and now, whatever its value."""
    if case.snapshot.stage in declared.fixed_in:
        stage = case.workflow.stages[case.snapshot.stage].label
        return f"it is fixed while the case is at: {stage}."
    if declared.only_with and step is not None and step not in declared.only_with:
        return f"it is given only with the step {any_of(declared.only_with)}."
    return ""


def _check_entry(desk: Desk, fact: Fact, value: Any) -> None:
    if fact.library is None:
        return
    # The entries for dates, such as the meetings of a panel, are called by them: 2026-03-02.
    entry = value.isoformat() if isinstance(value, date) else value
    if entry not in desk.library_keys.get(fact.library, frozenset()):
        raise ValueError(f"{entry!r} is no entry of the library; see: assetflow library list")


def _unknown(name: str, case: Case) -> str:
    close = difflib.get_close_matches(name, list(case.workflow.facts), n=1)
    tail = (
        f"did you mean {close[0]}?"
        if close
        else f"see: assetflow workflow show {case.workflow.name}"
    )
    return f"This route has no fact {name}; {tail}"


def with_facts(case: Case, given: Mapping[str, Any]) -> Case:
    """See a case as it would stand with more facts on its file."""
    if not given:
        return case
    merged = {**case.snapshot.facts, **given}
    replaced = {name: case.snapshot.facts.get(name) for name in given}
    return replace(case, snapshot=replace(case.snapshot, facts=merged, replaced=replaced))


def store_facts(desk: Desk, case: Case, given: Mapping[str, Any]) -> None:
    """Put facts on the file; what stood there before remains in the journal."""
    asked: list[Asked] = []
    for name, value in given.items():
        row = {"name": name, "value": facts.to_json(value), "happened_on": desk.on}
        asked.append((_FORGET, {"case": case.id, "fact": name}))
        asked.append((_STORE, {"case_id": case.id, **row}))
    carry_out(desk.db, *asked)


_STORE = inserting(m.facts)
_FORGET = Statement(
    m.facts.delete().where(
        m.facts.c.case_id == bindparam("case"), m.facts.c.name == bindparam("fact")
    )
)


def record_facts(desk: Desk, case_typed: str, typed: Mapping[str, str], why: str = "") -> Case:
    """Record facts on a case without moving it."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    record.check_right(desk, case, "record_fact", "Recording facts")
    given = given_facts(desk, case, typed)
    if not given:
        raise BadInput("No fact was given.", remedies=['write them as NAME="VALUE"'])
    store_facts(desk, case, given)
    seen = with_facts(case, given)
    return record.change(desk, seen, "fact_recorded", why=why, detail={"facts": given})
