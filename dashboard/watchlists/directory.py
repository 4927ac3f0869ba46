"""Which shares are known, and which of them a person means by a code or a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from itertools import islice, takewhile
from typing import Final

import pandas as pd

from dashboard.errors import InputError
from dashboard.prices.bars import SYMBOL
from dashboard.prices.records import BOARD, CODE, LISTED_ON, NAME, VALID_TO
from dashboard.supply_chain.models import SupplyChain
from dashboard.watchlists import tradingview

_NEAREST: Final = 3
_COMPARED: Final = 12
_MISREAD: Final = str.maketrans("oil", "011")
_LONGEST: Final = 80
"""Characters; no name of a company is longer, and finding what is near takes their square."""


@dataclass(frozen=True, eq=False)
class Directory:
    """The shares of the map, of the exchanges' lists and of the store.

    Attributes
    ----------
    symbols : known symbol → the one it is traded under now
        Another one where the company has moved to another board.
    names : (name or alias, symbol) of every company that has one
    boards : symbol → board (`markets.BOARDS`), where it is known
    """

    symbols: Mapping[str, str]
    names: tuple[tuple[str, str], ...]
    boards: Mapping[str, str]

    def find(self, text: str) -> str | None:
        """The symbol meant by `2330.TW`, `TWSE:2330`, `2330`, `2330 台積電` or a name.

        None where nothing or more than one share is meant.
        """
        found = self.candidates(text)
        return found[0] if len(found) == 1 else None

    def candidates(self, text: str) -> tuple[str, ...]:
        """The symbols that may be meant, each as it is traded now; an exact symbol alone."""
        plain = _folded(text)[:_LONGEST]
        upper = plain.upper()
        # TradingView writes BRK.B what is BRK-B here.
        for symbol in (upper, upper.replace(".", "-")):
            if symbol in self.symbols:
                return (self.symbols[symbol],)
        if ":" in upper:
            told = tradingview.symbols_of(upper.replace(" ", ""))
            return tuple(dict.fromkeys(self.symbols[one] for one in told if one in self.symbols))
        if plain in self._meanings:
            return self._meanings[plain]
        first, _, rest = plain.partition(" ")
        return self._meanings.get(first, ()) if rest and first[:1].isdigit() else ()

    def nearest(self, text: str) -> tuple[str, ...]:
        """The symbols that `text` may have been meant for, best first; few or none."""
        plain = _folded(text)[:_LONGEST]
        ticker = plain.rpartition(":")[2]
        codes = [plain, ticker, ticker.partition(".")[0]]
        if any(one.isdigit() for one in ticker):
            ticker = ticker.translate(_MISREAD)
            codes.append(ticker)
        exact = [one for code in codes for one in self.candidates(code)]
        close = get_close_matches(ticker, self._spellings, _COMPARED)
        # Among those that are as near, a slip at the end is likelier than one at the start.
        close.sort(key=lambda word: _likeness(ticker, word), reverse=True)
        found = [*exact, *(one for word in close for one in self._spellings[word])]
        return tuple(islice(dict.fromkeys(found), _NEAREST))

    @cached_property
    def _meanings(self) -> dict[str, tuple[str, ...]]:
        """Folded bare code or name → the symbols it may mean."""
        told: dict[str, dict[str, None]] = {}
        for known, current in self.symbols.items():
            if "." in known:
                told.setdefault(_folded(known.rpartition(".")[0]), {})[current] = None
        for name, symbol in self.names:
            told.setdefault(_folded(name), {})[self.symbols.get(symbol, symbol)] = None
        return {word: tuple(symbols) for word, symbols in told.items() if word}

    @cached_property
    def _spellings(self) -> dict[str, tuple[str, ...]]:
        whole = {_folded(symbol): (current,) for symbol, current in self.symbols.items()}
        return whole | self._meanings


def directory_of(
    chain: SupplyChain, listings: pd.DataFrame, stored: Iterable[str] = ()
) -> Directory:
    """All shares that a list may hold.

    Parameters
    ----------
    listings : DataFrame, as `Prices.listings`
    stored : symbols with prices, known though no list names them
    """
    rows = listings.reset_index().sort_values([CODE, LISTED_ON])
    # A code that both boards list is where it was listed last.
    now = {
        code: symbol
        for code, symbol, over in zip(rows[CODE], rows[SYMBOL], rows[VALID_TO].notna(), strict=True)
        if not over
    }
    symbols = {symbol: symbol for symbol in stored}
    symbols |= {
        symbol: now.get(code, symbol) for code, symbol in zip(rows[CODE], rows[SYMBOL], strict=True)
    }
    for company in chain.companies:
        for listing in company.listings:
            current = company.symbol or listing.symbol
            symbols[listing.symbol] = symbols.get(current, current)
    names = [*_map_names(chain), *zip(rows[NAME], rows[SYMBOL], strict=True)]
    boards = dict(zip(rows[SYMBOL], rows[BOARD], strict=True))
    boards |= {one.symbol: one.board for company in chain.companies for one in company.listings}
    return Directory(symbols, tuple(names), boards)


def _map_names(chain: SupplyChain) -> Iterator[tuple[str, str]]:
    for company in chain.companies:
        if company.symbol:
            for name in (company.name.zh, company.name.en, *company.aliases):
                yield name, company.symbol


def found_symbols(directory: Directory, texts: Collection[str]) -> tuple[str, ...]:
    """The symbol of each text.

    Raises
    ------
    InputError
        If one means no share or several; the first of them is named.
    """
    found = [directory.find(text) for text in texts]
    for text, symbol in zip(texts, found, strict=True):
        if symbol is None:
            raise InputError(unknown_sentence(text, directory.nearest(text)))
    return tuple(one for one in found if one)


def unknown_sentence(text: str, nearest: Collection[str]) -> str:
    """`'2331' is no known share; did you mean 2330.TW?`."""
    hint = f"did you mean {', '.join(nearest)}?" if nearest else "a symbol is written 2330.TW"
    return f"{text[:_LONGEST]!r} is no known share; {hint}"


def _likeness(text: str, other: str) -> tuple[float, int]:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False))
    return round(SequenceMatcher(None, other, text).ratio(), 3), sum(1 for _ in same)


def _folded(text: str) -> str:
    """Full-width forms, letters' case and runs of spaces make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
