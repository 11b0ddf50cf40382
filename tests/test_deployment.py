"""The page for administrators, followed word for word, and what the server then enforces itself.

The attempts are made with plain SQL, as by somebody who goes round assetflow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import TODAY, Terminal, admin, furnish
from sqlalchemy import text

from assetflow.database import Store
from assetflow.errors import AssetflowError, OutsideFault

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Council:
    """A council on a server that was set up by the page."""

    home: Path
    server: str

    @property
    def place(self) -> str:
        """Where the server listens."""
        return self.server.split("@")[1]

    def as_(self, login: str) -> Terminal:
        """A terminal of whoever logs in under a name."""
        return Terminal(self.home, database_url=f"postgresql://{login}@{self.place}/assetflow")

    def sql(self, login: str, *statements: str) -> None:
        """Run statements under a login, past assetflow, in one transaction."""
        with Store(f"postgresql://{login}@{self.place}/assetflow").write() as db:
            for statement in statements:
                db.execute(text(statement))


@pytest.fixture(scope="module")
def council(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    """The page followed once: roles, tables, rights, logins; sam is the officer."""
    page = (ROOT / "docs" / "deploy-postgresql.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    roles, rights, logins = ([s.strip() for s in b.split(";") if s.strip()] for b in blocks)
    for statement in roles:
        admin(postgresql, statement)
    made = Council(tmp_path_factory.mktemp("deployed") / "home", postgresql)
    furnish(made.as_("assetflow_owner"))
    made.sql("assetflow_owner", *rights)
    for statement in (*logins, "CREATE ROLE owen LOGIN IN ROLE assetflow_users",
                      "CREATE ROLE alex LOGIN IN ROLE assetflow_users",
                      "CREATE ROLE stranger LOGIN IN ROLE assetflow_users"):  # fmt: skip
        admin(postgresql, statement)
    owner = made.as_("assetflow_owner")
    for person, login in (("sam", "sam"), ("nadia", "nadia"), ("owen", "owen"), ("alex", "alex")):
        owner("person", "login", person, login)
    settings = made.home / "assetflow.toml"
    settings.write_text(settings.read_text().replace('acting_as = "sam.taylor"', ""))
    yield made
    admin(postgresql, "DROP DATABASE assetflow WITH (FORCE)")
    for role in ("sam", "nadia", "owen", "alex", "stranger", "assetflow_users",
                 "assetflow_information", "assetflow_owner"):  # fmt: skip
        admin(postgresql, f"DROP ROLE {role}")


@pytest.fixture(scope="module")
def asked(council: Council) -> Council:
    """The same with a case on which service and legal were asked, and the service has signed."""
    sam, nadia = council.as_("sam"), council.as_("nadia")
    sam("case", "open", "--asset", "SAMPLE-0001", "--group", "Bowls Club", "--champion", "alex")
    sam("case", "record", "1", "transfer_purpose=Bowls")
    sam("signoff", "request", "1")
    nadia("signoff", "give", "1", "service")
    return council


def test_everyday_work_is_done_under_personal_logins(asked: Council) -> None:
    sam = asked.as_("sam")
    assert "by themselves" in sam("signoff", "show", "1", "service").out
    sam("case", "open", "--asset", "SAMPLE-0002", "--group", "Bowls Club")
    sam("case", "record", "2", "transfer_purpose=Bowls and a garden")
    sam("group", "add", "Rowing Club")
    sam("grant", "deputise", "kim", "--for", "sam", "--role", "case_officer",
        "--until", "2027-01-01", "--authority", "Leave")  # fmt: skip
    sam("sweep", on=TODAY + timedelta(days=60))
    sam("case", "withdraw", "2", "--why", "Found another site", on=TODAY + timedelta(days=61))
    assert "the record is whole" in sam("db", "verify").out
    with asked.as_("sam").store.read() as db:
        stamps = list(db.execute(text("SELECT login FROM journal")).scalars())
    assert {stamp.split()[0] for stamp in stamps} == {"sam", "nadia"}


def test_a_backup_is_made_under_a_personal_login(asked: Council, tmp_path: Path) -> None:
    asked.as_("sam")("db", "backup", str(tmp_path / "council.dump"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET action = 'x'",
        "DELETE FROM journal",
        "UPDATE council_journal SET action = 'x'",
        "DELETE FROM council_journal",
        "DELETE FROM journal_payloads",
        "UPDATE journal_payloads SET text = ''",
        "DROP TABLE journal",
        "DELETE FROM letters",
        "DELETE FROM signoffs",
        "DELETE FROM role_grants",
        "UPDATE workflow_versions SET canonical = '{}'",
        "UPDATE alembic_version SET version_num = '9'",
        "ALTER TABLE signoffs DISABLE TRIGGER ALL",
        "ALTER TABLE signoffs DISABLE ROW LEVEL SECURITY",
        "CREATE OR REPLACE FUNCTION af_owner() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "SET ROLE assetflow_owner",
    ],
)
def test_an_everyday_user_cannot_change_what_was_written(asked: Council, statement: str) -> None:
    with pytest.raises(OutsideFault, match="does not let you"):
        asked.sql("sam", statement)


LEGAL = "WHERE department = 'legal' AND case_id = 1"
SIGN = (
    "UPDATE signoffs SET decision = 'signed', decided_on = '2026-03-02', signatory_id = "
    "(SELECT id FROM people WHERE handle = '{by}'), recorded_by_id = "
    "(SELECT id FROM people WHERE handle = '{recorder}'), method = '{method}', "
    "evidence = '{shown}' "
    "WHERE department = '{department}' AND case_id = 1"
)
OWEN = {
    "by": "owen.price", "recorder": "owen.price", "method": "cli-login", "shown": "",
    "department": "legal",
}  # fmt: skip
GRANT = (
    "INSERT INTO role_grants (person_id, role, department, valid_from, authority) VALUES "
    "((SELECT id FROM people WHERE handle = '{who}'), '{role}', '', '2026-01-01', 'me')"
)


@pytest.mark.parametrize(
    ("login", "statement", "why"),
    [
        ("sam", SIGN.format(**OWEN), "cannot act as somebody else"),
        ("nadia", SIGN.format(**OWEN), "cannot act as somebody else"),
        ("sam", SIGN.format(**{**OWEN, "recorder": "sam.taylor"}), "nobody signs as somebody else"),
        ("sam", SIGN.format(**{**OWEN, "recorder": "sam.taylor", "method": "recorded"}),
         "nothing shows the answer"),
        ("sam", SIGN.format(**{**OWEN, "by": "sam.taylor", "recorder": "sam.taylor"}),
         "cannot sign it off"),
        ("nadia", SIGN.format(**{**OWEN, "by": "nadia.hart", "recorder": "nadia.hart"}),
         "does not sign for that department"),
        ("nadia", f"UPDATE signoffs SET statement = 'x' {LEGAL}", "cannot be changed afterwards"),
        ("nadia", "UPDATE signoffs SET decision = 'objected' WHERE department = 'service'",
         "cannot be changed"),
        ("sam", "UPDATE signoffs SET conditions = 'x' WHERE department = 'service'",
         "cannot be changed"),
        ("sam", "INSERT INTO signoffs (case_id, stage_visit, trigger, department, round, "
         "requested_on, due_on, statement, statement_sha256) VALUES (1, 1, 'accept', 'ict', 1, "
         "'2026-03-02', '2026-03-02', 'a', 'b')", "the hash is not that of the statement"),
        ("sam", "INSERT INTO signoffs (case_id, stage_visit, trigger, department, requested_on, "
         "due_on, decision, signatory_id) VALUES (1, 1, 'accept', 'ict', '2026-03-02', "
         "'2026-03-02', 'signed', 2)", "asked before it is given"),
        ("sam", "INSERT INTO signoffs (case_id, stage_visit, trigger, department, requested_on, "
         "due_on) VALUES (1, 9, 'accept', 'ict', '2026-03-02', '2026-03-02')", "another stage"),
        ("sam", "INSERT INTO journal (case_id, position, happened_on, recorded_at, actor_id, "
         "action, payload_digest, previous, hash) SELECT 1, 99, '2026-03-02', now(), id, 'noted', "
         "'', '', '' FROM people WHERE handle = 'owen.price'", "cannot act as somebody else"),
        ("stranger", "INSERT INTO council_journal (position, happened_on, recorded_at, actor_id, "
         "action, payload_digest, previous, hash) VALUES (999, '2026-03-02', now(), 1, 'x', '', "
         "'', '')", "nobody here logs in as"),
        ("nadia", GRANT.format(who="nadia.hart", role="administrator"), None),
        ("nadia", GRANT.format(who="owen.price", role="director"), None),
        ("alex", GRANT.format(who="alex.reid", role="head_of_legal"), None),
        ("nadia", "INSERT INTO deputies (person_id, principal_id, role, valid_from, valid_to, "
         "authority, granted_by_id, granted_at) SELECT n.id, o.id, 'signatory', '2026-01-01', "
         "'2030-01-01', 'me', n.id, now() FROM people n, people o WHERE n.handle = 'nadia.hart' "
         "AND o.handle = 'owen.price'", None),
        ("nadia", "UPDATE people SET login = 'nadia2' WHERE handle = 'nadia.hart'",
         "only an administrator"),
        ("stranger", "INSERT INTO people (handle, name, login, recorded_at) VALUES ('x', 'X', "
         "'stranger', now())", "only an administrator"),
        ("nadia", "CREATE TEMP TABLE people (id integer, login text, left_on date); INSERT INTO "
         "pg_temp.people SELECT id, 'nadia', NULL FROM public.people WHERE handle = 'owen.price'; "
         + SIGN.format(**OWEN).replace("FROM people", "FROM public.people"), None),
    ],
)  # fmt: skip
def test_whoever_goes_round_assetflow_is_refused_by_the_server(
    asked: Council, login: str, statement: str, why: str | None
) -> None:
    with pytest.raises(AssetflowError) as refused:
        asked.sql(login, *statement.split("; "))
    told = str(refused.value).casefold()
    assert (why or "does not let you").casefold() in told


def test_whoever_is_nobody_here_changes_no_sign_off(asked: Council) -> None:
    asked.sql("stranger", SIGN.format(**OWEN))
    assert "waiting" in asked.as_("sam")("signoff", "list", "1").out
    assert "Owen Price" not in asked.as_("sam")("signoff", "list", "1").out


def test_an_ended_role_is_gone_at_once_at_the_server_too(asked: Council) -> None:
    asked.as_("alex")("grant", "revoke", "owen", "signatory", "--department", "legal",
                      "--authority", "Left the team")  # fmt: skip
    with pytest.raises(AssetflowError, match="does not sign for that department"):
        asked.sql("owen", SIGN.format(**OWEN))


def test_the_information_governance_officer_erases_and_nobody_else_can(asked: Council) -> None:
    sam = asked.as_("sam")
    proof = asked.home / "mail.txt"
    proof.write_text("Aldous Quillfeather agrees.")
    opened = sam("case", "open", "--asset", "SAMPLE-0003", "--group", "Chess Club", "--contact",
                 "Aldous Quillfeather", "--email", "aldous@chess.example", "--json")  # fmt: skip
    case = opened.json["overview"]["reference"]
    sam("case", "record", case, "transfer_purpose=Chess, says Aldous Quillfeather")
    sam("signoff", "request", case)
    nadia = asked.as_("nadia")
    nadia("signoff", "give", case, "service", "--condition", "Aldous Quillfeather pays",
          "--evidence-file", str(proof))  # fmt: skip
    sam("case", "withdraw", case, "--why", "Aldous Quillfeather has moved")
    erase = ("person", "erase", "Aldous Quillfeather", "--ground", "Request")
    later = TODAY.replace(year=2040)
    refused = sam(*erase, on=later, code=4)
    assert "does not let you" in refused.err
    assert "the record is whole" in sam("db", "verify").out
    admin(asked.server, "GRANT assetflow_information TO sam")
    assert "kept" not in sam(*erase, on=later).out
    assert "Nothing is held" in sam(*erase, on=later, code=6).err
    assert "the record is whole" in sam("db", "verify").out


def test_whoever_names_somebody_else_is_told_in_words(asked: Council) -> None:
    told = asked.as_("nadia")("--as", "kim", "case", "note", "1", "Rang the group.", code=1)
    assert "Whoever logs in as nadia cannot act as somebody else." in told.err


def test_whoever_has_no_login_here_is_told_in_words(asked: Council) -> None:
    told = asked.as_("stranger")("case", "note", "1", "Rang the group.", code=2)
    assert "It is not known who you are." in told.err
