"""Families of OpenAI's models, by name: they decide defaults and bounds, never what may be sent. Pure.

Names are looked at without a prefix (`azure/…`, `openai/…`, `ft:…`), so that gateways and fine-tuned models count too.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from batchata.providers.foreign_json import get
from batchata.request import Image

# OpenAI's model pages and its guide to the latest models: the o-series and gpt-5 always reason and take no temperature; from
# gpt-5.1 on one is taken with the reasoning effort "none", which is the default up to gpt-5.4 and no later one's.
_CHATS = re.compile(r"gpt-(?:3|4)|chatgpt-|gpt-5-chat")
_REASONS = re.compile(r"o\d(?!\d)|gpt-(?:[5-9]|\d\d)(?!-chat|\.\d+-chat)(?![\d])|codex-")
_ALWAYS_REASONS = re.compile(r"o\d(?!\d)|gpt-5(?![.\d])(?!-chat)|codex-")
_REASONS_UNLESS_TOLD = re.compile(r"gpt-5\.(?:[6-9]|\d\d)(?!-chat)|gpt-(?:[6-9]|\d\d)(?!\d)(?!\.\d+-chat|-chat)")

_PATCH = 32  # pixels to a side
_DEAREST = 2.46  # tokens of a patch, by OpenAI's vision guide: the dearest of its models

IMAGE_TOKENS = 24_600
"""10,000 patches at the dearest multiplier: the most that the guide knows for an image."""

# What 1,536 patches come to at the dearest multiplier; 8 tiles of 170 and 85 are less
_SMALL_IMAGE_TOKENS = 3_779

# 8 tiles of 5,667 and 2,833
_IMAGE_TOKENS = (
    (re.compile(r"gpt-4o-mini"), 48_169),
    (re.compile(r"gpt-4|chatgpt-|o[134](?!\d)|gpt-5(?![.\d])|gpt-5\.[123](?!\d)"), _SMALL_IMAGE_TOKENS),
)


def takes_temperature(model: str, params: Mapping[str, Any]) -> bool | None:
    """Whether the model takes a temperature beside these parameters; None where that is not known."""
    name = _bare(model)
    if _CHATS.match(name):
        return True
    if _ALWAYS_REASONS.match(name):
        return False
    if not reasons(model):
        return None
    effort = params.get("reasoning_effort") or get(params.get("reasoning"), "effort")
    if effort is not None:
        return bool(effort == "none")
    return False if _REASONS_UNLESS_TOLD.match(name) else None


def reasons(model: str) -> bool:
    """Whether it is of a family that thinks before it answers; on chat completions such models refuse `max_tokens`."""
    return _REASONS.match(_bare(model)) is not None


def image_tokens(model: str) -> int:
    """The most input tokens of an image of any size, such as the picture of a PDF page."""
    name = _bare(model)
    return next((tokens for family, tokens in _IMAGE_TOKENS if family.match(name)), IMAGE_TOKENS)


def tokens_of_image(image: Image, model: str) -> int:
    """The most input tokens of this image: where its size is known, no more than its patches give."""
    most = image_tokens(model)
    if image.width is None or image.height is None or most != IMAGE_TOKENS:
        return most
    patches = -(-image.width // _PATCH) * -(-image.height // _PATCH)
    return min(most, max(_SMALL_IMAGE_TOKENS, math.ceil(patches * _DEAREST)))


def _bare(model: str) -> str:
    return model.rpartition("/")[2].removeprefix("ft:")
