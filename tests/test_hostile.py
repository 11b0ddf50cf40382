"""The fixed corpora of hostile input, each with the refusal it must meet; nothing is stored.

Hostile workflow files stand in ``test_yaml_reader.py`` and ``test_definitions.py``, hostile asset
registers in ``test_register.py``; here are letters, mail addresses and paths, and what was once
slow.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts import attempt, stored
from conftest import Terminal

from assetflow.letters import LetterBook
from assetflow.settings import FILE_NAME

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(scope="module")
def desk(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A home with one case, in which anything may be typed."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(_template, home)
    af = Terminal(home)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", "--champion", "alex")
    return af


# --- letters --------------------------------------------------------------------------------

HEAD = "---\nto: group\nsubject: A letter\n---\n# {{ subject }}\n"  # the body begins on line 6
FACTS = ("progress_made=Much", "progress_awaited=Title", "forecast_date=2026-12-01")

# What is written, the code of the problem that is found, and its line.
ESCAPES = {
    "every class there is": ("{{ ().__class__.__base__.__subclasses__() }}", "not-allowed", 6),
    "a class by its name in quotes": ("{{ case['__class__'] }}", "unknown-name", 6),
    "a class of a text": ("{{ ''['__class__'] }}", "not-allowed", 6),
    "a class by a filter": ("{{ case | attr('__class__') }}", "unknown-filter", 6),
    "the globals of a helper": (
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "not-allowed", 6),
    "the globals of another helper": (
        "{{ lipsum.__globals__['os'].popen('id').read() }}", "not-allowed", 6),
    "the template itself": ("{{ self.__init__.__globals__ }}", "unknown-name", 6),
    "the namespace": ("{{ namespace(x=1).__class__ }}", "not-allowed", 6),
    "a format that reads attributes": (
        "{{ '{0.__class__.__init__}'.format(case) }}", "not-allowed", 6),
    "a format of a mapping": ("{{ '{x.__class__}'.format_map(case) }}", "not-allowed", 6),
    "a format kept under a name": (
        "{% set f = '{0.__class__}'.format %}\n{{ f(case) }}", "not-allowed", 7),
    "a format by a filter": (
        "{{ ('{0.__class__}' | attr('format'))(case) }}", "not-allowed", 6),
    "another file": ("text\n{% include '../../../etc/passwd' %}", "bad-include", 7),
    "a module": ("\n\n{% import 'os' as os %}{{ os.system('id') }}", "not-allowed", 8),
}  # fmt: skip
ORM_ABUSES = {
    "a decision": ("{{ case.approve() }}", "not-allowed", 6),
    "the tables": ("{{ case.metadata.clear() }}", "not-allowed", 6),
    "the connections": ("{{ case.registry.dispose() }}", "not-allowed", 6),
    "another person's note": ("{{ case.notes.author.email }}", "unknown-name", 6),
    "the session": ("{{ case._sa_instance_state.session }}", "unknown-name", 6),
}
WHY = "{{ case.why }}"
EXHAUSTION = {
    "a text of gigabytes": ("{{ 'x' * 1000000000 }}", "not-allowed", 6),
    "a list of gigabytes": ("{{ [1] * 1000000000 }}", "not-allowed", 6),
    "a number of billions of digits": ("{{ 9 ** 9 ** 9 }}", "not-allowed", 6),
    "a loop over a billion numbers": (
        "{% for i in range(999999999) %}x{% endfor %}", "not-allowed", 6),
    "a list of a billion numbers": ("{{ range(10 ** 9) | list }}", "unknown-filter", 6),
    "three loops in one another": (
        "{% for a in stages %}{% for b in stages %}\n{% for c in stages %}x{% endfor %}"
        "{% endfor %}{% endfor %}", "loop-too-deep", 7),
    "a wide column": ("{{ 'x' | center(1000000000) }}", "unknown-filter", 6),
    "a deep margin": ("{{ 'x' | indent(1000000000) }}", "unknown-filter", 6),
    "a wide number": ("{{ '%1000000000d' % 1 }}", "not-allowed", 6),
    "a wide number by a filter": ("{{ '%1000000000d' | format(1) }}", "unknown-filter", 6),
    "a wide number by a method": ("{{ '{:1000000000}'.format(1) }}", "not-allowed", 6),
    "filler text": ("{{ lipsum(n=10000000) }}", "not-allowed", 6),
    "a macro that calls itself": (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "not-allowed", 6),
    "a loop that calls itself": (
        "{% for a in stages recursive %}{{ loop(stages) }}{% endfor %}", "not-allowed", 6),
    "a text that doubles": (
        "{% set x = 'xxxx' %}" + "{% set x = x ~ x %}" * 40, "not-allowed", 6),
    "a part that includes itself": ("{% include 'parts/round.md.j2' %}", "include-loop", 1),
    "a part included a thousand times": (
        "{% include 'parts/small.md.j2' %}\n" * 1_000, "too-many-parts", 0),
    "parts that include parts": ("{% include 'parts/many.md.j2' %}", "too-many-parts", 0),
    "thousands of brackets": ("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "syntax", 0),
    "conditions a hundred and fifty deep": (
        "{% if today %}" * 150 + "x" + "{% endif %}" * 150, "syntax", 0),
    "a number of thousands of digits": ("{{ " + "9" * 20_000 + " }}", "syntax", 0),
    "thousands of values": ((WHY + "\n") * 4_000, "too-many-uses", 0),
    "thousands of unknown names": ("{{ x }}\n" * 7_000, "too-many-uses", 0),
    "a file of 64 KB and more": ("x" * 66_000, "too-big", 0),
}  # fmt: skip
ROUND = {
    "round": "{% include 'parts/round.md.j2' %}",
    "many": "{% include 'parts/more.md.j2' %}" * 11,
    "more": "{% include 'parts/small.md.j2' %}" * 11,
    "small": "A part.\n",
}


@pytest.fixture
def letter(desk: Terminal) -> Iterator[Path]:
    """The council's own holding update, to be written by the test, with parts of every kind."""
    folder = desk.home / "letters" / "en"
    (folder / "parts").mkdir(parents=True)
    for name, text in ROUND.items():
        (folder / "parts" / f"{name}.md.j2").write_text(text, encoding="utf-8")
    yield folder / "holding_update.md.j2"
    shutil.rmtree(folder)


HOSTILE_LETTERS = {**ESCAPES, **ORM_ABUSES, **EXHAUSTION}


def test_the_corpus_of_hostile_letters_is_whole() -> None:
    assert (len(ESCAPES), len(ORM_ABUSES), len(EXHAUSTION)) == (14, 5, 24)
    assert len(HOSTILE_LETTERS) == 43


@pytest.mark.parametrize(
    ("body", "code", "line"), HOSTILE_LETTERS.values(), ids=HOSTILE_LETTERS.keys()
)
def test_a_hostile_letter_is_refused_at_its_line_and_never_sent(
    desk: Terminal, letter: Path, body: str, code: str, line: int
) -> None:
    letter.write_text(HEAD + body, encoding="utf-8")
    facts = [word for fact in FACTS for word in ("--fact", fact)]
    issue = attempt(desk, "letter", "issue", "1", "holding_update", *facts)
    assert issue.code == 2
    places = issue.err.splitlines()[1:]
    assert any(f":{line}:" in place and f" {code}: " in place for place in places) or not line
    assert f" {code}: " in issue.err
    assert str(letter.parent) in issue.err


@pytest.mark.parametrize(
    "body",
    [
        "[" * 60_000, "- a\n" * 15_000, "## a\n" * 12_000, "*a **b " * 8_000, "[a](" * 15_000,
        "|a|b|\n|-|-|\n" + "|x|y|\n" * 10_000, "a\n\n" * 20_000,
        "{% for a in stages %}{% for b in stages %}" + "[" * 60_000 + "{% endfor %}{% endfor %}",
        "{% for a in stages %}" + "- a\n" * 2_000 + "{% endfor %}",
    ],
    ids=["links", "list", "headings", "stars", "links 2", "table", "lines", "loops", "loop"],
)  # fmt: skip
def test_a_letter_that_says_too_much_is_refused_at_once(tmp_path: Path, body: str) -> None:
    assert problems_in_time(tmp_path, body) == ["cannot-write"]


def problems_in_time(folder: Path, body: str) -> list[str]:
    """Give the codes of a letter's problems, found by writing it for the sample cases too."""
    letter = folder / "en" / "slow.md.j2"
    letter.parent.mkdir()
    letter.write_text(HEAD + body, encoding="utf-8")
    begun = time.process_time()
    problems = LetterBook([folder]).problems()
    assert time.process_time() - begun < 2
    return [problem.code for problem in problems]


@pytest.mark.parametrize("piece", ["[", "- a\n", "a\n\n", "|a|b|\n"])
def test_a_letter_just_short_enough_is_read_in_time(tmp_path: Path, piece: str) -> None:
    table = "|a|b|\n|-|-|\n" if piece.startswith("|") else ""
    assert problems_in_time(tmp_path, table + piece * (11_500 // len(piece))) == []


# --- mail headers ---------------------------------------------------------------------------

# An address that would begin a second header line, name a second recipient or hide either.
HEADERS = {
    "a copy on a second line": ("joan@bowls.example\nBcc: al@x.example", "control characters"),
    "a copy after a carriage return": (
        "joan@bowls.example\r\nBcc: al@x.example", "control characters"),
    "a body after two line ends": ("joan@bowls.example\r\n\r\nPay now", "control characters"),
    "a line end in an encoded word": (
        "=?utf-8?q?x=0ABcc:_p@e.org?= <joan@bowls.example>", "not one email address"),
    "an encoded word as the address": (
        "=?utf-8?q?joan=40bowls.example?=", "not one email address"),
    "a second recipient after a comma": (
        "joan@bowls.example,press@x.example", "not one email address"),
    "a second recipient after a semicolon": (
        "joan@bowls.example;press@x.example", "not one email address"),
    "a name in front": ('"Joan, Mills" <joan@bowls.example>', "not one email address"),
    "a line end of Unicode": ("joan@bowls.example\u2028Bcc: al@x.example", "control characters"),
}  # fmt: skip
FORMS = {
    "a group": ("group", "add", "New Friends"),
    "a person": ("person", "add", "New Friend"),
    "a case": ("case", "open", "--asset", "SAMPLE-0009", "--group", "New Friends"),
}


def test_the_corpus_of_mail_headers_is_whole() -> None:
    assert len(HEADERS) == 9


@pytest.mark.parametrize("words", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize(("email", "reason"), HEADERS.values(), ids=HEADERS.keys())
def test_no_address_carries_a_second_header_or_recipient(
    desk: Terminal, words: tuple[str, ...], email: str, reason: str
) -> None:
    refused = attempt(desk, *words, "--email", email)
    assert refused.code == 2
    assert reason in refused.err


# --- paths ----------------------------------------------------------------------------------

# What is typed in a folder with a pipe, a folder, a link that leads to itself, a deep and an
# endless number in JSON; the exit code, and what is said.
PATHS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a route by a path": (("workflow", "show", "../../etc/passwd"), 6, "no workflow"),
    "a letter by a path": (("letter", "preview", "1", "/etc/passwd"), 6, "no letter"),
    "a register that is a pipe": (("asset", "import", "pipe"), 2, "Not an ordinary file"),
    "a register without end": (("asset", "import", "/dev/zero"), 2, "Not an ordinary file"),
    "a list of parts that is a pipe": (
        ("case", "open-parts", "1", "--file", "pipe"), 2, "Not an ordinary file"),
    "a list of parts without end": (
        ("case", "open-parts", "1", "--file", "/dev/zero"), 2, "Not an ordinary file"),
    "a register that is a folder": (("asset", "import", "folder"), 2, "Is a directory"),
    "a route that is a pipe": (("workflow", "check", "pipe"), 2, "Not an ordinary file"),
    "a route without end": (("workflow", "check", "/dev/zero"), 2, "Not an ordinary file"),
    "a route whose name is too long": (("workflow", "check", "x" * 300), 2, "File name too long"),
    "an anchor that is a pipe": (("db", "verify", "pipe"), 2, "Not an ordinary file"),
    "an anchor without bottom": (("db", "verify", "deep.json"), 2, "bad-anchor"),
    "an anchor with an endless number": (("db", "verify", "endless.json"), 2, "bad-anchor"),
    "a backup over a link": (("db", "backup", "circle"), 2, "exists already"),
    "a backup into a folder that is none": (("db", "backup", "none/../x"), 2, "no folder none/.."),
    "a backup whose name is too long": (("db", "backup", "x" * 300), 2, "File name too long"),
    "an export over the database": (("db", "export", "database"), 2, "exists already"),
    "an export into a pipe": (("db", "export", "pipe"), 2, "exists already"),
    "an anchor in no folder": (("db", "anchor", "pipe"), 2, "not a folder"),
    "a home begun from a pipe": (
        ("--home", "new", "init", "--from-backup", "pipe"), 2, "no backup"),
    "a home begun from a photograph": (
        ("--home", "new", "init", "--from-backup", "photograph"), 2, "It is no database"),
}  # fmt: skip


@pytest.fixture
def folder(desk: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the paths are typed."""
    monkeypatch.chdir(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("circle").symlink_to("circle")
    Path("database").symlink_to(desk.home / "assetflow.db")
    Path("deep.json").write_text("[" * 100_000, encoding="utf-8")
    heads = '{"taken_at": "", "root": "", "heads": [["CAT-2026-0001", 1e999, ""]]}'
    Path("endless.json").write_text(heads, encoding="utf-8")
    Path("photograph").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" * 100)
    return tmp_path


def test_the_corpus_of_paths_is_whole() -> None:
    assert len(PATHS) >= 14


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are of Unix")
@pytest.mark.parametrize(("words", "code", "said"), PATHS.values(), ids=PATHS.keys())
def test_a_path_that_leads_astray_is_refused_and_nothing_is_left_behind(
    desk: Terminal, folder: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    before = sorted(folder.rglob("*"))
    refused = attempt(desk, *words, expected=frozenset({code}))
    assert said in refused.err
    assert sorted(folder.rglob("*")) == before


# --- a home whose files are hostile ---------------------------------------------------------

SETTINGS = {
    "a section in a section without end": ("[assetflow]\na" + ".a" * 30_000 + " = 1\n", ":2: "),
    "a file without end": ("# " + "x" * 70_000 + "\n", "over 64 KB"),
    "a language that is a path": ("[assetflow]\nlanguage = '../..'\n", "bad-language"),
    "a language that is nothing": ("[assetflow]\nlanguage = ''\n", "bad-language"),
    "a language too long for a folder": (
        f"[assetflow]\nlanguage = '{'x' * 300}'\n", "bad-language"),
    "a database no file can be": (
        f"[assetflow]\ndatabase_url = 'sqlite:///{'x' * 300}'\n", "File name too long"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), SETTINGS.values(), ids=SETTINGS.keys())
def test_hostile_settings_are_refused_by_every_command(
    desk: Terminal, text: str, said: str
) -> None:
    path = desk.home / FILE_NAME
    kept = path.read_bytes()
    path.write_text(text, encoding="utf-8")
    try:
        for words in (("case", "list"), ("case", "note", "1", "x"), ("sweep",)):
            assert said in attempt(desk, *words, expected=frozenset({2, 4})).err
    finally:
        path.write_bytes(kept)


HOLIDAYS = ["[" * 100_000, "[]", "1", '"x"', "{}", '{"divisions": [1]}', '{"divisions": {}}',
            '{"divisions": {"england-and-wales": [1]}}', "\x00", "null"]  # fmt: skip
LIBRARIES = {
    "an entry that is a word": ("entries:\n  one: {terms: x}\n  two: word\n", ":3:3: bad-entry"),
    "an entry that is a list": ("entries: {a: [x]}\n", ":1:11: bad-entry"),
    "no entries": ("entries: word\n", "no-entries"),
}


@pytest.fixture
def data(desk: Terminal) -> Iterator[Path]:
    """The council's own data, to be written by the test."""
    yield desk.home / "data"
    for path in (desk.home / "data").iterdir():
        path.unlink()


@pytest.mark.parametrize("text", HOLIDAYS, ids=lambda text: text[:40])
def test_bank_holidays_that_are_none_are_named(desk: Terminal, data: Path, text: str) -> None:
    (data / "bank_holidays.json").write_text(text, encoding="utf-8")
    for words in (("case", "list"), ("case", "note", "1", "x")):
        refused = attempt(desk, *words)
        assert refused.code == 2
        assert "bank_holidays.json: bad-calendar: " in refused.err


@pytest.mark.parametrize(("text", "said"), LIBRARIES.values(), ids=LIBRARIES.keys())
def test_a_library_that_is_none_is_named_with_its_line(
    desk: Terminal, data: Path, text: str, said: str
) -> None:
    (data / "benchmark_library.yaml").write_text(text, encoding="utf-8")
    refused = attempt(desk, "library", "list")
    assert refused.code == 2
    assert said in refused.err


def test_a_home_that_cannot_be_begun_from_its_backup_is_not_begun(
    desk: Terminal, tmp_path: Path
) -> None:
    half = tmp_path / "half.db"
    whole = stored(desk.home)
    half.write_bytes(whole[: len(whole) // 2])
    init = Terminal(tmp_path / "new")("init", "--from-backup", str(half), code=2)
    assert "damaged" in init.err
    assert not (tmp_path / "new").exists()
