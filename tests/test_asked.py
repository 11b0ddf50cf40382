"""What was asked and answered in earlier rounds and stages can be looked at, evidence and all."""

from pathlib import Path

import pytest
from conftest import Terminal


@pytest.fixture
def twice(case: Terminal, tmp_path: Path) -> Terminal:
    """A case on which the service signed, was asked again, and signed again, each with a file."""
    case("champion", "name", "1", "alex")
    for n, purpose in enumerate(("Bowls", "A garden"), start=1):
        case("case", "record", "1", f"transfer_purpose={purpose}")
        case("signoff", "request", "1")
        (tmp_path / f"reply-{n}.eml").write_text(f"I agree, {n}.")
        case("signoff", "give", "1", "service", "--by", "nadia",
             "--evidence-file", str(tmp_path / f"reply-{n}.eml"))  # fmt: skip
    return case


def test_every_request_is_listed_and_its_evidence_comes_out(
    twice: Terminal, tmp_path: Path
) -> None:
    shown = twice("signoff", "show", "1", "service").out
    assert "all requests to it on this case" in shown
    assert "reply-1.eml" in shown
    assert "reply-2.eml" in shown
    for number, words in ((1, b"I agree, 1."), (2, b"I agree, 2.")):
        out = tmp_path / f"out-{number}.eml"
        twice("signoff", "show", "1", "service", "--number", str(number),
              "--save-evidence", str(out))  # fmt: skip
        assert out.read_bytes() == words
    newest = tmp_path / "newest.eml"
    twice("signoff", "show", "1", "service", "--save-evidence", str(newest))
    assert newest.read_bytes() == b"I agree, 2."


def test_an_earlier_request_shows_what_was_read_then(twice: Terminal) -> None:
    first = twice("signoff", "show", "1", "service", "--number", "1", "--json").json
    assert first["signoff"]["round"] == 1
    assert [fact for fact in first["facts"] if fact[1:] == ["Bowls", "A garden"]]
    assert first["answer"].startswith("signed by Nadia Hart")
    assert [one["number"] for one in first["requests"]] == [1, 2]
    assert [one["file"] for one in first["requests"]] == ["reply-1.eml", "reply-2.eml"]


def test_a_request_of_an_earlier_stage_is_found_by_its_number(twice: Terminal) -> None:
    twice("case", "withdraw", "1", "--why", "Found another site")
    told = twice("signoff", "show", "1", "service", code=6).err
    assert "--number 2" in told
    shown = twice("signoff", "show", "1", "service", "--number", "2").out
    assert "answer: signed by Nadia Hart" in shown


@pytest.mark.parametrize("number", ["0", "3", "-1"])
def test_a_request_that_was_never_made_is_not_found(twice: Terminal, number: str) -> None:
    told = twice("signoff", "show", "1", "service", "--number", number, code=6).err
    assert f"There is no request {number} to Service that holds the asset" in told


def test_what_is_not_on_the_file_stands_last_and_apart(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    seen = case("signoff", "show", "1", "service")
    lines = seen.out.splitlines()
    assert lines[-1].startswith("not on the file, so not in its letter: ")
    assert "not on the file" not in "".join(lines[:-1])
    data = case("signoff", "show", "1", "service", "--json").json
    assert [fact[1] for fact in data["facts"]] == ["Bowls"]
    assert data["absent"]
    case("case", "record", "1", "lease_term=25 years")
    changed = case("signoff", "show", "1", "service", "--json").json
    assert ["not on the file", "25 years"] in [fact[1:] for fact in changed["facts"]]
    assert "void" in changed["answer"]
