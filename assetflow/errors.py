"""Every deliberate error of assetflow, as one tree; the exit code stands on the class.

::

    AssetflowError
    ├── Refused            1  a rule of the route forbids it; every reason is listed
    ├── BadInput           2  what was typed or handed in cannot be used
    │   └── BadFile        2  a file has problems; each is named with its line
    ├── Busy               3  someone else changed or holds it; nothing was changed
    ├── OutsideFault       4  disk, mail or database failed; nothing was changed
    ├── WrongSchema        5  the database belongs to another version of assetflow
    └── NotFound           6  no such case, person, asset, group, letter or route

Anything else that reaches the command line is our own bug (exit code 70).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class AssetflowError(Exception):
    """What could not be done, every reason for it, and what to do next.

    ``reasons`` are whole sentences; ``remedies`` are things a person can do or type.
    """

    exit_code: ClassVar[int] = 70

    def __init__(
        self, what: str, *, reasons: Sequence[str] = (), remedies: Sequence[str] = ()
    ) -> None:
        super().__init__(what)
        self.what = what
        self.reasons = tuple(reasons)
        self.remedies = tuple(remedies)

    def __str__(self) -> str:
        """Give the whole message as the terminal shows it, for people and for tests."""
        lines = [self.what]
        lines += [f"  - {reason}" for reason in self.reasons]
        lines += [f"  → {remedy}" for remedy in self.remedies]
        return "\n".join(lines)


class Refused(AssetflowError):
    """A rule of the route, or of who may do what, forbids this; nothing was changed."""

    exit_code = 1


class BadInput(AssetflowError):
    """What was typed or handed in cannot be used; nothing was changed."""

    exit_code = 2


class Busy(AssetflowError):
    """Someone else is saving or has changed the case meanwhile; nothing was changed."""

    exit_code = 3


class OutsideFault(AssetflowError):
    """Disk, mail or database failed; nothing was changed."""

    exit_code = 4


class WrongSchema(AssetflowError):
    """The database was made by another version of assetflow."""

    exit_code = 5


class NotFound(AssetflowError):
    """There is no such case, person, asset, group, letter or route."""

    exit_code = 6


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file that a person wrote, with the place and a way to mend it.

    ``line`` and ``column`` count from 1; 0 means that the problem belongs to the whole file.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        """Give ``file:line:column: code: message``, the form that editors can jump to."""
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}: {self.code}: {self.message}{tail}"


class BadFile(BadInput):
    """A workflow, letter, register or settings file has problems; each is named by its place."""

    def __init__(
        self, what: str, problems: Sequence[Problem], remedies: Sequence[str] = ()
    ) -> None:
        super().__init__(what, reasons=[str(problem) for problem in problems], remedies=remedies)
        self.problems = tuple(problems)
