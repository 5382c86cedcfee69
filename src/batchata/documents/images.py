"""JPEG, PNG, GIF and WebP: the bytes as they are, with what their header says. Nothing is decoded, so nothing can explode."""

from batchata import image_header
from batchata.errors import DocumentError
from batchata.request import Image

MAX_IMAGE_BYTES = 50 * 1024 * 1024
MAX_SIDE = 20_000
"""Pixels. Far above what a provider takes; each says its own figure when it is asked."""


def read_image(data: bytes, name: str) -> Image:
    """The image of a file whose first bytes say that it is one. Raises DocumentError."""
    media_type, size = image_header.media_type(data), image_header.size(data)
    if media_type is None or size is None or 0 in size:
        raise DocumentError(f"{name}: the image is broken: its header tells no width and height. Save it anew")
    width, height = size
    if max(size) > MAX_SIDE:
        raise DocumentError(
            f"{name}: the image is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side are read. Scale it down"
        )
    if len(data) > MAX_IMAGE_BYTES:
        raise DocumentError(
            f"{name}: the image has {len(data):,} bytes; at most {MAX_IMAGE_BYTES:,} are read. Scale it down"
        )
    return Image(media_type, data, width, height)
