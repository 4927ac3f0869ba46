"""Taiwan's two exchanges as a source: the whole market's day in one request a board.

`cells` reads what stands in one answer, `feed` says what a feed is, `prices` and its neighbours
parse one answer each, `feeds` lists them all, `acceptance` decides whether a day is whole,
`transport` is the only way to the network, `source` puts them together.
"""
