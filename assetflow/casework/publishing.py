"""Publishing a version of a route: from a day on, new cases are filed under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text

from assetflow import queries, versions
from assetflow.casework import council, routes
from assetflow.casework.desk import Desk
from assetflow.errors import BadInput, Refused
from assetflow.facts import counted, read_text, show
from assetflow.route_changes import follow
from assetflow.versions import Stored
from assetflow.workflow import Workflow

# How many cases a refusal names; the listing has them all.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Published:
    """A version that was published, from when it holds, and the open cases on older versions."""

    name: str
    version: int
    sha256: str
    valid_from: date | None
    authority: str
    open_on_older: int


def publish(
    desk: Desk,
    workflow: Workflow,
    valid_from: date | None = None,
    authority: str = "",
    *,
    dry_run: bool = False,
) -> Published:
    """Publish a version: cases filed from its first day on run on it; running cases keep theirs.

    Without a day it holds from today, or from tomorrow where a case was filed today. Raises
    ``Refused`` with every reason.
    """
    _check_words(authority)
    if not dry_run:
        _keep_cases_still(desk)
    known = versions.stored(desk.db, workflow.name)
    _check_is_new(workflow, known)
    first_day = valid_from or (_first_free_day(desk, workflow.name) if known else None)
    reasons, remedies = _against(desk, workflow, known, first_day)
    missing = None if dry_run else council.permission(desk, "publish_workflow")
    if missing:
        reasons.insert(0, str(missing))
    if reasons:
        what = f"Version {workflow.version} of {workflow.name} was not published."
        raise Refused(what, reasons=reasons, remedies=remedies or ["see: assetflow person list"])
    if not dry_run:
        _store(desk, workflow, first_day, authority)
    older = sum(one.open_cases for one in known)
    return Published(
        workflow.name, workflow.version, workflow.sha256, first_day, authority, older
    )  # fmt: skip


def _check_words(authority: str) -> None:
    try:
        read_text(authority)
    except ValueError as error:
        raise BadInput("The text cannot be recorded.", reasons=[f"authority: {error}."]) from error


def _keep_cases_still(desk: Desk) -> None:
    """Let no case be filed between the look at what was filed and the commit.

    On SQLite the transaction holds the whole database already.
    """
    if desk.db.dialect.name == "postgresql":
        desk.db.execute(text("LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE"))


def _store(desk: Desk, workflow: Workflow, valid_from: date | None, authority: str) -> None:
    routes.store(desk, workflow, valid_from, authority)
    detail = {
        "name": workflow.name,
        "version": workflow.version,
        "sha256": workflow.sha256,
        "valid_from": valid_from.isoformat() if valid_from else None,
        "authority": authority,
        "renamed": workflow.renamed,
    }
    council.enter(desk, "workflow_published", detail=detail)


def _first_free_day(desk: Desk, name: str) -> date:
    filed = versions.filed_since(desk.db, name, desk.today)
    return desk.today + timedelta(days=1) if filed else desk.today


def _check_is_new(workflow: Workflow, known: Sequence[Stored]) -> None:
    same = next((one for one in known if one.sha256 == workflow.sha256), None)
    if same is not None:
        since = f"from {show(same.valid_from)}" if same.valid_from else "since ever"
        raise Refused(
            f"There is nothing to publish: version {same.version} of {workflow.name} is stored "
            "with this very text.",
            reasons=[f"It holds {since}."],
            remedies=["change the file and raise its version, then publish it"],
        )
    newest = max((one.version for one in known), default=0)
    if workflow.version <= newest:
        raise Refused(
            f"Version {workflow.version} of {workflow.name} was not published.",
            reasons=[f"The text is new, but versions up to {newest} are stored already."],
            remedies=[f"write `version: {newest + 1}` in its file"],
        )


def _against(
    desk: Desk, workflow: Workflow, known: Sequence[Stored], first_day: date | None
) -> tuple[list[str], list[str]]:
    """Give every reason against publishing a version from a day on, and what to do."""
    if not known or first_day is None:
        return [], []
    reasons, remedies = _against_day(desk, workflow, known, first_day)
    stranded = _stranded(desk, workflow, known)
    for stage, references in stranded.items():
        where = f"the stage {stage}, which version {workflow.version} does not have as an open one"
        reasons.append(f"{counted(len(references), 'open case')} in {where}: {_some(references)}.")
    if stranded:
        lines = ", ".join(f"{stage}: NEW_STAGE" for stage in stranded)
        remedies.append(f"say in the file what it is called now: renamed: {{{lines}}}")
    return reasons, remedies


def _against_day(
    desk: Desk, workflow: Workflow, known: Sequence[Stored], first_day: date
) -> tuple[list[str], list[str]]:
    newest, filed = known[-1], versions.filed_since(desk.db, workflow.name, first_day)
    if newest.valid_from is not None and first_day <= newest.valid_from:
        reason = (
            f"Version {newest.version} holds from {show(newest.valid_from)}; two versions cannot "
            f"begin on one day, nor a later one before it ({show(first_day)})."
        )
        return [reason], [f"give a later day: --from {newest.valid_from + timedelta(days=1)}"]
    if filed:
        names = [f"{reference} ({show(day)})" for reference, day in filed]
        reason = (
            f"A case keeps the rules in force when it was filed, and since {show(first_day)} "
            f"{counted(len(filed), 'case')} came in under older ones: {_some(names)}."
        )
        return [reason], [f"give a later day: --from {filed[0][1] + timedelta(days=1)}"]
    return [], []


def _stranded(
    desk: Desk, workflow: Workflow, known: Sequence[Stored]
) -> dict[str, list[str]]:  # fmt: skip
    """Give the open cases whose stage would not be an open one in the new version, by stage."""
    texts = queries.workflows(desk.db, [one.sha256 for one in known])
    by_number = {one.version: texts[one.sha256] for one in known}
    ahead = {
        number: [*(by_number[n] for n in sorted(by_number) if n > number), workflow]
        for number in by_number
    }
    found: dict[str, list[str]] = {}
    for _, reference, stage, number in versions.open_cases(desk.db, workflow.name):
        if follow(stage, by_number[number], ahead[number]) not in workflow.open_stages:
            found.setdefault(stage, []).append(reference)
    return found


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
