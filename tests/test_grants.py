"""Who holds which role: given and ended on a named authority, by somebody who is not affected."""

from datetime import timedelta
from pathlib import Path

import pytest
from conftest import TODAY, Terminal
from sqlalchemy import text
from test_officer import Untouched, reasons

BY = ("--authority", "Scheme of delegation 3.2")
TOMORROW = TODAY + timedelta(days=1)


def roles(af: Terminal, person: str, *, all_: bool = False) -> list[str]:
    """Give the roles that a page of grants shows for a person."""
    shown = af("grant", "list", person, "--json", *(["--all"] if all_ else [])).json
    return [row["grant"]["role"] for row in shown]


def test_a_role_is_given_with_its_days_and_its_authority(af: Terminal) -> None:
    af(
        "grant",
        "add",
        "kim",
        "head_of_legal",
        "--since",
        "1 Mar 2026",
        "--until",
        "31 Mar 2026",
        *BY,
    )
    shown = af("grant", "list", "kim").out
    for part in ("head_of_legal", "1 Mar 2026", "31 Mar 2026", "Scheme of delegation 3.2"):
        assert part in shown
    assert "head_of_legal" not in af("grant", "list", "kim", on=TODAY + timedelta(days=60)).out
    assert "head_of_legal" in af("grant", "list", "kim", "--all", on=TODAY + timedelta(days=60)).out


@pytest.mark.parametrize(
    ("typed", "code", "sentence"),
    [
        ("kim head_of_legal", 2, "The authority is missing."),
        ("kim head_of_legal --authority x --since 2026-03-05 --until 2026-03-04", 1,
         "It would end on 4 Mar 2026, before it begins on 5 Mar 2026."),
        ("kim estates_officer --authority x", 1, "Kim Novak holds it already in that time."),
        ("kim head_of_leagl --authority x", 2, "there is no role head_of_leagl"),
        ("kim champion --authority x", 2, "champion is a place on a case, not a role"),
        ("kim signatory --authority x", 2, "a signatory needs a department"),
        ("kim signatory --department lgeal --authority x", 2, "there is no department lgeal"),
        ("kim director --department legal --authority x", 2, "a department goes with the role"),
        ("sam director --authority x", 1, "Nobody gives or takes their own roles"),
        ("zoe director --authority x", 6, "There is no person 'zoe'."),
    ],
)  # fmt: skip
def test_a_role_that_cannot_be_given_is_refused(
    af: Terminal, typed: str, code: int, sentence: str
) -> None:
    with Untouched(af):
        refused = af("grant", "add", *typed.split(), code=code)
    assert sentence in refused.err


@pytest.mark.parametrize("who", ["kim", "grace", "iris", "owen", "nadia"])
def test_only_an_administrator_gives_and_ends_roles(af: Terminal, who: str) -> None:
    tries = (
        ("grant", "add", "carol", "director", *BY),
        ("grant", "revoke", "maya", "signatory", "--department", "finance", *BY),
        ("grant", "deputise", "carol", "--for", "alex", "--role", "director",
         "--until", "2026-04-01", *BY),
        ("person", "add", "Wendy Moss", "--role", "director"),
        ("person", "login", "carol", "cfinch"),
    )  # fmt: skip
    with Untouched(af):
        for words in tries:
            assert "Who can: an administrator." in af("--as", who, *words, code=1).err or (
                words[0] == "person" and words[1] == "add"
            )


def test_a_role_that_was_ended_is_gone_at_once_also_for_what_is_entered_late(
    case: Terminal,
) -> None:
    case("--as", "kim", "case", "note", "1", "Rang the group.")
    ended = case("grant", "revoke", "kim", "estates_officer", *BY)
    assert "the role estates_officer of Kim Novak" in ended.out
    with Untouched(case):
        for day in ((), ("--on", str(TODAY))):
            refused = case(
                "--as", "kim", "case", "advance", "1", "accept", *day, on=TOMORROW, code=1
            )
            assert "Kim Novak may not do this." in refused.err
    assert roles(case, "kim") == []
    assert roles(case, "kim", all_=True) == ["estates_officer"]


def test_a_role_ended_by_mistake_is_given_again_the_same_day(af: Terminal) -> None:
    for day in (TODAY, TODAY, TOMORROW):
        af("grant", "add", "kim", "director", *BY, on=day)
        with Untouched(af):
            again = af("grant", "add", "kim", "director", *BY, on=day, code=1)
            assert "Kim Novak holds it already in that time." in again.err
        af("grant", "revoke", "kim", "director", *BY, on=day)
        assert "director" not in roles(af, "kim")
    af("person", "add", "Kim Novak", "--role", "director", *BY, on=TOMORROW)
    assert af("grant", "list", "kim", "--json", on=TOMORROW).json[1]["grant"]["role"] == "director"
    assert "the record is whole" in af("db", "verify").out
    said = [line for line in council_words(af) if '"kim.novak", "role": "director"' in line]
    assert len(said) == 7, "four times given, three times ended: all of it stays on record"


def council_words(af: Terminal) -> list[str]:
    with af.store.read() as db:
        return list(db.execute(text("SELECT text FROM council_payloads")).scalars())


def test_a_role_that_was_in_force_keeps_its_days_when_it_is_given_again(af: Terminal) -> None:
    af("grant", "revoke", "kim", "estates_officer", *BY, on=TOMORROW)
    af("grant", "add", "kim", "estates_officer", *BY, on=TOMORROW)
    days = [(row["grant"]["valid_from"], row["grant"]["valid_to"])
            for row in af("grant", "list", "kim", "--all", "--json", on=TOMORROW).json]  # fmt: skip
    assert days == [("0001-01-01", str(TODAY)), (str(TOMORROW), "9999-12-31")]
    af("db", "verify")


def test_a_deputy_ended_by_mistake_is_named_again_the_same_day(af: Terminal) -> None:
    form = ("grant", "deputise", "carol", "--for", "alex", "--role", "director",
            "--until", "2026-04-01", *BY)  # fmt: skip
    for _ in range(2):
        af(*form)
        assert "already in that time" in af(*form, code=1).err
        af("grant", "revoke", "carol", "director", "--deputy-for", "alex", *BY)
    af(*form)
    assert roles(af, "carol").count("director") == 1
    af("db", "verify")


def test_a_role_whose_row_forgot_its_end_is_found(af: Terminal) -> None:
    """Also where it was given again since: the last end on record counts."""
    af("grant", "add", "kim", "director", *BY)
    af("grant", "revoke", "kim", "director", *BY)
    af("grant", "add", "kim", "director", *BY)
    af("grant", "revoke", "kim", "director", *BY)
    with af.store.write() as db:
        db.execute(text("UPDATE role_grants SET ended_at = NULL, valid_to = NULL "
                        "WHERE role = 'director' AND ended_at IS NOT NULL"))  # fmt: skip
    assert "says that the role director of kim.novak ended" in af("db", "verify", code=1).err


def test_a_role_given_with_a_person_rests_on_an_authority_too(af: Terminal) -> None:
    with Untouched(af):
        refused = af("person", "add", "Wendy Moss", "--role", "director", code=2)
        assert "The authority is missing." in refused.err
    af("person", "add", "Wendy Moss")
    af("person", "add", "Wendy Moss", "--role", "director", *BY)
    (row,) = af("grant", "list", "wendy", "--json").json
    assert row["grant"]["authority"] == "Scheme of delegation 3.2"


def test_no_authority_is_asked_of_the_first_person(tmp_path: Path) -> None:
    af = Terminal(tmp_path / "home")
    af("init", "--council", "Sefton Council")
    af("person", "add", "Sam Taylor", "--role", "estates_officer")
    shown = af("--as", "sam", "grant", "list", "sam", "--json").json
    assert {row["grant"]["authority"] for row in shown} == {"the setting up of assetflow"}


def test_a_role_with_a_person_never_overlaps_another(af: Terminal) -> None:
    af("grant", "add", "kim", "director", "--since", "2 Feb 2026", "--until", "1 Mar 2026", *BY)
    with Untouched(af):
        refused = af("person", "add", "Kim Novak", "--role", "director", "--since", "1 Mar 2026",
                     *BY, code=1)  # fmt: skip
        assert "Kim Novak holds director already in that time." in refused.err
    af("person", "add", "Kim Novak", "--role", "director", *BY)


def test_there_is_always_an_administrator(af: Terminal) -> None:
    af("--as", "alex", "grant", "revoke", "sam", "administrator", *BY)
    with Untouched(af):
        refused = af("--as", "alex", "grant", "revoke", "alex", "administrator", *BY, code=1)
        assert reasons(refused) == [
            "Nobody gives or takes their own roles; another administrator can.",
            "Nobody else is an administrator to stay; name another one first.",
        ]


def test_a_deputy_or_a_passing_administrator_cannot_leave_nobody_behind(af: Terminal) -> None:
    af("--as", "alex", "grant", "revoke", "sam", "administrator", *BY)
    af("--as", "alex", "grant", "deputise", "kim", "--for", "alex", "--role", "administrator",
       "--until", "2026-12-31", *BY)  # fmt: skip
    af("--as", "alex", "grant", "add", "owen", "administrator", "--until", str(TODAY), *BY)
    with Untouched(af):
        for who in ("kim", "owen"):
            refused = af("--as", who, "grant", "revoke", "alex", "administrator", *BY, code=1)
            assert "Nobody else is an administrator to stay" in refused.err
        later = af("--as", "kim", "grant", "add", "kim", "administrator", *BY, code=1)
        assert "Nobody gives or takes their own roles" in later.err


def test_the_page_of_people_shows_the_roles_of_today(af: Terminal) -> None:
    af("grant", "revoke", "iris", "scrutiny_chair", *BY)
    assert "scrutiny_chair" not in af("person", "list").out


def test_a_deputy_signs_within_their_days_and_not_outside_them(case: Terminal) -> None:
    days = ("--since", "2026-03-04", "--until", "2026-03-06")
    case("--as", "nadia", "grant", "deputise", "maya", "--for", "nadia", "--role", "signatory",
         "--department", "service", *days, *BY)  # fmt: skip
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    give = ("--as", "maya", "signoff", "give", "1", "service", "--evidence", "Email")
    with Untouched(case):
        for away in (3, 7):
            late = case(*give, on=TODAY.replace(day=away), code=1)
            assert "Maya Lunt is not a signatory of Service that holds the asset." in late.err
    case(*give, on=TODAY.replace(day=6))


def test_a_champions_deputy_does_what_the_champion_may(case: Terminal) -> None:
    case("champion", "name", "1", "grace")
    note = ("--as", "carol", "case", "note", "1", "The champion is away.")
    record = ("--as", "carol", "case", "record", "1", "transfer_purpose=Bowls")
    with Untouched(case):
        case(*record, code=1)
    case("--as", "grace", "grant", "deputise", "carol", "--for", "grace", "--role", "champion",
         "--until", "2026-03-20", *BY)  # fmt: skip
    case(*record)
    case(*note)
    case(*record, on=TODAY.replace(day=21), code=1)


def test_a_deputy_has_no_more_than_the_person_they_stand_in_for(af: Terminal) -> None:
    deputise = ("grant", "deputise", "kim", "--for", "owen", "--until", "2026-04-01", *BY)
    with Untouched(af):
        refused = af(*deputise, "--role", "director", code=1)
        assert "Owen Price does not hold the role director on 2 Mar 2026." in refused.err
        refused = af("--as", "owen", "grant", "deputise", "owen", "--for", "owen", "--role",
                     "head_of_legal", "--until", "2026-04-01", *BY, code=1)  # fmt: skip
        assert "Nobody deputises for themselves." in refused.err
    af(*deputise, "--role", "head_of_legal")
    assert "already in that time" in af(*deputise, "--role", "head_of_legal", code=1).err
    ended = af("grant", "revoke", "owen", "head_of_legal", *BY)
    assert "Owen Price, Kim Novak" in ended.out
    assert roles(af, "kim") == ["estates_officer"]


def test_a_deputys_time_can_be_ended_early(af: Terminal) -> None:
    words = ("kim", "--for", "owen", "--role", "head_of_legal", "--until", "2026-04-01", *BY)
    af("--as", "owen", "grant", "deputise", *words)
    af("grant", "revoke", "kim", "head_of_legal", "--deputy-for", "owen", *BY)
    assert roles(af, "kim") == ["estates_officer"]
    again = af("grant", "revoke", "kim", "head_of_legal", "--deputy-for", "owen", *BY, code=1)
    assert "does not deputise" in again.err


def test_every_change_of_people_is_in_the_council_journal(af: Terminal) -> None:
    before = af("db", "verify", "--json").json["records"]
    af("grant", "add", "kim", "director", *BY)
    af("person", "login", "kim", "knovak")
    af("group", "add", "Rowing Club")
    assert af("db", "verify", "--json").json["records"] == before + 3


def test_the_first_person_of_a_home_is_its_administrator(af: Terminal) -> None:
    assert roles(af, "sam") == ["estates_officer", "administrator", "information_officer"]


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (("asset", "add", "--id", "NEW-1", "--name", "New Hall"), "an estates officer"),
        (("group", "add", "Rowing Club"), "an estates officer"),
        (("person", "add", "Wendy Moss"), "an estates officer"),
        (("db", "anchor", "."), "the information governance officer"),
    ],
)
def test_what_concerns_no_single_case_is_for_those_the_council_names(
    af: Terminal, words: tuple[str, ...], who: str
) -> None:
    with Untouched(af):
        refused = af("--as", "ruth", *words, code=1)
        assert "Ruth Kemp may not do this." in refused.err
        assert who in refused.err


def test_every_denial_is_noted_in_a_private_log(case: Terminal) -> None:
    for words in (
        ("case", "note", "1", "Hello"), ("case", "advance", "1", "withdraw", "--why", "No"),
        ("grant", "add", "kim", "director", *BY), ("group", "add", "Rowing Club"),
        ("signoff", "request", "1"),
    ):  # fmt: skip
        case("--as", "iris", *words, code=1)
    case("case", "advance", "1", "accept", code=1)  # refused, but not for the person
    log = case.home / "denials.log"
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.split(" login=")[0].partition(" ")[2] for line in lines] == [
        "assetflow case note", "assetflow case advance", "assetflow grant add",
        "assetflow group add", "assetflow signoff request",
    ]  # fmt: skip
    assert all(f"login={case.login} actor=iris.dale" in line for line in lines)
    assert log.stat().st_mode & 0o777 == 0o600
