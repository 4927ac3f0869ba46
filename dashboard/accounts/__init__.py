"""What each person keeps: watchlists, saved screens, alerts, shares.

`store.Accounts.open(url)` is the way in, a `desk.Desk` is one person's share of it, and
`models` is all that comes out. SQLAlchemy and alembic live here and nowhere else.
"""
