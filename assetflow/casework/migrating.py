"""Migrating open cases to another version of their route, all in one transaction, and back."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assetflow import alerts, queries, versions
from assetflow.casework import council, holds, record, routes
from assetflow.casework.desk import Desk
from assetflow.casework.migration_plan import Plan, plan, refused
from assetflow.casework.telling import tell
from assetflow.errors import BadInput, NotFound, Refused
from assetflow.facts import counted
from assetflow.queries import Case, Entry
from assetflow.route_changes import follow
from assetflow.versions import Stored
from assetflow.workflow import Workflow

# How many cases a refusal names; a dry run has a line for each.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be migrated: to which version, how stages map, which cases; or what to undo.

    ``version`` None takes back the last migration of each case. No ``references`` are all cases.
    """

    name: str
    version: int | None
    mapping: Mapping[str, str] = field(default_factory=dict)
    references: Collection[str] = ()
    those_that_can: bool = False
    why: str = ""


def look(desk: Desk, wanted: Wanted) -> list[Plan]:
    """Give a plan for each case that would be migrated; nothing is written, nothing is locked."""
    route = _Route(desk, wanted)
    cases = queries.load_cases(desk.db, route.case_ids())
    return _plans(desk, route, cases)


def migrate(desk: Desk, wanted: Wanted) -> list[Plan]:
    """Migrate cases to a version of their route, or take their last migration back.

    All of them or none, unless ``those_that_can``. Raises ``Refused`` with what stands against it,
    case by case.
    """
    council.check_right(desk, "publish_workflow", "No case was migrated")
    route = _Route(desk, wanted)
    # Each is locked before it is read, in one order: what is planned is what is changed.
    ids = route.case_ids()
    cases = [record.take(desk, one.reference) for one in queries.load_cases(desk.db, ids)]
    plans = _plans(desk, route, [case for case in cases if _is_wanted(case, wanted)])
    refusals = [one for one in plans if one.against]
    if refusals and (not wanted.those_that_can or len(refusals) == len(plans)):
        raise _refusal(wanted, plans, refusals)
    for one in plans:
        if not one.against:
            _carry_out(desk, route, one, wanted.why)
    return plans


def _is_wanted(case: Case, wanted: Wanted) -> bool:
    """Leave out a case that somebody ended or migrated while its lock was waited for."""
    ended = case.closed_on is not None and not wanted.references
    return not ended and case.workflow.version != wanted.version


class _Route:
    """The stored versions of a route, and which of its cases are meant."""

    def __init__(self, desk: Desk, wanted: Wanted) -> None:
        self.desk, self.wanted = desk, wanted
        self.stored: dict[int, Stored] = {
            one.version: one for one in versions.stored(desk.db, wanted.name)
        }
        texts = queries.workflows(desk.db, [one.sha256 for one in self.stored.values()])
        self.texts = {number: texts[one.sha256] for number, one in self.stored.items()}
        if not self.stored:
            raise NotFound(
                f"No version of a route {wanted.name} is stored.",
                remedies=["see them: assetflow workflow list"],
            )
        if wanted.version is not None:
            self._check_target(wanted.version)

    def _check_target(self, version: int) -> None:
        if version not in self.stored:
            known = ", ".join(map(str, sorted(self.stored)))
            raise NotFound(
                f"Version {version} of {self.wanted.name} is not stored.",
                reasons=[f"stored: {known}"],
                remedies=[f"publish it first: assetflow workflow publish {self.wanted.name}"],
            )
        target = self.texts[version]
        every = {stage for route in self.texts.values() for stage in route.stages}
        for old, new in self.wanted.mapping.items():
            self._check_mapped(old, new, every, target)

    def _check_mapped(self, old: str, new: str, every: set[str], target: Workflow) -> None:
        what = f"{old} cannot be mapped to {new}."
        for stage, known in ((old, every), (new, set(target.stages))):
            if stage not in known:
                close = difflib.get_close_matches(stage, sorted(known), n=1)
                hint = [f"did you mean {close[0]}?"] if close else []
                raise BadInput(what, reasons=[f"There is no stage {stage}."], remedies=hint)
        if new not in target.open_stages:
            raise BadInput(what, reasons=[f"{new} is an end; a case ends only by a step."])
        if old in target.stages:
            raise BadInput(
                what,
                reasons=[f"{old} is a stage of version {target.version} too; a case leaves it only "
                         "by a step."],
            )  # fmt: skip

    def case_ids(self) -> list[int]:
        """Give the cases that are meant, in the order in which they were opened."""
        db, wanted = self.desk.db, self.wanted
        if wanted.references:
            return sorted({self._one(typed) for typed in wanted.references})
        if wanted.version is None:
            return versions.migrated_ids(db, wanted.name)
        found = versions.open_cases(db, wanted.name)
        return [key for key, _, _, version in found if version != wanted.version]

    def _one(self, typed: str) -> int:
        found = queries.case_id(self.desk.db, typed)
        case = queries.case(self.desk.db, found)
        if case.workflow.name != self.wanted.name:
            raise BadInput(
                f"{case.reference} is not on the route {self.wanted.name}.",
                reasons=[f"It runs on {case.workflow.name}."],
            )
        if case.workflow.version == self.wanted.version:
            what = f"{case.reference} runs on version {self.wanted.version} already."
            raise Refused(what, remedies=[f"see it: assetflow case history {case.reference}"])
        return found

    def stage_in(self, case: Case, target: Workflow) -> str:
        """Give the stage a case will be in: as mapped, else as the versions between say."""
        stage, here = case.snapshot.stage, case.workflow.version
        if stage in self.wanted.mapping:
            return self.wanted.mapping[stage]
        numbers = [n for n in sorted(self.texts) if here < n <= target.version]
        numbers = numbers or [n for n in sorted(self.texts)[::-1] if target.version <= n < here]
        return follow(stage, case.workflow, [self.texts[n] for n in numbers])


def _plans(desk: Desk, route: _Route, cases: Sequence[Case]) -> list[Plan]:
    lying = holds.in_force(desk)
    if route.wanted.version is None:
        return [_plan_back(desk, route, case, lying.get(case.id, [])) for case in cases]
    target = route.texts[route.wanted.version]
    return [
        plan(desk, case, target, route.stage_in(case, target), lying.get(case.id, []))
        for case in cases
    ]


# --- taking back ----------------------------------------------------------------------------------


def _plan_back(desk: Desk, route: _Route, case: Case, lying: list[holds.Hold]) -> Plan:
    """Plan to put a case back where its last migration, not yet taken back, found it."""
    entries = queries.history(desk.db, case.id)
    last = _last_migration(entries)
    if last is None:
        return refused(case, "No migration of it is left to take back.")
    if last.detail is None:
        return refused(case, "What the record of its migration says was erased.")
    moved = [e for e in entries if e.position > last.position and e.action == "advanced"
             and e.from_stage != e.to_stage]  # fmt: skip
    if moved:
        return refused(case, f"It has moved since it was migrated (record {last.position}).")
    target = route.texts[last.detail["from"]["version"]]
    return plan(desk, case, target, last.from_stage or case.snapshot.stage, lying, last.position)


def _last_migration(entries: Sequence[Entry]) -> Entry | None:
    standing: list[Entry] = []
    for entry in entries:
        if entry.action == "migrated":
            if entry.detail and entry.detail["undoes"]:
                standing = [e for e in standing if e.position < entry.detail["undoes"]]
            else:
                standing.append(entry)
    return standing[-1] if standing else None


# --- carrying out ---------------------------------------------------------------------------------


def _carry_out(desk: Desk, route: _Route, one: Plan, why: str) -> Case:
    """Pin one case to the version it was planned for; its clocks run on."""
    case, moved = one.case, one.stage != one.case.snapshot.stage
    _keep_quiet(desk, one)
    detail = {
        "from": routes.named(case.workflow),
        "to": routes.named(one.target),
        "mapping": {case.snapshot.stage: one.stage} if moved else {},
        "changes": list(one.changes),
        "undoes": one.undoes,
    }
    columns = {"workflow_version_id": route.stored[one.target.version].id, "stage": one.stage}
    # The record tells the stage that was left; only the rules are already those of the target.
    return record.change(
        desk, replace(case, workflow=one.target), "migrated",
        to_stage=one.stage if moved else None, why=why, detail=detail, columns=columns,
    )  # fmt: skip


def _keep_quiet(desk: Desk, one: Plan) -> None:
    """Let nobody be told again that a stage is overdue because it has another name now."""
    then, coming = _overdue(desk, one.case), _overdue(desk, one.case_then)
    told = queries.reminded(desk.db, [one.case.id])[one.case.id]
    for kind, now in coming.items():
        known = kind in then and (kind, then[kind].key) in told
        if known and now.on <= desk.on and (kind, now.key) not in told:
            tell(desk, one.case_then, now, [], superseded=True)


def _overdue(desk: Desk, case: Case) -> dict[str, alerts.Alert]:
    """Give the alerts that name the stage a case is in, by their kinds."""
    timeline = alerts.timeline(desk.bare_occasion(case.workflow, case.snapshot))
    return {a.kind: a for a in timeline if a.kind in ("stage_overdue", "stage_overrun")}


def _refusal(wanted: Wanted, plans: Sequence[Plan], refusals: Sequence[Plan]) -> Refused:
    named = [
        f"{one.case.reference}: {reason}"
        for one in refusals[:MOST_NAMED] for reason in one.against
    ]  # fmt: skip
    more = len(refusals) - MOST_NAMED
    if more > 0:
        named.append(f"The same or like it: {counted(more, 'further case')}.")
    what = "back" if wanted.version is None else f"to version {wanted.version}"
    remedies = [f"see all: assetflow workflow migrate {wanted.name} {_typed(wanted)} --dry-run"]
    if wanted.version is not None:
        remedies.append("say what a stage is called there: --map OLD=NEW")
    if len(refusals) < len(plans):
        remedies.append("leave these where they are: --those-that-can")
    return Refused(
        f"No case was migrated {what}: {len(refusals)} of {counted(len(plans), 'case')} cannot be.",
        reasons=named, remedies=remedies,
    )  # fmt: skip


def _typed(wanted: Wanted) -> str:
    return "--undo" if wanted.version is None else f"--to {wanted.version}"
