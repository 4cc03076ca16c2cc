"""The rules' schema as JSON Schema (draft 2020-12), one for each file, for editors that complete and check YAML.

Made from the same pydantic models as `validate`, with each key's name in Korean and English. It knows one file at a
time: what files say about each other, and whole sentences about mistakes, are `validate`'s. Pure.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from dialplan import schema
from dialplan.fieldwords import field_words
from dialplan.hourrules import Interval
from dialplan.language import Language
from dialplan.queuerules import Overflow
from dialplan.values import NAME, OVERFLOWS

_TIME = r"^([01][0-9]|2[0-4]):[0-5][0-9]$"
_STRETCH = r"^ *([01][0-9]|2[0-3]):[0-5][0-9] *- *([01][0-9]|2[0-4]):[0-5][0-9] *$"
_DATE = r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _AsWritten(GenerateJsonSchema):
    """Values as an operator writes them: times and stretches are texts, and digits need no quotes."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        if schema["cls"] is Interval:
            return {"type": "string", "pattern": _STRETCH, "examples": ["09:00-18:00"]}
        if schema["cls"] is Overflow:
            name = {"type": "string", "pattern": NAME}
            elsewhere = {
                "type": "object", "properties": {"queue": name}, "required": ["queue"], "additionalProperties": False
            }  # fmt: skip
            return {"anyOf": [{"enum": list(OVERFLOWS)}, elsewhere]}
        return super().dataclass_schema(schema)

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        del schema
        return {"type": "string", "pattern": _TIME, "examples": ["13:00"]}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        del schema
        return {"type": "string", "pattern": _DATE, "examples": ["2027-01-29"]}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        found = super().str_schema(schema)
        if str(found.get("pattern", "")).startswith(("^[0-9]", "^[1-9]")):
            found["type"] = ["string", "integer"]
        return found


def schemas() -> dict[str, dict[str, Any]]:
    """By the name of the rules file."""
    return {file: _one(file, shape) for file, shape in schema.FILES.items()}


def _one(file: str, shape: type[BaseModel]) -> dict[str, Any]:
    made = shape.model_json_schema(by_alias=True, schema_generator=_AsWritten)
    definitions = made.pop("$defs", {})
    told: set[str] = set()
    _tell(made, definitions, (file.removesuffix(".yaml"),), told)
    return {"$schema": _DIALECT, "title": file, **{key: item for key, item in made.items() if key != "title"},
            **({"$defs": definitions} if definitions else {})}  # fmt: skip


def _tell(part: Any, definitions: dict[str, Any], path: tuple[str, ...], told: set[str]) -> None:
    """Words for every key below; closed sets of keys are spelt out. The first way to a shared shape names its keys."""
    if not isinstance(part, dict):
        return
    if (reference := str(part.get("$ref", "")).removeprefix("#/$defs/")) and reference not in told:
        told.add(reference)
        _tell(definitions[reference], definitions, path, told)
    _languages(part)
    for key, item in part.get("properties", {}).items():
        words = field_words(key, path)
        item.pop("title", None)
        item["description"] = words.ko if words.ko == words.en else f"{words.ko} · {words.en}"
        _tell(item, definitions, (*path, key), told)
    if "patternProperties" in part:
        part.setdefault("additionalProperties", False)
        for item in part["patternProperties"].values():
            _tell(item, definitions, path, told)
    for inner in (*part.get("anyOf", ()), part.get("items"), part.get("additionalProperties")):
        _tell(inner, definitions, path, told)


def _languages(part: dict[str, Any]) -> None:
    """A mapping by language has these four keys and no others; one queue name stands for all four."""
    if part.get("propertyNames", {}).get("$ref") != "#/$defs/Language":
        return
    del part["propertyNames"]
    each = part.pop("additionalProperties", {})
    part["properties"] = {language.value: dict(each) for language in Language}
    part["additionalProperties"] = False
