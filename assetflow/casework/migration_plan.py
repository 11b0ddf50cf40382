"""What migrating a case to another version of its route would change, and what stands against it.

Nothing is written here: a plan is a pure comparison of one case under two versions.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assetflow import alerts
from assetflow.casework.desk import Desk
from assetflow.casework.holds import Hold
from assetflow.facts import from_json, show
from assetflow.queries import Case
from assetflow.route_changes import letters_of
from assetflow.snapshot import Signoff
from assetflow.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Plan:
    """One case on its way to a version: the stage it will be in, what changes, and why not.

    ``undoes`` is the position of the record that the migration takes back, if it takes one back.
    """

    case: Case
    target: Workflow
    stage: str
    changes: tuple[str, ...]
    against: tuple[str, ...]
    undoes: int | None = None

    @property
    def case_then(self) -> Case:
        """Give the case as it will stand."""
        snapshot = replace(self.case.snapshot, stage=self.stage)
        return replace(self.case, workflow=self.target, snapshot=snapshot)


def plan(
    desk: Desk, case: Case, target: Workflow, stage: str, holds: list[Hold],
    undoes: int | None = None,
) -> Plan:  # fmt: skip
    """Compare a case under its version with the same case, in a stage, under another version."""
    bare = Plan(case, target, stage, (), (), undoes)
    against = tuple(_against(bare, holds))
    changes = () if against else tuple(_changes(desk, bare)) or ("nothing but the version",)
    return replace(bare, changes=changes, against=against)


def refused(case: Case, reason: str) -> Plan:
    """Give the plan of a case for which there is nowhere to go."""
    return Plan(case, case.workflow, case.snapshot.stage, (), (reason,))


# --- what stands against it -----------------------------------------------------------------------


def _against(plan: Plan, holds: list[Hold]) -> Iterator[str]:
    case, target = plan.case, plan.target
    if case.closed_on is not None:
        yield f"It ended on {show(case.closed_on)}; what has ended keeps its version."
        return
    yield from (f"{str(hold).removesuffix('.')}." for hold in holds)
    if plan.stage not in target.open_stages:
        label = case.workflow.stages[case.snapshot.stage].label
        what = "is an end" if plan.stage in target.stages else "does not exist"
        yield f"It is in ‘{label}’, and {plan.stage} {what} in version {target.version}."
        return
    yield from _signoffs_without_a_step(plan)
    yield from _facts_of_another_type(plan)


def _signoffs_without_a_step(plan: Plan) -> Iterator[str]:
    """A request or an agreement counts only where the step still asks the department."""
    label = plan.case.workflow.department_label
    for signoff in plan.case.snapshot.signoffs:
        if not _still_asked(plan, signoff):
            what = "request to" if signoff.open else "answer of"
            yield (
                f"The {what} {label(signoff.department)} for {signoff.trigger} would be lost: "
                f"version {plan.target.version} does not ask for it in that stage."
            )


def _still_asked(plan: Plan, signoff: Signoff) -> bool:
    steps = {step.trigger: step for step in plan.target.from_stage(plan.stage)}
    rules = steps[signoff.trigger].signoffs if signoff.trigger in steps else ()
    return any(rule.department == signoff.department for rule in rules)


def _facts_of_another_type(plan: Plan) -> Iterator[str]:
    was, now = plan.case.workflow.facts, plan.target.facts
    for name in sorted(plan.case.snapshot.facts.keys() & now.keys()):
        kind, value = now[name].type, plan.case.snapshot.facts[name]
        if was[name].type != kind if name in was else not _fits(kind, value):
            before = was[name].type if name in was else "something else"
            yield (
                f"{name} is on the file as {before}; version {plan.target.version} reads it as "
                f"{kind}."
            )


def _fits(kind: str, value: object) -> bool:
    """Tell whether a fact that its version does not declare can be read as of a type."""
    plain = {"integer": int, "yes_no": bool, "list": list}
    if kind in plain or not isinstance(value, str):
        return type(value) is plain.get(kind)
    try:
        from_json(kind, json.dumps(value))
    except (ValueError, ArithmeticError):
        return False
    return True


# --- what changes ---------------------------------------------------------------------------------


def _changes(desk: Desk, plan: Plan) -> Iterator[str]:
    case, target = plan.case, plan.target
    before, after = case.workflow.stages[case.snapshot.stage], target.stages[plan.stage]
    if (before.id, before.label) != (after.id, after.label):
        yield f"‘{before.label}’ is now ‘{after.label}’"
    yield from _due(desk, plan)
    yield from _signoffs(plan)
    gone = sorted(case.snapshot.facts.keys() & case.workflow.facts.keys() - target.facts.keys())
    if gone:
        labels = ", ".join(case.workflow.fact_label(name) for name in gone)
        yield f"stays on the file and is no longer used: {labels}"
    letters = sorted(letters_of(case.workflow) - letters_of(target))
    if letters:
        yield f"no longer sent: {', '.join(letters)}"


def _due(desk: Desk, plan: Plan) -> Iterator[str]:
    was, now = (
        alerts.stage_due_on(desk.bare_occasion(one.workflow, one.snapshot))
        for one in (plan.case, plan.case_then)
    )
    if was != now:
        yield f"due {show(now) if now else 'never'} instead of {show(was) if was else 'never'}"


def _signoffs(plan: Plan) -> Iterator[str]:
    """Say which requests and answers stay, and which departments a begun step asks as well."""
    label = plan.target.department_label
    asked = [(one.trigger, one.department) for one in plan.case.snapshot.signoffs]
    if asked:
        yield f"sign-offs that stay: {', '.join(label(department) for _, department in asked)}"
    begun = {trigger for trigger, _ in asked}
    more = [
        rule.department
        for step in plan.target.from_stage(plan.stage)
        for rule in step.signoffs
        if step.trigger in begun and _is_new(plan, step.trigger, rule.department)
    ]
    if more:
        yield f"asked as well: {', '.join(map(label, more))}"


def _is_new(plan: Plan, trigger: str, department: str) -> bool:
    known = plan.case.workflow.transitions.get(trigger)
    departments = {one.department for one in known.signoffs} if known else set()
    return department not in departments
