"""A letter as blocks, read from Markdown, and the two ways to show them: plain text and HTML.

Both are made from the same blocks, so they cannot say different things.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from textwrap import wrap
from typing import TypeAlias
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

WIDTH = 72
_LINKS = ("https://", "http://", "mailto:")
# Code, pictures and quotations have no place in a letter. Without them a backslash protects a
# value everywhere, as it does not inside code.
_NOT_IN_LETTERS = (
    *("autolink", "backticks", "blockquote", "code", "fence", "hr"),
    *("html_block", "html_inline", "image", "lheading", "reference"),
)
_UNDERLINES = {1: "=", 2: "-"}
_NOTHING = "–"

_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 1.5rem; color: #0b0c0c; background: #fff;
  font: 1rem/1.5 Arial, Helvetica, sans-serif; }}
main {{ max-width: 40rem; margin: 0 auto; overflow-wrap: break-word; }}
h1 {{ font-size: 1.6rem; line-height: 1.25; }}
h2 {{ font-size: 1.25rem; }}
h3 {{ font-size: 1.1rem; }}
li {{ margin-bottom: 0.4rem; }}
a {{ color: #003078; }}
table {{ width: 100%; border-collapse: collapse; }}
th, td {{ padding: 0.4rem; border: 1px solid #0b0c0c; text-align: left; vertical-align: top; }}
@media print {{
  body {{ margin: 0; font-size: 12pt; }}
  h1, h2, h3 {{ break-after: avoid; }}
  li, tr {{ break-inside: avoid; }}
  a[href^="http"]::after {{ content: " (" attr(href) ")"; }}
}}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words of one look; a line break is a span of its own, ``\\n``."""

    text: str
    look: str = ""  # "", "strong" or "em"
    href: str = ""


Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the heading of the letter itself."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or the lines of an address."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; ``start`` is its first number, or None where the points are not numbered."""

    items: tuple[tuple["Block", ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one row of headings."""

    head: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


Block: TypeAlias = Heading | Paragraph | Listing | Table


class _Parser(MarkdownIt):
    """CommonMark with tables, without what a letter has no use for."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return url.lower().startswith(_LINKS)


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False})
    return parser.enable("table").disable(_NOT_IN_LETTERS)


def read(markdown: str) -> tuple[Block, ...]:
    """Read the blocks of a letter; what would be empty on the page is left out."""
    return tuple(_blocks(SyntaxTreeNode(_parser().parse(markdown)).children))


def words(markdown: str) -> str:
    """Read one line of Markdown as bare words, for a subject or a title."""
    root = SyntaxTreeNode(_parser().parseInline(" ".join(markdown.split())))
    return _words(tuple(span for line in root.children for span in _spans(line)))


# --- from Markdown to blocks ----------------------------------------------------------------


def _blocks(found: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
    for node in found:
        if node.type == "table":
            yield from _table(node)
        elif node.type in ("bullet_list", "ordered_list"):
            yield from _listing(node)
        elif spans := _inside(node):
            yield Heading(int(node.tag[1]), spans) if node.type == "heading" else Paragraph(spans)


def _listing(node: SyntaxTreeNode) -> Iterator[Listing]:
    items = tuple(item for child in node.children if (item := tuple(_blocks(child.children))))
    start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    if items:
        yield Listing(items, start)


def _table(node: SyntaxTreeNode) -> Iterator[Table]:
    head, *body = node.children
    rows = tuple(_row(row) for part in body for row in part.children)
    if rows:
        yield Table(_row(head.children[0]), rows)


def _row(row: SyntaxTreeNode) -> tuple[Spans, ...]:
    return tuple(_inside(cell) or (Span(_NOTHING),) for cell in row.children)


def _inside(node: SyntaxTreeNode) -> Spans:
    return tuple(span for inline in node.children for span in _spans(inline))


def _spans(node: SyntaxTreeNode, look: str = "") -> Iterator[Span]:
    for child in node.children:
        if child.type == "text":
            yield from [Span(child.content, look)] if child.content else []
        elif child.type in ("softbreak", "hardbreak"):
            yield Span("\n" if child.type == "hardbreak" else " ", look)
        elif child.type == "link":
            href = str(child.attrs["href"])
            yield Span(_words(tuple(_spans(child))).replace("\n", " ") or href, look, href)
        else:
            yield from _spans(child, child.tag)


# --- plain text -----------------------------------------------------------------------------


def to_text(blocks: Sequence[Block]) -> str:
    """Show a letter as plain text that reads well in a terminal and in any mail program."""
    return "\n\n".join(_text(block, WIDTH) for block in blocks) + "\n"


def _text(block: Block, width: int) -> str:
    match block:
        case Heading(level, spans):
            return _heading_text(_words(spans), _UNDERLINES.get(level, ""), width)
        case Paragraph(spans):
            return _filled(_words(spans), width)
        case Listing(items, start):
            return "\n".join(_item_text(item, mark, width) for item, mark in _marked(items, start))
        case Table(head, rows):
            return _table_text([head, *rows], width)


def _heading_text(text: str, underline: str, width: int) -> str:
    lines = _filled(text, width)
    longest = max((len(line) for line in lines.splitlines()), default=0)
    return f"{lines}\n{underline * longest}" if underline else lines


def _marked(
    items: tuple[tuple[Block, ...], ...], start: int | None
) -> Iterator[tuple[tuple[Block, ...], str]]:
    for number, item in enumerate(items):
        yield item, "- " if start is None else f"{start + number}. "


def _item_text(item: tuple[Block, ...], mark: str, width: int) -> str:
    inside = "\n".join(_text(block, width - len(mark)) for block in item)
    return mark + inside.replace("\n", "\n" + " " * len(mark))


def _table_text(table: Sequence[tuple[Spans, ...]], width: int) -> str:
    """Show a table in columns where they fit, and otherwise as one line a cell."""
    head, *rows = ([_words(cell).replace("\n", ", ") for cell in row] for row in table)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > width:
        return "\n\n".join(_row_text(head, row, width) for row in rows)
    lines = [head, ["-" * size for size in widths], *rows]
    return "\n".join(_columns(line, widths) for line in lines)


def _columns(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell.ljust(size) for cell, size in zip(line, widths, strict=True))
    return "  ".join(cells).rstrip()


def _row_text(head: Sequence[str], row: Sequence[str], width: int) -> str:
    pairs = zip(head, row, strict=True)
    return "\n".join(_filled(f"{name}: {cell}", width, indent="  ") for name, cell in pairs)


def _words(spans: Spans) -> str:
    return "".join(_span_text(span) for span in spans)


def _span_text(span: Span) -> str:
    # A link that shows its own address would only repeat it.
    bare = not span.href or unquote(span.href.removeprefix("mailto:")) == span.text
    return span.text if bare else f"{span.text} ({span.href})"


def _filled(text: str, width: int, indent: str = "") -> str:
    """Fill lines up to a width, keeping the line breaks of an address and every long word."""
    return "\n".join(
        "\n".join(
            wrap(
                line,
                max(width, 20),
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
        for line in text.splitlines()
    )


# --- HTML -----------------------------------------------------------------------------------


def to_html(blocks: Sequence[Block], title: str, language: str) -> str:
    """Show a letter as a complete web page that can be read aloud, enlarged and printed."""
    body = "\n".join(_html(block) for block in blocks)
    return _PAGE.format(title=escape(title), language=escape(language), body=body)


def _html(block: Block) -> str:
    match block:
        case Heading(level, spans):
            return f"<h{level}>{_spans_html(spans)}</h{level}>"
        case Paragraph(spans):
            return f"<p>{_spans_html(spans)}</p>"
        case Listing(items, start):
            return _listing_html(items, start)
        case Table(head, rows):
            return _table_html(head, rows)


def _listing_html(items: tuple[tuple[Block, ...], ...], start: int | None) -> str:
    tag = "ul" if start is None else "ol"
    first = f' start="{start}"' if start not in (None, 1) else ""
    inside = "\n".join(f"<li>{_item_html(item)}</li>" for item in items)
    return f"<{tag}{first}>\n{inside}\n</{tag}>"


def _item_html(item: tuple[Block, ...]) -> str:
    if len(item) == 1 and isinstance(item[0], Paragraph):
        return _spans_html(item[0].spans)
    return "\n".join(_html(block) for block in item)


def _table_html(head: tuple[Spans, ...], rows: tuple[tuple[Spans, ...], ...]) -> str:
    names = "".join(f'<th scope="col">{_spans_html(cell)}</th>' for cell in head)
    body = "\n".join(f"<tr>{_cells_html(row)}</tr>" for row in rows)
    return f"<table>\n<thead>\n<tr>{names}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _cells_html(row: tuple[Spans, ...]) -> str:
    return "".join(f"<td>{_spans_html(cell)}</td>" for cell in row)


def _spans_html(spans: Spans) -> str:
    return "".join(_span_html(span) for span in spans)


def _span_html(span: Span) -> str:
    if span.text == "\n":
        return "<br>\n"
    shown = escape(span.text)
    shown = f"<{span.look}>{shown}</{span.look}>" if span.look else shown
    return f'<a href="{escape(span.href)}">{shown}</a>' if span.href else shown
