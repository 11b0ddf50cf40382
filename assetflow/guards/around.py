"""The guards that look at other cases and at scores: the parent, the parts, others on the asset."""

from collections.abc import Iterable, Iterator
from datetime import date

from assetflow.deadlines import Duration, due
from assetflow.facts import show
from assetflow.guards.registry import guard
from assetflow.guards.words import all_of, any_of
from assetflow.snapshot import Occasion, Related, Score, Unmet


@guard
def parent_in(occasion: Occasion, stages: list[str]) -> Iterator[Unmet]:
    """The case that this one is a part of stands in one of the named stages."""
    parent = occasion.around().parent
    if parent is None:
        yield Unmet("parent", "This case is not a part of another one.", "")
    elif parent.stage not in stages:
        sentence = f"{parent.reference}, of which this is a part, stands at: {parent.stage_label}."
        yield Unmet("parent", sentence, "whoever works on it", _see(parent))


@guard
def parts_in(
    occasion: Occasion, stages: list[str], at_least: int = 1, at_most: int = 0
) -> Iterator[Unmet]:
    """At least so many parts of the case stand in one of the named stages, and not too many.

    Without ``at_most`` there may be any number of them.
    """
    found = [part for part in occasion.around().parts if part.stage in stages]
    if len(found) < at_least:
        has = f"{len(found)} of its parts {'is' if len(found) == 1 else 'are'} ready for this step"
        sentence = f"{has}; it needs at least {at_least}."
        yield Unmet("parts", sentence, "whoever works on the parts")
    if at_most and len(found) > at_most:
        named = all_of(f"{part.reference} ({part.stage_label})" for part in found)
        sentence = f"Too many of its parts stand there: {named}; at most {at_most} may."
        yield Unmet("parts", sentence, "whoever works on the parts")


@guard
def no_part_in(occasion: Occasion, stages: list[str]) -> Iterator[Unmet]:
    """No part of the case stands in one of the named stages."""
    for part in occasion.around().parts:
        if part.stage in stages:
            sentence = f"{part.reference} still stands at: {part.stage_label}."
            yield Unmet("parts", sentence, "whoever works on it", _see(part))


@guard
def no_claim_on_asset(occasion: Occasion) -> Iterator[Unmet]:
    """No other open case has a claim on the asset that forbids to dispose of it."""
    for other in occasion.around().on_asset:
        if other.claims_asset and not other.outcome:
            sentence = (
                f"{other.reference} of {other.group} stands at ‘{other.stage_label}’: until it is "
                "settled the asset must not go to anybody else."
            )
            yield Unmet("claim", sentence, "whoever works on that case", _see(other))


@guard
def refused_before(occasion: Occasion, within: str) -> Iterator[Unmet]:
    """An earlier case on the asset was refused, not longer ago than the period."""
    refused = [
        other.closed_on
        for other in occasion.around().on_asset
        if other.outcome == "refused" and other.closed_on is not None
    ]
    if not any(_still_within(day, within, occasion) for day in refused):
        sentence = f"No case on this asset was refused in the {within} before."
        yield Unmet("repeat", sentence, "")


@guard
def scored(occasion: Occasion, at_least: int) -> Iterator[Unmet]:
    """Every criterion has the scores of at least so many people who have no interest in it."""
    around = occasion.around()
    own = [s for s in around.scores if not s.moderated and s.scorer not in around.aside]
    yield from _too_few(around.criteria, own, at_least, occasion.case.reference, "score give")


@guard
def moderated(occasion: Occasion) -> Iterator[Unmet]:
    """The scorers have agreed on one score for every criterion."""
    around = occasion.around()
    agreed = [s for s in around.scores if s.moderated]
    yield from _too_few(around.criteria, agreed, 1, occasion.case.reference, "score moderate")


@guard
def interests_declared(occasion: Occasion) -> Iterator[Unmet]:
    """Everybody who has scored has declared their interest in the case, or that they have none."""
    around = occasion.around()
    scorers = dict.fromkeys(s.scorer for s in around.scores)
    silent = [name for name in scorers if name not in around.declared]
    if silent:
        sentence = f"Nothing declared about their own interest: {all_of(silent)}."
        remedy = f'assetflow interest declare {occasion.case.reference} "None" --by PERSON'
        yield Unmet("interest", sentence, "the scorers", remedy)


@guard
def goes_on_ended(occasion: Occasion, outcomes: list[str]) -> Iterator[Unmet]:
    """The case that goes on from this one has ended, in one of the named ways.

    One whose asset has gone over counts as completed, though somebody still looks after the group.
    """
    following = occasion.around().goes_on_as
    if not following:
        yield Unmet("goes_on", "No case goes on from this one.", "")
    for other in following:
        if (other.outcome or _gone_over(other)) not in outcomes:
            wanted = any_of(outcomes)
            sentence = f"{other.reference} stands at: {other.stage_label}; it must be {wanted}."
            yield Unmet("goes_on", sentence, "whoever works on that case", _see(other))


def _gone_over(other: Related) -> str:
    stage = other.workflow.stages.get(other.stage)
    return "completed" if stage is not None and stage.ladder_stops else ""


@guard
def received_by(occasion: Occasion, parent_fact: str) -> Iterator[Unmet]:
    """The case was received on or before a date on the file of the case it is a part of."""
    day, label, missing = _of_parent(occasion, parent_fact)
    yield from missing
    if day is not None and occasion.case.received_on > day:
        sentence = f"It was received on {show(occasion.case.received_on)}; {label} is {show(day)}."
        yield Unmet("received", sentence, "")


@guard
def received_after(occasion: Occasion, parent_fact: str) -> Iterator[Unmet]:
    """The case was received after a date on the file of the case it is a part of."""
    day, label, missing = _of_parent(occasion, parent_fact)
    yield from missing
    if day is not None and occasion.case.received_on <= day:
        sentence = f"It was received on {show(occasion.case.received_on)}; {label} is {show(day)}."
        yield Unmet("received", sentence, "")


def _of_parent(occasion: Occasion, name: str) -> tuple[date | None, str, list[Unmet]]:
    """Give a date on the parent's file and what it is called there, or what is missing."""
    parent = occasion.around().parent
    if parent is None:
        return None, "", [Unmet("parent", "This case is not a part of another one.", "")]
    declared = parent.workflow.facts.get(name)
    label, day = declared.label if declared else name, parent.facts.get(name)
    if isinstance(day, date):
        return day, label, []
    remedy = f'assetflow case record {parent.reference} {name}="…"'
    sentence = f"Not on the file of {parent.reference}: {label} ({name})."
    return None, label, [Unmet("parent", sentence, "whoever works on it", remedy)]


def _too_few(
    criteria: Iterable[str], scores: Iterable[Score], wanted: int, case: str, command: str
) -> Iterator[Unmet]:
    names, given = list(criteria), list(scores)
    if not names:
        yield Unmet("scores", "There are no criteria to score by.", "")
    counts = {name: sum(s.criterion == name for s in given) for name in names}
    lacking = [name for name, count in counts.items() if count < wanted]
    if lacking:
        people = "1 scorer" if wanted == 1 else f"{wanted} scorers"
        few = f"fewer than {people}" if command == "score give" else "no agreed score"
        sentence = f"{all_of(lacking)}: {few}."
        remedy = f'assetflow {command} {case} "{lacking[0]}" SCORE --reason "…"'
        yield Unmet("scores", sentence, any_of(["the scorers"]), remedy)


def _still_within(day: date, period: str, occasion: Occasion) -> bool:
    return day <= occasion.on <= due(day, Duration.parse(period), occasion.calendar.statutory)


def _see(other: Related) -> str:
    return f"assetflow case next {other.reference}"
