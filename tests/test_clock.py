"""What the clock does to the work: the council's day, clocks that jump, and days that do not exist.

The clock here is that of the machine, a moment in UTC; everything else is the real program.
"""

import io
import os
import shutil
import subprocess
import sys
from calendar import monthrange
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sizes
from conftest import Measured, Result, Terminal
from sqlalchemy import select
from test_deadlines import ENGLAND

from assetflow import models as m
from assetflow.cli.app import App
from assetflow.cli.main import main
from assetflow.deadlines import Duration, Unit, due

ROOT = Path(__file__).parents[1]
LONDON = ZoneInfo("Europe/London")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Told = tuple[str, date]  # what was told, and the day for which it was due
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Machine:
    """A computer in one home whose clock says whatever it says, in UTC."""

    def __init__(self, home: Terminal) -> None:
        self.home = home
        self.now = RECEIVED

    def __call__(self, *words: str, at: datetime | None = None, code: int = 0) -> Result:
        """Type a command at a moment."""
        self.now = at or self.now
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            got = main(words, lambda: self.now, self.home.environment)
        assert got == code, f"exit {got}: {words}\n{out.getvalue()}{err.getvalue()}"
        return Result(got, out.getvalue(), err.getvalue())

    def told(self) -> list[Told]:
        """Everything that people were reminded of, and for which day."""
        rows = self("reminder", "list", "--json").json
        return [(row["title"], date.fromisoformat(row["due_on"])) for row in rows]

    def positions(self) -> dict[int, list[int]]:
        """The positions of each case's records in the order in which they were written."""
        with self.home.store.read() as db:
            rows = db.execute(select(m.journal).order_by(m.journal.c.id)).all()
        return {c: [r.position for r in rows if r.case_id == c] for c in {r.case_id for r in rows}}


@pytest.fixture
def machine(case: Terminal) -> Machine:
    """A computer with one case that was received on Monday 2 March 2026 at 10:00."""
    return Machine(case)


# --- the council's day --------------------------------------------------------------------------

DAYS = {
    "In winter London keeps UTC: the last minute of a day belongs to it.":
        ("2026-01-15T23:59", "2026-01-15"),
    "In winter the day begins at midnight UTC.": ("2026-01-16T00:00", "2026-01-16"),
    "At half past eleven UTC in summer it is the next day for the council.":
        ("2026-07-14T23:30", "2026-07-15"),
    "A minute before eleven UTC in summer it is still the same day.":
        ("2026-07-14T22:59", "2026-07-14"),
    "On the day the clocks go forward, midnight is still that of winter.":
        ("2026-03-28T23:30", "2026-03-28"),
    "In the hour that is skipped in spring the day goes on.": ("2026-03-29T01:00", "2026-03-29"),
    "In the evening of that day it is summer already.": ("2026-03-29T23:30", "2026-03-30"),
    "On the eve of the day the clocks go back, it is still summer.":
        ("2026-10-24T23:30", "2026-10-25"),
    "In the hour that comes twice in autumn the day is the same, the first time.":
        ("2026-10-25T00:30", "2026-10-25"),
    "In the hour that comes twice in autumn the day is the same, the second time.":
        ("2026-10-25T01:30", "2026-10-25"),
    "In the evening of that day it is winter already.": ("2026-10-25T23:30", "2026-10-25"),
    "The leap day is a day.": ("2028-02-29T12:00", "2028-02-29"),
    "A year ends at midnight in London, which is midnight UTC.": ("2026-12-31T23:59", "2026-12-31"),
    "Before 1972 all winter was summer time: the zone's own history is kept.":
        ("1970-01-01T23:30", "1970-01-02"),
}  # fmt: skip


@pytest.mark.parametrize("sentence", DAYS)
def test_today_is_the_day_in_london(sentence: str) -> None:
    moment, day = DAYS[sentence]
    app = App(lambda: datetime.fromisoformat(f"{moment}+00:00"), {})
    assert app.today == date.fromisoformat(day)


TYPED = """
import sys
from datetime import UTC, datetime
from assetflow.cli.main import main
sys.exit(main(sys.argv[1:], lambda: datetime(2026, 7, 14, 23, 30, tzinfo=UTC)))
"""


@pytest.mark.sqlite_only
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_a_machine_that_stands_elsewhere_dates_a_letter_as_the_council_does(
    case: Terminal, zone: str
) -> None:
    words = ["letter", "issue", "1", "holding_update", "--fact", "progress_made=Much", "--fact",
             "progress_awaited=Title", "--fact", "forecast_date=2026-12-01"]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", TYPED, *words], check=True, capture_output=True,
        env={**os.environ, **case.environment, "TZ": zone, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert case("letter", "list", "--json").json[-1]["dated"] == "2026-07-15"
    assert "15 July 2026" in case("letter", "show", "2").out


def _same(moment: datetime) -> datetime:
    return moment


def test_every_day_begins_at_midnight_in_london(measured: Measured) -> None:
    """Walk through years hour by hour; each day's hours are 24, but for 23 and 25 once a year."""
    years = sizes.of(4, 140)
    start, hours = datetime(2024, 1, 1, tzinfo=UTC), [0] * (years * 366 + 1)
    first = date(2024, 1, 1)
    for hour in range(years * 365 * 24):
        moment = start + HOUR * hour
        today = App(partial(_same, moment), {}).today
        assert today == moment.astimezone(LONDON).date()
        hours[(today - first).days] += 1
    whole = [n for n in hours if n][:-1]
    measured("F9", "days in London, hour by hour", days=len(whole))
    assert set(whole) == {23, 24, 25}
    assert whole.count(23) == whole.count(25) == years


# Sentences on days that a month does not have, and the day on which the officer is told "Watch".
MONTHS = {
    "Six months from 31 August end with February.": ("2026-08-31", "2027-02-28"),
    "In a leap year they end with its last day.": ("2027-08-31", "2028-02-29"),
    "From 30 August too: February has no 30th.": ("2027-08-30", "2028-02-29"),
    "Six months from 29 February keep the number of the day.": ("2028-02-29", "2028-08-29"),
    "Six months from 31 March end with September.": ("2026-03-31", "2026-09-30"),
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("sentence", MONTHS)
def test_six_months_are_told_on_their_day_and_not_before(af: Terminal, sentence: str) -> None:
    received, told = MONTHS[sentence]
    machine = Machine(af)
    day = datetime.fromisoformat(f"{told}T10:00+00:00")
    machine("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club",
            at=datetime.fromisoformat(f"{received}T10:00+00:00"))  # fmt: skip
    machine("sweep", at=day - DAY)
    assert "Watch" not in str(machine.told())
    machine("sweep", at=day)
    assert "Watch" in str(machine.told())


def test_a_term_ends_on_the_same_day_of_the_month_or_with_the_month(measured: Measured) -> None:
    """Held against arithmetic of its own, for every day of many years and the ladder's terms."""
    days, terms = sizes.of(2_000, 51_100), (1, 6, 12, 18, 24)
    for number in range(days):
        start = date(2024, 1, 1) + DAY * number
        for months in terms:
            year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
            last = monthrange(year, month + 1)[1]
            expected = date(year, month + 1, min(start.day, last))
            assert due(start, Duration(months, Unit.months), ENGLAND) == expected
    measured("F9", "terms of months", days=days, terms=len(terms))


# --- clocks that jump --------------------------------------------------------------------------

# By how much the clock is out for a while, and whether the sweep then refuses.
JUMPS = {
    "it goes back five days": (-5 * DAY, True),
    "it goes back more than an hour": (-HOUR - timedelta(seconds=1), True),
    "it goes back an hour, as by the end of summer time": (-HOUR, False),
    "it goes forward an hour": (HOUR, False),
    "it goes forward a month": (31 * DAY, False),
    "it goes forward ten years": (3_653 * DAY, False),
}


def live(machine: Machine, jump: timedelta, *, refused: bool) -> None:
    """Work and sweep through 300 days; twice in between the clock is out by ``jump``."""
    for number in range(0, 301, 50):
        right = RECEIVED + DAY * number
        machine("case", "note", "1", "Rang Joan Mills.", at=right)
        if number in (50, 150):
            machine("sweep", at=right + jump, code=int(refused))
            machine("case", "note", "1", "Noted with the wrong clock.", at=right + jump)
            machine("case", "note", "1", "The clock had been wrong.", at=right)
        machine("sweep", at=right)


@pytest.fixture(scope="module")
def undisturbed(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """What is told where the clock is right all the time."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    machine = Machine(Terminal(shutil.copytree(_template, home)))
    machine("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    live(machine, timedelta(), refused=False)
    return machine.told()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("what", JUMPS)
def test_a_clock_that_jumps_loses_no_reminder_and_repeats_none(
    case: Terminal, undisturbed: list[Told], what: str, measured: Measured
) -> None:
    jumping = Machine(case)
    jump, refused = JUMPS[what]
    live(jumping, jump, refused=refused)
    due_, told = undisturbed, jumping.told()
    missed, repeated = set(due_) - set(told), len(told) - len(set(told))
    measured("F9", what, reminders=len(due_), missed=len(missed), repeated=repeated)
    assert len(due_) >= 5
    assert (missed, repeated) == (set(), 0)
    ahead = [day for _, day in told if day > (RECEIVED + DAY * 300).date()]
    assert bool(ahead) == (jump > 300 * DAY), "only a clock far ahead tells what is not due yet"
    letters = [letter["subject"] for letter in jumping("letter", "list", "--json").json]
    assert len(letters) == len(set(letters)), "a reminder that is told once is written once"
    positions = jumping.positions()[1]
    assert positions == list(range(1, len(positions) + 1))
    assert "the record is whole" in jumping("db", "verify").out


@pytest.mark.parametrize("words", [["sweep"], ["sweep", "--dry-run"], ["sweep", "--json"]])
def test_a_clock_behind_the_record_is_not_believed(machine: Machine, words: list[str]) -> None:
    refused = machine(*words, at=RECEIVED - 5 * DAY, code=1)
    assert refused.out == ""
    assert refused.err == (
        "The sweep was refused: the clock of this computer is behind the record.\n"
        "  - The clock says 25 Feb 2026 10:00 UTC, but the newest record, of CAT-2026-0001, was "
        "made at 2 Mar 2026 10:00 UTC.\n"
        "  → ask whoever looks after this computer to set its clock, best by a time server; then: "
        "assetflow sweep\n"
        "  → if it is right now and was wrong then, make any change with the right time, such as: "
        'assetflow case note CASE "The clock had been wrong"; then: assetflow sweep\n'
    )
    assert machine.told() == []


@pytest.mark.sqlite_only
def test_the_doctor_tells_of_a_clock_behind_the_record(machine: Machine) -> None:
    assert "clock" not in machine("doctor").out
    found = machine("doctor", at=RECEIVED - 5 * DAY, code=1)
    assert "The clock is behind the record. The clock says 25 Feb 2026 10:00 UTC" in found.out


def test_a_home_without_a_record_has_no_clock_to_be_behind(af: Terminal) -> None:
    Machine(af)("sweep", at=RECEIVED - 3_653 * DAY)


# Each hour of two nights, and the first hour at which the day of the alert has begun in London.
NIGHTS = {
    "In spring Monday begins at eleven in the evening UTC.":
        ("2026-03-16T10:00", "2026-03-28T21:00", "2026-03-29T23:00"),
    "In autumn Monday begins at midnight UTC.":
        ("2026-10-12T10:00", "2026-10-24T21:00", "2026-10-26T00:00"),
}  # fmt: skip


@pytest.mark.sqlite_only
@pytest.mark.parametrize("sentence", NIGHTS)
def test_over_the_change_of_the_clocks_each_thing_is_told_once_and_on_its_day(
    af: Terminal, sentence: str
) -> None:
    received, first, expected = (datetime.fromisoformat(f"{at}+00:00") for at in NIGHTS[sentence])
    machine, told = Machine(af), []
    machine("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", at=received)
    for hour in range(32):
        swept = machine("sweep", "--json", at=first + HOUR * hour).json["told"]
        told += [(found["title"], machine.now) for found in swept]
    assert told == [("No champion", expected)]
