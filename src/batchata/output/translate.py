"""A neutral JSON Schema to one provider's dialect of it."""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from batchata.errors import ValidationError
from batchata.output import words
from batchata.output.dialect import INT64, Dialect
from batchata.output.limits import Place, keep_within
from batchata.output.openapi import openapi
from batchata.output.tree import DEFS, Schema, nodes, reachable, resolved, without

# Neither enforced nor worth words: what they say is said elsewhere, or is Pydantic's own business.
_SILENT = frozenset(
    {"$defs", "default", "deprecated", "discriminator", "readOnly", "writeOnly", "contentSchema", "$schema", "$id"}
)
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_PLAIN_TEXT = [("format", "binary"), ("format", "password")]
_STRUCTURE = frozenset(
    {
        *("type", "title", "description", "properties", "required", "additionalProperties", "items", "prefixItems"),
        *("anyOf", "oneOf", "allOf", "enum", "const", "$ref", "patternProperties"),
    }
)


def strict_schema(schema: Mapping[str, Any], dialect: Dialect) -> Schema:
    """`schema` (see `schema_for`) as `dialect` takes it. Shared between calls: not to be changed.

    A constraint that the dialect can't enforce is told in the field's description. Raises `ValidationError`, naming the
    model or field and what to do, for what the dialect can't express at all.
    """
    try:
        return _translated(orjson.dumps(schema), dialect)
    except orjson.JSONEncodeError:  # a bound beyond 64 bits, which orjson refuses and json is slow with
        return _translated(json.dumps(schema).encode(), dialect)


@functools.lru_cache(maxsize=512)
def _translated(text: bytes, dialect: Dialect) -> Schema:
    return _Translation(json.loads(text), dialect).done()


class _Translation:
    def __init__(self, source: Schema, dialect: Dialect) -> None:
        self.dialect = dialect
        self.source_defs: Schema = source.get("$defs", {})
        self.source = source
        self.name = source.get("title") or source.get("$ref", "the model").removeprefix(DEFS)
        self.nullable: list[Place] = []  # where null stands for "left out"

    def done(self) -> Schema:
        if not self.dialect.recursion:
            self.refuse_recursion()
        self.defs = {name: self.node(part, name) for name, part in self.source_defs.items()}
        root = self.node(self.source, self.name)
        if (ref := root.pop("$ref", None)) is not None:  # a RootModel of a model, or a recursive model
            root = resolved({"$ref": ref, **root}, self.defs)
        if self.dialect.object_root and root.get("type") != "object":
            raise self.refuse(
                self.name,
                "is a list, a union or a single value as a whole, and no object",
                "Put it into a model of one field, such as `items: list[…]`.",
            )
        if not self.dialect.ref_siblings:
            self.split_described_refs(root)
        used = reachable(root, self.defs)
        self.defs = {name: part for name, part in self.defs.items() if name in used}
        keep_within(root, self.defs, self.dialect, self.name, self.nullable)
        if self.dialect.openapi:
            return openapi(root, self.defs, self.name)
        return {**root, "$defs": self.defs} if self.defs else root

    def refuse(self, path: str, what: str, remedy: str) -> ValidationError:
        return ValidationError(f"response_model: {path} {what}; {self.dialect.name} can't express that. {remedy}")

    def refuse_recursion(self) -> None:
        for name in self.source_defs:
            if name in reachable(self.source_defs[name], self.source_defs):
                raise self.refuse(
                    name,
                    "contains itself",
                    "Give the nesting a fixed depth (one class per level), or ask for a flat list with parent ids.",
                )

    # one node

    def node(self, part: Schema, path: str) -> Schema:
        part = _flattened(part)
        if "$ref" in part:
            return self.worded({"$ref": part["$ref"]}, part)
        if "enum" in part or "const" in part:
            return self.values(part, path)
        if (branches := part.get("anyOf", part.get("oneOf"))) is not None:
            return self.worded({"anyOf": [self.node(branch, path) for branch in branches]}, part)
        if "allOf" in part:
            raise self.refuse(path, "must fit several schemas at once (allOf)", "Join them in one model.")
        match part.get("type"):
            case "object":
                return self.object(part, path)
            case "array":
                return self.array(part, path)
            case str():
                return self.worded({"type": part["type"]}, part)
            case list() as several:
                return self.node({**without(part, "type"), "anyOf": [{"type": one} for one in several]}, path)
            case _:
                return self.anything(part, path)

    def anything(self, part: Schema, path: str) -> Schema:
        if not self.dialect.open_objects:
            raise self.refuse(path, "may be anything (Any, object or a bare list)", "Name the type of its values.")
        return self.worded({}, part)

    def values(self, part: Schema, path: str) -> Schema:
        allowed = part["enum"] if "enum" in part else [part["const"]]
        if self.dialect.plain_choices and any(isinstance(value, list | dict) for value in allowed):
            raise self.refuse(path, "takes lists or objects as its choices", "Use strings or numbers.")
        if any(isinstance(value, int) and value not in INT64 for value in allowed):
            raise self.refuse(path, "takes a number beyond 64 bits as a choice", "Use strings.")
        if self.dialect.typed_choices:
            return self.worded(_typed(allowed), part)
        return self.worded({key: part[key] for key in ("enum", "const") if key in part}, part)

    def object(self, part: Schema, path: str) -> Schema:
        if part.get("properties") == {} and not self.dialect.empty_objects:
            raise self.refuse(path, "has no fields", "Give it one, or leave it out.")
        shape: Schema = {"type": "object", "properties": {}, "required": []}
        for name, sub in part.get("properties", {}).items():
            shape["properties"][name] = self.node(sub, f"{path}.{name}")
            if name in part.get("required", ()):
                shape["required"].append(name)
            elif _null_means_absent(sub):
                shape["required"].append(name)
                self.nullable.append((shape, name))
            elif self.dialect.all_required:
                shape["required"].append(name)
                if sub.get("default") is not None:
                    _tell(shape["properties"][name], notes=[words.default(sub["default"])])
        shape["additionalProperties"] = self.further(part, path)
        return self.worded(shape, part)

    def further(self, part: Schema, path: str) -> bool | Schema:
        """What keys beyond the named ones may hold."""
        patterned = next(iter(part.get("patternProperties", {}).values()), None)
        rest = part.get("additionalProperties", "properties" not in part) if patterned is None else patterned
        if rest is False:
            return False
        if self.dialect.open_objects:
            return self.node(rest, f"{path}.*") if isinstance(rest, dict) else True
        if part.get("properties"):
            return False  # extra="allow": the named fields are all that can be asked for
        raise self.refuse(
            path,
            "has keys that are not named beforehand (a dict)",
            "Use a model with named fields, or a list of models with a `key` and a `value`.",
        )

    def array(self, part: Schema, path: str) -> Schema:
        if "prefixItems" in part:
            return self.fixed(part, path)
        return self.worded({"type": "array", "items": self.node(part.get("items", {}), f"{path}[]")}, part)

    def fixed(self, part: Schema, path: str) -> Schema:
        places = [self.node(place, f"{path}[{index}]") for index, place in enumerate(part["prefixItems"])]
        if self.dialect.tuples:
            return self.worded({"type": "array", "prefixItems": places}, part)
        kinds = {orjson.dumps(place): place for place in places}
        items = {"anyOf": list(kinds.values())} if len(kinds) > 1 else places[0]
        shape: Schema = {"type": "array", "items": items}
        for bound in ("minItems", "maxItems"):
            shape.update(self.enforced(bound, len(places), shape) or {})
        shape = self.worded(shape, without(part, "minItems", "maxItems"))
        order = ", ".join(_kind(place) for place in part["prefixItems"])
        _tell(shape, [f"exactly {len(places)} items, in this order: {order}"])
        return shape

    def worded(self, shape: Schema, part: Schema) -> Schema:
        """`shape` with the description, and every constraint of `part` either enforced or told in it."""
        phrases, notes = [], []
        for keyword, value in part.items():
            if keyword in _SILENT or keyword in _STRUCTURE or (keyword, value) in _PLAIN_TEXT:
                continue
            if keyword not in words.CONSTRAINTS:
                notes.append(words.note(keyword, value))
            elif (sent := self.enforced(keyword, value, shape)) is None:
                phrases.append(words.in_words(keyword, value))
            else:
                shape.update(sent)
        shape.update({key: part[key] for key in ("title", "description") if key in part})
        _tell(shape, phrases, notes)
        return shape

    def enforced(self, keyword: str, value: Any, shape: Schema) -> Schema | None:
        if keyword == "format":
            if value == "decimal" and self.dialect.decimal_pattern is not None:
                return {"pattern": self.dialect.decimal_pattern}
            return {"format": value} if value in self.dialect.formats else None
        return self.dialect.enforces(keyword, value, shape)

    # the whole

    def split_described_refs(self, root: Schema) -> None:
        """A `$ref` beside a description becomes a `$ref` to a copy of its target that carries the description.

        A copy shares its properties with the target, so that what relieves one relieves both.
        """
        for node in list(nodes([root, *self.defs.values()])):
            if "$ref" in node and len(node) > 1:
                name = node["$ref"].removeprefix(DEFS)
                copy = f"{name}_{len(self.defs)}"
                while copy in self.defs:  # a class of the user's may be called that
                    copy += "_"
                self.defs[copy] = resolved(node, self.defs)
                node.clear()
                node["$ref"] = DEFS + copy


def _flattened(part: Schema) -> Schema:
    """An `allOf` of one schema is that schema, with what stands beside it."""
    if len(part.get("allOf", ())) == 1:
        return {**part["allOf"][0], **without(part, "allOf")}
    return part


def _null_means_absent(part: Schema) -> bool:
    return part.get("default", ...) is None and {"type": "null"} in part.get("anyOf", ())


def _tell(shape: Schema, phrases: Iterable[str] = (), notes: Iterable[str] = ()) -> None:
    if (description := words.joined(shape.get("description"), [*phrases], notes)) is not None:
        shape["description"] = description


def _typed(values: list[Any]) -> Schema:
    """Choices with a type beside them: a union where they are of several types."""
    kinds: dict[str, list[Any]] = {}
    for value in values:
        kinds.setdefault(_TYPES[type(value)], []).append(value)
    shapes: list[Schema] = [
        {"type": kind, "enum": them} if kind != "null" else {"type": kind} for kind, them in kinds.items()
    ]
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def _kind(part: Schema) -> str:
    if "$ref" in part:
        return str(part["$ref"]).removeprefix(DEFS)
    return str(part.get("format") or part.get("type") or "value")
