"""Every kind of response model, through each dialect, to an instance and back."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    SecretStr,
    create_model,
    field_validator,
)
from response_models import (
    MATRIX,
    REFUSED,
    Blob,
    Bounds,
    Cat,
    Customer,
    Defaults,
    Dog,
    Empty,
    Flat,
    Groups,
    Invoice,
    Kinds,
    Lengths,
    Line,
    Long,
    ManyNullable,
    ManyOptional,
    Maybe,
    Names,
    Node,
    Open,
    Pets,
    Prices,
    Sum,
    Texts,
    many,
)

from batchata.errors import ValidationError
from batchata.output import (
    ANTHROPIC,
    DIALECTS,
    GEMINI,
    LLAMA_CPP,
    OPENAI,
    Dialect,
    Invalid,
    read_answer,
    schema_for,
    strict_schema,
)
from batchata.plain import from_plain, to_plain

EVERY = list(DIALECTS.values())
SENT = [
    pytest.param(model, text, dialect, id=f"{model.__name__}-{dialect.name}")
    for model, text in MATRIX
    for dialect in EVERY
    if model not in REFUSED[dialect.name]
]
EACH = [pytest.param(model, text, id=model.__name__) for model, text in MATRIX]


# what the providers document, written down a second time


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every place of a schema where a schema stands."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from nodes(part)
    for key in ("anyOf", "prefixItems"):
        for part in schema.get(key, []):
            yield from nodes(part)
    yield from nodes(schema.get("items"))
    yield from nodes(schema.get("additionalProperties"))


BASE = {
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "enum",
    "const",
}
REFERENCES = {"$ref", "$defs"}


def anthropic_takes(schema: dict[str, Any]) -> None:
    every = list(nodes(schema))
    formats = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
    for node in every:
        assert node.keys() <= BASE | REFERENCES | {"format", "minItems"}
        assert node.keys() & {"type", "anyOf", "enum", "const", "$ref"}
        assert node.get("type") != "object" or node["additionalProperties"] is False
        assert node.get("minItems", 0) in (0, 1)
        assert node.get("format", "date") in formats
        assert "$ref" not in node or node.keys() == {"$ref"}
        assert all(value is None or isinstance(value, str | int | float) for value in node.get("enum", []))
        assert set(node.get("required", [])) <= set(node.get("properties", {}))
        assert "$ref" not in node or node["$ref"][8:] in defs_of(schema)
    assert sum("anyOf" in node for node in every) <= 16
    assert sum(len(node.get("properties", {})) - len(node.get("required", [])) for node in every) <= 24
    no_recursion(schema)


def no_recursion(schema: dict[str, Any]) -> None:
    targets = {
        name: {node["$ref"][8:] for node in nodes(part) if "$ref" in node} for name, part in defs_of(schema).items()
    }
    while targets:
        leaves = {name for name, led_to in targets.items() if not led_to & targets.keys()}
        assert leaves, f"these lead to themselves: {targets}"
        targets = {name: led_to for name, led_to in targets.items() if name not in leaves}


def llama_cpp_takes(schema: dict[str, Any]) -> None:
    for node in nodes(schema):
        bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
        counts = {"minItems", "maxItems", "minLength", "maxLength"}
        assert node.keys() <= BASE | REFERENCES | bounds | counts | {"format", "pattern", "prefixItems"}
        assert node.get("format", "date") in {"date", "time", "date-time", "uuid"}
        assert "$ref" not in node or node["$ref"][8:] in defs_of(schema)
        assert not node.keys() & bounds or node["type"] == "integer"
        assert all(type(node[key]) is int and abs(node[key]) < 2**63 for key in node.keys() & bounds)
        assert all(node[key] <= 1000 for key in node.keys() & counts)
        assert not re.search(r'["\\]|\[\^|\(\?|(?<!\[)\.', node.get("pattern", ""))


OPENAI_NUMBERS = {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "enum", "const"}
OPENAI_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "format", "enum", "const"},
    "integer": OPENAI_NUMBERS,
    "number": OPENAI_NUMBERS,
    "boolean": {"enum", "const"},
    "null": set(),
}


def openai_takes(schema: dict[str, Any]) -> None:
    every = list(nodes(schema))
    assert schema["type"] == "object"
    for node in every:
        assert len(node.keys() & {"type", "anyOf", "$ref"}) == 1, node
        if "type" in node:
            said = {"type", "title", "description"} | ({"$defs"} if node is schema else set())
            assert node.keys() <= OPENAI_KEYWORDS[node["type"]] | said
        elif "anyOf" in node:
            assert node.keys() <= {"anyOf", "title", "description"}
        else:
            assert node.keys() == {"$ref"}
            assert node["$ref"][8:] in defs_of(schema)
        if node.get("type") == "object":
            assert node["properties"]
            assert node["additionalProperties"] is False
            assert sorted(node["required"]) == sorted(node["properties"])
        assert node.get("type") != "array" or node["items"]
        formats = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
        assert node.get("format", "date") in formats
        assert not re.search(r"\(\?[=!<]", node.get("pattern", ""))
    openai_sizes(schema, every)


def openai_sizes(schema: dict[str, Any], every: list[dict[str, Any]]) -> None:
    names = [name for node in every for name in node.get("properties", {})]
    enums = [[str(value) for value in node["enum"]] for node in every if "enum" in node]
    assert len(names) <= 5000
    assert sum(map(len, enums)) <= 1000
    assert all(len("".join(enum)) <= 15_000 for enum in enums if len(enum) > 250)
    assert len("".join([*names, *defs_of(schema), *(value for enum in enums for value in enum)])) <= 120_000
    assert all(depth(part) <= 10 for part in [schema, *defs_of(schema).values()])


def depth(node: dict[str, Any]) -> int:
    below = [*node.get("properties", {}).values(), *node.get("anyOf", [])]
    if "items" in node:
        below.append(node["items"])
    return 1 + max(map(depth, below)) if below else 0


GEMINI_KEYWORDS = {
    "OBJECT": {"properties", "required", "propertyOrdering"},
    "ARRAY": {"items", "minItems", "maxItems"},
    "STRING": {"format", "enum", "minLength", "maxLength", "pattern"},
    "INTEGER": {"minimum", "maximum"},
    "NUMBER": {"minimum", "maximum"},
    "BOOLEAN": set(),
    "NULL": set(),
}


def gemini_takes(schema: dict[str, Any]) -> None:
    assert "$" not in json.dumps(schema).replace('$"', "")  # no references; a pattern may end in one
    for node in nodes(schema):
        if "anyOf" in node:
            assert node.keys() == {"anyOf"}
            assert all("type" in branch for branch in node["anyOf"])
            assert len(node["anyOf"]) > 1
            continue
        assert node.keys() <= GEMINI_KEYWORDS[node["type"]] | {"type", "title", "description", "nullable"}
        assert node.get("nullable", True) is True
        assert node.get("format", "enum") in ("date-time", "enum")
        assert ("enum" in node) == (node.get("format") == "enum")
        assert all(isinstance(value, str) and value for value in node.get("enum", []))
        if node["type"] == "OBJECT":
            assert node["properties"]
            assert node["propertyOrdering"] == list(node["properties"])
            assert set(node.get("required", [])) <= set(node["properties"])
        if node["type"] == "ARRAY":
            assert node["items"]


RULES: dict[str, Callable[[dict[str, Any]], None]] = {
    "Anthropic": anthropic_takes,
    "Gemini": gemini_takes,
    "OpenAI": openai_takes,
    "llama.cpp": llama_cpp_takes,
}


def in_json_schema(node: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0, as much of it as Gemini takes, as the JSON Schema that says the same."""
    if "anyOf" in node:
        return {"anyOf": [in_json_schema(branch) for branch in node["anyOf"]]}
    said: dict[str, Any] = {**node, "type": node["type"].lower()}
    if said["type"] == "object":
        named = {name: in_json_schema(part) for name, part in node["properties"].items()}
        said |= {"properties": named, "required": node.get("required", []), "additionalProperties": False}
    if said["type"] == "array":
        said["items"] = in_json_schema(node["items"])
    return {"anyOf": [said, {"type": "null"}]} if node.get("nullable") else said


def readable(schema: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    return in_json_schema(schema) if dialect is GEMINI else schema


def defs_of(schema: dict[str, Any]) -> dict[str, Any]:
    defs: dict[str, Any] = schema.get("$defs", {})
    return defs


def fits(value: Any, schema: Any, defs: dict[str, Any]) -> bool:
    """JSON Schema, as much of it as the dialects send."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema and not fits(value, defs[schema["$ref"][8:]], defs):
        return False
    if "anyOf" in schema and not any(fits(value, branch, defs) for branch in schema["anyOf"]):
        return False
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return False
    return fits_type(value, schema, defs)


def fits_type(value: Any, schema: dict[str, Any], defs: dict[str, Any]) -> bool:
    match schema.get("type"):
        case "object":
            named = schema["properties"]
            further = {key: item for key, item in value.items() if key not in named} if isinstance(value, dict) else {}
            return (
                isinstance(value, dict)
                and set(schema["required"]) <= value.keys()
                and all(fits(value[key], part, defs) for key, part in named.items() if key in value)
                and all(fits(item, schema["additionalProperties"], defs) for item in further.values())
            )
        case "array":
            places = schema.get("prefixItems", [])
            least, most = schema.get("minItems", 0), schema.get("maxItems", 10**9)
            return (
                isinstance(value, list)
                and least <= len(value) <= most
                and all(fits(item, part, defs) for item, part in zip(value, places, strict=False))
                and all(fits(item, schema.get("items", True), defs) for item in value[len(places) :])
            )
        case "string":
            least, most = schema.get("minLength", 0), schema.get("maxLength", 10**9)
            return (
                isinstance(value, str)
                and least <= len(value) <= most
                and bool(re.search(schema.get("pattern", ""), value))
            )
        case "integer":
            return type(value) is int and fits_bounds(value, schema)
        case "number":
            return type(value) in (int, float) and fits_bounds(value, schema)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case _:
            return True


def fits_bounds(value: float, schema: dict[str, Any]) -> bool:
    least, most = schema.get("minimum", value), schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum", value - 1), schema.get("exclusiveMaximum", value + 1)
    return bool(least <= value <= most and above < value < below and value % schema.get("multipleOf", value or 1) == 0)


# the matrix


@pytest.mark.parametrize(("model", "text", "dialect"), SENT)
def test_a_translation_keeps_the_dialects_rules(model: type[BaseModel], text: str, dialect: Dialect) -> None:
    RULES[dialect.name](strict_schema(schema_for(model), dialect))


@pytest.mark.parametrize(("model", "text", "dialect"), SENT)
def test_a_valid_answer_fits_the_translation(model: type[BaseModel], text: str, dialect: Dialect) -> None:
    schema = readable(strict_schema(schema_for(model), dialect), dialect)
    answer = json.loads(text)
    if isinstance(answer, dict):  # what may be left out is there as null where the dialect wants it
        answer |= {name: None for name in schema.get("required", []) if name not in answer}
        assert answer.keys() >= set(schema["required"])
    filled = json.loads(json.dumps(answer).replace('{"street": "S"}', '{"street": "S", "city": null}'))
    assert fits(filled, schema, defs_of(schema))
    assert not isinstance(read_answer(json.dumps(filled), model), Invalid)


BAD = [
    (Flat, '{"name":"A","amount":1.5,"count":"2","paid":true}'),
    (Flat, '{"name":"A","amount":1.5,"paid":true}'),
    (Sum, '{"total":"$1","tax":null}'),
    (Kinds, '{"colour":"green","level":2,"mixed":2,"word":"y","one":1}'),
    (Maybe, '{"note":null,"needed":3,"address":{"city":null}}'),
    (Maybe, '{"note":7,"needed":3,"address":null}'),
    (Invoice, '{"lines":[],"grid":[[1,2],[]],"issued":"2024-01-31"}'),
    (Groups, '{"tags":["a"],"numbers":[1],"pair":[1,"a",2],"same":[1,2],"many":[0.5]}'),
    (Pets, '{"pet":{"kind":"cow"},"other":null,"word":"4"}'),
    (Bounds, '{"age":150,"step":10,"share":0.5,"huge":7}'),
    (Bounds, '{"age":15,"step":10,"share":1.5,"huge":7}'),
    (Texts, '{"code":"abc","short":"ab","long":"c","number":"123"}'),
    (Lengths, '{"one":[1],"few":[1]}'),
]


@pytest.mark.parametrize("dialect", [OPENAI, GEMINI])
@pytest.mark.parametrize(("model", "text"), BAD)
def test_a_wrong_answer_does_not_fit_what_can_be_enforced(model: type[BaseModel], text: str, dialect: Dialect) -> None:
    schema = readable(strict_schema(schema_for(model), dialect), dialect)
    assert not fits(json.loads(text), schema, defs_of(schema))


def takes(model: type[BaseModel], dialect: Dialect) -> bool:
    try:
        strict_schema(schema_for(model), dialect)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("dialect", EVERY, ids=lambda dialect: dialect.name)
def test_each_dialect_takes_every_kind_of_model_but_these(dialect: Dialect) -> None:
    assert {model for model, _ in MATRIX if not takes(model, dialect)} == REFUSED[dialect.name]


@pytest.mark.parametrize(("model", "text"), EACH)
def test_an_instance_survives_being_stored(model: type[BaseModel], text: str) -> None:
    instance = read_answer(text, model)
    assert isinstance(instance, model), instance
    stored = orjson.loads(orjson.dumps(to_plain(instance)))
    for again in (from_plain(stored, model), from_plain(stored, model, text)):
        assert again == instance
        assert repr(again) == repr(instance)  # 1.10 is not 1.1 here


@pytest.mark.parametrize(("model", "text"), EACH)
@pytest.mark.parametrize("wrap", ["{}", "\ufeff {}\n\n", "```json\n{}\n```", "Here it is:\n```\n{}\n```\nDone."])
def test_an_answer_is_read_in_its_wrapping(model: type[BaseModel], text: str, wrap: str) -> None:
    assert read_answer(wrap.replace("{}", text, 1), model) == model.model_validate_json(
        text, by_name=True, by_alias=True
    )


# the dialects


@pytest.mark.parametrize(
    ("model", "dialect", "words"),
    [
        (Node, ANTHROPIC, ["Node contains itself", "flat list"]),
        (Node, GEMINI, ["Node contains itself", "flat list"]),
        (Prices, ANTHROPIC, ["Prices.by_", "dict", "`key`"]),
        (Prices, GEMINI, ["Prices.by_", "dict", "`key`"]),
        (Prices, OPENAI, ["Prices.by_", "dict", "`key`"]),
        (Open, ANTHROPIC, ["Open.anything", "Any", "Name the type"]),
        (Open, OPENAI, ["Open.anything", "Any", "Name the type"]),
        (Names, OPENAI, ["Names is a list", "model of one field"]),
        (RootModel[Cat | Dog], OPENAI, ["a union", "model of one field"]),
        (RootModel[int], OPENAI, ["a single value", "model of one field"]),
        (create_model("Outer", inner=(Empty, ...)), GEMINI, ["Empty has no fields", "Give it one"]),
        (create_model("Outer", inner=(Empty, ...)), OPENAI, ["Empty has no fields", "Give it one"]),
    ],
)
def test_what_a_dialect_cannot_express_is_refused_by_name(
    model: type[BaseModel], dialect: Dialect, words: list[str]
) -> None:
    with pytest.raises(ValidationError) as raised:
        strict_schema(schema_for(model), dialect)
    assert all(word in str(raised.value) for word in ["response_model", dialect.name, *words])


# OpenAI


def told_by(dialect: Dialect, **fields: Any) -> dict[str, Any]:
    """The properties of a model of `fields`."""
    told: dict[str, Any] = strict_schema(schema_for(create_model("M", **fields)), dialect)["properties"]
    return told


def test_openai_fields_with_a_default_are_asked_for_and_told_it() -> None:
    schema = strict_schema(schema_for(Defaults), OPENAI)
    assert schema["required"] == ["tags", "made", "number"]
    assert schema["properties"]["made"]["description"] == 'Default: "2020-01-01"'
    assert schema["properties"]["number"] == {"type": "integer", "description": "Default: 5"}
    assert schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    told = told_by(OPENAI, word=(str | None, "a"), none=(str | None, None), wrong=(int, None), huge=(int, 10**30))
    assert told["word"] == {"anyOf": [{"type": "string"}, {"type": "null"}], "description": 'Default: "a"'}
    assert told["none"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert told["wrong"] == {"type": "integer"}  # null would not be taken: the class says a number
    assert told["huge"]["description"] == f"Default: {10**30}"


def test_openai_enforces_numbers_patterns_and_lengths_of_lists() -> None:
    sent = strict_schema(schema_for(Bounds), OPENAI)["properties"]
    assert sent["age"] == {"type": "integer", "minimum": 0, "exclusiveMaximum": 150}
    assert sent["step"] == {"type": "integer", "multipleOf": 5}
    assert sent["share"] == {"type": "number", "minimum": 0, "maximum": 1}
    assert sent["huge"] == {"type": "integer", "description": f"Must be: at most {10**30}."}
    assert strict_schema(schema_for(Lengths), OPENAI)["properties"]["few"]["maxItems"] == 4
    assert strict_schema(schema_for(Texts), OPENAI)["properties"]["number"]["pattern"] == r"^\d{3}$"
    assert "at most 3 characters" in strict_schema(schema_for(Texts), OPENAI)["properties"]["short"]["description"]
    assert "minimum" not in strict_schema(schema_for(Line), OPENAI)["properties"]["amount"]  # of a text it says nothing


@pytest.mark.parametrize("pattern", ["^(?=.*a)b$", "^(?!a)b$", "(?<=a)b", r"^(a)\1$", "(?i)a", r"\p{L}"])
def test_openai_is_told_patterns_it_refuses(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    sent = strict_schema(schema, OPENAI)["properties"]["a"]
    assert "pattern" not in sent
    assert pattern in sent["description"]


def test_the_openai_sdk_finds_nothing_to_change() -> None:
    sdk = pytest.importorskip("openai.lib._pydantic")
    for model, _ in MATRIX:
        if model not in REFUSED["OpenAI"]:
            schema = strict_schema(schema_for(model), OPENAI)
            copy = json.loads(json.dumps(schema))
            assert sdk._ensure_strict_json_schema(copy, path=(), root=copy) == schema


def test_openai_takes_a_model_within_itself() -> None:
    schema = strict_schema(schema_for(Node), OPENAI)
    assert schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    assert not fits({"name": "a", "children": [{"name": 1, "children": []}]}, schema, defs_of(schema))


LONG_WORDS: Any = Literal[tuple(f"{n:0100}" for n in range(300))]
WORDS: Any = Literal[tuple(f"{n}" for n in range(600))]


def deep(levels: int) -> type[BaseModel]:
    inner: Any = int
    for _ in range(levels):
        inner = list[inner]
    return create_model("Deep", field=(inner, ...))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (many("Wide", 5001, (int, ...)), "Wide has 5001 fields in all its classes together; OpenAI takes 5000"),
        (many("Choosy", 2, (WORDS, ...)), "Choosy has 1200 choices in its enums and literals; OpenAI takes 1000"),
        (create_model("Wordy", field=(LONG_WORDS, ...)), "30000 characters in one enum of over 250 choices"),
        (many("Named", 1_000, (int, ...), prefix="f" * 120), "122890 characters in its names and choices"),
        (deep(10), "Deep has 11 levels"),
    ],
)
def test_openai_limits_are_named_with_the_figure(model: type[BaseModel], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        strict_schema(schema_for(model), OPENAI)


def test_openai_takes_what_is_just_within_its_limits() -> None:
    for model in (many("Wide", 5000, (int, ...)), create_model("Choosy", field=(WORDS, ...)), deep(9)):
        openai_takes(strict_schema(schema_for(model), OPENAI))


# Gemini


def test_gemini_is_given_one_tree_of_its_own_spelling() -> None:
    assert strict_schema(schema_for(Maybe), GEMINI) == {
        "type": "OBJECT",
        "title": "Maybe",
        "properties": {
            "note": {"type": "STRING", "nullable": True},
            "needed": {"type": "INTEGER", "nullable": True},
            "address": {
                "type": "OBJECT",
                "nullable": True,
                "title": "Address",
                "description": "Where to send it.\n\nIf there is one.",
                "properties": {"street": {"type": "STRING"}, "city": {"type": "STRING", "nullable": True}},
                "required": ["street", "city"],
                "propertyOrdering": ["street", "city"],
            },
        },
        "required": ["note", "needed", "address"],
        "propertyOrdering": ["note", "needed", "address"],
    }


def test_the_gemini_sdk_sends_the_translation_unchanged() -> None:
    genai = pytest.importorskip("google.genai")
    transformers = pytest.importorskip("google.genai._transformers")
    for model, _ in MATRIX:
        if model in REFUSED["Gemini"]:
            continue
        schema = strict_schema(schema_for(model), GEMINI)
        sent = transformers.t_schema(None, json.loads(json.dumps(schema)))
        assert isinstance(sent, genai.types.Schema)
        assert sent.model_dump(by_alias=True, exclude_none=True, mode="json") == schema


def test_gemini_enumerates_texts_and_is_told_other_choices() -> None:
    told = strict_schema(schema_for(Kinds), GEMINI)["properties"]
    assert told["word"] == {"type": "STRING", "format": "enum", "enum": ["x", "y"]}
    assert told["level"] == {"type": "INTEGER", "title": "Level", "description": "Must be: one of 1, 2."}
    assert [branch["type"] for branch in told["mixed"]["anyOf"]] == ["STRING", "INTEGER"]
    blank: Any = Literal["", "a"]
    maybe: Any = Literal["a", None]  # noqa: PYI061 - an enum that holds null is the case at hand
    told = told_by(GEMINI, blank=(blank, ...), maybe=(maybe, ...), flag=(Literal[True], ...), none=(None, ...))
    assert told["blank"] == {"type": "STRING", "description": 'Must be: one of "", "a".'}
    assert told["maybe"] == {"type": "STRING", "format": "enum", "enum": ["a"], "nullable": True}
    assert told["flag"] == {"type": "BOOLEAN", "description": "Must be: one of true."}
    assert told["none"] == {"type": "NULL"}


def test_nothing_stands_beside_a_union_of_geminis() -> None:
    field: Any = (Cat | Dog | None, Field(None, description="The pet."))
    nested: Any = (RootModel[int | str] | None, Field(description="The key."))
    told = told_by(GEMINI, pet=field, nested=nested)
    assert told["pet"].keys() == {"anyOf"}
    assert [(branch["title"], branch["description"], branch["nullable"]) for branch in told["pet"]["anyOf"]] == [
        ("Cat", "The pet.", True),
        ("Dog", "The pet.", True),
    ]
    assert [branch["type"] for branch in told["nested"]["anyOf"]] == ["INTEGER", "STRING"]
    assert all(branch["nullable"] for branch in told["nested"]["anyOf"])


def test_gemini_is_sent_small_bounds_and_told_large_ones() -> None:
    bounds = told_by(
        GEMINI,
        above=(int, Field(gt=0, lt=150)),
        real=(float, Field(gt=0, le=1)),
        few=(list[str], Field(min_length=2, max_length=3)),
        lots=(list[str], Field(min_length=1, max_length=500)),
        lines=(list[Line], Field(min_length=1, max_length=3)),
        long=(str, Field(min_length=1, max_length=80)),
    )
    assert bounds["above"] == {"type": "INTEGER", "minimum": 1, "maximum": 149}
    assert bounds["real"] == {"type": "NUMBER", "maximum": 1, "description": "Must be: more than 0."}
    assert (bounds["few"]["minItems"], bounds["few"]["maxItems"]) == (2, 3)
    assert (bounds["lots"]["minItems"], bounds["lots"]["description"]) == (1, "Must be: at most 500 items.")
    assert (bounds["lines"]["minItems"], bounds["lines"]["description"]) == (1, "Must be: at most 3 items.")
    assert bounds["long"] == {"type": "STRING", "minLength": 1, "description": "Must be: at most 80 characters long."}


def test_gemini_is_spared_classes_within_classes_without_end() -> None:
    model = create_model("Level0", value=(int, ...))
    for level in range(1, 12):
        model = create_model(f"Level{level}", left=(model, ...), right=(model, ...), middle=(model, ...))
    with pytest.raises(ValidationError, match="Level11 has more than 10,000 parts"):
        strict_schema(schema_for(model), GEMINI)


# the others


def test_a_field_with_a_default_may_be_left_out_where_that_can_be_said() -> None:
    for dialect in (ANTHROPIC, GEMINI, LLAMA_CPP):
        schema = readable(strict_schema(schema_for(Defaults), dialect), dialect)
        assert fits({"tags": ["a"]}, schema, {})
    assert read_answer('{"tags":["a"]}', Defaults) == Defaults(tags=["a"])


def test_a_constraint_that_is_not_enforced_is_told() -> None:
    told = strict_schema(schema_for(Bounds), ANTHROPIC)["properties"]
    assert told["age"] == {"type": "integer", "description": "Must be: less than 150; at least 0."}
    told = strict_schema(schema_for(Texts), ANTHROPIC)["properties"]
    assert told["number"]["description"] == "Three digits.\n\nMust be: matching the regular expression ^\\d{3}$."
    assert "at least 2 items" in strict_schema(schema_for(Lengths), ANTHROPIC)["properties"]["few"]["description"]


def test_examples_and_extras_are_told() -> None:
    field: Any = Field(
        description="The number.", examples=["A-1", "B-2"], max_length=9, json_schema_extra={"hint": "top"}
    )
    told = strict_schema(schema_for(create_model("M", number=(str, field))), ANTHROPIC)["properties"]["number"]
    assert (
        told["description"] == "The number.\n\nMust be: at most 9 characters long.\n\nExamples: A-1, B-2\n\nHint: top"
    )


def test_llama_cpp_enforces_what_it_can() -> None:
    sent = strict_schema(schema_for(Bounds), LLAMA_CPP)["properties"]
    assert sent["age"] == {"type": "integer", "minimum": 0, "exclusiveMaximum": 150}
    assert sent["huge"] == {"type": "integer", "description": f"Must be: at most {10**30}."}
    sent = strict_schema(schema_for(Texts), LLAMA_CPP)["properties"]
    assert sent["number"]["pattern"] == "^[0-9]{3}$"
    assert sent["code"]["pattern"] == "^[A-Z]{3}-[0-9]{2}$"
    assert "maxLength" not in sent["long"]


@pytest.mark.parametrize(
    "pattern", ["^a|b$", "^a.b$", "^[^a]$", r"^\w+$", "a+", '^"$', "^(?:a)$", "^a{2,5000}$", r"^[\d]$"]
)
def test_llama_cpp_is_told_patterns_that_would_break_its_strings(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    sent = strict_schema(schema, LLAMA_CPP)["properties"]["a"]
    assert "pattern" not in sent
    assert pattern in sent["description"]


@pytest.mark.parametrize("dialect", EVERY, ids=lambda dialect: dialect.name)
def test_a_decimal_is_asked_for_as_text(dialect: Dialect) -> None:
    total = strict_schema(schema_for(Sum), dialect)["properties"]["total"]
    assert total["type"].lower() == "string"
    assert total["description"].startswith("The sum due.\n\nMust be: ")
    assert "more than 0" in total["description"]


def test_descriptions_beside_references_are_kept_apart() -> None:
    schema = strict_schema(schema_for(Customer), ANTHROPIC)
    said = {name: defs_of(schema)[part["$ref"][8:]]["description"] for name, part in schema["properties"].items()}
    assert said == {
        "billing": "Where to send it.\n\nWhere the bill goes.",
        "shipping": "Where to send it.\n\nWhere the goods go.",
        "home": "Where to send it.",
    }


def test_too_many_unions_become_optional_fields() -> None:
    schema = strict_schema(schema_for(ManyNullable), ANTHROPIC)
    assert [name for name in schema["properties"] if name in schema["required"]] == [f"f{n}" for n in range(16)]
    assert schema["properties"]["f16"] == {"type": "string"}


def test_copies_for_descriptions_count_towards_the_limits() -> None:
    inner = many("Inner", 6, (str | None, None))
    fields: dict[str, Any] = {f"f{n}": (inner, Field(description=f"Number {n}.")) for n in range(4)}
    anthropic_takes(strict_schema(schema_for(create_model("Outer", **fields)), ANTHROPIC))


def test_what_is_told_of_a_nullable_field_stays_told() -> None:
    field: Any = (Annotated[str, Field(max_length=5)] | None, Field(None, description="Short."))
    schema = strict_schema(schema_for(many("Short", 17, field)), ANTHROPIC)
    assert schema["properties"]["f16"]["description"] == "Must be: at most 5 characters long.\n\nShort."


def test_too_many_optional_fields_become_required() -> None:
    schema = strict_schema(schema_for(ManyOptional), ANTHROPIC)
    assert sorted(schema["required"]) == [f"f{n}" for n in range(24, 30)]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (many("Unions", 17, (int | str, ...)), "17 fields of several types"),
        (many("Nulls", 41, (str | None, None)), "25 optional fields"),
    ],
)
def test_what_stays_over_a_limit_is_refused_with_the_figure(model: type[BaseModel], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        strict_schema(schema_for(model), ANTHROPIC)


def test_a_choice_beyond_64_bits_is_refused() -> None:
    huge: Any = Literal[2**70, 1]
    with pytest.raises(ValidationError, match=r"Huge\.number takes a number beyond 64 bits"):
        strict_schema(schema_for(create_model("Huge", number=(huge, ...))), LLAMA_CPP)


def test_a_translation_leaves_its_source_alone() -> None:
    before = json.dumps(schema_for(Customer))
    strict_schema(schema_for(Customer), ANTHROPIC)
    assert json.dumps(schema_for(Customer)) == before


def test_a_model_without_a_json_form_is_refused() -> None:
    model = create_model("Calls", back=(Callable[[int], int], ...))
    with pytest.raises(ValidationError, match="Calls has no JSON form"):
        schema_for(model)


def test_a_default_that_is_no_json_says_nothing() -> None:
    model = create_model("Odd", value=(str, object()))
    assert strict_schema(schema_for(model), ANTHROPIC)["properties"] == {"value": {"type": "string"}}


# answers


def refusal(text: str, model: type[BaseModel]) -> str:
    answer = read_answer(text, model)
    assert isinstance(answer, Invalid), answer
    return answer.message


def test_what_is_wrong_is_named_by_its_path() -> None:
    message = refusal('{"lines":[{"item":"A","amount":"$3","colour":"green"}],"grid":[]}', Invoice)
    assert message.splitlines() == [
        "The answer does not fit Invoice:",
        "- lines[0].amount: Input should be a valid decimal (got '$3')",
        "- lines[0].colour: Input should be 'red' or 'blue' (got 'green')",
        "- issued: Field required",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The answer is empty."),
        (" \n", "The answer is empty."),
        ("I can't help with that.", "not valid JSON"),
        ('{"number": 1', "not valid JSON"),
        ('{"number": 1} and more', "not valid JSON"),
        ('{"number": NaN}', "not valid JSON"),
        ('{"number": 1e999}', "not valid JSON"),
        ('{"number": "\ud800"}', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"number": ' + "9" * 200 + ".5}", "- number: "),
        ("[1]", "- Input should be an object"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(text: str, said: str) -> None:
    message = refusal(text, Long)
    assert said in message
    assert len(message) < 500


def test_many_mistakes_are_cut_short() -> None:
    message = refusal(json.dumps([0] * 100), Names)
    assert len(message.splitlines()) == 22
    assert message.endswith("- and 80 more")


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert read_answer('{"number":1,"number":2}', Long) == Long(number=2)


def test_a_validator_that_breaks_fails_its_answer_only() -> None:
    class Breaks(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def odd(cls, number: int) -> float:
            return 1 / number

    assert "could not be built from the answer: ZeroDivisionError" in refusal('{"number":0}', Breaks)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.from_regex(r'[{}\[\]",:0-9a-z`\\ ]{0,40}'))
def test_any_text_is_an_instance_or_a_refusal(text: str) -> None:
    assert isinstance(read_answer(text, Flat), Flat | Invalid)


# stored answers


def test_what_is_no_model_is_stored_as_it_is() -> None:
    assert to_plain({"a": 1}) == {"a": 1}
    assert to_plain(None) is None


def test_a_long_integer_is_stored_as_text_and_read_back_strictly_typed() -> None:
    model = create_model("StrictLong", __config__=ConfigDict(strict=True), number=(int, ...), inner=(list[int], ...))
    instance = model(number=10**30, inner=[2**64, 1])
    assert to_plain(instance) == {"number": str(10**30), "inner": [str(2**64), 1]}
    assert from_plain(to_plain(instance), model) == instance


class Halved(BaseModel):
    share: float
    hidden: int = Field(exclude=True)
    secret: SecretStr

    @field_validator("share")
    @classmethod
    def of_percent(cls, share: float) -> float:
        return share / 100


def test_a_value_changed_by_a_validator_is_not_changed_again() -> None:
    raw = '{"share":50,"hidden":1,"secret":"x"}'
    instance = read_answer(raw, Halved)
    assert isinstance(instance, Halved)
    assert from_plain(to_plain(instance), Halved, raw) == instance == Halved(share=50, hidden=1, secret=SecretStr("x"))


@pytest.mark.parametrize("raw", ["no JSON", '{"name": "of something else"}', '{"tags": ["b"]}'])
def test_the_stored_answer_outranks_a_text_that_says_otherwise(raw: str) -> None:
    assert from_plain({"tags": ["a"], "made": "2020-01-01", "number": 5}, Defaults, raw) == Defaults(tags=["a"])


def test_serialization_settings_are_no_obstacle() -> None:
    config = ConfigDict(serialize_by_alias=True, ser_json_timedelta="float")
    fields: dict[str, Any] = {"a": (int, Field(serialization_alias="z")), "t": (timedelta, ...)}
    model = create_model("Aliases", __config__=config, **fields)
    assert from_plain(to_plain(model(a=1, t=timedelta(hours=1))), model) == model(a=1, t=timedelta(hours=1))


def test_what_cannot_be_written_is_said() -> None:
    with pytest.raises(ValidationError, match="an answer of Blob can't be written as JSON"):
        to_plain(Blob.model_construct(raw=b"\xff", coded=b""))


def test_a_stored_answer_of_another_class_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="does not fit Flat"):
        from_plain({"number": 1}, Flat)
