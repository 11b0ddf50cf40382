"""A competition from its pack to the end: sealed bids, scores, the standstill, the reserve."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import Terminal, furnish
from sqlalchemy import Update, select, update

from assetflow import models as m
from assetflow import queries
from assetflow.settings import SHIPPED

COMP, CRITERIA = "COMP-2026-0001", "award_criteria=Community benefit: 60; Sustainability: 40"
PACK, FROZEN, OPENS = date(2026, 3, 2), date(2026, 3, 20), date(2026, 4, 1)
BIDDING, DEADLINE, OPENED = date(2026, 5, 20), date(2026, 5, 29), date(2026, 6, 1)
SCORED, DECIDED, TOLD, SIGNED = (
    date(2026, 6, 10), date(2026, 6, 15), date(2026, 6, 22), date(2026, 7, 7)
)  # fmt: skip
GROUPS = ("Boat Club", "Choir", "Drama Club")
REASONS = ("--fact", "outcome_reasons=More hours for the public")
BID = {name: f"BID-2026-000{n}" for n, name in enumerate(GROUPS, 1)}


def steps(af: Terminal, case: str, on: date, *triggers: str) -> None:
    """Advance a case by several triggers on one day."""
    for trigger in triggers:
        af("case", "advance", case, *trigger.split("|"), on=on)


def signed(af: Terminal, case: str, trigger: str, on: date, **by: str) -> None:
    """Have departments asked for a step, and all of them sign."""
    af("signoff", "request", case, trigger, on=on)
    for department, signatory in by.items():
        af("signoff", "give", case, department, "--by", signatory, "--evidence", "Email",
           "--for", trigger, on=on)  # fmt: skip


def invite(af: Terminal) -> None:
    """Make the pack, freeze the criteria, advertise and take bids until 29 May."""
    for name in GROUPS:
        af("group", "add", name)
    af("case", "open", "--workflow", "competition", "--asset", "SAMPLE-0001",
       "--champion", "alex", on=PACK)  # fmt: skip
    af("case", "record", COMP, CRITERIA, "pack_contents=Plan; Draft lease",
       "lease_meets_funders=yes", on=FROZEN)  # fmt: skip
    signed(af, COMP, "freeze_criteria", FROZEN, legal="owen", communities="nadia")
    steps(af, COMP, FROZEN, "freeze_criteria", "advertise|--fact|advert_reference=The Champion")
    steps(af, COMP, OPENS, f"invite_bids|--fact|bids_deadline={DEADLINE}")


def bid(af: Terminal) -> None:
    """Take three bids in time and open them together."""
    for name in GROUPS:
        af("case", "open", "--parent", COMP, "--group", name, on=BIDDING)
    steps(af, COMP, OPENED, "open_bids|--fact|opening_witness=Ruth Kemp")


def score(af: Terminal, case: str, benefit: int, lasting: int) -> None:
    """Have two people declare and score a bid, and agree on both scores."""
    for scorer in ("grace", "owen"):
        af("interest", "declare", case, "None", "--by", scorer, on=SCORED)
        for criterion, given in (("Community benefit", benefit), ("Sustainability", lasting)):
            af("score", "give", case, criterion, str(given), "--reason", f"It is {given}",
               "--by", scorer, on=SCORED)  # fmt: skip
    steps(af, case, SCORED, "score")
    for criterion, given in (("Community benefit", benefit), ("Sustainability", lasting)):
        af("score", "moderate", case, criterion, str(given), "--reason", f"All say {given}",
           on=SCORED)  # fmt: skip
    steps(af, case, SCORED, "moderate|--fact|moderation_note=No difference")


def decide(af: Terminal) -> None:
    """Score three bids, prefer the first, keep the second in reserve, and tell everybody."""
    score(af, BID["Boat Club"], 9, 8)
    score(af, BID["Choir"], 7, 7)
    score(af, BID["Drama Club"], 3, 4)
    steps(af, COMP, DECIDED, "close_scoring")
    purpose, offer = "--fact|transfer_purpose=Boats", "--fact|feedback_offer=On 1 July at 2pm"
    reasons = "|".join(REASONS)
    steps(af, BID["Boat Club"], DECIDED, f"prefer|{reasons}|{purpose}")
    steps(af, BID["Choir"], DECIDED, f"keep_in_reserve|{reasons}|{purpose}|{offer}")
    steps(af, BID["Drama Club"], DECIDED, f"pass_over|{reasons}|{offer}")
    signed(af, COMP, "tell_outcome", DECIDED, legal="owen", finance="maya")
    steps(af, COMP, TOLD, "tell_outcome|--fact|decision_reference=Cabinet, minute 9")


Fresh = Callable[..., Terminal]


@pytest.fixture
def bids(fresh: Fresh) -> Terminal:
    """A competition with three bids that have been opened."""
    return fresh(furnish, invite, bid)


@pytest.fixture
def told(fresh: Fresh) -> Terminal:
    """A competition in its standstill."""
    return fresh(furnish, invite, bid, decide)


def stage(af: Terminal, case: str) -> str:
    """Give the stage a case is in."""
    return str(af("case", "show", case, "--json").json["overview"]["stage"])


def letters(af: Terminal, case: str) -> list[str]:
    """Name the letters of a case."""
    return [row["name"] for row in af("letter", "list", case, "--json").json]


# --- the competition ----------------------------------------------------------------------------


def test_a_competition_is_the_councils_own_and_a_bid_names_its_group(fresh: Fresh) -> None:
    af = fresh(furnish, invite)
    assert af("case", "show", COMP, "--json").json["overview"]["group"] == "Sefton Council"
    wrong = ("case", "open", "--workflow", "competition", "--asset", "SAMPLE-0002", "--group")
    assert "is the council's own, and for no group" in af(*wrong, "Choir", code=2).err
    nobody = af("case", "open", "--parent", COMP, on=BIDDING, code=2)
    assert "It is not said for which group" in nobody.err
    other = ("case", "open", "--workflow", "community_asset_transfer", "--asset", "SAMPLE-0002")
    assert "It is not said for which group" in af(*other, code=2).err


def test_nothing_is_scored_before_the_bids_are_opened(fresh: Fresh) -> None:
    af = fresh(furnish, invite)
    af("case", "open", "--parent", COMP, "--group", "Choir", on=BIDDING)
    sealed = af("score", "give", "BID-2026-0001", "Sustainability", "5", "--reason", "Good",
                on=BIDDING, code=1)  # fmt: skip
    assert "stands at: Sealed. It is scored at: Opened and being scored or Scored" in sealed.err
    early = af("case", "advance", COMP, "open_bids", "--fact", "opening_witness=Ruth",
               on=DEADLINE, code=1)  # fmt: skip
    assert "is 29 May 2026, and not yet over" in early.err
    alone = af("case", "advance", "BID-2026-0001", "unseal", on=OPENED, code=1)
    assert f"{COMP}, of which this is a part, stands at: Open for bids" in alone.err


def test_criteria_set_when_the_bids_are_in_open_no_bid(fresh: Fresh) -> None:
    """Sefton's libraries in 2013: bids were due early in May, the criteria came on 2 July."""
    af = fresh(furnish)
    af("group", "add", "Choir")
    af("case", "open", "--workflow", "competition", "--asset", "SAMPLE-0001", "--champion", "alex",
       on=PACK)  # fmt: skip
    lacking = af("case", "advance", COMP, "freeze_criteria", on=PACK, code=1)
    assert "Not on the file: Criteria with their weights (award_criteria)" in lacking.err
    refused = af("case", "open", "--parent", COMP, "--group", "Choir", on=BIDDING, code=1)
    assert "stands at: Asset pack being made; it takes parts at: Open for bids" in refused.err
    late = date(2026, 7, 2)
    af("case", "record", COMP, CRITERIA, "pack_contents=Plan", "lease_meets_funders=yes", on=late)
    signed(af, COMP, "freeze_criteria", late, legal="owen", communities="nadia")
    steps(af, COMP, late, "freeze_criteria", "advertise|--fact|advert_reference=The Champion",
          "invite_bids|--fact|bids_deadline=2026-07-31")  # fmt: skip
    # A bid of May is put in afterwards: it cannot have been written to these criteria.
    af("case", "open", "--parent", COMP, "--group", "Choir", "--received", "2026-05-01", on=late)
    refused = af("case", "advance", COMP, "open_bids", "--fact", "opening_witness=Ruth",
                 on=date(2026, 8, 3), code=1)  # fmt: skip
    assert (
        "It was received on 1 May 2026; Date on which the criteria were frozen is 2 Jul 2026"
        in (refused.err)
    )
    assert stage(af, COMP) == "bids"
    changed = af("case", "record", COMP, "award_criteria=Money: 100", on=late, code=2)
    assert "it is fixed while the case is at: Open for bids" in changed.err


def test_a_late_bid_is_logged_and_never_opened(fresh: Fresh) -> None:
    af = fresh(furnish, invite)
    for name, on in (("Boat Club", BIDDING), ("Choir", OPENED)):
        af("case", "open", "--parent", COMP, "--group", name, on=on)
    opening = ("case", "advance", COMP, "open_bids", "--fact", "opening_witness=Ruth Kemp")
    refused = af(*opening, on=OPENED, code=1)
    assert "It was received on 1 Jun 2026; Last day on which a bid is in time is 29 May" in (
        refused.err
    )
    assert stage(af, BID["Boat Club"]) == "sealed"
    in_time = af("case", "advance", BID["Boat Club"], "mark_late", "--fact", "late_by_note=By post",
                 on=OPENED, code=1)  # fmt: skip
    assert "It was received on 20 May 2026" in in_time.err
    steps(af, BID["Choir"], OPENED, "mark_late|--fact|late_by_note=By hand at 10.20")
    assert letters(af, BID["Choir"]) == ["bid_received", "bid_late"]
    af(*opening, on=OPENED)
    assert (stage(af, BID["Boat Club"]), stage(af, BID["Choir"])) == ("opened", "late")


# --- scores -------------------------------------------------------------------------------------

GIVE = ("score", "give", BID["Boat Club"])


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("Comunity benefit", "5", "--reason", "Good"), 6, "did you mean Community benefit?"),
        (("Zeal", "5", "--reason", "Good"), 6, "its criteria: Community benefit; Sustainability"),
        (("Sustainability", "11", "--reason", "Good"), 2, "whole number from 0 to 10"),
        (("Sustainability", "1" * 30, "--reason", "Good"), 2, "is not from -999999999 to"),
        (("Sustainability", "5", "--reason", " "), 2, "A score needs its reason"),
        (("Sustainability", "5"), 2, "Missing option '--reason'"),
        (("Sustainability", "5", "--reason", "x" * 6_000), 2, "longer than 5,000"),
        (("Sustainability", "5", "--reason", "Good", "--by", "iris"), 1,
         "Iris Dale may not do this. Who can: an estates officer, a department signatory"),
        (("Sustainability", "5", "--reason", "Good", "--by", "nobody"), 6, "no person 'nobody'"),
    ],
)  # fmt: skip
def test_a_score_that_cannot_stand_is_refused(
    bids: Terminal, typed: tuple[str, ...], code: int, said: str
) -> None:
    assert said in bids(*GIVE, *typed, on=SCORED, code=code).err
    with bids.store.read() as db:
        assert db.execute(select(m.scores)).all() == []


def test_a_negative_score_is_refused(bids: Terminal) -> None:
    words = (*GIVE, "Sustainability", "--reason", "Bad", "--", "-3")
    assert "-3 is no score; give a whole number from 0 to 10" in bids(*words, on=SCORED, code=2).err


def test_whoever_acts_needs_the_right_too(bids: Terminal) -> None:
    refused = bids("--as", "iris", *GIVE, "Sustainability", "5", "--reason", "Good",
                   "--by", "grace", on=SCORED, code=1)  # fmt: skip
    assert "Iris Dale may not do this" in refused.err
    assert "Grace Okoro" not in refused.err


def test_whoever_steps_aside_scores_nothing_and_what_they_gave_counts_no_more(
    bids: Terminal,
) -> None:
    bid = BID["Boat Club"]
    for scorer in ("grace", "owen"):
        for criterion in ("community benefit", "Sustainability"):
            bids(
                "score", "give", bid, criterion, "6", "--reason", "Good", "--by", scorer, on=SCORED
            )
    undeclared = bids("case", "advance", bid, "score", on=SCORED, code=1)
    assert "Nothing declared about their own interest: Grace Okoro and Owen Price" in undeclared.err
    bids("interest", "declare", bid, "None", "--by", "grace", on=SCORED)
    bids("interest", "declare", bid, "My brother rows there", "--by", "owen", "--steps-aside",
         on=SCORED)  # fmt: skip
    again = bids("score", "give", bid, "Sustainability", "9", "--reason", "Good", "--by", "owen",
                 on=SCORED, code=1)  # fmt: skip
    assert "Owen Price has declared an interest and stepped aside" in again.err
    moderates = bids("score", "moderate", bid, "Sustainability", "9", "--reason", "So we say",
                     "--by", "owen", on=SCORED, code=1)  # fmt: skip
    assert "stepped aside" in moderates.err
    few = bids("case", "advance", bid, "score", on=SCORED, code=1)
    assert "Community benefit and Sustainability: fewer than 2 scorers" in few.err
    assert "Owen Price (stepped aside)" in bids("score", "show", bid).out
    declared = bids("interest", "list", COMP, "--json").json
    assert [(i["case"], i["person"], i["steps_aside"]) for i in declared] == [
        (bid, "Grace Okoro", False), (bid, "Owen Price", True)
    ]  # fmt: skip


def test_a_score_can_be_changed_until_it_is_agreed_on_and_the_journal_keeps_both(
    bids: Terminal,
) -> None:
    bid = BID["Boat Club"]
    early = bids(
        "score", "moderate", bid, "Sustainability", "5", "--reason", "So", on=SCORED, code=1
    )
    assert "Nobody has scored Sustainability yet" in early.err
    for given, why in ((4, "One grant only"), (7, "A second grant was found")):
        bids(*GIVE, "Sustainability", str(given), "--reason", why, "--by", "grace", on=SCORED)
    for given in (6, 5):
        bids("score", "moderate", bid, "Sustainability", str(given), "--reason", f"So {given}",
             on=SCORED)  # fmt: skip
    late = bids(
        *GIVE, "Sustainability", "9", "--reason", "More", "--by", "grace", on=SCORED, code=1
    )
    assert "The scorers have agreed on the score for Sustainability already" in late.err
    story = bids("case", "history", bid).out
    assert "Score for Sustainability: 7 (Grace Okoro, before 4)" in story
    assert "Score for Sustainability: 5 (the scorers agreed, before 6)" in story
    (line,) = [
        one for one in bids("score", "show", bid, "--json").json["sheets"][0]["lines"]
        if one["criterion"] == "Sustainability"
    ]  # fmt: skip
    assert [mark["score"] for mark in line["scores"]] == [7]
    assert line["agreed"]["score"] == 5
    bids("db", "verify")


def test_the_bids_are_ranked_by_their_weighted_total(told: Terminal) -> None:
    found = told("score", "show", COMP, "--json").json
    assert [(s["group"], s["total"]) for s in found["sheets"]] == [
        ("Boat Club", "86.0"), ("Choir", "70.0"), ("Drama Club", "34.0")
    ]  # fmt: skip
    shown = told("score", "show", COMP).out
    assert shown.startswith(f"1. {BID['Boat Club']}, Boat Club: 86.0 of 100 (Preferred)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (update(m.scores).where(m.scores.c.moderated == 0).values(score=10), "another score for"),
        (update(m.scores).where(m.scores.c.moderated == 1).values(score=10), "another score for"),
        (update(m.interests).values(steps_aside=1), "another declaration of Grace Okoro"),
    ],
)
def test_a_score_changed_by_hand_is_found(told: Terminal, change: Update, said: str) -> None:
    told("db", "verify")
    with told.store.write() as db:
        db.execute(change)
    assert said in told("db", "verify", code=1).err


def test_what_scorers_wrote_goes_when_a_case_is_destroyed(told: Terminal) -> None:
    schedule = (SHIPPED / "data" / "retention.yaml").read_text(encoding="utf-8")
    (told.home / "data").mkdir(exist_ok=True)
    (told.home / "data" / "retention.yaml").write_text(
        schedule.replace("years: not set", "years: 0").replace("verified: false", "verified: true"),
        encoding="utf-8",
    )
    told("case", "withdraw", BID["Choir"], "--why", "They found a hall", on=TOLD)
    told("--as", "alex", "grant", "add", "nadia", "information_officer", "--authority", "Minute 3",
         on=TOLD)  # fmt: skip
    told("--as", "nadia", "retention", "destroy", BID["Choir"], "--ground", "Schedule 4",
         on=date(2033, 7, 1))  # fmt: skip
    with told.store.read() as db:
        case_id = queries.case_id(db, BID["Choir"])
        for table, column in ((m.scores, "reason"), (m.interests, "statement")):
            query = select(table.c[column]).where(table.c.case_id == case_id)
            assert set(db.execute(query).scalars()) == {"(erased)"}
    told("db", "verify")


def test_a_case_of_a_route_without_scores_is_not_scored(case: Terminal) -> None:
    refused = case("score", "give", "1", "Community benefit", "5", "--reason", "Good", code=1)
    assert "No case of its route is scored" in refused.err
    assert "may not do this. Who can: nobody" in refused.err


# --- the outcome --------------------------------------------------------------------------------


def test_each_group_hears_its_own_scores_and_reasons(told: Terminal) -> None:
    assert letters(told, BID["Boat Club"])[-1] == "bid_preferred"
    assert letters(told, BID["Choir"])[-1] == "bid_reserve"
    numbers = told("letter", "list", BID["Drama Club"], "--json").json
    text = " ".join(told("letter", "show", str(numbers[-1]["number"])).out.split())
    for said in ("Community benefit", "3 of 10", "All say 3", "34.0 out of 100", "6 July 2026",
                 "More hours for the public", "On 1 July at 2pm"):  # fmt: skip
        assert said in text
    for secret in ("Choir", "Boat Club", "86.0", "Grace"):
        assert secret not in text


def test_nothing_is_signed_in_the_standstill(told: Terminal) -> None:
    # Ten working days after Monday 22 June end on Monday 6 July.
    early = told("case", "advance", COMP, "end_standstill", on=date(2026, 7, 6), code=1)
    assert "10 working days end on 6 Jul 2026" in early.err
    done = told("case", "advance", COMP, "end_standstill", on=SIGNED)
    assert "CAT-2026-0001 is now at: Lease terms" in done.out
    transfer = told("case", "show", "CAT-2026-0001").out
    assert "Boat Club" in transfer
    assert "Boats" in transfer
    assert letters(told, BID["Drama Club"])[-1] == "bid_closed"
    stages = {name: stage(told, one) for name, one in BID.items()}
    assert stages == {
        "Boat Club": "transferring", "Choir": "reserve", "Drama Club": "unsuccessful"
    }  # fmt: skip
    told("db", "verify")


def test_the_preferred_group_withdraws_and_the_reserve_takes_its_place(told: Terminal) -> None:
    """Carnegie Library, Crosby: the preferred group withdrew when its grant was refused."""
    steps(told, COMP, SIGNED, "end_standstill")
    call = ("case", "advance", COMP, "call_reserve", "--fact", "withdrawal_reason=No grant")
    running = told(*call, on=SIGNED, code=1)
    assert "CAT-2026-0001 stands at: Lease terms; it must be withdrawn" in running.err
    told("case", "withdraw", "CAT-2026-0001", "--why", "The grant was refused", on=SIGNED)
    told(*call, on=SIGNED)
    assert (stage(told, BID["Boat Club"]), stage(told, BID["Choir"])) == ("withdrawn", "preferred")
    later = date(2026, 7, 20)
    signed(told, COMP, "tell_outcome", SIGNED, legal="owen", finance="maya")
    steps(told, COMP, SIGNED, "tell_outcome")
    early = told("case", "advance", COMP, "end_standstill", on=later, code=1)
    assert "10 working days end on 21 Jul 2026" in early.err
    told("case", "advance", COMP, "end_standstill", on=date(2026, 7, 22))
    assert stage(told, "CAT-2026-0002") == "lease_terms"
    nobody = told("case", "advance", COMP, "call_reserve", "--fact", "withdrawal_reason=No grant",
                  on=date(2026, 7, 22), code=1)  # fmt: skip
    assert "0 of its parts are ready for this step" in nobody.err
    unfinished = told("case", "advance", COMP, "complete", on=date(2026, 7, 22), code=1)
    assert "CAT-2026-0002 stands at: Lease terms; it must be completed" in unfinished.err
    # The age of the asset's search for a group is that of the competition, not of the new case.
    assert told("case", "show", COMP, "--json").json["overview"]["received_on"] == "2026-03-02"


def test_without_a_reserve_it_begins_again_and_the_criteria_can_be_changed(told: Terminal) -> None:
    steps(told, COMP, SIGNED, "end_standstill")
    told("case", "withdraw", "CAT-2026-0001", "--why", "The grant was refused", on=SIGNED)
    again = ("case", "advance", COMP, "readvertise", "--why", "Nobody is left")
    assert f"{BID['Choir']} still stands at: In reserve" in told(*again, on=SIGNED, code=1).err
    told("case", "withdraw", BID["Choir"], "--why", "They found a hall", on=SIGNED)
    told(*again, on=SIGNED)
    assert stage(told, COMP) == "pack"
    told("case", "record", COMP, "award_criteria=Money: 100", on=SIGNED)


def test_two_cannot_be_preferred(bids: Terminal) -> None:
    for name in GROUPS:
        score(bids, BID[name], 5, 5)
    steps(bids, COMP, DECIDED, "close_scoring")
    for name in GROUPS:
        steps(bids, BID[name], DECIDED, f"prefer|{'|'.join(REASONS)}|--fact|transfer_purpose=Boats")
    signed(bids, COMP, "tell_outcome", DECIDED, legal="owen", finance="maya")
    refused = bids("case", "advance", COMP, "tell_outcome", "--fact", "decision_reference=9",
                   on=TOLD, code=1)  # fmt: skip
    assert "Too many of its parts stand there" in refused.err
    assert "at most 1 may" in refused.err


def test_a_competition_is_called_off_with_all_its_bids(bids: Terminal) -> None:
    bids("--as", "grace", "case", "withdraw", COMP, "--why", "The service needs the building",
         on=SCORED)  # fmt: skip
    assert {stage(bids, one) for one in BID.values()} == {"called_off"}
    assert letters(bids, BID["Choir"]) == ["bid_received", "bid_closed"]
    bids("db", "verify")
