"""The loop: ask the planner, do the effects, record.

`loop` is the one driver and the only writer of the state. `pool` runs effects on threads; `preparing`, `collecting` and
`settling` are the effects with some length: jobs into the body of a batch, answers into the state, answers into results.
"""
