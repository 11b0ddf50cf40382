"""Guards: the very sentence an officer reads for each thing missing, and who can mend it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from assetflow import data_files, guards
from assetflow.casework.leasing import read_paper
from assetflow.deadlines import Duration
from assetflow.guards import REGISTRY, check_parameters, registry, unmet
from assetflow.leases.file import LeaseFile
from assetflow.leases.funders import Funder
from assetflow.leases.papers import read as read_terms
from assetflow.leases.rules import Rule
from assetflow.leases.terms import Terms
from assetflow.settings import SHIPPED, Settings
from assetflow.snapshot import (
    Around,
    Objection,
    Occasion,
    Person,
    Related,
    Score,
    Signoff,
    Snapshot,
    Unmet,
)
from assetflow.workflow import (
    Clock,
    ClockStart,
    Fact,
    GuardUse,
    Named,
    Paper,
    SignoffRule,
    Stage,
    Transition,
    Workflow,
)

MONDAY = date(2026, 3, 2)
FRIDAY = date(2026, 2, 27)
CALENDAR = data_files.calendar(Settings(SHIPPED / "no-home", ""))

SAM = Person(1, "sam", "Sam Taylor")
ALEX = Person(2, "alex", "Alex Reid")

OFFER = Transition(
    "offer", "Offer the hut", origins=("asked",), who=("case_officer",), letters=("offer",)
)
HUT = Workflow(
    papers={
        "tender": Paper("tender", "Tender"),
        "draft": Paper("draft", "Draft of the lease", ("tender",)),
    },
    name="hut",
    label="Loan of a hut",
    version=1,
    reference_prefix="HUT",
    initial="asked",
    stall_limit="12 months",
    review_within="20 working days",
    stages={
        "asked": Stage("asked", "Asked for", target="10 working days"),
        "kept": Stage("kept", "Kept", target="1 year", ladder_stops=True),
        "lent": Stage("lent", "Lent", end="completed"),
    },
    transitions={"offer": OFFER},
    departments={d: Named(d, d.capitalize()) for d in ("parks", "legal", "ward")},
    roles={"director": Named("director", "a director")},
    rights={
        "name_champion": ("director",),
        "record_fact": ("case_officer", "champion"),
        "request_signoff": ("case_officer",),
    },
    facts={
        "use": Fact("use", "What the hut is for"),
        "dry": Fact("dry", "The hut is dry", "yes_no"),
        "reply_by": Fact("reply_by", "Date to reply by", "date", hint="a day in spring"),
        "example": Fact("example", "Example followed", "library", library="hut_library"),
        "fee": Fact("fee", "Fee", "money"),
        "most": Fact("most", "Highest fee", "money"),
        "lent_on": Fact("lent_on", "Day of the loan", "date", only_with=("lend", "swap")),
        "policy": Fact("policy", "Charging policy"),
        "way": Fact("way", "Way of lending", "choice", choices=("loan", "gift")),
        "said_on": Fact("said_on", "Day of the answer", "date"),
    },
    clocks={
        "longer": Clock(
            "longer",
            "Longer",
            "statutory",
            ClockStart(fact="reply_by"),
            within="2 calendar days",
            extended_to="said_on",
        ),
        "answer": Clock(
            "answer",
            "Answer to the group",
            "statutory",
            ClockStart(fact="reply_by"),
            within="2 calendar days",
            stops=("said_on",),
            on_expiry="It may ask for a review.",
        ),
        "silent": Clock(
            "silent", "Notice", "target", ClockStart(fact="reply_by"), within="2 calendar days"
        ),
    },
)
CASE = Snapshot(
    reference="HUT-2026-0001",
    stage="asked",
    stage_since=FRIDAY,
    received_on=FRIDAY,
    waiting_on="council",
    waiting_since=FRIDAY,
    officer=SAM,
    champion=ALEX,
    champion_since=FRIDAY,
    written_to_group_on=FRIDAY,
    facts={},
    signoffs=(),
    letters_sent={},
)
LIBRARIES = {"hut_library": frozenset({"leeds", "oldham"})}
LETTERS = {"offer": frozenset({"use", "reply_by"}), "hello": frozenset[str]()}


ABOVE = {"fact": "fee", "above": 100, "needs": ["policy"]}
IN_ORDER = {"facts": ["reply_by", "said_on"]}


def on(day: date = MONDAY, **changes: Any) -> Occasion:
    """The case on a day, with something about it changed."""
    return Occasion(HUT, replace(CASE, **changes), day, CALENDAR, LIBRARIES, LETTERS)


def other(stage: str = "open", **changes: Any) -> Related:
    """Another case, as a rule sees it."""
    plain = Related("HUT-2026-0002", "hut", "The hut", "Scouts", stage, stage.capitalize(), "",
                    None, False, HUT, {})  # fmt: skip
    return replace(plain, **changes)


def dated(day: date) -> Related:
    """The case of which this one is a part, with a date on its file."""
    return other(facts={"reply_by": day})


def amid(day: date = MONDAY, **around: Any) -> Occasion:
    """The case on a day, with something that stands around it."""
    return replace(on(day), around=lambda: Around(**around))


def terms_of(content: dict[str, Any]) -> Terms:
    """Lease terms as they would stand in a file."""
    found, mistakes = read_terms(content)
    assert found is not None, mistakes
    return found


FREE = [{"years": "1-10", "basis": "none"}]
RENT_ONLY = terms_of({"term": "10 years", "rent": FREE})
LONGER = terms_of({"term": "25 years", "rent": [{"years": "1-25", "basis": "none"}]})
WHOLE = read_paper(SHIPPED / "tests" / "fixtures" / "whole_terms.yaml")
TOO_SHORT = Rule("short", "Short", {"term": {"less_than": "25 years"}}, "It is too short.",
                 "blocks_lease", "consent", "policy", date(2026, 1, 1), False)  # fmt: skip


def letting(**papers: Terms) -> Occasion:
    """The case with lease papers, a rule on short leases and a funder who wants 20 years."""
    trust = Funder("Trust", Duration.parse("20 years"))
    file = LeaseFile(papers, funders=(trust,), rules=(TOO_SHORT,))
    return replace(on(MONDAY), lease=lambda: file)


def scores(*given: tuple[str, str], moderated: bool = False) -> tuple[Score, ...]:
    """What people gave, each as criterion and person."""
    return tuple(Score(what, who, moderated, 3, "It is so.") for what, who in given)


def lacking(guard: str, occasion: Occasion, parameters: Mapping[str, Any]) -> list[Unmet]:
    """What one guard finds missing."""
    return list(REGISTRY[guard](occasion, **parameters))


def not_on_file(fact: str, words: str) -> Unmet:
    """A fact that nobody has recorded yet."""
    remedy = f'assetflow case record HUT-2026-0001 {fact}="…"'
    who, label = "the case officer or the champion", HUT.facts[fact].label
    return Unmet("fact", f"Not on the file: {words}", who, remedy, fact, label)


def unfit(fact: str, words: str) -> Unmet:
    """A fact that is recorded, but not as the step needs it."""
    remedy = f'assetflow case record HUT-2026-0001 {fact}="…"'
    return Unmet("fact_unfit", words, "the case officer or the champion", remedy, fact)


def no_champion(words: str) -> Unmet:
    """What is wrong with the champion's place."""
    remedy = "assetflow champion name HUT-2026-0001 PERSON"
    return Unmet("champion_named", words, "a director", remedy)


NOT_YET_SENT = "The letter ‘offer’ has not been sent in this stage."
WITH_COUNCIL = "The case is waiting on the council, not on the group."
WITH_GROUP = "The case is waiting on the group, not on a third party."

# A Tuesday: the period of the clock ends on Thursday 5 March.
TUESDAY, THURSDAY, NEXT_FRIDAY = date(2026, 3, 3), date(2026, 3, 5), date(2026, 3, 6)
STARTED = {"reply_by": TUESDAY}
ANSWERED = {**STARTED, "said_on": THURSDAY}
TIME = "nobody: it is a matter of time"
NO_DATE = "Date to reply by (reply_by). Give a day in spring."
REFUSED: dict[str, Any] = {"stage": "closed", "outcome": "refused", "closed_on": MONDAY}
TWO = {"use": 60, "cost": 40}
ALL_SCORED = scores(("use", "sam"), ("use", "alex"), ("cost", "sam"), ("cost", "alex"))

# For each guard: when it holds, and every way in which it does not.
MET: list[tuple[str, dict[str, Any], Occasion]] = [
    ("champion_named", {}, on()),
    ("champion_named", {}, on(champion=replace(ALEX, left_on=date(2026, 3, 3)))),
    ("champion_named", {}, on(champion_since=MONDAY)),
    ("facts_recorded", {"facts": []}, on()),
    ("facts_recorded", {"facts": ["use", "dry"]}, on(facts={"use": "Tools", "dry": False})),
    ("fact_is_yes", {"fact": "dry"}, on(facts={"dry": True})),
    ("date_ahead", {"fact": "reply_by"}, on(facts={"reply_by": date(2026, 3, 3)})),
    ("library_entry_cited", {"fact": "example"}, on(facts={"example": "oldham"})),
    ("ball_with", {"holder": "council"}, on()),
    ("ball_with", {"holder": "group"}, on(waiting_on="group")),
    ("letter_sent", {"letter": "offer"}, on(letters_sent={"offer": MONDAY})),
    ("waited", {"at_least": "1 working day"}, on()),
    ("waited", {"at_least": "3 calendar days"}, on()),
    ("waited", {"at_least": "0 working days"}, on(waiting_since=MONDAY)),
    ("clock_expired", {"clock": "answer"}, on(NEXT_FRIDAY, facts=STARTED)),
    ("clock_not_expired", {"clock": "answer"}, on(THURSDAY, facts=STARTED)),
    ("clock_not_expired", {"clock": "answer"}, on(THURSDAY, facts=ANSWERED)),
    ("within_after", {"fact": "reply_by", "at_most": "2 calendar days"},
     on(TUESDAY, facts=STARTED)),
    ("within_after", {"fact": "reply_by", "at_most": "2 calendar days"},
     on(THURSDAY, facts=STARTED)),
    ("within_after", {"fact": "reply_by", "at_most": "4 working days", "count": "beginning_with"},
     on(NEXT_FRIDAY, facts=STARTED)),
    ("waited_since", {"fact": "reply_by", "at_least": "2 calendar days"},
     on(NEXT_FRIDAY, facts=STARTED)),
    ("together", {"fact": "fee", "needs": ["policy"]}, on()),
    ("together", {"fact": "fee", "needs": ["policy"]}, on(facts={"fee": Decimal(0)})),
    ("together", {"fact": "dry", "needs": ["policy"]}, on(facts={"dry": False})),
    ("together", {"fact": "fee", "needs": ["policy"]},
     on(facts={"fee": Decimal(9), "policy": "2025"})),
    ("fact_is", {"fact": "way", "value": "loan"}, on(facts={"way": "loan"})),
    ("after_fact", {"fact": "reply_by"}, on(date(2026, 3, 4), facts=STARTED)),
    ("ahead_by", {"fact": "reply_by", "at_least": "6 months"},
     on(facts={"reply_by": date(2026, 9, 2)})),
    ("not_above", {"fact": "fee", "limit": "most"},
     on(facts={"fee": Decimal(9), "most": Decimal(9)})),
    # An extension that was agreed in time counts.
    ("clock_not_expired", {"clock": "longer"},
     on(date(2026, 3, 20), facts=STARTED | {"said_on": date(2026, 3, 20)})),
    ("goes_on_ended", {"outcomes": ["completed"]}, amid(goes_on_as=(other("kept"),))),
    ("until_fact", {"fact": "reply_by"}, on(TUESDAY, facts=STARTED)),
    ("facts_absent", {"facts": ["use", "fee"]}, on(facts={"policy": "2025"})),
    ("needed_above", ABOVE, on()),
    ("needed_above", ABOVE, on(facts={"fee": Decimal(100)})),
    ("needed_above", ABOVE, on(facts={"fee": Decimal(101), "policy": "2025"})),
    ("needed_above", ABOVE | {"where": "dry"}, on(facts={"fee": Decimal(101)})),
    ("needed_above", ABOVE | {"where": "dry"}, on(facts={"fee": Decimal(101), "dry": False})),
    ("dates_in_order", IN_ORDER, on()),
    ("dates_in_order", IN_ORDER, on(facts={"said_on": MONDAY})),
    ("dates_in_order", IN_ORDER, on(facts={"reply_by": FRIDAY, "said_on": MONDAY})),
    ("parent_in", {"stages": ["shut", "open"]}, amid(parent=other())),
    ("parts_in", {"stages": ["open"]}, amid(parts=(other(), other("shut")))),
    ("parts_in", {"stages": ["open"], "at_least": 2}, amid(parts=(other(), other()))),
    ("no_part_in", {"stages": ["open"]}, amid()),
    ("no_part_in", {"stages": ["open"]}, amid(parts=(other("shut"),))),
    ("paper_recorded", {"paper": "draft"}, letting(draft=WHOLE)),
    ("terms_known", {"paper": "draft"}, letting()),
    ("terms_known", {"paper": "draft"}, letting(draft=WHOLE)),
    ("terms_known", {"paper": "draft", "only": ["rent"]}, letting(draft=RENT_ONLY)),
    ("no_drift", {"paper": "draft"}, letting(draft=WHOLE, tender=WHOLE)),
    ("rules_met", {"paper": "draft", "effect": "blocks_terms"}, letting(draft=WHOLE)),
    ("funders_met", {"paper": "draft"}, letting(draft=WHOLE)),
    ("no_claim_on_asset", {}, amid(on_asset=(other(),))),
    ("no_claim_on_asset", {}, amid(on_asset=(other(claims_asset=True, outcome="completed"),))),
    ("refused_before", {"within": "2 years"}, amid(on_asset=(other(**REFUSED),))),
    ("refused_before", {"within": "2 years"},
     amid(date(2028, 3, 2), on_asset=(other(**REFUSED),))),
    ("scored", {"at_least": 2}, amid(criteria=TWO, scores=ALL_SCORED)),
    ("parts_in", {"stages": ["open"], "at_least": 0, "at_most": 1}, amid(parts=(other(),))),
    ("interests_declared", {}, amid()),
    ("interests_declared", {},
     amid(scores=ALL_SCORED, declared=frozenset(s.scorer for s in ALL_SCORED))),
    ("goes_on_ended", {"outcomes": ["lost", "won"]}, amid(goes_on_as=(other(outcome="won"),))),
    ("received_by", {"parent_fact": "reply_by"}, amid(parent=dated(FRIDAY))),
    ("received_after", {"parent_fact": "reply_by"}, amid(parent=dated(date(2026, 2, 26)))),
    ("moderated", {}, amid(criteria=TWO, scores=scores(("use", "sam"), ("cost", "sam"),
                                                       moderated=True))),
]  # fmt: skip
UNMET: list[tuple[str, dict[str, Any], Occasion, list[Unmet]]] = [
    ("champion_named", {}, on(champion=None), [no_champion("No champion is named.")]),
    (
        "champion_named", {}, on(champion=SAM),
        [no_champion("Sam Taylor is both champion and case officer; they must be two people.")],
    ),
    (
        "champion_named", {}, on(champion=replace(ALEX, left_on=MONDAY)),
        [no_champion("The champion, Alex Reid, has left.")],
    ),
    (
        "champion_named", {}, on(champion_since=date(2026, 3, 3)),
        [Unmet("champion_named", "Alex Reid is champion only since 3 Mar 2026, "
               "not yet on 2 Mar 2026.", "", "give that day or a later one with --on")],
    ),
    (
        "facts_recorded", {"facts": ["use", "dry", "reply_by"]}, on(facts={"dry": True}),
        [
            not_on_file("use", "What the hut is for (use)."),
            not_on_file("reply_by", "Date to reply by (reply_by). Give a day in spring."),
        ],
    ),
    (
        "fact_is_yes", {"fact": "dry"}, on(),
        [not_on_file("dry", "The hut is dry (dry).")],
    ),
    (
        "fact_is_yes", {"fact": "dry"}, on(facts={"dry": False}),
        [unfit("dry", "The hut is dry (dry) is recorded as no; it must be yes.")],
    ),
    (
        "date_ahead", {"fact": "reply_by"}, on(),
        [not_on_file("reply_by", "Date to reply by (reply_by). Give a day in spring.")],
    ),
    (
        "date_ahead", {"fact": "reply_by"}, on(facts={"reply_by": MONDAY}),
        [unfit("reply_by", "Date to reply by (reply_by) is 2 Mar 2026, "
               "which is not after 2 Mar 2026.")],
    ),
    (
        "library_entry_cited", {"fact": "example"}, on(),
        [not_on_file("example", "Example followed (example). Give one of leeds, oldham.")],
    ),
    (
        "library_entry_cited", {"fact": "example"}, on(facts={"example": "rome"}),
        [unfit("example", "Example followed (example) cites rome, "
               "which is not in the library (leeds, oldham).")],
    ),
    (
        "ball_with", {"holder": "group"}, on(),
        [Unmet("ball_with", WITH_COUNCIL, "")],
    ),
    (
        "ball_with", {"holder": "third_party"}, on(waiting_on="group"),
        [Unmet("ball_with", WITH_GROUP, "")],
    ),
    (
        "letter_sent", {"letter": "offer"}, on(letters_sent={"hello": MONDAY}),
        [Unmet("letter_sent", NOT_YET_SENT, "the case officer",
               "assetflow case advance HUT-2026-0001 offer")],
    ),
    (
        "letter_sent", {"letter": "never_sent"}, on(),
        [Unmet("letter_sent", "The letter ‘never sent’ has not been sent in this stage.",
               "the case officer", "assetflow letter issue HUT-2026-0001 never_sent")],
    ),
    (
        "waited", {"at_least": "2 working days"}, on(),
        [Unmet("waited", "It has been waiting since 27 Feb 2026; "
               "2 working days end on 3 Mar 2026.", "nobody: it is a matter of time")],
    ),
    (
        "clock_expired", {"clock": "answer"}, on(),
        [Unmet("clock", "Answer to the group: the clock has not started.", "")],
    ),
    (
        "clock_expired", {"clock": "answer"}, on(THURSDAY, facts=STARTED),
        [Unmet("clock", "Answer to the group: the time runs until 5 Mar 2026.", TIME)],
    ),
    (
        "clock_expired", {"clock": "answer"}, on(NEXT_FRIDAY, facts=ANSWERED),
        [Unmet("clock", "Answer to the group: it was done in time or is done by now.", "")],
    ),
    (
        "clock_not_expired", {"clock": "silent"}, on(),
        [Unmet("clock", "Notice: the clock has not started.", "")],
    ),
    (
        "clock_not_expired", {"clock": "answer"}, on(NEXT_FRIDAY, facts=STARTED),
        [Unmet("clock", "Answer to the group: the time ended on 5 Mar 2026. "
               "It may ask for a review.", "")],
    ),
    (
        "clock_not_expired", {"clock": "silent"}, on(NEXT_FRIDAY, facts=STARTED),
        [Unmet("clock", "Notice: the time ended on 5 Mar 2026.", "")],
    ),
    (
        "within_after", {"fact": "reply_by", "at_most": "2 calendar days"}, on(),
        [not_on_file("reply_by", NO_DATE)],
    ),
    (
        "within_after", {"fact": "reply_by", "at_most": "2 calendar days"},
        on(NEXT_FRIDAY, facts=STARTED),
        [Unmet("clock", "Date to reply by is 3 Mar 2026; it can be done until 5 Mar 2026.", "")],
    ),
    (
        "within_after", {"fact": "reply_by", "at_most": "2 calendar days"}, on(facts=STARTED),
        [Unmet("clock", "Date to reply by is 3 Mar 2026; "
               "it can be done from then until 5 Mar 2026.", TIME)],
    ),
    (
        "within_after",
        {"fact": "reply_by", "at_most": "3 working days", "count": "beginning_with"},
        on(NEXT_FRIDAY, facts=STARTED),
        [Unmet("clock", "Date to reply by is 3 Mar 2026; it can be done until 5 Mar 2026.", "")],
    ),
    (
        "waited_since", {"fact": "reply_by", "at_least": "2 calendar days"}, on(),
        [not_on_file("reply_by", NO_DATE)],
    ),
    (
        "waited_since", {"fact": "reply_by", "at_least": "2 calendar days"},
        on(THURSDAY, facts=STARTED),
        [Unmet("waited", "Date to reply by is 3 Mar 2026; 2 calendar days end on 5 Mar 2026.",
               TIME)],
    ),
    (
        "together", {"fact": "fee", "needs": ["policy", "use"]},
        on(facts={"fee": Decimal(9), "use": "Tools"}),
        [replace(not_on_file("policy", ""), sentence="Fee is £9, which needs its reason. "
                 "Not on the file: Charging policy (policy).")],
    ),
    (
        "fact_is", {"fact": "way", "value": "loan"}, on(),
        [not_on_file("way", "Way of lending (way).")],
    ),
    (
        "fact_is", {"fact": "way", "value": "loan"}, on(facts={"way": "gift"}),
        [unfit("way", "Way of lending (way) is gift; this step is for loan.")],
    ),
    (
        "after_fact", {"fact": "reply_by"}, on(),
        [not_on_file("reply_by", NO_DATE)],
    ),
    (
        "after_fact", {"fact": "reply_by"}, on(TUESDAY, facts=STARTED),
        [Unmet("waited", "Date to reply by is 3 Mar 2026, and not yet over.", TIME)],
    ),
    (
        "until_fact", {"fact": "reply_by"}, on(),
        [not_on_file("reply_by", NO_DATE)],
    ),
    (
        "until_fact", {"fact": "reply_by"}, on(date(2026, 3, 4), facts=STARTED),
        [Unmet("clock", "Date to reply by was 3 Mar 2026.", "")],
    ),
    (
        "ahead_by", {"fact": "reply_by", "at_least": "6 months"},
        on(facts={"reply_by": date(2026, 9, 1)}),
        [Unmet("fact_unfit", "Date to reply by (reply_by) is 1 Sep 2026; it must not be before "
               "2 Sep 2026, 6 months from now.", "the case officer or the champion",
               'assetflow case record HUT-2026-0001 reply_by="…"', fact="reply_by")],
    ),
    (
        "ahead_by", {"fact": "lent_on", "at_least": "6 months"}, on(),
        [Unmet("fact_elsewhere", "Not on the file: Day of the loan (lent_on). It comes with lend "
               "or swap.", "", "assetflow case advance HUT-2026-0001 lend", "lent_on",
               "Day of the loan")],
    ),
    (
        "needed_above", ABOVE | {"where": "dry"}, on(facts={"fee": Decimal(101), "dry": True}),
        [Unmet("fact", "Fee is £101, above 100. Not on the file: Charging policy (policy).",
               "the case officer or the champion",
               'assetflow case record HUT-2026-0001 policy="…"', "policy", "Charging policy")],
    ),
    (
        "dates_in_order", IN_ORDER, on(facts={"reply_by": MONDAY, "said_on": MONDAY}),
        [Unmet("fact_unfit", "Day of the answer (said_on) is 2 Mar 2026, not after 2 Mar 2026 "
               "(Date to reply by).", "the case officer or the champion",
               'assetflow case record HUT-2026-0001 said_on="…"', fact="said_on")],
    ),
    (
        "not_above", {"fact": "fee", "limit": "most"},
        on(facts={"fee": Decimal(10), "most": Decimal(9)}),
        [Unmet("fact_unfit", "Fee (fee) is £10, above £9 (Highest fee).",
               "the case officer or the champion",
               'assetflow case record HUT-2026-0001 fee="…"', fact="fee")],
    ),
    # One that comes with the very step, after the time was over, does not.
    (
        "clock_not_expired", {"clock": "longer"},
        on(date(2026, 3, 20), facts=STARTED | {"said_on": date(2026, 3, 20)},
           replaced={"said_on": None}),
        [Unmet("clock", "Longer: the time ended on 5 Mar 2026.", "")],
    ),
    (
        "facts_absent", {"facts": ["use", "dry", "fee"]}, on(facts={"use": "Tools", "dry": False}),
        [Unmet("fact_unfit", "Already on the file: What the hut is for and The hut is dry.", "")],
    ),
    (
        "parent_in", {"stages": ["open"]}, amid(),
        [Unmet("parent", "This case is not a part of another one.", "")],
    ),
    (
        "parent_in", {"stages": ["open"]}, amid(parent=other("shut")),
        [Unmet("parent", "HUT-2026-0002, of which this is a part, stands at: Shut.",
               "whoever works on it", "assetflow case next HUT-2026-0002")],
    ),
    (
        "parts_in", {"stages": ["open"]}, amid(),
        [Unmet("parts", "0 of its parts are ready for this step; it needs at least 1.",
               "whoever works on the parts")],
    ),
    (
        "parts_in", {"stages": ["open"], "at_least": 2}, amid(parts=(other(), other("shut"))),
        [Unmet("parts", "1 of its parts is ready for this step; it needs at least 2.",
               "whoever works on the parts")],
    ),
    (
        "no_part_in", {"stages": ["open"]}, amid(parts=(other("shut"), other())),
        [Unmet("parts", "HUT-2026-0002 still stands at: Open.", "whoever works on it",
               "assetflow case next HUT-2026-0002")],
    ),
    (
        "paper_recorded", {"paper": "draft"}, letting(),
        [Unmet("paper", "Not on the file: Draft of the lease.", "the case officer",
               "assetflow lease form HUT-2026-0001 draft")],
    ),
    (
        "terms_known", {"paper": "draft", "only": ["term", "rent", "repair"]},
        letting(draft=RENT_ONLY),
        [Unmet("unknown_terms", "Not known in the draft of the lease: Repairs.",
               "the case officer", "assetflow lease form HUT-2026-0001 draft")],
    ),
    (
        "no_drift", {"paper": "draft"}, letting(draft=RENT_ONLY, tender=LONGER),
        [Unmet("drift", "Length: 10 years; the tender said: 25 years. Not accepted in writing by "
               "the group and the champion.", "whoever drafts the lease",
               "put the draft of the lease right, or: "
               "assetflow lease accept HUT-2026-0001 term")],
    ),
    (
        "rules_met", {"paper": "draft", "effect": "blocks_lease"}, letting(draft=RENT_ONLY),
        [Unmet("lease_rule", "Short: It is too short. Source: policy, as of 2026-01-01; not "
               "verified by your council.", "the case officer",
               'assetflow case record HUT-2026-0001 consent="…"')],
    ),
    (
        "funders_met", {"paper": "draft"}, letting(draft=RENT_ONLY),
        [Unmet("funder", "Trust (not verified with the funder): it asks for 20 years left from the "
               "first day; there are 10 years.", "the champion, with the funder",
               "assetflow funder list HUT-2026-0001")],
    ),
    (
        "no_claim_on_asset", {}, amid(on_asset=(other(), other(claims_asset=True))),
        [Unmet("claim", "HUT-2026-0002 of Scouts stands at ‘Open’: until it is settled the asset "
               "must not go to anybody else.", "whoever works on that case",
               "assetflow case next HUT-2026-0002")],
    ),
    (
        "refused_before", {"within": "2 years"}, amid(on_asset=(other(),)),
        [Unmet("repeat", "No case on this asset was refused in the 2 years before.", "")],
    ),
    (
        "refused_before", {"within": "2 years"},
        amid(date(2028, 3, 3), on_asset=(other(**REFUSED),)),
        [Unmet("repeat", "No case on this asset was refused in the 2 years before.", "")],
    ),
    (
        "refused_before", {"within": "2 years"}, amid(FRIDAY, on_asset=(other(**REFUSED),)),
        [Unmet("repeat", "No case on this asset was refused in the 2 years before.", "")],
    ),
    (
        "scored", {"at_least": 2}, amid(),
        [Unmet("scores", "There are no criteria to score by.", "")],
    ),
    (
        "scored", {"at_least": 2},
        amid(criteria=TWO, scores=ALL_SCORED, aside=frozenset({"alex"})),
        [Unmet("scores", "use and cost: fewer than 2 scorers.", "the scorers",
               'assetflow score give HUT-2026-0001 "use" SCORE --reason "…"')],
    ),
    (
        "parts_in", {"stages": ["open"], "at_most": 1}, amid(parts=(other(), other())),
        [Unmet("parts", "Too many of its parts stand there: HUT-2026-0002 (Open) and "
               "HUT-2026-0002 (Open); at most 1 may.", "whoever works on the parts")],
    ),
    (
        "interests_declared", {},
        amid(scores=scores(("use", "sam"), ("cost", "sam"), ("use", "alex"), ("use", "kim")),
             declared=frozenset({"kim"})),
        [Unmet("interest", "Nothing declared about their own interest: sam and alex.",
               "the scorers",
               'assetflow interest declare HUT-2026-0001 "None" --by PERSON')],
    ),
    (
        "goes_on_ended", {"outcomes": ["won"]}, amid(),
        [Unmet("goes_on", "No case goes on from this one.", "")],
    ),
    (
        "goes_on_ended", {"outcomes": ["lost", "won"]}, amid(goes_on_as=(other(),)),
        [Unmet("goes_on", "HUT-2026-0002 stands at: Open; it must be lost or won.",
               "whoever works on that case", "assetflow case next HUT-2026-0002")],
    ),
    (
        "received_by", {"parent_fact": "reply_by"}, amid(),
        [Unmet("parent", "This case is not a part of another one.", "")],
    ),
    (
        "received_by", {"parent_fact": "reply_by"}, amid(parent=other()),
        [Unmet("parent", "Not on the file of HUT-2026-0002: Date to reply by (reply_by).",
               "whoever works on it", 'assetflow case record HUT-2026-0002 reply_by="…"')],
    ),
    (
        "received_by", {"parent_fact": "reply_by"}, amid(parent=dated(date(2026, 2, 26))),
        [Unmet("received", "It was received on 27 Feb 2026; Date to reply by is 26 Feb 2026.",
               "")],
    ),
    (
        "received_after", {"parent_fact": "reply_by"}, amid(parent=other()),
        [Unmet("parent", "Not on the file of HUT-2026-0002: Date to reply by (reply_by).",
               "whoever works on it", 'assetflow case record HUT-2026-0002 reply_by="…"')],
    ),
    (
        "received_after", {"parent_fact": "reply_by"}, amid(parent=dated(FRIDAY)),
        [Unmet("received", "It was received on 27 Feb 2026; Date to reply by is 27 Feb 2026.",
               "")],
    ),
    (
        "moderated", {}, amid(criteria=TWO, scores=(*scores(("use", "sam"), moderated=True),
                                                    *ALL_SCORED)),
        [Unmet("scores", "cost: no agreed score.", "the scorers",
               'assetflow score moderate HUT-2026-0001 "cost" SCORE --reason "…"')],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "parameters", "occasion"), MET)
def test_nothing_is_missing_where_a_guard_is_met(
    guard: str, parameters: dict[str, Any], occasion: Occasion
) -> None:
    assert lacking(guard, occasion, parameters) == []


@pytest.mark.parametrize(
    ("guard", "parameters", "occasion", "expected"),
    UNMET,
    ids=[f"{guard}: {expected[0].sentence}" for guard, _, _, expected in UNMET],
)
def test_an_unmet_guard_says_what_is_missing_and_who_can_mend_it(
    guard: str, parameters: dict[str, Any], occasion: Occasion, expected: list[Unmet]
) -> None:
    assert lacking(guard, occasion, parameters) == expected


def test_every_guard_is_shown_met_and_unmet() -> None:
    assert {guard for guard, *_ in MET} == {guard for guard, *_ in UNMET} == set(REGISTRY)


@pytest.mark.parametrize(
    ("guard", "parameters", "occasion", "expected"),
    UNMET,
    ids=[f"{guard}: {expected[0].sentence}" for guard, _, _, expected in UNMET],
)
def test_what_is_missing_reads_as_a_sentence(
    guard: str, parameters: dict[str, Any], occasion: Occasion, expected: list[Unmet]
) -> None:
    for item in lacking(guard, occasion, parameters):
        assert not item.sentence[0].islower() or item.code == "scores"  # begins with a criterion
        assert item.sentence.endswith((".", ")."))
        assert str(item) == item.sentence + (f" Who can: {item.who}." if item.who else "")


def test_a_missing_thing_that_nobody_can_mend_names_nobody() -> None:
    assert str(Unmet("waited", "It is too early.", "")) == "It is too early."


# Everything at once


def test_all_that_is_missing_is_listed_in_one_pass() -> None:
    requires = (
        GuardUse("champion_named"),
        GuardUse("ball_with", {"holder": "group"}),
        GuardUse("facts_recorded", {"facts": ["use"]}),
    )
    rules = (SignoffRule("parks", "May it go?", "5 working days"),)
    step = replace(OFFER, requires=requires, signoffs=rules)
    found = [item.sentence for item in unmet(step, on(champion=None))]
    assert found == [
        "No champion is named.",
        WITH_COUNCIL,
        "Not on the file: What the hut is for (use).",
        "Nobody has asked Parks to sign.",
        "Not on the file: Date to reply by (reply_by). Give a day in spring.",
    ]


def test_a_fact_that_guard_and_letter_both_need_is_asked_for_once() -> None:
    step = replace(OFFER, requires=(GuardUse("facts_recorded", {"facts": ["use"]}),))
    assert [item.fact for item in unmet(step, on())] == ["use", "reply_by"]


def test_a_letter_that_needs_no_fact_holds_nothing_up() -> None:
    assert unmet(replace(OFFER, letters=("hello",)), on()) == ()


# Sign-offs: one after the other, side by side, in silence, and with objections

FIRST_PARKS_THEN_TWO = (
    SignoffRule("parks", "May it go?", "5 working days", order=1),
    SignoffRule("legal", "Is the title good?", "10 working days", order=2),
    SignoffRule("ward", "Any comment?", "10 working days", order=2, mode="consultee"),
)
STEP = replace(OFFER, letters=(), signoffs=FIRST_PARKS_THEN_TWO)


def asked(department: str, **answer: Any) -> Signoff:
    """A department that was asked on Friday 27 February, and its answer if it gave one."""
    due_on = date(2026, 3, 6) if department == "parks" else date(2026, 3, 13)
    return Signoff(9, "offer", department, FRIDAY, due_on, **answer)


def signed(department: str, day: date = MONDAY) -> Signoff:
    """A department that has signed."""
    return asked(department, decision="signed", decided_on=day, signatory="Dev Rao")


def objecting(department: str, *, blocks: bool) -> Signoff:
    """A department that objects."""
    objection = Objection(
        4, "safety", blocks, "The roof leaks.", "Mend the roof.", "s.3", MONDAY, "Dev Rao"
    )
    return asked(department, decision="objected", decided_on=MONDAY, objection=objection)


NOT_ASKED = "Nobody has asked {} to sign. Who can: the case officer."
LATER = "Asked only after that: Legal and Ward. Who can: the departments asked first."
OWES = "No signature of {} yet; asked 27 Feb 2026, due {}. Who can: a signatory of {}."
SILENT = "No answer of Ward yet; asked 27 Feb 2026, due 13 Mar 2026. Who can: a signatory of Ward."
LEGAL_OWES = OWES.format("Legal", "13 Mar 2026", "Legal")
OBJECTION = (
    "Objection of {0}: The roof leaks. Way forward: Mend the roof. Who can: a signatory of {0}."
)

STANDINGS: dict[str, tuple[list[Signoff], date, int, list[str]]] = {
    "nobody is asked yet": (
        [], MONDAY, 1, [NOT_ASKED.format("Parks"), LATER],
    ),
    "the first is asked": (
        [asked("parks")], MONDAY, 1,
        [OWES.format("Parks", "6 Mar 2026", "Parks"), LATER],
    ),
    "a required department that keeps silent holds it up for ever": (
        [asked("parks")], date(2027, 3, 1), 1,
        [OWES.format("Parks", "6 Mar 2026", "Parks"), LATER],
    ),
    "the first has signed: two are asked side by side": (
        [signed("parks")], MONDAY, 2, [NOT_ASKED.format("Legal"), NOT_ASKED.format("Ward")],
    ),
    "both of the second order are asked": (
        [signed("parks"), asked("legal"), asked("ward")], MONDAY, 2, [LEGAL_OWES, SILENT],
    ),
    "the last of its days still belongs to the consultee": (
        [signed("parks"), signed("legal"), asked("ward")], date(2026, 3, 13), 2, [SILENT],
    ),
    "a consultee who lets the time go by holds nothing up": (
        [signed("parks"), signed("legal"), asked("ward")], date(2026, 3, 14), 2, [],
    ),
    "a consultee who has answered holds nothing up": (
        [signed("parks"), signed("legal"), signed("ward")], MONDAY, 2, [],
    ),
    "they may answer in any order": (
        [signed("parks"), asked("legal"), signed("ward")], MONDAY, 2, [LEGAL_OWES],
    ),
    "an objection that blocks holds it up": (
        [signed("parks"), objecting("legal", blocks=True), signed("ward")], MONDAY, 2,
        [OBJECTION.format("Legal")],
    ),
    "an objection that does not block is heard and holds nothing up": (
        [signed("parks"), objecting("legal", blocks=False), signed("ward")], MONDAY, 2, [],
    ),
    "an objection of the first order that blocks keeps the others waiting": (
        [objecting("parks", blocks=True)], MONDAY, 1,
        [OBJECTION.format("Parks"), LATER],
    ),
    "an objection of the first order that does not block lets the others be asked": (
        [objecting("parks", blocks=False)], MONDAY, 2,
        [NOT_ASKED.format("Legal"), NOT_ASKED.format("Ward")],
    ),
    "a consultee's objection that blocks is not outlived by silence": (
        [signed("parks"), signed("legal"), objecting("ward", blocks=True)], date(2027, 3, 1), 2,
        [OBJECTION.format("Ward")],
    ),
    "an agreement given later does not count for an earlier day": (
        [signed("parks"), signed("legal", date(2026, 3, 3)), signed("ward")], MONDAY, 2,
        ["Legal answered only on 3 Mar 2026, not yet on 2 Mar 2026."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("standing", STANDINGS)
def test_sign_offs_are_asked_and_awaited_in_their_order(standing: str) -> None:
    signoffs, day, reached, expected = STANDINGS[standing]
    occasion = on(day, signoffs=tuple(signoffs))
    assert [str(item) for item in unmet(STEP, occasion)] == expected
    assert guards.order_reached(STEP, occasion) == reached


def test_a_sign_off_for_another_step_does_not_count() -> None:
    elsewhere = replace(signed("parks"), trigger="refuse")
    found = [item.sentence for item in unmet(STEP, on(signoffs=(elsewhere,)))]
    assert found[0] == "Nobody has asked Parks to sign."


def test_a_step_without_sign_offs_is_not_held_up_by_any() -> None:
    step = replace(OFFER, letters=())
    assert unmet(step, on()) == ()
    assert guards.order_reached(step, on()) == 1


@pytest.mark.parametrize(
    ("signoffs", "code", "remedy"),
    [
        ([], "signoff", "assetflow signoff request HUT-2026-0001 offer"),
        ([asked("parks")], "signoff", "assetflow signoff give HUT-2026-0001 parks --by PERSON"),
        (
            [objecting("parks", blocks=True)],
            "objection",
            "assetflow signoff give HUT-2026-0001 parks --by PERSON",
        ),
    ],
)
def test_what_a_sign_off_lacks_names_what_to_type(
    signoffs: list[Signoff], code: str, remedy: str
) -> None:
    first, later = unmet(STEP, on(signoffs=tuple(signoffs)))
    assert (first.code, first.remedy, first.fact) == (code, remedy, "")
    assert (later.code, later.remedy) == ("signoff", "")


def test_one_department_that_waits_for_another_is_named_alone() -> None:
    rules = (FIRST_PARKS_THEN_TWO[0], FIRST_PARKS_THEN_TWO[1])
    found = [item.sentence for item in unmet(replace(STEP, signoffs=rules), on())]
    assert found == ["Nobody has asked Parks to sign.", "Asked only after that: Legal."]


# What a workflow file may write


@pytest.mark.parametrize("guard", REGISTRY)
def test_every_guard_says_in_a_sentence_what_it_checks(guard: str) -> None:
    words = REGISTRY[guard].__doc__
    assert words
    assert words.splitlines()[0].endswith(".")


@pytest.mark.parametrize(
    ("guard", "given", "wrong"),
    [
        ("champion_named", {}, []),
        ("facts_recorded", {"facts": []}, []),
        ("facts_recorded", {"facts": ["use", "dry"]}, []),
        ("waited", {"at_least": "60 working days"}, []),
        (
            "champion_named",
            {"fact": "use"},
            [("fact", "champion_named has no parameter fact")],
        ),
        ("fact_is_yes", {}, [("", "fact_is_yes needs the parameter fact")]),
        (
            "fact_is_yes",
            {"facts": ["dry"]},
            [
                ("facts", "fact_is_yes has no parameter facts"),
                ("", "fact_is_yes needs the parameter fact"),
            ],
        ),
        ("fact_is_yes", {"fact": ["dry"]}, [("fact", "fact of fact_is_yes must be text")]),
        ("fact_is_yes", {"fact": True}, [("fact", "fact of fact_is_yes must be text")]),
        ("waited", {"at_least": 60}, [("at_least", "at_least of waited must be text")]),
        ("parts_in", {"stages": ["open"]}, []),
        ("parts_in", {"stages": ["open"], "at_least": 2}, []),
        ("parts_in", {"at_least": 2}, [("", "parts_in needs the parameter stages")]),
        (
            "within_after",
            {"fact": "use", "at_most": "1 week", "count": "before"},
            [("count", "count of within_after must be after or beginning_with")],
        ),
        (
            "facts_recorded",
            {"facts": "use"},
            [("facts", "facts of facts_recorded must be a list of names")],
        ),
        (
            "facts_recorded",
            {"facts": ["use", 7]},
            [("facts", "facts of facts_recorded must be a list of names")],
        ),
    ],
)
def test_wrong_parameters_of_a_guard_are_named(
    guard: str, given: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    assert check_parameters(guard, given) == wrong


def test_a_new_guard_is_known_with_its_parameters_by_its_function_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "REGISTRY", dict(REGISTRY))

    @guards.guard
    def enough_chairs(occasion: Occasion, at_least: int) -> list[Unmet]:
        """There are enough chairs."""
        return []

    assert guards.parameters("enough_chairs") == {"at_least": int}
    assert check_parameters("enough_chairs", {"at_least": 4}) == []
    assert check_parameters("enough_chairs", {"at_least": True}) == [
        ("at_least", "at_least of enough_chairs must be a number")
    ]
