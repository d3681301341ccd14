"""ElevenLabs-shaped speech under `/elevenlabs`: `/v1/text-to-speech/…`, voices, models. Their words, our studio."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, TypedDict

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, ConfigDict, Field

from backend.api.context import here, studio
from backend.api.declared import EMPTY, Example, Media, declared, sound
from backend.api.dialects.elevenlabs_talk import Talk, refuse
from backend.api.dialects.elevenlabs_wish import CLIENT, FORMATS, FormatQuery, SocketQuery, Wish, alignment, coding_of
from backend.api.problems import NOT_HERE, shape
from backend.api.sockets import ending, socket_route
from backend.api.sounding import Body, Sounding, begin, caller_has_left, streamed
from backend.audio.streaming import encoded_file
from backend.core.errors import NotFound, Problem
from backend.core.tables.languages import LANGUAGES
from backend.safety.websocket import Socket

PREFIX = "/elevenlabs"
LINES = "application/x-ndjson"
SPEECH = "/v1/text-to-speech/<voice_id>"
SOUND = sound(*dict.fromkeys(media_type for _, media_type in FORMATS.values()))
PROBLEMS = ("voice-not-found", "bad-text", "text-too-long", "engine-unavailable", "queue-full", "too-many-streams")
NO_MORE = {"next_page_token": None}
ASKED = Example({"text": "[happy] Hello there!", "model_id": "eleven_multilingual_v2"}, path={"voice_id": "Ryan"})

bp = Blueprint("elevenlabs", __name__, url_prefix=PREFIX)


class VoicesQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=False)

    search: str = ""
    page_size: int = Field(100, ge=1, le=1000)


class Timed(TypedDict):
    """`alignment` has `characters` and the seconds at which each begins and ends."""

    audio_base64: str
    alignment: dict[str, Any] | None
    normalized_alignment: dict[str, Any] | None


@bp.post(SPEECH)
@declared("Speak a text: a checked take.", tag="ElevenLabs", answers={200: SOUND}, problems=PROBLEMS, example=ASKED,
          document="ElevenLabs")  # fmt: skip
def speech(voice_id: str, asked: Wish, query: FormatQuery) -> Response:
    take, data, media_type = _spoken(voice_id, asked, query)
    return Response(data, content_type=media_type, headers=_facts(take))


@bp.post(f"{SPEECH}/stream")
@declared("Speak a text, while it is spoken.", tag="ElevenLabs", answers={200: SOUND}, problems=PROBLEMS,
          example=ASKED, document="ElevenLabs")  # fmt: skip
def speech_stream(voice_id: str, asked: Wish, query: FormatQuery) -> Response:
    coding = coding_of(query)
    sounding = begin(asked.request(voice_id), coding.encoder)
    return streamed(Body(sounding), coding.media_type, sounding.speech.job_id)


@bp.post(f"{SPEECH}/with-timestamps")
@declared("Speak a text; the sound in base64, with the times of its letters.", tag="ElevenLabs", answers={200: Timed},
          problems=PROBLEMS, example=ASKED, document="ElevenLabs")  # fmt: skip
def speech_timed(voice_id: str, asked: Wish, query: FormatQuery) -> Response:
    take, data, _ = _spoken(voice_id, asked, query)
    return jsonify(_timed(data, alignment(take)))


@bp.post(f"{SPEECH}/stream/with-timestamps")
@declared("Speak a text as lines of JSON; the last one has the times of all letters.", tag="ElevenLabs",
          answers={200: Media((LINES,), "One object a line.")}, problems=PROBLEMS, example=ASKED,
          document="ElevenLabs")  # fmt: skip
def speech_stream_timed(voice_id: str, asked: Wish, query: FormatQuery) -> Response:
    sounding = begin(asked.request(voice_id), coding_of(query).encoder)
    return streamed(Body(sounding, _lines), LINES, sounding.speech.job_id)


@socket_route(bp, f"{SPEECH}/stream-input")
@declared(
    "Speak a text that is still being written.",
    tag="ElevenLabs",
    answers={101: EMPTY},
    messages={
        '{"text": " ", "voice_settings": {…}}': "first: what holds for all that follows",
        '{"text": "…", "flush": true}': "a piece of the text; sentences are spoken as they are whole, at a flush all",
        '{"text": ""}': "the text is whole",
        '{"audio": base64, "isFinal": null}': 'a piece of the sound; `{"isFinal": true}` after the last',
    },
    document="ElevenLabs",
)
def speech_input(ws: Socket, voice_id: str, query: SocketQuery) -> None:
    """What is wrong is told as `{"message", "error", "code"}`, and the socket is closed with 1008."""
    with ending(ws, partial(refuse, ws)):
        Talk(ws, studio(), voice_id, query).run()


@bp.get("/v1/voices")
@declared("All voices.", tag="ElevenLabs", answers={200: dict}, document="ElevenLabs")
def voices() -> Response:
    return jsonify({"voices": _voices()})


@bp.get("/v2/voices")
@declared("Voices whose name holds a word.", tag="ElevenLabs", answers={200: dict}, document="ElevenLabs")
def search_voices(query: VoicesQuery) -> Response:
    wanted = query.search.strip().casefold()
    found = [row for row in _voices() if wanted in row["name"].casefold()]
    page = found[: query.page_size]
    return jsonify({"voices": page, "has_more": len(found) > len(page), "total_count": len(found)} | NO_MORE)


@bp.get("/v1/voices/<voice_id>")
@declared("One voice.", tag="ElevenLabs", answers={200: dict}, problems=("voice-not-found",),
          example=Example(path={"voice_id": "Ryan"}), document="ElevenLabs")  # fmt: skip
def voice(voice_id: str) -> Response:
    spec = studio().find_voice(voice_id)
    known = getattr(spec, "personality", None) or getattr(spec, "speaker", None)
    row = next((row for row in _voices() if row["voice_id"] == known), None)
    if row is None:  # a voice without a recording cannot speak
        raise NotFound("This voice has no recording.", hint="Record one for it.", code="voice-not-found")
    return jsonify(row)


@bp.get("/v1/models")
@declared("Engines that can speak.", tag="ElevenLabs", answers={200: {"type": "array"}}, document="ElevenLabs")
def models() -> Response:
    rows = [row for row in studio().models.describe() if row["able"]]
    return jsonify([_model("auto", "The best there is"), *(_model(row["name"], row["title"]) for row in rows)])


def _spoken(voice_id: str, asked: Wish, query: FormatQuery) -> tuple[dict[str, Any], bytes, str]:
    coding = coding_of(query)
    with here().slots.held():
        take = studio().live.perform(asked.request(voice_id), CLIENT, caller_has_left())
    path = studio().takes.file(str(take["id"]), "wav")
    return take, b"".join(encoded_file(path, coding.encoder)), coding.media_type


def _facts(take: dict[str, Any]) -> dict[str, str]:
    return {"request-id": str(take["job_id"]), "X-Engine": str(take["engine"]), "X-Seed": str(take["seed"])}


def _lines(sounding: Sounding) -> Iterator[bytes]:
    for data in sounding:
        yield json.dumps(_timed(data, None)).encode() + b"\n"
    yield json.dumps(_timed(b"", alignment(sounding.speech.result))).encode() + b"\n"


def _timed(data: bytes, times: dict[str, Any] | None) -> Timed:
    coded = base64.b64encode(data).decode()
    return {"audio_base64": coded, "alignment": times, "normalized_alignment": times}


def _voices() -> list[dict[str, Any]]:
    return [
        {
            "voice_id": row["id"],
            "name": row["name"],
            "category": "cloned" if row["kind"] == "personality" else "premade",
            "description": row["description"],
            "labels": {"language": row["language"]},
            "preview_url": None,
            "available_for_tiers": [],
            "settings": None,
        }
        for row in studio().voices()
    ]


def _model(name: str, title: str) -> dict[str, Any]:
    languages = [{"language_id": row.code, "name": row.english} for row in LANGUAGES.values()]
    limit = studio().settings.text_limit
    return {
        "model_id": name,
        "name": title,
        "can_do_text_to_speech": True,
        "can_do_voice_conversion": False,
        "can_be_finetuned": False,
        "token_cost_factor": 0.0,
        "max_characters_request_free_user": limit,
        "max_characters_request_subscribed_user": limit,
        "maximum_text_length_per_request": limit,
        "languages": languages,
    }


def told(problem: Problem, _request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """A failure in ElevenLabs' words."""
    message = f"{problem.detail} {problem.hint}".strip()
    status = 400 if problem.code == NOT_HERE else problem.status
    return status, {"detail": {"status": problem.code, "message": message}}, {}


shape(f"{PREFIX}/", told)
