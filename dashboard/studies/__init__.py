"""Questions that a snapshot and the map answer together: tables for the pages and commands.

Each module takes a `Snapshot` and a reader's choices and joins the map with `analytics`; what a
page draws and what a command prints is the same table.
"""
