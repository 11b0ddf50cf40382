"""A department signs for what it read: what changes afterwards makes its answer void."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Terminal, furnish, receive
from sqlalchemy import select, text
from test_officer import Untouched, reasons, ways_out

from assetflow import models as m

EMAIL = ("--evidence", "Email of 2 March")


def ask(af: Terminal) -> None:
    """Ask the service department about a stated purpose."""
    af("champion", "name", "1", "grace")
    af("case", "record", "1", "transfer_purpose=Bowls and a garden")
    af("signoff", "request", "1")


@pytest.fixture
def asked(fresh: Callable[..., Terminal]) -> Terminal:
    """A case of which the service department has been asked about a stated purpose."""
    return fresh(furnish, receive, ask)


def signoffs(af: Terminal) -> list[dict[str, object]]:
    """Give the rows of all requests, in the order in which they were made."""
    with af.store.read() as db:
        return [
            dict(r) for r in db.execute(select(m.signoffs).order_by(m.signoffs.c.id)).mappings()
        ]


def code(af: Terminal) -> str:
    """Give the code under which the request to the service department stands."""
    return str(af("signoff", "show", "1", "service", "--json").json["code"])


def test_a_signature_is_bound_to_the_hash_of_what_was_read(asked: Terminal) -> None:
    asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL)
    first = signoffs(asked)[0]
    statement = str(first["statement"])
    assert json.loads(statement)["facts"]["transfer_purpose"] == '"Bowls and a garden"'
    assert first["statement_sha256"] == hashlib.sha256(statement.encode()).hexdigest()
    with asked.store.read() as db:
        words = list(db.execute(text("SELECT text FROM journal_payloads")).scalars())
    assert any(str(first["statement_sha256"]) in w and "signatory" in w for w in words)


def test_the_request_prints_the_code_of_what_is_read(asked: Terminal) -> None:
    letters = asked("letter", "list", "1", "--json").json
    (request,) = [row for row in letters if row["name"] == "signoff_request"]
    assert code(asked) in asked("letter", "show", str(request["number"])).out


def test_a_change_makes_the_signature_void_and_the_department_is_asked_again(
    asked: Terminal,
) -> None:
    asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL)
    asked("case", "record", "1", "transfer_purpose=A market")
    void = (
        "Service that holds the asset signed for something else: What the group will do with the "
        "asset was Bowls and a garden and is A market."
    )
    refused = asked("case", "advance", "1", "accept", code=1)
    assert any(reason.startswith(void) for reason in reasons(refused))
    assert "assetflow signoff request CAT-2026-0001 accept" in ways_out(refused)
    assert "void" in asked("signoff", "list", "1").out
    again = asked("signoff", "request", "1")
    assert "asked Service that holds the asset" in again.out
    assert [row["round"] for row in signoffs(asked) if row["department"] == "service"] == [1, 2]
    asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL)
    assert void not in asked("case", "advance", "1", "accept", code=1).err
    assert "the record is whole" in asked("db", "verify").out


def test_a_change_that_is_taken_back_leaves_the_signature_standing(asked: Terminal) -> None:
    asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL)
    asked("case", "record", "1", "transfer_purpose=A market")
    asked("case", "record", "1", "transfer_purpose=Bowls and a garden")
    assert "Service" not in asked("case", "advance", "1", "accept", code=1).err


def test_a_step_cannot_change_what_was_signed_for_in_the_same_breath(asked: Terminal) -> None:
    asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL)
    refused = asked("case", "advance", "1", "accept", "--fact", "transfer_purpose=A market", code=1)
    assert "signed for something else" in refused.err


def test_nobody_can_answer_a_request_that_speaks_of_something_else(asked: Terminal) -> None:
    asked("case", "record", "1", "transfer_purpose=A market")
    with Untouched(asked):
        refused = asked("signoff", "give", "1", "service", "--by", "nadia", *EMAIL, code=1)
    assert "was about something else" in reasons(refused)[0]
    assert ways_out(refused) == ["ask again: assetflow signoff request CAT-2026-0001 accept"]


def test_a_late_answer_to_an_earlier_request_is_recognised_by_its_code(asked: Terminal) -> None:
    first = code(asked)
    asked("case", "record", "1", "transfer_purpose=A market")
    asked("signoff", "request", "1")
    give = ("signoff", "give", "1", "service", "--by", "nadia", *EMAIL, "--code")
    with Untouched(asked):
        refused = asked(*give, first, code=1)
    assert f"The answer is to {first}" in reasons(refused)[0]
    asked(*give, code(asked).upper().replace("-", " "))


def test_departments_are_not_asked_about_what_they_cannot_read_yet(case: Terminal) -> None:
    case("champion", "name", "1", "grace")
    with Untouched(case):
        refused = case("signoff", "request", "1", code=1)
    assert "(transfer_purpose)" in reasons(refused)[0]
    assert "record it first" in ways_out(refused)[0]


def test_an_answer_that_nothing_shows_is_not_recorded(asked: Terminal) -> None:
    with Untouched(asked):
        refused = asked("signoff", "give", "1", "service", "--by", "nadia", code=1)
    assert reasons(refused) == [
        "Nothing shows the answer of Nadia Hart, who is not logged in here."
    ]
    assert "--evidence-file FILE" in ways_out(refused)[0]


def test_a_file_of_evidence_is_kept_and_given_back_byte_for_byte(
    asked: Terminal, tmp_path: Path
) -> None:
    mail, raw = tmp_path / "answer.eml", b"Subject: yes\r\n\r\nWe sign.\x00\xff"
    mail.write_bytes(raw)
    asked("signoff", "give", "1", "service", "--by", "nadia", "--evidence-file", str(mail))
    back = tmp_path / "back.eml"
    shown = asked("signoff", "show", "1", "service", "--save-evidence", str(back))
    assert back.read_bytes() == raw
    assert "recorded for them" in shown.out
    with asked.store.read() as db:
        words = " ".join(db.execute(text("SELECT text FROM journal_payloads")).scalars())
    assert hashlib.sha256(raw).hexdigest() in words
    assert asked("signoff", "show", "1", "service", "--save-evidence", str(back), code=2).err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"x" * (10 * 1024 * 1024 + 1), "is over 10 MB"), (None, "cannot be read")],
    ids=["empty", "too large", "not there"],
)
def test_a_file_that_can_be_no_evidence_is_refused(
    asked: Terminal, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "answer.eml"
    if content is not None:
        file.write_bytes(content)
    with Untouched(asked):
        words = ("signoff", "give", "1", "service", "--by", "nadia", "--evidence-file", str(file))
        assert sentence in asked(*words, code=2).err


def test_evidence_is_never_read_from_what_has_no_end(asked: Terminal) -> None:
    words = ("signoff", "give", "1", "service", "--by", "nadia", "--evidence-file", "/dev/zero")
    with Untouched(asked):
        assert "Not an ordinary file" in asked(*words, code=2).err


def test_signed_is_said_only_of_whoever_is_really_logged_in(asked: Terminal) -> None:
    asked("person", "login", "nadia", asked.login)
    asked("--as", "nadia", "signoff", "give", "1", "service")
    assert signoffs(asked)[0]["method"] == "cli-login"
    shown = asked("signoff", "list", "1").out
    assert "signed by Nadia Hart" in shown
    assert "(recorded)" not in shown
    asked("signoff", "give", "1", "legal", "--by", "owen", *EMAIL)
    assert "(recorded)" in asked("signoff", "list", "1").out


def test_whoever_only_says_they_are_the_signatory_has_not_signed(asked: Terminal) -> None:
    asked("person", "login", "nadia", "somebody.else")
    with Untouched(asked):
        refused = asked("--as", "nadia", "signoff", "give", "1", "service", code=1)
    assert "Nadia Hart, who is not logged in here" in refused.err
    asked("--as", "nadia", "signoff", "give", "1", "service", *EMAIL)
    assert signoffs(asked)[0]["method"] == "recorded"
