"""Steps from one form of the database to the next, for alembic. A step that shipped stays."""
