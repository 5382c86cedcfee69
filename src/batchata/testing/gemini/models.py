"""Which models there are and what each takes, as far as rules depend on it."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

CATALOGUE = (  # [assumed]
    *("gemini-4-argon", "gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-3.5-flash"),
    *("gemini-3.5-flash-lite", "gemini-3.1-pro-preview", "gemini-3.1-flash-lite", "gemini-2.5-pro", "gemini-2.5-flash"),
    *("gemini-2.5-flash-lite", "gemini-2.0-flash"),
)
_NAME = re.compile(r"(?:gemini|gemma)-(?P<major>\d+)(?:\.(?P<minor>\d+))?(?P<rest>[\w.-]*)")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name."""

    id: str
    generation: tuple[int, int]

    @property
    def thinks(self) -> bool:
        """From 2.5 on, but for the lite ones of 2.5 [assumed]."""
        return self.generation > (2, 5) or (self.generation == (2, 5) and "lite" not in self.id)

    @property
    def input_limit(self) -> int:
        return 1_048_576  # [assumed]

    @property
    def output_limit(self) -> int:
        return 65_536 if self.generation >= (2, 5) else 8_192  # [assumed]


@cache
def model(name: str) -> Model | None:
    """None where there is no such model. Any `gemini-…` or `gemma-…` with a number is there [assumed]."""
    found = _NAME.fullmatch(name)
    return Model(name, (int(found["major"]), int(found["minor"] or 0))) if found else None


def info(known: Model) -> dict[str, Any]:
    """A model as `GET /v1/models/{id}` shows it [sdk: Model]."""
    return {
        "name": f"models/{known.id}",
        "version": "001",
        "displayName": known.id.replace("-", " ").title(),
        "description": "",
        "inputTokenLimit": known.input_limit,
        "outputTokenLimit": known.output_limit,
        "supportedGenerationMethods": ["generateContent", "countTokens", "batchGenerateContent"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": known.thinks,
    }
