"""The officer's session: what is typed from expression of interest to keys, and what is refused."""

import sqlite3
import stat
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import TODAY, Result, Terminal

# These look into the SQLite file; tests/test_databases.py takes the same way on both databases.
pytestmark = pytest.mark.sqlite_only

REF = "CAT-2026-0001"
WHOLE_TERMS = str(Path(__file__).parent / "fixtures" / "whole_terms.yaml")


def rows(home: Path) -> list[str]:
    """Give everything that is stored, as text."""
    with closing(sqlite3.connect(home / "assetflow.db")) as db:
        return list(db.iterdump())


def given(*facts: str) -> list[str]:
    return [word for fact in facts for word in ("--fact", fact)]


def reasons(refused: Result) -> list[str]:
    assert refused.out == ""
    return [line[4:] for line in refused.err.splitlines() if line.startswith("  - ")]


def ways_out(refused: Result) -> list[str]:
    return [line[4:] for line in refused.err.splitlines() if line.startswith("  → ")]


class Untouched:
    """Holds that what happens inside changes no row."""

    def __init__(self, af: Terminal) -> None:
        self.af = af

    def __enter__(self) -> None:
        self.before = rows(self.af.home)

    def __exit__(self, *_: object) -> None:
        assert rows(self.af.home) == self.before


def sign(af: Terminal, on: date, **signatories: str) -> None:
    """Ask for the sign-offs of the case's step and have them all given."""
    af("case", "record", "1", "transfer_purpose=Bowls", on=on)
    af("signoff", "request", "1", on=on)
    for department, person in signatories.items():
        af("signoff", "give", "1", department, "--by", person, "--evidence", "Email", on=on)


def stage(af: Terminal) -> str:
    overview = af("case", "show", "1", "--json").json["overview"]
    return str(overview["stage"])


# --- from the form to the keys --------------------------------------------------------------


def test_a_case_is_taken_from_expression_of_interest_to_keys(case: Terminal) -> None:
    march, june = date(2026, 3, 17), date(2026, 6, 1)
    accept_the_interest(case, march)
    follow_a_benchmark(case, march)
    receive_and_recommend_the_business_case(case, june)
    approve(case, june)
    agree_terms(case, june)
    sign_the_lease_and_hand_over(case, june)
    check_nothing_is_left_to_do(case, see_the_first_year_through(case))
    check_history(case)
    check_letters(case)


def accept_the_interest(af: Terminal, day: date) -> None:
    accept = ["case", "advance", "1", "accept"]
    with Untouched(af):
        refused = af(*accept, code=1)
        assert len(reasons(refused)) == 5
        for missing in ("champion", "transfer_purpose", "ownership_confirmed", "Nobody has asked"):
            assert any(missing in reason for reason in reasons(refused)), missing
        assert f"assetflow champion name {REF} PERSON" in ways_out(refused)
        assert f"assetflow signoff request {REF} accept" in ways_out(refused)
        assert "Who can: the case officer" in refused.err
        af("champion", "name", "1", "sam", code=1)
    af("champion", "name", "1", "grace")
    with Untouched(af):
        facts = given("transfer_purpose=Bowls", "ownership_confirmed=yes")
        assert len(reasons(af(*accept, *facts, code=1))) == 2
        assert af("case", "show", "1", "--json").json["facts"] == {}
    af("case", "record", "1", "transfer_purpose=Bowls")
    af("signoff", "request", "1")
    with Untouched(af):
        assert "Nobody has asked" in reasons(af("signoff", "give", "1", "legal", code=1))[0]
    af("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    af("signoff", "give", "1", "legal", "--by", "owen", "--evidence", "Email")
    with Untouched(af):
        (waiting,) = reasons(af(*accept, *facts, code=1))
        assert waiting.startswith("No answer of Ward councillors yet; asked 2 Mar 2026, due 16 Mar")
        assert "‘no’" not in af(*accept, *given("ownership_confirmed=maybe"), code=2).err
    # A consultee who lets the time go by holds nothing up.
    with Untouched(af):
        refused = af(*accept, *given("transfer_purpose=Bowls", "ownership_confirmed=no"), on=day,
                     code=1)  # fmt: skip
        assert "recorded as no; it must be yes" in reasons(refused)[0]
    done = af(*accept, *facts, on=day)
    assert "✓ CAT-2026-0001: Accept the expression of interest" in done.out
    assert "now: Benchmarking" in done.out
    assert "letter" in done.out
    assert af("case", "show", "1", "--json").json["facts"] == {
        "transfer_purpose": "Bowls", "ownership_confirmed": True,
    }  # fmt: skip


def follow_a_benchmark(af: Terminal, day: date) -> None:
    with Untouched(af):
        refused = af("case", "advance", "1", "accept", on=day, code=1)
        assert "The case is in the stage ‘Benchmarking’" in reasons(refused)[0]
        assert any("cite_benchmark" in way for way in ways_out(refused))
        cite = ["case", "advance", "1", "cite_benchmark"]
        refused = af(*cite, *given("benchmark_entry=atlantis", "business_case_due_on=2026-03-17"),
                     on=day, code=2)  # fmt: skip
        assert "'atlantis' is no entry of the library" in refused.err
        assert "17 Mar 2026 does not lie after 17 Mar 2026" in refused.err
    facts = given("benchmark_entry=norwich-cat-timeline", "business_case_due_on=1 Jun 2026")
    af(*cite, *facts, on=day)


def receive_and_recommend_the_business_case(af: Terminal, day: date) -> None:
    with Untouched(af):
        refused = af("case", "advance", "1", "submit_business_case", on=day, code=1)
        assert ways_out(refused) == [
            'give with the same command: --fact business_case_document="…"'
        ]
    af("case", "advance", "1", "submit_business_case",
       *given("business_case_document=Received 1 June"), on=day)  # fmt: skip

    sign(af, day, property="dev", finance="maya", communities="nadia", planning="dev")
    af("case", "advance", "1", "recommend", *given("assessment_summary=Strong"), on=day)


def approve(af: Terminal, day: date) -> None:
    with Untouched(af):
        approve = ["case", "advance", "1", "approve_in_principle"]
        af(*approve, *given("valid_until=1 Jun 2026"), on=day, code=2)
        refused = af(*approve, *given("undervalue=£60,000.50"), on=day, code=1)
        assert [one.partition(".")[0] for one in reasons(refused)] == [
            "Not on the file: Decision record (decision_reference)",
            "Not on the file: Approved terms",
            "Nobody has asked Finance (section 151 officer) to sign",
            "Nobody has asked Legal to sign",
        ]
        refused = af("signoff", "request", "1", on=day, code=1)
        assert [one.partition(".")[0] for one in reasons(refused)] == [
            "Not on the file: Approved terms"
        ], "the departments would sign for terms they cannot read"
    af("lease", "record", "1", "approved_terms", WHOLE_TERMS, on=day)
    sign(af, day, finance="maya", legal="owen")
    facts = given("undervalue=£60,000.50", "decision_reference=M 31")
    af(*approve, *facts, on=day)
    assert af("case", "show", "1", "--json").json["facts"]["undervalue"] == "60000.50"
    with Untouched(af):
        confirm = ["case", "advance", "1", "confirm_after_call_in"]
        refused = af(*confirm, *given("valid_until=2027-06-01"), on=day, code=1)
        assert reasons(refused) == [
            "Call-in: the time runs until 8 Jun 2026. Who can: nobody: it is a matter of time."
        ]
        stamped = af("case", "record", "1", "decision_published_on=2026-05-01", on=day, code=2)
        assert "it is given only with the step approve_in_principle" in stamped.err
    release = ["case", "advance", "1", "release_from_call_in"]
    af(*release, *given("call_in_exemption=Urgent", "valid_until=2027-06-01"), on=day)


def agree_terms(af: Terminal, day: date) -> None:
    af("lease", "record", "1", "heads_of_terms", WHOLE_TERMS, on=day)
    sign(af, day, legal="owen", property="dev")
    with Untouched(af):
        agree = ["case", "advance", "1", "agree_terms", *given("terms_accepted_on=2026-06-01")]
        refused = af(*agree, on=day, code=1)
        assert "‘heads of terms’ has not been sent" in refused.err
        assert ways_out(refused) == [f"assetflow case advance {REF} offer_terms"]
    af("case", "advance", "1", "offer_terms", on=day)
    af(*agree, on=day)


def sign_the_lease_and_hand_over(af: Terminal, day: date) -> None:
    af("lease", "record", "1", "lease_draft", WHOLE_TERMS, on=day)
    sign(af, day, legal="owen")
    with Untouched(af):
        signed = ["case", "advance", "1", "complete_legal", *given("lease_signed_on=2026-06-01")]
        af(*signed, *given("lease_matches_terms=no"), on=day, code=1)
    af(*signed, *given("lease_matches_terms=yes"), on=day)

    sign(af, day, facilities="carol", ict="carol", insurance="carol")
    facts = given("keys_handed_over_on=2026-06-01", "handover_items=Keys; Log book",
                  "emergency_phone=0151 496 0199")  # fmt: skip
    done = af("case", "advance", "1", "hand_over", *facts, on=day)
    assert "now: Aftercare, with Communities, due 1 Jul 2026" in done.out


def see_the_first_year_through(af: Terminal) -> date:
    """Hold the four reviews; give the day of the last one."""
    said = given("review_findings=All is well", "review_actions=None")
    reviews = {
        "hold_first_review": date(2026, 7, 1),
        "hold_second_review": date(2026, 9, 1),
        "hold_third_review": date(2026, 12, 1),
        "end_aftercare": date(2027, 6, 1),
    }
    with Untouched(af):
        last = ["case", "advance", "1", "end_aftercare", *said]
        assert len(reasons(af(*last, on=date(2026, 7, 1), code=1))) == 2
    for trigger, day in reviews.items():
        done = af("case", "advance", "1", trigger, *said, on=day)
    assert "now: Completed, with nobody" in done.out
    return day


def check_nothing_is_left_to_do(af: Terminal, day: date) -> None:
    assert REF not in af("case", "list", on=day).out
    assert "ended" in af("case", "list", "--all", on=day).out
    assert "nothing is left to do" in af("case", "next", "1", on=day).out
    with Untouched(af):
        for late in (
            ["case", "advance", "1", "withdraw", "--why", "Too late"],
            ["case", "record", "1", "transfer_purpose=Later"],
            ["champion", "name", "1", "alex"],
            ["signoff", "request", "1"],
            ["letter", "issue", "1", "holding_update"],
        ):
            refused = af(*late, on=day, code=1)
            assert reasons(refused) == ["It was closed on 1 Jun 2027 as: Completed."]


def check_history(af: Terminal) -> None:
    """The history has every entry of the journal, with its facts, letters, people and reasons."""
    told = af("case", "history", "1", "--json").json
    with closing(sqlite3.connect(af.home / "assetflow.db")) as db:
        entries = db.execute(
            "SELECT j.position, happened_on, p.name, action, json_extract(w.text, '$.why') "
            "FROM journal j JOIN people p ON p.id = j.actor_id "
            "JOIN journal_payloads w USING (case_id, position) ORDER BY j.position"
        ).fetchall()
        facts = [name for (name,) in db.execute("SELECT name FROM facts")]
        letters = [name for (name,) in db.execute("SELECT name FROM letters")]
    own = [t for t in told if t["position"]]
    assert [(t["position"], t["on"], t["who"], t["action"], t["why"]) for t in own] == entries
    words = af("case", "history", "1").out
    assert [name for name in facts if f"{name}: " not in words] == []
    sent = [name.replace("_", " ") for name in letters if name != "signoff_request"]
    assert [name for name in sent if f"{name} (letter " not in words] == []
    assert "Legal signed: Owen Price" in words


def check_letters(af: Terminal) -> None:
    """Each letter is on file exactly as it was stored, for the council's eyes only."""
    for letter in af("letter", "list", "1", "--json").json:
        number = str(letter["number"])
        stored = af("letter", "show", number, "--json").json
        stem = af.home / "letters-sent" / REF / f"{letter['number']:05d}-{letter['name']}"
        text, html = stem.with_suffix(".txt"), stem.with_suffix(".html")
        assert text.read_text(encoding="utf-8").partition("\n\n")[2] == stored["text"]
        assert html.read_text(encoding="utf-8") == stored["html"]
        assert stored["text"] in af("letter", "show", number).out
        assert af("letter", "show", number, "--html").out.rstrip("\n") == stored["html"].rstrip()
        assert stat.S_IMODE(text.stat().st_mode) == stat.S_IMODE(html.stat().st_mode) == 0o640
        assert stat.S_IMODE(text.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((af.home / "letters-sent").stat().st_mode) == 0o700


# --- opening --------------------------------------------------------------------------------


def test_opening_a_case_acknowledges_it_at_once(af: Terminal) -> None:
    done = af("case", "open", "--asset", "orrell mount", "--group", "bowls", "--received",
              "27 Feb 2026", "--champion", "grace")  # fmt: skip
    assert f"✓ {REF} opened" in done.out
    assert "letter 1 to Bowls Club: We have your expression of interest" in done.out
    seen = af("case", "show", "1", "--json").json
    assert seen["overview"]["received_on"] == "2026-02-27"
    assert seen["overview"]["champion"] == "Grace Okoro"
    assert [letter["name"] for letter in seen["letters"]] == ["acknowledgement"]
    assert "27 February 2026" in af("letter", "show", "1").out


def test_a_group_that_is_new_is_added_from_the_form(af: Terminal) -> None:
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Makers", "--contact", "Karl Webb",
       "--email", "karl@makers.example")  # fmt: skip
    found = {group["name"]: group for group in af("group", "list", "--json").json}
    assert found["Makers"]["contact_name"] == "Karl Webb"
    with Untouched(af):
        af("case", "open", "--asset", "SAMPLE-0002", "--group", "Movers", "--email", "not one",
           code=2)  # fmt: skip
        af("case", "open", "--asset", "SAMPLE-0099", "--group", "Movers", "--contact", "Al", code=6)


def test_the_same_group_cannot_open_a_second_case_on_an_asset(case: Terminal) -> None:
    again = ["case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club"]
    with Untouched(case):
        refused = case(*again, code=1)
    assert reasons(refused) == [
        f"Bowls Club already has the open case {REF} on Orrell Mount Pavilion."
    ]
    assert ways_out(refused) == [f"go on with it: assetflow case next {REF}"]
    case("case", "withdraw", "1", "--why", "A fresh start")
    assert "CAT-2026-0002 opened" in case(*again).out


def test_another_group_may_ask_for_the_same_asset_and_the_officer_is_told(case: Terminal) -> None:
    case("group", "add", "Allotment Society")
    done = case("case", "open", "--asset", "SAMPLE-0001", "--group", "Allotment Society")
    notice = f"Another group also has an open case on Orrell Mount Pavilion: {REF}."
    assert f"  note: {notice}" in done.out
    shown = case("asset", "show", "SAMPLE-0001", "--json").json
    assert shown["cases"] == [REF, "CAT-2026-0002"]


def test_only_those_whom_the_route_names_open_cases(af: Terminal) -> None:
    words = ["case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club"]
    with Untouched(af):
        refused = af("--as", "nadia", *words, "--officer", "maya", code=1)
        assert reasons(refused) == [
            f"{name} may not do this. Who can: an estates officer or the head of property."
            for name in ("Nadia Hart", "Maya Lunt")
        ]
    af("--as", "grace", *words, "--officer", "kim")
    assert af("case", "show", "1", "--json").json["overview"]["officer"] == "Kim Novak"


# --- naming things --------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["1", "0001", "cat-2026-0001", " CAT-2026-0001 ", "00001"])
def test_a_case_is_known_by_its_reference_or_its_number(case: Terminal, typed: str) -> None:
    assert case("case", "show", typed, "--json").json["overview"]["reference"] == REF


def test_a_number_that_fits_cases_of_two_years_is_not_guessed(case: Terminal) -> None:
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club", "--received",
         "2025-12-01")  # fmt: skip
    refused = case("case", "show", "1", code=2)
    assert "CAT-2025-0001, CAT-2026-0001" in refused.err
    assert "CAT-2025-0001" in case("case", "show", "cat-2025-0001").out


def test_an_unknown_reference_is_met_with_the_nearest_ones(case: Terminal) -> None:
    refused = case("case", "show", "CAT-2026-0010", code=6)
    assert reasons(refused) == [f"did you mean {REF}?"]
    assert ways_out(refused) == ["see them: assetflow case list"]


def test_a_name_that_fits_several_lists_them_and_changes_nothing(case: Terminal) -> None:
    case("person", "add", "Grace Abbott")
    case("group", "add", "Bowls Association")
    with Untouched(case):
        person = case("champion", "name", "1", "grace", code=2)
        assert reasons(person) == [
            "it could be: grace.abbott Grace Abbott; grace.okoro Grace Okoro"
        ]
        words = ["case", "open", "--asset", "SAMPLE-0002", "--group"]
        assert "Bowls Association; Bowls Club" in case(*words, "bowls", code=2).err
        asset = case("case", "open", "--asset", "road", "--group", "Bowls Club", code=2)
        assert "of our assets" in asset.err
        assert "SAMPLE-0002 2-4 Trinity Road" in asset.err
        assert len(asset.err) < 1_000
    case("champion", "name", "1", "grace.o")
    assert "Grace Okoro" in case("case", "show", "1").out


def test_a_trigger_or_fact_that_is_misspelt_is_met_with_the_right_one(case: Terminal) -> None:
    with Untouched(case):
        assert "did you mean accept?" in case("case", "advance", "1", "acept", code=6).err
        wrong = case("case", "record", "1", "transfer_purpos=x", "reply_by=31 Feb 2026",
                     "lease_term_years=many", code=2)  # fmt: skip
        assert len(reasons(wrong)) == 3
        assert "did you mean transfer_purpose?" in wrong.err
        twice = case("case", "record", "1", "undervalue=1", "undervalue=2", code=2)
        assert "Given more than once: undervalue." in twice.err


# --- people and their places ----------------------------------------------------------------


def test_the_champion_is_never_the_case_officer_and_is_named_once(case: Terminal) -> None:
    with Untouched(case):
        refused = case("--as", "nadia", "champion", "name", "1", "sam", code=1)
        assert len(reasons(refused)) == 2
        assert "nobody answers to themselves" in refused.err
    case("champion", "name", "1", "alex", "--why", "Holds the budget")
    with Untouched(case):
        assert "is the champion already" in case("champion", "name", "1", "alex", code=1).err
    case("champion", "name", "1", "grace", "--why", "Alex is away")
    told = case("case", "history", "1").out
    assert "Champion: Grace Okoro, after Alex Reid" in told
    assert "Alex is away" in told


def test_who_prepares_a_case_cannot_sign_it_off(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    case("--as", "alex", "grant", "add", "sam", "signatory", "--department", "service",
         "--authority", "A slip")  # fmt: skip
    with Untouched(case):
        refused = case("signoff", "give", "1", "service", "--evidence", "None", code=1)
        assert reasons(refused) == [
            "The case officer prepares the case and cannot sign it off as well."
        ]
        assert "nadia.hart" in ways_out(refused)[0]
        refused = case("signoff", "give", "1", "service", "--by", "sam", "--on", "1 Mar 2026",
                       code=2)  # fmt: skip
        refused = case("--as", "iris", "signoff", "give", "1", "service", "--by", "maya",
                       "--evidence", "None", code=1)  # fmt: skip
        assert len(reasons(refused)) == 2
        assert "Maya Lunt is not a signatory of Service that holds the asset." in refused.err
    case("--as", "nadia", "signoff", "give", "1", "service", "--evidence", "Email")
    with Untouched(case):
        again = case("signoff", "give", "1", "service", "--by", "nadia", code=1)
        assert "signed already (Nadia Hart on 2 Mar 2026)" in again.err
        assert "known: service, property" in case("signoff", "give", "1", "lega", code=6).err


def test_each_act_is_open_to_those_whom_the_route_names_and_to_no_one_else(case: Terminal) -> None:
    acts = (
        ["case", "advance", "1", "withdraw", "--why", "No"],
        ["case", "record", "1", "transfer_purpose=Bowls"],
        ["case", "note", "1", "Hello"],
        ["champion", "name", "1", "alex"],
        ["signoff", "request", "1"],
        ["letter", "issue", "1", "holding_update", *given("progress_made=a",
         "progress_awaited=b", "forecast_date=2026-09-01")],
    )  # fmt: skip
    with Untouched(case):
        for act in acts:
            refused = case("--as", "iris", *act, code=1)
            assert any("Iris Dale may not do this. Who can: " in r for r in reasons(refused)), act
            unknown = case("--as", "Nobody Atall", *act, code=6)
            assert "There is no person 'Nobody Atall'" in unknown.err
            assert "assetflow person list" in ways_out(unknown)[0]
        assert "of our people" in case("--as", "e", *acts[2], code=2).err


def test_who_has_not_said_who_they_are_is_asked(case: Terminal) -> None:
    settings = case.home / "assetflow.toml"
    text = settings.read_text(encoding="utf-8").replace("sam.taylor", "")
    settings.write_text(text, encoding="utf-8")
    with Untouched(case):
        refused = case("case", "note", "1", "Hello", code=2)
    assert "It is not known who you are." in refused.err
    assert "--as PERSON" in ways_out(refused)[0]
    case("--as", "sam", "case", "note", "1", "Hello")


# --- days -----------------------------------------------------------------------------------


def test_nothing_is_recorded_ahead_of_its_day_or_before_the_last_move(case: Terminal) -> None:
    acts = (
        ["case", "advance", "1", "withdraw", "--why", "No"],
        ["case", "record", "1", "transfer_purpose=Bowls"],
        ["case", "note", "1", "Hello"],
        ["champion", "name", "1", "alex"],
        ["signoff", "request", "1"],
    )
    with Untouched(case):
        for act in acts:
            future = case(*act, "--on", "3 Mar 2026", code=2)
            assert "3 Mar 2026 lies in the future; today is 2 Mar 2026." in future.err
            past = case(*act, "--on", "1 Mar 2026", code=2)
            assert f"{REF} last moved on 2 Mar 2026" in past.err
        early = case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club",
                     "--received", "2026-03-03", code=2)  # fmt: skip
        assert "lies in the future" in early.err
        case("sweep", "--on", "2026-03-03", code=2)
    case("case", "note", "1", "Late entry", "--on", "4 Mar 2026", on=date(2026, 3, 9))
    told = case("case", "history", "1", "--json", on=date(2026, 3, 9)).json
    assert told[-1]["on"] == "2026-03-04"
    with closing(sqlite3.connect(case.home / "assetflow.db")) as db:
        recorded = db.execute(
            "SELECT recorded_at FROM journal JOIN journal_payloads USING (case_id, position) "
            "WHERE text LIKE '%Late entry%'"
        ).fetchone()
    assert recorded[0].startswith("2026-03-09 10:00")


# --- the way back and the ways out ----------------------------------------------------------


def assessed(af: Terminal) -> date:
    """Bring the case to its decision; give the day."""
    af("champion", "name", "1", "grace")
    sign(af, TODAY, service="nadia", legal="owen", ward_councillors="ruth")
    af("case", "advance", "1", "accept", *given("transfer_purpose=Bowls",
       "ownership_confirmed=yes"))  # fmt: skip
    af("case", "advance", "1", "complete_benchmark", *given("benchmark_report=Ours",
       "business_case_due_on=2026-06-01"))  # fmt: skip
    af("case", "advance", "1", "submit_business_case", *given("business_case_document=Plan"))
    sign(af, TODAY, property="dev", finance="maya", communities="nadia", planning="dev")
    return TODAY


def test_a_case_that_goes_back_is_signed_off_anew(case: Terminal) -> None:
    assessed(case)
    recommend = ["case", "advance", "1", "recommend", *given("assessment_summary=Good")]
    back = ["case", "advance", "1", "revise_business_case"]
    with Untouched(case):
        case(*back, *given("business_case_due_on=2026-03-02"), code=2)
        refused = case(*back, *given("business_case_due_on=2026-07-01"), code=1)
        assert "revision_needed" in refused.err
    case(*back, *given("business_case_due_on=2026-07-01", "revision_needed=Costs; Insurance"))
    assert stage(case) == "business_case"
    again = ["case", "advance", "1", "submit_business_case"]
    assert "business_case_document" in case(*again, code=1).err
    case(*again, *given("business_case_document=Second version"))
    with Untouched(case):
        refused = case(*recommend, code=1)
        assert len([r for r in reasons(refused) if "Nobody has asked" in r]) == 4
    sign(case, TODAY, property="dev", finance="maya", communities="nadia", planning="dev")
    case(*recommend)
    assert stage(case) == "decision"
    signed = [t for t in case("case", "history", "1", "--json").json
              if t["action"] == "signoff_given" and t["what"].startswith("Finance")]  # fmt: skip
    assert len(signed) == 2


def test_an_objection_needs_a_way_forward_and_authority_to_block(case: Terminal) -> None:
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    words = ["signoff", "object", "1", "service", "--by", "nadia", "--reason", "We need it",
             "--evidence", "Email"]  # fmt: skip
    with Untouched(case):
        assert "known: statutory_bar" in case(*words, "--category", "dislike", code=2).err
        refused = case(*words, "--category", "safety", code=1)
        assert len(reasons(refused)) == 2
        assert "--category" in ways_out(refused)[-1]
    forward = ["--way-forward", "Share the hall"]
    done = case(*words, "--category", "safety", *forward, "--authority", "HSWA 1974 s.2")
    assert "it blocks until resolved" in done.out
    with Untouched(case):
        refused = case("case", "advance", "1", "accept", code=1)
        assert any("We need it. Way forward: Share the hall." in r for r in reasons(refused))
        assert "already" in case(*words, "--category", "policy", *forward, code=1).err
    case("signoff", "give", "1", "service", "--by", "nadia", "--evidence", "Email")
    assert "objects" not in case("case", "advance", "1", "accept", code=1).err
    told = case("case", "history", "1").out
    assert "objected (It would be unsafe); way forward: Share the hall" in told


def test_a_group_that_withdraws_leaves_a_reason_and_gets_a_letter(case: Terminal) -> None:
    with Untouched(case):
        refused = case("case", "withdraw", "1", "--why", " ", code=1)
        assert reasons(refused)[0].startswith("A reason must be given.")
        assert ways_out(refused) == ['add --why "…"']
        case("case", "advance", "1", "withdraw", code=1)
    done = case("case", "withdraw", "1", "--why", "The roof is too dear")
    assert "now: Withdrawn, with nobody" in done.out
    assert "The roof is too dear" in case("case", "history", "1").out
    assert [x["name"] for x in case("letter", "list", "1", "--json").json][-1] == "withdrawal"
    with Untouched(case):
        assert "has ended" in case("case", "withdraw", "1", "--why", "Twice", code=1).err
    case("case", "note", "1", "The group thanked us")


# --- letters --------------------------------------------------------------------------------

UPDATE = ("progress_made=The survey is done", "progress_awaited=Legal has it",
          "forecast_date=14 Jul 2026")  # fmt: skip


def test_a_preview_shows_the_letter_and_stores_nothing(case: Terminal) -> None:
    before = sorted(case.home.rglob("*"))
    with Untouched(case):
        refused = case("letter", "preview", "1", "holding_update", code=1)
        assert len(reasons(refused)) == 3
        assert ways_out(refused)[0].startswith("give them with the letter: --fact")
        seen = case("letter", "preview", "1", "holding_update", *given(*UPDATE))
        assert seen.out.startswith("To: Bowls Club\nSubject: Where your case about")
        assert "The survey is done" in seen.out
        page = case("letter", "preview", "1", "acknowledgement", "--html")
        assert page.out.startswith("<!doctype html>")
        assert "known letters" in case("letter", "preview", "1", "valentine", code=6).err
    assert sorted(case.home.rglob("*")) == before
    case("letter", "issue", "1", "holding_update", *given(*UPDATE))
    sent = case("letter", "show", "2").out
    assert sent.startswith(seen.out.rstrip("\n"))


def test_a_holding_update_goes_out_at_any_time_and_counts_as_written(case: Terminal) -> None:
    day = TODAY + timedelta(days=20)
    done = case("letter", "issue", "1", "holding_update", *given(*UPDATE), "--why", "They rang",
                on=day)  # fmt: skip
    assert "✓ letter 2 to Bowls Club: Where your case about Orrell Mount Pavilion" in done.out
    told = case("case", "history", "1").out
    assert "Sent holding update (letter 2)" in told.replace("sent", "Sent")
    assert "They rang" in told
    facts = case("case", "show", "1", "--json").json["facts"]
    assert facts["forecast_date"] == "2026-07-14"
    check_letters(case)
    with Untouched(case):
        refused = case("letter", "issue", "1", "acknowledgement", on=day, code=1)
        assert "is not sent by itself" in refused.err
        refused = case("letter", "issue", "1", "withdrawal", on=day, code=1)
        assert f"assetflow case advance {REF} withdraw" in ways_out(refused)


def test_what_was_sent_stays_as_it_was_sent(case: Terminal) -> None:
    before = case("letter", "show", "1", "--json").json
    case("champion", "name", "1", "grace")
    own = case.home / "letters" / "en"
    own.mkdir(parents=True)
    (own / "acknowledgement.md.j2").write_text(
        "---\nto: group\nsubject: Other words\n---\n# {{ subject }}\n\nOther words.\n",
        encoding="utf-8",
    )
    assert "Other words" in case("letter", "preview", "1", "acknowledgement").out
    assert case("letter", "show", "1", "--json").json == before
    for wrong in ("0", "99", "one", "-", "#", "1.0", "9" * 30):
        assert "There is no letter" in case("letter", "show", wrong, code=6).err
    assert case("letter", "show", "#1", "--json").json == before


# --- the list -------------------------------------------------------------------------------


def test_the_list_begins_with_what_needs_attention_most(af: Terminal) -> None:
    opened = {
        "red": ("SAMPLE-0001", "2025-02-03"),
        "watch": ("SAMPLE-0002", "2025-08-04"),
        "overdue": ("SAMPLE-0003", "2026-01-05"),
        "new": ("SAMPLE-0004", "2026-03-02"),
        "new with a champion": ("SAMPLE-0005", "2026-03-02"),
        "ended": ("SAMPLE-0006", "2024-01-08"),
    }
    references = {}
    for kind in reversed(opened):
        asset, received = opened[kind]
        done = af("case", "open", "--asset", asset, "--group", "Bowls Club", "--received", received,
                  "--json")  # fmt: skip
        references[kind] = done.json["overview"]["reference"]
    af("case", "withdraw", references["ended"], "--why", "Long ago")
    for kind in ("red", "watch", "overdue", "new with a champion"):
        af("champion", "name", references[kind], "grace")
    listed = [o["reference"] for o in af("case", "list", "--all", "--json").json]
    assert listed == [references[kind] for kind in opened]
    assert references["ended"] not in af("case", "list").out
    overdue = [o["reference"] for o in af("case", "list", "--overdue", "--json").json]
    assert overdue == [references[kind] for kind in ("red", "watch", "overdue")]
    mine = af("--as", "grace", "case", "list", "--mine", "--json").json
    assert {o["champion"] for o in mine} == {"Grace Okoro"}
    assert len(mine) == 4
    assert af("case", "list", "--stage", "withdrawn", "--all", "--json").json[0]["rank"] == -1


def test_the_next_page_says_what_can_be_done_and_by_whom(case: Terminal) -> None:
    steps = {s["trigger"]: s for s in case("case", "next", "1", "--json").json["steps"]}
    assert not steps["accept"]["ready"]
    assert steps["withdraw"]["givable"]
    assert all(m["who"] for m in steps["accept"]["missing"])
    page = case("case", "next", "1").out
    assert "Not yet, and why" in page
    assert f"assetflow champion name {REF} PERSON" in page
    # What the page offers to type does what it says, once the blanks are filled in.
    command = steps["ask_for_information"]["command"].split()[1:]
    blanks = {
        "reply_by": "2026-04-01", "information_needed": "Accounts", "pause_reason": "accounts",
    }  # fmt: skip
    filled = [
        f"{word.partition('=')[0]}={blanks[word.partition('=')[0]]}" if "…" in word else word
        for word in command
    ]
    case(*filled)
    assert case("case", "show", "1", "--json").json["overview"]["holder"] == "the group"
