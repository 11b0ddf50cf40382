"""A light permission: one application for many places, counted back from each event, one letter."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import Terminal, furnish

PERM, ASKED = "PERM-2026-0001", date(2026, 3, 2)
SITES = [f"SITE-2026-000{n}" for n in range(1, 7)]
OWNER = ("--fact", "what_for=A street party", "--fact", "owner=Highways")
COVER = ("--fact", "liability_cover=5000000")
Fresh = Callable[..., Terminal]


def ask(af: Terminal) -> None:
    """Open one application for a street and two other places."""
    af("group", "add", "Friends of the Green", "--contact", "Joan Mills")
    af("case", "open", "--workflow", "light_permission", "--asset", "SAMPLE-0001",
       "--group", "Friends of the Green", "--champion", "alex")  # fmt: skip
    for asset in ("SAMPLE-0001", "SAMPLE-0002", "SAMPLE-0003"):
        af("case", "open", "--parent", PERM, "--asset", asset)
    af("case", "advance", PERM, "look_at_places", "--fact", "request_summary=Three street parties")


@pytest.fixture
def asked(fresh: Fresh) -> Terminal:
    """One application for three places."""
    return fresh(furnish, ask)


def consult(af: Terminal, site: str, instrument: str, event: str, on: date = ASKED) -> None:
    """Have the departments asked about a place."""
    facts = ("--fact", f"instrument={instrument}", "--fact", f"event_date={event}")
    af("case", "advance", site, "consult", *OWNER, *facts, on=on)


def clocks(af: Terminal, case: str) -> str:
    """Give what is due on a case."""
    return af("case", "next", case).out


def sign(af: Terminal, site: str, on: date = ASKED) -> None:
    """Have the departments agree to a place as it was asked for."""
    af("signoff", "request", site, "grant", on=on)
    for department, signatory in (("highways", "hugh"), ("parks", "hugh"), ("insurance", "carol")):
        af("signoff", "give", site, department, "--by", signatory, "--for", "grant",
           "--evidence", "Email", on=on)  # fmt: skip


def staff(af: Terminal) -> None:
    """Give the departments of this route somebody who signs."""
    af("--as", "alex", "person", "add", "Hugh Way", "--handle", "hugh", "--role", "signatory",
       "--department", "highways", "--department", "parks", "--authority", "Minute 3")  # fmt: skip


def stage(af: Terminal, case: str) -> str:
    """Give the stage a case is in."""
    return str(af("case", "show", case, "--json").json["overview"]["stage"])


def outcome(af: Terminal) -> str:
    """Give the words of the newest letter of the application."""
    number = af("letter", "list", PERM, "--json").json[-1]["number"]
    return " ".join(af("letter", "show", str(number)).out.split())


def test_the_places_are_for_the_group_that_asked(asked: Terminal) -> None:
    shown = asked("case", "show", PERM).out
    assert shown.count("Friends of the Green  Being looked at") == 3
    assert [row["name"] for row in asked("letter", "list", "--json").json] == [
        "permission_received"
    ]


@pytest.mark.parametrize(
    ("instrument", "clock", "due"),
    [
        ("closure_1847", "Notice for a closure under the Act of 1847", "3 Jul 2026"),
        ("closure_order", "Notice for a traffic order", "5 Jun 2026"),
        ("closure_16a", "Notice for an order under section 16A", "8 May 2026"),
        ("highway_planting", "Licence to plant on the highway", "14 Jul 2026"),
    ],
)
def test_each_instrument_has_its_own_notice_counted_back_from_the_event(
    asked: Terminal, instrument: str, clock: str, due: str
) -> None:
    consult(asked, SITES[0], instrument, "2026-08-14")
    page = clocks(asked, SITES[0])
    assert f"{due}" in page
    assert clock in page
    assert page.count("Notice") + page.count("Licence to plant") == 1


def test_it_is_seen_that_the_time_before_an_event_has_run_out(asked: Terminal) -> None:
    """Communitrees: for an event on 1 December it was too late by the end of September."""
    consult(asked, SITES[0], "closure_order", "2026-12-01", on=date(2026, 9, 28))
    told = asked("sweep", on=date(2026, 9, 28)).out
    assert "Notice for a traffic order has run out" in told
    asked("case", "record", SITES[0], "notice_given_on=2026-09-28", on=date(2026, 9, 28))
    assert "traffic order" not in clocks(asked, SITES[0])


def test_an_unknown_owner_is_looked_for_and_alarms_after_ten_working_days(asked: Terminal) -> None:
    asked("case", "advance", SITES[1], "look_for_owner", "--fact", "what_for=Three trees")
    assert "Finding the owner has run out" not in asked("sweep", on=date(2026, 3, 16)).out
    assert "Finding the owner has run out" in asked("sweep", on=date(2026, 3, 17)).out
    waits = asked("case", "advance", PERM, "grant", "--fact", "valid_until=2027-03-01",
                  on=date(2026, 3, 17), code=1)  # fmt: skip
    assert f"{SITES[1]} still stands at: Owner being looked for" in waits.err
    asked("case", "advance", SITES[1], "owner_found", "--fact", "owner=Highways",
          "--fact", "owner_search=Land Registry", on=date(2026, 3, 18))  # fmt: skip
    assert stage(asked, SITES[1]) == "triage"
    assert "Finding the owner" not in asked("sweep", on=date(2026, 4, 18)).out


def test_a_free_offer_is_refused_only_by_a_rule_with_its_price_beside_it(asked: Terminal) -> None:
    asked("case", "record", SITES[0], "contractor_only=yes", "what_for=Power for the lights")
    refused = asked("case", "advance", SITES[0], "refuse",
                    "--fact", "site_refusal_reasons=Only our contractor", code=1)  # fmt: skip
    for lacking in ("(contractor_rule)", "(free_alternative)", "(nearest_allowed)"):
        assert lacking in refused.err
    asked("case", "advance", SITES[0], "refuse",
          "--fact", "site_refusal_reasons=Only our contractor",
          "--fact", "contractor_rule=Street lighting code, paragraph 7",
          "--fact", "free_alternative=Free; the contractor costs £480",
          "--fact", "nearest_allowed=Lights that run on batteries")  # fmt: skip


def test_a_second_order_for_a_road_in_one_year_needs_consent(fresh: Fresh) -> None:
    af = fresh(furnish, staff, ask)
    consult(af, SITES[0], "closure_16a", "2026-08-14")
    af("case", "record", SITES[0], "earlier_order_this_year=yes")
    sign(af, SITES[0])
    refused = af("case", "advance", SITES[0], "grant", *COVER, code=1)
    assert "(secretary_of_state_consent)" in refused.err
    af("case", "advance", SITES[0], "grant", *COVER,
       "--fact", "secretary_of_state_consent=DfT 12 of 1 March")  # fmt: skip


@pytest.fixture
def decided(fresh: Fresh) -> Terminal:
    """An application of which one place is granted, one refused and one given up."""
    return fresh(furnish, staff, ask, decide)


def decide(af: Terminal) -> None:
    """Grant one place, refuse one and have the group give one up."""
    consult(af, SITES[0], "closure_1847", "2026-08-14")
    sign(af, SITES[0])
    af("case", "advance", SITES[0], "grant", *COVER)
    af("case", "advance", SITES[1], "refuse", "--fact", "site_refusal_reasons=Buses turn there",
       "--fact", "nearest_allowed=The car park beside it")  # fmt: skip
    af("case", "withdraw", SITES[2], "--why", "Too small")


def test_one_letter_speaks_of_every_place(decided: Terminal) -> None:
    decided("case", "advance", PERM, "grant", "--fact", "valid_until=2027-03-01")
    said = outcome(decided)
    for words in ("Granted", "14 August 2026", "A street party", "Refused", "Buses turn there",
                  "The nearest thing that can be allowed: The car park beside it", "Withdrawn",
                  "There is no fee.", "1 March 2027"):  # fmt: skip
        assert words in said
    assert [row["name"] for row in decided("letter", "list", "--json").json].count(
        "permission_outcome"
    ) == 1
    decided("db", "verify")


def test_a_fee_needs_its_policy_and_its_approver(decided: Terminal) -> None:
    """The roundabout of 2014: a fee was demanded, and nobody could say by what policy."""
    grant = ("case", "advance", PERM, "grant", "--fact", "valid_until=2027-03-01",
             "--fact", "fee=250")  # fmt: skip
    refused = decided(*grant, code=1)
    assert "The one fee for everything, in pounds is £250, which needs its reason" in refused.err
    assert "(charge_policy)" in refused.err
    assert "(fee_approver)" in refused.err
    decided(*grant, "--fact", "charge_policy=Fees 2026, line 14", "--fact", "fee_approver=A Reid")
    said = outcome(decided)
    assert "There is one fee for everything: £250" in said
    assert "Fees 2026, line 14" in said


def test_where_nothing_can_be_allowed_the_answer_is_still_one_letter(asked: Terminal) -> None:
    for site in SITES[:3]:
        asked("case", "advance", site, "refuse", "--fact", "site_refusal_reasons=Buses turn there",
              "--fact", "nearest_allowed=The car park beside it")  # fmt: skip
    nothing = asked("case", "advance", PERM, "grant", "--fact", "valid_until=2027-03-01", code=1)
    assert "0 of its parts are ready for this step" in nothing.err
    asked("case", "advance", PERM, "refuse")
    assert outcome(asked).count("The car park beside it") == 3
    assert stage(asked, PERM) == "refused"


def test_a_permission_is_renewed_or_ends(decided: Terminal) -> None:
    decided("case", "advance", PERM, "grant", "--fact", "valid_until=2027-03-01")
    early = decided("case", "advance", PERM, "expire", on=date(2027, 3, 1), code=1)
    assert "is 1 Mar 2027, and not yet over" in early.err
    decided("case", "advance", PERM, "renew", "--fact", "valid_until=2028-03-01",
            on=date(2027, 2, 1))  # fmt: skip
    assert "goes on until 1 March 2028" in outcome(decided)
    decided("case", "advance", PERM, "expire", on=date(2028, 3, 2))
    assert stage(decided, PERM) == "ended"


def test_withdrawing_gives_up_the_places_that_are_not_decided(asked: Terminal) -> None:
    asked("case", "advance", SITES[0], "refuse", "--fact", "site_refusal_reasons=Buses turn there",
          "--fact", "nearest_allowed=The car park beside it")  # fmt: skip
    asked("case", "withdraw", PERM, "--why", "The partners have left")
    assert [stage(asked, site) for site in SITES[:3]] == ["refused", "withdrawn", "withdrawn"]
