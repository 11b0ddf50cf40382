"""Reading a lease paper: what a person wrote in a file becomes terms, or a list of problems."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from assetflow.deadlines import Duration, Unit
from assetflow.facts import read_date, read_money, read_text
from assetflow.leases import rent
from assetflow.leases.particulars import ANSWERS, FIELDS, Particular
from assetflow.leases.terms import BASES, Break, Step, Terms, after

Place = tuple[str | int, ...]
_YEARS = re.compile(r"([1-9][0-9]{0,2})(?:\s*(?:-|–|to)\s*([1-9][0-9]{0,2}))?", re.ASCII)
_OWN = ("start", "end", "term", "rent", "breaks", "clauses")
_STEP = ("years", "from", "to", "basis", "amount")
_BREAK = ("who", "from", "after", "notice", "condition")
_WHO = ("landlord", "tenant", "either")
MOST_STEPS = 200


class Mistake(NamedTuple):
    """One thing wrong in a paper: where it stands, what is wrong, and how to mend it."""

    place: Place
    code: str
    message: str
    suggestion: str = ""


@dataclass(slots=True)
class _Reader:
    """Collects what is wrong while a paper is read."""

    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, place: Place, code: str, message: str, suggestion: str = "") -> None:
        self.mistakes.append(Mistake(place, code, message, suggestion))

    def read(self, place: Place, name: str, value: object, how: Callable[[str], Any]) -> Any:
        """Read one plain value; None where it is wrong, which is then noted."""
        if isinstance(value, (list, dict)) or value is None:
            self.wrong((*place, name), "wrong-type", f"{name} must be one plain value")
            return None
        try:
            return how(_text(value))
        except ValueError as error:
            self.wrong((*place, name), "bad-value", f"{name}: {error}")
            return None

    def keys(self, place: Place, entry: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in entry:
            if key not in known:
                hint = f"known: {', '.join(known)}"
                self.wrong((*place, key), "unknown-key", f"{key} is not known here", hint)


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()


def read(content: object) -> tuple[Terms | None, list[Mistake]]:
    """Make terms of the content of a file; None and every mistake where they cannot be."""
    reader = _Reader()
    if not isinstance(content, dict):
        hint = "begin with a form: assetflow lease form CASE"
        return None, [Mistake((), "not-terms", "the file has no named entries", hint)]
    reader.keys((), content, (*_OWN, *FIELDS))
    start, end, length = _length(reader, content)
    bare = Terms(start, end, length)
    terms = Terms(
        start, end, length, _rent(reader, content, bare), _breaks(reader, content, bare),
        _values(reader, content), _clauses(reader, content),
    )  # fmt: skip
    if not reader.mistakes:
        for sentence in rent.gaps(terms) if terms.rent else ():
            hint = "the steps must cover the whole term once, each after the one before"
            reader.wrong(("rent",), "rent-gap", sentence, hint)
    return (None if reader.mistakes else terms), reader.mistakes


def _length(
    reader: _Reader, content: Mapping[str, Any]
) -> tuple[date | None, date | None, Duration | None]:
    start, end = (
        reader.read((), name, content[name], read_date) if name in content else None
        for name in ("start", "end")
    )
    length = reader.read((), "term", content["term"], _term) if "term" in content else None
    if end and not start:
        reader.wrong(("end",), "no-start", "an end needs a start", "give start: as well")
    if start and end and end < start:
        reader.wrong(("end",), "ends-early", "the end lies before the start")
    if length and end:
        hint = "give the end or the length, not both"
        if start and after(start, length) - timedelta(days=1) != end:
            reader.wrong(("term",), "two-lengths", "the term and the end do not agree", hint)
    return start, end, length


def _term(text: str) -> Duration:
    found = Duration.parse(text)
    after(date(2001, 1, 1), found)  # which refuses working days, and terms without an end
    if not found.count:
        raise ValueError("a term cannot be empty")
    return found


def _rent(reader: _Reader, content: Mapping[str, Any], bare: Terms) -> tuple[Step, ...]:
    entries = content.get("rent", [])
    if not isinstance(entries, list) or len(entries) > MOST_STEPS:
        hint = "as in - {years: 1-25, basis: peppercorn, amount: 1}"
        reader.wrong(("rent",), "wrong-type", "rent must be a list of steps", hint)
        return ()
    found = [_step(reader, ("rent", n), entry, bare) for n, entry in enumerate(entries)]
    return tuple(step for step in found if step is not None)


def _step(reader: _Reader, place: Place, entry: Any, bare: Terms) -> Step | None:
    if not isinstance(entry, dict):
        reader.wrong(place, "wrong-type", "a step of the rent must have named entries")
        return None
    reader.keys(place, entry, _STEP)
    days = _days(reader, place, entry, bare)
    basis = reader.read(place, "basis", entry.get("basis", "fixed"), _one_of(BASES))
    amount = None
    if "amount" in entry:
        amount = reader.read(place, "amount", entry["amount"], _not_negative)
    if basis in ("peppercorn", "fixed", "abated", "index") and "amount" not in entry:
        if basis == "peppercorn":
            amount = Decimal(1)
        else:
            hint = "give amount: in pounds a year"
            reader.wrong(place, "no-amount", f"the {basis} rent has no amount", hint)
    return Step(*days, basis, amount) if days and basis else None


def _days(
    reader: _Reader, place: Place, entry: Mapping[str, Any], bare: Terms
) -> tuple[date, date] | None:
    if "years" in entry:
        if found := _YEARS.fullmatch(_text(entry["years"])):
            first, last = int(found[1]), int(found[2] or found[1])
            if first <= last:
                return _year(bare, first), _year(bare, last + 1) - timedelta(days=1)
        hint = "as in years: 1-5, or years: 6"
        reader.wrong((*place, "years"), "bad-value", "years does not name years", hint)
        return None
    days = [reader.read(place, name, entry.get(name), read_date) for name in ("from", "to")]
    if not all(days):
        return None
    if bare.start is None:
        hint = "give start:, or count the rent in years: 1-5"
        reader.wrong(place, "no-start", "dated rent needs the day on which the term starts", hint)
        return None
    if days[1] < days[0]:
        reader.wrong((*place, "to"), "ends-early", "the step ends before it begins")
        return None
    return days[0], days[1]


def _year(bare: Terms, number: int) -> date:
    return after(bare.first, Duration(number - 1, Unit.years)) if number > 1 else bare.first


def _breaks(reader: _Reader, content: Mapping[str, Any], bare: Terms) -> tuple[Break, ...]:
    entries = content.get("breaks", [])
    if not isinstance(entries, list):
        hint = "as in - {who: tenant, after: 5 years, notice: 6 months}; an empty list for none"
        reader.wrong(("breaks",), "wrong-type", "breaks must be a list", hint)
        return ()
    found = [_break(reader, ("breaks", n), entry, bare) for n, entry in enumerate(entries)]
    return tuple(one for one in found if one is not None)


def _break(reader: _Reader, place: Place, entry: Any, bare: Terms) -> Break | None:
    if not isinstance(entry, dict):
        reader.wrong(place, "wrong-type", "a break must have named entries")
        return None
    reader.keys(place, entry, _BREAK)
    who = reader.read(place, "who", entry.get("who"), _one_of(_WHO))
    first = None
    if "after" in entry:
        length = reader.read(place, "after", entry["after"], _term)
        first = after(bare.first, length) if length else None
    else:
        first = reader.read(place, "from", entry.get("from"), read_date)
    notice = reader.read(place, "notice", entry.get("notice", ""), _notice)
    condition = reader.read(place, "condition", entry.get("condition", ""), read_text)
    return Break(who, first, notice or "", condition or "") if who and first else None


def _notice(text: str) -> str:
    return str(Duration.parse(text)) if text else ""


def _values(reader: _Reader, content: Mapping[str, Any]) -> dict[str, object]:
    found = {}
    for name, particular in FIELDS.items():
        if name in content and content[name] not in ("", []):
            value = _value(reader, particular, content[name])
            if value is not None:
                found[name] = value
    return found


def _value(reader: _Reader, particular: Particular, value: object) -> object:
    if particular.kind in ("list", "several"):
        return _several(reader, particular, value)
    return reader.read((), particular.name, value, _how(particular))


def _several(reader: _Reader, particular: Particular, value: object) -> tuple[str, ...] | None:
    entries = value if isinstance(value, list) else str(value).split(";")
    if not all(isinstance(one, str) for one in entries):
        reader.wrong((particular.name,), "wrong-type", f"{particular.name} must be a list of texts")
        return None
    named = [one.strip() for one in entries if one.strip()]
    for one in named if particular.choices else ():
        if one not in (particular.choices or {}):
            hint = f"known: {', '.join(particular.choices or ())}"
            reader.wrong((particular.name,), "bad-value", f"{one!r} is not known here", hint)
    return tuple(named)


def _how(particular: Particular) -> Callable[[str], Any]:
    return {
        "text": read_text,
        "money": _not_negative,
        "date": read_date,
        "answer": _one_of(ANSWERS),
        "choice": _one_of(tuple(particular.choices or ())),
    }[particular.kind]


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def chosen(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is none of: {', '.join(known)}")
        return text

    return chosen


def _not_negative(text: str) -> Decimal:
    amount: Decimal = read_money(text)
    if amount < 0:
        raise ValueError(f"{text} is less than nothing")
    return amount


def _clauses(reader: _Reader, content: Mapping[str, Any]) -> dict[str, str]:
    entries = content.get("clauses", {})
    if not isinstance(entries, dict):
        hint = 'as in clauses: {repair: "The Tenant shall …"}'
        reader.wrong(("clauses",), "wrong-type", "clauses must have named entries", hint)
        return {}
    return {
        topic: words
        for topic, text in entries.items()
        if (words := reader.read(("clauses",), topic, text, read_text)) is not None
    }


# --- storing ------------------------------------------------------------------------------------


def to_json(terms: Terms) -> str:
    """Write terms as the text that is stored; the same terms give the same text."""
    plain = {
        "start": terms.start,
        "end": terms.end,
        "length": str(terms.length) if terms.length else None,
        "rent": [[s.first, s.last, s.basis, s.amount] for s in terms.rent],
        "breaks": [[b.who, b.first, b.notice, b.condition] for b in terms.breaks],
        "values": dict(terms.values),
        "clauses": dict(terms.clauses),
    }
    return json.dumps(plain, default=str, sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> Terms:
    """Read stored terms back."""
    plain = json.loads(text)
    start, end = (date.fromisoformat(plain[k]) if plain[k] else None for k in ("start", "end"))
    return Terms(
        start,
        end,
        Duration.parse(plain["length"]) if plain["length"] else None,
        tuple(
            Step(date.fromisoformat(a), date.fromisoformat(b), basis,
                 None if amount is None else Decimal(amount))
            for a, b, basis, amount in plain["rent"]
        ),
        tuple(Break(w, date.fromisoformat(f), n, c) for w, f, n, c in plain["breaks"]),
        {name: _stored(FIELDS[name], value) for name, value in plain["values"].items()
         if name in FIELDS},
        plain["clauses"],
    )  # fmt: skip


def _stored(particular: Particular, value: Any) -> object:
    if particular.kind in ("list", "several"):
        return tuple(value)
    if particular.kind == "money":
        return Decimal(value)
    return date.fromisoformat(value) if particular.kind == "date" else value


# What is known of a paper beside its plain particulars, each with what people call it.
_BESIDE: Mapping[str, tuple[str, Callable[[Terms], bool]]] = {
    "term": ("Length", lambda terms: terms.last is not None),
    "rent": ("Rent", lambda terms: bool(terms.rent)),
}
POINTS = (*_BESIDE, *FIELDS)


def open_points(terms: Terms, only: Collection[str] | None = None) -> list[str]:
    """Name what must be known before heads of terms are agreed, and is not.

    With ``only``, what is not known of those particulars. A freehold has neither length nor rent.
    """
    freehold = terms.values.get("tenure") == "freehold"
    asked = [n for n in _BESIDE if (not freehold if only is None else n in only)]
    found = [label for label, known in map(_BESIDE.__getitem__, asked) if not known(terms)]
    for one in FIELDS.values():
        wanted = one.needed if only is None else one.name in only
        if wanted and terms.values.get(one.name) in (None, "unknown"):
            found.append(one.label)
    return found
