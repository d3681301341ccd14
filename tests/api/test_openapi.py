"""/openapi.json says what is there: every route, every field, every failure, from the declarations themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from backend.api import openapi
from backend.api.declared import declaration_of
from backend.api.fields import object_of
from backend.core.tables.problems import PROBLEMS


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").json


def all_of(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, op) for path, methods in document["paths"].items() for method, op in methods.items()]


def test_every_route_is_declared(app: Flask) -> None:
    bare = [rule.rule for rule in app.url_map.iter_rules() if declaration_of(app, rule.endpoint) is None]
    assert not bare, "put @declared below the route"


def test_every_route_of_the_app_is_in_the_file(app: Flask, document: dict[str, Any]) -> None:
    told = {(re.sub(r"\{\w+\}", "x", path), method.upper()) for path, method, _ in all_of(document)}
    there = {
        (re.sub(r"<[^>]*>", "x", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == there


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for place in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        at: Any = document
        for step in place.split("/"):
            at = at[step]
        assert at


def test_operations_have_names_of_their_own_and_say_what_they_do(document: dict[str, Any]) -> None:
    names = [op["operationId"] for _, _, op in all_of(document)]
    assert len(set(names)) == len(names)
    for path, method, op in all_of(document):
        assert op["summary"].endswith((".", "?")), (method, path)
        assert op["x-codeSamples"], (method, path)


def test_every_address_names_its_parts(document: dict[str, Any]) -> None:
    for path, method, op in all_of(document):
        parts = {row["name"] for row in op["parameters"] if row["in"] == "path"}
        assert parts == set(re.findall(r"\{(\w+)\}", path)), (method, path)


def test_fields_are_told_with_the_words_under_them_in_the_source(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["GenerationRequest"]["properties"]
    assert fields["speed"]["description"] == "Ratio; 2 is twice as fast."
    assert fields["pitch"] == {
        "default": 0.0,
        "description": "Semitones.",
        "maximum": 12,
        "minimum": -12,
        "type": "number",
    }


def test_everything_that_can_be_sent_is_explained(document: dict[str, Any]) -> None:
    def silent(schema: Any, seen: set[str]) -> set[str]:
        """Names of fields without a word, in a schema and in all that it refers to."""
        if isinstance(schema, list):
            return {name for one in schema for name in silent(one, seen)}
        if not isinstance(schema, dict):
            return set()
        place = schema.get("$ref", "").removeprefix("#/components/schemas/")
        if place in seen:
            return set()
        if place:
            seen.add(place)
            return silent(document["components"]["schemas"][place], seen)
        fields = schema.get("properties", {})
        bare = {f"{schema.get('title')}.{name}" for name, field in fields.items() if not words(field)}
        return bare | {name for value in schema.values() for name in silent(value, seen)}

    def words(field: dict[str, Any]) -> str:
        place = field.get("$ref", "").removeprefix("#/components/schemas/")
        kept = document["components"]["schemas"][place] if place else {}
        return str(field.get("description") or kept.get("description", ""))

    bodies = [op["requestBody"] for _, _, op in all_of(document) if "requestBody" in op]
    assert silent(bodies, set()) == set(), "write a docstring under the field"
    for path, method, op in all_of(document):
        for row in op["parameters"]:
            assert row.get("description") or row["schema"].get("description"), (method, path, row["name"])


def test_failures_have_the_shape_of_their_product(document: dict[str, Any]) -> None:
    def codes(path: str, status: str) -> dict[str, Any]:
        answer = document["paths"][path]["post"]["responses"][status]
        kept = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        (content,) = kept["content"].values()
        return {code: row["value"] for code, row in content["examples"].items()}

    assert codes("/api/generate", "422")["bad-request"]["type"] == "/docs/errors#bad-request"
    assert codes("/v1/audio/speech", "400")["bad-request"]["error"]["type"] == "invalid_request_error"
    assert "err_code" in codes("/v1/speak", "400")["bad-request"]


def test_only_codes_that_are_in_the_table_are_declared(app: Flask) -> None:
    known = {row.code for row in PROBLEMS}
    for op in openapi.operations(app):
        assert set(op.codes()) <= known, op.id


def test_websockets_are_told_in_words(document: dict[str, Any]) -> None:
    sockets = {path: op for path, _, op in all_of(document) if "x-websocket" in op}
    assert "/v1/speak" in sockets
    for path, op in sockets.items():
        assert op["x-websocket"], path
        assert {"101", "426"} <= op["responses"].keys(), path


def test_the_file_is_built_once(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/openapi.json").data
    monkeypatch.setattr(openapi, "document", lambda app: pytest.fail("built again"))
    assert client.get("/openapi.json").data == first


class Wish(BaseModel):
    text: str = ""
    count: int = 0
    ratio: float | None = None
    loud: bool = False
    names: list[str] = []
    numbers: list[int] = []


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        ([("text", " 1 ")], {"text": " 1 "}),
        ([("text", "")], {"text": ""}),
        ([("count", "3"), ("ratio", "0.5"), ("loud", "Yes")], {"count": 3, "ratio": 0.5, "loud": True}),
        ([("count", ""), ("ratio", " "), ("loud", "")], {}),
        (
            [("count", "three"), ("ratio", "NaN"), ("loud", "perhaps")],
            {"count": "three", "ratio": "NaN", "loud": "perhaps"},
        ),
        ([("names", "a, b"), ("names", "c")], {"names": ["a, b", "c"]}),
        ([("names", '["a"]'), ("numbers", "[1, 2]")], {"names": ["a"], "numbers": [1, 2]}),
        ([("names", ""), ("numbers", "4")], {"names": [], "numbers": [4]}),
        ([("unknown", "x")], {"unknown": "x"}),
    ],
)
def test_a_form_is_read_as_json_would_be(texts: list[tuple[str, str]], read: dict[str, Any]) -> None:
    assert object_of(Wish, MultiDict(texts)) == read


def test_a_wrong_query_is_refused_by_name(client: FlaskClient) -> None:
    answer = client.get("/api/history?limit=many")
    assert (answer.status_code, answer.json["code"]) == (422, "bad-request")
    assert "limit" in answer.json["fields"]


def test_the_page_of_routes_is_there_without_anything_inline(client: FlaskClient) -> None:
    page = client.get("/docs").get_data(as_text=True)
    assert "/ui/js/docs/page.js" in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
