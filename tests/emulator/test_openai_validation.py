"""What OpenAI refuses: an upload or create at once, a file as a failed batch, a body as that request's error line."""

import base64
import re
from collections.abc import Callable
from typing import Any

import openai
import orjson
import pytest

Body = Callable[..., dict[str, Any]]


def _row(custom_id: str = "a", **over: Any) -> dict[str, Any]:
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hi"}]}
    row = {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body, **over}
    return {name: value for name, value in row.items() if value is not None}


def _file(*rows: Any) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else orjson.dumps(row) for row in rows)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (_file(_row(), b"{"), "invalid_json_line", 2),
        (_file(b"[1]"), "invalid_json_line", 1),
        (_file(_row(), _row("b"), _row()), "duplicate_custom_id", 3),
        (_file(_row(method=None)), "missing_required_parameter", 1),
        (_file(_row(method="GET")), "invalid_method", 1),
        (_file(_row(url="/v1/responses")), "url_mismatch", 1),
        (_file(_row(body={"model": "gpt-4o"}), _row("b")), "model_mismatch", 2),
        (_file(_row(body={})), "missing_required_parameter", 1),
        (_file(_row(7)), "invalid_type", 1),  # type: ignore[arg-type]
        (_file(_row(body={"model": "llama-3"})), "model_not_found", 1),
        (_file(*(_row(str(number)) for number in range(5))), "too_many_tasks", None),
        (b"\n\n", "empty_file", None),
        (_file(_row("x" * 3000)), "file_too_large", None),
    ],
)
def test_a_bad_file_fails_its_batch_later(make_openai_lab: Any, data: bytes, code: str, line: int | None) -> None:
    lab = make_openai_lab(max_requests=4, max_bytes=2000)
    created = lab.create_from(data)
    assert created.status == "validating"
    batch = lab.ended(created.id)
    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert batch.failed_at is not None
    assert (batch.errors.data[0].code, batch.errors.data[0].line) == (code, line)
    assert list(lab.emulator.ledger) == []


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"completion_window": "48h"}, "Supported values are: '24h'"),
        ({"endpoint": "/v1/embeddings"}, "is not emulated"),
        ({"endpoint": "/v1/other"}, "Invalid value: '/v1/other'"),
        ({"input_file_id": "file-none"}, "file-none"),
        ({"metadata": {str(number): "" for number in range(17)}}, "at most 16"),
        ({"metadata": {"a": "x" * 513}}, "too long"),
        ({"metadata": {"a": 1}}, "Invalid type for 'metadata.a'"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 60}}, "integer below minimum"),
        ({"extra_body": {"name": "x"}}, "Unknown parameter: 'name'"),
    ],
)
def test_a_bad_create_is_refused_at_once(shared_openai_lab: Any, over: dict[str, Any], message: str) -> None:
    lab = shared_openai_lab
    given = {"endpoint": "/v1/chat/completions", "completion_window": "24h", "input_file_id": lab.upload(b"{}"), **over}
    with pytest.raises(openai.BadRequestError, match=re.escape(message)):
        lab.client.batches.create(**given)


@pytest.mark.parametrize(
    ("name", "data", "over", "message"),
    [
        ("in.txt", b"{}", {}, "Must be .jsonl"),
        ("in.jsonl", b"", {}, "empty"),
        ("in.jsonl", b"{}", {"purpose": "party"}, "Invalid value: 'party'"),
        ("in.jsonl", b"{}", {"expires_after": {"anchor": "created_at", "seconds": 60}}, "integer below minimum"),
        ("in.jsonl", b"{}", {"expires_after": {"anchor": "now", "seconds": 3600}}, "'created_at'"),
    ],
)
def test_a_bad_upload(shared_openai_lab: Any, name: str, data: bytes, over: dict[str, Any], message: str) -> None:
    with pytest.raises(openai.BadRequestError, match=re.escape(message)):
        shared_openai_lab.client.files.create(**{"file": (name, data), "purpose": "batch", **over})


_FUNCTION = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def _user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts)}]


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _format(schema: Any, **over: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema, **over}}


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"messages": []}, "empty array"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "Invalid value: 'robot'"),
        ({"messages": [{"role": "user"}]}, "Invalid type for 'messages[0].content'"),
        ({"messages": _user({"type": "video"})}, "Invalid value: 'video'"),
        (
            {"messages": _user({"type": "image_url", "image_url": {"url": _data("image/bmp", b"BM")}})},
            "unsupported image",
        ),
        (
            {"messages": _user({"type": "file", "file": {"file_data": _data("text/plain", b"a")}})},
            "application/pdf MIME",
        ),
        ({"messages": _user({"type": "file", "file": {"file_data": _data("application/pdf", b"a")}})}, "read as a PDF"),
        ({"messages": _user({"type": "file", "file": {"file_data": "abc"}})}, "Expected a valid URL"),
        ({"bogus": 1}, "Unknown parameter: 'bogus'"),
        ({"stream": True}, "Streaming is not supported"),
        ({"temperature": 3}, "decimal above maximum value. Expected a value <= 2"),
        ({"temperature": "hot"}, "Invalid type for 'temperature'"),
        ({"n": 129}, "integer above maximum"),
        ({"max_completion_tokens": 0}, "integer below minimum"),
        ({"max_completion_tokens": 32_769}, "supports at most 32768 completion tokens"),
        ({"max_tokens": 5}, "at the same time"),
        ({"reasoning_effort": "low"}, "'reasoning_effort' is not supported"),
        ({"stop": ["a"] * 5}, "maximum length 4"),
        ({"verbosity": "loud"}, "Invalid value: 'loud'"),
        ({"model": "gpt-5", "temperature": 0.7}, "does not support 0.7 with this model. Only the default (1)"),
        ({"model": "gpt-5", "max_tokens": 5}, "Use 'max_completion_tokens' instead."),
        ({"model": "gpt-5", "logprobs": True}, "'logprobs' is not supported"),
        ({"model": "o3", "temperature": 1}, "Unsupported parameter: 'temperature'"),
        ({"model": "o3", "stop": "a"}, "'stop' is not supported"),
        ({"model": "gpt-5", "reasoning_effort": "none"}, "does not support 'none'"),
        ({"tools": [{"type": "search"}]}, "Invalid value: 'search'"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "does not match pattern"),
        ({"tool_choice": "required"}, "only allowed when 'tools'"),
        ({"tools": [_FUNCTION], "tool_choice": {"type": "function", "function": {"name": "b"}}}, "'b' not found"),
        ({"response_format": {"type": "xml"}}, "Invalid value: 'xml'"),
        ({"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
        ({"response_format": _format({"type": "object"}, name="a b")}, "does not match pattern"),
        ({"response_format": {"type": "json_schema", "schema": {}}}, "response_format.json_schema"),
        ({"messages": [[]]}, "Invalid type for 'messages[0]'"),
        ({"messages": _user({"type": "text", "text": "x" * 5_000_000})}, "maximum context length is 1047576 tokens"),
    ],
)
def test_a_bad_chat_body_is_an_error_line(
    shared_openai_lab: Any, chat: Body, over: dict[str, Any], message: str
) -> None:
    batch = shared_openai_lab.ended(shared_openai_lab.create(chat(**over)).id)
    assert (batch.status, batch.output_file_id) == ("completed", None)
    response = shared_openai_lab.lines(batch.error_file_id)["job-0"]["response"]
    assert response["status_code"] == 400
    assert message in response["body"]["error"]["message"]


@pytest.mark.parametrize(
    "over",
    [
        {"model": "gpt-5", "temperature": 1},
        {"model": "gpt-5.2", "temperature": 0.7, "reasoning_effort": "none"},
        {"model": "gpt-5-chat-latest", "temperature": 0.7, "max_completion_tokens": None, "max_tokens": 50},
        {"temperature": 0.7, "max_completion_tokens": None, "max_tokens": 50},
        {"tools": [_FUNCTION], "tool_choice": "auto"},
        {"response_format": _format({"type": "array"}, strict=False)},
        {"metadata": None, "seed": 1, "user": "a", "n": 2},
    ],
)
def test_what_is_taken(shared_openai_lab: Any, chat: Body, over: dict[str, Any]) -> None:
    assert shared_openai_lab.answer(chat(**over))["object"] == "chat.completion"


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"input": None}, "Missing required parameter: 'input'"),
        ({"input": [{"role": "tool", "content": "a"}]}, "Invalid value: 'tool'"),
        ({"input": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, "Invalid value: 'text'"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "exactly one of"),
        ({"messages": []}, "Unknown parameter: 'messages'"),
        ({"max_output_tokens": 15}, "Expected a value >= 16"),
        ({"temperature": 1}, "Unsupported parameter: 'temperature'"),
        ({"model": "gpt-4.1", "reasoning": {"effort": "low"}}, "'reasoning.effort' is not supported"),
        ({"background": True}, "not supported here"),
        ({"text": {"format": {"type": "json_schema", "json_schema": {}}}}, "text.format.name"),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "strict": True, "schema": {"type": "array"}}}},
            "got 'type",
        ),
        (
            {
                "tools": [
                    {
                        "type": "function",
                        "name": "a",
                        "strict": True,
                        "parameters": {"type": "object", "properties": {}},
                    }
                ]
            },
            "function 'a'",
        ),
        ({"instructions": 5}, "Invalid type for 'instructions'"),
    ],
)
def test_a_bad_response_body_is_an_error_line(
    shared_openai_lab: Any, respond: Body, over: dict[str, Any], message: str
) -> None:
    body = respond()
    body = {name: value for name, value in {**body, **over}.items() if value is not None}
    data = orjson.dumps(_row("job-0", url="/v1/responses", body=body))
    batch = shared_openai_lab.ended(shared_openai_lab.create_from(data, endpoint="/v1/responses").id)
    error = shared_openai_lab.lines(batch.error_file_id)["job-0"]["response"]["body"]["error"]
    assert message in error["message"]


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nested(levels: int) -> dict[str, Any]:
    return _object(a=_nested(levels - 1)) if levels > 1 else _object(a={"type": "string"})


_STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "array", "items": _STRING}, """got 'type: "array"'"""),
        ({"anyOf": [_object()]}, "schema must be a JSON Schema of"),
        ({"type": "object", "properties": {}}, "'additionalProperties' is required to be supplied and to be false"),
        ({**_object(a=_STRING), "required": []}, "array including every key in properties. Missing 'a'."),
        ({**_object(a=_STRING), "required": ["a", "b"]}, "extra key 'b'"),
        (_object(a={"type": "object", "properties": {}}), "In context=('properties', 'a'), 'additionalProperties'"),
        (_object(a={"oneOf": [_STRING]}), "'oneOf' is not permitted"),
        (_object(a={"allOf": [_STRING]}), "'allOf' is not permitted"),
        (_object(a={**_STRING, "default": "x"}), "'default' is not permitted"),
        (_object(a={**_STRING, "minLength": 1}), "'minLength' is not permitted"),
        (_object(a={**_STRING, "format": "uri"}), "'uri' is not a valid format"),
        (_object(a={"type": "array"}), "array schema missing items"),
        (_object(a={}), "schema must have a 'type' key"),
        (_object(a={"type": "text"}), "'text' is not valid"),
        (_object(a={"$ref": "#/$defs/B", "description": "b"}), "$ref cannot have keywords {'description'}"),
        (_object(a={"$ref": "#/$defs/B"}), "was not found in the schema"),
        (_object(a={"enum": []}), "non-empty"),
        (_object(a={**_STRING, "enum": [str(number) for number in range(1001)]}), "at most 1000 enum values"),
        (_object(a={**_STRING, "enum": [f"{number:061}" for number in range(251)]}), "exceeds 15000 characters"),
        (_nested(11), "11 levels of nesting exceeds limit of 10"),
        (_object(**{f"f{number}": _STRING for number in range(5001)}), "at most 5000 object properties"),
    ],
)
def test_schemas_that_strict_mode_refuses(shared_openai_lab: Any, chat: Body, schema: Any, message: str) -> None:
    refused = shared_openai_lab.answer(chat(response_format=_format(schema)))["error"]
    assert refused["message"].startswith("Invalid schema for response_format 'a': ")
    assert message in refused["message"]


@pytest.mark.parametrize(
    "schema",
    [
        _nested(10),
        {**_object(next={"anyOf": [{"$ref": "#"}, {"type": "null"}]})},
        {**_object(a={"$ref": "#/$defs/B"}), "$defs": {"B": _object(c={"type": ["string", "null"]})}},
        _object(a={"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 3}),
        _object(a={"type": "string", "pattern": "^[a-z]+$"}, b={"type": "string", "format": "date"}, c={"const": "x"}),
    ],
)
def test_schemas_that_strict_mode_takes(shared_openai_lab: Any, chat: Body, schema: Any) -> None:
    answer = shared_openai_lab.answer(chat(response_format=_format(schema), max_completion_tokens=2000))
    assert set(orjson.loads(answer["choices"][0]["message"]["content"])) == set(schema["properties"])


def test_without_a_key_or_a_path(openai_lab: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        openai_lab.client.get("/nothing", cast_to=object)
    with pytest.raises(openai.NotFoundError, match="No batch found"):
        openai_lab.client.batches.retrieve("batch_none")
    with pytest.raises(openai.BadRequestError, match="could not parse the JSON"):
        openai_lab.client.post("/batches", content=b"{", cast_to=object)
    with pytest.raises(openai.BadRequestError, match="multipart"):
        openai_lab.client.post("/files", content=b"{", cast_to=object)
