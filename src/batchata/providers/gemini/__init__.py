"""The Gemini Developer API's batches."""

from batchata.providers.gemini.provider import GeminiProvider

__all__ = ["GeminiProvider"]
