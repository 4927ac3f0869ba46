"""Names of the map's things, in the page's language."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.analytics.metrics import METRICS
from dashboard.charts.formats import metric_text
from dashboard.markets import INDEX_NAMES
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page


def code_of(symbol: str) -> str:
    """The bare code: `3653` of `3653.TW`."""
    return symbol.split(".")[0]


def company_name(page: Page, symbol: str) -> str:
    """`健策` or `Jentech`; off the map the exchange's name, else the symbol itself."""
    return page.say(page.snapshot.name_of(symbol))


def index_name(page: Page, symbol: str | None) -> str:
    """`加權指數` or `TAIEX`; the symbol itself where it is none."""
    if symbol is None:
        return ""
    return page.say(INDEX_NAMES[symbol]) if symbol in INDEX_NAMES else symbol


def unadjusted_note(page: Page, symbols: Iterable[str]) -> str:
    """Which symbols lack adjusted prices or have an unexplained jump; Markdown, empty for none."""
    names = list(dict.fromkeys(symbols))
    count, since = page.snapshot.unadjusted(names)
    notes = [page.t("heatmap.unadjusted_members", n=count, date=since)] if count else []
    if jumps := page.snapshot.jumps(names):
        titles = page.t("data.and").join(company_title(page, symbol) for symbol in jumps)
        notes.append(page.t("heatmap.jumps", names=as_text(titles)))
    return "  \n".join(notes)


def company_title(page: Page, symbol: str) -> str:
    """`健策 3653`; once where the code is the name."""
    return " ".join(dict.fromkeys((company_name(page, symbol), code_of(symbol))))


def layer_name(page: Page, layer: str) -> str:
    return page.say(page.map.chain.layer_by_id[layer].name)


def stage_name(page: Page, stage: str) -> str:
    return page.say(page.map.chain.stage_by_id[stage].name)


def metric_name(page: Page, key: str) -> str:
    return page.say(METRICS[key].label)


def figure_text(page: Page, key: str, value: object) -> str:
    return metric_text(key, value, page.language)
