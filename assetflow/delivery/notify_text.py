"""A letter's plain text as GOV.UK Notify is to show it, in the small Markdown that it knows.

It fills lines itself, so lines that were only broken for their length become one again; those that
were broken on purpose, as in an address, stay. What the letters underline is a heading.
"""

import re

# The width at which the letters break their text (assetflow.letters.blocks).
WIDTH = 72
_HEADING = {"=": "# ", "-": "## "}
_MARK = re.compile(r" *(- |[0-9]+\. )")


def as_markdown(text: str) -> str:
    """Give a letter's text in Notify's Markdown, word for word."""
    blocks = text.strip("\n").split("\n\n")
    return "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: str) -> str:
    lines = block.split("\n")
    under = lines[-1]
    if len(lines) > 1 and under and set(under) <= {"=", "-"} and len(set(under)) == 1:
        return _HEADING[under[0]] + " ".join(lines[:-1])
    if len(lines) > 1 and lines[1] and not lines[1].strip("- "):
        return _table(lines)
    return _without_links("\n".join(map(_line, _joined(lines))))


def _table(lines: list[str]) -> str:
    """Say the rows of a table one by one: Notify has no columns."""
    columns = [found.span() for found in re.finditer("-+", lines[1])]
    head, *rows = ([line[a:b].strip() for a, b in columns] for line in (lines[0], *lines[2:]))
    told = ("; ".join(f"{n}: {c}" for n, c in zip(head, row, strict=True)) for row in rows)
    return "\n".join(f"* {_without_links(one)}" for one in told)


def _joined(lines: list[str]) -> list[str]:
    """Put together again what was broken because the next word did not fit any more."""
    joined, length = [lines[0]], len(lines[0])
    for line in lines[1:]:
        first = line.split(maxsplit=1)[0] if line.strip() else ""
        if first and not _MARK.match(line) and length + 1 + len(first) > WIDTH:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
        length = len(line)
    return joined


def _line(line: str) -> str:
    return re.sub(r"^( *)- ", r"\1* ", line)


def _without_links(text: str) -> str:
    """Let no name that somebody gave their group become a link that says something else."""
    return text.replace("](", "] (")
