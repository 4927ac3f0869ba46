"""What alembic runs: all steps that are missing, in the transaction that `migrating` holds."""

from __future__ import annotations

from alembic import context

from dashboard.accounts.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
