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
# A route names these only where it uses what they are for.
OPTIONAL_RIGHTS = ("score",)
# The guards that look at scores, which somebody must have the right to give.
_SCORING = ("scored", "moderated", "interests_declared")
ALERTS = (
    "no_champion",
    "stage_overdue",
    "signoff_overdue",
    "objection_raised",
    "objection_open",
    "objection_stuck",
    "silence",
    "stalled_council",
    "stalled_group",
    "stage_overrun",
    "run_out",
    "task_overdue",
)
TIMED_ALERTS = (
    "no_champion",
    "objection_open",
    "objection_stuck",
    "silence",
    "stalled_council",
    "stalled_group",
)
# They need to know how much of a target must have gone by.
SHARED_ALERTS = ("stage_overrun",)
# Whoever holds this role for a department signs for it.
SIGNATORY = "signatory"


def problems(workflow: Workflow, _around: Surroundings) -> Iterator[Finding]:
    """List the roles, rights and alerts that nobody or nothing stands for."""
    known = {*workflow.roles, *CASE_ROLES}
    for path, role in _role_uses(workflow):
        if role not in known:
            yield unknown(path, "role", role, known)
    for right in workflow.rights:
        if right not in (*RIGHTS, *OPTIONAL_RIGHTS):
            yield unknown(("rights", right), "right", right, (*RIGHTS, *OPTIONAL_RIGHTS))
    yield from _rights(workflow)
    for trigger, transition in workflow.transitions.items():
        if not transition.who:
            hint = "name at least one role, as in who: [case_officer]"
            message = f"nobody may fire {trigger}"
            yield Finding(("transitions", trigger, "who"), "nobody-may-fire", message, hint)
    yield from _signoffs(workflow)
    yield from _alerts(workflow)
    yield from _unheard(workflow)


def _rights(workflow: Workflow) -> Iterator[Finding]:
    for right in (*RIGHTS, *OPTIONAL_RIGHTS):
        if not workflow.rights.get(right) and (right in RIGHTS or _is_used(workflow, right)):
            hint = f"name at least one role, as in {right}: [case_officer]"
            message = f"nobody may {right.replace('_', ' ')}"
            yield Finding(("rights", right), "right-of-nobody", message, hint)
    opening = workflow.rights.get("open_case")
    if opening and not set(opening) - set(CASE_ROLES):
        message = "nobody may open a case: before it is open, nobody has a place on it"
        hint = "name a role that is granted to people, such as estates_officer"
        yield Finding(("rights", "open_case"), "right-of-nobody", message, hint)


def _is_used(workflow: Workflow, right: str) -> bool:
    """Tell whether an optional right is named, or a step needs what it is for."""
    needed = (use.guard for t in workflow.transitions.values() for use in t.requires)
    return right in workflow.rights or any(guard in _SCORING for guard in needed)


def _signoffs(workflow: Workflow) -> Iterator[Finding]:
    for trigger, transition in workflow.transitions.items():
        path: Where = ("transitions", trigger, "signoffs")
        if transition.signoffs and SIGNATORY not in workflow.roles:
            message = f"nobody can sign for {trigger}: the route has no role {SIGNATORY}"
            hint = f"write {SIGNATORY}: {{label: a department signatory}} under roles"
            yield Finding(path, "signoff-of-nobody", message, hint)
        asked: set[str] = set()
        for number, rule in enumerate(transition.signoffs):
            if rule.department in asked:
                message = f"{rule.department} is asked twice for {trigger}, and can answer once"
                hint = "put both questions into one"
                yield Finding((*path, number), "department-asked-twice", message, hint)
            asked.add(rule.department)


def _unheard(workflow: Workflow) -> Iterator[Finding]:
    """Alerts and levels of the ladder of which nobody would hear."""
    hint = "name at least one role, as in to: [case_officer]"
    for group, rules in (("ladder", workflow.ladder), ("alerts", workflow.alerts)):
        for name, rule in rules.items():
            if not rule.to:
                yield Finding((group, name, "to"), "tells-nobody", f"{name} tells nobody", hint)
    alert = workflow.alerts.get("no_champion")
    if alert is not None and set(alert.to) == {"champion"}:
        message = "no_champion tells only the champion, who is not there"
        yield Finding(("alerts", "no_champion", "to"), "tells-nobody", message, hint)


def _alerts(workflow: Workflow) -> Iterator[Finding]:
    for kind, rule in workflow.alerts.items():
        if kind not in ALERTS:
            yield unknown(("alerts", kind), "alert", kind, ALERTS)
            continue
        if (rule.after is not None) != (kind in TIMED_ALERTS):
            wanted, hint = (
                ("needs a time", "write how long to wait, as in after: 10 working days")
                if kind in TIMED_ALERTS
                else ("counts from its own due date", "delete after:")
            )
            yield Finding(("alerts", kind, "after"), "alert-time", f"{kind} {wanted}", hint)
        if (rule.share is not None) != (kind in SHARED_ALERTS):
            wanted, hint = (
                ("needs a share of the target", "write how much of it, as in share: 150 %")
                if kind in SHARED_ALERTS
                else ("is about no target", "delete share:")
            )
            yield Finding(("alerts", kind, "share"), "alert-time", f"{kind} {wanted}", hint)


def _role_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for right, roles in workflow.rights.items():
        yield from ((("rights", right, n), role) for n, role in enumerate(roles))
    for trigger, transition in workflow.transitions.items():
        yield from ((("transitions", trigger, "who", n), r) for n, r in enumerate(transition.who))
    for level, rung in workflow.ladder.items():
        yield from ((("ladder", level, "to", n), role) for n, role in enumerate(rung.to))
    for kind, rule in workflow.alerts.items():
        yield from ((("alerts", kind, "to", n), role) for n, role in enumerate(rule.to))
    for name, clock in workflow.clocks.items():
        yield from ((("clocks", name, "to", n), role) for n, role in enumerate(clock.to))
    told = workflow.pauses.to if workflow.pauses is not None else ()
    yield from ((("pauses", "to", n), role) for n, role in enumerate(told))
