"""Listening over HTTP: as a stream of events, or waiting for the text. A wrong request is refused before any job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field
from werkzeug.datastructures import FileStorage

from backend.api.bodies import read_model
from backend.api.context import here, studio
from backend.api.personality import checked_text
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Conflict
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("transcribe", __name__)

FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
FILES = ("file", "audio")
"""Names under which the recording may come."""


class Transcription(WireValue):
    """The fields of the form beside the recording."""

    engine: str = Field("auto", max_length=40)
    language: str = Field("auto", max_length=20)
    format: str = Field("json", max_length=20)
    clean: bool = False
    context: str = Field("", max_length=4000)


class ReferenceTranscription(WireValue):
    """Who listens to a reference, and in which language it speaks; the personality's where it is left out."""

    engine: str = Field("auto", max_length=40)
    language: str = Field("", max_length=20)


@bp.post("/api/transcribe_stream")
def transcribe_stream() -> Response:
    return stream(lambda: studio().follow(_submit()[0].id), here().slots)


@bp.post("/api/transcribe")
def transcribe() -> Response:
    """Wait for the text. The job goes on when the caller leaves."""
    if wants_events():
        return transcribe_stream()
    with here().slots.held():
        job, wanted = _submit()
        result = studio().wait(job.id)
    return _answer(job.id, result, wanted)


@bp.get("/api/transcribe/<job_id>")
def transcript(job_id: str) -> Response:
    """A text that is there, in another format."""
    result = studio().job(job_id)["result"]
    if not isinstance(result, dict) or "raw_text" not in result:
        raise Conflict("This job has no transcript, or not yet.", hint="Follow the job to its end.")
    return _answer(job_id, result, request.args.get("format", "json"))


@bp.post("/api/personality/<key>/emotions/<emotion>/transcribe")
def transcribe_reference(key: str, emotion: str) -> Response | tuple[Response, int]:
    """Write down what a reference says, as its transcript."""
    asked = read_model(ReferenceTranscription, None if request.content_length else {})

    def submit() -> Job:
        return studio().listening.transcribe_reference(key, emotion, asked.engine, asked.language)

    if wants_events():
        return stream(lambda: studio().follow(submit().id), here().slots)
    return jsonify({"job_id": submit().id}), 202


def wants_events() -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def _submit() -> tuple[Job, str]:
    """The job, and the format that is asked for. Everything is checked before the recording is kept."""
    with _recording() as file:
        asked = _asked()
        name = cut(file.filename or "")
        wish = asked.model_dump(exclude={"format"})
        return studio().listening.transcribe(file.stream, name, wish), asked.format


@contextmanager
def _recording() -> Iterator[FileStorage]:
    """Raises WrongType, BadRequest."""
    name = next((name for name in FILES if name in request.files), FILES[0])
    with uploaded(name) as file:
        if file is None:
            raise BadRequest("The form holds no recording.", fields={FILES[0]: "is missing"})
        yield file


def _asked() -> Transcription:
    fields: dict[str, Any] = {name: checked_text(name, request.form[name]) for name in request.form}
    if "clean" in fields:
        fields["clean"] = FLAGS.get(fields["clean"].strip().lower(), fields["clean"])
    asked = read_model(Transcription, fields)
    studio().listening.check_format(asked.format)
    return asked


def _answer(job_id: str, result: dict[str, Any], wanted: str) -> Response:
    if wanted == "json":
        return jsonify({"job_id": job_id, **result})
    media_type, content = studio().listening.written(result, wanted)
    response = Response(content, content_type=f"{media_type}; charset=utf-8")
    for name, value in {"X-Job-Id": job_id, "X-Engine": result["engine"], "X-Duration": result["duration"]}.items():
        response.headers[name] = str(value)
    return response
