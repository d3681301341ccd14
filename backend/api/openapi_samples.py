"""The example of a route as a line of curl, as Python and as JavaScript. Names in braces stay as they are."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from backend.api.openapi_routes import Operation

BASE = "http://127.0.0.1:8000"
FILE = "voice.wav"


def samples(op: Operation) -> list[dict[str, str]]:
    """As the `x-codeSamples` that documentation tools know."""
    if op.is_socket:
        return [
            {"lang": "JavaScript", "source": f"const ws = new WebSocket('{BASE.replace('http', 'ws')}{_path(op)}');"}
        ]
    made = {"Shell": _curl(op), "Python": _python(op), "JavaScript": _javascript(op)}
    return [{"lang": name, "source": source} for name, source in made.items()]


def _path(op: Operation) -> str:
    path = op.path
    for name, value in op.example.path.items():
        path = path.replace("{" + name + "}", str(value))
    query = urlencode({name: json.dumps(v) if isinstance(v, bool) else v for name, v in op.example.query.items()})
    return path + (f"?{query}" if query else "")


def as_form(op: Operation) -> bool:
    """Whether the example is a form: there is no JSON, or a recording comes with it."""
    return op.takes_form and "asked" not in op.taken.models


def fields(op: Operation) -> dict[str, str]:
    """Fields of the example's form, as texts."""
    body: dict[str, Any] = op.example.body or {}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}


def _file(op: Operation) -> tuple[str, str]:
    """Field and name of the file that the example sends."""
    return (op.facts.files[0], "anna.zip" if "import" in op.path else FILE) if op.facts.files else ("", "")


def _curl(op: Operation) -> str:
    words = (
        ["curl", "-sS", "-X", op.method, BASE + _path(op)] if op.method != "GET" else ["curl", "-sS", BASE + _path(op)]
    )
    for name, value in op.example.headers.items():
        words += ["-H", f"{name}: {value}"]
    if as_form(op):
        for name, value in fields(op).items():
            words += ["-F", f"{name}={value}"]
        field, file = _file(op)
        words += ["-F", f"{field}=@{file}"] if field else []
    elif op.example.body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(op.example.body, ensure_ascii=False)]
    return " ".join(shlex.quote(word) for word in words)


def _python(op: Operation) -> str:
    given = [f'"{op.method}"', json.dumps(BASE + _path(op))]
    if op.example.headers:
        given.append(f"headers={dict(op.example.headers)!r}")
    if as_form(op):
        field, file = _file(op)
        given.append(f"data={fields(op)!r}")
        given += [f'files={{"{field}": open("{file}", "rb")}}'] if field else []
    elif op.example.body is not None:
        given.append(f"json={op.example.body!r}")
    lines = ",\n    ".join(given)
    call = f"answer = httpx.request(\n    {lines},\n    timeout=600,\n)"
    return f"import httpx\n\n{call}\nprint(answer.status_code, answer.headers)"


def _javascript(op: Operation) -> str:
    facts: list[str] = [f"method: '{op.method}'"]
    before = ""
    headers = dict(op.example.headers)
    if as_form(op):
        field, _ = _file(op)
        before = "const form = new FormData();\n"
        before += "".join(f"form.append({json.dumps(n)}, {json.dumps(v)});\n" for n, v in fields(op).items())
        before += f"form.append('{field}', file);\n" if field else ""
        headers["X-Studio"] = "1"
        facts.append("body: form")
    elif op.example.body is not None:
        headers["Content-Type"] = "application/json"
        facts.append(f"body: JSON.stringify({json.dumps(op.example.body, ensure_ascii=False)})")
    if headers:
        facts.insert(1, f"headers: {json.dumps(headers)}")
    return f"{before}const answer = await fetch('{_path(op)}', {{\n  " + ",\n  ".join(facts) + ",\n});"
