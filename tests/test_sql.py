"""Statements that are compiled once, and the case that a change gives back without reading it."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from conftest import TODAY, Terminal
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from assetflow import models as m
from assetflow import queries
from assetflow.casework import record
from assetflow.casework.desk import Desk
from assetflow.database import Store
from assetflow.queries import Case
from assetflow.sql import Statement, among, carry_out, inserting, numbers, together

MOMENT = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
ANCHOR = inserting(m.anchors)
ANCHORS = Statement(select(m.anchors.c.taken_at, m.anchors.c.cases).order_by(m.anchors.c.cases))
PEOPLE = Statement(select(m.people.c.left_on).where(among(m.people.c.id, 10)))


def test_a_statement_turns_days_and_moments_to_and_fro(case: Terminal) -> None:
    leave = Statement(
        m.people.update().where(m.people.c.id == bindparam("who")).values(left_on=bindparam("on"))
    )
    with case.store.write() as db:
        ANCHOR.run(db, taken_at=MOMENT, root="0" * 64, cases=1)
        assert ANCHORS.first(db) == (MOMENT, 1)
        assert leave.run(db, who=1, on=date(2026, 5, 1)) == 1
        assert [tuple(row) for row in PEOPLE.rows(db, **numbers([1], 10))] == [(date(2026, 5, 1),)]
        assert leave.run(db, who=0, on=None) == 0


def test_several_statements_are_asked_and_carried_out_in_their_order(case: Terminal) -> None:
    with case.store.write() as db:
        taken = {"taken_at": MOMENT, "root": "0" * 64}
        carry_out(db, *((ANCHOR, {**taken, "cases": count}) for count in (1, 2, 3)))
        anchors, people = together(db, (ANCHORS, {}), (PEOPLE, numbers([1, 2], 10)))
    assert [row.cases for row in anchors] == [1, 2, 3]
    assert len(people) == 2


def test_an_error_is_given_as_sqlalchemy_gives_it(case: Terminal) -> None:
    wrong = Statement(select(m.people.c.id).where(text("no_such_column = 1")))
    with case.store.read() as db, pytest.raises(DBAPIError, match="no_such_column"):
        wrong.rows(db)


def test_a_value_that_is_missing_is_our_own_bug(case: Terminal) -> None:
    with pytest.raises((KeyError, DBAPIError)), case.store.write() as db:
        ANCHOR.run(db, taken_at=MOMENT, cases=1)


# --- what a change gives back ---------------------------------------------------------------------


def test_a_change_gives_back_the_case_as_it_stands_in_the_database(
    case: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[str] = []
    change = record.change

    def compared(desk: Desk, before: Case, action: str, **named: Any) -> Case:
        given = change(desk, before, action, **named)
        stored = queries.case(desk.db, before.id)
        # The letters of this change are written after it; what it replaced is of this change alone.
        passing = ("letters_sent", "replaced")
        seen = {name: getattr(given.snapshot, name) for name in passing}
        assert given == replace(stored, snapshot=replace(stored.snapshot, **seen))
        changes.append(action)
        return given

    monkeypatch.setattr(record, "change", compared)
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club", "--champion", "alex")
    case("case", "note", "1", "Rang the group.")
    case("champion", "name", "1", "alex")
    case("case", "record", "1", "transfer_purpose=Bowls", "ownership_confirmed=yes")
    case("case", "advance", "1", "ask_for_information", "--fact", "reply_by=2026-04-01",
         "--fact", "pause_reason=accounts",
         "--fact", "information_needed=Accounts")  # fmt: skip
    case("letter", "issue", "1", "holding_update", "--fact", "progress_made=Some",
         "--fact", "progress_awaited=Title", "--fact", "forecast_date=2026-12-01")  # fmt: skip
    case("case", "advance", "1", "receive_information")
    case("signoff", "request", "1")
    case("case", "withdraw", "1", "--why", "Found another site")
    assert len(changes) >= 10
    assert set(changes) >= {"opened", "advanced", "champion_named", "fact_recorded", "noted",
                            "letter_issued", "signoff_requested"}  # fmt: skip


# --- the kept connection --------------------------------------------------------------------------


def test_a_store_keeps_one_connection_for_each_way_and_drops_one_that_failed(
    case: Terminal,
) -> None:
    store = Store(case.store.backend.url.render_as_string(hide_password=False), keep=True)
    seen = []
    for _ in range(2):
        with store.write() as db:
            seen.append(db.connection.driver_connection)
        with store.read() as db:
            seen.append(db.connection.driver_connection)
            with pytest.raises(Exception, match=r"may not be written|read-only"), store.read() as b:
                b.execute(text("DELETE FROM reminders"))
    assert seen[0] is seen[2]
    assert seen[1] is seen[3]
    with pytest.raises(ZeroDivisionError), store.write() as db:
        _ = 1 / 0
    with store.write() as db:
        assert db.connection.driver_connection is not seen[0]
    store.close()
    with store.read() as db:
        assert db.connection.driver_connection is not seen[1]
    store.close()


@pytest.mark.sqlite_only
def test_a_case_is_found_by_index_and_never_among_all(case: Terminal) -> None:
    case("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")

    def plan(query: Any) -> str:
        rows = db.execute(text("EXPLAIN QUERY PLAN " + query), {"on": TODAY.isoformat()})
        return "; ".join(row[3] for row in rows)

    with case.store.read() as db:
        for typed in ("CAT-2026-0002", "cat-2026-0002", "2", "0002", " 2 "):
            assert queries.case_id(db, typed) == 2
        due = plan("SELECT id FROM cases WHERE next_alert_on <= :on")
        assert "ix_cases_alert" in due
        assert "ix_letters_filed_at" in plan("SELECT id FROM letters WHERE filed_at IS NULL")
        assert "COVERING INDEX ix_letters_sent" in plan(
            "SELECT name, max(dated) FROM letters WHERE case_id IN (1) "
            "AND recipient_kind = 'group' GROUP BY case_id, name"
        )


@pytest.mark.sqlite_only
def test_a_child_never_gets_the_connection_of_its_parent(case: Terminal) -> None:
    store = Store(str(case.store.backend.url), keep=True)
    with store.write() as db:
        mine = db.connection.driver_connection
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        with store.write() as db:
            os.write(write, b"same" if db.connection.driver_connection is mine else b"new")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"new"
    store.close()
    os.close(read)
    os.close(write)
