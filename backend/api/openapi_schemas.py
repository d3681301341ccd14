"""JSON schemas of everything that is declared, with the docstrings under fields as their descriptions."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from backend.api.openapi_words import WORDS

PLACE = "#/components/schemas/{model}"


class Schemas:
    """The schemas of some types, and the definitions that these refer to."""

    def __init__(self, types: Iterable[Any]) -> None:
        self._types = {id(kind): kind for kind in types}  # kept: an id is of use as long as its type lives
        adapters: list[Any] = [(key, "validation", TypeAdapter(_modelled(kind))) for key, kind in self._types.items()]
        made, rest = TypeAdapter.json_schemas(adapters, ref_template=PLACE, schema_generator=_Described)
        self._made = {key: schema for (key, _), schema in made.items()}
        self.definitions: dict[str, Any] = rest.get("$defs", {})

    def of(self, kind: Any) -> JsonSchemaValue:
        return self._made[id(kind)]

    def fields(self, model: type[BaseModel]) -> JsonSchemaValue:
        """The object itself, where `of` may only name it."""
        schema = self.of(model)
        return self.definitions[schema["$ref"].removeprefix(PLACE.format(model=""))] if "$ref" in schema else schema


@cache
def _modelled(kind: Any) -> Any:
    """A TypedDict as a model, wherever it stands in a type: pydantic takes those of `typing` from Python 3.12 only."""
    if typing.is_typeddict(kind):
        hints = typing.get_type_hints(kind)
        given = {
            name: (_modelled(hint), ... if name in kind.__required_keys__ else None) for name, hint in hints.items()
        }
        told = {"__doc__": kind.__doc__, "__module__": kind.__module__}
        return create_model(kind.__name__, **told, **given)  # type: ignore[call-overload]  # fields come by name
    inner = typing.get_args(kind)
    if typing.get_origin(kind) in (list, dict) and inner:
        return typing.get_origin(kind)[tuple(map(_modelled, inner))]
    return kind


class _Described(GenerateJsonSchema):
    """Pydantic's own generator, without titles that only repeat a name, with what stands under a field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        cls: Any = schema["cls"]
        said = _descriptions(cls)
        for name, prop in made.get("properties", {}).items():
            if words := said.get(name) or WORDS.get(name):
                prop.setdefault("description", words)
        return made


@cache
def _descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Name of a field, and its alias → the docstring under it, here or in a class above."""
    above = [cls for cls in reversed(model.__mro__) if cls.__module__.startswith("backend.")]
    said = {name: text for cls in above for name, text in _of_source(cls)}
    aliases = {field.alias: said[name] for name, field in model.model_fields.items() if field.alias and name in said}
    return {**said, **aliases}


def _of_source(cls: type) -> Iterator[tuple[str, str]]:
    node = _classes(cls.__module__).get(cls.__qualname__)
    body = [] if node is None else node.body
    for field, below in pairwise(body):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            yield field.target.id, " ".join(textwrap.dedent(below.value.value).split())


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
