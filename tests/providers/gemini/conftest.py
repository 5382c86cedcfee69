"""A GeminiProvider with a real client of the SDK, pointed at the scripted server."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai

from batchata.providers.gemini.provider import GeminiProvider

KEY = "AIzaSecret-0123456789"
NOW = 1_795_000_000.0
TLS = ssl.create_default_context()


@pytest.fixture
def make(server: Any) -> Iterator[Callable[..., GeminiProvider]]:
    clients: list[genai.Client] = []

    def provider(url: str = server.url, key: str = KEY, **options: Any) -> GeminiProvider:
        tls = {"verify": TLS}  # the SDK's own takes 50 ms to load
        http = {"base_url": url, "timeout": 5000, "client_args": tls, "async_client_args": tls, **options}
        clients.append(genai.Client(api_key=key, http_options=http))  # type: ignore[arg-type]
        return GeminiProvider(clients[-1], clock=lambda: NOW)

    yield provider
    for client in clients:
        client.close()


@pytest.fixture
def provider(make: Callable[..., GeminiProvider]) -> GeminiProvider:
    return make()
