"""What a code of ``workflow check`` means: its section of a page on problems, for a terminal."""

import re
from pathlib import Path

from assetflow.errors import NotFound, OutsideFault
from assetflow.files import read_at_most
from assetflow.settings import SHIPPED
from assetflow.soundness import nearest
from assetflow.soundness.codes import SCENARIO_TITLES, TITLES

DOCS = SHIPPED / "docs"
# Each page, with the codes that it explains.
PAGES = {"workflow-problems.md": TITLES, "scenario-problems.md": SCENARIO_TITLES}
CODES = [*TITLES, *SCENARIO_TITLES]
_MOST = 1024 * 1024
_LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)\)")


def explain(code: str) -> str:
    """Give the section on a code as plain text; raises ``NotFound`` for a code there is not."""
    for name, titles in PAGES.items():
        if code in titles:
            return _plain(sections(_page(DOCS / name))[code])
    raise NotFound(
        f"There is no code {code!r}.",
        reasons=[nearest(code, CODES)],
        remedies=["see the codes of a file: assetflow workflow check FILE"],
    )


def sections(page: str) -> dict[str, str]:
    """Part the page into its sections, by code."""
    parts = re.split(
        r"^### (\S+)\n", re.sub(r"^## .*\n(?:(?!#).*\n)*", "", page, flags=re.M), flags=re.M
    )
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def _page(page: Path) -> str:
    try:
        return read_at_most(page, _MOST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideFault(
            "The page that explains the codes cannot be read.",
            reasons=[f"{page}: {getattr(error, 'strerror', None) or error}"],
            remedies=["install assetflow again"],
        ) from error


def _plain(section: str) -> str:
    """Take the marks of Markdown away, and name files by their place on this computer."""
    text = _LINK.sub(lambda link: str(DOCS / link[1]), section)
    return re.sub(r"^```\n|\*\*", "", f"{text}\n", flags=re.M).rstrip()
