"""published versions of routes, cases that are parts of cases, scores, interests, the outbox.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("moderated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scorer_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("score >= 0", name=op.f("ck_scores_score_not_negative")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_scores_case_id")),
        sa.ForeignKeyConstraint(["scorer_id"], ["people.id"], name=op.f("fk_scores_scorer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.UniqueConstraint(
            "case_id",
            "criterion",
            "moderated",
            "scorer_id",
            name=op.f("uq_scores_case_id_criterion_moderated_scorer_id"),
        ),
    )
    op.create_table(
        "interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("steps_aside", sa.Integer(), server_default="0", nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_interests_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_interests_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sa.UniqueConstraint("case_id", "person_id", name=op.f("uq_interests_case_id_person_id")),
    )
    op.create_table(
        "calendars",
        sa.Column("division", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("division", name=op.f("pk_calendars")),
    )
    with op.batch_alter_table("workflow_versions") as batch_op:
        batch_op.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("published_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("authority", sa.Text(), server_default="", nullable=False))
        batch_op.create_unique_constraint(
            batch_op.f("uq_workflow_versions_name_valid_from"), ["name", "valid_from"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_workflow_versions_published_by_id"),
            "people",
            ["published_by_id"],
            ["id"],
        )
    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(sa.Column("pauses", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("progress_on", sa.Date(), nullable=True))
        for name in ("parent_id", "continues_id"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f"fk_cases_{name}"), "cases", [name], ["id"])
            batch_op.create_index(batch_op.f(f"ix_cases_{name}"), [name], unique=False)
    # What moved a case on before is told by its journal: its steps, and the answers to sign-offs.
    op.execute(
        "UPDATE cases SET progress_on = (SELECT MAX(journal.happened_on) FROM journal "
        "WHERE journal.case_id = cases.id AND journal.action IN "
        "('opened', 'advanced', 'signoff_given', 'objection_raised'))"
    )
    _add_the_outbox()
    _add_lease_terms()


def _add_lease_terms() -> None:
    op.create_table(
        "lease_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_lease_papers_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_papers")),
        sa.UniqueConstraint(
            "case_id", "paper", "number", name=op.f("uq_lease_papers_case_id_paper_number")
        ),
    )
    op.create_table(
        "lease_acceptances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "party IN ('group', 'champion')", name=op.f("ck_lease_acceptances_party_known")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_lease_acceptances_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_acceptances")),
        sa.UniqueConstraint(
            "case_id", "code", "party", name=op.f("uq_lease_acceptances_case_id_code_party")
        ),
    )
    op.create_table(
        "funders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_funders_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funders")),
        sa.UniqueConstraint("case_id", "name", name=op.f("uq_funders_case_id_name")),
    )


def _add_the_outbox() -> None:
    with op.batch_alter_table("reminders") as batch_op:
        batch_op.add_column(sa.Column("requires", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("policy", sa.String(10), nullable=False),
        sa.Column("way", sa.String(10), server_default="email", nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=True),
        sa.Column("claim", sa.String(32), server_default="", nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("channel", sa.String(10), server_default="", nullable=False),
        sa.Column("remote_id", sa.String(60), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("policy IN ('retry', 'hold')", name=op.f("ck_outbox_policy_known")),
        sa.CheckConstraint("way IN ('email', 'post')", name=op.f("ck_outbox_way_known")),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'underway', 'sent', 'failed', 'unknown')",
            name=op.f("ck_outbox_state_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_outbox_letter_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outbox_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    for name in ("case_id", "letter_id", "person_id"):
        op.create_index(op.f(f"ix_outbox_{name}"), "outbox", [name], unique=False)
    op.create_index("ix_outbox_state", "outbox", ["state", "id"], unique=False)
    op.create_table(
        "outbox_files",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox.id"], name=op.f("fk_outbox_files_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "place", name=op.f("pk_outbox_files")),
    )
    op.create_table(
        "reminder_people",
        sa.Column("reminder_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminders.id"], name=op.f("fk_reminder_people_reminder_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_reminder_people_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["outbox.id"], name=op.f("fk_reminder_people_digest_id")
        ),
        sa.PrimaryKeyConstraint("reminder_id", "person_id", name=op.f("pk_reminder_people")),
    )
    op.create_index(
        op.f("ix_reminder_people_digest_id"), "reminder_people", ["digest_id"], unique=False
    )


def downgrade() -> None:
    raise RuntimeError("Upgrades go forward only; restore the backup made before this one.")
