"""Reads the register of land and buildings that a council publishes, or says what is wrong with it.

The file is the yearly list of the Local Government Transparency Code 2015, saved as CSV. Councils
lay it out in many ways and Excel spoils it in as many; what the ``csv`` module would read wrongly
in silence is refused here. Bytes go in; every row comes out, or none and every problem by its line.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn, TypeVar

from assetflow.errors import BadFile, Problem

if TYPE_CHECKING:
    from _csv import Reader

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
MAX_LINES = 5 * MAX_ROWS  # some councils' postcodes end in a line break: a row may take more lines
MAX_COLUMNS = 60
MAX_FIELD = 2_000
HEADING_WITHIN = 10
DELIMITERS: Mapping[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("Organisation Name", "Organisation", "Organisation Label", "Council",
        "Council Name", "Local Authority", "Authority", "Owner"),
    "organisation_code": ("Organisation Code", "Organisation URI", "Organisation ID", "ONS Code"),
    "uprn": ("UPRN", "Unique Property Reference Number", "Unique Property Reference Number (UPRN)",
        "Unique Property Reference", "UPRN Number"),
    "unique_asset_id": ("Unique Asset Identity", "Unique Asset ID", "Unique Asset Identifier",
        "Unique Asset Reference", "Unique Asset Number", "Asset ID", "Asset Identity", "Asset Ref",
        "Asset Reference", "Asset Code", "Asset Number", "Property Reference", "Property Ref",
        "Property ID", "Property Code", "Site Code"),
    "name": ("Name of the building/land", "Name of building/land", "Name of the building or land",
        "Name of building or land", "Name of building/land or both", "Property Name",
        "Building Name", "Asset Name", "Site Name", "Name", "Property", "Asset"),
    "number": ("Street Number", "Street Number(s)", "Street No", "Number", "No", "House Number",
        "House No", "Building Number"),
    "street": ("Street", "Street Name", "Road", "Road Name", "Address", "Address 1",
        "Address Line 1", "Street Address"),
    "town": ("Postal Town", "Post Town", "Town", "Town/City", "Town or City", "City"),
    "postcode": ("Postcode", "Postal Code", "UK Postcode", "United Kingdom Postcode"),
    "easting": ("GeoX", "GeoX (easting)", "Easting", "Eastings", "X", "X Co-ordinate",
        "Easting (X)", "Grid Easting", "Map Easting"),
    "northing": ("GeoY", "GeoY (northing)", "Northing", "Northings", "Y", "Y Co-ordinate",
        "Northing (Y)", "Grid Northing", "Map Northing"),
    "latitude": ("Latitude", "Lat", "GeoLat"),
    "longitude": ("Longitude", "Long", "Lon", "Lng", "GeoLong"),
    "tenure": ("Tenure", "Tenure Type", "Type of Tenure", "Interest Type", "Interest",
        "Freehold/Leasehold", "Freehold or Leasehold"),
    "tenure_detail": ("Tenure Detail", "Tenure Details", "Tenure Category", "Tenure Description",
        "Detail of Tenure"),
    "holding": ("Holding Type", "Holding", "Type of Holding", "Type of asset", "Asset Type",
        "Land/Building", "Land or Building"),
}  # fmt: skip
"""For each field the headings councils give it; the first one is how our own messages call it."""

NEEDED = (("unique_asset_id", "uprn"), ("name", "street"))
"""A register needs one heading of each pair: what the asset is known by, and where it is."""

PAIRS = (("easting", "northing"), ("latitude", "longitude"))
"""Half of one of these says nothing about where an asset is."""

_RANGES: Mapping[str, tuple[int, int]] = {
    "easting": (0, 700_000),
    "northing": (0, 1_300_000),
    "latitude": (49, 61),
    "longitude": (-9, 3),
}
_TENURES = {
    **dict.fromkeys(("freehold", "fh", "f", "freeholder", "freeholdinterest"), "freehold"),
    **dict.fromkeys(("leasehold", "lh", "l", "lease", "leaseholdinterest"), "leasehold"),
    "other": "other",
}
# The first bytes of what people send in place of a CSV file.
_OTHER_KINDS: Mapping[bytes, str] = {
    b"PK\x03": "an Excel workbook (.xlsx) or a zip file",
    b"PK\x05": "an empty zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a Word document",
    b"\x1f\x8b": "a compressed file",
    b"<": "a web page or XML document",
}
_SAVE_AS_CSV = 'open it in Excel, choose Save As and the type "CSV UTF-8", and hand in that file'
_SPLIT = "split it into parts, each with the heading row"
_EXPORT_AGAIN = "export the register again"
_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Left by copying from web pages: nobody sees them, but they would keep two ids from matching.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_EXCEL_ERROR = re.compile(r"#N/A|#REF!|#VALUE!|#NAME\?|#DIV/0!|#NUM!|#NULL!|##+")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+", re.ASCII)
_UPRN = re.compile(r"([0-9]{1,12})(?:\.0+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,18})?", re.ASCII)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = re.compile(f"(?:[0-9]{{1,2}}-)?(?:{_MONTHS})(?:-[0-9]{{2,4}})?", re.ASCII)
# The letters that Royal Mail allows in each place, without the space (British Standard 7666).
_POSTCODE = re.compile(
    "GIR0AA|(?:[A-PR-UWYZ][0-9]{1,2}|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}|[A-PR-UWYZ][0-9][A-HJKPSTUW]"
    "|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY])[0-9][ABD-HJLNP-UW-Z]{2}",
    re.ASCII,
)
# Our own CSV export puts an apostrophe before these, so that Excel does not run them as formulas.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

T = TypeVar("T")
_Place = tuple[Decimal | None, Decimal | None]
_NOWHERE: _Place = (None, None)


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset as the council published it, and the line of the file on which it starts."""

    organisation: str
    organisation_code: str
    uprn: str
    unique_asset_id: str
    name: str
    number: str
    street: str
    town: str
    postcode: str
    easting: Decimal | None
    northing: Decimal | None
    latitude: Decimal | None
    longitude: Decimal | None
    tenure: str
    tenure_detail: str
    holding: str
    line: int


@dataclass(frozen=True, slots=True)
class Register:
    """Every asset of a published register, and what its reader should look at again."""

    rows: tuple[AssetRow, ...]
    warnings: tuple[str, ...]


def read_register(file_name: str, raw: bytes) -> Register:
    """Read a council's published asset register; all of it, or none.

    Raises ``BadFile`` that names every bad row and field with its line and column (column 1 is
    the first field of a row). ``file_name`` is only used to say where a problem is.
    """
    found = _Findings(file_name)
    _refuse_other_kinds(raw, found)
    sheet = _sheet(_text(raw, found), found)
    rows = _rows(sheet, found)
    found.stop_if_any()
    return Register(tuple(rows), tuple(found.warnings))


class _FieldError(Exception):
    """What is wrong with one field or row, before its place is known."""

    def __init__(self, code: str, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.suggestion = code, message, suggestion


# A record: the line it starts on, its fields or what is wrong with it, the index of the next line.
_Record = tuple[int, list[str] | _FieldError, int]


@dataclass(slots=True)
class _Findings:
    """What is found wrong or odd on the way through one file."""

    file: str
    rows_in_degrees: int = 0
    unnamed: set[int] = field(default_factory=set)  # columns with text but without a heading
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, line: int, column: int, error: _FieldError) -> None:
        self.problems.append(
            Problem(self.file, line, column, error.code, error.message, error.suggestion)
        )

    def refuse(self, line: int, code: str, message: str, suggestion: str = "") -> NoReturn:
        self.add(line, 0, _FieldError(code, message, suggestion))
        self.stop()

    def stop_if_any(self) -> None:
        if self.problems:
            self.stop()

    def stop(self) -> NoReturn:
        count = f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"
        raise BadFile(
            f"The asset register {self.file} cannot be used: {count}.",
            sorted(self.problems),
            ["mend the places named above and hand the file in again; nothing was taken from it"],
        )


# ---------------------------------------------------------------- from bytes to text


def _refuse_other_kinds(raw: bytes, found: _Findings) -> None:
    if len(raw) > MAX_BYTES:
        limit = f"The file is over {MAX_BYTES // 1024 // 1024} MB."
        found.refuse(0, "too-large", limit, _SPLIT)
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, kind in _OTHER_KINDS.items():
        if start.startswith(signature):
            found.refuse(0, "not-csv", f"This is {kind}, not a CSV file.", _SAVE_AS_CSV)


def _text(raw: bytes, found: _Findings) -> str:
    text = _decoded(raw, found)
    if not text.strip():
        found.refuse(0, "empty-file", "The file is empty.", _EXPORT_AGAIN)
    if "\0" in text:
        line = _line_at(text, text.index("\0"))
        why = "The file holds NUL characters, so it is not plain text in a known encoding."
        found.refuse(line, "control-character", why, _SAVE_AS_CSV)
    if "\ufffd" in text:
        line = _line_at(text, text.index("\ufffd"))
        found.warnings.append(
            f"An earlier program lost letters: � stands in their place, first on line {line}."
        )
    return _INVISIBLE.sub("", text)


def _decoded(raw: bytes, found: _Findings) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(raw, "utf-16", found)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # A file that says it is UTF-8 and is not has been damaged; guessing would hide that.
        if raw.startswith(b"\xef\xbb\xbf"):
            return _strictly(raw[3:], "utf-8", found)
    text = _strictly(raw, "cp1252", found)
    found.warnings.append(_windows_warning(text))
    return text


def _strictly(raw: bytes, encoding: str, found: _Findings) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_at(raw[: error.start].decode(encoding, "ignore"))
        why = "The bytes on this line are not text in UTF-8, UTF-16 or Windows-1252."
        found.refuse(line, "unreadable-text", why, _SAVE_AS_CSV)


def _windows_warning(text: str) -> str:
    at = next(i for i, character in enumerate(text) if character > "\x7f")
    sight = " ".join(text[max(0, at - 20) : at + 20].split())
    return (
        "The file is not UTF-8; it was read as Windows-1252. Check that letters and signs are"
        f" right, for example on line {_line_at(text, at)}: {_show(sight)}."
    )


def _line_at(text: str, position: int | None = None) -> int:
    return len(_LINE_END.findall(text[:position])) + 1


def _show(text: str) -> str:
    """Quote what the file says, short and without anything that could upset a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in text[:60])
    return f'"{plain}{"…" if len(text) > 60 else ""}"'


# ---------------------------------------------------------------- the heading row


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The lines of a register and what its heading row says about them."""

    lines: list[str]
    delimiter: str
    first: int  # index of the first line after the heading row
    heading_cells: list[str]
    headings: list[str]
    columns: dict[str, int]  # our field → index of the column that holds it
    unnamed: tuple[int, ...]  # indexes of the columns without a heading

    def heading(self, name: str) -> str:
        return self.headings[self.columns[name]]

    def column(self, name: str) -> int:
        return self.columns[name] + 1 if name in self.columns else 0


def _key(heading: str) -> str:
    """Reduce a heading to what counts: its letters and digits, all in lower case."""
    return "".join(c for c in heading[:MAX_FIELD].casefold() if c.isalnum())


_FIELD_OF = {_key(text): name for name, texts in HEADINGS.items() for text in texts}
_SPELLING = {_key(text): text for texts in HEADINGS.values() for text in texts}


def _sheet(text: str, found: _Findings) -> _Sheet:
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        found.refuse(0, "too-many-rows", f"The file has over {MAX_LINES:,} lines.", _SPLIT)
    lines = list(io.StringIO(text, newline=""))
    at, delimiter = _find_heading(lines, found)
    line, cells, first = _heading_record(lines, at, delimiter, found)
    headings = [" ".join(cell.split()) for cell in cells]
    if len(headings) > MAX_COLUMNS:
        message = f"The heading row has over {MAX_COLUMNS} columns."
        found.refuse(line, "too-many-columns", message, "leave out the columns not needed here")
    columns = _columns(headings, line, found)
    _refuse_missing(columns, headings, line, found)
    found.stop_if_any()
    _warn_ignored(columns, headings, found)
    unnamed = tuple(at for at, heading in enumerate(headings) if not heading)
    return _Sheet(lines, delimiter, first, cells, headings, columns, unnamed)


def _find_heading(lines: list[str], found: _Findings) -> tuple[int, str]:
    """Find the heading row and the delimiter: where the most known headings stand side by side."""
    best, where, unknown = 0, (0, ","), dict[str, None]()
    for at in range(min(HEADING_WITHIN, len(lines))):
        for delimiter in DELIMITERS:
            keys = [_key(cell) for cell in _first_record(lines, at, delimiter)]
            score = len({_FIELD_OF[key] for key in keys if key in _FIELD_OF})
            if score > best:
                best, where = score, (at, delimiter)
            unknown |= dict.fromkeys(keys)
    if not best:
        _refuse_no_heading(list(unknown), found)
    return where


def _first_record(lines: list[str], at: int, delimiter: str) -> list[str]:
    # Cut short, so that a file without line ends is not parsed forty times over.
    some = [line[:20_000] for line in lines[at : at + HEADING_WITHIN]]
    try:
        return next(csv.reader(some, delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _refuse_no_heading(seen: list[str], found: _Findings) -> NoReturn:
    near = next(filter(None, map(_near, seen[:MAX_COLUMNS])), "")
    found.refuse(
        0,
        "no-heading",
        f"No heading row was found in the first {HEADING_WITHIN} lines.",
        f'did you mean "{near}"?' if near else f"the headings are: {', '.join(_canonical())}",
    )


def _canonical() -> list[str]:
    return [spellings[0] for spellings in HEADINGS.values()]


def _near(heading: str) -> str:
    """Give the known heading that was probably meant, or nothing."""
    key = _key(heading[:80])
    close = get_close_matches(key, _SPELLING, n=1, cutoff=0.8) if len(key) > 3 else []
    return _SPELLING[close[0]] if close else ""


def _heading_record(
    lines: list[str], at: int, delimiter: str, found: _Findings
) -> tuple[int, list[str], int]:
    line, cells, after = next(_records(lines, at, delimiter))
    if isinstance(cells, _FieldError):
        found.add(line, 0, cells)
        found.stop()
    _check_cells(line, cells, found)
    found.stop_if_any()
    return line, cells, after


def _columns(headings: list[str], line: int, found: _Findings) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = _FIELD_OF.get(_key(heading))
        if name in columns:
            found.add(line, at + 1, _twice(headings, columns[name], at))
        elif name:
            columns[name] = at
    return columns


def _twice(headings: list[str], first: int, second: int) -> _FieldError:
    return _FieldError(
        "duplicate-heading",
        f"Columns {first + 1} {_show(headings[first])} and {second + 1} {_show(headings[second])}"
        " mean the same.",
        "delete one of the two columns, or give the one not wanted another heading",
    )


def _refuse_missing(
    columns: dict[str, int], headings: list[str], line: int, found: _Findings
) -> None:
    for pair in (*NEEDED, *_half_pairs(columns)):
        if not columns.keys() & set(pair):
            wanted = " or ".join(f'"{HEADINGS[name][0]}"' for name in pair)
            hint = _meant(pair, headings) or f"other spellings: {', '.join(HEADINGS[pair[0]][1:6])}"
            message = f"The heading row has no column {wanted}."
            found.add(line, 0, _FieldError("missing-heading", message, hint))


def _half_pairs(columns: dict[str, int]) -> Iterator[tuple[str, ...]]:
    """Give what is missing of a place whose other half has a column."""
    for pair in PAIRS:
        missing = set(pair) - columns.keys()
        if len(missing) == 1:
            yield tuple(missing)


def _meant(pair: tuple[str, ...], headings: list[str]) -> str:
    for at, heading in enumerate(headings):
        near = _near(heading)
        if _FIELD_OF.get(_key(near)) in pair and _key(heading) not in _FIELD_OF:
            return f'column {at + 1} is {_show(heading)}: did you mean "{near}"?'
    return ""


def _warn_ignored(columns: dict[str, int], headings: list[str], found: _Findings) -> None:
    used = set(columns.values())
    ignored = [heading for at, heading in enumerate(headings) if heading and at not in used]
    if ignored:
        names = ", ".join(_ignored_name(heading, columns) for heading in ignored)
        found.warnings.append(f"Columns not used: {names}.")


def _ignored_name(heading: str, columns: dict[str, int]) -> str:
    near = _near(heading)
    hint = f' (did you mean "{near}"?)' if near and _FIELD_OF[_key(near)] not in columns else ""
    return _show(heading) + hint


# ---------------------------------------------------------------- from lines to records


def _records(lines: list[str], at: int, delimiter: str) -> Iterator[_Record]:
    """Give each record with the line it starts on and the index of the line after it.

    After a quoting mistake the reading starts again on the very next line, so that one lost
    quotation mark never takes the following rows with it.
    """
    begin, reader = at, _reader(lines, at, delimiter)
    while at < len(lines):
        line = at + 1
        cells = _next_record(reader, line - begin, delimiter)
        at = begin + reader.line_num
        if isinstance(cells, _FieldError):
            begin = at = line
            reader = _reader(lines, at, delimiter)
        yield line, cells, at


def _reader(lines: list[str], at: int, delimiter: str) -> "Reader":
    rest = map(lines.__getitem__, range(at, len(lines)))
    return csv.reader(rest, delimiter=delimiter, strict=True, skipinitialspace=True)


def _next_record(reader: "Reader", line_num: int, delimiter: str) -> list[str] | _FieldError:
    try:
        cells = next(reader)
    except csv.Error as error:
        return _quoting_fault(str(error), reader.line_num - line_num)
    if reader.line_num > line_num and _swallowed(cells, delimiter):
        return _unclosed(reader.line_num - line_num)
    return cells


def _swallowed(cells: list[str], delimiter: str) -> bool:
    """Tell whether a field took in the rows below it, up to somebody else's quotation mark.

    If the number of fields is right all the same, that field holds a whole row's delimiters.
    """
    enough = max(len(cells) - 1, 1)
    return any("\n" in c or "\r" in c for c in cells if c.count(delimiter) >= enough)


def _quoting_fault(reason: str, more_lines: int) -> _FieldError:
    if more_lines or "unexpected end" in reason:
        return _unclosed(more_lines)
    if "field larger" in reason:
        return _too_long()
    return _FieldError(
        "stray-quote",
        "A quotation mark stands inside a quoted field.",
        'write it twice ("") where it belongs to the text, or take it out',
    )


def _unclosed(more_lines: int) -> _FieldError:
    reach = f"; it runs on over the next {more_lines} line(s)" if more_lines else ""
    return _FieldError(
        "unclosed-quote",
        f"A quotation mark opens a field on this line and is not closed{reach}.",
        "close it, or take it out; the rows below it are read on their own",
    )


def _too_long() -> _FieldError:
    return _FieldError(
        "field-too-long", f"A field holds over {MAX_FIELD:,} characters.", "shorten the text"
    )


def _check_cells(line: int, cells: list[str], found: _Findings) -> None:
    together = "".join(cells)
    if len(together) <= MAX_FIELD and not _CONTROL.search(together):
        return
    for column, cell in enumerate(cells, 1):
        if len(cell) > MAX_FIELD:
            found.add(line, column, _too_long())
        elif match := _CONTROL.search(cell):
            found.add(line, column, _control(match.group()))


def _control(character: str) -> _FieldError:
    return _FieldError(
        "control-character",
        f"The field holds an unseen control character (U+{ord(character):04X}).",
        "type the text of this field anew",
    )


# ---------------------------------------------------------------- from records to assets


def _rows(sheet: _Sheet, found: _Findings) -> list[AssetRow]:
    rows: list[AssetRow] = []
    for line, cells, _ in _records(sheet.lines, sheet.first, sheet.delimiter):
        if isinstance(cells, _FieldError):
            found.add(line, 0, cells)
        elif "".join(cells).strip():
            rows += _asset(sheet, line, cells, found)
        if len(rows) > MAX_ROWS:
            found.refuse(line, "too-many-rows", f"The file has over {MAX_ROWS:,} rows.", _SPLIT)
    if not rows and not found.problems:
        found.refuse(0, "no-rows", "There is no row below the heading row.", _EXPORT_AGAIN)
    _refuse_duplicates(rows, sheet, found)
    _warn_of_rows(sheet, found)
    return rows


def _asset(sheet: _Sheet, line: int, cells: list[str], found: _Findings) -> list[AssetRow]:
    """Give the asset of one record, or nothing where it is not a row of this table."""
    if error := _misfit(sheet, cells):
        found.add(line, 0, error)
        return []
    _check_cells(line, cells, found)
    found.unnamed.update(at + 1 for at in sheet.unnamed if cells[at].strip())
    row = _Row(line, sheet, found)
    row.texts = {name: row.clean(name, cells[at]) for name, at in sheet.columns.items()}
    row.require(NEEDED[0], "missing-identity", "The row has neither an asset id nor a UPRN.")
    row.require(NEEDED[1], "missing-name", "The row has neither a name nor a street.")
    return [_read_asset(row)]


def _misfit(sheet: _Sheet, cells: list[str]) -> _FieldError | None:
    if cells == sheet.heading_cells:
        hint = "take it out; the file may be several files joined together"
        return _FieldError("repeated-heading", "The heading row stands here once more.", hint)
    wanted, name = len(sheet.headings), DELIMITERS[sheet.delimiter]
    if len(cells) == wanted:
        return None
    return _FieldError(
        "wrong-field-count",
        f"The row has {len(cells)} fields where the heading row has {wanted}.",
        f"put quotation marks around a field that holds a {name} as part of its text",
    )


def _read_asset(row: "_Row") -> AssetRow:
    grid, degrees = _position(row)
    tenure, left_over = _tenure(row.text("tenure"))
    return AssetRow(
        organisation=row.text("organisation"),
        organisation_code=row.text("organisation_code"),
        uprn=row.read("uprn", _uprn, ""),
        unique_asset_id=row.read("unique_asset_id", _asset_id, ""),
        name=row.text("name"),
        number=row.read("number", _street_number, ""),
        street=row.text("street"),
        town=row.text("town"),
        postcode=row.read("postcode", _postcode, ""),
        easting=grid[0],
        northing=grid[1],
        latitude=degrees[0],
        longitude=degrees[1],
        tenure=tenure,
        tenure_detail=row.text("tenure_detail") or left_over,
        holding=row.text("holding"),
        line=row.line,
    )


@dataclass(slots=True)
class _Row:
    """One record on its way to become an asset: the text of each of our fields."""

    line: int
    sheet: _Sheet
    found: _Findings
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def read(self, name: str, reader: Callable[[str], T], blank: T) -> T:
        """Give what a field means; where it means nothing, ``blank`` and a problem."""
        text = self.text(name)
        try:
            return reader(text) if text else blank
        except _FieldError as error:
            self.wrong(name, error)
            return blank

    def wrong(self, name: str, error: _FieldError) -> None:
        self.found.add(self.line, self.sheet.column(name), error)

    def require(self, names: tuple[str, ...], code: str, message: str) -> None:
        if not any(map(self.text, names)):
            known = next(name for name in names if name in self.sheet.columns)
            wanted = " or ".join(self.sheet.heading(n) for n in names if n in self.sheet.columns)
            self.wrong(known, _FieldError(code, message, f"fill in {wanted}, or take the row out"))

    def clean(self, name: str, cell: str) -> str:
        """Give the text of a field on one line, without our own export's protection."""
        text = " ".join(cell.split())
        if text[:1] not in ("'", "#"):
            return text
        if text.startswith("'") and text.startswith(_FORMULA_STARTS, 1):
            return text[1:]
        if _EXCEL_ERROR.fullmatch(text):
            hint = "mend the cell in the spreadsheet, or leave it blank"
            self.wrong(name, _FieldError("spreadsheet-error", f"{text} is an Excel error.", hint))
            return ""
        return text


# ---------------------------------------------------------------- what single fields mean


def _uprn(text: str) -> str:
    _refuse_scientific(text)
    match = _UPRN.fullmatch(text)
    # Some councils pad to 12 digits and some do not; without the zeros the two are the same.
    digits = match.group(1).lstrip("0") if match else ""
    if not digits:
        hint = "leave it blank where there is none"
        raise _FieldError("bad-uprn", f"{_show(text)} is not a UPRN of 1 to 12 digits.", hint)
    return digits


def _asset_id(text: str) -> str:
    if "+" in text:
        _refuse_scientific(text)
    return text


def _refuse_scientific(text: str) -> None:
    if _SCIENTIFIC.fullmatch(text):
        raise _FieldError(
            "scientific-number",
            f"Excel turned a long number into {_show(text)}; its last digits are lost.",
            "format the column as Number without decimals or as Text, fill it in anew from the"
            " source, and save as CSV again",
        )


def _street_number(text: str) -> str:
    if _DATE.fullmatch(text):
        raise _FieldError(
            "date-for-number",
            f"Excel turned a street number such as 2-4 into the date {_show(text)}.",
            "format the column as Text, type the number anew, and save as CSV again",
        )
    return text


def _postcode(text: str) -> str:
    code = text.upper().replace(" ", "")
    if not _POSTCODE.fullmatch(code):
        message = f"{_show(text)} does not have the shape of a UK postcode."
        raise _FieldError("bad-postcode", message, _postcode_hint(code))
    return _spaced(code)


def _spaced(code: str) -> str:
    return f"{code[:-3]} {code[-3:]}"


def _postcode_hint(code: str) -> str:
    meant = code.replace("O", "0").replace("I", "1")
    if _POSTCODE.fullmatch(meant):
        return f'did you mean "{_spaced(meant)}"?'
    return 'write it like "L20 6DX", or leave it blank where there is none'


def _tenure(text: str) -> tuple[str, str]:
    """Give freehold, leasehold or other, and what the text says beyond that."""
    first, _, rest = text.replace("–", "-").partition(" - ")
    if known := _TENURES.get(_key(text)):
        return known, ""
    if known := _TENURES.get(_key(first)):
        return known, rest
    return ("other", text) if text else ("", "")


def _position(row: _Row) -> tuple[_Place, _Place]:
    """Give the place on the National Grid and the place in degrees, whichever is known."""
    grid = _pair(row, "easting", "northing")
    degrees = _checked(row, "latitude", "longitude", _pair(row, "latitude", "longitude"))
    if not _is_small(grid):
        return _checked(row, "easting", "northing", grid), degrees
    if (read_as := _as_degrees(grid)) is None:
        row.wrong("easting", _nowhere("The two map references", "are"))
        return _NOWHERE, degrees
    row.found.rows_in_degrees += 1
    return _NOWHERE, read_as if degrees == _NOWHERE else degrees


def _pair(row: _Row, first: str, second: str) -> _Place:
    if bool(row.text(first)) != bool(row.text(second)):
        given, missing = (first, second) if row.text(first) else (second, first)
        message = f"There is a {given} but no {missing}."
        row.wrong(missing, _FieldError("half-position", message, "give both or neither"))
    return row.read(first, _number, None), row.read(second, _number, None)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        hint = "write digits with at most one point, such as 334250.5"
        raise _FieldError("not-a-number", f"{_show(text)} is not a plain number.", hint)
    return Decimal(text)


def _is_small(place: _Place) -> bool:
    """Tell whether a map reference cannot be metres on the National Grid."""
    return all(number is not None and abs(number) < 100 for number in place)


def _as_degrees(place: _Place) -> _Place | None:
    # Latitudes and longitudes of the UK do not overlap, so either order is certain.
    for latitude, longitude in (place[::-1], place):
        if _within("latitude", latitude) and _within("longitude", longitude):
            return latitude, longitude
    return None


def _within(name: str, number: Decimal | None) -> bool:
    lowest, highest = _RANGES[name]
    return number is None or lowest <= number <= highest


def _checked(row: _Row, first: str, second: str, place: _Place) -> _Place:
    for name, number in zip((first, second), place, strict=True):
        if not _within(name, number):
            row.wrong(name, _nowhere(f"The {name} {number}", "is"))
    return place


def _nowhere(what: str, verb: str) -> _FieldError:
    return _FieldError(
        "outside-uk",
        f"{what} {verb} not in the United Kingdom.",
        "check that the two are not swapped; leave both blank where the place is not known",
    )


def _refuse_duplicates(rows: list[AssetRow], sheet: _Sheet, found: _Findings) -> None:
    """Refuse two rows for one asset; where it has no id of its own, its UPRN is its id."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        name = "unique_asset_id" if row.unique_asset_id else "uprn"
        value = getattr(row, name)
        first = seen.setdefault((name, value.casefold()), row.line)
        if value and first != row.line:
            message = f"{_show(value)} on line {row.line} is already on line {first}."
            hint = "give each asset an id of its own, or take one of the two rows out"
            found.add(row.line, sheet.column(name), _FieldError("duplicate-asset", message, hint))


def _warn_of_rows(sheet: _Sheet, found: _Findings) -> None:
    if found.unnamed:
        numbers = ", ".join(map(str, sorted(found.unnamed)))
        found.warnings.append(f"Columns without a heading, not used: number {numbers}.")
    if found.rows_in_degrees:
        names = f"{_show(sheet.heading('easting'))} and {_show(sheet.heading('northing'))}"
        found.warnings.append(
            f"{names} hold latitude and longitude on {found.rows_in_degrees} row(s);"
            " they were read as such."
        )
