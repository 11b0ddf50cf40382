"""Words that could mislead: who is one or many, who is a number, and reasons over several lines."""

import pytest
from conftest import Terminal

from assetflow.facts import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1000, "1,000 records")]
)  # fmt: skip
def test_one_is_counted_as_one(number: int, words: str) -> None:
    assert counted(number, "record") == words


def test_no_sentence_says_one_of_many_ward_councillors(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    early = case("signoff", "give", "1", "ward_councillors", "--by", "ruth", code=1).err
    assert "Nobody has asked Ward councillors to sign in this stage." in early
    case("signoff", "request", "1")
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    case("case", "record", "1", "transfer_purpose=A garden")
    told = case("case", "next", "1").out + case("case", "advance", "1", "accept", code=1).err
    assert "The request to Ward councillors was about something else" in told
    assert "councillors was asked" not in told
    assert "councillors has" not in told
    assert "councillors is" not in told


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["1"], "'1' would be taken for a number"),
        (["2026", "--email", "a@b.example"], "'2026' would be taken for a number"),
        (["Ann Lee", "--handle", "12"], "'12' would be taken for a number"),
        (["Ann Lee", "--handle", "erased-4"], "'erased-4' would be taken for somebody"),
        (["Erased Person 2"], "'Erased Person 2' would be taken for somebody who was erased"),
        (["erased  person"], "'erased  person' would be taken for somebody who was erased"),
    ],
)
def test_nobody_is_called_like_a_number_or_somebody_erased(
    af: Terminal, words: list[str], reason: str
) -> None:
    before = af("person", "list").out
    assert reason in af("person", "add", *words, code=2).err
    assert af("person", "list").out == before


@pytest.mark.parametrize("name", ["Erasmus Lee", "Ann Personn", "Lee 2", "Ann Erased"])
def test_names_that_only_look_a_little_like_it_are_taken(af: Terminal, name: str) -> None:
    af("person", "add", name)


def test_the_reason_of_a_hold_stands_on_one_line(case: Terminal) -> None:
    case("case", "hold", "1", "--reason", " Claim 7:\nthe roof\u2028and   the floor ")
    assert "Claim 7: the roof and the floor" in case("case", "show", "1").out
    again = case("case", "hold", "1", "--reason", "Claim 7: the roof and the floor", code=1)
    assert "One lies for that reason already." in again.err
