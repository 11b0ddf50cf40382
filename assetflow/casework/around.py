"""What stands around a case, read where a rule asks: parent, parts, others on the asset, scores."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from assetflow import facts, queries
from assetflow.queries import Case
from assetflow.snapshot import Around, Related
from assetflow.workflow import Workflow


def around(db: Connection, case: Case) -> Around:
    """Read what stands around a case."""
    parent_id = queries.parent_of(db, case.id)
    parent = None if parent_id is None else queries.related(db, parent_id)
    return Around(
        parent=parent,
        parts=tuple(part for _, part in queries.parts_of(db, case.id)),
        on_asset=tuple(queries.others_on_asset(db, case.id, case.asset.id)),
        criteria=criteria(case, parent),
        scores=tuple(queries.scores(db, case.id)),
        aside=queries.aside(db, case.id),
        declared=queries.declared(db, case.id),
        goes_on_as=tuple(other for _, other in queries.continued_by(db, case.id)),
    )


@dataclass(frozen=True, slots=True)
class Family:
    """The cases to which a case belongs: its parent and parts, what it continues and goes on as."""

    part_of: Related | None
    parts: tuple[Related, ...]
    continues: Related | None
    goes_on_as: tuple[Related, ...]


def family(db: Connection, case_id: int) -> Family:
    """Read the cases to which a case belongs."""
    parent_id = queries.parent_of(db, case_id)
    return Family(
        part_of=None if parent_id is None else queries.related(db, parent_id),
        parts=tuple(part for _, part in queries.parts_of(db, case_id)),
        continues=queries.continues(db, case_id),
        goes_on_as=tuple(other for _, other in queries.continued_by(db, case_id)),
    )


def criteria(case: Case, parent: Related | None) -> Mapping[str, int]:
    """Give the criteria by which a case is scored: its parent's, else its own, else its route's."""
    own = _weights(case.workflow, case.snapshot.facts)
    declared = {one.label: one.weight for one in case.workflow.criteria.values()}
    above = _weights(parent.workflow, parent.facts) if parent else {}
    return above or own or declared


def _weights(workflow: Workflow, on_file: Mapping[str, object]) -> dict[str, int]:
    lines = [on_file.get(f.name) for f in workflow.facts.values() if f.type == "weights"]
    return next((facts.criteria_of(line) for line in lines if isinstance(line, list)), {})
