"""What AnthropicProvider.prepare sends, refuses and bounds."""

import base64
import json
from types import MappingProxyType
from typing import Any

import anthropic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import DocumentError, ValidationError
from batchata.providers.anthropic.bound import IMAGE_TOKENS, IMAGE_TOKENS_EARLIER, is_earlier
from batchata.providers.anthropic.provider import AnthropicProvider
from batchata.providers.base import ModelFacts, Prepared
from batchata.request import Document, Image, Message, Part, Request, Text

MODEL = "claude-sonnet-5-5"
SCHEMA = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}
PDF = Document("a.pdf", "application/pdf", b"%PDF-1.7 bytes", ("first page", ""), paged=True)
NOTE = Document("note.md", "text/markdown", b"# Hi", ("# Hi",))
PNG = Image("image/png", b"\x89PNG")


def asked(*parts: Part, **more: Any) -> Request:
    given: dict[str, Any] = {"model": MODEL, "max_tokens": 2000, **more}
    return Request(messages=(Message("user", parts or (Text("hi"),)),), **given)


def prepared(request: Request, facts: ModelFacts | None = None, version: str = "2026-10-21") -> Prepared:
    client = anthropic.Anthropic(api_key="k", default_headers={"anthropic-version": version})
    try:
        return AnthropicProvider(client).prepare(request, facts or ModelFacts())
    finally:
        client.close()


def body(request: Request, **more: Any) -> Any:
    return json.loads(prepared(request, **more).body)


def refusal(request: Request, **more: Any) -> str:
    with pytest.raises((ValidationError, DocumentError)) as caught:
        prepared(request, **more)
    return str(caught.value)


class TestBody:
    def test_the_exact_bytes(self) -> None:
        request = Request(
            model=MODEL,
            max_tokens=50,
            system=(Text("Be brief."), Text("Rules", {"type": "ephemeral", "ttl": "1h"})),
            messages=(
                Message("user", (Text("hi"),)),
                Message("assistant", (Text("yes?"),)),
                Message("user", (Text("é"),)),
            ),
        )
        assert (
            prepared(request).body
            == (
                '{"model":"claude-sonnet-5-5","max_tokens":50,"system":[{"type":"text","text":"Be brief."},'
                '{"type":"text","text":"Rules","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":['
                '{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":[{"type":"text","text":"yes?"}]},'
                '{"role":"user","content":[{"type":"text","text":"é"}]}]}'
            ).encode()
        )

    def test_files(self) -> None:
        assert body(asked(PDF, NOTE, PNG))["messages"][0]["content"] == [
            {
                "type": "document",
                "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": base64.b64encode(PDF.data).decode(),
                },
                "title": "a.pdf",
            },
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "# Hi"},
                "title": "note.md",
            },
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
        ]

    def test_a_schema_keeps_the_order_of_its_fields(self) -> None:
        sent = body(asked(schema=MappingProxyType(SCHEMA), provider_params={"output_config": {"effort": "low"}}))
        assert sent["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}
        assert list(sent["output_config"]["format"]["schema"]["properties"]) == ["b", "a"]

    def test_citations_are_switched_on_for_all_documents_or_none(self) -> None:
        cited = body(asked(PDF, NOTE, citations=True))["messages"][0]["content"]
        assert [block["citations"] for block in cited] == [{"enabled": True}] * 2
        plain = body(asked(PDF, NOTE, citations=True, schema=SCHEMA))["messages"][0]["content"]
        assert not any("citations" in block for block in plain)

    def test_provider_params_go_verbatim(self) -> None:
        given = {"stop_sequences": ["END"], "metadata": {"user_id": "u"}, "new_thing": {"x": [1]}, "system": "S"}
        sent = body(asked(provider_params=given))
        assert {name: sent[name] for name in given} == given

    def test_the_body_is_one_line(self) -> None:
        assert b"\n" not in prepared(asked(Text("a\nb\u2028c"))).body


class TestTemperature:
    @pytest.mark.parametrize(
        ("version", "model", "taken", "explicit", "sent"),
        [
            ("2026-10-21", "claude-sonnet-4-5", None, False, None),
            ("2026-10-21", "claude-sonnet-4-5", True, False, None),
            ("2023-06-01", "claude-sonnet-4-5", None, False, 0.7),
            ("2023-06-01", "claude-sonnet-4-5", False, False, None),
            ("2023-06-01", "claude-sonnet-5-5", None, False, None),
            ("2023-06-01", "claude-newer-9", None, True, 0.7),
            ("2023-06-01", "claude-newer-9", True, False, 0.7),
        ],
    )
    def test_is_sent_where_it_is_taken(
        self, version: str, model: str, taken: bool | None, explicit: bool, sent: float | None
    ) -> None:
        request = asked(model=model, temperature=0.7, temperature_given=explicit)
        facts = ModelFacts(takes_temperature=taken)
        assert body(request, version=version, facts=facts).get("temperature") == sent

    def test_an_explicit_one_that_is_known_to_be_refused(self) -> None:
        request = asked(temperature=0.2, temperature_given=True)
        assert "API version 2026-10-21" in refusal(request)
        assert MODEL in refusal(request, version="2023-06-01", facts=ModelFacts(takes_temperature=False))

    def test_a_default_gives_way_to_what_bars_it(self) -> None:
        for params in ({"top_p": 0.5}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}):
            request = asked(model="claude-sonnet-4-5", temperature=0.7, provider_params=params)
            assert "temperature" not in body(request, version="2023-06-01")

    @pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
    def test_by_provider_params(self, name: str) -> None:
        request = asked(provider_params={name: 1})
        assert name in refusal(request)
        assert body(request, version="2023-06-01")[name] == 1


REFUSED = {
    "model": "claude-x",
    "max_tokens": 5,
    "messages": [],
    "stream": False,
    "speed": "fast",
    "output_config": "high",
}
UNBOUNDED = [
    ("new_thing", 1),
    ("mcp_servers", [{"type": "url", "url": "http://x", "authorization_token": "sk-secret"}]),
    ("container", "c1"),
    ("service_tier", "priority"),
    ("inference_geo", "us"),
    ("tools", [{"type": "web_search_20250305", "name": "web_search"}]),
    ("tools", [{"type": "code_execution_20260521", "name": "code_execution"}]),
    ("tools", [{"type": "bash_20250124", "name": "bash"}]),
    ("tools", [{"name": "f", "input_schema": {}, "allowed_callers": ["code_execution_20260120"]}]),
    ("tools", "all"),
    ("tools", [5]),
    ("output_config", {"task_budget": 5}),
    ("system", [{"type": "document", "source": {"type": "url", "url": "http://x"}}]),
    ("cache_control", {"type": "ephemeral", "ttl": "24h"}),
]
BOUNDED = [
    ("stop_sequences", ["x"]),
    ("thinking", {"type": "adaptive"}),
    ("tool_choice", {"type": "auto"}),
    ("tools", [{"name": "f", "input_schema": {"type": "object"}}]),
    ("tools", [{"type": "custom", "name": "f", "input_schema": {}, "allowed_callers": ["direct"]}]),
    ("metadata", {"user_id": "u"}),
    ("output_config", {"effort": "max"}),
    ("service_tier", "standard_only"),
    ("inference_geo", "global"),
    ("speed", "standard"),
    ("cache_control", {"type": "ephemeral"}),
    ("system", "be brief"),
]


class TestProviderParams:
    @pytest.mark.parametrize("name", REFUSED)
    def test_what_is_refused_always(self, name: str) -> None:
        assert name in refusal(asked(provider_params={name: REFUSED[name]}))

    def test_what_is_given_twice(self) -> None:
        assert "system" in refusal(asked(system=(Text("a"),), provider_params={"system": "b"}))
        twice = asked(temperature=0.1, temperature_given=True, provider_params={"temperature": 0.2})
        assert "twice" in refusal(twice, version="2023-06-01")
        formatted = {"output_config": {"format": {"type": "json_schema", "schema": {}}}}
        assert "response_model" in refusal(asked(schema=SCHEMA, provider_params=formatted))
        assert "enable_citations" in refusal(asked(NOTE, citations=True, provider_params=formatted))

    def test_no_tokens(self) -> None:
        assert "max_tokens is 0" in refusal(asked(max_tokens=0))

    @pytest.mark.parametrize(("name", "value"), UNBOUNDED)
    def test_what_can_not_be_bounded_is_refused_under_a_limit_only(self, name: str, value: Any) -> None:
        words = refusal(asked(provider_params={name: value}, bounded=True))
        assert name in words
        assert "limit" in words
        assert "sk-secret" not in words
        assert body(asked(provider_params={name: value}))[name] == value

    @pytest.mark.parametrize(("name", "value"), BOUNDED)
    def test_what_costs_no_more_is_sent_under_a_limit(self, name: str, value: Any) -> None:
        assert body(asked(provider_params={name: value}, bounded=True))[name] == value

    @pytest.mark.parametrize("value", [{1, 2}, object(), "\ud800", 1 << 70, {5: "x"}])
    def test_what_is_no_json(self, value: object) -> None:
        assert "JSON" in refusal(asked(provider_params={"metadata": {"x": value}}))


class TestFiles:
    def test_images_of_other_kinds(self) -> None:
        assert "image/tiff" in refusal(asked(Image("image/tiff", b"II*")))

    @pytest.mark.parametrize(("count", "side"), [(1, 8000), (21, 2000)])
    def test_pixels(self, count: int, side: int) -> None:
        def images(width: int) -> Request:
            return asked(*[Image("image/png", b"x", width, 10)] * count)

        assert prepared(images(side))
        assert f"at most {side} a side" in refusal(images(side + 1))

    def test_a_document_without_text(self) -> None:
        assert "scan.docx" in refusal(asked(Document("scan.docx", "application/docx", b"x", (" ",))))

    def test_documents_of_the_assistant(self) -> None:
        request = Request(MODEL, (Message("assistant", (NOTE,)),), 2000)
        assert "note.md" in refusal(request)
        assert body(request, version="2023-06-01")

    @pytest.mark.parametrize(("window", "cap"), [(None, 600), (1_000_000, 600), (200_000, 100)])
    def test_pages_and_images(self, window: int | None, cap: int) -> None:
        facts = ModelFacts(context_window=window)
        pages = Document("big.pdf", "application/pdf", b"x", ("p",) * cap, paged=True)
        assert prepared(asked(pages), facts)
        assert prepared(asked(*[PNG] * cap), facts)
        words = refusal(asked(pages, PDF), facts=facts)
        assert "big.pdf, a.pdf" in words
        assert f"{cap + 2} PDF pages; Anthropic takes at most {cap}" in words
        assert f"{cap + 1} images" in refusal(asked(*[PNG] * (cap + 1)), facts=facts)

    def test_size(self) -> None:
        large = Document("large.pdf", "application/pdf", bytes(24_000_000), ("p",), paged=True)
        words = refusal(asked(large))
        assert "large.pdf" in words
        assert "32,000,000" in words
        assert "32,000,000" in refusal(asked(Text("x" * 32_000_000)))
        assert prepared(asked(Text("x" * 31_990_000)))

    def test_a_pdf_whose_pages_are_not_known(self) -> None:
        unknown = Document("odd.pdf", "application/pdf", b"x", ())
        assert "odd.pdf" in refusal(asked(unknown, bounded=True))
        assert prepared(asked(unknown))


class TestBound:
    @given(text=st.text(), system=st.text(), title=st.text(min_size=1), page=st.text(), answer=st.text())
    @settings(max_examples=200)
    def test_every_byte_of_every_string_counts(
        self, text: str, system: str, title: str, page: str, answer: str
    ) -> None:
        document = Document(title, "application/pdf", b"x" * 1000, (page,), paged=True)
        request = Request(
            model=MODEL,
            max_tokens=5,
            system=(Text(system),),
            messages=(Message("user", (Text(text), document)), Message("assistant", (Text(answer),))),
        )
        said = sum(len(part.encode()) for part in (text, system, title, page, answer))
        made = AnthropicProvider().prepare(request, ModelFacts())
        assert made.input_tokens_max >= said + IMAGE_TOKENS + 16 * 3
        assert made.input_tokens_max <= len(made.body) + said + IMAGE_TOKENS + 500

    def test_thinking_is_in_the_output(self) -> None:
        assert prepared(asked(max_tokens=777)).output_tokens_max == 777

    def test_base64_is_no_text_and_a_picture_is(self) -> None:
        plain = prepared(asked()).input_tokens_max
        big = Image("image/png", bytes(1_000_000))
        added = prepared(asked(Text("hi"), big)).input_tokens_max - plain
        assert IMAGE_TOKENS <= added <= IMAGE_TOKENS + 150
        earlier = prepared(asked(Text("hi"), big, model="claude-haiku-4-5")).input_tokens_max - plain
        assert IMAGE_TOKENS_EARLIER <= earlier <= IMAGE_TOKENS_EARLIER + 150

    def test_every_page_is_a_picture_and_its_text(self) -> None:
        pages = Document("a.pdf", "application/pdf", bytes(1_000_000), ("x" * 500,) * 10, paged=True)
        added = prepared(asked(Text("hi"), pages)).input_tokens_max - prepared(asked()).input_tokens_max
        assert 10 * (IMAGE_TOKENS + 500) <= added <= 10 * (IMAGE_TOKENS + 500) + 500

    def test_the_window_is_a_bound_too(self) -> None:
        assert prepared(asked(Text("x" * 9000)), ModelFacts(context_window=5000)).input_tokens_max == 5000

    def test_tools_and_schemas_count_as_a_prompt_may_spell_them(self) -> None:
        described = {"type": "object", "properties": {"x": {"description": "数" * 500}}}
        spelled = len(json.dumps(described))
        plain = prepared(asked()).input_tokens_max
        assert prepared(asked(schema=described)).input_tokens_max > plain + spelled + 500
        tool = {"name": "f", "input_schema": described}
        assert prepared(asked(provider_params={"tools": [tool]})).input_tokens_max > plain + spelled + 804

    def test_citing_adds_its_prompt_and_its_marks(self) -> None:
        document = Document("t.txt", "text/plain", b"", ("A. " * 1000,))
        plain, cited = (prepared(asked(document, citations=on)).input_tokens_max for on in (False, True))
        assert cited >= plain + 1000 * 4

    @pytest.mark.parametrize(
        ("where", "write"),
        [
            ({}, None),
            ({"provider_params": {"cache_control": {"type": "ephemeral"}}}, "5m"),
            (
                {
                    "system": (
                        Text("a", {"type": "ephemeral", "ttl": "5m"}),
                        Text("b", {"type": "ephemeral", "ttl": "1h"}),
                    )
                },
                "1h",
            ),
            (
                {"provider_params": {"tools": [{"name": "f", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}},
                "1h",
            ),
            (
                {
                    "provider_params": {
                        "system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]
                    }
                },
                "5m",
            ),
            ({"schema": {"type": "object", "properties": {"cache_control": {"type": "string"}}}}, None),
        ],
    )
    def test_the_dearest_cache_write(self, where: dict[str, Any], write: str | None) -> None:
        assert prepared(asked(**where)).cache_write == write

    def test_a_cache_mark_in_a_message(self) -> None:
        assert prepared(asked(Text("a", {"type": "ephemeral"}))).cache_write == "5m"


@pytest.mark.parametrize(
    ("model", "earlier"),
    [
        ("claude-3-5-haiku-latest", True),
        ("claude-2.1", True),
        ("claude-haiku-4-5-20251001", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-opus-4-20250514", True),
        ("claude-opus-4-0", True),
        ("claude-opus-4-6", True),
        ("claude-opus-4-7", False),
        ("claude-opus-4-8", False),
        ("claude-opus-5-5", False),
        ("claude-haiku-5-5", False),
        ("claude-fable-5", False),
        ("claude-30", False),
        ("something-else", False),
    ],
)
def test_generations(model: str, earlier: bool) -> None:
    assert is_earlier(model) is earlier


@pytest.mark.parametrize(
    ("model", "room", "params", "warned"),
    [
        ("claude-sonnet-5-5", 1000, {}, True),
        ("claude-opus-5", 1000, {}, True),
        ("claude-haiku-5-5", 500, {}, True),
        ("claude-sonnet-5-5", 4000, {}, False),
        ("claude-sonnet-4-5", 1000, {}, False),
        ("claude-haiku-4-5", 1000, {}, False),
        ("claude-sonnet-5-5", 1000, {"thinking": {"type": "disabled"}}, False),
    ],
)
def test_a_family_that_thinks_warns_of_little_room(model: str, room: int, params: Any, warned: bool) -> None:
    warnings = prepared(asked(model=model, max_tokens=room, provider_params=params)).warnings
    assert bool(warnings) is warned
    assert all(model in words and str(room) in words for words in warnings)
