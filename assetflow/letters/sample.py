"""An invented case that keeps the contract, to preview a letter or to try one out."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from assetflow.letters.contract import FACTS, Shape, fits

_OFFICER = {
    "name": "Priya Nair",
    "job_title": "Estates Officer",
    "phone": "01632 960 101",
    "email": "priya.nair@westmere.example",
}
_COUNCIL = {
    "name": "Westmere Borough Council",
    "address": "Town Hall, Market Square, Westmere",
    "phone": "01632 960 100",
    "email": "property@westmere.example",
    "website": "https://www.westmere.example",
}
_CASE = {
    "reference": "CAT-2026-0012",
    "received_on": date(2025, 9, 22),
    "stage": "Business case being assessed",
    "stage_since": date(2026, 1, 12),
    "stage_due_on": date(2026, 2, 9),
    "days_overdue": 0,
    "days_in_stage": 22,
    "age": "4 months 12 days",
    "waiting_on": "council",
    "end": "Withdrawn",
    "why": "The group has found a building nearer the school.",
}
_STAGES = [
    {
        "label": "Business case being assessed",
        "holder": "the council",
        "target": "20 working days",
        "due_on": date(2026, 2, 9),
        "here": True,
    },
    {
        "label": "Decision",
        "holder": "the council",
        "target": "40 working days",
        "due_on": date(2026, 4, 8),
        "here": False,
    },
    {
        "label": "Lease terms",
        "holder": "your group",
        "target": "20 working days",
        "due_on": date(2026, 5, 7),
        "here": False,
    },
    {
        "label": "Legal",
        "holder": "the council",
        "target": "40 working days",
        "due_on": date(2026, 7, 3),
        "here": False,
    },
]
_SIGNOFF = {
    "department": "Finance",
    "question": "Are the effects on revenue, VAT and capital receipts acceptable?",
    "for_step": "Recommend the business case for decision",
    "due_on": date(2026, 2, 10),
    "requested_on": date(2026, 1, 27),
    "order": 1,
    "required": True,
    "code": "9f86-d081-884c-7d65",
}
_ALERT = {
    "title": "Business case being assessed is overdue",
    "sentence": "The target for this stage, 20 working days, has passed.",
    "since": date(2026, 1, 12),
    "due_on": date(2026, 2, 2),
    "level": "Amber",
    "requires": "the cause in writing and a letter that brings the group up to date",
    "age": "4 months 12 days",
    "lateness": False,
    "actions": ["ask Finance for its sign-off", "tell the group the new date"],
    "recipients": ["Priya Nair", "Tom Adeyemi"],
}

_DIGEST = {
    "count": 3,
    "more": 2,
    "tasks": ["CAT-2025-0007, Station Road Pavilion: A recovery plan (Red, since 12 Jan 2026)"],
    "more_tasks": True,
    "groups": [
        {
            "to_do": "Move the case on, or tell the group a new date",
            "lines": [
                "CAT-2025-0007, Station Road Pavilion: Overdue: Legal (12 Jan 2026)",
                "CAT-2026-0012, Netherfield Hall: Overdue: Decision (2 Feb 2026)",
            ],
        },
        {
            "to_do": "Send the group a holding update",
            "lines": ["CAT-2026-0003, Old Library: The group has not been written to (2 Feb 2026)"],
        },
    ],
}

_PARTS = [
    {
        "reference": "SITE-2026-0004",
        "asset": "Mill Street roundabout",
        "group": "Friends of Larkhill Hall",
        "stage": "Granted with conditions",
        "ended": True,
        "event_on": date(2026, 5, 16),
        "particulars": ["Conditions: plants no higher than 60 cm; no digging near the cable"],
    },
    {
        "reference": "SITE-2026-0005",
        "asset": "Larkhill Lane verge",
        "group": "Friends of Larkhill Hall",
        "stage": "Refused",
        "ended": True,
        "event_on": None,
        "particulars": [
            "Reasons for refusing it: drivers could not see the crossing",
            "The nearest thing that can be allowed: planters behind the footpath",
        ],
    },
]
_SCORES = [
    {
        "criterion": "Community benefit",
        "weight": 60,
        "score": 8,
        "up_to": 10,
        "reason": "Two schools and the food bank will use the hall.",
    },
    {
        "criterion": "Sustainability of the plan",
        "weight": 40,
        "score": 5,
        "up_to": 10,
        "reason": "Half of the income rests on one grant.",
    },
]

_COLLEAGUES: Mapping[str, object] = {
    "department": {"name": "Finance", "address_lines": [], "email": "finance@westmere.example"},
    "person": {"name": "Tom Adeyemi", "address_lines": [], "email": "tom.adeyemi@westmere.example"},
}

_SAMPLE: Mapping[str, object] = {
    "today": date(2026, 2, 3),
    "council": _COUNCIL,
    "case": _CASE,
    "asset": {"name": "Larkhill Hall", "address": "Larkhill Lane, Westmere"},
    "group": {"name": "Friends of Larkhill Hall", "contact_name": "Sam Okafor"},
    "recipient": {
        "name": "Sam Okafor",
        "address_lines": ["Friends of Larkhill Hall", "4 Larkhill Lane", "Westmere", "ZZ1 4AB"],
        "email": "sam@larkhill.example",
    },
    "contact": _OFFICER,
    "champion": {
        "name": "Tom Adeyemi",
        "job_title": "Director of Place",
        "phone": "01632 960 102",
        "email": "tom.adeyemi@westmere.example",
    },
    "stages": _STAGES,
    "criteria": [
        {"label": "Community benefit", "weight": 40},
        {"label": "Sustainability of the plan", "weight": 35},
        {"label": "How the group is run", "weight": 25},
    ],
    "parts": _PARTS,
    "scores": _SCORES,
    "scores_total": "68.0 out of 100",
    "clocks": [
        {
            "label": "Our decision notice",
            "kind": "statutory",
            "due_on": date(2026, 7, 12),
            "on_expiry": "Without a notice by then, you may ask for a review.",
        }
    ],
    "review_by": date(2026, 3, 3),
    "signoff": _SIGNOFF,
    "alert": _ALERT,
    "digest": _DIGEST,
    "record": {"code": "5e88-4898-da28-0471", "taken_on": date(2026, 2, 2)},
}

_LATE: Mapping[str, object] = {
    "case": _CASE | {"stage_due_on": date(2026, 1, 23), "days_overdue": 7, "waiting_on": "group"},
    "stages": [
        _STAGES[0] | {"due_on": date(2026, 1, 23)},
        *_STAGES[1:-1],
        _STAGES[-1] | {"due_on": None},
    ],
    "signoff": _SIGNOFF
    | {"requested_on": date(2026, 1, 13), "due_on": date(2026, 1, 27), "required": False},
    "alert": _ALERT | {"lateness": True},
}

_BARE: Mapping[str, object] = {
    "council": {"name": "Westmere Borough Council"}
    | dict.fromkeys(("address", "phone", "email", "website"), ""),
    "case": _CASE
    | {"stage_due_on": None, "days_overdue": 0, "days_in_stage": 0}
    | {"waiting_on": "nobody", "end": "", "why": ""},
    "signoff": _SIGNOFF | {"code": None},
    "asset": {"name": "Larkhill Hall", "address": ""},
    "group": {"name": "Friends of Larkhill Hall", "contact_name": ""},
    "recipient": {"name": "Friends of Larkhill Hall", "address_lines": [], "email": ""},
    "contact": {"name": "Priya Nair", "job_title": "", "phone": "", "email": ""},
    "champion": None,
    "record": None,
    "stages": [],
    "criteria": [],
    "parts": [],
    "scores": [],
    "scores_total": "",
    "clocks": [],
    "digest": _DIGEST | {"count": 1, "more": 0, "tasks": [], "more_tasks": False},
    "alert": _ALERT
    | {"due_on": None, "level": "", "requires": "", "actions": [], "recipients": []},
}

_SAMPLE_FACTS: Mapping[str, object] = {
    "transfer_purpose": "The group will run the hall as a community centre and a toddler group.",
    "information_needed": [
        "your governing document, because it shows who can sign a lease",
        "your accounts for the last year, because they show what the group can afford",
    ],
    "reply_by": date(2026, 3, 3),
    "site_visit": "You can see the hall on 12 February 2026 at 10am. Meet at the main door.",
    "business_case_due_on": date(2026, 4, 30),
    "revision_needed": [
        "who will pay for the roof, because the budget leaves it out",
        "letters from two funders, because most of the income is grants",
    ],
    "refusal_reasons": [
        "The plan shows a loss in each of the first three years.",
        "The library service needs the building until 2030.",
    ],
    "what_would_change": "We could look again with a budget that breaks even by year three.",
    "alternatives": "The Mill Street scout hut is empty. You could also hire the hall by the day.",
    "conditions": [
        "The group must be a charity or a company before the lease is signed.",
        "The group must insure the contents.",
    ],
    "lease_term": "25 years",
    "rent": "£1 a year (a peppercorn) for all 25 years",
    "repair": "The group repairs the inside; the council repairs the roof and outside walls",
    "break_clause": "The group may end the lease with six months' notice; the council may not",
    "permitted_use": "Community centre, classes and events",
    "alienation": "The group may hire out rooms but may not pass the lease to anyone else",
    "legal_costs": "Each side pays its own legal costs",
    "valid_until": date(2026, 8, 3),
    "open_points": ["who pays to replace the boiler", "the date on which the lease starts"],
    "progress_made": "Legal has checked that the council owns the hall.",
    "progress_awaited": "Finance has not yet said whether the running costs are right.",
    "forecast_date": date(2026, 2, 27),
    "keys_handed_over_on": date(2026, 2, 2),
    "handover_items": ["six keys", "the fire risk assessment", "the gas safety record"],
    "emergency_phone": "01632 960 199",
    "outcome_reasons": [
        "The plan rests on one grant that has not been awarded.",
        "Another bid offered more hours for the public.",
    ],
    "feedback_offer": "We can meet you on 12 February 2026 at 2pm, or on another day.",
    "permission_terms": [
        "Your group has public liability insurance of £5 million.",
        "You stop at once when a highways officer asks you to.",
    ],
    "fee": Decimal(120),
    "charge_policy": "Fees and charges 2026, line 14",
    "decision_reference": "Cabinet, 2 February 2026, minute 14",
    "decision_published_on": date(2026, 2, 2),
    "call_in_exemption": "it was urgent, and the chair of scrutiny agreed",
    "agreement_conditions": ["a grant offer for the roof", "planning permission for the ramp"],
    "agreement_long_stop_on": date(2026, 9, 30),
    "review_findings": ["the hall is open six days a week", "heating costs more than planned"],
    "request_wanted": "ownership",
    "validation_date": date(2026, 1, 12),
    "other_requests": "There is no other request for any of this land.",
    "disposal_ban": "The council may not sell or let the hall to anybody else meanwhile.",
    "notice_given_on": date(2026, 2, 2),
    "notice_given_to": ["the toddler group that uses the hall", "a notice at the door"],
    "papers_place": "the council's website and the library in Westmere",
    "representations_received": ["a neighbour asks about noise", "the school is in favour"],
    "representations_sent_on": date(2026, 2, 3),
    "proposed_until": date(2026, 10, 30),
    "extended_until": date(2026, 10, 30),
    "extension_agreed_in": "your email of 9 July 2026",
    "extension_reason": "The title has a gap that the Keeper must look at.",
    "decision_reasons": ["the plan keeps the hall open", "the price reflects what people gain"],
    "agreed_terms": ["the price is £20,000", "the hall stays open to the public"],
    "offer_due_on": date(2026, 8, 31),
    "review_requested_on": date(2026, 2, 2),
    "price": Decimal(20000),
    "sale_conditions": ["the hall stays open to the public", "the council may buy it back first"],
    "review_panel": "Councillors Grant, Reid and Shaw",
    "review_actions": ["the group asks two heating firms for a price by 1 March 2026"],
}


def sample_context(
    facts: Iterable[str] | None = None,
    *,
    bare: bool = False,
    late: bool = False,
    to: str = "group",
    kinds: Mapping[str, Shape] = FACTS,
) -> dict[str, object]:
    """Give the values of an invented case, to preview a letter or to try one out.

    ``facts`` names the facts to include (all of them where it is left out). ``bare`` gives the
    poorest case that is allowed: everything that may be empty or absent is. ``late`` gives one
    whose dates have passed. ``to`` is the kind of recipient.
    """
    wanted = kinds if facts is None else facts
    recorded = {name: _sample_fact(name, kinds[name]) for name in wanted}
    chosen = {**_SAMPLE, **(_BARE if bare else {}), **(_LATE if late else {})}
    if to != "group":
        chosen["recipient"] = _COLLEAGUES[to]
    return {**{name: _copy(value) for name, value in chosen.items()}, "facts": recorded}


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _sample_fact(name: str, kind: Shape) -> object:
    value = _SAMPLE_FACTS.get(name)
    return _copy(value) if fits(value, kind) else _copy(_EXAMPLES[str(kind)])


# For facts that only a council's own workflow knows.
_EXAMPLES: Mapping[str, object] = {
    "text": "an example",
    "library": "an example",
    "choice": "an example",
    "weights": ["a first example: 60", "another: 40"],
    "integer": 3,
    "money": Decimal("1250.50"),
    "date": date(2026, 6, 1),
    "yes_no": True,
    "list": ["a first example", "a second example"],
}
