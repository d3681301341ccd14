"""Models over HTTP: what there is, and the jobs that fetch, load, move and delete them."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.bodies import read_model
from backend.api.context import here, studio
from backend.api.sse import stream
from backend.core.errors import Forbidden
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("models", __name__, url_prefix="/api")


class Download(WireValue):
    provider: Literal["auto", "hf", "modelscope"] = "auto"


class Install(WireValue):
    keys: list[str] = Field(default_factory=list, max_length=50)
    packages: bool = True


class Folder(WireValue):
    path: str = Field(min_length=1, max_length=4000)


class Switch(WireValue):
    model: str = Field(min_length=1, max_length=60)


@bp.get("/models")
def overview() -> Response:
    return jsonify(studio().models_overview())


@bp.post("/models/install")
def install() -> tuple[Response, int]:
    asked = read_model(Install)
    return jsonify({"jobs": studio().shelf.install(asked.keys, asked.packages)}), 202


@bp.post("/models/folder")
def move() -> tuple[Response, int]:
    _only_from_this_machine()
    return _accepted(studio().shelf.move(read_model(Folder).path))


@bp.post("/models/unload")
def unload() -> Response | tuple[Response, int]:
    return _followed_or_accepted(lambda: studio().shelf.unload())


@bp.post("/switch_model")
def switch() -> Response | tuple[Response, int]:
    asked = read_model(Switch)
    return _followed_or_accepted(lambda: studio().switch_model(asked.model))


@bp.post("/models/<key>/download")
def download(key: str) -> tuple[Response, int]:
    job = studio().shelf.download(key, read_model(Download).provider if request.content_length else "auto")
    return _accepted(job, key=key)


@bp.post("/models/<key>/validate")
def validate(key: str) -> Response:
    return jsonify(studio().shelf.examined(key))


@bp.post("/models/<key>/open")
def open_folder(key: str) -> Response:
    _only_from_this_machine()
    return jsonify(studio().shelf.open(key))


@bp.delete("/models/<key>")
def delete(key: str) -> Response:
    return jsonify(studio().delete_model(key))


@bp.delete("/models/<key>/partial")
def clean(key: str) -> Response:
    return jsonify(studio().shelf.clean(key))


def _accepted(job: Job, **more: Any) -> tuple[Response, int]:
    return jsonify({"job_id": job.id, **more, "status": job.status}), 202


def _followed_or_accepted(submit: Any) -> Response | tuple[Response, int]:
    """The events of the job for those who ask for a stream, else its id."""
    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(submit().id), here().slots)
    return _accepted(submit())


def _only_from_this_machine() -> None:
    """What touches folders of this machine is for those who sit at it."""
    if request.remote_addr not in ("127.0.0.1", "::1", None):
        raise Forbidden("This can only be asked on the machine itself.", hint="Open the page there.")
