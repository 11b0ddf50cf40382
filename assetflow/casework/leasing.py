"""Lease papers of a case: recording them, holding each against the ones before, accepting drift."""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from assetflow import lease_data
from assetflow import models as m
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.casework.facts import given_facts, store_facts, with_facts
from assetflow.errors import BadFile, BadInput, NotFound, Refused
from assetflow.facts import read_text
from assetflow.forecast import completion
from assetflow.guards import all_of
from assetflow.guards.words import lower
from assetflow.leases.clauses import Boilerplate
from assetflow.leases.drift import Drift
from assetflow.leases.file import PARTY_LABELS, LeaseFile, Party
from assetflow.leases.papers import from_json, read, to_json
from assetflow.leases.rules import Setting
from assetflow.leases.telling import form as form_text
from assetflow.leases.telling import given
from assetflow.leases.terms import Terms
from assetflow.queries import Case
from assetflow.queries import leases as lease_rows
from assetflow.workflow import Paper
from assetflow.yaml_reader import read_file

RIGHT = "record_fact"


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of the newest paper of a kind, and who has yet to accept it."""

    drift: Drift
    missing: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A paper held against the ones before it, the law and the funders."""

    paper: str
    label: str
    terms: Terms
    # The papers it was held against, in words; empty where there is none.
    against: str
    differences: tuple[Difference, ...]
    boilerplate: tuple[Boilerplate, ...]
    rules: tuple[str, ...]
    shortfalls: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Tell whether anything in it waits for somebody."""
        return any(one.missing for one in self.differences) or bool(self.shortfalls)


def lease_file(desk: Desk, case: Case) -> LeaseFile:
    """Read everything on the lease of a case."""
    funders = tuple(lease_rows.funders(desk.db, case.id))
    accepted = {(row.code, row.party) for row in lease_rows.acceptances(desk.db, case.id)}
    division = desk.calendar_of(case.workflow).division
    return LeaseFile(
        lease_rows.newest_terms(desk.db, case.id),
        frozenset(accepted),
        funders,
        lease_data.rules(desk.settings),
        lease_data.standards(desk.settings),
        Setting(division, tuple(one.name for one in funders)),
        completion(desk.bare_occasion(case.workflow, case.snapshot)),
    )


# --- papers -------------------------------------------------------------------------------------


def read_paper(file: Path) -> Terms:
    """Read lease terms from a file; raises ``BadFile`` with every problem and its line."""
    tree = read_file(file)
    terms, mistakes = read(tree.value)
    if terms is None:
        problems = [tree.problem(*each) for each in mistakes]
        raise BadFile("The lease terms cannot be used.", sorted(problems))
    return terms


def record_paper(
    desk: Desk, case_typed: str, paper: str, terms: Terms, why: str = ""
) -> tuple[Case, Compared]:
    """Record a paper of lease terms, with the facts that its route takes from it."""
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    record.check_right(desk, case, RIGHT, "Recording lease terms")
    declared = _declared(case, paper)
    _check_stage(case, declared)
    facts = given_facts(desk, case, _facts(declared, terms))
    stored = to_json(terms)
    digest = hashlib.sha256(stored.encode()).hexdigest()
    number = lease_rows.next_number(desk.db, case.id, paper)
    row = {"case_id": case.id, "paper": paper, "number": number, "terms": stored,
           "sha256": digest, "recorded_on": desk.on, "recorded_at": desk.now}  # fmt: skip
    desk.db.execute(insert(m.lease_papers).values(row))
    store_facts(desk, case, facts)
    detail = {"paper": paper, "number": number, "sha256": digest, "facts": facts}
    done = record.change(desk, with_facts(case, facts), "paper_recorded", why=why, detail=detail)
    return done, compared(desk, done, paper)


def _facts(declared: Paper, terms: Terms) -> dict[str, str]:
    found = {fact: given(terms, name) for name, fact in declared.facts.items()}
    return {fact: text for fact, text in found.items() if text}


def _declared(case: Case, typed: str) -> Paper:
    known = case.workflow.papers
    if typed in known:
        return known[typed]
    if not known:
        raise Refused(f"The route ‘{case.workflow.label}’ has no lease papers.")
    close = difflib.get_close_matches(typed, list(known), n=1)
    raise NotFound(
        f"This route has no paper {typed!r}.",
        reasons=[f"did you mean {close[0]}?"] if close else [],
        remedies=[f"its papers: {', '.join(known)}"],
    )


def _check_stage(case: Case, declared: Paper) -> None:
    stages = case.workflow.stages
    if declared.stages and case.snapshot.stage not in declared.stages:
        when = ", ".join(stages[name].label for name in declared.stages)
        raise Refused(
            f"{case.reference}: the {declared.label} was not recorded.",
            reasons=[f"The case stands at: {stages[case.snapshot.stage].label}. "
                     f"It is recorded at: {when}."],
            remedies=[f"see what can be done now: assetflow case next {case.reference}"],
        )  # fmt: skip


def form(desk: Desk, case: Case, paper: str = "") -> str:
    """Give a form for a paper, with what the case knows: its last version, else the one before."""
    names = list(case.workflow.papers)
    declared = _declared(case, paper or (names[0] if names else ""))
    newest = lease_rows.newest_terms(desk.db, case.id)
    known = [declared.id, *declared.compared_with, *reversed(names)]
    terms = next((newest[name] for name in known if name in newest), Terms())
    title = f"{declared.label} of {case.reference}: {case.asset.label}, {case.group.name}"
    return form_text(terms, title)


# --- looking ------------------------------------------------------------------------------------


def newest(desk: Desk, case: Case, paper: str = "") -> str:
    """Give the paper that is meant: the one that is named, else the last that was recorded."""
    if paper:
        return _declared(case, paper).id
    rows = [row.paper for row in lease_rows.papers(desk.db, case.id) if row.terms]
    if rows:
        return str(rows[-1])
    first = next(iter(case.workflow.papers), "")
    remedies = [f"assetflow lease form {case.reference} {first}"] if first else []
    raise NotFound(f"{case.reference} has no lease terms yet.", remedies=remedies)


def compared(desk: Desk, case: Case, paper: str) -> Compared:
    """Hold the newest paper of a kind against the ones before, the law and the funders."""
    lease, declared = lease_file(desk, case), case.workflow.papers
    terms = lease.papers.get(paper)
    if terms is None:
        raise NotFound(
            f"{case.reference} has no {declared[paper].label} yet.",
            remedies=[f"assetflow lease form {case.reference} {paper}"],
        )
    return Compared(
        paper,
        declared[paper].label,
        terms,
        all_of(
            lower(declared[one].label)
            for one in declared[paper].compared_with
            if one in lease.papers
        ),
        tuple(Difference(one, lease.missing(one)) for one in lease.drifts(declared, paper)),
        tuple(lease.boilerplate(declared, paper)),
        tuple(
            f"{rule.label}: {rule.sentence}"
            for rule in lease.applying(paper)
            if declared[paper].complete or rule.effect != "blocks_terms"
        ),
        tuple(lease.shortfalls(paper)),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper that was recorded: which, when, and its terms."""

    paper: str
    label: str
    number: int
    recorded_on: date
    terms: Terms | None


def listed(desk: Desk, case: Case) -> list[Listed]:
    """List every paper of a case in the order of recording; destroyed ones have no terms left."""
    labels = case.workflow.papers
    return [
        Listed(row.paper, labels[row.paper].label if row.paper in labels else row.paper, row.number,
               row.recorded_on, from_json(row.terms) if row.terms else None)
        for row in lease_rows.papers(desk.db, case.id)
    ]  # fmt: skip


# --- accepting ----------------------------------------------------------------------------------


def accept(
    desk: Desk, case_typed: str, topics: Sequence[str], party: Party, evidence: str
) -> tuple[Case, list[Drift]]:
    """Record that the group or the champion accepts in writing what is worse for the group.

    The champion accepts in person; for the group, whoever records it says what shows it. Raises
    ``Refused`` where there is nothing of the kind to accept.
    """
    case = record.take(desk, case_typed)
    record.check_day(desk, case)
    record.check_open(case)
    _check_party(desk, case, party)
    words = _evidence(evidence)
    open_ = _open(desk, case, party)
    chosen = [one for one in open_ if not topics or one.topic in topics]
    _check_chosen(case, topics, open_, chosen, party)
    for drift in {one.code: one for one in chosen}.values():
        row = {"case_id": case.id, "code": drift.code, "party": party, "difference": str(drift),
               "evidence": words, "accepted_on": desk.on, "recorded_at": desk.now}  # fmt: skip
        desk.db.execute(insert(m.lease_acceptances).values(row))
    detail: dict[str, Any] = {"party": party, "codes": sorted({one.code for one in chosen}),
                              "differences": [str(one) for one in chosen]}  # fmt: skip
    return record.change(desk, case, "drift_accepted", why=words, detail=detail), chosen


def _check_party(desk: Desk, case: Case, party: Party) -> None:
    if party == "group":
        record.check_right(desk, case, RIGHT, "Recording what the group accepts")
        return
    missing = desk.may(("champion",), case.workflow, case.snapshot)
    if missing is not None:
        raise Refused(
            "Accepting as the champion was refused.",
            reasons=[str(missing), "The champion accepts in person, and nobody for them."],
        )


def _evidence(typed: str) -> str:
    try:
        words = read_text(typed)
    except ValueError as error:
        raise BadInput("Nothing was accepted.", reasons=[f"{error}."]) from error
    if not words:
        raise BadInput(
            "Nothing was accepted.",
            reasons=["It is not said what shows it."],
            remedies=['name the letter or message: --evidence "Email of 3 Feb 2026"'],
        )
    return words


def _open(desk: Desk, case: Case, party: Party) -> list[Drift]:
    """Give what is worse for the group in the newest papers and a party has not accepted."""
    lease, declared = lease_file(desk, case), case.workflow.papers
    return [
        drift
        for paper in declared
        for drift in lease.drifts(declared, paper)
        if party in lease.missing(drift)
    ]


def _check_chosen(
    case: Case, topics: Sequence[str], open_: Iterable[Drift], chosen: Sequence[Drift], party: Party
) -> None:
    known = list(dict.fromkeys(one.topic for one in open_))
    wrong = [topic for topic in topics if topic not in known]
    if not chosen or wrong:
        named = f" on {', '.join(wrong)}" if wrong else ""
        raise Refused(
            "Nothing was accepted.",
            reasons=[f"{case.reference} has nothing{named} for {PARTY_LABELS[party]} to accept."],
            remedies=[f"what there is: {', '.join(known)}"] if known else
            [f"see how the papers compare: assetflow lease compare {case.reference}"],
        )  # fmt: skip
