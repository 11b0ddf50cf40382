"""Role × act × stage on a real database: each cell is tried, and taken back.

What must be refused is read from the files as plain YAML, past all our own code; what is refused
is what the use case itself says. An act that the case's stage does not allow may be refused for
that; it must never be refused for the person where the file names their role, nor go through, nor
be refused for other reasons alone, where it does not.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from conftest import TODAY, Terminal, furnish
from sqlalchemy import insert, update
from test_competition import OPENED, bid, invite

from assetflow import models as m
from assetflow import queries
from assetflow.casework import (
    access,
    cases,
    correspondence,
    destruction,
    erasure,
    facts,
    holds,
    integrity,
    migrating,
    opening,
    people,
    publishing,
    recounting,
    registers,
    routes,
    scoring,
    signoffs,
)  # fmt: skip
from assetflow.casework.desk import Desk
from assetflow.casework.people import NewPerson, Role
from assetflow.casework.signoffs import Answer, ObjectionGiven
from assetflow.errors import AssetflowError
from assetflow.register import AssetRow
from assetflow.settings import SHIPPED
from assetflow.workflow import CASE_ROLES

ROUTE = "community_asset_transfer"
DENIED = "may not do this"
Act = Callable[[Desk], object]
OBJECTION = ObjectionGiven("preference", "No.", "Talk.")
SERVICE = Answer("service", "nadia.hart", evidence="Email")

# Each act on a case, by the right that it needs.
ON_A_CASE: Mapping[str, Act] = {
    "name_champion": lambda desk: cases.name_champion(desk, "1", "alex.reid"),
    "record_fact": lambda desk: facts.record_facts(desk, "1", {"transfer_purpose": "Bowls"}),
    "request_signoff": lambda desk: signoffs.request(desk, "1"),
    "record_signoff": lambda desk: signoffs.give(desk, "1", SERVICE),
    "record_signoff, objecting": lambda desk: signoffs.object_(desk, "1", SERVICE, OBJECTION),
    "issue_letter": lambda desk: correspondence.issue(desk, "1", "holding_update", {}, ""),
    "write_note": lambda desk: cases.note(desk, "1", "Rang the group."),
    "open_case": lambda desk: opening.open_case(desk, "SAMPLE-0009", "Bowls Club", ""),
}
# Each act that concerns no single case.
OF_THE_COUNCIL: Mapping[str, Act] = {
    "keep_assets": lambda desk: registers.add_asset(desk, asset_row()),
    "keep_groups": lambda desk: registers.add_group(desk, "Rowing Club"),
    "keep_people": lambda desk: people.add_person(desk, NewPerson("Wendy Moss"), route(desk)),
    "grant_role": lambda desk: people.grant(desk, "ruth.kemp", Role("director"), "Minute 3"),
    "grant_role, ending": lambda desk: people.revoke(
        desk, "iris.dale", Role("cabinet_member"), "Minute 3"
    ),
    "grant_role, deputy": lambda desk: people.deputise(
        desk, "ruth.kemp", "iris.dale", Role("cabinet_member"), "Minute 3",
        until=TODAY + timedelta(days=9),
    ),
    "grant_role, login": lambda desk: people.set_login(desk, "ruth.kemp", "rkemp"),
    "take_anchor": integrity.take_anchor,
    "place_hold": lambda desk: holds.place(desk, "1", "Freedom of information request 12"),
    "lift_hold": lambda desk: holds.lift(desk, "1", "Answered"),
    "export_person": lambda desk: access.export(desk, "Joan Mills"),
    "erase_person": lambda desk: erasure.erase(desk, "Joan Mills", "Request"),
    "publish_workflow": lambda desk: publishing.publish(desk, next_version(desk)),
    "publish_workflow, migrating": lambda desk: migrating.migrate(
        desk, migrating.Wanted(ROUTE, 1, those_that_can=True)
    ),
    "keep_calendar": lambda desk: recounting.recount(desk, recounting.in_force(desk.settings)),
    "destroy_case": lambda desk: destruction.destroy(desk, "2", "Retention schedule 4.2"),
}  # fmt: skip


def asset_row() -> AssetRow:
    """A new hall."""
    return registers.asset_row({"unique_asset_id": "NEW-1", "name": "New Hall"})


def route(desk: Desk) -> Any:
    """The route of these tests."""
    return routes.newest(desk, ROUTE)


def written(file: str) -> dict[str, Any]:
    """Read a file of policy past all our own code."""
    found: dict[str, Any] = yaml.safe_load((SHIPPED / file).read_text(encoding="utf-8"))
    return found


def next_version(desk: Desk) -> Any:
    """The same route under the next number."""
    return replace(route(desk), version=2)


WORKFLOW = written(f"workflows/{ROUTE}.yaml")
COUNCIL = written("data/council_rights.yaml")
ROLES = [*CASE_ROLES, *WORKFLOW["roles"], *COUNCIL["roles"], "nobody"]


@dataclass
class Hall:
    """A case, and a person for each role with that role alone."""

    af: Terminal

    @contextmanager
    def desk(self, role: str, on: date | None = None) -> Iterator[Desk]:
        """A desk of the one who has a role; everything done at it is taken back."""
        with self.af.desk(on) as desk:
            desk.actor = queries.person(desk.db, f"the.{role}")
            kept = desk.db.begin_nested()
            yield desk
            kept.rollback()

    def desks(self) -> Iterator[tuple[str, Desk]]:
        """A desk of each role in turn, in one transaction; what is done at each is taken back."""
        with self.af.desk() as first:
            for role in ROLES:
                desk = first.next(f"the.{role}", first.on, first.today, first.now)
                kept = desk.db.begin_nested()
                yield role, desk
                kept.rollback()

    def stand_in(self, stage: str) -> None:
        """Put the case into a stage, whatever its route says."""
        ended = TODAY if "end" in WORKFLOW["stages"][stage] else None
        with self.af.desk() as desk:
            desk.db.execute(update(m.cases).values(stage=stage, closed_on=ended))


@pytest.fixture
def hall(case: Terminal) -> Hall:
    """The hall of a council, with one case on which the service department was asked."""
    case("case", "record", "1", "transfer_purpose=Bowls")
    case("signoff", "request", "1")
    seat(case, "1", [role for role in ROLES if role not in CASE_ROLES])
    return Hall(case)


def seat(af: Terminal, case: str, roles: Collection[str]) -> None:
    """Add a person for each role with that role alone, and one for each place on a case."""
    with af.desk() as desk:
        for role in dict.fromkeys([*CASE_ROLES, *roles, "nobody"]):
            person = {"handle": f"the.{role}", "name": f"The {role}", "recorded_at": desk.now}
            key = queries.new_id(desk.db.execute(insert(m.people).values(person)))
            if role not in (*CASE_ROLES, "nobody"):
                department = "service" if role == "signatory" else ""
                grant = {"person_id": key, "role": role, "department": department}
                desk.db.execute(insert(m.role_grants).values(**grant, valid_from=date.min))
        seats = {
            column: queries.person(desk.db, f"the.{seat}").id
            for column, seat in (("officer_id", "case_officer"), ("champion_id", "champion"))
        }
        found = queries.case_id(desk.db, case)
        desk.db.execute(update(m.cases).where(m.cases.c.id == found).values(seats))


def refusal(desk: Desk, act: Act) -> str:
    """Try an act, take it back, and give the words in which it was refused, if it was."""
    tried = desk.db.begin_nested()
    try:
        act(desk)
    except AssetflowError as error:
        return str(error)
    finally:
        tried.rollback()
        desk.__dict__.pop("council_rights", None)
    return ""


def test_every_right_has_an_act_in_this_matrix() -> None:
    assert {act.split(",")[0] for act in ON_A_CASE} == set(WORKFLOW["rights"])
    assert {act.split(",")[0] for act in OF_THE_COUNCIL} == set(COUNCIL["rights"])


@pytest.mark.long
def test_each_act_on_a_case_is_for_exactly_those_the_route_names_in_every_stage(
    hall: Hall,
) -> None:
    for stage in WORKFLOW["stages"]:
        hall.stand_in(stage)
        for role, desk in hall.desks():
            for act, try_it in ON_A_CASE.items():
                named = role in WORKFLOW["rights"][act.split(",")[0]]
                told = refusal(desk, try_it)
                cell = f"{stage}, {role}, {act}: {told or 'done'}"
                assert not (named and DENIED in told), cell
                closed = "end" in WORKFLOW["stages"][stage] and "It was closed on" in told
                elsewhere = "in this stage" in told
                assert named or DENIED in told or closed or elsewhere, cell


SCORE = scoring.Given("Sustainability", 7, "A sound plan")
BID_ROUTE = written("workflows/competition_bid.yaml")
SCORING: Mapping[str, Act] = {
    "score": lambda desk: scoring.give(desk, "BID-2026-0001", SCORE),
    "score, agreeing": lambda desk: scoring.moderate(desk, "BID-2026-0001", SCORE),
    "score, declaring": lambda desk: scoring.declare(desk, "BID-2026-0001", "None"),
}


@pytest.fixture
def panel(fresh: Callable[..., Terminal]) -> Hall:
    """A bid that is opened and has one score, and a person for each role with that role alone."""
    af = fresh(furnish, invite, bid)
    af("score", "give", "BID-2026-0001", "Sustainability", "6", "--reason", "Good", "--by", "grace",
       on=OPENED)  # fmt: skip
    seat(af, "BID-2026-0001", BID_ROUTE["roles"])
    return Hall(af)


def test_scoring_is_for_exactly_those_the_route_names(panel: Hall) -> None:
    for role in [*CASE_ROLES, *BID_ROUTE["roles"], "nobody"]:
        for act, try_it in SCORING.items():
            with panel.desk(role, on=OPENED) as desk:
                told = refusal(desk, try_it)
                named = role in BID_ROUTE["rights"]["score"]
                assert (told == "") == named, f"{role}, {act}: {told or 'done'}"
                assert (DENIED in told) != named, f"{role}, {act}: {told or 'done'}"


@pytest.fixture
def archive(hall: Hall) -> Hall:
    """The same with a hold on the case, and with another case that is due to be destroyed."""
    hall.af("case", "hold", "1", "--reason", "A claim")
    hall.af("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club",
            on=TODAY - timedelta(days=9))  # fmt: skip
    hall.af("case", "withdraw", "2", "--why", "Too far", on=TODAY - timedelta(days=8))
    periods = (SHIPPED / "data" / "retention.yaml").read_text(encoding="utf-8")
    (hall.af.home / "data" / "retention.yaml").write_text(
        periods.replace("years: not set\n", "years: 0\n").replace(
            "verified: false", "verified: true"
        ),
        encoding="utf-8",
    )
    return hall


def test_what_concerns_no_single_case_is_for_exactly_those_the_council_names(
    archive: Hall,
) -> None:
    hall = archive
    for role in ROLES:
        with hall.desk(role) as desk:
            for act, try_it in OF_THE_COUNCIL.items():
                named = role in COUNCIL["rights"][act.split(",")[0]]
                told = refusal(desk, try_it)
                assert (told == "") == named, f"{role}, {act}: {told or 'done'}"
                assert (DENIED in told) != named, f"{role}, {act}: {told or 'done'}"


def test_a_council_may_name_others(hall: Hall) -> None:
    own = hall.af.home / "data" / "council_rights.yaml"
    text = (SHIPPED / "data" / "council_rights.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("keep_groups: [administrator, estates_officer]",
                                "keep_groups: [ward_councillor]"), encoding="utf-8")  # fmt: skip
    with hall.desk("ward_councillor") as desk:
        assert refusal(desk, OF_THE_COUNCIL["keep_groups"]) == ""
    with hall.desk("estates_officer") as desk:
        assert DENIED in refusal(desk, OF_THE_COUNCIL["keep_groups"])
    shutil.copy(SHIPPED / "data" / "council_rights.yaml", own)


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("keep_groups:", "keep_gruops:", "there is no right keep_gruops"),
        ("keep_groups: [administrator, estates_officer]", "keep_groups: []", "nobody may keep"),
        ("[administrator, estates_officer]", "[administrator, estate_officer]",
         "there is no role estate_officer"),
        ("  administrator: {label: an administrator}\n", "", "the role administrator is missing"),
        ("{label: an administrator}", "{}", "administrator needs a label"),
        ("rights:", "rihgts:", "the file needs `rights:`"),
    ],
)  # fmt: skip
def test_a_file_of_rights_that_cannot_be_meant_is_refused_with_its_place(
    af: Terminal, was: str, now: str, sentence: str
) -> None:
    text = (SHIPPED / "data" / "council_rights.yaml").read_text(encoding="utf-8")
    assert was in text
    (af.home / "data" / "council_rights.yaml").write_text(text.replace(was, now, 1))
    refused = af("group", "add", "Rowing Club", code=2)
    assert sentence in refused.err
    assert "council_rights.yaml:" in refused.err


def test_the_acts_can_be_done_where_nothing_else_is_in_the_way(hall: Hall) -> None:
    """Else the matrix would hold because every cell is refused for some other reason."""
    done = set()
    for role in ROLES:
        with hall.desk(role) as desk:
            done |= {act for act, try_it in ON_A_CASE.items() if refusal(desk, try_it) == ""}
    # Nobody is left to ask until the service has answered, and a letter needs its facts.
    assert done == set(ON_A_CASE) - {"request_signoff", "issue_letter"}
