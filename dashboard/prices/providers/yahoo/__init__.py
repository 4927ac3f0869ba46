"""Yahoo Finance through yfinance.

::

    provider      which period to ask, retries, the check of the answered symbol
    workers       threads that may hang without hanging the run
    transport     the one shared session: pacing, dead hosts, another origin
    conversion    Yahoo's split-adjusted frame → traded bars
    translation   what yfinance and curl_cffi raise → `dashboard.errors`
"""

from dashboard.prices.providers.yahoo.provider import YahooProvider

__all__ = ["YahooProvider"]
