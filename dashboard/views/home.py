"""The first page: the heatmap, or the layer or company that the URL names."""

from __future__ import annotations

from dashboard.ui import state
from dashboard.ui.filters import draw_filters
from dashboard.ui.page import close_page, open_page, scroll_to_top
from dashboard.ui.refresh import first_run
from dashboard.views import company, heatmap, layer

state.publish()
page = open_page()
first_run(page)
scroll_to_top(f"{state.read(state.CODE)}/{state.read(state.LAYER)}")
code, layer_id = state.read(state.CODE), state.read(state.LAYER)
if code is not None:
    company.show(page, code)
elif layer_id is not None:
    layer.show(page, layer_id, draw_filters(page, sized=False))
else:
    heatmap.show(page, draw_filters(page))
close_page(page)
