"""The model routes of the model-management document: its paths, its requests, its answers."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field

from backend.api.answers import Accepted, Answered, ModelExamined
from backend.api.context import studio
from backend.api.declared import Example, declared
from backend.api.models import FETCHING
from backend.core.types import WireValue

bp = Blueprint("qwen3_models", __name__, url_prefix="/api/tts/qwen3/models")


class KeyWanted(WireValue):
    key: str = Field(min_length=1, max_length=60)
    provider: Literal["auto", "hf", "modelscope"] = "auto"


class Named(WireValue):
    key: str = Field(min_length=1, max_length=60)


class KeyAsked(BaseModel):
    key: str = Field(min_length=1, max_length=60)


class Begun(Accepted):
    key: str
    provider: str
    task_id: str
    state: str


class Path(Answered):
    key: str
    path: str


class Validated(Path):
    valid: bool
    missing: list[str]


@bp.get("")
@declared("List the Qwen3-TTS models.", tag="Documents", document="000", answers={200: list[ModelExamined]})
def listed() -> Response:
    """Every Qwen3-TTS model: `[{"key", "path", "exists", "valid", "missing"}]`."""
    return jsonify(studio().shelf.qwen())


@bp.post("/download")
@declared(
    "Fetch a model.",
    tag="Documents",
    document="000",
    answers={202: Begun},
    problems=FETCHING,
    example={"key": "base_0_6b", "provider": "auto"},
)
def download(asked: KeyWanted) -> tuple[Response, int]:
    job = studio().shelf.download(asked.key, asked.provider)
    ids = {"task_id": job.id, "job_id": job.id}
    return jsonify({"key": asked.key, "provider": asked.provider, **ids, "state": job.status}), 202


@bp.post("/validate")
@declared(
    "Whether a model is there and whole.",
    tag="Documents",
    document="000",
    answers={200: Validated},
    problems=("model-not-found",),
    example={"key": "base_0_6b"},
)
def validate(asked: Named) -> Response:
    found = studio().shelf.examined(asked.key)
    return jsonify({"key": found["key"], "valid": found["valid"], "missing": found["missing"], "path": found["path"]})


@bp.get("/open-path")
@declared(
    "Where a model lies.",
    tag="Documents",
    document="000",
    answers={200: Path},
    problems=("model-not-found",),
    example=Example(query={"key": "base_0_6b"}),
)
def open_path(query: KeyAsked) -> Response:
    return jsonify({"key": query.key, "path": studio().shelf.examined(query.key)["path"]})
