"""The same work with other clients, each in an environment of its own. `python -m benchmarks.peers`."""
