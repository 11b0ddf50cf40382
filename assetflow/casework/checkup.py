"""The doctor: looks at everything an installation stands on, and changes nothing."""

import email.policy
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from assetflow import data_files, definitions, outbox, queries, versions
from assetflow.backends.sqlite import SAFE_WAL
from assetflow.casework import clock, newest, recounting
from assetflow.casework.desk import Desk
from assetflow.database import Store
from assetflow.delivery import folder, notify
from assetflow.errors import AssetflowError
from assetflow.facts import counted
from assetflow.settings import FILE_NAME, Council, Settings
from assetflow.workflow import CASE_ROLES, Workflow


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looked at: ok, a warning, or an error with what to do."""

    level: Literal["ok", "warning", "error"]
    sentence: str
    remedy: str = ""


def examine(settings: Settings, today: date, now: datetime) -> list[Check]:
    """Look at the machine, the database, the routes, the letters and the people."""
    store = Store(settings.database_url)
    found = [*_machine(), *_calendar(settings, today), *_places(settings, store)]
    found += _sending(settings)
    try:
        store.check_revision()
        with store.read() as db:
            desk = Desk(db, settings, settings.acting_as, today, today, now)
            found += [
                *_database(store, db),
                *_record(desk),
                *_clock(desk),
                *_policy(desk),
                *_settings(desk),
                *_people(desk),
                *_cases(desk),
                *_recounted(desk),
                *_retention(desk),
            ]
    except AssetflowError as error:
        # Whoever asks the doctor is not sent to the doctor.
        others = [remedy for remedy in error.remedies if not remedy.endswith("assetflow doctor")]
        found.append(Check("error", " ".join([error.what, *error.reasons]), "; ".join(others)))
    return found


def _machine() -> Iterator[Check]:
    yield Check("ok", f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    if not hasattr(email.policy.default, "verify_generated_headers"):
        yield Check(
            "warning", "This Python can be made to add mail headers (CVE-2024-6923).",
            "install a newer Python before sending letters by email",
        )  # fmt: skip
    if sqlite3.sqlite_version_info < SAFE_WAL:
        yield Check(
            "ok", "SQLite is older than 3.51.3: the rollback journal is used, which is safe."
        )


def _calendar(settings: Settings, today: date) -> Iterator[Check]:
    calendar = data_files.calendar(settings)
    newer = "install a newer assetflow, or add what was published: assetflow calendar add"
    until = calendar.official_until
    if today > calendar.last:
        sentence = f"No bank holidays are known after {calendar.last}: dates are counted without."
        yield Check("error", sentence, newer)
    elif today > until:
        sentence = f"Published bank holidays ended on {until}; dates are provisional."
        yield Check("warning", sentence, newer)
    elif today + timedelta(days=365) > until:
        sentence = f"Published bank holidays end on {until}; later dates are provisional."
        yield Check("warning", sentence, newer)
    else:
        yield Check("ok", f"Bank holidays ({calendar.division}) until {until}")


def _recounted(desk: Desk) -> Iterator[Check]:
    """Tell where days were added or taken away since the dates of cases were last computed."""
    changed = recounting.changed_divisions(desk)
    if changed is None:
        sentence = "It is not noted with which bank holidays the dates of cases were computed."
    elif changed:
        sentence = f"Bank holidays or closing days have changed: {', '.join(changed)}."
    else:
        return
    yield Check("warning", sentence, "count the dates of open cases anew: "
                "assetflow calendar recompute --dry-run, then without --dry-run")  # fmt: skip


def _places(settings: Settings, store: Store) -> Iterator[Check]:
    """Tell of folders and files that are not to be written: every change would fail there."""
    folders = [settings.home, settings.home / "letters-sent"]
    files = [store.file.parent, store.file] if store.file else []
    for place in dict.fromkeys([*folders, *files]):
        if place.exists() and not os.access(place, os.W_OK):
            sentence = f"{place} is read-only for you: nothing can be changed or filed there."
            yield Check("error", sentence, f"make {place} writable for whoever runs assetflow")


def _sending(settings: Settings) -> Iterator[Check]:
    if settings.delivery.channel != "notify":
        return
    try:
        notify.Service(settings).close()
    except AssetflowError as error:  # whoever runs the deliveries may have what we lack
        yield Check("warning", " ".join([error.what, *error.reasons]), "; ".join(error.remedies))
    else:
        yield Check("ok", "Letters go by GOV.UK Notify: its client and a key are here.")


def _record(desk: Desk) -> Iterator[Check]:
    found = newest.findings(desk)
    for finding in found:
        place = f"{finding.case} record {finding.position}"
        yield Check(
            "error", f"The record was changed or damaged: {place} {finding.sentence}.",
            "see everything: assetflow db verify; then compare it with your last backup",
        )  # fmt: skip
    if not found:
        sentence = f"The newest {newest.RECORDS} records are whole; assetflow db verify checks all."
        yield Check("ok", sentence)


def _database(store: Store, db: Connection) -> Iterator[Check]:
    wrong = store.backend.wrong(db)
    yield from (Check("error", sentence) for sentence in wrong)
    if not wrong:
        kind = store.backend.url.get_backend_name()
        yield Check("ok", f"The database ({kind}) is whole and opened with the safe settings.")


def _clock(desk: Desk) -> Iterator[Check]:
    sentence = clock.behind(desk)
    if sentence is not None:
        yield Check("error", f"The clock is behind the record. {sentence}", clock.SET_IT)


def _policy(desk: Desk) -> Iterator[Check]:
    problems = desk.letters.problems()
    for problem in problems:
        yield Check("error", f"Letter: {problem}")
    if not problems:
        yield Check("ok", f"Letters are sound: {len(desk.letters.names())}.")
    for path in definitions.available(desk.settings):
        try:
            route = definitions.load(path, desk.surroundings())
            yield Check("ok", f"The route {route.name} version {route.version} is sound.")
        except AssetflowError as error:
            yield Check("error", str(error), f"assetflow workflow check {path}")


def _settings(desk: Desk) -> Iterator[Check]:
    path = desk.settings.home / FILE_NAME
    if desk.settings.council.name == Council().name:
        yield Check("warning", "Letters are headed ‘Your Council’.", f"set name in {path}")
    try:
        if desk.settings.acting_as:
            _ = desk.actor
    except AssetflowError as error:
        yield Check("error", f"acting_as in {path} fits nobody: {error.what}", "mend acting_as")
    name = desk.settings.workflow
    try:
        yield from _versions(desk, name)
    except AssetflowError as error:
        yield Check("error", error.what)


def _versions(desk: Desk, name: str) -> Iterator[Check]:
    """Hold the file of the route against its stored versions, and say what runs on older ones."""
    known, file = versions.stored(desk.db, name), _route(desk)
    numbers = [one.version for one in known]
    if file and any(o.version == file.version and o.sha256 != file.sha256 for o in known):
        sentence = f"The workflow {name} was changed without a new version; no case can be opened."
        yield Check("error", sentence, f"write `version: {max(numbers) + 1}` in its file")
    elif file and known and file.version not in numbers:
        sentence = f"Version {file.version} of {name} is not published; no case runs on it."
        yield Check("warning", sentence, f"assetflow workflow publish {name} --dry-run")
    used = versions.in_force(known, desk.on)
    older = [one for one in known if used and one.version < used.version and one.open_cases]
    for one in older:
        cases = counted(one.open_cases, "open case")
        yield Check("ok", f"On version {one.version} of {name}, not the one in force: {cases}.")


def _people(desk: Desk) -> Iterator[Check]:
    everyone = list(queries.people(desk.db).values())
    route = _route(desk)
    if route is None:
        return
    for department in route.departments:
        if not queries.with_role(everyone, "signatory", desk.on, department):
            yield Check(
                "warning", f"Nobody can sign for {route.department_label(department)}.",
                f'assetflow person add "NAME" --role signatory --department {department} '
                '--authority "DECISION"',
            )  # fmt: skip
    told = {role for rung in route.ladder.values() for role in rung.to} - set(CASE_ROLES)
    for role in sorted(told):
        if not queries.with_role(everyone, role, desk.on):
            yield Check(
                "warning", f"The ladder tells {route.role_label(role)}; nobody is recorded as one.",
                f'assetflow person add "NAME" --role {role} --authority "DECISION"',
            )  # fmt: skip


def _retention(desk: Desk) -> Iterator[Check]:
    """Warn of periods that nobody has set or confirmed, and of outcomes without a class."""
    path = desk.settings.home / "data" / "retention.yaml"
    classes = desk.retention.classes.values()
    unset = [c.label for c in classes if c.years is None]
    if unset:
        yield Check(
            "warning", f"No period is set for: {', '.join(unset)}.",
            f"let the council decide, and write it in {path}",
        )  # fmt: skip
    unconfirmed = [f"{c.label} ({c.period})" for c in classes if c.years and not c.verified]
    if unconfirmed:
        yield Check(
            "warning", f"Nobody has confirmed the period of: {', '.join(unconfirmed)}.",
            f"have it confirmed, then write `verified: true` in {path}",
        )  # fmt: skip
    route = _route(desk)
    ends = {stage.end for stage in route.stages.values() if stage.end} if route else set()
    lacking = sorted(end for end in ends if desk.retention.of_case(end) is None)
    if lacking:
        sentence = f"No retention class applies to cases that ended as: {', '.join(lacking)}."
        yield Check("warning", sentence, f"add them to the outcomes of a class in {path}")


def _has_file(desk: Desk, letter: queries.AnyRow) -> bool:
    return all(path.is_file() for path in folder.paths(desk.settings.home, letter))


def _route(desk: Desk) -> Workflow | None:
    try:
        path = definitions.find(desk.settings, desk.settings.workflow)
        return definitions.load(path, desk.surroundings())
    except AssetflowError:
        return None  # said already by _policy


def _cases(desk: Desk) -> Iterator[Check]:
    unfiled = queries.unfiled_letters(desk.db)
    if unfiled:
        yield Check(
            "warning", f"Not written as files yet: {counted(len(unfiled), 'letter')}.",
            "the next command that changes something writes what is missing",
        )  # fmt: skip
    troubled = outbox.listed(desk.db, outbox.TROUBLED)
    if troubled:
        yield Check(
            "warning", f"{counted(len(troubled), 'message')} did not leave, or may not have "
            f"arrived (such as {troubled[0].id}).",
            "see why and decide: assetflow outbox list",
        )  # fmt: skip
    lost = [n for n in queries.filed_letters(desk.db) if not _has_file(desk, n)]
    if lost:
        numbers = ", ".join(str(letter.number) for letter in lost[:10])
        sentence = f"Files were lost of {counted(len(lost), 'letter')} (such as {numbers})."
        yield Check("warning", sentence, "they are whole in the database: assetflow letter show")
    left = folder.lying_erased(desk.db, desk.settings.home)
    if left:
        sentence = f"Still here of letters whose words were erased: {counted(len(left), 'file')}."
        yield Check("warning", sentence, "remove them: assetflow sweep")
    if folder.rewrite_is_due(desk.db):
        sentence = "An erasure is not finished: the database file was not written anew yet."
        yield Check("warning", sentence, "the next command that changes something does it")
    yield from _stages(desk)


def _stages(desk: Desk) -> Iterator[Check]:
    """Find the cases that no command can read: pinned to nothing, or in a stage that is not."""
    restore = "the database was changed by hand or damaged: assetflow db verify, then your backup"
    for reference in versions.unpinned(desk.db):
        yield Check("error", f"{reference} runs on a version that is not stored.", restore)
    known = versions.stored(desk.db)
    texts = queries.workflows(desk.db, [one.sha256 for one in known])
    stages = {(one.name, one.version): texts[one.sha256].stages for one in known}
    for name in {one.name for one in known}:
        for _, reference, stage, version in versions.open_cases(desk.db, name):
            if stage not in stages[name, version]:
                what = f"{reference} is in the stage {stage}, which its version {version} lacks."
                yield Check("error", what, restore)
    yield Check("ok", f"Open: {counted(sum(one.open_cases for one in known), 'case')}.")
