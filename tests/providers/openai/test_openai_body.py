"""A `Request` as the bodies of OpenAI's two endpoints, and what is refused."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import DocumentError, ValidationError
from batchata.providers.base import ModelFacts
from batchata.providers.openai import models
from batchata.providers.openai.body import Target, prepare
from batchata.providers.openai.provider import TARGET, batch_target
from batchata.request import Document, Image, Message, Part, Request, Text

CHAT = batch_target("groq")
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PICTURE = Image("image/png", PIXEL)
REPORT = Document("report", "application/pdf", b"%PDF-1.7 ...", ("first", "", "third"), paged=True)
NOTES = Document("notes.md", "text/markdown", b"# Notes", ("# Notes",))
SCHEMA = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}


def ask(*parts: Part, model: str = "gpt-4.1", max_tokens: int = 100, **more: Any) -> Request:
    return Request(model, (Message("user", parts or (Text("hi"),)),), max_tokens, **more)


def body(request: Request, target: Target = TARGET) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(prepare(request, ModelFacts(), target).body)
    return made


def url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


class TestResponses:
    def test_the_exact_body(self) -> None:
        turns = (
            Message("user", (Text("one"), Text("two"))),
            Message("assistant", (Text("three"), Text("four"))),
            Message("user", (PICTURE, REPORT, NOTES)),
        )
        request = Request("gpt-4.1", turns, 100, system=(Text("be"), Text("brief")), temperature=0.7, schema=SCHEMA)
        assert body(request) == {
            "model": "gpt-4.1",
            "max_output_tokens": 100,
            "store": False,
            "instructions": "be\n\nbrief",
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}],
                },
                {"role": "assistant", "content": "three\n\nfour"},
                {
                    "role": "user",
                    "content": [
                        {"type": "input_image", "image_url": url("image/png", PIXEL), "detail": "auto"},
                        {
                            "type": "input_file",
                            "filename": "report.pdf",
                            "file_data": url("application/pdf", REPORT.data),
                        },
                        {"type": "input_text", "text": "[notes.md]\n# Notes"},
                    ],
                },
            ],
            "temperature": 0.7,
            "text": {"format": {"type": "json_schema", "name": "answer", "strict": True, "schema": SCHEMA}},
        }
        # keys keep their order: a model fills properties in the order in which they stand
        assert b'{"b":' in prepare(request, ModelFacts(), TARGET).body

    def test_provider_params_go_in_verbatim(self) -> None:
        params = {"store": True, "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "top_p": 0.5}
        made = body(ask(schema=SCHEMA, provider_params=params, temperature=0.7))
        assert (made["store"], made["reasoning"], made["top_p"]) == (True, {"effort": "low"}, 0.5)
        assert made["text"]["verbosity"] == "low"
        assert made["text"]["format"]["name"] == "answer"
        assert "temperature" not in made  # the default one gives way to top_p


class TestChat:
    def test_the_exact_body(self) -> None:
        turns = (
            Message("user", (Text("one"), Text("two"))),
            Message("assistant", (Text("three"),)),
            Message("user", (PICTURE, REPORT)),
        )
        request = Request("llama-3.3", turns, 100, system=(Text("be brief"),), temperature=0.7, schema=SCHEMA)
        assert body(request, CHAT) == {
            "model": "llama-3.3",
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "one\n\ntwo"},
                {"role": "assistant", "content": "three"},
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": url("image/png", PIXEL)}},
                        {
                            "type": "text",
                            "text": "[report, page 1 of 3]\nfirst\n\n[report, page 3 of 3]\nthird",
                        },
                    ],
                },
            ],
            "max_tokens": 100,
            "temperature": 0.7,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        }

    @pytest.mark.parametrize(
        ("model", "cap", "name"),
        [
            ("llama-3.3", None, "max_tokens"),
            ("o3-mini", None, "max_completion_tokens"),
            ("azure/gpt-5.2", None, "max_completion_tokens"),
            ("gpt-4.1", None, "max_tokens"),
            ("o3-mini", "max_tokens", "max_tokens"),
            ("gpt-4.1", "max_completion_tokens", "max_completion_tokens"),
        ],
    )
    def test_the_name_of_the_cap(self, model: str, cap: str | None, name: str) -> None:
        made = body(ask(model=model), batch_target("x", cap))
        assert {key for key in made if key.startswith("max_")} == {name}

    def test_a_scan_can_not_be_read(self) -> None:
        scan = Document("scan.pdf", "application/pdf", b"%PDF-", ("", " "), paged=True)
        with pytest.raises(DocumentError, match=r"scan.pdf has no text .a scan.*groq is given text only"):
            body(ask(scan), CHAT)
        assert body(ask(scan))["input"][0]["content"][0]["type"] == "input_file"


class TestTemperature:
    @pytest.mark.parametrize(
        ("model", "official", "others"),
        [
            ("gpt-4o", True, True),
            ("gpt-5-chat-latest", True, True),
            ("ft:gpt-4o-mini:acme", True, True),
            ("o3", False, False),
            ("gpt-5-mini", False, False),
            ("gpt-5.2", False, True),
            ("gpt-6-astra", False, False),
            ("a-new-one", False, True),
            ("gpt-oss-20b", False, True),
        ],
    )
    def test_the_default_one_goes_where_it_is_taken(self, model: str, official: bool, others: bool) -> None:
        request = ask(model=model, temperature=0.7)
        assert ("temperature" in body(request), "temperature" in body(request, CHAT)) == (official, others)

    @pytest.mark.parametrize(
        ("model", "params", "sent"),
        [
            ("gpt-4.1", {}, True),
            ("a-new-one", {}, True),
            ("gpt-5.2", {}, True),
            ("gpt-5.2", {"reasoning": {"effort": "high"}}, False),
            ("gpt-5.6-luna", {}, False),
            ("gpt-6-astra", {"reasoning": {"effort": "none"}}, True),
            ("gpt-5", {"reasoning": {"effort": "none"}}, False),
            ("o4-mini", {}, False),
        ],
    )
    def test_an_explicit_one_is_sent_or_refused(self, model: str, params: dict[str, Any], sent: bool) -> None:
        request = ask(model=model, temperature=0.2, temperature_given=True, provider_params=params)
        if sent:
            assert body(request)["temperature"] == 0.2
            return
        with pytest.raises(ValidationError, match=r"temperature=0.2 can't be sent.*Leave it out"):
            body(request)

    def test_given_twice_it_is_refused(self) -> None:
        request = ask(temperature=0.2, temperature_given=True, provider_params={"temperature": 0.3})
        with pytest.raises(ValidationError, match="twice"):
            body(request)
        assert body(ask(temperature=0.7, provider_params={"temperature": 0.3}))["temperature"] == 0.3


class TestRefusals:
    @pytest.mark.parametrize(
        "name",
        ["model", "messages", "input", "max_tokens", "max_completion_tokens", "max_output_tokens", "stream"],
    )
    def test_what_is_batchata_s(self, name: str) -> None:
        for target in (TARGET, CHAT):
            with pytest.raises(ValidationError, match=f"provider_params\\['{name}'\\] is batchata's to set"):
                body(ask(provider_params={name: 1}), target)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"provider_params": {"text": {"format": {}}}, "schema": SCHEMA}, "response_model"),
            ({"provider_params": {"response_format": {}}, "schema": SCHEMA}, "response_model"),
            ({"provider_params": {"text": "brief"}}, "must be a dict"),
            ({"provider_params": {"instructions": "x"}, "system": (Text("y"),)}, "Give one"),
            ({"provider_params": {"n": 2}}, "one answer"),
            ({"max_tokens": 0}, "max_tokens is 0"),
            ({"provider_params": {"x": float}}, "JSON"),
        ],
    )
    def test_what_can_not_go_together(self, more: dict[str, Any], words: str) -> None:
        with pytest.raises(ValidationError, match=words):
            body(ask(**more))

    @pytest.mark.parametrize(
        "params",
        [
            {"service_tier": "priority"},
            {"background": True},
            {"prompt": {"id": "pmpt_1"}},
            {"previous_response_id": "resp_1"},
            {"conversation": "conv_1"},
            {"something_new": 1},
            {"tools": [{"type": "web_search"}]},
            {"tools": [{"type": "code_interpreter"}]},
            {"tools": [{"type": "mcp"}]},
            {"tools": [{"type": "function", "name": "f", "allowed_callers": ["programmatic"]}]},
            {"tools": "all"},
            {"tools": ["web_search"]},
            {"prompt_cache_options": {"ttl": "12h"}},
            {"prompt_cache_options": "long"},
            {"instructions": [{"type": "input_file", "file_id": "f"}]},
        ],
    )
    def test_under_a_limit_what_can_not_be_bounded(self, params: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match=r"can't be sent under a cost limit: .*set no limit"):
            body(ask(provider_params=params, bounded=True))
        assert params.items() <= body(ask(provider_params=params)).items()

    @pytest.mark.parametrize(
        "params",
        [
            {"tools": [{"type": "function", "name": "f", "parameters": {}}], "tool_choice": "auto"},
            {"service_tier": "default", "background": False},
            {"reasoning": {"effort": "low"}, "metadata": {"a": "b"}, "user": "u"},
            {"prompt_cache_options": {"mode": "explicit", "ttl": "30m"}},
            {"instructions": "be brief"},
        ],
    )
    def test_under_a_limit_what_costs_only_tokens(self, params: dict[str, Any]) -> None:
        assert params.items() <= body(ask(provider_params=params, bounded=True)).items()

    @pytest.mark.parametrize("params", [{"web_search_options": {}}, {"prediction": {}}, {"modalities": ["audio"]}])
    def test_the_same_on_chat_completions(self, params: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="under a cost limit"):
            body(ask(provider_params=params, bounded=True), CHAT)
        free = {"seed": 1, "stop": ["x"], "n": 1, "reasoning_effort": "low"}
        assert free.items() <= body(ask(provider_params=free, bounded=True), CHAT).items()

    def test_figures_of_files_are_the_provider_s(self) -> None:
        big = Document("big.pdf", "application/pdf", b"%" * 50_000_001, ("x",), paged=True)
        with pytest.raises(DocumentError, match=r"big.pdf: .*50,000,001 bytes; OpenAI takes at most 50,000,000 .50 MB"):
            body(ask(big))
        pictures = [Image("image/png", b"x" * 40_000_000)] * 4
        with pytest.raises(DocumentError, match=r"and 1 more: .*OpenAI takes at most 200,000,000 .200 MB"):
            body(ask(*pictures))
        with pytest.raises(ValidationError, match="200 MB"):
            body(ask(Text("x" * 200_000_000)))
        with pytest.raises(DocumentError, match="image/tiff; OpenAI takes image/jpeg"):
            body(ask(Image("image/tiff", b"II*")))

    def test_unknown_pages_can_not_be_bounded(self) -> None:
        unread = Document("a.pdf", "application/pdf", b"%PDF-", (), paged=True)
        with pytest.raises(DocumentError, match=r"a.pdf: the number of its pages is not known"):
            body(ask(unread, bounded=True))

    def test_an_image_in_an_answer(self) -> None:
        turns = (Message("user", (Text("x"),)), Message("assistant", (PICTURE,)))
        with pytest.raises(ValidationError, match="assistant"):
            body(Request("gpt-5", turns, 10))


class TestBound:
    @given(st.text(max_size=200), st.text(max_size=50))
    @settings(max_examples=60)
    def test_text_is_at_most_its_bytes(self, said: str, system: str) -> None:
        said, system = (part.encode("utf-8", "replace").decode() for part in (said, system))
        for target in (TARGET, CHAT):
            made = prepare(ask(Text(said), system=(Text(system),)), ModelFacts(), target)
            assert made.input_tokens_max >= len(said.encode()) + len(system.encode()) + 500
            assert (made.output_tokens_max, made.cache_write) == (100, "5m")

    def test_the_window_is_the_most(self) -> None:
        assert prepare(ask(Text("x" * 9000)), ModelFacts(context_window=800), TARGET).input_tokens_max == 800

    @pytest.mark.parametrize(
        ("model", "size", "tokens"),
        [
            ("gpt-4o-mini", (10, 10), 48_169),
            ("gpt-4.1-nano", (9000, 9000), 3_779),
            ("gpt-6-astra", (None, None), 24_600),
            ("gpt-6-astra", (1000, 1000), 3_779),
            ("gpt-6-astra", (2048, 2048), 10_077),  # 64 by 64 patches at 2.46
            ("gpt-6-astra", (9000, 9000), 24_600),
        ],
    )
    def test_an_image_is_its_patches_and_not_its_bytes(
        self, model: str, size: tuple[int | None, int | None], tokens: int
    ) -> None:
        picture = Image("image/png", b"x" * 300_000, *size)
        assert models.tokens_of_image(picture, model) == tokens
        bound = prepare(ask(picture, model=model), ModelFacts(), TARGET).input_tokens_max
        assert tokens < bound < tokens + 2_000

    def test_a_pdf_is_its_text_and_its_pictures(self) -> None:
        pages = ("x" * 1000, "y" * 500)
        pdf = Document("a.pdf", "application/pdf", b"%" * 90_000, pages, paged=True)
        bound = prepare(ask(pdf), ModelFacts(), TARGET).input_tokens_max
        assert 1500 + 2 * 3_779 < bound < 1500 + 2 * 3_779 + 2_000
        assert 1500 < prepare(ask(pdf), ModelFacts(), CHAT).input_tokens_max < 3_500

    def test_schemas_and_tools_count_as_a_prompt_spells_them_out(self) -> None:
        plain = prepare(ask(), ModelFacts(), TARGET).input_tokens_max
        typed = prepare(ask(schema=SCHEMA), ModelFacts(), TARGET)
        assert typed.input_tokens_max > plain + 1024 + len(json.dumps(SCHEMA, indent=1))
        tools = [{"type": "function", "name": "f", "parameters": SCHEMA}]
        tooled = prepare(ask(provider_params={"tools": tools}), ModelFacts(), TARGET)
        assert tooled.input_tokens_max > plain + 1024 + len(json.dumps(tools, indent=1))


def test_a_family_that_thinks_gets_a_warning() -> None:
    (words,) = prepare(ask(model="gpt-5", max_tokens=1000), ModelFacts(), TARGET).warnings
    assert "thinks before it answers" in words
    for request in (
        ask(model="gpt-5", max_tokens=4000),
        ask(model="gpt-4.1", max_tokens=1000),
        ask(model="gpt-5", provider_params={"reasoning": {"effort": "minimal"}}),
    ):
        assert prepare(request, ModelFacts(), TARGET).warnings == ()
