"""The tables. One schema for SQLite and PostgreSQL; migrations in ``migrations/`` make it.

Plain columns hold opaque keys, coded words and instants only. Whatever could identify or describe a
person is in ``…sealed`` columns: bytes sealed with the patient's key for the purpose named in
``PURPOSES``. Instants are aware UTC; those of care (``at``, ``seen``, ``due``, ``opened`` …) are patient
time, those of the machinery (``wall_due``, ``claimed_at``, ``created`` …) wall time: the same outside rehearsal.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from activities.records.types import Counter, Instant, JsonText

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

PURPOSES: Final = {
    "patient.contact": "name, addresses, language, zone: {name, phone, email, language, zone}",
    "journey.state": "JourneyState as JSON",
    "inbox.body": "body of an event as JSON",
    "tick.result": "TickResult as JSON",
    "outbox.body": "{to, channels, template, text: {en, zh}, topic, private, bundle, reason}",
    "app_inbox.text": "{en, zh}",
    "task.body": "{title: {en, zh}, form, answers, why}",
    "watch.rows": "rows of SetWatches",
    "reading.values": "{measure, at, components, context, status, replaces, device} as received",
    "handoff.request": "{title: {en, zh}, request}",
    "handoff.kept": "typed values kept from the partner",
    "callback.body": "the partner's body as received",
    "timeline.text": "{text: {en, zh}, why, data}",
    "explanation.text": "{text: {en, zh}, data}",
    "verdict.text": "{en, zh}",
    "incident.text": "{en, zh}",
    "audit.detail": "what else is known of the act, as JSON",
    "attachment.content": "bytes of a photo, a voice note or a drawn signature",
    "idempotency.response": "the first answer",
}
"""What the sealed columns hold, by the purpose they are sealed for."""

# --------------------------------------------------------------------------- people and keys

patient = Table(
    "patient",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("site", String(64), nullable=False, default=""),
    Column("created", Instant, nullable=False),
    Column("contact_sealed", LargeBinary, nullable=False),
)

owner_key = Table(
    "owner_key",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kek", String(64), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created", Instant, nullable=False),
)

key_tombstone = Table(
    "key_tombstone",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(128), nullable=False),
)

# --------------------------------------------------------------------------- the journey

journey = Table(
    "journey",
    metadata,
    Column("key", String(64), ForeignKey("patient.key"), primary_key=True),
    Column("epoch", Integer, nullable=False, default=1),
    # The next tick is (epoch, sequence); `chain` is that of the last one; the inbox up to `cursor` has been seen.
    Column("sequence", Integer, nullable=False, default=0),
    Column("cursor", Counter, nullable=False, default=0),
    Column("chain", String(64), nullable=False, default=""),
    # invited active paused ended; `reason` coded. A courier sends nothing where stop_messages is set but
    # rows whose key starts with one of except_prefixes.
    Column("status", String(16), nullable=False, default="invited"),
    Column("reason", String(64), nullable=True),
    Column("stop_messages", Boolean, nullable=False, default=False),
    Column("except_prefixes", JsonText, nullable=False, default=list),
    Column("next_due", Instant, nullable=True),  # wall time
    Column("woke_at", Instant, nullable=True),  # last wake sent and not yet answered by a tick
    Column("last_tick_at", Instant, nullable=True),
    Column("started", Boolean, nullable=False, default=False),  # the workflow was started at least once
    Column("created", Instant, nullable=False),
    Column("state_sealed", LargeBinary, nullable=True),
    Column("plans", JsonText, nullable=False, default=list),  # sha256 of the plans followed, sorted
    Column("site_sha", String(64), nullable=True),
    Column("rehearsal", JsonText, nullable=True),  # the clock map (activities/rehearsal.py); NULL: wall time
    Column("show", JsonText, nullable=True),  # coded search attributes of the last tick, without texts
)
Index("ix_journey_next_due", journey.c.next_due)
Index("ix_journey_started", journey.c.started)

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("journey", String(64), ForeignKey("journey.key"), nullable=False),
    Column("id", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),  # wall time
    Column("kind", String(32), nullable=False),
    Column("about", String(200), nullable=False, default=""),  # measure, step path, task or handoff key: coded
    Column("urgency", Integer, nullable=False, default=0),  # 0 quiet, 1 wake, 2 red
    Column("body_hash", String(64), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    UniqueConstraint("journey", "id"),
    sqlite_autoincrement=True,
)
Index("ix_inbox_journey_seq", inbox.c.journey, inbox.c.seq)

tick = Table(
    "tick",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("plans", JsonText, nullable=False),  # sha256 of the plans it was given: part of the hash
    Column("cause", String(200), nullable=False, default=""),
    Column("at", Instant, nullable=False),  # wall time
    Column("now", Instant, nullable=False),  # patient time it decided at
    Column("result_sealed", LargeBinary, nullable=False),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("pathway", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("plan_sha", String(64), nullable=False),
    Column("status", String(16), nullable=False, default="invited"),  # invited active ended refused
    Column("ended", String(64), nullable=True),
    Column("rehearsal", Boolean, nullable=False, default=False),
    Column("created", Instant, nullable=False),
    Column("closed", Instant, nullable=True),
)

# --------------------------------------------------------------------------- effects

outbox = Table(
    "outbox",
    metadata,
    Column("key", String(250), primary_key=True),
    Column("journey", String(64), ForeignKey("journey.key"), nullable=False),
    Column("enrolment", String(64), nullable=True),
    Column("shard", Integer, nullable=False),  # 0..255 by hash of the journey: `shard % shards` is a courier's share
    Column("message_class", String(16), nullable=False),  # red care dose info staff
    Column("recipient", String(64), nullable=False),  # patient, caregiver, role:<role>
    # planned sending sent unneeded expired stopped cancelled unknown failed
    Column("status", String(16), nullable=False, default="planned"),
    Column("due", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("wall_due", Instant, nullable=False),  # the courier's clock: due and expires through the map
    Column("wall_expires", Instant, nullable=False),
    Column("unless", JsonText, nullable=True),
    Column("wants_receipt", Boolean, nullable=False, default=False),
    Column("body_hash", String(64), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("claimed_by", String(64), nullable=True),
    Column("claimed_at", Instant, nullable=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Instant, nullable=True),
    Column("channel", String(16), nullable=True),
    Column("provider_id", String(250), nullable=True),
    Column("sent_at", Instant, nullable=True),  # wall time
    Column("sent_patient_at", Instant, nullable=True),  # patient time
    Column("note", String(64), nullable=True),  # coded: why stopped, or that a tick wanted other content
)
Index("ix_outbox_status_wall_due", outbox.c.status, outbox.c.wall_due)
Index("ix_outbox_journey_status", outbox.c.journey, outbox.c.status)
Index("ix_outbox_provider_id", outbox.c.provider_id)

receipt = Table(
    "receipt",
    metadata,
    Column("message", String(250), primary_key=True),
    Column("status", String(16), primary_key=True),  # sent delivered read undelivered unknown
    Column("journey", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("channel", String(16), nullable=False, default=""),
    Column("provider_id", String(250), nullable=True),
)
Index("ix_receipt_provider_id", receipt.c.provider_id)

app_inbox = Table(
    "app_inbox",
    metadata,
    Column("key", String(250), primary_key=True),  # the message's key
    Column("journey", String(64), nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("message_class", String(16), nullable=False),
    Column("at", Instant, nullable=False),  # patient time
    Column("read_at", Instant, nullable=True),
    Column("text_sealed", LargeBinary, nullable=False),
)
Index("ix_app_inbox_journey_at", app_inbox.c.journey, app_inbox.c.at)

task = Table(
    "task",
    metadata,
    Column("key", String(250), primary_key=True),
    Column("journey", String(64), ForeignKey("journey.key"), nullable=False),
    Column("enrolment", String(64), nullable=False),
    Column("source", String(200), nullable=False),
    Column("episode", String(250), nullable=True),
    Column("role", String(64), nullable=False),
    Column("level", String(16), nullable=False),
    Column("status", String(16), nullable=False),  # open claimed done cancelled
    Column("opened", Instant, nullable=False),
    Column("due", Instant, nullable=True),
    Column("claimed_by", String(128), nullable=True),
    Column("closed", Instant, nullable=True),
    Column("closed_by", String(128), nullable=True),
    Column("changed", Instant, nullable=False),  # wall time
    Column("body_sealed", LargeBinary, nullable=False),
    Column("signers", String(1100), nullable=True),  # roles that have not signed, each between blanks
    Column("agenda", String(64), nullable=True),
)
Index("ix_task_agenda", task.c.agenda)
Index("ix_task_status_role_due", task.c.status, task.c.role, task.c.due)
Index("ix_task_journey", task.c.journey)

watch = Table(
    "watch",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("rows_sealed", LargeBinary, nullable=False),
)

reading = Table(
    "reading",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("measure", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("quality", String(16), nullable=False),  # ok implausible low_time
    Column("status", String(24), nullable=False),  # final amended entered_in_error replaced
    Column("replaces", String(200), nullable=True),
    Column("fingerprint", String(64), nullable=False),  # keyed hash of device, time, measure, values
    Column("values_sealed", LargeBinary, nullable=False),
    UniqueConstraint("journey", "fingerprint"),
)
Index("ix_reading_journey_measure_at", reading.c.journey, reading.c.measure, reading.c.at)

handoff = Table(
    "handoff",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", String(250), nullable=False, unique=True),
    Column("enrolment", String(64), nullable=False, default=""),
    Column("machine", String(32), nullable=False),
    Column("partner", String(64), nullable=False),
    Column("business_id", String(250), nullable=False, unique=True),
    Column("state", String(32), nullable=False, default="requested"),
    Column("final", Boolean, nullable=False, default=False),
    Column("cancel_wanted", String(64), nullable=True),  # coded why
    Column("version", Integer, nullable=False, default=0),  # raised by every change
    Column("attempts", Integer, nullable=False, default=0),
    Column("opened", Instant, nullable=False),
    Column("changed", Instant, nullable=False),  # wall time
    Column("partner_ref", String(250), nullable=True),
    Column("request_sealed", LargeBinary, nullable=False),
    Column("kept_sealed", LargeBinary, nullable=True),
)

callback = Table(
    "callback",
    metadata,
    Column("partner", String(64), primary_key=True),
    Column("webhook_id", String(200), primary_key=True),
    Column("business_id", String(250), nullable=True),
    Column("journey", String(64), nullable=True),
    Column("received", Instant, nullable=False),  # wall time
    Column("applied", Boolean, nullable=False, default=False),
    Column("body_hash", String(64), nullable=False),
    Column("body_sealed", LargeBinary, nullable=True),
)

timeline = Table(
    "timeline",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("journey", String(64), ForeignKey("journey.key"), nullable=False),
    Column("key", String(250), nullable=False),
    Column("at", Instant, nullable=False),
    Column("enrolment", String(64), nullable=True),
    Column("word", String(64), nullable=False),
    Column("path", String(200), nullable=False, default=""),
    Column("occurrence", String(250), nullable=True),
    Column("outcome", String(64), nullable=True),
    Column("text_sealed", LargeBinary, nullable=False),
    UniqueConstraint("journey", "key"),
    sqlite_autoincrement=True,
)
Index("ix_timeline_journey_at", timeline.c.journey, timeline.c.at)

occurrence_end = Table(
    "occurrence_end",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("occurrence", String(250), primary_key=True),
    Column("outcome", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
)

explanation = Table(
    "explanation",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("journey", String(64), ForeignKey("journey.key"), nullable=False),
    Column("key", String(250), nullable=False),
    Column("at", Instant, nullable=False),
    Column("enrolment", String(64), nullable=False, default=""),
    Column("path", String(200), nullable=False),
    Column("value", String(32), nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    UniqueConstraint("journey", "key"),
    sqlite_autoincrement=True,
)
Index("ix_explanation_journey_path", explanation.c.journey, explanation.c.path)

verdict = Table(
    "verdict",
    metadata,
    Column("journey", String(64), ForeignKey("journey.key"), primary_key=True),
    Column("command", String(200), primary_key=True),
    Column("done", Boolean, nullable=False),
    Column("code", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
)

# --------------------------------------------------------------------------- releases

plan = Table(
    "plan",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("id", String(128), nullable=False),
    Column("version", String(64), nullable=False),
    Column("text", Text, nullable=False),  # canonical JSON of the Plan
    Column("stored", Instant, nullable=False),
    Column("published", Instant, nullable=True),
)
Index("ix_plan_id_version", plan.c.id, plan.c.version)

site = Table(
    "site",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("text", Text, nullable=False),  # canonical JSON of the Site
    Column("stored", Instant, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("sha256", String(64), ForeignKey("plan.sha256"), primary_key=True),
    Column("who", String(128), primary_key=True),
    Column("at", Instant, nullable=False),
)

# --------------------------------------------------------------------------- watching and safety

incident = Table(
    "incident",
    metadata,
    Column("key", String(250), primary_key=True),
    Column("journey", String(64), nullable=False),  # "_system" where no journey is concerned
    Column("kind", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("taken_by", String(128), nullable=True),
    Column("taken_at", Instant, nullable=True),
)

audit = Table(
    "audit",
    metadata,
    Column("chain", String(64), primary_key=True),  # the journey, or "_system"
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),  # wall time
    Column("who", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(250), nullable=False, default=""),
    Column("detail_sealed", LargeBinary, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("chain", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

attachment = Table(
    "attachment",
    metadata,
    Column("patient", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),  # photo, voice, signature
    Column("media", String(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Instant, nullable=False),  # wall time
    Column("by", String(128), nullable=False),
    Column("used", Boolean, nullable=False),  # an answer names it
    Column("content_sealed", LargeBinary, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("route", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", Integer, nullable=True),  # NULL: the first request is still being worked on
    Column("response_sealed", LargeBinary, nullable=True),
    Column("created", Instant, nullable=False),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("age", Float, nullable=False, default=0.0),  # seconds the oldest overdue thing is late
    Column("data", JsonText, nullable=True),
)
