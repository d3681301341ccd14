"""Voices as OpenAI, vLLM-Omni, Kokoro-FastAPI and Open WebUI list, upload and delete them: one answer for all."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import FileStorage

from backend.api.context import studio
from backend.api.declared import Example, declared
from backend.api.session import GATE
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest

bp = Blueprint("openai_voices", __name__, url_prefix="/v1")

BROUGHT = {"name": "Clara", "consent": "She agreed on 3 May.", "audio_sample": "{voice.wav}"}
AGREED = {"name": "Clara", "language": "en", "recording": "{voice.wav}"}


class Listing(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    legacy: bool = False
    """Only the names, as strings."""


class NewVoice(BaseModel):
    """The form of OpenAI and of vLLM-Omni."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    consent: str = Field("", max_length=2000)
    """The id of a consent, or words."""
    ref_text: str = Field("", max_length=5000)
    speaker_description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)


class NewConsent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    language: str = Field("", max_length=20)


@bp.get("/audio/voices")
@bp.get("/voices")
@declared("Every voice that can speak.", tag="OpenAI", answers={200: dict}, document="OpenAI")
def voices(query: Listing) -> Response:
    """Where the list is open to everybody, who sends no key reads names: no consents, texts or descriptions."""
    is_known = current_app.extensions[GATE].keys.knows(request.environ)
    rows = [row if is_known else {**row, "description": ""} for row in studio().voices()]
    names = [row["id"] for row in rows]
    brought = studio().enrolling.rows() if is_known else []
    return jsonify(
        {"object": "list", "voices": names if query.legacy else rows, "data": rows, "uploaded_voices": brought}
    )


@bp.post("/audio/voices")
@declared(
    "A saved voice from one recording.",
    tag="OpenAI",
    answers={200: dict},
    problems=("audio-unreadable", "audio-too-short", "audio-silent", "conflict", "decoders-busy"),
    files=("audio_sample",),
    example=BROUGHT,
    document="OpenAI",
)
def bring(form: NewVoice) -> Response:
    facts = {
        "consent": form.consent,
        "transcript": form.ref_text,
        "description": form.speaker_description,
        "language": form.language,
    }
    with uploaded("audio_sample") as file:
        sound, facts["file_name"] = _sound(file, "audio_sample")
        row = studio().enrolling.bring(form.name, sound, facts)
    facts_of_openai = {name: row[name] for name in ("id", "name", "created_at")}
    return jsonify({"object": "audio.voice", **facts_of_openai, "success": True, "voice": row})


@bp.delete("/audio/voices/<name>")
@declared(
    "Delete a saved voice. It rests in the trash for some days.",
    tag="OpenAI",
    answers={200: dict},
    problems=("voice-not-found", "conflict"),
    example=Example(path={"name": "{personality}"}),
    document="vLLM-Omni",
)
def take_away(name: str) -> Response:
    record = studio().enrolling.take_away(name)
    told: dict[str, Any] = {"object": "audio.voice.deleted", "id": record["id"], "deleted": True}
    return jsonify({**told, "success": True, "message": f"Voice '{record['name']}' deleted successfully"})


@bp.post("/audio/voice_consents")
@declared(
    "Keep a spoken consent, for a voice that is brought later.",
    tag="OpenAI",
    answers={200: dict},
    problems=("audio-unreadable", "audio-too-short", "audio-silent", "decoders-busy"),
    files=("recording",),
    example=AGREED,
    document="OpenAI",
)
def agree(form: NewConsent) -> Response:
    with uploaded("recording") as file:
        sound, name = _sound(file, "recording")
        return jsonify(
            {"object": "audio.voice_consent", **studio().enrolling.agree(form.name, form.language, sound, name)}
        )


def _sound(file: FileStorage | None, field: str) -> tuple[bytes, str]:
    if file is None:
        raise BadRequest("The form holds no recording.", fields={field: "is missing"})
    return file.read(), file.filename or ""
