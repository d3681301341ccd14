"""What the Connect page asks: how programs reach the studio, its key if the reader wants it, Wyoming by trial."""

from __future__ import annotations

from itertools import chain
from typing import TypedDict

from flask import Blueprint, Response, current_app, jsonify
from pydantic import Field

from backend.api.context import studio
from backend.api.declared import Example, declared, sound
from backend.api.session import GATE
from backend.api.uploads import uploaded
from backend.audio.streaming import StreamEncoder
from backend.core.errors import BadRequest, Conflict
from backend.core.types import WireValue
from backend.safety.gate import Gate
from backend.wyoming_ports.asking import ask_to_listen, ask_to_speak

bp = Blueprint("connect", __name__)


class Wyoming(TypedDict):
    """Its ports; 0 is off."""

    host: str
    tts_port: int
    asr_port: int


class Connections(TypedDict):
    """How programs reach the studio."""

    key_needed: bool
    host: str
    port: int
    wyoming: Wyoming


class Key(TypedDict):
    key: str


class Trial(WireValue):
    """A sentence for Wyoming's port."""

    text: str = Field(min_length=1, max_length=500)
    voice: str = Field("", max_length=200)
    language: str = Field("", max_length=20)


class Hearing(WireValue):
    """Which language the recording is in."""

    language: str = Field("", max_length=20)


class Heard(TypedDict):
    """`engine`: who heard it."""

    text: str
    language: str
    engine: str


@bp.get("/api/connect")
@declared("How other programs reach the studio.", tag="Studio", answers={200: Connections})
def connections() -> Response:
    settings = studio().settings
    wyoming: Wyoming = {
        "host": settings.wyoming_host,
        "tts_port": settings.wyoming_tts_port,
        "asr_port": settings.wyoming_asr_port,
    }
    told: Connections = {
        "key_needed": _gate().keys.needed,
        "host": settings.host,
        "port": settings.port,
        "wyoming": wyoming,
    }
    return jsonify(told)


@bp.post("/api/connect/key")
@declared(
    "The key of the studio, for who holds it or has the page open.",
    tag="Studio",
    answers={200: Key},
    problems=("conflict",),
    example=Example(status=409),
)
def key() -> Response:
    """A POST, so that nothing asks for it ahead or keeps it."""
    if not _gate().keys.needed:
        raise Conflict("This studio asks for no key.", hint="Write any word where a program wants one.")
    return jsonify(Key(key=studio().settings.token))


@bp.post("/api/connect/wyoming/speak")
@declared(
    "Ask Wyoming's port to speak, as Home Assistant would.",
    tag="Wyoming",
    answers={200: sound("audio/wav")},
    problems=("conflict", "engine-failed", "voice-not-found"),
    example=Example({"text": "Hello.", "voice": "Ryan"}, status=409),
)
def speak(asked: Trial) -> Response:
    pieces = ask_to_speak(studio().settings, asked.text, asked.voice, asked.language)
    first = next(pieces, b"")  # what is wrong is told before the answer begins
    encoder = StreamEncoder("wav")
    coded = (encoder.feed(pcm) for pcm in chain((first,), pieces))
    return Response(coded, content_type="audio/wav")


@bp.post("/api/connect/wyoming/listen")
@declared(
    "Ask Wyoming's port to listen, as Home Assistant would.",
    tag="Wyoming",
    answers={200: Heard},
    problems=("conflict", "engine-failed", "audio-unreadable"),
    example=Example({"file": "{voice.wav}"}, status=409),
    files=("file",),
)
def listen(form: Hearing) -> Response:
    """A WAV file of a few seconds."""
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The recording is missing.", fields={"file": "is needed"})
        return jsonify(ask_to_listen(studio().settings, file.read(), form.language))


def _gate() -> Gate:
    gate: Gate = current_app.extensions[GATE]
    return gate
