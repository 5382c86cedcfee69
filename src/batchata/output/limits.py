"""How much one schema may hold: what is over a dialect's limit is relieved where that changes no meaning, else refused."""

from collections.abc import Callable

from batchata.errors import ValidationError
from batchata.output.dialect import Dialect
from batchata.output.tree import Schema, beside, nodes, without

_LONG_LIST = 250
Place = tuple[Schema, str]  # an object and the name of one of its properties


def unions(root: Schema, defs: Schema) -> int:
    return sum("anyOf" in node for node in nodes([root, *defs.values()]))


def optionals(root: Schema, defs: Schema) -> int:
    return len(_optional_places(root, defs))


def properties(root: Schema, defs: Schema) -> int:
    return sum(len(node.get("properties", ())) for node in nodes([root, *defs.values()]))


def choices(root: Schema, defs: Schema) -> int:
    return sum(len(node.get("enum", ())) for node in nodes([root, *defs.values()]))


def characters(root: Schema, defs: Schema) -> int:
    """All names of properties and definitions, and all choices."""
    said = [*defs]
    for node in nodes([root, *defs.values()]):
        said += [*node.get("properties", ()), *map(str, node.get("enum", ()))]
    return sum(map(len, said))


def longest_list(root: Schema, defs: Schema) -> int:
    """The characters of the longest list of choices, of those with more than 250."""
    lists = [node["enum"] for node in nodes([root, *defs.values()]) if len(node.get("enum", ())) > _LONG_LIST]
    return max((sum(len(str(choice)) for choice in choices) for choices in lists), default=0)


def levels(root: Schema, defs: Schema) -> int:
    """Schemas within schemas. References are not followed: they are what makes recursion possible."""

    def below(node: Schema) -> int:
        inner = [
            *node.get("properties", {}).values(),
            *node.get("anyOf", ()),
            *([node["items"]] if "items" in node else []),
        ]
        return max((1 + below(part) for part in inner), default=0)

    return max(below(root), *(1 + below(part) for part in defs.values()), 0)


Measure = Callable[[Schema, Schema], int]
MEASURES: dict[str, tuple[Measure, str, str]] = {
    "unions": (unions, "fields of several types (unions)", "Make some of them one type"),
    "optionals": (optionals, "optional fields", "Make some of them required"),
    "properties": (properties, "fields in all its classes together", "Leave some of them out"),
    "levels": (levels, "levels of lists and unions within one another", "Give the inner ones classes of their own"),
    "choices": (choices, "choices in its enums and literals", "Ask for a plain string instead"),
    "longest list": (
        longest_list,
        f"characters in one enum of over {_LONG_LIST} choices",
        "Ask for a plain string instead",
    ),
    "characters": (characters, "characters in its names and choices", "Shorten them"),
}


def keep_within(root: Schema, defs: Schema, dialect: Dialect, name: str, nullable: list[Place]) -> None:
    """Bring a finished schema within the limits of `dialect`, or raise `ValidationError` with the figure.

    `nullable` are the places where null stands for "left out".
    """
    limits = dict(dialect.limits)
    if "unions" in limits:
        _relieve_unions(root, defs, nullable, limits["unions"])
    if "optionals" in limits:
        _relieve_optionals(root, defs, nullable, limits["optionals"])
    for key, limit in dialect.limits:
        measure, what, remedy = MEASURES[key]
        if (count := measure(root, defs)) > limit:
            raise ValidationError(
                f"response_model: {name} has {count} {what}; {dialect.name} takes {limit} in one schema. "
                f"{remedy}, or split the model over two jobs."
            )


def _relieve_unions(root: Schema, defs: Schema, nullable: list[Place], limit: int) -> None:
    """The last nullable fields become optional ones without null: absent says the same."""
    for shape, name in reversed(nullable):
        if unions(root, defs) <= limit:
            return
        node = shape["properties"][name]
        rest = [branch for branch in node["anyOf"] if branch != {"type": "null"}]
        if len(rest) == 1 and ("$ref" not in rest[0] or len(node) == 1):
            shape["properties"][name] = beside(rest[0], without(node, "anyOf"))
            shape["required"].remove(name)


def _relieve_optionals(root: Schema, defs: Schema, nullable: list[Place], limit: int) -> None:
    """The last optional fields with a default become required: the model fills them in."""
    # these have no null any more: required, they would have to be made up
    freed = {(id(shape["required"]), name) for shape, name in nullable}
    for node, name in reversed(_optional_places(root, defs)):
        if optionals(root, defs) <= limit:
            return
        if (id(node["required"]), name) not in freed:
            node["required"].append(name)


def _optional_places(root: Schema, defs: Schema) -> list[Place]:
    every = nodes([root, *defs.values()])
    return [(node, name) for node in every for name in node.get("properties", {}) if name not in node["required"]]
