"""Jobs over HTTP: look at them, cancel them, follow their events from any point."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field

from backend.api.answers import JobList, JobState
from backend.api.context import here, studio
from backend.api.declared import EVENTS, declared
from backend.api.sse import stream

bp = Blueprint("jobs", __name__, url_prefix="/api/jobs")

MAX_LISTED = 500


class JobSearch(BaseModel):
    limit: int = Field(100, ge=0)
    """At most 500 are listed."""
    kind: str = Field("", max_length=400)
    """Only jobs of this kind, or of several with commas."""


class After(BaseModel):
    after: int | None = Field(None, ge=0)
    """Number of the event that was seen last; without it the header Last-Event-ID counts, then 0."""


@bp.get("")
@declared("List the jobs, newest first.", tag="Jobs", answers={200: JobList})
def list_jobs(query: JobSearch) -> Response:
    kinds = [kind.strip() for kind in query.kind.split(",") if kind.strip()]
    return jsonify({"jobs": studio().list_jobs(min(query.limit, MAX_LISTED), kinds)})


@bp.get("/<job_id>")
@declared("How a job is.", tag="Jobs", answers={200: JobState}, problems=("job-not-found",))
def show(job_id: str) -> Response:
    return jsonify(studio().job(job_id))


@bp.delete("/<job_id>")
@declared("Cancel a job.", tag="Jobs", answers={200: JobState}, problems=("job-not-found",))
def cancel(job_id: str) -> Response:
    return jsonify(studio().cancel(job_id))


@bp.get("/<job_id>/events")
@declared(
    "Follow a job, from any event on.",
    tag="Jobs",
    answers={200: EVENTS},
    problems=("job-not-found", "too-many-streams"),
    headers=("Last-Event-ID",),
)
def events(job_id: str, query: After) -> Response:
    """The stream again, after the event the caller saw last."""
    studio().job(job_id)
    after = _last_event_id() if query.after is None else min(query.after, 2**53)
    return stream(lambda: studio().follow(job_id, after), here().slots)


def _last_event_id() -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
