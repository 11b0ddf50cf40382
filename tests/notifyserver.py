"""A server on this machine's loopback that speaks GOV.UK Notify's documented API and can fail.

It checks the token of every call, keeps what it takes, and answers as documented: an email by its
template, a precompiled letter, what there is under a reference, one message, one template.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

SERVICE = "11111111-2222-4333-8444-555555555555"
SECRET = "66666666-7777-4888-8999-aaaaaaaaaaaa"  # noqa: S105 - known to nobody else
KEY = f"assets-{SERVICE}-{SECRET}"
TEMPLATE = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"

# The steps of a message, in their order; "taken" is after the server has it, before it says so.
STEPS = ("ask", "template", "send", "taken")
FOLLOW = "follow"

Refusal = tuple[int, str, str]
TEAM_ONLY: Refusal = (400, "BadRequestError", "Can't send to this recipient using a team-only key")
TRIAL: Refusal = (400, "BadRequestError", "Can't send to this recipient in trial mode")
NO_ADDRESS: Refusal = (400, "ValidationError", "email_address is not a valid email address")
TEAM_LETTER: Refusal = (403, "BadRequestError", "Cannot send letters with a team api key")
NO_PDF: Refusal = (400, "BadRequestError", "Letter content is not a valid PDF")
RATE: Refusal = (429, "RateLimitError", "Exceeded rate limit for key type live of 3000 requests")
DAILY: Refusal = (429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
BROKEN: Refusal = (500, "Exception", "Internal server error")


@dataclass
class Office:
    """What the server has taken, and what it is to do wrong."""

    # What happens at a step: "drop", "hang", "rubbish", or what is refused.
    faults: dict[str, str | Refusal] = field(default_factory=dict)
    # How often a fault happens before the server is well again.
    times: int = 1_000_000
    # By how many seconds its clock is ahead of this machine's.
    ahead: int = 0
    template: dict[str, Any] = field(
        default_factory=lambda: {
            "id": TEMPLATE, "type": "email", "name": "Any letter", "version": 1,
            "subject": "((subject))", "body": "((body))",
        }
    )  # fmt: skip
    # What is to become of an email to an address; what is not named is delivered.
    fates: dict[str, str] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    open: bool = True

    def fault(self, step: str) -> str | Refusal:
        with self.lock:
            self.calls.append(step)
            if step not in self.faults or self.times < 1:
                return ""
            self.times -= 1
            return self.faults[step]

    def take(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            number = len(self.taken) + 1
            status = "created" if kind == "email" else "pending-virus-check"
            one = {
                "id": str(UUID(int=number)), "type": kind, "status": status,
                "created_at": f"2026-03-02T10:00:{number:09d}Z", **body,
            }  # fmt: skip
            self.taken.append(one)
            return one

    def deliver(self) -> None:
        """Let everything taken come to its end, as after a while."""
        usual = {"email": "delivered", "letter": "received"}
        for one in self.taken:
            to = str(one.get("email_address", one["type"]))
            one["status"] = self.fates.get(to, usual[one["type"]])

    @property
    def references(self) -> list[str]:
        return [one["reference"] for one in self.taken]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Heads and bodies are two packets, and the second would wait for the first to be confirmed.
    disable_nagle_algorithm = True
    office: Office

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time.time() + self.office.ahead, usegmt=True)

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if not self._is_known():
            return
        if place.path == "/v2/notifications":
            wanted = parse_qs(place.query)["reference"][0]
            found = [one for one in self.office.taken if one["reference"] == wanted]
            self._unless("ask", 200, {"notifications": _shown(reversed(found)), "links": {}})
        elif place.path.startswith("/v2/template/"):
            known = place.path.endswith(str(self.office.template["id"]))
            self._unless("template", 200, self.office.template if known else None)
        else:
            wanted = place.path.rpartition("/")[2]
            ours = [one for one in self.office.taken if one["id"] == wanted]
            self._unless(FOLLOW, 200, _shown(ours)[0] if ours else None)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        raw = self.rfile.read(length)
        if len(raw) < length:
            return  # whoever sent it died over it
        if not self._is_known() or self._fails("send"):
            return
        body = json.loads(raw)
        kind = self.path.rpartition("/")[2]
        if kind == "email" and "@" not in body["email_address"]:
            self._refuse(NO_ADDRESS)
        elif kind == "letter" and not base64.b64decode(body["content"]).startswith(b"%PDF-"):
            self._refuse(NO_PDF)
        else:
            one = self.office.take(kind, body)
            self._unless("taken", 201, {"id": one["id"], "reference": one["reference"]})

    def _is_known(self) -> bool:
        """Check the token as the service does: who signed it, with which secret, and when."""
        head, claims, signature = self.headers["Authorization"].removeprefix("Bearer ").split(".")
        told = json.loads(_plain(claims))
        right = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        if abs(told["iat"] - time.time() - self.office.ahead) > 30:
            self._refuse((403, "BadRequestError", "Error: Your system clock must be accurate"))
        elif told["iss"] != SERVICE or not hmac.compare_digest(right, _plain(signature)):
            self._refuse((403, "BadRequestError", "Invalid token: API key not found"))
        else:
            return True
        return False

    def _unless(self, step: str, status: int, body: dict[str, Any] | None) -> None:
        if not self._fails(step):
            if body is None:
                self._refuse((404, "NoResultFound", "No result found"))
            else:
                self._say(status, json.dumps(body).encode())

    def _fails(self, step: str) -> bool:
        fault = self.office.fault(step)
        if fault == "hang":
            while self.office.open:
                time.sleep(0.02)
        if fault in ("hang", "drop"):
            self.close_connection = True
        elif fault == "rubbish":
            self._say(200, b"<html>Please log in to the council's network</html>")
        elif isinstance(fault, tuple):
            self._refuse(fault)
        return bool(fault)

    def _refuse(self, refusal: Refusal) -> None:
        status, error, message = refusal
        body = {"status_code": status, "errors": [{"error": error, "message": message}]}
        self._say(status, json.dumps(body).encode())

    def _say(self, status: int, raw: bytes) -> None:
        with suppress(OSError):  # whoever asked may be gone
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)


def _plain(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "==")


def _shown(found: Any) -> list[dict[str, Any]]:
    hidden = ("content", "personalisation")
    return [{k: v for k, v in one.items() if k not in hidden} for one in found]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: those who are killed hang up in the middle of a word."""


@contextmanager
def running(office: Office) -> Iterator[str]:
    """Run the service on the loopback and give its address."""
    handler = type("Handler", (_Handler,), {"office": office})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        office.open = False
        server.shutdown()
        thread.join()
        server.server_close()
