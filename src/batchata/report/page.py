"""The file itself: the page, its style and script, and the data, put together so that no data can become code.

Data stands in `<script type="application/json">` blocks, with every character that HTML or an old JavaScript could take for its
own written as an escape; only the one script whose hash is in the policy ever runs.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import orjson

from batchata.report.documents import Shown
from batchata.report.entries import Entry

CHUNK = 100  # results in one block: a block is read when one of them is opened

_SCRIPTS = ("words.js", "summary.js", "table.js", "source.js", "view.js", "start.js")
_ESCAPES = tuple((char.encode(), b"\\u%04x" % ord(char)) for char in "<>&\u2028\u2029")


def made(told: dict[str, Any], entries: Sequence[Entry], documents: Sequence[Shown]) -> bytes:
    """The report. `told` is what `summary.told` gives, and the names and times that stand above it."""
    parts = files("batchata.report")
    style = parts.joinpath("style.css").read_bytes()
    script = (
        b'"use strict";\n(() => {\n' + b"\n".join(parts.joinpath(name).read_bytes() for name in _SCRIPTS) + b"})();\n"
    )
    page = parts.joinpath("page.html").read_bytes()
    main = {**told, "rows": [entry.row for entry in entries], "chunk": CHUNK, "docs": [_told(one) for one in documents]}
    fills = {
        b"%POLICY%": _policy(style, script).encode(),
        b"%STYLE%": style,
        b"%MAIN%": _block("main", main),
        b"%SCRIPT%": b"<script>%s</script>" % script,
        b"%DATA%": b"\n".join([*_details(entries), *_documents(documents)]),
    }
    return _filled(page, fills)


def _filled(page: bytes, fills: dict[bytes, bytes]) -> bytes:
    """Each mark replaced once, in order: what is put in is not looked at again."""
    done: list[bytes] = []
    for mark, fill in fills.items():
        before, _, page = page.partition(mark)
        done += [before, fill]
    return b"".join([*done, page])


def _policy(style: bytes, script: bytes) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def _block(name: str, data: Any) -> bytes:
    text = orjson.dumps(data)
    for char, escape in _ESCAPES:
        text = text.replace(char, escape)
    return b'<script type="application/json" id="%s">%s</script>' % (name.encode(), text)


def _details(entries: Sequence[Entry]) -> Iterator[bytes]:
    for start in range(0, len(entries), CHUNK):
        yield _block(f"results-{start // CHUNK}", [entry.detail for entry in entries[start : start + CHUNK]])


def _told(document: Shown) -> dict[str, Any]:
    """What is known of a document before it is looked at."""
    kind = "text" if document.pieces is not None else "picture" if document.picture is not None else "pages"
    return {
        "name": document.name,
        "note": document.note,
        "kind": kind,
        "count": document.count,
        "pages": [[one.page, one.width, one.height] for _, one in sorted(document.pages.items())],
    }


def _documents(documents: Sequence[Shown]) -> Iterator[bytes]:
    for number, document in enumerate(documents):
        if document.pieces is not None:
            yield _block(f"text-{number}", document.pieces)
        if document.picture is not None:
            yield _block(f"picture-{number}", _data_url(document.picture.media_type, document.picture.data))
        for page, picture in document.pages.items():
            yield _block(f"page-{number}-{page}", _data_url("image/png", picture.png))


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
