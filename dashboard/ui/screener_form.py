"""The screener's questions: universe, presets and the expression itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.errors import ScreenError
from dashboard.screening.asked import Request
from dashboard.screening.fields import Field
from dashboard.screening.language import MAX_LENGTH
from dashboard.screening.presets import PRESETS
from dashboard.snapshot import MAP
from dashboard.ui import state
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page
from dashboard.ui.screener import offered_universes, universe_title

EXAMPLES: Final = (
    "layer in (cooling, psu) and return_1m > 5% and rsi_14 < 70",
    "rank(return_3m, by=layer) <= 2",
    "above(sma_20) and crossed_above(sma_20, sma_60, within=5)",
    "limit_state == up or limit_state == locked_up",
    "between(rsi_14, 40, 60) and not isna(revenue_yoy)",
)
CHINESE_EXAMPLE: Final = "月營收年增率 > 20% 且 所屬層 == 散熱"
_INPUT: Final = "screener:expression"
_PRESET: Final = "screener:preset"
_WINDOW: Final = 60
"""Characters of a wrong expression that are shown before its mark."""


def choose_universe(page: Page) -> None:
    """The map or the whole market."""
    state.choice(
        state.UNIVERSE,
        offered_universes(page.map.chain),
        MAP,
        page.t("screener.universe"),
        lambda one: as_text(universe_title(page, one)),
        help=page.t("screener.universe_help"),
    )


def show_form(page: Page, request: Request, fields: Mapping[str, Field]) -> None:
    """Presets, and the expression; each writes the URL."""
    _presets(page, request)
    st.session_state[_INPUT] = request.text
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            page.t("screener.expression"),
            key=_INPUT,
            max_chars=MAX_LENGTH,
            placeholder=EXAMPLES[0],
            icon=":material/filter_alt:",
            on_change=_written,
        )
        with st.popover(page.t("screener.language"), icon=":material/help:", type="tertiary"):
            _language_help(page, fields)


def _presets(page: Page, request: Request) -> None:
    st.session_state[_PRESET] = request.preset

    def choose() -> None:
        # Chosen again: no expression any more.
        state.go(
            **{
                state.PRESET: st.session_state[_PRESET],
                state.EXPRESSION: None,
                state.COLUMNS: None,
                state.SORT: None,
            }
        )

    st.pills(
        page.t("screener.presets"),
        list(PRESETS),
        key=_PRESET,
        format_func=lambda one: page.say(PRESETS[one].label),
        on_change=choose,
    )
    if request.preset is not None:
        st.caption(as_text(page.say(PRESETS[request.preset].note)))


def _written() -> None:
    text = st.session_state[_INPUT] or ""
    state.go(**{state.EXPRESSION: text.strip() or None, state.PRESET: None})


def _language_help(page: Page, fields: Mapping[str, Field]) -> None:
    st.markdown(page.t("screener.language_help"))
    examples = (*EXAMPLES, CHINESE_EXAMPLE) if page.language == "zh" else EXAMPLES
    st.code("\n".join(examples), language=None, wrap_lines=True)
    st.dataframe(
        pd.DataFrame(
            {
                page.t("screener.field_name"): list(fields),
                page.t("screener.field_label"): [page.say(one.label) for one in fields.values()],
                page.t("screener.field_kind"): [
                    page.t(f"screener.kind_{one.kind.value}") for one in fields.values()
                ],
            }
        ),
        hide_index=True,
        height=240,
        key="screener:fields",
    )


def show_error(page: Page, text: str, error: ScreenError) -> None:
    """The sentence, and the expression with a mark where it went wrong."""
    st.error(
        page.t("screener.wrong", reason=as_text(error.told(page.language))), icon=":material/error:"
    )
    st.code(marked(text, error.start, error.end), language=None)


def marked(text: str, start: int, end: int) -> str:
    """The text around a place in one line, and a line of marks below that place.

    Chinese characters are two columns wide in a fixed font, and so is the space above a mark.
    """
    line = "".join(" " if one.isspace() else one for one in text)
    first, last = max(0, start - _WINDOW), max(end, start + 1) + _WINDOW
    before = "…" if first else ""
    shown = before + line[first:last] + ("…" if last < len(line) else "")
    lead = before + line[first:start]
    wrong = line[start:end] or " "
    spaces = "".join("\u3000" if _wide(one) else " " for one in lead)
    marks = "".join("＾" if _wide(one) else "^" for one in wrong)
    return f"{shown}\n{spaces}{marks}"


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
