"""One run of the dashboard, and everything a reader would see of it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from dashboard.i18n import catalogue

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
PLACEHOLDER = re.compile(r"(?<!%)\{[a-z_]+\}")
_WORDS = ("label", "body", "help", "placeholder", "text", "delta", "code_text")
_CHART_WORDS = (
    "text", "hovertext", "labels", "name", "hovertemplate", "ticktext", "x", "y",
)  # fmt: skip


@cache
def _components() -> BidiComponentManager:
    """No component is installed; without this each AppTest searches all packages for some."""
    return BidiComponentManager()


class Screen:
    """A page of the dashboard, run once; selections and filters run it again."""

    def __init__(self, view: str = "", /, **query: str) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=60)
        self.app._bidi_component_manager = _components()
        for name, value in query.items():
            self.app.query_params[name] = value
        if view:
            self.app.switch_page(f"views/{view}.py")
        self.run()

    def run(self) -> Screen:
        self.app.run()
        self.__dict__.pop("charts", None)
        return self

    def select(self, element: Any, **selection: object) -> Screen:
        """What the browser sends when rows of a table or tiles of a chart are clicked."""
        states = self.app._tree.get_widget_states()
        sent = {"selection": {"rows": [], "columns": [], "cells": [], **selection}}
        states.widgets.append(WidgetState(id=element.proto.id, string_value=json.dumps(sent)))
        self.app._run(states)
        self.__dict__.pop("charts", None)
        return self

    def click_tile(self, tile: str, chart: int = 0) -> Screen:
        point = {"curve_number": 0, "point_number": 0, "id": tile}
        return self.select(self.app.get("plotly_chart")[chart], points=[point])

    def click_row(self, row: int, table: int = 0) -> Screen:
        return self.select(self.app.dataframe[table], rows=[row])

    def choose(self, parameter: str, value: Any) -> Screen:
        """Change the control that stands for a parameter of the URL."""
        key = f"url:{parameter}"
        kinds = (self.app.segmented_control, self.app.toggle, self.app.multiselect)
        kinds = (*kinds, self.app.selectbox)
        (control,) = [one for kind in kinds for one in kind if one.key == key]
        control.set_value(value)
        return self.run()

    @property
    def url(self) -> dict[str, str]:
        """The query of the address."""
        return dict(self.app.query_params)

    @property
    def failures(self) -> list[str]:
        return [one.message for one in self.app.exception]

    @cached_property
    def charts(self) -> list[dict[str, Any]]:
        """The plotly figures, as the browser gets them."""
        return [json.loads(one.proto.spec) for one in self.app.get("plotly_chart")]

    @property
    def treemaps(self) -> list[dict[str, Any]]:
        return [
            trace for chart in self.charts for trace in chart["data"] if trace["type"] == "treemap"
        ]

    @property
    def tables(self) -> list[pd.DataFrame]:
        return [one.value for one in self.app.dataframe]

    def shown(self, number: int = 0) -> pd.DataFrame:
        """A styled table's cells as the reader sees them."""
        styler = self.app.dataframe[number].proto.arrow_data.styler
        cells = convert_arrow_bytes_to_pandas_df(styler.display_values)
        return cells.set_axis(self.tables[number].columns, axis=1)

    def texts(self) -> Iterator[str]:
        """Every word on the screen: elements, choices, cells and charts."""
        for element in self._elements():
            proto = element.proto
            names = {field.name for field in proto.DESCRIPTOR.fields}
            yield from (
                as_read(getattr(proto, block).label)
                for block in ("expandable", "popover")
                if block in names and getattr(proto, block).label
            )
            for name in _WORDS:
                value = getattr(proto, name, "") if name in names else ""
                if isinstance(value, str) and value:
                    yield as_read(value)
            if "options" in names:
                for option in proto.options:
                    yield option if isinstance(option, str) else option.content
        for table in self.tables:
            yield from map(str, table.columns)
            for column in table.select_dtypes(["object", "string"]):
                yield from (str(cell) for cell in table[column] if isinstance(cell, str))
        for number, frame in enumerate(self.app.dataframe):
            if frame.proto.arrow_data.styler.display_values:
                yield from map(str, self.shown(number).to_numpy().ravel())
        for chart in self.charts:
            yield from map(html.unescape, _strings(chart["data"]))
            yield from _strings(chart["layout"].get("template", {}).get("layout", {}))

    def _elements(self) -> Iterator[Any]:
        for block in (self.app.main, self.app.sidebar):
            for node in block:
                # A formula has braces, and is no word of a language.
                if getattr(node, "type", "") == "latex":
                    continue
                if hasattr(node, "proto") and node.proto is not None:
                    yield node

    def links(self) -> dict[str, str]:
        """Label → query of the links on the page."""
        return {one.proto.label: one.proto.query_string for one in self.app.get("page_link")}

    @property
    def text(self) -> str:
        return "\n".join(self.texts())


def as_read(markdown: str) -> str:
    """What Markdown shows of a text that was escaped to be shown as written."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown.replace("\u2060", ""))


def numbers(array: list[float] | dict[str, str]) -> np.ndarray:
    """A figure's numbers, sent as a list or as base64."""
    if isinstance(array, dict):
        return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
    return np.asarray(array, dtype=float)


def _strings(part: object) -> Iterator[str]:
    """The texts of a figure: what is drawn, not what it is drawn with."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in _CHART_WORDS:
                yield from _leaves(value)
            elif isinstance(value, dict | list):
                yield from _strings(value)
    elif isinstance(part, list):
        for value in part:
            yield from _strings(value)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)


def raw_keys(text: str) -> list[str]:
    """Keys of the catalogue that reached the reader."""
    found = re.findall(r"(?<![\w./])[a-z_]+\.[a-z_0-9]+(?![\w./])", text)
    return [one for one in found if one in catalogue()]
