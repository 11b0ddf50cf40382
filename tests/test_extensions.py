"""Extensions: only what was agreed, and recorded, before the last day moves a clock."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import Terminal, furnish

REF = "ATR-2026-0001"
VALIDATED = date(2026, 3, 2)
AGREED = ("--to", "1 Oct 2026", "--agreed-by", "The trust", "--agreed-on")


@pytest.fixture
def request_(fresh: Callable[..., Terminal]) -> Terminal:
    """A terminal with a Scottish request that was validated on 2 March, due on 2 September."""
    return fresh(furnish, validate)


def validate(af: Terminal, on: date = VALIDATED) -> None:
    """Open a request that is complete on a day, and acknowledge it."""
    af("case", "open", "--asset", "SAMPLE-0010", "--group", "Bowls Club", "--champion", "alex",
       "--workflow", "scottish_asset_transfer_request", on=on)  # fmt: skip
    step(af, on, "receive_request", "request_wanted=ownership", "transfer_purpose=Bowls")
    step(af, on, "validate", f"validation_date={on}", "disposal_ban=It applies",
         "other_requests=There is none")  # fmt: skip


def step(af: Terminal, on: date, trigger: str, *facts: str) -> None:
    """Take a step with the facts it needs."""
    given = (word for fact in facts for word in ("--fact", fact))
    af("case", "advance", REF, trigger, *given, on=on)


def extend(af: Terminal, *words: str, on: date, code: int = 0, to: str = "1 Oct 2026") -> str:
    typed = [to if word == "1 Oct 2026" else word for word in AGREED]
    result = af("case", "extend", REF, "decision_notice", *typed, *words, on=on, code=code)
    return result.err if code else result.out


def reasons(refused: str) -> list[str]:
    return [line[4:] for line in refused.splitlines() if line.startswith("  - ")]


def due(af: Terminal, on: date) -> str:
    page = af("case", "next", REF, "--json", on=on).json
    return next(str(one["on"]) for one in page["due"] if one["what"] == "Our decision notice")


def test_a_clock_is_extended_by_what_was_agreed_before_its_end(request_: Terminal) -> None:
    on = date(2026, 8, 31)
    assert due(request_, on) == "2026-09-02"
    said = extend(request_, "28 Aug 2026", "--why", "The title is not clear", on=on).splitlines()
    assert said[0] == f"✓ {REF}: Our decision notice extended to 1 Oct 2026"
    assert due(request_, on) == "2026-10-01"
    facts = request_("case", "show", REF, "--json", on=on).json["facts"]
    assert facts["extension_agreed_in"] == "The trust, 28 Aug 2026"
    told = request_("case", "history", REF, "--json", on=on).json
    assert (told[-1]["on"], told[-1]["why"]) == ("2026-08-28", "The title is not clear")
    assert "the record is whole" in request_("db", "verify", on=on).out


def test_on_its_last_day_it_can_still_be_extended_and_a_day_later_no_more(
    request_: Terminal,
) -> None:
    with_day = "2 Sep 2026"
    refused = extend(request_, "3 Sep 2026", on=date(2026, 9, 3), code=1)
    assert reasons(refused) == [
        "Our decision notice: the time ended on 2 Sep 2026. Without a notice by then, you may ask "
        "for a review."
    ]
    assert "extended" in extend(request_, with_day, on=date(2026, 9, 2))


def test_an_agreement_that_is_recorded_too_late_counts_no_more_whatever_its_date(
    request_: Terminal,
) -> None:
    refused = extend(request_, "28 Aug 2026", on=date(2026, 9, 3), code=1)
    assert reasons(refused) == [
        "Our decision notice: the time ended on 2 Sep 2026; an agreement must be recorded by then."
    ]


@pytest.mark.parametrize("to", ["2 Sep 2026", "1 Sep 2026"])
def test_an_extension_leads_to_a_later_day(to: str, request_: Terminal) -> None:
    on = date(2026, 8, 28)
    ((reason,)) = reasons(extend(request_, "28 Aug 2026", on=on, code=1, to=to))
    assert reason == f"Our decision notice: {to} is not after the last day, 2 Sep 2026."
    assert due(request_, on) == "2026-09-02"


def test_it_can_be_extended_again_from_the_day_that_was_agreed(request_: Terminal) -> None:
    extend(request_, "28 Aug 2026", on=date(2026, 8, 28))
    (reason,) = reasons(extend(request_, "29 Sep 2026", on=date(2026, 9, 29), code=1))
    assert reason == "Our decision notice: 1 Oct 2026 is not after the last day, 1 Oct 2026."
    extend(request_, "29 Sep 2026", on=date(2026, 9, 29), to="1 Nov 2026")
    assert due(request_, date(2026, 9, 29)) == "2026-11-01"


def test_the_step_of_the_route_obeys_the_same_rule(request_: Terminal) -> None:
    refused = request_(
        "case", "advance", REF, "agree_extension", "--fact", "extended_until=2026-09-01",
        "--fact", "extension_agreed_in=Email", on=date(2026, 8, 28), code=1,
    ).err  # fmt: skip
    assert reasons(refused) == [
        "Our decision notice: 1 Sep 2026 is not after the last day, 2 Sep 2026."
    ]


def test_a_clock_that_its_route_does_not_let_anybody_extend_is_refused(
    request_: Terminal,
) -> None:
    words = ("--to", "1 Oct 2026", "--agreed-by", "The trust", "--agreed-on", "28 Aug 2026")
    on = date(2026, 8, 28)
    refused = request_("case", "extend", REF, "representations", *words, on=on, code=1).err
    assert refused.splitlines() == [
        f"{REF}: Representations by anybody was not extended.",
        "  - Representations by anybody is statutory and not one that its route lets anybody "
        "extend.",
        "  → those that can be extended by agreement: decision_notice",
    ]
    unknown = request_("case", "extend", REF, "decision_note", *words, on=on, code=6).err
    assert "did you mean decision_notice?" in unknown
