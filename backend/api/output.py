"""Takes as files, `/output/<take>.<ext>`, and one line of a take spoken again."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.bodies import query_flag, read_model
from backend.api.context import here, studio
from backend.api.files import send_take
from backend.api.sse import stream
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("output", __name__)


class RedoWish(WireValue):
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    """None draws one."""


@bp.get("/output/<name>")
def output(name: str) -> Response:
    take, _, extension = name.rpartition(".")
    return send_take(take, extension, query_flag("download") or extension == "zip")


@bp.post("/api/output/<take>/segments/<int:segment>/redo")
def redo(take: str, segment: int) -> Response | tuple[Response, int]:
    """The job, or its events for who accepts a stream; its result is a new take."""
    wish = read_model(RedoWish) if request.content_length else RedoWish()

    def submitted() -> Job:
        return studio().redoing.submit(take, segment, wish.seed)

    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(submitted().id), here().slots)
    job = submitted()
    return jsonify({"job_id": job.id, "take": take, "segment": segment, "status": job.status}), 202
