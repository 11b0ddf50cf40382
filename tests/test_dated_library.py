"""A date that must be one of those in a library, such as the meetings of a panel."""

from conftest import Terminal

from assetflow.settings import SHIPPED

PANELS = """\
entries:
  "2026-03-12": {title: Panel of March, source: calendar of meetings}
  "2026-04-09": {title: Panel of April, source: calendar of meetings}
"""
NAME = "community_asset_transfer.yaml"
PANEL_DATE = "  panel_date: {label: Day of the panel, type: date, library: panel_library}\n"


def meeting_in_panels(af: Terminal) -> None:
    """The council keeps its panels in a library, and its route asks for one of them."""
    shipped = (SHIPPED / "workflows" / NAME).read_text(encoding="utf-8")
    assert shipped.count("\nversion: 1\n") == 1
    shipped = shipped.replace("\nversion: 1\n", "\nversion: 2\n")
    for folder, file, text in (
        ("workflows", NAME, shipped.replace("facts:\n", f"facts:\n{PANEL_DATE}", 1)),
        ("data", "panel_library.yaml", PANELS),
    ):
        (af.home / folder).mkdir(exist_ok=True)
        (af.home / folder / file).write_text(text, encoding="utf-8")
    af("workflow", "publish", "community_asset_transfer")


def test_a_date_with_a_library_is_one_of_its_entries(af: Terminal) -> None:
    meeting_in_panels(af)
    af("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club")
    refused = af("case", "record", "1", "panel_date=2026-03-13", code=2)
    assert "'2026-03-13' is no entry of the library; see: assetflow library list" in refused.err
    af("case", "record", "1", "panel_date=12 March 2026")
    facts = af("case", "show", "1", "--json").json["facts"]
    assert facts == {"panel_date": "2026-03-12"}
