"""OpenAI's lists of models: what programs may write into `model`. A name that is not ours means the best there is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from backend.api.context import studio
from backend.api.declared import Example, declared
from backend.core.errors import NotFound

bp = Blueprint("openai_models", __name__, url_prefix="/v1")

SPEAKING = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "kokoro")
LISTENING = ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
"""Names that programs have built in. Each means `auto`."""
CREATED = 1_767_225_600  # seconds since the epoch; OpenAI's models have such a number, and ours have no better


@bp.get("/models")
@declared("Models that speak and models that listen.", tag="OpenAI", answers={200: dict}, document="OpenAI")
def models() -> Response:
    return jsonify({"object": "list", "data": [*_speaking(), *_listening()]})


@bp.get("/models/<path:model>")
@declared(
    "One model.",
    tag="OpenAI",
    answers={200: dict},
    problems=("model-not-found",),
    example=Example(path={"model": "tts-1"}),
    document="OpenAI",
)
def model(model: str) -> Response:
    rows = [*_speaking(), *_listening()]
    found = next((row for row in rows if row["id"] == model), None)
    if found is None:
        names = ", ".join(row["id"] for row in rows)
        raise NotFound(
            "There is no such model.",
            hint=f"There are: {names}.",
            code="model-not-found",
            fields={"model": "is unknown"},
        )
    return jsonify(found)


@bp.get("/audio/models")
@declared("Models that speak.", tag="OpenAI", answers={200: dict}, document="OpenAI")
def audio_models() -> Response:
    rows = _speaking()
    return jsonify({"object": "list", "models": rows, "data": rows})


def _speaking() -> list[dict[str, Any]]:
    able = [(row["name"], row["title"]) for row in studio().models.describe() if row["able"]]
    return [*(_row(name, name) for name in SPEAKING), *(_row(name, title) for name, title in able)]


def _listening() -> list[dict[str, Any]]:
    able = [(row["name"], row["title"]) for row in studio().models.describe_listeners() if row["available"]]
    return [*(_row(name, name) for name in LISTENING), *(_row(name, title) for name, title in able)]


def _row(name: str, title: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "qwentts", "name": title}
