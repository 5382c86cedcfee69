"""The digest's form 1. These vectors are never edited: a digest that moves sends, and bills, everything again."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchata.identity import canonical, derived_id, digest, key64
from batchata.job import Job, check_defaults

ASK: dict[str, Any] = {"prompt": "Why?", "model": "m"}
USER = {"role": "user", "content": "hi"}
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)  # fmt: skip
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}

VECTORS: list[tuple[dict[str, Any], str]] = [
    (ASK, "e88fe2143d5c6afc6dc3b97965f2d811"),
    ({"prompt": "Why?", "model": "anthropic/m"}, "6c69dd321fcb14e59ae78c6fab9f1fe3"),
    ({**ASK, "temperature": 0.7}, "e94e6bc4193340e0e8b56ec7d009409d"),
    ({**ASK, "temperature": 0}, "8b7e2342d9fcf5a799fa3281295a2394"),
    ({**ASK, "max_tokens": 1000}, "663bab55d34658c0a72dbb5315af1dc1"),
    ({**ASK, "enable_citations": True}, "0ab060f4068331fafb70d1966981da6d"),
    ({"prompt": 'Größe "1"\n\t\\ \x00\x7f\u2028 日本 😀', "model": "m"}, "727f471852de26eb4bdb68b869990103"),
    ({"prompt": "e\u0301", "model": "m"}, "cc11bccc88f66877239c34f5d101e5db"),
    ({"prompt": "\u00e9", "model": "m"}, "6e94ee3a3298eeb1da0d86d7ae846832"),
    ({"messages": [USER], "model": "m"}, "7096b7590b32ac6568316881318e538d"),
    (
        {"messages": [{"role": "system", "content": "Be brief."}, USER], "model": "m"},
        "17bb34474b8e6fee94304b01ba0b533d",
    ),
    (
        {"messages": [{"role": "user", "content": [IMAGE, {"type": "text", "text": "What is it?"}]}], "model": "m"},
        "93d8c587e34569a7e10e7eb495824033",
    ),
    ({**ASK, "provider_params": {"top_p": 1, "seed": -(2**63)}}, "cb60eba4218378c594612f40d9f008ea"),
    (
        {**ASK, "provider_params": {"top_p": 1.0, "x": [1e-7, 1e16, 1e22, 5e-324, -0.0, 0.1, 123456789.125]}},
        "bd2886c5266421463a2a2d8d9d6f3acf",
    ),
    (
        {**ASK, "provider_params": {"b": {"z": None, "a": True}, "a": ["ü"], "Ab": 2**64 - 1}},
        "41a93162421ccaf2439e862e2f5d48c5",
    ),
]


@pytest.mark.parametrize(("said", "expected"), VECTORS)
def test_the_digests_of_form_1_never_change(said: dict[str, Any], expected: str) -> None:
    assert digest(Job.parse(said)).hex() == expected


def test_a_files_bytes_and_a_models_shape_count_by_their_digests() -> None:
    job = Job(
        "m", prompt="Why?", file=Path("/x/a.pdf"), file_size=3, file_sha256="ab" * 32, response_model_name="Invoice",
        response_model_digest="cd" * 32,
    )  # fmt: skip
    assert digest(job).hex() == "cd8ce15c62ddb121fbf1c648eff58d67"
    renamed = Job("m", prompt="Why?", file=Path("/y/b"), file_sha256="ab" * 32, response_model_digest="cd" * 32)
    assert digest(renamed) == digest(job)
    assert digest(Job("m", prompt="Why?", file_sha256="ab" * 32)) != digest(job)


def test_no_two_vectors_are_equal() -> None:
    assert len({expected for _, expected in VECTORS}) == len(VECTORS)


def form_1(job: Job) -> bytes:
    """The same form, written as its description says and with the standard library alone."""
    fields = [
        1, job.model, job.prompt, job.file_sha256, job.messages, job.temperature, job.max_tokens, job.response_model_digest,
        job.enable_citations, job.provider_params or None,
    ]  # fmt: skip
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


patient = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: not text.isspace())
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
params = st.dictionaries(texts.map("x_".__add__), json_values, max_size=4)
turns = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": texts}), max_size=3
).map(lambda rest: [USER, *rest])
said_jobs = st.fixed_dictionaries(
    {"model": st.just("m")} | {"provider_params": params},
    optional={"temperature": st.floats(0, 2), "max_tokens": st.integers(1, 10**6), "enable_citations": st.booleans()},
).flatmap(
    lambda said: st.one_of(
        texts.map(lambda text: {**said, "prompt": text}), turns.map(lambda some: {**said, "messages": some})
    )
)


@patient
@given(said_jobs)
def test_orjson_writes_the_form_as_it_is_described(said: dict[str, Any]) -> None:
    job = Job.parse(said)
    assert canonical(job) == form_1(job)
    assert digest(job) == blake2b(form_1(job), digest_size=16).digest()
    assert digest(Job.from_record(*job.to_record())) == digest(job)


def turned(value: Any) -> Any:
    """`value` with every dict in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


@patient
@given(said_jobs, json_values, st.sampled_from([None, "a", "b"]))
def test_order_id_and_metadata_are_no_part_of_it(said: dict[str, Any], metadata: Any, job_id: str | None) -> None:
    again = {**turned(said), "metadata": metadata, "job_id": job_id}
    assert digest(Job.parse(again)) == digest(Job.parse(said))


@patient
@given(said_jobs, said_jobs)
def test_other_content_is_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = Job.parse(one), Job.parse(other)
    assert (digest(first) == digest(second)) == (form_1(first) == form_1(second))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Why? "}, {"prompt": "why?"}, {"model": "n"}, {"temperature": 0.7}, {"max_tokens": 1000},
        {"enable_citations": True}, {"provider_params": {"x": 1}}, {"provider_params": {"x": 1.0}},
        {"provider_params": {"x": True}}, {"provider_params": {"x": "1"}}, {"provider_params": {"x": None}},
    ],
)  # fmt: skip
def test_each_thing_said_counts(change: dict[str, Any]) -> None:
    others = [Job.parse(ASK), *(Job.parse({**ASK, "provider_params": {"x": value}}) for value in (2, [1], {"x": 1}))]
    assert digest(Job.parse({**ASK, **change})) not in {digest(other) for other in others}


def test_a_default_counts_as_given_and_1_is_1_0_for_temperature() -> None:
    said = digest(Job.parse({**ASK, "temperature": 1, "max_tokens": 9}))
    assert digest(Job.parse(ASK, check_defaults({"temperature": 1.0, "max_tokens": 9}))) == said
    assert digest(Job.parse({**ASK, "temperature": -0.0})) == digest(Job.parse({**ASK, "temperature": 0}))


def test_the_first_of_identical_jobs_has_the_plain_id_and_later_ones_their_place() -> None:
    found = digest(Job.parse(ASK))
    assert [derived_id(found, place) for place in (1, 2, 3)] == [found.hex(), f"{found.hex()}-2", f"{found.hex()}-3"]
    assert Job.parse({**ASK, "job_id": derived_id(found, 12_345)}).job_id == f"{found.hex()}-12345"


def test_keys_are_signed_64_bits_and_never_change() -> None:
    assert [key64("row-1"), key64("größe"), key64("")] == [
        6660314193839645915,
        -794637575666885911,
        -1970711489451281740,
    ]
    keys = {key64(f"row-{number}") for number in range(20_000)}
    assert len(keys) == 20_000
    assert min(keys) < -(2**62) < 2**62 < max(keys)
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_fragment_can_not_smuggle_a_field() -> None:
    prompt = Job.parse({"prompt": '",null,[{"content":"hi","role":"user"}]', "model": "m"})
    assert orjson.loads(canonical(prompt))[2] == prompt.prompt
