"""Facts on a case: reading what was typed, seeing the case with them, and putting them on file."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert

from assetflow import facts, queries
from assetflow import models as m
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput
from assetflow.queries import Case
from assetflow.workflow import Fact


def given_facts(desk: Desk, case: Case, typed: Mapping[str, str]) -> dict[str, Any]:
    """Read the facts typed with a command; raises ``BadInput`` with everything wrong in them."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, text in typed.items():
        declared = case.workflow.facts.get(name)
        if declared is None:
            wrong.append(_unknown(name, case))
            continue
        try:
            values[name] = facts.parse(declared, text, desk.on)
            _check_entry(desk, declared, values[name])
        except ValueError as error:
            wrong.append(f"{name} ({declared.label}): {error}.")
    if wrong:
        raise BadInput("Some facts cannot be used.", reasons=wrong)
    return values


def _check_entry(desk: Desk, fact: Fact, value: Any) -> None:
    entries = desk.library_keys.get(fact.library or "", frozenset())
    if fact.type == "library" and value not in entries:
        raise ValueError(f"{value!r} is no entry of the library; see: assetflow library list")


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
    merged = {**case.snapshot.facts, **given}
    return replace(case, snapshot=replace(case.snapshot, facts=merged))


def store_facts(desk: Desk, case: Case, given: Mapping[str, Any]) -> None:
    """Put facts on the file; what stood there before remains in the journal."""
    table = m.facts
    for name, value in given.items():
        desk.db.execute(delete(table).where(table.c.case_id == case.id, table.c.name == name))
        desk.db.execute(
            insert(table).values(
                case_id=case.id, name=name, value=facts.to_json(value), happened_on=desk.on
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
    case = record.change(desk, case, "fact_recorded", why=why, detail={"facts": given})
    store_facts(desk, case, given)
    return record.settle(desk, queries.case(desk.db, case.id))
