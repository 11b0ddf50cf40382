"""Facts of a case: what an officer types becomes a typed value, and back again.

A fact's type is declared in the workflow; its value is stored as JSON text.
"""

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assetflow.workflow import Fact

MAX_LENGTH = 5_000
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y")
_YES = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}


def read_date(text: str) -> date:
    """Read a date as people in the UK write it; raises ``ValueError`` with a sentence."""
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a plain date
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date; write 2025-02-03, 03/02/2025 or 3 Feb 2025")


def parse(fact: Fact, typed: str) -> Any:
    """Turn what was typed into the fact's value; raises ``ValueError`` with a sentence."""
    text = typed.strip()
    if not text:
        raise ValueError("nothing was given")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH} characters")
    if any(ord(c) < 32 and c not in "\n\t" for c in text) or "\x7f" in text:
        raise ValueError("it contains control characters")
    return _PARSERS[fact.type](text)


def _list(text: str) -> list[str]:
    items = [item.strip() for item in text.replace("\n", ";").split(";")]
    return [item for item in items if item]


def _integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text.replace("£", "").replace(",", "").strip())
    except InvalidOperation:
        raise ValueError(
            f"{text!r} is not an amount in pounds, such as 12000 or 12,000.50"
        ) from None
    exponent = amount.as_tuple().exponent
    if (
        not amount.is_finite()
        or abs(amount) > 10**12
        or not isinstance(exponent, int)
        or exponent < -2
    ):
        raise ValueError(f"{text!r} is not an amount in pounds and pence")
    return amount


def _yes_no(text: str) -> bool:
    if text.casefold() not in _YES:
        raise ValueError(f"{text!r} is neither yes nor no")
    return _YES[text.casefold()]


_PARSERS: dict[str, Any] = {
    "text": str,
    "library": str,
    "list": _list,
    "integer": _integer,
    "money": _money,
    "date": read_date,
    "yes_no": _yes_no,
}


def to_json(value: object) -> str:
    """Write a fact's value as the JSON text that is stored."""
    return json.dumps(value, ensure_ascii=False, default=str)


def from_json(fact_type: str, text: str) -> Any:
    """Read a stored fact's value back into its type."""
    value = json.loads(text)
    if fact_type == "date":
        return date.fromisoformat(value)
    return Decimal(value) if fact_type == "money" else value


def show(value: object) -> str:
    """Give a fact's value in words for a terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return f"£{value:,}" if isinstance(value, Decimal) else str(value)
