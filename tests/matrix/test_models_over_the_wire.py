"""Every kind of response model as a job: one batch of each dialect, over HTTP, to instances and back from the state.

The emulator refuses schemas that the providers refuse, and draws answers from the schema it was sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from response_models import MATRIX, REFUSED

from batchata import Batch, JobResult
from batchata.errors import ValidationError
from batchata.output import ANTHROPIC, GEMINI, OPENAI, Dialect, schema_for, strict_schema
from batchata.testing import Emulator

ASKED = {ANTHROPIC.name: "claude-haiku-4-5", OPENAI.name: "gpt-4.1", GEMINI.name: "gemini-2.5-flash"}
EACH = [pytest.param(dialect, id=dialect.name) for dialect in (ANTHROPIC, OPENAI, GEMINI)]
MODELS = {model.__name__: model for model, _ in MATRIX}
VALID = {model.__name__: text for model, text in MATRIX}

_TOLD = {
    "Sum": "a decimal is asked for as text: its bounds can't be sent",
    "Invoice": "the same, of its lines",
    "Keywords": "the same, of its lines",
    "Blob": "no schema says base64",
    "Groups": "what stands where in a tuple",
    "Others": "the same, of its point",
    "Packed": "JSON within a string",
}
TOLD = {
    ANTHROPIC.name: _TOLD
    | {
        "Bounds": "bounds of numbers",
        "Texts": "lengths and patterns",
        "Lengths": "lengths of lists beyond 0 and 1",
        "StrictDay": "the decimal's digits",
    },
    OPENAI.name: _TOLD | {"Ids": "format uri", "Texts": "lengths of strings"},
    GEMINI.name: _TOLD
    | {
        "Ids": "formats uuid and uri",
        "Times": "formats other than date-time",
        "Defaults": "format date",
        "StrictDay": "format date",
        "Kinds": "choices that are no strings",
        "Bounds": "multiples",
    },
}
"""What a dialect can only be told in words, which a draw from the schema does not heed: these answers are scripted."""


@dataclass(frozen=True)
class Ran:
    """The script run twice. `refused`: by `add_job`. `asked`: the requests as the provider saw them."""

    refused: set[type[BaseModel]]
    first: dict[str, JobResult]
    again: dict[str, JobResult]
    asked: dict[str, Any] = field(default_factory=dict)
    creates: int = 0


def script(model: str, folder: Path) -> tuple[dict[str, JobResult], set[type[BaseModel]]]:
    # no second tries: an answer must be right at once
    batch = Batch(folder / "state", folder / "results", items_per_batch=None, max_attempts=1, retry_invalid=0)
    batch.defaults(model=model, max_tokens=16_000)
    refused = set()
    for name, response_model in MODELS.items():
        try:
            batch.add_job(prompt=f"Fill in {name}.", response_model=response_model, job_id=name)
        except ValidationError:
            refused.add(response_model)
    return batch.run(wait=True).results(), refused


def parts(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


@pytest.fixture(scope="module", params=EACH)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    asked: Dialect = request.param
    return asked


@pytest.fixture(scope="module")
def ran(dialect: Dialect, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    asked: dict[str, Any] = {}

    def answer(params: dict[str, Any]) -> str | None:
        said = [part for part in parts(params) if isinstance(part, str)]
        name = next(name for name in MODELS if f"Fill in {name}." in said)
        asked[name] = params
        return VALID[name] if name in TOLD[dialect.name] else None

    folder = tmp_path_factory.mktemp("wire")
    with Emulator(answer=answer) as emulator, pytest.MonkeyPatch.context() as patch:
        for variable, value in emulator.environment().items():
            patch.setenv(variable, value)
        first, refused = script(ASKED[dialect.name], folder)
        again, _ = script(ASKED[dialect.name], folder)
        return Ran(refused, first, again, asked, len(emulator.creates))


def test_what_a_dialect_cannot_express_is_refused_before_it_is_sent(dialect: Dialect, ran: Ran) -> None:
    assert ran.refused == REFUSED[dialect.name]
    sent = {name for name, model in MODELS.items() if model not in ran.refused}
    assert set(ran.first) == set(ran.asked) == sent
    assert len(sent) >= 25


def test_every_schema_arrives_as_it_was_translated(dialect: Dialect, ran: Ran) -> None:
    for name, params in ran.asked.items():
        assert strict_schema(schema_for(MODELS[name]), dialect) in list(parts(params)), name


def test_every_answer_becomes_an_instance(dialect: Dialect, ran: Ran) -> None:
    failed = {name: (result.outcome.value, result.error) for name, result in ran.first.items() if not result.is_success}
    assert failed == {}
    for name, result in ran.first.items():
        raw = result.raw_response
        assert raw is not None
        assert (raw == VALID[name]) == (name in TOLD[dialect.name] or name == "Empty")
        assert isinstance(result.parsed_response, MODELS[name])
        assert result.parsed_response == MODELS[name].model_validate_json(raw, by_alias=True, by_name=True)


def test_the_script_run_again_gives_the_same_instances_and_sends_nothing(ran: Ran) -> None:
    assert ran.creates == 1
    assert list(ran.again) == list(ran.first)
    for name, result in ran.again.items():
        assert isinstance(result.parsed_response, MODELS[name])
        assert result.parsed_response == ran.first[name].parsed_response
