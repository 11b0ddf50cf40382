"""The guards that look at lease terms: what is known, has drifted, what law and funders ask."""

from collections.abc import Iterator
from typing import Literal

from assetflow.guards.registry import guard
from assetflow.guards.words import all_of, lower
from assetflow.snapshot import Occasion, Unmet

_WHO = "the case officer"
_ALL: list[str] = []
# The modules of leases are imported where they are used: most commands need none of them.


@guard
def paper_recorded(occasion: Occasion, paper: str) -> Iterator[Unmet]:
    """The paper with lease terms is on the file."""
    if paper not in occasion.lease().papers:
        case, label = occasion.case.reference, _label(occasion, paper)
        remedy = f"assetflow lease form {case} {paper}"
        yield Unmet("paper", f"Not on the file: {label}.", _WHO, remedy)


@guard
def terms_known(occasion: Occasion, paper: str, only: list[str] = _ALL) -> Iterator[Unmet]:
    """The paper leaves nothing open that must be known before anybody agrees to it.

    With ``only``, just those particulars must be known.
    """
    from assetflow.leases.papers import open_points  # noqa: PLC0415 - as above

    terms = occasion.lease().papers.get(paper)
    case, label = occasion.case.reference, _label(occasion, paper)
    if terms is None:
        return
    open_ = open_points(terms, only or None)
    if open_:
        sentence = f"Not known in the {lower(label)}: {all_of(open_)}."
        remedy = f"assetflow lease form {case} {paper}"
        yield Unmet("unknown_terms", sentence, _WHO, remedy)


@guard
def no_drift(occasion: Occasion, paper: str) -> Iterator[Unmet]:
    """Nothing in the paper is worse for the group, unless group and champion accept it in writing.

    Source: New Realities, Sefton 2015, case study 4: a tender for 25 years became a draft with full
    rent after 5.
    """
    from assetflow.leases.file import PARTY_LABELS  # noqa: PLC0415 - as above

    lease, case = occasion.lease(), occasion.case.reference
    for drift in lease.drifts(occasion.workflow.papers, paper):
        lacking = lease.missing(drift)
        if lacking:
            who = all_of(PARTY_LABELS[party] for party in lacking)
            sentence = f"{drift} Not accepted in writing by {who}."
            accept = f"assetflow lease accept {case} {drift.topic}"
            remedy = f"put the {lower(_label(occasion, paper))} right, or: {accept}"
            yield Unmet("drift", sentence, "whoever drafts the lease", remedy)


@guard
def rules_met(
    occasion: Occasion, paper: str, effect: Literal["blocks_terms", "blocks_lease"]
) -> Iterator[Unmet]:
    """What law and policy ask of such terms is on the file."""
    for rule in occasion.lease().applying(paper):
        settled = bool(rule.until) and occasion.case.facts.get(rule.until) not in (None, False)
        if rule.effect == effect and not settled:
            case = occasion.case.reference
            given = f'assetflow case record {case} {rule.until}="…"' if rule.until else ""
            remedy = given or f"assetflow lease form {case} {paper}"
            yield Unmet("lease_rule", f"{rule.label}: {rule.sentence}", _WHO, remedy)


@guard
def funders_met(occasion: Occasion, paper: str) -> Iterator[Unmet]:
    """The paper gives every funder what it asks, as completion is now forecast."""
    for sentence in occasion.lease().shortfalls(paper):
        remedy = f"assetflow funder list {occasion.case.reference}"
        yield Unmet("funder", sentence, "the champion, with the funder", remedy)


def _label(occasion: Occasion, paper: str) -> str:
    declared = occasion.workflow.papers.get(paper)
    return declared.label if declared else paper
