"""Bring the store up to date: from sources over the network, or from files.

::

    run             one refresh, in order
    planning        what is stored, what is missing
    universe        which symbols; companies that moved boards
    sources         which sources are asked
    market_day      the exchanges' latest session
    history         histories, symbol by symbol
    comparison      two sources of one session made one bar
    reference_data  what the exchanges publish beside the prices
    feed_book       what each feed answered, today and before
    ledger          what a run writes, counted
    importing       files the user gives
"""

from dashboard.prices.outcomes import Report
from dashboard.prices.refresh.importing import import_files
from dashboard.prices.refresh.ledger import Progress
from dashboard.prices.refresh.planning import plan
from dashboard.prices.refresh.run import refresh
from dashboard.prices.refresh.sources import Exchanges, Source, Sources, open_sources
from dashboard.prices.refresh.universe import Universe, beyond_the_map

__all__ = [
    "Exchanges",
    "Progress",
    "Report",
    "Source",
    "Sources",
    "Universe",
    "beyond_the_map",
    "import_files",
    "open_sources",
    "plan",
    "refresh",
]
