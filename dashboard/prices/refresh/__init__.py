"""Bring the store up to date: from sources over the network, or from files."""

from dashboard.prices.outcomes import Report
from dashboard.prices.refresh.importing import import_files
from dashboard.prices.refresh.planning import plan
from dashboard.prices.refresh.run import Progress, refresh

__all__ = ["Progress", "Report", "import_files", "plan", "refresh"]
