"""Rules for functions and the choice among them, in both shapes: `function` is nested in chat and flat in Responses."""

import re
from collections.abc import Mapping
from typing import Any

from batchata.testing.openai.checks import fields, items, mapping, one_of, text
from batchata.testing.openai.errors import ApiError
from batchata.testing.openai.schema_rules import check_schema

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # [sdk: FunctionDefinition.name, ResponseFormatJSONSchema.name]
_MAX_TOOLS = 128  # [sdk: CompletionCreateParams.functions]
_CHOICES = ("none", "auto", "required")


def check_tools(body: Mapping[str, Any], *, chat: bool) -> None:
    tools = items(body.get("tools", []), "tools")
    if len(tools) > _MAX_TOOLS:
        raise ApiError(
            f"Invalid 'tools': array too long. Expected at most {_MAX_TOOLS}.", "tools", "array_above_max_length"
        )
    for place, tool in enumerate(tools):
        _check_tool(tool, f"tools[{place}]", chat=chat)
    _check_choice(body.get("tool_choice"), functions(body, chat=chat), bool(tools), chat=chat)


def functions(body: Mapping[str, Any], *, chat: bool) -> dict[str, dict[str, Any]]:
    """The functions by name."""
    tools = [tool for tool in body.get("tools") or () if tool.get("type") == "function"]
    found = [tool["function"] if chat else tool for tool in tools]
    return {str(function["name"]): function for function in found}


def forced(body: Mapping[str, Any], *, chat: bool) -> tuple[str, dict[str, Any]] | None:
    """The function that must be called; with "required" the first one [assumed]."""
    choice, known = body.get("tool_choice"), functions(body, chat=chat)
    if choice == "required":
        return next(iter(known.items()), None)
    if not isinstance(choice, Mapping) or choice.get("type") != "function":
        return None
    name = str((choice["function"] if chat else choice)["name"])
    return name, known[name]


def _check_tool(tool: Any, at: str, *, chat: bool) -> None:
    kind = text(mapping(tool, at).get("type", ""), f"{at}.type")
    if kind != "function":
        if chat and kind != "custom":  # [sdk: ChatCompletionToolUnionParam]
            one_of(kind, f"{at}.type", ("function", "custom"))
        return  # hosted tools are not looked into [assumed]
    function = tool
    if chat:
        fields(tool, at, ("type", "function"))
        at, function = f"{at}.function", mapping(tool["function"], f"{at}.function")
    extra = () if chat else ("type", "defer_loading", "allowed_callers", "output_schema")
    fields(function, at, ("name",), ("description", "parameters", "strict", *extra))
    check_name(function["name"], f"{at}.name")
    # where it isn't said, a schema that is not strict is taken as it is [assumed]
    if function.get("strict") and function.get("parameters") is not None:
        check_schema(function["parameters"], f"function '{function['name']}'", f"{at}.parameters")


def check_name(name: Any, at: str) -> None:
    if not NAME.fullmatch(text(name, at)):
        message = f"Invalid '{at}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
        raise ApiError(message, at, "invalid_value")


def _check_choice(choice: Any, known: Mapping[str, Any], given: bool, *, chat: bool) -> None:
    if choice is None:
        return
    if not given and choice != "none":  # [assumed]
        raise ApiError("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
    if isinstance(choice, str):
        one_of(choice, "tool_choice", _CHOICES)
        return
    kind = mapping(choice, "tool_choice").get("type")
    if kind != "function":
        return  # hosted tools and allowed_tools are not looked into [assumed]
    named = mapping(choice.get("function"), "tool_choice.function") if chat else choice
    if named.get("name") not in known:
        raise ApiError(f"Tool choice '{named.get('name')}' not found in 'tools' parameter.", "tool_choice")
