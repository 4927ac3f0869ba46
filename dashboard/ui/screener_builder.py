"""The builder: a row a condition, its value chosen beside how the figure is spread.

Every change writes the expression, which is the URL; the rows are read from it anew.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analytics.metrics import Unit
from dashboard.charts.distribution import distribution
from dashboard.charts.formats import unit_text
from dashboard.charts.treemap import Figure
from dashboard.errors import ScreenError
from dashboard.screening.asked import Request
from dashboard.screening.conditions import Condition, Operator, conditions_of, operators, text_of
from dashboard.screening.fields import Field, FieldKind
from dashboard.screening.language import parse
from dashboard.ui import loaders, state
from dashboard.ui.page import Page
from dashboard.ui.screener import Universe, screened
from dashboard.ui.screener_conditions import (
    COUNTS,
    SEVERAL,
    WITHOUT_VALUE,
    date_text,
    fresh,
    literal,
    normal,
    number_text,
    replaced,
    scale_of,
    with_operator,
)

_STEPS: Final = {Unit.FRACTION: 1.0, Unit.INDEX_0_100: 1.0, Unit.RATIO: 0.1, Unit.PRICE: 1.0}
_ADD: Final = "screener:add"
Change = Callable[[Condition], None]


@dataclass(frozen=True, eq=False)
class _Row:
    """One condition, where it stands, and how it is changed."""

    page: Page
    universe: Universe
    field: Field
    condition: Condition
    place: int
    change: Change

    def key(self, what: str) -> str:
        """Of a widget; another field's is another widget."""
        return f"screener:{what}:{self.place}:{self.condition.field}"

    @property
    def values(self) -> pd.Series:
        return self.universe.table[self.field.key]


def show_builder(universe: Universe, request: Request, fields: Mapping[str, Field]) -> None:
    """The conditions as rows, or that the expression is more than rows can show."""
    page = universe.page
    found = conditions_of(parse(request.text)) if request.text else ()
    # Closed: what is seen first is the answer. One that is opened stays so on a rerun.
    with st.expander(page.t("screener.builder"), icon=":material/tune:"):
        if found is None:
            st.info(page.t("screener.builder_rich"), icon=":material/code:")
            st.button(
                page.t("screener.begin_anew"), key="screener:anew", on_click=_write, args=((),)
            )
            return
        own = tuple(normal(one, fields[one.field]) for one in found)
        for place in range(len(own)):
            _row(universe, own, place, fields)
        if not own:
            st.caption(page.t("screener.builder_empty"))
        _add(universe, own, fields)


def _write(conditions: tuple[Condition, ...]) -> None:
    state.go(**{state.EXPRESSION: text_of(conditions) or None, state.PRESET: None})


def _add(universe: Universe, own: tuple[Condition, ...], fields: Mapping[str, Field]) -> None:
    page = universe.page
    # Another key once there is one more: the box is empty again.
    key = f"{_ADD}:{len(own)}:{zlib.crc32(text_of(own).encode()):08x}"

    def add() -> None:
        if (chosen := st.session_state[key]) is not None:
            _write((*own, fresh(fields[chosen], universe.table[chosen])))

    st.selectbox(
        page.t("screener.add"),
        list(fields),
        index=None,
        key=key,
        format_func=lambda one: page.say(fields[one].label),
        placeholder=page.t("screener.add_hint"),
        on_change=add,
        width=360,
    )


def _row(
    universe: Universe,
    own: tuple[Condition, ...],
    place: int,
    fields: Mapping[str, Field],
) -> None:
    page = universe.page

    def change(condition: Condition) -> None:
        _write((*own[:place], condition, *own[place + 1 :]))

    condition = own[place]
    row = _Row(page, universe, fields[condition.field], condition, place, change)
    with st.container(border=True):
        name, operator, value, spread, away = st.columns(
            [3, 2.2, 3, 4, 0.7], vertical_alignment="bottom"
        )
        with name:
            _field(row, fields)
        with operator:
            _operator(row)
        with value:
            _value(row)
        with spread:
            _spread(row)
        away.button(
            "",
            key=row.key("remove"),
            icon=":material/close:",
            type="tertiary",
            help=page.t("screener.remove"),
            on_click=_write,
            args=((*own[:place], *own[place + 1 :]),),
        )


def _field(row: _Row, fields: Mapping[str, Field]) -> None:
    key = row.key("field")
    st.session_state[key] = row.condition.field

    def choose() -> None:
        chosen = st.session_state[key]
        row.change(fresh(fields[chosen], row.universe.table[chosen]))

    st.selectbox(
        row.page.t("screener.condition_field"),
        list(fields),
        key=key,
        format_func=lambda one: row.page.say(fields[one].label),
        on_change=choose,
    )


def _operator(row: _Row) -> None:
    key = row.key("operator")
    st.session_state[key] = row.condition.operator
    options = list(dict.fromkeys((*operators(row.field), row.condition.operator)))

    def choose() -> None:
        asked = Operator(st.session_state[key])
        row.change(with_operator(row.condition, asked, row.field, row.values))

    st.selectbox(
        row.page.t("screener.condition_operator"),
        options,
        key=key,
        format_func=lambda one: row.page.t(f"screener.operator_{one.name.lower()}"),
        on_change=choose,
    )


def _value(row: _Row) -> None:
    operator = row.condition.operator
    if operator in WITHOUT_VALUE:
        return
    if row.field.kind is FieldKind.STATE and operator in SEVERAL:
        _choices(row)
    elif row.field.kind is FieldKind.TEXT and operator in SEVERAL:
        _texts(row)
    elif operator in COUNTS:
        _number(row, 0, row.page.t("screener.condition_count"), counted=True)
    elif operator is Operator.BETWEEN:
        for place, title in enumerate(("screener.condition_from", "screener.condition_to")):
            _one(row, place, row.page.t(title))
    else:
        _one(row, 0, row.page.t("screener.condition_value"))


def _one(row: _Row, place: int, title: str) -> None:
    if row.field.kind in (FieldKind.DATE, FieldKind.MONTH):
        _day(row, place, title)
    elif row.field.kind is FieldKind.NUMBER and literal(row.condition.values[place]) is not None:
        _number(row, place, title)
    else:
        _written(row, place, title)


def _set(row: _Row, place: int, text: str) -> None:
    values = replaced(row.condition.values, place, text)
    row.change(replace(row.condition, values=values))


def _number(row: _Row, place: int, title: str, *, counted: bool = False) -> None:
    key = row.key(f"number:{place}")
    scale = 1.0 if counted else scale_of(row.field)
    known = literal(row.condition.values[place]) or 0.0
    whole = counted or row.field.unit in (None, Unit.SESSIONS)
    st.session_state[key] = round(known / scale) if whole else float(f"{known / scale:.10g}")

    def typed() -> None:
        value = st.session_state[key]
        if value is not None:
            _set(row, place, f"{value:.0f}" if counted else number_text(value * scale, row.field))

    st.number_input(
        _with_unit(row, title, counted=counted),
        key=key,
        step=1 if whole else _STEPS.get(row.field.unit or Unit.RATIO, 1.0),
        format="%d" if whole else "%.10g",
        on_change=typed,
    )


def _with_unit(row: _Row, title: str, *, counted: bool) -> str:
    if counted or row.field.unit not in (Unit.FRACTION, Unit.CURRENCY):
        return title
    return title + row.page.t(f"screener.unit_{row.field.unit.value}")


def _day(row: _Row, place: int, title: str) -> None:
    key, text = row.key(f"day:{place}"), row.condition.values[place]
    try:
        st.session_state[key] = dt.date.fromisoformat(f"{text}-01"[:10])
    except ValueError:
        _written(row, place, title)
        return

    def chosen() -> None:
        _set(row, place, date_text(st.session_state[key], row.field))

    st.date_input(title, key=key, on_change=chosen)


def _written(row: _Row, place: int, title: str) -> None:
    """A text, or a value that is another field's name."""
    key = row.key(f"text:{place}")
    st.session_state[key] = row.condition.values[place]

    def typed() -> None:
        if text := st.session_state[key].strip():
            _set(row, place, text)

    st.text_input(title, key=key, on_change=typed)


def _choices(row: _Row) -> None:
    key, values = row.key("choices"), row.field.values
    counts = row.values.explode().value_counts() if row.field.many else row.values.value_counts()
    st.session_state[key] = [one for one in row.condition.values if one in values]

    def chosen() -> None:
        if picked := st.session_state[key]:
            row.change(replace(row.condition, values=tuple(picked)))

    st.multiselect(
        row.page.t("screener.condition_value"),
        list(values),
        key=key,
        format_func=lambda one: f"{row.page.say(values[one])} ({counts.get(one, 0)})",
        on_change=chosen,
        select_all=False,
        wrap=True,
    )


def _texts(row: _Row) -> None:
    key = row.key("texts")
    st.session_state[key] = list(row.condition.values)

    def chosen() -> None:
        if written := [one.strip() for one in st.session_state[key] if one.strip()]:
            row.change(replace(row.condition, values=tuple(dict.fromkeys(written))))

    st.multiselect(
        row.page.t("screener.condition_value"),
        list(row.condition.values),
        key=key,
        accept_new_options=True,
        on_change=chosen,
        select_all=False,
        wrap=True,
    )


def _spread(row: _Row) -> None:
    """How the figure is spread, and how many pass this condition alone."""
    try:
        found = screened(row.universe, text_of((row.condition,)))
    except ScreenError:
        return
    shared_key = ("spread", *row.universe.key, row.condition)
    figure = loaders.shared(shared_key, lambda: _figure(row, found.symbols))
    if figure is not None:
        key = f"{row.key('spread')}:{zlib.crc32(repr(shared_key).encode()):08x}"
        st.plotly_chart(figure, key=key, theme=None, config={"displayModeBar": False})
    share = len(found.symbols) / found.total if found.total else 0.0
    st.caption(
        row.page.t("screener.passes", n=len(found.symbols), total=found.total, share=f"{share:.0%}")
    )


def _figure(row: _Row, symbols: tuple[str, ...]) -> Figure | None:
    page, operator = row.page, row.condition.operator
    if row.field.kind is not FieldKind.NUMBER or operator in WITHOUT_VALUE:
        return None
    values = row.values.to_numpy(np.float64)
    kept = row.values.index.isin(list(symbols))
    if operator in COUNTS:
        ends = values[kept & np.isfinite(values)]
        edge = (ends.min() if operator is Operator.TOP else ends.max()) if ends.size else None
        thresholds = [] if edge is None else [float(edge)]
    else:
        told = [literal(one) for one in row.condition.values]
        thresholds = [one for one in told if one is not None]

    def say(value: float) -> str:
        return unit_text(row.field.unit, value, page.language)

    return distribution(
        values,
        kept,
        thresholds,
        say=say,
        logarithmic=row.field.unit is Unit.CURRENCY,
        words=(page.t("screener.kept"), page.t("screener.dropped")),
        theme=page.theme,
    )
