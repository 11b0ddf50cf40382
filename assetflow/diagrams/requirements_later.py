"""What the guards on dates, clocks, other cases and scores require, in sentences."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assetflow.guards import all_of, any_of
from assetflow.workflow import Workflow

Given = Mapping[str, Any]
Says = Callable[[Workflow, Given], Iterable[str]]


def _label(route: Workflow, fact: str) -> str:
    return route.facts[fact].label if fact in route.facts else fact


def _clock(route: Workflow, given: Given) -> str:
    name = given["clock"]
    return route.clocks[name].label if name in route.clocks else name


def _stages(given: Given) -> str:
    """Name stages of another route, which this one cannot give labels of."""
    return any_of(f"‘{name.replace('_', ' ')}’" for name in given["stages"])


def _expired(route: Workflow, given: Given) -> Iterable[str]:
    yield f"The time is over, and it was not done: {_clock(route, given)}"


def _not_expired(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Still in time: {_clock(route, given)}"


def _within(route: Workflow, given: Given) -> Iterable[str]:
    counted = "beginning with" if given.get("count") == "beginning_with" else "after"
    yield f"Not later than {given['at_most']} {counted}: {_label(route, given['fact'])}"


def _waited_since(route: Workflow, given: Given) -> Iterable[str]:
    yield f"{given['at_least']} have gone by since: {_label(route, given['fact'])}"


def _ahead_by(route: Workflow, given: Given) -> Iterable[str]:
    yield f"At least {given['at_least']} ahead: {_label(route, given['fact'])}"


def _not_above(route: Workflow, given: Given) -> Iterable[str]:
    yield f"{_label(route, given['fact'])} is not above: {_label(route, given['limit'])}"


def _together(route: Workflow, given: Given) -> Iterable[str]:
    needs = all_of(_label(route, name) for name in given["needs"])
    yield f"Where it is on the file: {_label(route, given['fact'])}, so is: {needs}"


def _needed_above(route: Workflow, given: Given) -> Iterable[str]:
    needs = all_of(_label(route, name) for name in given["needs"])
    where = f" and on the file is: {_label(route, given['where'])}" if given.get("where") else ""
    above = f"{_label(route, given['fact'])} is above {given['above']:,}{where}"
    yield f"Where {above}, so is: {needs}"


def _in_order(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Each after the one before it: {all_of(_label(route, f) for f in given['facts'])}"


def _fact_is(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Recorded as {given['value']}: {_label(route, given['fact'])}"


def _after_fact(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Over by then: {_label(route, given['fact'])}"


def _until_fact(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Not later than: {_label(route, given['fact'])}"


def _absent(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Not on the file: {all_of(_label(route, name) for name in given['facts'])}"


def _parent_in(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"The case that it is a part of stands at: {_stages(given)}"


def _parts_in(_route: Workflow, given: Given) -> Iterable[str]:
    wanted = given.get("at_least", 1)
    stand = "part stands" if wanted == 1 else "parts stand"
    if wanted:
        yield f"At least {wanted} {stand} at: {_stages(given)}"
    if most := given.get("at_most"):
        yield f"At most {most} {'part stands' if most == 1 else 'parts stand'} at: {_stages(given)}"


def _no_part_in(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"No part stands at: {_stages(given)}"


def _no_claim(_route: Workflow, _given: Given) -> Iterable[str]:
    yield "No other case has a claim on the asset"


def _refused_before(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"A case on the asset was refused within {given['within']} before"


def _scored(_route: Workflow, given: Given) -> Iterable[str]:
    wanted = given["at_least"]
    people = "1 person who has" if wanted == 1 else f"{wanted} people who have"
    yield f"Scored on every criterion by at least {people} no interest in it"


def _moderated(_route: Workflow, _given: Given) -> Iterable[str]:
    yield "The scorers have agreed on one score for every criterion"


def _declared(_route: Workflow, _given: Given) -> Iterable[str]:
    yield "Everybody who has scored has declared their interest, or that they have none"


def _goes_on_ended(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"The case that goes on from this one has ended as: {any_of(given['outcomes'])}"


def _received_by(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"Received not later than this date of the case it is a part of: {_plain(given)}"


def _received_after(_route: Workflow, given: Given) -> Iterable[str]:
    yield f"Received after this date of the case it is a part of: {_plain(given)}"


def _paper(route: Workflow, given: Given) -> str:
    declared = route.papers.get(given["paper"])
    return declared.label if declared else given["paper"]


def _paper_recorded(route: Workflow, given: Given) -> Iterable[str]:
    yield f"On the file: {_paper(route, given)}"


def _terms_known(route: Workflow, given: Given) -> Iterable[str]:
    yield f"Nothing left open in: {_paper(route, given)}"


def _no_drift(route: Workflow, given: Given) -> Iterable[str]:
    yield (
        f"{_paper(route, given)}: nothing is worse for the group than before, unless group and "
        "champion accept it in writing"
    )


def _rules_met(route: Workflow, given: Given) -> Iterable[str]:
    yield f"{_paper(route, given)}: what law and policy ask of such terms is on the file"


def _funders_met(route: Workflow, given: Given) -> Iterable[str]:
    yield f"{_paper(route, given)}: every funder has what it asks, as completion is forecast"


def _plain(given: Given) -> str:
    # Another route declares it, so its label is not known here.
    return str(given["parent_fact"]).replace("_", " ")


SAYS: Mapping[str, Says] = {
    "clock_expired": _expired,
    "clock_not_expired": _not_expired,
    "within_after": _within,
    "waited_since": _waited_since,
    "ahead_by": _ahead_by,
    "not_above": _not_above,
    "together": _together,
    "needed_above": _needed_above,
    "dates_in_order": _in_order,
    "fact_is": _fact_is,
    "after_fact": _after_fact,
    "until_fact": _until_fact,
    "facts_absent": _absent,
    "parent_in": _parent_in,
    "parts_in": _parts_in,
    "no_part_in": _no_part_in,
    "no_claim_on_asset": _no_claim,
    "refused_before": _refused_before,
    "scored": _scored,
    "moderated": _moderated,
    "interests_declared": _declared,
    "goes_on_ended": _goes_on_ended,
    "received_by": _received_by,
    "received_after": _received_after,
    "paper_recorded": _paper_recorded,
    "terms_known": _terms_known,
    "no_drift": _no_drift,
    "rules_met": _rules_met,
    "funders_met": _funders_met,
}
