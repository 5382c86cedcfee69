"""`Limits.plain_prompts` is a promise: what a provider draws for one prompt, cut for another, is what it would draw for that."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from batchata import ValidationError
from batchata.documents.reader import Reader
from batchata.engine.preparing import Preparer
from batchata.engine.stencils import PROBES, Stencil, Stencils
from batchata.job import Job
from batchata.providers.base import Provider
from batchata.providers.catalog import Catalog
from batchata.store.readers import Readers
from batchata.store.rows import PendingJob
from batchata.testing import Emulator


class City(BaseModel):
    name: str
    people: int | None = None


MODELS = {
    "anthropic": ("claude-haiku-4-5", "claude-opus-5-5"),
    "openai": ("gpt-5-mini", "gpt-4.1-nano", "o3"),
    "gemini": ("gemini-2.5-flash", "gemini-3-pro"),
}
FORMS: list[dict[str, Any]] = [
    {},
    {"max_tokens": 7, "temperature": 0.25},
    {"response_model": City},
    {"response_model": City, "enable_citations": True},
    {"enable_citations": True},
]
PROMPTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(
    lambda text: not text.isspace()
)
CASES = [(name, model, form) for name, models in MODELS.items() for model in models for form in FORMS]


@pytest.fixture(scope="module")
def preparers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, tuple[Preparer, Catalog]]]:
    """With a cost limit and without."""
    folder = tmp_path_factory.mktemp("plain")
    shapes: dict[str, Any] = {}
    for form in FORMS:
        job = Job.parse({"model": "gpt-5-mini", "prompt": "x", **form})
        if job.response_model_digest is not None:
            shapes[job.response_model_digest] = job.response_model
    with Emulator() as emulator, pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        catalog, reader = Catalog({}, folder / "local", "salt"), Reader(None)
        make = partial(
            Preparer, Readers(folder / "state"), catalog, reader, shapes, lambda *_: None, named={}, folder=folder
        )
        yield {limited: (make(limited=limited), catalog) for limited in (True, False)}
        catalog.close()
        reader.close()


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize(("name", "model", "form"), CASES)
def test_what_is_cut_is_what_the_provider_draws(
    preparers: dict[bool, tuple[Preparer, Catalog]], name: str, model: str, form: dict[str, Any], limited: bool
) -> None:
    preparer, catalog = preparers[limited]
    provider = catalog[name]
    stencils = Stencils(lambda job, of: preparer.draw(job, None, None, of), preparer._models)

    @settings(max_examples=12)
    @given(PROMPTS)
    def check(prompt: str) -> None:
        job = Job.parse({"model": model, "prompt": prompt, **form})
        record, ask = job.to_record()
        stencil = stencils.of(provider, record)
        try:
            drawn = preparer.draw(job, None, None, provider)
        except ValidationError:  # a temperature that is not taken: each job is told so by itself
            assert stencil is None
            assert "temperature" in form
        else:
            assert stencil is not None
            assert stencil.cut(ask) == drawn

    check()
    for probe in PROBES:  # a prompt that is a probe, or holds one, is a prompt like any other
        check.hypothesis.inner_test(f"{probe} and {probe}")  # type: ignore[attr-defined]


def begun(preparer: Preparer, provider: Provider, job: Job, tries: bytes | None = None) -> Stencil | None:
    """What a waiting job is cut from; None where the provider has to draw it."""
    form, ask = job.to_record()
    preparer._forms[1] = form
    return preparer._begun(provider, PendingJob(1, 1, ask, tries)).stencil


def test_what_has_more_than_a_prompt_is_drawn_by_the_provider(
    preparers: dict[bool, tuple[Preparer, Catalog]], tmp_path: Path
) -> None:
    preparer, catalog = preparers[True]
    file = tmp_path / "a.txt"
    file.write_text("text")
    for given_ in ({"prompt": "Read.", "file": str(file)}, {"messages": [{"role": "user", "content": "Hi."}]}):
        job = Job.parse({"model": "claude-haiku-4-5", **given_})
        assert begun(preparer, catalog["anthropic"], job) is None
    plain = Job.parse({"model": "claude-haiku-4-5", "prompt": "Read."})
    assert begun(preparer, catalog["anthropic"], plain) is not None
    assert begun(preparer, catalog["anthropic"], plain, tries=b"[]") is None  # it may ask for something better


def test_a_prompt_beyond_the_providers_size_is_drawn_by_it_which_says_so(
    preparers: dict[bool, tuple[Preparer, Catalog]],
) -> None:
    preparer, catalog = preparers[True]
    job = Job.parse({"model": "claude-haiku-4-5", "prompt": "x" * 32_000_000})
    assert begun(preparer, catalog["anthropic"], job) is None
