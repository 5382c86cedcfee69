"""Models on the user's own machine."""

from batchata.providers.local.provider import LocalProvider

__all__ = ["LocalProvider"]
