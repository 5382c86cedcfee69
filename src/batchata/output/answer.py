"""The text of an answer as an instance of the response model, or the reason why it is none."""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel
from pydantic import ValidationError as PydanticError

M = TypeVar("M", bound=BaseModel)

_SHOWN_ERRORS = 20
_SHOWN_INPUT = 120
_FENCE = re.compile(r"```[A-Za-z]*\s(.*)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why an answer is not what the model asks for: field paths and what was wrong, for people and to be sent back."""

    message: str


def read_answer(text: str, model: type[M]) -> M | Invalid:
    """The answer `text` as an instance of `model`. Never raises.

    Fields are known by alias and by name; strict models take dates and numbers as JSON writes them. White space, a byte
    order mark, or one Markdown fence with prose around it is forgiven where the text as it stands is no JSON: models without
    enforced output write them, and the answer is paid for. NaN, Infinity and numbers that overflow a float are no JSON and
    are refused, because no result file could hold them. Of a key given twice the last counts.
    """
    refused = _not_json(text)
    if refused is not None:
        bare = _bare(text)
        if bare == text or _not_json(bare) is not None:
            return Invalid(f"The answer is not valid JSON: {refused}." if text.strip() else "The answer is empty.")
        text = bare
    try:
        return model.model_validate_json(text, by_alias=True, by_name=True)
    except PydanticError as error:
        return Invalid(_explained(error, model))
    except Exception as error:  # noqa: BLE001 - the user's own validators run here, and one job's answer must stop no other
        return Invalid(f"{model.__name__} could not be built from the answer: {type(error).__name__}: {error}")


def _not_json(text: str) -> str | None:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return str(error)
    return None


def _bare(text: str) -> str:
    fenced = _FENCE.search(text)
    return (fenced[1] if fenced else text).strip().removeprefix("\ufeff").strip()


def _explained(error: PydanticError, model: type[BaseModel]) -> str:
    problems = error.errors(include_url=False, include_context=False)
    lines = [_problem(problem["loc"], problem["msg"], problem["input"]) for problem in problems[:_SHOWN_ERRORS]]
    if len(problems) > _SHOWN_ERRORS:
        lines.append(f"- and {len(problems) - _SHOWN_ERRORS} more")
    return "\n".join([f"The answer does not fit {model.__name__}:", *lines])


def _problem(place: tuple[int | str, ...], said: str, given: Any) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    shown = f" (got {_short(given)})" if isinstance(given, str | int | float | None) and path else ""
    return f"- {path}: {said}{shown}" if path else f"- {said}"


def _short(given: Any) -> str:
    if isinstance(given, int) and abs(given) >= 10**_SHOWN_INPUT:
        return "a very long number"  # str() of it may itself be refused
    text = repr(given)
    return text if len(text) <= _SHOWN_INPUT else f"{text[:_SHOWN_INPUT]}…"
