"""Names of the map's things, in the page's language."""

from __future__ import annotations

from dashboard.analytics.metrics import METRICS
from dashboard.charts.formats import metric_text
from dashboard.ui.page import Page


def code_of(symbol: str) -> str:
    """The bare code: `3653` of `3653.TW`."""
    return symbol.split(".")[0]


def company_name(page: Page, symbol: str) -> str:
    """`健策` or `Jentech`; the symbol itself where the map does not know it."""
    company = page.map.chain.company_by_symbol.get(symbol)
    return page.say(company.name) if company else symbol


def company_title(page: Page, symbol: str) -> str:
    """`健策 3653`."""
    return f"{company_name(page, symbol)} {code_of(symbol)}"


def layer_name(page: Page, layer: str) -> str:
    return page.say(page.map.chain.layer_by_id[layer].name)


def stage_name(page: Page, stage: str) -> str:
    return page.say(page.map.chain.stage_by_id[stage].name)


def metric_name(page: Page, key: str) -> str:
    return page.say(METRICS[key].label)


def figure_text(page: Page, key: str, value: object) -> str:
    return metric_text(key, value, page.language)
