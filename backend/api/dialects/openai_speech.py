"""OpenAI's `POST /v1/audio/speech`, with the fields that vLLM-Omni and Kokoro-FastAPI add; Kokoro's captions."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from backend.api.context import here, studio
from backend.api.declared import EVENTS, Example, Media, declared, sound
from backend.api.dialects.openai_errors import openai_error
from backend.api.dialects.openai_fields import SpeechFields, request_of
from backend.api.files import MEDIA_TYPES, send
from backend.api.sounding import Body, Sounding, begin, caller_has_left, encoder_for, streamed
from backend.audio.streaming import encoded_file
from backend.core.errors import NotFound, Problem
from backend.core.tables.formats import AUDIO_FORMATS

bp = Blueprint("openai_speech", __name__)

MEDIA = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
FRAMES_A_SECOND = 12.5
"""Codec frames of Qwen3-TTS, which OpenAI's clients count as tokens."""
LETTERS_A_TOKEN = 4
MOST_WAITED_FOR = 1000  # characters: about a minute of sound
MOST_TIMES = 4096  # bytes of word times that fit into a header
ASKED = {"model": "tts-1", "voice": "alloy", "input": "[happy] Hello there!", "response_format": "mp3"}
PROBLEMS = ("voice-not-found", "bad-text", "text-too-long", "audio-unreadable", "engine-unavailable", "queue-full")


@bp.post("/v1/audio/speech")
@declared(
    "Speak a text, as bytes or events, while it is spoken.",
    tag="OpenAI",
    answers={200: (sound(*MEDIA.values()), EVENTS)},
    problems=(*PROBLEMS, "too-many-streams", "forbidden", "offline", "download-failed"),
    example=ASKED,
    document="OpenAI",
)
def speech(asked: SpeechFields) -> Response:
    """A whole take, levelled and checked, is answered for `"stream": false`, and where a header needs its end.

    So it is for a short WAV of OpenAI's Python package, unless it streams: its header has the true length then.
    """
    return spoken_as(asked)


def spoken_as(asked: SpeechFields) -> Response:
    """The sound as it is asked for: whole, as bytes or as events."""
    if _is_finished(asked):
        return _finished(asked)
    sounding = begin(request_of(asked), encoder_for(asked.response_format, asked.sample_rate), asked.volume_multiplier)
    if _wants_events(asked):
        body = Body(sounding, lambda spoken: _events(spoken, asked))
        return streamed(body, "text/event-stream", sounding.speech.job_id)
    return streamed(Body(sounding), MEDIA[asked.response_format], sounding.speech.job_id)


@bp.post("/dev/captioned_speech")
@declared(
    "Speak a text; the sound in base64, with the times of its words.",
    tag="Kokoro-FastAPI",
    answers={200: dict},
    problems=PROBLEMS,
    example=ASKED,
    document="Kokoro-FastAPI",
)
def captioned(asked: SpeechFields) -> Response:
    take = _spoken(asked)
    data = b"".join(_encoded(take, asked))
    times = [
        {"word": row["word"], "start_time": row["start"], "end_time": row["end"]} for row in _words(take["segments"])
    ]
    return jsonify(
        {
            "audio": base64.b64encode(data).decode(),
            "audio_format": MEDIA[asked.response_format],
            "timestamps": times,
        }
    )


@bp.get("/v1/download/<name>")
@bp.get("/download/<name>")
@declared(
    "A take that was spoken with `return_download_link`, or the times of its parts.",
    tag="Kokoro-FastAPI",
    answers={
        200: (sound(*dict.fromkeys(row.media_type for row in AUDIO_FORMATS.values())), Media(("application/json",)))
    },
    problems=("take-not-found",),
    example=Example(path={"name": "{take}.wav"}),
    document="Kokoro-FastAPI",
)
def download(name: str) -> Response:
    take, _, extension = name.partition(".")
    if extension.endswith("json"):
        rows = studio().takes.get(take)["segments"]
        keys = ("text", "start", "end", "voice")
        return jsonify({"chunks": [{key: row[key] for key in keys} for row in rows]})
    if extension not in AUDIO_FORMATS:
        raise NotFound("There is no such file.", hint="X-Download-Path names it.", code="take-not-found")
    stem = request.args.get("name", "").removesuffix(f".{extension}") or "speech"
    given = f"{stem}.{extension}"  # a link may name the file, not say what it is
    return send(studio().takes.file(take, extension), MEDIA_TYPES[extension], given)


def _is_finished(asked: SpeechFields) -> bool:
    if _wants_events(asked):
        return False
    return asked.stream is False or asked.word_timestamps or asked.return_download_link or _keeps_a_wav(asked)


def _keeps_a_wav(asked: SpeechFields) -> bool:
    """Whether the caller is known to look at nothing before the end, and then keeps a header that should be true.

    OpenAI's Python package says when it streams. Long texts stay streams: a slow engine must not be silent for as long
    as its ten minutes of patience.
    """
    is_python = request.headers.get("X-Stainless-Lang") == "python"
    streams = request.headers.get("X-Stainless-Raw-Response") == "stream"
    known = is_python and not streams and asked.stream is None
    return known and asked.response_format == "wav" and len(asked.input) <= MOST_WAITED_FOR


def _wants_events(asked: SpeechFields) -> bool:
    """`stream` means bytes to Kokoro's clients, events to vLLM-Omni's: a field of the latter, or `Accept`, decides."""
    if asked.stream_format is not None:
        return asked.stream_format == "sse"
    return bool(asked.stream) and (asked.is_of_vllm or "text/event-stream" in request.headers.get("Accept", ""))


def _events(spoken: Sounding, asked: SpeechFields) -> Iterator[bytes]:
    try:
        for data in spoken:
            delta = {"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()}
            yield _event({**delta, "response_format": asked.response_format})
        yield _event({"type": "speech.audio.done", "usage": usage_of(asked, spoken.speech.result)})
    except Problem as problem:
        yield _event({"type": "speech.audio.error", "error": openai_error(problem)})


def _event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def usage_of(asked: SpeechFields, take: dict[str, Any]) -> dict[str, Any]:
    """Tokens as far as they can be said of every engine: letters of the text, codec frames of the sound."""
    read = -(-len(asked.input + asked.instructions) // LETTERS_A_TOKEN)
    made = round(float(take["duration"]) * FRAMES_A_SECOND)
    return {
        "input_tokens": read,
        "output_tokens": made,
        "total_tokens": read + made,
        "input_token_details": {"text_tokens": read, "audio_tokens": 0},
    }


def _finished(asked: SpeechFields) -> Response:
    take = _spoken(asked)
    response = Response(_encoded(take, asked), content_type=MEDIA[asked.response_format])
    if _is_plain(asked):
        path = studio().takes.file(str(take["id"]), asked.response_format)
        response = send(path, MEDIA[asked.response_format])
    response.headers["Cache-Control"] = "no-cache"
    for name, value in _facts(asked, take).items():
        response.headers[name] = value
    return response


def _spoken(asked: SpeechFields) -> dict[str, Any]:
    """The finished take: what is not heard live is checked, and spoken anew where it failed."""
    with here().slots.held():
        return studio().live.perform(request_of(asked), "openai", caller_has_left())


def _is_plain(asked: SpeechFields) -> bool:
    """Whether a file of the take is the answer as it stands."""
    usual = asked.sample_rate in (None, 24_000) and asked.volume_multiplier == 1.0
    return usual and asked.response_format in AUDIO_FORMATS


def _encoded(take: dict[str, Any], asked: SpeechFields) -> Iterator[bytes]:
    encoder = encoder_for(asked.response_format, asked.sample_rate)
    path = studio().takes.file(str(take["id"]), "wav")
    return encoded_file(path, encoder, asked.volume_multiplier)


def _facts(asked: SpeechFields, take: dict[str, Any]) -> dict[str, str]:
    found = {"X-Job-Id": str(take["job_id"]), "X-Engine": str(take["engine"]), "X-Seed": str(take["seed"])}
    found["X-Duration"] = str(take["duration"])
    if asked.word_timestamps:
        times = json.dumps(_milliseconds(take["segments"]), separators=(",", ":"))
        fits = len(times) <= MOST_TIMES
        found["X-Word-Timestamps" if fits else "X-Word-Timestamps-Omitted"] = times if fits else str(len(times))
    if asked.return_download_link:
        wanted = asked.download_format or asked.response_format
        found["X-Download-Path"] = f"/download/{take['id']}.{wanted if wanted in AUDIO_FORMATS else 'wav'}"
        if asked.return_timing:
            found["X-Timing-Path"] = f"{found['X-Download-Path']}.json"
    return found


def _words(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [word for segment in segments for word in segment["words"]]


def _milliseconds(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"word": row["word"], "start_ms": round(1000 * row["start"]), "end_ms": round(1000 * row["end"])}
        for row in _words(segments)
    ]
