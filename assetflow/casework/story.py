"""The story of a case: its journal and its reminders, one line each, in order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from assetflow import facts, queries
from assetflow.casework.desk import Desk
from assetflow.queries import Case, Entry


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a case's story; ``position`` is None for a reminder."""

    position: int | None
    on: date
    recorded_at: datetime
    who: str
    action: str
    what: str
    why: str


def happenings(desk: Desk, case: Case) -> list[Happening]:
    """Give everything that happened on a case, oldest first, with the reminders that went out."""
    told = [_entry(then, entry) for then, entry in as_of_then(desk, case)]
    told += [
        _reminder(row)
        for row in queries.reminders(desk.db, case.id)
        if not row.superseded
    ]  # fmt: skip
    return sorted(told, key=lambda h: (h.on, h.recorded_at, h.position or 0))


def as_of_then(desk: Desk, case: Case) -> list[tuple[Case, Entry]]:
    """Give each record with the case under the version of the route that it ran on at the time."""
    entries = queries.history(desk.db, case.id)
    left = {e.position: e.detail["from"]["sha256"] for e in entries
            if e.action == "migrated" and e.detail}  # fmt: skip
    texts = queries.workflows(desk.db, left.values())
    found, then = [], case
    for entry in reversed(entries):
        found.append((then, entry))
        if entry.position in left:
            then = replace(then, workflow=texts[left[entry.position]])
    return found[::-1]


def _reminder(row: queries.AnyRow) -> Happening:
    what, why = f"Reminder: {row.title}", f"to {row.recipients}"
    return Happening(None, row.sent_on, row.recorded_at, "assetflow", "reminded", what, why)


def _entry(case: Case, entry: Entry) -> Happening:
    if entry.detail is None:
        what = f"{entry.action.replace('_', ' ').capitalize()} (the words were erased)"
    else:
        what = _WORDS[entry.action](case, entry, entry.detail)
    return Happening(
        entry.position, entry.happened_on, entry.recorded_at, entry.actor, entry.action, what,
        entry.why,
    )  # fmt: skip


def _opened(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return "; ".join([f"Opened: {detail['asset']} for {detail['group']}", *_along(detail)])


def _advanced(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    moved = entry.from_stage != entry.to_stage and entry.to_stage
    stage = case.workflow.stages.get(entry.to_stage or "")
    what = f"{detail['label']} → {stage.label}" if moved and stage else detail["label"]
    return "; ".join([what, *_along(detail)])


def _recorded(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    first, *more = _along(detail)
    return "; ".join([first[0].upper() + first[1:], *more])


def _along(detail: dict[str, Any]) -> list[str]:
    """Say which facts a step put on the file, and which letters it sent."""
    parts = [f"{name}: {facts.show(value)}" for name, value in detail.get("facts", {}).items()]
    names = [
        f"{name.replace('_', ' ')} (letter {number})"
        for name, number in detail.get("letters", {}).items()
    ]
    found = [f"recorded {'; '.join(parts)}"] if parts else []
    return [*found, f"sent {', '.join(names)}"] if names else found


def _champion(case: Case, entry: Entry, detail: dict[str, str]) -> str:
    before = f", after {detail['before']}" if detail["before"] else ""
    return f"Champion: {detail['champion']}{before}"


def _requested(case: Case, entry: Entry, detail: dict[str, dict[str, int]]) -> str:
    return (
        f"Asked to sign: {', '.join(case.workflow.department_label(d) for d in detail['letters'])}"
    )


def _given(case: Case, entry: Entry, detail: dict[str, str]) -> str:
    label = case.workflow.department_label(detail["department"])
    how = " (recorded)" if detail["method"] == "recorded" else ""
    condition = f", on condition: {detail['conditions']}" if detail["conditions"] else ""
    evidence = f"; evidence: {detail['evidence']}" if detail["evidence"] else ""
    return f"{label} signed: {detail['signatory']}{how}{condition}{evidence}"


def _objected(case: Case, entry: Entry, detail: dict[str, str]) -> str:
    label = case.workflow.department_label(detail["department"])
    known = case.workflow.objections.get(detail["category"])
    kind = known.label if known else detail["category"]
    effect = "objected" if detail["blocks"] else "raised a concern that does not block"
    return f"{label} {effect} ({kind}); way forward: {detail['way_forward']}"


def _scored(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    """Say what was given or agreed on, and what stood there before."""
    agreed = entry.action == "score_moderated"
    before = f", before {detail['before']['score']}" if "before" in detail else ""
    who = "the scorers agreed" if agreed else detail["scorer"]
    return f"Score for {detail['criterion']}: {detail['score']} ({who}{before})"


def _interest(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    aside = " and steps aside" if detail["steps_aside"] else ""
    return f"{detail['person']} declares an interest, or none{aside}"


def _noted(case: Case, entry: Entry, detail: dict[str, str]) -> str:
    return "Note"


def _hold_placed(case: Case, entry: Entry, detail: dict[str, int]) -> str:
    return f"Hold {detail['hold']} placed: nothing of this case is erased or destroyed"


def _hold_lifted(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return f"Hold {detail['hold']} lifted; it was placed for: {detail['placed_for']}"


def _erased(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return f"A person's data erased: {_counted(detail['counts'])}"


def _officer(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return f"{detail['officer']} became the case officer, after {detail['before']}"


def _migrated(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    how = "Put back from" if detail["undoes"] else "Moved from"
    versions = f"version {detail['from']['version']} to version {detail['to']['version']}"
    return "; ".join([f"{how} {versions} of the route", *detail["changes"]])


def _destroyed(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return f"Destroyed under the retention schedule ({detail['class']})"


def _recounted(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    moved = [f"{d['label']} {_day(d['before'])} → {_day(d['after'])}" for d in detail["dates"]]
    days: dict[str, list[str]] = {}
    for day in detail["days"]:
        known = days.setdefault(f"{day['title']} {day['change']}", [])
        known.append(_day(day["date"]))
    because = [f"{title} ({', '.join(each)})" for title, each in days.items()]
    return "; ".join([f"Dates counted anew: {moved[0]}", *moved[1:], *because])


def _paper(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    declared = case.workflow.papers.get(detail["paper"])
    label = declared.label if declared else detail["paper"]
    again = f", version {detail['number']}" if detail["number"] > 1 else ""
    return "; ".join([f"{label} recorded{again}", *_along(detail)])


def _accepted(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    return f"Accepted by the {detail['party']}: {' '.join(detail['differences'])}"


def _funder(case: Case, entry: Entry, detail: dict[str, Any]) -> str:
    gone = " funds it no longer" if entry.action == "funder_removed" else " recorded"
    return f"Funder {detail['funder']}{gone}"


def _day(text: str | None) -> str:
    return facts.show(date.fromisoformat(text)) if text else "none"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {n}" for kind, n in counts.items())


_WORDS: dict[str, Callable[[Case, Entry, Any], str]] = {
    "opened": _opened,
    "advanced": _advanced,
    "fact_recorded": _recorded,
    "letter_issued": _recorded,
    "champion_named": _champion,
    "officer_named": _officer,
    "signoff_requested": _requested,
    "signoff_given": _given,
    "objection_raised": _objected,
    "noted": _noted,
    "score_given": _scored,
    "score_moderated": _scored,
    "interest_declared": _interest,
    "hold_placed": _hold_placed,
    "hold_lifted": _hold_lifted,
    "erased": _erased,
    "destroyed": _destroyed,
    "migrated": _migrated,
    "dates_recounted": _recounted,
    "paper_recorded": _paper,
    "drift_accepted": _accepted,
    "funder_recorded": _funder,
    "funder_removed": _funder,
}
