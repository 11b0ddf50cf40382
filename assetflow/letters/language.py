"""The language letters are written in: a small, safe part of Jinja2 over Markdown.

Nothing can be called, calculated or changed from a letter, and a value can never become markup:
whatever a group calls itself is printed exactly as it calls itself.
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import BytecodeCache, FunctionLoader, StrictUndefined, nodes
from jinja2.bccache import Bucket
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assetflow.letters.contract import LOOP, Part, under

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# A line on which a tag stands alone, and the one tag that would print others instead of obeying.
_TAG_LINE = re.compile(r"^[ \t]*(\{%(?:(?!-?%\}).)*%\})[ \t]*\n", re.MULTILINE)
_RAW = re.compile(r"\{%[-+]?\s*raw\b")

# A tag that ends where it seems to end, and is too short to be nested deeply.
_SHORT_TAG = re.compile(r"""\{[{%](?:[^{}%"']|"[^"{}%]*"|'[^'{}%]*'){0,100}[%}]\}""")
_OPENS = re.compile(r"\{[{%]")
_NESTS = re.compile(r"\{%[-+]?\s*(?:(end)?(?:if|for)|elif)\b")
SHALLOW = 10

# What prints nothing but could disguise a name: control characters, marks that turn the
# direction of writing, and halves of characters, which no file or mail can hold.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

# A backslash before a mark makes Markdown print the mark. The two written as numbers would
# otherwise meet the splitting of table rows, which looks at them before anything else.
_PLAIN_MARKS = str.maketrans(
    {mark: f"\\{mark}" for mark in string.punctuation} | {"\\": "&#92;", "|": "&#124;"}
)


def uk_date(value: date) -> str:
    """Write a day as people write it: 3 February 2026."""
    if type(value) is not date:
        raise TypeError(f"{value!r} is not a date")
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def money(value: Decimal | int) -> str:
    """Write an amount in pounds: £1,250, or £1,250.50 where there are pence."""
    if type(value) not in (Decimal, int) or not Decimal(value).is_finite():
        raise TypeError(f"{value!r} is not an amount of money")
    sign, amount = ("-" if value < 0 else ""), abs(Decimal(value))
    return f"{sign}£{amount:,.0f}" if amount == int(amount) else f"{sign}£{amount:,.2f}"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a number with its noun: 1 day, 3 days; ``many`` is for nouns like party, parties."""
    if type(count) is not int:
        raise TypeError(f"{count!r} is not a number of things")
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def join_and(items: Sequence[str]) -> str:
    """Write a list as a sentence does: a, b and c."""
    if not isinstance(items, list):
        raise TypeError(f"{items!r} is not a list")
    return " and ".join([*([", ".join(items[:-1])] if items[1:] else []), *items[-1:]])


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": uk_date,
    "money": money,
    "plural": plural,
    "join_and": join_and,
    "length": len,
}
TESTS = ("defined", "none")


def escape(value: object) -> str:
    """Write a value so that Markdown prints it exactly, on one line, whatever it contains."""
    # str() of a missing value raises: nothing is ever printed in its place.
    return " ".join(_UNPRINTABLE.sub("", str(value)).split()).translate(_PLAIN_MARKS)


# Whatever was read and compiled stays so for all books of a process: they share most texts, and
# the language is the same for all. So many texts are kept, several times what is shipped.
MOST_TEXTS = 500


class _Read:
    """What is known of the texts that were read, until there are too many of them."""

    def __init__(self) -> None:
        self.trees: dict[str, nodes.Template] = {}
        self.compiled: set[str] = set()
        self.codes: dict[tuple[str, str], Any] = {}

    def make_room(self) -> None:
        """Forget everything where there is too much of it."""
        for known in (self.trees, self.compiled, self.codes):
            if len(known) >= MOST_TEXTS:
                known.clear()


_READ = _Read()


class _Codes(BytecodeCache):
    """Gives a template its code again where its text is still the same."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in the code that was made of this text before."""
        bucket.code = _READ.codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a text."""
        _READ.make_room()
        _READ.codes[bucket.key, bucket.checksum] = bucket.code


class LetterLanguage(ImmutableSandboxedEnvironment):
    """The environment all letters of a book are compiled in, and kept compiled."""

    def __init__(self, source_of: Callable[[str], tuple[str, str] | None]) -> None:
        super().__init__(
            loader=FunctionLoader(lambda name: _with_age(source_of(name))),
            undefined=StrictUndefined,
            finalize=escape,
            keep_trailing_newline=True,
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=_Codes(),
        )
        self.globals.clear()
        self.filters = dict(FILTERS)
        self.tests = {name: self.tests[name] for name in TESTS}

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Take out the line of every tag that stands alone on one, so that it leaves no gap."""
        # Jinja2's own way, trim_blocks, also glues the next line to a sentence that ends in a tag.
        # The line end goes into a comment, so that every line keeps its number.
        return _TAG_LINE.sub(r"\1{#\n#}", super().preprocess(source, name, filename))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look a name up among the values of a part only, so that no method can be reached."""
        if isinstance(obj, Part) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        path = under(obj.path, attribute) if isinstance(obj, Part) else attribute
        return self.undefined(name=path)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Treat ``case["stage"]`` like ``case.stage``."""
        return self.getattr(obj, str(argument))

    def read(self, text: str) -> nodes.Template:
        """Read a template without running it; every fault is a ``TemplateSyntaxError``.

        Letters share their parts, so each text is read once.
        """
        if text not in _READ.trees:
            _READ.make_room()
            _READ.trees[text] = self._read_once(text)
        return _READ.trees[text]

    def compiles(self, text: str, file: str) -> None:
        """Compile a text that was read, once; raises what Python has against it.

        Python has nothing against what is shallow: that is not compiled before it is written.
        """
        if text in _READ.compiled:
            return
        if not is_shallow(text):
            # Compiling works out constants in the tree, so it is not the one that others read.
            self.compile(self._read_once(text), None, file)
        _READ.make_room()
        _READ.compiled.add(text)

    def _read_once(self, text: str) -> nodes.Template:
        if raw := _RAW.search(text):
            line = text.count("\n", 0, raw.start()) + 1
            raise TemplateSyntaxError("{% raw %} is not allowed in a letter", line)
        try:
            return self.parse(text)
        except ValueError as error:  # Python refuses to read a number of thousands of digits
            raise TemplateSyntaxError(str(error), 0) from error
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 0) from error


def is_shallow(text: str) -> bool:
    """Tell whether nothing in a text that was read and found sound can be nested deeply."""
    if "{#" in text or len(_OPENS.findall(text)) != len(_SHORT_TAG.findall(text)):
        return False
    depth = 0
    for tag in _NESTS.finditer(text):
        depth += -1 if tag[1] else 1
        if depth > SHALLOW:
            return False
    return True


def _with_age(
    found: tuple[str, str] | None,
) -> tuple[str, str, Callable[[], bool]] | None:
    return (*found, lambda: True) if found else None
