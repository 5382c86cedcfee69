"""Large batches of AI requests through the providers' own batch APIs."""

__version__ = "1.0.0"
