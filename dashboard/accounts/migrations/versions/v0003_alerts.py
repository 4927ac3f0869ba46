"""Alerts with their history and deliveries, channels, what a person has set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; who is there has no language yet."""
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("language", sa.String(20)))
    _channels_and_alerts()
    _states_and_events()
    op.create_table(
        "preferences",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_to", sa.Time),
        sa.Column("timezone", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_preferences"),
        _refers("preferences", "account_id", "accounts"),
    )


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete="CASCADE"
    )


def _channels_and_alerts() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sa.UniqueConstraint("account_id", "name", name="uq_channels_account_id_name"),
        _refers("channels", "account_id", "accounts"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("scope_value", sa.String(200), nullable=False),
        sa.Column("expression", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("account_id", "name", name="uq_alerts_account_id_name"),
        _refers("alerts", "account_id", "accounts"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_channels",
        sa.Column("alert_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "channel_id", name="pk_alert_channels"),
        _refers("alert_channels", "alert_id", "alerts"),
        _refers("alert_channels", "channel_id", "channels"),
    )
    op.create_index("ix_alert_channels_channel_id", "alert_channels", ["channel_id"])


def _states_and_events() -> None:
    op.create_table(
        "alert_states",
        sa.Column("alert_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("session", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "key", name="pk_alert_states"),
        _refers("alert_states", "alert_id", "alerts"),
    )
    op.create_table(
        "alert_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("alert_id", sa.Integer, nullable=False),
        sa.Column("alert_name", sa.String(100), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("session", sa.Date, nullable=False),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
        sa.UniqueConstraint(
            "alert_id",
            "key",
            "session",
            "state",
            name="uq_alert_events_alert_id_key_session_state",
        ),
        _refers("alert_events", "account_id", "accounts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_events_account_id", "alert_events", ["account_id", "id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("event_id", "channel_id", name="uq_deliveries_event_id_channel_id"),
        _refers("deliveries", "event_id", "alert_events"),
        _refers("deliveries", "channel_id", "channels"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_due", "deliveries", ["status", "next_try_at"])
    op.create_index("ix_deliveries_channel_id", "deliveries", ["channel_id"])
