"""grants with authority, deputies, evidence, holds, and the council's own journal.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from assetflow.migrations import server_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "council_payloads",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_council_payloads")),
    )
    op.create_table(
        "council_journal",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("payload_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("login", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_council_journal_position_positive")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_council_journal_actor_id")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_council_journal")),
    )
    op.create_table(
        "deputies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("principal_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("end_authority", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("person_id <> principal_id", name=op.f("ck_deputies_not_oneself")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["people.id"], name=op.f("fk_deputies_ended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["people.id"], name=op.f("fk_deputies_granted_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deputies_person_id")),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["people.id"], name=op.f("fk_deputies_principal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputies")),
        sa.UniqueConstraint(
            "person_id",
            "principal_id",
            "role",
            "department",
            "valid_from",
            name=op.f("uq_deputies_person_id_principal_id_role_department_valid_from"),
        ),
    )
    with op.batch_alter_table("deputies") as batch_op:
        batch_op.create_index(batch_op.f("ix_deputies_person_id"), ["person_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_evidence_case_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name=op.f("fk_evidence_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("case_id", "sha256", name=op.f("uq_evidence_case_id_sha256")),
    )
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_case_id"), ["case_id"], unique=False)

    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lift_reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id")),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["people.id"], name=op.f("fk_holds_lifted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["people.id"], name=op.f("fk_holds_placed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds") as batch_op:
        batch_op.create_index(batch_op.f("ix_holds_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("anchors") as batch_op:
        batch_op.add_column(sa.Column("sent_to", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(sa.Column("destroyed_on", sa.Date(), nullable=True))

    with op.batch_alter_table("journal") as batch_op:
        batch_op.add_column(sa.Column("login", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("people") as batch_op:
        batch_op.add_column(sa.Column("login", sa.String(length=63), nullable=True))
        batch_op.add_column(sa.Column("erased_on", sa.Date(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_people_login"), ["login"])

    with op.batch_alter_table("role_grants") as batch_op:
        batch_op.add_column(sa.Column("authority", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("granted_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("granted_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("ended_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("end_authority", sa.Text(), server_default="", nullable=False)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grants_ended_by_id"), "people", ["ended_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_role_grants_granted_by_id"), "people", ["granted_by_id"], ["id"]
        )

    with op.batch_alter_table("signoffs") as batch_op:
        batch_op.add_column(sa.Column("round", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("statement", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("statement_sha256", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("evidence_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("recorded_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("login", sa.Text(), server_default="", nullable=False))
        batch_op.drop_constraint(
            batch_op.f("uq_signoffs_case_id_stage_visit_trigger_department"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_signoffs_case_id_stage_visit_trigger_department_round"),
            ["case_id", "stage_visit", "trigger", "department", "round"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_signoffs_evidence_id"), "evidence", ["evidence_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_signoffs_recorded_by_id"), "people", ["recorded_by_id"], ["id"]
        )

    op.drop_index(op.f("ix_letters_case_id"), table_name="letters")
    op.create_index(
        "ix_letters_sent", "letters", ["case_id", "recipient_kind", "name", "dated"], unique=False
    )
    op.create_index("ix_letters_filed_at", "letters", ["filed_at"], unique=False)

    council_journal_is_append_only()
    if op.get_bind().dialect.name == "postgresql":
        for statement in server_0002.STATEMENTS:
            op.execute(statement)


def council_journal_is_append_only() -> None:
    """Let the database itself refuse to change or delete what the council's journal says."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        does = (
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuses()"
            if on_postgresql
            else "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER council_journal_refuses_{change.lower()} "
            f"BEFORE {change} ON council_journal {does}"
        )


def downgrade() -> None:
    raise RuntimeError("Upgrades go forward only; restore the backup made before this one.")
