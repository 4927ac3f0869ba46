"""The rows that `screen` prints, and the files it writes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from dashboard.cli.output import say
from dashboard.cli.rows import marked, sound_map, told_snapshot
from dashboard.errors import InputError
from dashboard.export import Form, write_table
from dashboard.i18n import LANGUAGES
from dashboard.screening.fields import fields_of
from dashboard.screening.language import parse
from dashboard.screening.names import folded, names, nearest
from dashboard.screening.presets import PRESETS
from dashboard.screening.run import Screened, changes, check, screen
from dashboard.screening.syntax import Name, walk
from dashboard.screening.table import screen_table
from dashboard.settings import Settings
from dashboard.snapshot import KNOWN, MAP, Snapshot, before
from dashboard.studies.pages import pinned_of
from dashboard.supply_chain.models import SupplyChain

CHANGE: Final = "change"
_ALL: Final = "all"
_ALWAYS: Final = ("symbol", "name")
_NAMES: Final = ("name_zh", "name_en")
_USUAL: Final = ("layer", "unadjusted_close", "return_1d", "return_1m")


@dataclass(frozen=True)
class Request:
    """What is to be screened and shown.

    Attributes
    ----------
    columns : keys; none for the usual ones and those in the expression
    sort : a key, `-` before it for the largest first; empty for the order of the universe
    """

    expression: str
    universe: str = MAP
    columns: tuple[str, ...] = ()
    sort: str = ""

    def changed(self, universe: str | None, columns: str | None, sort: str | None) -> Request:
        """With what was given besides, names in any spelling.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        asked = self if universe is None else replace(self, universe=universe)
        if columns is not None:
            asked = replace(asked, columns=tuple(_keys(columns)))
        if sort is not None:
            name = sort.strip()
            key = _key(name.removeprefix("-"), "--sort") if name else ""
            asked = replace(asked, sort=f"-{key}" if name.startswith("-") else key)
        return asked


def preset_request(preset: str) -> Request:
    """The request of a preset.

    Raises
    ------
    InputError
        If there is none of this id.
    """
    if preset not in PRESETS:
        raise InputError(f"--preset {preset}: unknown; choose from {', '.join(PRESETS)}")
    ready = PRESETS[preset]
    return Request(ready.expression, columns=ready.columns, sort=ready.sort)


def screened_rows(
    settings: Settings,
    asked: Request,
    day: dt.date | None,
    since: dt.date | None,
    members: str = KNOWN,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows a screen keeps, or what changed since a day, and what they are about.

    Raises
    ------
    ScreenError
        If the expression cannot be run.
    InputError
        If a column or the universe is unknown, or nothing is stored as of the day.
    """
    chain = sound_map(settings)
    check(asked.expression, chain)
    columns = _columns(asked)
    snapshot = told_snapshot(settings, chain, day, asked.universe, members)
    table = screen_table(snapshot)
    found = screen(snapshot, asked.expression, table=table)
    unknown = f", not known for {found.unknown}" if found.unknown else ""
    say(f"{len(found.symbols)} of {found.total} symbols{unknown}")
    about = {
        "as_of": snapshot.as_of.isoformat(),
        "sources": ", ".join(snapshot.prices.sources),
        "universe": asked.universe,
        "expression": asked.expression,
        "members": members,
        **pinned_of(snapshot).about(),
    }
    rows = found.rows
    if since is not None:
        rows = _changed(snapshot, table, found, since, asked.universe)
        columns, about["since"] = [CHANGE, *columns], since.isoformat()
    if asked.sort:
        key, falling = asked.sort.removeprefix("-"), asked.sort.startswith("-")
        rows = rows.sort_values(key, ascending=not falling, kind="stable", na_position="last")
    chinese, english = ([one.get(language) for one in rows["name"]] for language in LANGUAGES)
    named = rows.assign(name=chinese, name_zh=chinese, name_en=english)
    return marked(snapshot, named[columns].reset_index(drop=True)), about


def _changed(
    snapshot: Snapshot, table: pd.DataFrame, after: Screened, since: dt.date, universe: str
) -> pd.DataFrame:
    """What came in and went out since a day, with the figures of now."""
    if since > snapshot.as_of:
        raise InputError(
            f"--diff {since} is after the figures of {snapshot.as_of}; go further back"
        )
    earlier = before(snapshot, since, universe)
    moved = changes(after, screen(earlier, after.text))
    say(f"since {since}: {len(moved.entered)} in, {len(moved.left)} out")
    marks = ["in"] * len(moved.entered) + ["out"] * len(moved.left)
    return table.loc[[*moved.entered, *moved.left]].assign(**{CHANGE: marks})


def _columns(asked: Request) -> list[str]:
    """Symbol and name, and what was asked for or stands in the expression."""
    named = [one.key for one, _ in walk(parse(asked.expression)) if isinstance(one, Name)]
    return list(dict.fromkeys([*_ALWAYS, *(asked.columns or (*_USUAL, *named))]))


def _keys(columns: str) -> list[str]:
    if columns.strip() == _ALL:
        return list(fields_of(SupplyChain()))
    written = [one.strip() for one in columns.split(",")]
    return [one if one in _NAMES else _key(one, "--columns") for one in written]


def _key(name: str, option: str) -> str:
    key = names().get(folded(name))
    if key is None:
        near = nearest(name, list(names().values()))
        hint = f"did you mean {' or '.join(near)}?" if near else "see docs/screener.md"
        raise InputError(f"{option} {name}: no such column; {hint}")
    return key


def write_rows(path: Path, rows: pd.DataFrame, about: dict[str, str]) -> None:
    """The rows as a file, its form told by the end of its name.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    forms = {f".{form.value}": form for form in Form}
    if path.suffix.lower() not in forms:
        raise InputError(f"--output {path.name}: end the name with one of {', '.join(forms)}")
    write_table(rows, path, forms[path.suffix.lower()], about)
    say(f"{len(rows)} rows in {path}")
