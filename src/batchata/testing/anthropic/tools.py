"""Rules for tools and the choice among them."""

import re
from typing import Any

from batchata.testing.anthropic.blocks import Found
from batchata.testing.anthropic.checks import fields, items, mapping, one_of, text
from batchata.testing.anthropic.errors import invalid
from batchata.testing.anthropic.schema_rules import check_schema

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")  # [docs: Tool use]
_SERVER_TOOLS = (  # [sdk: ToolUnionParam]
    *("bash_", "code_execution_", "browser_toolset_", "memory_", "computer_toolset_", "text_editor_", "web_search_"),
    *("web_fetch_", "tool_search_tool_"),
)
_OPTIONAL = (  # [sdk: ToolParam]
    *("allowed_callers", "cache_control", "defer_loading", "description", "eager_input_streaming", "input_examples"),
    *("strict", "type"),
)
_MAX_STRICT = 20  # [docs: Structured outputs]


def check_tools(params: dict[str, Any], found: Found) -> None:
    tools = items(params.get("tools", []), "tools")
    names: set[str] = set()
    for place, tool in enumerate(tools):
        name = _check_tool(tool, f"tools.{place}", found)
        if name in names:
            raise invalid("tools: Tool names must be unique.")
        names.add(name)
    if sum(bool(tool.get("strict")) for tool in tools) > _MAX_STRICT:
        raise invalid(f"tools: at most {_MAX_STRICT} strict tools are supported")
    _check_choice(params.get("tool_choice"), names)


def _check_tool(tool: Any, at: str, found: Found) -> str:
    kind = mapping(tool, at).get("type") or "custom"
    found.breakpoint(tool, at)
    if kind != "custom":
        if not text(kind, f"{at}.type").startswith(_SERVER_TOOLS):
            raise invalid(f"{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
        return str(tool.get("name", kind))  # what a server tool is given is not looked into [assumed]
    fields(tool, at, ("name", "input_schema"), _OPTIONAL)
    if not _NAME.fullmatch(text(tool["name"], f"{at}.custom.name")):
        raise invalid(f"{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    schema = mapping(tool["input_schema"], f"{at}.custom.input_schema")
    if schema.get("type") != "object":
        raise invalid(f"{at}.custom.input_schema.type: Input should be 'object'")
    if tool.get("strict"):
        check_schema(schema, f"{at}.custom.input_schema")
    return str(tool["name"])


def _check_choice(choice: Any, names: set[str]) -> None:
    """[sdk: ToolChoiceParam]"""
    if choice is None:
        return
    kind = one_of(mapping(choice, "tool_choice").get("type"), "tool_choice.type", ("auto", "any", "tool", "none"))
    needed = ("type", "name") if kind == "tool" else ("type",)
    fields(choice, "tool_choice", needed, () if kind == "none" else ("disable_parallel_tool_use",))
    if not names:
        raise invalid("tool_choice: may only be specified while providing tools")
    if kind == "tool" and choice["name"] not in names:
        raise invalid(f"Tool '{choice['name']}' not found in provided tools")
