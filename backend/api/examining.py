"""A second look at a reference over HTTP."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, declared
from backend.api.sse import stream
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("examining", __name__)


class Examination(WireValue):
    """Who listens, and which language the voice is said to speak; the personality's where it is left out."""

    engine: str = Field("auto", max_length=40)
    language: str = Field("", max_length=20)


@bp.post("/api/personality/<key>/emotions/<emotion>/doctor")
@declared(
    "Look a second time at a recording of a voice, with models.",
    tag="Personalities",
    answers=ACCEPTED,
    problems=(
        *("personality-not-found", "emotion-not-found", "engine-not-found", "engine-unavailable", "queue-full"),
        "too-many-streams",
    ),
    example={"engine": "auto"},
    may_be_empty=True,
    headers=("Accept",),
)
def examine(key: str, emotion: str, asked: Examination) -> Response | tuple[Response, int]:

    def submit() -> Job:
        return studio().examining.examine(key, emotion, asked.engine, asked.language)

    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(submit().id), here().slots)
    job = submit()
    return jsonify({"job_id": job.id, "status": job.status}), 202
