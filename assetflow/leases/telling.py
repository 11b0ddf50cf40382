"""Lease terms in words: for the facts that letters use, and a form to fill in."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from assetflow.deadlines import Duration, Unit
from assetflow.leases import rent
from assetflow.leases.drift import in_words as break_in_words
from assetflow.leases.particulars import FIELDS, Particular, said
from assetflow.leases.terms import Step, Terms, length_in_words


def term_years(terms: Terms) -> str:
    """Give the length in whole years, or nothing where it is none."""
    for years in range(1, 1_000) if terms.last else ():
        order = terms.reaches(Duration(years, Unit.years))
        if order <= 0:
            return str(years) if order == 0 else ""
    return ""


def _term(terms: Terms) -> str:
    return length_in_words(terms.first, terms.last) if terms.last else ""


def _rent(terms: Terms) -> str:
    lines = [
        f"{where[0].upper()}{where[1:]}: {amount}" for _, where, amount in rent.schedule(terms)
    ]
    return "; ".join(lines)


def _breaks(terms: Terms) -> str:
    told = "; ".join(break_in_words(one) for one in terms.breaks) or "nobody may end it early"
    return f"{told[0].upper()}{told[1:]}"


def _undervalue(terms: Terms) -> str:
    found = terms.undervalue
    return "" if found is None else str(found)


def _last_day(terms: Terms) -> str:
    return terms.last.isoformat() if terms.last and terms.start else ""


DERIVED: Mapping[str, Callable[[Terms], str]] = {
    "term_years": term_years,
    "term": _term,
    "rent": _rent,
    "breaks": _breaks,
    "undervalue": _undervalue,
    "last_day": _last_day,
}
# Everything of a paper that a route may put on the file as a fact.
GIVES = (*DERIVED, *FIELDS)


def given(terms: Terms, name: str) -> str:
    """Give a particular of a paper as it would be typed for a fact; empty where nothing is said."""
    if name in DERIVED:
        return DERIVED[name](terms)
    value = terms.values.get(name)
    if value in (None, "unknown"):
        return ""
    if isinstance(value, Decimal):
        return str(value)
    told = said(FIELDS[name], value)
    return f"{told[:1].upper()}{told[1:]}" if FIELDS[name].kind == "choice" else told


# --- a form to fill in --------------------------------------------------------------------------

# YAML programs read a bare yes in more than one way.
_ANSWERS = ': "yes" or "no", in quotes, or unknown'


def form(terms: Terms, title: str) -> str:
    """Write a form in YAML: what is known stands in it, the rest waits as a comment."""
    lines = [f"# {title}", "# Lines that begin with # are not read. Save it, then record it.", ""]
    lines += [*_length_lines(terms), "", *_rent_lines(terms), "", *_break_lines(terms), ""]
    for particular in FIELDS.values():
        lines += _particular_lines(particular, terms.values.get(particular.name))
    lines += ["", *_clause_lines(terms)]
    return "\n".join(lines) + "\n"


def _length_lines(terms: Terms) -> Iterator[str]:
    yield "# Length: the first and the last day, or a term such as 25 years."
    yield f"start: {terms.start.isoformat()}" if terms.start else "# start: 2027-01-01"
    if terms.length is not None:
        yield f"term: {terms.length}"
    elif terms.end is not None:
        yield f"end: {terms.end.isoformat()}"
    else:
        yield "# term: 25 years"


def _rent_lines(terms: Terms) -> Iterator[str]:
    yield "# Rent in pounds a year, for every year of the term. basis: none, peppercorn, abated,"
    yield "# fixed, index or market (amount: what it is now thought to be, if known)."
    if not terms.rent:
        yield "# rent:"
        yield "#   - {years: 1-25, basis: peppercorn, amount: 1}"
        return
    yield "rent:"
    for step in terms.rent:
        amount = f", amount: {_plain(step.amount)}" if step.amount is not None else ""
        yield f"  - {{{_when(terms, step)}, basis: {step.basis}{amount}}}"


def _when(terms: Terms, step: Step) -> str:
    begins, ends = rent.span_of(terms, step)
    if all(not mark[0] % 12 and not mark[1] for mark in (begins, ends)):
        first, last = begins[0] // 12 + 1, ends[0] // 12
        return f"years: {first}" if first == last else f"years: {first}-{last}"
    return f"from: {step.first.isoformat()}, to: {step.last.isoformat()}"


def _break_lines(terms: Terms) -> Iterator[str]:
    yield "# Who may end it early (landlord, tenant or either); [] where nobody may."
    if not terms.breaks:
        yield "# breaks:"
        yield "#   - {who: tenant, after: 5 years, notice: 6 months}"
        return
    yield "breaks:"
    for one in terms.breaks:
        more = f", notice: {one.notice}" if one.notice else ""
        more += f", condition: {_quoted(one.condition)}" if one.condition else ""
        months, days = rent.offset(terms, one.first)
        whole = not months % 12 and not days and months
        years = months // 12
        when = (
            f"after: {Duration(years, Unit.years)}" if whole else f"from: {one.first.isoformat()}"
        )
        yield f"  - {{who: {one.who}, {when}{more}}}"


def _particular_lines(particular: Particular, value: object) -> Iterator[str]:
    known = ", ".join(particular.choices or ())
    hint = f": {known}" if known else _ANSWERS if particular.kind == "answer" else ""
    yield f"# {particular.label}{hint}"
    if value is None:
        yield f"# {particular.name}:"
    elif isinstance(value, tuple):
        yield f"{particular.name}: [{', '.join(_quoted(one) for one in value)}]"
    elif particular.kind in ("money", "choice") or particular.kind == "date":
        yield f"{particular.name}: {_plain(value)}"
    else:
        yield f"{particular.name}: {_quoted(str(value))}"


def _clause_lines(terms: Terms) -> Iterator[str]:
    yield "# Clauses in their own wording, to be held against the standard ones."
    if not terms.clauses:
        yield '# clauses: {repair: "The Tenant shall …"}'
        return
    yield "clauses:"
    for topic, text in terms.clauses.items():
        yield f"  {_quoted(topic)}: {_quoted(text)}"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        # Only plain whole numbers are read as such; anything else is text.
        return str(int(value)) if value == value.to_integral_value() else f'"{value}"'
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _quoted(text: str) -> str:
    """Put text in quotes as YAML reads it back."""
    return json.dumps(text, ensure_ascii=False)
