"""Which page of the dashboard shows which table: the one registry that a link is read by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

import pandas as pd

from dashboard import parameters as names
from dashboard.errors import InputError
from dashboard.provenance import MAP_SIGNS, Pinned
from dashboard.snapshot import Snapshot
from dashboard.supply_chain.known import map_version

Rows = Callable[[Snapshot, Mapping[str, str]], pd.DataFrame]
HOME: Final = "home"
SCREENER: Final = "screener"
_COMPANY: Final = "company"
_LAYER: Final = "layer"
_STUDIES: Final = {
    HOME: "heatmap",
    _LAYER: "layer",
    _COMPANY: "company",
    "index": "index",
    "rotation": "rotation",
    "events": "events",
    "overnight": "overnight",
    "chain": "chain",
}
"""View → module of `dashboard.studies` whose `table_of` makes its table."""
OWN: Final = {
    "watchlists": "shows the reader's own lists",
    "alerts": "shows the reader's own alerts",
    "data": "shows what is stored now, and no figures of it",
    "method": "explains the figures and shows none",
}
"""Pages that no link reproduces, and why."""


def view_of(page: str, parameters: Mapping[str, str]) -> str:
    """What a page shows for a URL's parameters: a company, a layer, or the page itself.

    Parameters
    ----------
    page : last part of the URL's path; empty for the first page

    Raises
    ------
    InputError
        If there is no such page, or what it shows cannot be reproduced.
    """
    place = page or HOME
    if place not in (*_STUDIES, SCREENER, *OWN) or place in (_LAYER, _COMPANY):
        known = ", ".join(sorted({*_STUDIES, SCREENER} - {_LAYER, _COMPANY}))
        raise InputError(f"the dashboard has no page {place[:40]!r}; links are of: {known}")
    if names.CODE in parameters:
        return _COMPANY
    if place in OWN:
        raise InputError(
            f"the page {place} {OWN[place]}: there is nothing to reproduce; take a link of another"
        )
    return _LAYER if place == HOME and names.LAYER in parameters else place


def pinned_of(snapshot: Snapshot) -> Pinned:
    """What figures are a function of, besides a page's parameters."""
    version = map_version(snapshot.chain)[:MAP_SIGNS]
    return Pinned(version, snapshot.as_of, snapshot.prices.pin)


def is_figures(page: str, parameters: Mapping[str, str]) -> bool:
    """Whether `view_of` has an answer."""
    try:
        view_of(page, parameters)
    except InputError:
        return False
    return True


def table_of(view: str) -> Rows:
    """What makes a view's table (of all but the screener, which is not a study)."""
    # Some studies take seconds to import, and a command shows one of them.
    rows: Rows = import_module(f"dashboard.studies.{_STUDIES[view]}").table_of
    return rows
