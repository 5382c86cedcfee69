"""The report: one HTML file of a state, that opens offline and shows each value's place in its document."""

from batchata.report.writing import PICTURES_MB, RESULTS_LIMIT, write

__all__ = ["PICTURES_MB", "RESULTS_LIMIT", "write"]
