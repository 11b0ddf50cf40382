"""What a code of ``workflow check`` means: its section of the page on problems, for a terminal."""

import re

from assetflow.errors import NotFound, OutsideFault
from assetflow.files import read_at_most
from assetflow.settings import SHIPPED
from assetflow.soundness import nearest
from assetflow.soundness.codes import TITLES

PAGE = SHIPPED / "docs" / "workflow-problems.md"
_MOST = 1024 * 1024
_LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)\)")


def explain(code: str) -> str:
    """Give the section on a code as plain text; raises ``NotFound`` for a code there is not."""
    if code not in TITLES:
        raise NotFound(
            f"There is no code {code!r}.",
            reasons=[nearest(code, TITLES)],
            remedies=["see the codes of a file: assetflow workflow check FILE"],
        )
    return _plain(sections(_page())[code])


def sections(page: str) -> dict[str, str]:
    """Part the page into its sections, by code."""
    parts = re.split(
        r"^### (\S+)\n", re.sub(r"^## .*\n(?:(?!#).*\n)*", "", page, flags=re.M), flags=re.M
    )
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def _page() -> str:
    try:
        return read_at_most(PAGE, _MOST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideFault(
            "The page on problems of workflow files cannot be read.",
            reasons=[f"{PAGE}: {getattr(error, 'strerror', None) or error}"],
            remedies=["install assetflow again"],
        ) from error


def _plain(section: str) -> str:
    """Take the marks of Markdown away, and name files by their place on this computer."""
    text = _LINK.sub(lambda link: str(PAGE.parent / link[1]), section)
    return re.sub(r"^```\n|\*\*", "", f"{text}\n", flags=re.M).rstrip()
