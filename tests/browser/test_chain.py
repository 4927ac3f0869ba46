"""The flow of the chain: what AppTest cannot see is whether a click on a node arrives."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.screen import IDLE, open_at, title

_PLACE = """name => {
  const chart = document.querySelector('.js-plotly-plot');
  const trace = chart._fullData.at(-1), axes = chart._fullLayout;
  const box = chart.getBoundingClientRect();
  const at = trace.customdata.findIndex(one => one[0] === name);
  return [
    box.x + axes.xaxis._offset + axes.xaxis.c2p(trace.x[at]),
    box.y + axes.yaxis._offset + axes.yaxis.c2p(trace.y[at]),
  ];
}"""


def click_node(page: Page, node: str) -> None:
    """Click the middle of a node, by its id."""
    page.wait_for_selector(IDLE)
    page.wait_for_selector(".js-plotly-plot .annotation-text")
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    x, y = page.evaluate(_PLACE, node)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def test_a_node_opens_its_layer_and_the_browser_goes_back(
    simulated: str, open_tab: OpenTab
) -> None:
    page = open_tab()
    open_at(page, f"{simulated}/chain?lang=en")
    click_node(page, "layer:cooling")
    title(page, "Cooling (liquid)")
    expect(page).to_have_url(f"{simulated}/chain?lang=en&layer=cooling")
    page.go_back()
    title(page, "The chain")
    click_node(page, "company:innolux")
    expect(page).to_have_url(f"{simulated}/chain?lang=en&code=innolux")
