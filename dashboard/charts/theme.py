"""Colours and the one plotly template: every chart, table and legend takes them from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import plotly.graph_objects as go

from dashboard.i18n import Text

FONT: Final = (
    "'Noto Sans TC','Noto Sans CJK TC','Microsoft JhengHei','PingFang TC',"
    "'WenQuanYi Micro Hei',sans-serif"
)


class ColourScheme(StrEnum):
    """Which way is red."""

    RED_UP = "red_up"
    GREEN_UP = "green_up"
    COLOUR_BLIND = "colour_blind"

    @property
    def label(self) -> Text:
        return _SCHEME_LABELS[self]


_SCHEME_LABELS: Final = {
    ColourScheme.RED_UP: Text("紅漲綠跌", "Red up, green down"),
    ColourScheme.GREEN_UP: Text("綠漲紅跌", "Green up, red down"),
    ColourScheme.COLOUR_BLIND: Text("色盲友善（橘漲藍跌）", "Colour-blind safe (orange up)"),
}

_RED, _GREEN = "#d73027", "#1a9850"
_ORANGE, _BLUE = "#e08214", "#2166ac"


@dataclass(frozen=True)
class Theme:
    """One object for every colour on the screen.

    Attributes
    ----------
    up, down : for signs of prices only, never for quality or severity
    flat : the middle of the diverging scale, chosen for the background
    missing : a tile or cell without a figure
    accent : the first neutral series colour; `series` the rest
    """

    scheme: ColourScheme
    dark: bool
    up: str
    down: str
    flat: str
    missing: str
    text: str
    muted: str
    background: str
    surface: str
    grid: str
    accent: str
    series: tuple[str, ...]
    watermark: str = ""
    """Printed across every chart; for simulated prices."""

    def diverging(self) -> list[tuple[float, str]]:
        """Plotly colour scale from down over flat to up."""
        return [(0.0, self.down), (0.5, self.flat), (1.0, self.up)]

    def signed(self, value: float) -> str:
        """Colour of a sign; muted for zero and missing."""
        if value > 0:
            return self.up
        return self.down if value < 0 else self.muted

    def template(self) -> go.layout.Template:
        """The plotly template of all charts."""
        axis = {
            "gridcolor": self.grid,
            "zerolinecolor": self.grid,
            "linecolor": self.grid,
            "automargin": True,
        }
        return go.layout.Template(
            layout={
                "font": {"family": FONT, "color": self.text, "size": 13},
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "colorway": list(self.series),
                "xaxis": axis,
                "yaxis": axis,
                "hoverlabel": {"bgcolor": self.surface, "font": {"color": self.text}},
                "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
                "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
                "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": self.muted},
                "annotations": self._watermark(),
            }
        )

    def _watermark(self) -> list[dict[str, object]]:
        if not self.watermark:
            return []
        return [
            {
                "name": "watermark",
                "text": self.watermark,
                "textangle": -20,
                "opacity": 0.22,
                "font": {"color": self.text, "size": 46},
                "xref": "paper",
                "yref": "paper",
                "x": 0.5,
                "y": 0.5,
                "showarrow": False,
            }
        ]


def theme(
    scheme: ColourScheme = ColourScheme.RED_UP, *, dark: bool = False, watermark: str = ""
) -> Theme:
    """The theme of a colour scheme on a light or dark page."""
    up, down = {
        ColourScheme.RED_UP: (_RED, _GREEN),
        ColourScheme.GREEN_UP: (_GREEN, _RED),
        ColourScheme.COLOUR_BLIND: (_ORANGE, _BLUE),
    }[scheme]
    series = (
        "#4c78a8",
        "#b279a2",
        "#9d755d",
        "#72b7b2",
        "#eeca3b",
        "#8c8c8c",
        "#f58518",
        "#54a24b",
    )
    if dark:
        return Theme(
            scheme, True, up, down, "#3a3f47", "#23262b", "#f2f4f7", "#98a2b3",
            "#0e1117", "#1b1f27", "#2d333d", "#7ab0e6", series, watermark,
        )  # fmt: skip
    return Theme(
        scheme, False, up, down, "#e9e9ea", "#c9ced6", "#1d2633", "#667085",
        "#ffffff", "#f5f6f8", "#e3e6ec", "#31608f", series, watermark,
    )  # fmt: skip


def contrast_text(background: str) -> str:
    """Black or white, whichever reads better on `#rrggbb` (WCAG relative luminance)."""
    channels = [int(background[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"
