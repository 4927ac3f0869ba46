"""Screens: an expression over metrics and the map → the companies it holds for.

`language` reads a text into `syntax`, `checking` gives names and words their meaning, and
`evaluation` computes it for all symbols at once; `run.screen` is the way through all of them.
"""
