"""Facts of a case: what an officer types becomes a typed value, and back again.

A fact's type is declared in the workflow; its value is stored as JSON text.
"""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from assetflow.workflow import Fact

MAX_LENGTH = 5_000
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y")
# A year outside these is a slip of the finger, and no calendar reaches it.
FIRST_YEAR, LAST_YEAR = 1900, 2199
# What the weights of criteria add up to, in per cent.
WHOLE = 100
_MONEY = re.compile(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,13})(\.[0-9]{1,2})?", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_YES = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}


def read_date(text: str) -> date:
    """Read a date as people in the UK write it; raises ``ValueError`` with a sentence."""
    for form in DATE_FORMS:
        try:
            day = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a plain date
        except ValueError:
            continue
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"{text!r} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
        return day
    raise ValueError(f"{text!r} is not a date; write 2025-02-03, 03/02/2025 or 3 Feb 2025")


def parse(fact: Fact, typed: str, on: date) -> Any:
    """Turn what was typed on a day into the fact's value; raises ``ValueError`` with a sentence."""
    text = read_text(typed)
    if not text:
        raise ValueError("nothing was given")
    value = _PARSERS[fact.type](text)
    if isinstance(value, list) and not value:
        raise ValueError("nothing was given")
    if fact.type == "choice" and value not in fact.choices:
        raise ValueError(f"{value!r} is none of: {', '.join(fact.choices)}")
    _check_bounds(fact, value, on)
    return value


def read_text(typed: str) -> str:
    """Read free text; raises ``ValueError`` with a sentence where it is none."""
    text = typed.strip()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH:,} characters")
    if _CONTROL.search(text):
        raise ValueError("it contains control characters")
    if text in ("…", "..."):
        raise ValueError("write the text itself in place of the three dots")
    return text


def _check_bounds(fact: Fact, value: Any, on: date) -> None:
    if fact.minimum is not None and isinstance(value, (int, Decimal)) and value < fact.minimum:
        raise ValueError(f"{value} is below {fact.minimum}, the least it can be")
    if isinstance(value, date) and fact.lies == "behind" and value > on:
        raise ValueError(f"{show(value)} lies after {show(on)}, the day it is recorded on")
    if isinstance(value, date) and fact.lies == "ahead" and value <= on:
        raise ValueError(f"{show(value)} does not lie after {show(on)}")


def _list(text: str) -> list[str]:
    items = [item.strip() for item in text.replace("\n", ";").split(";")]
    if not any(items):
        raise ValueError("it names nothing")
    return [item for item in items if item]


def _weights(text: str) -> list[str]:
    """Read criteria with their weights in per cent, such as ``local benefit: 60; finance: 40``."""
    weights = criteria_of(_list(text))
    if sum(weights.values()) != WHOLE:
        raise ValueError(f"the weights add up to {sum(weights.values())}, not to {WHOLE}")
    return [f"{label}: {weight}" for label, weight in weights.items()]


def criteria_of(lines: Iterable[str]) -> dict[str, int]:
    """Give the weight of each criterion; raises ``ValueError`` with a sentence."""
    found: dict[str, int] = {}
    for line in lines:
        label, _, weight = line.rpartition(":")
        label = label.strip()
        if not label or not re.fullmatch(r"[0-9]{1,3}", weight.strip(), re.ASCII):
            raise ValueError(f"{line!r} is no criterion with its weight, such as local benefit: 60")
        if label in found:
            raise ValueError(f"{label!r} is named twice")
        found[label] = int(weight)
    return found


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def read_money(text: str) -> Decimal:
    """Read an amount in pounds; raises ``ValueError`` with a sentence."""
    plain = text.replace("£", "", 1).strip()
    if not _MONEY.fullmatch(plain):
        raise ValueError(f"{text!r} is not an amount in pounds, such as 12000 or 12,000.50")
    amount = Decimal(plain.replace(",", ""))
    if abs(amount) > 10**12:
        raise ValueError(f"{text!r} is more than there is")
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
    "money": read_money,
    "date": read_date,
    "yes_no": _yes_no,
    "choice": str,
    "weights": _weights,
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


def counted(number: int, one: str) -> str:
    """Give a number with what it counts: 1 record, 2 records."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
