"""Routes in use: which stored version holds on a day, and the first one that is ever used."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert

from assetflow import definitions, queries, versions
from assetflow import models as m
from assetflow.casework.desk import Desk
from assetflow.errors import BadFile, Refused
from assetflow.facts import show
from assetflow.workflow import Workflow


@dataclass(frozen=True, slots=True)
class InForce:
    """The version of a route that a case filed on a day is opened under, and what to know of it."""

    id: int
    workflow: Workflow
    notices: tuple[str, ...] = ()


def version_in_force(desk: Desk, name: str) -> InForce:
    """Give the version of a route in force on the desk's day.

    The first version that is ever used is stored without being published, and holds since ever.
    Raises ``Refused`` where the file was changed without a new version number, and on days before
    the first version.
    """
    file = _proved(desk, name)
    known = versions.stored(desk.db, file.name)
    if not known:
        return InForce(store(desk, file), file)
    check_same_text(file, known)
    found = versions.in_force(known, desk.on)
    if found is None:
        raise Refused(
            f"No version of the route {file.name} was in force on {show(desk.on)}.",
            reasons=[f"Its first version holds from {show(known[0].valid_from)}."],
            remedies=["see them: assetflow workflow list"],
        )
    workflow = queries.workflows(desk.db, [found.sha256])[found.sha256]
    return InForce(found.id, workflow, _notices(file, workflow, known))


def _proved(desk: Desk, name: str) -> Workflow:
    """Give a route as its file tells it, read and proved once a command."""
    if name not in desk.proved:
        path = definitions.find(desk.settings, name)
        desk.proved[name] = definitions.load(path, desk.surroundings())
    return desk.proved[name]


def check_same_text(file: Workflow, known: list[versions.Stored]) -> None:
    """Refuse a changed text under an old number: running cases keep the rules they have."""
    if any(one.version == file.version and one.sha256 != file.sha256 for one in known):
        newest = max(one.version for one in known)
        raise Refused(
            f"The workflow {file.name} was changed but is still called version {file.version}.",
            reasons=["Cases run on the earlier text of that version."],
            remedies=[f"write `version: {newest + 1}` in its file",
                      f"and publish it: assetflow workflow publish {file.name}"],
        )  # fmt: skip


def _notices(file: Workflow, used: Workflow, known: list[versions.Stored]) -> tuple[str, ...]:
    if any(one.version == file.version for one in known):
        return ()
    return (
        f"Version {file.version} of {file.name} is not published yet; this case runs on version "
        f"{used.version}.",
    )


def named(workflow: Workflow) -> dict[str, str | int]:
    """Name a version in a record, so that the case can be held against it."""
    return {"name": workflow.name, "version": workflow.version, "sha256": workflow.sha256}


def newest(desk: Desk, name: str) -> Workflow:
    """Give the newest stored version of a route, or the file's where none is stored yet."""
    stored = queries.newest_version(desk.db, name)
    return stored or version_in_force(desk, name).workflow


def departments(desk: Desk) -> list[str]:
    """Name the departments that any route of this installation knows, whether it is used or not."""
    around, found = desk.surroundings(), list[str]()
    for path in definitions.available(desk.settings):
        with suppress(BadFile):  # which `workflow check` and its first use report
            found += definitions.load(path, around).departments
    return list(dict.fromkeys(found))


def store(
    desk: Desk, workflow: Workflow, valid_from: date | None = None, authority: str | None = None
) -> int:
    """Store a version of a route; with an authority it is published by whoever acts."""
    values = {
        "name": workflow.name,
        "version": workflow.version,
        "sha256": workflow.sha256,
        "canonical": workflow.canonical,
        "valid_from": valid_from,
        "published_by_id": None if authority is None else desk.actor.id,
        "authority": authority or "",
        "recorded_at": desk.now,
    }
    result = desk.db.execute(insert(m.workflow_versions).values(values))
    return queries.new_id(result)
