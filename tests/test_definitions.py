"""Workflow files: sound ones become routes; every problem of the others is named by its line."""

import contextlib
import gzip
import hashlib
import json
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Terminal
from hypothesis import example, given, settings
from hypothesis import strategies as st
from problem_files import PROBLEM_FILES, SOUND, announced
from sizes import fuzzed

from assetflow import data_files, definitions, soundness
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.settings import SHIPPED, Settings
from assetflow.soundness import Surroundings
from assetflow.workflow import (
    Clock,
    ClockStart,
    Continuation,
    TellsParts,
    Workflow,
    from_canonical,
)

SHIPPED_ROUTES = sorted(
    path
    for path in (SHIPPED / "workflows").glob("*.yaml")
    if not path.name.endswith(".scenario.yaml")
)
ROUTE = SHIPPED / "workflows" / "community_asset_transfer.yaml"

# A small route that uses everything a workflow file can say.
TINY = """\
name: tiny_route
label: A tiny route
version: 1
reference_prefix: TINY
initial: asked
stall_limit: 12 months
review_within: 20 working days
sources: [the council's asset policy]
departments:
  legal: {label: Legal}
  finance: {label: Finance}
roles:
  officer: {label: an officer}
  signatory: {label: a department signatory}
rights:
  open_case: [officer]
  name_champion: [officer]
  record_fact: [case_officer, officer]
  request_signoff: [case_officer]
  record_signoff: [case_officer]
  issue_letter: [case_officer]
  write_note: [case_officer]
facts:
  keys_handed_over_on: {label: Day of the keys, type: date, hint: a date, due_in: [agreed]}
  benchmark: {label: Entry that is followed, type: library, library: benchmark_library}
  way: {label: How it goes, type: choice, choices: [sale, lease], fixed_in: [agreed]}
  measures: {label: How it is judged, type: weights}
  answered_on: {label: Day of the answer, type: date, told_with_parent: true, progress: true}
  years: {label: Years that must be left, type: integer}
  said_in: {label: Where it was said}
  why_asked: {label: Why the group is asked, type: choice, each_time: true}
  information_needed: {label: What is missing, type: list}
  reply_by: {label: Day of the reply, type: date}
stages:
  asked: {label: Asked, department: legal, target: 10 working days, source: a guess}
  agreed: {label: Agreed, waiting_on: group, target: 2 weeks, verified: true}
  completed: {label: Completed, end: completed}
on_open: [acknowledgement]
letters: [withdrawal]
transitions:
  agree:
    label: Agree
    from: [asked]
    to: agreed
    who: [case_officer]
    requires:
      - champion_named
      - library_entry_cited: {fact: benchmark}
    signoffs:
      - {department: legal, within: 5 working days, question: "Is the title good?"}
      - {department: finance, within: 1 week, question: "Any cost?", order: 2, mode: consultee}
  wait:
    label: Wait for the group
    from: ["*"]
    who: [officer]
    waiting_on: group
    why_needed: true
    chases: true
  ask:
    label: Ask the group
    from: [asked]
    who: [officer]
    waiting_on: group
    pauses: true
    requires:
      - facts_recorded: {facts: [why_asked]}
    letters: [more_information_needed]
  hear:
    label: Hear the group
    from: [asked]
    who: [officer]
    waiting_on: council
    resumes: true
  finish:
    label: Hand over
    from: [agreed]
    to: completed
    who: [case_officer]
    letters: [completion]
    dates: [answered_on]
    tells_parts: [{trigger: open, stages: [received]}]
    continues_as: {workflow: tiny_next, stage: opened, carries: [way]}
    requires:
      - no_part_in: {stages: [opened]}
      - parts_in: {stages: [received], at_least: 2}
      - clock_not_expired: {clock: answer}
      - within_after: {fact: keys_handed_over_on, at_most: 2 weeks, count: beginning_with}
      - fact_is: {fact: way, value: lease}
      - together: {fact: way, needs: [measures]}
ladder:
  red: {label: Red, after: 9 months, to: [champion], requires: a plan, colour: red}
  worst:
    label: Worst
    after: 10 months
    to: [champion]
    tasks:
      - {id: plan, label: a plan, facts: [said_in], within: 2 weeks}
      - {id: update, label: a letter, letters: [withdrawal], every: 1 month}
alerts:
  silence: {after: 20 working days, to: [case_officer], source: proposal}
  stage_overdue: {to: [champion]}
  stage_overrun: {share: 150 %, to: [champion]}
  run_out: {to: [champion]}
objections:
  safety: {label: It would be unsafe, blocks: true, authority_needed: true}
criteria:
  benefit: {label: Community benefit, weight: 60}
  money: {label: Money, weight: 40}
clocks:
  answer:
    label: Answer to the group
    kind: statutory
    starts: {fact: keys_handed_over_on, choice: way, value: lease}
    within: 20 working days
    count: beginning_with
    extended_to: answered_on
    agreed_in: said_in
    stops: [answered_on]
    stages: [agreed]
    to: [case_officer]
    warn: 1 week
    on_expiry: It may ask for a review.
    source: the Act
    verified: true
  panel: {label: Panel, kind: target, starts: {stage: asked}, before: 2 weeks}
pauses:
  reasons: {papers: Papers are missing}
  reason: why_asked
  missing: information_needed
  by: reply_by
  letter: more_information_needed
  cap: 60 working days
  to: [case_officer]
  source: proposal
limits:
  keys: {label: In time, fact: answered_on, why: no grant, leaves: 1 year, reached: agreed}
  lease: {label: Long enough, fact: answered_on, why: no grant, leaves_years: years, source: it}
papers:
  tender: {label: Tender, facts: {rent: said_in}}
  draft: {label: Draft, compared_with: [tender], complete: true, stages: [asked]}
substantive: [withdrawal]
ladder_counts: lateness
calendar: scotland
parts: [tiny_part]
part_of: [tiny_part]
parts_in: [asked]
score_up_to: 5
for_council: true
renamed: {requested: asked}
"""
OTHERS = [Path(__file__).parent / "fixtures" / f"tiny_{name}.yaml" for name in ("part", "next")]


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """What a route may refer to where no council has files of its own."""
    shipped = Settings(home=Path("no such home"), database_url="sqlite://")
    return definitions.surroundings(shipped, data_files.calendar(shipped), OTHERS)


@pytest.fixture
def tiny(around: Surroundings, tmp_path: Path) -> Workflow:
    """The small route, read from a file."""
    return read(TINY, around, tmp_path)


def read(text: str | bytes, around: Surroundings, folder: Path) -> Workflow:
    """Read a route from its text."""
    path = folder / "tiny_route.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return definitions.load(path, around)


def problems_of(path: Path, around: Surroundings) -> list[Problem]:
    """The problems for which a file is refused; it must be."""
    with pytest.raises(BadFile) as caught:
        definitions.load(path, around)
    return list(caught.value.problems)


def edited(old: str, new: str) -> str:
    """The small route with one edit."""
    assert TINY.count(old) == 1, old
    return TINY.replace(old, new)


# --- never slow ----------------------------------------------------------------------------------


def named(prefix: str, count: int) -> str:
    """Many names in a row."""
    return ", ".join(f"{prefix}{number}" for number in range(count))


def entries(prefix: str, count: int, entry: str) -> str:
    """Many entries of a group, on lines."""
    return "".join(f"  {prefix}{number}: {entry}\n" for number in range(count))


ONE_ROLE = "open_case: [officer]"
NO_DAYS = "review_within: 20 working days"
STEP = "  to_nowhere: {label: On, from: [%s], to: agreed, who: [officer]}\n"
# Edits of the small route that once took ten seconds or more to refuse, or would have.
SLOW = {
    "thousands of unknown roles beside thousands of known ones": [
        (ONE_ROLE, f"open_case: [{named('q', 2_000)}]"),
        ("roles:\n", "roles:\n" + entries("r", 2_000, "{label: R}")),
    ],
    "thousands of unknown stages beside thousands of known ones": [
        ("stages:\n", "stages:\n" + entries("s", 1_500, "{label: S, waiting_on: group}")),
        ("transitions:\n", "transitions:\n" + STEP % named("q", 3_000)),
    ],
    "thousands of names that are none": [
        ("stages:\n", "stages:\n" + entries("S", 2_500, "{label: S, waiting_on: group}")),
    ],
    "a period of blanks without end": [(NO_DAYS, "review_within: 1a" + " " * 200_000 + "!")],
    "a period of hyphens": [(NO_DAYS, "review_within: 1 " + "a -" * 60_000 + "!")],
    "a period of one long word": [(NO_DAYS, "review_within: 1 " + "month" * 50_000)],
    "a role of one long word": [(ONE_ROLE, "open_case: [" + "officer" * 30_000 + "]")],
    "hundreds of long roles beside long ones": [
        (ONE_ROLE, f"open_case: [{named('officer' * 40, 300)}]"),
        ("roles:\n", "roles:\n" + entries("officer" * 40 + "x", 300, "{label: R}")),
    ],
    "a way from every stage to every other": [
        ("stages:\n", "stages:\n" + entries("s", 350, "{label: S, target: 1 week, source: x}")),
        ("transitions:\n", "transitions:\n" + "".join(
            f"  t{n}: {{label: T, from: ['*'], to: s{n}, who: [officer]}}\n" for n in range(350))),
    ],
}  # fmt: skip


@pytest.mark.parametrize("edits", SLOW.values(), ids=SLOW.keys())
def test_no_route_below_the_limits_is_slow_to_refuse(
    edits: list[tuple[str, str]], around: Surroundings, tmp_path: Path
) -> None:
    text = TINY
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = tmp_path / "slow.yaml"
    path.write_text(text, encoding="utf-8")
    begun = time.process_time()
    problems = problems_of(path, around)
    assert time.process_time() - begun < 2
    assert 1 <= len(problems) <= soundness.MOST_FINDINGS + 1
    cut = len(problems) > soundness.MOST_FINDINGS
    assert cut == ("too-many-problems" in {problem.code for problem in problems})


# --- all at once ------------------------------------------------------------------------------


def test_all_problems_of_meaning_are_reported_at_once_by_line(
    around: Surroundings, tmp_path: Path
) -> None:
    text = (
        TINY.replace("initial: asked", "initial: askd")
        .replace("stall_limit: 12 months", "stall_limit: 12 moons")
        .replace("      - champion_named\n", "      - champion_nmed\n")
        .replace("letters: [completion]", "letters: [compleion]")
        .replace("department: finance, within", "department: finanse, within")
        .replace("to: [champion], requires", "to: [champon], requires")
        .replace("weight: 60", "weight: 50")
    )
    path = tmp_path / "tiny_route.yaml"
    path.write_text(text, encoding="utf-8")
    assert [(p.line, p.code) for p in problems_of(path, around)] == [
        (5, "unknown-stage"),
        (6, "bad-duration"),
        (47, "unknown-guard"),
        (51, "unknown-department"),
        (79, "unknown-letter"),
        (91, "unknown-role"),
        (106, "weights"),
    ]


def test_all_problems_of_shape_are_reported_at_once_by_line(
    around: Surroundings, tmp_path: Path
) -> None:
    text = (
        TINY.replace("version: 1\n", "version: one\n")
        .replace("weight: 40", "wait: 40")
        .replace("    why_needed: true\n", "    why_needed: sometimes\n")
        .replace("  legal: {label: Legal}", "  legal: {label: Legal, id: legal}")
    )
    path = tmp_path / "tiny_route.yaml"
    path.write_text(text, encoding="utf-8")
    assert [(p.line, p.code, p.message) for p in problems_of(path, around)] == [
        (3, "wrong-type", "version must be a whole number"),
        (10, "unknown-key", "id is not written inside the entry; legal is its name already"),
        (57, "wrong-type", "why_needed must be true or false"),
        (108, "missing-key", "weight is missing"),
        (108, "unknown-key", "wait is not a key that is known here"),
    ]


def test_a_refusal_says_how_to_check_the_file_again(around: Surroundings) -> None:
    path = next(path for path in PROBLEM_FILES if path.stem == "unknown-guard")
    with pytest.raises(BadFile, match=r"unknown-guard\.yaml cannot be used") as caught:
        definitions.load(path, around)
    assert caught.value.remedies == (f"mend the file, then run: assetflow workflow check {path}",)


# A long loop or long periods must neither be missed nor run beyond the calendar.
LONG = {
    "a route whose stages take too long together": ("target: 2 weeks", "target: 355 calendar days"),
    "a route that only just reaches the limit": ("target: 2 weeks", "target: 351 calendar days"),
    "a stage of a hundred years": ("target: 2 weeks", "target: 100 years"),
}


@pytest.mark.parametrize(("old", "new"), LONG.values(), ids=LONG.keys())
def test_targets_must_stay_below_the_stall_limit(
    old: str, new: str, around: Surroundings, tmp_path: Path
) -> None:
    with pytest.raises(BadFile) as caught:
        read(edited(old, new), around, tmp_path)
    assert [(p.line, p.code) for p in caught.value.problems] == [(6, "targets-too-long")]


def test_targets_may_come_within_a_day_of_the_stall_limit(
    around: Surroundings, tmp_path: Path
) -> None:
    route = read(edited("target: 2 weeks", "target: 350 calendar days"), around, tmp_path)
    assert route.stages["agreed"].target == "350 calendar days"


def test_a_path_that_runs_in_a_circle_is_measured_too(around: Surroundings, tmp_path: Path) -> None:
    # The first way on from the second stage leads back, so the straight path never ends.
    text = edited("target: 2 weeks", "target: 13 months").replace(
        "  finish:\n    label: Hand over\n    from: [agreed]",
        "  back:\n    label: Back\n    from: [agreed]\n    to: asked\n    who: [officer]\n"
        "  finish:\n    label: Hand over\n    from: [asked]",
    )
    with pytest.raises(BadFile) as caught:
        read(text, around, tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["targets-too-long"]


# --- the shipped routes -----------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED_ROUTES, ids=lambda path: path.stem)
def test_every_shipped_route_is_sound(path: Path, around: Surroundings) -> None:
    route = definitions.load(path, around)
    assert route.name == path.stem
    assert route.main_path()[-1].end


@pytest.mark.parametrize("path", SHIPPED_ROUTES, ids=lambda path: path.stem)
def test_a_stored_route_is_the_route_that_was_read(path: Path, around: Surroundings) -> None:
    same_after_storing(definitions.load(path, around))


def test_a_stored_route_keeps_everything_a_file_can_say(tiny: Workflow) -> None:
    same_after_storing(tiny)


def same_after_storing(route: Workflow) -> None:
    """Store a route as its canonical text and rebuild it: text, hash and values are the same."""
    stored = from_canonical(route.canonical)
    assert stored.sha256 == route.sha256
    assert stored.canonical == route.canonical
    for field in fields(Workflow):
        before, after = getattr(route, field.name), getattr(stored, field.name)
        assert (type(after), after) == (type(before), before), field.name
        if isinstance(before, dict):
            assert list(after) == list(before), field.name


def test_a_route_that_uses_nothing_new_is_written_as_it_always_was() -> None:
    """The version that an earlier release stored: byte for byte the same text, and its hash."""
    fixture = Path(__file__).parent / "fixtures" / "revision_0002.sqlite.sql.gz"
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(gzip.decompress(fixture.read_bytes()).decode("utf-8"))
        stored = database.execute("SELECT name, version, sha256, canonical FROM workflow_versions")
        (name, version, sha256, canonical), *others = stored.fetchall()
    assert (name, version, others) == ("community_asset_transfer", 1, [])
    assert hashlib.sha256(canonical.encode()).hexdigest() == sha256
    again = from_canonical(canonical)
    assert again.canonical == canonical
    assert again.sha256 == sha256
    assert again.clocks == {}
    assert again.ladder_counts == "age"


PANEL = Clock("panel", "Panel", "target", ClockStart(stage="asked"), within="2 weeks")
LATER: dict[str, Callable[[Workflow], Workflow]] = {
    "a clock": lambda route: replace(route, clocks={"panel": PANEL}),
    "a ladder by lateness": lambda route: replace(route, ladder_counts="lateness"),
    "parts": lambda route: replace(route, parts=("tiny_part",)),
    "stages for parts": lambda route: replace(route, parts_in=("asked",)),
    "a route above": lambda route: replace(route, part_of=("tiny_part",)),
    "a claim": lambda route: replace(route, stages={
        **route.stages, "asked": replace(route.stages["asked"], claims_asset=True)}),
    "a date": lambda route: with_step(route, dates=("keys_handed_over_on",)),
    "a word to the parts": lambda route: with_step(
        route, tells_parts=(TellsParts("open", ("received",)),)),
    "a case that goes on": lambda route: with_step(
        route, continues_as=Continuation("tiny_part", "opened")),
    "choices": lambda route: replace(route, facts={
        **route.facts, "way": replace(route.facts["benchmark"], choices=("sale",))}),
    "a fact that is fixed": lambda route: replace(route, facts={
        **route.facts, "benchmark": replace(route.facts["benchmark"], fixed_in=("asked",))}),
}  # fmt: skip


def with_step(route: Workflow, **changes: Any) -> Workflow:
    """A route with something about its first step changed."""
    step = replace(route.transitions["agree"], **changes)
    return replace(route, transitions={**route.transitions, "agree": step})


@pytest.mark.parametrize("change", LATER.values(), ids=LATER.keys())
def test_what_was_added_later_is_in_the_hash_where_it_is_used(
    change: Callable[[Workflow], Workflow], tiny: Workflow
) -> None:
    plain = replace(tiny, clocks={}, ladder_counts="age", parts=(), parts_in=(), part_of=())
    changed = change(plain)
    assert changed.sha256 != plain.sha256
    same_after_storing(changed)


# --- what changes the hash --------------------------------------------------------------------


def test_any_change_of_a_stored_value_changes_the_hash(tiny: Workflow) -> None:
    hashes = [tiny.sha256]
    for changed in _with_one_change(json.loads(tiny.canonical)):
        hashes.append(from_canonical(json.dumps(changed)).sha256)
    assert len(hashes) > 100
    assert len(set(hashes)) == len(hashes)


def _with_one_change(value: Any) -> Iterator[Any]:
    """The same data with one thing changed, for every thing in it."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from ({**value, key: changed} for changed in _with_one_change(inside))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            rest = value[number + 1 :]
            yield from ([*value[:number], each, *rest] for each in _with_one_change(inside))
    elif isinstance(value, bool) or value is None:
        yield not value
    else:
        yield value + 1 if isinstance(value, int) else f"{value}!"


CHANGES = {
    "a label": ("label: Agreed,", "label: Is agreed,"),
    "a version": ("version: 1\n", "version: 2\n"),
    "a target": ("target: 2 weeks", "target: 14 calendar days"),
    "a figure that is now verified": ("source: a guess", "source: a guess, verified: true"),
    "a stage that is renamed": (
        "  completed: {label: Completed, end: completed}",
        "  completed: {label: Completed, end: done}",
    ),
    "the order of stages": (
        "  asked: {label: Asked, department: legal, target: 10 working days, source: a guess}\n"
        "  agreed: {label: Agreed, waiting_on: group, target: 2 weeks, verified: true}\n",
        "  agreed: {label: Agreed, waiting_on: group, target: 2 weeks, verified: true}\n"
        "  asked: {label: Asked, department: legal, target: 10 working days, source: a guess}\n",
    ),
    "the order of guards": (
        "      - champion_named\n      - library_entry_cited: {fact: benchmark}\n",
        "      - library_entry_cited: {fact: benchmark}\n      - champion_named\n",
    ),
    "the order of roles": ("[case_officer, officer]", "[officer, case_officer]"),
    "the order of departments": (
        "  legal: {label: Legal}\n  finance: {label: Finance}\n",
        "  finance: {label: Finance}\n  legal: {label: Legal}\n",
    ),
    "a guard that is gone": ("      - champion_named\n", ""),
    "a letter that is gone": ("    letters: [completion]\n", ""),
    "a source": ("the council's asset policy", "the council's policy"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_the_file_changes_the_hash(
    old: str, new: str, tiny: Workflow, around: Surroundings, tmp_path: Path
) -> None:
    assert read(edited(old, new), around, tmp_path).sha256 != tiny.sha256


SAME = {
    "a comment": ("version: 1\n", "version: 1  # the first\n"),
    "blank lines": ("departments:\n", "\n\ndepartments:\n"),
    "quotes": ("label: Agreed,", "label: 'Agreed',"),
    "entries on lines of their own": (
        "  finance: {label: Finance}\n",
        "  finance:\n    label: Finance\n",
    ),
    "the order of keys in an entry": (
        "{label: Community benefit, weight: 60}",
        "{weight: 60, label: Community benefit}",
    ),
    "a value that is the usual one": (
        "source: a guess}",
        "source: a guess, waiting_on: council, verified: false}",
    ),
    "empty parameters of a guard": ("      - champion_named\n", "      - champion_named: {}\n"),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME.keys())
def test_another_way_of_writing_the_same_keeps_the_hash(
    old: str, new: str, tiny: Workflow, around: Surroundings, tmp_path: Path
) -> None:
    assert read(edited(old, new), around, tmp_path).sha256 == tiny.sha256


def test_lines_that_end_as_on_windows_keep_the_hash(
    tiny: Workflow, around: Surroundings, tmp_path: Path
) -> None:
    windows = b"\xef\xbb\xbf" + TINY.replace("\n", "\r\n").encode()
    assert read(windows, around, tmp_path).sha256 == tiny.sha256


# --- the council's own files ------------------------------------------------------------------


def test_the_councils_own_route_overrides_the_shipped_one(tmp_path: Path) -> None:
    home = Settings(home=tmp_path, database_url="sqlite://")
    own = tmp_path / "workflows" / ROUTE.name
    assert definitions.find(home, ROUTE.stem) == ROUTE
    own.parent.mkdir()
    own.write_bytes(ROUTE.read_bytes())
    assert definitions.find(home, ROUTE.stem) == own
    assert own in definitions.available(home)
    assert ROUTE not in definitions.available(home)


def test_a_route_of_the_councils_own_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    home = Settings(home=tmp_path, database_url="sqlite://")
    (tmp_path / "workflows").mkdir()
    own = tmp_path / "workflows" / "tiny_route.yaml"
    own.write_text(TINY, encoding="utf-8")
    (tmp_path / "workflows" / "tiny_route.scenario.yaml").write_text("a: 1", encoding="utf-8")
    assert set(definitions.available(home)) == {own, *SHIPPED_ROUTES}
    assert definitions.find(home, "tiny_route") == own


def test_a_route_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"known: .*community_asset_transfer"):
        definitions.find(Settings(home=tmp_path, database_url="sqlite://"), "nothing")


# --- assetflow workflow check -----------------------------------------------------------------


@pytest.fixture
def anywhere(tmp_path: Path) -> Terminal:
    """A terminal without a home: workflow files can be checked before there is one."""
    return Terminal(tmp_path / "no home")


def explained(code: str) -> str:
    """The last line of a check that found something, which names the code it found first."""
    return f"  → what a code means: assetflow workflow check --explain {code}\n"


def test_checking_a_sound_file_says_so(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check", str(ROUTE))
    assert re.fullmatch(
        r"✓ community_asset_transfer version \d+ is sound: \d+ stages, \d+ transitions\n",
        result.out,
    )
    assert result.err == ""


def test_checking_without_a_file_checks_every_route(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check")
    assert [line.split()[1] for line in result.out.splitlines()] == [p.stem for p in SHIPPED_ROUTES]


def test_checking_in_a_home_uses_its_own_route(af: Terminal) -> None:
    own = af.home / "workflows" / ROUTE.name
    own.write_text(ROUTE.read_text(encoding="utf-8").replace("to: legal", "to: lgal"), "utf-8")
    result = af("workflow", "check", code=2)
    assert result.err.startswith(f"{own}:")
    assert "unknown-stage: unknown stage 'lgal' (did you mean legal?)\n" in result.err


def test_checking_a_bad_file_prints_its_problem_and_nothing_else(anywhere: Terminal) -> None:
    (bad,) = (path for path in PROBLEM_FILES if path.stem == "unknown-guard")
    result = anywhere("workflow", "check", str(bad), code=2)
    assert result.out == ""
    assert result.err == (
        f"{bad}:37:9: unknown-guard: unknown guard 'champoin_named' "
        "(did you mean champion_named?)\n" + explained("unknown-guard")
    )


def test_checking_all_bad_files_prints_one_line_each(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check", *map(str, PROBLEM_FILES), code=2)
    assert result.out == ""
    *lines, hint = result.err.splitlines()
    assert hint.startswith("  → what a code means: assetflow workflow check --explain ")
    for path, line in zip(PROBLEM_FILES, lines, strict=True):
        number, told = announced(path)
        place = f":{number}:[0-9]+" if number else ""
        assert re.fullmatch(f"{re.escape(str(path))}{place}: {re.escape(told)}", line)


def test_checking_several_files_reports_the_bad_and_the_good(
    anywhere: Terminal, tmp_path: Path
) -> None:
    good, bad = tmp_path / "tiny_route.yaml", tmp_path / "bad.yaml"
    sound = SOUND.read_text(encoding="utf-8")
    good.write_text(sound, encoding="utf-8")
    bad.write_text(sound.replace("initial: asked", "initial: askd"), encoding="utf-8")
    result = anywhere("workflow", "check", str(bad), str(good), code=2)
    assert result.out == "✓ tiny_route version 1 is sound: 2 stages, 1 transitions\n"
    assert result.err == (
        f"{bad}:6:1: unknown-stage: unknown stage 'askd' (did you mean asked?)\n"
        + explained("unknown-stage")
    )


def test_checking_as_json_gives_each_problem_in_parts(anywhere: Terminal, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    sound = SOUND.read_text(encoding="utf-8")
    bad.write_text(sound.replace("initial: asked", "initial: askd"), encoding="utf-8")
    result = anywhere("workflow", "check", "--json", str(ROUTE), str(bad), code=2)
    assert result.err == ""
    assert result.json == {
        "sound": ["community_asset_transfer"],
        "scenarios": [],
        "problems": [
            {
                "file": str(bad),
                "line": 6,
                "column": 1,
                "code": "unknown-stage",
                "message": "unknown stage 'askd'",
                "suggestion": "did you mean asked?",
            }
        ],
    }


def test_checking_a_sound_file_as_json_has_no_problems(anywhere: Terminal) -> None:
    result = anywhere("workflow", "check", "--json", str(ROUTE))
    assert result.json == {
        "sound": ["community_asset_transfer"], "scenarios": [], "problems": []
    }  # fmt: skip


def test_every_file_of_the_folder_of_routes_can_be_named_at_once(anywhere: Terminal) -> None:
    files = sorted((SHIPPED / "workflows").glob("*.yaml"))
    result = anywhere("workflow", "check", *map(str, files))
    assert result.out.count(" is sound: ") == len(SHIPPED_ROUTES)
    told = "fast_track.scenario.yaml can be read: 4 scenarios; play: assetflow workflow test"
    assert told in result.out


def test_the_problems_of_scenarios_and_of_their_route_are_told_once(
    anywhere: Terminal, tmp_path: Path
) -> None:
    shipped = SHIPPED / "workflows" / "fast_track.scenario.yaml"
    route, told = tmp_path / "fast_track.yaml", tmp_path / shipped.name
    told.write_text(shipped.read_text("utf-8").replace("{do: approve", "{do: aprove", 1), "utf-8")
    result = anywhere("workflow", "check", str(told), code=2)
    assert re.match(f"{re.escape(str(told))}:[0-9]+:[0-9]+: unknown-trans", result.err), result.err
    assert result.err.endswith(explained("unknown-transition"))
    route.write_text(
        shipped.with_name(route.name).read_text("utf-8").replace("to: assessment", "to: x")
    )
    result = anywhere("workflow", "check", "--json", str(route), str(told), code=2)
    problems = result.json["problems"]
    assert {problem["code"] for problem in problems} >= {"unknown-stage"}
    assert len({json.dumps(problem) for problem in problems}) == len(problems)


def test_checking_a_file_that_is_not_there_says_so(anywhere: Terminal, tmp_path: Path) -> None:
    result = anywhere("workflow", "check", str(tmp_path / "none.yaml"), code=2)
    assert result.out == ""
    assert (
        result.err
        == f"{tmp_path / 'none.yaml'}: unreadable: No such file or directory\n"
        + explained("unreadable")
    )


def test_checking_a_folder_says_that_it_is_one(anywhere: Terminal, tmp_path: Path) -> None:
    result = anywhere("workflow", "check", str(tmp_path), code=2)
    assert result.err == f"{tmp_path}: unreadable: Is a directory\n" + explained("unreadable")


def test_checking_a_photograph_says_that_it_is_not_text(anywhere: Terminal, tmp_path: Path) -> None:
    picture = tmp_path / "hall.yaml"
    picture.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 40)
    result = anywhere("workflow", "check", str(picture), code=2)
    assert result.err == (
        f"{picture}:1:1: not-utf8: the file is not UTF-8 text (save it as UTF-8)\n"
        + explained("not-utf8")
    )


def test_checking_a_file_that_cannot_be_opened_says_so(anywhere: Terminal, tmp_path: Path) -> None:
    circle = tmp_path / "circle.yaml"
    circle.symlink_to(circle)
    result = anywhere("workflow", "check", str(circle), code=2)
    assert result.err.startswith(f"{circle}: unreadable: ")


# --- anything at all --------------------------------------------------------------------------

LINES = ROUTE.read_text(encoding="utf-8").splitlines()
WORDS = st.sampled_from(
    [
        *("", "no", "~", "0777", "12:30", "1.10", "-1", "99999999999999999999", "10000 years"),
        *("[", "]", "{", "}", "*", "&a", "!b", "|", ">", "'", '"', "- ", ": ", "#", "<<:", "\t"),
        *("[]", "{}", "[[]]", "{a: b}", "legal", "champion_named", "letters:", "\x00", "é", "\\"),
    ]
)
PLACES = st.integers(0, 10_000)


def without_a_line(place: int) -> list[str]:
    """The shipped route without one of its lines."""
    return [line for number, line in enumerate(LINES) if number != place % len(LINES)]


def with_a_line_twice(place: int) -> list[str]:
    """The shipped route with one of its lines doubled."""
    number = place % len(LINES)
    return [*LINES[: number + 1], *LINES[number:]]


def with_another_word(place: int, choice: int, word: str) -> list[str]:
    """The shipped route with one word replaced."""
    wordy = [number for number, line in enumerate(LINES) if line.split()]
    number = wordy[place % len(wordy)]
    spans = [match.span() for match in re.finditer(r"\w+|[^\w\s]", LINES[number])]
    begin, end = spans[choice % len(spans)]
    changed = LINES[number][:begin] + word + LINES[number][end:]
    return [*LINES[:number], changed, *LINES[number + 1 :]]


mutants = (
    st.builds(without_a_line, PLACES)
    | st.builds(with_a_line_twice, PLACES)
    | st.builds(with_another_word, PLACES, PLACES, WORDS)
)


@settings(max_examples=100)
@given(mutants)
@example(["a: 1"])
@example([])
def test_a_damaged_route_is_read_or_refused_with_every_problem_in_its_place(
    around: Surroundings, lines: list[str]
) -> None:
    read_or_refused_in_place(around, lines)


SMALL = TINY.splitlines()
VOCABULARY = sorted(set(re.findall(r"[\w-]+|[^\w\s]", "\n".join(LINES))))


@st.composite
def damaged_small_routes(draw: st.DrawFn) -> list[str]:
    """The small route with lines lost, doubled and moved, and words of the shipped one."""
    lines = list(SMALL)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(
            st.sampled_from(["word", "word", "word", "lost", "doubled", "moved", "indented"])
        ):
            case "word":
                lines[at] = draw(_with_another_word(lines[at]))
            case "lost":
                del lines[at]
            case "doubled":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "moved":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "indented":
                lines[at] = (
                    draw(st.sampled_from(["", " ", "  ", "    ", "\t"])) + lines[at].lstrip()
                )
    return lines


@st.composite
def _with_another_word(draw: st.DrawFn, line: str) -> str:
    spans = [match.span() for match in re.finditer(r"[\w-]+|[^\w\s]", line)]
    begin, end = draw(st.sampled_from(spans or [(0, 0)]))
    return line[:begin] + draw(WORDS | st.sampled_from(VOCABULARY)) + line[end:]


@settings(max_examples=fuzzed())
@given(damaged_small_routes())
def test_a_damaged_small_route_is_read_or_refused_in_the_same_way(
    around: Surroundings, lines: list[str]
) -> None:
    read_or_refused_in_place(around, lines)


def read_or_refused_in_place(around: Surroundings, lines: list[str]) -> None:
    """Read a route in time, or have every problem of it with a place within its lines."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            assert isinstance(definitions.load(path, around), Workflow)
        except BadFile as refusal:
            problems = refusal.problems
            assert problems
        else:
            problems = ()
    assert time.process_time() - begun < 2
    assert list(problems) == sorted(problems)
    for problem in problems:
        assert problem.file == str(path)
        assert problem.message
        assert 1 <= problem.line <= len(lines) or problem.code == "empty", problem
