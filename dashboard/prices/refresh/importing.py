"""Store what is in files the user gives: all are read and checked before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from dashboard.errors import InputError
from dashboard.prices.outcomes import Report, SymbolReport
from dashboard.prices.providers.files import ImportedBars, import_paths, read_import
from dashboard.prices.quality import check
from dashboard.prices.quarantine import keep_aside
from dashboard.prices.records import LISTINGS, SHARES_KIND
from dashboard.prices.store import Outcome, PriceStore


def import_files(
    store: PriceStore, paths: Iterable[Path | str], *, now: dt.datetime | None = None
) -> Report:
    """Store bars and shares outstanding from CSV and Parquet files, or folders of them.

    All files are read and checked before anything is written; one file is one commit.

    Parameters
    ----------
    now : with time zone; the present if None. Bars of sessions not final then are refused.

    Raises
    ------
    InputError
        If any file cannot be used: the faults of all of them, and nothing is stored.
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
    listings = store.read_records(LISTINGS)
    checked = [
        check(one.bars, now=moment, listings=listings)
        for one in imported
        if isinstance(one, ImportedBars)
    ]
    reports: dict[str, SymbolReport] = {}
    quarantined = 0
    for batch in checked:
        quarantined += keep_aside(store, batch)
        outcome = store.upsert(batch.bars)
        for symbol, counts in outcome.by_symbol.items():
            before = reports.get(symbol, SymbolReport(symbol))
            reports[symbol] = replace(before, counts=Outcome.total((before.counts, counts)))
        for refusal in batch.refusals:
            before = reports.get(refusal.symbol, SymbolReport(refusal.symbol))
            reports[refusal.symbol] = replace(before, refusals=(*before.refusals, refusal))
    shares = [
        store.upsert_records(SHARES_KIND, one.shares) for one in imported if one.shares is not None
    ]
    return Report(
        symbols=tuple(reports[symbol] for symbol in sorted(reports)),
        holes=tuple(dict.fromkeys(hole for batch in checked for hole in batch.holes)),
        quarantined=quarantined,
        records={SHARES_KIND.name: Outcome.total(shares)},
        passed_over=tuple(file.name for file in passed_over),
    )
