"""People of a route: who may do what, who is told of what."""

from collections.abc import Iterator

from assetflow.soundness.finding import Finding, Surroundings, Where, unknown
from assetflow.workflow import CASE_ROLES, Workflow

RIGHTS = (
    "open_case",
    "name_champion",
    "record_fact",
    "request_signoff",
    "record_signoff",
    "issue_letter",
    "write_note",
)
ALERTS = (
    "no_champion",
    "stage_overdue",
    "signoff_overdue",
    "objection_raised",
    "objection_open",
    "silence",
)
TIMED_ALERTS = ("no_champion", "objection_open", "silence")


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List the roles, rights and alerts that nobody or nothing stands for."""
    known = {*workflow.roles, *CASE_ROLES}
    for path, role in _role_uses(workflow):
        if role not in known:
            yield unknown(path, "role", role, known)
    for right in workflow.rights:
        if right not in RIGHTS:
            yield unknown(("rights", right), "right", right, RIGHTS)
    for right in RIGHTS:
        if not workflow.rights.get(right):
            hint = f"name at least one role, as in {right}: [case_officer]"
            message = f"nobody may {right.replace('_', ' ')}"
            yield Finding(("rights", right), "right-of-nobody", message, hint)
    for trigger, transition in workflow.transitions.items():
        if not transition.who:
            hint = "name at least one role, as in who: [case_officer]"
            message = f"nobody may fire {trigger}"
            yield Finding(("transitions", trigger, "who"), "nobody-may-fire", message, hint)
    yield from _alerts(workflow)


def _alerts(workflow: Workflow) -> Iterator[Finding]:
    for kind, rule in workflow.alerts.items():
        if kind not in ALERTS:
            yield unknown(("alerts", kind), "alert", kind, ALERTS)
        elif (rule.after is not None) != (kind in TIMED_ALERTS):
            wanted, hint = (
                ("needs a time", "write how long to wait, as in after: 10 working days")
                if kind in TIMED_ALERTS
                else ("counts from its own due date", "delete after:")
            )
            yield Finding(("alerts", kind, "after"), "alert-time", f"{kind} {wanted}", hint)


def _role_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for right, roles in workflow.rights.items():
        yield from ((("rights", right, n), role) for n, role in enumerate(roles))
    for trigger, transition in workflow.transitions.items():
        yield from ((("transitions", trigger, "who", n), r) for n, r in enumerate(transition.who))
    for level, rung in workflow.ladder.items():
        yield from ((("ladder", level, "to", n), role) for n, role in enumerate(rung.to))
    for kind, rule in workflow.alerts.items():
        yield from ((("alerts", kind, "to", n), role) for n, role in enumerate(rule.to))
