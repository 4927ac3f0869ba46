"""Map and prices brought together: what a page or a command shows, as of one session.

`load_prices` reads the store once (or the shipped simulated prices), `take_snapshot`
computes every figure from it. Both are pure functions of (map, store version, as_of), so
their results can be cached under those three.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.analytics.layers import (
    LAYER,
    MarketDay,
    group_values,
    layer_table,
    market_day,
    start_caps,
)
from dashboard.analytics.metrics import METRICS, metric_notes, metric_table
from dashboard.analytics.ownbars import MAX_STALE, YEAR, Columns, anchor
from dashboard.analytics.panel import FIELDS, Floats, Panel, panel_from_table
from dashboard.analytics.weights import WINDOW
from dashboard.errors import InputError, StoreError
from dashboard.i18n import Text
from dashboard.markets import HOME, INDEX_NAMES, MARKETS, is_index, market_of
from dashboard.prices.adjustment import adjusted_bars
from dashboard.prices.bars import (
    ADJUSTED_CLOSE,
    CLOSE,
    DIVIDEND,
    FETCHED_AT,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    SESSION,
    SOURCE,
    SPLIT,
    SYMBOL,
    VOLUME,
)
from dashboard.prices.listings import EMERGING_BOARD, NEVER
from dashboard.prices.listings import listed_since as listings_since
from dashboard.prices.records import (
    ACTIONS,
    INDUSTRY,
    LIMITS,
    LISTED_ON,
    LISTINGS,
    NAME,
    REVENUES,
    SHARES_KIND,
    RecordKind,
    empty_records,
)
from dashboard.prices.shipped_listings import listed_offline
from dashboard.prices.simulated import (
    SOURCE_NAME,
    read_simulated_bars,
    read_simulated_shares,
    simulated_mark,
)
from dashboard.prices.store import BARS, PriceStore, bars_from_arrow
from dashboard.provenance import DataPin
from dashboard.settings import Settings
from dashboard.supply_chain.known import (
    first_day,
    known_map,
    member_windows,
    without_dates,
)
from dashboard.supply_chain.models import SupplyChain
from dashboard.supply_chain.rows import members

PANEL_FIELDS: Final = (
    SYMBOL, SESSION, OPEN, HIGH, LOW, CLOSE, ADJUSTED_CLOSE, VOLUME, DIVIDEND, SPLIT, FLAGS,
)  # fmt: skip
FINANCIAL_INDUSTRY: Final = "金融"
"""How the exchanges' own name of the industry begins."""
_RECENT: Final = 10
"""Sessions."""
MAX_BACK: Final = 60
"""Sessions that `Snapshot.metrics_before` looks back."""
MAP: Final = "map"
LISTED: Final = "listed"
"""Universes, beside the layers: the map's symbols, and all stored stocks of Taiwan."""
KNOWN: Final = "known"
TODAY: Final = "today"
"""Whose members count as of an earlier session: those known then, or today's with hindsight."""
PRICED_BY: Final = (BARS, *(k.name for k in (SHARES_KIND, ACTIONS, LIMITS, LISTINGS, REVENUES)))
"""The tables of the store that figures are computed from."""
INDICES: Final = (*(m.benchmark for m in MARKETS.values() if m.benchmark), "^TWOII")


def emerging(chain: SupplyChain) -> tuple[str, ...]:
    """Symbols on the emerging board, which has no daily limit."""
    listings = [company.listing for company in chain.companies if company.listing]
    return tuple(one.symbol for one in listings if one.board == "ESB")


def listed_since(chain: SupplyChain | None, listings: pd.DataFrame) -> dict[str, dt.date]:
    """First day of Taiwan's shares on an exchange: no limit before it and five sessions on.

    From the map and the exchanges' lists, the earlier where both tell: a later one is a move
    between two boards, which is no new listing.
    """
    known = listings_since(listings)
    for company in chain.companies if chain else ():
        own = [one for one in company.listings if one.market == HOME]
        since = [one.valid_from for one in own if one.board != EMERGING_BOARD]
        first = min((day or dt.date.min for day in since), default=NEVER)
        for listing in own:
            if first > dt.date.min:
                known[listing.symbol] = min(known.get(listing.symbol, NEVER), first)
    return known


def stored_listed_since(chain: SupplyChain, store: PriceStore) -> dict[str, dt.date]:
    """`listed_since` by the lists in the store."""
    return listed_since(chain, store.read_records(LISTINGS))


def stored_bars(chain: SupplyChain, store: PriceStore, symbols: Sequence[str]) -> pd.DataFrame:
    """All stored bars of some symbols as `adjusted_bars` tells them, by all that is stored."""
    return adjusted_bars(
        bars_from_arrow(store.read(symbols=symbols)),
        actions=store.read_records(ACTIONS, symbols),
        limits=store.read_records(LIMITS, symbols),
        listed_since=stored_listed_since(chain, store),
    )


def insurers(listings: pd.DataFrame) -> frozenset[str]:
    """Symbols of the financial industry, whose revenue may be due later than the others'.

    The exchanges' lists do not part insurers and their parents from banks.
    """
    financial = listings[INDUSTRY].str.startswith(FINANCIAL_INDUSTRY)
    return frozenset(listings.loc[financial, SYMBOL])


def last_listings(stored: pd.DataFrame) -> pd.DataFrame:
    """Taiwan's companies, symbols × columns of `records.LISTINGS`: each one's last listing.

    Of the list that ships with the program where none is stored.
    """
    known = stored if len(stored) else listed_offline()
    return known.sort_values(LISTED_ON).drop_duplicates(SYMBOL, keep="last").set_index(SYMBOL)


@dataclass(frozen=True, eq=False)
class Prices:
    """All bars of a universe, read once.

    Attributes
    ----------
    version : str
        Names the data: `"simulated"` or `"store:ID:17"` (all tables as they are, version of the
        bars); a cache key.
    panels : market id → Panel
    shares : DataFrame (symbol, date, shares)
    listed_since : symbol → first day on an exchange, where it is known
    revenue : DataFrame, columns of `records.REVENUES`
    insurers : symbols whose revenue may be due later
    stored_listings : DataFrame, columns of `records.LISTINGS`; `listings` where there are none
    sources : tuple of str
        Where the bars come from, most frequent first; `symbol_sources` by symbol.
    fetched_at : latest time of fetch, UTC; None where unknown
    pin : the versions of `PRICED_BY` that they were read from
    """

    version: str
    simulated: bool
    panels: Mapping[str, Panel]
    shares: pd.DataFrame
    listed_since: Mapping[str, dt.date]
    revenue: pd.DataFrame
    insurers: frozenset[str]
    stored_listings: pd.DataFrame
    sources: tuple[str, ...]
    symbol_sources: Mapping[str, tuple[str, ...]]
    fetched_at: dt.datetime | None
    pin: DataPin = field(default_factory=DataPin)

    @cached_property
    def last_session(self) -> dt.date:
        """Last session of the home market, else of any."""
        panels = [self.panels[HOME]] if HOME in self.panels else list(self.panels.values())
        last: dt.date = max(panel.sessions[-1] for panel in panels).item()
        return last

    @cached_property
    def first_session(self) -> dt.date:
        """First session of the home market, else of any."""
        panels = [self.panels[HOME]] if HOME in self.panels else list(self.panels.values())
        first: dt.date = min(panel.sessions[0] for panel in panels).item()
        return first

    def session_on(self, day: dt.date) -> dt.date | None:
        """The home market's last session on or before a day, else that of any; None for none."""
        panels = [self.panels[HOME]] if HOME in self.panels else list(self.panels.values())
        columns = ((panel, panel.column(day)) for panel in panels)
        return max(
            (panel.sessions[column].item() for panel, column in columns if column >= 0),
            default=None,
        )

    @cached_property
    def listings(self) -> pd.DataFrame:
        """Taiwan's companies as `last_listings` has them."""
        return last_listings(self.stored_listings)

    @cached_property
    def listed_names(self) -> Mapping[str, str]:
        """Symbol → name in these lists."""
        return dict(zip(self.listings.index, self.listings[NAME], strict=True))

    @cached_property
    def settled_session(self) -> dt.date:
        """Last session that at least half of the home market's shares have a bar of.

        A share that has none in the last sessions does not count: it is halted or gone.
        """
        panel = self.panels.get(HOME)
        if panel is None:
            return self.last_session
        shares = [row for symbol, row in panel.positions.items() if not is_index(symbol)]
        traded = np.isfinite(panel.close[shares, -_RECENT:])
        traded = traded[traded.any(axis=1)]
        if not traded.size:
            return self.last_session
        enough = np.flatnonzero(2 * traded.sum(axis=0) >= len(traded))
        settled: dt.date = panel.sessions[-traded.shape[1] :][enough[-1]].item()
        return settled


def load_store(settings: Settings) -> PriceStore:
    """The user's price store.

    Raises
    ------
    InputError
        If nothing has been stored yet.
    """
    store = PriceStore(settings.data_dir)
    if store.version() < 0:
        raise InputError(
            f"the price store {settings.data_dir} is empty; fill it with: "
            "python -m dashboard refresh, or: python -m dashboard import FILE"
        )
    return store


def load_prices(
    settings: Settings,
    symbols: Iterable[str] | None = None,
    chain: SupplyChain | None = None,
    pinned: DataPin | None = None,
) -> Prices:
    """Read the store, or the simulated prices where it is empty or `settings.demo` is set.

    Parameters
    ----------
    symbols : Only these and the indices; all of the store if None.
    chain : The map, which knows of young listings.
    pinned : The versions to read; the last ones if None.

    Raises
    ------
    StoreError
        If the store or the shipped file cannot be read, or is not the one that was pinned.
    """
    wanted = None if symbols is None else sorted({*symbols, *INDICES})
    if pinned is not None:
        return (
            _simulated(wanted, chain, pinned)
            if pinned.simulated
            else _then(settings, wanted, chain, pinned)
        )
    if not settings.demo:
        store = PriceStore(settings.data_dir)
        # Before the tables are read: what is committed meanwhile is none of these versions.
        pin = store.pins(PRICED_BY)
        name = f"store:{store.identity()}:{pin.versions.get(BARS, -1)}"
        table = _bars(store, pin, wanted)
        if table.num_rows:
            return _prices(name, pin, table, _Beside.stored(store, pin, chain, wanted))
    return _simulated(wanted, chain)


def _then(
    settings: Settings, wanted: Sequence[str] | None, chain: SupplyChain | None, pin: DataPin
) -> Prices:
    """The store as it was."""
    store = PriceStore(settings.data_dir)
    store.check(pin)
    beside = _Beside.stored(store, pin, chain, wanted)
    return _prices(f"store:{pin}", pin, _bars(store, pin, wanted), beside)


def _bars(store: PriceStore, pin: DataPin, wanted: Sequence[str] | None) -> pa.Table:
    fields = [*PANEL_FIELDS, SOURCE, FETCHED_AT]
    return store.read(symbols=wanted, fields=fields, version=pin.versions.get(BARS, -1))


def _simulated(
    wanted: Sequence[str] | None, chain: SupplyChain | None, pinned: DataPin | None = None
) -> Prices:
    pin = DataPin(simulated=simulated_mark())
    if pinned not in (None, pin):
        raise StoreError(
            f"these are simulated prices, and this program ships others ({pin}, not {pinned}); "
            "take the version of the program that shipped them"
        )
    table = read_simulated_bars()
    if wanted is not None:
        table = table.filter(pc.is_in(table[SYMBOL], pa.array(wanted)))
    return _prices(SOURCE_NAME, pin, table, _Beside(read_simulated_shares(), chain=chain))


@dataclass(frozen=True, eq=False)
class _Beside:
    """What is read beside the bars."""

    shares: pd.DataFrame
    actions: pd.DataFrame = field(default_factory=lambda: empty_records(ACTIONS))
    limits: pd.DataFrame = field(default_factory=lambda: empty_records(LIMITS))
    listings: pd.DataFrame = field(default_factory=lambda: empty_records(LISTINGS))
    revenue: pd.DataFrame = field(default_factory=lambda: empty_records(REVENUES))
    chain: SupplyChain | None = None

    @classmethod
    def stored(
        cls,
        store: PriceStore,
        pin: DataPin,
        chain: SupplyChain | None,
        symbols: Sequence[str] | None,
    ) -> _Beside:
        def read(kind: RecordKind, keys: Sequence[str] | None = None) -> pd.DataFrame:
            return store.read_records(kind, keys, pin.versions.get(kind.name, -1))

        kinds = (SHARES_KIND, ACTIONS, LIMITS, REVENUES)
        shares, actions, limits, revenue = (read(kind, symbols) for kind in kinds)
        return cls(shares, actions, limits, read(LISTINGS), revenue, chain)


def _prices(version: str, pin: DataPin, table: pa.Table, beside: _Beside) -> Prices:
    counts = table.group_by([SYMBOL, SOURCE]).aggregate([(SOURCE, "count")]).to_pandas()
    counts = counts.sort_values(f"{SOURCE}_count", ascending=False)
    total = counts.groupby(SOURCE)[f"{SOURCE}_count"].sum().sort_values(ascending=False)
    fetched = pc.max(table[FETCHED_AT]).as_py()
    since = listed_since(beside.chain, beside.listings)
    return Prices(
        version=version,
        pin=pin,
        simulated=bool(pin.simulated),
        panels=_panels(table.select(PANEL_FIELDS), beside, since),
        shares=beside.shares,
        listed_since=since,
        revenue=beside.revenue,
        insurers=insurers(beside.listings),
        stored_listings=beside.listings,
        sources=tuple(total.index),
        symbol_sources={
            str(symbol): tuple(own)
            for symbol, own in counts.groupby(SYMBOL)[SOURCE].agg(list).items()
        },
        fetched_at=fetched,
    )


def _panels(table: pa.Table, beside: _Beside, since: Mapping[str, dt.date]) -> dict[str, Panel]:
    by_market: dict[str, list[str]] = {}
    for symbol in pc.unique(table[SYMBOL]).to_pylist():
        by_market.setdefault(market_of(symbol), []).append(symbol)
    return {
        market: panel_from_table(
            table.filter(pc.is_in(table[SYMBOL], pa.array(own))),
            market,
            actions=beside.actions,
            limits=beside.limits,
            listed_since=since,
        )
        for market, own in by_market.items()
    }


@dataclass(frozen=True)
class MemberFilter:
    """Which memberships count in layer figures; empty tuples mean all."""

    markets: tuple[str, ...] = (HOME,)
    stages: tuple[str, ...] = ()
    include_digest: bool = False
    include_secondary: bool = False


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Every figure as of one session.

    Attributes
    ----------
    chain : the map that counts: as it was known on the session, where one was asked for
    whole_chain : the map of today
    hindsight : today's members were asked for, whatever was known on the session
    universe : symbols that were asked for
    metrics : DataFrame, symbols × metric keys
        One row per symbol of the universe, in its order, and then of the map, so that a layer's
        figures are those of all its members; NaN rows where nothing is stored.
    notes : DataFrame, symbols × what is to be known beside the figures
    """

    chain: SupplyChain
    whole_chain: SupplyChain = field(repr=False)
    hindsight: bool
    prices: Prices
    as_of: dt.date
    universe: tuple[str, ...]
    metrics: pd.DataFrame
    notes: pd.DataFrame
    start_caps: pd.DataFrame = field(repr=False)

    @property
    def key(self) -> tuple[str, bool, str, dt.date]:
        """What the figures are a function of: map, its members, data, as-of session."""
        return (self.chain.digest, self.hindsight, self.prices.version, self.as_of)

    @cached_property
    def known_chain(self) -> SupplyChain:
        """The map as it was known on the session, whichever members count."""
        return known_map(self.whole_chain, self.prices.session_on(self.as_of) or self.as_of)

    def members(self, chosen: MemberFilter) -> pd.DataFrame:
        """One row per counted membership; columns of `supply_chain.rows.members`."""
        return members(
            self.chain,
            markets=chosen.markets or None,
            stages=chosen.stages or None,
            include_digest=chosen.include_digest,
            include_secondary=chosen.include_secondary,
        )

    def windows(self, chosen: MemberFilter) -> pd.DataFrame:
        """When each membership of `members` counts; columns of `known.member_windows`.

        With hindsight each member has always counted.
        """
        if chosen not in self._windows:
            dated = member_windows(
                self.chain,
                markets=chosen.markets or None,
                stages=chosen.stages or None,
                include_digest=chosen.include_digest,
                include_secondary=chosen.include_secondary,
            )
            if self.hindsight and len(dated):
                dated = without_dates(dated, dated["known_on"].max().date())
            self._windows[chosen] = dated
        return self._windows[chosen]

    @cached_property
    def _windows(self) -> dict[MemberFilter, pd.DataFrame]:
        return {}

    def layers(self, chosen: MemberFilter, weighting: str = "equal") -> pd.DataFrame:
        """The layer table of the chosen members: every layer of the map, in its order.

        A layer without a chosen member has counts of zero and no figures.
        """
        table = layer_table(
            self.metrics, self.members(chosen), weighting=weighting, start_caps=self.start_caps
        )
        counts = table.select_dtypes("integer").columns
        whole = table.reindex([layer.id for layer in self.chain.layers]).rename_axis(LAYER)
        return whole.fillna(dict.fromkeys(counts, 0)).astype(dict.fromkeys(counts, "int64"))

    def groups(self, chosen: MemberFilter, key: str, weighting: str = "equal") -> pd.DataFrame:
        """Stages' and layers' own figure of one metric: (value, priced, members) by id."""
        return group_values(
            self.metrics,
            self.members(chosen),
            key,
            weighting=weighting,
            start_caps=self.start_caps,
        )

    def unadjusted(self, symbols: Collection[str]) -> tuple[int, dt.date | None]:
        """How many of the symbols have unadjusted prices within the past year, and since when."""
        since = self.notes["unadjusted_since"].reindex(list(symbols)).dropna()
        return len(since), since.min().date() if len(since) else None

    @property
    def first_share_date(self) -> dt.date | None:
        """Date of the earliest share count, where it is after `as_of`; else None."""
        dates = self.prices.shares["date"]
        if dates.empty or dates.min().date() <= self.as_of:
            return None
        first: dt.date = dates.min().date()
        return first

    def name_of(self, symbol: str) -> Text:
        """The map's name, else that of the exchange's list, else the symbol itself."""
        company = self.chain.company_by_symbol.get(symbol)
        if company is not None:
            return company.name
        if symbol in INDEX_NAMES:
            return INDEX_NAMES[symbol]
        listed = self.prices.listed_names.get(symbol) or symbol
        return Text(listed, listed)

    def previous_session(self) -> dt.date | None:
        """The home market's session before the last one up to `as_of`; None if none is stored.

        Of another market where nothing of home is stored.
        """
        panels = self.prices.panels
        panel = panels.get(HOME) or next(iter(panels.values()))
        before = panel.column(self.as_of) - 1
        return panel.sessions[before].item() if before >= 0 else None

    def panel_rows(self, market: str, symbols: Sequence[str]) -> Columns:
        """Each symbol's place in what `metrics_before` gives; -1, its last, for one without."""
        panel = self._recent.get(market)
        positions = {} if panel is None else panel.positions
        return np.array([positions.get(one, -1) for one in symbols], np.intp)

    def metrics_before(self, market: str, back: int, keys: Collection[str]) -> dict[str, Floats]:
        """Metrics as they were some sessions of a market earlier, by what was known then.

        Computed once; what an earlier session was does not change.

        Parameters
        ----------
        back : sessions before the last one up to `as_of`; 0 is that one, `MAX_BACK` the most
        keys : of metrics that are numbers

        Returns
        -------
        dict, key → one value a symbol of the market's panel, and a last NaN
            All NaN where nothing reaches back so far.
        """
        panel = self._recent.get(market)
        column = -1 if panel is None else panel.column(self.as_of) - back
        if panel is None or column < 0 or not 0 <= back <= MAX_BACK:
            size = 1 if panel is None else len(panel.symbols) + 1
            return {key: np.full(size, np.nan) for key in keys}
        known = self._earlier.setdefault((market, back), {})
        if missing := [key for key in keys if key not in known]:
            fresh = _metrics(self.prices, panel, panel.sessions[column].item(), missing)
            known |= {key: np.append(fresh[key].to_numpy(float), np.nan) for key in missing}
        return {key: known[key] for key in keys}

    @cached_property
    def panels(self) -> dict[str, Panel]:
        """Each market's panel as it was after the session; none where it has no bar yet."""
        return {
            market: panel.as_of(self.as_of)
            for market, panel in self.prices.panels.items()
            if panel.column(self.as_of) >= 0
        }

    @cached_property
    def _recent(self) -> dict[str, Panel]:
        """Each market's panel without the sessions that no metric of `MAX_BACK` ago looks at."""
        panels = self.prices.panels.items()
        return {market: _without_old(one, one.column(self.as_of)) for market, one in panels}

    @cached_property
    def _earlier(self) -> dict[tuple[str, int], dict[str, Floats]]:
        """Market and sessions back → key → one value a symbol of the panel, and a last NaN."""
        return {}

    def figures(self, symbol: str) -> dict[str, Any]:
        """All metrics of one symbol; missing is NaN or NaT."""
        return self._figures[symbol]

    @cached_property
    def _figures(self) -> dict[str, dict[str, Any]]:
        found = self.metrics.to_dict("index")
        return {
            str(symbol): {str(key): row[key] for key in METRICS} for symbol, row in found.items()
        }

    def note(self, symbol: str) -> pd.Series[Any]:
        """What is to be known beside the symbol's figures."""
        row = self.notes.loc[symbol]
        assert isinstance(row, pd.Series), "symbols are unique"
        return row

    @cached_property
    def home_coverage(self) -> tuple[int, int]:
        """Companies of the home market with a bar, and all of them on the map."""
        last = self.metrics["last_session"].reindex(list(self.chain.symbols(HOME)))
        return int(last.notna().sum()), len(last)

    def jumps(self, symbols: Collection[str]) -> tuple[str, ...]:
        """Those of the symbols with an unexplained jump within the past year."""
        jump = self.notes["jump_session"].reindex(list(symbols)).dropna()
        recent = jump > anchor(pd.Timestamp(self.as_of), YEAR)
        return tuple(str(symbol) for symbol in jump.index[recent])

    @cached_property
    def stale_symbols(self) -> frozenset[str]:
        """Symbols whose last bar is older than the newest of their market's companies."""
        last = self.metrics["last_session"]
        market_end = last.groupby([market_of(str(symbol)) for symbol in last.index]).transform(
            "max"
        )
        return frozenset(last.index[last < market_end])

    def sparklines(self, symbols: Sequence[str], sessions: int = 60) -> list[list[float]]:
        """The last adjusted closes of each symbol's own bars; empty where nothing is stored.

        They start at its last unexplained jump.
        """
        lines: list[list[float]] = []
        for symbol in symbols:
            panel = self.panels.get(market_of(symbol))
            if panel is None or symbol not in panel.positions:
                lines.append([])
                continue
            close = panel.series(symbol, "close").dropna()
            if len(close):
                last = panel.series(symbol, "unadjusted_close")[close.index[-1]]
                close = close * (last / close.iloc[-1])
            jump = self.notes["jump_session"].get(symbol, pd.NaT)
            close = close if pd.isna(jump) else close[jump:]
            lines.append(close.iloc[-sessions:].tolist())
        return lines

    def day(self, chosen: MemberFilter) -> MarketDay:
        """Advancing, declining, at limit and coverage of the chosen members."""
        return market_day(self.metrics, self.members(chosen))


def universe_snapshot(
    settings: Settings,
    chain: SupplyChain,
    universe: str = MAP,
    as_of: dt.date | None = None,
    members: str = KNOWN,
) -> Snapshot:
    """Read the prices of a universe and compute its figures as of a session.

    Parameters
    ----------
    as_of : a day, which stands for the last session on or before it; default: the last one
    universe : `map`, `listed` or the id of a layer: all its members
    members : as `take_snapshot`

    Raises
    ------
    InputError
        If there is no such layer, none of its members was known, or nothing is stored on or
        before `as_of`.
    StoreError
        As `load_prices`.
    """
    if universe not in (MAP, LISTED, *chain.layer_by_id):
        raise InputError(
            f"universe {universe}: no such layer; choose {MAP}, {LISTED} or one of "
            f"{', '.join(chain.layer_by_id)}"
        )
    prices = load_prices(settings, None if universe == LISTED else chain.symbols(), chain)
    session = session_for(prices, as_of)
    known = _map_of(chain, prices, session, members)
    names = universe_symbols(known, prices, universe)
    if not names and universe_symbols(chain, prices, universe):
        raise nobody_known(chain, universe, as_of or prices.last_session)
    return _computed(chain, known, prices, session, names, hindsight=members == TODAY)


def session_for(prices: Prices, day: dt.date | None) -> dt.date | None:
    """The session that a day stands for: the last one on or before it.

    None for the latest; the day itself where nothing is stored on or before it.
    """
    return None if day is None else prices.session_on(day) or day


def nobody_known(chain: SupplyChain, universe: str, day: dt.date) -> InputError:
    """Of a universe that no document dated before the day puts anyone into."""
    first = first_day(chain, None if universe == MAP else universe)
    since = f"the first is known on {first}; choose that day or a later one" if first else "never"
    return InputError(
        f"--as-of {day}: no member of {universe} was known; {since}, or --members today"
    )


def universe_symbols(chain: SupplyChain, prices: Prices, universe: str) -> tuple[str, ...]:
    """The symbols of `map`, of `listed` (all stocks of Taiwan with a bar) or of a layer.

    A layer's are those of all its members; of an unknown one there is none.
    """
    if universe == MAP:
        return chain.symbols()
    if universe == LISTED:
        home = prices.panels.get(HOME)
        return tuple(one for one in (home.symbols if home else ()) if not is_index(one))
    return tuple(
        company.symbol
        for company in chain.companies
        if company.symbol and any(one.layer == universe for one in company.memberships)
    )


def take_snapshot(
    chain: SupplyChain,
    prices: Prices,
    as_of: dt.date | None = None,
    universe: Iterable[str] | None = None,
    members: str = KNOWN,
) -> Snapshot:
    """Compute all figures of `universe` (default: the map's symbols) as of a session.

    Parameters
    ----------
    as_of : default: the last session, of the whole map
    members : with `as_of`, of the map as it was `known` on the last session up to it, or of
        `today`'s with hindsight; without it today's members count since their own documents,
        or with `today` since ever

    Raises
    ------
    InputError
        If nothing is stored on or before `as_of`.
    """
    known = _map_of(chain, prices, as_of, members)
    return _computed(chain, known, prices, as_of, universe, hindsight=members == TODAY)


def settled_snapshot(chain: SupplyChain, prices: Prices) -> Snapshot:
    """All figures of the whole map as of the last session that most companies have."""
    # One company's early bar shall not make a day of which nothing else is known.
    return _computed(chain, chain, prices, prices.settled_session, None, hindsight=False)


def like(
    taken: Snapshot,
    prices: Prices | None = None,
    universe: Iterable[str] | None = None,
    as_of: dt.date | None = None,
) -> Snapshot:
    """By the same map: other prices, symbols or session, what is not given as it was."""
    return _computed(
        taken.whole_chain,
        taken.chain,
        prices or taken.prices,
        as_of or taken.as_of,
        taken.universe if universe is None else universe,
        hindsight=taken.hindsight,
    )


def before(taken: Snapshot, as_of: dt.date, universe: str = MAP) -> Snapshot:
    """A universe as of an earlier session, by the map as it was known then."""
    members = TODAY if taken.hindsight else KNOWN
    known = _map_of(taken.whole_chain, taken.prices, as_of, members)
    names = universe_symbols(known, taken.prices, universe)
    return _computed(
        taken.whole_chain, known, taken.prices, as_of, names, hindsight=taken.hindsight
    )


def _map_of(chain: SupplyChain, prices: Prices, as_of: dt.date | None, members: str) -> SupplyChain:
    """The map that counts as of a day."""
    if members not in (KNOWN, TODAY):
        raise InputError(f"members {members}: unknown; choose {KNOWN} or {TODAY}")
    if as_of is None or members == TODAY:
        return chain
    return known_map(chain, session_for(prices, as_of) or as_of)


def _computed(
    whole: SupplyChain,
    chain: SupplyChain,
    prices: Prices,
    as_of: dt.date | None,
    universe: Iterable[str] | None,
    *,
    hindsight: bool,
) -> Snapshot:
    day = as_of or prices.last_session
    asked = tuple(dict.fromkeys(chain.symbols() if universe is None else universe))
    names = list(dict.fromkeys((*asked, *chain.symbols())))
    tables, notes, caps = [], [], []
    for panel in prices.panels.values():
        if panel.sessions[0].item() > day:
            continue
        tables.append(_metrics(prices, panel, day))
        notes.append(
            metric_notes(
                panel,
                as_of=day,
                benchmark=_benchmark(panel),
                shares=prices.shares,
                revenue=prices.revenue,
                insurers=prices.insurers,
            )
        )
        caps.append(start_caps(panel, prices.shares, day))
    if not tables:
        raise InputError(
            f"as-of {day}: no price is stored on or before it; choose a later date or import prices"
        )
    return Snapshot(
        chain=chain,
        whole_chain=whole,
        hindsight=hindsight,
        prices=prices,
        as_of=day,
        universe=asked,
        metrics=pd.concat(tables).reindex(names)[list(METRICS)],
        notes=pd.concat(notes).reindex(names),
        start_caps=pd.concat(caps).reindex(names),
    )


def _without_old(panel: Panel, end: int) -> Panel:
    """The panel up to a column, from where it holds all bars that metrics of it can reach.

    A metric looks at a symbol's last `WINDOW` bars; before an earlier session they are as many
    more. Nothing is copied.
    """
    needed = WINDOW + MAX_BACK + 1
    start = max(end + 1 - needed, 0)
    traded = ~np.isnan(panel.close[:, : end + 1])
    live = np.flatnonzero(traded[:, max(end - MAX_BACK - MAX_STALE, 0) :].any(axis=1))
    for row in live[traded[live, start:].sum(axis=1) < needed]:
        own = np.flatnonzero(traded[row])
        start = min(start, int(own[max(len(own) - needed, 0)]))
    part = slice(start, end + 1)
    arrays = {name: getattr(panel, name)[:, part] for name in (*FIELDS, FLAGS)}
    return Panel(panel.market, panel.symbols, panel.sessions[part], **arrays)


def _benchmark(panel: Panel) -> str | None:
    benchmark = MARKETS[panel.market].benchmark
    return benchmark if benchmark in panel.positions else None


def _metrics(
    prices: Prices, panel: Panel, day: dt.date, keys: Collection[str] | None = None
) -> pd.DataFrame:
    """`metric_table` by all that the prices know."""
    return metric_table(
        panel,
        as_of=day,
        benchmark=_benchmark(panel),
        shares=prices.shares,
        listed_since=prices.listed_since,
        revenue=prices.revenue,
        insurers=prices.insurers,
        keys=keys,
    )
