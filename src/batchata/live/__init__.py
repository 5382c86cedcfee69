"""The live view of a run: what there is to see of it (`figures`, pure), how it is drawn (`screen`), and when (`view`)."""

from batchata.live.view import LiveView, live_view

__all__ = ["LiveView", "live_view"]
