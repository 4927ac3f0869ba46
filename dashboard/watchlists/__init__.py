"""Watchlists: files in and out, the rows with their figures, lists that follow by themselves."""
