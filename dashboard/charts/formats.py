"""Numbers as a reader sees them: the only place where a fraction becomes a percentage."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from dashboard.analytics.limits import LimitState
from dashboard.analytics.metrics import METRICS, Unit
from dashboard.i18n import Language

MISSING: Final = "—"
_MINUS: Final = "−"
_LARGE: Final = {
    "zh": ((1e12, "兆"), (1e8, "億"), (1e4, "萬")),
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")),
}


def signed_percent(value: float, digits: int = 2) -> str:
    """`+3.21%`; a zero has no sign, missing is a dash."""
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value) * 100:.{digits}f}%"
    if float(text[:-1]) == 0:
        return text
    return ("+" if value > 0 else _MINUS) + text


def amount(value: float, language: Language) -> str:
    """A large number in 億/兆 or M/B/T, three significant places."""
    if not math.isfinite(value):
        return MISSING
    for size, unit in _LARGE[language]:
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:,.{0 if abs(scaled) >= 100 else 1}f}{unit}"
    return f"{value:,.0f}"


def limit_state_label(state: str, language: Language) -> str:
    """The state's name; unknown states are shown as missing."""
    return LimitState(state).label.get(language) if state in set(LimitState) else MISSING


def metric_text(key: str, value: object, language: Language) -> str:
    """A metric's value as text, by its unit; missing is a dash."""
    return unit_text(METRICS[key].unit, value, language)


def unit_text(unit: Unit | None, value: object, language: Language) -> str:
    """A value of a unit as text, a plain count where there is none; missing is a dash."""
    if isinstance(value, str):
        return limit_state_label(value, language) if unit is Unit.STATE else value
    if isinstance(value, dt.date):
        form = "%Y-%m" if unit is Unit.MONTH else "%Y-%m-%d"
        return MISSING if value != value else value.strftime(form)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return MISSING
    number = float(value)
    if unit is Unit.FRACTION:
        return signed_percent(number)
    if unit is Unit.CURRENCY:
        return amount(number, language)
    if unit is None or unit is Unit.SESSIONS:
        return f"{number:.0f}"
    if unit is Unit.INDEX_0_100:
        return f"{number:.1f}"
    return f"{number:,.2f}"
