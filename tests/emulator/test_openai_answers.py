"""Completions and responses in every shape they come in, read by the SDK's own types."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from batchata.testing import Answer

Body = Callable[..., dict[str, Any]]

_SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number"}, "currency": {"type": "string", "enum": ["EUR", "USD"]}},
    "required": ["total", "currency"],
    "additionalProperties": False,
}
_CHAT_FORMAT = {"type": "json_schema", "json_schema": {"name": "bill", "strict": True, "schema": _SCHEMA}}
_TEXT_FORMAT = {"format": {"type": "json_schema", "name": "bill", "strict": True, "schema": _SCHEMA}}


@pytest.fixture
def completed(make_openai_lab: Any) -> Callable[..., ChatCompletion]:
    """The completion of one body, where every answer is `scripted`."""

    def completed(body: dict[str, Any], scripted: Answer | str | None = None, **options: Any) -> ChatCompletion:
        lab = make_openai_lab(answer=lambda _: scripted, **options)
        return ChatCompletion.model_validate(lab.answer(body), strict=False)

    return completed


@pytest.fixture
def responded(make_openai_lab: Any) -> Callable[..., Response]:
    def responded(body: dict[str, Any], scripted: Answer | str | None = None) -> Response:
        return Response.model_validate(make_openai_lab(answer=lambda _: scripted).answer(body))

    return responded


def test_a_plain_completion(completed: Any, chat: Body) -> None:
    answer = completed(chat("x" * 400))
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content
    assert answer.usage.prompt_tokens == 104
    assert 1 <= answer.usage.completion_tokens <= 100
    assert answer.usage.completion_tokens_details.reasoning_tokens == 0


def test_a_completion_that_fits_its_schema(completed: Any, chat: Body) -> None:
    value = orjson.loads(completed(chat(response_format=_CHAT_FORMAT)).choices[0].message.content)
    assert value["currency"] in {"EUR", "USD"}


def test_json_objects(completed: Any, chat: Body) -> None:
    answer = completed(chat("as json", response_format={"type": "json_object"}))
    assert isinstance(orjson.loads(answer.choices[0].message.content), dict)


def test_a_forced_call(completed: Any, chat: Body) -> None:
    tools = [{"type": "function", "function": {"name": "bill", "strict": True, "parameters": _SCHEMA}}]
    answer = completed(chat(tools=tools, tool_choice="required"))
    (call,) = answer.choices[0].message.tool_calls
    assert (answer.choices[0].finish_reason, call.function.name) == ("tool_calls", "bill")
    assert set(orjson.loads(call.function.arguments)) == {"total", "currency"}
    named = completed(chat(tools=tools, tool_choice={"type": "function", "function": {"name": "bill"}}))
    assert named.choices[0].finish_reason == "stop"


def test_a_refusal(completed: Any, responded: Any, chat: Body, respond: Body) -> None:
    message = completed(chat(), Answer.refused("No.")).choices[0].message
    assert (message.content, message.refusal) == (None, "No.")
    part = responded(respond(), Answer.refused("No.")).output[-1].content[0]
    assert (part.type, part.refusal) == ("refusal", "No.")


def test_what_runs_into_the_cap(completed: Any, responded: Any, chat: Body, respond: Body) -> None:
    answer = completed(chat(response_format=_CHAT_FORMAT), Answer.truncated())
    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 100)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.choices[0].message.content)
    response = responded(respond(), Answer("word " * 1000))
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 100


def test_all_of_it_may_go_into_reasoning(make_openai_lab: Any, respond: Body) -> None:
    lab = make_openai_lab(mix={"truncated": 1.0})
    batch = lab.ended(lab.create(*(respond(str(number)) for number in range(20))).id)
    bodies = [Response.model_validate(row["response"]["body"]) for row in lab.lines(batch.output_file_id).values()]
    empty = [body for body in bodies if not body.output_text]
    assert 0 < len(empty) < 20
    used = [body.usage for body in empty if body.usage is not None]
    assert [usage.output_tokens_details.reasoning_tokens for usage in used] == [100] * len(empty)


def test_the_content_filter(completed: Any, responded: Any, chat: Body, respond: Body) -> None:
    filtered = Answer("all of it", stop_reason="content_filter")
    assert completed(chat(), filtered).choices[0].finish_reason == "content_filter"
    assert responded(respond(), filtered).incomplete_details.reason == "content_filter"


def test_a_response_thinks_first(responded: Any, respond: Body) -> None:
    response = responded(respond(text=_TEXT_FORMAT), Answer(thinking_tokens=40))
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert set(orjson.loads(response.output_text)) == {"total", "currency"}
    assert response.usage.output_tokens_details.reasoning_tokens == 40
    assert response.usage.output_tokens > 40


def test_a_response_that_calls(responded: Any, respond: Body) -> None:
    tools = [{"type": "function", "name": "bill", "parameters": _SCHEMA}]
    item = responded(respond(tools=tools, tool_choice={"type": "function", "name": "bill"})).output[-1]
    assert (item.type, item.name) == ("function_call", "bill")
    assert set(orjson.loads(item.arguments)) == {"total", "currency"}


def test_content_of_ones_own(completed: Any, responded: Any, chat: Body, respond: Body) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = completed(chat(), Answer(content=[call]))
    assert (answer.choices[0].finish_reason, answer.choices[0].message.tool_calls[0].id) == ("tool_calls", "call_1")
    message = {"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": []}
    assert responded(respond(), Answer(content=[message])).output[-1].id == "m"


def test_several_choices_are_all_billed(completed: Any, chat: Body) -> None:
    answer = completed(chat(n=3), Answer("a", output_tokens=10))
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert answer.usage.completion_tokens == 30


def test_stop_sequences(completed: Any, chat: Body) -> None:
    assert completed(chat(stop="END"), "a END b").choices[0].message.content == "a "


def test_a_scripted_error_is_an_error_line_and_not_billed(make_openai_lab: Any, chat: Body) -> None:
    lab = make_openai_lab(answer=lambda _: Answer.errored("later", "rate_limit_error"))
    batch = lab.ended(lab.create(chat()).id)
    response = lab.lines(batch.error_file_id)["job-0"]["response"]
    assert (response["status_code"], response["body"]["error"]["message"]) == (429, "later")
    assert list(lab.emulator.ledger) == []


def test_the_draws_depend_on_seed_and_request_alone(make_openai_lab: Any, chat: Body) -> None:
    def said(lab: Any, text: str) -> Any:
        return lab.answer(chat(text))["choices"][0]["message"]["content"]

    one, same, other = make_openai_lab(seed=1), make_openai_lab(seed=1), make_openai_lab(seed=2)
    said(same, "something before it")
    assert said(one, "a") == said(same, "a")
    assert said(one, "a") != said(other, "a")


def test_documents_and_images_are_billed_by_their_formulas(openai_lab: Any, chat: Body) -> None:
    url = "https://example.com/a.png"

    def tokens(part: dict[str, Any], model: str) -> int:
        body = chat(model=model, messages=[{"role": "user", "content": [part]}])
        return int(openai_lab.answer(body)["usage"]["prompt_tokens"])

    image = {"type": "image_url", "image_url": {"url": url}}
    assert tokens(image, "gpt-4.1") == 4 + 85 + 170 * 8
    assert tokens(image, "gpt-4.1-mini") == 4 + 1536
    pdf = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQ="}}
    assert tokens(pdf, "gpt-5") == 4 + 1024
