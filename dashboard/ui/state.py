"""What is on the screen lives in the URL; widgets only show it and write it back.

So a link reproduces the screen and Back works: before a widget is drawn its value is set
from the URL, and its callback writes the URL. Values are ids, never labels, so a link
means the same in both languages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Literal

import streamlit as st

from dashboard.parameters import AS_OF as AS_OF
from dashboard.parameters import CODE as CODE
from dashboard.parameters import COLOUR_BY as COLOUR_BY
from dashboard.parameters import COLUMNS as COLUMNS
from dashboard.parameters import DIGEST as DIGEST
from dashboard.parameters import DRIVER as DRIVER
from dashboard.parameters import EXPRESSION as EXPRESSION
from dashboard.parameters import LAYER as LAYER
from dashboard.parameters import MARKET as MARKET
from dashboard.parameters import MEMBERS as MEMBERS
from dashboard.parameters import PRESET as PRESET
from dashboard.parameters import SECONDARY as SECONDARY
from dashboard.parameters import SEPARATOR as _SEPARATOR
from dashboard.parameters import SIZE_BY as SIZE_BY
from dashboard.parameters import SORT as SORT
from dashboard.parameters import SPAN as SPAN
from dashboard.parameters import STAGE as STAGE
from dashboard.parameters import UNIVERSE as UNIVERSE
from dashboard.parameters import WEIGHTING as WEIGHTING
from dashboard.parameters import YES as _YES
from dashboard.provenance import PIN as PIN
from dashboard.ui.markup import as_text

_FIRST_DAY: Final = dt.date(1900, 1, 1)
_LAST_DAY: Final = dt.date(2199, 12, 31)
"""Without both the calendar has ten years to either side."""
LANGUAGE: Final = "lang"
COLOURS: Final = "colors"
UNADJUSTED: Final = "unadjusted"
SECTION: Final = "section"
MONTH: Final = "month"
RULE: Final = "rule"
ALERT: Final = "alert"
KIND: Final = "kind"
SYMBOL: Final = "symbol"
UNREAD: Final = "unread"
LIST: Final = "list"
SHARE: Final = "share"
VIEW: Final = "view"
EDIT: Final = "edit"
GROUP: Final = "group"
BENCHMARK: Final = "benchmark"
TAIL: Final = "tail"
SHOWN: Final = "show"
PICKED: Final = "pick"
LOOKBACK: Final = "lookback"
DOCUMENT: Final = "document"
COMPANY: Final = "company"
VERDICT: Final = "verdict"
SCOPE: Final = "scope"
WINDOW: Final = "window"
EVENT: Final = "event"
DIRECTION: Final = "direction"
RAW: Final = "raw"
TOGETHER: Final = "together"
PAIR: Final = "pair"
BASIS: Final = "basis"
WITHOUT_GIANT: Final = "extsmc"
LOGARITHMIC: Final = "log"
PERIOD: Final = "period"


def read(parameter: str) -> str | None:
    """The URL's value of a parameter; None where it is absent or empty."""
    return st.query_params.get(parameter) or None


def enter_page(path: str) -> None:
    """Remember the path of the page that is drawn, empty for the first one."""
    st.session_state["page:path"] = path


def page_path() -> str:
    """The path of the page that is drawn; a fragment is drawn without its page."""
    path: str = st.session_state.get("page:path", "")
    return path


def plain(text: str, length: int = 40) -> str:
    """A value of the URL as harmless text: no Markdown, no endless line."""
    return as_text(text if len(text) <= length else text[:length] + "…")


def merged(**parameters: str | None) -> dict[str, str]:
    """Parameters of this screen with some changed; None removes."""
    both = {**st.query_params.to_dict(), **parameters}
    return {name: value for name, value in both.items() if value}


def go(**parameters: str | None) -> None:
    """Change the URL in one step (one entry of the browser's history); None removes."""
    st.query_params.from_dict(merged(**parameters))


def publish() -> None:
    """Tell the browser the parameters this run was asked with.

    A link to the page that is open already reruns it with other parameters, and Streamlit
    leaves the address bar as it was; told again what is already there, the browser adds no
    entry to its history.
    """
    st.query_params.from_dict(st.query_params.to_dict())


def _key(parameter: str) -> str:
    return f"url:{parameter}"


def _write_one(parameter: str, default: str | None) -> None:
    value = st.session_state[_key(parameter)]
    go(**{parameter: None if value == default else value})


def choice(
    parameter: str,
    options: Sequence[str],
    default: str,
    label: str,
    format_func: Callable[[str], str],
    *,
    kind: Literal["segmented", "select"] = "segmented",
    label_visibility: Literal["visible", "hidden", "collapsed"] = "visible",
    help: str | None = None,  # noqa: A002 - Streamlit's own name
) -> str:
    """One of `options`, as ids; an unknown value in the URL is read as the default."""
    asked = read(parameter)
    value = asked if asked is not None and asked in options else default
    st.session_state[_key(parameter)] = value
    if kind == "select":
        st.selectbox(
            label,
            options,
            key=_key(parameter),
            format_func=format_func,
            on_change=_write_one,
            args=(parameter, default),
            label_visibility=label_visibility,
            help=help,
        )
    else:
        st.segmented_control(
            label,
            options,
            key=_key(parameter),
            format_func=format_func,
            required=True,
            on_change=_write_one,
            args=(parameter, default),
            label_visibility=label_visibility,
            help=help,
        )
    return value


def _write_many(parameter: str) -> None:
    go(**{parameter: _SEPARATOR.join(st.session_state[_key(parameter)]) or None})


def choices(
    parameter: str,
    options: Sequence[str],
    label: str,
    format_func: Callable[[str], str],
    *,
    placeholder: str = "",
) -> tuple[str, ...]:
    """Any of `options`; empty means all."""
    asked = (read(parameter) or "").split(_SEPARATOR)
    value = [option for option in options if option in asked]
    st.session_state[_key(parameter)] = value
    st.multiselect(
        label,
        options,
        key=_key(parameter),
        format_func=format_func,
        on_change=_write_many,
        args=(parameter,),
        placeholder=placeholder,
        select_all=False,
    )
    return tuple(value)


def _write_day(parameter: str, latest: dt.date) -> None:
    value = st.session_state[_key(parameter)]
    go(**{parameter: None if value in (None, latest) else value.isoformat()})


def day(
    parameter: str,
    value: dt.date,
    latest: dt.date,
    label: str,
    *,
    help: str | None = None,  # noqa: A002
) -> None:
    """A day; the latest one is the default and leaves the URL.

    Whether anything is stored of it the page says: the widget would say so in English only.
    """
    st.session_state[_key(parameter)] = value
    st.date_input(
        label,
        min_value=_FIRST_DAY,
        max_value=_LAST_DAY,
        key=_key(parameter),
        format="YYYY-MM-DD",
        on_change=_write_day,
        args=(parameter, latest),
        help=help,
    )


def _write_switch(parameter: str) -> None:
    go(**{parameter: _YES if st.session_state[_key(parameter)] else None})


def switch(parameter: str, label: str, *, help: str | None = None) -> bool:  # noqa: A002
    """Off unless the URL says so."""
    value = read(parameter) == _YES
    st.session_state[_key(parameter)] = value
    st.toggle(label, key=_key(parameter), on_change=_write_switch, args=(parameter,), help=help)
    return value
