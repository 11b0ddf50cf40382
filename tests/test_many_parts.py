"""Many parts of a case from one file: all of them, or none and every problem with its place."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import Result, Terminal, furnish
from test_competition import BIDDING, COMP, invite

from assetflow import part_files
from assetflow.errors import BadFile

PERM = "PERM-2026-0001"
Fresh = Callable[..., Terminal]
TABLE = """\
asset,event_date,instrument,What is to happen there
SAMPLE-0001,2026-08-14,closure_1847,
SAMPLE-0001,15 Aug 2026,closure_1847,A play street
,2026-09-01,,"Bulbs, and a bench"
"""
YAML = """\
all: {what_for: A street party, instrument: closure_1847}
parts:
  - {asset: SAMPLE-0001, event_date: 2026-08-14}
  - {asset: SAMPLE-0002, event_date: 2026-08-15, contractor_only: false}
  - what_for: A play street
    site_conditions: [No music after 9, Bins emptied]
"""


def apply(af: Terminal) -> None:
    """Open one application, for which the places are still to be named."""
    af("group", "add", "Friends of the Green", "--contact", "Joan Mills")
    af("case", "open", "--workflow", "light_permission", "--asset", "SAMPLE-0003",
       "--group", "Friends of the Green", "--champion", "alex")  # fmt: skip


@pytest.fixture
def asked(fresh: Fresh) -> Terminal:
    """One application without its places."""
    return fresh(furnish, apply)


def typed(
    af: Terminal, text: str | bytes, *more: str, name: str = "sites.csv", code: int = 0
) -> Result:
    """Hand in a file of parts."""
    file = af.home.parent / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return af("case", "open-parts", PERM, "--file", str(file), *more, code=code)


def facts(af: Terminal, case: str) -> dict[str, object]:
    """What is on the file of a case."""
    return dict(af("case", "show", case, "--json").json["facts"])


def references(af: Terminal) -> list[str]:
    """The open cases."""
    return sorted(one["reference"] for one in af("case", "list", "--json").json)


def test_a_table_opens_a_part_for_every_line_with_its_facts(asked: Terminal) -> None:
    done = typed(asked, TABLE, "--fact", "what_for=A street party")
    assert "✓ opened: 3 parts" in done.out
    assert references(asked) == [PERM, *(f"SITE-2026-000{n}" for n in (1, 2, 3))]
    assert facts(asked, "SITE-2026-0001") == {
        "event_date": "2026-08-14", "instrument": "closure_1847", "what_for": "A street party",
    }  # fmt: skip
    assert facts(asked, "SITE-2026-0002")["what_for"] == "A play street"
    assert facts(asked, "SITE-2026-0003") == {
        "event_date": "2026-09-01", "what_for": "Bulbs, and a bench",
    }  # fmt: skip
    shown = asked("case", "show", PERM).out
    assert shown.count("Friends of the Green  Being looked at") == 3


def test_each_part_has_one_record_that_says_everything(asked: Terminal) -> None:
    typed(asked, YAML, name="sites.yaml")
    for number in (1, 2, 3):
        (record,) = asked("case", "history", f"SITE-2026-000{number}", "--json").json
        assert record["action"] == "opened"
        on_file = facts(asked, f"SITE-2026-000{number}")
        assert all(f"{name}: " in record["what"] for name in on_file)
    assert "the record is whole" in asked("db", "verify").out


def test_yaml_says_once_what_holds_for_all(asked: Terminal) -> None:
    done = typed(asked, YAML, "--json", name="sites.yaml").json
    assert done["dry_run"] is False
    first, second, third = done["opened"]
    assert (first["case"], first["group"]) == ("SITE-2026-0001", "Friends of the Green")
    assert second["facts"]["contractor_only"] is False
    assert third["facts"] == {
        "what_for": "A play street", "instrument": "closure_1847",
        "site_conditions": ["No music after 9", "Bins emptied"],
    }  # fmt: skip


def test_the_day_the_application_came_and_the_officer_hold_for_all(asked: Terminal) -> None:
    asked("case", "withdraw", PERM, "--why", "Asked again")
    asked("case", "open", "--workflow", "light_permission", "--asset", "SAMPLE-0003",
          "--group", "Friends of the Green", "--received", "2 Feb 2026")  # fmt: skip
    file = asked.home.parent / "sites.csv"
    file.write_text("asset\nSAMPLE-0001\n", encoding="utf-8")
    given = ("--file", str(file), "--received", "3 Feb 2026", "--officer", "kim")
    asked("case", "open-parts", "PERM-2026-0002", *given)
    seen = asked("case", "show", "SITE-2026-0001", "--json").json["overview"]
    assert (seen["received_on"], seen["officer"]) == ("2026-02-03", "Kim Novak")


def test_a_trial_says_what_would_be_opened_and_changes_nothing(asked: Terminal) -> None:
    before = asked("case", "history", PERM, "--json").json
    done = typed(asked, TABLE, "--dry-run")
    assert "could be opened: 3 parts; nothing was changed" in done.out
    assert "Date of the event: 15 Aug 2026" in done.out
    assert references(asked) == [PERM]
    assert asked("case", "history", PERM, "--json").json == before
    assert typed(asked, TABLE, "--dry-run", "--json").json["opened"][0]["case"] is None
    typed(asked, TABLE)
    assert references(asked)[1] == "SITE-2026-0001"


# --- refused as a whole ---------------------------------------------------------------------------

WRONG = """\
asset;event_date;instrument;what_for;colour
SAMPLE-0001;2026-08-14;closure_1847;A party;
NO-SUCH;2026-08-14;closure_1847;A party;
SAMPLE-0002;32 Aug 2026;closure_9999;A party;
SAMPLE-0001;2026-08-14;closure_1847;A party;
SAMPLE-0002;2026-08-20;closure_1847;A party;red
"""


def test_every_problem_is_told_with_its_place_and_nothing_is_opened(asked: Terminal) -> None:
    refused = typed(asked, WRONG, code=2)
    assert refused.out == ""
    for place in (
        *("1:5: unknown-heading", "3:1: unknown-asset", "4:2: bad-fact", "4:3: bad-fact"),
        "5: same-part",
    ):
        assert f"sites.csv:{place}: " in refused.err, refused.err
    assert refused.err.count("sites.csv:") == 5
    assert "the same is said on line 2" in refused.err
    assert references(asked) == [PERM]
    assert asked("case", "list", "--all", "--json").json[0]["reference"] == PERM


def test_a_file_that_is_handed_in_twice_is_refused_the_second_time(asked: Terminal) -> None:
    typed(asked, TABLE)
    asked("case", "record", "SITE-2026-0001", "owner=Highways")
    refused = typed(asked, TABLE, code=2)
    for line, number in ((2, 1), (3, 2), (4, 3)):
        assert f"sites.csv:{line}: open-already: SITE-2026-000{number} is open" in refused.err
    typed(asked, TABLE.replace("2026", "2027"))
    assert len(references(asked)) == 7


def test_a_withdrawn_part_can_be_asked_for_again(asked: Terminal) -> None:
    typed(asked, "asset\nSAMPLE-0001\n")
    asked("case", "advance", "SITE-2026-0001", "withdraw", "--why", "Another day")
    typed(asked, "asset\nSAMPLE-0001\n")
    assert references(asked) == [PERM, "SITE-2026-0002"]


def test_whoever_may_not_open_a_case_opens_no_part(asked: Terminal) -> None:
    file = asked.home.parent / "sites.csv"
    file.write_text(TABLE, encoding="utf-8")
    refused = asked("--as", "ruth", "case", "open-parts", PERM, "--file", str(file), code=1)
    assert "may not do this" in refused.err
    assert references(asked) == [PERM]


def test_a_case_that_takes_no_parts_now_or_at_all_is_refused(asked: Terminal) -> None:
    asked("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    file = asked.home.parent / "sites.csv"
    file.write_text(TABLE, encoding="utf-8")
    refused = asked("case", "open-parts", "CAT-2026-0001", "--file", str(file), code=1)
    assert "has no parts." in refused.err
    asked("case", "withdraw", PERM, "--why", "Another time")
    refused = asked("case", "open-parts", PERM, "--file", str(file), code=1)
    assert "It was closed on" in refused.err


def test_a_day_ahead_is_refused(asked: Terminal) -> None:
    refused = typed(asked, TABLE, "--received", "2030-01-01", code=2)
    assert "lies in the future" in refused.err


def test_bids_are_opened_from_a_file_too(fresh: Fresh) -> None:
    af = fresh(furnish, invite)
    file = af.home.parent / "bids.csv"
    typing = ("case", "open-parts", COMP, "--file", str(file))
    file.write_text("group\nChoir\nNobody at all\n", encoding="utf-8")
    refused = af(*typing, on=BIDDING, code=2)
    assert f"{file}:3:1: unknown-group: " in refused.err
    file.write_text("group\nChoir\nBoat Club\n", encoding="utf-8")
    af(*typing, on=BIDDING)
    assert references(af) == ["BID-2026-0001", "BID-2026-0002", COMP]
    named = [one["name"] for one in af("letter", "list", "--json").json]
    assert named.count("bid_received") == 2


# --- the file itself ------------------------------------------------------------------------------

BAD_FILES = {
    "nothing": ("sites.csv", b"", "sites.csv: empty"),
    "headings alone": ("sites.csv", b"asset\n\n", "sites.csv: no-parts"),
    "a workbook": ("sites.csv", b"PK\x03\x04xx", "sites.csv: not-csv"),
    "no UTF-8": ("sites.csv", b"asset\nH\xe9", "sites.csv:2: not-utf8"),
    "a heading twice": ("sites.csv", b"asset,asset\nx,y\n", "sites.csv:1:2: duplicate-heading"),
    "no heading": ("sites.csv", b"asset,\nx,y\n", "sites.csv:1:2: no-heading"),
    "a cell too many": ("sites.csv", b"asset\n\nx,y\n", "sites.csv:3:2: too-many-cells"),
    "an open quotation": ("sites.csv", b'asset\nx\n"y\n', "sites.csv:3: stray-quote"),
    "too large": ("sites.csv", b"a" * (part_files.MAX_BYTES + 1), "sites.csv: too-large"),
    "too many": ("sites.csv", b"asset\n" + b"x\n" * 501, "sites.csv:502: too-many-parts"),
    "no list": ("sites.yaml", b"parts: {a: b}", "sites.yaml:1:1: wrong-type"),
    "no parts": ("sites.yaml", b"all: {asset: x}", "sites.yaml:1:1: wrong-type"),
    "another key": ("sites.yaml", b"part: []\nparts: [{asset: x}]", "sites.yaml:1:1: unknown-key"),
    "a part that is text": ("sites.yaml", b"parts:\n  - x\n", "sites.yaml:2:5: wrong-type"),
    "a value in a value": (
        "sites.yaml",
        b"parts: [{a: {b: c}}]",
        "sites.yaml:1:10: wrong-type",
    ),
    "a list in a list": ("sites.yaml", b"parts: [{a: [[b]]}]", "sites.yaml:1:10: wrong-type"),
    "no YAML": ("sites.yaml", b"parts: [", "sites.yaml:1:9: yaml-syntax"),
    "a list": ("sites.yaml", b"- a", "sites.yaml:1:1: wrong-type"),
}


@pytest.mark.parametrize(("name", "raw", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_read_says_where(name: str, raw: bytes, said: str) -> None:
    with pytest.raises(BadFile) as caught:
        part_files.read(name, raw)
    assert f"{said}: " in str(caught.value)
    assert "nothing was opened" in str(caught.value) or "yaml" in said


def test_a_table_from_excel_is_read(asked: Terminal) -> None:
    text = TABLE.replace(",2026", ";2026").replace(",", ";").replace("\n", "\r\n")
    parts = part_files.read("sites.csv", b"\xef\xbb\xbf" + text.encode())
    assert [row.line for row in parts.rows] == [2, 3, 4]
    assert parts.rows[0].said["asset"] == part_files.Said("SAMPLE-0001", 2, 1)
    assert "asset" not in parts.rows[2].said


def test_a_cell_of_several_lines_does_not_shift_the_lines_after_it() -> None:
    parts = part_files.read("sites.csv", b'asset,what_for\nx,"one\ntwo"\n\ny,z\n')
    assert [row.line for row in parts.rows] == [2, 5]


def test_the_day_is_that_of_the_desk(asked: Terminal) -> None:
    typed(asked, "asset\nSAMPLE-0001\n")
    seen = asked("case", "show", "SITE-2026-0001", "--json").json["overview"]
    assert date.fromisoformat(seen["received_on"]) == asked.today
