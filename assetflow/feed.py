"""Dates as a calendar file (iCalendar, RFC 5545) that Outlook, Google and Apple open.

What goes in is the case's reference, its asset and what the date is called: a calendar is shared
more freely than a case file, so nothing of the group or of any person stands in it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Alarm
    from icalendar import Event as Component

_DAY = timedelta(days=1)
_MORNING = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Event:
    """One date of a case, for the whole day; ``cancelled`` takes it out of calendars again.

    ``name`` tells it from the other dates of the case. ``sequence`` never falls while the case goes
    on, and ``reminders`` are the days on whose morning the calendar speaks up.
    """

    case: str
    name: str
    day: date
    summary: str
    description: str
    sequence: int
    cancelled: bool = False
    reminders: tuple[date, ...] = ()

    @property
    def uid(self) -> str:
        """What calendars know the date by, wherever it moves to."""
        named = hashlib.sha256(f"{self.case}\n{self.name}".encode()).hexdigest()
        return f"{named[:32]}@assetflow"


def as_ics(events: Iterable[Event], title: str, stamp: datetime) -> str:
    """Write dates as the text of a calendar file, the first to come first."""
    import icalendar  # noqa: PLC0415 - half a second, for the two commands that write one

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//assetflow//community asset transfer//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    for one in sorted(events, key=lambda each: (each.day, each.case, each.name)):
        calendar.add_component(_event(one, stamp))
    text: str = calendar.to_ical().decode()
    return text


def _event(one: Event, stamp: datetime) -> "Component":
    import icalendar  # noqa: PLC0415 - as above

    event = icalendar.Event()
    event.add("uid", one.uid)
    event.add("dtstamp", stamp)
    event.add("sequence", one.sequence)
    event.add("dtstart", one.day)
    event.add("dtend", one.day + _DAY)
    event.add("summary", one.summary)
    event.add("description", one.description)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # it fills nobody's day
    for day in () if one.cancelled else one.reminders:
        event.add_component(_alarm(one, day))
    return event


def _alarm(one: Event, day: date) -> "Alarm":
    import icalendar  # noqa: PLC0415 - as above

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", one.summary)
    alarm.add("trigger", day - one.day + _MORNING)
    return alarm
