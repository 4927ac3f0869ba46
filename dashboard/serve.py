"""Start the server, and make the first heatmap while it starts."""

from __future__ import annotations

import importlib
import os
import sys
import threading

from dashboard.alerts.background import keep_delivering
from dashboard.errors import DashboardError
from dashboard.settings import PROJECT_ROOT, Settings


def serve(settings: Settings, port: int | None = None) -> None:
    """Run the dashboard in this process until it is stopped.

    Parameters
    ----------
    settings : as the environment already says them
    """
    from streamlit.web import cli

    threading.Thread(target=warm, args=(settings,), name="warm", daemon=True).start()
    sending = (settings, threading.Event())
    threading.Thread(target=keep_delivering, args=sending, name="alerts", daemon=True).start()

    os.chdir(PROJECT_ROOT)
    sys.path.insert(0, str(PROJECT_ROOT))
    sys.argv = ["streamlit", "run", "dashboard/app.py"]
    if port is not None:
        sys.argv += ["--server.port", str(port)]
    cli.main()


def warm(settings: Settings) -> None:
    """Fill the shared caches with what the first reader will ask for: light and dark."""
    from dashboard.charts.theme import ColourScheme
    from dashboard.i18n import DEFAULT_LANGUAGE
    from dashboard.studies.heatmap import Filters
    from dashboard.studies.overnight import latest_known
    from dashboard.ui.heatmap import heatmap_of
    from dashboard.ui.overnight import short_lines
    from dashboard.ui.page import page_of
    from dashboard.ui.tables import layer_matrix

    # Slow to load, and needed by whatever page is opened first.
    importlib.import_module("dashboard.ui.people")
    filters = Filters()
    try:
        for dark in (False, True):
            page = page_of(settings, DEFAULT_LANGUAGE, ColourScheme.RED_UP, dark=dark)
            heatmap_of(page, filters, filters.members, foreign=False)
            layer_matrix(page, filters.members, filters.weighting)
        short_lines(page, latest_known(page.snapshot))
    except DashboardError:
        # The page meets the same error and shows it to the reader.
        return
