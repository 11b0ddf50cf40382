"""Proves a loaded route before any case runs on it: every problem, with the path to its place.

A path names an entry of the workflow file, such as ``("stages", "legal", "target")``; the loader
turns it into file, line and column.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import NamedTuple

from assetflow import guards
from assetflow.calendars import Calendar
from assetflow.deadlines import Duration, due
from assetflow.workflow import ANY_OPEN_STAGE, CASE_ROLES, Stage, Workflow

Where = tuple[str | int, ...]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Case references name folders, so nothing but letters, digits and hyphens may stand in them.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")
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
# A Monday without bank holidays near it: only the length of the path matters here.
_ANCHOR = date(2026, 1, 5)
# No policy plans further ahead, and dates end with the year 9999.
_LONGEST = "100 years"
# Whoever has more problems than this mends these first; and a name is looked for among so many
# others, and up to this length: comparing thousands with thousands would take minutes.
MOST_FINDINGS = 500
_MANY, _LONG = 100, 60


class Finding(NamedTuple):
    """One thing wrong in a route: where, a stable code, a sentence and a way to mend it."""

    path: Where
    code: str
    message: str
    suggestion: str = ""


class Surroundings(NamedTuple):
    """What a route may refer to beyond its own file.

    ``letter_facts`` maps each letter to the facts it cannot be written without.
    """

    letter_facts: Mapping[str, frozenset[str]]
    libraries: Collection[str]
    calendar: Calendar


def findings(workflow: Workflow, around: Surroundings) -> list[Finding]:
    """List everything that keeps a route from being run safely."""
    found = list(islice(_findings(workflow, around), MOST_FINDINGS + 1))
    # Reachability and length mean something only where every stage named exists.
    whole = len(found) <= MOST_FINDINGS
    if whole and not any(f.code in ("unknown-stage", "bad-duration") for f in found):
        found += [*_reach(workflow), *_length(workflow, around.calendar)]
    if len(found) > MOST_FINDINGS:
        message = f"the route has over {MOST_FINDINGS} problems; the others are not listed"
        found[MOST_FINDINGS:] = [Finding((), "too-many-problems", message)]
    return found


def _findings(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    yield from _names(workflow)
    yield from _durations(workflow, around.calendar)
    yield from _stages(workflow)
    yield from _letters(workflow, around)
    yield from _facts(workflow, around)
    yield from _departments(workflow)
    yield from _people(workflow)
    yield from _guard_uses(workflow)
    yield from _weights(workflow)


def _names(workflow: Workflow) -> Iterator[Finding]:
    groups = (
        "stages",
        "transitions",
        "departments",
        "roles",
        "facts",
        "ladder",
        "objections",
        "criteria",
    )
    for group in groups:
        for name in getattr(workflow, group):
            if not _NAME.fullmatch(name):
                yield Finding(
                    (group, name),
                    "bad-name",
                    f"{name!r} is not a name",
                    "use small letters, digits and _, beginning with a letter",
                )
    if not _NAME.fullmatch(workflow.name):
        hint = "use small letters, digits and _, beginning with a letter"
        yield Finding(("name",), "bad-name", f"{workflow.name!r} is not a name", hint)
    if not _PREFIX.fullmatch(workflow.reference_prefix):
        message = f"references cannot begin with {workflow.reference_prefix!r}"
        hint = "use up to 20 letters, digits and hyphens, beginning with a letter"
        yield Finding(("reference_prefix",), "bad-name", message, hint)
    for role in CASE_ROLES:
        if role in workflow.roles:
            yield Finding(
                ("roles", role),
                "reserved-name",
                f"{role} is a place on a case, not a role",
                "leave it out here; it can be used wherever a role can",
            )


def _durations(workflow: Workflow, calendar: Calendar) -> Iterator[Finding]:
    longest = due(_ANCHOR, Duration.parse(_LONGEST), calendar)
    for path, text in _all_durations(workflow):
        try:
            duration = Duration.parse(text)
        except ValueError as error:
            yield Finding(path, "bad-duration", str(error))
            continue
        if _end(_ANCHOR, duration, calendar) > longest:
            yield Finding(path, "bad-duration", f"{text} is longer than {_LONGEST}")


def _end(start: date, duration: Duration, calendar: Calendar) -> date:
    try:
        return due(start, duration, calendar)
    except ValueError:
        return date.max


def _all_durations(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    yield ("stall_limit",), workflow.stall_limit
    yield ("review_within",), workflow.review_within
    for stage in workflow.stages.values():
        if stage.target is not None:
            yield ("stages", stage.id, "target"), stage.target
    for trigger, transition in workflow.transitions.items():
        for number, rule in enumerate(transition.signoffs):
            yield ("transitions", trigger, "signoffs", number, "within"), rule.within
        for number, use in enumerate(transition.requires):
            if use.guard == "waited" and isinstance(use.parameters.get("at_least"), str):
                path: Where = ("transitions", trigger, "requires", number, "waited", "at_least")
                yield path, use.parameters["at_least"]
    for level, rung in workflow.ladder.items():
        yield ("ladder", level, "after"), rung.after
    for kind, alert in workflow.alerts.items():
        if alert.after is not None:
            yield ("alerts", kind, "after"), alert.after


def _stages(workflow: Workflow) -> Iterator[Finding]:
    known = workflow.stages
    if workflow.initial not in known:
        yield _unknown(("initial",), "stage", workflow.initial, known)
    for trigger, transition in workflow.transitions.items():
        for number, source in enumerate(transition.origins):
            if source != ANY_OPEN_STAGE and source not in known:
                yield _unknown(("transitions", trigger, "from", number), "stage", source, known)
            elif source != ANY_OPEN_STAGE and known[source].end:
                yield Finding(
                    ("transitions", trigger, "from", number),
                    "leaves-an-end",
                    f"{source} is an end; nothing can leave it",
                    "take it out of the list",
                )
        if transition.to is not None and transition.to not in known:
            yield _unknown(("transitions", trigger, "to"), "stage", transition.to, known)
        if not transition.origins:
            hint = 'name its stages, as in from: [STAGE], or write from: ["*"] for every open stage'
            message = f"{trigger} leaves from no stage"
            yield Finding(("transitions", trigger, "from"), "no-source", message, hint)
    for stage in known.values():
        yield from _due_fact(workflow, stage)
        if not stage.end and stage.target is None:
            hint = "write how long it should take, as in target: 20 working days"
            message = f"{stage.id} has no target"
            yield Finding(("stages", stage.id), "no-target", message, hint)


def _due_fact(workflow: Workflow, stage: Stage) -> Iterator[Finding]:
    path: Where = ("stages", stage.id, "due_fact")
    if stage.due_fact is None:
        return
    fact = workflow.facts.get(stage.due_fact)
    if fact is None:
        yield _unknown(path, "fact", stage.due_fact, workflow.facts)
    elif fact.type != "date":
        yield Finding(path, "wrong-fact-type", f"due_fact needs a date; {fact.name} is {fact.type}")


def _letters(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    for path, letter in _letter_uses(workflow):
        if letter not in around.letter_facts:
            yield _unknown(path, "letter", letter, around.letter_facts)
        for needed in sorted(around.letter_facts.get(letter, frozenset()) - set(workflow.facts)):
            yield Finding(
                path,
                "letter-needs-unknown-fact",
                f"the letter {letter} needs the fact {needed}, which this route does not declare",
                f"add {needed} under facts, or do not send the letter",
            )


def _facts(workflow: Workflow, around: Surroundings) -> Iterator[Finding]:
    for name, fact in workflow.facts.items():
        for number, stage in enumerate(fact.due_in):
            if stage not in workflow.stages:
                yield _unknown(("facts", name, "due_in", number), "stage", stage, workflow.stages)
        if fact.due_in and fact.type != "date":
            hint = "write type: date, or leave due_in out"
            message = f"{name} is due, but is not a date"
            yield Finding(("facts", name), "wrong-fact-type", message, hint)
        if (fact.type == "library") != (fact.library is not None):
            yield Finding(
                ("facts", name),
                "library-fact",
                f"{name} needs both type library and a library",
                "write type: library, library: NAME",
            )
        elif fact.library is not None and fact.library not in around.libraries:
            yield _unknown(("facts", name, "library"), "library", fact.library, around.libraries)


def _letter_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for number, letter in enumerate(workflow.on_open):
        yield ("on_open", number), letter
    for number, letter in enumerate(workflow.letters):
        yield ("letters", number), letter
    for trigger, transition in workflow.transitions.items():
        for number, letter in enumerate(transition.letters):
            yield ("transitions", trigger, "letters", number), letter


def _departments(workflow: Workflow) -> Iterator[Finding]:
    for path, department in _department_uses(workflow):
        if department not in workflow.departments:
            yield _unknown(path, "department", department, workflow.departments)


def _department_uses(workflow: Workflow) -> Iterator[tuple[Where, str]]:
    for stage in workflow.stages.values():
        if stage.department is not None:
            yield ("stages", stage.id, "department"), stage.department
    for trigger, transition in workflow.transitions.items():
        for number, rule in enumerate(transition.signoffs):
            yield ("transitions", trigger, "signoffs", number, "department"), rule.department


def _people(workflow: Workflow) -> Iterator[Finding]:
    known = {*workflow.roles, *CASE_ROLES}
    for path, role in _role_uses(workflow):
        if role not in known:
            yield _unknown(path, "role", role, known)
    for right in workflow.rights:
        if right not in RIGHTS:
            yield _unknown(("rights", right), "right", right, RIGHTS)
    for right in RIGHTS:
        if not workflow.rights.get(right):
            hint = f"name at least one role, as in {right}: [case_officer]"
            message = f"nobody may {right.replace('_', ' ')}"
            yield Finding(("rights", right), "right-of-nobody", message, hint)
    for kind, rule in workflow.alerts.items():
        if kind not in ALERTS:
            yield _unknown(("alerts", kind), "alert", kind, ALERTS)
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


def _guard_uses(workflow: Workflow) -> Iterator[Finding]:
    for trigger, transition in workflow.transitions.items():
        for number, use in enumerate(transition.requires):
            path: Where = ("transitions", trigger, "requires", number)
            if use.guard not in guards.REGISTRY:
                yield _unknown(path, "guard", use.guard, guards.REGISTRY)
                continue
            takes = ", ".join(guards.parameters(use.guard)) or "no parameter"
            for name, message in guards.check_parameters(use.guard, use.parameters):
                place = (*path, use.guard, name)
                yield Finding(place, "bad-parameter", message, f"{use.guard} takes: {takes}")
            yield from _parameter_references(workflow, path, use.guard, use.parameters)
        if not transition.who:
            hint = "name at least one role, as in who: [case_officer]"
            message = f"nobody may fire {trigger}"
            yield Finding(("transitions", trigger, "who"), "nobody-may-fire", message, hint)


def _parameter_references(
    workflow: Workflow, path: Where, guard: str, given: Mapping[str, object]
) -> Iterator[Finding]:
    path = (*path, guard)
    for place, fact in _facts_named(given):
        if fact not in workflow.facts:
            yield _unknown((*path, *place), "fact", fact, workflow.facts)
        else:
            yield from _type_fits(workflow, (*path, *place), guard, fact)
    holder = given.get("holder")
    if isinstance(holder, str) and holder not in guards.HOLDERS:
        yield _unknown((*path, "holder"), "holder", holder, guards.HOLDERS)
    letter, sent = given.get("letter"), {name for _, name in _letter_uses(workflow)}
    if isinstance(letter, str) and letter not in sent:
        message = f"no transition of this route sends the letter {letter}"
        hint = nearest(letter, sent) if sent else f"write letters: [{letter}] where it is sent"
        yield Finding((*path, "letter"), "letter-never-sent", message, hint)


def _facts_named(given: Mapping[str, object]) -> Iterator[tuple[Where, str]]:
    named, fact = given.get("facts"), given.get("fact")
    for number, each in enumerate(named if isinstance(named, list) else []):
        if isinstance(each, str):
            yield ("facts", number), each
    if isinstance(fact, str):
        yield ("fact",), fact


_TYPE_WANTED = {"fact_is_yes": "yes_no", "date_ahead": "date", "library_entry_cited": "library"}


def _type_fits(workflow: Workflow, path: Where, guard: str, fact: str) -> Iterator[Finding]:
    wanted, declared = _TYPE_WANTED.get(guard), workflow.facts[fact].type
    if wanted is not None and declared != wanted:
        yield Finding(
            path,
            "wrong-fact-type",
            f"{guard} needs a fact of type {wanted}; {fact} is {declared}",
            f"declare {fact} with type: {wanted}, or name another fact",
        )


def _weights(workflow: Workflow) -> Iterator[Finding]:
    total = sum(criterion.weight for criterion in workflow.criteria.values())
    if workflow.criteria and total != 100:
        yield Finding(
            ("criteria",),
            "weights",
            f"the weights of the criteria sum to {total}, not to 100",
            f"{'take away' if total > 100 else 'add'} {abs(total - 100)}",
        )


def _reach(workflow: Workflow) -> Iterator[Finding]:
    reached = _closure({workflow.initial}, _steps(workflow))
    backwards: dict[str, set[str]] = {stage: set() for stage in workflow.stages}
    for source, targets in _steps(workflow).items():
        for target in targets:
            backwards[target].add(source)
    ends = {stage.id for stage in workflow.stages.values() if stage.end}
    finishing = _closure(ends, backwards)
    if not ends:
        hint = "give the last stage an outcome, as in end: completed"
        yield Finding(("stages",), "no-end", "no stage is an end", hint)
    for stage in workflow.stages:
        if stage not in reached:
            hint = f"write to: {stage} in a transition, or delete the stage"
            yield Finding(("stages", stage), "unreachable", f"no way leads to {stage}", hint)
        elif ends and stage not in finishing:
            hint = f"add a transition from: [{stage}] that leads towards an end"
            yield Finding(("stages", stage), "trap", f"no way leads from {stage} to an end", hint)


def _steps(workflow: Workflow) -> dict[str, set[str]]:
    steps: dict[str, set[str]] = {stage: set() for stage in workflow.stages}
    for transition in workflow.transitions.values():
        for source in workflow.leaves(transition):
            if transition.to is not None:
                steps[source].add(transition.to)
    return steps


def _closure(start: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        fresh = steps[todo.pop()] - seen
        seen |= fresh
        todo += fresh
    return seen


def _length(workflow: Workflow, calendar: Calendar) -> Iterator[Finding]:
    limit = due(_ANCHOR, Duration.parse(workflow.stall_limit), calendar)
    path = workflow.main_path()
    end = _walk(path, calendar)
    if end >= limit:
        yield Finding(
            ("stall_limit",),
            "targets-too-long",
            f"the targets of the main path take {(end - _ANCHOR).days} calendar days, "
            f"which is not below the stall limit of {workflow.stall_limit}",
            "shorten the targets or raise the limit",
        )


def _walk(path: tuple[Stage, ...], calendar: Calendar) -> date:
    day = _ANCHOR
    for stage in path:
        day = _end(day, Duration.parse(stage.target), calendar) if stage.target else day
    return day


def _unknown(path: Where, kind: str, name: str, known: Collection[str]) -> Finding:
    return Finding(path, f"unknown-{kind}", f"unknown {kind} {name!r}", nearest(name, known))


def nearest(name: str, known: Collection[str]) -> str:
    """Suggest the name that was most likely meant, or all that there are."""
    names = sorted(known)
    close = difflib.get_close_matches(name[:_LONG], names[:_MANY], n=1)
    every = ", ".join(names[:_MANY]) or "none"
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"did you mean {close[0]}?" if close else f"known: {every}{more}"
