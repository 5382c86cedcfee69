"""Every refusal of `add_job`, with the words that tell the user what to do."""

import math
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from batchata.errors import ValidationError
from batchata.job import Job

ASK: dict[str, Any] = {"prompt": "Why?", "model": "m"}
USER = [{"role": "user", "content": "hi"}]


class Invoice(BaseModel):
    total: float


@dataclass
class Record:
    total: float


class Numberlike:
    def item(self) -> int:
        return 1


def refusal(kwargs: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Job.parse(kwargs)
    return str(caught.value)


REFUSED: list[tuple[dict[Any, Any], str]] = [
    (
        {**ASK, "temprature": 1},
        "'temprature' is no argument of a job. Did you mean temperature? Allowed: messages, file",
    ),
    ({**ASK, "api_key": "sk-ant-abcdefgh"}, "'api_key' is no argument"),
    ({**ASK, 3: 1}, "3 is no argument"),
    ({"prompt": "Why?"}, "model is not given. Name it in add_job(model=…)"),
    ({**ASK, "model": ""}, "model is ''. Give 1 to 200"),
    ({**ASK, "model": "gpt 5"}, "model is 'gpt 5'"),
    ({**ASK, "model": "gpt\n"}, "model is 'gpt\\n'"),
    ({**ASK, "model": 5}, "model is 5. Give its name"),
    ({**ASK, "model": "key sk-ant-abcdefgh"}, "model is a string that looks like a key (not shown)"),
    ({"model": "m"}, "neither messages nor prompt is given"),
    ({"model": "m", "file": "a.txt"}, "file is given without prompt"),
    ({**ASK, "messages": USER}, "messages and prompt are both given"),
    ({"model": "m", "file": "a.txt", "messages": USER}, "messages and file are both given"),
    ({**ASK, "prompt": ""}, "prompt is ''"),
    ({**ASK, "prompt": " \n"}, "there is no text in it"),
    ({**ASK, "prompt": ["a"]}, "prompt is a list of length 1. Give a string"),
    ({**ASK, "prompt": "a\ud800"}, "prompt: half a surrogate pair at character 1"),
    ({**ASK, "temperature": True}, "temperature is True. Give a number from 0 to 2"),
    ({**ASK, "temperature": math.nan}, "temperature is nan"),
    ({**ASK, "temperature": math.inf}, "temperature is inf"),
    ({**ASK, "temperature": 2.01}, "temperature is 2.01"),
    ({**ASK, "temperature": -0.1}, "temperature is -0.1"),
    ({**ASK, "temperature": "0.5"}, "temperature is '0.5'"),
    ({**ASK, "temperature": Decimal("0.5")}, "temperature is an object of type Decimal"),
    ({**ASK, "max_tokens": 0}, "max_tokens is 0. Give a whole number of at least 1"),
    ({**ASK, "max_tokens": -1}, "max_tokens is -1"),
    ({**ASK, "max_tokens": True}, "max_tokens is True"),
    ({**ASK, "max_tokens": 10.0}, "max_tokens is 10.0"),
    ({**ASK, "max_tokens": 10**5000}, "max_tokens is an integer of 16610 bits"),
    ({**ASK, "enable_citations": 1}, "enable_citations is 1. Give True or False"),
    ({**ASK, "response_model": Invoice(total=1)}, "That is an instance: give the class itself, Invoice"),
    ({**ASK, "response_model": {"type": "object"}}, "response_model is a dict of length 1. Give a class that inherits"),
    (
        {**ASK, "response_model": Record},
        "the class Record. Give a class that inherits from pydantic.BaseModel; a dataclass",
    ),
    ({**ASK, "response_model": BaseModel}, "the class BaseModel"),
    ({**ASK, "response_model": "Invoice"}, "response_model is 'Invoice'"),
    ({**ASK, "job_id": 7}, "job_id is 7. Give a string, e.g. str(row_id)"),
    ({**ASK, "job_id": ""}, "it is empty"),
    ({**ASK, "job_id": "a/b"}, "it holds '/'"),
    ({**ASK, "job_id": "..\\a"}, "it holds '\\\\'"),
    ({**ASK, "job_id": ".hidden"}, "starts or ends with a dot"),
    ({**ASK, "job_id": "a."}, "starts or ends with a dot"),
    ({**ASK, "job_id": "a "}, "or a space"),
    ({**ASK, "job_id": "con"}, "Windows keeps that name"),
    ({**ASK, "job_id": "COM1.x"}, "Windows keeps that name"),
    ({**ASK, "job_id": "LPT¹"}, "Windows keeps that name"),
    ({**ASK, "job_id": "a\n"}, "it holds '\\n'"),
    ({**ASK, "job_id": "a\u202eb"}, "it holds '\\u202e'"),
    ({**ASK, "job_id": "a\ud800"}, "it holds '\\ud800'"),
    ({**ASK, "job_id": "e\u0301"}, "composed form"),
    ({**ASK, "job_id": "x" * 129}, "it has 129 bytes"),
    ({**ASK, "job_id": "ä" * 65}, "it has 130 bytes"),
    ({**ASK, "metadata": {"a": [1, {2}]}}, "metadata['a'][1]: a set of length 1 is no JSON value. Allowed: None"),
    ({**ASK, "metadata": math.nan}, "metadata: nan is no JSON value. Give None"),
    ({**ASK, "metadata": {"a": (1.0, math.inf)}}, "metadata['a'][1]: inf is no JSON value"),
    ({**ASK, "metadata": {"a": b"x"}}, "metadata['a']: bytes of length 1 is no JSON value. Give it as base64"),
    ({**ASK, "metadata": {1: 2}}, "metadata: the key 1 is no string"),
    ({**ASK, "metadata": UUID(int=1)}, "an object of type UUID is no JSON value"),
    ({**ASK, "metadata": [Numberlike()]}, "metadata[0]: an object of type Numberlike is no JSON value. Give the plain"),
    ({**ASK, "metadata": Invoice(total=1)}, "value.model_dump(mode='json')"),
    ({**ASK, "metadata": 2**64}, "an integer of 65 bits does not fit JSON's 64 bits"),
    ({**ASK, "metadata": ["\ud800"]}, "metadata[0]: half a surrogate pair"),
    ({**ASK, "provider_params": [1]}, "provider_params is a list of length 1. Give a dict"),
    ({**ASK, "provider_params": {"x": {"y": {1}}}}, "provider_params['x']['y']: a set of length 1"),
    ({**ASK, "provider_params": {"stream": False}}, "provider_params has 'stream', which the library sets itself"),
    ({**ASK, "provider_params": {"max_completion_tokens": 1}}, "Use the argument max_tokens"),
    ({"model": "m", "messages": "hi"}, "messages is 'hi'. Give a list of dicts"),
    ({"model": "m", "messages": [{"role": "user"}]}, "messages[0] has no 'content'"),
    ({"model": "m", "messages": []}, "messages is a list of length 0"),
    ({"model": "m", "messages": [Invoice(total=1)]}, "messages[0]: an object of type Invoice is no JSON value"),
    ({**ASK, "file": b"a.txt"}, "file is bytes of length 5. Give a path as str or pathlib.Path"),
    ({**ASK, "file": ""}, "file is ''"),
    ({**ASK, "file": "a\0b"}, "file is 'a\\x00b'"),
    ({**ASK, "file": "a\udcff"}, "Rename the file"),
    ({**ASK, "file": "https://host/x?token=hush"}, "file is a https URL. No URL is fetched: download it"),
    ({**ASK, "file": "/no/such/file.txt"}, "file is '/no/such/file.txt', which does not exist"),
]


@pytest.mark.parametrize(("kwargs", "words"), REFUSED, ids=[words[:40] for _, words in REFUSED])
def test_it_is_refused_with_words_that_help(kwargs: dict[Any, Any], words: str) -> None:
    message = refusal(kwargs)
    assert words in message
    assert "abcdefgh" not in message
    assert "hush" not in message


@pytest.mark.parametrize("job", [None, "prompt", ["prompt"], 3])
def test_a_job_is_a_dict(job: Any) -> None:
    assert "Give a dict of add_job's arguments" in refusal(job)


def test_what_is_inside_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "nested deeper than 100" in refusal({**ASK, "metadata": loop})
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert "nested deeper than 100" in refusal({**ASK, "metadata": deep})
    assert Job.parse({**ASK, "metadata": deep[0]}).metadata == deep[0]


def test_a_file_has_to_be_a_file_with_content(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    assert "which is a directory" in refusal({**ASK, "file": tmp_path})
    assert "which is empty (0 bytes)" in refusal({**ASK, "file": tmp_path / "empty.txt"})


@pytest.mark.skipif(os.name != "posix", reason="pipes and links as POSIX has them")
def test_a_pipe_is_refused_before_it_is_waited_for_and_a_loop_of_links_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refusal({**ASK, "file": tmp_path / "pipe"})
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "can't be read: Too many levels of symbolic links" in refusal({**ASK, "file": tmp_path / "loop"})


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_file_has_to_be_readable(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "a.txt").chmod(0)
    user = os.geteuid()
    if user == 0:  # root reads everything, so nobody asks
        os.seteuid(65534)
    try:
        told = refusal({**ASK, "file": tmp_path / "a.txt"})
    finally:
        os.seteuid(user)
    assert "can't be read: Permission denied. Make it readable first." in told
