"""The development split: families and wordings that may be read and tuned against."""
