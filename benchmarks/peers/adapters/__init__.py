"""One script per client: `python with_NAME.py DIALECT JOBS FOLDER`, the way its own documentation shows, in the largest batches
it takes.

Each runs with the Python of that client's environment, sends the prompts of `throughput/scripts/work.py` to whatever
`ANTHROPIC_BASE_URL` or `OPENAI_BASE_URL` says, has every job's answer in hand at the end, and prints how many there were.
"""
