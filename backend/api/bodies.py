"""Reads what a request holds: JSON, forms, query values. Checks shape once, at the door; knows no route.

JSON is read strictly: UTF-8, no NaN, no repeated member, no half of a surrogate pair, no bottomless nesting.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from backend.api.problems import cut
from backend.core.errors import BadRequest, Malformed, WrongType

Model = TypeVar("Model", bound=BaseModel)
MAX_FIELDS = 20  # fields named in one problem


def read_model(model: type[Model], body: dict[str, Any] | None = None) -> Model:
    """The body (or a given object) as a value of ours. Raises BadRequest naming every wrong field.

    "1" is no number here, except for a model whose configuration says `strict=False`.
    """
    data = read_object() if body is None else body
    try:
        return model.model_validate(data, strict=model.model_config.get("strict", True))
    except ValidationError as error:
        raise refusal(error, data) from None


def refusal(error: ValidationError, data: dict[str, Any]) -> BadRequest:
    """What a model found wrong, by the names of the fields."""
    fields = dict(_field(row, data) for row in error.errors(include_url=False)[:MAX_FIELDS])
    first = next(iter(fields.items()))
    return BadRequest(f"{cut(first[0])}: {first[1].rstrip('.')}.", hint="See /docs for what is known.", fields=fields)


def read_object() -> dict[str, Any]:
    """The JSON object in the body. Raises Malformed, WrongType, BadRequest."""
    if request.mimetype != "application/json":
        raise WrongType("The body must be JSON here.", hint="Set 'Content-Type: application/json'.")
    value = parse_json(request.get_data(cache=False))
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def parse_json(raw: bytes) -> Any:
    """Strict JSON. Raises Malformed with the reason, never with the content."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite,
                           object_pairs_hook=_unique)  # fmt: skip
        if b"\\ud" in raw.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair cannot be encoded
        return value
    except RecursionError:
        raise Malformed("The JSON is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except UnicodeEncodeError:
        raise Malformed("The text holds half of a surrogate pair.", hint="Send whole characters.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg}, line {error.lineno} column {error.colno}.") from None
    except ValueError as error:  # a number of thousands of digits, or one of the hooks below
        raise Malformed("The JSON holds a number or a member that cannot be used.", hint=cut(error)) from None


def query_flag(name: str) -> bool:
    return request.args.get(name, "").lower() in ("1", "true", "yes")


def query_number(name: str, default: int, most: int) -> int:
    """A whole number of the query, 0 to `most`. Raises BadRequest naming it."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest(f"{name} must be a whole number.", fields={name: "must be a whole number, 0 or more"})
    return min(int(text), most)


def _field(row: ErrorDetails, data: dict[str, Any]) -> tuple[str, str]:
    """`voice.speaker` and a sentence. The tag of a union is no part of the name the caller wrote."""
    names: list[str] = []
    here: Any = data
    tag: Any = None  # of the union just entered; it comes once, before the name of the field
    for step in row["loc"]:
        if step == tag:
            tag = None
            continue
        names.append(cut(step))
        here = _inside(here, step)
        tag = here.get("kind") if isinstance(here, dict) else None
    return ".".join(names) or "body", _sentence(row)


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(step))
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _sentence(row: ErrorDetails) -> str:
    plain = {
        "extra_forbidden": "is not known here",
        "missing": "is missing",
        "union_tag_not_found": "needs a 'kind': personality, preset, designed or reference",
        "union_tag_invalid": "has a kind that is none of personality, preset, designed, reference",
    }
    message = row["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return plain.get(row["type"], message[:200])


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found
