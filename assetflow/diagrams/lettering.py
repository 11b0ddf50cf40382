"""How wide text is, so that lines can be broken where there is no program that draws them."""

import unicodedata
from functools import lru_cache

# Widths of Arial and Helvetica in thousandths of the size, from U+0020 to U+007E.
_ASCII = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHER, _WIDE = 700, 1000
# A little more than Arial: the reader's machine may draw with a wider letter, and bold is wider.
_ROOM, _BOLD = 1.08, 1.09


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate how wide a text is drawn, rather too wide than too narrow."""
    return sum(map(_letter, text)) * size / 1000 * _ROOM * (_BOLD if bold else 1)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> int:
    if " " <= letter <= "~":
        return _ASCII[ord(letter) - 32]
    if unicodedata.combining(letter):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _OTHER


def wrap(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than the room; a word that is too long is cut."""
    return list(_wrapped(text, room, size, bold=bold))


@lru_cache(maxsize=1024)
def _wrapped(text: str, room: float, size: float, *, bold: bool) -> tuple[str, ...]:
    """Break a text; the same label is asked for again and again while places are found."""
    lines: list[str] = []
    line, used, blank = "", 0.0, width(" ", size, bold=bold)
    for word in text.split():
        wide = width(word, size, bold=bold)
        if line and used + blank + wide <= room:
            line, used = f"{line} {word}", used + blank + wide
            continue
        lines += [line] if line else []
        *whole, line = _pieces(word, room, size, bold=bold) if wide > room else [word]
        lines += whole
        used = width(line, size, bold=bold)
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, room: float, size: float, *, bold: bool) -> list[str]:
    pieces, start, used = [], 0, 0.0
    for place, letter in enumerate(word):
        wide = width(letter, size, bold=bold)
        if place > start and used + wide > room:
            pieces.append(word[start:place])
            start, used = place, 0.0
        used += wide
    return [*pieces, word[start:]]
