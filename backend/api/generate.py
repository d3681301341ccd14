"""Speaking over HTTP: as a stream of events, or waiting for the sound. A wrong request is refused before any stream."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from backend.api.answers import ScriptShown, Spoken
from backend.api.context import here, studio
from backend.api.declared import EVENTS, declared, sound
from backend.api.files import send_take
from backend.api.sse import Followed, stream
from backend.core.types import GenerationRequest, VoiceSpec, WireValue

bp = Blueprint("generate", __name__)

UNSPEAKABLE = ("personality-not-found", "emotion-not-found", "speaker-not-found", "engine-not-found", "bad-text",
               "text-too-long", "engine-unavailable", "model-not-found", "queue-full", "too-many-streams")  # fmt: skip
"""Why a text may be refused before it is spoken."""

HELLO = {"text": "[happy] Hello! [sad] Good bye.", "voice": {"kind": "preset", "speaker": "Ryan"}}


class ScriptPreview(WireValue):
    """A text and the voice that would speak it."""

    text: str
    voice: VoiceSpec


@bp.post("/api/generate_stream")
@declared(
    "Speak a script; answers with the events of the job.",
    tag="Speak",
    document="002",
    answers={200: EVENTS},
    problems=UNSPEAKABLE,
    example=HELLO,
)
def generate_stream(asked: GenerationRequest) -> Response:
    def submit_and_follow() -> Followed:
        return studio().follow(studio().generate(asked).id)

    return stream(submit_and_follow, here().slots)


@bp.post("/api/generate")
@declared(
    "Speak a script and wait for the sound.",
    tag="Speak",
    answers={200: (sound("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac"), Spoken)},
    problems=(*UNSPEAKABLE, "engine-failed", "cancelled"),
    example=HELLO,
    headers=("Accept",),
)
def generate(asked: GenerationRequest) -> Response:
    """Sound for `Accept: audio/*` and where nothing is said, the facts as JSON for `application/json`. The job goes on
    when the caller leaves."""
    asked = asked.model_copy(update={"stream_audio": False})
    with here().slots.held():
        job = studio().generate(asked)
        result = studio().wait(job.id)
    if wants_json():
        return jsonify({"job_id": job.id, **result})
    return _sound(job.id, result)


@bp.post("/api/script/preview")
@declared(
    "Show how a text would be performed, without speaking it.",
    tag="Speak",
    answers={200: ScriptShown},
    problems=("personality-not-found", "speaker-not-found", "bad-text", "text-too-long"),
    example={"text": "[happy] Hello! [pause 1s] I am back.", "voice": {"kind": "preset", "speaker": "Ryan"}},
)
def preview_script(asked: ScriptPreview) -> Response:
    return jsonify(studio().preview_script(asked.text, asked.voice))


def wants_json() -> bool:
    """JSON for callers that name it and no audio; audio for `audio/*`, for `*/*` and for silence (curl -o)."""
    named = {kind.lower(): quality for kind, quality in request.accept_mimetypes}
    audio = max((quality for kind, quality in named.items() if kind.startswith("audio/")), default=0)
    return float(named.get("application/json", 0)) > float(audio)


def _sound(job_id: str, result: dict[str, Any]) -> Response:
    response = send_take(str(result["id"]), str(result["format"]), download=True)
    facts = {
        "X-Job-Id": job_id,
        "X-Engine": result.get("engine", ""),
        "X-Engine-Note": result.get("engine_note", ""),
        "X-Seed": result.get("seed", ""),
        "X-Duration": result.get("duration", ""),
        "X-Verification": _verdict(result.get("verification", {})),
        "X-Verification-Report": f"/api/history/{result['id']}",
    }
    for name, value in facts.items():
        response.headers[name] = str(value).encode("ascii", "replace").decode().replace("\n", " ")
    return response


def _verdict(verification: dict[str, Any]) -> str:
    """In one word what the checks say of a take."""
    if verification.get("mode", "off") == "off":
        return "off"
    return next((word for word in ("doubtful", "redone") if verification.get(word)), "ok")
