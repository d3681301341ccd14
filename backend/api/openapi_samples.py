"""The example of a route as a line of curl, as Python and as JavaScript. Names in braces stay as they are."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from backend.api.declared import Media
from backend.api.openapi_routes import Operation
from backend.core.tables.formats import AUDIO_FORMATS

BASE = "http://127.0.0.1:8000"
SOUND = "{voice.wav}"
"""In an example: a recording. Elsewhere it is written as the name of a file."""

READABLE = ("text/", "application/json", "application/x-ndjson")
"""Beginnings of types that a terminal may show; all others are kept as a file."""
ENDINGS = {row.media_type: row.extension for row in reversed(AUDIO_FORMATS.values())} | {"application/zip": "zip"}
CODINGS = {"linear16": "wav"}
"""Of a query, where its word is no ending."""


def kept_as(op: Operation) -> str:
    """Name of the file that the example's answer is kept in; empty where it is read as it comes."""
    statuses = op.facts.answers
    status = op.example.status or next(iter(statuses))
    first = statuses.get(status)
    first = first[0] if isinstance(first, tuple) else first
    if not isinstance(first, Media) or not first.types or first.types[0].startswith(READABLE):
        return ""
    asked = PurePosixPath(_path(op).partition("?")[0])
    if asked.suffix:
        return "speech" + asked.suffix if "{" in asked.name else asked.name
    wish = {**op.example.query, **(op.example.body if isinstance(op.example.body, dict) else {})}
    named = next((str(wish[name]) for name in ("response_format", "format", "encoding") if name in wish), "")
    ending = CODINGS.get(named, named) or ENDINGS.get(first.types[0], "")
    return f"{'voice' if ending == 'zip' else 'speech'}.{ending}" if ending else "recording"


def samples(op: Operation) -> list[dict[str, str]]:
    """As the `x-codeSamples` that documentation tools know."""
    if op.is_socket:
        address = BASE.replace("http", "ws") + _path(op)
        return [{"lang": "JavaScript", "source": f"const ws = new WebSocket('{address}');"}]
    made = {"Shell": _curl(op), "Python": _python(op), "JavaScript": _javascript(op)}
    return [{"lang": name, "source": source} for name, source in made.items()]


def as_form(op: Operation) -> bool:
    """Whether the example is a form: there is no JSON, or a recording comes with it."""
    return op.takes_form and ("asked" not in op.taken.models or SOUND in json.dumps(op.example.body))


def fields(op: Operation) -> Iterator[tuple[str, str]]:
    """Name and text of each field of the example's form."""
    body: dict[str, Any] = op.example.body or {}
    for name, value in body.items():
        if name not in op.facts.files:
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def files(op: Operation) -> Iterator[tuple[str, str]]:
    """Field and name of each file that the example sends; the first of the route's, where the example names none."""
    body: dict[str, Any] = op.example.body or {}
    named = [name for name in op.facts.files if name in body]
    for name in named:
        values = body[name] if isinstance(body[name], list) else [body[name]]
        yield from ((name, str(value).strip("{}")) for value in values)
    if not named and op.facts.files:
        yield op.facts.files[0], "anna.zip" if "import" in op.path else "voice.wav"


def _path(op: Operation) -> str:
    path = op.path
    for name, value in op.example.path.items():
        path = path.replace("{" + name + "}", str(value))
    query = urlencode({name: json.dumps(v) if isinstance(v, bool) else v for name, v in op.example.query.items()})
    return path + (f"?{query}" if query else "")


def _curl(op: Operation) -> str:
    method = [] if op.method == "GET" else ["-X", op.method]
    words = ["curl", "-sS", *method, BASE + _path(op)]
    for name, value in op.example.headers.items():
        words += ["-H", f"{name}: {value}"]
    if as_form(op):
        words += [word for name, value in fields(op) for word in ("-F", f"{name}={value}")]
        words += [word for name, file in files(op) for word in ("-F", f"{name}=@{file}")]
    elif op.example.body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(op.example.body, ensure_ascii=False)]
    if kept := kept_as(op):
        words += ["-o", kept]
    return " ".join(shlex.quote(word) for word in words)


def _python(op: Operation) -> str:
    given = [f'"{op.method}"', json.dumps(BASE + _path(op), ensure_ascii=False)]
    if op.example.headers:
        given.append(f"headers={dict(op.example.headers)!r}")
    if as_form(op):
        given += [f"data={dict(fields(op))!r}"] if any(fields(op)) else []
        rows = ", ".join(f'("{name}", open("{file}", "rb"))' for name, file in files(op))
        given += [f"files=[{rows}]"] if rows else []
    elif op.example.body is not None:
        given.append(f"json={op.example.body!r}")
    lines = ",\n    ".join([*given, "timeout=600"])
    kept = kept_as(op)
    end = f'open("{kept}", "wb").write(answer.content)' if kept else "print(answer.text)"
    return f"import httpx\n\nanswer = httpx.request(\n    {lines},\n)\nprint(answer.status_code)\n{end}"


def _javascript(op: Operation) -> str:
    facts: list[str] = [f"method: '{op.method}'"]
    headers = dict(op.example.headers)
    before = ""
    if as_form(op):
        before = "const form = new FormData();\n"
        rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in fields(op)]
        rows += [(name, "file") for name, _ in files(op)]
        before += "".join(f"form.append('{name}', {value});\n" for name, value in rows)
        headers["X-Studio"] = "1"
        facts.append("body: form")
    elif op.example.body is not None:
        headers["Content-Type"] = "application/json"
        facts.append(f"body: JSON.stringify({json.dumps(op.example.body, ensure_ascii=False)})")
    if headers:
        facts.insert(1, f"headers: {json.dumps(headers)}")
    end = "const sound = await answer.blob();" if kept_as(op) else "console.log(answer.status, await answer.text());"
    return f"{before}const answer = await fetch('{_path(op)}', {{\n  " + ",\n  ".join(facts) + f",\n}});\n{end}"
