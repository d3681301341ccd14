"""OpenAI's listening: `/v1/audio/transcriptions` and `/translations`, their forms, formats and events.

Liberal in what it takes: fields it does not know, names of models of other services, keys with and without brackets.
"""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Literal, NotRequired, Protocol, TypedDict

from flask import Blueprint, Response, jsonify
from flask import request as http
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from backend.api.context import here, studio
from backend.api.declared import EVENTS, UNUSABLE, Example, Media, declared
from backend.api.dialects.openai_errors import openai_error
from backend.api.problems import cut
from backend.api.sounding import caller_has_left
from backend.api.spoken import base64_sound
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Problem
from backend.jobs.model import Job
from backend.safety.body import BoundedBody, too_large

bp = Blueprint("openai_listening", __name__, url_prefix="/v1/audio")

Task = Literal["transcribe", "translate"]
Format = Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"]
CONTEXT = 4000  # characters of a prompt that are kept, the last ones
AROUND = 64 * 1024  # bytes of JSON around a recording
PLAIN = frozenset({"text", "srt", "vtt"})
"""Formats that are answered as plain text."""
GRANULARITIES = AliasChoices("timestamp_granularities", "timestamp_granularities[]")
TEXTS = Media(("text/plain",), "The text, or subtitles.")
UNHEARD = (*UNUSABLE, "engine-not-found", "engine-unavailable", "engine-failed", "queue-full", "too-many-streams")


class InputAudio(BaseModel):
    """A recording inside JSON, as OpenRouter takes it and Open WebUI can send it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    data: str
    """The file in base64, with or without `data:…,` before it."""
    format: str = Field("", max_length=20)
    """Let by: the sound itself says what it is."""


class Listened(BaseModel):
    """The fields of the form that mean something here; all others are let by."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=False)

    model: str = Field("auto", max_length=200)
    """A recogniser of the studio; names of other services' models mean the best there is."""
    language: str = Field("auto", max_length=40)
    languages: list[str] = Field([], validation_alias=AliasChoices("languages", "languages[]"))
    """Those that may be spoken; of several the recogniser finds out which."""
    prompt: str = ""
    """What the recording is about, for `clean`."""
    keywords: list[str] = Field([], validation_alias=AliasChoices("keywords", "keywords[]"))
    """Words to expect, for `clean`, too."""
    response_format: Format = "json"
    timestamp_granularities: list[str] = Field([], validation_alias=GRANULARITIES)
    """`word` adds the times of words to `verbose_json`."""
    stream: bool = False
    """Answer with events: pieces of the text as they are sure, then the whole."""
    clean: bool = False
    """Ours: have the language model mend the text."""
    input_audio: InputAudio | None = None
    """The recording, where the body is JSON and holds no `file`."""

    @property
    def spoken(self) -> str:
        only = self.languages[0] if len(self.languages) == 1 else "auto"
        return only if self.language in ("", "auto") else self.language

    @model_validator(mode="before")
    @classmethod
    def _forgiving(cls, data: Any) -> Any:
        wanted = str(data.get("response_format", "")).strip().casefold() if isinstance(data, dict) else ""
        return {**data, "response_format": wanted or "json"} if isinstance(data, dict) else data


class Usage(TypedDict):
    type: Literal["duration"]
    seconds: int


class Said(TypedDict):
    """The text of a recording; `verbose_json` has more."""

    text: str
    languages: NotRequired[list[dict[str, str]]]
    usage: Usage


@bp.before_request
def bound_json() -> None:
    """JSON is held in memory whole: what it brings is a short recording, not half an hour. Raises TooLarge."""
    if http.mimetype == "application/json":
        limit = studio().settings.upload_limit * 4 // 3 + AROUND
        if (http.content_length or 0) > limit:
            raise too_large(limit)
        http.environ["wsgi.input"] = BoundedBody(http.environ["wsgi.input"], limit)


@bp.post("/transcriptions")
@declared(
    "Write down a recording.",
    tag="OpenAI",
    answers={200: (Said, TEXTS, EVENTS)},
    problems=UNHEARD,
    files=("file",),
    example={"file": "{voice.wav}", "model": "whisper-1"},
    document="OpenAI",
)
def transcriptions(asked: Listened) -> Response:
    return _answer(asked, "transcribe")


@bp.post("/translations")
@declared(
    "Write down in English what is said in another language.",
    tag="OpenAI",
    answers={200: (Said, TEXTS, EVENTS)},
    problems=UNHEARD,
    files=("file",),
    example=Example({"file": "{voice.wav}", "model": "whisper-1"}, status=503),  # where no Whisper is downloaded
    document="OpenAI",
)
def translations(asked: Listened) -> Response:
    """By a Whisper, large-v3-turbo excepted; without one it is refused with what to do."""
    return _answer(asked, "translate")


def _answer(asked: Listened, task: Task) -> Response:
    if asked.response_format == "diarized_json":
        raise BadRequest(
            "The studio does not tell who speaks.",
            hint="Ask for 'verbose_json': it has the same segments, without speakers.",
            fields={"response_format": "diarized_json is not made here"},
        )
    slots, gone = here().slots, caller_has_left()
    if asked.stream:
        return stream(lambda: Told(studio().listening.followed(_submit(asked, task).id, gone)), slots)
    with slots.held():
        result = studio().listening.followed(_submit(asked, task).id, gone).finish()
    response = _shaped(result, asked, task)
    response.headers["X-Engine"] = str(result["engine"])  # who heard it; the catalog tells how well
    return response


def _submit(asked: Listened, task: Task) -> Job:
    """Everything is checked before the recording is kept. Raises BadRequest, WrongType, NotFound, EngineUnavailable."""
    with _recording(asked) as (source, name):
        wish = {
            "engine": studio().listening.named(asked.model),
            "language": asked.spoken,
            "clean": asked.clean,
            "context": "\n".join([asked.prompt, *asked.keywords]).strip()[-CONTEXT:],
            "task": task,
        }
        return studio().listening.transcribe(source, name, wish, kept=False)


@contextmanager
def _recording(asked: Listened) -> Iterator[tuple[IO[bytes], str]]:
    """What came, and a name that tells its type. Raises BadRequest."""
    if http.mimetype == "application/json":
        if asked.input_audio is None:
            raise BadRequest("The body holds no recording.", fields={"input_audio": "is missing"})
        yield io.BytesIO(base64_sound("input_audio.data", asked.input_audio.data)), ""
        return
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The form holds no recording.", fields={"file": "is missing"})
        yield file.stream, cut(file.filename or "")


def _shaped(result: Mapping[str, Any], asked: Listened, task: Task) -> Response:
    name = asked.response_format
    if name in PLAIN:
        content = studio().listening.written(result, name)[1]
        return Response(content, content_type="text/plain; charset=utf-8")
    if name == "json":
        languages = [{"code": result["language"]}] if result["language"] else []
        return jsonify({"text": result["text"], "languages": languages, "usage": _usage(result)})
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


def _usage(result: Mapping[str, Any]) -> Usage:
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
            yield None, {"type": "transcript.text.error", "error": openai_error(problem)}
            return
        if self._text.result is not None:
            usage = _usage(self._text.result)
            yield None, {"type": "transcript.text.done", "text": self._text.result["text"], "usage": usage}
