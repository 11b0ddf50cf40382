"""What holds for every command: found by walking the command tree, so that none is forgotten."""

import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import TODAY, Result, Terminal
from sqlalchemy import update
from syrupy.assertion import SnapshotAssertion
from test_competition import bid, invite
from test_extensions import validate

from assetflow import models as m
from assetflow.backends import sqlite
from assetflow.cli import options
from assetflow.cli.main import COMMANDS, cli
from assetflow.settings import SHIPPED

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[1]
LATER = TODAY + timedelta(days=200)
REGISTER = SHIPPED / "data" / "asset_register_sample.csv"


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Give every command and group below a command, by what one types."""
    if path:
        yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, (*path, name))


EVERYTHING = dict(walk(cli))
GROUPS = [name for name, found in EVERYTHING.items() if isinstance(found, click.Group)]
TYPED = [name for name in EVERYTHING if name not in GROUPS]
LOOKING = {
    "check",
    "diagram",
    "diff",
    "doctor",
    "due",
    "compare",
    "explain",
    "form",
    "history",
    "list",
    "next",
    "preview",
    "show",
    "test",
    "time",
    "words",
}
# These write a file and nothing else.
CALENDARS = ("case export", "person calendar")
READING = [name for name in TYPED if name.split()[-1] in LOOKING or name in CALENDARS]
# These make a home, make their own, or work without one.
STORED = ("workflow publish", "workflow diff", "workflow migrate")
HOMELESS = [
    "init",
    "demo",
    *(name for name in TYPED if name.startswith("workflow") and name not in STORED),
]
# Those on the database as a whole have tests of their own: test_integrity and test_backup; what
# leaves by mail has test_outbox.
WHOLE = [name for name in TYPED if name.startswith("db ") or name == "outbox deliver"]
AT_HOME = [name for name in TYPED if name not in (*HOMELESS, *WHOLE)]
CHANGING = [name for name in AT_HOME if name not in READING]
OF_A_CASE = [n for n in TYPED if any(p.name == "case_" for p in EVERYTHING[n].params)]
WITH_JSON = [n for n in TYPED if any("--json" in p.opts for p in EVERYTHING[n].params)]

# Where somebody types a number.
NUMBERS = [
    (name, param)
    for name in TYPED
    for param in EVERYTHING[name].params
    if isinstance(param.type, options.Number)
]

# What each parameter may be given in the home of these tests, and what else a command needs there.
VALUES = {
    "case_": "CAT-2026-0001",
    "trigger": "receive_information",
    "department": "ward_councillors",
    "text": "Rang Joan Mills.",
    "facts": "transfer_purpose=Keep the green open",
    "person": "grace",
    "asset": "SAMPLE-0003",
    "asset_": "SAMPLE-0001",
    "group": "Bowls Club",
    "name": "Wendy Moss",
    "number": "1",
    "file": str(REGISTER),
    "category": "preference",
    "folder": ".",
    "reason": "We would rather sell it",
    "person_": "iris",
    "role": "director",
    "principal": "grace",
    "until": "1 Dec 2026",
    "grant revoke role": "scrutiny_chair",
    "grant deputise role": "head_of_property",
    "letter preview name": "acknowledgement",
    "letter issue name": "holding_update",
    "signoff request case_": "CAT-2026-0002",
    "signoff request trigger": "accept",
    "who": "Joan Mills",
    "ground": "Request under article 17",
    "ics": "case.ics",
    "person calendar file": "mine.ics",
    "person export file": "what_is_held.json",
    "case release case_": "CAT-2026-0002",
    "case pause case_": "CAT-2026-0002",
    "case pause reason": "accounts",
    "case extend case_": "ATR-2026-0001",
    "clock": "decision_notice",
    "to": "31 Dec 2026",
    "agreed_by": "The trust",
    "agreed_on": "18 Sep 2026",
    "missing": "Accounts of two years",
    "by": "1 Dec 2026",
    "retention destroy case_": "CAT-2026-0003",
    "score give case_": "BID-2026-0001",
    "score moderate case_": "BID-2026-0001",
    "score show case_": "COMP-2026-0001",
    "interest declare case_": "BID-2026-0001",
    "interest declare text": "None",
    "interest list case_": "COMP-2026-0001",
    "criterion": "Sustainability",
    "outbox release number": "1",
    "letter post file": str(ROOT / "tests" / "fixtures" / "letter.pdf"),
    "case assign person": "kim",
    "case open-parts case_": "PERM-2026-0001",
    "case open-parts file": str(ROOT / "tests" / "fixtures" / "sites.csv"),
    "score_": "7",
    "lease form paper": "tender",
    "lease record paper": "approved_terms",
    "lease record file": str(ROOT / "tests" / "fixtures" / "lease_terms.yaml"),
    "party": "group",
    "evidence": "Email",
    "funder add name": "Heritage Fund",
    "funder remove name": "Lottery",
    "workflow new name": "our_route",
    "calendar add day": "1 Dec 2026",
    "calendar remove day": "25 Dec 2026",
    "title": "Royal wedding",
    "label": "Our route",
    "prefix": "OUR",
    "workflow publish name": "community_asset_transfer",
    "workflow diff name": "community_asset_transfer",
    "workflow migrate name": "community_asset_transfer",
}
FACTS = ("progress_made=The survey is done", "progress_awaited=Title", "forecast_date=2026-12-01")
NEEDS = {
    "case open": ["--asset", "SAMPLE-0003", "--group", "Bowls Club"],
    "person login": ["iris.dale"],
    "workflow test": ["community_asset_transfer"],
    "case withdraw": ["--why", "Found another site"],
    "signoff give": ["--by", "ruth", "--evidence", "Email"],
    "signoff object": ["--by", "ruth", "--evidence", "Email", "--way-forward", "Hold a meeting"],
    "letter issue": [word for fact in FACTS for word in ("--fact", fact)],
    "grant add": ["--authority", "Cabinet 4 March"],
    "grant revoke": ["--authority", "Cabinet 4 March"],
    "grant deputise": ["--authority", "Scheme of delegation 3.2"],
    "workflow migrate": ["--to", "2", "--case", "CAT-2026-0001"],
    "score give": ["--by", "nadia"],
    "asset add": ["--id", "NEW-1", "--name", "New Hall"],
}
# What is typed here finds nothing to change.
IDLE = ("asset import", "calendar recompute")


def typing(name: str) -> list[str]:
    """Give the words of a command with everything it cannot do without."""
    words = name.split()
    for parameter in EVERYTHING[name].params:
        if not parameter.required:
            continue
        value = VALUES.get(f"{name} {parameter.name}", VALUES.get(str(parameter.name)))
        assert value is not None, f"say in VALUES what {parameter.name} of `{name}` may be"
        is_option = isinstance(parameter, click.Option)
        words += [parameter.opts[0], value] if is_option else [value]
    return words + NEEDS.get(name, [])


@pytest.fixture(scope="module")
def office_home(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with something to show on every page."""
    home = tmp_path_factory.mktemp("commands") / "home"
    shutil.copytree(_template, home)
    af = Terminal(home)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", "--champion", "alex")
    af("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")
    af("case", "open", "--asset", "SAMPLE-0004", "--group", "Bowls Club")
    af("case", "withdraw", "3", "--why", "Too far away")
    af("case", "record", "1", "transfer_purpose=Bowls", "undervalue=1200.50", "lease_term_years=25")
    (home / "tender.yaml").write_text("term: 25 years\nrent: [{years: 1-25, basis: none}]\n")
    (home / "terms.yaml").write_text("term: 7 years\nrent: [{years: 1-7, amount: 900}]\n")
    af("lease", "record", "1", "tender", str(home / "tender.yaml"))
    af("lease", "record", "1", "approved_terms", str(home / "terms.yaml"))
    af("funder", "add", "1", "Lottery", "--at-least", "20 years", "--charge")
    af("case", "record", "2", "transfer_purpose=Bowls")
    af("signoff", "request", "1")
    af(
        "signoff",
        "give",
        "1",
        "service",
        "--by",
        "nadia",
        "--condition",
        "Not before May",
        "--evidence",
        "Email",
    )
    af("signoff", "object", "1", "legal", "--by", "owen", "--evidence", "Email",
       "--category", "title", "--reason", "A covenant", "--authority", "Law of Property Act 1925",
       "--way-forward", "Ask for a release")  # fmt: skip
    af("case", "advance", "1", "ask_for_information", "--fact", "reply_by=2026-04-01",
       "--fact", "pause_reason=accounts",
       "--fact", "information_needed=Accounts; Constitution")  # fmt: skip
    af("sweep", on=TODAY + timedelta(days=60))
    with af.store.write() as db:  # a digest that nobody could be given
        db.execute(update(m.outbox).where(m.outbox.c.id == 1).values(state="failed"))
    af("case", "hold", "2", "--reason", "Freedom of information request 12")
    invite(af)
    bid(af)
    score = ("Sustainability", "6", "--reason", "A sound plan", "--by", "grace")
    af("score", "give", "BID-2026-0001", *score, on=TODAY + timedelta(days=100))
    af("interest", "declare", "BID-2026-0001", "None", "--by", "grace",
       on=TODAY + timedelta(days=100))  # fmt: skip
    validate(af, TODAY + timedelta(days=100))
    af(
        "case",
        "open",
        "--workflow",
        "light_permission",
        "--asset",
        "SAMPLE-0003",
        "--group",
        "Choir",
    )
    schedule = (SHIPPED / "data" / "retention.yaml").read_text(encoding="utf-8")
    (home / "data").mkdir(exist_ok=True)
    (home / "data" / "retention.yaml").write_text(
        schedule.replace("years: not set", "years: 0").replace("verified: false", "verified: true"),
        encoding="utf-8",
    )
    own = home / "workflows" / "community_asset_transfer.yaml"
    route = (SHIPPED / "workflows" / own.name).read_text(encoding="utf-8")
    # One version is published, and the next one lies ready.
    for number in (2, 3):
        own.write_text(route.replace("version: 1\n", f"version: {number}\n", 1), encoding="utf-8")
        if number == 2:
            af("workflow", "publish", "community_asset_transfer")
    settings = home / "assetflow.toml"  # only there are letters posted
    settings.write_text(
        f'{settings.read_text("utf-8")}\n[delivery]\nchannel = "notify"\n'
        '[notify]\ntemplate = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"\n',
        encoding="utf-8",
    )
    return home


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type where new files may lie: a command that writes one names it without a folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def office(office_home: Path, tmp_path: Path) -> Terminal:
    """A terminal in a copy of that home."""
    shutil.copytree(office_home, tmp_path / "office")
    return Terminal(tmp_path / "office", LATER)


@pytest.fixture
def glass(office_home: Path) -> Terminal:
    """A terminal in that home itself, to look and not to touch."""
    return Terminal(office_home, LATER)


def rows(home: Path) -> list[str]:
    """Give everything that is stored, as text."""
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        return list(db.iterdump())


def files(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def check_way_out(result: Result) -> None:
    """A refusal says what to do next, on standard error alone, in commands that exist."""
    assert result.out == ""
    remedies = [line for line in result.err.splitlines() if "→" in line]
    assert remedies, result.err
    for remedy in remedies:
        for typed in re.findall(r"assetflow ((?:--\w+ \S+ )?[a-z].*)", remedy):
            words = re.sub(r"--\w+ \S+ ", "", typed).split()
            noun = words[0].rstrip(";,")
            assert noun in COMMANDS, remedy
            assert noun not in GROUPS or " ".join(words[:2]).rstrip(";,") in EVERYTHING, remedy


# --- help -----------------------------------------------------------------------------------

# An option with such a name explains itself.
OBVIOUS = re.compile(r"--(council-)?(name|number|street|town|postcode|address|email|phone|website)")


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_command_explains_itself_in_one_sentence(name: str, tmp_path: Path) -> None:
    shown = Terminal(tmp_path / "nowhere")(*name.split(), "--help")
    assert shown.out.startswith(f"Usage: assetflow {name}")
    assert shown.err == ""
    first = " ".join((EVERYTHING[name].help or "").split("\n\n")[0].split())
    assert first.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", first), "more than one sentence"
    assert first[0].isupper()


@pytest.mark.parametrize("name", TYPED)
def test_every_option_explains_itself(name: str) -> None:
    options = [p for p in EVERYTHING[name].params if isinstance(p, click.Option)]
    mute = [o.opts[0] for o in options if not o.help and not OBVIOUS.fullmatch(o.opts[0])]
    assert set(mute) <= {"--job-title"}


def test_the_front_page_lists_every_command_with_a_sentence(tmp_path: Path) -> None:
    page = Terminal(tmp_path)("--help").out
    assert all(line.endswith(".") for _, line in COMMANDS.values())
    assert [name for name in COMMANDS if f"\n  {name} " not in page] == []
    assert Terminal(tmp_path)("-h").out == page


def test_a_noun_alone_shows_its_commands_and_fails(tmp_path: Path) -> None:
    for name in GROUPS:
        shown = Terminal(tmp_path)(*name.split(), code=2)
        assert shown.out == ""
        assert "Commands:" in shown.err


# --- what was typed wrongly -----------------------------------------------------------------


@pytest.mark.parametrize("name", TYPED)
def test_an_unknown_option_is_refused(name: str, glass: Terminal) -> None:
    for wrong in ("--no-such-option", "--jsn", "-Z"):
        refused = glass(*typing(name), wrong, code=2)
        assert refused.out == ""
        assert "No such option" in refused.err


@pytest.mark.parametrize(
    "name", [n for n in TYPED if any(p.required for p in EVERYTHING[n].params)]
)
def test_a_missing_argument_is_named(name: str, glass: Terminal) -> None:
    refused = glass(*name.split(), code=2)
    assert refused.out == ""
    assert "Missing" in refused.err


def test_a_reason_nobody_is_there_to_give_is_missing(
    glass: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        refused = glass("case", "withdraw", "1", "--json", code=2)
    assert refused.out == ""
    assert "Missing option '--why'" in refused.err


def test_an_unknown_command_is_refused(glass: Terminal) -> None:
    for words in (("cases",), ("case", "lst"), ("db", "drop")):
        assert "No such command" in glass(*words, code=2).err


@pytest.mark.parametrize("name", OF_A_CASE)
def test_no_text_in_the_place_of_a_case_gets_through(name: str, glass: Terminal) -> None:
    before = rows(glass.home)
    optional = not next(p for p in EVERYTHING[name].params if p.name == "case_").required
    wrong = [
        "CAT-2026-9999", "77", "no such case", " ", "x" * 100_000, "9" * 5_000, "\0", "\x1b[31m",
        "CAT-2026-0001\r", "1;DROP TABLE cases", "' OR '1'='1", "🏚️", "%", "_", "CAT-2026-000_",
        "CAT-%", "²", "①", "0", "../1", "NULL", "1e0", "1.0", "{{1}}",
    ]  # fmt: skip
    for typed in wrong if optional else [*wrong, ""]:
        words = typing(name)[len(name.split()) + (not optional) :]
        refused = glass(*name.split(), typed, *words, code=None)
        assert refused.code in (2, 6), typed[:50]
        assert refused.out == ""
        assert 0 < len(refused.err) < 120_000
    assert rows(glass.home) == before


# --- homes and databases --------------------------------------------------------------------


@pytest.mark.parametrize("name", AT_HOME)
def test_without_a_home_the_way_to_one_is_told(name: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    told = Terminal(nowhere)(*typing(name), code=6)
    check_way_out(told)
    assert "init" in told.err
    assert not nowhere.exists()


@pytest.mark.parametrize("name", [n for n in HOMELESS if n.startswith("workflow")])
def test_routes_can_be_looked_at_without_a_home(name: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert Terminal(nowhere)(*typing(name)).out
    assert not nowhere.exists()


# The doctor reports what it finds; it does not fall ill itself.
PATIENTS = [name for name in AT_HOME if name not in ("doctor", "library list")]


@pytest.mark.parametrize("name", PATIENTS)
def test_a_database_of_another_version_is_left_alone(name: str, office: Terminal) -> None:
    path = office.home / "assetflow.db"
    for revision, words in (("9999", "newer"), ("0000", "older")):
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE alembic_version SET version_num = ?", [revision])
        before = path.read_bytes()
        told = office(*typing(name), code=5)
        check_way_out(told)
        assert f"{words} version ({revision};" in told.err
        assert path.read_bytes() == before
    path.write_bytes(b"")
    check_way_out(office(*typing(name), code=6))
    path.unlink()
    told = office(*typing(name), code=6)
    check_way_out(told)
    assert "assetflow init" in told.err
    assert not path.exists()


@pytest.mark.parametrize("name", [*PATIENTS, "init"])
def test_a_damaged_database_is_a_fault_outside(name: str, office: Terminal) -> None:
    path = office.home / "assetflow.db"
    whole = path.read_bytes()
    page = 4096
    damaged = {
        "not a database": b"#!/bin/sh\n" * 5_000,
        "damaged": whole[:page] + b"\xff" * (len(whole) - page),
        "cut off": whole[: 3 * page],
    }
    for kind, content in damaged.items():
        path.write_bytes(content)
        told = office(*typing(name), code=4)
        check_way_out(told)
        assert "assetflow doctor" in told.err, kind
        assert path.read_bytes() == content
    assert not (office.home / "incidents.log").exists()


def test_the_doctor_names_what_ails_a_home(office: Terminal) -> None:
    path = office.home / "assetflow.db"
    path.write_bytes(b"#!/bin/sh\n" * 5_000)
    found = office("doctor", code=1)
    assert "the file is not a database" in found.out
    path.unlink()
    assert "There is no assetflow database here" in office("doctor", code=1).out


@pytest.mark.parametrize("name", [*AT_HOME, "init"])
def test_while_someone_saves_one_can_look_but_not_change(
    name: str, office: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So every command that changes anything takes the lock first, and no other takes it."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    before = rows(office.home)
    path = office.home / "assetflow.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        if name in READING:
            assert office(*typing(name)).out
        else:
            told = office(*typing(name), code=3)
            assert told.out == ""
            assert "nothing was changed" in told.err
    assert rows(office.home) == before


FAULTY = """
import ctypes, io, json, os, resource, sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from assetflow.cli.main import main

jobs, now = json.load(sys.stdin), datetime.fromisoformat(sys.argv[1])
if os.geteuid() == 0:  # the superuser may write what is read-only, but not without this
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(header, none) == 0
for home, limit, arguments in jobs:
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments, lambda: now, {"ASSETFLOW_HOME": home})
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def with_a_fault(jobs: Sequence[tuple[Path, int | None, list[str]]]) -> list[Result]:
    """Type commands in a process that may write no file beyond a size, each in a home."""
    at = f"{LATER}T10:00:00+00:00"
    done = subprocess.run(
        [sys.executable, "-c", FAULTY, at],
        input=json.dumps([(str(home), limit, words) for home, limit, words in jobs]),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return [Result(*json.loads(line)) for line in done.stdout.splitlines()]


@pytest.mark.skipif(sys.platform != "linux", reason="takes the superuser's rights away on Linux")
def test_where_nothing_may_be_written_one_can_still_look(office_home: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    for home in (file, folder):
        shutil.copytree(office_home, home)
    (file / "assetflow.db").chmod(0o444)
    folder.chmod(0o555)
    results = with_a_fault([(h, None, typing(name)) for name in AT_HOME for h in (file, folder)])
    folder.chmod(0o700)
    for name, result in zip([n for n in AT_HOME for _ in "12"], results, strict=True):
        if name == "doctor":  # it looks as well, and says what it sees
            assert (result.code, "writable" in result.out) == (1, True)
        elif name in READING or name in IDLE:
            assert (result.code, result.err) == (0, ""), name
        else:
            assert (result.code, result.out) == (4, ""), name
            assert "Nothing was changed" in result.err, name
    assert [rows(home) == rows(office_home) for home in (file, folder)] == [True, True]


@pytest.mark.skipif(sys.platform != "linux", reason="takes the superuser's rights away on Linux")
def test_a_full_disk_changes_nothing_and_truncates_nothing(
    office_home: Path, tmp_path: Path
) -> None:
    before, size = rows(office_home), (office_home / "assetflow.db").stat().st_size
    jobs = [
        (tmp_path / f"{limit} {name}", limit, typing(name))
        for name in CHANGING
        for limit in (0, 2_000, size)
    ]
    for home, _, _ in jobs:
        shutil.copytree(office_home, home)
    for (home, limit, words), result in zip(jobs, with_a_fault(jobs), strict=True):
        name = home.name.partition(" ")[2]
        story = f"{words} with at most {limit} bytes: {result}"
        assert result.code in ((4,) if limit == 0 and name not in IDLE else (0, 4)), story
        saved = result.code == 0 or "The case is saved" in result.err
        assert saved or rows(home) == before, story
        assert saved or "Nothing was changed" in result.err, story
        assert result.code == 0 or result.out == "", story
        check_letters_are_whole(home)
    home = jobs[0][0]
    Terminal(home)("case", "note", "CAT-2026-0001", "There is room again")


def check_letters_are_whole(home: Path) -> None:
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        letters = dict(db.execute("SELECT number, html FROM letters").fetchall())
    for path in (home / "letters-sent").rglob("*.html"):
        assert path.read_text(encoding="utf-8") == letters[int(path.name[:5])]


# --- JSON -----------------------------------------------------------------------------------


def shape(data: Any, name: str = "") -> Any:
    """Give the keys and types of data: what a program that reads it relies on."""
    if isinstance(data, list):
        return [merged([shape(item) for item in data])] if data else []
    if not isinstance(data, dict):
        return "null" if data is None else type(data).__name__
    found = {key: shape(value, key) for key, value in data.items()}
    values = list(found.values())
    by_identifier = all(isinstance(v, (dict, list)) for v in values) and len(values) > 1
    if name in ("facts", "parameters") or (by_identifier and values.count(values[0]) > 1):
        return {"…": merged(values)}
    return found


def merged(shapes: Sequence[Any]) -> Any:
    """Put the shapes of several things of one kind together."""
    distinct = [s for n, s in enumerate(shapes) if s not in shapes[:n]]
    if len(distinct) == 1:
        return distinct[0]
    if "null" in distinct and any(isinstance(s, dict) for s in distinct):
        return {"null or": merged([s for s in distinct if s != "null"])}
    if all(isinstance(s, dict) for s in distinct):
        keys = dict.fromkeys(key for s in distinct for key in s)
        return {
            key if all(key in s for s in distinct) else f"{key} (sometimes)": merged(
                [s[key] for s in distinct if key in s]
            )
            for key in keys
        }
    if all(isinstance(s, list) for s in distinct):
        return [merged([item for s in distinct for item in s])]
    return " or ".join(sorted({word for s in distinct for word in str(s).split(" or ")}))


def test_everything_that_can_be_looked_at_comes_as_json() -> None:
    assert [name for name in READING if name not in WITH_JSON] == []


@pytest.mark.parametrize("name", READING)
def test_the_keys_of_a_page_stay_as_programs_know_them(
    name: str, glass: Terminal, snapshot: SnapshotAssertion
) -> None:
    before = rows(glass.home)
    everything = ["--all"] if any("--all" in p.opts for p in EVERYTHING[name].params) else []
    shown = glass(*typing(name), *everything, "--json")
    assert shown.err == ""
    assert shape(shown.json) == snapshot
    assert rows(glass.home) == before


@pytest.mark.parametrize("name", [n for n in WITH_JSON if n not in (*READING, *WHOLE)])
def test_a_change_can_be_told_as_json_too(name: str, office: Terminal) -> None:
    before = rows(office.home)
    done = office(*typing(name), "--json")
    assert done.err == ""
    assert isinstance(done.json, dict)
    assert rows(office.home) != before or name in IDLE


@pytest.mark.parametrize("name", [n for n in WITH_JSON if n in OF_A_CASE])
def test_a_refusal_puts_no_words_among_the_json(name: str, glass: Terminal) -> None:
    words = typing(name)
    case_at = len(name.split())
    words[case_at : case_at + 1] = ["CAT-2026-9999"]
    refused = glass(*words, "--json", code=6)
    assert refused.out == ""
    check_way_out(refused)


# --- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READING)
def test_a_pipe_gets_plain_lines(name: str, glass: Terminal) -> None:
    shown = glass(*typing(name))
    assert shown.err == ""
    assert "\x1b" not in shown.out
    assert not re.search(r"[\u2500-\u257f]", shown.out.replace("──", ""))
    assert [line for line in shown.out.splitlines() if line != line.rstrip()] == []


def test_a_terminal_gets_rules_and_colour(glass: Terminal) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "assetflow", "--home", str(glass.home), "case", "list"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "160"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    ) as shown:
        os.close(follower)
        said = b""
        while True:
            try:
                more = os.read(leader, 65_536)
            except OSError:  # so Linux says that the other end is closed
                break
            if not more:
                break
            said += more
    os.close(leader)
    text = said.decode()
    assert shown.returncode == 0
    assert "CAT-2026-0001" in text
    assert "───" in text
    assert "\x1b[" in text


def test_a_reader_who_has_seen_enough_breaks_nothing(glass: Terminal) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "assetflow", "--home", str(glass.home), "workflow", "show"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.close()
        assert shown.stderr.read() == b""
    assert shown.returncode == 0


# --- numbers ----------------------------------------------------------------------------------


def test_no_number_is_read_by_click_itself() -> None:
    own = (click.types.IntParamType, click.types.FloatParamType)
    assert [
        (n, p.name) for n in TYPED for p in EVERYTHING[n].params if isinstance(p.type, own)
    ] == []
    assert len(NUMBERS) >= 8


@pytest.mark.parametrize(("name", "param"), NUMBERS, ids=lambda one: getattr(one, "name", one))
@pytest.mark.parametrize("typed", ["x", "½", "nan", "1e400", "9" * 30, "1" * 5000])
def test_what_is_no_number_is_refused_in_our_words(
    name: str, param: click.Parameter, typed: str
) -> None:
    with pytest.raises(
        click.BadParameter, match=r"(is not a (whole )?number|is not from) "
    ) as told:
        param.type.convert(typed, param, None)
    assert len(str(told.value)) < 160


@pytest.mark.parametrize("typed", ["x", "-1", "1e9", "²", "9" * 30])
def test_a_message_or_letter_that_has_no_number_is_not_found(af: Terminal, typed: str) -> None:
    for words in (("outbox", "release", "--", typed), ("letter", "show", "--", typed)):
        told = af(*words, code=6).err
        assert f"{typed!r}" in told
        assert "have numbers" in told
