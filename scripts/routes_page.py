"""Prints docs/routes.md: every route, the document or product it comes from, and the tests that call it.

Where it comes from is declared with the route; the tests are found by the addresses written in them.
"""

from __future__ import annotations

import ast
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from backend.api.openapi import DOCUMENTS  # noqa: E402 — the path is set first
from backend.api.openapi_routes import Operation, operations  # noqa: E402 — as above
from backend.app import create_app  # noqa: E402 — as above
from backend.core.settings import Settings  # noqa: E402 — as above

HEAD = """# Routes

Made by `make docs` from the routes and the tests. What each takes, answers and refuses stands at `GET /docs` of a
running studio and in [api.md](api.md). The example of every route is run by `tests/contract/test_examples.py`, made-up
calls of all of them by `tests/contract/test_schema_calls.py`. The routes `/api/rag/*` of the Qwen-TTS document are not
there yet.

| Route | Comes from | Does | Tests |
|---|---|---|---|
"""

VERBS = frozenset({"get", "post", "put", "patch", "delete"})
MOST = 3  # files named for a route
BY_ANSWER = {
    "/api/chimera/": ("tests/api/test_chimera.py", "tests/api/test_chimera_saving.py"),
    "/api/models/<model>/": ("tests/api/test_models.py",),
    "/api/v1/audio/": ("tests/api/test_documents_004.py",),
    "/elevenlabs/": ("tests/api/test_elevenlabs.py",),
    "/v1/audio/translations": ("tests/api/test_openai_listening.py",),
    "/download/": ("tests/api/test_openai_speech_fields.py",),
    "/v1/speak": ("tests/api/test_deepgram.py", "tests/api/test_deepgram_rest.py", "tests/api/test_deepgram_sdk.py"),
    "/v1/download/": ("tests/api/test_openai_speech_fields.py",),
}
"""Beginning of an address → tests that take it from an answer, or put it together; a whole address goes before what
is found."""

GAP = "\0"
"""Stands for a part of an address that a test fills in."""


def page() -> str:
    """The whole of `docs/routes.md`."""
    called = {path: list(calls(path)) for path in sorted((ROOT / "tests").rglob("*.py"))}
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), port=8000))
        return HEAD + "".join(row(op, called) for op in operations(app))


def row(op: Operation, called: dict[Path, list[tuple[str, str]]]) -> str:
    method = "WS" if op.is_socket else op.method
    path = re.sub(r"\{(\w+)\}", r"<\1>", op.path)
    named = next((files for start, files in BY_ANSWER.items() if path.startswith(start)), ())
    files = ", ".join(f"`{name}`" for name in BY_ANSWER.get(path) or tests_of(op, called) or named)
    origin = DOCUMENTS.get(op.facts.document, op.facts.document) or "the studio"
    return f"| `{method} {path}` | {origin.removeprefix('the ')} | {op.facts.summary} | {files} |\n"


def tests_of(op: Operation, called: dict[Path, list[tuple[str, str]]]) -> list[str]:
    """Files that name the address most often, with its method or with none."""
    address = re.compile(re.sub(r"\\\{\w+\\\}", "[^/?#]+", re.escape(op.path)))
    found: Counter[str] = Counter()
    for path, rows in called.items():
        hits = sum(verb in ("", op.method) and address.fullmatch(text) is not None for verb, text in rows)
        if hits:
            found[path.relative_to(ROOT).as_posix()] = hits
    return sorted(name for name, _ in found.most_common(MOST))


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """Method ("" where it is not said) and address of every text that looks like one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    told: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            verb = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            for given in node.args[:2]:
                told.add(id(given))
                yield from addresses(given, names, verb.upper() if verb in VERBS else "")
        elif isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in told:
            yield from addresses(node, names, "")


def addresses(node: ast.expr, names: dict[str, str], verb: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"^(?:(?:http|ws)s?://[^/]+|\0)(?=/)", "", written(node, names))
    if text.startswith("/"):
        yield verb, re.split(r"[?#\s]", text, maxsplit=1)[0]


def written(node: ast.expr, names: dict[str, str]) -> str:
    """A text of the source, with constants of the file put in and gaps for what is not known."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.BinOp):
        return written(node.left, names) + written(node.right, names)
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part, names) or GAP for part in node.values)
    return written(node.value, names) if isinstance(node, ast.FormattedValue) else ""


if __name__ == "__main__":
    print(page(), end="")
