"""What a feed of the exchanges is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import pandas as pd

from dashboard.i18n import Text

BARS: Final = "bars"
"""Key of a feed's bars; every other key is the name of a `RecordKind`."""

TWSE: Final = "twse"
TPEX: Final = "tpex"

Frames = Mapping[str, pd.DataFrame]
"""Bars under `BARS`, records under the `name` of their kind; without `source` and `fetched_at`,
which the source fills in."""


class Licence(Enum):
    """On what terms an answer may be fetched."""

    OPEN = "open"
    """Government open data: may be passed on, with attribution."""
    SITE = "site"
    """A page whose site forbids scripted download: off unless a setting turns it on."""


ATTRIBUTIONS: Final = {
    TWSE: Text(
        "資料來源：臺灣證券交易所，依政府資料開放授權條款第 1 版提供",
        "Source: Taiwan Stock Exchange, under the Open Government Data License, version 1.0",
    ),
    TPEX: Text(
        "資料來源：證券櫃檯買賣中心，依政府資料開放授權條款第 1 版提供",
        "Source: Taipei Exchange, under the Open Government Data License, version 1.0",
    ),
}
"""What the licence asks to be printed where the data is shown, by source."""
SITE_ATTRIBUTIONS: Final = {
    TWSE: Text("資料來源：臺灣證券交易所網站", "Source: website of the Taiwan Stock Exchange"),
    TPEX: Text("資料來源：證券櫃檯買賣中心網站", "Source: website of the Taipei Exchange"),
}
"""The same for the pages under site terms, which carry no licence."""


@dataclass(frozen=True)
class Feed:
    """One address of the exchanges and how its answer is read.

    Attributes
    ----------
    key : its name in records, reports and errors
    source : `TWSE` or `TPEX`
    address : where it is, `https://` and the host included
    licence : on what terms
    every : how often it has something new
    parse : the answer's bytes → frames; raises `BadAnswer`, never gives part of a damaged answer
    fallbacks : keys of feeds to ask where this one fails
    """

    key: str
    source: str
    address: str
    licence: Licence
    every: dt.timedelta
    parse: Callable[[bytes], Frames]
    fallbacks: tuple[str, ...] = ()

    @property
    def attribution(self) -> Text:
        """What is printed where the data is shown."""
        table = ATTRIBUTIONS if self.licence is Licence.OPEN else SITE_ATTRIBUTIONS
        return table[self.source]
