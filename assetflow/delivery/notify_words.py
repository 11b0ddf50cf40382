"""What GOV.UK Notify answers, in our words: the fate of a message, and who can put what right.

Its status and ``error`` stay as they are documented; the sentences beside them may change any day,
so they are passed on to be read and never looked into.
"""

import base64
import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from assetflow.outbox import FAILED, SENT, UNDERWAY, Outcome

# What a person can do about a status stands behind it.
_STATUSES = {
    "created": (UNDERWAY, ""),
    "sending": (UNDERWAY, ""),
    "pending": (UNDERWAY, ""),
    "delivered": (SENT, ""),
    "pending-virus-check": (UNDERWAY, ""),
    "accepted": (UNDERWAY, ""),
    "received": (SENT, ""),
    "permanent-failure": (FAILED, "it cannot be delivered: the address is wrong; ask the group"),
    "temporary-failure": (FAILED, "three days of tries were in vain: the inbox may be full, or its "
                          "filter refuses the message; ask the group, then release it"),
    "technical-failure": (FAILED, "something went wrong between Notify and whoever delivers for "
                          "it; an email can be released, a letter is better printed here"),
    "cancelled": (FAILED, "somebody cancelled it at Notify"),
    "virus-scan-failed": (FAILED, "its scanner takes the PDF for a virus; make the PDF anew"),
    "validation-failed": (FAILED, "the PDF breaks its rules for letters: A4, at most 10 pages, the "
                          "address in its window, nothing in the margins; Notify shows where"),
}  # fmt: skip
_LEAST_APART = 30.0


def became(found: dict[str, Any]) -> Outcome:
    """Tell what has become of a message that Notify has taken."""
    status = str(found.get("status", ""))
    state, words = _STATUSES.get(status, (UNDERWAY, ""))
    problem = f"GOV.UK Notify says {status}: {words}." if words else ""
    return Outcome(state, problem, remote_id=str(found.get("id", "")))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means, and who can put it right by doing what."""

    what: str
    who: str
    remedy: str

    def __str__(self) -> str:
        """Give it as one line, as lists show it."""
        return f"{self.what} Who can put it right: {self.who}; {self.remedy}."


_KEEPER = "whoever keeps the council's service at GOV.UK Notify"
_RUNNER = "whoever runs assetflow here"
_NOBODY = "nobody here"
KEY = Meaning(
    "GOV.UK Notify does not know this key.", _RUNNER,
    "take a new live key from API integration there, and put it into ASSETFLOW_NOTIFY_KEY or the "
    "file that key_file names",
)  # fmt: skip
CLOCK = Meaning(
    "The clock of this machine is {seconds} seconds from that of GOV.UK Notify, which takes 30 at "
    "most.", "whoever keeps this machine", "set its clock by a time server",
)  # fmt: skip
TEAM_LETTER = Meaning(
    "GOV.UK Notify posts no letter for this key.", _KEEPER,
    "use a live key (a team key posts none), or print the letter",
)  # fmt: skip
SETUP = Meaning(
    "GOV.UK Notify does not send this for the service as it is set up.", _KEEPER,
    "ask there to go live if the service is in trial mode, use a live key in place of a team key, "
    "and see that reply_to belongs to the service",
)  # fmt: skip
ADDRESS = Meaning(
    "GOV.UK Notify takes this for no email address.", "the case officer",
    "ask the group, then release it to another address",
)  # fmt: skip
LETTER = Meaning(
    "GOV.UK Notify does not take this letter.", "the case officer",
    "print it, or make its PDF anew; a service in trial mode posts none",
)  # fmt: skip
RATE = Meaning(
    "GOV.UK Notify has had too many calls in this minute.", _NOBODY, "run outbox deliver later"
)
DAILY = Meaning(
    "The day's limit at GOV.UK Notify is used up.", _KEEPER,
    "wait for tomorrow, or ask there for a higher limit",
)  # fmt: skip
DOWN = Meaning(
    "GOV.UK Notify has trouble of its own.", _NOBODY,
    "its status page tells more; the next outbox deliver asks whether it has the message",
)  # fmt: skip
SILENT = Meaning(
    "GOV.UK Notify gave no answer.", _RUNNER,
    "see that this machine reaches it; the next outbox deliver asks whether it has the message",
)  # fmt: skip
OTHER = Meaning("GOV.UK Notify refused.", _RUNNER, "what it said tells more")
TEMPLATE = Meaning(
    "GOV.UK Notify has no such template.", _RUNNER,
    "copy the id of the email template into template of [notify]; it must be of the key's service",
)  # fmt: skip
PLACES = Meaning(
    "The template at GOV.UK Notify does not fit: {faults}.", _KEEPER,
    "make it an email template whose subject is ((subject)) and whose message is ((body))",
)  # fmt: skip

_MEANINGS = {
    (400, "ValidationError"): ADDRESS,
    (400, "BadRequestError"): SETUP,
    (401, ""): KEY,
    (403, ""): KEY,
    (429, "TooManyRequestsError"): DAILY,
    (429, ""): RATE,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says no: its status (0 where none came), its kind, and its own words."""

    status: int
    error: str
    said: str
    # By how many seconds the clocks differ, where Notify's is told.
    apart: float = 0.0

    @property
    def meaning(self) -> Meaning:
        """Give what it means, by its status and kind alone."""
        if self.status in (401, 403) and self.apart > _LEAST_APART:
            return Meaning(CLOCK.what.format(seconds=round(self.apart)), CLOCK.who, CLOCK.remedy)
        if self.status == 0:
            return SILENT
        if self.status >= 500 or self.status < 400:
            return DOWN
        usual = _MEANINGS.get((self.status, ""), OTHER)
        return _MEANINGS.get((self.status, self.error), usual)

    def told(self, meaning: Meaning | None = None) -> str:
        """Give what it means with what was said, on one line."""
        said = f" It said: {self.status} {self.said}" if self.said else ""
        return f"{meaning or self.meaning}{said}"


def read(response: Any) -> Answer:
    """Read an answer that says no; None where none came."""
    if response is None:
        return Answer(0, "", "")
    first = _first_error(response.text)
    said = " ".join(first.get("message", "").split())[:300]
    return Answer(response.status_code, first.get("error", ""), said, _apart(response))


def _first_error(text: str) -> dict[str, str]:
    try:
        first = json.loads(text)["errors"][0]
        return {name: str(first[name]) for name in ("error", "message")}
    except (ValueError, LookupError, TypeError):
        return {}


def _apart(response: Any) -> float:
    """Give by how many seconds the clock that signed differs from the one that answered.

    Both stand in what went over the line: in the token, and in the head of the answer.
    """
    try:
        signed = response.request.headers["Authorization"].split(".")[1]
        issued = json.loads(base64.urlsafe_b64decode(signed + "=="))["iat"]
        answered = parsedate_to_datetime(response.headers["Date"]).timestamp()
        return abs(float(answered) - float(issued))
    except (ValueError, LookupError, TypeError, AttributeError):
        return 0.0
