"""INPUT, options and `--schema`: what a command line means before anything is sent."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchata import ValidationError
from batchata.cli import dotenv, inputs, options, schema
from batchata.cli.json_schema import model_from
from batchata.output import schema_for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/x.txt", "a/deep/y.md", "a/.hidden.txt", "a/z.exe", "b/x.txt", "t.csv", "u.jsonl", "v.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.mark.parametrize(
    ("given", "prompt", "recursive", "documents", "tables"),
    [
        (["a"], "Sum up.", False, ["a/x.txt"], []),
        (["a"], "Sum up.", True, ["a/deep/y.md", "a/x.txt"], []),
        (["a/**/*.md", "a/deep"], "Sum up.", False, ["a/deep/y.md"], []),
        (["t.csv", "u.jsonl"], "Classify: {text}", False, [], ["t.csv", "u.jsonl"]),
        (["t.csv", "u.jsonl"], "Sum up.", False, ["t.csv", "u.jsonl"], []),
        (["t.csv"], 'Answer as {"mood": ...', False, ["t.csv"], []),
        (["v.parquet", "a/x.txt"], "Classify: {text}", False, ["a/x.txt"], ["v.parquet"]),
    ],
)
def test_what_the_inputs_come_to(
    folder: Path, given: list[str], prompt: str, recursive: bool, documents: list[str], tables: list[str]
) -> None:
    found = inputs.find([str(folder / one) for one in given], prompt, recursive=recursive, table=None)
    assert (names(found.documents, folder), names(found.tables, folder)) == (documents, tables)
    assert dict(found.skipped) == ({".exe": 1} if given == ["a"] else {})


def test_what_is_no_regular_file_is_told_and_never_opened(folder: Path, look: Any) -> None:
    (folder / "a/x.txt").unlink()
    for name in ("a/pipe.txt", "pipe.csv"):
        os.mkfifo(folder / name)
    (folder / "a/gone.txt").symlink_to(folder / "nowhere")
    ask = ("-m", "local/none.gguf", "--state", "p.db")
    told = look("estimate", "pipe.csv", "-p", "Classify: {text}", *ask)
    assert (told.code, "'pipe.csv', which is a named pipe (FIFO), no regular file" in told.err) == (2, True)
    found = inputs.find(
        [str(folder / "a"), str(folder / "a/*.txt"), "/dev/null"], "Sum up.", recursive=False, table=None
    )
    assert [path.name for path in found.documents] == ["gone.txt", "pipe.txt", "null"]
    told = look("estimate", "a", "/dev/null", "-p", "Sum up.", *ask)
    assert told.code == 2
    assert "pipe.txt', which is a named pipe (FIFO), no regular file. Write what it gives into" in told.out
    assert "/dev/null', which is a device" in told.out
    assert "gone.txt', which does not exist" in told.out


def test_inputs_that_are_none(folder: Path) -> None:
    for given, table, words in [
        ("no.txt", None, "does not exist"),
        ("*.nix", None, "matches no file"),
        ("a/x.txt", True, "is no table"),
    ]:
        with pytest.raises(ValidationError, match=words):
            inputs.find([str(folder / given)], "Sum up.", recursive=False, table=table)
    (folder / "empty").mkdir()
    with pytest.raises(ValidationError, match="nothing to send"):
        inputs.find([str(folder / "empty")], "Sum up.", recursive=False, table=None)


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    paths = [Path("/r/a/x.txt"), Path("/r/b/x.txt"), Path("/r/y.txt"), Path("/r/we:ird.txt")]
    assert inputs.named(paths) == ["a--x.txt", "b--x.txt", "y.txt", None]


def test_times_prices_and_parameters() -> None:
    assert [options.seconds(given) for given in ("90s", "30m", "1h30m", "0.5d")] == [90, 1_800, 5_400, 43_200]
    assert options.prices(["openai/x=0.1,0.4"]) == {"openai/x": (Decimal("0.1"), Decimal("0.4"))}
    assert options.params(["top_p=0.9", "stop=[1]", "name=plain"]) == {"top_p": 0.9, "stop": [1], "name": "plain"}
    for wrong in ("soon", "5", "1h30", "0s", "-1h"):
        with pytest.raises(ValidationError, match="--time-limit"):
            options.seconds(wrong)
    with pytest.raises(ValidationError, match="--price 'm=1'"):
        options.prices(["m=1"])
    with pytest.raises(ValidationError, match="--param"):
        options.params(["top_p"])


# -- .env


def test_a_dotenv_gives_known_names_only_and_never_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# keys\n"
        "export ANTHROPIC_API_KEY='from # file'\n"
        'OPENAI_API_KEY="from-file"  # a comment\n'
        "GOOGLE_API_KEY = plain#value # comment\n"
        "PATH=/evil\nLD_PRELOAD=evil.so\nOPENAI_ORG_ID=1\n"
        "ANTHROPIC_BASE_URL=https://user:secret@elsewhere.example:8443/v1?token=secret\n"
        "BATCHATA_VLLM_BASE_URL=http://localhost:8000/v1\n"
    )
    for name in ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "ANTHROPIC_BASE_URL", "BATCHATA_VLLM_BASE_URL"):
        monkeypatch.setenv(name, "")  # so that what is taken is put back afterwards
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    path = os.environ["PATH"]
    taken = dotenv.load(file)
    assert taken == ["ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "ANTHROPIC_BASE_URL", "BATCHATA_VLLM_BASE_URL"]
    assert os.environ["ANTHROPIC_API_KEY"] == "from # file"
    assert os.environ["GOOGLE_API_KEY"] == "plain#value"
    assert (os.environ["OPENAI_API_KEY"], os.environ["PATH"]) == ("from-environment", path)
    told = capsys.readouterr().err
    assert "ANTHROPIC_BASE_URL is taken from" in told
    assert "https://elsewhere.example:8443" in told
    assert "secret" not in told
    assert "from # file" not in told


def test_no_dotenv_is_no_matter(tmp_path: Path) -> None:
    assert dotenv.load(tmp_path / ".env") == []


# -- --schema

INVOICE: dict[str, Any] = {
    "title": "Invoice",
    "description": "What is owed.",
    "type": "object",
    "properties": {
        "number": {"type": "string", "pattern": "^[A-Z]{2}", "maxLength": 9},
        "date": {"type": "string", "format": "date"},
        "kind": {"enum": ["bill", "credit"]},
        "line items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
        "note": {"type": ["string", "null"], "description": "As printed."},
        "paid": {"const": True},
        "by_country": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "required": ["number", "date", "kind", "line items"],
    "additionalProperties": False,
    "$defs": {
        "Line": {
            "type": "object",
            "properties": {
                "amount": {"type": "number", "exclusiveMinimum": 0},
                "count": {"type": "integer", "default": 1},
            },
            "required": ["amount"],
        }
    },
}
GOOD: dict[str, Any] = {"number": "AB1", "date": "2026-01-02", "kind": "bill", "line items": [{"amount": 1.5}]}


def test_a_schema_becomes_a_model_that_takes_what_the_schema_takes() -> None:
    model = model_from(INVOICE, "x")
    assert model.__name__ == "Invoice"
    made = model.model_validate_json(json.dumps({**GOOD, "paid": True, "by_country": {"FR": 2}, "note": None}))
    plain = made.model_dump(mode="json")
    assert plain["line items"] == [{"amount": 1.5, "count": 1}]
    assert plain["by_country"] == {"FR": 2.0}


@pytest.mark.parametrize(
    "wrong",
    [{"number": "ab"}, {"number": "ABCDEFGHIJ"}, {"date": "soon"}, {"kind": "other"}, {"line items": []}, {"line items": [{"amount": 0}]}, {"more": 1}, {"paid": False}, {"by_country": {"FR": "much"}}],
)  # fmt: skip
def test_and_refuses_what_the_schema_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Invoice"):
        model_from(INVOICE, "x").model_validate_json(json.dumps({**GOOD, **wrong}))


def test_a_model_s_own_schema_makes_the_same_schema_again() -> None:
    class Line(BaseModel):
        amount: float
        tags: list[str]

    class Bill(BaseModel):
        """A bill."""

        lines: list[Line]
        note: str | None = None

    assert schema_for(model_from(schema_for(Bill), "x")) == schema_for(Bill)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"not": {"type": "string"}}, "lines.a: 'not' is not understood"),
        ({"type": "tuple"}, "lines.a: type 'tuple' is not understood"),
        ({"$ref": "other.json"}, "lines.a: \\$ref 'other.json'"),
        ({"$ref": "#/$defs/Node"}, "'Node' refers to itself"),
        ({"enum": [1.5]}, "lines.a: an enum holds"),
        ({"allOf": [{}, {}]}, "lines.a: allOf"),
        ({"type": "string", "pattern": "("}, "lines.a: pattern"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_place(part: dict[str, Any], words: str) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    whole = {"properties": {"lines": {"type": "object", "properties": {"a": part}}}, "$defs": {"Node": node}}
    with pytest.raises(ValidationError, match=words):
        model_from(whole, "x")


def test_a_schema_is_a_file_or_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shapes_of_cli_test.py").write_text(
        "from pydantic import BaseModel\nclass Mood(BaseModel):\n    mood: str\nother = 1\n"
    )
    (tmp_path / "mood.json").write_text(json.dumps(INVOICE))
    monkeypatch.chdir(tmp_path)
    assert schema.load("mood.json").__name__ == "Invoice"
    assert schema.load("shapes_of_cli_test:Mood").__name__ == "Mood"
    assert schema.load(str(tmp_path / "shapes_of_cli_test.py:Mood")).__name__ == "Mood"
    for wrong in (
        "Mood",
        "no_such_module_here:Mood",
        "shapes_of_cli_test:Nope",
        "shapes_of_cli_test:other",
        "none.json",
    ):
        with pytest.raises(ValidationError):
            schema.load(wrong)
