"""`GET /openapi.json`: the declarations of all routes as OpenAPI 3.1, built when first asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from pydantic import BaseModel

from backend import __version__
from backend.api.declared import ENCODED, FORM, Media, declared
from backend.api.openapi_routes import ROWS, Operation, operations
from backend.api.openapi_samples import as_form, fields, files, samples
from backend.api.openapi_schemas import Schemas
from backend.api.openapi_words import WORDS

bp = Blueprint("openapi", __name__)

BUILT = "qwentts-openapi"
_LOCK = threading.Lock()

DOCUMENTS = {
    "000": "the model-management document",
    "001": "the Qwen-TTS document",
    "002": "the studio's document",
    "003": "the console document",
    "004": "the voice-cloning document",
}

KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <key>`"},
    "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "xi-api-key": {"type": "apiKey", "in": "header", "name": "xi-api-key"},
}

FILE = "A file: WAV, MP3, FLAC, OGG, Opus, M4A, AAC, AIFF or WebM; an archive where one is imported."

HEADERS = {
    "Accept": "`text/event-stream` for the events of the job, `application/json` for facts, `audio/*` for sound.",
    "If-Match": "The revision the caller believes in; a wrong one is refused with 412.",
    "Last-Event-ID": "Number of the event that was seen last.",
}

ABOUT = (
    "A voice studio on your own machine. No key is needed on the machine itself; with a token every caller sends it. "
    "Failures of the studio's own routes are `application/problem+json`; other products' routes fail in their shape."
)


@bp.get("/openapi.json")
@declared("This description of all routes.", tag="Studio", answers={200: dict[str, Any]})
def described() -> Response:
    return Response(built(current_app), content_type="application/json")


def built(app: Flask) -> bytes:
    """The document as JSON, made once for each app."""
    with _LOCK:
        if BUILT not in app.extensions:
            app.extensions[BUILT] = json.dumps(document(app), ensure_ascii=False).encode()
        kept: bytes = app.extensions[BUILT]
        return kept


def document(app: Flask) -> dict[str, Any]:
    all_operations = list(operations(app))
    kinds = [kind for op in all_operations for kind in _types(op)]
    schemas = Schemas([*kinds, ProblemBody])
    shared = Shared()
    paths: dict[str, dict[str, Any]] = {}
    for op in all_operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op, schemas, shared)
    return {
        "openapi": "3.1.0",
        "info": {"title": "QwenTTS All-in-One", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{}, *({name: []} for name in KEYS)],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.facts.tag for op in all_operations)],
        "paths": paths,
        "components": {"schemas": schemas.definitions, "responses": shared.responses, "securitySchemes": KEYS},
    }


class Shared:
    """Answers that many routes have: kept once, and referred to."""

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}

    def named(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        """A reference to the answer; what was kept under the name and differs gets a number."""
        tries = (f"{name}{f'-{n}' if n else ''}" for n in count())
        free = next(key for key in tries if self.responses.get(key, answer) == answer)
        self.responses[free] = answer
        return {"$ref": f"#/components/responses/{free}"}


class ProblemBody(BaseModel):
    """A failure (RFC 9457): what happened, and what to do."""

    type: str
    title: str
    status: int
    code: str
    """For programs; `/docs/errors` lists them."""
    detail: str
    hint: str
    fields: dict[str, str] = {}
    """Wrong fields of the request → what is wrong with them."""
    request_id: str = ""


def _types(op: Operation) -> Iterator[Any]:
    yield from op.taken.models.values()
    for answer in op.facts.answers.values():
        yield from (kind for kind in _several(answer) if not isinstance(kind, Media | Mapping))


def _several(answer: Any) -> tuple[Any, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _operation(op: Operation, schemas: Schemas, shared: Shared) -> dict[str, Any]:
    said = op.taken.view.__doc__ or ""
    made = {
        "operationId": op.id,
        "summary": op.facts.summary,
        "description": " ".join(said.split()) + _messages(op),
        "tags": [op.facts.tag],
        "parameters": [*_address(op), *_query(op, schemas), *_headers(op)],
        "responses": {**_answers(op, schemas), **_failures(op, schemas, shared)},
        "x-codeSamples": samples(op),
        "x-example": _example(op),
    }
    if op.facts.document:
        made["x-document"] = DOCUMENTS.get(op.facts.document, op.facts.document)
    if op.is_socket:
        made["x-websocket"] = dict(op.facts.messages)
    if op.needs_body or "asked" in op.taken.models:
        made["requestBody"] = _body(op, schemas)
    return made


def _example(op: Operation) -> dict[str, Any]:
    """The example in pieces, for a page that lets people change and send it."""
    example = op.example
    form = as_form(op)
    body: Any = dict(fields(op)) if form else example.body
    named = {"path": dict(example.path), "query": dict(example.query), "headers": dict(example.headers)}
    return {**named, "body": body, "form": form, "files": [list(row) for row in files(op)] if form else []}


def _messages(op: Operation) -> str:
    lines = [f"- `{name}`: {text}" for name, text in op.facts.messages.items()]
    return "\n\nA WebSocket. Its messages:\n\n" + "\n".join(lines) if lines else ""


def _address(op: Operation) -> Iterator[dict[str, Any]]:
    for name, kind in op.parts.items():
        schema = {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string", "minLength": 1}
        words = {"description": WORDS[name]} if name in WORDS else {}
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": schema,
            "example": op.example.path[name],
            **words,
        }


def _query(op: Operation, schemas: Schemas) -> Iterator[dict[str, Any]]:
    model = op.taken.models.get("query")
    if model is None:
        return
    whole = schemas.fields(model)
    for name, field in whole.get("properties", {}).items():
        row = {"name": name, "in": "query", "required": name in whole.get("required", ()), "schema": field}
        if name in op.example.query:
            row["example"] = op.example.query[name]
        yield row


def _headers(op: Operation) -> Iterator[dict[str, Any]]:
    for name in op.facts.headers:
        about = HEADERS.get(name, "")
        if name != "Accept":  # OpenAPI wants it told by the answers' content types
            yield {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": about}


def _body(op: Operation, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if "asked" in op.taken.models:
        content["application/json"] = {"schema": schemas.of(op.taken.models["asked"]), "example": op.example.body}
    if op.takes_form or op.facts.form_too:
        model = op.taken.models.get("form") or op.taken.models.get("asked")
        schema: dict[str, Any] = schemas.fields(model) if model else {"type": "object", "properties": {}}
        sent = {name: {"type": "string", "format": "binary", "description": FILE} for name in op.facts.files}
        schema = {**schema, "properties": {**sent, **schema["properties"]}}
        if op.takes_form and len(op.facts.files) == 1 and "asked" not in op.taken.models:
            schema["required"] = [*op.facts.files, *schema.get("required", ())]
        for kind in (FORM, ENCODED) if op.facts.encoded else (FORM,):
            content[kind] = {"schema": schema}
            if op.example.body is not None:
                content[kind]["example"] = op.example.body
    return {"required": op.needs_body, "content": content}


def _answers(op: Operation, schemas: Schemas) -> dict[str, Any]:
    return {str(status): _answer(answer, schemas) for status, answer in op.facts.answers.items()}


def _answer(answer: Any, schemas: Schemas) -> dict[str, Any]:
    words: list[str] = []
    content: dict[str, Any] = {}
    for kind in _several(answer):
        if isinstance(kind, Media):
            words.append(kind.text)
            content = {**{name: _bytes(name) for name in kind.types}, **content}
        else:
            schema = kind if isinstance(kind, Mapping) else schemas.of(kind)
            content["application/json"] = {"schema": schema}
            words.append(" ".join((getattr(kind, "__doc__", "") or "").split()[:30]) if _is_model(kind) else "JSON.")
    made: dict[str, Any] = {"description": " Or: ".join(filter(None, words)) or "JSON."}
    if content:
        made["content"] = content
    return made


def _bytes(media_type: str) -> dict[str, Any]:
    """What no schema describes; events would be held to a string's, one by one."""
    return {} if media_type == "text/event-stream" else {"schema": {"type": "string"}}


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _failures(op: Operation, schemas: Schemas, shared: Shared) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, by_code in op.failures().items():
        body = next(iter(by_code.values()))
        ours = "request_id" in body and "code" in body
        schema = schemas.of(ProblemBody) if ours else _shape_of(body)
        examples = {
            code: {"summary": ROWS[code].title, "description": ROWS[code].text, "value": value}
            for code, value in by_code.items()
        }
        kind = "application/problem+json" if ours else "application/json"
        words = " ".join(f"`{code}`: {ROWS[code].text}" for code in by_code)
        answer = {"description": words, "content": {kind: {"schema": schema, "examples": examples}}}
        found[str(status)] = shared.named(f"{'Problem' if ours else op.facts.tag.replace(' ', '')}{status}", answer)
    return found


def _shape_of(value: Any) -> dict[str, Any]:
    """A schema of an example: its members, and their types where they are not null."""
    if isinstance(value, dict):
        return {
            "type": "object",
            "properties": {name: _shape_of(one) for name, one in value.items()},
            "required": list(value),
        }
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
    return {"type": [kinds[type(value)], "null"]} if type(value) in kinds else {}
