"""One thing to tell people once about a case."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell people once: what, since when, from which day, and to whom.

    ``key`` names the event that started its clock, so that the same thing is told only once.
    ``roles`` are roles of the workflow; ``department`` narrows the role ``signatory``.
    """

    on: date
    kind: str
    key: str
    title: str
    sentence: str
    since: date
    due_on: date | None
    roles: tuple[str, ...]
    department: str | None = None
    level: str = ""
    requires: str = ""
