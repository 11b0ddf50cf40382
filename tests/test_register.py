"""The published asset register is read whole and right, or refused with every place to mend."""

import time
from dataclasses import fields
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import fuzzed

from assetflow.errors import BadFile, Problem
from assetflow.register import (
    HEADINGS,
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_FIELD,
    MAX_LINES,
    MAX_ROWS,
    AssetRow,
    Register,
    read_register,
)
from assetflow.settings import SHIPPED

SAMPLE = SHIPPED / "data" / "asset_register_sample.csv"
HEAD = "Unique Asset ID,UPRN,Asset Name,Street Number,Street,Town,Postcode,Easting,Northing,Tenure"
HALL = "A1,100012345678,Meadow Lane Hall,14,Meadow Lane,Bootle,L99 1AA,334250,395100.5,Freehold"
DEPOT = "A2,,Depot,2-4,Dock Road,Bootle,,,,LH"
GOOD = "\r\n".join((HEAD, HALL, DEPOT, ""))


def read(text: str) -> Register:
    return read_register("register.csv", text.encode())


def rows(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines, "")).encode()


def hall(**changes: str) -> str:
    """Give the row of the hall with some fields changed, by their heading in one word."""
    names = [heading.replace(" ", "") for heading in HEAD.split(",")]
    return ",".join(changes.get(n, v) for n, v in zip(names, HALL.split(","), strict=True))


def only(**changes: str) -> AssetRow:
    return read_register("register.csv", rows(hall(**changes))).rows[0]


def problems(raw: bytes) -> tuple[Problem, ...]:
    with pytest.raises(BadFile) as refusal:
        read_register("register.csv", raw)
    return refusal.value.problems


# ---------------------------------------------------------------- what is read


def test_a_row_becomes_an_asset_with_every_field_in_its_place() -> None:
    heading = ",".join(spellings[0] for spellings in HEADINGS.values())
    row = (
        "Sample Council,E00,100012345678,A1,Hall,14,Meadow Lane,Bootle,l201aa,334250,395100.50,"
        "53.45,-2.99,Freehold,licence,land only"
    )
    assert read(f"{heading}\n{row}\n").rows == (
        AssetRow(
            organisation="Sample Council",
            organisation_code="E00",
            uprn="100012345678",
            unique_asset_id="A1",
            name="Hall",
            number="14",
            street="Meadow Lane",
            town="Bootle",
            postcode="L20 1AA",
            easting=Decimal(334250),
            northing=Decimal("395100.50"),
            latitude=Decimal("53.45"),
            longitude=Decimal("-2.99"),
            tenure="freehold",
            tenure_detail="licence",
            holding="land only",
            line=2,
        ),
    )


def test_the_sample_register_reads_cleanly() -> None:
    register = read_register(SAMPLE.name, SAMPLE.read_bytes())
    assert register.warnings == ()
    assert len(register.rows) == 40
    assert [row.unique_asset_id for row in register.rows] == [
        f"SAMPLE-{n:04}" for n in range(1, 41)
    ]
    assert {row.tenure for row in register.rows} == {"", "freehold", "leasehold", "other"}


def test_the_sample_names_three_real_places_and_invents_nothing_about_them() -> None:
    real = read_register(SAMPLE.name, SAMPLE.read_bytes()).rows[:3]
    assert [(row.name, row.street, row.town, row.postcode) for row in real] == [
        ("Orrell Mount Pavilion", "Orrell Road", "Bootle", "L20 6DX"),
        ("2-4 Trinity Road", "Trinity Road", "Bootle", "L20 7BE"),
        ("Bedford Road Community Centre", "Bedford Road", "Bootle", "L20 9QB"),
    ]
    for row in real:
        assert row.organisation == "Sefton Metropolitan Borough Council"
        assert (row.uprn, row.tenure, row.tenure_detail, row.holding) == ("", "", "", "")
        assert (row.easting, row.northing, row.latitude, row.longitude) == (None,) * 4


def test_the_invented_rows_of_the_sample_could_not_be_anybodys_home() -> None:
    invented = read_register(SAMPLE.name, SAMPLE.read_bytes()).rows[3:]
    first = invented[0]
    assert (first.unique_asset_id, first.name, first.number, first.street, first.postcode) == (
        "SAMPLE-0004",
        "Meadow Lane Hall",
        "14",
        "Meadow Lane",
        "",
    )
    assert all(row.uprn == "" and row.postcode[:3] in {"", "L99"} for row in invented)
    assert all("Sample" in row.name for row in invented[1:])
    assert all(row.organisation == "Sample Council (invented)" for row in invented)


SPELLINGS = [(name, text) for name, texts in HEADINGS.items() for text in texts]
VALUES = {
    "uprn": ("100012345678", "100012345678"),
    "postcode": ("L99 1AA", "L99 1AA"),
    "easting": ("334250", Decimal(334250)),
    "northing": ("395100", Decimal(395100)),
    "latitude": ("53.4", Decimal("53.4")),
    "longitude": ("-2.9", Decimal("-2.9")),
    "tenure": ("Leasehold", "leasehold"),
}
PARTNERS = {
    "easting": "northing",
    "northing": "easting",
    "latitude": "longitude",
    "longitude": "latitude",
}


@pytest.mark.parametrize("spoil", [str, str.upper, lambda text: f" {text.lower()} : "])
@pytest.mark.parametrize(("name", "heading"), SPELLINGS)
def test_every_spelling_of_a_heading_is_known(name: str, heading: str, spoil: object) -> None:
    assert callable(spoil)
    others = {"unique_asset_id", "name", PARTNERS.get(name, "street")} - {name}
    cells = {HEADINGS[other][0]: VALUES.get(other, (other,))[0] for other in sorted(others)}
    cells[spoil(heading)] = VALUES.get(name, ("something",))[0]
    register = read(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert register.warnings == ()
    assert getattr(register.rows[0], name) == VALUES.get(name, ("", "something"))[1]


def test_every_field_of_an_asset_has_headings_and_no_heading_means_two_fields() -> None:
    assert [*HEADINGS, "line"] == [field.name for field in fields(AssetRow)]
    keys = ["".join(c for c in text.casefold() if c.isalnum()) for _, text in SPELLINGS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends_are_recognised(
    encoding: str, delimiter: str, ending: str
) -> None:
    text = GOOD.replace("Depot", "Café £").replace(",", delimiter).replace("\r\n", ending)
    raw = text.encode(encoding)
    register = read_register("r.csv", b"\xfe\xff" + raw if encoding == "utf-16-be" else raw)
    assert [(row.unique_asset_id, row.name, row.line) for row in register.rows] == [
        ("A1", "Meadow Lane Hall", 2),
        ("A2", "Café £", 3),
    ]
    assert bool(register.warnings) == (encoding == "cp1252")


def test_a_windows_file_is_read_with_a_warning_that_shows_a_letter_to_check() -> None:
    (warning,) = read_register("r.csv", GOOD.replace("Depot", "Café").encode("cp1252")).warnings
    assert "Windows-1252" in warning
    assert "line 3" in warning
    assert "Café" in warning


def test_letters_lost_by_an_earlier_program_are_warned_of() -> None:
    (warning,) = read(GOOD.replace("Depot", "Caf\ufffd")).warnings
    assert "line 3" in warning


def test_titles_and_blank_lines_above_the_heading_row_are_passed_over() -> None:
    titles = 'Sample Council, "Land" and property; 2024\n\nsep=,\n,,,\nPublished 1 April, 2024\n'
    assert [row.line for row in read(titles + GOOD).rows] == [7, 8]


def test_blank_rows_are_skipped_and_lines_still_count() -> None:
    text = f"{HEAD}\n\n,,,,,,,,,\n{HALL}\n   \n{DEPOT}\n,,\n"
    assert [row.line for row in read(text).rows] == [4, 6]


def test_a_field_over_several_lines_is_one_field_and_the_row_starts_on_its_first_line() -> None:
    broken = hall(Postcode='"\n L99\u00a01AA\r\n"', AssetName='"Hall,\nMeadow Lane"')
    register = read_register("r.csv", rows(broken, DEPOT))
    assert register.rows[0].postcode == "L99 1AA"
    assert register.rows[0].name == "Hall, Meadow Lane"
    assert [row.line for row in register.rows] == [2, 6]


def test_columns_come_in_any_order_and_unknown_ones_are_named_in_one_warning() -> None:
    register = read("Notes,Asset Name,Postcod,,Asset ID,\nx,Hall,L99 1AA,more,A1,\n")
    assert (register.rows[0].unique_asset_id, register.rows[0].name) == ("A1", "Hall")
    assert register.warnings == (
        'Columns not used: "Notes", "Postcod" (did you mean "Postcode"?).',
        "Columns without a heading, not used: number 4.",
    )


@pytest.mark.parametrize(
    ("written", "tenure", "detail"),
    [
        ("", "", ""),
        *[(text, "freehold", "") for text in ("FH", "F", "f/h", "Freehold", "FREE HOLD", "fh.")],
        *[(text, "leasehold", "") for text in ("LH", "L", "Lease", "Leasehold", "leasehold ")],
        ("Other", "other", ""),
        ("Right of way", "other", "Right of way"),
        ("Freehold - Vacant", "freehold", "Vacant"),
        ("Leasehold – sub leasehold", "leasehold", "sub leasehold"),
    ],
)
def test_tenure_is_freehold_leasehold_or_other_in_the_councils_words(
    written: str, tenure: str, detail: str
) -> None:
    row = only(Tenure=written)
    assert (row.tenure, row.tenure_detail) == (tenure, detail)


def test_an_unknown_tenure_does_not_overwrite_the_detail_given() -> None:
    row = read("Asset ID,Name,Tenure,Tenure Detail\nA1,Hall,Peppercorn,licence\n").rows[0]
    assert (row.tenure, row.tenure_detail) == ("other", "licence")


@pytest.mark.parametrize(
    ("written", "postcode"),
    [
        *[("l206dx", "L20 6DX"), (" L20  6DX ", "L20 6DX"), ("M1 1AE", "M1 1AE"), ("", "")],
        *[("CR26XH", "CR2 6XH"), ("DN551PT", "DN55 1PT"), ("W1A 1HQ", "W1A 1HQ")],
        *[("EC1A1BB", "EC1A 1BB"), ("gir 0aa", "GIR 0AA"), ("BT1 1AA", "BT1 1AA")],
    ],
)
def test_postcodes_are_written_in_the_usual_way(written: str, postcode: str) -> None:
    assert only(Postcode=written).postcode == postcode


@pytest.mark.parametrize(
    ("written", "uprn"),
    [("1", "1"), ("010012809147", "10012809147"), ("100012345678.0", "100012345678"), ("", "")],
)
def test_a_uprn_is_its_digits_without_padding(written: str, uprn: str) -> None:
    assert only(UPRN=written).uprn == uprn


@pytest.mark.parametrize(("x", "y"), [("-2.99", "53.45"), ("53.45", "-2.99"), ("'-2.99", "53.45")])
def test_latitude_and_longitude_in_the_columns_of_the_grid_are_recognised(x: str, y: str) -> None:
    register = read_register("r.csv", rows(hall(Easting=x, Northing=y), DEPOT))
    row = register.rows[0]
    assert (row.latitude, row.longitude) == (Decimal("53.45"), Decimal("-2.99"))
    assert (row.easting, row.northing) == (None, None)
    assert register.warnings == (
        '"Easting" and "Northing" hold latitude and longitude on 1 row(s); they were read as such.',
    )


@pytest.mark.parametrize("text", ["=1+1", "+44 Club", "-", "@home", "＝x", "−x", "'tis", "x'="])
def test_the_apostrophe_of_our_own_export_is_taken_off_and_no_other(text: str) -> None:
    shielded = f"'{text}" if text[0] in "=+-@＝" else text
    assert only(AssetName=shielded).name == text


def test_unseen_characters_of_web_pages_do_not_keep_two_ids_apart() -> None:
    same = rows(HALL, hall(UniqueAssetID="\u200bA\u00ad1\ufeff", UPRN=""))
    assert [problem.code for problem in problems(same)] == ["duplicate-asset"]


def test_two_assets_may_share_one_uprn_where_each_has_its_own_id() -> None:
    both = read_register("r.csv", rows(HALL, hall(UniqueAssetID="A9"))).rows
    assert len({row.uprn for row in both}) == 1


@pytest.mark.parametrize("needed", ["UPRN,Street", "UPRN,Name", "Asset ID,Street", "Name,Asset ID"])
def test_an_identity_and_a_name_or_street_are_all_a_register_needs(needed: str) -> None:
    assert len(read(f"{needed}\n1,2\n").rows) == 1


# ---------------------------------------------------------------- what is refused

ZIP = b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml"
BAD_FILES: list[tuple[str, bytes, str, int]] = [
    # the file as a whole
    ("nothing at all", b"", "empty-file", 0),
    ("only blank lines", b"\r\n  \r\n", "empty-file", 0),
    ("only a byte order mark", b"\xef\xbb\xbf", "empty-file", 0),
    ("an Excel workbook", ZIP, "not-csv", 0),
    ("an old Excel workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not-csv", 0),
    ("a PDF", b"%PDF-1.7\n", "not-csv", 0),
    ("a web page", b"\xef\xbb\xbf \n<!DOCTYPE html><html>", "not-csv", 0),
    ("a compressed file", b"\x1f\x8b\x08\x00", "not-csv", 0),
    ("over 20 MB", b"x" * (MAX_BYTES + 1), "too-large", 0),
    ("too many lines", rows() + b"\n" * MAX_LINES, "too-many-rows", 0),
    ("too many rows", b"UPRN,Name\n" + b"1,a\n" * (MAX_ROWS + 1), "too-many-rows", MAX_ROWS + 2),
    ("UTF-16 without its mark", GOOD.encode("utf-16-le"), "control-character", 1),
    ("a NUL", rows(HALL, hall(AssetName="a\0b")), "control-character", 3),
    ("UTF-8 that is none", b"\xef\xbb\xbf" + rows(HALL, "\u00e9").replace(b"\xc3", b""),
     "unreadable-text", 3),
    ("bytes of no encoding", rows(HALL) + b"A2,\x81\n", "unreadable-text", 3),
    ("UTF-16 cut in half", GOOD.encode("utf-16")[:-7], "unreadable-text", 3),
    # the heading row
    ("no heading row", b"A1,1,Hall\nA2,2,Depot\n", "no-heading", 0),
    ("a heading row too far down", b"title\n" * 10 + rows(HALL), "no-heading", 0),
    ("one long line of anything", b"a," * 1_000_000, "no-heading", 0),
    ("no heading for identity", b"Name,Street\nHall,Lane\n", "missing-heading", 1),
    ("no heading for name", b"\nUPRN,Town\n1,Bootle\n", "missing-heading", 2),
    ("half of a position", b"UPRN,Name,Easting\n1,a,2\n", "missing-heading", 1),
    ("one heading twice", b"UPRN,Name,uprn \n1,a,2\n", "duplicate-heading", 1),
    ("two headings for one thing", b"UPRN,Name,Asset Name\n1,a,b\n", "duplicate-heading", 1),
    ("too many columns", (HEAD + "," * MAX_COLUMNS).encode(), "too-many-columns", 1),
    ("a heading row with a stray quote", b'UPRN,Name,"To"wn\n1,a,b\n', "stray-quote", 1),
    ("an endless heading", b"UPRN,Name," + b"x" * 3000 + b"\n1,a,b\n", "field-too-long", 1),
    ("nothing below the heading row", rows(), "no-rows", 0),
    ("the heading row once more", rows(HALL, HEAD, DEPOT), "repeated-heading", 3),
    # rows
    ("a comma without quotes", rows(hall(Street="Meadow Lane, Bootle")), "wrong-field-count", 2),
    ("a short row", rows(HALL, "A2,,Depot"), "wrong-field-count", 3),
    ("a long row", rows(HALL, DEPOT + ","), "wrong-field-count", 3),
    ("a quote never closed", rows(HALL, hall(AssetName='"Hall'), DEPOT), "unclosed-quote", 3),
    ("a quote closed five rows down",
     rows(hall(AssetName='"Hall'), *[DEPOT.replace("A2", f"B{n}") for n in range(5)],
          hall(UniqueAssetID="C", AssetName='Hall"')), "unclosed-quote", 2),
    ("a quote inside quotes", rows(HALL, hall(AssetName='"the "old" hall"')), "stray-quote", 3),
    ("a very long field", rows(hall(Town="x" * (MAX_FIELD + 1))), "field-too-long", 2),
    ("a gigantic field", rows(HALL, hall(Town="x" * 200_000)), "field-too-long", 3),
    ("a bell", rows(hall(Town="Bo\aotle")), "control-character", 2),
    ("text that runs backwards", rows(hall(Town="Bo\u202eotle")), "control-character", 2),
    ("an Excel error", rows(DEPOT, hall(AssetName="#REF!")), "spreadsheet-error", 3),
    ("a number too wide for its cell", rows(hall(UPRN="########")), "spreadsheet-error", 2),
    ("neither id nor UPRN", rows(HALL, hall(UniqueAssetID="", UPRN="")), "missing-identity", 3),
    ("neither name nor street", rows(hall(AssetName="", Street=" ")), "missing-name", 2),
    ("one id twice", rows(HALL, DEPOT, hall(UniqueAssetID="a1")), "duplicate-asset", 4),
    ("one UPRN twice without ids", b"UPRN,Name\n7,a\n007,b\n", "duplicate-asset", 3),
    # fields
    ("a UPRN in scientific form", rows(hall(UPRN="1.00E+11")), "scientific-number", 2),
    ("an id in scientific form", rows(hall(UniqueAssetID="1.2E+05")), "scientific-number", 2),
    ("a UPRN of 13 digits", rows(hall(UPRN="1234567890123")), "bad-uprn", 2),
    ("a UPRN of words", rows(hall(UPRN="not known")), "bad-uprn", 2),
    ("a UPRN of zeros", rows(hall(UPRN="000000000000")), "bad-uprn", 2),
    ("a UPRN in other digits", rows(hall(UPRN="١٢٣")), "bad-uprn", 2),
    ("a street number made a date", rows(hall(StreetNumber="02-Apr")), "date-for-number", 2),
    ("half a postcode", rows(HALL, hall(UniqueAssetID="B", Postcode="L20")), "bad-postcode", 3),
    ("a postcode of words", rows(hall(Postcode="N/A")), "bad-postcode", 2),
    ("a postcode with a letter too many", rows(hall(Postcode="L20 66DX")), "bad-postcode", 2),
    ("a postcode Royal Mail never gives", rows(hall(Postcode="QQ1 1CC")), "bad-postcode", 2),
    ("an easting of words", rows(hall(Easting="SJ342951")), "not-a-number", 2),
    ("an easting in scientific form", rows(hall(Easting="3.34E+05")), "not-a-number", 2),
    ("an easting that is no number", rows(hall(Easting="NaN")), "not-a-number", 2),
    ("an easting with a comma", rows(hall(Easting='"334,250"')), "not-a-number", 2),
    ("an easting out at sea", rows(hall(Easting="700001")), "outside-uk", 2),
    ("a northing below zero", rows(hall(Northing="-1")), "outside-uk", 2),
    ("a northing past Shetland", rows(hall(Northing="1300001")), "outside-uk", 2),
    ("zeros for a place", rows(hall(Easting="0", Northing="0.0")), "outside-uk", 2),
    ("degrees of another country", rows(hall(Easting="13.4", Northing="52.5")), "outside-uk", 2),
    ("an easting alone", rows(hall(Northing="")), "half-position", 2),
    ("a latitude of France", b"UPRN,Name,Lat,Long\n1,a,48.9,2.3\n", "outside-uk", 2),
    ("a longitude of Poland", b"UPRN,Name,Lat,Long\n1,a,52.2,21\n", "outside-uk", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "code", "line"), [pytest.param(*bad, id=name) for name, *bad in BAD_FILES]
)
def test_a_bad_file_is_refused_with_its_code_and_line(raw: bytes, code: str, line: int) -> None:
    found = problems(raw)
    assert (found[0].code, found[0].line) == (code, line)
    assert {problem.code for problem in found} == {code}
    assert all(problem.message.endswith(".") for problem in found)
    assert found[0].message.isprintable()
    assert found[0].suggestion or code == "too-many-rows"


def test_every_problem_of_a_file_is_named_at_once_with_line_and_column() -> None:
    raw = rows(
        hall(UPRN="1.00E+11", Postcode="L2O 6DX"),
        hall(UniqueAssetID="A3", AssetName='"the "old" hall"'),
        hall(UniqueAssetID="A4", AssetName='"Hall'),
        hall(UniqueAssetID="A1", Easting="abc"),
        "A5,,short",
    )
    assert [(p.file, p.line, p.column, p.code) for p in problems(raw)] == [
        ("register.csv", 2, 2, "scientific-number"),
        ("register.csv", 2, 7, "bad-postcode"),
        ("register.csv", 3, 0, "stray-quote"),
        ("register.csv", 4, 0, "unclosed-quote"),
        ("register.csv", 5, 1, "duplicate-asset"),
        ("register.csv", 5, 8, "not-a-number"),
        ("register.csv", 6, 0, "wrong-field-count"),
    ]


def test_a_duplicate_names_both_lines() -> None:
    (problem,) = problems(rows(HALL, DEPOT, hall()))
    assert problem.message == '"A1" on line 4 is already on line 2.'


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (b"Uniqe Aset ID,Name\nA1,Hall\n", 'column 1 is "Uniqe Aset ID": did you mean "Unique'),
        (b"UPRN,Proprty Name\n1,Hall\n", 'column 2 is "Proprty Name": did you mean "Property Name'),
        (b"Uniqe Aset ID,Proprty Name\n1,Hall\n", "did you mean"),
        (b"Name,Town\n1,Bootle\n", "other spellings: Unique Asset ID"),
        (rows(hall(Postcode="L2O 6DX")), 'did you mean "L20 6DX"?'),
        (rows(hall(UPRN="1.00E+11")), "format the column as Number"),
        (ZIP, "CSV UTF-8"),
    ],
)
def test_the_suggestion_says_what_was_probably_meant(raw: bytes, hint: str) -> None:
    assert hint in problems(raw)[0].suggestion


def test_the_refusal_says_that_nothing_was_taken_from_the_file() -> None:
    with pytest.raises(BadFile, match=r"r\.csv cannot be used: 1 problem\.") as refusal:
        read_register("r.csv", b"")
    assert "nothing was taken" in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_one_lost_quotation_mark_anywhere_never_loses_a_row() -> None:
    text = GOOD.replace("Depot", '"Depot, old"').replace("Dock Road", '"Dock ""D"" Road"')
    for at in range(len(HEAD), len(text)):
        for changed in (text[:at] + '"' + text[at:], text[:at] + text[at + 1 :]):
            if changed.count("\n") < text.count("\n") - 1:
                continue
            try:
                register = read(changed)
            except BadFile:
                continue
            assert len(register.rows) == 2, changed


@pytest.mark.parametrize(
    "raw",
    [
        rows(*[f'B{n},,Hall,1,"Street,Town,,,,F' for n in range(20_000)]),
        rows(HALL) + b'"' * 1_000_000,
        rows(HALL) + b'""\n' * 300_000,
        rows(HALL) + b'"""' * 300_000,
        b"," * 5_000_000 + b"\n" + rows(HALL),
        b'"' + (b"x" * 30_000 + b"\n") * 100 + rows(HALL),
        b" " * 5_000_000,
        b"\r" * 900_000,
        rows(HALL) + b"\r\n," * 300_000,
        rows(*[hall(UniqueAssetID=str(n), UPRN="9" * 1_000) for n in range(5_000)]),
    ],
    ids=[
        "open quotes",
        "quotes",
        "pairs",
        "triples",
        "commas",
        "long",
        "spaces",
        "returns",
        "ends",
        "9s",
    ],
)
def test_no_file_made_to_be_slow_holds_the_reader_up(raw: bytes) -> None:
    begun = time.perf_counter()
    assert outcome(raw) in {"read", "refused"}
    assert time.perf_counter() - begun < 2


def test_ten_thousand_assets_are_read_well_within_a_second() -> None:
    raw = rows(*[hall(UniqueAssetID=f"A{n}", UPRN=str(n + 1)) for n in range(10_000)])
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        assert len(read_register("r.csv", raw).rows) == 10_000
        times.append(time.perf_counter() - begun)
    assert min(times) < 1


# ---------------------------------------------------------------- anything at all


def outcome(raw: bytes) -> str:
    """Give what became of a file; anything but rows or problems with their place fails the test."""
    begun = time.process_time()
    try:
        register = read_register("r.csv", raw)
    except BadFile as refusal:
        assert time.process_time() - begun < 2
        return "refused" if refusal.problems and _in_place(refusal, raw) else "refused badly"
    assert time.process_time() - begun < 2
    lines = [row.line for row in register.rows]
    assert lines == sorted(set(lines))
    assert all(row.unique_asset_id or row.uprn for row in register.rows)
    return "read"


# What is wrong with a file as a whole has no line.
WHOLE = {code for _, _, code, line in BAD_FILES if line == 0}


def _in_place(refusal: BadFile, raw: bytes) -> bool:
    """Tell whether every problem names a line of the file and, but for the file's own, which."""
    lines = raw.count(b"\n") + raw.count(b"\r") + 1
    placed = all(0 <= p.line <= lines and (p.line or p.code in WHOLE) for p in refusal.problems)
    return placed and all(p.message.endswith(".") for p in refusal.problems)


def test_the_corpus_of_bad_registers_is_whole() -> None:
    assert len(BAD_FILES) >= 25


PIECES = [b'"', b",", b";", b"\n", b"\r", b"\t", b"|", b"\0", b"'=", b"\xef\xbb\xbf", b"\xff\xfe",
          b"E+11", b"-", b"#REF!", b"\x81", "é".encode(), HEAD.encode(), b"99999999"]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Give a good register with pieces cut out of it and put into it."""
    raw = GOOD.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.integers(0, 4))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        raw = raw[:at] + piece + raw[at + cut :]
    return raw


CELLS = ["", " ", '"', '""', "a,b", '"a', "L2O 6DX", "#REF!", "1.00E+11", "02-Apr", "NaN", "-1",
         "=1+1", "'=1", "\u202ex", "\x07", "é", "9" * 20, "x" * 2_000, "0", "a\nb"]  # fmt: skip
TABLE = [line.split(",") for line in SAMPLE.read_text(encoding="utf-8-sig").splitlines()]


@st.composite
def spoilt_tables(draw: st.DrawFn) -> bytes:
    """Give the sample register with cells, rows and columns changed, lost, doubled and swapped."""
    first = draw(st.integers(1, len(TABLE) - 5))
    table = [list(row) for row in (TABLE[0], *TABLE[first : first + 5])]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from(table))
        at = draw(st.integers(0, max(len(row) - 1, 0)))
        match draw(st.sampled_from(["cell", "cell", "cell", "lost", "more", "row", "column"])):
            case "cell" if row:
                row[at] = draw(st.sampled_from(CELLS) | st.text(max_size=12))
            case "lost" if row:
                del row[at]
            case "more":
                row.insert(at, draw(st.sampled_from(CELLS)))
            case "row":
                table.insert(draw(st.integers(0, len(table))), list(row))
            case "column":
                for each in table:
                    each[:] = each[:at] + each[at + 1 :]
    text = draw(st.sampled_from(["\n", "\r\n"])).join(",".join(row) for row in table)
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=fuzzed(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt_tables())
def test_a_spoilt_register_is_read_or_refused_with_every_place(raw: bytes) -> None:
    assert outcome(raw) in {"read", "refused"}


@settings(max_examples=fuzzed(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400) | spoilt() | st.text(max_size=200).map(lambda t: rows(t, HALL)))
def test_whatever_is_handed_in_it_is_read_or_refused_and_nothing_else(raw: bytes) -> None:
    assert outcome(raw) in {"read", "refused"}
