"""Alembic's entry. The connection comes from `activities.records.ensure`, so that one place opens stores."""

from alembic import context

from activities.records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
