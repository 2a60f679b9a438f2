"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from activities.records.types import Counter, Instant, JsonText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "app_inbox",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("message_class", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_app_inbox")),
    )
    op.create_index("ix_app_inbox_journey_at", "app_inbox", ["journey", "at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "callback",
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("webhook_id", sa.String(length=200), nullable=False),
        sa.Column("business_id", sa.String(length=250), nullable=True),
        sa.Column("journey", sa.String(length=64), nullable=True),
        sa.Column("received", Instant(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("partner", "webhook_id", name=op.f("pk_callback")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("age", sa.Float(), nullable=False),
        sa.Column("data", JsonText(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "idempotency",
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("route", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "incident",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_by", sa.String(length=128), nullable=True),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_incident")),
    )
    op.create_table(
        "key_tombstone",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_key_tombstone")),
    )
    op.create_table(
        "owner_key",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kek", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "version", name=op.f("pk_owner_key")),
    )
    op.create_table(
        "patient",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_patient")),
    )
    op.create_table(
        "plan",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stored", Instant(), nullable=False),
        sa.Column("published", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_plan")),
    )
    op.create_index("ix_plan_id_version", "plan", ["id", "version"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("message", sa.String(length=250), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.String(length=250), nullable=True),
        sa.PrimaryKeyConstraint("message", "status", name=op.f("pk_receipt")),
    )
    op.create_table(
        "site",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stored", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_site")),
    )
    op.create_table(
        "approval",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["plan.sha256"], name=op.f("fk_approval_sha256")),
        sa.PrimaryKeyConstraint("sha256", "who", name=op.f("pk_approval")),
    )
    op.create_table(
        "journey",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cursor", Counter, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("stop_messages", sa.Boolean(), nullable=False),
        sa.Column("except_prefixes", JsonText(), nullable=False),
        sa.Column("next_due", Instant(), nullable=True),
        sa.Column("woke_at", Instant(), nullable=True),
        sa.Column("last_tick_at", Instant(), nullable=True),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("plans", JsonText(), nullable=False),
        sa.Column("site_sha", sa.String(length=64), nullable=True),
        sa.Column("rehearsal", JsonText(), nullable=True),
        sa.Column("show", JsonText(), nullable=True),
        sa.ForeignKeyConstraint(["key"], ["patient.key"], name=op.f("fk_journey_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_journey")),
    )
    op.create_index("ix_journey_next_due", "journey", ["next_due"], unique=False)
    op.create_index("ix_journey_started", "journey", ["started"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("pathway", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("plan_sha", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ended", sa.String(length=64), nullable=True),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("closed", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_enrolment_journey")),
        sa.PrimaryKeyConstraint("journey", "id", name=op.f("pk_enrolment")),
    )
    op.create_table(
        "explanation",
        sa.Column("seq", Counter, autoincrement=True, nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("enrolment", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_explanation_journey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_explanation")),
        sa.UniqueConstraint("journey", "key", name=op.f("uq_explanation_journey_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_explanation_journey_path", "explanation", ["journey", "path"], unique=False)
    op.create_table(
        "handoff",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("enrolment", sa.String(length=64), nullable=False),
        sa.Column("machine", sa.String(length=32), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("business_id", sa.String(length=250), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("cancel_wanted", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("opened", Instant(), nullable=False),
        sa.Column("changed", Instant(), nullable=False),
        sa.Column("partner_ref", sa.String(length=250), nullable=True),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_handoff_journey")),
        sa.PrimaryKeyConstraint("journey", "number", name=op.f("pk_handoff")),
        sa.UniqueConstraint("business_id", name=op.f("uq_handoff_business_id")),
        sa.UniqueConstraint("key", name=op.f("uq_handoff_key")),
    )
    op.create_table(
        "inbox",
        sa.Column("seq", Counter, autoincrement=True, nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen", Instant(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_inbox_journey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inbox")),
        sa.UniqueConstraint("journey", "id", name=op.f("uq_inbox_journey_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_journey_seq", "inbox", ["journey", "seq"], unique=False)
    op.create_table(
        "occurrence_end",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.String(length=250), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_occurrence_end_journey")),
        sa.PrimaryKeyConstraint("journey", "occurrence", name=op.f("pk_occurrence_end")),
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("enrolment", sa.String(length=64), nullable=True),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("message_class", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("expires", Instant(), nullable=False),
        sa.Column("wall_due", Instant(), nullable=False),
        sa.Column("wall_expires", Instant(), nullable=False),
        sa.Column("unless", JsonText(), nullable=True),
        sa.Column("wants_receipt", sa.Boolean(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", Instant(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("provider_id", sa.String(length=250), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("sent_patient_at", Instant(), nullable=True),
        sa.Column("note", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_outbox_journey")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_journey_status", "outbox", ["journey", "status"], unique=False)
    op.create_index("ix_outbox_status_wall_due", "outbox", ["status", "wall_due"], unique=False)
    op.create_table(
        "reading",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen", Instant(), nullable=False),
        sa.Column("quality", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("replaces", sa.String(length=200), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_reading_journey")),
        sa.PrimaryKeyConstraint("journey", "id", name=op.f("pk_reading")),
        sa.UniqueConstraint("journey", "fingerprint", name=op.f("uq_reading_journey_fingerprint")),
    )
    op.create_index("ix_reading_journey_measure_at", "reading", ["journey", "measure", "at"], unique=False)
    op.create_table(
        "task",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("enrolment", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("episode", sa.String(length=250), nullable=True),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("opened", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("claimed_by", sa.String(length=128), nullable=True),
        sa.Column("closed", Instant(), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("changed", Instant(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_task_journey")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_task")),
    )
    op.create_index("ix_task_journey", "task", ["journey"], unique=False)
    op.create_index("ix_task_status_role_due", "task", ["status", "role", "due"], unique=False)
    op.create_table(
        "tick",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("plans", JsonText(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("now", Instant(), nullable=False),
        sa.Column("result_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_tick_journey")),
        sa.PrimaryKeyConstraint("journey", "epoch", "sequence", name=op.f("pk_tick")),
    )
    op.create_table(
        "timeline",
        sa.Column("seq", Counter, autoincrement=True, nullable=False),
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("enrolment", sa.String(length=64), nullable=True),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("occurrence", sa.String(length=250), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_timeline_journey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_timeline")),
        sa.UniqueConstraint("journey", "key", name=op.f("uq_timeline_journey_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_timeline_journey_at", "timeline", ["journey", "at"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("command", sa.String(length=200), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_verdict_journey")),
        sa.PrimaryKeyConstraint("journey", "command", name=op.f("pk_verdict")),
    )
    op.create_table(
        "watch",
        sa.Column("journey", sa.String(length=64), nullable=False),
        sa.Column("rows_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.key"], name=op.f("fk_watch_journey")),
        sa.PrimaryKeyConstraint("journey", name=op.f("pk_watch")),
    )
