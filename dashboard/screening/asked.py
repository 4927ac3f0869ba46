"""What a link to the screener asks for, and the rows that answer it, in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard import parameters as names
from dashboard.errors import ScreenError
from dashboard.i18n import Language
from dashboard.screening.fields import Field, FieldKind
from dashboard.screening.language import parse
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import Screened, screen
from dashboard.screening.syntax import Name, walk
from dashboard.screening.table import screen_table
from dashboard.snapshot import LISTED, MAP, Snapshot
from dashboard.supply_chain.models import SupplyChain

DEFAULT_COLUMNS: Final = (
    "unadjusted_close", "return_1d", "return_1m", "return_3m", "volume_ratio_20", "rsi_14",
    "market_cap", "layer",
)  # fmt: skip
DEFAULT_SORT: Final = "-return_1d"
_SORTED_BY: Final = (FieldKind.NUMBER, FieldKind.DATE, FieldKind.MONTH)
_DESCENDING: Final = "-"


@dataclass(frozen=True)
class Request:
    """What a link to the screener says.

    Attributes
    ----------
    text : the expression; empty for every company
    preset : id, where the expression is that of a preset
    default_columns : shown where the URL names none
    sort : field, after `-` where the largest come first
    """

    universe: str
    text: str
    preset: str | None
    columns: tuple[str, ...]
    default_columns: tuple[str, ...]
    sort: str

    @property
    def sort_field(self) -> str:
        return self.sort.removeprefix(_DESCENDING)

    @property
    def descending(self) -> bool:
        return self.sort.startswith(_DESCENDING)


def universes(chain: SupplyChain, asked: str | None) -> tuple[str, ...]:
    """The map, the whole market, and the layer that a link names."""
    return (MAP, LISTED, asked) if asked in chain.layer_by_id else (MAP, LISTED)


def request_of(
    chain: SupplyChain, fields: Mapping[str, Field], parameters: Mapping[str, str]
) -> Request:
    """A URL's request; what it does not know is read as the default."""
    preset = PRESETS.get(parameters.get(names.PRESET, ""))
    asked = parameters.get(names.EXPRESSION)
    if asked is not None:
        preset = None
    text = (asked or (preset.expression if preset else "")).strip()
    default = default_columns(text, fields) if preset is None else preset.columns
    sort = parameters.get(names.SORT) or (preset.sort if preset else DEFAULT_SORT)
    universe = parameters.get(names.UNIVERSE) or MAP
    return Request(
        universe=universe if universe in universes(chain, universe) else MAP,
        text=text,
        preset=preset.id if preset else None,
        columns=known_columns(parameters.get(names.COLUMNS), fields, default),
        default_columns=tuple(default),
        sort=sort if is_sortable(fields.get(sort.removeprefix(_DESCENDING))) else DEFAULT_SORT,
    )


def default_columns(text: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """What the expression asks about, then what is always of use."""
    try:
        parts = [node for node, _ in walk(parse(text))] if text else []
    except ScreenError:
        parts = []
    own = [one.key for one in parts if isinstance(one, Name) and one.key in fields]
    return tuple(dict.fromkeys([*own, *DEFAULT_COLUMNS]))


def known_columns(
    asked: str | None, known: Collection[str], default: Sequence[str]
) -> tuple[str, ...]:
    """The columns that a URL asks for (`a,b`); unknown ones are left out, none means `default`."""
    wanted = [one for one in (asked or "").split(names.SEPARATOR) if one in known]
    return tuple(dict.fromkeys(wanted)) or tuple(default)


def is_sortable(asked: Field | None) -> bool:
    """Whether rows can be put in the order of a field."""
    return asked is not None and asked.kind in _SORTED_BY


def answer(snapshot: Snapshot, text: str, table: pd.DataFrame | None = None) -> Screened:
    """The companies an expression holds for; all of them where nothing is asked.

    Parameters
    ----------
    table : the snapshot's `screen_table`, where it has been built already

    Raises
    ------
    ScreenError
        If the expression cannot be read or makes no sense.
    """
    rows = screen_table(snapshot) if table is None else table
    if text:
        return screen(snapshot, text, table=rows)
    symbols = tuple(str(one) for one in rows.index)
    return Screened("", snapshot.as_of, symbols, rows, len(symbols), 0)


def ordered(found: Screened, request: Request) -> pd.DataFrame:
    """The result's rows in the order asked for, those without the figure last."""
    return found.rows.sort_values(
        request.sort_field, ascending=not request.descending, na_position="last", kind="stable"
    )


def result_rows(
    snapshot: Snapshot, found: Screened, request: Request, language: Language
) -> pd.DataFrame:
    """Every row of the result: symbol, name and the chosen columns, values as they are."""
    rows = ordered(found, request)
    own = [snapshot.name_of(str(one)).get(language) for one in rows.index]
    keys = [one for one in request.columns if one not in ("symbol", "name")]
    return pd.DataFrame({"symbol": list(rows.index), "name": own}).join(
        rows[keys].reset_index(drop=True)
    )
