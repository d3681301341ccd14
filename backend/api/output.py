"""Takes as files, `/output/<take>.<ext>`, and one line of a take spoken again."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field

from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, Example, Media, declared
from backend.api.files import MEDIA_TYPES, send_take
from backend.api.sse import stream
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("output", __name__)


class RedoWish(WireValue):
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    """None draws one."""


class Downloaded(BaseModel):
    download: bool = False
    """Sent as a download, under its title."""


@bp.get("/output/<name>")
@declared(
    "A take as a file.",
    tag="Speak",
    answers={200: Media(tuple(dict.fromkeys(MEDIA_TYPES.values())), "Sound, subtitles, or everything as a zip.")},
    problems=("take-not-found", "not-found"),
    example=Example(path={"name": "{take}.wav"}, query={"download": True}),
)
def output(name: str, query: Downloaded) -> Response:
    """`<take>.<ext>`: `wav mp3 ogg opus flac`, `srt vtt json`, `zip`."""
    take, _, extension = name.rpartition(".")
    return send_take(take, extension, query.download or extension == "zip")


@bp.post("/api/output/<take>/segments/<int:segment>/redo")
@declared(
    "Speak one line of a take again.",
    tag="Speak",
    answers=ACCEPTED,
    problems=(
        "take-not-found",
        "segment-not-found",
        "conflict",
        "personality-not-found",
        "emotion-not-found",
        "engine-not-found",
        "engine-unavailable",
        "queue-full",
        "too-many-streams",
    ),
    example=Example({"seed": 7}, path={"segment": 0}),
    may_be_empty=True,
    headers=("Accept",),
)
def redo(take: str, segment: int, asked: RedoWish) -> Response | tuple[Response, int]:
    """The job, or its events for who accepts a stream; its result is a new take."""

    def submitted() -> Job:
        return studio().redoing.submit(take, segment, asked.seed)

    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(submitted().id), here().slots)
    job = submitted()
    return jsonify({"job_id": job.id, "take": take, "segment": segment, "status": job.status}), 202
