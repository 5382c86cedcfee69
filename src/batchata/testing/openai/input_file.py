"""What a batch's input file must be. It is judged after the create, and what breaks a rule fails the whole batch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from batchata.testing.openai.models import model

MAX_REQUESTS = 50_000  # [sdk: BatchCreateParams.input_file_id]
MAX_BYTES = 200_000_000  # [sdk: BatchCreateParams.input_file_id]: 200 MB; decimal, the stricter reading [assumed]
_MOST_ERRORS = 100  # that a failed batch lists [assumed]
_FIELDS = ("custom_id", "method", "url", "body")  # [docs: Batch API]


@dataclass(slots=True)
class Checked:
    """The requests of a file, or why there are none. Codes: [docs: Batch API errors; issue: stdapi.ai 240]."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    model: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, code: str, message: str, line: int | None = None, param: str | None = None) -> None:
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append({"code": code, "message": message, "param": param, "line": line})


def check_file(data: bytes, endpoint: str, limit: int, size: int, served: Mapping[str, int] | None) -> Checked:
    checked = Checked()
    if len(data) > size:
        checked.refuse("file_too_large", f"The input file exceeds the maximum size of {size} bytes.")  # [assumed]
        return checked
    seen: set[str] = set()
    for number, row in _rows(data, checked):
        if number > limit:  # as many lines as requests: blank ones are skipped
            checked.refuse(
                "too_many_tasks", f"The batch input file contains more than the maximum of {limit} requests."
            )
            break
        _check_row(row, number, endpoint, seen, checked)
    if not seen and not checked.errors:
        checked.refuse(
            "empty_file", "The input file is empty. Please ensure that the batch contains at least one request."
        )
    if checked.model is not None and model(checked.model, served) is None:
        message = f"The provided model '{checked.model}' is not supported by the Batch API."  # [assumed]
        checked.refuse("model_not_found", message, 1, "body.model")
    return checked


def _rows(data: bytes, checked: Checked) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if isinstance(row, dict):
            yield number, row
        else:  # [assumed]
            checked.refuse("invalid_json_line", "This line is not parseable as valid JSON.", number)


def _check_row(row: dict[str, Any], number: int, endpoint: str, seen: set[str], checked: Checked) -> None:
    for name in _FIELDS:
        if name not in row:  # [issue: instructor 1119]
            checked.refuse("missing_required_parameter", f"Missing required parameter: '{name}'.", number, name)
            return
    custom_id, body = row["custom_id"], row["body"]
    if not isinstance(custom_id, str) or not custom_id or not isinstance(body, dict):
        checked.refuse("invalid_type", "custom_id must be a string and body an object.", number)
        return
    if custom_id in seen:  # [assumed]
        message = f"The custom_id '{custom_id}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch."
        checked.refuse("duplicate_custom_id", message, number, "custom_id")
    seen.add(custom_id)
    if row["method"] != "POST":  # [docs: BatchRequestInput: only POST]
        checked.refuse("invalid_method", f"Invalid method '{row['method']}'. Only POST is supported.", number, "method")
    if row["url"] != endpoint:
        message = f"The URL provided for this request does not match the batch endpoint '{endpoint}'."
        checked.refuse("url_mismatch", message, number, "url")
    _check_model(body.get("model"), number, checked)
    checked.requests.append((custom_id, body))


def _check_model(name: Any, number: int, checked: Checked) -> None:
    if not isinstance(name, str):
        checked.refuse("missing_required_parameter", "Missing required parameter: 'body.model'.", number, "body.model")
    elif name != (checked.model or name):  # one model per file [docs: Batch API]
        message = f"The model '{name}' for this request does not match the rest of the batch. Each batch must contain requests for a single model."
        checked.refuse("model_mismatch", message, number, "body.model")
    else:
        checked.model = name
