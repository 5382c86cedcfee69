"""Whatever is given, the answer is a job or a `ValidationError`; and a job survives its record."""

import contextlib
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from batchata.errors import ValidationError
from batchata.identity import canonical
from batchata.job import Job, check_defaults
from batchata.job_arguments import CHECKS


class Invoice(BaseModel):
    total: float


patient = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
odd = st.sampled_from(
    [
        math.nan, math.inf, -0.0, 2**70, 10**60, b"x", bytearray(b"y"), {1}, frozenset(), object(), Invoice, Invoice(total=1),
        BaseModel, Decimal(1), Path("a"), Path("/"), "\ud800", "\0", "", " ", ".", "..", "CON", "a/b", "x" * 5000, list[int], int,
        len, ..., range(3), 1j, lambda: None, "https://x/y", "é" * 70,
    ]
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | odd,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=8,
)
words = st.sampled_from(
    [
        "text",
        "image",
        "image_url",
        "document",
        "base64",
        "url",
        "image/png",
        "application/pdf",
        "user",
        "system",
        "ephemeral",
        "AA==",
    ]
)
keys = st.sampled_from(
    ["type", "text", "source", "image_url", "url", "data", "media_type", "cache_control", "title", "detail", "ttl"]
)
parts = st.dictionaries(keys, words | anything | st.dictionaries(keys, words | anything, max_size=4), max_size=4)
message = st.fixed_dictionaries(
    {"role": words | anything, "content": st.lists(parts | anything, max_size=3) | anything}
)
messages = st.lists(message | anything, max_size=3)
arguments = st.dictionaries(st.sampled_from([*CHECKS, "modle", ""]) | st.text(), anything, max_size=4).flatmap(
    lambda some: st.sampled_from([some, {"model": "m", **some}, {"model": "m", "prompt": "Why?", **some}])
)


@patient
@given(anything)
@example({"model": "m", "prompt": "a", 3: "x"})
def test_a_job_of_any_kind_is_a_job_or_a_validation_error(given_job: Any) -> None:
    with contextlib.suppress(ValidationError):
        Job.parse(given_job)


@patient
@given(arguments, arguments)
def test_any_arguments_and_defaults_make_a_job_or_a_validation_error(kwargs: Any, params: Any) -> None:
    try:
        job = Job.parse(kwargs, check_defaults(params))
    except ValidationError as error:
        str(error).encode()  # the message itself can be written anywhere
    else:
        for record in job.to_record():
            orjson.loads(record)


@patient
@given(messages)
def test_any_messages_make_a_job_or_a_validation_error(some: Any) -> None:
    try:
        job = Job.parse({"model": "m", "messages": some})
    except ValidationError as error:
        str(error).encode()
    else:
        assert Job.from_record(*job.to_record()) == job


plain_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: not text.isspace())
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_texts, inner, max_size=3),
    max_leaves=8,
)


@patient
@given(
    st.fixed_dictionaries(
        {"model": st.just("m"), "prompt": plain_texts},
        optional={
            "temperature": st.floats(0, 2),
            "max_tokens": st.integers(1, 10**6),
            "enable_citations": st.booleans(),
            "response_model": st.just(Invoice),
            "metadata": json_values,
            "provider_params": st.dictionaries(plain_texts.map("x_".__add__), json_values, max_size=3),
        },
    )
)
def test_a_good_job_comes_back_from_its_record(said: dict[str, Any]) -> None:
    job = Job.parse(said)
    assert job.metadata == said.get("metadata")
    assert job.provider_params == said.get("provider_params", {})
    models = {job.response_model_digest: Invoice} if job.response_model_digest else {}
    again = Job.from_record(*job.to_record(), models, metadata_json=job.metadata_json)
    assert (again, again.response_model) == (job, job.response_model)
    assert canonical(again) == canonical(job)
