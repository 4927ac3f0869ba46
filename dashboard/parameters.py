"""Names of the URL's parameters that say which figures a page shows; values are ids."""

from __future__ import annotations

from typing import Final

AS_OF: Final = "asof"
MEMBERS: Final = "members"
LAYER: Final = "layer"
CODE: Final = "code"
COLOUR_BY: Final = "color"
SIZE_BY: Final = "size"
MARKET: Final = "market"
STAGE: Final = "stage"
DIGEST: Final = "digest"
SECONDARY: Final = "secondary"
WEIGHTING: Final = "weighting"
EXPRESSION: Final = "q"
UNIVERSE: Final = "universe"
COLUMNS: Final = "columns"
SORT: Final = "sort"
PRESET: Final = "preset"
SPAN: Final = "span"
DRIVER: Final = "driver"
SEPARATOR: Final = ","
"""Between several values of one parameter."""
YES: Final = "1"
