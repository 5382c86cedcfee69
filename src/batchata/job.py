"""`Job`: what the user said of one AI request, after `defaults`, checked and free of the caller's own objects.

It is the first stop on a job's path. Its form in the state file is made here too; how it is known again stands in `identity`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from batchata import job_arguments as check
from batchata.errors import StateError, ValidationError
from batchata.plain import compact_json

if TYPE_CHECKING:
    from pydantic import BaseModel

DEFAULT_TEMPERATURE = 0.7
DEFAULT_MAX_TOKENS = 1000
RECORD_FORM = 2

_NULL = b"null"
_EMPTY = b"{}"


@dataclass(frozen=True, slots=True)
class Job:
    """One AI request as the user gave it. `Job.parse` makes it from `add_job`'s arguments; nothing else checks them.

    Exactly one of `prompt` and `messages` is set. `temperature` and `max_tokens` are None where the user said nothing: the
    properties `temperature_or_default` and `max_tokens_or_default` are what then applies. What the user could still change
    (messages, metadata, provider_params) is kept as JSON; each look at it gives a fresh copy. `response_model` is None where
    the class is not at hand, though `response_model_digest` says that there is one. `file_size` is in bytes.
    """

    model: str
    prompt: str | None = field(default=None, repr=False)
    messages_json: bytes | None = field(default=None, repr=False)
    file: Path | None = None
    file_size: int | None = None
    file_sha256: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    response_model: "type[BaseModel] | None" = field(default=None, compare=False)
    response_model_name: str | None = None
    response_model_digest: str | None = None
    enable_citations: bool = False
    provider_params_json: bytes = field(default=_EMPTY, repr=False)
    job_id: str | None = None
    metadata_json: bytes = field(default=_NULL, repr=False)

    @property
    def messages(self) -> list[dict[str, Any]] | None:
        return None if self.messages_json is None else orjson.loads(self.messages_json)

    @property
    def metadata(self) -> Any:
        return orjson.loads(self.metadata_json)

    @property
    def provider_params(self) -> dict[str, Any]:
        params: dict[str, Any] = orjson.loads(self.provider_params_json)
        return params

    @property
    def temperature_or_default(self) -> float:
        return DEFAULT_TEMPERATURE if self.temperature is None else self.temperature

    @property
    def max_tokens_or_default(self) -> int:
        return DEFAULT_MAX_TOKENS if self.max_tokens is None else self.max_tokens

    @classmethod
    def parse(cls, kwargs: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> "Job":
        """The job that `add_job(**kwargs)` means under `defaults` (what `check_defaults` returned). None says nothing.

        Reads the file a job names, for its size and digest. Raises `ValidationError` for whatever is wrong.
        """
        given = check.merged(kwargs, defaults or {})
        if "model" not in given:
            raise ValidationError("model is not given. Name it in add_job(model=…), or once in defaults(model=…).")
        check.one_content(given)
        fields = {_FIELDS.get(name, name): check.CHECKS[name](value) for name, value in given.items()}
        if "file" in fields:
            fields["file_size"], fields["file_sha256"] = check.fingerprint(fields["file"])
        if "response_model" in fields:
            fields["response_model_name"] = fields["response_model"].__name__
            fields["response_model_digest"] = check.shape(fields["response_model"])
        return cls(**fields)

    def to_record(self) -> tuple[bytes, bytes]:
        """The job as JSON for the state file, without its id, its metadata, its file's contents and its model's class: what it
        may have in common with others, and what it alone asks.
        """
        form: dict[str, Any] = {name: value for name in _FORM if (value := getattr(self, name)) is not None}
        if self.enable_citations:
            form["enable_citations"] = True
        if self.provider_params_json != _EMPTY:
            form["provider_params"] = orjson.Fragment(self.provider_params_json)
        form["form"] = RECORD_FORM
        return compact_json(form), self._ask()

    def _ask(self) -> bytes:
        """The prompt as a JSON string where that is all; an object where there is more."""
        if self.messages_json is not None:
            return compact_json({"messages": orjson.Fragment(self.messages_json)})
        if self.file is None:
            return compact_json(self.prompt)
        return compact_json(
            {
                "prompt": self.prompt,
                "file": str(self.file),
                "file_size": self.file_size,
                "file_sha256": self.file_sha256,
            }
        )

    @classmethod
    def from_record(
        cls,
        form: bytes,
        ask: bytes = _NULL,
        response_models: "Mapping[str, type[BaseModel]] | None" = None,
        *,
        job_id: str | None = None,
        metadata_json: bytes = _NULL,
    ) -> "Job":
        """The job that `to_record` wrote. `response_models` are the classes at hand, by their `response_model_digest`.

        Raises `StateError` for a record that a newer batchata wrote, or that is none.
        """
        data, asked = _loaded(form), orjson.loads(ask)
        own = asked if isinstance(asked, dict) else {"prompt": asked}
        messages, file, params = own.get("messages"), own.get("file"), data.get("provider_params")
        shape = data.get("response_model_digest")
        return cls(
            model=data["model"],
            prompt=own.get("prompt"),
            messages_json=None if messages is None else orjson.dumps(messages),
            file=None if file is None else Path(file),
            file_size=own.get("file_size"),
            file_sha256=own.get("file_sha256"),
            temperature=data.get("temperature"),
            max_tokens=data.get("max_tokens"),
            response_model=response_models.get(shape) if shape and response_models else None,
            response_model_name=data.get("response_model_name"),
            response_model_digest=shape,
            enable_citations=data.get("enable_citations", False),
            provider_params_json=_EMPTY if params is None else orjson.dumps(params),
            job_id=job_id,
            metadata_json=metadata_json,
        )


_FIELDS = {"messages": "messages_json", "provider_params": "provider_params_json", "metadata": "metadata_json"}
_FORM = ("model", "temperature", "max_tokens", "response_model_name", "response_model_digest")


def check_defaults(params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` of `defaults()`, checked as `add_job` would, copied, and ready for `Job.parse`. A job's id can't be one.

    A file is only made absolute: each job that uses it reads it.
    """
    given = check.known(params)
    if "job_id" in given:
        raise ValidationError("job_id can't be a default: every job has its own. Give it in add_job(job_id=…).")
    if "messages" in given and ("prompt" in given or "file" in given):
        raise ValidationError(
            "defaults has messages together with prompt or file. A job takes one of the two: give one."
        )
    checked = {name: check.CHECKS[name](value) for name, value in given.items()}
    return {name: orjson.loads(value) if name in _FIELDS else value for name, value in checked.items()}


def _loaded(record: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        raise StateError(
            f"the state holds a job that is no JSON ({error}): the file is damaged. It was left as it is."
        ) from error
    form = data.get("form") if isinstance(data, dict) else None
    if form != RECORD_FORM:
        raise StateError(
            f"the state holds a job of form {form}, and this batchata reads form {RECORD_FORM}. Use the version that wrote it, "
            "or a newer one. It was left as it is."
        )
    found: dict[str, Any] = data
    return found
