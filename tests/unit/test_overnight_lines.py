"""Which pair of a layer is told first."""

from __future__ import annotations

import pandas as pd

from dashboard.analytics.leadlag import DRIVER, GAP, LAYER, VERDICT, Verdict, column
from dashboard.studies.overnight import USUAL, best_of_layers


def test_a_pair_that_answers_after_the_open_comes_first_in_its_layer() -> None:
    rows = [
        ("foundry", "A", Verdict.IN_GAP, 0.03),
        ("asic", "B", Verdict.IN_GAP, 0.02),
        ("foundry", "C", Verdict.REVERSES, 0.01),
        ("foundry", "D", Verdict.CONTINUES, 0.005),
        ("asic", "E", None, float("nan")),
    ]
    lines = pd.DataFrame(rows, columns=[LAYER, DRIVER, VERDICT, column(GAP, USUAL)])
    assert best_of_layers(lines, 9)[DRIVER].tolist() == ["C", "B"]
    assert best_of_layers(lines, 1)[DRIVER].tolist() == ["C"]
