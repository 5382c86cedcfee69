"""Frames: what is written is read back, and nothing else is believed."""

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchata.documents import frames


@given(st.lists(st.lists(st.binary(), max_size=5), max_size=5))
def test_frames_come_back_as_they_were_sent(sent: list[list[bytes]]) -> None:
    stream = io.BytesIO()
    for parts in sent:
        frames.write(stream, parts)
    stream.seek(0)
    assert [frames.read(stream, max_parts=5, max_bytes=10_000) for _ in sent] == sent
    assert frames.read(stream, max_parts=5, max_bytes=10_000) is None


@given(st.integers(min_value=1, max_value=30))
def test_a_frame_cut_short_is_no_frame(kept: int) -> None:
    stream = io.BytesIO()
    frames.write(stream, [b"pages", b"12345678"])
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(stream.getvalue()[:kept]), max_parts=5, max_bytes=100)


@pytest.mark.parametrize("head", [struct.pack(">I", 4_000_000_000), struct.pack(">IQQ", 2, 1, 2**63)])
def test_a_frame_beyond_the_limits_is_refused_before_it_is_read(head: bytes) -> None:
    with pytest.raises(frames.FrameError, match="at most"):
        frames.read(io.BytesIO(head), max_parts=5, max_bytes=100)


@given(st.binary(max_size=100))
def test_garbage_is_a_frame_or_an_error(data: bytes) -> None:
    with contextlib.suppress(EOFError, frames.FrameError):
        frames.read(io.BytesIO(data), max_parts=5, max_bytes=100)
