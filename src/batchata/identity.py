"""How a job is known again: a digest of what the user gave, the id derived from it, and the key of an id in an index.

Running a script again is resuming, so a digest that moved would send, and bill, everything again. Form 1 is therefore
written in terms that no library's version can move: BLAKE2b with a digest of 16 bytes, over the UTF-8 of

    json.dumps([1, model, prompt, file, messages, temperature, max_tokens, shape, citations, params],
               sort_keys=True, ensure_ascii=False, separators=(",", ":"))

with what was given after `defaults` (null where it was not), `file` as the SHA-256 of its bytes, `shape` as the digest of
the response model's fields and constraints, `citations` as a boolean and `params` as null where there are none. Text is taken
as it is, without Unicode normalisation. Numbers in `params` go out as they were written, so 1 and 1.0 differ there;
`temperature` is always a float. The job's id, its metadata, and the file's name and place are no part of it.
"""

import json
from hashlib import blake2b

import orjson

from batchata.job import Job

FORM = 1
_params = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def digest(job: Job) -> bytes:
    """16 bytes that are equal exactly where two jobs ask the same."""
    return blake2b(canonical(job), digest_size=16).digest()


def canonical(job: Job) -> bytes:
    """Form 1 of `job`, as the module describes it. orjson writes what it and `json` write alike: all but floats."""
    temperature, params = job.temperature, job.provider_params_json
    return orjson.dumps(
        [
            FORM,
            job.model,
            job.prompt,
            job.file_sha256,
            None if job.messages_json is None else orjson.Fragment(job.messages_json),
            None if temperature is None else orjson.Fragment(repr(temperature)),
            job.max_tokens,
            job.response_model_digest,
            job.enable_citations,
            None if params == b"{}" else orjson.Fragment(_params(orjson.loads(params))),
        ]
    )


def derived_id(digest: bytes, place: int) -> str:
    """The id of a job that was given none. `place` counts identical jobs of one run from 1: only later ones show it."""
    return digest.hex() if place == 1 else f"{digest.hex()}-{place}"


def key64(job_id: str) -> int:
    """A signed 64-bit key of `job_id`, evenly spread, for an index that stays small. Two ids may share one: compare both."""
    return int.from_bytes(blake2b(job_id.encode(), digest_size=8).digest(), "big", signed=True)
