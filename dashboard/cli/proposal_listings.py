"""The exchanges' lists of companies, as stored or as shipped; no prices are read."""

from __future__ import annotations

import pandas as pd

from dashboard.prices.records import LISTINGS, empty_records
from dashboard.prices.store import PriceStore
from dashboard.settings import Settings
from dashboard.snapshot import last_listings


def stored_listings(settings: Settings) -> pd.DataFrame:
    """Taiwan's companies, as `snapshot.last_listings` has them."""
    store, listings = PriceStore(settings.data_dir), empty_records(LISTINGS)
    if not settings.demo and store.version() >= 0:
        listings = store.read_records(LISTINGS)
    return last_listings(listings)
