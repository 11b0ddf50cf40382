"""Cases that are parts of a case, told by it and counted by it; and a case that goes on as another.

The two routes are invented: nothing in assetflow names a route.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest
from conftest import Terminal

ROUTES = Path(__file__).parent / "routes"
OPEN, CLOSES, AFTER = date(2026, 3, 10), date(2026, 4, 7), date(2026, 4, 8)
CRITERIA = "bid_criteria=benefit: 60; money: 40"


@pytest.fixture
def call(af: Terminal) -> Terminal:
    """A call for bids that is open until 7 April, with two bids."""
    for file in ROUTES.glob("*.yaml"):
        shutil.copy(file, af.home / "workflows")
    for name in ("Boat Club", "Choir"):
        af("group", "add", name)
    af("case", "open", "--workflow", "call", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    af("case", "advance", "CALL-2026-0001", "advertise",
       "--fact", CRITERIA, "--fact", "deadline=2026-04-07")  # fmt: skip
    for name in ("Boat Club", "Choir"):
        af("case", "open", "--parent", "CALL-2026-0001", "--group", name, on=OPEN)
    return af


def stage(af: Terminal, case: str) -> str:
    """Give the stage a case is in."""
    shown = af("case", "show", case, "--json").json
    return str(shown["overview"]["stage"])


def test_a_part_shows_its_case_and_the_case_its_parts(call: Terminal) -> None:
    assert (
        "Part of   CALL-2026-0001, at: Open for bids" in call("case", "show", "BID-2026-0002").out
    )
    shown = call("case", "show", "CALL-2026-0001").out
    for part in ("BID-2026-0001  Boat Club  Sealed", "BID-2026-0002  Choir      Sealed"):
        assert part in shown
    found = call("case", "show", "CALL-2026-0001", "--json").json["related"]
    assert found["parts"] == ["BID-2026-0001", "BID-2026-0002"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ("--workflow", "bid", "--asset", "SAMPLE-0002", "--group", "Choir"),
            "A case of A bid is a part of another case.",
        ),
        (
            ("--parent", "BID-2026-0001", "--workflow", "bid"),
            "A case of A bid cannot be a part of A bid.",
        ),
        (
            ("--parent", "CALL-2026-0001", "--workflow", "community_asset_transfer"),
            "cannot be a part of A call for bids.",
        ),
        (("--parent", "CALL-2026-9999"), "There is no case 'CALL-2026-9999'."),
        (("--group", "Choir"), "Missing option --asset."),
    ],
)
def test_a_part_is_opened_only_where_it_belongs(
    call: Terminal, typed: tuple[str, ...], said: str
) -> None:
    refused = call("case", "open", *typed, on=OPEN, code=None)
    assert refused.code in (1, 2, 6)
    assert said in refused.err
    assert len(call("case", "list", "--all", "--json").json) == 3


def test_no_part_is_opened_in_a_stage_that_takes_none(call: Terminal) -> None:
    call("case", "advance", "CALL-2026-0001", "open_bids", on=AFTER)
    refused = call("case", "open", "--parent", "CALL-2026-0001", "--group", "Choir",
                   on=AFTER, code=1)  # fmt: skip
    assert "stands at: Being scored; it takes parts at: Open for bids." in refused.err


def test_criteria_are_fixed_once_bids_can_come(call: Terminal) -> None:
    refused = call("case", "record", "CALL-2026-0001", "bid_criteria=money: 100", code=2)
    assert "it is fixed while the case is at: Open for bids" in refused.err


def test_bids_stay_sealed_until_the_time_is_over_and_are_opened_all_at_once(call: Terminal) -> None:
    refused = call("case", "advance", "CALL-2026-0001", "open_bids", on=CLOSES, code=1)
    assert "Bids close: the time runs until 7 Apr 2026." in refused.err
    done = call("case", "advance", "CALL-2026-0001", "open_bids", on=AFTER)
    assert "BID-2026-0002 is now at: Unsealed." in done.out
    assert {stage(call, f"BID-2026-000{n}") for n in (1, 2)} == {"unsealed"}
    assert "8 Apr 2026" in call("case", "show", "BID-2026-0001").out  # opened_on was put on file
    assert "Unseal" in call("case", "history", "BID-2026-0001").out
    call("db", "verify")


def test_where_one_part_refuses_nothing_is_done(call: Terminal) -> None:
    late = call("case", "open", "--parent", "CALL-2026-0001", "--group", "Choir",
                on=date(2026, 4, 20))  # fmt: skip
    assert "BID-2026-0003 opened" in late.out
    before = stage(call, "BID-2026-0001")
    refused = call("case", "advance", "CALL-2026-0001", "open_bids", "--on", "2026-04-09",
                   on=date(2026, 4, 20), code=2)  # fmt: skip
    assert "BID-2026-0003 last moved on 20 Apr 2026" in refused.err
    assert (stage(call, "BID-2026-0001"), stage(call, "CALL-2026-0001")) == (before, "open")


def test_a_case_waits_for_its_parts(call: Terminal) -> None:
    call("case", "advance", "CALL-2026-0001", "open_bids", on=AFTER)
    refused = call("case", "advance", "CALL-2026-0001", "decide", on=AFTER, code=1)
    for bid in ("BID-2026-0001", "BID-2026-0002"):
        assert f"{bid} still stands at: Unsealed." in refused.err
        call("case", "advance", bid, "reject", on=AFTER)
    call("case", "advance", "CALL-2026-0001", "decide", on=AFTER)


def test_the_preferred_bid_goes_on_as_a_transfer(call: Terminal) -> None:
    call("case", "advance", "CALL-2026-0001", "open_bids", on=AFTER)
    call("case", "record", "BID-2026-0001", "transfer_purpose=Boats", on=AFTER)
    soon = call("case", "advance", "BID-2026-0001", "prefer", on=AFTER, code=1)
    assert "2 working days end on 10 Apr 2026" in soon.err
    done = call("case", "advance", "BID-2026-0001", "prefer", on=date(2026, 4, 13))
    assert "CAT-2026-0001 is now at: Lease terms." in done.out
    shown = call("case", "show", "CAT-2026-0001").out
    for part in ("Boat Club", "Boats", "Continues BID-2026-0001, at: Preferred"):
        assert part in shown
    assert "Goes on   CAT-2026-0001, at: Lease terms" in call("case", "show", "BID-2026-0001").out
    call("db", "verify")


def test_somebody_is_told_before_a_clock_ends_and_after_it_has_run_out(call: Terminal) -> None:
    assert "Bids close" not in call("sweep", on=date(2026, 3, 26)).out
    # 5 working days before Tuesday 7 April, over Easter.
    assert "Bids close ends" in call("sweep", on=date(2026, 3, 27)).out
    assert "Bids close" not in call("sweep", on=CLOSES).out
    assert "Bids close has run out" in call("sweep", on=AFTER).out
    assert "Bids close" not in call("sweep", on=AFTER).out
