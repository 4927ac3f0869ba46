"""Screener and dashboard of Taiwan's AI supply chain."""
