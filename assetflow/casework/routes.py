"""Routes in use: the file a council keeps becomes a stored version that cases are pinned to."""

from sqlalchemy import insert

from assetflow import definitions, queries
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.errors import Refused
from assetflow.workflow import Workflow


def version_in_force(desk: Desk, name: str) -> tuple[int, Workflow]:
    """Give the stored version of a route, storing the file's version the first time it is used.

    Raises ``Refused`` where the file was changed without a new version number: running cases keep
    the rules they were opened under, so two texts may not share one number.
    """
    workflow = definitions.load(definitions.find(desk.settings, name), desk.surroundings())
    stored = queries.version_with(desk.db, workflow.name, workflow.version)
    if stored is None:
        return _store(desk, workflow), workflow
    if stored.sha256 != workflow.sha256:
        raise Refused(
            f"The workflow {name} was changed but is still called version {workflow.version}.",
            reasons=["Open cases run on the earlier text of that version."],
            remedies=[f"write `version: {workflow.version + 1}` in its file"],
        )
    return stored.id, workflow


def newest(desk: Desk, name: str) -> Workflow:
    """Give the newest stored version of a route, or the file's where none is stored yet."""
    stored = queries.newest_version(desk.db, name)
    return stored or version_in_force(desk, name)[1]


def _store(desk: Desk, workflow: Workflow) -> int:
    values = {
        "name": workflow.name,
        "version": workflow.version,
        "sha256": workflow.sha256,
        "canonical": workflow.canonical,
        "recorded_at": desk.now,
    }
    result = desk.db.execute(insert(m.workflow_versions).values(values))
    return queries.new_id(result)
