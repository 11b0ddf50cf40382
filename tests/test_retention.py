"""How long records are kept: the schedule as data, what is due, holds, and destroying a case."""

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import TODAY, Terminal
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from test_erasure import ASKED, NO_PERIODS, NOW, letters, rows_with, schedule, stored, traces
from test_integrity import checker
from test_officer import Untouched, reasons

from assetflow import data_files
from assetflow import models as m
from assetflow.casework.destruction import Retained
from assetflow.errors import BadFile
from assetflow.retention import RetentionClass, due_on, event_of, kept_until
from assetflow.settings import SHIPPED, Settings

ROOT = Path(__file__).parents[1]
SHIPPED_SCHEDULE = (SHIPPED / "data" / "retention.yaml").read_text(encoding="utf-8")
SET = re.sub(r"years: .*", "years: 2", NO_PERIODS.replace("verified: false", "verified: true"))
WHY = ("--ground", "Retention schedule 4.2")
ENDED_FOR_TWO_YEARS = TODAY.replace(year=2028) + timedelta(days=1)


# --- days ---------------------------------------------------------------------------------------


def plainly(event: date, years: int) -> date:
    """Count a period without a library: the day after the same day, or after 28 February."""
    if (event.month, event.day) == (2, 29):
        return date(event.year + years, 3, 1)
    return date(event.year + years, event.month, event.day) + timedelta(days=1)


def test_the_day_is_right_for_every_start_over_140_years() -> None:
    for number in range(51_100):
        event = date(1960, 1, 1) + timedelta(days=number)
        for years in (0, 1, 4, 6, 12):
            assert due_on(event, years) == plainly(event, years), (event, years)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.integers(0, 999))
@example(date(2024, 2, 29), 6)
@example(date(2024, 2, 29), 4)
@example(date(2024, 2, 28), 1)
def test_nothing_is_due_before_its_last_day_has_passed(event: date, years: int) -> None:
    last, first = kept_until(event, years), due_on(event, years)
    assert last is not None
    assert first == last + timedelta(days=1)
    assert last.year == event.year + years
    later = due_on(event + timedelta(days=1), years)
    assert later is not None
    assert later >= first


def test_a_period_beyond_the_calendar_never_ends() -> None:
    assert due_on(date(2026, 3, 2), 8_000) is None
    assert due_on(date(9000, 12, 31), 999) is None


@pytest.mark.parametrize(
    ("trigger", "plus", "facts", "expected"),
    [
        ("case_ended", "", {}, TODAY),
        ("lease_signed_on", "", {}, None),
        ("lease_signed_on", "", {"lease_signed_on": date(2024, 2, 29)}, date(2024, 2, 29)),
        ("lease_signed_on", "term", {"lease_signed_on": date(2024, 2, 29), "term": 25},
         date(2049, 2, 28)),
        ("lease_signed_on", "term", {"lease_signed_on": date(2024, 2, 29)}, None),
        ("lease_signed_on", "term", {"lease_signed_on": date(2024, 2, 29), "term": 9_000}, None),
        ("lease_signed_on", "term", {"lease_signed_on": "soon", "term": 9}, None),
        ("lease_signed_on", "term", {"lease_signed_on": date(2024, 2, 29), "term": -9}, None),
    ],
)  # fmt: skip
def test_a_period_runs_from_the_event_of_its_class(
    trigger: str, plus: str, facts: dict[str, object], expected: date | None
) -> None:
    kind = RetentionClass("x", "X", "case", 6, "g", "s", True, ("completed",), trigger, plus)
    assert event_of(kind, TODAY, facts) == expected


# --- the schedule as data -----------------------------------------------------------------------


def test_the_shipped_schedule_confirms_nothing_and_sets_no_period_for_a_case(af: Terminal) -> None:
    classes = af("retention", "list", "--json").json
    assert not any(c["verified"] for c in classes)
    assert {c["years"] for c in classes if c["applies_to"] == "case"} == {None}
    assert all(c["source"] and c["ground"] for c in classes)
    outcomes = [outcome for c in classes for outcome in c["outcomes"]]
    assert sorted(outcomes) == ["completed", "lapsed", "refused", "withdrawn"]
    doctor = af("doctor", code=None).out
    assert "No period is set for: Completed transfer with a lease, Refused" in doctor
    assert "Nobody has confirmed the period of: Officer decision (6 years)" in doctor


WRONG = {
    "years: 6": ("years: six", "bad-years", "years must be a whole number"),
    "years: 4": ("years: -1", "bad-years", "years must be a whole number"),
    "    trigger: lease_signed_on\n": ("", "missing", "the class lacks trigger"),
    "outcomes: [refused]": ("outcomes: refused", "no-outcomes", "name its outcomes"),
    "[withdrawn, lapsed]": ("[refused, lapsed]", "two-classes", "belongs to the class refused"),
    "applies_to: evidence": ("applies_to: paper", "unknown-type", "no such record type"),
    "trigger_plus: lease_term_years": ("trigger_plus: 25", "bad-trigger", "the name of a fact"),
    "steps: [decline": ("steps: [1", "bad-steps", "name triggers"),
    'label: Refused application': ("label: 7", "not-text", "label must be text"),
    "verified: false\n  officer_decision": ("verified: nope\n  officer_decision", "not-yes-no",
                                            "verified must be true or false"),
    "    years: 4\n": ("    outcomes: [x]\n    years: 4\n", "other-type", "has no outcomes"),
    "    years: 6\n": ("    yaers: 6\n", "missing", "officer_decision lacks years"),
    "classes:": ("class:", "no-entries", "the file needs `classes:`"),
}  # fmt: skip


@pytest.mark.parametrize("old", WRONG)
def test_a_wrong_schedule_is_refused_with_the_place_of_each_problem(
    old: str, tmp_path: Path
) -> None:
    new, code, sentence = WRONG[old]
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "retention.yaml"
    assert SHIPPED_SCHEDULE.count(old) >= 1
    path.write_text(SHIPPED_SCHEDULE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        data_files.retention(Settings(tmp_path, ""))
    said = [p for p in refused.value.problems if p.code == code]
    assert any(sentence in p.message for p in said), refused.value
    assert all(p.line for p in said) or code == "no-entries"
    assert str(path) in str(refused.value)


# --- what is due --------------------------------------------------------------------------------


def ended(case: Terminal) -> Terminal:
    """Let the first case be withdrawn, with words on it that name people."""
    case("case", "record", "1", "transfer_purpose=Bowls, says Joan Mills")
    case("signoff", "request", "1")
    case("signoff", "object", "1", "service", "--by", "nadia", "--category", "preference",
         "--evidence", "Email", "--reason", "Joan Mills is loud",
         "--way-forward", "Talk to Joan Mills")  # fmt: skip
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "email to Joan Mills",
         "--condition", "Joan Mills keeps quiet")  # fmt: skip
    with case.store.write() as db:
        db.execute(insert(m.evidence).values(
            case_id=1, name="Joan Mills.txt", sha256="0" * 64, size=1, content=b"Joan Mills",
            recorded_by_id=1, recorded_at=NOW))  # fmt: skip
    case("case", "withdraw", "1", "--why", "Joan Mills has moved away")
    return case


def due(af: Terminal, on: date, *more: str) -> list[dict[str, object]]:
    found = af("retention", "due", "--json", *more, on=on).json
    assert all(set(one) == set(Retained.__slots__) for one in found)
    return list(found)


def test_a_case_without_a_period_is_named_as_not_set_and_is_not_destroyed(case: Terminal) -> None:
    ended(case)
    (one,) = due(case, TODAY.replace(year=2099))
    assert (one["state"], one["due_on"], one["class_id"]) == (
        "not set", None, "withdrawn_application",
    )  # fmt: skip
    with Untouched(case):
        refused = case("retention", "destroy", "1", *WHY, on=TODAY.replace(year=2055), code=1)
    assert "The council has set no period for ‘Application withdrawn or lapsed’." in refused.err


def test_a_case_is_due_on_the_day_after_its_last(case: Terminal) -> None:
    schedule(ended(case), SET)
    last = ENDED_FOR_TWO_YEARS - timedelta(days=1)
    assert due(case, last) == []
    (waiting,) = due(case, last, "--all")
    assert waiting["state"] == "not due"
    (one,) = due(case, ENDED_FOR_TWO_YEARS)
    assert one["due_on"] == ENDED_FOR_TWO_YEARS.isoformat()
    assert due(case, TODAY, "--as-of", ENDED_FOR_TWO_YEARS.isoformat()) == [one]
    case("case", "hold", "1", "--reason", "FOI request 12")
    (held,) = due(case, ENDED_FOR_TWO_YEARS)
    assert "FOI request 12" in str(held["holds"])


def test_a_decision_on_a_case_can_have_to_be_kept_longer_than_the_case(case: Terminal) -> None:
    schedule(ended(case), SET.replace("[decline", "[withdraw").replace(
        "refuse, approve_in_principle, lapse]\n    years: 2", "refuse]\n    years: 6"))  # fmt: skip
    assert due(case, ENDED_FOR_TWO_YEARS) == []
    (one,) = due(case, ENDED_FOR_TWO_YEARS, "--all")
    assert one["due_on"] == "2032-03-03"
    refused = case("retention", "destroy", "1", *WHY, on=ENDED_FOR_TWO_YEARS, code=1)
    assert (
        "Records of it are kept as ‘Officer decision’ (6 years); due on 3 Mar 2032." in refused.err
    )


def test_a_case_whose_event_is_not_on_file_is_never_due(case: Terminal) -> None:
    schedule(ended(case), SET.replace("[completed]", "[withdrawn]").replace(
        "[withdrawn, lapsed]", "[completed, lapsed]"))  # fmt: skip
    (one,) = due(case, TODAY.replace(year=2099))
    assert one["state"] == "event not on file"
    refused = case("retention", "destroy", "1", *WHY, on=TODAY.replace(year=2050), code=1)
    assert "is not on the file" in refused.err


# --- destroying ---------------------------------------------------------------------------------


def test_the_words_of_a_case_go_and_its_skeleton_stays(case: Terminal) -> None:
    schedule(ended(case), SET)
    (case.home / "anchors").mkdir()
    case("db", "anchor", str(case.home / "anchors"))
    case.today = ENDED_FOR_TWO_YEARS
    done = case("retention", "destroy", "1", *WHY)
    assert "CAT-2026-0001 is destroyed" in done.out
    assert "certificate: council record" in done.out
    assert rows_with(case, "Joan Mills", "joan@bowls.example") == set()
    assert letters(case) == []
    if case.store.file is not None:
        assert traces(case, "Joan Mills", "joan@bowls.example") == []
    assert "Destroyed 3 Mar 2028, under the retention schedule" in case("case", "show", "1").out
    assert "Destroyed" in case("case", "next", "1").out
    story = case("case", "history", "1").out
    assert "Destroyed under the retention schedule (withdrawn_application)" in story
    assert story.count("(the words were erased)") == 7
    assert "were erased" in case("letter", "show", "1").out
    case("case", "list", "--all")
    case("signoff", "list", "1")
    assert "the record is whole" in case("db", "verify", str(case.home / "anchors")).out
    case("db", "export", str(case.home / "journal.json"))
    assert checker(case.home / "journal.json", *(case.home / "anchors").iterdir()).returncode == 0
    assert due(case, case.today, "--all") == []


def test_nothing_is_added_to_a_destroyed_case(case: Terminal) -> None:
    schedule(ended(case), SET)
    case.today = ENDED_FOR_TWO_YEARS
    case("retention", "destroy", "1", *WHY)
    with Untouched(case):
        for words in (("case", "note", "1", "Again"), ("case", "hold", "1", "--reason", "Late")):
            assert "was destroyed on 3 Mar 2028" in case(*words, code=1).err
        again = case("retention", "destroy", "1", *WHY, code=1)
        assert "It was destroyed on 3 Mar 2028 already." in again.err


def test_a_contact_stays_while_another_case_of_the_group_needs_it(case: Terminal) -> None:
    schedule(ended(case), SET)
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")
    case("retention", "destroy", "1", *WHY, on=ENDED_FOR_TWO_YEARS)
    with case.store.read() as db:
        assert "Joan Mills" in db.execute(select(m.groups.c.contact_name)).scalars().all()


@pytest.mark.parametrize("who", ["kim", "grace", "owen", "alex"])
def test_only_the_information_governance_officer_destroys(case: Terminal, who: str) -> None:
    schedule(ended(case), SET)
    with Untouched(case):
        refused = case("--as", who, "retention", "destroy", "1", *WHY,
                       on=ENDED_FOR_TWO_YEARS, code=1)  # fmt: skip
    assert "Who can: the information governance officer." in refused.err


def test_a_case_that_may_not_go_is_refused_with_every_reason(case: Terminal) -> None:
    schedule(case, SET.replace("verified: true", "verified: false"))
    with Untouched(case):
        assert reasons(case("retention", "destroy", "1", *WHY, code=1)) == ["It is open."]
    ended(case)
    case("case", "hold", "1", "--reason", "FOI request 12")
    with Untouched(case):
        assert reasons(case("--as", "kim", "retention", "destroy", "1", *WHY, code=1)) == [
            "Kim Novak may not do this. Who can: the information governance officer.",
            "A hold lies on CAT-2026-0001 since 2 Mar 2026 (hold 1): FOI request 12. Who can lift "
            "it: the information governance officer or the head of legal.",
            "Nobody has confirmed the period of ‘Application withdrawn or lapsed’ (2 years). Who "
            "can: whoever keeps the council's retention schedule (data/retention.yaml).",
            "It is kept as ‘Application withdrawn or lapsed’ (2 years); due on 3 Mar 2028.",
        ]
        for ground in (" ", "As JOAN MILLS asked"):
            case("retention", "destroy", "1", "--ground", ground, code=2)


# --- holds --------------------------------------------------------------------------------------

# Every command that takes words away, as typed against the first case.
DESTROYING = (
    ("person", "erase", "Joan Mills", *ASKED),
    ("person", "erase", "joan@bowls.example", *ASKED, "--also", "Joan Mills"),
    ("retention", "destroy", "1", *WHY),
)


def of_first_case(af: Terminal) -> set[tuple[object, ...]]:
    """Give everything that is stored but what a command says about itself."""
    return {row for row in stored(af) if not row[0].startswith("council_")}


@pytest.mark.parametrize("words", DESTROYING, ids=" ".join)
def test_a_hold_stops_every_command_that_destroys(case: Terminal, words: tuple[str, ...]) -> None:
    schedule(ended(case), SET)
    case("case", "hold", "1", "--reason", "FOI request 12")
    case.today = ENDED_FOR_TWO_YEARS
    before, files = of_first_case(case), {p: p.read_bytes() for p in letters(case)}
    told = case(*words, code=None)
    assert of_first_case(case) == before
    assert {p: p.read_bytes() for p in letters(case)} == files
    said = told.out + told.err
    assert "FOI request 12" in said
    assert "Who can lift it: the information governance officer or the head of legal." in said
    case("case", "release", "1", "--reason", "Answered")
    case(*words)
    assert rows_with(case, "Joan Mills") == set()


def test_only_the_known_modules_take_words_away() -> None:
    """A module that deletes rows or erases words is a destroying command: add it to the list."""
    found = set()
    for path in (ROOT / "assetflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [n.name for n in node.names] if isinstance(node, ast.ImportFrom) else []
            called = [node.attr] if isinstance(node, ast.Attribute) else []
            if {"delete", "ERASED", "ERASED_LETTER", "ERASED_EVIDENCE"} & {*names, *called}:
                found.add(path.stem)
    # facts, funding: what makes room or goes stays in the journal.
    assert found == {"erasure", "destruction", "facts", "funding"}


def test_holds_are_seen_and_told_and_lifted_one_by_one(case: Terminal) -> None:
    case("case", "hold", "1", "--reason", "FOI request 12")
    case("--as", "owen", "case", "hold", "1", "--reason", "Claim of the group")
    for page in ("show", "next"):
        shown = case("case", page, "1").out
        assert "(hold 1): FOI request 12" in shown
        assert "(hold 2): Claim of the group" in shown
    several = case("case", "release", "1", "--reason", "Done", code=2)
    assert "name the one to lift: --hold NUMBER" in several.err
    case("case", "release", "1", "--reason", "Answered", "--hold", "1")
    assert "FOI request 12" not in case("case", "show", "1").out
    story = case("case", "history", "1").out
    assert "Hold 1 placed" in story
    assert "Hold 1 lifted; it was placed for: FOI request 12" in story
    case("case", "release", "1", "--reason", "Settled")
    assert "Hold" not in case("case", "show", "1").out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("--as kim case hold 1 --reason x", 1, "Who can: an administrator, the information"),
        ("--as alex case release 1 --reason x", 1, "the information governance officer or the"),
        ("case hold 1 --reason FOI", 1, "One lies for that reason already."),
        ("case release 1 --reason x --hold 9", 6, "No hold 9 lies on CAT-2026-0001."),
        ("case release 2 --reason x", 1, "No hold lies on CAT-2026-0002."),
    ],
)
def test_a_hold_that_cannot_be_placed_or_lifted_is_refused(
    case: Terminal, words: str, code: int, sentence: str
) -> None:
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")
    case("case", "hold", "1", "--reason", "FOI")
    with Untouched(case):
        assert sentence in case.type(words, code=code).err
        for verb in ("hold", "release"):
            assert "The reason is missing." in case("case", verb, "1", "--reason", " ", code=2).err
