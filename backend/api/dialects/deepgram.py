"""Deepgram's speech: `POST /v1/speak` and the WebSocket at the same address. Their words outside, our studio inside."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from flask import request as http
from pydantic import BaseModel, ConfigDict

from backend.api import problems
from backend.api.bodies import read_model
from backend.api.context import studio
from backend.api.declared import EMPTY, Example, declared, sound
from backend.api.dialects.deepgram_controls import translated
from backend.api.dialects.deepgram_socket import Talk
from backend.api.dialects.deepgram_wish import CLIENT, CodedAnswer, SocketQuery, SpeakQuery, header_safe, voice_facts
from backend.api.fields import object_of
from backend.api.sockets import socket_route
from backend.api.sounding import Body, begin, streamed
from backend.core.errors import BadRequest, BadText, Problem
from backend.core.types import VoiceSpec
from backend.safety.websocket import Socket

bp = Blueprint("deepgram", __name__)

PATH = "/v1/speak"
ERR_CODES = {
    400: "INVALID_QUERY_PARAMETER",
    401: "INVALID_AUTH",
    413: "PAYLOAD_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
}
"""Status → Deepgram's word; other failures keep ours, in capitals."""


class Text(BaseModel):
    """The body."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str
    """A script, with emotion tags, pauses and dialogues; Deepgram's `{pause:500}` works, too."""


@bp.post(PATH)
@declared(
    "Speak a text as Deepgram does.",
    tag="Deepgram",
    answers={200: sound("audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/aac", "audio/l16")},
    problems=("bad-text", "text-too-long", "voice-not-found", "engine-unavailable", "queue-full"),
    example=Example({"text": "[happy] Good morning!"}, query={"model": "aura-2-thalia-en", "encoding": "linear16"}),
    document="Deepgram",
)
def speak(asked: Text, query: SpeakQuery) -> Response:
    """The sound comes while it is spoken. Failures have Deepgram's shape: `err_code`, `err_msg`, `request_id`."""
    if query.callback:
        raise BadRequest("The studio calls no other address.", fields={"callback": "is not offered here"})
    if not asked.text.strip():
        raise BadText("The text holds nothing to speak.", hint="Write at least one word.", fields={"text": "is empty"})
    coded = CodedAnswer(query)
    voice = studio().find_voice(query.model)
    sounding = begin(query.asking(translated(asked.text), voice), coded)
    response = streamed(Body(sounding), coded.media_type, sounding.speech.job_id)
    response.headers.update(_told(voice) | {"dg-char-count": str(len(asked.text))})
    return response


def _socket_headers() -> dict[str, str]:
    """A wrong voice or language is refused here, before anything is open."""
    query = read_model(SocketQuery, object_of(SocketQuery, http.args))
    voice = studio().find_voice(query.model)
    studio().checked(query.asking("a", voice))
    return _told(voice)


@socket_route(bp, PATH, headers=_socket_headers)
@declared(
    "Speak a text that is still being written, as Deepgram does.",
    tag="Deepgram",
    answers={101: EMPTY},
    messages={
        "Speak": '`{"type": "Speak", "text": "…"}`: a piece of the text; sentences are spoken as they become whole',
        "Flush": "the text is whole: all of it is spoken, then `Flushed` comes",
        "Clear": "silence at once: what is not sent is dropped, then `Cleared` comes",
        "Close": "what is waiting is spoken, then the socket is closed",
        "Metadata, Flushed, Cleared, Warning": "what comes back as JSON; sound comes as binary messages",
    },
    document="Deepgram",
)
def converse(ws: Socket, query: SocketQuery) -> None:
    """Deepgram's close codes: 1003 for a binary message, 1008 for what is no message of theirs, 1011 for a failure."""
    rooms, voice = studio(), studio().find_voice(query.model)
    facts = {"request_id": http.environ["studio.request_id"], **voice_facts(voice)}
    Talk(ws, lambda: rooms.flowing(voice, query.asking, CLIENT), query.encoder, facts).run()


def _told(voice: VoiceSpec) -> dict[str, str]:
    facts = voice_facts(voice)
    told = {"dg-request-id": http.environ["studio.request_id"]}
    return header_safe(told | {f"dg-{name.replace('_', '-')}": facts[name] for name in ("model_name", "model_uuid")})


def shaped(problem: Problem, request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """A failure in Deepgram's words."""
    is_wrong = problem.status in (404, 422)
    status = 400 if is_wrong or problem.code == problems.NOT_HERE else problem.status
    own = problem.code.replace("-", "_").upper()
    code = own if problem.code == problems.NOT_HERE else ERR_CODES.get(status, own)
    message = f"{problem.detail} {problem.hint}".strip()
    headers = header_safe({"dg-error": message[:200], "dg-request-id": request_id})
    return status, {"err_code": code, "err_msg": message, "request_id": request_id}, headers


problems.shape(PATH, shaped)
