"""The settings of one installation: where its home is and which council it serves.

They come from ``assetflow.toml`` in the home folder; the environment wins over the file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assetflow import sending
from assetflow.errors import BadFile, NotFound, Problem
from assetflow.files import fault_of, read_at_most
from assetflow.sending import Delivery

FILE_NAME = "assetflow.toml"
MAX_BYTES = 64 * 1024
MAX_DOTS = 100
_UNREADABLE = "The settings cannot be read."
# It names a folder of letters.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
CALENDARS = ("england-and-wales", "scotland", "northern-ireland")

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "shipped"
# In a checkout the policy folders stand beside the package; in a wheel they stand inside it.
SHIPPED = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


@dataclass(frozen=True, slots=True)
class Council:
    """The council as its letters name it."""

    name: str = "Your Council"
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next; read once, never changed."""

    home: Path
    database_url: str
    council: Council = field(default_factory=Council)
    calendar: str = "england-and-wales"
    language: str = "en"
    acting_as: str = ""
    workflow: str = "community_asset_transfer"
    delivery: Delivery = field(default_factory=Delivery)

    def folders(self, kind: str) -> tuple[Path, Path]:
        """Give the two places of a kind of policy file: the council's own, then the shipped one.

        ``kind`` is ``workflows``, ``letters`` or ``data``.
        """
        return self.home / kind, SHIPPED / kind

    def policy_file(self, kind: str, name: str) -> Path | None:
        """Find one policy file by name; the council's own copy wins over the shipped one."""
        if Path(name).name != name or len(name) > 200:
            return None  # a path, or too long to be a name
        found = (folder / name for folder in self.folders(kind) if (folder / name).is_file())
        return next(found, None)


_KNOWN: Mapping[str, tuple[str, ...]] = {
    "council": ("name", "address", "phone", "email", "website"),
    "assetflow": ("calendar", "language", "acting_as", "database_url", "workflow"),
    **sending.KNOWN,
}


def load(home: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of a home folder, with every problem of the file in one error.

    Raises ``NotFound`` where the folder is not an assetflow home, ``BadFile`` where its
    settings cannot be used.
    """
    path = home / FILE_NAME
    try:
        known = path.is_file()
    except OSError as error:
        reasons = [error.strerror or str(error)]
        remedies = ["name another home: assetflow --home DIR"]
        what = "The home cannot be opened."
        raise fault_of(error)(what, reasons=reasons, remedies=remedies) from error
    if not known:
        raise NotFound(
            f"There is no assetflow home in {home}.",
            remedies=[
                "make one: assetflow --home DIR init",
                "or from a backup: assetflow init --from-backup FILE",
                "or see it work: assetflow demo",
            ],
        )
    table = _read(path)
    main, council = table.get("assetflow", {}), table.get("council", {})
    default_url = f"sqlite:///{(home / 'assetflow.db').resolve().as_posix()}"
    return Settings(
        home=home,
        database_url=environment.get("ASSETFLOW_DATABASE_URL")
        or main.get("database_url")
        or default_url,
        council=Council(**council),
        calendar=main.get("calendar", "england-and-wales"),
        language=main.get("language", "en"),
        acting_as=environment.get("ASSETFLOW_AS") or main.get("acting_as", ""),
        workflow=main.get("workflow", "community_asset_transfer"),
        delivery=sending.read(table, environment),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = read_at_most(path, MAX_BYTES)
        if len(raw) > MAX_BYTES:
            message = f"the file is over {MAX_BYTES // 1024} KB"
            raise BadFile(_UNREADABLE, [Problem(str(path), 0, 0, "too-large", message)])
        text = raw.decode("utf-8-sig")
        _check_dots(path, text)
        table = tomllib.loads(text)
    except OSError as error:
        problem = Problem(str(path), 0, 0, "unreadable", error.strerror or str(error))
        raise BadFile(_UNREADABLE, [problem]) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem(str(path), line, 0, "not-utf8", "this is not UTF-8", "save it as UTF-8")
        raise BadFile(_UNREADABLE, [problem]) from error
    except (ValueError, RecursionError) as error:
        problem = _syntax_problem(path, text, str(error))
        raise BadFile(_UNREADABLE, [problem]) from error
    problems = [Problem(str(path), 0, 0, code, text) for code, text in _problems(table)]
    if problems:
        raise BadFile("The settings cannot be used.", problems)
    return table


def _check_dots(path: Path, text: str) -> None:
    # Python's own reader takes minutes over a.a.a.a… = 1: each dot opens a section in a section.
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            message = f"the line has over {MAX_DOTS} dots"
            raise BadFile(_UNREADABLE, [Problem(str(path), number, 0, "too-many-dots", message)])


def _syntax_problem(path: Path, text: str, said: str) -> Problem:
    place = re.search(r" \(at line ([0-9]+), column ([0-9]+)\)$", said)
    line, column = (int(place[1]), int(place[2])) if place else (text.rstrip().count("\n") + 1, 0)
    message = re.sub(r" \(at [^()]*\)$", "", said)
    hint = 'write each setting once, on its own line, as in name = "Anytown Council"'
    return Problem(str(path), line, column, "toml-syntax", message, hint)


def _no_section(section: str, values: object) -> str:
    if section in _KNOWN:
        return f"{section} must be a section: write [{section}] and its settings on the lines below"
    owner = [name for name, keys in _KNOWN.items() if section in keys]
    if owner and not isinstance(values, dict):
        return f"{section} stands outside its section; move it below the line [{owner[0]}]"
    return f"[{section}] is not a section; known: [council], [assetflow]"


def _problems(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for section, values in table.items():
        if section not in _KNOWN or not isinstance(values, dict):
            found.append(("unknown-section", _no_section(section, values)))
            continue
        for key, value in values.items():
            if key not in _KNOWN[section]:
                known = ", ".join(_KNOWN[section])
                found.append(
                    ("unknown-setting", f"{key} in [{section}] is not known; known: {known}")
                )
            elif key == "port" and isinstance(value, int) and not isinstance(value, bool):
                continue  # a number, as everybody writes it
            elif not isinstance(value, str):
                found.append(("not-text", f"{key} in [{section}] must be text in quotes"))
            elif any(ord(c) < 32 and c not in "\n\t" for c in value):
                found.append(("bad-character", f"{key} in [{section}] has a control character"))
    main = table.get("assetflow", {})
    main = main if isinstance(main, dict) else {}
    language = main.get("language", "en")
    if isinstance(language, str) and not _LANGUAGE.fullmatch(language):
        hint = "write a code such as 'en' or 'cy'"
        found.append(("bad-language", f"language is {language[:80]!r}; {hint}"))
    calendar = main.get("calendar", CALENDARS[0])
    if isinstance(calendar, str) and calendar not in CALENDARS:
        found.append(
            ("unknown-calendar", f"calendar is {calendar!r}; known: {', '.join(CALENDARS)}")
        )
    return [*found, *sending.problems(table)]
