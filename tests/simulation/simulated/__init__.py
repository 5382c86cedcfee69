"""A world for batchata's core to run in: time, threads, providers and crashes, all drawn from one seed.

`time` owns the clock and the order of effects, `accounts` is what providers know and bill, `provider` speaks for them, `world`
runs sessions of the unchanged engine on them and checks what must always hold, `schedule` draws a whole life from a seed.
"""
