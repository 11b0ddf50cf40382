"""The strict YAML reader: what people write is what the program gets, or they are told the line.

The first table says what is read, and as what; the second what is refused, where and why.
"""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sizes import fuzzed

from assetflow.errors import BadFile, Problem
from assetflow.yaml_reader import (
    MAX_BYTES,
    Tree,
    read_bytes,
    read_file,
    read_quickly,
    read_thoroughly,
)


def refused(raw: bytes) -> list[Problem]:
    """The problems for which a text is refused; it must be."""
    with pytest.raises(BadFile) as caught:
        read_bytes(raw, "route.yaml")
    return list(caught.value.problems)


READ_AS: dict[str, tuple[str, Any]] = {
    "plain text": ("a: a lease of 25 years", "a lease of 25 years"),
    "a number": ("a: 25", 25),
    "a negative number": ("a: -3", -3),
    "zero": ("a: 0", 0),
    "true": ("a: true", True),
    "false": ("a: false", False),
    "true in quotes": ("a: 'true'", "true"),
    "a number in quotes": ('a: "25"', "25"),
    "no in quotes": ("a: 'no'", "no"),
    "on in double quotes": ('a: "on"', "on"),
    "null in quotes": ("a: 'null'", "null"),
    "a tilde in quotes": ('a: "~"', "~"),
    "leading zeros in quotes": ('a: "0777"', "0777"),
    "a time in quotes": ('a: "12:30"', "12:30"),
    "an empty text in quotes": ('a: ""', ""),
    "a word that contains no": ("a: not now", "not now"),
    "no in a block of text": ("a: |-\n  no", "no"),
    "text over two lines": ("a: >-\n  one\n  two", "one two"),
    "a decimal stays as written": ("a: 1.10", "1.10"),
    "a date stays text": ("a: 2026-02-03", "2026-02-03"),
    "a telephone number stays text": ("a: 0151 496 0100", "0151 496 0100"),
    "hexadecimal stays text": ("a: 0x1F", "0x1F"),
    "underscores stay text": ("a: 1_000", "1_000"),
    "an exponent stays text": ("a: 1e3", "1e3"),
    "infinity stays text": ("a: .inf", ".inf"),
    "a plus sign stays text": ("a: +5", "+5"),
    "eighteen digits": ("a: 999999999999999999", 999_999_999_999_999_999),
    "nineteen digits stay text": ("a: 9999999999999999999", "9999999999999999999"),
    "a number of 5,000 digits stays text": ("a: " + "9" * 5_000, "9" * 5_000),
    "digits that are not ASCII stay text": ("a: ٣", "٣"),
    "Welsh": ("a: Trosglwyddo asedau cymunedol i Lŷn", "Trosglwyddo asedau cymunedol i Lŷn"),
    "Gaelic, a pound sign and an emoji": ("a: Dùn Èideann £1 🏛", "Dùn Èideann £1 🏛"),
    "a character by its number": ('a: "\\u00a310"', "£10"),
    "a colon without a space": ("a: https://council.example/x", "https://council.example/x"),
    "a hash without a space": ("a: lot#4", "lot#4"),
    "a comment after a value": ("a: 1 # one", 1),
    "an apostrophe": ("a: 'the council''s hall'", "the council's hall"),
    "a list in brackets": ("a: [b, 2, true, '3']", ["b", 2, True, "3"]),
    "a list on lines": ("a:\n  - b\n  - c", ["b", "c"]),
    "a list that is not indented": ("a:\n- b", ["b"]),
    "an empty list": ("a: []", []),
    "an empty group": ("a: {}", {}),
    "a group in braces": ("a: {b: c, d: 5}", {"b": "c", "d": 5}),
    "lines that end as on Windows": ("a: 1\r\n", 1),
    "a byte-order mark": ("\ufeffa: 1", 1),
    "the marks of one document": ("---\na: 1\n...\n", 1),
}


@pytest.mark.parametrize(("text", "value"), READ_AS.values(), ids=READ_AS.keys())
def test_what_is_written_is_what_is_read(text: str, value: Any) -> None:
    read = read_bytes(text.encode(), "route.yaml").value
    assert list(read) == ["a"]
    assert (type(read["a"]), read["a"]) == (type(value), value)


def test_entries_may_be_nested_twenty_deep() -> None:
    nested = "[" * 20 + "b" + "]" * 20
    assert str(read_bytes(nested.encode(), "route.yaml").value) == nested.replace("b", "'b'")


KEYS = {
    "a key that looks like a truth": ("on: 1", "on"),
    "a key that looks like nothing": ("null: 1", "null"),
    "a key that looks like a number": ("2026: 1", "2026"),
    "a key in quotes": ("'a b': 1", "a b"),
    "a key in another script": ("ystâd: 1", "ystâd"),
}


@pytest.mark.parametrize(("text", "key"), KEYS.values(), ids=KEYS.keys())
def test_a_key_is_text_whatever_it_looks_like(text: str, key: str) -> None:
    assert read_bytes(text.encode(), "route.yaml").value == {key: 1}


LAUGHS = "a: &a [ha, ha]\n" + "\n".join(
    f"{name}: &{name} [*{before}, *{before}, *{before}]"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "\n".join(f"k{n}: &k{n}\n  <<: [*a, *a]" for n in range(500))

# The text, the code of its one problem, and where that stands.
REFUSED: dict[str, tuple[str | bytes, str, int, int]] = {
    "a key twice": ("a: 1\nb: 2\na: 3", "duplicate-key", 3, 1),
    "a key twice, deeper": ("s:\n  a: 1\n  b: 2\n  a: 1", "duplicate-key", 4, 3),
    "a key twice in one line": ("s: {a: 1, a: 2}", "duplicate-key", 1, 11),
    "a key with and without quotes": ("a: 1\n'a': 2", "duplicate-key", 2, 1),
    "a key twice after a byte-order mark": ("\ufeffa: 1\na: 2", "duplicate-key", 2, 1),
    "yes": ("a: yes", "yaml-trap", 1, 4),
    "No": ("x: 1\na: No", "yaml-trap", 2, 4),
    "on": ("a: on", "yaml-trap", 1, 4),
    "OFF": ("a: OFF", "yaml-trap", 1, 4),
    "y": ("a: y", "yaml-trap", 1, 4),
    "True with a capital": ("a: True", "yaml-trap", 1, 4),
    "FALSE in capitals": ("a: FALSE", "yaml-trap", 1, 4),
    "null": ("a: null", "yaml-trap", 1, 4),
    "a tilde": ("a: ~", "yaml-trap", 1, 4),
    "leading zeros": ("a: 0777", "yaml-trap", 1, 4),
    "a month with a leading zero": ("a: 08", "yaml-trap", 1, 4),
    "a time": ("a: 12:30", "yaml-trap", 1, 4),
    "a time with seconds": ("a: 12:30:00", "yaml-trap", 1, 4),
    "no in a list": ("a: [yes please, no]", "yaml-trap", 1, 17),
    "an empty value": ("a: 1\nb:\nc: 3", "yaml-trap", 2, 3),
    "an empty item of a list": ("a:\n  -\n  - b", "yaml-trap", 2, 4),
    "a key alone in braces": ("a: {b}", "yaml-trap", 1, 6),
    "nothing but the mark of a document": ("---\n", "yaml-trap", 2, 1),
    "an anchor": ("a: &x 1", "alias", 1, 4),
    "an alias": ("a: 1\nb: *x", "alias", 2, 4),
    "an anchor at a list": ("a:\n  - &x [1]", "alias", 2, 5),
    "a billion laughs": (LAUGHS, "alias", 1, 4),
    "a merge-key bomb": (MERGES, "alias", 1, 4),
    "a merge key": ("b: 1\na:\n  c: 1\n  <<: {d: 1}", "merge-key", 4, 3),
    "a merge key in braces": ("a: {b: 1, <<: c}", "merge-key", 1, 11),
    "a tag": ("a: !!python/object/apply:os.system [ls]", "tag", 1, 4),
    "a tag of one's own": ("a: 1\nb: !secret x", "tag", 2, 4),
    "a tag without a name": ("a: ! x", "tag", 1, 4),
    "a tag of a whole file": ("!!map\na: 1", "tag", 1, 1),
    "a list as a key": ("b: 1\n? [a]\n: 1", "key-not-text", 2, 3),
    "a group as a key": ("{a: 1}: 2", "key-not-text", 1, 1),
    "a key with an anchor": ("b: 1\n&x a: 1", "key-not-text", 2, 1),
    "an alias as a key": ("*x : 1", "key-not-text", 1, 1),
    "a key with a tag": ("!!int 5: 1", "key-not-text", 1, 1),
    "ten thousand brackets": ("[" * 10_000, "too-deep", 1, 22),
    "ten thousand brackets that are closed": ("[" * 10_000 + "]" * 10_000, "too-deep", 1, 22),
    "ten thousand braces": ("{a: " * 10_000, "too-deep", 1, 85),
    "ten thousand dashes": ("- " * 10_000, "too-deep", 1, 43),
    "an unclosed quote": ("a: 1\nb: 'x\nc: 3\n", "yaml-syntax", 2, 4),
    "an unclosed double quote": ('a: "x\n\nc: 3\n', "yaml-syntax", 1, 4),
    "an unclosed bracket": ("a: 1\nb: [1,\nc, d\n", "yaml-syntax", 2, 4),
    "an unclosed brace": ("a: {b: c\n", "yaml-syntax", 1, 4),
    "a bracket closed by a brace": ("a: [1, 2}", "yaml-syntax", 1, 9),
    "a comma too many": ("a: [1,,2]", "yaml-syntax", 1, 7),
    "a tab after a colon": ("a:\tb", "yaml-syntax", 1, 3),
    "a tab as indentation": ("a:\n\tb: 1", "yaml-syntax", 2, 1),
    "two colons in a line": ("a: 1\nb: about: it", "yaml-syntax", 2, 9),
    "a line without a colon": ("a: 1\nb\nc: 3", "yaml-syntax", 2, 1),
    "indentation that fits nothing": ("a:\n    b: 1\n  c: 2", "yaml-syntax", 3, 3),
    "a list beside a key": ("a: 1\n- b", "yaml-syntax", 2, 1),
    "text after a quote": ("a: 'b' c", "yaml-syntax", 1, 8),
    "a star without quotes": ("a: [*]", "yaml-syntax", 1, 5),
    "a percent sign first": ("a: %x", "yaml-syntax", 1, 4),
    "a greater-than sign first": ("a: > 10 days\n", "yaml-syntax", 1, 4),
    "a backslash in double quotes": ('a: "C:\\letters"', "yaml-syntax", 1, 8),
    "a character beyond Unicode": ('b: 1\na: "\\UFFFFFFFF"', "yaml-syntax", 2, 7),
    "a YAML version of 5,000 digits": (f"%YAML 1.{'9' * 5_000}\n---\na: 1", "yaml-syntax", 1, 9),
    "a second document": ("a: 1\n---\nb: 2", "second-document", 2, 1),
    "a second document after the end": ("a: 1\n...\n---\nb: 2", "second-document", 3, 1),
    "an empty file": ("", "empty", 0, 0),
    "a file of blank lines": ("\n\n\n", "empty", 0, 0),
    "a file of comments": ("# a route\n# to come\n", "empty", 0, 0),
    "a byte-order mark alone": ("\ufeff", "empty", 0, 0),
    "NUL": ("a: 1\nb: x\0y", "bad-character", 2, 5),
    "a bell": ("a: \x07", "bad-character", 1, 4),
    "NUL by its number": ('a: "x\\0y"', "bad-character", 1, 4),
    "half a character by its number": ('a: 1\nb: "\\ud800"', "bad-character", 2, 4),
    "half a character in a key": ('a: 1\n"\\udfff": 1', "bad-character", 2, 1),
    "UTF-16": ("a: 1\n".encode("utf-16"), "not-utf8", 1, 1),
    "UTF-16 without its mark": ("a: 1\n".encode("utf-16-le"), "bad-character", 1, 2),
    "Latin-1": ("a: 1\nb: café\n".encode("latin-1"), "not-utf8", 2, 7),
    "a photograph": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "not-utf8", 1, 1),
    "a file of 256 KB and one byte": (b"#" * (MAX_BYTES + 1), "too-large", 0, 0),
    "twenty thousand entries": ("[" + "a," * 20_000 + "]", "too-many-entries", 1, 1),
    "as many keys on lines": (
        "".join(f"k{n}: v\n" for n in range(10_000)),
        "too-many-entries",
        1,
        1,
    ),
}  # fmt: skip


def test_the_corpus_of_hostile_texts_is_whole() -> None:
    assert len(REFUSED) >= 62


@pytest.mark.parametrize(("text", "code", "line", "column"), REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_or_doubtful_text_is_refused_at_its_place(
    text: str | bytes, code: str, line: int, column: int
) -> None:
    started = time.process_time()
    problems = refused(text if isinstance(text, bytes) else text.encode())
    assert [(p.code, p.line, p.column) for p in problems] == [(code, line, column)]
    assert time.process_time() - started < 2


# Texts just below the limits, each made to be slow in its own way.
SLOW = {
    "one long word": "a: " + "x" * (MAX_BYTES - 3),
    "many short words": "a: " + "x " * 130_000,
    "blank lines": "a: 1" + "\n" * 262_000,
    "one comment": "a: 1 #" + "x" * 262_000,
    "a block of short lines": "a: |\n" + " x\n" * 87_000,
    "apostrophes": "a: '" + "''" * 131_000 + "'",
    "colons": "a" + ":" * 262_000 + "b",
    "commas": "a" + ",a" * 131_000,
    "question marks": "? " * 131_000,
    "dashes": "-" * 262_000,
    "opening brackets": "[" * 262_000,
    "percent signs": "%" + "A" * 262_000,
    "an unclosed quote over many lines": '"' + "x\n" * 131_000,
    "pairs without values": "{" + "a,b," * 65_000 + "}",
    "a long key": "x" * 262_000 + ": 1",
    "carriage returns": "a: 1" + "\r" * 262_000,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW.keys())
def test_no_text_below_the_limit_takes_two_seconds(text: str) -> None:
    assert len(text.encode()) <= MAX_BYTES
    started = time.process_time()
    only_a_tree_or_a_bad_file(text.encode())
    assert time.process_time() - started < 2


# --- what a person is told ------------------------------------------------------------------

TOLD = {
    "a: 1\nb: 2\na: 3": (
        "route.yaml:3:1: duplicate-key: 'a' stands here and already on line 1 (keep one of the two)"
    ),
    "a: yes": (
        "route.yaml:1:4: yaml-trap: yes can be read in more than one way "
        "(write true or false, or put the text in quotes)"
    ),
    "a:": (
        "route.yaml:1:3: yaml-trap: no value stands here "
        "(write the value, or leave the whole entry out)"
    ),
    "a: null": (
        "route.yaml:1:4: yaml-trap: null can be read in more than one way "
        "(leave the whole entry out, or put the text in quotes)"
    ),
    "a: 12:30": (
        "route.yaml:1:4: yaml-trap: 12:30 can be read in more than one way "
        "(put it in quotes to have it as it stands)"
    ),
    "from: [*]": (
        "route.yaml:1:8: yaml-syntax: text cannot begin with & or * "
        '(put the text in quotes, as in from: ["*"])'
    ),
    "a:\n\tb: 1": "route.yaml:2:1: yaml-syntax: a tab stands here (write spaces instead)",
    "a: [1,\nb: 2": (
        "route.yaml:1:4: yaml-syntax: what opens here is never closed with ] (close it with ])"
    ),
    "a: `x`": "route.yaml:1:4: yaml-syntax: text cannot begin with '`' (put the text in quotes)",
    "a: 1\nb\nc: 2": (
        "route.yaml:2:1: yaml-syntax: this line has no colon after its name "
        "(write it as name: value)"
    ),
    "a: \0": (
        "route.yaml:1:4: bad-character: U+0000 is not a character that text can hold (delete it)"
    ),
    "": "route.yaml: empty: the file says nothing (see that it is the right file)",
}


@pytest.mark.parametrize(("text", "told"), TOLD.items(), ids=repr)
def test_a_problem_says_where_what_and_how_to_mend_it(text: str, told: str) -> None:
    assert [str(problem) for problem in refused(text.encode())] == [told]


def test_all_doubtful_values_of_a_file_are_named_at_once_in_the_order_of_its_lines() -> None:
    problems = refused(b"a: no\nb: 1\nc:\nb: 2\nd: {e: 0777}\n")
    assert [(p.line, p.code) for p in problems] == [
        (1, "yaml-trap"),
        (3, "yaml-trap"),
        (4, "duplicate-key"),
        (5, "yaml-trap"),
    ]


def test_a_key_that_stands_three_times_is_named_twice() -> None:
    told = [problem.message for problem in refused(b"a: 1\na: 2\n\na: 3\n")]
    assert told == [
        "'a' stands here and already on line 1",
        "'a' stands here and already on line 2",
    ]


# --- places ---------------------------------------------------------------------------------


def test_every_entry_is_found_again_by_line_and_column() -> None:
    tree = read_bytes(b"stages:\n  legal:\n    letters: [a,\n      b]\n", "route.yaml")
    places = {
        (): (1, 1),
        ("stages",): (1, 1),
        ("stages", "legal"): (2, 3),
        ("stages", "legal", "letters"): (3, 5),
        ("stages", "legal", "letters", 0): (3, 15),
        ("stages", "legal", "letters", 1): (4, 7),
    }
    assert tree.marks == places


def test_what_is_missing_is_shown_at_the_nearest_thing_around_it() -> None:
    tree = read_bytes(b"stages:\n  legal: {label: Legal}\n", "route.yaml")
    problem = tree.problem(("stages", "legal", "target"), "no-target", "legal has no target")
    assert (problem.line, problem.column) == (2, 3)


# --- files ----------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(BadFile) as caught:
        read_file(path)
    assert [str(p) for p in caught.value.problems] == [
        f"{path}: unreadable: No such file or directory"
    ]


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as caught:
        read_file(tmp_path)
    assert [p.code for p in caught.value.problems] == ["unreadable"]


# --- anything at all ------------------------------------------------------------------------


def only_a_tree_or_a_bad_file(raw: bytes) -> None:
    """Read anything; a refusal must have problems, each with a place within the text."""
    try:
        tree = read_bytes(raw, "any.yaml")
    except BadFile as refusal:
        problems = refusal.problems
    else:
        assert isinstance(tree, Tree)
        assert () in tree.marks
        return
    lines = len(re.split("\r\n|[\n\r\x85\u2028\u2029]", raw.decode("utf-8", "replace")))
    assert problems
    for problem in problems:
        assert 0 <= problem.line <= lines
        assert problem.line or problem.code in ("empty", "too-large")


pieces = st.sampled_from(
    [
        *"ab:?[]{},'\"\\|>#%&*!~-0@`\n\t\r\x85\u2028é\ufeff\0 ",
        *("  ", "\n  ", "- ", ": ", "k: ", "<<: ", "---\n", "...", "!!int ", "yes", "12:30"),
        *("\\U", "\\x", "%YAML 1.", "%TAG !"),
    ]
)


@settings(max_examples=fuzzed())
@given(st.lists(pieces, max_size=30).map("".join) | st.text(max_size=60))
@example('"\\U110000FF"')
def test_text_of_any_kind_is_read_or_refused(text: str) -> None:
    only_a_tree_or_a_bad_file(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=fuzzed())
@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused(raw: bytes) -> None:
    only_a_tree_or_a_bad_file(raw)


lines_of_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=30
)


@settings(max_examples=100)
@given(lines_of_text)
def test_any_text_in_single_quotes_comes_out_as_it_went_in(text: str) -> None:
    written = "a: '" + text.replace("'", "''") + "'"
    assert read_bytes(written.encode(), "route.yaml").value == {"a": text}


# --- the quick way and the thorough one -----------------------------------------------------------

ROOT = Path(__file__).parents[1]
EVERY_FILE = sorted(
    path
    for folder in (
        "workflows",
        "data",
        "docs/workflow-problems",
        "docs/scenario-problems",
        "tests/workflow_problems",
    )
    for path in (ROOT / folder).glob("*.yaml")
)


def said_alike(raw: bytes) -> bool:
    """Hold what the quick way gives against the thorough one; whether it gave anything."""
    quick = read_quickly(raw, "route.yaml")
    if quick is not None:
        thorough = read_thoroughly(raw, "route.yaml")
        assert (quick.value, quick.marks) == (thorough.value, thorough.marks)
    return quick is not None


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: path.name)
def test_a_file_says_the_same_to_both_parsers(path: Path) -> None:
    said = said_alike(path.read_bytes())
    assert said or "problems" in str(path.parent), "a sound file is read the quick way"


@pytest.mark.parametrize("text", [text for text, _ in READ_AS.values()], ids=list(READ_AS))
def test_what_is_read_is_read_alike_by_both_parsers(text: str) -> None:
    said_alike(text.encode())


@settings(max_examples=fuzzed(), deadline=None)
@given(st.lists(pieces, max_size=30).map("".join) | st.text(max_size=60) | lines_of_text)
def test_no_text_says_one_thing_to_one_parser_and_another_to_the_other(text: str) -> None:
    try:
        said_alike(text.encode("utf-8", "surrogatepass"))
    except BadFile as refused_by_one:
        pytest.fail(f"the quick way read what is refused: {refused_by_one.problems}")
