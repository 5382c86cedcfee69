"""What is measured rather than tested: run with `python -m benchmarks.<name>` from the repository's root."""
