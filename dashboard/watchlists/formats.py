"""Watchlists as files: our own CSV, TradingView's text and Yahoo Finance's portfolio CSV.

Our CSV comes back as it went out; a line break of a note is written ⏎, and a tag has no comma or
semicolon.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import pandas as pd

from dashboard.accounts import limits
from dashboard.accounts.models import Entry, NewEntry, Watchlist
from dashboard.errors import InputError
from dashboard.export import write_csv
from dashboard.prices.bars import SYMBOL
from dashboard.watchlists import tradingview
from dashboard.watchlists.directory import Directory
from dashboard.watchlists.files import (
    MOST_LINES,
    csv_rows,
    day_of,
    guarded,
    one_line,
    price_of,
    tags_of,
    text_of,
    unguarded,
)

SECTION: Final = "section"
NOTE: Final = "note"
TAGS: Final = "tags"
ADDED_ON: Final = "added_on"
ADDED_PRICE: Final = "added_price"
TARGET: Final = "target"
STOP: Final = "stop"
ENTRY_COLUMNS: Final = (SYMBOL, SECTION, NOTE, TAGS, ADDED_ON, ADDED_PRICE, TARGET, STOP)

_TITLES: Final = {
    SYMBOL: ("symbol", "ticker", "code", "代號", "代碼", "股票代號", "證券代號"),
    SECTION: ("section", "分組"),
    NOTE: ("note", "comment", "備註"),
    TAGS: ("tags", "標籤"),
    ADDED_ON: ("added_on", "trade date", "加入日"),
    ADDED_PRICE: ("added_price", "purchase price", "加入價"),
    TARGET: ("target", "high limit", "目標價"),
    STOP: ("stop", "low limit", "停損價"),
}
"""What a column may be called, letters' case aside."""
_YAHOO_TITLES: Final = (
    "Symbol", "Current Price", "Date", "Time", "Change", "Open", "High", "Low", "Volume",
    "Trade Date", "Purchase Price", "Quantity", "Commission", "High Limit", "Low Limit", "Comment",
)  # fmt: skip
_ONLY_YAHOO: Final = frozenset(("trade date", "purchase price", "current price", "high limit"))
_YAHOO_CASH: Final = "$$"
_SECTION_MARK: Final = "###"
_LINE_BREAK: Final = "⏎"
_MOST_NEAREST: Final = 25
"""Unknown symbols that get a guess; comparing one with all names takes time."""


class ListForm(StrEnum):
    """How a file is written."""

    CSV = "csv"
    TRADINGVIEW = "tradingview"
    YAHOO = "yahoo"


@dataclass(frozen=True)
class Unknown:
    """A text that means no known share, or more than one; then `nearest` are these."""

    line: int
    text: str
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """What of a line was left out."""

    line: int
    message: str
    repeated: bool = False
    """Nothing was lost: the symbol is there already."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True)
class Parsed:
    """What a file holds.

    Attributes
    ----------
    entries : each symbol once, in the file's order
    sections : names in the file's order, also of those without a row
    unknown : each text once, at its first line
    faults : values that were left out, and symbols that are there more than once
    """

    form: ListForm
    entries: tuple[NewEntry, ...]
    sections: tuple[str, ...]
    unknown: tuple[Unknown, ...]
    faults: tuple[Fault, ...]


def parse(
    data: str | bytes, directory: Directory, today: dt.date, form: ListForm | None = None
) -> Parsed:
    """What a file or a pasted text holds, whichever of the three forms it has.

    Of Yahoo's purchases of one symbol the earliest is kept; sales and cash are left out.

    Parameters
    ----------
    data : bytes are UTF-8, UTF-16 or Big5; lines end in any way
    today : day of a row that tells none
    form : told by the content if None

    Raises
    ------
    InputError
        If it is no text, too large, or no table where `form` wants one.
    """
    text = text_of(data)
    table = None if form is ListForm.TRADINGVIEW else _table(text)
    found = _Found(directory, today)
    if table is not None:
        told = form or (ListForm.YAHOO if table.titles.keys() & _ONLY_YAHOO else ListForm.CSV)
        found.read_table(table, told)
        return found.parsed(told)
    if form in (ListForm.CSV, ListForm.YAHOO):
        raise InputError(
            f"the first line of the file names no column symbol; write {','.join(ENTRY_COLUMNS)}"
        )
    found.read_tokens(text)
    if not (found.sections or found.unknown):
        raise InputError("the file names no symbol; a list is written TWSE:2330,TPEX:8358")
    return found.parsed(ListForm.TRADINGVIEW)


def write(watchlist: Watchlist, form: ListForm, boards: Mapping[str, str]) -> str:
    """The list as a file; TradingView has only sections beside the symbols, Yahoo none and no tags.

    Parameters
    ----------
    boards : symbol → board, of a `Directory`
    """
    if form is ListForm.TRADINGVIEW:
        return _tradingview(watchlist, boards)
    rows = in_order(watchlist)
    out = io.StringIO()
    write_csv(_yahoo_frame(rows) if form is ListForm.YAHOO else _own_frame(rows), out)
    return out.getvalue()


def in_order(watchlist: Watchlist) -> tuple[Entry, ...]:
    """The rows section by section, in hand order within each."""
    places = {section: place for place, section in enumerate(watchlist.sections)}
    return tuple(sorted(watchlist.entries, key=lambda one: places.get(one.section, len(places))))


def _own_frame(rows: Iterable[Entry]) -> pd.DataFrame:
    cells = [
        (
            one.symbol,
            guarded(one.section),
            guarded(_note_cell(one.note)),
            guarded("; ".join(one.tags)),
            _day_cell(one),
            one.added_price,
            one.target,
            one.stop,
        )
        for one in rows
    ]
    frame = pd.DataFrame(cells, columns=pd.Index(ENTRY_COLUMNS))
    return frame.astype(dict.fromkeys((ADDED_PRICE, TARGET, STOP), "float64"))


def _yahoo_frame(rows: Iterable[Entry]) -> pd.DataFrame:
    cells = [
        {
            "Symbol": one.symbol,
            "Trade Date": _day_cell(one).replace("-", ""),
            "Purchase Price": one.added_price,
            "High Limit": one.target,
            "Low Limit": one.stop,
            "Comment": guarded(_note_cell(one.note)),
        }
        for one in rows
    ]
    return pd.DataFrame(cells, columns=pd.Index(_YAHOO_TITLES))


def _day_cell(entry: Entry) -> str:
    """Empty for a row that nobody added: the list follows something by itself."""
    return entry.added_on.isoformat() if entry.id >= 0 else ""


def _note_cell(note: str) -> str:
    """The note in one line: not every reader of CSV takes a line break within a field."""
    return note.replace("\n", _LINE_BREAK)


def _tradingview(watchlist: Watchlist, boards: Mapping[str, str]) -> str:
    # Nothing ends a section, so the rows without one come first.
    rows = sorted(in_order(watchlist), key=lambda one: one.section != "")
    parts: list[str] = []
    section = ""
    for one in rows:
        if one.section != section:
            section = one.section
            parts.append(_SECTION_MARK + one_line(section).replace(",", "，"))
        parts.append(tradingview.name_of(one.symbol, boards.get(one.symbol)))
    return ",".join(parts) + "\n" if parts else ""


@dataclass(frozen=True)
class _Table:
    """A file whose first line names its columns: folded title → place, and the rows below."""

    titles: Mapping[str, int]
    rows: Iterator[tuple[int, list[str]]]

    def place(self, column: str) -> int | None:
        return next((self.titles[one] for one in _TITLES[column] if one in self.titles), None)


def _table(text: str) -> _Table | None:
    """None where the first line names no column of symbols."""
    rows = csv_rows(text)
    try:
        _, cells = next(rows, (0, []))
    except InputError:
        return None
    titles = {one_line(cell).lstrip("'").casefold(): place for place, cell in enumerate(cells)}
    table = _Table(titles, rows)
    return None if table.place(SYMBOL) is None else table


class _Row:
    """The cells of one row by column."""

    def __init__(self, table: _Table, cells: list[str]) -> None:
        self._table, self._cells = table, cells

    def text(self, column: str) -> str:
        return self._at(self._table.place(column))

    def is_sale(self) -> bool:
        kind, quantity = (
            self._at(self._table.titles.get(title)) for title in ("transaction type", "quantity")
        )
        return kind.casefold().startswith("sell") or quantity.startswith("-")

    def _at(self, place: int | None) -> str:
        return "" if place is None or place >= len(self._cells) else unguarded(self._cells[place])


@dataclass
class _Found:
    """What has been read so far."""

    directory: Directory
    today: dt.date
    entries: dict[str, NewEntry] = field(default_factory=dict)
    first_lines: dict[str, int] = field(default_factory=dict)
    sections: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    repeated: set[str] = field(default_factory=set)

    def parsed(self, form: ListForm) -> Parsed:
        return Parsed(
            form,
            tuple(self.entries.values()),
            tuple(self.sections),
            tuple(self.unknown.values()),
            tuple(self.faults),
        )

    def read_tokens(self, text: str) -> None:
        tokens = (
            (line, token)
            for line, whole in enumerate(text.split("\n"), 1)
            for token in map(one_line, whole.split(","))
            if token
        )
        section = ""
        for count, (line, token) in enumerate(tokens):
            if count >= MOST_LINES:
                raise InputError(f"the file names more than {MOST_LINES:,} symbols")
            if token.startswith(_SECTION_MARK):
                name = token.removeprefix(_SECTION_MARK).strip()
                section = self._cut(line, SECTION, name, limits.NAME)
                self.sections[section] = None
            elif symbol := self._symbol(line, token):
                self._add(line, NewEntry(symbol, section, added_on=self.today))

    def read_table(self, table: _Table, form: ListForm) -> None:
        of_yahoo = form is ListForm.YAHOO
        for line, cells in table.rows:
            row = _Row(table, cells)
            told = row.text(SYMBOL)
            if of_yahoo and (told.startswith(_YAHOO_CASH) or row.is_sale()):
                continue
            if not told:
                self.faults.append(Fault(line, "the row has no symbol; it is left out"))
            elif symbol := self._symbol(line, told):
                self._add(
                    line, self._entry(line, symbol, row), keep_earliest=form is ListForm.YAHOO
                )

    def _entry(self, line: int, symbol: str, row: _Row) -> NewEntry:
        day = self._day(line, row.text(ADDED_ON))
        price = self._price(line, row, ADDED_PRICE)
        if price is not None and day is None:
            self._fault(line, "the price added at has no day; today stands in")
        return NewEntry(
            symbol,
            self._cut(line, SECTION, row.text(SECTION), limits.NAME),
            self._cut(line, NOTE, row.text(NOTE).replace(_LINE_BREAK, "\n"), limits.NOTE),
            self._tags(line, row.text(TAGS)),
            added_on=day or self.today,
            added_price=price,
            target=self._price(line, row, TARGET),
            stop=self._price(line, row, STOP),
        )

    def _cut(self, line: int, column: str, text: str, most: int) -> str:
        if len(text) > most:
            self._fault(line, f"the {column} has {len(text):,} characters; {most:,} are kept")
        return text[:most].strip()

    def _tags(self, line: int, text: str) -> tuple[str, ...]:
        tags = tags_of(text)
        if len(tags) > limits.TAGS:
            self._fault(line, f"the row has {len(tags)} tags; {limits.TAGS} are kept")
        return tuple(self._cut(line, "tag", tag, limits.NAME) for tag in tags[: limits.TAGS])

    def _day(self, line: int, text: str) -> dt.date | None:
        day = day_of(text)
        if text and day is None:
            self._fault(
                line, f"{ADDED_ON} {text[:40]!r} is no day such as 2026-06-30; it is left out"
            )
        return day

    def _price(self, line: int, row: _Row, column: str) -> float | None:
        text = row.text(column)
        price = price_of(text)
        if text and price is None:
            self._fault(line, f"{column} {text[:40]!r} is no price above 0; it is left out")
        return price

    def _fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(line, message))

    def _symbol(self, line: int, text: str) -> str | None:
        symbol = self.directory.find(text)
        if symbol is None and text not in self.unknown:
            guess = len(self.unknown) < _MOST_NEAREST
            nearest = self.directory.nearest(text) if guess else ()
            self.unknown[text] = Unknown(line, text, nearest)
        return symbol

    def _add(self, line: int, entry: NewEntry, *, keep_earliest: bool = False) -> None:
        symbol = entry.symbol
        known = self.entries.get(symbol)
        if known is None:
            self.entries[symbol] = entry
            self.first_lines[symbol] = line
            self.sections[entry.section] = None
            return
        if keep_earliest and entry.added_on < known.added_on:
            self.entries[symbol] = entry
        if symbol not in self.repeated:
            self.repeated.add(symbol)
            kept = "the earliest purchase" if keep_earliest else "the first row"
            first = self.first_lines[symbol]
            message = f"{symbol} is on line {first} already; {kept} is kept"
            self.faults.append(Fault(line, message, repeated=True))


__all__ = [
    "ADDED_ON", "ADDED_PRICE", "ENTRY_COLUMNS", "NOTE", "SECTION", "STOP", "TAGS", "TARGET",
    "Fault", "ListForm", "Parsed", "Unknown", "in_order", "one_line", "parse", "tags_of", "write",
]  # fmt: skip
