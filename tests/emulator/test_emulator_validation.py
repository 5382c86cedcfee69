"""What the API refuses: at once where it is the envelope, as that request's error line where it is its params."""

import base64
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import orjson
import pytest

Ask = Callable[..., dict[str, Any]]


def _png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(header)) + b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + header))


def _block(kind: str, media_type: str, data: bytes | str, how: str = "base64", **more: Any) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return {"type": kind, "source": {"type": how, "media_type": media_type, "data": encoded}, **more}


def _user(*blocks: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def _format(schema: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": schema}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT = {"type": "text", "text": "hi"}
_PDF = _block("document", "application/pdf", b"%PDF-1.4 /Type /Page")
_CITED = {"citations": {"enabled": True}}
_TOOL = {"name": "look", "input_schema": _object(q={"type": "string"})}
_NODE = {**_object(next={"$ref": "#/$defs/Node"})}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "valid dictionary"),
        (b"{", "not valid JSON"),
        (b"{}", "requests: Field required"),
        ({"requests": []}, "requests: List should have at least 1 item"),
        ({"requests": [1], "metadata": {}}, "metadata: Extra inputs are not permitted"),
        ({"requests": ["a"]}, "requests.0: Input should be a valid dictionary"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
        ({"requests": [{"custom_id": "a", "params": []}]}, "requests.0.params: Input should be a valid dictionary"),
        ({"requests": [{"custom_id": "a", "params": {}, "x": 1}]}, "requests.0.x: Extra inputs"),
        ({"requests": [{"custom_id": "", "params": {}}]}, "requests.0.custom_id: String should have at least 1"),
        ({"requests": [{"custom_id": 7, "params": {}}]}, "requests.0.custom_id: Input should be a valid string"),
        (
            {"requests": [{"custom_id": "a" * 65, "params": {}}]},
            "requests.0.custom_id: String should have at most 64 characters",
        ),
        ({"requests": [{"custom_id": "a.b", "params": {}}]}, "requests.0.custom_id: String should match pattern"),
        ({"requests": [{"custom_id": "a", "params": {}}] * 2}, "requests.1.custom_id: custom_ids must be unique"),
        ({"requests": [{"custom_id": f"a{n}", "params": {}} for n in range(4)]}, "at most 3 items"),
    ],
)
def test_the_envelope_is_refused_at_once(make_lab: Any, body: Any, message: str) -> None:
    lab = make_lab(max_requests=3)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    with pytest.raises(anthropic.BadRequestError, match=message):
        lab.client.post("/v1/messages/batches", content=content, cast_to=httpx2.Response)
    assert lab.emulator.batches == []


def test_too_many_bytes(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(max_bytes=1000)
    with pytest.raises(anthropic.RequestTooLargeError):
        lab.create(ask("x" * 1000))


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"max_tokens": 128_001}, "max_tokens: 128001 > 128000"),
        ({"max_tokens": "5"}, "max_tokens: Input should be a valid integer"),
        ({"model": None}, "model: Field required"),
        ({"model": "gpt-4.1"}, "model: gpt-4.1"),
        ({"stream": True}, "stream"),
        ({"speed": "fast"}, "speed"),
        ({"temperature": 0.7}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 0.7}, "top_p: Extra inputs"),
        ({"foo": 1}, "foo: Extra inputs"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "user", "content": " "}]}, "non-whitespace"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages.0.role: Input should be 'user'"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "first message must use"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "prefill"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages.0.content.0: Input tag 'video'"),
        ({"messages": _user({**_TEXT, "x": 1})}, "messages.0.content.0.x: Extra inputs"),
        ({"messages": _user({**_TEXT, "citations": [{}]})}, "citations are not allowed on user text"),
        ({"messages": _user(_block("document", "application/pdf", b"PK\x03\x04"))}, "PDF specified was not valid"),
        ({"messages": _user(_block("document", "application/msword", b"x"))}, "Input should be 'application/pdf'"),
        ({"messages": _user(_block("document", "text/plain", " ", "text"))}, "non-whitespace"),
        ({"messages": _user(_block("image", "image/jpeg", _png(1, 1)))}, "does not match the provided media type"),
        ({"messages": _user(_block("image", "image/bmp", b"BM"))}, "Input should be 'image/jpeg'"),
        ({"messages": _user(_block("image", "image/png", "%%%"))}, "Invalid base64"),
        ({"messages": _user(_block("image", "image/png", _png(9000, 10)))}, "8000 pixels"),
        ({"messages": _user({**_PDF, **_CITED}, _PDF)}, "all or none"),
        (
            {"messages": _user({"type": "document", "source": {"type": "file", "file_id": "f"}})},
            "File not found: f",
        ),
        ({"messages": _user(*[{**_TEXT, "cache_control": {"type": "ephemeral"}}] * 5)}, "maximum of 4 blocks"),
        ({"messages": _user({**_TEXT, "cache_control": {"type": "x"}})}, "Input should be 'ephemeral'"),
        ({"system": [{"type": "image"}]}, "system.0.type: Input should be 'text'"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking.type.enabled.* is not supported"),
        ({"thinking": {"type": "much"}}, "thinking.type: Input should be 'enabled'"),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "not supported with effort 'max'"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort: Input should be 'low'"),
        ({"output_config": {"schema": {}}}, "output_config.schema: Extra inputs"),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "custom.name"),
        ({"tools": [{"name": "a"}]}, "tools.0.input_schema: Field required"),
        ({"tools": [_TOOL, _TOOL]}, "unique"),
        ({"tools": [_TOOL], "tool_choice": {"type": "tool", "name": "b"}}, "'b' not found"),
        ({"tool_choice": {"type": "any"}}, "only be specified while providing tools"),
        ({"tools": [_TOOL], "tool_choice": {"type": "any"}, "thinking": {"type": "adaptive"}}, "Thinking may not"),
        ({"metadata": {"run": "1"}}, "metadata.run: Extra inputs"),
        ({"tool_choice": [], "tools": 7}, "tools: Input should be a valid list"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {**_object(), "required": 7}}}}, "^params: "),
    ],
)
def test_params_are_refused_later_as_an_error_line(shared: Any, ask: Ask, over: dict[str, Any], message: str) -> None:
    batch = shared.create(ask(**over), ask())
    results = shared.results(batch.id)
    refused = results["job-0"].result
    assert refused.type == "errored"
    assert refused.error.type == "error"
    assert refused.error.error.type in {"invalid_request_error", "not_found_error"}
    assert [bill.custom_id for bill in shared.emulator.ledger if bill.batch_id == batch.id] == ["job-1"]
    assert results["job-1"].result.type == "succeeded"
    _assert_says(refused.error.error.message, message)


def _assert_says(said: str, pattern: str) -> None:
    assert re.search(pattern, said), said


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "object", "properties": {}}, "'additionalProperties' must be explicitly set to false"),
        (_object(a={"type": "object", "properties": {}}), "'additionalProperties' must be explicitly set to false"),
        (_object(a={"type": "integer", "minimum": 0}), "'minimum' is not supported"),
        (_object(a={"type": "string", "maxLength": 5}), "'maxLength' is not supported"),
        (_object(a={"type": "array", "items": {"type": "string"}, "minItems": 2}), "'minItems' values other"),
        (_object(a={"type": "string", "format": "color"}), "format 'color'"),
        (_object(a={"type": "string", "pattern": "(?=a)b"}), "Pattern"),
        (_object(a={"enum": [{"b": 1}]}), "Enum values"),
        (_object(a={"oneOf": [{"type": "string"}]}), "'oneOf' is not supported"),
        (_object(a={"$ref": "#/$defs/None"}), "leads nowhere"),
        (_object(a={"$ref": "https://example.com/s"}), "External"),
        ({"$ref": "#/$defs/Node", "$defs": {"Node": _NODE}}, "Recursive"),
        (_object(a={"type": "text"}), "'text' is not a JSON Schema type"),
        (_object(a={}), "must have a 'type'"),
        ({**_object(**{f"f{n}": {"type": "string"} for n in range(25)}), "required": []}, "too many optional"),
        (_object(**{f"f{n}": {"type": ["string", "null"]} for n in range(17)}), "union types"),
    ],
)
def test_schemas_beyond_the_supported_ones(shared: Any, ask: Ask, schema: Any, message: str) -> None:
    refused = shared.answer(ask(output_config=_format(schema)))
    assert refused.type == "errored"
    _assert_says(refused.error.error.message, f"^output_config.format.schema: .*{message}")
    strict = {"name": "look", "strict": True, "input_schema": {"type": "object", **schema}}
    if "type" in schema:
        assert shared.answer(ask(tools=[strict])).type == "errored"


def test_citations_exclude_structured_output(lab: Any, ask: Ask) -> None:
    document = _block("document", "text/plain", "Net 30.", "text", **_CITED)
    refused = lab.answer(ask(messages=_user(document, _TEXT), output_config=_format(_object(a={"type": "string"}))))
    assert "incompatible with citations" in refused.error.error.message


@pytest.mark.parametrize(
    ("model", "over", "message"),
    [
        ("claude-sonnet-4-5", {"temperature": 0.7}, None),
        ("claude-sonnet-4-5", {"temperature": 1.5}, "temperature: range: 0..1"),
        ("claude-sonnet-4-5", {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}, None),
        ("claude-sonnet-4-5", {"thinking": {"type": "enabled", "budget_tokens": 10}}, "greater than or equal to 1024"),
        ("claude-sonnet-4-5", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "must be greater than"),
        ("claude-opus-4-7", {"temperature": 0.7}, "`temperature` is deprecated for this model."),
    ],
)
def test_the_older_api_version(shared: Any, ask: Ask, model: str, over: dict[str, Any], message: str | None) -> None:
    old = shared.client_for("key-1", default_headers={"anthropic-version": "2023-06-01"})
    batch = shared.create(ask(model=model, **over), client=old)
    result = shared.results(batch.id)["job-0"].result
    assert result.type == ("errored" if message else "succeeded")
    assert message is None or message in result.error.error.message


def test_documents_and_images_are_billed_by_their_formulas(lab: Any, ask: Ask) -> None:
    def tokens(*blocks: Any, model: str = "claude-haiku-4-5") -> int:
        return int(lab.answer(ask(messages=_user(*blocks), model=model)).message.usage.input_tokens)

    assert tokens(_block("image", "image/png", _png(280, 57))) == 4 + 10 * 3
    assert tokens(_block("image", "image/png", _png(8000, 8000))) == 4 + 1568
    assert tokens(_block("image", "image/png", _png(8000, 8000)), model="claude-opus-5-5") == 4 + 4784
    assert tokens(_block("document", "text/plain", "x" * 400, "text", title="four")) == 4 + 100 + 1
    stream = zlib.compress(b"BT (Net thirty days.) Tj ET")
    pdf = b"%PDF-1.4 /Type /Pages /Type /Page /Type /Page stream\n" + stream + b"\nendstream"
    assert tokens(_block("document", "application/pdf", pdf)) == 4 + 2 * 39 * 39 + 4


def test_a_prompt_beyond_the_context(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(tokens_per_byte=1.0)
    refused = lab.answer(ask("x" * 200_001, model="claude-haiku-4-5"))
    assert "prompt is too long: 200005 tokens > 200000 maximum" in refused.error.error.message
