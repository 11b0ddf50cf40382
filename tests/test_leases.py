"""Lease terms: how they are read, how long they are, what is worse for the group, who asks what."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Terminal
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from assetflow import lease_data, yaml_reader
from assetflow import models as m
from assetflow.deadlines import Duration
from assetflow.errors import BadFile
from assetflow.leases import papers, rent
from assetflow.leases.clauses import boilerplate, same
from assetflow.leases.drift import TOPICS, compare
from assetflow.leases.funders import Funder, shortfalls
from assetflow.leases.particulars import FIELDS
from assetflow.leases.rules import Setting, applying
from assetflow.leases.telling import form
from assetflow.leases.telling import given as told
from assetflow.leases.terms import Terms, length_in_words
from assetflow.settings import SHIPPED, Settings

SETTINGS = Settings(SHIPPED / "no-home", "")
WHOLE = str(Path(__file__).parent / "fixtures" / "whole_terms.yaml")
DRAFT = str(SHIPPED / "data" / "demo" / "lease_draft.yaml")
ENGLAND = Setting("england-and-wales")
TENDER = {"term": "25 years", "rent": [{"years": "1-25", "basis": "peppercorn"}]}
MARKET_FROM_SIX = [
    {"years": "1-5", "basis": "peppercorn"},
    {"years": "6-25", "basis": "market", "amount": 12000},
]


def terms(content: dict[str, Any]) -> Terms:
    found, mistakes = papers.read(content)
    assert mistakes == []
    assert found is not None
    return found


# --- how long -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "words", "order"),
    [
        ("2026-09-01", "2033-08-30", "6 years and 364 days", -1),
        ("2026-09-01", "2033-08-31", "7 years", 0),
        ("2026-09-01", "2033-09-01", "7 years and 1 day", 1),
        ("2026-09-01", "2029-02-28", "2 years and 6 months", -1),
    ],
)
def test_the_three_seven_years(start: str, end: str, words: str, order: int) -> None:
    lease = terms({"start": start, "end": end, "tenure": "lease"})
    assert lease.last is not None
    assert length_in_words(lease.first, lease.last) == words
    assert lease.reaches(Duration.parse("7 years")) == order
    names = [rule.name for rule in applying(lease_data.rules(SETTINGS), lease, ENGLAND)]
    # To register and best consideration: more than 7 years. All three at once: just 7.
    assert ("register_long_lease" in names) == (order > 0)
    assert ("best_consideration" in names) == (order > 0)
    assert ("just_seven_years" in names) == (order == 0)


# --- rent ---------------------------------------------------------------------------------------


def test_the_rent_of_orrell_library_as_drafted_and_as_signed() -> None:
    drafted, signed = terms({**TENDER, "rent": MARKET_FROM_SIX}), terms(TENDER)
    assert (rent.total(drafted), rent.total(signed)) == (Decimal(240_005), Decimal(25))
    assert rent.affordable_for(drafted, Decimal(500)) == (5, 0)
    assert rent.affordable_for(signed, Decimal(500)) == (25, 0)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"years": "1-5"}], "no rent is given from 1 Jan 2006 to 31 Dec 2025"),
        ([{"years": "1-5"}, {"years": "5-25"}], "two rents are given from 1 Jan 2005 on"),
        ([{"years": "2-25"}], "no rent is given from 1 Jan 2001 to 31 Dec 2001"),
        ([{"years": "1-30"}], "the rent goes on until 31 Dec 2030, after the term has ended"),
    ],
)
def test_a_rent_covers_the_whole_term_once(steps: list[dict[str, Any]], said: str) -> None:
    rows = [{**step, "basis": "none"} for step in steps]
    _, mistakes = papers.read({"term": "25 years", "rent": rows})
    assert [one.message for one in mistakes] == [said]


# --- what is worse for the group ----------------------------------------------------------------

BEFORE = {
    **TENDER, "start": "2027-01-01", "tenure": "lease", "repair": "internal",
    "insurance": "landlord", "use": ["library", "café"], "alienation": ["hire_out", "assign"],
    "legal_costs": "each_own", "legal_costs_cap": 500, "act_1954": "protected",
    "breaks": [{"who": "tenant", "after": "5 years", "notice": "6 months"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "topic", "worse"),
    [
        ({"term": "20 years", "rent": [{"years": "1-20", "basis": "peppercorn"}]}, "term", True),
        ({"term": "30 years", "rent": [{"years": "1-30", "basis": "peppercorn"}]}, "term", False),
        ({"rent": [{"years": "1-25", "amount": 2}]}, "rent", True),
        ({"rent": [{"years": "1-25", "basis": "none"}]}, "rent", False),
        ({"rent": [{"years": "1-25", "basis": "index", "amount": 1}]}, "rent", True),
        ({"rent": [{"years": "1-25", "basis": "market"}]}, "rent", True),
        ({"rent": MARKET_FROM_SIX}, "rent", True),
        ({"breaks": []}, "break", True),
        ({"breaks": [{"who": "landlord", "after": "5 years"}]}, "break", True),
        ({"breaks": [{"who": "either", "after": "5 years", "notice": "6 months"}]}, "break", True),
        ({"repair": "full"}, "repair", True),
        ({"repair": "landlord"}, "repair", False),
        ({"insurance": "tenant"}, "insurance", True),
        ({"use": ["library"]}, "use", True),
        ({"use": ["Library", "Café", "nursery"]}, "use", False),
        ({"alienation": ["hire_out"]}, "alienation", True),
        ({"alienation": ["hire_out", "assign", "charge"]}, "alienation", False),
        ({"legal_costs": "tenant"}, "legal_costs", True),
        ({"legal_costs_cap": 900}, "legal_costs_cap", True),
        ({"legal_costs_cap": 100}, "legal_costs_cap", False),
        ({"act_1954": "excluded"}, "act_1954", True),
        ({"tenure": "licence"}, "tenure", True),
        ({"reverter": "Back to the council if it closes"}, "reverter", True),
    ],
)  # fmt: skip
def test_every_change_is_named_with_the_side_it_favours(
    change: dict[str, Any], topic: str, worse: bool
) -> None:
    (drift,) = compare(terms({**BEFORE, **change}), terms(BEFORE), "heads of terms", complete=True)
    assert (drift.topic, drift.adverse) == (topic, worse)


def test_a_paper_that_begins_on_another_day_has_not_drifted() -> None:
    later = terms({**BEFORE, "start": "2028-03-01"})
    assert compare(later, terms(BEFORE), "heads of terms", complete=True) == []


@pytest.mark.parametrize("complete", [True, False])
def test_only_the_silence_of_a_complete_paper_counts(complete: bool) -> None:
    found = compare(terms({**TENDER, "repair": "full"}), terms(TENDER), "tender", complete=complete)
    assert [one.topic for one in found] == (["repair"] if complete else [])


def test_what_was_accepted_is_bound_to_the_very_words() -> None:
    def code(years: int) -> str:
        rows = [{"years": f"1-{years}", "basis": "peppercorn"},
                {"years": f"{years + 1}-25", "basis": "market"}]  # fmt: skip
        draft = terms({**TENDER, "rent": rows})
        (drift,) = compare(draft, terms(TENDER), "tender", complete=False)
        return drift.code

    assert code(5) == code(5)
    assert code(5) != code(6)


# --- anything that can be written ---------------------------------------------------------------

amounts = st.decimals(0, 10**6, places=2)
years = st.integers(1, 60)


@st.composite
def written(draw: st.DrawFn) -> dict[str, Any]:
    length = draw(years)
    cuts = sorted(draw(st.sets(st.integers(1, length), max_size=4)) | {length})
    first, steps = 1, []
    for cut in cuts:
        basis = draw(st.sampled_from(("fixed", "index", "market", "peppercorn", "none")))
        steps.append({"years": f"{first}-{cut}", "basis": basis, "amount": str(draw(amounts))})
        first = cut + 1
    content: dict[str, Any] = {"term": f"{length} years", "rent": steps}
    if draw(st.booleans()):
        content["start"] = draw(st.dates(date(2000, 1, 1), date(2060, 1, 1))).isoformat()
    for name, particular in FIELDS.items():
        if particular.choices and particular.kind == "choice" and draw(st.booleans()):
            content[name] = draw(st.sampled_from(sorted(particular.choices)))
        elif particular.kind == "text" and draw(st.booleans()):
            content[name] = draw(st.text("ab: #'\"{}[]é", min_size=1).filter(str.strip))
    return content


@given(content=written())
def test_a_form_says_what_it_was_made_of_and_a_paper_never_drifts_from_itself(
    content: dict[str, Any],
) -> None:
    found = terms(content)
    again, mistakes = papers.read(yaml_reader.read_bytes(form(found, "x").encode(), "x").value)
    assert mistakes == []
    assert again == found == papers.from_json(papers.to_json(found))
    assert compare(found, found, "itself", complete=True) == []


@given(one=written(), other=written())
def test_what_is_better_one_way_round_is_never_better_the_other(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    there = compare(terms(one), terms(other), "x", complete=True)
    back = compare(terms(other), terms(one), "x", complete=True)
    better = {d.label for d in there if not d.adverse and d.topic not in ("rent", "reverter")}
    assert not better & {d.label for d in back if not d.adverse}
    assert all(d.topic in TOPICS for d in (*there, *back))


# --- bad files ----------------------------------------------------------------------------------


def test_everything_wrong_in_a_file_is_told_with_its_line(case: Terminal, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "start: 30 February 2026\nterm: 5 working days\nrent:\n  - {years: 5-1}\n  - {from: x}\n"
        "repair: some\nuse: [1, 2]\nbreaks:\n  - {who: me}\nfoo: 1\nmarket_rent: -3\n"
    )
    refused = case("lease", "record", "1", "tender", str(bad), code=2).err
    lines = [line.partition(f"{bad}:")[2].partition(":")[0] for line in refused.splitlines()[1:]]
    assert {*map(int, filter(None, lines))} == {1, 2, 4, 5, 6, 7, 9, 10, 11}
    assert case("lease", "show", "1", "--json").json["papers"] == []


@pytest.mark.parametrize(
    "text", ["", "[]", "- 1", "x", "term: [1]", "rent: 3", "rent: [3]", "breaks: x", "clauses: [1]",
             "rent: [{from: 2020-01-01, to: 2021-01-01}]", "term: 10000 years", "end: 2020-01-01",
             "start: 2020-01-02\nend: 2020-01-01",
             "start: 2020-01-01\nend: 2030-01-01\nterm: 3 years",
             "end: 2030-01-01\nterm: 3 years"],
)  # fmt: skip
def test_no_file_does_more_than_be_refused(case: Terminal, tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    assert case("lease", "record", "1", "tender", str(bad), code=2).err


# --- law, funders, clauses ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lease_rules.yaml", "funders.yaml", "standard_clauses.yaml"])
def test_a_file_of_the_council_is_read_instead_and_told_every_problem(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    group = {"lease_rules.yaml": "rules", "funders.yaml": "funders"}.get(name, "clauses")
    own = tmp_path / "data" / name
    own.write_text(f"{group}:\n  one: {{foo: 1}}\n  two: 3\n")
    readers = {"rules": lease_data.rules, "funders": lease_data.funders}
    read = readers.get(group, lease_data.standards)
    with pytest.raises(BadFile) as refused:
        read(Settings(tmp_path, ""))
    assert {p.line for p in refused.value.problems} == {2, 3}


def test_no_figure_of_law_or_funder_is_called_verified_as_shipped() -> None:
    rules, funders = lease_data.rules(SETTINGS), lease_data.funders(SETTINGS)
    assert all("not verified by your council" in rule.sentence for rule in rules)
    assert not any(funder.verified for funder, _ in funders.values())
    declared = {name for one in (SHIPPED / "workflows").glob("community_asset_transfer.yaml")
                for name in yaml_reader.read_file(one).value["facts"]}  # fmt: skip
    assert {rule.until for rule in rules if rule.until} <= declared


def test_a_completion_that_slips_eats_the_term_that_is_left() -> None:
    lease = terms({**BEFORE, "start": "2027-01-01", "term": "25 years"})
    funder = Funder("Heritage Fund", Duration.parse("24 years"))
    assert list(shortfalls(funder, lease, date(2028, 1, 1))) == []
    assert list(shortfalls(funder, lease, date(2028, 1, 2))) == [
        "Heritage Fund (not verified with the funder): it asks for 24 years left on 2 Jan 2028; "
        "there are 23 years and 364 days."
    ]


def test_a_standard_clause_is_known_with_a_name_filled_in() -> None:
    (standard, *_) = [s for s in lease_data.standards(SETTINGS) if s.topic == "rent"]
    worded = standard.text.replace("premises", "library").replace(" ", "  ")
    assert same(worded, standard.text)
    assert not same("The rent is a peppercorn for the whole term.", standard.text)
    draft = terms({**TENDER, "rent": MARKET_FROM_SIX, "clauses": {"Rent review": worded}})
    drifts = compare(draft, terms(TENDER), "tender", complete=False)
    (found,) = boilerplate(draft.clauses.items(), [standard], drifts)
    assert found.sentence.startswith("The clause ‘Rent review’ is the standard one")
    assert boilerplate(draft.clauses.items(), [standard], []) == []


# --- an officer's session -----------------------------------------------------------------------


def test_a_draft_that_drifts_is_told_accepted_and_told_anew(case: Terminal) -> None:
    case("lease", "record", "1", "tender", WHOLE)
    worse = case("lease", "record", "1", "approved_terms", DRAFT).out
    assert (
        "Rent, year 6 to year 25: the market rent (now about £12,000 a year); the tender said: £1"
        in worse
    )
    assert "rent: not accepted by the group and the champion" in worse
    for party in ("group", "champion"):
        who = () if party == "group" else ("--as", "alex")
        if party == "champion":
            refused = case("lease", "accept", "1", "--by", party, "--evidence", "x", code=1).err
            assert "The champion accepts in person, and nobody for them." in refused
            case("champion", "name", "1", "alex")
        case(*who, "lease", "accept", "1", "rent", "--by", party, "--evidence", "Letter of 3 Feb")
    found = case("lease", "compare", "1", "--json").json["compared"]["differences"]
    left = {one["topic"]: one["not_accepted_by"] for one in found if one["adverse"]}
    assert left.pop("rent") == []
    assert set(map(tuple, left.values())) == {("group", "champion")}
    assert "Letter of 3 Feb" in case("case", "history", "1").out
    assert "the record is whole" in case("db", "verify").out


def test_terms_put_the_facts_on_the_file_that_letters_quote(case: Terminal) -> None:
    case("lease", "record", "1", "approved_terms", WHOLE)
    facts = case("case", "show", "1", "--json").json["facts"]
    assert facts["lease_term"] == "25 years"
    assert facts["rent"] == "Year 1 to year 25: £1 a year (peppercorn)"
    assert facts["break_clause"] == "The group may end it from 1 Jul 2030 with 6 months of notice"
    assert facts["undervalue"] == "60000"


def test_terms_that_were_tampered_with_are_found(case: Terminal) -> None:
    case("lease", "record", "1", "tender", WHOLE)
    with case.store.write() as db:
        db.execute(update(m.lease_papers).values(terms=json.dumps({})))
    assert "has other terms in tender 1 than its journal says" in case("db", "verify", code=1).err


def test_a_funder_is_recorded_replaced_and_removed(case: Terminal) -> None:
    add = ("funder", "add", "1", "Heritage Fund")
    case(*add, "--like", "heritage_fund_large", "--deadline", "2026-11-30")
    case(*add, "--like", "heritage_fund_large", "--at-least", "15 years", "--confirmed")
    (found,) = case("funder", "list", "1", "--json").json
    assert (found["at_least"], found["verified"]) == ("15 years", True)
    case("funder", "remove", "1", "Heritage Fund", "--why", "No grant")
    assert case("funder", "list", "1", "--json").json == []
    assert case("funder", "remove", "1", "Heritage Fund", code=6).err


def test_what_is_given_of_terms_is_what_the_page_lists() -> None:
    page = (SHIPPED / "docs" / "lease-terms.md").read_text("utf-8")
    assert all(f"| `{name}` | {one.label} |" in page for name, one in FIELDS.items())
    assert told(terms({"term": "90 months"}), "term_years") == ""
