"""The book of letters: finds them in their folders, keeps them, and writes them for a case."""

import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jinja2.exceptions import SecurityError, UndefinedError

from assetflow.errors import BadFile, BadInput, NotFound, Problem
from assetflow.letters.check import Findings, check
from assetflow.letters.contract import CONTRACT, FACTS, OCCASIONS, Part, Shape, fits, plain
from assetflow.letters.language import LetterLanguage
from assetflow.letters.sample import sample_context
from assetflow.letters.source import Source, front_matter, read_source

if TYPE_CHECKING:
    from assetflow.letters.blocks import Block

Told = TypeVar("Told")
ENDING = ".md.j2"
MAX_LETTER = 100_000
# A sample case says little, so what is longer than this is the letter's own words again and again.
MAX_SAMPLE = 12_000

# Names that a letter may use and that no case has to give.
_MADE_HERE = ("subject", "loop")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it goes out: the same words as plain text and as a web page.

    ``template_sha256`` is the hash of the letter's source with every part that it includes.
    """

    name: str
    subject: str
    text: str
    html: str
    template_sha256: str


@dataclass(frozen=True, slots=True)
class _Letter:
    """One letter as read: where it goes, its two templates and everything found in them."""

    recipient: str
    subject: Source
    body: Source
    findings: Findings
    sha256: str


class LetterBook:
    """All letters a council can send in one language; its own come before the shipped ones.

    ``facts`` names the facts of the council's workflow and their types, so that letters may use
    facts of the council's own and are held to the type it gave them. Files are read once: a book
    does not notice later changes.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        language: str = "en",
        *,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self._folders = tuple(folder / language for folder in folders)
        self._language = language
        self._facts: dict[str, Shape] = {**FACTS, **(facts or {})}
        self._letters: dict[str, _Letter] = {}
        self._tried: dict[str, tuple[Problem, ...]] = {}
        self._texts: dict[Path, Source] = {}
        self._environment = LetterLanguage(self._source_of)

    # --- what there is ----------------------------------------------------------------------

    def names(self) -> tuple[str, ...]:
        """List the names of all letters, in alphabetical order."""
        return tuple(sorted(self._files))

    def has(self, name: str) -> bool:
        """Tell whether there is a letter of this name."""
        return name in self._files

    def recipient(self, name: str) -> str:
        """Tell to whom a letter goes: ``group``, ``department`` or ``person``."""
        return self._sound(name).recipient

    def facts_needed(self, name: str) -> frozenset[str]:
        """Name the facts without which a letter cannot be written."""
        uses = self._sound(name).findings.uses
        return frozenset(_fact(use.path) for use in uses if use.sure) - {""}

    def occasions_needed(self, name: str) -> frozenset[str]:
        """Name what a letter has to be about, a sign-off or an alert; most are about neither."""
        uses = self._sound(name).findings.uses
        return frozenset(use.path.split(".")[0] for use in uses if use.sure) & {*OCCASIONS}

    def facts_by_letter(self) -> Mapping[str, frozenset[str]]:
        """Give the facts each letter needs; a letter is read when it is asked for, not before."""
        return _ByLetter(self, self.facts_needed)

    def occasions_by_letter(self) -> Mapping[str, frozenset[str]]:
        """Give the occasions each letter needs, in the same way."""
        return _ByLetter(self, self.occasions_needed)

    def recipients(self) -> Mapping[str, str]:
        """Give the kind of reader of each letter, in the same way."""
        return _ByLetter(self, self.recipient)

    def facts_optional(self, name: str) -> frozenset[str]:
        """Name the facts that a letter mentions only where they are recorded."""
        used = frozenset(_fact(use.path) for use in self._sound(name).findings.uses) - {""}
        return used - self.facts_needed(name)

    def problems(self) -> list[Problem]:
        """List every problem of every letter, by file and line."""
        return sorted({problem for name in self.names() for problem in self._problems_of(name)})

    def _problems_of(self, name: str) -> Iterator[Problem]:
        try:
            found = self._letter(name).findings.problems
            if not found and name not in self._tried:
                self._tried[name] = tuple(self._trial(name))
            yield from found or self._tried[name]
        except BadFile as error:
            yield from error.problems

    def _trial(self, name: str) -> Iterator[Problem]:
        """Write a letter for a full, a late and the poorest case, and report what fails."""
        needed = self.facts_needed(name)
        for context in (
            sample_context(kinds=self._facts),
            sample_context(late=True, kinds=self._facts),
            sample_context(needed, bare=True, kinds=self._facts),
        ):
            try:
                self._rendered(name, context, MAX_SAMPLE)
            except BadFile as error:
                yield from error.problems
            except BadInput as error:
                yield Problem(str(self._files[name]), 0, 0, "cannot-write", error.reasons[0])

    # --- writing ----------------------------------------------------------------------------

    def render(self, name: str, context: Mapping[str, object]) -> Rendered:
        """Write a letter for one case; the values of the case are those of the contract.

        Raises ``NotFound`` for a letter that does not exist, ``BadFile`` for one that has
        problems, ``BadInput`` where the case lacks what the letter says. Values that are not
        plain are a mistake in assetflow: ``TypeError``.
        """
        return self._rendered(name, context, MAX_LETTER)

    def _rendered(self, name: str, context: Mapping[str, object], most: int) -> Rendered:
        from assetflow.letters import blocks  # noqa: PLC0415 - Markdown costs 40 ms

        letter = self._sound(name)
        values = _recorded(Part("", {key: plain(value, key) for key, value in context.items()}))
        if lacking := sorted(set(_lacking(letter.findings, values))):
            raise _cannot_write(name, lacking)
        subject = blocks.words(self._written(name, "subject", values, most))
        body = self._written(name, "body", {**values, "subject": subject}, most)
        shown = blocks.read(body)
        _has_one_heading(str(self._files[name]), shown)
        text, html = blocks.to_text(shown), blocks.to_html(shown, subject, f"{self._language}-GB")
        return Rendered(name, subject, text, html, letter.sha256)

    def _written(self, name: str, half: str, values: Mapping[str, object], most: int) -> str:
        template = self._environment.get_template(f"{name}/{half}")
        pieces: list[str] = []
        size = 0
        try:
            for piece in template.generate(values):
                pieces.append(piece)
                size += len(piece)
                if size > most:
                    reason = f"It would be longer than {most:,} characters."
                    raise _cannot_write(name, [reason])
        except (UndefinedError, SecurityError, TypeError, ValueError, ArithmeticError) as error:
            raise _cannot_write(name, [_where(error) + str(error)]) from error
        return "".join(pieces)

    # --- finding and reading ----------------------------------------------------------------

    @cached_property
    def _files(self) -> Mapping[str, Path]:
        found: dict[str, Path] = {}
        for folder in reversed(self._folders):
            paths = sorted(folder.glob(f"*{ENDING}"))
            found |= {path.name.removesuffix(ENDING): path for path in paths if path.is_file()}
        return found

    def _sound(self, name: str) -> _Letter:
        letter = self._letter(name)
        if letter.findings.problems:
            what = f"The letter {name} has problems and cannot be used."
            raise BadFile(what, sorted(letter.findings.problems))
        return letter

    def _letter(self, name: str) -> _Letter:
        if name not in self._files:
            raise _no_such_letter(name, self.names())
        if name not in self._letters:
            self._letters[name] = self._read(name)
        return self._letters[name]

    def _read(self, name: str) -> _Letter:
        source = self._text(self._files[name])
        recipient, subject, body = front_matter(source)
        contract = {**CONTRACT, "facts": self._facts}
        # The subject is made first, so it cannot speak of itself.
        bare = {key: shape for key, shape in contract.items() if key != "subject"}
        findings = check(subject, self._environment, bare, self._part)
        findings.add(check(body, self._environment, contract, self._part))
        return _Letter(recipient, subject, body, findings, self._hash(name, source, findings))

    def _hash(self, name: str, source: Source, findings: Findings) -> str:
        texts = [(part, found) for part in sorted(findings.parts) if (found := self._part(part))]
        digest = sha256()
        for title, each in [(name, source), *texts]:
            digest.update(f"{title}\0{len(each.text)}\0{each.text}".encode())
        return digest.hexdigest()

    def _part(self, part: str) -> Source | None:
        found = (folder / part for folder in self._folders if (folder / part).is_file())
        path = next(found, None)
        return None if path is None else self._text(path)

    def _text(self, path: Path) -> Source:
        if path not in self._texts:
            self._texts[path] = read_source(path)
        return self._texts[path]

    def _source_of(self, template: str) -> tuple[str, str] | None:
        """Give Jinja2 the text of a part, or of one half of a letter."""
        name, _, half = template.partition("/")
        source = self._part(template)
        if half in ("subject", "body"):
            letter = self._letter(name)
            source = letter.subject if half == "subject" else letter.body
        return None if source is None else (source.text, source.file)


class _ByLetter(Mapping[str, Told]):
    """What is asked of letters, by letter; reading a letter costs milliseconds."""

    def __init__(self, book: LetterBook, tell: Callable[[str], Told]) -> None:
        self._book, self._tell = book, tell

    def __getitem__(self, name: str) -> Told:
        if not self._book.has(name):
            raise KeyError(name)
        return self._tell(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._book.names())

    def __len__(self) -> int:
        return len(self._book.names())


# --- one book for many commands --------------------------------------------------------------


def open_book(
    folders: Sequence[Path], language: str = "en", facts: Mapping[str, str] | None = None
) -> LetterBook:
    """Give the book of these folders; it is read anew only where a file of it has changed."""
    texts = {folder: tuple(_texts(folder / language)) for folder in folders}
    # A folder without letters makes no difference: homes that change none share one book.
    used = tuple(folder for folder in folders if texts[folder])
    declared = tuple(sorted((facts or {}).items()))
    return _book(used, language, declared, tuple(texts[folder] for folder in used))


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the letters and parts in a folder, each with the hash of its text."""
    for place in (str(folder), str(folder / "parts")):
        with suppress(OSError), os.scandir(place) as entries:
            found = sorted(entry.path for entry in entries if entry.name.endswith(ENDING))
            yield from ((path, _digest(path)) for path in found if os.path.isfile(path))  # noqa: PTH113


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a command asks often, and Path is slow
            return sha256(file.read()).hexdigest()
    except OSError:
        return ""  # reading the letter will say what is wrong


@lru_cache(maxsize=16)
def _book(
    folders: tuple[Path, ...],
    language: str,
    facts: tuple[tuple[str, str], ...],
    _texts: tuple[tuple[tuple[str, str], ...], ...],
) -> LetterBook:
    return LetterBook(folders, language, facts=dict(facts))


# --- what stands in the way -----------------------------------------------------------------


def _fact(path: str) -> str:
    top, _, name = path.partition(".")
    return name if top == "facts" and not name.endswith("[]") else ""


def _recorded(values: Part) -> Part:
    # An empty list or text says nothing: to a letter it is a fact that is not recorded.
    facts = values.get("facts")
    if not isinstance(facts, Part):
        return values
    recorded = {name: value for name, value in facts.items() if value not in ("", [], None)}
    return Part("", {**values, "facts": Part("facts", recorded)})


def _lacking(findings: Findings, values: Part) -> Iterator[str]:
    """List what a letter says and the case does not give, so that it can be given in one go."""
    for use in findings.uses:
        value = _look_up(values, use.path)
        if use.path.split(".")[0] in _MADE_HERE or "[]" in use.path:
            continue
        if value is None and use.sure:
            yield f"{use.path} is missing."
        elif value is not None and not fits(value, use.shape):
            yield f"{use.path} is not of the kind “{use.shape}”."


def _look_up(values: Part, path: str) -> object:
    found: object = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Part) else None
    return found


def _cannot_write(name: str, reasons: Sequence[str]) -> BadInput:
    return BadInput(f"The letter {name} cannot be written for this case.", reasons=reasons)


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename.endswith(ENDING)]
    return f"line {lines[-1]}: " if lines else ""


def _has_one_heading(file: str, shown: "Sequence[Block]") -> None:
    from assetflow.letters.blocks import Heading  # noqa: PLC0415 - as above

    levels = [block.level for block in shown if isinstance(block, Heading)]
    steps = [0, *levels]
    if levels.count(1) != 1:
        message = f"a letter has one heading of the first level; this has {levels.count(1)}"
    elif any(b > a + 1 for a, b in zip(steps, levels, strict=False)):
        message = "the headings skip a level; a screen reader would announce a gap"
    else:
        return
    problem = Problem(file, 0, 0, "headings", message, "begin the letter with # {{ subject }}")
    raise BadFile("The letter has the wrong headings.", [problem])


def _no_such_letter(name: str, names: tuple[str, ...]) -> NotFound:
    close = get_close_matches(name, names, n=1)
    hints = [f"did you mean {close[0]}?"] if close else []
    known = f"known letters: {', '.join(names)}"
    return NotFound(f"There is no letter {name}.", remedies=[*hints, known])
