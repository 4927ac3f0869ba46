"""Store what is in files the user gives: all are read and checked before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dashboard.errors import InputError
from dashboard.prices.actions import completed
from dashboard.prices.bars import CLOSE, SESSION, SYMBOL
from dashboard.prices.lock import refresh_lock
from dashboard.prices.outcomes import Report, SymbolReport
from dashboard.prices.providers.files import (
    ImportedBars,
    ImportedRecords,
    import_paths,
    read_import,
)
from dashboard.prices.quality import Reason, Refusal, check
from dashboard.prices.quarantine import keep_aside
from dashboard.prices.records import ACTIONS, SHARES_KIND, RecordKind
from dashboard.prices.refresh.jumps import brought_jumps, first_sessions
from dashboard.prices.refresh.universe import stored_listings
from dashboard.prices.store import Outcome, PriceStore


def import_files(
    store: PriceStore, paths: Iterable[Path | str], *, now: dt.datetime | None = None
) -> Report:
    """Store bars, shares, actions and revenue from CSV and Parquet files, or folders of them.

    All files are read and checked before anything is written; one file is one commit.

    Parameters
    ----------
    now : with time zone; the present if None. Bars of sessions not final then are refused.

    Raises
    ------
    InputError
        If any file cannot be used: the faults of all of them, and nothing is stored.
    RefreshRunning
        If a refresh or another import is writing the store.
    StoreError, StoreConflict
    """
    moment = now or dt.datetime.now(dt.UTC)
    files, passed_over = import_paths(paths)
    if not files:
        raise InputError("no file was named; give CSV or Parquet files, or a folder of them")
    imported, faults = [], []
    for file in files:
        try:
            imported.append(read_import(file, moment))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    with refresh_lock(store.address):
        report = _stored(store, imported, moment)
    return replace(report, passed_over=tuple(file.name for file in passed_over))


def _stored(
    store: PriceStore, imported: Sequence[ImportedBars | ImportedRecords], moment: dt.datetime
) -> Report:
    listings = stored_listings(store)
    checked = [
        check(one.bars, now=moment, listings=listings, known=_stored_closes(store, one.bars))
        for one in imported
        if isinstance(one, ImportedBars)
    ]
    reports: dict[str, SymbolReport] = {}
    quarantined = 0
    brought: dict[str, dt.date] = {}
    for batch in checked:
        quarantined += keep_aside(store, batch)
        outcome = store.upsert(batch.bars)
        first = first_sessions(batch.bars)
        for symbol, counts in outcome.by_symbol.items():
            if counts.new or counts.corrected:
                brought[symbol] = min(first[symbol], brought.get(symbol, first[symbol]))
        for symbol, counts in outcome.by_symbol.items():
            before = reports.get(symbol, SymbolReport(symbol))
            reports[symbol] = replace(before, counts=Outcome.total((before.counts, counts)))
        for refusal in batch.refusals:
            before = reports.get(refusal.symbol, SymbolReport(refusal.symbol))
            reports[refusal.symbol] = replace(before, refusals=(*before.refusals, refusal))
    records: dict[str, list[Outcome]] = {}
    for kind, rows in _records(imported):
        good, refused = _without_conflicts(kind, rows)
        if kind is ACTIONS:
            good = completed(good, store.read_records(ACTIONS, good[SYMBOL].unique()))
        records.setdefault(kind.name, []).append(store.upsert_records(kind, good))
        for refusal in refused:
            before = reports.get(refusal.symbol, SymbolReport(refusal.symbol))
            reports[refusal.symbol] = replace(before, refusals=(*before.refusals, refusal))
    return Report(
        symbols=tuple(reports[symbol] for symbol in sorted(reports)),
        holes=tuple(dict.fromkeys(hole for batch in checked for hole in batch.holes)),
        quarantined=quarantined,
        jumps=brought_jumps(store, brought, listings),
        records={name: Outcome.total(outcomes) for name, outcomes in records.items()},
    )


def _stored_closes(store: PriceStore, bars: pd.DataFrame) -> pd.DataFrame | None:
    """What is stored of the sessions of a batch."""
    if bars.empty:
        return None
    table = store.read(
        symbols=bars[SYMBOL].unique().tolist(),
        fields=[SYMBOL, SESSION, CLOSE],
        start=bars[SESSION].min().date(),
        end=bars[SESSION].max().date(),
    )
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def _records(
    imported: Iterable[ImportedBars | ImportedRecords],
) -> Iterator[tuple[RecordKind, pd.DataFrame]]:
    for one in imported:
        if isinstance(one, ImportedRecords):
            yield one.kind, one.records
        elif one.shares is not None:
            yield SHARES_KIND, one.shares


def _without_conflicts(
    kind: RecordKind, records: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Refusal, ...]]:
    """Of different rows under one key nobody knows which is right: none of them is stored."""
    keys = list(kind.keys)
    bad = records.duplicated(keys, keep=False)
    refused = records.loc[bad, keys].drop_duplicates()
    return records[~bad], tuple(
        Refusal(symbol, day.date(), Reason.CONFLICTING)
        for symbol, day in refused.itertuples(index=False, name=None)
    )
