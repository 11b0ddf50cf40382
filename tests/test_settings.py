"""The settings of a home: what may stand in ``assetflow.toml``, and what is said of the rest."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Terminal
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import fuzzed

from assetflow.errors import BadFile, NotFound, Problem
from assetflow.settings import FILE_NAME, Council, Settings, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with empty settings."""
    (tmp_path / FILE_NAME).write_text("", encoding="utf-8")
    return tmp_path


def write(home: Path, text: str | bytes) -> None:
    """Write the settings of a home."""
    (home / FILE_NAME).write_bytes(text if isinstance(text, bytes) else text.encode())


def told(home: Path) -> list[str]:
    """What is said of settings that cannot be used, without the name of the file."""
    return [str(problem).removeprefix(str(home / FILE_NAME)) for problem in refused(home)]


def refused(home: Path) -> tuple[Problem, ...]:
    """The problems for which settings are refused; they must be."""
    with pytest.raises(BadFile) as caught:
        load(home, {})
    return caught.value.problems


# --- what is read -----------------------------------------------------------------------------


def test_a_home_without_a_word_in_its_settings_has_the_usual_ones(home: Path) -> None:
    assert load(home, {}) == Settings(
        home=home,
        database_url=f"sqlite:///{(home / 'assetflow.db').resolve().as_posix()}",
        council=Council(name="Your Council"),
        calendar="england-and-wales",
        language="en",
        acting_as="",
        workflow="community_asset_transfer",
    )


def test_every_setting_can_be_set(home: Path) -> None:
    write(
        home,
        """
        [council]
        name = "Cyngor Gwynedd"
        address = "Stryd y Jêl, Caernarfon"
        phone = "01766 771000"
        email = "assets@gwynedd.example"
        website = "https://gwynedd.example"

        [assetflow]
        calendar = "scotland"
        language = "cy"
        acting_as = "sam.taylor"
        database_url = "postgresql://council@db/assets"
        workflow = "our_own_route"
        """,
    )
    assert load(home, {}) == Settings(
        home=home,
        database_url="postgresql://council@db/assets",
        council=Council(
            name="Cyngor Gwynedd",
            address="Stryd y Jêl, Caernarfon",
            phone="01766 771000",
            email="assets@gwynedd.example",
            website="https://gwynedd.example",
        ),
        calendar="scotland",
        language="cy",
        acting_as="sam.taylor",
        workflow="our_own_route",
    )


READABLE = {
    "a byte-order mark": b'\xef\xbb\xbf[council]\nname = "Sefton Council"\n',
    "lines that end as on Windows": b'[council]\r\nname = "Sefton Council"\r\n',
    "single quotes": b"[council]\nname = 'Sefton Council'\n",
    "a comment": b'# ours\n[council]\nname = "Sefton Council" # since 1974\n',
    "a table in one line": b'council = {name = "Sefton Council"}\n',
}


@pytest.mark.parametrize("raw", READABLE.values(), ids=READABLE.keys())
def test_settings_are_read_however_an_editor_wrote_them(home: Path, raw: bytes) -> None:
    write(home, raw)
    assert load(home, {}).council == Council(name="Sefton Council")


def test_an_address_may_have_several_lines(home: Path) -> None:
    write(home, '[council]\naddress = """Town Hall\nBootle"""\n')
    assert load(home, {}).council.address == "Town Hall\nBootle"


# --- the environment --------------------------------------------------------------------------

BOTH = '[assetflow]\nacting_as = "sam.taylor"\ndatabase_url = "sqlite:///file.db"\n'


def test_the_environment_wins_over_the_file(home: Path) -> None:
    write(home, BOTH)
    found = load(home, {"ASSETFLOW_AS": "kim.novak", "ASSETFLOW_DATABASE_URL": "sqlite:///e.db"})
    assert (found.acting_as, found.database_url) == ("kim.novak", "sqlite:///e.db")


def test_an_empty_environment_variable_is_as_good_as_none(home: Path) -> None:
    write(home, BOTH)
    found = load(home, {"ASSETFLOW_AS": "", "ASSETFLOW_DATABASE_URL": ""})
    assert (found.acting_as, found.database_url) == ("sam.taylor", "sqlite:///file.db")


def test_other_variables_of_the_environment_change_nothing(home: Path) -> None:
    write(home, BOTH)
    noise = {"ASSETFLOW_CALENDAR": "scotland", "DATABASE_URL": "sqlite:///x.db", "HOME": "/"}
    assert load(home, noise) == load(home, {})


# --- what is refused --------------------------------------------------------------------------


def test_a_folder_without_settings_is_not_a_home(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no assetflow home") as caught:
        load(tmp_path, {})
    assert "make one: assetflow --home DIR init" in caught.value.remedies


def test_a_home_that_is_a_file_or_is_not_there_is_not_a_home(home: Path) -> None:
    for place in (home / FILE_NAME, home / "nowhere"):
        with pytest.raises(NotFound):
            load(place, {})


# The reason comes in the words of Python's own TOML reader, so only the line is pinned.
BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "a value that is missing": ("[council]\nname = \nphone = '1'\n", 2, "toml-syntax"),
    "a value without quotes": ("[council]\nname = Sefton Council\n", 2, "toml-syntax"),
    "a quote that is never closed": ('[council]\nname = "Sefton\nx = 1\n', 2, "toml-syntax"),
    "a file that breaks off": ("[council]\nname = 'x'\nphone = \n\n", 3, "toml-syntax"),
    "a line that is not a setting": ("[council]\nSefton Council\n", 2, "toml-syntax"),
    "a section that is never closed": ("[council\nname = 'x'\n", 1, "toml-syntax"),
    "a setting twice": ("[council]\nname = 'a'\nname = 'b'\nphone = ''\n", 3, "toml-syntax"),
    "a setting twice at the end": ("[council]\nname = 'a'\nname = 'b'", 3, "toml-syntax"),
    "a telephone number": ("[council]\nphone = 01514960100\n", 2, "toml-syntax"),
    "a backslash in double quotes": (
        '[assetflow]\ndatabase_url = "sqlite:///C:\\Data\\cat.db"\n',
        2,
        "toml-syntax",
    ),
    "half a character": ('[council]\nname = "\\ud800"\n', 2, "toml-syntax"),
    "NUL": ("[council]\n\nname = 'a\0b'\n", 3, "toml-syntax"),
    "brackets without end": ("[council]\nname = " + "[" * 20_000, 2, "toml-syntax"),
    "a number of 5,000 digits": ("[council]\nname = " + "9" * 5_000, 2, "toml-syntax"),
    "Latin-1": ("[council]\nname = 'Café'\n".encode("latin-1"), 2, "not-utf8"),
    "UTF-16": ("[council]\n".encode("utf-16"), 1, "not-utf8"),
}


@pytest.mark.parametrize(("text", "line", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_settings_that_cannot_be_read_are_refused_with_the_line(
    home: Path, text: str | bytes, line: int, code: str
) -> None:
    write(home, text)
    (problem,) = refused(home)
    assert (problem.line, problem.code) == (line, code)
    assert problem.message
    assert problem.suggestion


REFUSED: dict[str, tuple[str, list[str]]] = {
    "a section nobody knows": (
        "[counsel]\nname = 'x'\n",
        [": unknown-section: [counsel] is not a section; known: [council], [assetflow]"],
    ),
    "a setting nobody knows": (
        "[council]\nnaem = 'x'\n",
        [
            ": unknown-setting: naem in [council] is not known; "
            "known: name, address, phone, email, website"
        ],
    ),
    "a setting in the wrong section": (
        "[council]\ncalendar = 'scotland'\n",
        [
            ": unknown-setting: calendar in [council] is not known; "
            "known: name, address, phone, email, website"
        ],
    ),
    "a setting above all sections": (
        "calendar = 'scotland'\n[council]\nname = 'x'\n",
        [
            ": unknown-section: calendar stands outside its section; "
            "move it below the line [assetflow]"
        ],
    ),
    "a section that is written as a setting": (
        "council = 'Sefton Council'\n",
        [
            ": unknown-section: council must be a section: "
            "write [council] and its settings on the lines below"
        ],
    ),
    "a section that is a list": (
        "[[assetflow]]\ncalendar = 'scotland'\n",
        [
            ": unknown-section: assetflow must be a section: "
            "write [assetflow] and its settings on the lines below"
        ],
    ),
    "a number": (
        "[council]\nphone = 1514960100\n",
        [": not-text: phone in [council] must be text in quotes"],
    ),
    "a date": (
        "[assetflow]\nlanguage = 2026-02-03\n",
        [": not-text: language in [assetflow] must be text in quotes"],
    ),
    "yes or no": (
        "[assetflow]\nworkflow = true\n",
        [": not-text: workflow in [assetflow] must be text in quotes"],
    ),
    "a list of calendars": (
        "[assetflow]\ncalendar = ['scotland']\n",
        [": not-text: calendar in [assetflow] must be text in quotes"],
    ),
    "a section in a section": (
        "[council.address]\nstreet = 'x'\n",
        [": not-text: address in [council] must be text in quotes"],
    ),
    "a calendar nobody keeps": (
        "[assetflow]\ncalendar = 'wales'\n",
        [
            ": unknown-calendar: calendar is 'wales'; "
            "known: england-and-wales, scotland, northern-ireland"
        ],
    ),
    "a control character": (
        '[council]\nname = "Sefton\\u0000"\n',
        [": bad-character: name in [council] has a control character"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_settings_that_cannot_be_used_are_refused_with_the_reason(
    home: Path, text: str, expected: list[str]
) -> None:
    write(home, text)
    assert told(home) == expected


def test_all_problems_of_the_settings_are_named_at_once(home: Path) -> None:
    write(home, "x = 1\n[council]\nnaem = 'x'\nphone = 5\n[assetflow]\ncalendar = 'wales'\n")
    assert [problem.code for problem in refused(home)] == [
        "unknown-section",
        "unknown-setting",
        "not-text",
        "unknown-calendar",
    ]


def test_settings_that_are_a_folder_are_no_home(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(NotFound):
        load(tmp_path, {})


REAL = b"""# The settings of this assetflow home.

[council]
name = "Sefton Council"
address = "Town Hall, Bootle"
phone = "0151 496 0100"
email = ""
website = "https://sefton.example"

[assetflow]
# acting_as: who you are when --as is not given
calendar = "england-and-wales"
acting_as = "sam.taylor"
"""
SHORT = [b"council = 1\n", b"[[assetflow]]\ncalendar = 'scotland'\n", b"[council.name]\nx = 1\n",
         b"assetflow = []\n[council]\nname = 'x'\n", b"council = {name = 'x'}\n"]  # fmt: skip
BITS = [
    *(
        b'"',
        b"'",
        b"=",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\n",
        b"\r",
        b"#",
        b".",
        b",",
        b"\\",
        b"\x00",
        b"\xff",
    ),
    *(b"[council]\n", b"[assetflow]\n", b"[[council]]\n", b"name", b"language = '..'\n", b"true"),
    *(b"0151", b"1e999", b"2026-02-30", b"\\u0000", b"\\ud800", b'"""', b"a.b.c = 1\n", b"[" * 99),
]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Give the settings of a home with bits put into them and cut out of them."""
    raw = draw(st.sampled_from([REAL, REAL, REAL, *SHORT]))
    for _ in range(draw(st.integers(1, 4))):
        at, cut = draw(st.integers(0, len(raw))), draw(st.sampled_from([0, 0, 1, 4, 30]))
        raw = raw[:at] + draw(st.sampled_from(BITS) | st.binary(max_size=3)) + raw[at + cut :]
    return raw


@settings(max_examples=fuzzed())
@given(
    raw=spoilt()
    | spoilt()
    | st.binary(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                *("[council]\n", "[assetflow]\n", "name", "calendar", "=", "'x'", '"', "'''", "\n"),
                *("[", "]", "{", "}", ".", "1", "9" * 5_000, "2026-02-30", "\\u", "#", "inf", ","),
            ]
        )
    ).map(lambda parts: "".join(parts).encode())
)
def test_anything_at_all_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    home = tmp_path_factory.getbasetemp() / "any"
    home.mkdir(exist_ok=True)
    write(home, raw)
    begun = time.process_time()
    try:
        assert load(home, {}).home == home
    except BadFile as refusal:
        problems = refusal.problems
    else:
        return
    assert problems
    assert time.process_time() - begun < 2
    for problem in problems:
        assert 0 <= problem.line <= raw.count(b"\n") + raw.count(b"\r") + 1
        assert problem.line or problem.code not in ("toml-syntax", "not-utf8"), problem


# --- assetflow init ---------------------------------------------------------------------------

COUNCIL = Council(
    name='The "Royal" Borough of O\'Neill & Sons \\ Partners',
    address="Neuadd y Dref, Lŷn; 1 #Street = 'x' [y] {z}",
    phone="0151 496 0100",
    email="assets@council.example",
    website="https://council.example/?a=b&c=%20",
)
NAMES = {
    "quotes": "Council of \"Quotes\" and 'more'",
    "three quotes": "'''Council\"\"\"",
    "backslashes": "C:\\Council\\name\\u0041\\n",
    "the signs of a settings file": "[council] name = # none",
    "accents and emoji": "Comhairle nan Eilean Siar 🏛",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_council_is_named_as_it_was_typed(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    Terminal(home)("init", "--council", name)
    assert load(home, {}).council == Council(name=name)


def test_all_details_of_a_council_come_back_as_they_were_typed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Terminal(home)(
        "init", "--council", COUNCIL.name, "--council-address", COUNCIL.address,
        "--council-phone", COUNCIL.phone, "--council-email", COUNCIL.email,
        "--council-website", COUNCIL.website, "--calendar", "northern-ireland",
        "--officer", "Siân Ní Dhomhnaill",
    )  # fmt: skip
    found = load(home, {})
    assert found.council == COUNCIL
    assert found.calendar == "northern-ireland"
    assert found.acting_as


@pytest.mark.parametrize(
    "name",
    ["Two\nlines", "Two\r\nlines", "a\ttab", "a bell \a", "NUL \0", "half a character \udcff"],
    ids=repr,
)
def test_a_council_whose_name_breaks_the_line_gets_no_home(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    result = Terminal(home)("init", "--council", name, code=2)
    assert "control characters" in result.err
    assert not home.exists()


def test_making_a_home_again_changes_no_setting(af: Terminal) -> None:
    before = (af.home / FILE_NAME).read_bytes()
    af("init", "--council", "Another Council", "--calendar", "scotland")
    assert (af.home / FILE_NAME).read_bytes() == before


def test_a_command_in_a_home_with_broken_settings_names_the_line(af: Terminal) -> None:
    write(af.home, '[council]\nname = "Sefton\n')
    result = af("case", "list", code=2)
    assert result.out == ""
    assert result.err.startswith("The settings cannot be read.\n")
    assert f"{af.home / FILE_NAME}:2:" in result.err


# --- policy files -----------------------------------------------------------------------------


def test_the_councils_own_policy_file_wins_over_the_shipped_one(home: Path) -> None:
    found = load(home, {})
    shipped = found.policy_file("data", "bank_holidays.json")
    assert shipped is not None
    own = home / "data" / "bank_holidays.json"
    own.parent.mkdir()
    own.write_bytes(shipped.read_bytes())
    assert found.policy_file("data", "bank_holidays.json") == own
    assert found.policy_file("data", "nothing.json") is None


def test_settings_are_read_once_and_never_changed(home: Path) -> None:
    found = load(home, {})
    with pytest.raises(AttributeError):
        found.calendar = "scotland"  # type: ignore[misc]
    assert replace(found, calendar="scotland") != found
