"""Every feed of the exchanges by its key."""

from __future__ import annotations

from typing import Final

from dashboard.prices.providers.exchanges import companies, dated, fundamentals, notices, prices
from dashboard.prices.providers.exchanges.feed import Feed

_MODULES: Final = (prices, companies, fundamentals, notices, dated)

FEEDS: Final[dict[str, Feed]] = {feed.key: feed for module in _MODULES for feed in module.FEEDS}
