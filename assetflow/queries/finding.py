"""The one thing of a register that a person means by what they typed."""

import difflib
from collections.abc import Callable, Sequence
from typing import TypeVar

from assetflow.errors import BadInput, NotFound

Found = TypeVar("Found")


def pick_one(
    kind: str,
    typed: str,
    candidates: Sequence[Found],
    names: Callable[[Found], tuple[str, ...]],
    listing: str,
    remedy: str = "",
) -> Found:
    """Pick the one candidate a person means: exactly, else by a part that fits only one."""
    wanted = typed.strip().casefold()
    exact = [c for c in candidates if wanted in {name.casefold() for name in names(c) if name}]
    words = [c for c in candidates if wanted and any(_begins(n, wanted) for n in names(c))]
    partial = [c for c in candidates if wanted and any(wanted in n.casefold() for n in names(c))]
    found = exact or words or partial
    if len(found) == 1:
        return found[0]
    if found:
        fitting = "; ".join(sorted(" ".join(n for n in names(c)[:2] if n) for c in found)[:10])
        raise BadInput(
            f"{typed!r} fits {len(found)} of our {_plural(kind)}.",
            reasons=[f"it could be: {fitting}"], remedies=["type more of it, or its identifier"],
        )  # fmt: skip
    known = [name for c in candidates for name in names(c) if name]
    close = difflib.get_close_matches(typed, known, n=3, cutoff=0.6)
    reasons = [f"did you mean {' or '.join(close)}?"] if close else []
    raise NotFound(
        f"There is no {kind} {typed!r}.", reasons=reasons,
        remedies=[r for r in (f"see them: {listing}", remedy) if r],
    )  # fmt: skip


def _begins(name: str, wanted: str) -> bool:
    """Tell whether a word of a name begins with what was typed."""
    return f" {name.casefold()}".replace(".", " ").find(f" {wanted}") >= 0


def _plural(kind: str) -> str:
    return {"person": "people"}.get(kind, f"{kind}s")
