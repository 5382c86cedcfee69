"""Which models there are and what each takes, as far as rules depend on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

CATALOGUE = (  # [sdk: ChatModel], those that batches are for
    *("gpt-6-astra", "gpt-6.2-astra", "gpt-6.1-sol", "gpt-6.2-sol", "gpt-6.1-terra", "gpt-6-sol", "gpt-6-luna"),
    *("gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano"),
    *("gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-chat-latest", "gpt-4.1", "gpt-4.1-mini"),
    *("gpt-4.1-nano", "gpt-4.1-2025-04-14", "o4-mini", "o3", "o3-mini", "o1", "gpt-4o", "gpt-4o-mini", "gpt-4-turbo"),
    *("gpt-4", "gpt-3.5-turbo"),
)
_EXISTS = re.compile(r"(?:ft:)?(?:gpt-|chatgpt-|codex-|o\d)[\w.:-]*")
_GENERATION = re.compile(r"(?:ft:)?gpt-(?P<major>\d+)(?:\.(?P<minor>\d+))?(?P<omni>o)?")
_SERIES = re.compile(r"(?:ft:)?o\d")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name; `served`: one of an OpenAI-compatible server's own, which takes everything."""

    id: str
    generation: tuple[int, int] = (4, 0)
    series: bool = False  # o1, o3, o4-mini
    context: int = 128_000
    output_cap: int = 4_096
    served: bool = False

    @property
    def reasons(self) -> bool:
        """[docs: Reasoning models]: the o series and GPT-5 on, but for the chat ones."""
        return not self.served and (self.series or (self.generation >= (5, 0) and "chat" not in self.id))

    @property
    def patches(self) -> bool:
        """Images are billed by patches of 32 pixels rather than by tiles of 512 [docs: Images and vision]."""
        return self.reasons or "-mini" in self.id or "-nano" in self.id


def model(name: str, served: Mapping[str, int] | None) -> Model | None:
    """None where there is no such model. Any of OpenAI's name is there [assumed], so that a newer one can be tried."""
    if served is not None:
        return Model(name, context=served[name], output_cap=served[name], served=True) if name in served else None
    return _own(name) if _EXISTS.fullmatch(name) else None


@cache
def _own(name: str) -> Model:
    if _SERIES.match(name):
        return Model(name, (4, 5), series=True, context=200_000, output_cap=100_000)  # [assumed]
    found = _GENERATION.match(name)
    generation = (int(found["major"]), int(found["minor"] or 0)) if found else (4, 0)
    if generation >= (6, 0):
        return Model(name, generation, context=1_050_000, output_cap=128_000)  # [assumed]
    if generation >= (5, 0):
        return Model(name, generation, context=400_000, output_cap=128_000)  # [assumed]
    if generation == (4, 1):
        return Model(name, generation, context=1_047_576, output_cap=32_768)  # [assumed]
    if "4o" in name:
        return Model(name, generation, output_cap=16_384)  # [assumed]
    return Model(name, generation)


def info(name: str, served: Mapping[str, int] | None) -> dict[str, Any]:
    """A model as `GET /v1/models/{id}` shows it [sdk: Model]; a server's own with `max_model_len`, as vLLM does."""
    shown: dict[str, Any] = {"id": name, "object": "model", "created": 0, "owned_by": "system"}
    return shown if served is None else {**shown, "max_model_len": served[name]}
