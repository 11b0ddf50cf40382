"""What a letter may say: every name it can use and the kind of each value.

Checking, previewing and testing all read these tables, so they cannot come to disagree.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

# A kind of value, a part with parts of its own, or (in a list) the shape of each row.
Shape: TypeAlias = str | dict[str, "Shape"] | list["Shape"]

# The kinds are the fact types of a workflow, so that its facts can be handed over as they are.
KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "library": (str,),
    "integer": (int,),
    "money": (Decimal, int),
    "date": (date,),
    "yes_no": (bool,),
    "list": (list,),
    "choice": (str,),
    "weights": (list,),
}

_PERSON: dict[str, Shape] = {"name": "text", "job_title": "text", "phone": "text", "email": "text"}

FACTS: dict[str, Shape] = {
    "transfer_purpose": "text",
    "information_needed": "list",
    "reply_by": "date",
    "site_visit": "text",
    "business_case_due_on": "date",
    "revision_needed": "list",
    "refusal_reasons": "list",
    "what_would_change": "text",
    "alternatives": "text",
    "conditions": "list",
    "lease_term": "text",
    "rent": "text",
    "repair": "text",
    "break_clause": "text",
    "permitted_use": "text",
    "alienation": "text",
    "legal_costs": "text",
    "valid_until": "date",
    "open_points": "list",
    "progress_made": "text",
    "progress_awaited": "text",
    "forecast_date": "date",
    "keys_handed_over_on": "date",
    "handover_items": "list",
    "emergency_phone": "text",
    "outcome_reasons": "list",
    "feedback_offer": "text",
    "permission_terms": "list",
    "fee": "money",
    "charge_policy": "text",
    "decision_reference": "text",
    "decision_published_on": "date",
    "call_in_exemption": "text",
    "agreement_conditions": "list",
    "agreement_long_stop_on": "date",
    "review_findings": "list",
    "review_actions": "list",
    "request_wanted": "choice",
    "validation_date": "date",
    "other_requests": "text",
    "disposal_ban": "text",
    "notice_given_on": "date",
    "notice_given_to": "list",
    "papers_place": "text",
    "representations_received": "list",
    "representations_sent_on": "date",
    "proposed_until": "date",
    "extended_until": "date",
    "extension_agreed_in": "text",
    "extension_reason": "text",
    "decision_reasons": "list",
    "agreed_terms": "list",
    "offer_due_on": "date",
    "review_requested_on": "date",
    "review_panel": "text",
    "price": "money",
    "sale_conditions": "list",
}

# A name that ends in ? is always given but may be None, so a letter must ask before using it.
CONTRACT: dict[str, Shape] = {
    "subject": "text",
    "today": "date",
    "council": {
        "name": "text",
        "address": "text",
        "phone": "text",
        "email": "text",
        "website": "text",
    },
    "case": {
        "reference": "text",
        "received_on": "date",
        "stage": "text",
        "stage_since": "date",
        "stage_due_on?": "date",
        "days_overdue": "integer",
        "days_in_stage": "integer",
        "age": "text",
        "waiting_on": "text",
        "end": "text",
        "why": "text",
    },
    "asset": {"name": "text", "address": "text"},
    "group": {"name": "text", "contact_name": "text"},
    "recipient": {"name": "text", "address_lines": "list", "email": "text"},
    "contact": _PERSON,
    "champion?": _PERSON,
    # The newest anchor of the record: whoever keeps the letter can bear witness to it.
    "record?": {"code": "text", "taken_on": "date"},
    "stages": [
        {
            "label": "text",
            "holder": "text",
            "target": "text",
            "due_on?": "date",
            "here": "yes_no",
        }
    ],
    "criteria": [{"label": "text", "weight": "integer"}],
    # The parts of the case, so that one letter can cover all of them.
    "parts": [
        {
            "reference": "text",
            "asset": "text",
            "group": "text",
            "stage": "text",
            "ended": "yes_no",
            "event_on?": "date",
            "particulars": "list",
        }
    ],
    # What the scorers have agreed on, for the group's own letter.
    "scores": [
        {
            "criterion": "text",
            "weight": "integer",
            "score": "integer",
            "up_to": "integer",
            "reason": "text",
        }
    ],
    "scores_total": "text",
    # The clocks that run and matter in the present stage, each with its last day.
    "clocks": [{"label": "text", "kind": "text", "due_on": "date", "on_expiry": "text"}],
    "review_by": "date",
    "signoff": {
        "department": "text",
        "question": "text",
        "for_step": "text",
        "due_on": "date",
        "requested_on": "date",
        "order": "integer",
        "required": "yes_no",
        # The short form of the hash to which the answer is bound.
        "code?": "text",
    },
    "alert": {
        "title": "text",
        "sentence": "text",
        "since": "date",
        "due_on?": "date",
        "level": "text",
        "requires": "text",
        "age": "text",
        # Whether the level counts from the first deadline that passed, and not from the beginning.
        "lateness": "yes_no",
        "actions": "list",
        "recipients": "list",
    },
    # What one person is to act on, of many cases: for their digest, which is about no single case.
    "digest": {
        "count": "integer",
        "more": "integer",
        "groups": [{"to_do": "text", "lines": "list"}],
        # What the ladder still calls for on their cases, and whether there is more of it.
        "tasks": "list",
        "more_tasks": "yes_no",
    },
    "facts": FACTS,
}

# Parts that only some letters are given: those about a sign-off, an alert, or a person's digest.
OCCASIONS = ("signoff", "alert", "digest")

# What a row of a loop can be asked about its place.
LOOP: dict[str, Shape] = {
    "index": "integer",
    "length": "integer",
    "first": "yes_no",
    "last": "yes_no",
}


class Part(dict[str, object]):
    """A part of a letter's values that knows its own name, so that what is missing can be named."""

    __slots__ = ("path",)

    def __init__(self, path: str, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.path = path


def under(path: str, name: str) -> str:
    """Name a value within a part: ``case`` and ``stage`` give ``case.stage``."""
    return f"{path}.{name}" if path else name


def plain(value: object, path: str = "") -> object:
    """Copy the values of a letter, refusing anything that is not plain.

    An object with methods or a database row behind it could be changed by writing a letter;
    handing one over is a mistake in assetflow, hence ``TypeError``.
    """
    if type(value) is dict:
        return Part(path, {key: plain(item, under(path, key)) for key, item in value.items()})
    if type(value) is list:
        return [plain(item, f"{path}[]") for item in value]
    if value is None or type(value) in (str, int, bool, Decimal, date):
        return value
    raise TypeError(f"a letter takes plain values only; {path} is a {type(value).__name__}")


def fits(value: object, shape: Shape) -> bool:
    """Tell whether a value is of the kind that the contract promises."""
    if isinstance(shape, dict):
        return isinstance(value, dict)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(row, shape[0]) for row in value)
    if shape == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return type(value) in KINDS[shape]


def flat(shape: Mapping[str, Shape] = CONTRACT, path: str = "") -> Iterator[tuple[str, Shape]]:
    """List every value of the contract by its full name, for a reference page or a test."""
    for name, inner in shape.items():
        here = under(path, name)
        if isinstance(inner, dict):
            yield from flat(inner, here)
        elif isinstance(inner, list) and isinstance(inner[0], dict):
            yield from flat(inner[0], f"{here}[]")
        else:
            yield here, inner
