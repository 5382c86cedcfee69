"""A neutral JSON Schema to one provider's dialect of it."""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from batchata.errors import ValidationError
from batchata.output.dialect import CONSTRAINTS, INT64, Dialect, in_words
from batchata.output.tree import DEFS, Schema, beside, nodes, reachable, without

# Neither enforced nor worth words: what they say is said elsewhere, or is Pydantic's own business.
_SILENT = frozenset(
    {"$defs", "default", "deprecated", "discriminator", "readOnly", "writeOnly", "contentSchema", "$schema", "$id"}
)
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
        self.nullable: list[tuple[Schema, str]] = []  # (object, property) where null stands for "left out"

    def done(self) -> Schema:
        if not self.dialect.recursion:
            self.refuse_recursion()
        self.defs = {name: self.node(part, name) for name, part in self.source_defs.items()}
        root = self.node(self.source, self.name)
        if (ref := root.pop("$ref", None)) is not None:  # a RootModel of a model, or a recursive model
            root = self.resolved({"$ref": ref, **root})
        if not self.dialect.ref_siblings:
            self.split_described_refs(root)
        used = reachable(root, self.defs)
        self.defs = {name: part for name, part in self.defs.items() if name in used}
        self.relieve_unions(root)
        self.relieve_optionals(root)
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
        if self.dialect.plain_values_only and any(isinstance(value, list | dict) for value in allowed):
            raise self.refuse(path, "takes lists or objects as its choices", "Use strings or numbers.")
        if any(isinstance(value, int) and value not in INT64 for value in allowed):
            raise self.refuse(path, "takes a number beyond 64 bits as a choice", "Use strings.")
        return self.worded({key: part[key] for key in ("enum", "const") if key in part}, part)

    def object(self, part: Schema, path: str) -> Schema:
        shape: Schema = {"type": "object", "properties": {}, "required": []}
        for name, sub in part.get("properties", {}).items():
            shape["properties"][name] = self.node(sub, f"{path}.{name}")
            if name in part.get("required", ()):
                shape["required"].append(name)
            elif _null_means_absent(sub):
                shape["required"].append(name)
                self.nullable.append((shape, name))
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
        order = ", ".join(_kind(place) for place in part["prefixItems"])
        shape = self.worded({"type": "array", "items": items}, without(part, "minItems", "maxItems"))
        shape["description"] = _joined(
            part.get("description"), [f"exactly {len(places)} items, in this order: {order}"]
        )
        return shape

    def worded(self, shape: Schema, part: Schema) -> Schema:
        """`shape` with the description, and every constraint of `part` either enforced or told in it."""
        words, notes = [], []
        for keyword, value in part.items():
            if keyword in _SILENT or keyword in _STRUCTURE or (keyword, value) in _PLAIN_TEXT:
                continue
            if keyword not in CONSTRAINTS:  # examples, and what the user put there with json_schema_extra
                notes.append(f"{keyword.capitalize()}: {_shown(value)}")
            elif (sent := self.enforced(keyword, value, shape.get("type", ""))) is None:
                words.append(in_words(keyword, value))
            else:
                shape.update(sent)
        if "title" in part:
            shape["title"] = part["title"]
        if (description := _joined(part.get("description"), words, notes)) is not None:
            shape["description"] = description
        return shape

    def enforced(self, keyword: str, value: Any, type_: str) -> Schema | None:
        if keyword == "format":
            if value == "decimal" and self.dialect.decimal_pattern is not None:
                return {"pattern": self.dialect.decimal_pattern}
            return {"format": value} if value in self.dialect.formats else None
        sent = self.dialect.enforces(keyword, value, type_)
        return None if sent is None else {keyword: sent}

    # the whole

    def relieve_unions(self, root: Schema) -> None:
        """Over the limit of unions, the last nullable fields become optional ones without null: absent says the same."""
        limit = self.dialect.union_limit
        if limit is None:
            return
        for shape, name in reversed(self.nullable):
            if self.unions(root) <= limit:
                return
            node = shape["properties"][name]
            rest = [branch for branch in node["anyOf"] if branch != {"type": "null"}]
            if len(rest) == 1 and ("$ref" not in rest[0] or len(node) == 1):
                shape["properties"][name] = beside(rest[0], without(node, "anyOf"))
                shape["required"].remove(name)
        if (count := self.unions(root)) > limit:
            raise ValidationError(
                f"response_model: {self.name} has {count} fields of several types (unions); {self.dialect.name} "
                f"takes {limit} in one schema. Make some of them one type, or split the model over two jobs."
            )

    def relieve_optionals(self, root: Schema) -> None:
        """Over the limit of optional fields, the last ones with a default become required: the model fills them in."""
        limit = self.dialect.optional_limit
        if limit is None:
            return
        # these have no null any more: required, they would have to be made up
        freed = {(id(shape["required"]), name) for shape, name in self.nullable}
        for node, name in reversed(self.optionals(root)):
            if len(self.optionals(root)) <= limit:
                return
            if (id(node["required"]), name) not in freed:
                node["required"].append(name)
        if (count := len(self.optionals(root))) > limit:
            raise ValidationError(
                f"response_model: {self.name} has {count} optional fields; {self.dialect.name} takes {limit} in "
                "one schema. Make some of them required, or split the model over two jobs."
            )

    def unions(self, root: Schema) -> int:
        return sum("anyOf" in node for node in nodes([root, *self.defs.values()]))

    def optionals(self, root: Schema) -> list[tuple[Schema, str]]:
        every = nodes([root, *self.defs.values()])
        return [(node, name) for node in every for name in node.get("properties", {}) if name not in node["required"]]

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
                self.defs[copy] = self.resolved(node)
                node.clear()
                node["$ref"] = DEFS + copy

    def resolved(self, node: Schema) -> Schema:
        while "$ref" in node:  # a RootModel of a model is a definition that refers to another
            node = beside(self.defs[node["$ref"].removeprefix(DEFS)], without(node, "$ref"))
        return node


def _flattened(part: Schema) -> Schema:
    """An `allOf` of one schema is that schema, with what stands beside it."""
    if len(part.get("allOf", ())) == 1:
        return {**part["allOf"][0], **without(part, "allOf")}
    return part


def _null_means_absent(part: Schema) -> bool:
    return part.get("default", ...) is None and {"type": "null"} in part.get("anyOf", ())


def _joined(description: str | None, words: list[str], notes: Iterable[str] = ()) -> str | None:
    told = [f"Must be: {'; '.join(words)}."] if words else []
    return "\n\n".join([*([description] if description else []), *told, *notes]) or None


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _kind(part: Schema) -> str:
    if "$ref" in part:
        return str(part["$ref"]).removeprefix(DEFS)
    return str(part.get("format") or part.get("type") or "value")
