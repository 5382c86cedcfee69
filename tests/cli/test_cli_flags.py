"""Errors and warnings name what was typed: flags and the environment, never arguments of Python."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchata.cli.flags import typed
from batchata.testing import Emulator

PYTHON = re.compile(
    r"Batch\(|provider_params|response_model|enable_citations|max_tokens|id_column|\w+=['{]|temperature="
)


@pytest.fixture
def inputs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Revenue rose.")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")


@pytest.mark.parametrize("model", ["gpt-5-mini", "claude-haiku-4-5", "gemini-2.5-flash"])
@pytest.mark.usefixtures("inputs")
def test_a_key_that_is_missing_is_asked_for_where_it_goes(model: str, bare_shell: Callable[..., Any]) -> None:
    told = bare_shell()("run", "a.txt", "-m", model, "-p", "Sum up.")
    assert told.code == 2
    assert re.search(r"put [A-Z]+_API_KEY=… into the environment, or into a file \.env in this folder", told.err)
    assert not PYTHON.search(told.err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("a.txt -m gpt-99-foo --limit 1", "--model 'gpt-99-foo' has no known price"),
        ("a.txt -m gpt-99-foo --limit 1", "give it with --price gpt-99-foo=IN,OUT"),
        ("a.txt -m nobody-1", "NAME/…, with its address in BATCHATA_NAME_BASE_URL"),
        ("a.txt -m gpt-5-mini --temperature 0.3", "--temperature 0.3 can't be sent"),
        ("a.txt -m claude-haiku-4-5 --temperature 0.3", "--temperature can't be sent"),
        ("a.txt -m gpt-4o-mini --temperature 0.3 --param temperature=0.1", "--temperature is given twice"),
        ("a.txt -m gemini-2.5-flash --param temperature=0.1", "--param generationConfig='{\"temperature\": …}'"),
        ("a.txt -m gpt-5-mini --param model=3", "Use --model"),
        ("a.txt -m gpt-5-mini --param max_tokens=3", "Use --max-tokens"),
        ("a.txt -m gpt-5-mini --out a.txt", "--out 'a.txt' is a file"),
        ("t.csv -m gpt-5-mini --prompt {c}", "--prompt names {c}"),
        ("t.csv -m gpt-5-mini --prompt {a} --id-column z", "--id-column: the table has no column 'z'"),
    ],
)
@pytest.mark.usefixtures("inputs")
def test_what_is_refused_is_named_as_it_was_typed(arguments: str, words: str, look: Any, emulator: Emulator) -> None:
    told = look("estimate", *("--prompt", "Sum up."), *arguments.split(), at=emulator)
    assert told.code == 2
    assert words in told.err + told.out
    said = (told.err + told.out).replace("'max_tokens'", "")  # the name that was typed
    assert not PYTHON.search(said.replace(words, "")), said


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-5-mini", "Raise --max-tokens, or set the reasoning effort in --param."),
        ("gemini-2.5-flash", "Raise --max-tokens, or say --param generationConfig='{\"thinkingConfig\": …}'."),
        ("claude-opus-5", "Raise --max-tokens, or say --param thinking=…."),
    ],
)
@pytest.mark.usefixtures("inputs")
def test_a_warning_of_little_room_to_think_speaks_of_flags(
    model: str, words: str, look: Any, emulator: Emulator
) -> None:
    told = look("run", "a.txt", "-m", model, "-p", "Sum up.", at=emulator)
    assert words in told.err
    assert "counts toward --max-tokens (1000)" in told.err
    assert not PYTHON.search(told.err.replace(words, ""))


def test_the_words_of_a_provider_stay_as_they_are() -> None:
    words = "The provider said: max_tokens: 5 is too small; temperature must be 1; 'model': not found."
    assert typed(words) == words
