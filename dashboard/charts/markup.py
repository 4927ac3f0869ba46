"""Words in a figure as they are: plotly reads a part of HTML in every label and hover box."""

from __future__ import annotations

from html import escape


def as_label(text: str) -> str:
    """The text for a label, a name or a hover box: shown as written, on one line."""
    return escape(" ".join(text.split()), quote=False)
