"""OpenAI's Batch API, and services of its dialect."""

from batchata.providers.openai.provider import OpenAIProvider

__all__ = ["OpenAIProvider"]
