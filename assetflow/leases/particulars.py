"""The plain particulars of a lease paper: what each is called, what it can be, how it compares.

The list is that of ``docs/lease-terms.md``; a form to fill in is written from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assetflow.facts import show

Kind = Literal["text", "list", "choice", "several", "money", "date", "answer"]
ANSWERS = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Particular:
    """One plain particular: its name in files, what people call it, and what it can be.

    ``worse`` says which way is worse for the group: ``later`` in the order of its choices,
    ``fewer`` entries or ``more`` money than before, ``any`` for words that must not be changed.
    """

    name: str
    label: str
    kind: Kind
    choices: Mapping[str, str] | None = None
    worse: Literal["", "later", "fewer", "more", "any"] = ""
    # Must be known before heads of terms are agreed.
    needed: bool = False


_TENURE = {
    "freehold": "freehold",
    "lease": "lease",
    "underlease": "underlease",
    "licence": "licence",
    "management_agreement": "management agreement",
}
_REPAIR = {
    "landlord": "the council repairs",
    "internal": "the group repairs the inside only",
    "schedule_of_condition": "the group repairs, to the state in a schedule of condition",
    "full": "the group repairs everything, inside and out",
}
_INSURER = {
    "landlord": "the council insures",
    "landlord_recharges": "the council insures and charges the group for it",
    "tenant": "the group insures",
}
_PAYER = {
    "landlord": "the council pays all legal costs",
    "each_own": "each side pays its own legal costs",
    "tenant": "the group pays the legal costs of both sides",
}
_PERMISSION = {
    "hire_out": "hire out rooms",
    "share": "share with other groups",
    "sublet_part": "sub-let a part",
    "sublet_whole": "sub-let the whole",
    "assign": "hand the lease on (assign)",
    "charge": "give a lender or funder security over it (charge)",
}
_SECURITY = {
    "protected": "the group may stay on and ask for a new lease (1954 Act)",
    "not_applicable": "the 1954 Act does not apply",
    "excluded": "the group must leave when the lease ends (excluded from the 1954 Act)",
    "unknown": "not known yet",
}
_HELD = {
    "general_fund": "general fund",
    "hra": "housing revenue account",
    "trust": "held on trust",
    "unknown": "not known yet",
}
FIELDS: Mapping[str, Particular] = {
    one.name: one
    for one in (
        Particular("tenure", "Tenure", "choice", _TENURE, "any", needed=True),
        Particular("repair", "Repairs", "choice", _REPAIR, "later", needed=True),
        Particular("insurance", "Insurance", "choice", _INSURER, "later", needed=True),
        Particular("use", "Permitted use", "list", None, "fewer", needed=True),
        Particular("alienation", "The group may", "several", _PERMISSION, "fewer", needed=True),
        Particular("legal_costs", "Legal costs", "choice", _PAYER, "later", needed=True),
        Particular(
            "legal_costs_cap",
            "Most the group pays of the council's legal costs",
            "money",
            None,
            "more",
        ),
        Particular("act_1954", "Security of tenure", "choice", _SECURITY, "later", needed=True),
        Particular("reverter", "Return, clawback or overage", "text", None, "any"),
        Particular("market_rent", "Market rent a year, as estimated", "money"),
        Particular("affordable_rent", "Most rent a year that the business plan can bear", "money"),
        Particular("unrestricted_value", "Unrestricted value", "money"),
        Particular("consideration", "Price or premium", "money"),
        Particular("valuer", "Valuer", "text"),
        Particular("valued_on", "Day of the valuation", "date"),
        Particular("wellbeing_reason", "How it serves well-being", "text"),
        Particular("held_for", "Held for", "choice", _HELD, needed=True),
        Particular("open_space", "Open space", "answer", needed=True),
        Particular("acv_listed", "Listed as an asset of community value", "answer", needed=True),
        Particular("listed", "Listed building", "answer", needed=True),
        Particular("covenants", "Covenants that bind the land", "answer", needed=True),
        Particular("charity_trust", "Charity or trust land", "answer", needed=True),
        Particular("s106", "Planning obligations (section 106)", "answer", needed=True),
        Particular("tupe", "Staff whose employment would transfer (TUPE)", "answer", needed=True),
        Particular("vat_option", "Option to tax for VAT", "answer", needed=True),
        Particular("condition_survey", "Condition survey shared with the group", "answer"),
        Particular("epc", "Energy certificate", "text"),
        Particular("subsidy", "Subsidy control: what was decided", "text"),
        Particular("minutes", "Decision record", "text"),
    )
}


def said(particular: Particular, value: object) -> str:
    """Give a value of a particular in words."""
    if isinstance(value, tuple):
        known = particular.choices or {}
        return "; ".join(known.get(str(item), str(item)) for item in value) or "nothing"
    known = particular.choices or {}
    return known.get(str(value), show(value))
