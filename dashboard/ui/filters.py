"""The controls above the heatmap and the layer page, and what they chose."""

from __future__ import annotations

import streamlit as st

from dashboard.analytics.metrics import METRICS
from dashboard.analytics.tiles import SizeBy
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.studies.heatmap import (
    DEFAULT_COLOUR,
    HOME_ONLY,
    WEIGHTINGS,
    WITH_DRIVERS,
    Filters,
)
from dashboard.ui import state
from dashboard.ui.page import Page


def draw_filters(page: Page, *, sized: bool = True) -> Filters:
    """One row for what is changed often, the rest behind a button.

    Parameters
    ----------
    sized : offer what the areas of a treemap stand for
    """
    state.choice(
        state.COLOUR_BY,
        list(COLOUR_RANGES),
        DEFAULT_COLOUR,
        page.t("filters.colour_by"),
        lambda key: page.say(METRICS[key].short),
        label_visibility="collapsed",
    )
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    if sized:
        with row:
            state.choice(
                state.SIZE_BY,
                [one.value for one in SizeBy],
                SizeBy.SQRT_CAP.value,
                page.t("filters.size_by"),
                lambda one: page.t(f"filters.size_{one}"),
            )
    with row:
        state.choice(
            state.MARKET,
            (HOME_ONLY, WITH_DRIVERS),
            HOME_ONLY,
            page.t("filters.market"),
            lambda one: page.t(f"filters.market_{one}"),
        )
    with row, st.popover(page.t("filters.more"), icon=":material/tune:"):
        state.choices(
            state.STAGE,
            [stage.id for stage in page.map.chain.stages],
            page.t("filters.stage"),
            lambda one: page.say(page.map.chain.stage_by_id[one].name),
            placeholder=page.t("filters.stage_all"),
        )
        state.switch(state.DIGEST, page.t("filters.digest"), help=page.t("filters.digest_help"))
        state.switch(
            state.SECONDARY, page.t("filters.secondary"), help=page.t("filters.secondary_help")
        )
        state.choice(
            state.WEIGHTING,
            WEIGHTINGS,
            WEIGHTINGS[0],
            page.t("filters.weighting"),
            lambda one: page.t(f"filters.weighting_{one}"),
        )
    return Filters.of(page.map.chain, state.merged())
