"""Rows of the method page: the metric registry and the documents as they are."""

from __future__ import annotations

import pandas as pd

from dashboard.analytics.metrics import METRICS
from dashboard.ui.markup import as_text
from dashboard.ui.page import Page


def metric_rows(page: Page) -> pd.DataFrame:
    """One row a metric: label, key, unit, formula, source."""
    return pd.DataFrame(
        {
            page.t("method.metric"): page.say(metric.label),
            page.t("method.key"): metric.key,
            page.t("method.unit"): page.say(metric.unit.label),
            page.t("method.formula"): page.say(metric.formula),
            page.t("method.source"): page.say(metric.source),
        }
        for metric in METRICS.values()
    )


def document_rows(page: Page) -> pd.DataFrame:
    """One row a document: title, publisher, date and its basis."""
    return pd.DataFrame(
        {
            page.t("method.document"): as_text(page.say(document.title)),
            page.t("method.key"): document.id,
            page.t("method.publisher"): as_text(page.say(document.publisher)),
            page.t("method.date"): document.date or page.t("evidence.undated"),
            page.t("method.basis"): page.t(f"evidence.basis_{document.date_basis.value}"),
            page.t("method.note"): as_text(page.say(document.note)) if document.note else "",
        }
        for document in page.map.chain.documents
    )
