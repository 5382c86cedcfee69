"""HELD OUT: not for the eyes of who writes or tunes grounding. The families and the seed."""

from benchmarks.citations.heldout import contracts, invoices, labs, letters, offers, plans, policies, receipts, reports
from benchmarks.citations.heldout.phrasing import PHRASING

SEED = "held out, one"
FAMILIES = tuple(
    module.FAMILY for module in (invoices, contracts, letters, reports, receipts, labs, offers, plans, policies)
)
__all__ = ["FAMILIES", "PHRASING", "SEED"]
