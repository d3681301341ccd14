"""The model routes of the model-management document: its paths, its requests, its answers."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.bodies import read_model
from backend.api.context import studio
from backend.core.errors import BadRequest
from backend.core.types import WireValue

bp = Blueprint("qwen3_models", __name__, url_prefix="/api/tts/qwen3/models")


class Download(WireValue):
    key: str = Field(min_length=1, max_length=60)
    provider: Literal["auto", "hf", "modelscope"] = "auto"


class Named(WireValue):
    key: str = Field(min_length=1, max_length=60)


@bp.get("")
def listed() -> Response:
    """Every Qwen3-TTS model: `[{"key", "path", "exists", "valid", "missing"}]`."""
    return jsonify(studio().shelf.qwen())


@bp.post("/download")
def download() -> tuple[Response, int]:
    asked = read_model(Download)
    job = studio().shelf.download(asked.key, asked.provider)
    ids = {"task_id": job.id, "job_id": job.id}
    return jsonify({"key": asked.key, "provider": asked.provider, **ids, "state": job.status}), 202


@bp.post("/validate")
def validate() -> Response:
    found = studio().shelf.examined(read_model(Named).key)
    return jsonify({"key": found["key"], "valid": found["valid"], "missing": found["missing"], "path": found["path"]})


@bp.get("/open-path")
def open_path() -> Response:
    key = request.args.get("key", "")
    if not key:
        raise BadRequest("Name the model.", fields={"key": "a model's key"})
    return jsonify({"key": key, "path": studio().shelf.examined(key)["path"]})
