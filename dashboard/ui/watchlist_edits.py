"""Changes of a list by hand, as pure functions: a list in, a list out, nothing stored.

A symbol stands once in a list, so it names its row here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboard.accounts import limits
from dashboard.accounts.models import Entry, NewEntry, Watchlist
from dashboard.errors import InputError
from dashboard.prices.bars import SYMBOL
from dashboard.watchlists.formats import (
    ADDED_ON,
    ADDED_PRICE,
    NOTE,
    SECTION,
    STOP,
    TAGS,
    TARGET,
    in_order,
    tags_of,
)

FIELDS: Final = (SECTION, NOTE, TAGS, ADDED_ON, ADDED_PRICE, TARGET, STOP)
NAME: Final = "name"
ORDER: Final = "order"
TAG_SEPARATOR: Final = ", "
NAMELESS: Final = "—"
"""The section without a name, where sections are told in a row."""


@dataclass(frozen=True)
class Refused:
    """A row whose new values cannot be kept: what was typed, and why not."""

    symbol: str
    typed: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class Difference:
    """What two versions of a list do not agree on.

    Attributes
    ----------
    symbol : empty for what is the list's own
    field : a field of a row, `NAME`, `SECTION` (their order), `ORDER`, or `SYMBOL` for a row
        that only one of them has
    mine, theirs : as text; empty where there is nothing
    """

    symbol: str
    field: str
    mine: str
    theirs: str


def edited(
    watchlist: Watchlist, symbols: Sequence[str], edits: Mapping[int, Mapping[str, Any]]
) -> tuple[Watchlist, tuple[Refused, ...]]:
    """The list with what was typed into the cells; rows that cannot be kept stay as they were.

    Parameters
    ----------
    symbols : of the editor's rows, in their order
    edits : row → field → value, as `st.data_editor` tells it
    """
    by_symbol = {one.symbol: one for one in watchlist.entries}
    refused = []
    for row, typed in edits.items():
        own = {field: value for field, value in typed.items() if field in FIELDS}
        entry = by_symbol.get(symbols[row])
        if own and entry is not None:
            try:
                by_symbol[entry.symbol] = _typed(entry, own)
            except InputError as error:
                refused.append(Refused(entry.symbol, own, str(error)))
    entries = tuple(by_symbol[one.symbol] for one in watchlist.entries)
    return _named_sections(dataclasses.replace(watchlist, entries=entries)), tuple(refused)


def _typed(entry: Entry, typed: Mapping[str, Any]) -> Entry:
    changed = dataclasses.replace(
        entry, **{field: _value(entry.symbol, field, value) for field, value in typed.items()}
    )
    values = {field: getattr(changed, field) for field in FIELDS}
    checked = limits.new_entry(NewEntry(entry.symbol, **values))
    return dataclasses.replace(changed, **{field: getattr(checked, field) for field in FIELDS})


def _value(symbol: str, field: str, value: Any) -> Any:
    if field == TAGS:
        return tags_of(value or "")
    if field in (SECTION, NOTE):
        return value or ""
    if field == ADDED_ON:
        try:
            return dt.date.fromisoformat(str(value)[:10])
        except ValueError as error:
            raise InputError(f"{symbol}: the row has no day it was added; give one") from error
    return value


def _named_sections(watchlist: Watchlist) -> Watchlist:
    """The list with every section of its rows among its sections."""
    used = (*watchlist.sections, *(one.section for one in watchlist.entries))
    return dataclasses.replace(watchlist, sections=tuple(dict.fromkeys(used)))


def moved(watchlist: Watchlist, symbols: Collection[str], places: int) -> Watchlist:
    """The chosen rows further down by some places, up if negative, never out of their section."""
    ordered = list(in_order(watchlist))
    entries: list[Entry] = []
    for section in dict.fromkeys(one.section for one in ordered):
        own = [one for one in ordered if one.section == section]
        entries += _shifted(own, [one.symbol in symbols for one in own], places)
    return dataclasses.replace(watchlist, entries=tuple(entries))


def _shifted(rows: Sequence[Any], chosen: Sequence[bool], places: int) -> list[Any]:
    """The chosen rows moved as a block would be: they keep their order, and stop at the end."""
    pairs = list(zip(rows, chosen, strict=True))
    backwards = places > 0
    if backwards:
        pairs.reverse()
    for _ in range(min(abs(places), len(pairs))):
        for place in range(1, len(pairs)):
            if pairs[place][1] and not pairs[place - 1][1]:
                pairs[place - 1 : place + 1] = [pairs[place], pairs[place - 1]]
    if backwards:
        pairs.reverse()
    return [row for row, _ in pairs]


def into_section(watchlist: Watchlist, symbols: Collection[str], section: str) -> Watchlist:
    """The chosen rows at the end of a section, which is made if there is none of the name.

    Raises
    ------
    InputError
        If no section can have this name.
    """
    name = limits.line(section, "the section", limits.NAME, may_be_empty=True)
    going = [one for one in in_order(watchlist) if one.symbol in symbols]
    staying = [one for one in watchlist.entries if one.symbol not in symbols]
    entries = (*staying, *(dataclasses.replace(one, section=name) for one in going))
    return _named_sections(dataclasses.replace(watchlist, entries=entries))


def without(watchlist: Watchlist, symbols: Collection[str]) -> Watchlist:
    """The list without the chosen rows."""
    kept = tuple(one for one in watchlist.entries if one.symbol not in symbols)
    return dataclasses.replace(watchlist, entries=kept)


def section_moved(watchlist: Watchlist, section: str, places: int) -> Watchlist:
    """The list with one of its sections further down by some places, up if negative."""
    chosen = [one == section for one in watchlist.sections]
    order = tuple(_shifted(watchlist.sections, chosen, places))
    return dataclasses.replace(watchlist, sections=order)


def section_renamed(watchlist: Watchlist, section: str, name: str) -> Watchlist:
    """The list with a section under another name; a name that is taken joins the two.

    Raises
    ------
    InputError
        If no section can have this name.
    """
    told = limits.line(name, "the section", limits.NAME, may_be_empty=True)
    sections = tuple(dict.fromkeys(told if one == section else one for one in watchlist.sections))
    entries = tuple(
        dataclasses.replace(one, section=told) if one.section == section else one
        for one in watchlist.entries
    )
    return dataclasses.replace(watchlist, sections=sections, entries=entries)


def section_removed(watchlist: Watchlist, section: str) -> Watchlist:
    """The list without a section; its rows come to stand in the one without a name."""
    if not section:
        return watchlist
    renamed = section_renamed(watchlist, section, "")
    return dataclasses.replace(
        renamed, sections=tuple(one for one in renamed.sections if one != section)
    )


def differences(mine: Watchlist, theirs: Watchlist) -> tuple[Difference, ...]:
    """What two versions of a list do not agree on, the list's own first, then row by row."""
    found = [
        *_of_the_list(mine, theirs),
        *(one for symbol in _symbols(mine, theirs) for one in _of_a_row(symbol, mine, theirs)),
    ]
    both = {one.symbol for one in mine.entries} & {one.symbol for one in theirs.entries}
    orders = [
        ", ".join(one.symbol for one in in_order(each) if one.symbol in both)
        for each in (mine, theirs)
    ]
    if orders[0] != orders[1]:
        found.append(Difference("", ORDER, *orders))
    return tuple(found)


def _symbols(mine: Watchlist, theirs: Watchlist) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.symbol for one in (*mine.entries, *theirs.entries)))


def _of_the_list(mine: Watchlist, theirs: Watchlist) -> Iterator[Difference]:
    if mine.name != theirs.name:
        yield Difference("", NAME, mine.name, theirs.name)
    for field, ours, others in (
        (SECTION, mine.sections, theirs.sections),
        ("columns", mine.columns, theirs.columns),
    ):
        if ours != others:
            texts = (", ".join(one or NAMELESS for one in each) for each in (ours, others))
            yield Difference("", field, *texts)


def _of_a_row(symbol: str, mine: Watchlist, theirs: Watchlist) -> Iterator[Difference]:
    ours, others = (
        next((one for one in each.entries if one.symbol == symbol), None) for each in (mine, theirs)
    )
    if ours is None or others is None:
        yield Difference(symbol, SYMBOL, *("" if one is None else symbol for one in (ours, others)))
        return
    for field in FIELDS:
        texts = [field_text(getattr(one, field)) for one in (ours, others)]
        if texts[0] != texts[1]:
            yield Difference(symbol, field, *texts)


def field_text(value: Any) -> str:
    """A field of a row as one text; empty where nothing was given."""
    if value is None:
        return ""
    return TAG_SEPARATOR.join(value) if isinstance(value, tuple) else str(value)
