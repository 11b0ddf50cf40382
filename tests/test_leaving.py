"""Somebody leaves: their cases surface at once, and somebody else takes over."""

from datetime import timedelta

from conftest import TODAY, Terminal

TOMORROW = TODAY + timedelta(days=1)
LAST_OF_MARCH = "31 Mar 2026"
APRIL = TODAY.replace(month=4, day=1)


def test_the_cases_of_a_champion_who_leaves_surface_the_next_day(case: Terminal) -> None:
    case("champion", "name", "1", "alex")
    case("person", "add", "Ada Lunn", "--role", "administrator", "--authority", "Cabinet")
    told = case("--as", "ada", "person", "leave", "alex", "--last-day", LAST_OF_MARCH).out
    assert told == (
        "✓ Alex Reid leaves after 31 Mar 2026\n"
        "  CAT-2026-0001 needs a champion: assetflow champion name CAT-2026-0001 PERSON\n"
    )
    assert "The champion has left" not in case("sweep", on=APRIL - timedelta(days=1)).out
    swept = case("sweep", on=APRIL).out
    assert "The champion has left" in swept
    assert "digest for Sam Taylor" in swept
    assert "digest for Alex Reid" not in swept
    assert "The champion has left" not in case("sweep", on=APRIL).out


def test_a_case_whose_officer_leaves_is_given_to_another(case: Terminal) -> None:
    case("--as", "alex", "person", "leave", "sam")
    swept = case("--as", "kim", "sweep", on=TOMORROW).out
    assert "The case officer has left" in swept
    refused = case("--as", "alex", "case", "assign", "1", "nadia", on=TOMORROW, code=1)
    assert "Nadia" in refused.err
    assert "holds no role that opens cases" in refused.err
    case("champion", "name", "1", "grace", "--on", "2 Mar 2026")
    given = case("--as", "alex", "case", "assign", "1", "kim", "--why", "Sam left", on=TOMORROW)
    assert "CAT-2026-0001: Kim Novak is the case officer" in given.out
    assert "Kim Novak became the case officer, after Sam Taylor" in case(
        "case", "history", "1", on=TOMORROW
    ).out  # fmt: skip
    assert (
        case("case", "show", "1", "--json", on=TOMORROW).json["overview"]["officer"] == "Kim Novak"
    )
    assert case("--as", "alex", "db", "verify").code == 0
    # Letters name the new one from now on.
    assert "Kim Novak" in case("letter", "preview", "1", "acknowledgement", on=TOMORROW).out


def test_nobody_is_officer_and_champion_of_one_case(case: Terminal) -> None:
    case("person", "add", "Mia Voss", "--role", "estates_officer", "--authority", "Cabinet")
    case("champion", "name", "1", "mia")
    refused = case("--as", "alex", "case", "assign", "1", "mia", code=1)
    assert "nobody answers to themselves" in refused.err
    assert "is the case officer already" in case("--as", "alex", "case", "assign", "1", "sam",
                                                 code=1).err  # fmt: skip


def test_the_last_administrator_stays_and_nobody_records_their_own_leaving(case: Terminal) -> None:
    refused = case("--as", "alex", "person", "leave", "alex", code=1).err
    assert "Nobody records their own leaving" in refused
    refused = case("--as", "kim", "person", "leave", "alex", code=1).err
    assert "Who can: an administrator" in refused


def test_whoever_has_left_can_do_nothing_any_more(case: Terminal) -> None:
    case("--as", "alex", "person", "leave", "kim")
    case("--as", "kim", "case", "note", "1", "Still here today")
    refused = case("--as", "kim", "case", "note", "1", "Gone", on=TOMORROW, code=1)
    assert "Kim Novak" in refused.err
