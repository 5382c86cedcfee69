"""What a job holds once it is said: merged with the defaults, copied, with its file looked at, and back from a record."""

import hashlib
import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from batchata.arguments import plain
from batchata.errors import StateError, ValidationError
from batchata.job import DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE, Job, check_defaults

ASK = {"prompt": "Why?", "model": "m"}


class Invoice(BaseModel):
    number: str
    total: float


def test_a_plain_job_says_nothing_that_was_not_said() -> None:
    job = Job.parse(ASK)
    assert job == Job("m", prompt="Why?")
    assert (job.temperature, job.max_tokens, job.job_id, job.metadata, job.provider_params) == (
        None,
        None,
        None,
        None,
        {},
    )
    assert (
        (job.temperature_or_default, job.max_tokens_or_default)
        == (DEFAULT_TEMPERATURE, DEFAULT_MAX_TOKENS)
        == (0.7, 1000)
    )


def test_none_says_nothing_and_what_is_said_wins_over_the_default() -> None:
    defaults = check_defaults({"model": "d", "temperature": 0.1, "enable_citations": True, "max_tokens": None})
    job = Job.parse({"prompt": "Why?", "model": None, "temperature": 1, "enable_citations": False}, defaults)
    assert (job.model, job.temperature, job.enable_citations, job.max_tokens) == ("d", 1.0, False, None)
    assert type(job.temperature) is float
    assert Job.parse({"prompt": "Why?"}, defaults).enable_citations


def test_a_jobs_own_content_puts_the_other_kind_out_of_the_defaults() -> None:
    messages = [{"role": "user", "content": "mine"}]
    with_prompt = check_defaults({"model": "m", "prompt": "Summarise."})
    assert Job.parse({"messages": messages}, with_prompt).prompt is None
    assert Job.parse({"prompt": "Why?"}, check_defaults({"model": "m", "messages": messages})).messages is None


def test_a_default_prompt_meets_each_jobs_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    job = Job.parse({"file": tmp_path / "a.txt"}, check_defaults({"model": "m", "prompt": "Summarise."}))
    assert (job.prompt, job.file_size) == ("Summarise.", 5)


def test_a_file_is_kept_by_its_absolute_path_its_size_and_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    monkeypatch.chdir(tmp_path)
    job = Job.parse({**ASK, "file": "sub/../a.txt"})
    assert (job.file, job.file_size) == (tmp_path / "a.txt", 5)
    assert job.file_sha256 == hashlib.sha256(b"hello").hexdigest()
    (tmp_path / "a.txt").write_bytes(b"hellO")
    assert Job.parse({**ASK, "file": "a.txt"}).file_sha256 == hashlib.sha256(b"hellO").hexdigest()


def test_what_the_caller_changes_later_does_not_change_the_job() -> None:
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    metadata, params = {"row": [1]}, {"stop": ["x"]}
    job = Job.parse({"model": "m", "messages": messages, "metadata": metadata, "provider_params": params})
    defaults = check_defaults({"model": "m", "prompt": "Why?", "metadata": metadata, "provider_params": params})
    messages[0]["content"][0]["text"] = "b"
    metadata["row"].append(2)
    params["stop"].append("y")
    for said in (job, Job.parse({}, defaults)):
        assert (said.metadata, said.provider_params) == ({"row": [1]}, {"stop": ["x"]})
    assert job.messages == [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    job.metadata["row"].append(3)
    assert job.metadata == {"row": [1]}


def test_tuples_and_subclasses_of_json_types_become_plain() -> None:
    class Text(str):
        __slots__ = ()

    job = Job.parse({"model": Text("m"), "prompt": Text("p"), "metadata": {Text("k"): (1, Text("v"))}})
    assert job.metadata == {"k": [1, "v"]}
    assert type(job.model) is str
    assert type(job.prompt) is str
    copy, data = plain("metadata", Text("v"))
    assert (type(copy), copy, data) == (str, "v", b'"v"')


def test_metadata_and_params_keep_the_order_of_their_keys() -> None:
    job = Job.parse({**ASK, "metadata": {"b": 1, "a": 2}, "provider_params": {"z": {"d": 1, "c": 2}}})
    assert list(job.metadata) == ["b", "a"]
    again = Job.from_record(*job.to_record())
    assert list(again.provider_params["z"]) == ["d", "c"]


@pytest.mark.parametrize(
    "job_id", ["a", "row-1", "a b", "größe", "user@x.com", "a.b", "_", "-", "日本", "x" * 128, "CONSOLE", "com10", "~"]
)
def test_these_ids_are_files_everywhere(job_id: str, tmp_path: Path) -> None:
    assert Job.parse({**ASK, "job_id": job_id}).job_id == job_id
    (tmp_path / f"{job_id}.json").write_text("{}")
    assert os.listdir(tmp_path) == [f"{job_id}.json"]  # noqa: PTH208


def test_a_response_model_is_known_by_name_and_shape() -> None:
    job = Job.parse({**ASK, "response_model": Invoice})
    assert (job.response_model, job.response_model_name) == (Invoice, "Invoice")
    assert job.response_model_digest


def test_a_record_holds_all_but_id_metadata_and_class(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    job = Job.parse(
        {
            **ASK, "file": tmp_path / "a.txt", "temperature": 0, "max_tokens": 5, "response_model": Invoice,
            "enable_citations": True, "provider_params": {"top_p": 1e-7}, "job_id": "secret-id", "metadata": {"row": "secret-row"},
        }
    )  # fmt: skip
    record = job.to_record()
    for part in record:
        assert b"secret" not in part
        assert b"hello" not in part
    assert job.response_model_digest is not None
    kept = {"job_id": job.job_id, "metadata_json": job.metadata_json}
    again = Job.from_record(*record, {job.response_model_digest: Invoice}, **kept)  # type: ignore[arg-type]
    assert again == job
    assert again.response_model is Invoice
    assert Job.from_record(*record, **kept) == job, "the class itself is no part of what was said"  # type: ignore[arg-type]
    without = Job.from_record(*record)
    assert (without.response_model, without.response_model_digest) == (None, job.response_model_digest)
    assert (without.job_id, without.metadata) == (None, None)


def test_the_record_is_readable() -> None:
    job = Job.parse({"model": "m", "messages": [{"content": "hi", "role": "user"}], "temperature": 0.5})
    form, ask = job.to_record()
    assert orjson.loads(form) == {"form": 2, "model": "m", "temperature": 0.5}
    assert orjson.loads(ask) == {"messages": [{"role": "user", "content": "hi"}]}


def test_jobs_that_differ_in_what_they_ask_have_one_form(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    shared = {"model": "m", "temperature": 0.5, "response_model": Invoice, "provider_params": {"top_p": 1}}
    asks: list[dict[str, Any]] = [
        {"prompt": "Why?", "job_id": "a"}, {"prompt": "What?", "metadata": {"row": 1}},
        {"prompt": "Why?", "file": tmp_path / "a.txt"}, {"messages": [{"role": "user", "content": "hi"}]},
    ]  # fmt: skip
    records = [Job.parse({**shared, **ask}).to_record() for ask in asks]
    assert len({form for form, _ in records}) == 1
    assert [orjson.loads(ask) for _, ask in records[:2]] == ["Why?", "What?"]
    assert set(orjson.loads(records[2][1])) == {"prompt", "file", "file_size", "file_sha256"}


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b"{}", b'{"form":1,"model":"m"}', b'{"form":3,"model":"m"}'])
def test_a_record_that_is_none_or_of_another_form_is_a_state_error(record: bytes) -> None:
    with pytest.raises(StateError, match=r"(damaged|reads form 2)"):
        Job.from_record(record)


def test_a_repr_does_not_spill_the_content() -> None:
    assert "Why" not in repr(Job.parse({**ASK, "metadata": "Why"}))


def test_defaults_refuse_an_id_and_two_contents() -> None:
    with pytest.raises(ValidationError, match="job_id can't be a default"):
        check_defaults({"job_id": "a"})
    with pytest.raises(ValidationError, match="defaults has messages together with prompt"):
        check_defaults({"prompt": "a", "messages": [{"role": "user", "content": "b"}]})
    with pytest.raises(ValidationError, match="Did you mean temperature"):
        check_defaults({"temprature": 1})
