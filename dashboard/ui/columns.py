"""Which fields a table shows, in which order, and how their values read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from dashboard.analytics.metrics import Unit
from dashboard.charts.formats import MISSING, unit_text
from dashboard.i18n import Text
from dashboard.screening.fields import Field, FieldKind
from dashboard.ui.page import Page

Change = Callable[[tuple[str, ...]], None]
_UNITS = {FieldKind.DATE: Unit.DATE, FieldKind.MONTH: Unit.MONTH}


def choose_columns(
    page: Page,
    labels: Mapping[str, str],
    chosen: tuple[str, ...],
    default: Sequence[str],
    change: Change,
    *,
    name: str,
) -> None:
    """A button behind which columns are added, removed and put in order.

    Parameters
    ----------
    labels : column → what the reader calls it, in the order they are offered
    change : told the new columns, in a callback; a change to none is a change to `default`
    name : of the control among those of the page
    """
    with st.popover(
        page.t("columns.title", n=len(chosen)), icon=":material/view_column:", type="tertiary"
    ):
        _add(page, labels, chosen, change, name)
        for place, column in enumerate(chosen):
            _one(page, labels[column], chosen, place, change, name)
        st.button(
            page.t("columns.reset"),
            key=f"{name}:reset",
            icon=":material/restart_alt:",
            type="tertiary",
            disabled=chosen == tuple(default),
            on_click=change,
            args=(tuple(default),),
        )


def _add(
    page: Page, labels: Mapping[str, str], chosen: tuple[str, ...], change: Change, name: str
) -> None:
    # Another key after each change: the box is empty again.
    key = f"{name}:add:{len(chosen)}:{hash(chosen) & 0xFFFF:04x}"

    def add() -> None:
        if (column := st.session_state[key]) is not None:
            change((*chosen, column))

    st.selectbox(
        page.t("columns.add"),
        [one for one in labels if one not in chosen],
        index=None,
        key=key,
        format_func=lambda one: labels[one],
        placeholder=page.t("columns.add_hint"),
        on_change=add,
    )


def _one(
    page: Page, label: str, chosen: tuple[str, ...], place: int, change: Change, name: str
) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False)
    row.text(label, width="stretch")
    moves = (
        ("up", ":material/arrow_upward:", place == 0),
        ("down", ":material/arrow_downward:", place == len(chosen) - 1),
        ("remove", ":material/close:", len(chosen) == 1),
    )
    for what, icon, disabled in moves:
        row.button(
            "",
            key=f"{name}:{what}:{chosen[place]}",
            icon=icon,
            type="tertiary",
            help=page.t(f"columns.{what}"),
            disabled=disabled,
            on_click=_moved,
            args=(chosen, place, what, change),
        )


def _moved(chosen: tuple[str, ...], place: int, what: str, change: Change) -> None:
    order = list(chosen)
    column = order.pop(place)
    if what != "remove":
        order.insert(place + (1 if what == "down" else -1), column)
    change(tuple(order))


def titles_of(page: Page, fields: Iterable[Field]) -> dict[str, str]:
    """Field → head of its column; the long name where two short ones are alike."""
    own = list(fields)
    short = [page.say(one.short) for one in own]
    return {
        one.key: title if short.count(title) == 1 else page.say(one.label)
        for one, title in zip(own, short, strict=True)
    }


def value_text(page: Page, field: Field, value: Any) -> str:
    """A value of a field as the reader sees it; missing is a dash."""
    if isinstance(value, Text):
        return page.say(value)
    if isinstance(value, tuple):
        return page.t("columns.several").join(value_text(page, field, one) for one in value) or (
            MISSING
        )
    if isinstance(value, str):
        return page.say(field.values[value]) if value in field.values else value or MISSING
    if field.kind is FieldKind.BOOLEAN:
        return MISSING if pd.isna(value) else page.t(f"columns.{'yes' if value else 'no'}")
    unit = _UNITS.get(field.kind, field.unit)
    return MISSING if pd.isna(value) else unit_text(unit, value, page.language)


def styled(
    page: Page,
    rows: pd.DataFrame,
    fields: Sequence[Field],
    stale: Collection[str],
    before: Mapping[str, Sequence[object]] = MappingProxyType({}),
) -> Styler:
    """The fields' columns as a reader sees them; numbers stay numbers and sort as such.

    Parameters
    ----------
    rows : DataFrame, symbols × keys of the fields; at most a few hundred rows
    stale : symbols whose row is drawn grey
    before : title → values of columns that stand before the fields
    """
    titles = titles_of(page, fields)
    frame = {title: pd.Series(list(own), rows.index) for title, own in before.items()}
    formats: dict[str, str | Callable[[Any], str] | None] = {}
    for one in fields:
        title, values = titles[one.key], rows[one.key]
        if one.kind is FieldKind.NUMBER:
            frame[title] = values
            formats[title] = partial(unit_text, one.unit, language=page.language)
        elif one.kind in _UNITS:
            frame[title] = values
            formats[title] = partial(unit_text, _UNITS[one.kind], language=page.language)
        else:
            frame[title] = pd.Series(
                [value_text(page, one, value) for value in values], rows.index, dtype=object
            )
    table = pd.DataFrame(frame, index=rows.index)
    grey = f"color: {page.theme.muted}; font-style: italic"
    # Every rerun applies a Styler's functions anew: one that looks up what was made here.
    cells = pd.DataFrame("", index=table.index, columns=table.columns)
    cells[table.index.isin(list(stale))] = grey
    return table.style.format(formats, na_rep=MISSING).apply(lambda _: cells, axis=None)
