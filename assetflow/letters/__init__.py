"""The letters of a council: found in folders, checked against what a case can say, and written.

::

    contract   what a letter may say, as data
    sample     an invented case, to try a letter out
    source     the file of a letter and the lines it begins with
    language   the small part of Jinja2 that letters are written in, and how values are printed
    check      everything that is wrong with a letter before it is ever sent
    blocks     Markdown as blocks, and the two ways to show them: plain text and a web page
    book       finding letters, keeping them and writing them

No other part of assetflow imports jinja2 or markdown_it.
"""

from assetflow.letters.book import LetterBook, Rendered, open_book
from assetflow.letters.contract import CONTRACT, FACTS
from assetflow.letters.sample import sample_context

__all__ = ["CONTRACT", "FACTS", "LetterBook", "Rendered", "open_book", "sample_context"]
