"""Files that a command may write again, such as a drawing of a route, and nothing else over."""

from collections.abc import Collection
from pathlib import Path

from assetflow import durable
from assetflow.errors import BadInput, OutsideFault


def write_again(path: Path, text: str, what: str, endings: Collection[str]) -> None:
    """Write a file, also over an older one whose name ends as such files do.

    Raises ``BadInput`` where something else lies there: a slip of the hand must not cost a
    database or a register.
    """
    if path.is_symlink() or (path.exists() and not _may_go(path, endings)):
        ends = " or ".join(endings)
        raise BadInput(
            f"{path} exists already; nothing was overwritten.",
            remedies=[f"name a file that is not there yet, or one that ends in {ends}"],
        )
    try:
        durable.write_whole(path, text)
    except OSError as error:
        reasons, remedies = [error.strerror or str(error)], ["name another file"]
        raise OutsideFault(
            f"{what} was not written to {path}.", reasons=reasons, remedies=remedies
        ) from error


def _may_go(path: Path, endings: Collection[str]) -> bool:
    return path.is_file() and path.suffix.lower() in endings
