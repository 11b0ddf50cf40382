"""Everything on the lease of a case: papers, what was accepted, who funds, which rules count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from assetflow.leases.clauses import Boilerplate, Standard, boilerplate
from assetflow.leases.drift import Drift, compare
from assetflow.leases.funders import Funder, shortfalls
from assetflow.leases.rules import Rule, Setting, applying
from assetflow.leases.terms import Terms
from assetflow.workflow import Paper

Party = Literal["group", "champion"]
PARTIES: tuple[Party, ...] = ("group", "champion")
PARTY_LABELS: Mapping[str, str] = {"group": "the group", "champion": "the champion"}


@dataclass(frozen=True, slots=True)
class LeaseFile:
    """What is on file about the lease of a case, as far as a rule may look at it.

    ``papers`` holds the newest of each paper; ``accepted`` who has accepted which difference in
    writing; ``completion`` the day on which the transfer is now forecast to complete.
    """

    papers: Mapping[str, Terms] = field(default_factory=dict)
    accepted: frozenset[tuple[str, str]] = frozenset()
    funders: tuple[Funder, ...] = ()
    rules: tuple[Rule, ...] = ()
    standards: tuple[Standard, ...] = ()
    setting: Setting = field(default_factory=lambda: Setting(""))
    completion: date | None = None

    def drifts(self, declared: Mapping[str, Paper], paper: str) -> list[Drift]:
        """List where a paper parts from those it is held against, the approved one first."""
        now = self.papers.get(paper)
        if now is None:
            return []
        return [
            drift
            for name in declared[paper].compared_with
            if name in self.papers
            for drift in compare(
                now, self.papers[name], _inside(declared[name]), complete=declared[name].complete
            )
        ]

    def missing(self, drift: Drift) -> tuple[Party, ...]:
        """Name those who have not accepted a difference that is worse for the group."""
        if not drift.adverse:
            return ()
        return tuple(party for party in PARTIES if (drift.code, party) not in self.accepted)

    def boilerplate(self, declared: Mapping[str, Paper], paper: str) -> list[Boilerplate]:
        """Find standard clauses of a paper that go against the approved terms."""
        now = self.papers.get(paper)
        clauses = now.clauses.items() if now else ()
        return boilerplate(clauses, self.standards, self.drifts(declared, paper))

    def applying(self, paper: str) -> list[Rule]:
        """Give the rules of law and policy that apply to a paper."""
        now = self.papers.get(paper)
        return [] if now is None else applying(self.rules, now, self.setting)

    def shortfalls(self, paper: str) -> Iterator[str]:
        """Tell what funders ask for and a paper does not give."""
        now = self.papers.get(paper)
        if now is not None:
            for funder in self.funders:
                yield from shortfalls(funder, now, self.completion)


def _inside(paper: Paper) -> str:
    """Give what a paper is called inside a sentence."""
    return paper.label[:1].lower() + paper.label[1:]
