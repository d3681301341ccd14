"""Models over HTTP: what there is, and the jobs that fetch, load, move and delete them."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import AliasChoices, Field

from backend.api.answers import Accepted, Freed, Jobs, ModelExamined, ModelsOverview, Opened
from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, declared
from backend.api.sse import stream
from backend.core.errors import Forbidden
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("models", __name__, url_prefix="/api")


FETCHING = ("model-not-found", "offline", "model-gated", "disk-full", "queue-full", "conflict")
"""Why a download may be refused before it begins."""


class Wanted(WireValue):
    provider: Literal["auto", "hf", "modelscope"] = "auto"


class Install(WireValue):
    keys: list[str] = Field(default_factory=list, max_length=50)
    """Models to fetch."""
    packages: bool = True
    """Install what they need of Python, too."""


class Folder(WireValue):
    path: str = Field(min_length=1, max_length=4000)


class Switch(WireValue):
    model: str = Field(
        min_length=1,
        max_length=60,
        validation_alias=AliasChoices("model", "modelType", "model_type", "target_type"),
    )


@bp.get("/models")
@declared("What this machine is, which models it has and could have.", tag="Models", answers={200: ModelsOverview})
def overview() -> Response:
    return jsonify(studio().models_overview())


@bp.post("/models/install")
@declared(
    "Fetch several models, and the packages they need.",
    tag="Models",
    answers={202: Jobs},
    problems=FETCHING,
    example={"keys": ["base_0_6b"], "packages": False},
)
def install(asked: Install) -> tuple[Response, int]:
    return jsonify({"jobs": studio().shelf.install(asked.keys, asked.packages)}), 202


@bp.post("/models/folder")
@declared(
    "Move all models to another folder.",
    tag="Models",
    answers={202: Accepted},
    example={"path": "{folder}"},
    problems=("forbidden", "conflict", "disk-full", "storage-failed"),
)
def move(asked: Folder) -> tuple[Response, int]:
    _only_from_this_machine()
    return _accepted(studio().shelf.move(asked.path))


@bp.post("/models/unload")
@declared(
    "Give all memory of models back.",
    tag="Models",
    answers=ACCEPTED,
    headers=("Accept",),
    problems=("queue-full", "too-many-streams"),
)
def unload() -> Response | tuple[Response, int]:
    return _followed_or_accepted(lambda: studio().shelf.unload())


@bp.post("/switch_model")
@declared(
    "Load a model: `base`, `custom`, `design`, or one by its key.",
    tag="Models",
    document="002",
    answers=ACCEPTED,
    headers=("Accept",),
    example={"model": "base"},
    problems=("model-not-found", "engine-unavailable", "queue-full", "too-many-streams"),
)
def switch(asked: Switch) -> Response | tuple[Response, int]:
    return _followed_or_accepted(lambda: studio().switch_model(asked.model))


@bp.post("/models/<model>/download")
@declared(
    "Fetch a model.",
    tag="Models",
    answers={202: Accepted},
    problems=FETCHING,
    example={"provider": "auto"},
    may_be_empty=True,
)
def download(model: str, asked: Wanted) -> tuple[Response, int]:
    job = studio().shelf.download(model, asked.provider)
    return _accepted(job, key=model)


@bp.post("/models/<model>/validate")
@declared(
    "Whether a model is there and whole.", tag="Models", answers={200: ModelExamined}, problems=("model-not-found",)
)
def validate(model: str) -> Response:
    return jsonify(studio().shelf.examined(model))


@bp.post("/models/<model>/open")
@declared(
    "Show the folder of a model in the file manager.",
    tag="Models",
    answers={200: Opened},
    problems=("model-not-found", "forbidden", "storage-failed"),
)
def open_folder(model: str) -> Response:
    _only_from_this_machine()
    return jsonify(studio().shelf.open(model))


@bp.delete("/models/<model>")
@declared(
    "Remove a model from the studio's own folder.",
    tag="Models",
    answers={200: Freed},
    problems=("model-not-found", "conflict"),
)
def delete(model: str) -> Response:
    return jsonify(studio().delete_model(model))


@bp.delete("/models/<model>/partial")
@declared(
    "Remove what an unfinished download left.",
    tag="Models",
    answers={200: Freed},
    problems=("model-not-found", "conflict"),
)
def clean(model: str) -> Response:
    return jsonify(studio().shelf.clean(model))


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
