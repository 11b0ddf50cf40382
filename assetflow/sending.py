"""The settings of how letters leave: as files, by mail or through GOV.UK Notify.

They come from the sections ``[delivery]``, ``[smtp]`` and ``[notify]`` of ``assetflow.toml``; what
is secret comes from the environment, or from a file of its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CHANNELS = ("folder", "smtp", "notify")
SECURITY = ("starttls", "tls", "none")
POSTAGE = ("first", "second", "economy")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "delivery": ("channel", "retry"),
    "smtp": ("host", "port", "security", "user", "sender"),
    "notify": ("template", "reply_to", "postage", "key_file", "url"),
}


@dataclass(frozen=True, slots=True)
class Smtp:
    """The council's mail server, and the address from which letters are sent.

    ``security`` is ``starttls``, ``tls`` or ``none``; the password comes from the environment.
    """

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    sender: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Notify:
    """The council's service at GOV.UK Notify: its email template and where its key is found.

    The template has the places ``((subject))`` and ``((body))``. ``reply_to`` is the id of one of
    the service's reply-to addresses, ``url`` another place where the same service is spoken.
    """

    template: str = ""
    reply_to: str = ""
    postage: str = "second"
    key_file: str = ""
    url: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How letters leave: as files (``folder``), by mail (``smtp``) or by ``notify``.

    ``retry`` names the letters that are sent again where it is not known whether they arrived,
    such as statutory notices; all others are held until somebody decides.
    """

    channel: str = "folder"
    retry: frozenset[str] = frozenset()
    smtp: Smtp = field(default_factory=Smtp)
    notify: Notify = field(default_factory=Notify)


def read(table: Mapping[str, Any], environment: Mapping[str, str]) -> Delivery:
    """Read how letters leave, from a table without problems and the environment."""
    told, smtp = table.get("delivery", {}), dict(table.get("smtp", {}))
    retry = frozenset(name.strip() for name in told.get("retry", "").split(",")) - {""}
    port = int(smtp.pop("port", 587))
    password = environment.get("ASSETFLOW_SMTP_PASSWORD", "")
    server = Smtp(**smtp, port=port, password=password)
    key = environment.get("ASSETFLOW_NOTIFY_KEY", "")
    notify = Notify(**table.get("notify", {}), key=key)
    return Delivery(told.get("channel", "folder"), retry, server, notify)


# One address, as mail servers take them; what it is called comes from the council's name.
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,250}")
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Names, addresses and a signed token go there: encrypted, or not over any wire at all.
_URL = re.compile(r"https://[^\s/@]+/?|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/?")


def problems(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what cannot work in how letters are sent; whether anybody answers is seen later."""
    sections = [table.get(name, {}) for name in KNOWN]
    if not all(isinstance(one, dict) for one in sections):
        return []
    return [*_of_choices(*sections), *_of_forms(*sections[1:]), *_of_lacking(*sections)]


def _of_choices(*sections: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = ("channel", "security", "postage")
    usual = (CHANNELS[0], SECURITY[0], "second")
    for one, name, known, default in zip(
        sections, names, (CHANNELS, SECURITY, POSTAGE), usual, strict=True
    ):
        value = one.get(name, default)
        if isinstance(value, str) and value not in known:
            yield f"unknown-{name}", f"{name} is {value[:80]!r}; known: {', '.join(known)}"


def _of_forms(smtp: Mapping[str, Any], notify: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    port = str(smtp.get("port", 587))
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        yield "bad-port", f"port is {port[:80]!r}; write a number such as 587"
    for code, value, pattern, hint in (
        ("sender", smtp.get("sender"), _ADDRESS, "write one email address"),
        ("template", notify.get("template"), _ID, "copy the template's id from GOV.UK Notify"),
        ("reply_to", notify.get("reply_to"), _ID, "copy its id from GOV.UK Notify's settings"),
        ("url", notify.get("url"), _URL, "it must begin with https://"),
    ):
        if isinstance(value, str) and value and not pattern.fullmatch(value):
            yield f"bad-{code.replace('_', '-')}", f"{code} is {value[:80]!r}; {hint}"


_NEEDED = {"smtp": ("by mail", ("host", "sender")), "notify": ("by GOV.UK Notify", ("template",))}


def _of_lacking(
    told: Mapping[str, Any], smtp: Mapping[str, Any], notify: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    channel = told.get("channel")
    if not isinstance(channel, str) or channel not in _NEEDED:
        return
    how, keys = _NEEDED[channel]
    for key in keys:
        if not {"smtp": smtp, "notify": notify}[channel].get(key):
            yield f"no-{key}", f"letters go {how}, so [{channel}] needs {key} = …"
