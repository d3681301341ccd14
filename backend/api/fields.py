"""Reads the texts of a form or a query as the object that JSON would hold, by the fields of a model. Knows no route."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from backend.api.bodies import parse_json
from backend.core.errors import BadRequest, Malformed

FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def object_of(model: type[BaseModel], texts: MultiDict[str, str], blank_is_absent: bool = False) -> dict[str, Any]:
    """Values as the model's fields want them; what cannot be read so stays text, and is refused by its name.

    A list is a name given again and again, or JSON. Blank is absent, except for texts. Raises BadRequest for bytes
    that are no UTF-8.
    """
    known = {name: field for field_name, field in model.model_fields.items() for name in names_of(field_name, field)}
    found = {name: texts.getlist(name) for name in texts}
    for name, values in found.items():
        for text in values:
            checked_text(name, text)
    read = {name: _value(known[name], values) if name in known else values[0] for name, values in found.items()}
    if blank_is_absent:
        read = {name: value for name, value in read.items() if not (isinstance(value, str) and not value.strip())}
    return {name: value for name, value in read.items() if value is not None}


def names_of(name: str, field: FieldInfo) -> Iterator[str]:
    """Every name under which a field may come."""
    yield name
    if field.alias:
        yield field.alias
    if isinstance(field.validation_alias, AliasChoices):
        yield from (choice for choice in field.validation_alias.choices if isinstance(choice, str))


def checked_text(name: str, text: str) -> str:
    """Form text as UTF-8 that can be saved. Raises BadRequest for what was no UTF-8."""
    if "\ufffd" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadRequest(f"{name} is not UTF-8 text.", fields={name: "must be UTF-8 text"})
    return text


def members_of(annotation: Any) -> list[Any]:
    """The types of a union, without what only describes them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return members_of(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [inner for member in get_args(annotation) for inner in members_of(member)]
    return [annotation]


def is_list(annotation: Any) -> bool:
    return any(get_origin(member) in (list, tuple, set, frozenset) for member in members_of(annotation))


def _value(field: FieldInfo, texts: list[str]) -> Any:
    if is_list(field.annotation):
        return _list(field.annotation, texts)
    return _scalar(field.annotation, texts[0])


def _list(annotation: Any, texts: list[str]) -> Any:
    if texts[0].lstrip().startswith("["):
        return _json(texts[0])
    inner = next(get_args(m)[0] for m in members_of(annotation) if get_args(m))
    if len(texts) == 1 and get_origin(inner) is Literal:  # no word of a fixed list holds a comma
        texts = texts[0].split(",")
    return [_scalar(inner, text.strip()) for text in texts if text.strip()]


def _scalar(annotation: Any, text: str) -> Any:
    """Text where the field takes text, a flag by its words, else JSON; None for nothing."""
    members = members_of(annotation)
    if str in members or any(get_origin(member) is Literal for member in members):
        return text
    if not text.strip():
        return None
    if bool in members:
        return FLAGS.get(text.strip().lower(), text)
    return _json(text)


def _json(text: str) -> Any:
    try:
        return parse_json(text.strip().encode("utf-8", "replace"))
    except Malformed:
        return text
