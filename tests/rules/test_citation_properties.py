"""Whatever the texts, the answer and the citations are: a mapping, the same every time, and never an exception."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from batchata.grounding import Statement, map_fields, split_quotes, support, weigh

SAID = """
    yes no not without non true false thirty (30) $1,250.00 (1,250.00) 5% 2024-03-05 March | - : ; , . 1. # ☑ ☐ [x] € C$ taxable fee paid
    exclusive exclud un is are and but if
"""
WORDS = (*SAID.split(), "\n\n", "\n")
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.binary(),
    TEXTS,
)
NAMES = st.one_of(TEXTS, st.sampled_from(["taxable", "non_paid", "fee", "is_exclusive", "excluded", "not"]))
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
STATEMENTS = st.lists(st.builds(Statement, TEXTS, st.lists(TEXTS, max_size=3).map(tuple)), max_size=6)


@settings(max_examples=300)
@given(ANSWERS, STATEMENTS)
def test_any_answer_and_any_statements_give_a_mapping(answer: Any, statements: list[Statement]) -> None:
    mapped = map_fields(answer, statements)
    assert mapped == map_fields(answer, statements)
    for some in mapped.values():
        assert some
        assert len({(one.statement, one.quote) for one in some}) == len(some)
        assert all(one.quote < len(statements[one.statement].quotes) for one in some)


@settings(max_examples=300)
@given(ANSWERS, st.lists(st.tuples(NAMES, TEXTS), max_size=6))
def test_any_claims_are_weighed(answer: Any, claims: list[tuple[str, str]]) -> None:
    weighed = weigh(answer, claims)
    shown, missing = support(answer, claims)
    assert {*shown, *missing} == {*weighed}
    for path, indexes in shown.items():
        assert indexes == [index for index, is_shown in weighed[path] if is_shown]


@settings(max_examples=200)
@given(TEXTS)
def test_any_text_is_split(text: str) -> None:
    answer, pairs = split_quotes(text)
    assert isinstance(answer, str)
    assert pairs == []


def test_numbers_that_are_none_harm_nothing() -> None:
    answer = {"a": math.nan, "b": math.inf, "c": Decimal("sNaN"), "d": 10**400, "e": dt.date.max, "f": -0.0}
    assert map_fields(answer, [Statement("nan, inf and 0", ("nan", "inf"))]).keys() <= answer.keys()
