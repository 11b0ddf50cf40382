"""The letters: what each must say, how it reads, and what no letter may do."""

import re
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import fuzzed
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from assetflow.errors import BadFile, BadInput, NotFound, Problem
from assetflow.letters import CONTRACT, FACTS, LetterBook, Rendered, sample_context
from assetflow.letters.contract import KINDS, fits, flat
from assetflow.letters.language import FILTERS, SHALLOW, LetterLanguage, is_shallow

SHIPPED = Path(__file__).resolve().parent.parent / "letters"
BOOK = LetterBook([SHIPPED])
LETTERS = BOOK.names()
TO_GROUP = [name for name in LETTERS if BOOK.recipient(name) == "group"]
TO_STAFF = [name for name in LETTERS if BOOK.recipient(name) != "group"]
# A digest is about many cases, and its reader knows the office.
ABOUT_A_CASE = [name for name in LETTERS if name != "digest"]
CASES = ("full", "late", "bare")
HOSTILE = r"Friends of Elm Park <Hall> & Garden #CIO [*test*] _x_ $1,500 @me \ {{x}}"
FRONT = "---\nto: group\nsubject: About {{ asset.name }}\n---\n# {{ subject }}\n"

Context = dict[str, Any]


def context_for(name: str, case: str = "full") -> Context:
    facts = BOOK.facts_needed(name) if case == "bare" else None
    to = BOOK.recipient(name)
    return sample_context(facts, bare=case == "bare", late=case == "late", to=to)


def write(name: str, case: str = "full") -> Rendered:
    return BOOK.render(name, context_for(name, case))


def flowing(text: str) -> str:
    """Undo the filling of lines."""
    return " ".join(text.split())


# --- reading a web page ---------------------------------------------------------------------


class Page(HTMLParser):
    """Reads a page as a person does: its words in order, without what is never shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.opened: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0
        self._numbers: list[int | None] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title")
        if tag in ("ul", "ol"):
            self._numbers.append(1 if tag == "ol" else None)
        if tag == "li" and (number := self._numbers[-1]) is not None:
            self.said.append(f" {number}. ")
            self._numbers[-1] = number + 1
        if tag not in ("strong", "em", "a"):
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")
        if tag in ("ul", "ol"):
            self._numbers.pop()
        if tag not in ("strong", "em", "a"):
            self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)

    @property
    def text(self) -> str:
        return flowing("".join(self.said))

    def tags(self, *wanted: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.opened if tag in wanted]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


# --- every letter ---------------------------------------------------------------------------


def test_the_shipped_letters_have_no_problems() -> None:
    assert BOOK.problems() == []


def test_there_is_a_letter_for_each_step_and_each_colleague() -> None:
    assert {BOOK.recipient(name) for name in LETTERS} == {"group", "department", "person"}
    assert len(TO_GROUP) >= 11
    assert len(TO_STAFF) >= 4


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", LETTERS)
def test_text_and_page_say_the_same(name: str, case: str) -> None:
    letter = write(name, case)
    on_page, in_text = words(Page(letter.html).text), words(letter.text)
    if case == "late":  # a table too wide for columns repeats its headings in plain text
        assert set(in_text) == set(on_page)
    else:
        assert in_text == on_page


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", LETTERS)
def test_the_page_can_be_read_aloud(name: str, case: str) -> None:
    letter = write(name, case)
    page = Page(letter.html)
    assert letter.html.startswith("<!doctype html>")
    assert page.tags("html") == [{"lang": "en-GB"}]
    assert len(page.tags("title")) == len(page.tags("main")) == len(page.tags("h1")) == 1
    assert re.search(r"<title>(.*)</title>", letter.html)
    assert not re.search(r"<(\w+)[^>]*>\s*</\1>", letter.html), "an empty element"
    assert all(cell == {"scope": "col"} for cell in page.tags("th"))
    assert all(str(link["href"]).startswith("mailto:") for link in page.tags("a"))
    assert not page.tags("script", "img", "iframe", "object", "link")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", LETTERS)
def test_the_text_reads_well_in_a_terminal(name: str, case: str) -> None:
    text = write(name, case).text
    assert all(len(line) <= 72 for line in text.splitlines())
    assert text == "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    assert "\n\n\n" not in text
    assert not re.search(r"[\\*`|]|\{[{%]|&\w+;|None|True|False", text)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", LETTERS)
def test_nothing_hangs_in_the_air(name: str, case: str) -> None:
    text = write(name, case).text
    assert not re.search(r":[ \t]*\n-|: *$|\(\)|, ,|,\.| \.|“”|\n- *\n", text), text


def sentences(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n|\n(?:- |\d+\. )|\n[=-]+\n", text):
        yield from re.split(r"(?<=[.!?:])\s+", flowing(block))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", LETTERS)
def test_no_sentence_is_long(name: str, case: str) -> None:
    text = write(name, case).text
    prose = re.sub(r"\nStep +Who acts.*?\n\n", "\n\n", text, flags=re.DOTALL)
    long = [sentence for sentence in sentences(prose) if len(words(sentence)) > 27]
    assert not long


JARGON = {
    *("pursuant", "hereby", "aforementioned", "hereto", "heretofore", "forthwith", "demise"),
    *("covenant", "undervalue", "alienation", "stakeholder", "facilitate", "utilise", "demised"),
    *("lessee", "lessor", "notwithstanding", "statutory"),
}


@pytest.mark.parametrize("name", TO_GROUP)
def test_a_volunteer_meets_no_jargon(name: str) -> None:
    text = flowing(write(name).text)
    assert set(words(text.lower())).isdisjoint(JARGON)
    for term, meaning in {
        "lease": "A lease is the contract",
        "peppercorn": "A peppercorn is a token rent",
        "clause": "lets one side end the lease early|who may end the lease early",
        "heads of terms": "the main points of the lease",
    }.items():
        if name not in ("completion", "withdrawal") and re.search(rf"\b{term}\b", text.lower()):
            assert re.search(meaning, text), f"{term} is not explained"


@pytest.mark.parametrize("name", LETTERS)
def test_the_first_paragraph_says_what_to_do_or_by_when(name: str) -> None:
    text = write(name).text
    after_heading = text.split("==\n\n")[1].split("\n\n")
    first = flowing(after_heading[0 if name in TO_GROUP else 1])  # a memo first names its case
    assert re.search(r"\d{1,2} \w+ 20\d\d|90 days|today", first), first
    assert re.search(r"[Pp]lease|We |we |You ", first), first


@pytest.mark.parametrize("name", ABOUT_A_CASE)
def test_every_letter_names_one_contact(name: str) -> None:
    text = flowing(write(name).text)
    assert "Priya Nair" in text
    assert "Phone: 01632 960 101" in text
    assert "Email: priya.nair@westmere.example" in text
    assert "CAT-2026-0012" in text


@pytest.mark.parametrize("name", LETTERS)
def test_missing_telephone_and_email_leave_no_label(name: str) -> None:
    text = write(name, "bare").text
    assert "Phone" not in text
    assert "Email" not in text


@pytest.mark.parametrize("name", TO_GROUP)
def test_without_a_number_the_contact_is_reached_through_the_council(name: str) -> None:
    context = context_for(name)
    context["contact"] = {"name": "Priya Nair", "job_title": "", "phone": "", "email": ""}
    text = flowing(BOOK.render(name, context).text)
    assert "Phone, through the council: 01632 960 100" in text
    assert "Email, through the council: property@westmere.example" in text


AFTER_THE_KEYS = {"completion", "aftercare_review"}
# A permission is given by its letter; no lease follows it.
GIVES = {
    *AFTER_THE_KEYS, "permission_received", "permission_outcome", "permission_renewed",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(TO_GROUP) - GIVES))
def test_no_letter_before_completion_binds_the_council(name: str) -> None:
    text = flowing(write(name).text)
    assert "subject to contract and formal approval" in text
    assert re.search("not a binding offer", text)


# A closing warning goes out while the group has the case: the delay is not the council's.
# One that says that no decision was made in time says sorry in words of its own.
IN_TIME = {*AFTER_THE_KEYS, "withdrawal", "closing_warning", "atr_closed", "atr_no_decision"}


@pytest.mark.parametrize("name", sorted(set(TO_GROUP) - IN_TIME))
def test_a_late_letter_apologises_and_one_in_time_does_not(name: str) -> None:
    assert "We are sorry. This step is 7 working days late" in flowing(write(name, "late").text)
    assert "sorry" not in write(name).text


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_promises_a_day_that_has_passed(name: str) -> None:
    text = flowing(write(name, "late").text)
    assert not re.search(r"[Bb]y:? 23 January 2026", text)
    assert "Expected by" not in text or "Expected by: was due 23 January 2026" in text


class LetterSnapshot(SingleFileSnapshotExtension):
    """Keeps each letter as a readable text file."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.mark.parametrize("name", LETTERS)
def test_letter_as_it_goes_out(name: str, snapshot: SnapshotAssertion) -> None:
    letter = write(name)
    kept = snapshot.use_extension(LetterSnapshot)
    assert f"Subject: {letter.subject}\n\n{letter.text}" == kept


# --- what each letter must say --------------------------------------------------------------

STEPS = ("Business case being assessed (now)", "8 April 2026", "3 July 2026", "your group")
CHAMPION = ("Tom Adeyemi, Director of Place", "champion", "01632 960 102")
SUPPORT = ("supports community groups",)
CRITERIA = ("Community benefit", "40%", "Sustainability of the plan", "35%", "25%")
ANSWER = ("what is wrong", "law or policy", "if we did nothing", "what would let you sign")

SCORES = ("Two schools and the food bank", "8 of 10", "60%", "68.0 out of 100")

MUST_SAY: dict[str, tuple[str, ...]] = {
    "digest": (
        *("Please act on them today", "oldest first", "CAT-2025-0007, Station Road Pavilion"),
        *("Send the group a holding update", "2 more will follow", "assetflow case next"),
    ),
    "bid_received": (
        *("22 September 2025", "You do not need to do anything", "stays closed", "came late"),
        *("fixed before we advertised", "Whoever has one takes no part", *CHAMPION, *SUPPORT),
    ),
    "bid_late": (
        *("22 September 2025, after the deadline", "have not opened it", "3 March 2026"),
        *("unfair to the groups that kept to it", "still closed"),
    ),
    "bid_preferred": (
        *("3 March 2026", "Nothing is decided before", "has not been awarded", *SCORES, *CHAMPION),
        "Please do not spend money",
    ),
    "bid_reserve": (
        *("in reserve", "3 March 2026", "you need not bid again", *SCORES),
        *("We sign nothing before that day ends", "12 February 2026 at 2pm"),
    ),
    "bid_not_preferred": (
        *("3 March 2026", "more hours for the public", *SCORES, "Mill Street scout hut"),
        *("We sign nothing before that day ends", "12 February 2026 at 2pm", "which score"),
    ),
    "bid_closed": (
        *("12 January 2026", "Withdrawn", "a building nearer the school", "at any time"),
        "does not count against you",
    ),
    "permission_received": (
        *("22 September 2025", "9 February 2026", "who owns or looks after each place"),
        *("count back from the day of your event", "at most one fee", "nearest to it", *CHAMPION),
    ),
    "permission_outcome": (
        *("3 March 2026", "Mill Street roundabout", "Granted with conditions", "16 May 2026"),
        *("no higher than 60 cm", "Larkhill Lane verge", "Refused", "could not see the crossing"),
        *("planters behind the footpath", "£5 million", "one fee for everything: £120"),
        *("Fees and charges 2026, line 14", "Until 3 August 2026"),
    ),
    "permission_renewed": (
        *("goes on until 3 August 2026", "Mill Street roundabout", "no higher than 60 cm"),
        *("one fee for everything: £120", "Fees and charges 2026, line 14", "by 3 March 2026"),
    ),
    "acknowledgement": (
        *("CAT-2026-0012", "22 September 2025", "9 February 2026", "Who decides", "cost you"),
        *("You do not need to do anything", *STEPS, *CHAMPION, *SUPPORT),
    ),
    "expression_of_interest_accepted": (
        *("accepted your expression of interest", "9 February 2026"),
        *(*STEPS, *CHAMPION, *SUPPORT),
    ),
    "more_information_needed": (
        *("3 March 2026", "your governing document, because", "accounts for the last year"),
        *("the later steps move back too", "will not close your case", "more time", *SUPPORT),
        "We will not close your case without writing",
    ),
    "invitation_to_business_case": (
        *("30 April 2026", "business case form", "safety records", *CRITERIA, *SUPPORT),
        *("12 February 2026 at 10am", "name of each funder", "How many years must the lease"),
        "A business case is your plan",
    ),
    "business_case_received": (
        *("12 January 2026", "9 February 2026", "You do not need to do anything", *CRITERIA),
        *(*STEPS, *CHAMPION, "Councillors, or a senior officer they have chosen, decide"),
    ),
    "revise_business_case": (
        *("30 April 2026", "This is not a refusal", "who will pay for the roof, because"),
        *("letters from two funders", "will meet you", "If you think a point is wrong"),
    ),
    "not_taken_forward": (
        *("We will not take your proposal", "a loss in each of the first three years"),
        *("needs the building until 2030", "breaks even by year three", "Mill Street"),
        *("3 March 2026", "look at the decision again", "will meet you", "complaints procedure"),
    ),
    "approved_in_principle": (
        *("25 years", "£1 a year (a peppercorn) for all 25 years", "repairs the inside"),
        *("break clause", "six months' notice", "Each side pays", "3 August 2026"),
        *("must be a charity or a company", "show this letter to funders", *STEPS),
        "Heads of terms are a short list",
    ),
    "heads_of_terms": (
        *("25 years", "£1 a year (a peppercorn) for all 25 years", "repairs the inside"),
        *("six months' notice", "Community centre, classes", "may hire out rooms"),
        *("Each side pays", "replace the boiler", "must insure the contents"),
        *("solicitor who works for your group and not for the council", "Larkhill Lane"),
    ),
    "holding_update": (
        *("27 February 2026", "Legal has checked", "Finance has not yet said"),
        *("The council has it. The delay is ours", "4 months 12 days", *STEPS, *CHAMPION),
    ),
    "completion": (
        *("2 February 2026", "six keys", "fire risk assessment", "01632 960 199", "999"),
        *("In the first week", "In the first month", "Within 90 days", "meters", "insurer"),
    ),
    "decision_published": (
        *("2 February 2026", "minute 14", "cannot be called in", "the chair of scrutiny agreed"),
        *("Please do not spend money", *STEPS, *CHAMPION),
    ),
    "agreement_for_lease": (
        *("30 September 2026", "a grant offer for the roof", "planning permission for the ramp"),
        *("ends by itself after 30 September 2026", "The signed agreement is binding", *CHAMPION),
    ),
    "aftercare_review": (
        *("3 February 2026", "open six days a week", "heating costs more than planned"),
        *("asks two heating firms", "2 February 2026", "last of the reviews", *SUPPORT),
    ),
    "approved_sale": (
        *("9 February 2026", "3 August 2026", "£20,000", "the hall stays open to the public"),
        *("the council may buy it back first", "show this letter to funders", *STEPS),
    ),
    "terms_of_sale": (
        *("£20,000", "the council may buy it back first", "Community centre, classes"),
        *("Each side pays", "replace the boiler", "Larkhill Lane", "pays for every repair"),
        "solicitor who works for your group and not for the council",
    ),
    "atr_enquiry": (
        *("22 September 2025", "9 February 2026", "not yet a request"),
        "can make an asset transfer request",
        *("names the land or building", "says that it is a request under Part 5", *SUPPORT),
    ),
    # What the Act, its regulations and the guidance want each letter of a request to say.
    "atr_incomplete": (
        *("your governing document, because", "accounts for the last year"),
        *("we cannot go on until it is complete", "It has not started yet"),
        "Community Ownership Support Service",
    ),
    "atr_acknowledgement": (
        *("the validation date is 12 January 2026", "within 6 months of the validation date"),
        *("can agree on a longer time", "until 12 July 2026", "20 working days"),
        *("if we have not decided in time", "Councillors carry out the review, not officers"),
        *("appeal to the Scottish Ministers", "no other request for any of this land"),
        "may not sell or let the hall to anybody else",
    ),
    "atr_notice": (
        *("2 February 2026", "the toddler group that uses the hall", "a notice at the door"),
        *("made an asset transfer request for Larkhill Hall, Larkhill Lane", "ownership"),
        *("the library in Westmere", "Where to send representations", "Part 5"),
    ),
    "atr_representations": (
        *("3 February 2026", "a neighbour asks about noise", "the school is in favour"),
        *("You may comment on them", "How to comment"),
    ),
    "atr_extension": (
        *("30 October 2026", "a gap that the Keeper must look at", "before our time is over"),
        *("You are free to say no", "you can ask for a review", "until 12 July 2026"),
    ),
    "atr_extension_agreed": (
        *("30 October 2026", "your email of 9 July 2026", "takes the place of the old one"),
        *("moved again only if you agree", "you can ask for a review"),
    ),
    "atr_decision_agreed": (
        *("decision notice of 3 February 2026", "Friends of Larkhill Hall", "agrees to your"),
        *("the plan keeps the hall open", "the price is £20,000", "offer by 31 August 2026"),
        *("If no offer comes by 31 August 2026 and you do not appeal, the process ends",),
        *("If you do not accept the terms", "Scottish Ministers", "published online"),
    ),
    "atr_decision_refused": (
        *("decision of 3 February 2026", "refuses your request", "a loss in each of the first"),
        *("ask Priya Nair for a review", "appeal to the Scottish Ministers", "published online"),
    ),
    "atr_no_decision": (
        *("did not decide on your request for Larkhill Hall in time", "We are sorry"),
        *("neither agreed nor refused", "ask for a review", "appeal to the Scottish Ministers"),
    ),
    "atr_review_acknowledgement": (
        *("2 February 2026", "Councillors Grant, Reid and Shaw", "No officer who worked on"),
    ),
    "atr_closed": (
        *("12 January 2026", "Withdrawn", "a building nearer the school", "Within 2 years"),
        *("tell Priya Nair at once",),
    ),
    "closing_warning": (
        *("3 March 2026", "still wants Larkhill Hall", "we may close the case", "more time"),
        "We can agree a later date",
    ),
    "withdrawal": (
        *("Withdrawn", "a building nearer the school", "at any time", "rules on records"),
        *("If this is a mistake", "3 March 2026"),
    ),
    "signoff_request": (
        *("Finance", "10 February 2026", "Are the effects on revenue, VAT", *ANSWER),
        *("community centre and a toddler group", "25 years", "£1 a year"),
        *("Friends of Larkhill Hall", "Recommend the business case for decision"),
    ),
    "signoff_reminder": (
        *("Finance", "10 February 2026", "27 January 2026", "Are the effects on revenue, VAT"),
        *ANSWER,
    ),
    "champion_reminder": (
        *("is overdue", "The target for this stage, 20 working days, has passed."),
        *("2 February 2026", "the cause in writing", "ask Finance for its sign-off"),
        "Priya Nair and Tom Adeyemi",
    ),
    "ladder_alert": (
        *("Amber", "4 months 12 days", "the cause in writing", "ask Finance for its sign-off"),
        *("22 September 2025", "never stops", "Priya Nair and Tom Adeyemi"),
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_says_what_it_must(name: str) -> None:
    text = flowing(write(name).text)
    assert [phrase for phrase in MUST_SAY[name] if phrase not in text] == []


NEEDS: dict[str, str] = {
    "bid_preferred": "outcome_reasons",
    "bid_reserve": "outcome_reasons feedback_offer",
    "bid_not_preferred": "outcome_reasons feedback_offer",
    "more_information_needed": "information_needed reply_by",
    "invitation_to_business_case": "business_case_due_on",
    "revise_business_case": "revision_needed business_case_due_on",
    "not_taken_forward": "refusal_reasons what_would_change",
    "approved_in_principle": "lease_term rent repair break_clause legal_costs valid_until",
    "heads_of_terms": ("lease_term rent repair break_clause permitted_use alienation legal_costs"),
    "holding_update": "progress_made progress_awaited forecast_date",
    "closing_warning": "reply_by",
    "completion": "keys_handed_over_on",
    "decision_published": "decision_reference decision_published_on",
    "agreement_for_lease": "agreement_conditions agreement_long_stop_on",
    "aftercare_review": "review_findings review_actions keys_handed_over_on",
    "approved_sale": "valid_until price sale_conditions",
    "terms_of_sale": "price permitted_use legal_costs sale_conditions",
    "atr_incomplete": "information_needed",
    "atr_acknowledgement": "validation_date other_requests disposal_ban",
    "atr_notice": "notice_given_on notice_given_to request_wanted transfer_purpose papers_place",
    "atr_representations": "representations_sent_on representations_received",
    "atr_extension": "proposed_until extension_reason",
    "atr_extension_agreed": "extended_until extension_agreed_in",
    "permission_renewed": "valid_until",
    "atr_decision_agreed": "offer_due_on validation_date decision_reasons agreed_terms",
    "atr_decision_refused": "validation_date refusal_reasons",
    "atr_review_acknowledgement": "review_requested_on review_panel",
}
MENTIONS: dict[str, str] = {
    "bid_not_preferred": "alternatives",
    "permission_outcome": "permission_terms fee charge_policy valid_until",
    "permission_renewed": "permission_terms fee charge_policy",
    "invitation_to_business_case": "site_visit",
    "not_taken_forward": "alternatives",
    "approved_in_principle": "conditions",
    "heads_of_terms": "conditions open_points",
    "terms_of_sale": "open_points",
    "completion": "handover_items emergency_phone",
    "decision_published": "call_in_exemption",
    "signoff_request": "transfer_purpose lease_term rent repair break_clause conditions",
}


def test_a_level_of_lateness_says_since_when_and_not_how_old_the_case_is() -> None:
    late = write("ladder_alert", "late")
    assert late.subject.startswith("Amber: Larkhill Hall has been late since 12 January 2026, CAT")
    assert "counts from 12 January 2026, the first deadline that has passed" in flowing(late.text)
    assert "never stops" not in late.text
    assert "4 months" not in late.subject


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_knows_the_facts_it_needs(name: str) -> None:
    assert BOOK.facts_needed(name) == set(NEEDS.get(name, "").split())
    assert BOOK.facts_optional(name) == set(MENTIONS.get(name, "").split())


@pytest.mark.parametrize("name", LETTERS)
def test_every_fact_left_out_is_named_at_once(name: str) -> None:
    context = context_for(name)
    context["facts"] = {}
    needed = BOOK.facts_needed(name)
    if not needed:
        assert BOOK.render(name, context).text
        return
    with pytest.raises(BadInput, match=name) as caught:
        BOOK.render(name, context)
    assert caught.value.reasons == tuple(f"facts.{fact} is missing." for fact in sorted(needed))


def test_waiting_on_is_said_in_words() -> None:
    said = {
        "council": "The council has it",
        "group": "Your group has it",
        "third_party": "Somebody outside the council and your group has it",
        "nobody": "Nobody needs to act",
    }
    for holder, sentence in said.items():
        context = context_for("holding_update")
        context["case"]["waiting_on"] = holder
        text = flowing(BOOK.render("holding_update", context).text)
        assert [known for known in said.values() if known in text] == [sentence]


def test_a_consultee_is_told_that_the_step_does_not_wait() -> None:
    assert "cannot be taken until you have signed" in flowing(write("signoff_request").text)
    assert "This is a consultation" in flowing(write("signoff_request", "late").text)


def test_every_kind_of_fact_has_an_example() -> None:
    facts: Any = sample_context(kinds={kind: kind for kind in KINDS})["facts"]
    assert all(fits(facts[kind], kind) for kind in KINDS)


# --- values are printed exactly -------------------------------------------------------------


@pytest.mark.parametrize("name", ABOUT_A_CASE)
def test_a_hostile_name_is_printed_exactly(name: str) -> None:
    context = context_for(name)
    context["asset"]["name"] = HOSTILE
    context["group"] = {"name": HOSTILE, "contact_name": HOSTILE}
    letter = BOOK.render(name, context)
    assert HOSTILE in flowing(letter.text)
    assert HOSTILE in Page(letter.html).text
    assert HOSTILE in letter.subject
    assert len(Page(letter.html).tags("h1")) == 1


EVERYWHERE = """\
{{ case.why }}

## {{ case.why }}

- {{ case.why }}
1. **{{ case.why }}**

| {{ case.why }} | Last |
|---|---|
|{{ case.why }}| **{{ case.why }}** |

Said [{{ case.why }}](<mailto:{{ case.why }}>) and [more]({{ case.why }}).
"""


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> LetterBook:
    return book_of(tmp_path_factory.mktemp("everywhere"), {"echo": FRONT + EVERYWHERE})


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]), min_size=1))
@settings(max_examples=150, deadline=None)
def test_any_text_is_printed_exactly_wherever_it_stands(everywhere: LetterBook, said: str) -> None:
    said = flowing(said) or "x"
    context = sample_context([])
    context["case"] = {**CASE, "why": said}
    letter = everywhere.render("echo", context)
    page = Page(letter.html)
    assert flowing(letter.text).count(said) >= 6
    assert page.text.count(said) >= 6
    known = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "a", "br"}
    known |= {"ul", "ol", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in page.opened} <= known
    assert len(page.tags("h1")) == len(page.tags("h2")) == len(page.tags("table")) == 1
    assert len(page.tags("th")) == len(page.tags("td")) == 2
    assert all(
        re.match("mailto:|https?://", str(link["href"]), re.IGNORECASE) for link in page.tags("a")
    )


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ("two\nlines\t and\r\n\r\n# a heading", "two lines and # a heading"),
        ("a\u202eb\x00c\x1b[31md", "abc[31md"),
        ("half \ud800 a character", "half a character"),
        ("    indented", "indented"),
        ("&lt;b&gt; &amp; &#35;", "&lt;b&gt; &amp; &#35;"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("https://evil.example/?a=1&b=2", "https://evil.example/?a=1&b=2"),
        ("[press](https://evil.example)", "[press](https://evil.example)"),
        ("- - -", "- - -"),
    ],
)
def test_a_value_is_one_line_of_plain_words(everywhere: LetterBook, raw: str, printed: str) -> None:
    context = sample_context([])
    context["case"] = {**CASE, "why": raw}
    letter = everywhere.render("echo", context)
    assert flowing(letter.text).split(" ", 2)[:1] == ["About"]
    assert printed in flowing(letter.text)
    assert printed in Page(letter.html).text
    assert "<script" not in letter.html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil", "x y"])
def test_a_link_leads_to_the_web_or_to_a_mailbox_only(everywhere: LetterBook, address: str) -> None:
    context = sample_context([])
    context["case"] = {**CASE, "why": address}
    links = Page(everywhere.render("echo", context).html).tags("a")
    assert [str(link["href"])[:7] for link in links] == ["mailto:"]


def test_a_link_shows_its_address_in_plain_text(tmp_path: Path) -> None:
    body = "See [our page](https://www.westmere.example/cat) or [mail us](mailto:a@b.example).\n"
    letter = book_of(tmp_path, {"links": FRONT + body}).render("links", sample_context())
    expected = "See our page (https://www.westmere.example/cat) or mail us (mailto:a@b.example)."
    assert expected in flowing(letter.text)


def test_what_would_be_empty_is_left_out(tmp_path: Path) -> None:
    body = (
        "{{ case.why }}\n\n- {{ case.why }}\n- a point\n\n"
        "| A | B |\n|---|---|\n| {{ case.why }} | b |\n\n| C |\n|---|\n"
    )
    context = sample_context([])
    context["case"] = {**CASE, "why": ""}
    letter = book_of(tmp_path, {"gaps": FRONT + body}).render("gaps", context)
    assert letter.html.count("<li>") == 1
    assert "<td>–</td><td>b</td>" in letter.html
    assert letter.html.count("<table>") == 1
    assert not re.search(r"<(\w+)[^>]*>\s*</\1>", letter.html)


def test_raw_html_in_a_letter_is_shown_and_never_works(tmp_path: Path) -> None:
    body = '<b onclick="x()">bold</b> <img src=x>\n\n<div>block</div>\n'
    letter = book_of(tmp_path, {"raw": FRONT + body}).render("raw", sample_context())
    assert '<b onclick="x()">bold</b> <img src=x>' in flowing(letter.text)
    assert not Page(letter.html).tags("b", "img", "div")


def test_a_list_in_a_list_and_a_wide_table_read_well(tmp_path: Path) -> None:
    row = "| " + " | ".join(["a rather long cell of a table"] * 3) + " |\n"
    body = "3. three\n   - inner\n4. four\n\n   and more\n\n| A | B | C |\n|---|---|---|\n" + row
    letter = book_of(tmp_path, {"deep": FRONT + body}).render("deep", sample_context())
    assert "3. three\n   - inner\n4. four\n   and more\n" in letter.text
    assert "A: a rather long cell of a table\nB: a rather long cell of a table\n" in letter.text
    assert '<ol start="3">' in letter.html


# --- filters --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "printed"),
    [
        ("date", (date(2026, 2, 3),), "3 February 2026"),
        ("date", (date(2027, 12, 31),), "31 December 2027"),
        ("money", (1250,), "£1,250"),
        ("money", (Decimal("1250.50"),), "£1,250.50"),
        ("money", (Decimal("1250.00"),), "£1,250"),
        ("money", (Decimal("-3.5"),), "-£3.50"),
        ("money", (0,), "£0"),
        ("plural", (1, "day"), "1 day"),
        ("plural", (3, "day"), "3 days"),
        ("plural", (0, "day"), "0 days"),
        ("plural", (1200, "party", "parties"), "1,200 parties"),
        ("join_and", ([],), ""),
        ("join_and", (["a"],), "a"),
        ("join_and", (["a", "b"],), "a and b"),
        ("join_and", (["a", "b", "c"],), "a, b and c"),
    ],
)
def test_filters_write_as_people_do(name: str, arguments: tuple[Any, ...], printed: str) -> None:
    assert FILTERS[name](*arguments) == printed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "2026-02-03"),
        ("date", datetime(2026, 2, 3)),  # noqa: DTZ001 - it is refused
        ("money", "1250"),
        ("money", True),
        ("money", Decimal("NaN")),
        ("plural", "3"),
        ("plural", True),
        ("join_and", "abc"),
    ],
)
def test_filters_refuse_what_they_are_not_for(name: str, value: object) -> None:
    with pytest.raises(TypeError):
        FILTERS[name](value, *(["day"] if name == "plural" else []))


# --- broken letters -------------------------------------------------------------------------


def book_of(folder: Path, letters: dict[str, str]) -> LetterBook:
    for name, text in letters.items():
        path = folder / "en" / f"{name}.md.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return LetterBook([folder])


CASE: dict[str, object] = dict(sample_context()["case"])  # type: ignore[call-overload]

# Everything after the sixth line of the file: what is written, the problem's code, its line.
BROKEN_BODIES: list[tuple[str, str, int]] = [
    ("{{ case.reference", "syntax", 6),
    ("{% if case.end %}\nno end\n", "syntax", 7),
    ("{% endif %}", "syntax", 6),
    ("\n\n{{ 1 + }}", "syntax", 8),
    ("{% do case.clear() %}", "syntax", 6),
    ("{% trans %}x{% endtrans %}", "syntax", 6),
    ("{% raw %}{{ x }}{% endraw %}", "syntax", 6),
    ("{{ " + "9" * 5000 + " }}", "syntax", 0),
    ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "syntax", 0),
    ("{% if today %}" * 150 + "x" + "{% endif %}" * 150, "syntax", 0),
    ("text\n{{ case.refrence }}", "unknown-name", 7),
    ("{{ cast.reference }}", "unknown-name", 6),
    ("{{ case['refrence'] }}", "unknown-name", 6),
    ("{{ case.reference.upper }}", "unknown-name", 6),
    ("{{ facts.colour }}", "unknown-name", 6),
    ("{{ stages.label }}", "unknown-name", 6),
    ("{% for s in stages %}\n{{ s.lable }}\n{% endfor %}", "unknown-name", 7),
    ("{% for s in stages %}{% endfor %}{{ s.label }}", "unknown-name", 6),
    ("{{ loop.index }}", "unknown-name", 6),
    ("{{ range }}", "unknown-name", 6),
    ("{{ today | datum }}", "unknown-filter", 6),
    ("{{ case.why | upper }}", "unknown-filter", 6),
    ("{{ case.why | safe }}", "unknown-filter", 6),
    ("{{ case | attr('__class__') }}", "unknown-filter", 6),
    ("{{ case.why | format }}", "unknown-filter", 6),
    ("{{ case.reference | date }}", "wrong-filter", 6),
    ("{{ today | money }}", "wrong-filter", 6),
    ("{{ case.why | join_and }}", "wrong-filter", 6),
    ("{{ case.days_overdue | plural }}", "filter-words", 6),
    ("{{ case.days_overdue | plural(case.why) }}", "filter-words", 6),
    ("{{ today | date('%Y') }}", "filter-words", 6),
    ("{{ case.days_overdue | plural(one='day') }}", "filter-words", 6),
    ("{{ today }}", "not-text", 6),
    ("{{ facts.conditions }}", "not-text", 6),
    ("{{ stages }}", "not-text", 6),
    ("{{ case }}", "not-text", 6),
    ("{{ signoff.required }}", "not-text", 6),
    ("{{ case.end == case.why }}", "not-text", 6),
    ("{{ champion.name }}", "may-be-missing", 6),
    ("{{ case.stage_due_on | date }}", "may-be-missing", 6),
    ("{% if case.stage_due_on < today %}x{% endif %}", "may-be-missing", 6),
    ("{% if champion is defined %}{{ champion.name }}{% endif %}", "may-be-missing", 6),
    ("{% if champion %}{% else %}{{ champion.name }}{% endif %}", "may-be-missing", 6),
    ("{% if champion or case.end %}{{ champion.name }}{% endif %}", "may-be-missing", 6),
    ("{% for s in stages %}{{ s.due_on | date }}{% endfor %}", "may-be-missing", 6),
    ("{{ case.delete() }}", "not-allowed", 6),
    ("{{ range(10 ** 9) }}", "not-allowed", 6),
    ("{% for i in range(999999999) %}x{% endfor %}", "not-allowed", 6),
    ("{{ ().__class__.__base__.__subclasses__() }}", "not-allowed", 6),
    ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "not-allowed", 6),
    ("{{ case.__class__ }}", "unknown-name", 6),
    ("{{ case['__class__'] }}", "unknown-name", 6),
    ("{{ ''['__class__'] }}", "not-allowed", 6),
    ("{{ '%s' % case }}", "not-allowed", 6),
    ("{{ 'x' * 1000000000 }}", "not-allowed", 6),
    ("{{ 9 ** 9 ** 9 }}", "not-allowed", 6),
    ("{{ -case.days_overdue }}", "not-allowed", 6),
    ("{{ case.why ~ case.end }}", "not-allowed", 6),
    ("{{ case.why[0:2] }}", "not-allowed", 6),
    ("{{ stages[0].label }}", "not-allowed", 6),
    ("{{ case[case.why] }}", "not-allowed", 6),
    ("{{ [1, 2] }}", "not-allowed", 6),
    ("{{ {'a': 1} }}", "not-allowed", 6),
    ("{{ 1.5 }}", "not-allowed", 6),
    ("{{ none }}", "not-allowed", 6),
    ("{% if 'a' in case.why %}x{% endif %}", "not-allowed", 6),
    ("{% set x = 1 %}", "not-allowed", 6),
    ("{% set x %}a{% endset %}", "not-allowed", 6),
    ("{% macro m() %}a{% endmacro %}", "not-allowed", 6),
    ("{% import 'parts/contact.md.j2' as c %}", "not-allowed", 6),
    ("{% from 'parts/contact.md.j2' import c %}", "not-allowed", 6),
    ("{% extends 'parts/contact.md.j2' %}", "not-allowed", 6),
    ("{% block b %}a{% endblock %}", "not-allowed", 6),
    ("{% with a = 1 %}{% endwith %}", "not-allowed", 6),
    ("{% filter upper %}a{% endfilter %}", "not-allowed", 6),
    ("{% autoescape false %}a{% endautoescape %}", "not-allowed", 6),
    ("{% for a, b in stages %}x{% endfor %}", "not-allowed", 6),
    ("{% for a in stages recursive %}x{% endfor %}", "not-allowed", 6),
    ("{% for a in case.why %}x{% endfor %}", "not-a-list", 6),
    ("{% for a in case %}x{% endfor %}", "not-a-list", 6),
    (
        "{% for a in stages %}{% for b in stages %}\n{% for c in stages %}x{% endfor %}"
        "{% endfor %}{% endfor %}",
        "loop-too-deep",
        7,
    ),
    ("{% if case.why is mapping %}x{% endif %}", "unknown-test", 6),
    ("{% if case.end == case.days_overdue %}x{% endif %}", "wrong-comparison", 6),
    ("{{ case.why if case.end }}", "needs-else", 6),
    ("{% include case.why %}", "bad-include", 6),
    ("{% include '../../etc/passwd' %}", "bad-include", 6),
    ("{% include ['parts/a.md.j2'] %}", "bad-include", 6),
    ("{% include 'parts/a.md.j2' ignore missing %}", "bad-include", 6),
    ("{% include 'parts/a.md.j2' without context %}", "bad-include", 6),
    ("{% include 'parts/absent.md.j2' %}", "missing-part", 6),
    ("# A second heading", "headings", 0),
    ("### A level was skipped", "headings", 0),
]

# Whole files.
BROKEN_FILES: list[tuple[str, str, int]] = [
    ("", "no-front-matter", 1),
    ("# Hello\n", "no-front-matter", 1),
    ("---\nto: group\nsubject: a\n", "front-matter-open", 1),
    ("---\nsubject: a\n---\n# {{ subject }}\n", "missing-key", 1),
    ("---\nto: group\n---\n# {{ subject }}\n", "missing-key", 1),
    ("---\nto: group\nsubject:\n---\n# {{ subject }}\n", "missing-key", 3),
    ("---\nto: everyone\nsubject: a\n---\n# {{ subject }}\n", "unknown-recipient", 2),
    ("---\nto: group\ncc: mayor\nsubject: a\n---\n# {{ subject }}\n", "unknown-key", 3),
    ("---\nto: group\nto: group\nsubject: a\n---\n# {{ subject }}\n", "repeated-key", 3),
    ("---\nto: group\nsubject: a\n- b\n---\n# {{ subject }}\n", "front-matter-line", 4),
    ("---\nto: group\nsubject: {{ asset.nmae }}\n---\n# {{ subject }}\n", "unknown-name", 3),
    ("---\nto: group\nsubject: {{ subject }}\n---\n# {{ subject }}\n", "unknown-name", 3),
    ("---\nto: group\nsubject: {{ asset.name\n---\n# {{ subject }}\n", "syntax", 3),
    ("---\nto: group\nsubject: a\n---\nno heading\n", "headings", 0),
    (FRONT + "x" * 300_000, "too-big", 0),
]


def problems_of(folder: Path, text: str) -> list[Problem]:
    parts = {"parts/a": "A part.\n"}
    return book_of(folder, {**parts, "broken": text}).problems()


@pytest.mark.parametrize(("body", "code", "line"), BROKEN_BODIES)
def test_a_broken_body_is_found_by_reading(tmp_path: Path, body: str, code: str, line: int) -> None:
    found = problems_of(tmp_path, FRONT + body)
    assert (code, line) in [(problem.code, problem.line) for problem in found]
    assert {problem.file for problem in found} == {str(tmp_path / "en" / "broken.md.j2")}


@pytest.mark.parametrize(("text", "code", "line"), BROKEN_FILES)
def test_a_broken_file_is_found_by_reading(tmp_path: Path, text: str, code: str, line: int) -> None:
    found = problems_of(tmp_path, text)
    assert [(problem.code, problem.line) for problem in found] == [(code, line)]


def test_a_file_that_is_no_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "binary.md.j2").write_bytes(b"---\n\xff\xfe")
    (tmp_path / "en" / "folder.md.j2").mkdir()
    book = LetterBook([tmp_path])
    assert book.names() == ("binary",)
    assert [problem.code for problem in book.problems()] == ["unreadable"]


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    body = "{{ case.refrence }} and {{ today }}\n{{ today | dat }}\n"
    found = problems_of(tmp_path, FRONT + body)
    assert [(p.line, p.column, p.code, p.suggestion) for p in found] == [
        (6, 0, "not-text", ""),
        (6, 4, "unknown-name", "did you mean case.reference?"),
        (7, 12, "unknown-filter", "did you mean date?"),
    ]


SOURCES = [path.read_text(encoding="utf-8") for path in sorted((SHIPPED / "en").glob("*.md.j2"))]
SCRAPS = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "-%}", "(", ")", "[", "]", "|", "~", "**", "'", "\n"),
    *("if", "endif", "for x in stages", "endfor", "else", "not", "is defined", "| date", "raw"),
    *("champion.name", "facts.rent", "9" * 40, "range(9)", ".__class__", "\x00", "\u202e", "---"),
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of letters that has the shipped parts and no letter."""
    folder = tmp_path_factory.mktemp("mangled")
    copytree(SHIPPED / "en" / "parts", folder / "en" / "parts")
    return folder


# Near a tag a scrap breaks most; what is broken in itself goes on a line of its own.
SCRAP = st.tuples(
    st.just(r"[{}%|.]"), st.sampled_from([0, 1, 2, 3, 9, 40]), st.sampled_from(SCRAPS)
)
BROKEN_LINE = st.tuples(
    st.sampled_from(["\n", "\n\n", "\n\n"]),
    st.just(0),
    st.sampled_from([f"\n{body}" for body, _, _ in BROKEN_BODIES]),
)
TOGETHER = 10  # letters in one book, so that their parts are read once


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """Give a shipped letter with scraps and broken lines put into it."""
    source = draw(st.sampled_from(SOURCES))
    pieces = draw(st.sampled_from([SCRAP, BROKEN_LINE, SCRAP | BROKEN_LINE]))
    for where, length, piece in draw(st.lists(pieces, min_size=1, max_size=3)):
        spots = [match.start() for match in re.finditer(where, source)] or [0]
        start = draw(st.sampled_from(spots))
        source = source[:start] + piece + source[start + length :]
    return source


@given(st.lists(mangled(), min_size=TOGETHER, max_size=TOGETHER))
@pytest.mark.long
@settings(max_examples=fuzzed() // TOGETHER, deadline=None)
def test_a_mangled_letter_is_reported_and_never_crashes(parts: Path, sources: list[str]) -> None:
    names = [f"mangled_{number}" for number in range(TOGETHER)]
    book = book_of(parts, dict(zip(names, sources, strict=True)))
    lengths = {str(parts / "en" / f"{n}.md.j2"): s.count("\n") + 1
               for n, s in zip(names, sources, strict=True)}  # fmt: skip
    begun = time.process_time()
    problems = book.problems()
    assert time.process_time() - begun < 2
    for problem in problems:
        assert problem.code
        assert problem.message
        assert problem.line <= lengths.get(problem.file, 100)


def test_a_broken_letter_is_never_written(tmp_path: Path) -> None:
    book = book_of(tmp_path, {"broken": FRONT + "{{ case.refrence }}"})
    for use in (book.recipient, book.facts_needed, book.facts_optional):
        with pytest.raises(BadFile, match="broken"):
            use("broken")
    with pytest.raises(BadFile) as caught:
        book.render("broken", sample_context())
    assert [problem.code for problem in caught.value.problems] == ["unknown-name"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (
            {"a": "{% include 'parts/b.md.j2' %}", "b": "{% include 'parts/a.md.j2' %}"},
            "include-loop",
        ),
        ({"a": "{% include 'parts/a.md.j2' %}"}, "include-loop"),
        (
            {
                "a": "{% include 'parts/b.md.j2' %}" * 11,
                "b": "{% include 'parts/c.md.j2' %}" * 11,
                "c": "",
            },
            "too-many-parts",
        ),
        ({"a": "fine\n{{ case.nmae }}"}, "unknown-name"),
        ({"a": "fine\n{% if %}"}, "syntax"),
        ({"a": "{% for x in stages %}{% for y in stages %}a{% endfor %}{% endfor %}"}, ""),
    ],
)
def test_a_broken_part_is_found_in_its_own_file(
    tmp_path: Path, parts: dict[str, str], code: str
) -> None:
    files = {f"parts/{name}": text for name, text in parts.items()}
    book = book_of(tmp_path, {**files, "broken": FRONT + "{% include 'parts/a.md.j2' %}\n"})
    found = book.problems()
    assert {problem.code for problem in found} == ({code} if code else set())
    assert all("/parts/" in problem.file for problem in found)


def test_loops_are_counted_through_parts(tmp_path: Path) -> None:
    part = "{% for x in stages %}{% for y in stages %}a{% endfor %}{% endfor %}"
    body = "{% for z in stages %}{% include 'parts/a.md.j2' %}{% endfor %}"
    book = book_of(tmp_path, {"parts/a": part, "broken": FRONT + body})
    assert [problem.code for problem in book.problems()] == ["loop-too-deep"]


ALLOWED = [
    "{% if champion %}{{ champion.name }}{% endif %}",
    "{% if champion and champion.phone %}{{ champion.phone }}{% endif %}",
    "{% if not champion %}a{% else %}{{ champion.name }}{% endif %}",
    "{% if champion is none %}a{% else %}{{ champion.name }}{% endif %}",
    "{% if champion is not none %}{{ champion.name }}{% endif %}",
    "{% if not champion or not champion.phone %}a{% else %}{{ champion.phone }}{% endif %}",
    "{% if not case.end %}a{% elif champion %}{{ champion.name }}{% endif %}",
    "{{ champion.name if champion else contact.name }}",
    "{% for s in stages if s.due_on %}{{ s.due_on | date }}{% endfor %}",
    "{% for s in stages %}{{ loop.index }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for s in stages %}{% else %}no steps{% endfor %}",
    "{{ stages | length | plural('step') }} {{ case['reference'] }}",
    "{% if case.stage_due_on and case.stage_due_on < today %}late{% endif %}",
    "{% if facts.rent is defined and facts.repair is defined %}{{ facts.rent }}{% endif %}",
    "{{ 'a fixed word' }} {{ 3 }}",
    "{# a note to ourselves #}",
]


@pytest.mark.parametrize("body", ALLOWED)
def test_what_a_letter_may_do(tmp_path: Path, body: str) -> None:
    assert problems_of(tmp_path, FRONT + body) == []


@pytest.mark.parametrize(
    ("body", "needed", "optional"),
    [
        ("{{ facts.rent }}", "rent", ""),
        ("{% if facts.rent is defined %}{{ facts.rent }}{% endif %}", "", "rent"),
        ("{% if facts.rent is defined %}{{ facts.rent }}{% endif %}{{ facts.rent }}", "rent", ""),
        ("{% if facts.rent is not defined %}a{% else %}{{ facts.rent }}{% endif %}", "", "rent"),
        ("{% if facts.rent is not defined %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% if facts.rent %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% if facts %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% if facts.rent is not none %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% if facts.rent is defined %}{{ facts.repair }}{% endif %}", "repair", "rent"),
        ("{% if case.end %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% for c in facts.conditions %}{{ c }}{% endfor %}", "conditions", ""),
        ("{{ facts.rent if facts.rent is defined else 'free' }}", "", "rent"),
        ("{% if facts.rent is defined or case.end %}{{ facts.rent }}{% endif %}", "rent", ""),
        ("{% include 'parts/a.md.j2' %}", "repair", "rent"),
    ],
)
def test_a_fact_is_needed_unless_it_is_asked_for(
    tmp_path: Path, body: str, needed: str, optional: str
) -> None:
    part = "{{ facts.repair }}{% if facts.rent is defined %}{{ facts.rent }}{% endif %}"
    book = book_of(tmp_path, {"parts/a": part, "facts": FRONT + body})
    assert book.facts_needed("facts") == set(needed.split())
    assert book.facts_optional("facts") == set(optional.split())


# --- writing --------------------------------------------------------------------------------


def test_an_unknown_letter_is_named_with_the_nearest_one() -> None:
    assert BOOK.has("acknowledgement")
    assert not BOOK.has("parts/contact")
    with pytest.raises(NotFound) as caught:
        BOOK.render("acknowledgment", sample_context())
    assert caught.value.remedies[0] == "did you mean acknowledgement?"
    with pytest.raises(NotFound):
        BOOK.facts_needed("../en/acknowledgement")


@pytest.mark.parametrize("value", [object(), (1, 2), {1, 2}, 1.5, b"x", Path()])
def test_only_plain_values_reach_a_letter(value: object) -> None:
    context = sample_context()
    context["group"] = {"name": value, "contact_name": ""}
    with pytest.raises(TypeError, match=r"group\.name"):
        BOOK.render("acknowledgement", context)


def test_an_instant_is_not_a_day() -> None:
    context = sample_context()
    context["today"] = datetime(2026, 2, 3)  # noqa: DTZ001 - it is refused
    with pytest.raises(TypeError, match="today is a datetime"):
        BOOK.render("acknowledgement", context)


def test_a_value_of_another_kind_is_named() -> None:
    context = context_for("more_information_needed")
    context["facts"] |= {"reply_by": "soon", "information_needed": "accounts"}
    with pytest.raises(BadInput) as caught:
        BOOK.render("more_information_needed", context)
    assert [reason.split()[0] for reason in caught.value.reasons] == [
        "facts.information_needed",
        "facts.reply_by",
    ]


@pytest.mark.parametrize("empty", ["", [], None])
def test_an_empty_fact_counts_as_not_recorded(empty: object) -> None:
    context = context_for("heads_of_terms")
    context["facts"]["open_points"] = empty
    assert "still to be settled" not in BOOK.render("heads_of_terms", context).text
    context["facts"]["rent"] = empty
    with pytest.raises(BadInput, match=r"facts\.rent is missing"):
        BOOK.render("heads_of_terms", context)


def test_a_sign_off_letter_without_a_sign_off_is_refused() -> None:
    context = context_for("signoff_request")
    context["signoff"] = None
    with pytest.raises(BadInput, match=r"signoff\.question is missing"):
        BOOK.render("signoff_request", context)


def test_a_missing_part_of_the_context_is_named() -> None:
    context = context_for("acknowledgement")
    del context["stages"][1]["holder"]
    with pytest.raises(BadInput, match=r"stages\[\]\.holder"):
        BOOK.render("acknowledgement", context)
    del context["council"]
    with pytest.raises(BadInput, match=r"council\.name is missing"):
        BOOK.render("acknowledgement", context)


def test_a_letter_cannot_grow_without_end(tmp_path: Path) -> None:
    body = "{% for a in stages %}{% for b in stages %}" + "x" * 1000 + "{% endfor %}{% endfor %}"
    book = book_of(tmp_path, {"long": FRONT + body})
    context = sample_context()
    context["stages"] = [{}] * 40
    with pytest.raises(BadInput, match="100,000 characters"):
        book.render("long", context)


def test_a_method_is_never_found_where_a_value_is_missing(tmp_path: Path) -> None:
    book = LetterBook([tmp_path], facts={"items": "text", "copy": "list"})
    book_of(tmp_path, {"methods": FRONT + "{{ facts.items }} {{ facts.copy | join_and }}"})
    context = sample_context([])
    with pytest.raises(BadInput) as caught:
        book.render("methods", context)
    assert caught.value.reasons == ("facts.copy is missing.", "facts.items is missing.")
    context["facts"] = {"items": "a hat", "copy": ["b"]}
    assert "a hat b" in book.render("methods", context).text


def test_facts_of_a_councils_own_workflow_keep_their_type(tmp_path: Path) -> None:
    body = "{{ facts.undervalue | money }} {{ facts.rent | money }}"
    shipped_facts = book_of(tmp_path, {"own": FRONT + body})
    assert {problem.code for problem in shipped_facts.problems()} == {
        "wrong-filter",
        "unknown-name",
    }
    own = LetterBook([tmp_path], facts={"undervalue": "money", "rent": "money"})
    assert own.problems() == []
    context = sample_context([])
    context["facts"] = {"undervalue": Decimal("90000.00"), "rent": 1}
    assert "£90,000 £1" in own.render("own", context).text


# --- folders --------------------------------------------------------------------------------


def test_the_councils_own_letter_wins_over_the_shipped_one(tmp_path: Path) -> None:
    book_of(tmp_path, {"completion": FRONT + "Our own words.\n", "extra": FRONT})
    book = LetterBook([tmp_path, tmp_path / "absent", SHIPPED])
    assert set(book.names()) == {*LETTERS, "extra"}
    assert "Our own words." in book.render("completion", sample_context()).text
    assert book.render("acknowledgement", context_for("acknowledgement")) == write(
        "acknowledgement"
    )
    assert book.problems() == []


def test_the_councils_own_part_is_used_by_the_shipped_letters(tmp_path: Path) -> None:
    book_of(tmp_path, {"parts/support": "## Where to get help\n\nWestmere Voluntary Action.\n"})
    book = LetterBook([tmp_path, SHIPPED])
    letter = book.render("acknowledgement", context_for("acknowledgement"))
    assert "Westmere Voluntary Action." in letter.text
    assert letter.template_sha256 != write("acknowledgement").template_sha256
    same = book.render("signoff_request", context_for("signoff_request"))
    assert same.template_sha256 == write("signoff_request").template_sha256


def test_another_language_has_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "cy").mkdir()
    (tmp_path / "cy" / "llythyr.md.j2").write_text(FRONT, encoding="utf-8")
    book = LetterBook([tmp_path, SHIPPED], language="cy")
    assert book.names() == ("llythyr",)
    assert '<html lang="cy-GB">' in book.render("llythyr", sample_context()).html


def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    text = FRONT + "One {% if case.end %}two{% endif %}\nthree.\n"
    book_of(tmp_path, {"unix": text})
    mixed = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    (tmp_path / "en" / "windows.md.j2").write_bytes(mixed)
    book = LetterBook([tmp_path])
    unix, windows = (book.render(name, sample_context()) for name in ("unix", "windows"))
    assert unix.text == windows.text
    assert "One two three." in unix.text, "a tag at the end of a line glues nothing together"


# --- the contract ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"bare": True}, {"late": True}, {"to": "person"}])
def test_the_sample_keeps_the_contract(options: dict[str, Any]) -> None:
    context = sample_context(**options)
    for path, shape in flat():
        if path == "subject":
            continue
        *steps, last = path.split(".")
        holders: list[Any] = [context]
        for step in steps:
            name = step.removesuffix("?").removesuffix("[]")
            found = [holder[name] for holder in holders if holder is not None]
            holders = [row for rows in found for row in rows] if step.endswith("[]") else found
        for holder in holders:
            if holder is None:
                continue
            value = holder[last.removesuffix("?")]
            assert fits(value, shape) or (value is None and last.endswith("?")), path


def test_the_sample_is_fresh_each_time() -> None:
    first = sample_context()
    first["case"]["stage"] = "changed"  # type: ignore[index]
    assert sample_context()["case"] != first["case"]


def test_the_contract_covers_every_fact() -> None:
    assert CONTRACT["facts"] is FACTS
    facts = sample_context()["facts"]
    assert isinstance(facts, dict)
    assert set(facts) == set(FACTS)
    assert all(fits(value, FACTS[name]) for name, value in facts.items())


# --- what need not be compiled to be known to work -----------------------------------------------

DEEPEST = {
    "conditions": "{% if today %}" * 10 + "x" + "{% endif %}" * 10,
    "loops": "{% for a in b %}" * 10 + "x" + "{% endfor %}" * 10,
    "other ways": "{% if a %}" + "{% elif a %}x" * 9 + "{% endif %}",
    "denials": "{% if " + "not " * 22 + "a %}x{% endif %}",
    "brackets": "{{ " + "(" * 45 + "a" + ")" * 45 + " }}",
    "filters": "{{ a" + "|date" * 19 + " }}",
    "names": "{{ a" + ".a" * 48 + " }}",
    "choices": "{{ " + "a if a else " * 7 + "a }}",
    "either": "{{ a" + " or a" * 19 + " }}",
}


@pytest.mark.parametrize("text", DEEPEST.values(), ids=DEEPEST)
def test_the_deepest_of_what_counts_as_shallow_can_be_compiled(text: str) -> None:
    assert is_shallow(text)
    outside = SHALLOW - (SHALLOW if "{%" in text else 0)
    whole = "{% if a %}" * outside + text + "{% endif %}" * outside
    assert is_shallow(whole)
    assert LetterLanguage(lambda _name: None).compile(whole) is not None


NOT_SHALLOW = {
    "one condition more": "{% if a %}" * 11 + "{% endif %}" * 11,
    "one other way more": "{% if a %}" + "{% elif a %}" * 10 + "{% endif %}",
    "ends in a comment": "{% if a %}{# {% endif %} #}" * 11,
    "a tag that goes on behind its end": "{{ '}}' if " + "not " * 300 + "a else '' }}",
    "a long tag": "{{ " + "a or " * 60 + "a }}",
}


@pytest.mark.parametrize("text", NOT_SHALLOW.values(), ids=NOT_SHALLOW)
def test_what_only_looks_shallow_is_compiled(text: str) -> None:
    assert not is_shallow(text)
