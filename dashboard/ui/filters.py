"""The controls above the heatmap and the layer page, and what they chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from dashboard.analytics.metrics import METRICS
from dashboard.analytics.tiles import SizeBy
from dashboard.charts.scales import COLOUR_RANGES
from dashboard.markets import HOME, MARKETS
from dashboard.snapshot import MemberFilter
from dashboard.ui import state
from dashboard.ui.page import Page

HOME_ONLY: Final = "tw"
WITH_DRIVERS: Final = "all"
DEFAULT_COLOUR: Final = "return_1d"


@dataclass(frozen=True)
class Filters:
    """What the reader chose.

    Attributes
    ----------
    members : of the home market
    drivers : of all other markets; None unless asked for
    """

    colour_by: str = DEFAULT_COLOUR
    size_by: SizeBy = SizeBy.SQRT_CAP
    weighting: str = "equal"
    members: MemberFilter = field(default_factory=MemberFilter)
    drivers: MemberFilter | None = None


def draw_filters(page: Page, *, sized: bool = True) -> Filters:
    """One row for what is changed often, the rest behind a button.

    Parameters
    ----------
    sized : offer what the areas of a treemap stand for
    """
    colour_by = state.choice(
        state.COLOUR_BY,
        list(COLOUR_RANGES),
        DEFAULT_COLOUR,
        page.t("filters.colour_by"),
        lambda key: page.say(METRICS[key].short),
        label_visibility="collapsed",
    )
    size_by = SizeBy.SQRT_CAP
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    if sized:
        with row:
            size_by = SizeBy(
                state.choice(
                    state.SIZE_BY,
                    [one.value for one in SizeBy],
                    SizeBy.SQRT_CAP.value,
                    page.t("filters.size_by"),
                    lambda one: page.t(f"filters.size_{one}"),
                )
            )
    with row:
        chosen_market = state.choice(
            state.MARKET,
            (HOME_ONLY, WITH_DRIVERS),
            HOME_ONLY,
            page.t("filters.market"),
            lambda one: page.t(f"filters.market_{one}"),
        )
    with row, st.popover(page.t("filters.more"), icon=":material/tune:"):
        stages = state.choices(
            state.STAGE,
            [stage.id for stage in page.map.chain.stages],
            page.t("filters.stage"),
            lambda one: page.say(page.map.chain.stage_by_id[one].name),
            placeholder=page.t("filters.stage_all"),
        )
        digest = state.switch(
            state.DIGEST, page.t("filters.digest"), help=page.t("filters.digest_help")
        )
        secondary = state.switch(
            state.SECONDARY, page.t("filters.secondary"), help=page.t("filters.secondary_help")
        )
        weighting = state.choice(
            state.WEIGHTING,
            ("equal", "cap"),
            "equal",
            page.t("filters.weighting"),
            lambda one: page.t(f"filters.weighting_{one}"),
        )
    foreign = tuple(one for one in MARKETS if one != HOME)
    return Filters(
        colour_by=colour_by,
        size_by=size_by,
        weighting=weighting,
        members=MemberFilter((HOME,), stages, digest, secondary),
        drivers=(
            MemberFilter(foreign, stages, digest, secondary)
            if chosen_market == WITH_DRIVERS
            else None
        ),
    )
