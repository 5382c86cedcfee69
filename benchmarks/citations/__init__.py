"""How well quotes are found in documents, and citations in answers are given to the fields they support.

`python -m benchmarks.citations` measures; `contract` says what is asked of the code under test, `adapter` is the one place that
calls it. Documents, their true passages and the answers are generated from seeds, so every truth is known by construction.
"""
