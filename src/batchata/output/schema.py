"""A response model as one JSON Schema, in no provider's dialect: what an answer must look like to be validated."""

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from batchata.errors import ValidationError


class _Neutral(GenerateJsonSchema):
    """Pydantic's schema without made-up titles, and with one form for Decimal."""

    # skipped-choice: a union member without a schema is left out; non-serializable-default: defaults are not sent anyway
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as the parent declares it

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the parent's signature
        return False  # "Unit Price" for `unit_price` costs tokens and says nothing

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A string, never a number: JSON numbers are read as floats, which round after 17 digits and turn 1234.50 to 1234.5."""
        drawn: JsonSchemaValue = {"type": "string", "format": "decimal"}
        told: Mapping[str, Any] = schema
        bounds = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
        for name, keyword in {**bounds, "multiple_of": "multipleOf"}.items():
            if (bound := told.get(name)) is not None:
                drawn[keyword] = int(bound) if bound == int(bound) else float(bound)
        for name in ("max_digits", "decimal_places"):
            if (figure := told.get(name)) is not None:
                drawn[name] = figure
        return drawn


@functools.lru_cache(maxsize=512)
def schema_for(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of what `model` takes, by alias where fields have one. Shared between calls: not to be changed.

    A Decimal is `{"type": "string", "format": "decimal"}` with its bounds. Raises `ValidationError` where a field
    has no JSON form at all (a function, a class of one's own without a schema) or names a class that is not defined.
    """
    try:
        return model.model_json_schema(by_alias=True, mode="validation", schema_generator=_Neutral)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise ValidationError(
            f"response_model: {model.__name__} has no JSON form: {error.message} "
            "Use types that JSON can hold, or give the field a schema with pydantic's WithJsonSchema."
        ) from error
