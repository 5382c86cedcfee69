"""What GeminiProvider.prepare sends, refuses and bounds."""

import base64
import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.errors import DocumentError, ValidationError
from batchata.providers.base import ModelFacts, Prepared
from batchata.providers.gemini import body as gemini_body
from batchata.providers.gemini.bound import IMAGE_TOKENS, PAGE_TOKENS
from batchata.providers.gemini.provider import GeminiProvider
from batchata.request import Document, Image, Message, Part, Request, Text

MODEL = "gemini-2.5-flash"
SCHEMA = {"type": "OBJECT", "properties": {"b": {"type": "STRING"}, "a": {"type": "INTEGER"}}}
PDF = Document("a.pdf", "application/pdf", b"%PDF-1.7 bytes", ("first page", ""), paged=True)
NOTE = Document("note.md", "text/markdown", b"# Hi", ("# Hi",))
PNG = Image("image/png", b"\x89PNG")


def asked(*parts: Part, **more: Any) -> Request:
    given: dict[str, Any] = {"model": MODEL, "max_tokens": 2000, **more}
    return Request(messages=(Message("user", parts or (Text("hi"),)),), **given)


def prepared(request: Request, facts: ModelFacts | None = None) -> Prepared:
    return GeminiProvider().prepare(request, facts or ModelFacts())


def body(request: Request, facts: ModelFacts | None = None) -> Any:
    return json.loads(prepared(request, facts).body)


def refusal(request: Request, facts: ModelFacts | None = None) -> str:
    with pytest.raises((ValidationError, DocumentError)) as caught:
        prepared(request, facts)
    return str(caught.value)


class TestBody:
    def test_the_exact_bytes(self) -> None:
        request = Request(
            model=MODEL,
            max_tokens=50,
            temperature=0.0,
            system=(Text("Be brief."), Text("Rules", {"type": "ephemeral"})),
            messages=(
                Message("user", (Text("hi"),)),
                Message("assistant", (Text("yes?"),)),
                Message("user", (Text("é"),)),
            ),
        )
        sent = (
            '{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"yes?"}]},'
            '{"role":"user","parts":[{"text":"é"}]}],"systemInstruction":{"parts":[{"text":"Be brief."},{"text":"Rules"}]},'
            '"generationConfig":{"maxOutputTokens":50,"temperature":0.0}}'
        ).encode()
        assert prepared(request).body == sent
        assert GeminiProvider().line("n-0", sent) == b'{"key":"n-0","request":' + sent + b"}"

    def test_files(self) -> None:
        assert body(asked(PDF, NOTE, PNG))["contents"][0]["parts"] == [
            {"text": "[a.pdf]"},
            {"inlineData": {"mimeType": "application/pdf", "data": base64.b64encode(PDF.data).decode()}},
            {"text": "[note.md]\n# Hi"},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}},
        ]

    def test_a_schema_keeps_the_order_of_its_fields(self) -> None:
        thinking = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
        sent = body(asked(schema=MappingProxyType(SCHEMA), provider_params=thinking))["generationConfig"]
        assert sent == {
            "maxOutputTokens": 2000,
            "responseMimeType": "application/json",
            "responseSchema": SCHEMA,
            "thinkingConfig": {"thinkingBudget": 0},
        }
        assert list(sent["responseSchema"]["properties"]) == ["b", "a"]

    def test_provider_params_go_verbatim(self) -> None:
        given = {
            "safetySettings": [{"category": "C", "threshold": "BLOCK_NONE"}],
            "newThing": {"in_it": [1]},
            "systemInstruction": {"parts": [{"text": "S"}]},
            "cachedContent": "cachedContents/x",
        }
        sent = body(asked(provider_params={**given, "generationConfig": {"topP": 0.5, "new": 1}}))
        assert {name: sent[name] for name in given} == given
        assert sent["generationConfig"] == {"maxOutputTokens": 2000, "topP": 0.5, "new": 1}

    def test_the_body_is_one_line(self) -> None:
        assert b"\n" not in prepared(asked(Text("a\nb\u2028c"))).body

    def test_a_temperature_goes_where_it_is_taken(self) -> None:
        asking = asked(temperature=0.7)
        assert body(asking)["generationConfig"]["temperature"] == 0.7
        assert body(asking, ModelFacts(takes_temperature=True))["generationConfig"]["temperature"] == 0.7
        assert "temperature" not in body(asking, ModelFacts(takes_temperature=False))["generationConfig"]
        given = asked(temperature=0.7, temperature_given=True)
        assert "takes none" in refusal(given, ModelFacts(takes_temperature=False))

    def test_the_user_s_own_temperature_goes_before_a_default_one(self) -> None:
        params = {"generationConfig": {"temperature": 0.1}}
        assert body(asked(temperature=0.7, provider_params=params))["generationConfig"]["temperature"] == 0.1


class TestRefusals:
    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"model": "x"}, "name it by model="),
            ({"contents": []}, "messages= or prompt="),
            ({"generationConfig": {"maxOutputTokens": 5}}, "give it by max_tokens="),
            ({"generationConfig": {"max_output_tokens": 5}}, "spells it 'maxOutputTokens'"),
            ({"generation_config": {}}, "spells it 'generationConfig'"),
            ({"safety_settings": []}, "spells it 'safetySettings'"),
            ({"topP": 0.5}, "{'generationConfig': {'topP': …}}"),
            ({"thinkingConfig": {}}, "belongs into generationConfig"),
            ({"generationConfig": [1]}, "must be a dict"),
        ],
    )
    def test_names(self, params: dict[str, Any], words: str) -> None:
        assert words in refusal(asked(provider_params=params))

    @pytest.mark.parametrize("name", ["responseSchema", "responseJsonSchema", "responseMimeType"])
    def test_the_schema_is_the_library_s(self, name: str) -> None:
        params: dict[str, Any] = {"generationConfig": {name: {}}}
        assert "response_model" in refusal(asked(schema=SCHEMA, provider_params=params))
        prepared(asked(provider_params=params))

    def test_twice(self) -> None:
        params = {"generationConfig": {"temperature": 1}}
        assert "twice" in refusal(asked(temperature=1, temperature_given=True, provider_params=params))
        instructed: dict[str, Any] = {"systemInstruction": {"parts": []}}
        assert "beside a system message" in refusal(asked(system=(Text("s"),), provider_params=instructed))

    @pytest.mark.parametrize("model", ["", "gemini 2", "models/../files/x", "gemini?x=1", "a/b", "x#y"])
    def test_models(self, model: str) -> None:
        assert "can't be a name" in refusal(asked(model=model))

    @pytest.mark.parametrize("model", ["gemini-9.9-ultra", "models/gemini-2.5-pro", "tunedModels/mine-1"])
    def test_a_newer_model_works(self, model: str) -> None:
        prepared(asked(model=model))

    def test_values_that_are_no_json(self) -> None:
        assert "JSON" in refusal(asked(provider_params={"x": object()}))

    def test_no_tokens(self) -> None:
        assert "1 or more" in refusal(asked(max_tokens=0))

    @pytest.mark.parametrize(
        ("part", "words"),
        [
            (Image("image/gif", b""), "Convert it"),
            (Document("x.docx", "application/x", b"", ("  ",)), "has no text"),
            (Document("big.pdf", "application/pdf", bytes(50_000_001), ("a",), paged=True), "50 MB"),
            (Document("long.pdf", "application/pdf", b"", ("a",) * 1001, paged=True), "1001 pages"),
        ],
    )
    def test_files(self, part: Part, words: str) -> None:
        assert words in refusal(asked(part))

    def test_too_many_images(self) -> None:
        assert "3601 images" in refusal(asked(*[PNG] * 3601))

    def test_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gemini_body, "BYTES_MAX", 1000)
        assert "a.pdf" in refusal(asked(PDF, Text("x" * 1000)))
        assert "less text" in refusal(asked(Text("x" * 1000)))


class TestUnderALimit:
    @pytest.mark.parametrize(
        "params",
        [
            {"tools": [{"googleSearch": {}}]},
            {"tools": [{"functionDeclarations": []}, {"codeExecution": {}}]},
            {"tools": [{"urlContext": {}}]},
            {"tools": {"functionDeclarations": []}},
            {"tools": ["x"]},
            {"cachedContent": "cachedContents/x"},
            {"serviceTier": "priority"},
            {"newThing": 1},
            {"systemInstruction": {"parts": [{"fileData": {"fileUri": "x"}}]}},
            {"systemInstruction": "s"},
            {"generationConfig": {"candidateCount": 2}},
            {"generationConfig": {"responseModalities": ["IMAGE"]}},
            {"generationConfig": {"speechConfig": {}}},
            {"generationConfig": {"newThing": 1}},
        ],
    )
    def test_what_can_not_be_bounded_is_refused_and_only_then(self, params: dict[str, Any]) -> None:
        assert "under a cost limit" in refusal(asked(provider_params=params, bounded=True))
        prepared(asked(provider_params=params))

    @pytest.mark.parametrize(
        "params",
        [
            {"tools": [{"functionDeclarations": [{"name": "f"}]}], "toolConfig": {}},
            {"safetySettings": []},
            {"systemInstruction": {"parts": [{"text": "x"}]}},
            {"systemInstruction": {"parts": {"text": "x"}}},
            {"generationConfig": {"candidateCount": 1, "responseModalities": ["TEXT"], "topK": 3, "seed": 1}},
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "high"}, "mediaResolution": "x"}},
        ],
    )
    def test_what_can_be_bounded_is_sent(self, params: dict[str, Any]) -> None:
        prepared(asked(provider_params=params, bounded=True))

    def test_a_pdf_of_unknown_length(self) -> None:
        unread = Document("a.pdf", "application/pdf", b"x", ())
        assert "can't be bounded" in refusal(asked(unread, bounded=True))


class TestBound:
    @given(st.text(max_size=50))
    @settings(max_examples=50)
    def test_no_fewer_tokens_than_bytes(self, words: str) -> None:
        asking = asked(Text(words), schema=SCHEMA)
        assert prepared(asking).input_tokens_max >= len(prepared(asking).body)

    def test_pages_and_pictures_count_and_base64_does_not(self) -> None:
        none = prepared(asked()).input_tokens_max
        large = Image("image/png", bytes(3_000_000))
        assert IMAGE_TOKENS < prepared(asked(Text("hi"), large)).input_tokens_max - none < IMAGE_TOKENS + 100
        heavy = Document("a.pdf", "application/pdf", bytes(3_000_000), ("x" * 500, ""), paged=True)
        pdf = prepared(asked(Text("hi"), heavy)).input_tokens_max - none
        assert 2 * PAGE_TOKENS + 500 < pdf < 2 * PAGE_TOKENS + 500 + 300

    def test_schema_and_tools_bring_prompts(self) -> None:
        none = prepared(asked()).input_tokens_max
        assert prepared(asked(schema=SCHEMA)).input_tokens_max > none + 1024
        tools = {"tools": [{"functionDeclarations": [{"name": "f"}]}]}
        assert prepared(asked(provider_params=tools)).input_tokens_max > none + 1024

    def test_the_window_caps_it(self) -> None:
        assert prepared(asked(), ModelFacts(context_window=10)).input_tokens_max == 10

    def test_output(self) -> None:
        assert prepared(asked()).output_tokens_max == 2000
        two = {"generationConfig": {"candidateCount": 2}}
        assert prepared(asked(provider_params=two)).output_tokens_max == 4000
        assert prepared(asked()).cache_write is None


class TestWarnings:
    @pytest.mark.parametrize(
        ("model", "warned"),
        [
            ("gemini-2.5-flash", True),
            ("models/gemini-2.5-pro", True),
            ("gemini-3.8-flash", True),
            ("gemini-4-argon", True),
            ("gemini-2.5-flash-lite", False),
            ("gemini-2.0-flash", False),
        ],
    )
    def test_a_model_that_thinks_gets_room_or_a_warning(self, model: str, warned: bool) -> None:
        assert bool(prepared(asked(model=model, max_tokens=1000)).warnings) is warned
        assert not prepared(asked(model=model, max_tokens=1001)).warnings
        told = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
        assert not prepared(asked(model=model, max_tokens=10, provider_params=told)).warnings
