"""The environment variables that send the official SDKs to an emulator."""


def environment(url: str) -> dict[str, str]:
    """Base URLs and keys for Anthropic, OpenAI and Gemini. The keys are made up."""
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "emulated",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "emulated",
        "GOOGLE_GEMINI_BASE_URL": url,
        "GOOGLE_API_KEY": "emulated",
    }
