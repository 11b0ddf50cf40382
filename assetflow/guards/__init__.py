"""The named guards a workflow may use, and the one pass that finds *every* unmet requirement.

A guard answers with what is missing, never with a bare no. Add one by writing a function of an
``Occasion`` and typed keyword parameters under ``@guard``: its name and parameters are then known
to ``workflow check``.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from assetflow import statement
from assetflow.deadlines import Duration, due
from assetflow.facts import show
from assetflow.guards import around as around
from assetflow.guards import dates as dates
from assetflow.guards import lease as lease
from assetflow.guards.registry import (
    REGISTRY,
    check_parameters,
    facts_asked,
    guard,
    optional,
    parameters,
)
from assetflow.guards.words import (
    all_of,
    any_of,
    fact_missing,
    fact_now,
    fact_unfit,
    on_file,
    who_may,
)
from assetflow.snapshot import Occasion, Signoff, Unmet
from assetflow.workflow import SignoffRule, Transition

__all__ = [
    "HOLDERS",
    "REGISTRY",
    "all_of",
    "any_of",
    "check_parameters",
    "facts_asked",
    "guard",
    "optional",
    "parameters",
]

HOLDERS = {"council": "the council", "group": "the group", "third_party": "a third party"}


def unmet(transition: Transition, occasion: Occasion) -> tuple[Unmet, ...]:
    """List everything that is missing before a transition may be fired on a day."""
    missing: list[Unmet] = []
    for use in transition.requires:
        missing += REGISTRY[use.guard](occasion, **use.parameters)
    missing += signoffs_missing(transition, occasion)
    missing += letter_facts_missing(transition.letters, occasion, transition.dates)
    comes_with = _given_by_missing_papers(transition, occasion) if occasion.workflow.papers else ()
    missing = [item for item in missing if not (item.code == "fact" and item.fact in comes_with)]
    return tuple(dict.fromkeys(_here(item, transition, occasion) for item in missing))


def _here(item: Unmet, transition: Transition, occasion: Occasion) -> Unmet:
    """Say of a fact that comes only with certain steps when this is one of them."""
    if item.code != "fact_elsewhere":
        return item
    own = transition.trigger in occasion.workflow.facts[item.fact].only_with
    return fact_now(item.fact, item.label) if own else item


# --- the guards -----------------------------------------------------------------------------


@guard
def champion_named(occasion: Occasion) -> Iterator[Unmet]:
    """A champion is named, still works here, and is not the case officer."""
    case, champion = occasion.case, occasion.case.champion
    who = who_may(occasion, "name_champion")
    remedy = f"assetflow champion name {case.reference} PERSON"
    if champion is None:
        yield Unmet("champion_named", "No champion is named.", who, remedy)
    elif champion.id == case.officer.id:
        sentence = f"{champion.name} is both champion and case officer; they must be two people."
        yield Unmet("champion_named", sentence, who, remedy)
    elif not champion.here_on(occasion.on):
        yield Unmet("champion_named", f"The champion, {champion.name}, has left.", who, remedy)
    elif occasion.on < case.champion_since:
        since, on = show(case.champion_since), show(occasion.on)
        sentence = f"{champion.name} is champion only since {since}, not yet on {on}."
        yield Unmet("champion_named", sentence, "", "give that day or a later one with --on")


@guard
def facts_recorded(occasion: Occasion, facts: list[str]) -> Iterator[Unmet]:
    """Each of the named facts is on the file."""
    for name in facts:
        if not on_file(occasion, name):
            yield fact_missing(occasion, name)


@guard
def fact_is_yes(occasion: Occasion, fact: str) -> Iterator[Unmet]:
    """A yes-or-no fact is recorded, and it is yes."""
    if not on_file(occasion, fact):
        yield fact_missing(occasion, fact)
    elif occasion.case.facts[fact] is not True:
        yield fact_unfit(occasion, fact, "is recorded as no; it must be yes")


@guard
def date_ahead(occasion: Occasion, fact: str) -> Iterator[Unmet]:
    """A date promised to the group is recorded and lies after the day of the transition."""
    if not on_file(occasion, fact):
        yield fact_missing(occasion, fact)
        return
    promised = occasion.case.facts[fact]
    if isinstance(promised, date) and promised <= occasion.on:
        yield fact_unfit(
            occasion, fact, f"is {show(promised)}, which is not after {show(occasion.on)}"
        )


@guard
def library_entry_cited(occasion: Occasion, fact: str) -> Iterator[Unmet]:
    """A fact cites an entry that exists in its reference library."""
    declared = occasion.workflow.facts[fact]
    entries = occasion.libraries.get(declared.library or "", frozenset())
    cited = occasion.case.facts.get(fact)
    if cited is None:
        yield fact_missing(occasion, fact, f"one of {', '.join(sorted(entries))}")
    elif cited not in entries:
        known = ", ".join(sorted(entries))
        yield fact_unfit(occasion, fact, f"cites {cited}, which is not in the library ({known})")


@guard
def ball_with(occasion: Occasion, holder: str) -> Iterator[Unmet]:
    """The case is waiting on the named holder: the council, the group or a third party."""
    now = occasion.case.waiting_on
    if now != holder:
        sentence = (
            f"The case is waiting on {HOLDERS.get(now, now)}, not on {HOLDERS.get(holder, holder)}."
        )
        yield Unmet("ball_with", sentence, "")


@guard
def letter_sent(occasion: Occasion, letter: str) -> Iterator[Unmet]:
    """A letter has been issued to the group since the case entered its present stage."""
    sent_on = occasion.case.letters_sent.get(letter)
    if sent_on is None or sent_on < occasion.case.stage_since:
        senders = [t.trigger for t in occasion.workflow.transitions.values() if letter in t.letters]
        ref = occasion.case.reference
        remedy = (
            f"assetflow case advance {ref} {senders[0]}"
            if senders
            else f"assetflow letter issue {ref} {letter}"
        )
        name = letter.replace("_", " ")
        yield Unmet(
            "letter_sent",
            f"The letter ‘{name}’ has not been sent in this stage.",
            "the case officer",
            remedy,
        )


@guard
def waited(occasion: Occasion, at_least: str) -> Iterator[Unmet]:
    """The case has been waiting on the same holder for at least a duration."""
    since = occasion.case.waiting_since
    until = due(since, Duration.parse(at_least), occasion.calendar.statutory)
    if occasion.on < until:
        sentence = f"It has been waiting since {show(since)}; {at_least} end on {show(until)}."
        yield Unmet("waited", sentence, "nobody: it is a matter of time")


# --- sign-offs and letters ------------------------------------------------------------------


def _given_by_missing_papers(transition: Transition, occasion: Occasion) -> Collection[str]:
    """Give the facts that nobody types, because a paper that is still missing brings them."""
    asked = (u.parameters["paper"] for u in transition.requires if u.guard == "paper_recorded")
    missing = [name for name in asked if name not in occasion.lease().papers]
    return {fact for name in missing for fact in occasion.workflow.papers[name].facts.values()}


def signoffs_missing(transition: Transition, occasion: Occasion) -> Iterator[Unmet]:
    """List the sign-offs a transition still needs, each with what the department must do."""
    answers = answers_to(transition, occasion)
    reached = order_reached(transition, occasion)
    later = []
    for rule in transition.signoffs:
        answer = answers.get(rule.department)
        if settled(rule, answer, occasion):
            continue
        if answer is None and rule.order > reached:
            later.append(occasion.workflow.department_label(rule.department))
        else:
            yield _signoff_missing(transition, rule, answer, occasion)
    if later:
        sentence = f"Asked only after that: {all_of(later)}."
        yield Unmet("signoff", sentence, "the departments asked first")


def answers_to(transition: Transition, occasion: Occasion) -> dict[str, Signoff]:
    """Give the sign-offs asked for a transition in this stage, by department."""
    asked = occasion.case.signoffs
    return {s.department: s for s in asked if s.trigger == transition.trigger}


def settled(rule: SignoffRule, answer: Signoff | None, occasion: Occasion) -> bool:
    """Tell whether a sign-off rule no longer holds a transition up.

    A required department must have signed, or have objected in a way that does not block. A
    consultee must have been asked, and have answered or let its time go by.
    """
    if answer is None or _answered_later(answer, occasion) or lapsed(answer, occasion):
        return False
    if answer.decision == "objected":
        return not (answer.objection and answer.objection.blocks)
    if rule.mode == "consultee":
        return not answer.open or occasion.on > answer.due_on
    return answer.decision == "signed"


def lapsed(answer: Signoff, occasion: Occasion) -> bool:
    """Tell whether what the department was asked about has changed since, so that it is void."""
    return bool(statement.changes(occasion.workflow, occasion.case, answer))


def _answered_later(answer: Signoff, occasion: Occasion) -> bool:
    """Tell whether an answer was given only after the day on which the step is to happen."""
    return answer.decided_on is not None and occasion.on < answer.decided_on


def order_reached(transition: Transition, occasion: Occasion) -> int:
    """Give the order of sign-offs whose turn it is: the lowest that is not wholly settled."""
    answers = answers_to(transition, occasion)
    unsettled = (
        rule.order
        for rule in transition.signoffs
        if not settled(rule, answers.get(rule.department), occasion)
    )
    return min(unsettled, default=max((r.order for r in transition.signoffs), default=1))


def _signoff_missing(
    transition: Transition,
    rule: SignoffRule,
    answer: Signoff | None,
    occasion: Occasion,
) -> Unmet:
    department = occasion.workflow.department_label(rule.department)
    ref = occasion.case.reference
    who = f"a signatory of {department}"
    sign = f"assetflow signoff give {ref} {rule.department} --by PERSON"
    if answer is None:
        remedy = f"assetflow signoff request {ref} {transition.trigger}"
        asker = who_may(occasion, "request_signoff")
        return Unmet("signoff", f"Nobody has asked {department} to sign.", asker, remedy)
    if lapsed(answer, occasion):
        remedy = f"assetflow signoff request {ref} {transition.trigger}"
        return Unmet(
            "lapsed", lapse(answer, occasion), who_may(occasion, "request_signoff"), remedy
        )
    if answer.decided_on is not None and _answered_later(answer, occasion):
        answered, on = show(answer.decided_on), show(occasion.on)
        sentence = f"{department} answered only on {answered}, not yet on {on}."
        return Unmet("signoff", sentence, "", "give that day or a later one with --on")
    if answer.objection and answer.decision == "objected":
        reason, way = (_sentence(answer.objection.reason), _sentence(answer.objection.way_forward))
        sentence = f"Objection of {department}: {reason} Way forward: {way}"
        return Unmet("objection", sentence, who, sign)
    lacking = "answer" if rule.mode == "consultee" else "signature"
    asked, due_on = show(answer.requested_on), show(answer.due_on)
    sentence = f"No {lacking} of {department} yet; asked {asked}, due {due_on}."
    return Unmet("signoff", sentence, who, sign)


def lapse(answer: Signoff, occasion: Occasion) -> str:
    """Say what has changed since a department read it."""
    workflow = occasion.workflow
    told = [
        f"{workflow.fact_label(c.fact)} was {_shown(c.then)} and is {_shown(c.now)}"
        for c in statement.changes(workflow, occasion.case, answer)
    ]
    # Departments are one or many (Legal, Ward councillors): no sentence may tell which.
    department = workflow.department_label(answer.department)
    did = {
        None: f"The request to {department} was about",
        "signed": f"{department} signed for",
        "objected": f"{department} objected to",
    }
    return f"{did[answer.decision]} something else: {'; '.join(told)}."


def _shown(value: object) -> str:
    return "not on the file" if value is None else show(value)


def letter_facts_missing(
    letters: Iterable[str], occasion: Occasion, set_by_step: Collection[str] = ()
) -> Iterator[Unmet]:
    """List the facts that letters about to be sent need and the file does not hold.

    A date that the step itself sets is there once its letters are written.
    """
    for letter in letters:
        for name in sorted(occasion.letter_facts[letter]):
            if name not in set_by_step and not on_file(occasion, name):
                yield fact_missing(occasion, name)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
