"""One script per client: `python with_NAME.py JOBS FOLDER`, the way its own documentation shows, in the largest batches it takes.

Each runs with the Python of that client's environment, sends the prompts of `throughput/scripts/work.py` to whatever
`OPENAI_BASE_URL` says, has every job's answer in hand at the end, and prints how many there were.
"""
