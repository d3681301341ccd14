"""OpenAI's listening: `/v1/audio/transcriptions` and `/translations`, their forms, formats and events.

Liberal in what it takes: fields it does not know, names of models of other services, keys with and without brackets.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

from flask import Blueprint, Response, jsonify
from flask import request as http
from pydantic import BaseModel, ConfigDict, Field

from backend.api.bodies import read_model
from backend.api.context import here, studio
from backend.api.fields import checked_text
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Problem
from backend.jobs.model import Job

bp = Blueprint("openai_listening", __name__, url_prefix="/v1/audio")

Task = Literal["transcribe", "translate"]
CONTEXT = 4000  # characters of a prompt that are kept, the last ones
TRUE = frozenset({"true", "1", "yes", "on"})
PLAIN = {"text": "text", "srt": "srt", "vtt": "vtt"}
"""Formats that are answered as plain text, by their names here."""


class Listened(BaseModel):
    """The fields of the form that mean something here; all others are let by."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str = Field("auto", max_length=200)
    language: str = Field("auto", max_length=40)
    prompt: str = ""
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"] = "json"
    timestamp_granularities: list[str] = []
    stream: bool = False
    clean: bool = False
    """Ours: have the language model mend the text."""


@bp.post("/transcriptions")
def transcriptions() -> Response:
    return _answer("transcribe")


@bp.post("/translations")
def translations() -> Response:
    """What is said, in English."""
    return _answer("translate")


def _answer(task: Task) -> Response:
    slots = here().slots
    if _is_true("stream"):
        return stream(lambda: Told(studio().listening.followed(_submit(task)[0].id)), slots)
    with slots.held():
        job, asked = _submit(task)
        result = studio().wait(job.id)
    return _shaped(result, asked, task)


def _submit(task: Task) -> tuple[Job, Listened]:
    """Everything is checked before the recording is kept. Raises BadRequest naming a wrong field, WrongType."""
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The form holds no recording.", fields={"file": "is missing"})
        asked = _asked()
        wish = {
            "engine": studio().listening.named(asked.model),
            "language": asked.language or "auto",
            "clean": asked.clean,
            "context": asked.prompt[-CONTEXT:],
            "task": task,
        }
        return studio().listening.transcribe(file.stream, cut(file.filename or ""), wish), asked


def _asked() -> Listened:
    fields: dict[str, Any] = {name: checked_text(name, http.form[name]) for name in http.form}
    fields["timestamp_granularities"] = [
        value for name in ("timestamp_granularities", "timestamp_granularities[]") for value in http.form.getlist(name)
    ]
    fields |= {name: _is_true(name) for name in ("stream", "clean")}
    fields["response_format"] = (fields.get("response_format") or "json").strip().lower()
    asked = read_model(Listened, fields)
    if asked.response_format == "diarized_json":
        raise BadRequest(
            "The studio does not tell who speaks.",
            hint="Ask for 'verbose_json': it has the same segments, without speakers.",
            fields={"response_format": "diarized_json is not made here"},
        )
    return asked


def _is_true(name: str) -> bool:
    """A flag of the form."""
    return http.form.get(name, "").strip().lower() in TRUE


def _shaped(result: Mapping[str, Any], asked: Listened, task: Task) -> Response:
    name = asked.response_format
    if name in PLAIN:
        content = studio().listening.written(result, PLAIN[name])[1]
        return Response(content, content_type="text/plain; charset=utf-8")
    if name == "json":
        return jsonify({"text": result["text"], "usage": _usage(result)})
    return jsonify(_verbose(result, asked.timestamp_granularities, task))


def _verbose(result: Mapping[str, Any], granularities: list[str], task: Task) -> dict[str, Any]:
    """OpenAI's, with words where they were asked for."""
    body: dict[str, Any] = json.loads(studio().listening.written(result, "verbose_json")[1])
    words = body.pop("words")
    rows = [_measured(row) for row in body.pop("segments")]
    found = {**body, "task": task, "segments": rows, "usage": _usage(result)}
    return {**found, "words": words} if "word" in granularities else found


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    """A segment with the members that typed clients demand. What only Whisper's own program measures says nothing:
    no tokens, and numbers by which nobody throws a segment away."""
    said = str(row["text"]).encode()
    unmeasured = {"tokens": [], "temperature": 0.0, "avg_logprob": 0.0, "no_speech_prob": 0.0}
    ratio = len(said) / len(zlib.compress(said))
    return {**row, "seek": round(row["start"] * 100), **unmeasured, "compression_ratio": round(ratio, 3)}


def _usage(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(result["duration"])}


class Pieces(Protocol):
    """A transcription under way, as the studio follows it: pieces of text, None for a quiet moment."""

    result: dict[str, Any] | None
    """All of it, after the end."""

    def __iter__(self) -> Iterator[str | None]: ...

    def close(self) -> None:
        """Nobody waits any more."""


class Told:
    """The events of one transcription; `close` cancels it where it has not ended."""

    def __init__(self, text: Pieces) -> None:
        self._text = text
        self._items = self._events()

    def __iter__(self) -> Iterator[tuple[None, dict[str, Any]] | None]:
        return self

    def __next__(self) -> tuple[None, dict[str, Any]] | None:
        return next(self._items)

    def close(self) -> None:
        self._text.close()

    def _events(self) -> Iterator[tuple[None, dict[str, Any]] | None]:
        try:
            for piece in self._text:
                yield None if piece is None else (None, {"type": "transcript.text.delta", "delta": piece})
        except Problem as problem:
            yield None, {"type": "transcript.text.error", "error": _error(problem)}
            return
        if self._text.result is not None:
            usage = _usage(self._text.result)
            yield None, {"type": "transcript.text.done", "text": self._text.result["text"], "usage": usage}


def _error(problem: Problem) -> dict[str, Any]:
    return {"message": problem.detail, "type": "server_error", "param": None, "code": problem.code}
