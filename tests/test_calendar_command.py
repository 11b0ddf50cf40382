"""Days without work that come or go: the commands, and what they do to the cases they touch."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import TODAY, Terminal, furnish, receive
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from assetflow import local_days, queries
from assetflow.casework import record, recounting
from assetflow.errors import BadFile
from assetflow.local_days import LocalDays
from assetflow.settings import CALENDARS, SHIPPED

SCOTTISH = "scottish_asset_transfer_request"


def under_two_laws(terminal: Terminal) -> None:
    """Open a second case, of a request under Scottish law."""
    terminal("group", "add", "Hall Trust", "--contact", "Jim Orr", "--address", "1 High St, Ayr")
    terminal("case", "open", "--asset", "SAMPLE-0002", "--group", "Hall Trust",
             "--workflow", SCOTTISH)  # fmt: skip


@pytest.fixture
def office(fresh: Callable[..., Terminal]) -> Terminal:
    """The case of Monday 2 March 2026, its target due on 8 April, and one under Scottish law."""
    return fresh(furnish, receive, under_two_laws)


def records(terminal: Terminal) -> list[tuple[str, list[str]]]:
    """The actions recorded of each case."""
    with terminal.store.read() as db:
        cases = queries.load_cases(db, queries.all_case_ids(db))
        return [(c.reference, [e.action for e in queries.history(db, c.id)]) for c in cases]


def due(terminal: Terminal, case: str) -> str:
    """The last day of the target of a case's stage."""
    found: list[dict[str, Any]] = terminal("case", "explain", case, "--json").json["dates"]
    return str(next(each["last_day"] for each in found if each["name"] == "target"))


def own_file(terminal: Terminal) -> Path:
    """The file of the council's own days."""
    return terminal.home / "data" / local_days.FILE_NAME


def everything(terminal: Terminal) -> list[Any]:
    """All that is stored of cases, and of the days they were computed with."""
    with terminal.store.read() as db:
        tables = ("cases", "journal", "council_journal", "calendars", "reminders")
        return [db.execute(text(f"SELECT * FROM {table}")).all() for table in tables]


# What an officer does


def test_an_officer_adds_a_bank_holiday_that_was_announced(office: Terminal) -> None:
    assert due(office, "CAT-2026-0001") == "2026-04-08"
    before = everything(office)
    planned = office("calendar", "add", "2026-03-20", "Royal wedding", "--dry-run")
    assert planned.out.splitlines() == [
        "Fri 20 Mar 2026 would be a bank holiday in england-and-wales: Royal wedding",
        "  CAT-2026-0001  Expression of interest target 8 Apr 2026 → 9 Apr 2026",
        "  dates would change on 1 of 2 open cases",
    ]
    assert everything(office) == before
    assert not own_file(office).exists()
    done = office("calendar", "add", "2026-03-20", "Royal wedding", "--why", "Proclaimed today")
    assert done.out.splitlines() == [
        "✓ Fri 20 Mar 2026 is a bank holiday in england-and-wales: Royal wedding",
        "  CAT-2026-0001  Expression of interest target 8 Apr 2026 → 9 Apr 2026",
        "  dates changed on 1 of 2 open cases",
    ]
    assert due(office, "CAT-2026-0001") == "2026-04-09"
    story = office("case", "history", "CAT-2026-0001").out
    assert (
        "Dates counted anew: Expression of interest target 8 Apr 2026 → 9 Apr 2026; "
        "Royal wedding added (20 Mar 2026)"
    ) in story
    assert "Proclaimed today" in story
    assert [actions.count("dates_recounted") for _, actions in records(office)] == [1, 0]
    assert "20 Mar 2026" in office("case", "explain", "CAT-2026-0001", "target").out
    assert "the record is whole" in office("db", "verify").out
    assert "have changed" not in office("doctor", code=None).out


def test_the_sweep_waits_for_the_new_day(office: Terminal) -> None:
    office("calendar", "add", "2026-03-20", "Royal wedding")
    for on in (date(2026, 4, 9), date(2026, 4, 10)):
        told = office("sweep", "--json", on=on).json["told"]
        kinds = [t["kind"] for t in told if t["reference"] == "CAT-2026-0001"]
        assert ("stage_overdue" in kinds) == (on == date(2026, 4, 10))


def test_a_holiday_of_another_division_touches_the_cases_of_its_law_alone(
    office: Terminal,
) -> None:
    reference = records(office)[1][0]
    before = due(office, reference)
    done = office("calendar", "add", "2026-03-20", "World Cup", "--division", "scotland").out
    assert "CAT-2026-0001" not in done
    assert f"  {reference}  " in done
    assert due(office, reference) != before
    assert due(office, "CAT-2026-0001") == "2026-04-08"


def test_the_council_closes_over_christmas(office: Terminal) -> None:
    done = office("calendar", "add", "2026-03-30", "Stocktaking", "--closing",
                  "--until", "2026-04-05")  # fmt: skip
    # Good Friday is none of them, and nobody works at the weekend anyway.
    assert done.out.count("is a closing day: Stocktaking") == 4
    assert due(office, "CAT-2026-0001") == "2026-04-14"
    listed = office("calendar", "list", "--year", "2026", "--json").json
    kinds = [(d["date"], d["kind"], d["source"]) for d in listed if d["date"] >= "2026-03-30"][:5]
    assert kinds == [
        ("2026-03-30", "closing day", "the council"), ("2026-03-31", "closing day", "the council"),
        ("2026-04-01", "closing day", "the council"), ("2026-04-02", "closing day", "the council"),
        ("2026-04-03", "bank holiday", "published"),
    ]  # fmt: skip


def test_a_day_is_taken_away_and_put_back(office: Terminal) -> None:
    gone = office("calendar", "remove", "2026-04-06").out
    assert "Mon 6 Apr 2026 is no longer a bank holiday in england-and-wales: Easter Monday" in gone
    assert due(office, "CAT-2026-0001") == "2026-04-07"
    back = office("calendar", "add", "2026-04-06", "Easter Monday").out
    assert "target 7 Apr 2026 → 8 Apr 2026" in back
    assert json.loads(own_file(office).read_text(encoding="utf-8")) == {
        "bank_holidays": {}, "not_bank_holidays": {}, "closing_days": [],
    }  # fmt: skip
    office("calendar", "add", "2026-03-20", "Royal wedding")
    office("calendar", "add", "2026-03-23", "Flood", "--closing")
    office("calendar", "remove", "2026-03-20")
    office("calendar", "remove", "2026-03-23")
    assert due(office, "CAT-2026-0001") == "2026-04-08"


def test_a_file_that_somebody_edited_is_found_and_counted(office: Terminal) -> None:
    assert "have changed" not in office("doctor", code=None).out
    days = LocalDays(announced={"england-and-wales": {date(2026, 3, 20): "Royal wedding"}})
    own_file(office).write_text(local_days.as_text(days), encoding="utf-8")
    told = office("doctor", code=None).out
    assert "Bank holidays or closing days have changed: england-and-wales." in told
    assert "assetflow calendar recompute --dry-run" in told
    before = everything(office)
    planned = office("calendar", "recompute", "--dry-run").out
    assert "CAT-2026-0001  Expression of interest target 8 Apr 2026 → 9 Apr 2026" in planned
    assert everything(office) == before
    office("calendar", "recompute")
    assert "have changed" not in office("doctor", code=None).out
    assert "no day has changed" in office("calendar", "recompute").out
    assert [actions.count("dates_recounted") for _, actions in records(office)] == [1, 0]


def test_where_nothing_was_noted_it_is_noted_and_no_case_is_said_to_change(
    office: Terminal,
) -> None:
    with office.store.write() as db:
        db.execute(text("DELETE FROM calendars"))
        db.execute(text("UPDATE cases SET next_alert_on = NULL"))
    assert "It is not noted with which bank holidays" in office("doctor", code=None).out
    done = office("calendar", "recompute").out
    assert "the days are noted from now on" in done
    assert "dates changed on 0 of 2 open cases" in done
    check_alerts(office)
    assert "It is not noted" not in office("doctor", code=None).out


def test_without_a_note_a_new_day_is_held_against_the_days_before_it(office: Terminal) -> None:
    with office.store.write() as db:
        db.execute(text("DELETE FROM calendars"))
    done = office("calendar", "add", "2026-03-20", "Royal wedding").out
    assert "target 8 Apr 2026 → 9 Apr 2026" in done


def check_alerts(terminal: Terminal) -> None:
    """Every open case has the next day on which anything can fall due, by the days of now."""
    with terminal.desk() as desk:
        cases = queries.load_cases(desk.db, queries.open_case_ids(desk.db))
        assert cases
        for case in cases:
            assert record.settle(desk, case).next_alert_on == case.next_alert_on


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("division", "day"), [(d, day) for d in CALENDARS[:2] for day in ("2026-03-10", "2026-04-09")]
)
def test_the_next_day_to_look_at_a_case_follows(office: Terminal, division: str, day: str) -> None:
    office("case", "record", "CAT-2026-0001", "transfer_purpose=Bowls")
    office("signoff", "request", "CAT-2026-0001")
    office("calendar", "add", day, "World Cup", "--division", division)
    check_alerts(office)
    office("calendar", "remove", day, "--division", division)
    check_alerts(office)


def test_an_ended_case_is_left_alone(office: Terminal) -> None:
    office("case", "withdraw", "CAT-2026-0001", "--why", "Too far away")
    before = records(office)[0]
    done = office("calendar", "add", "2026-03-20", "Royal wedding").out
    assert "dates changed on 0 of 1 open case" in done
    assert records(office)[0] == before


# What is refused


REFUSED = {
    "2026-12-25 Xmas": "25 Dec 2026 is a day without work already: Christmas Day.",
    "2026-12-05 Fair": "5 Dec 2026 lies at a weekend, on which nobody works anyway.",
    "2026-12-01 Fair --until 2026-12-02": "A bank holiday is one day.",
    "2026-12-01 Fair --closing --until 2026-11-01": "is not 1 to 62 days",
    "2026-12-01 Fair --closing --until 2027-11-01": "is not 1 to 62 days",
    "2026-12-25 Shut --closing": "25 Dec 2026 is a day without work already: Christmas Day.",
    "2026-12-01 …": "The title cannot be used",
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", REFUSED)
def test_a_day_that_cannot_be_added_is_refused(office: Terminal, words: str) -> None:
    before = everything(office)
    refused = office("calendar", "add", *words.split(), code=2)
    assert REFUSED[words] in refused.err
    assert "→" in refused.err
    assert everything(office) == before
    assert not own_file(office).exists()


def test_a_day_needs_a_title_and_one_to_take_away_must_be_there(office: Terminal) -> None:
    assert "needs a title" in office("calendar", "add", "2026-12-01", " ", code=2).err
    gone = office("calendar", "remove", "2026-12-01", code=2).err
    assert "1 Dec 2026 is no day without work in england-and-wales." in gone


def test_whoever_has_no_right_changes_neither_the_file_nor_a_case(office: Terminal) -> None:
    before = everything(office)
    for words in (("add", "2026-03-20", "Fair"), ("remove", "2026-04-06"), ("recompute",)):
        refused = office("--as", "ruth", "calendar", *words, code=1)
        assert "Ruth Kemp may not do this. Who can: an administrator or" in refused.err
    assert everything(office) == before
    assert not own_file(office).exists()


BROKEN = {
    "[]": "not a table of days",
    "{": "Expecting property name",
    '{"holidays": []}': "holidays: not known; known: bank_holidays",
    '{"bank_holidays": []}': "bank_holidays must name a division",
    '{"closing_days": [{"date": "2026-12-24"}]}': "entry 1 of closing_days is no table",
    '{"closing_days": ["2026-12-24"]}': "entry 1 of closing_days is no table",
    '{"closing_days": [{"date": "24/12/2026", "title": "X"}]}': "is '24/12/2026', not one such",
    '{"bank_holidays": {"scotland": {}}}': "entry 1 of bank_holidays of scotland is no table",
    '{"closing_days": [{"date": "2026-12-24", "title": "X", "why": "Y"}]}': "is no table",
    " " * 300_000: "the file is over 256 KB",
}


@pytest.mark.parametrize("words", BROKEN, ids=list(BROKEN.values()))
def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong(words: str, tmp_path: Path) -> None:
    path = tmp_path / "local_days.json"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(BadFile, match="bad-local-days") as told:
        local_days.read(path)
    assert BROKEN[words] in str(told.value)


def test_every_command_that_counts_says_that_the_file_is_bad(office: Terminal) -> None:
    own_file(office).write_text("[]", encoding="utf-8")
    told = office("case", "list", code=2)
    assert "The council's own days cannot be used." in told.err
    assert "local_days.json: bad-local-days" in told.err


titles = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)
some_days = st.dictionaries(st.dates(date(1900, 1, 1), date(2199, 12, 31)), titles, max_size=5)
by_division = st.dictionaries(st.sampled_from(CALENDARS), some_days, max_size=3)


@given(by_division, by_division, some_days)
def test_what_is_written_is_what_is_read(
    announced: dict[str, Any], worked: dict[str, Any], closing: dict[date, str]
) -> None:
    filled = [{d: v for d, v in table.items() if v} for table in (announced, worked)]
    days = LocalDays(filled[0], filled[1], closing)
    assert local_days._parsed(json.loads(local_days.as_text(days))) == days


def test_the_file_before_is_put_back_where_what_follows_fails(tmp_path: Path) -> None:
    path = tmp_path / "data" / "local_days.json"
    old, new = LocalDays(), LocalDays(closing={TODAY: "Flood"})

    def fail(days: LocalDays) -> None:
        with pytest.raises(KeyError), local_days.written(path, days):
            raise KeyError(local_days.read(path) == days)

    fail(new)
    assert not path.exists()
    with local_days.written(path, old):
        pass
    fail(new)
    assert local_days.read(path) == old


# How far the days are known


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("on", "words", "code"),
    [
        ("2027-12-30", "Bank holidays (england-and-wales) until 2028-12-31", 0),
        ("2028-01-02", "Published bank holidays end on 2028-12-31; later dates are", 0),
        ("2029-01-01", "Published bank holidays ended on 2028-12-31; dates are provisional", 0),
        ("2031-01-01", "No bank holidays are known after 2030-12-31", 1),
    ],
)
def test_the_doctor_says_how_far_the_published_days_reach(
    case: Terminal, on: str, words: str, code: int
) -> None:
    told = case("doctor", on=date.fromisoformat(on), code=None)
    assert words in told.out
    if code:
        assert told.code == code


def test_a_new_home_notes_the_days_that_it_counts_with(
    fresh: Callable[..., Terminal],
) -> None:
    new = fresh()
    new("init", "--officer", "Sam Taylor")
    with new.desk() as desk:
        now = recounting.in_force(desk.settings)
        noted = recounting.noted(desk, now)
        assert noted == now
        assert recounting.changed_divisions(desk) == []
    new("init")
    with new.desk() as desk:
        assert recounting.noted(desk, now) == now


def test_a_councils_own_table_still_replaces_the_shipped_one(office: Terminal) -> None:
    shipped = SHIPPED / "data" / "bank_holidays.json"
    table = json.loads(shipped.read_text(encoding="utf-8"))
    days = table["divisions"]["england-and-wales"]
    table["divisions"]["england-and-wales"] = [d for d in days if d["date"] != "2026-04-06"]
    own = office.home / "data" / shipped.name
    own.write_text(json.dumps(table), encoding="utf-8")
    done = office("calendar", "recompute").out
    assert "Mon 6 Apr 2026 is no longer a bank holiday" in done
    assert "target 8 Apr 2026 → 7 Apr 2026" in done
