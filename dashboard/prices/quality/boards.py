"""Which bars come from the emerging board, told by listing dates."""

from __future__ import annotations

import numpy as np

from dashboard.prices.quality.batch import Batch, Mask


def emerging(batch: Batch) -> Mask:
    """Bars from before the first day on a board with a limit.

    A symbol whose listing date is unknown is taken for listed.
    """
    never = np.datetime64("NaT", "D")
    since = np.array([batch.listed_since.get(str(one), never) for one in batch.symbols], "M8[D]")
    rows: Mask = batch.days < since[batch.codes]
    return rows
