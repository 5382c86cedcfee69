"""HELD OUT: the texts of this folder measure batchata's grounding and are not for its author's eyes. Nothing is tuned on them."""
