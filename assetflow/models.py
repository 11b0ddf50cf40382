"""The tables of the store, as SQLAlchemy Core tables with portable types.

Core and not the ORM: importing the ORM costs a list command 70 ms and its objects are several
times slower to read; rows leave ``queries`` as the plain dataclasses of ``snapshot``.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so it is given back with one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Store UTC without its zone; a moment without a zone is our bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give the moment back in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Spans(TypeDecorator[tuple[tuple[date, date | None, str], ...]]):
    """Spans of days with a word each, in their order, as JSON; the last may have no end yet.

    They are read with their row at once: a table of their own would cost every command a statement.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """Write the days as in ISO 8601."""
        return json.dumps([[begin, end, word] for begin, end, word in value], default=str)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Give the days back as dates."""
        if value == "[]":
            return ()
        return tuple(
            (date.fromisoformat(begin), date.fromisoformat(end) if end else None, word)
            for begin, end, word in json.loads(value)
        )


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, default=default, server_default=default)


people = Table(
    "people",
    metadata,
    _id(),
    Column("handle", String(60), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _text("job_title"),
    _text("phone"),
    _text("email"),
    Column("left_on", Date),
    # Their name at the database server, or at the machine where the database is a file.
    Column("login", String(63), unique=True),
    # When their particulars were erased; the row stays, for the records that point to it.
    Column("erased_on", Date),
    Column("recorded_at", Instant, nullable=False),
)

role_grants = Table(
    "role_grants",
    metadata,
    _id(),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("role", String(60), nullable=False),
    Column("department", String(60), nullable=False, default="", server_default=""),
    Column("valid_from", Date, nullable=False),
    # The last day on which it holds.
    Column("valid_to", Date),
    # The decision or scheme of delegation it rests on.
    _text("authority"),
    Column("granted_by_id", ForeignKey("people.id")),
    Column("granted_at", Instant),
    Column("ended_by_id", ForeignKey("people.id")),
    Column("ended_at", Instant),
    _text("end_authority"),
    UniqueConstraint("person_id", "role", "department", "valid_from"),
)

# Who stands in for whom: in one role or place on a case, and always only until a day.
deputies = Table(
    "deputies",
    metadata,
    _id(),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("principal_id", ForeignKey("people.id"), nullable=False),
    Column("role", String(60), nullable=False),
    Column("department", String(60), nullable=False, default="", server_default=""),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("authority", Text, nullable=False),
    Column("granted_by_id", ForeignKey("people.id"), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("ended_by_id", ForeignKey("people.id")),
    Column("ended_at", Instant),
    _text("end_authority"),
    UniqueConstraint("person_id", "principal_id", "role", "department", "valid_from"),
    CheckConstraint("person_id <> principal_id", name="not_oneself"),
)

groups = Table(
    "community_groups",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("contact_name"),
    _text("email"),
    _text("phone"),
    _text("address"),
    Column("recorded_at", Instant, nullable=False),
)

assets = Table(
    "assets",
    metadata,
    _id(),
    Column("unique_asset_id", String(80), unique=True),
    Column("uprn", String(12), unique=True),
    _text("organisation"),
    _text("organisation_code"),
    _text("name"),
    _text("number"),
    _text("street"),
    _text("town"),
    _text("postcode"),
    # Coordinates are kept as the council published them, never rounded.
    Column("easting", String(20)),
    Column("northing", String(20)),
    Column("latitude", String(20)),
    Column("longitude", String(20)),
    _text("tenure"),
    _text("tenure_detail"),
    _text("holding"),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("unique_asset_id IS NOT NULL OR uprn IS NOT NULL", name="has_a_key"),
)

workflow_versions = Table(
    "workflow_versions",
    metadata,
    _id(),
    Column("name", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("canonical", Text, nullable=False),
    # A case keeps the version in force on the day it was filed; NULL is in force since ever.
    Column("valid_from", Date),
    Column("published_by_id", ForeignKey("people.id")),
    # The decision or policy paper it rests on.
    _text("authority"),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
    UniqueConstraint("name", "valid_from"),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("reference", String(40), nullable=False, unique=True),
    Column("asset_id", ForeignKey("assets.id"), nullable=False, index=True),
    Column("group_id", ForeignKey("community_groups.id"), nullable=False, index=True),
    Column("workflow_version_id", ForeignKey("workflow_versions.id"), nullable=False),
    # The case it is a part of: a bid of its competition, a site of its application.
    Column("parent_id", ForeignKey("cases.id"), index=True),
    # The case that goes on as this one: a preferred bid as a transfer.
    Column("continues_id", ForeignKey("cases.id"), index=True),
    Column("stage", String(60), nullable=False),
    # How often the case has entered a stage: sign-offs asked in an earlier visit do not count.
    Column("stage_visit", Integer, nullable=False),
    Column("stage_since", Date, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("waiting_on", String(20), nullable=False),
    Column("waiting_since", Date, nullable=False),
    Column("officer_id", ForeignKey("people.id"), nullable=False),
    Column("champion_id", ForeignKey("people.id")),
    # Since when the champion is named, or since when the place is vacant.
    Column("champion_since", Date, nullable=False),
    # When its targets stood still, and why.
    Column("pauses", Spans, nullable=False, default=(), server_default="[]"),
    Column("written_to_group_on", Date, nullable=False),
    # The last day on which anything moved it on; notes and reminders do not. NULL in cases of
    # older versions that nothing has moved since: the day on which they came to their stage.
    Column("progress_on", Date),
    Column("closed_on", Date),
    # The first day on which anything new can fall due; NULL when nothing can.
    Column("next_alert_on", Date),
    # The position of the newest journal record: every change writes one, so it is the version.
    Column("version", Integer, nullable=False),
    # The hash of that record.
    Column("head", String(64), nullable=False),
    # When its words and letters were destroyed under the retention schedule.
    Column("destroyed_on", Date),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint(
        "champion_id IS NULL OR champion_id <> officer_id", name="champion_not_officer"
    ),
    CheckConstraint("version >= 0", name="version_not_negative"),
)
# Not a partial index: naming a dialect here would import that dialect into every command.
Index("ix_cases_alert", cases.c.next_alert_on, cases.c.id)

facts = Table(
    "facts",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
    Column("happened_on", Date, nullable=False),
)

signoffs = Table(
    "signoffs",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("stage_visit", Integer, nullable=False),
    Column("trigger", String(60), nullable=False),
    Column("department", String(60), nullable=False),
    # A department is asked again when what it was asked about has changed.
    Column("round", Integer, nullable=False, default=1, server_default="1"),
    # What was put before the department, as canonical JSON; empty in cases of older versions.
    _text("statement"),
    Column("statement_sha256", String(64), nullable=False, default="", server_default=""),
    Column("requested_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("decision", String(20)),
    Column("decided_on", Date),
    Column("signatory_id", ForeignKey("people.id")),
    # How the answer reached the record: `recorded` by an officer, or `cli-login` by the signatory.
    Column("method", String(20)),
    _text("evidence"),
    Column("evidence_id", ForeignKey("evidence.id")),
    _text("conditions"),
    Column("recorded_by_id", ForeignKey("people.id")),
    # Stamped by the database server where there is one: who was really logged in.
    _text("login"),
    UniqueConstraint("case_id", "stage_visit", "trigger", "department", "round"),
    CheckConstraint("decision IN ('signed', 'objected')", name="decision_known"),
    CheckConstraint("(decision IS NULL) = (signatory_id IS NULL)", name="decision_has_signatory"),
)

# What one scorer gives a case on one criterion, and what the scorers then agree on together.
scores = Table(
    "scores",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    # Its label, as the criteria on the file or the route name it.
    Column("criterion", Text, nullable=False),
    # The scorer's own score, or the one agreed in moderation, which whoever chaired it records.
    Column("moderated", Integer, nullable=False, default=0, server_default="0"),
    Column("scorer_id", ForeignKey("people.id"), nullable=False),
    Column("score", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "criterion", "moderated", "scorer_id"),
    CheckConstraint("score >= 0", name="score_not_negative"),
)

# What somebody who scores has declared about their own interest in a case.
interests = Table(
    "interests",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("statement", Text, nullable=False),
    # Whether they take no part in scoring it.
    Column("steps_aside", Integer, nullable=False, default=0, server_default="0"),
    Column("declared_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "person_id"),
)

# Lease terms as each paper has them: a tender, heads of terms, a draft. None is ever overwritten.
lease_papers = Table(
    "lease_papers",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("paper", String(60), nullable=False),
    # The first, second … of its kind on a case.
    Column("number", Integer, nullable=False),
    # The terms as JSON; empty once they were destroyed.
    Column("terms", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("recorded_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "paper", "number"),
)

# Who has accepted in writing that a paper is worse for the group than an earlier one.
lease_acceptances = Table(
    "lease_acceptances",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    # The SHA-256 of the difference, in the words of both papers.
    Column("code", String(64), nullable=False),
    Column("party", String(10), nullable=False),
    Column("difference", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("accepted_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "code", "party"),
    CheckConstraint("party IN ('group', 'champion')", name="party_known"),
)

# Who gives money for a case, and what they ask of the lease in return.
funders = Table(
    "funders",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("name", Text, nullable=False),
    # What it asks, as JSON.
    Column("asks", Text, nullable=False),
    Column("deadline", Date),
    Column("recorded_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "name"),
)

# What shows that a department said what was recorded for it: an email, a minute, a letter.
evidence = Table(
    "evidence",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    # NULL once it was erased; its hash stays in the journal.
    Column("content", LargeBinary),
    Column("recorded_by_id", ForeignKey("people.id"), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("case_id", "sha256"),
)

# While a hold lies on a case nothing of it is erased or destroyed.
holds = Table(
    "holds",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("placed_by_id", ForeignKey("people.id"), nullable=False),
    Column("lifted_on", Date),
    Column("lifted_by_id", ForeignKey("people.id")),
    _text("lift_reason"),
)

objections = Table(
    "objections",
    metadata,
    _id(),
    Column("signoff_id", ForeignKey("signoffs.id"), nullable=False, index=True),
    Column("category", String(60), nullable=False),
    Column("blocks", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("way_forward", Text, nullable=False),
    _text("authority"),
    _text("consequence"),
    Column("raised_by_id", ForeignKey("people.id"), nullable=False),
    Column("raised_on", Date, nullable=False),
    Column("resolved_on", Date),
    CheckConstraint("way_forward <> ''", name="has_a_way_forward"),
)

letters = Table(
    "letters",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("name", String(80), nullable=False),
    Column("recipient_kind", String(20), nullable=False),
    Column("recipient_name", Text, nullable=False),
    _text("recipient_email"),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("template_sha256", String(64), nullable=False),
    Column("context_sha256", String(64), nullable=False),
    Column("dated", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    # When its files were written to the home folder, after the commit that made it.
    Column("filed_at", Instant),
)
# What letters went to the group is read with every case, and never from the letters themselves.
Index(
    "ix_letters_sent",
    letters.c.case_id,
    letters.c.recipient_kind,
    letters.c.name,
    letters.c.dated,
)
Index("ix_letters_filed_at", letters.c.filed_at)

reminders = Table(
    "reminders",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("key", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("sent_on", Date, nullable=False),
    Column("recipients", Text, nullable=False),
    # What is to be done about it.
    _text("requires"),
    Column("letter_id", ForeignKey("letters.id")),
    Column("recorded_at", Instant, nullable=False),
    # A ladder level passed on the way to a higher one is noted, not sent.
    Column("superseded", Integer, nullable=False, default=0, server_default="0"),
    UniqueConstraint("case_id", "kind", "key"),
)

# What is to leave by mail, a row for each address. It is queued in the transaction that made the
# letter or the digest, and leaves after it.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    # What it is, once for ever: letter and place of the address, or person and day of a digest.
    Column("key", String(80), nullable=False, unique=True),
    Column("case_id", ForeignKey("cases.id"), index=True),
    # Whose words it carries; a digest has words of its own.
    Column("letter_id", ForeignKey("letters.id"), index=True),
    Column("person_id", ForeignKey("people.id"), index=True),
    Column("address", Text, nullable=False),
    _text("subject"),
    _text("text"),
    _text("html"),
    # Where it is not known whether it arrived: `retry` sends it again, `hold` lets people decide.
    Column("policy", String(10), nullable=False),
    # By email or by post.
    Column("way", String(10), nullable=False, default="email", server_default="email"),
    # queued, sending, underway, sent, failed or unknown.
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    _text("problem"),
    Column("next_try_at", Instant),
    # Who is sending it, and since when: what a killed process left is found by it.
    Column("claim", String(32), nullable=False, default="", server_default=""),
    Column("claimed_at", Instant),
    # The channel that tried it last, and what the service behind it calls the message.
    Column("channel", String(10), nullable=False, default="", server_default=""),
    Column("remote_id", String(60), nullable=False, default="", server_default=""),
    Column("sent_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("policy IN ('retry', 'hold')", name="policy_known"),
    CheckConstraint("way IN ('email', 'post')", name="way_known"),
    CheckConstraint(
        "state IN ('queued', 'sending', 'underway', 'sent', 'failed', 'unknown')",
        name="state_known",
    ),
)
# What waits is few among what was sent; it is looked at by every delivery.
Index("ix_outbox_state", outbox.c.state, outbox.c.id)

# The files that go with a message.
outbox_files = Table(
    "outbox_files",
    metadata,
    Column("message_id", ForeignKey("outbox.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    # NULL once the message has arrived, or was erased.
    Column("content", LargeBinary),
)

# Who is to hear of a reminder, and the digest that told them.
reminder_people = Table(
    "reminder_people",
    metadata,
    Column("reminder_id", ForeignKey("reminders.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("digest_id", ForeignKey("outbox.id"), index=True),
)

journal = Table(
    "journal",
    metadata,
    _id(),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor_id", ForeignKey("people.id"), nullable=False),
    Column("action", String(40), nullable=False),
    Column("trigger", String(60)),
    Column("from_stage", String(60)),
    Column("to_stage", String(60)),
    # The links of the hash chain; what a record says in words stands in journal_payloads.
    Column("payload_digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    # Stamped by the database server where there is one; not a link of the chain.
    _text("login"),
    UniqueConstraint("case_id", "position"),
    CheckConstraint("position >= 1", name="position_positive"),
)

# Apart from the journal, so that personal data can be erased without breaking the chain.
journal_payloads = Table(
    "journal_payloads",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("text", Text, nullable=False),
)

# The journal of what concerns no single case: people, grants, holds, erasures.
council_journal = Table(
    "council_journal",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("happened_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor_id", ForeignKey("people.id"), nullable=False),
    Column("action", String(40), nullable=False),
    Column("payload_digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    _text("login"),
    CheckConstraint("position >= 1", name="position_positive"),
)

council_payloads = Table(
    "council_payloads",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
    Column("text", Text, nullable=False),
)

# Numbers given out one by one; the row is locked by the transaction that takes one.
counters = Table(
    "counters",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Integer, nullable=False),
)

# The days without work with which the dates of cases were last computed, division by division.
calendars = Table(
    "calendars",
    metadata,
    Column("division", String(40), primary_key=True),
    Column("sha256", String(64), nullable=False),
    # As JSON: bank holidays and closing days, without their titles.
    Column("days", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# What anchors were taken; the anchors themselves belong outside this database.
anchors = Table(
    "anchors",
    metadata,
    _id(),
    Column("taken_at", Instant, nullable=False),
    Column("root", String(64), nullable=False),
    Column("cases", Integer, nullable=False),
    # Where it was sent, beside its file.
    _text("sent_to"),
)
