"""Servers of OpenAI's dialect without a batch API."""

from batchata.providers.realtime.provider import RealtimeProvider

__all__ = ["RealtimeProvider"]
