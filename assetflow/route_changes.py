"""What differs between two versions of a route, in words; and what a stage of one is in another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assetflow.workflow import SignoffRule, Stage, Transition, Workflow


def follow(stage: str, before: Workflow, after: Sequence[Workflow]) -> str:
    """Give what a stage is called in the last of the versions that follow one another.

    ``after`` are later versions in their order, or earlier ones in the reverse order. A stage that
    was renamed is followed; one that nobody says anything of keeps its name, whether it is there
    or not.
    """
    for version in after:
        if version.version > before.version:
            stage = version.renamed.get(stage, stage)
        else:
            were = [old for old, new in before.renamed.items() if new == stage]
            stage = were[0] if len(were) == 1 and stage not in version.stages else stage
        before = version
    return stage


def differences(old: Workflow, new: Workflow) -> list[str]:
    """List what is different in a newer version, one sentence each, most important first."""
    return [
        *_stages(old, new),
        *_steps(old, new),
        *_named("department", _labels(old.departments), _labels(new.departments)),
        *_named("role", _labels(old.roles), _labels(new.roles)),
        *_facts(old, new),
        *_rights(old, new),
        *_changed_parts(old, new),
    ]


def letters_of(route: Workflow) -> set[str]:
    """Give every letter that a route can send."""
    steps = {letter for step in route.transitions.values() for letter in step.letters}
    return {*steps, *route.letters, *route.on_open}


def _labels(entries: Mapping[str, Any]) -> dict[str, str]:
    return {name: entry.label for name, entry in entries.items()}


def _stages(old: Workflow, new: Workflow) -> Iterator[str]:
    called = {before: now for before, now in new.renamed.items() if before in old.stages}
    for before, now in called.items():
        yield f"The stage {before} is now {now} (‘{new.stages[now].label}’)."
    for name, stage in new.stages.items():
        if name not in old.stages and name not in called.values():
            end = f" (an end: {stage.end})" if stage.end else f", target {stage.target}"
            yield f"New stage {name}: ‘{stage.label}’{end}."
    for name, stage in old.stages.items():
        if name in called or name in new.stages:
            yield from _stage(stage, new.stages[called.get(name, name)])
        else:
            yield f"The stage {name} (‘{stage.label}’) is gone."
    if called.get(old.initial, old.initial) != new.initial:
        yield f"Cases begin in {new.initial} instead of {old.initial}."


def _stage(old: Stage, new: Stage) -> Iterator[str]:
    for what, before, now in (
        ("is labelled", f"‘{old.label}’", f"‘{new.label}’"),
        ("has the target", old.target, new.target),
        ("is due on the fact", old.due_fact, new.due_fact),
        ("is with the department", old.department, new.department),
        ("waits on", old.waiting_on, new.waiting_on),
        ("ends as", old.end, new.end),
        ("claims the asset", _yes(old.claims_asset), _yes(new.claims_asset)),
    ):
        if before != now:
            yield f"{new.id} {what} {now or 'none'} instead of {before or 'none'}."


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _steps(old: Workflow, new: Workflow) -> Iterator[str]:
    for trigger, step in new.transitions.items():
        if trigger not in old.transitions:
            origins = ", ".join(step.origins)
            yield f"New step {trigger}: ‘{step.label}’, from {origins} to {step.to or 'nowhere'}."
    for trigger, step in old.transitions.items():
        if trigger in new.transitions:
            yield from _step(old, new, step, new.transitions[trigger])
        else:
            yield f"The step {trigger} (‘{step.label}’) is gone."


def _step(old: Workflow, new: Workflow, before: Transition, now: Transition) -> Iterator[str]:
    called = {**{s: s for s in old.stages}, **new.renamed}
    # A step from a stage that was renamed leaves from the same place.
    origins = [called.get(name, name) for name in before.origins]
    for what, was, is_ in (
        ("is labelled", f"‘{before.label}’", f"‘{now.label}’"),
        ("leaves from", ", ".join(origins), ", ".join(now.origins)),
        ("leads to", called.get(before.to or "", before.to), now.to),
        ("is for", ", ".join(before.who), ", ".join(now.who)),
        ("sends", ", ".join(before.letters), ", ".join(now.letters)),
        ("leaves the case with", before.waiting_on, now.waiting_on),
    ):
        if was != is_:
            yield f"{now.trigger} {what} {is_ or 'nothing'} instead of {was or 'nothing'}."
    if before.why_needed != now.why_needed:
        yield f"{now.trigger} {'needs' if now.why_needed else 'no longer needs'} a reason."
    if (before.pauses, before.resumes) != (now.pauses, now.resumes):
        how = (
            "pauses" if now.pauses else "resumes" if now.resumes else "no longer pauses or resumes"
        )
        yield f"{now.trigger} {how} the targets."
    if (before.tells_parts, before.continues_as) != (now.tells_parts, now.continues_as):
        yield f"{now.trigger} does something else to parts, or goes on as something else."
    yield from _requires(before, now)
    yield from _signoffs(old, new, before, now)


def _requires(before: Transition, now: Transition) -> Iterator[str]:
    was, is_ = ([_use(u.guard, u.parameters) for u in t.requires] for t in (before, now))
    for use in is_:
        if use not in was:
            yield f"{now.trigger} now requires {use}."
    for use in was:
        if use not in is_:
            yield f"{now.trigger} no longer requires {use}."


def _use(guard: str, parameters: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name} {value}" for name, value in parameters.items())
    return f"{guard} ({given})" if given else guard


def _signoffs(old: Workflow, new: Workflow, before: Transition, now: Transition) -> Iterator[str]:
    was, is_ = ({r.department: r for r in t.signoffs} for t in (before, now))
    for name, rule in is_.items():
        label = new.department_label(name)
        if name not in was:
            yield f"{now.trigger} asks {label} as well ({rule.mode}, within {rule.within})."
        else:
            yield from (f"{now.trigger}: {label} {how}." for how in _rule(was[name], rule))
    for name in was:
        if name not in is_:
            yield f"{now.trigger} no longer asks {old.department_label(name)}."


def _rule(before: SignoffRule, now: SignoffRule) -> Iterator[str]:
    for what, was, is_ in (
        ("has to answer within", before.within, now.within),
        ("is", before.mode, now.mode),
        ("is asked in the order", before.order, now.order),
    ):
        if was != is_:
            yield f"{what} {is_} instead of {was}"
    if before.question != now.question:
        yield "is asked another question"


def _named(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name, label in now.items():
        if name not in before:
            yield f"New {kind} {name}: ‘{label}’."
        elif before[name] != label:
            yield f"The {kind} {name} is labelled ‘{label}’ instead of ‘{before[name]}’."
    for name in before:
        if name not in now:
            yield f"The {kind} {name} is gone."


def _facts(old: Workflow, new: Workflow) -> Iterator[str]:
    yield from _named("fact", _labels(old.facts), _labels(new.facts))
    for name, fact in new.facts.items():
        was = old.facts.get(name)
        if was is not None and was.type != fact.type:
            yield f"The fact {name} is of the type {fact.type} instead of {was.type}."


def _rights(old: Workflow, new: Workflow) -> Iterator[str]:
    for right, roles in new.rights.items():
        was = old.rights.get(right, ())
        if was != roles:
            yield f"{right} is for {', '.join(roles)} instead of {', '.join(was) or 'nobody'}."


_PARTS = {
    "label": "the label",
    "stall_limit": "the stall limit",
    "review_within": "how long a group may ask for a review",
    "on_open": "the letters sent on opening",
    "letters": "the letters officers may send",
    "ladder": "the ladder",
    "alerts": "the alerts",
    "objections": "the kinds of objection",
    "criteria": "the criteria",
    "clocks": "the clocks",
    "limits": "the days a forecast must not pass",
    "substantive": "the letters that move a case on",
    "pauses": "the rules for pauses",
    "papers": "the lease papers",
    "ladder_counts": "what the ladder counts",
    "parts": "the routes whose cases are parts",
    "parts_in": "the stages that take parts",
    "part_of": "the routes it is a part of",
    "sources": "the sources",
}


def _changed_parts(old: Workflow, new: Workflow) -> Iterator[str]:
    """Name what else is different; what it says is read in the file."""
    parts = [what for part, what in _PARTS.items() if getattr(old, part) != getattr(new, part)]
    if parts:
        yield f"Also different: {', '.join(parts)}."
