"""Calendar files: read back with a parser of others, field by field."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from conftest import TODAY, Terminal
from hypothesis import given
from hypothesis import strategies as st

from assetflow.feed import Event, as_ics

STAMP = datetime(2026, 3, 2, 10, tzinfo=UTC)


def parsed(raw: str | bytes) -> Any:
    """Read a calendar; its own types are unions of thirty kinds of values."""
    return icalendar.Calendar.from_ical(raw)


def read(path: Path) -> dict[str, Any]:
    """Read the events of a calendar file by what they are about; every line is whole and short."""
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    found = parsed(raw)
    assert found.errors == []
    assert str(found["VERSION"]) == "2.0"
    assert str(found["METHOD"]) == "PUBLISH"
    events = list(found.walk("VEVENT"))
    assert len({str(e["UID"]) for e in events}) == len(events)
    for event in events:
        assert event["DTSTART"].params["VALUE"] == "DATE"
        assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(days=1)
        assert event.errors == []
    return {str(e["SUMMARY"]): e for e in events}


def test_an_officer_puts_a_case_into_their_calendar(case: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "case.ics"
    said = case("case", "export", "1", "--ics", str(file)).out
    assert said == f"✓ CAT-2026-0001: 8 dates ({file})\n"
    found = read(file)
    target = found["CAT-2026-0001 Orrell Mount Pavilion: Expression of interest target"]
    assert target["DTSTART"].dt == date(2026, 4, 8)
    assert str(target["STATUS"]) == "CONFIRMED"
    assert target["SEQUENCE"] == 1
    assert target["DTSTAMP"].dt == datetime.combine(TODAY, time(10), UTC)
    assert "assetflow case explain CAT-2026-0001 target" in str(target["DESCRIPTION"])
    alarms = [alarm["TRIGGER"].dt for alarm in target.walk("VALARM")]
    # At nine on Monday 30 March, five working days ahead over Easter, and on the day itself.
    assert alarms == [timedelta(days=-9, hours=9), timedelta(hours=9)]
    assert "Bowls" not in file.read_text(encoding="utf-8")
    assert "Sam" not in file.read_text(encoding="utf-8")


def test_what_a_calendar_knows_is_moved_and_taken_out(case: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "case.ics"
    case("case", "export", "1", "--ics", str(file))
    first = read(file)
    known = next(e for s, e in first.items() if s.endswith("interest target"))
    case("calendar", "add", "2026-03-20", "Royal wedding")
    case("case", "export", "1", "--ics", str(file))
    moved = next(e for s, e in read(file).items() if s.endswith("interest target"))
    assert moved["UID"] == known["UID"]
    assert moved["SEQUENCE"] > known["SEQUENCE"]
    assert moved["DTSTART"].dt == date(2026, 4, 9)
    case("case", "withdraw", "1", "--why", "Too far away")
    told = case("case", "export", "1", "--ics", str(file)).out
    assert "0 dates, 8 taken out" in told
    last = {str(e["UID"]): e for e in read(file).values()}
    for event in first.values():
        over = last[str(event["UID"])]
        assert str(over["STATUS"]) == "CANCELLED"
        assert over["SEQUENCE"] > event["SEQUENCE"]
        assert over.walk("VALARM") == []


def test_a_sign_off_that_was_given_is_taken_out(case: Terminal, tmp_path: Path) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    found = case("case", "export", "1", "--ics", str(tmp_path / "c.ics"), "--json").json
    assert found["cancelled"] == 1
    states = {s: str(e["STATUS"]) for s, e in read(tmp_path / "c.ics").items() if "Sign-off" in s}
    assert [state for s, state in states.items() if "Service" in s] == ["CANCELLED"]
    assert "CONFIRMED" in states.values()


def test_everybody_has_what_falls_due_for_them(case: Terminal, tmp_path: Path) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    case("champion", "name", "1", "alex")
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club", "--officer", "kim")

    def of(person: str) -> set[str]:
        case("person", "calendar", person, str(tmp_path / f"{person}.ics"))
        return set(read(tmp_path / f"{person}.ics"))

    sam, nadia, iris = of("sam.taylor"), of("nadia"), of("iris")
    assert of("alex") >= sam
    assert {s.split()[0] for s in sam} == {"CAT-2026-0001"}
    assert {s.split(": ")[1] for s in nadia} == {"Sign-off by Service that holds the asset"}
    # A cabinet member hears of the ladder, on every case.
    assert {s.split()[0] for s in iris} == {"CAT-2026-0001", "CAT-2026-0002"}
    assert all(": Ladder: " in s for s in iris)
    assert "CAT-2026-0002" in {s.split()[0] for s in of("kim")}


def test_an_ended_case_leaves_a_calendar_and_is_forgotten_after_a_year(
    case: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "sam.ics"
    case("case", "withdraw", "1", "--why", "Too far away")
    case("person", "calendar", "sam", str(file))
    assert {str(e["STATUS"]) for e in read(file).values()} == {"CANCELLED"}
    case("person", "calendar", "sam", str(file), on=TODAY + timedelta(days=400))
    assert read(file) == {}


def test_only_a_calendar_is_written_over(case: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk", encoding="utf-8")
    for words in (("case", "export", "1", "--ics", str(file)),
                  ("person", "calendar", "sam", str(file))):  # fmt: skip
        assert "is no calendar; nothing was overwritten" in case(*words, code=2).err
    assert file.read_text(encoding="utf-8") == "Buy milk"
    nowhere = case("case", "export", "1", "--ics", str(tmp_path / "no" / "c.ics"), code=2)
    assert "No such file or directory" in nowhere.err
    folder = case("case", "export", "1", "--ics", str(tmp_path), code=None)
    assert (folder.code, "cannot be written" in folder.err) in ((2, True), (4, True))


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")))


@given(words, words, st.dates(date(1990, 1, 1), date(2190, 1, 1)), st.integers(0, 9999))
def test_what_is_written_is_what_is_read(
    summary: str, description: str, day: date, sequence: int
) -> None:
    text = f"{description}\n{description}"
    event = Event("CAT-2026-0001", "target", day, summary, text, sequence)
    written = as_ics([event], "A, title; of \\ mine", STAMP)
    (found,) = parsed(written).walk("VEVENT")
    assert (str(found["SUMMARY"]), str(found["DESCRIPTION"])) == (summary, text)
    assert (found["DTSTART"].dt, found["SEQUENCE"], found["UID"]) == (day, sequence, event.uid)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))


@pytest.mark.parametrize("name", ["target", "notice"])
def test_a_date_is_known_by_its_case_and_name_alone(name: str) -> None:
    one = Event("CAT-2026-0001", name, TODAY, "A", "B", 1)
    other = Event("CAT-2026-0001", name, TODAY + timedelta(days=1), "C", "D", 2)
    assert one.uid == other.uid
    assert one.uid not in {
        Event("CAT-2026-0002", name, TODAY, "A", "B", 1).uid,
        Event("CAT-2026-0001", f"{name}s", TODAY, "A", "B", 1).uid,
    }
