"""Listening over HTTP: as a stream of events, or waiting for the text. A wrong request is refused before any job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field
from werkzeug.datastructures import FileStorage

from backend.api.answers import Transcript
from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, EVENTS, UNUSABLE, Example, Media, declared
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Conflict
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("transcribe", __name__)

FILES = ("file", "audio")
"""Names under which the recording may come."""


class Transcription(WireValue):
    """The fields of the form beside the recording."""

    engine: str = Field("auto", max_length=40)
    language: str = Field("auto", max_length=20)
    format: str = Field("json", max_length=20)
    clean: bool = False
    """Have the language model mend the text."""
    context: str = Field("", max_length=4000)
    """What it is about: names and words to expect."""


class ReferenceTranscription(WireValue):
    """Who listens to a reference, and in which language it speaks; the personality's where it is left out."""

    engine: str = Field("auto", max_length=40)
    language: str = Field("", max_length=20)


class FormatAsked(BaseModel):
    format: str = Field("json", max_length=20)
    """`json text srt vtt verbose_json`."""


TEXTS = Media(("text/plain", "text/vtt", "application/x-subrip", "application/json"), "The text in the format asked.")
UNHEARD = (*UNUSABLE, "engine-not-found", "engine-unavailable", "queue-full", "too-many-streams")


@bp.post("/api/transcribe_stream")
@declared(
    "Write down a recording; answers with the events of the job.",
    tag="Listen",
    answers={200: EVENTS},
    problems=UNHEARD,
    files=FILES,
    example={"language": "en"},
)
def transcribe_stream(form: Transcription) -> Response:
    studio().listening.check_format(form.format)
    return stream(lambda: studio().follow(_submit(form).id), here().slots)


@bp.post("/api/transcribe")
@declared(
    "Write down a recording, and wait for the text.",
    tag="Listen",
    answers={200: (Transcript, TEXTS, EVENTS)},
    problems=(*UNHEARD, "engine-failed", "cancelled"),
    files=FILES,
    example={"language": "en"},
    headers=("Accept",),
)
def transcribe(form: Transcription) -> Response:
    """The events of the job for `Accept: text/event-stream`. The job goes on when the caller leaves."""
    studio().listening.check_format(form.format)
    if wants_events():
        return stream(lambda: studio().follow(_submit(form).id), here().slots)
    with here().slots.held():
        job = _submit(form)
        result = studio().wait(job.id)
    return _answer(job.id, result, form.format)


@bp.get("/api/transcribe/<job_id>")
@declared(
    "A text that was written down, in another format.",
    tag="Listen",
    answers={200: (Transcript, TEXTS)},
    problems=("job-not-found", "conflict"),
    example=Example(path={"job_id": "{listening_job}"}),
)
def transcript(job_id: str, query: FormatAsked) -> Response:
    """A text that is there, in another format."""
    result = studio().job(job_id)["result"]
    if not isinstance(result, dict) or "raw_text" not in result:
        raise Conflict("This job has no transcript, or not yet.", hint="Follow the job to its end.")
    return _answer(job_id, result, query.format)


@bp.post("/api/personality/<key>/emotions/<emotion>/transcribe")
@declared(
    "Write down what a recording of a voice says, and keep it as its transcript.",
    tag="Listen",
    answers=ACCEPTED,
    problems=("personality-not-found", "emotion-not-found", *UNHEARD),
    example={"engine": "auto"},
    may_be_empty=True,
    headers=("Accept",),
)
def transcribe_reference(key: str, emotion: str, asked: ReferenceTranscription) -> Response | tuple[Response, int]:

    def submit() -> Job:
        return studio().listening.transcribe_reference(key, emotion, asked.engine, asked.language)

    if wants_events():
        return stream(lambda: studio().follow(submit().id), here().slots)
    return jsonify({"job_id": submit().id}), 202


def wants_events() -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def _submit(asked: Transcription) -> Job:
    """Everything is checked before the recording is kept. Raises BadRequest, WrongType."""
    with _recording() as file:
        wish = asked.model_dump(exclude={"format"})
        return studio().listening.transcribe(file.stream, cut(file.filename or ""), wish)


@contextmanager
def _recording() -> Iterator[FileStorage]:
    """Raises WrongType, BadRequest."""
    name = next((name for name in FILES if name in request.files), FILES[0])
    with uploaded(name) as file:
        if file is None:
            raise BadRequest("The form holds no recording.", fields={FILES[0]: "is missing"})
        yield file


def _answer(job_id: str, result: dict[str, Any], wanted: str) -> Response:
    if wanted == "json":
        return jsonify({"job_id": job_id, **result})
    media_type, content = studio().listening.written(result, wanted)
    response = Response(content, content_type=f"{media_type}; charset=utf-8")
    for name, value in {"X-Job-Id": job_id, "X-Engine": result["engine"], "X-Duration": result["duration"]}.items():
        response.headers[name] = str(value)
    return response
