"""`OpenAICompatible`: what it allows, what the environment says, and the providers it becomes."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from batchata.errors import CreateRefusedError, ValidationError
from batchata.providers.base import Intent, ModelFacts, Provider
from batchata.providers.compatible import NO_KEY, OpenAICompatible, from_environment, make
from batchata.providers.openai.provider import OpenAIProvider
from batchata.providers.realtime.provider import RealtimeProvider

KEY = "gsk_secret_0123456789"
INTENT = Intent("n0nce", 1, 10, 1_795_000_000.0, upload_id="file-1")


def test_what_it_holds() -> None:
    config = OpenAICompatible(base_url="http://localhost:8000/v1/")
    assert config.base_url == "http://localhost:8000/v1"
    assert (config.batch, config.concurrency, config.api_key_env) == (False, 8, None)
    assert config.key("vllm") == NO_KEY
    with pytest.raises(AttributeError):
        config.batch = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base_url": "localhost:8000"}, "base_url: 'localhost:8000' is no http or https URL"),
        ({"base_url": "ftp://host"}, "is no http"),
        ({"base_url": "http://"}, "is no http"),
        ({"base_url": "http://host:port/v1"}, "is no http"),
        ({"base_url": None}, "is no http"),
        ({"base_url": "https://host/v1?api-version=1"}, "query"),
        ({"base_url": "https://host/v1 /x"}, "a space"),
        ({"base_url": "https://hóst/v1"}, "characters no URL has"),
        ({"api_key_env": "gsk-abc"}, "api_key_env is no name"),
        ({"api_key_env": ""}, "api_key_env is no name"),
        ({"batch": 1}, "batch=1 is not allowed"),
        ({"concurrency": 0}, "concurrency=0 .* 1 to 1,024"),
        ({"concurrency": True}, "concurrency=True"),
        ({"timeout_seconds": 0}, "timeout_seconds=0"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds=nan"),
        ({"max_tokens_param": "n_predict"}, "max_tokens_param='n_predict'.*max_completion_tokens"),
    ],
)
def test_what_it_does_not_allow(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        OpenAICompatible(**{"base_url": "http://host/v1", **given})


@pytest.mark.parametrize("url", [f"https://user:{KEY}@host/v1", f"https://host/v1?key={KEY}"])
def test_a_key_in_the_wrong_place_is_not_shown(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OpenAICompatible(base_url=url)
    assert KEY not in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        OpenAICompatible(base_url="http://host/v1", api_key_env=f"{KEY}-")
    assert KEY not in str(caught.value)


def test_the_key_is_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    config = OpenAICompatible(base_url="http://host/v1", api_key_env="GROQ_API_KEY")
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(ValidationError, match=r"providers\['groq'\] needs a key: .*GROQ_API_KEY"):
        config.key("groq")
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    assert config.key("groq") == KEY
    monkeypatch.setenv("GROQ_API_KEY", f"{KEY}\n")
    with pytest.raises(ValidationError, match="white space") as caught:
        config.key("groq")
    assert KEY not in str(caught.value)


def test_a_server_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment("my-vllm") is None
    monkeypatch.setenv("BATCHATA_MY_VLLM_BASE_URL", "http://localhost:8000/v1")
    assert from_environment("my-vllm") == OpenAICompatible(base_url="http://localhost:8000/v1")
    monkeypatch.setenv("BATCHATA_MY_VLLM_API_KEY", KEY)
    monkeypatch.setenv("BATCHATA_MY_VLLM_BATCH", "true")
    config = from_environment("my-vllm")
    assert config == OpenAICompatible(
        base_url="http://localhost:8000/v1", api_key_env="BATCHATA_MY_VLLM_API_KEY", batch=True
    )
    monkeypatch.setenv("BATCHATA_MY_VLLM_BATCH", "maybe")
    with pytest.raises(ValidationError, match="BATCHATA_MY_VLLM_BATCH is 'maybe'"):
        from_environment("my-vllm")
    monkeypatch.setenv("BATCHATA_MY_VLLM_BATCH", "0")
    monkeypatch.setenv("BATCHATA_MY_VLLM_BASE_URL", "localhost")
    with pytest.raises(ValidationError, match="base_url"):
        from_environment("my-vllm")


def test_a_realtime_server_has_a_spool_of_its_own(tmp_path: Path) -> None:
    provider: Provider = make("../my.vllm", OpenAICompatible(base_url="http://localhost:1/v1"), tmp_path / "spool")
    assert isinstance(provider, RealtimeProvider)
    assert provider.name == "../my.vllm"
    assert not (tmp_path / "spool").exists()  # until a batch is made
    provider.create(Intent("n", 1, 1, 0.0), io.BytesIO(provider.line("n-0", b"{}") + b"\n"))
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["realtime-___my_vllm"]
    provider.close()


@pytest.fixture
def groq(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Provider:
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    for name, value in {
        "OPENAI_API_KEY": "sk-openai",
        "OPENAI_ORG_ID": "org-openai",
        "OPENAI_PROJECT_ID": "proj-openai",
        "OPENAI_BASE_URL": "http://127.0.0.1:1",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer sk-openai",
    }.items():
        monkeypatch.setenv(name, value)
    config = OpenAICompatible(base_url=f"{server.url}/openai/v1", api_key_env="GROQ_API_KEY", batch=True)
    return make("groq", config, tmp_path)


class TestWithABatchAPI:
    def test_it_is_openai_s_dialect_elsewhere(self, server: Any, groq: Provider) -> None:
        assert isinstance(groq, OpenAIProvider)
        assert (groq.name, groq.schema_dialect, groq.limits.results_kept_seconds) == ("groq", "openai", None)
        server.will({"id": "file-1"}).will({"id": "batch_1"})
        assert groq.stage(INTENT, io.BytesIO(b"{}\n")) == "file-1"
        assert groq.create(INTENT, io.BytesIO()) == "batch_1"
        assert [seen.path for seen in server.seen] == ["/openai/v1/files", "/openai/v1/batches"]
        assert b"expires_after" not in server.seen[0].body
        assert json.loads(server.seen[1].body) == {
            "input_file_id": "file-1",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"batchata": "n0nce"},
        }
        assert b'"url":"/v1/chat/completions"' in groq.line("n-0", b"{}")
        groq.close()

    def test_openai_s_own_secrets_stay_with_openai(self, server: Any, groq: Provider) -> None:
        server.will({"id": "b"})
        groq.poll(["b"])
        headers = server.seen[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "openai-organization" not in headers
        assert "openai-project" not in headers
        assert "sk-openai" not in str(headers)
        groq.close()

    def test_a_key_that_is_missing_is_named(self, groq: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GROQ_API_KEY")
        with pytest.raises(CreateRefusedError, match="GROQ_API_KEY"):
            groq.create(INTENT, io.BytesIO())

    def test_it_says_what_its_models_bear(self, server: Any, groq: Provider) -> None:
        server.will({"id": "llama", "context_window": 131_072, "max_completion_tokens": 8192}).will(b"", 500)
        assert groq.facts("meta/llama") == ModelFacts(131_072, 8192)
        assert groq.facts("meta/llama") == ModelFacts()
        assert server.seen[0].path == "/openai/v1/models/meta%2Fllama"
        groq.close()
