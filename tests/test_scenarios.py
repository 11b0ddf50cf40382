"""Every shipped route is told in scenarios, whole; and a scenario that is wrong says where."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import Result, Terminal

from assetflow import definitions, scenarios
from assetflow.casework.played import PLAYS
from assetflow.data_files import calendar
from assetflow.errors import BadFile
from assetflow.scenarios import names, reader
from assetflow.scenarios.coverage import Requirement, declared
from assetflow.scenarios.kinds import EXPECTED, KINDS
from assetflow.scenarios.matching import matched
from assetflow.scenarios.never import never_lacking
from assetflow.settings import SHIPPED, Settings
from assetflow.workflow import Workflow
from assetflow.yaml_reader import read_bytes

ROUTES = Path(__file__).parent / "routes"
HERE = Settings(home=Path("nowhere"), database_url="sqlite://")
SHIPPED_ROUTES = [path.stem for path in definitions.available(HERE)]
CAT = "community_asset_transfer"


@pytest.fixture
def af(tmp_path: Path) -> Terminal:
    """A terminal where there is no home: scenarios need none."""
    return Terminal(tmp_path / "nowhere")


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    """A folder with the two invented routes and their scenarios."""
    return Path(shutil.copytree(ROUTES, tmp_path / "routes"))


def shown(result: Result, route: str) -> dict[str, object]:
    """Give the coverage of a route."""
    (found,) = [one for one in result.json["coverage"] if one["route"] == route]
    return dict(found)


@pytest.mark.parametrize("route", SHIPPED_ROUTES)
def test_a_shipped_route_is_told_whole(route: str, af: Terminal) -> None:
    told = af("workflow", "test", route, "--json", "--require-coverage", "100")
    assert [one for one in told.json["scenarios"] if not one["passed"]] == []
    coverage = shown(told, route)
    assert coverage["transitions"] == coverage["taken"]
    assert coverage["refusals"] == coverage["seen"]
    assert coverage["percent"] == 100
    assert coverage["seen_though"] == []
    assert not (af.home).exists()


def test_the_invented_routes_are_told_whole_with_their_parts(af: Terminal, routes: Path) -> None:
    files = [str(routes / "call.scenario.yaml"), str(routes / "bid.yaml")]
    told = af("workflow", "test", *files, "--require-coverage", "100").out
    assert "✓ call: A call with two bids (24 steps)" in told
    assert "bid: 3 of 3 transitions taken (100 %), 4 of 4 refusals seen (100 %)" in told
    assert "said to be impossible: unseal: guard parent_in" in told


def test_every_kind_of_step_can_be_read_and_played() -> None:
    assert set(KINDS) == set(PLAYS)


# --- scenarios that fail ------------------------------------------------------------------------

# In the scenario of the call: what stands on a line, what is put there, and what is then said.
CHANGES = [
    ("{do: open_bids, stage: scoring}", "{do: open_bids, stage: open}",
     "do open_bids on 8 Apr 2026: expected stage open; got scoring"),
    ("{do: open_bids, stage: scoring}", "{do: open_bids, as: nobody}",
     "expected that it can be done; got refused: Nobody may not do this"),
    ("{do: open_bids, as: nobody, refused: may not do this}",
     "{do: open_bids, refused: may not do this}", "got it was done"),
    ("[the time runs until 7 Apr 2026, 1 of its parts is ready]", "1 of its parts is ready",
     "expected refused: 1 of its parts is ready; got refused: Bids close: the time runs"),
    ("[the time runs until 7 Apr 2026, 1 of its parts is ready]",
     "[the time runs until 7 Apr 2026, the time runs]", "expected refused: the time runs until 7"),
    ("[the time runs until 7 Apr 2026, 1 of its parts is ready]}",
     "Legal has not been asked, among: true}", "expected refused: among others: Legal has not"),
    ("due: {clocks: {bids_close: not_started}}", "due: {clocks: {bids_close: 2026-04-07}}",
     "expected clock bids_close: 2026-04-07; got not_started"),
    ("sweep: [clock_expired bids_close]", "sweep: []",
     "expected reminders: none; got call clock_expired bids_close"),
    ("sweep: [call clock_ends_soon bids_close]", "sweep: [clock_ends_soon, stage_overdue]",
     "expected reminders: clock_ends_soon | stage_overdue; got call clock_ends_soon bids_close"),
    ("stage: sealed, waiting_on: council", "stage: sealed, waiting_on: group",
     "look on 11 Mar 2026: expected waiting on group; got council"),
    ("on_file: {opened_on: 2026-04-08}", "on_file: {opened_on: 2026-04-09}",
     "expected opened_on on the file: 9 Apr 2026; got 8 Apr 2026"),
    ("on_file: {opened_on: 2026-04-08}", "on_file: {opened_on: soon}",
     "expected opened_on on the file: soon; got 8 Apr 2026"),
    ("stage: unsealed, on_file:", "due: {stage: 2026-05-08}, on_file:",
     "expected stage due on 2026-05-08; got 2026-05-07"),
    ("{case: boats, record: {transfer_purpose: A boat house}}",
     "{case: boats, note: Rang, letters: [acknowledgement]}",
     "expected letters: acknowledgement; got none"),
    ("choir: refused}", "choir: completed}", "the end: expected choir ended as completed"),
    ("stage: {transfer: lease_terms}", "stage: {transfer: legal}",
     "the end: expected transfer at legal; got lease_terms"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "said"), CHANGES, ids=[now for _, now, _ in CHANGES])
def test_a_scenario_that_goes_another_way_says_where(
    was: str, now: str, said: str, af: Terminal, routes: Path
) -> None:
    file = routes / "call.scenario.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    (number,) = [n for n, line in enumerate(lines) if was in line]
    lines[number] = lines[number].replace(was, now)
    file.write_text("\n".join(lines), encoding="utf-8")
    told = af("workflow", "test", str(file), code=1)
    failure = told.out.splitlines()[0]
    end = number if "the end" not in said else number - ("transfer" in was)
    assert failure.startswith(f"✗ {file}:{end + 1}: A call with two bids: "), failure
    assert said in failure
    assert told.err == ""


def test_what_is_said_to_be_impossible_and_happens_is_told(af: Terminal, routes: Path) -> None:
    file = routes / "call.scenario.yaml"
    with file.open("a", encoding="utf-8") as more:
        more.write("cannot_happen:\n  - {refusal: 'decide: permission', because: I think so}\n")
    told = af("workflow", "test", str(file), code=1).out
    assert "decide: permission: said to be impossible, but it was seen" in told
    assert "8 of 8 refusals seen" in told


# --- coverage -----------------------------------------------------------------------------------


def test_a_route_that_asks_for_more_is_no_longer_told_whole(af: Terminal, routes: Path) -> None:
    route = routes / "call.yaml"
    text = route.read_text(encoding="utf-8")
    assert text.count("[{no_part_in: {stages: [unsealed]}}]") == 1
    asked = "[champion_named, {no_part_in: {stages: [unsealed]}}]"
    route.write_text(text.replace("[{no_part_in: {stages: [unsealed]}}]", asked), encoding="utf-8")
    file = routes / "call.scenario.yaml"
    file.write_text(
        file.read_text(encoding="utf-8")
        .replace('"BID-2026-0001 still stands",', '"No champion is named", "BID-2026-0001 still",')
        .replace("      - {do: decide}\n", "      - {champion: champion}\n      - {do: decide}\n"),
        encoding="utf-8",
    )
    assert "9 of 9 refusals seen (100 %)" in af("workflow", "test", str(file)).out
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "      - {do: decide, as: nobody",
            "      - {champion: champion}\n      - {do: decide, as: nobody",
        ).replace('"No champion is named", ', "").replace(
            "      - {champion: champion}\n      - {do: decide}\n", "      - {do: decide}\n"
        ),
        encoding="utf-8",
    )  # fmt: skip
    told = af("workflow", "test", str(file), "--require-coverage", "90").out
    assert "8 of 9 refusals seen (88.8 %)" in told
    assert "not covered: decide: guard champion_named" in told
    af("workflow", "test", str(file), "--require-coverage", "92", code=1)


def test_what_is_missing_comes_with_a_step_to_begin_from(af: Terminal) -> None:
    told = af("workflow", "test", CAT, "--missing").out
    assert "- {on: …" not in told
    alone = ROUTES / "bid.yaml"
    (alone_copy := af.home.parent / "alone").mkdir()
    shutil.copy(alone, alone_copy)
    shutil.copy(ROUTES / "call.yaml", alone_copy)
    told = af("workflow", "test", "--missing", str(alone_copy / "bid.yaml")).out
    assert "bid: 0 of 3 transitions taken (0 %), 0 of 5 refusals seen (0 %)" in told
    assert "  # unseal: not taken\n  - {on: …, do: unseal, stage: unsealed}" in told
    assert 'do: reject, as: nobody, refused: ["may not do this"], among: true}' in told


def test_a_route_without_scenarios_is_said_to_have_none(af: Terminal, tmp_path: Path) -> None:
    shutil.copy(ROUTES / "call.yaml", tmp_path)
    refused = af("workflow", "test", str(tmp_path / "call.yaml"), code=6)
    assert "There are no scenarios of call." in refused.err
    assert "assetflow workflow test --missing" in refused.err
    assert "There is no workflow nothing" in af("workflow", "test", "nothing", code=6).err
    assert "cannot be read" in af("workflow", "test", "no.scenario.yaml", code=2).err


def route_and_letters(path: Path) -> tuple[Workflow, dict[str, frozenset[str]]]:
    """Give a route with the facts that each letter needs."""
    around = definitions.surroundings(HERE, calendar(HERE), [path])
    return definitions.load(path, around), dict(around.letter_facts)


def test_what_every_way_needs_before_can_no_longer_be_lacking() -> None:
    route, letters = route_and_letters(SHIPPED / "workflows" / f"{CAT}.yaml")
    asked = declared(route, letters)
    proved = {one.name for one in never_lacking(route, letters, asked)}
    terms = ("break_clause", "lease_term", "legal_costs", "rent", "repair")
    offered = {f"heads_of_terms {fact}" for fact in terms}
    kept = {"aftercare_review keys_handed_over_on"}
    assert proved == offered | kept
    # A case of another route that goes on in a stage brings nothing along to it.
    entering = {"lease_terms": kept, "call_in": offered | kept, "handover": proved}
    for stage, still in entering.items():
        assert {one.name for one in never_lacking(route, letters, asked, [stage])} == still


def test_a_refusal_that_was_proved_impossible_is_never_seen(af: Terminal) -> None:
    told = shown(af("workflow", "test", CAT, "--json"), CAT)
    route, letters = route_and_letters(SHIPPED / "workflows" / f"{CAT}.yaml")
    every = declared(route, letters)
    assert len(every) == len(set(every))
    assert isinstance(told["never"], list)
    assert isinstance(told["said"], list)
    assert told["refusals"] == len(every) - len(told["never"]) - len(told["said"])


def test_a_fact_that_is_given_each_time_can_always_be_lacking() -> None:
    route, letters = route_and_letters(SHIPPED / "workflows" / f"{CAT}.yaml")
    each_time = Requirement(CAT, "agree_terms", "guard", "facts_recorded terms_accepted_on")
    assert each_time in declared(route, letters)
    assert never_lacking(route, letters, [each_time]) == ()


def test_one_reason_does_not_stand_for_two() -> None:
    def within(part: str, whole: str) -> bool:
        return part in whole

    assert matched(["a", "ab"], ["ab", "ac"], within)
    assert not matched(["ab", "ab"], ["ab", "ac"], within)
    assert not matched(["a"], ["ab", "ac"], within)
    assert matched(["a"], ["ab", "ac"], within, all_of=False)
    assert matched([], [], within)


# --- files with mistakes --------------------------------------------------------------------------

MISTAKES = """\
workflow: community_asset_transfer
peple: {}
people:
  boss: {roles: [emperor], departments: [lgal]}
scenarios:
  - name: One
    case: {asset: A, recieved: 2026-01-05}
    steps:
      - {on: 2026-13-05, do: accept}
      - {on: 2026-01-06, do: acept, as: somebody, stage: benchmrking, letters: [hello]}
      - {on: 2026-01-07, do: accept, note: x}
      - {on: 2026-01-05, sign: legl}
      - {on: 2026-01-08, object: legal, category: bad, reason: x}
      - {on: 2026-01-09}
      - {on: 2026-01-10, record: {nofact: 1}, due: {clocks: {x: 2026-01-01}}}
      - {on: 2026-01-11, recorded: 2026-01-10, note: hi}
      - 5
      - {on: 2026-01-12, sweep: [ladder watch], refused: {a: b}, among: maybe}
      - {on: 2026-01-12, do: accept, continues: later}
      - {on: 2026-01-12, waiting_on: nobody, as: boss}
    end: complete
  - name: One
    case: {received: 2026-01-05}
    steps: [{note: ""}]
  - steps: 3
cannot_happen:
  - {refusal: "accept: luck", because: none}
  - {because: none}
"""
FOUND = [
    "2:1: unknown-key", "4:18: unknown-role", "4:42: unknown-department", "7:5: missing-key",
    "7:22: unknown-key", "9:10: bad-day", "10:26: unknown-transition", "10:37: unknown-person",
    "10:51: unknown-stage", "10:81: unknown-letter", "11:38: two-steps",
    "12:10: days-out-of-order", "13:9: missing-key", "14:9: no-step", "15:35: unknown-fact",
    "15:62: unknown-clock", "16:26: days-out-of-order", "17:9: wrong-type", "18:49: wrong-type",
    "18:66: wrong-type", "19:38: nothing-continues", "20:26: unknown-holder", "22:5: missing-key",
    "22:5: same-label", "24:14: wrong-type", "25:5: missing-key", "25:5: missing-key",
    "25:5: missing-key", "25:5: wrong-type", "27:6: unknown-refusal", "28:5: missing-key",
]  # fmt: skip


def test_all_mistakes_of_a_file_are_told_at_once(af: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bad.scenario.yaml"
    file.write_text(MISTAKES, encoding="utf-8")
    refused = af("workflow", "test", str(file), code=2)
    assert refused.out == ""
    told = re.findall(r"bad\.scenario\.yaml:([0-9]+:[0-9]+: [a-z-]+): ", refused.err)
    assert told == FOUND


# Files that are wrong as a whole, with the place and code of what is said.
BROKEN = [
    ("[]", "1:1: not-a-scenario"),
    ("workflow: nothing\nscenarios: [{name: A, case: {received: 2026-01-05}, end: done}]",
     "1:1: unknown-workflow"),
    ("scenarios: []", "1:1: missing-key"),
    ("workflow: 1.10\nscenarios: 5", "2:1: wrong-type"),
    ("workflow: ../x\nscenarios: [{name: A, case: {received: 2026-01-05}, end: done}]",
     "1:1: unknown-workflow"),
    ("workflow: community_asset_transfer\npeople: 5\nscenarios:\n  - name: A\n    end: done\n"
     "    cases: {a: {received: 2026-01-05}}\n", "2:1: wrong-type"),
    ("workflow: community_asset_transfer\nscenarios:\n  - name: A\n    end: {b: refused}\n"
     "    cases: {a: {received: 2026-01-05}}\n", "4:5: unknown-case"),
    ("workflow: community_asset_transfer\nscenarios:\n  - name: A\n    end: done\n"
     "    cases: {a: {received: 2026-01-05}}\n    steps: [{case: b, note: x}]\n",
     "4:5: unknown-end"),
    ("workflow: community_asset_transfer\nscenarios:\n  - name: A\n    end: refused\n"
     "    steps: [{note: x}]\n", "5:13: missing-key"),
    ("a: [", "1:5: yaml-syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_a_file_that_is_no_scenario_is_told_so(
    text: str, said: str, af: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "bad.scenario.yaml"
    file.write_text(text, encoding="utf-8")
    refused = af("workflow", "test", str(file), code=2)
    assert f"bad.scenario.yaml:{said}: " in refused.err


def test_a_file_that_was_cut_or_mixed_up_is_read_or_refused_in_words() -> None:
    """Each line is left out, doubled, moved to the end, or made the start of something else."""
    around = definitions.surroundings(HERE, calendar(HERE), sorted(ROUTES.glob("*.yaml")))
    files = [ROUTES / "call.yaml", ROUTES / "bid.yaml", SHIPPED / "workflows" / f"{CAT}.yaml"]
    routes = {path.stem: definitions.load(path, around) for path in files}
    lines = (ROUTES / "call.scenario.yaml").read_text(encoding="utf-8").splitlines()
    read = 0
    for n, line in enumerate(lines):
        before, after = lines[:n], lines[n + 1 :]
        words = line.replace("{", "[").replace("}", "]"), line.replace(": ", ":"), line + " {a: b}"
        for now in ([], [line, line], *([word] for word in words)):
            for end in ([], [line]):
                text = "\n".join([*before, *now, *after, *end])
                try:
                    tree = read_bytes(text.encode(), "a file")
                except BadFile:
                    continue
                book, page = reader.book(tree)
                if book is not None and book.workflow in routes:
                    letters = around.letter_facts
                    whole = not page.problems
                    found = [*names.findings(book, routes, letters, whole=whole)]
                    read += whole and not found
                assert all(problem.line for problem in page.problems), text
    assert read > len(lines)


# --- the page on it -------------------------------------------------------------------------------

PAGE = (SHIPPED / "docs" / "how-to" / "test-a-route.md").read_text(encoding="utf-8")


def test_the_scenario_on_the_page_passes(af: Terminal, tmp_path: Path) -> None:
    (example,) = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
                  if text.startswith("workflow:")]  # fmt: skip
    file = tmp_path / "page.scenario.yaml"
    file.write_text(example, encoding="utf-8")
    assert "✓ community_asset_transfer: A transfer that begins well" in af(
        "workflow", "test", str(file)
    ).out  # fmt: skip


def test_the_page_names_every_kind_of_step_and_everything_that_can_be_expected() -> None:
    for kind in KINDS:
        assert f"| `{kind}: " in PAGE
    for key in EXPECTED:
        assert f"`{key}" in PAGE


# --- a council's own ------------------------------------------------------------------------------


def test_a_council_s_own_route_and_letters_are_played(tmp_path: Path) -> None:
    af = Terminal(tmp_path / "home")
    af("init", "--officer", "Sam Taylor")
    shipped = SHIPPED / "workflows" / f"{CAT}.yaml"
    own = shipped.read_text(encoding="utf-8").replace(
        "who: [champion, head_of_property]", "who: [head_of_property]"
    )
    (af.home / "workflows" / f"{CAT}.yaml").write_text(own, encoding="utf-8")
    before = (af.home / "assetflow.db").read_bytes()
    told = af("workflow", "test", code=1).out
    assert "A group that no longer answers: lapse on 10 Feb 2026" in told.replace("do ", "")
    assert "Champion may not do this" in told
    assert (af.home / "assetflow.db").read_bytes() == before
    assert not list((af.home / "letters-sent").iterdir())


def test_scenarios_are_no_routes_and_are_found_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "workflows"
    folder.mkdir()
    (folder / f"{CAT}.scenario.yaml").write_text("workflow: x", encoding="utf-8")
    home = Settings(home=tmp_path, database_url="sqlite://")
    assert [p.stem for p in definitions.available(home)] == SHIPPED_ROUTES
    assert scenarios.find(home, CAT) == folder / f"{CAT}.scenario.yaml"
    assert folder / f"{CAT}.scenario.yaml" in scenarios.available(home)
