"""Rules for one request's `params`. In a batch they are judged after the create, and what breaks one becomes that request's
`errored` line [docs: Batch processing].
"""

from typing import Any

from batchata.testing.anthropic.blocks import Found, check_block, check_content
from batchata.testing.anthropic.checks import boolean, fields, items, mapping, number, one_of, text, whole
from batchata.testing.anthropic.errors import invalid, not_found
from batchata.testing.anthropic.models import Model, model
from batchata.testing.anthropic.schema_rules import check_schema
from batchata.testing.anthropic.tools import check_tools

MODERN = "2026-10-21"
VERSIONS = ("2023-06-01", MODERN)  # [docs: API versions]
_SAMPLING = ("temperature", "top_p", "top_k")
_COUNTABLE = (  # [sdk: MessageCountTokensParams]
    *("cache_control", "output_config", "speed", "system", "thinking", "tool_choice", "tools"),
)
_OPTIONAL = (  # [sdk: MessageCreateParamsBase]
    *_COUNTABLE,
    *("container", "diagnostics", "inference_geo", "metadata", "service_tier", "stop_sequences", "stream"),
)
_MAX_MESSAGES = 100_000  # [sdk: MessageCreateParams.messages]


def check_params(params: dict[str, Any], version: str) -> Model:
    """Everything a request of a batch must be. Raises `ApiError`."""
    sampling = () if version == MODERN else _SAMPLING  # removed [docs: API versions, 2026-10-21]
    fields(params, "", ("model", "max_tokens", "messages"), (*_OPTIONAL, *sampling))
    known = _known(params["model"])
    # 0, which only warms a cache, is not for batches [docs: Batch processing]
    whole(params["max_tokens"], "max_tokens", 1)
    if params["max_tokens"] > known.output_cap:  # [sdk: ModelInfo.max_tokens]
        cap = known.output_cap
        raise invalid(f"max_tokens: {params['max_tokens']} > {cap}, which is the maximum allowed for {known.id}")
    if params.get("stream"):  # [docs: Batch processing]
        raise invalid("stream: streaming is not supported in batches")
    if params.get("speed") == "fast":  # [docs: Batch processing]
        raise invalid("speed: fast mode is not supported in batches")
    _check_sampling(params, known)
    _check_small(params)
    _check_prompt(params, known, version)
    return known


def check_countable(params: dict[str, Any], version: str) -> Model:
    """What `count_tokens` takes: the prompt, without a cap. Raises `ApiError`."""
    fields(params, "", ("model", "messages"), _COUNTABLE)
    known = _known(params["model"])
    found = _check_prompt({"max_tokens": known.output_cap, **params}, known, version)
    if found.remote:  # [docs: Token counting]
        raise invalid("messages: url and file sources are not supported by token counting")
    for place, tool in enumerate(params.get("tools", ())):  # [docs: Token counting]
        if tool.get("type", "custom") != "custom":
            raise invalid(f"tools.{place}: server tools are not supported by token counting")
    return known


def _known(name: Any) -> Model:
    """Any `claude-…` is a model [assumed], so that one newer than this emulator can be tried."""
    if not text(name, "model").startswith("claude-") or name == "claude-":
        raise not_found(f"model: {name}")
    return model(name)


def _check_sampling(params: dict[str, Any], known: Model) -> None:
    for name in _SAMPLING:
        if name not in params:
            continue
        if not known.samples:  # [issue: ComfyUI 13923, word for word]
            raise invalid(f"`{name}` is deprecated for this model.")
        if name == "top_k":
            whole(params[name], name, 0)
        else:
            number(params[name], name, 0, 1)


def _check_small(params: dict[str, Any]) -> None:
    for place, sequence in enumerate(items(params.get("stop_sequences", []), "stop_sequences")):
        if not text(sequence, f"stop_sequences.{place}").strip():
            raise invalid(f"stop_sequences.{place}: each stop sequence must contain non-whitespace")
    if (metadata := params.get("metadata")) is not None:  # [sdk: MetadataParam]
        fields(mapping(metadata, "metadata"), "metadata", (), ("user_id",))
    if "service_tier" in params:
        one_of(params["service_tier"], "service_tier", ("auto", "standard_only"))
    if "stream" in params:
        boolean(params["stream"], "stream")


def _check_prompt(params: dict[str, Any], known: Model, version: str) -> Found:
    """In prompt order (tools, system, messages), which is the order cache breakpoints are counted in."""
    found = Found(known, modern=version == MODERN)
    check_tools(params, found)
    _check_system(params.get("system"), found)
    _check_messages(params["messages"], found)
    found.breakpoint(params, "")
    found.check()
    _check_output(params, known, citing=any(found.citing))
    _check_thinking(params, known)
    return found


def _check_system(system: Any, found: Found) -> None:
    if system is None or isinstance(system, str):
        return
    for place, block in enumerate(items(system, "system")):
        one_of(mapping(block, f"system.{place}").get("type"), f"system.{place}.type", ("text",))
        check_block(block, f"system.{place}", "system", found)


def _check_messages(messages: Any, found: Found) -> None:
    if not items(messages, "messages"):
        raise invalid("messages: at least one message is required")
    if len(messages) > _MAX_MESSAGES:
        raise invalid(f"messages: List should have at most {_MAX_MESSAGES} items")
    for place, message in enumerate(messages):
        at = f"messages.{place}"
        fields(mapping(message, at), at, ("role", "content"))
        # the system role within a conversation: from generation 5 on [sdk: SystemMessageParam; which models: assumed]
        roles = ("user", "assistant", "system") if found.model.generation >= (5, 0) else ("user", "assistant")
        role = one_of(message["role"], f"{at}.role", roles)
        check_content(message["content"], f"{at}.content", role, found)
    if messages[0]["role"] != "user":  # [assumed]
        raise invalid('messages: first message must use the "user" role')
    if messages[-1]["role"] == "assistant" and not found.model.prefill:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_thinking(params: dict[str, Any], known: Model) -> None:
    thinking = params.get("thinking")
    if thinking is None:
        return
    kind = one_of(
        mapping(thinking, "thinking").get("type"),
        "thinking.type",
        ("enabled", "disabled", "adaptive", "between_tools"),  # [sdk: ThinkingConfigParam]
    )
    if kind == "adaptive":
        fields(thinking, "thinking", ("type",), ("display",))
    elif kind == "enabled":
        _check_budget(thinking, params, known)
    else:
        fields(thinking, "thinking", ("type",))
    forced = (params.get("tool_choice") or {}).get("type") in {"any", "tool"}
    if kind in {"enabled", "adaptive"} and forced:  # [docs: Extended thinking]
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")
    effort = (params.get("output_config") or {}).get("effort")
    if kind == "disabled" and known.generation >= (5, 0) and effort in {"xhigh", "max"}:
        raise invalid(f"thinking.type: 'disabled' is not supported with effort '{effort}'")  # [docs: Opus 5 migration]


def _check_budget(thinking: dict[str, Any], params: dict[str, Any], known: Model) -> None:
    if not known.budgeted_thinking:  # [issue: hermes-agent 11137, word for word]
        raise invalid(
            '"thinking.type.enabled" is not supported for this model. '
            'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
        )
    fields(thinking, "thinking", ("type", "budget_tokens"), ("display",))
    whole(thinking["budget_tokens"], "thinking.enabled.budget_tokens", 1024)  # [sdk: ThinkingConfigEnabledParam]
    if thinking["budget_tokens"] >= params["max_tokens"]:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if params.get("temperature", 1) != 1:  # [docs: Extended thinking]
        raise invalid("`temperature` may only be set to 1 when thinking is enabled.")


def _check_output(params: dict[str, Any], known: Model, *, citing: bool) -> None:
    """[sdk: OutputConfigParam]"""
    config = params.get("output_config")
    if config is None:
        return
    fields(mapping(config, "output_config"), "output_config", (), ("effort", "format"))
    if config.get("effort") is not None:
        one_of(config["effort"], "output_config.effort", ("low", "medium", "high", "xhigh", "max"))
    wanted = config.get("format")
    if wanted is None:
        return
    fields(mapping(wanted, "output_config.format"), "output_config.format", ("type", "schema"))
    one_of(wanted["type"], "output_config.format.type", ("json_schema",))
    check_schema(wanted["schema"], "output_config.format.schema")
    if citing:  # [docs: Citations; Structured outputs]
        raise invalid("output_config.format: structured outputs are incompatible with citations")
    if params["messages"][-1]["role"] == "assistant":  # [docs: Structured outputs]
        raise invalid(f"output_config.format: incompatible with message prefilling on {known.id}")
