"""Anthropic's Message Batches."""

from batchata.providers.anthropic.provider import AnthropicProvider

__all__ = ["AnthropicProvider"]
