"""Jobs over HTTP: look at them, cancel them, follow their events from any point."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from backend.api.bodies import query_number
from backend.api.context import here, studio
from backend.api.sse import stream

bp = Blueprint("jobs", __name__, url_prefix="/api/jobs")

MAX_LISTED = 500


@bp.get("")
def list_jobs() -> Response:
    return jsonify({"jobs": studio().list_jobs(query_number("limit", 100, MAX_LISTED))})


@bp.get("/<job_id>")
def show(job_id: str) -> Response:
    return jsonify(studio().job(job_id))


@bp.delete("/<job_id>")
def cancel(job_id: str) -> Response:
    return jsonify(studio().cancel(job_id))


@bp.get("/<job_id>/events")
def events(job_id: str) -> Response:
    """The stream again, after the event the caller saw last."""
    studio().job(job_id)
    after = query_number("after", _last_event_id(), 2**53)
    return stream(lambda: studio().follow(job_id, after), here().slots)


def _last_event_id() -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
