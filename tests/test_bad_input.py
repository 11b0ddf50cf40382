"""Whatever is typed: a sentence and an exit code, never a traceback, and no row half changed."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import click
import pytest
from attempts import EXPECTED, WORK, attempt, stored
from conftest import TODAY, Terminal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sizes import fuzzed

from assetflow import facts
from assetflow.cli.main import cli
from assetflow.settings import SHIPPED
from assetflow.workflow import Fact

# These look into the SQLite file, or at what a start of the program costs with it.
pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).parents[1]
TYPES = ("text", "list", "integer", "money", "date", "yes_no", "library")

more = settings(max_examples=50, suppress_health_check=list(HealthCheck))
most = settings(max_examples=150, suppress_health_check=list(HealthCheck))
anything = st.text(st.characters(), max_size=60)
printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=60)


@pytest.fixture(scope="module")
def desk(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A home in which anything may be typed: a case with a champion and sign-offs asked."""
    home = tmp_path_factory.mktemp("input") / "home"
    shutil.copytree(_template, home)
    af = Terminal(home)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", "--champion", "alex")
    af("case", "record", "1", "transfer_purpose=Bowls")
    af("signoff", "request", "1")
    return af


# --- facts ----------------------------------------------------------------------------------

NEAR = {
    "text": printable,
    "list": st.from_regex(r"[a-z ;\n]{0,30}", fullmatch=True),
    "integer": st.from_regex(r"[-+ 0-9²①٣_.e]{1,12}", fullmatch=True),
    "money": st.from_regex(r"£? ?[-+]?[0-9,._]{1,16}(\.[0-9]{0,3})?([eE][-+]?[0-9]{1,20})?",
                           fullmatch=True),
    "date": st.from_regex(r"[0-9]{1,4}[-/ ]([0-9]{1,2}|Feb|february|Sept)[-/ ][0-9]{1,5}",
                          fullmatch=True) | st.dates().map(date.isoformat),
    "yes_no": st.sampled_from(["yes", "NO", " y ", "true", "1", "on", "ja", "YES\n"]),
    "library": printable,
}  # fmt: skip
RIGHT = {
    "text": str,
    "list": list,
    "integer": int,
    "money": Decimal,
    "date": date,
    "yes_no": bool,
    "library": str,
}


def outcome(read: Callable[[str], Any], text: str) -> tuple[Any, str]:
    """Give what was read, or the sentence that says why it cannot be."""
    try:
        return read(text), ""
    except ValueError as error:
        return None, str(error)


@pytest.mark.parametrize("kind", TYPES)
def test_a_fact_is_read_as_its_type_or_refused_with_a_sentence(kind: Any) -> None:
    fact = Fact("it", "It", kind)

    @most
    @given(anything | NEAR[kind])
    def read(text: str) -> None:
        value, sentence = outcome(lambda typed: facts.parse(fact, typed, TODAY), text)
        if value is None:
            assert len(sentence) > 10
            return
        assert type(value) is RIGHT[kind]
        assert facts.from_json(kind, facts.to_json(value)) == value
        assert facts.show(value).strip()

    read()


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("money", "£12,000.50", Decimal("12000.50")),
        ("money", "12000", Decimal(12000)),
        ("money", "£ 0.5", Decimal("0.5")),
        ("integer", " 25 ", 25),
        ("date", "3 Feb 2025", date(2025, 2, 3)),
        ("date", "03/02/2025", date(2025, 2, 3)),
        ("date", "29 February 2028", date(2028, 2, 29)),
        ("yes_no", "Yes", True),
        ("list", "Keys; Log book;\n Meter ;", ["Keys", "Log book", "Meter"]),
        ("text", "Zoë’s = “plan”\nsecond line", "Zoë’s = “plan”\nsecond line"),
    ],
)
def test_what_people_write_is_understood(kind: Any, typed: str, value: object) -> None:
    assert facts.parse(Fact("it", "It", kind), typed, TODAY) == value


@pytest.mark.parametrize(
    "typed",
    [
        "undervalue=1e9", "undervalue=1e999999999", "undervalue=NaN", "undervalue=-Infinity",
        "undervalue=1_000", "undervalue=1,2,3", "undervalue=12.345", "undervalue=£", "undervalue=",
        "undervalue=１２", "undervalue=$5", "undervalue=0x1F", "undervalue=" + "9" * 4_000,
        "lease_term_years=-1", "lease_term_years=²", "lease_term_years=٢٥", "lease_term_years=25.0",
        "lease_term_years=1e3", "lease_term_years=" + "9" * 5_000,
        "valid_until=31/02/2026", "valid_until=0001-01-01", "valid_until=9999-12-31",
        "valid_until=2026-13-01", "valid_until=26-01-01", "valid_until=tomorrow",
        "valid_until=2026-01-01T00:00", "valid_until=1 Feb", "valid_until=29 Feb 2027",
        "ownership_confirmed=maybe", "ownership_confirmed=1", "ownership_confirmed=on",
        "handover_items=;;;", "handover_items= ; \n ;", "transfer_purpose=   ",
        "transfer_purpose=" + "x" * 5_001, "transfer_purpose=a\0b", "transfer_purpose=\x1b]0;x\x07",
        "transfer_purpose=\u202egnp.exe", "transfer_purpose=\x85",
        "transfer_purpose", "=x", " =x", "", "=", "no_such_fact=x", "Transfer_Purpose=x",
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_meant_is_refused(desk: Terminal, typed: str) -> None:
    assert attempt(desk, "case", "record", "1", typed).code == 2
    assert attempt(desk, "case", "note", "1", "x", "--on", typed.partition("=")[2]).code == 2


@more
@given(typed=st.tuples(st.sampled_from(["transfer_purpose", "undervalue", "valid_until",
       "handover_items", "lease_term_years", "ownership_confirmed", "benchmark_entry", "x"]),
       anything | st.one_of(*NEAR.values())))  # fmt: skip
@example(("transfer_purpose", "{{ 7 * 7 }} {% raw %} # heading <script>"))
def test_a_fact_that_is_taken_can_be_shown(desk: Terminal, typed: tuple[str, str]) -> None:
    if attempt(desk, "case", "record", "1", "=".join(typed)).code == 0:
        assert typed[0] in attempt(desk, "case", "show", "1", "--json").json["facts"]
        assert attempt(desk, "case", "show", "1").code == 0


@pytest.mark.parametrize(
    "text", ["{{ 7*7 }}", "{% include 'x' %}", "<script>x</script>", "# H\n\n---\n> q", "| a | b |",
             "%s %d {0}", "\\", "[x](javascript:1)", "&lt;", "`x`", "*_~", "1. x\n2. y", "ﷺ" * 400]
)  # fmt: skip
def test_a_fact_is_only_ever_text_in_a_letter(desk: Terminal, text: str) -> None:
    words = [w for f in (f"progress_made={text}", "progress_awaited=Title",
             "forecast_date=2026-12-01") for w in ("--fact", f)]  # fmt: skip
    letter = attempt(desk, "letter", "preview", "1", "holding_update", *words)
    assert letter.code == 0
    assert "49" not in letter.out.partition("What has moved")[2][:200]
    page = attempt(desk, "letter", "preview", "1", "holding_update", *words, "--html").out
    assert "<script>x" not in page
    assert "href=\"javascript" not in page  # fmt: skip


# --- days -----------------------------------------------------------------------------------


@most
@given(anything | NEAR["date"])
def test_a_date_is_read_or_refused_with_a_sentence(text: str) -> None:
    day, sentence = outcome(facts.read_date, text)
    assert 1900 <= day.year <= 2199 if day else len(sentence) > 20


@more
@given(option=st.sampled_from(["--as-of", "--on"]), typed=st.dates().map(str) | NEAR["date"])
@example("--as-of", "1900-01-01")
@example("--as-of", "2199-12-31")
@example("--on", "1900-01-01")
def test_any_day_can_be_asked_about(desk: Terminal, option: str, typed: str) -> None:
    if option == "--as-of":
        attempt(desk, "case", "list", option, typed)
        attempt(desk, "case", "next", "1", option, typed, "--json")
    else:
        attempt(desk, "letter", "preview", "1", "acknowledgement", option, typed)
        attempt(desk, "sweep", "--dry-run", option, typed)


# --- addresses and names --------------------------------------------------------------------

BAD_EMAILS = [
    "joan", "joan@", "@bowls.example", "joan@bowls", "joan@bowls.example,al@x.example",
    "joan@bowls.example;al@x.example", "joan@bowls.example al@x.example", "joan@@bowls.example",
    "Joan <joan@bowls.example>", "<joan@bowls.example>", "=?utf-8?q?joan=40bowls.example?=",
    "=?utf-8?q?a?=@bowls.example", "joan@bowls.example\nBcc: al@x.example",
    "joan@bowls.example\r\nBcc: al@x.example", "joan@bowls.example%0aBcc:al@x.example",
    "joan\0@bowls.example", "jo an@bowls.example", '"jo an"@bowls.example', "joan@[127.0.0.1]",
    "joan@bowls..example", "joan@-bowls.example", ".joan@bowls.example", "jo..an@bowls.example",
    "joan@bowls.example.", "joan@bowls.example\u2028x", "jоan@bowls.example", "joan@bоwls.example",
    "joan(comment)@bowls.example", "x" * 65 + "@bowls.example", "x" * 600 + "@bowls.example",
    "a@" + "b." * 300 + "example",
]  # fmt: skip


@pytest.mark.parametrize("email", BAD_EMAILS)
def test_what_is_not_one_address_is_refused_wherever_one_is_typed(
    desk: Terminal, email: str, tmp_path: Path
) -> None:
    form = ("case", "open", "--asset", "SAMPLE-0009", "--group", "New Friends")
    for words in (("group", "add", "New Friends"), ("person", "add", "New Friend"), form):
        assert attempt(desk, *words, "--email", email).code == 2
    init = ("init", "--officer", "Sam Taylor", "--email", email)
    assert Terminal(tmp_path / "new")(*init, code=2).out == ""
    assert not (tmp_path / "new").exists()


@st.composite
def spoilt_addresses(draw: st.DrawFn) -> str:
    """Give an address with something put into it, cut out of it or written twice."""
    email = draw(st.sampled_from(["joan@bowls.example", "o.neill+cat@a-b.co.uk", *BAD_EMAILS[:20]]))
    for _ in range(draw(st.integers(1, 3))):
        at, cut = draw(st.integers(0, len(email))), draw(st.sampled_from([0, 0, 1, 3]))
        piece = draw(st.sampled_from([*"@.,;:<>()[]\"'\\ \n\r\t\0%=?é\u2028\u200b-_+/`{|}~x"]))
        email = email[:at] + piece * draw(st.sampled_from([1, 1, 1, 2, 70])) + email[at + cut :]
    return email


ADDRESSES = (
    spoilt_addresses()
    | spoilt_addresses()
    | st.emails()
    | st.from_regex(r"[^@\s]{1,10}@[^@\s]{1,10}\.[a-z]{1,9}")
    | anything
)


@settings(max_examples=fuzzed(), suppress_health_check=list(HealthCheck))
@given(email=ADDRESSES)
def test_an_address_that_is_taken_is_one_address(desk: Terminal, email: str) -> None:
    number = zlib.crc32(email.encode("utf-8", "surrogatepass"))
    added = attempt(desk, "group", "add", f"Group {number}", "--email", email, "--json")
    if added.code == 0 and email.strip():
        kept = added.json["email"]
        assert kept == email.strip()
        assert Address(addr_spec=kept).addr_spec == kept
        assert re.fullmatch(r"[!-~]+@[!-~]+", kept)


BAD_NAMES = ["\0", "a\0b", "\x1b[2J", "a\rb", "a\x7fb", "a\u2067b", "a\u202eb", "a\x9bb"]


@pytest.mark.parametrize("name", [*BAD_NAMES, "", " ", "\t", "a\nb", "a\u2028b", "x" * 501])
def test_a_name_that_would_break_a_line_is_refused(desk: Terminal, name: str) -> None:
    for words in (("group", "add", name), ("person", "add", name, "--handle", "some.one")):
        assert attempt(desk, *words).code == 2, words


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_other_text_carries_control_characters_either(desk: Terminal, name: str) -> None:
    for words in (
        ("group", "add", "Good name", "--contact", name),
        ("group", "add", "Good name", "--address", f"1 Road, {name}"),
        ("person", "add", "Good Name", "--job-title", name),
        ("case", "open", "--asset", "SAMPLE-0010", "--group", name, "--contact", "Al"),
        ("case", "note", "1", name),
        ("case", "withdraw", "1", "--why", name),
        ("signoff", "give", "1", "service", "--by", "nadia", "--evidence", name),
        ("signoff", "give", "1", "service", "--by", "nadia", "--condition", name),
        ("asset", "add", "--id", "A-1", "--name", name),
        ("--as", f"sam{name}", "case", "note", "1", "x"),
    ):
        assert attempt(desk, *words).code == 2, words


@pytest.mark.parametrize(
    "handle", ["A", "a b", ".a", "-a", "ä", "a\n", "a/b", "a;b", "%", "'", "²"]
)
def test_a_short_name_is_easy_to_type(desk: Terminal, handle: str) -> None:
    assert attempt(desk, "person", "add", "Wendy Moss", f"--handle={handle}").code == 2


@pytest.mark.parametrize(
    ("name", "handle"),
    [("Zoë Müller-Å", "zoe.muller.a"), ("José O’Neill", "jose.oneill"), ("Ng", "ng")],
)
def test_a_name_with_accents_has_a_plain_short_name(af: Terminal, name: str, handle: str) -> None:
    assert af("person", "add", name, "--json").json["handle"] == handle


@pytest.mark.parametrize(
    ("officer", "handle"), [("Zoë Müller", "zoe.muller"), ("李", "officer"), ("x" * 90, "x" * 60)]
)
def test_an_officer_of_any_name_can_make_a_home(tmp_path: Path, officer: str, handle: str) -> None:
    terminal = Terminal(tmp_path / "home")
    terminal("init", "--officer", officer)
    terminal("group", "add", "Bowls Club")
    assert terminal("person", "list", "--json").json[0]["handle"] == handle
    assert terminal("case", "list", "--mine").code == 0


# --- places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "home", ["x" * 5_000, "/dev/null", "/dev/null/x", "/proc/nope", "\0", "a\nb"]
)
@pytest.mark.parametrize("words", [("case", "list"), ("init",), ("demo",), ("doctor",)])
def test_a_place_that_can_be_no_home_is_refused(
    home: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if home == "a\nb" and words[0] in ("init", "demo"):
        return  # a folder may be called so
    refused = Terminal(tmp_path)("--home", home, *words, code=None)
    assert refused.code in (2, 4, 6)
    assert refused.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 5_000, "../community_asset_transfer", "/etc/passwd", ".",
                                  "community_asset_transfer.yaml", "%", "a b"])  # fmt: skip
def test_a_route_or_letter_is_found_by_its_name_and_never_by_a_path(
    desk: Terminal, name: str
) -> None:
    assert attempt(desk, "workflow", "show", name).code == 6
    form = ("case", "open", "--asset", "SAMPLE-0011", "--group", "Bowls Club", "--workflow", name)
    assert attempt(desk, *form).code == 6
    assert attempt(desk, "letter", "preview", "1", name).code == 6


@pytest.mark.parametrize("search", ["%", "_", "'", "\\", "x" * 100_000, "%" * 60_000, "🏛"])
def test_a_search_is_taken_letter_by_letter(desk: Terminal, search: str) -> None:
    assert attempt(desk, "asset", "list", search).out == "No assets here.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="arguments are bytes on Linux")
def test_bytes_that_are_no_text_are_refused(desk: Terminal) -> None:
    before = stored(desk.home)
    done = subprocess.run(
        [sys.executable, "-m", "assetflow", "case", "note", "1", b"\xff\xfe"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "ASSETFLOW_HOME": str(desk.home)},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"control characters" in done.stderr
    assert stored(desk.home) == before


def test_whoever_stops_a_command_is_told_that_nothing_was_changed(desk: Terminal) -> None:
    script = (
        "import sys\n"
        "from assetflow.cli.main import main\n"
        "def clock(): raise KeyboardInterrupt\n"
        "sys.exit(main(['case', 'note', '1', 'x'], clock))\n"
    )
    before = stored(desk.home)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "ASSETFLOW_HOME": str(desk.home)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "Stopped; nothing was changed."
    assert stored(desk.home) == before


# --- every argument of every command ----------------------------------------------------------


def _walk(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path.strip(), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from _walk(below, f"{path} {name}")


COMMANDS = dict(_walk(cli))
# What costs a second each time is typed less often; the others make up for it.
COSTLY = {"demo": 5, "doctor": 3, "init": 7, "workflow test": 5}
ANY_WORDS = fuzzed() // 2  # command lines that no command has a say in
LOOKING = {"check", "explain", "history", "list", "next", "preview", "show"}
# What says how things stand, and then that they are not well, by its exit code.
TELLING = ("doctor", "db verify", "workflow check")
# Seconds of work for what plays every scenario of every route where no route is named.
LONGER = {"workflow test": 60}


def times(name: str) -> int:
    """Give how often a command is typed."""
    looks = name.rpartition(" ")[2] in LOOKING or name.startswith("db ")
    return COSTLY.get(name, fuzzed() // (100 if looks else 25))


def test_the_command_line_is_tried_often_enough() -> None:
    assert sum(times(name) for name in COMMANDS) + ANY_WORDS >= fuzzed() >= 1_000


# What gets a random command a little further.
GOOD: dict[str, list[str]] = {
    "case_": ["1", "CAT-2026-0001"],
    "trigger": ["accept", "ask_for_information", "decline", "withdraw"],
    "department": ["service", "legal"],
    "facts": ["transfer_purpose=Bowls", "ownership_confirmed=yes", "reply_by=2026-04-01"],
    "asset": ["SAMPLE-0001", "SAMPLE-0020"],
    "group": ["Bowls Club"],
    "person": ["grace", "alex", "sam"],
    "officer": ["kim", "sam"],
    "champion": ["grace"],
    "by": ["nadia", "owen", "sam"],
    "category": ["safety", "preference"],
    "roles": ["signatory", "director"],
    "departments": ["legal"],
    "on": ["2026-03-02", "1 Mar 2026"],
    "received": ["27 Feb 2026"],
    "since": ["2020-01-01"],
    "file": [str(SHIPPED / "data" / "asset_register_sample.csv"), str(SHIPPED)],
    "calendar": ["scotland"],
    "email": ["joan@bowls.example"],
    "handle": ["w.m"],
    "name": ["holding_update", "Wendy Moss"],
    "route": ["community_asset_transfer"],
    "unique_asset_id": ["NEW-1", "SAMPLE-0001"],
    "uprn": ["100012345678"],
    "postcode": ["L20 6DX"],
    "tenure": ["freehold"],
}


# Where files are written: names in the folder where the command is typed, and of the home's own.
PLACES = ["backup.db", "folder", "nothing/there", "photograph", "pipe", "home/assetflow.db", "."]
WRITING = ("workflow diagram", "workflow schema")
STRAYS = ["--", "-", "-x", "--json", "--help", "--nonsense", "--=x", "", "=", "1", "sam", "case"]


@st.composite
def typings(draw: st.DrawFn, name: str) -> list[str]:
    """Give the words after a command: mostly what it takes, sometimes with some of them spoilt."""
    words = draw(_taken(name))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(words)))
        stray = draw(st.sampled_from(STRAYS + words))
        words = draw(
            st.sampled_from(
                [
                    [*words[:at], stray, *words[at:]],
                    [*words[:at], *words[at + 1 :]],
                    [*words[:at], stray, *words[at + 1 :]],
                    [*words[at:], *words[:at]],
                ]
            )
        )
    return words


@st.composite
def _taken(draw: st.DrawFn, name: str) -> list[str]:
    command = COMMANDS[name]
    words: list[str] = []
    for parameter in command.params:
        assert parameter.name is not None
        needed = parameter.required or isinstance(parameter, click.Argument)
        if not needed and not draw(st.booleans()):
            continue
        writes = (name in WRITING and parameter.name == "file") or name.startswith("db ")
        known = PLACES if writes else GOOD.get(parameter.name, ["Some words"])
        usual = draw(st.integers(0, 3))
        text = draw(st.sampled_from(known) if usual else printable | anything)
        text = text.replace("/", "_") if writes and not usual else text
        if isinstance(parameter, click.Option):
            flag = parameter.opts[0]
            words += [flag] if parameter.is_flag else [f"{flag}={text}"]
        else:
            words.append(text)
    return words


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to type commands in, with a file, a folder and a pipe in it."""
    folder = tmp_path / "elsewhere"
    (folder / "folder").mkdir(parents=True)
    (folder / "photograph").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("demo", "init")])
def test_no_typing_whatever_brings_a_command_down(
    name: str, desk: Terminal, tmp_path: Path, elsewhere: Path
) -> None:
    shutil.copytree(desk.home, elsewhere / "home")
    af = Terminal(elsewhere / "home")

    @settings(max_examples=times(name), suppress_health_check=list(HealthCheck))
    @given(typings(name))
    def type_it(words: list[str]) -> None:
        there = set(elsewhere.iterdir())
        writes = name in WRITING or name.startswith("db ")
        work = LONGER.get(name, WORK)
        tried = attempt(af, *name.split(), *words, tells=name in TELLING, writes=writes, work=work)
        assert tried.code == 0 or set(elsewhere.iterdir()) == there, words

    type_it()
    check_all_is_well(af)


LINES = st.lists(
    st.sampled_from(
        [
            *{word for name in COMMANDS for word in name.split() if word not in ("demo", "init")},
            *{option for found in COMMANDS.values() for p in found.params for option in p.opts},
            *("--as", "sam", "--version", "-h", *STRAYS, *(value[0] for value in GOOD.values())),
        ]
    ),
    max_size=7,
)


@settings(max_examples=ANY_WORDS, suppress_health_check=list(HealthCheck))
@given(words=LINES)
def test_no_words_in_any_order_bring_the_command_line_down(
    desk: Terminal, tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    with contextlib.chdir(_scratch(tmp_path_factory)):
        attempt(desk, *words, tells=True, writes=True)


def _scratch(factory: pytest.TempPathFactory) -> Path:
    folder = factory.getbasetemp() / "scratch"
    folder.mkdir(exist_ok=True)
    return folder


@settings(max_examples=COSTLY["demo"], suppress_health_check=list(HealthCheck))
@given(words=typings("demo").filter(bool))
def test_a_demonstration_takes_no_words(
    desk: Terminal, tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    with contextlib.chdir(_scratch(tmp_path_factory)):
        assert attempt(desk, "demo", *words, "x").code in (0, 2)
        assert not Path("assetflow-demo").exists()


def test_no_answer_whatever_brings_the_making_of_a_home_down(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    @settings(max_examples=COSTLY["init"], suppress_health_check=list(HealthCheck))
    @given(typings("init"))
    def type_it(words: list[str]) -> None:
        home = tmp_path_factory.mktemp("init") / "home"
        made = Terminal(home)("init", *words, code=None)
        assert made.code in EXPECTED, words
        asked = "--help" in words
        assert home.exists() == (made.code == 0 and not asked), words
        if home.exists():
            Terminal(home)("doctor", "--json", code=None)

    type_it()


PAGES = ("case list --all", "case show 1", "case next 1", "case history 1", "letter list",
         "person list", "group list", "asset list", "signoff list", "reminder list")  # fmt: skip


def check_all_is_well(af: Terminal) -> None:
    """After all that typing the database is whole and every page can still be read."""
    with closing(sqlite3.connect(af.home / "assetflow.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        gaps = db.execute(
            "SELECT case_id FROM journal GROUP BY case_id HAVING max(position) <> count(*)"
        )
        assert gaps.fetchall() == []
    for page in PAGES:
        assert af(*page.split()).out
        json.loads(af(*page.split(), "--json").out)
    assert TODAY.isoformat() in af("case", "show", "1", "--json").out
