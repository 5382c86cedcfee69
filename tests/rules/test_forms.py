"""Jobs of one form go a shorter way: what comes of it, and what is refused, is what the whole way would have made of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from batchata import Batch, ValidationError
from batchata.said import SaidJob, said_of

patient = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure


class City(BaseModel):
    name: str


class Town(BaseModel):
    name: str


class Text(str):
    __slots__ = ()


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            patch.setenv(name, "sk-not-a-key")
        yield


def batch(**defaults: Any) -> Batch:
    return Batch(Path(tempfile.gettempdir()) / "no-state-is-written.db").defaults(
        **{"model": "gpt-4.1-mini", **defaults}
    )


def outcome(said: Any) -> SaidJob | str:
    try:
        found: SaidJob = said()
    except ValidationError as error:
        return str(error)
    return found


def both_ways(batch: Batch, item: Any) -> tuple[SaidJob | str, SaidJob | str]:
    """What a batch makes of an item, by whatever way, and by the whole one."""
    return outcome(lambda: batch._said(item)), outcome(lambda: said_of(*batch._checked(item)))


def went_short(batch: Batch, item: Any) -> bool:
    return batch._forms.said(item) is not None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text()
    | st.just(object())
    | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text() | st.integers(0, 1), inner, max_size=2),
    max_leaves=4,
)
own = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.text(max_size=30)
        | st.sampled_from(["", " \n", "\ud800", '\u2028\\"\0', Text("Why?"), None, 7, b"x"]),
        "job_id": st.text(max_size=5) | st.sampled_from(["a", "row-1", Text("b"), "CON", "a/b", "x" * 129, None, 7]),
        "metadata": json_values | st.sampled_from([{"row": 1}, {"b": 1, "a": (1.0, True)}, {Text("k"): Text("v")}]),
    },
)
ONES = (1, 1.0, True)
shared = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([*ONES, 0, -0.0, 0.5, 3, None]),
        "max_tokens": st.sampled_from([*ONES, 7, None]),
        "enable_citations": st.sampled_from([*ONES, False, None]),
        "model": st.sampled_from(["gpt-4.1-mini", "claude-haiku-4-5", Text("gpt-4.1-mini"), "", 1]),
        "response_model": st.sampled_from([City, Town, int, None]),
        "provider_params": st.sampled_from([{}, {"seed": 1}, {"seed": 1.0}]),
        "file": st.just("/no/such/file"),
        "messages": st.just([{"role": "user", "content": "Hi."}]),
        "modle": st.just("m"),
    },
)


@st.composite
def jobs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some jobs of few forms; what is said of one in any order."""
    forms = draw(st.lists(shared, min_size=1, max_size=3))
    said = draw(st.lists(st.tuples(st.sampled_from(forms), own), min_size=1, max_size=8))
    return [dict(draw(st.permutations([*{**form, **more}.items()]))) for form, more in said]


@patient
@given(jobs(), st.sampled_from([{}, {"metadata": {"of": "all"}}, {"prompt": "Sum it up."}, {"temperature": 1}]))
@example([{"prompt": "a"}, {"prompt": "b"}], {"metadata": {"of": "all"}})
@example([{"prompt": "a", "metadata": 1}, {"prompt": "b"}], {"metadata": {"of": "all"}})
@example([{"prompt": "a"}, {"prompt": "b", "metadata": object(), "job_id": "CON"}], {})
@example([{"prompt": "a"}, {"prompt": "b", "job_id": "CON", "metadata": object()}], {})
def test_the_short_way_comes_to_what_the_whole_way_does(items: list[dict[str, Any]], defaults: dict[str, Any]) -> None:
    one = batch(**defaults)
    for item in items:
        short, whole = both_ways(one, item)
        assert short == whole
        assert isinstance(short, str) or [type(part) for part in short] == [type(part) for part in whole]


@patient
@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), own), min_size=1, max_size=5))
@example([("\x00\u2028 a prompt that nobody asks \\", {})])
def test_after_the_first_a_good_job_goes_the_short_way(asked: list[tuple[str, dict[str, Any]]]) -> None:
    one, form = batch(), {"temperature": 0.5, "response_model": City}
    one._said({"prompt": "Why?", **form})
    for prompt, more in asked:
        item = {**more, "prompt": f"{prompt}?", **form}
        short, whole = both_ways(one, item)
        assert short == whole
        assert isinstance(whole, str) or went_short(one, item)


@pytest.mark.parametrize("name", ["temperature", "max_tokens", "enable_citations"])
@pytest.mark.parametrize("first", ONES)
def test_one_and_one_point_nought_and_true_are_not_taken_for_one_another(name: str, first: object) -> None:
    one = batch()
    for value in (first, *ONES, first):
        short, whole = both_ways(one, {"prompt": "Why?", name: value})
        assert short == whole
    taken = {
        "temperature": (True, True, False),
        "max_tokens": (True, False, False),
        "enable_citations": (False, False, True),
    }
    assert tuple(went_short(one, {"prompt": "Why?", name: value}) for value in ONES) == taken[name]


@pytest.mark.parametrize(
    "other", [{"model": "gpt-4.1-nano"}, {"temperature": 0.25}, {"metadata": {"row": 1}}, {"response_model": City}]
)
def test_other_defaults_hold_from_then_on(other: dict[str, Any]) -> None:
    one, item = batch(), {"prompt": "Why?"}
    before = one._said(item)
    assert one._said(item) == before
    one.defaults(**other)
    assert not went_short(one, item)
    short, whole = both_ways(one, item)
    assert short == whole != before
    assert both_ways(one, item) == (whole, whole)


def test_under_a_limit_more_is_refused() -> None:
    one, item = batch(provider_params={"tools": [{"type": "web_search"}]}), {"prompt": "Why?"}
    said = one._said(item)
    assert one._said(item) == said
    one.add_cost_limit(1)
    with pytest.raises(ValidationError, match="under a cost limit"):
        one._said(item)


def test_what_has_more_than_a_prompt_goes_the_whole_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    one, item = batch(), {"prompt": "Why?", "file": str(tmp_path / "a.txt")}
    before = one._said(item)
    (tmp_path / "a.txt").write_text("another")
    short, whole = both_ways(one, item)
    assert short == whole
    assert isinstance(short, SaidJob)
    assert short.digest != before.digest
