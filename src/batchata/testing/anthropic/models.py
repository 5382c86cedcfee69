"""Which models there are and what each takes, as far as rules depend on it."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

# [sdk: Model]
CATALOGUE = (
    *("claude-fable-5-2", "claude-mythos-5-2", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-fable-5-1"),
    *("claude-opus-5-5", "claude-mythos-5-1", "claude-sonnet-5", "claude-fable-5", "claude-mythos-5", "claude-opus-5"),
    *("claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5"),
    *("claude-haiku-4-5-20251001", "claude-opus-4-5", "claude-opus-4-5-20251101", "claude-sonnet-4-5"),
    "claude-sonnet-4-5-20250929",
)
_NAME = re.compile(r"claude-(?P<line>[a-z]+)-(?P<major>\d{1,2})(?:-(?P<minor>\d{1,2}))?(?:-\d{8})?")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name. A name that can't be read counts as newest [assumed], so that a model newer than this emulator
    can be tried.
    """

    id: str
    line: str | None
    generation: tuple[int, int]

    @property
    def samples(self) -> bool:
        """temperature, top_p and top_k are refused from Opus 4.7 on [docs: What's new in Claude Opus 4.7]."""
        return self.generation < (4, 7)

    @property
    def budgeted_thinking(self) -> bool:
        """`thinking: {"type": "enabled"}` is refused from Opus 4.7 on [docs: Migration guide]."""
        return self.generation < (4, 7)

    @property
    def thinks_by_default(self) -> bool:
        """Opus 5 does [docs: Migrating to Claude Opus 5]; the rest of its generation [assumed]."""
        return self.generation >= (5, 0)

    @property
    def prefill(self) -> bool:
        """An assistant message at the end is refused from 4.6 on [docs: Migration guide]."""
        return self.generation < (4, 6)

    @property
    def context(self) -> int:
        """[docs: Models overview]: 1M from 4.6 on, 200k before."""
        return 1_000_000 if self.generation >= (4, 6) else 200_000

    @property
    def output_cap(self) -> int:
        """128k for Opus 5 [docs: Migrating to Claude Opus 5]; 4.6 to 5.5 the same, 64k before [assumed]."""
        return 128_000 if self.generation >= (4, 6) else 64_000

    @property
    def image_cap(self) -> int:
        """The most one image is billed for [docs: Vision]."""
        return 4_784 if self.generation >= (4, 7) else 1_568

    @property
    def cacheable_from(self) -> int:
        """Shorter prefixes are not cached: 512 tokens on Opus 5, 1,024 elsewhere [assumed: by model 512 to 4,096]."""
        return 512 if self.generation >= (5, 0) else 1_024

    @property
    def pages(self) -> int:
        """PDF pages and images in one request [docs: PDF support]: 600, or 100 where the context is 200k."""
        return 600 if self.context > 200_000 else 100


@cache
def model(name: str) -> Model:
    match = _NAME.fullmatch(name)
    if not match:
        return Model(name, None, (99, 0))
    return Model(name, match["line"], (int(match["major"]), int(match["minor"] or 0)))


def info(name: str) -> dict[str, Any]:
    """A model as `GET /v1/models/{id}` shows it [sdk: ModelInfo, ModelCapabilities]."""
    known = model(name)
    return {
        "id": name,
        "type": "model",
        "display_name": name.replace("-", " ").title(),
        "created_at": "1970-01-01T00:00:00Z",  # an epoch value where the date is unknown [sdk: ModelInfo]
        "deprecated_at": None,
        "retires_at": None,
        "lifecycle": "active",
        "line": known.line,
        "max_input_tokens": known.context,
        "max_tokens": known.output_cap,
        "capabilities": _capabilities(known),
    }


def _capabilities(known: Model) -> dict[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    newer = yes if known.generation >= (4, 6) else no
    return {
        "batch": yes,
        "citations": yes,
        "code_execution": yes,
        "context_management": {**yes, "clear_thinking_20251015": yes, "clear_tool_uses_20250919": yes},
        "effort": {**newer, "low": newer, "medium": newer, "high": newer, "xhigh": newer, "max": newer},
        "image_input": yes,
        "pdf_input": yes,
        "server_tools": {**yes, "code_execution": yes, "web_search": yes},
        "structured_outputs": yes,
        "thinking": {
            **yes,
            "types": {
                "adaptive": newer,
                "between_tools": yes if known.generation >= (5, 0) else no,
                "disabled": yes,
                "enabled": yes if known.budgeted_thinking else no,
            },
        },
    }
