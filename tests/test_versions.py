"""Versions of a route: published from a day on, and cases that go from one to another and back."""

import json
import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import TODAY, Measured, Result, Terminal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from assetflow import data_files, definitions, queries, versions
from assetflow import models as m
from assetflow.casework import cases, migrating, opening, publishing, record
from assetflow.casework.integrity import verify
from assetflow.casework.migrating import Wanted
from assetflow.errors import AssetflowError, Refused
from assetflow.route_changes import differences, follow
from assetflow.settings import SHIPPED, Settings
from assetflow.workflow import from_canonical

ROUTE = "community_asset_transfer"
SHIPPED_TEXT = (SHIPPED / "workflows" / f"{ROUTE}.yaml").read_text(encoding="utf-8")
TOMORROW = TODAY + timedelta(days=1)
NEXT_MONTH = date(2026, 4, 1)
OLD, NEW = "expression_of_interest", "first_contact"


def numbered(number: int, *, of: str = SHIPPED_TEXT) -> str:
    """The route's text as another version."""
    return re.sub(r"(?m)^version: \d+$", f"version: {number}", of)


def renaming(old: str = OLD, new: str = NEW, *, number: int = 2, told: bool = True) -> str:
    """The route with a stage that has another name and label, whether or not it says so."""
    changed = re.sub(rf"\b{old}\b", new, numbered(number))
    changed = changed.replace("label: Expression of interest\n", "label: First contact\n")
    return changed + (f"\nrenamed: {{{old}: {new}}}\n" if told else "")


def without(*lines: str, number: int = 2) -> str:
    """The route without some of its lines."""
    kept = numbered(number)
    for line in lines:
        assert line in kept
        kept = "".join(each for each in kept.splitlines(keepends=True) if line not in each)
    return kept


class Office:
    """A terminal with a route file that is changed and published."""

    def __init__(self, af: Terminal) -> None:
        self.af = af
        self.file = af.home / "workflows" / f"{ROUTE}.yaml"

    def __call__(self, *words: str, on: date | None = None, code: int | None = 0) -> Result:
        return self.af("--as", "alex.reid", "workflow", *words, on=on, code=code)

    def write(self, content: str) -> None:
        self.file.write_text(content, encoding="utf-8")

    def publish(self, content: str, *words: str, on: date | None = None) -> Result:
        self.write(content)
        return self("publish", ROUTE, *words, on=on)

    def open(self, number: int, on: date = TODAY) -> Result:
        """Open a case on another asset each time."""
        return self.af("case", "open", "--asset", f"SAMPLE-{number:04d}", "--group", "Bowls Club",
                       on=on)  # fmt: skip

    def rows(self, table: Any = m.cases) -> list[dict[str, Any]]:
        """Everything a table holds."""
        with self.af.store.read() as db:
            return [dict(r) for r in db.execute(select(table).order_by(table.c.id)).mappings()]

    def version_of(self, reference: str) -> int:
        with self.af.store.read() as db:
            return queries.case(db, queries.case_id(db, reference)).workflow.version

    def history(self, reference: str) -> list[str]:
        return [h["what"] for h in self.af("case", "history", reference, "--json").json]

    def is_whole(self) -> None:
        """The record proves itself, and every page can be shown."""
        self.af("db", "verify")
        self.af("case", "list", "--all")
        for row in self.rows():
            for page in ("show", "history", "next"):
                self.af("case", page, row["reference"], on=TODAY + timedelta(days=90))


@pytest.fixture
def office(af: Terminal) -> Office:
    return Office(af)


# --- publishing -----------------------------------------------------------------------------


def test_the_first_version_that_is_used_holds_since_ever(office: Office) -> None:
    office.open(1)
    (stored,) = office("list", "--json").json[0]["stored"]
    assert (stored["version"], stored["valid_from"], stored["open_cases"]) == (1, None, 1)


def test_a_case_keeps_the_version_in_force_on_the_day_it_was_filed(office: Office) -> None:
    office.publish(numbered(2), "--from", "1 Apr 2026", "--authority", "Cabinet 10 March, minute 4")
    for number, day in enumerate((NEXT_MONTH - timedelta(days=1), NEXT_MONTH), start=1):
        office.open(number, on=day)
    # Entered late: what counts is the day on which it was received, not the day of typing.
    office.af("case", "open", "--asset", "SAMPLE-0003", "--group", "Bowls Club",
              "--received", "31 Mar 2026", on=NEXT_MONTH + timedelta(days=9))  # fmt: skip
    assert [office.version_of(str(n)) for n in (1, 2, 3)] == [1, 2, 1]
    office.is_whole()


def test_a_published_version_is_stored_with_its_hash_its_day_and_who_published_it(
    office: Office,
) -> None:
    shown = office.publish(numbered(2), "--authority", "Minute 4").out
    assert "version 2 of community_asset_transfer published; it holds from 2 Mar 2026" in shown
    row = office.rows(m.workflow_versions)[-1]
    assert (row["version"], row["valid_from"], row["authority"]) == (2, TODAY, "Minute 4")
    assert from_canonical(row["canonical"]).sha256 == row["sha256"]
    with office.af.store.read() as db:
        links, payloads = queries.council_chain(db)
        alex = queries.person(db, "alex.reid")
    assert row["published_by_id"] == alex.id
    assert links[-1].action == "workflow_published"
    detail = json.loads(payloads[links[-1].position].text)["detail"]
    assert {k: detail[k] for k in ("name", "version", "sha256", "valid_from", "authority")} == {
        "name": ROUTE, "version": 2, "sha256": row["sha256"], "valid_from": TODAY.isoformat(),
        "authority": "Minute 4",
    }  # fmt: skip


def test_a_version_holds_from_tomorrow_where_a_case_was_filed_today(office: Office) -> None:
    office.open(1)
    assert "it holds from 3 Mar 2026" in office.publish(numbered(2)).out


REFUSED_DAYS = [
    ("2 Mar 2026", r"since 2 Mar 2026 1 case came in under older ones: CAT-2026-0001 \(2 ",
     "--from 2026-03-03"),
    ("20 Feb 2026", r"since 20 Feb 2026 1 case came in", "--from 2026-03-03"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "reason", "remedy"), REFUSED_DAYS)
def test_a_version_cannot_hold_from_a_day_since_which_cases_were_filed(
    office: Office, day: str, reason: str, remedy: str
) -> None:
    office.open(1)
    office.write(numbered(2))
    refused = office("publish", ROUTE, "--from", day, code=1)
    assert re.search(reason, refused.err)
    assert remedy in refused.err


def test_two_versions_never_hold_on_one_day(office: Office) -> None:
    office.publish(numbered(2), "--from", "1 Apr 2026")
    office.write(numbered(3))
    for day in ("1 Apr 2026", "31 Mar 2026"):
        refused = office("publish", ROUTE, "--from", day, code=1)
        assert "Version 2 holds from 1 Apr 2026" in refused.err
        assert "--from 2026-04-02" in refused.err
    office("publish", ROUTE, "--from", "2 Apr 2026")
    assert [(r["version"], r["valid_from"]) for r in office.rows(m.workflow_versions)] == [
        (1, None), (2, NEXT_MONTH), (3, NEXT_MONTH + timedelta(days=1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence", "remedy"),
    [
        (SHIPPED_TEXT, "There is nothing to publish: version 1", "raise its version"),
        (SHIPPED_TEXT.replace("25 working days", "24 working days"), "versions up to 1 are stored",
         "write `version: 2`"),
    ],
)  # fmt: skip
def test_only_a_new_text_under_a_new_number_is_published(
    office: Office, content: str, sentence: str, remedy: str
) -> None:
    office.write(content)
    refused = office("publish", ROUTE, code=1)
    assert sentence in refused.err
    assert remedy in refused.err


def test_a_route_with_a_problem_is_not_published(office: Office) -> None:
    office.write(numbered(2).replace("to: benchmarking", "to: benchmaking"))
    refused = office("publish", ROUTE, code=2)
    assert "unknown-stage" in refused.err
    assert len(office.rows(m.workflow_versions)) == 1


def test_only_those_whom_the_council_names_publish(office: Office) -> None:
    office.write(numbered(2))
    kim = ("--as", "kim.novak", "workflow", "publish", ROUTE)
    refused = office.af(*kim, code=1)
    assert "Kim Novak may not do this. Who can: an administrator." in refused.err
    assert "would hold from 2 Mar 2026" in office.af(*kim, "--dry-run").out
    assert len(office.rows(m.workflow_versions)) == 1


def test_a_draft_in_the_folder_is_not_used_until_it_is_published(office: Office) -> None:
    office.write(numbered(2))
    notice = (
        "Version 2 of community_asset_transfer is not published yet; this case runs on version 1"
    )
    shown = office.open(1)
    assert notice in shown.out + shown.err
    assert office.version_of("1") == 1
    assert (
        "Version 2 of community_asset_transfer is not published"
        in office.af("doctor", code=None).out
    )
    office("publish", ROUTE)
    shown = office.open(2, on=TOMORROW)
    assert "not published" not in shown.out + shown.err
    assert office.version_of("2") == 2


def test_before_the_first_day_of_a_route_no_case_is_filed(office: Office) -> None:
    text_ = SHIPPED_TEXT.replace(f"name: {ROUTE}", "name: by_freehold", 1)
    (office.af.home / "workflows" / "by_freehold.yaml").write_text(text_, encoding="utf-8")
    office("publish", "by_freehold", "--from", "1 Apr 2026")
    refused = office.af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club",
                        "--workflow", "by_freehold", code=1)  # fmt: skip
    assert "No version of the route by_freehold was in force on 2 Mar 2026" in refused.err
    assert "holds from 1 Apr 2026" in refused.err


def test_a_stage_in_which_cases_stand_is_not_dropped_until_it_is_mapped(office: Office) -> None:
    office.open(1)
    office.write(renaming(told=False))
    refused = office("publish", ROUTE, code=1)
    assert "1 open case in the stage expression_of_interest" in refused.err
    assert "CAT-2026-0001" in refused.err
    assert "renamed: {expression_of_interest: NEW_STAGE}" in refused.err
    assert "on older versions: 1 open case" in office.publish(renaming()).out


def test_a_stage_in_which_nobody_stands_can_go(office: Office) -> None:
    office.publish(renaming(told=False))
    assert NEW in office("show", ROUTE, "--json").json["stages"]


def test_a_stored_version_can_be_read_after_the_file_has_changed(office: Office) -> None:
    office.publish(renaming())
    assert OLD in office("show", ROUTE, "--version", "1", "--json").json["stages"]
    assert NEW in office("show", ROUTE, "--version", "2", "--json").json["stages"]
    assert "is not stored" in office("show", ROUTE, "--version", "9", code=6).err


def test_what_is_written_of_a_renamed_stage_must_be_so(office: Office) -> None:
    office.write(numbered(2) + "\nrenamed: {legal: handover, before: nowhere}\n")
    refused = office("check", str(office.file), code=2)
    assert "legal is still a stage of this route" in refused.err
    assert "nowhere" in refused.err


def test_an_unchanged_file_keeps_the_hash_it_had_before_stages_could_be_renamed(
    office: Office,
) -> None:
    (row,) = office.rows(m.workflow_versions)
    assert '"renamed"' not in row["canonical"]


# --- what differs ---------------------------------------------------------------------------


def test_a_council_can_read_what_a_version_changes(office: Office) -> None:
    changed = renaming().replace("target: 25 working days", "target: 30 working days")
    changed = changed.replace(
        "order: 1, within: 5 working days", "order: 1, within: 7 working days"
    )
    changed = re.sub(r"(?m)^.*department: ward_councillors, order: 2.*\n", "", changed, count=1)
    office.write(changed)
    told = office("diff", ROUTE).out
    for sentence in (
        "version 1 → version 2",
        "The stage expression_of_interest is now first_contact (‘First contact’).",
        "first_contact has the target 30 working days instead of 25 working days.",
        "accept: Service that holds the asset has to answer within 7 working days instead of 5",
        "accept no longer asks Ward councillors.",
    ):
        assert sentence in told
    assert "leaves from" not in told, "a step from a renamed stage leaves from the same place"
    office("publish", ROUTE)
    assert office("diff", ROUTE, "1", "2", "--json").json["differences"] == [
        line.strip() for line in told.splitlines()[1:]
    ]
    assert "Nothing is different." in office("diff", ROUTE).out


def test_every_step_and_stage_that_comes_or_goes_is_told(office: Office) -> None:
    office.publish(numbered(2))
    with office.af.store.read() as db:
        route = queries.newest_version(db, ROUTE)
    assert route is not None
    bare = from_canonical(route.canonical)
    del bare.stages["handover"]
    del bare.transitions["accept"]
    del bare.facts["transfer_purpose"]
    gone, come = differences(route, bare), differences(bare, route)
    for words in ("stage handover", "step accept", "fact transfer_purpose"):
        assert any(f"The {words}" in line and line.endswith("is gone.") for line in gone)
        assert any(line.startswith(f"New {words}") for line in come)
    assert differences(route, route) == []


# --- migrating ------------------------------------------------------------------------------


def migrated(office: Office, *words: str, content: str = "") -> Result:
    """Publish a version that renames the first stage, and migrate to it."""
    office.publish(content or renaming())
    return office("migrate", ROUTE, "--to", "2", *words, on=TOMORROW)


def test_a_renamed_stage_takes_its_cases_along_and_its_clock_runs_on(office: Office) -> None:
    office.open(1)
    before = office.rows()[0]
    shown = migrated(office, "--why", "Cabinet 10 March").out
    assert "CAT-2026-0001 1 → 2: ‘Expression of interest’ is now ‘First contact’" in shown
    after = office.rows()[0]
    changed = {name for name in after if before[name] != after[name]}
    assert changed == {"workflow_version_id", "stage", "version", "head"}
    assert (after["stage"], after["stage_since"]) == (NEW, TODAY)
    assert office.history("1")[-1].startswith("Moved from version 1 to version 2 of the route")
    entry = office.rows(m.journal)[-1]
    assert (entry["action"], entry["from_stage"], entry["to_stage"]) == ("migrated", OLD, NEW)
    office.is_whole()


def test_a_dry_run_says_a_line_for_each_case_and_changes_nothing(office: Office) -> None:
    office.open(1)
    office.open(2)
    office.af("case", "hold", "2", "--reason", "A claim")
    office.publish(renaming().replace("target: 25 working days", "target: 30 working days"))
    tables = (m.cases, m.journal, m.reminders, m.workflow_versions)
    before = [office.rows(t) for t in tables]
    told = office.af("workflow", "migrate", ROUTE, "--to", "2", "--dry-run", on=TOMORROW).out
    first, second, last = told.splitlines()
    assert re.search(r"0001 1 → 2: .*; due 15 Apr 2026 instead of 8 Apr 2026", first)
    assert re.search(r"0002 stays: A hold lies on CAT-2026-0002 since 2 Mar 2026", second)
    assert last == "could be migrated: 1 case; nothing was changed"
    assert [office.rows(t) for t in tables] == before


def test_all_are_migrated_or_none_unless_those_that_can(office: Office) -> None:
    office.open(1)
    office.open(2)
    office.af("case", "hold", "2", "--reason", "A claim")
    office.publish(renaming())
    before = office.rows()
    refused = office("migrate", ROUTE, "--to", "2", code=1, on=TOMORROW)
    assert "1 of 2 cases cannot be" in refused.err
    assert "CAT-2026-0002: A hold lies on" in refused.err
    assert "--those-that-can" in refused.err
    assert office.rows() == before
    done = office("migrate", ROUTE, "--to", "2", "--those-that-can", on=TOMORROW).out
    assert "migrated: 1 case" in done
    assert [office.version_of(n) for n in "12"] == [2, 1]
    office.is_whole()


def test_an_agreement_stays_where_the_step_still_asks_for_it(office: Office) -> None:
    ask_service(office)
    assert "sign-offs that stay: Service that holds the asset" in migrated(office).out
    asked = office.rows(m.signoffs)
    assert [(one["department"], one["stage_visit"]) for one in asked] == [("service", 1)]
    office.af("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email",
              on=TOMORROW)  # fmt: skip
    office.is_whole()


def test_a_case_stays_where_an_agreement_would_be_lost(office: Office) -> None:
    ask_service(office)
    office.publish(without("{department: service, order: 1, within: 5 working days"))
    refused = office("migrate", ROUTE, "--to", "2", code=1, on=TOMORROW)
    assert "The request to Service that holds the asset for accept would be lost" in refused.err


def ask_service(office: Office) -> None:
    office.open(1)
    office.af("case", "record", "1", "transfer_purpose=Bowls")
    office.af("signoff", "request", "1")


def test_a_fact_that_another_version_reads_otherwise_keeps_a_case_where_it_is(
    office: Office,
) -> None:
    declared = "\nfacts:\n  visits: {label: Visits to the site, type: %s}\n"
    second = numbered(2).replace("\nfacts:\n", declared % "integer", 1)
    third = numbered(3).replace("\nfacts:\n", declared % "text", 1)
    office.publish(second)
    office.open(1)
    office.af("case", "record", "1", "visits=3")
    office.publish(third, "--from", "1 Apr 2026")
    refused = office("migrate", ROUTE, "--to", "3", code=1, on=NEXT_MONTH)
    assert "visits is on the file as integer; version 3 reads it as text" in refused.err
    told = office("migrate", ROUTE, "--to", "1", on=NEXT_MONTH).out
    assert "stays on the file and is no longer used: Visits to the site" in told
    refused = office("migrate", ROUTE, "--to", "3", code=1, on=NEXT_MONTH)
    assert "visits is on the file as something else; version 3 reads it as text" in refused.err
    office("migrate", ROUTE, "--undo", on=NEXT_MONTH)
    office.is_whole()


def test_what_has_ended_keeps_its_version(office: Office) -> None:
    office.open(1)
    office.af("case", "withdraw", "1", "--why", "Too far")
    office.publish(numbered(2))
    assert "migrated: 0 cases" in office("migrate", ROUTE, "--to", "2", on=TOMORROW).out
    refused = office("migrate", ROUTE, "--to", "2", "--case", "1", code=1, on=TOMORROW)
    assert "what has ended keeps its version" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--to", "3"], 6, "Version 3 of community_asset_transfer is not stored"),
        (["--to", "2", "--map", "benchmarking=legal"], 2, "a case leaves it only by a step"),
        (["--to", "2", "--map", "expression_of_interest=refused"], 2, "a case ends only by a step"),
        (["--to", "2", "--map", "expression_of_interst=legal"], 2,
         "did you mean expression_of_interest?"),
        (["--to", "2", "--case", "9"], 6, "There is no case"),
        (["--to", "1", "--case", "1"], 1, "runs on version 1 already"),
        (["--undo"], 0, "migrated: 0 cases"),
        (["--undo", "--case", "1"], 1, "No migration of it is left to take back"),
        ([], 2, "either --to VERSION or --undo"),
        (["--undo", "--to", "1"], 2, "either --to VERSION or --undo"),
        (["--undo", "--map", "a=b"], 2, "no --map"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(
    office: Office, words: list[str], code: int, sentence: str
) -> None:
    office.open(1)
    office.publish(renaming())
    result = office("migrate", ROUTE, *words, code=code, on=TOMORROW)
    assert sentence in result.out + result.err


def test_only_those_whom_the_council_names_migrate(office: Office) -> None:
    office.open(1)
    office.publish(renaming())
    kim = ("--as", "kim.novak", "workflow", "migrate", ROUTE, "--to", "2")
    refused = office.af(*kim, code=1, on=TOMORROW)
    assert "Kim Novak may not do this" in refused.err


def test_a_case_goes_over_two_versions_at_once_and_back_by_its_name(office: Office) -> None:
    office.open(1)
    office.publish(renaming())
    third = renaming(OLD, "enquiry", number=3).replace(f"{{{OLD}: ", f"{{{NEW}: ")
    office.publish(third, "--from", "1 Apr 2026")
    office("migrate", ROUTE, "--to", "3", on=NEXT_MONTH)
    assert office.rows()[0]["stage"] == "enquiry"
    office("migrate", ROUTE, "--to", "1", on=NEXT_MONTH)
    assert office.rows()[0]["stage"] == OLD
    office.is_whole()


def test_nobody_hears_again_of_a_stage_that_is_overdue_because_it_was_renamed(
    office: Office,
) -> None:
    office.open(1)
    late = TODAY + timedelta(days=45)
    office.af("sweep", on=late)
    told = [r["key"] for r in office.rows(m.reminders) if r["kind"] == "stage_overdue"]
    assert told == [f"{OLD}:{TODAY}"]
    office.publish(renaming())
    office("migrate", ROUTE, "--to", "2", on=late)
    before = [r for r in office.rows(m.reminders) if not r["superseded"]]
    office.af("sweep", on=late)
    assert [r for r in office.rows(m.reminders) if not r["superseded"]] == before
    office("migrate", ROUTE, "--undo", on=late)
    office.af("sweep", on=late)
    assert [r for r in office.rows(m.reminders) if not r["superseded"]] == before
    office.is_whole()


# --- taking back ----------------------------------------------------------------------------

UNDONE = {"version", "head"}


def test_undoing_puts_each_case_back_where_it_was(office: Office) -> None:
    office.open(1)
    office.open(2)
    before = office.rows()
    migrated(office)
    office("migrate", ROUTE, "--undo", on=TOMORROW)
    for was, now in zip(before, office.rows(), strict=True):
        assert {name for name in was if was[name] != now[name]} == UNDONE
    assert office.history("2")[-1].startswith("Put back from version 2 to version 1")
    office.is_whole()


def test_undoing_twice_goes_back_two_migrations(office: Office) -> None:
    office.open(1)
    office.publish(renaming())
    office.publish(numbered(3) + f"\nrenamed: {{{NEW}: {OLD}}}\n",
                   "--from", "1 Apr 2026")  # fmt: skip
    for target in ("2", "3"):
        office("migrate", ROUTE, "--to", target, on=NEXT_MONTH)
    seen = []
    for _ in range(2):
        office("migrate", ROUTE, "--undo", "--case", "1", on=NEXT_MONTH)
        seen.append((office.version_of("1"), office.rows()[0]["stage"]))
    assert seen == [(2, NEW), (1, OLD)]
    refused = office("migrate", ROUTE, "--undo", "--case", "1", on=NEXT_MONTH, code=1)
    assert "No migration of it is left" in refused.err
    office.is_whole()


def test_a_case_that_has_moved_since_is_not_put_back(office: Office) -> None:
    office.open(1)
    migrated(office)
    office.af("case", "withdraw", "1", "--why", "Too far", on=TOMORROW)
    office.open(2, on=TOMORROW)
    refused = office("migrate", ROUTE, "--undo", "--case", "1", code=1, on=TOMORROW)
    assert "It has moved since it was migrated" in refused.err


def open_many(office: Office, count: int, stages: Callable[[int], str] = lambda _: OLD) -> None:
    """Put cases into stages as if they had come there; each with its journal."""
    with office.af.desk() as desk:
        for number in range(count):
            group = {"name": f"Group {number}", "recorded_at": desk.now}
            desk.db.execute(insert(m.groups).values(group))
            opened = opening.open_case(desk, f"SAMPLE-{number % 40 + 1:04d}", f"Group {number}", "")
            stage = stages(number)
            if stage != OLD:
                record.change(desk, opened.case, "advanced", trigger="accept", to_stage=stage,
                              detail={"label": "Accept", "facts": {}, "letters": {}},
                              columns={"stage": stage, "stage_visit": 2})  # fmt: skip


@pytest.mark.sqlite_only
@settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_migrated_and_taken_back_stands_as_before(
    office: Office, data: st.DataObject
) -> None:
    """Stages are renamed at random, one after the other, and some are merged."""
    known = ["expression_of_interest", "benchmarking", "business_case", "decision", "legal"]
    kept = office.file.parent.parent / "assetflow.db"
    contents = kept.read_bytes()
    drawn = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=6), label="stages")
    gone = data.draw(st.lists(st.sampled_from(known), max_size=3, unique=True), label="renamed")
    changed = numbered(2)
    for stage in gone:
        changed = re.sub(rf"\b{stage}\b(?!: \{{label: Legal)", f"{stage}_2", changed)
        changed = changed.replace(f"department: {stage}_2", f"department: {stage}")
        changed = changed.replace(f"label: {stage}_2", f"label: {stage}")
    changed += f"\nrenamed: {{{', '.join(f'{s}: {s}_2' for s in gone)}}}\n"
    try:
        open_many(office, len(drawn), lambda n: drawn[n])
        before = office.rows()
        office.publish(changed)
        office("migrate", ROUTE, "--to", "2", on=TOMORROW)
        assert [r["stage"] for r in office.rows()] == [f"{s}_2" if s in gone else s for s in drawn]
        office("migrate", ROUTE, "--undo", on=TOMORROW)
        for was, now in zip(before, office.rows(), strict=True):
            assert {name for name in was if was[name] != now[name]} == UNDONE
        office.af("db", "verify")
    finally:
        kept.write_bytes(contents)
        office.file.unlink(missing_ok=True)


def test_two_hundred_cases_go_over_and_come_back_in_one_go(
    office: Office, measured: Measured
) -> None:
    open_many(office, 200)
    before = office.rows()
    office.publish(renaming())
    assert "migrated: 200 cases" in office("migrate", ROUTE, "--to", "2", on=TOMORROW).out
    assert {r["stage"] for r in office.rows()} == {NEW}
    entries = [r for r in office.rows(m.journal) if r["action"] == "migrated"]
    assert len(entries) == len({r["case_id"] for r in entries}) == 200
    office("migrate", ROUTE, "--undo", on=TOMORROW)
    for was, now in zip(before, office.rows(), strict=True):
        assert {name for name in was if was[name] != now[name]} == UNDONE
    office.af("db", "verify")
    measured("migrate", "200 cases over to another version and back", cases=200)


# --- at the same time -----------------------------------------------------------------------


def test_while_a_case_is_changed_it_is_migrated_before_or_after_never_between(
    office: Office,
) -> None:
    open_many(office, 12)
    office.publish(renaming())
    wanted = Wanted(ROUTE, 2)

    def note() -> None:
        for number in range(1, 13):
            with suppress(AssetflowError), office.af.desk(TOMORROW) as desk:
                cases.note(desk, str(number), "Rang the group.")

    def migrate() -> None:
        with office.af.desk(TOMORROW) as desk:
            desk.actor_typed = "alex.reid"
            migrating.migrate(desk, wanted)

    at_once(note, migrate)
    assert {(r["stage"], r["version"]) for r in office.rows()} == {(NEW, 3)}
    office.is_whole()


def test_no_case_is_filed_under_a_version_that_ends_at_that_moment(office: Office) -> None:
    office.write(numbered(2))
    failed: list[str] = []

    def publish() -> None:
        with office.af.desk() as desk:
            desk.actor_typed = "alex.reid"
            path = definitions.find(desk.settings, ROUTE)
            route = definitions.load(path, desk.surroundings())
            with suppress(Refused):  # a case came first; then it is published from tomorrow
                publishing.publish(desk, route, TODAY)

    def file() -> None:
        for number in range(1, 9):
            try:
                with office.af.desk() as desk:
                    opening.open_case(desk, f"SAMPLE-{number:04d}", "Bowls Club", "")
            except AssetflowError as error:
                failed.append(str(error))

    at_once(publish, file)
    with office.af.store.read() as db:
        known = versions.stored(db, ROUTE)
        found = queries.load_cases(db, queries.all_case_ids(db))
    assert len(found) + len(failed) == 8
    for case in found:
        used = versions.in_force(known, case.snapshot.received_on)
        assert used is not None
        assert case.workflow.version == used.version


def at_once(*work: Callable[[], None]) -> None:
    """Do things at the same time; what one of them raises is raised here."""
    raised: list[BaseException] = []

    def run(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if raised:
        raise raised[0]


# --- what stands in the way -----------------------------------------------------------------


def test_the_doctor_finds_a_case_in_a_stage_that_its_version_lacks(office: Office) -> None:
    office.open(1)
    with office.af.desk() as desk:
        desk.db.execute(update(m.cases).values(stage="nowhere"))
    found = office.af("doctor", code=1).out
    assert "CAT-2026-0001 is in the stage nowhere, which its version 1 lacks" in found


@pytest.mark.sqlite_only
def test_the_doctor_finds_a_case_on_a_version_that_is_not_stored(office: Office) -> None:
    office.open(1)
    office.publish(numbered(2))
    with closing(sqlite3.connect(office.af.home / "assetflow.db")) as db, db:
        db.execute("DELETE FROM workflow_versions WHERE version = 1")
    found = office.af("doctor", code=1).out
    assert "CAT-2026-0001 runs on a version that is not stored" in found


def test_the_doctor_says_how_many_cases_run_on_older_versions(office: Office) -> None:
    office.open(1)
    office.publish(numbered(2))
    assert "not the one in force: 1 open case." in office.af("doctor", on=TOMORROW, code=None).out


CHANGED_BY_HAND = {
    "runs on another version of its route": update(m.cases).values(workflow_version_id=2),
    "has another text of version 2": update(m.workflow_versions)
    .where(m.workflow_versions.c.version == 2)
    .values(canonical=m.workflow_versions.c.canonical + " "),
    "speaks of no such version 2": update(m.workflow_versions)
    .where(m.workflow_versions.c.version == 2)
    .values(valid_from=date(2025, 1, 1)),
    "which is lost": delete(m.workflow_versions).where(m.workflow_versions.c.version == 2),
}


@pytest.mark.parametrize("sentence", CHANGED_BY_HAND)
def test_a_version_changed_by_hand_is_found(office: Office, sentence: str) -> None:
    office.open(1)
    office.publish(numbered(2))
    with office.af.desk() as desk:
        assert verify(desk).findings == ()
        desk.db.execute(CHANGED_BY_HAND[sentence])
        assert any(sentence in one.sentence for one in verify(desk).findings)


def test_a_stage_is_followed_through_the_versions_between() -> None:
    route = definitions_of()
    first, second, third = (from_canonical(route) for _ in range(3))
    for number, version in enumerate((first, second, third), start=1):
        object.__setattr__(version, "version", number)
    object.__setattr__(second, "renamed", {"legal": "legal_work"})
    second.stages["legal_work"] = second.stages.pop("legal")
    object.__setattr__(third, "renamed", {"legal_work": "handover"})
    assert follow("legal", first, [second, third]) == "handover"
    assert follow("decision", first, [second, third]) == "decision"
    # Handover was there before as well: nobody can tell from the name where a case came from.
    assert follow("handover", third, [second, first]) == "handover"
    assert follow("legal_work", second, [first]) == "legal"


def definitions_of() -> str:
    """The canonical text of the shipped route."""
    found = Settings(home=Path("nowhere"), database_url="sqlite://")
    around = definitions.surroundings(found, data_files.calendar(found))
    return definitions.load(definitions.find(found, ROUTE), around).canonical
