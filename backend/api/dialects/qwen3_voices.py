"""The voice routes of the model-management document: recordings become voices, and voices are prepared and heard.

Its voices are the studio's personalities, seen by their one neutral recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify
from pydantic import AliasChoices, Field

from backend.api.answers import Answered
from backend.api.context import studio
from backend.api.declared import Example, declared, sound
from backend.api.files import send
from backend.api.spoken import Fields, one_upload
from backend.core.wishes import Sample

bp = Blueprint("qwen3_voices", __name__)

VOICES = "/api/tts/qwen3/voices"
UPLOADS = "/uploads/audios/qwen3_tts_voices"
DOCUMENT = "000"
TAG = "Qwen3-TTS voices"


class NewVoice(Fields):
    """The fields of the form beside the recording."""

    name: str = Field("", max_length=200, validation_alias=AliasChoices("name", "voice_name"))
    """The file's name where it is left out."""
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    ref_text: str = Field("", max_length=5000, validation_alias=AliasChoices("ref_text", "transcript", "text"))
    """What is said in the recording."""


class VoiceChange(Fields):
    """What to change; what is absent stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=2000)
    language: str | None = Field(None, max_length=20)
    ref_text: str | None = Field(None, max_length=5000, validation_alias=AliasChoices("ref_text", "transcript", "text"))


class Removal(Fields):
    delete_files: bool = Field(False, validation_alias=AliasChoices("delete_files", "remove_files"))
    """Remove the recordings for ever; else they rest in the trash."""


class Voice(Answered):
    voice_id: str
    name: str
    description: str
    language: str
    ref_audio: str | None
    ref_audio_url: str | None
    ref_text: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz."""
    status: str
    """`empty`, `queued`, `running`, `ready`, `failed` or `cancelled`."""
    progress: float
    """0 to 1."""
    created_at: str
    updated_at: str


class CloneStatus(Answered):
    voice_id: str
    task_id: str | None
    status: str
    progress: float
    """0 to 1."""
    message: str
    error: dict[str, Any] | None


class Removed(Answered):
    voice_id: str
    deleted: bool
    files_deleted: bool


@bp.post(f"{VOICES}/upload")
@declared(
    "Hand in a recording: it becomes a voice.",
    tag=TAG,
    answers={201: Voice},
    problems=("audio-unreadable", "audio-silent", "audio-too-short", "audio-too-long", "decoders-busy"),
    example={"file": "{voice.wav}", "name": "Anna", "ref_text": "What is said in it."},
    document=DOCUMENT,
    files=("file", "audio"),
)
def upload(form: NewVoice) -> tuple[Response, int]:
    upload_name, recording = one_upload("file", "audio")
    name = form.name.strip() or upload_name.rpartition(".")[0].strip() or "Voice"
    facts = {"name": name[:200], "description": form.description, "language": form.language}
    record, _ = studio().cloning.create(facts, [Sample(recording, upload_name, form.ref_text)])
    return jsonify(_shown(record)), 201


@bp.get(VOICES)
@declared(
    "List every voice.", tag=TAG, answers={200: {"type": "array", "items": {"type": "object"}}}, document=DOCUMENT
)
def listed() -> Response:
    return jsonify([_shown(record) for record in studio().personalities.list()])


@bp.get(f"{VOICES}/<voice_id>")
@declared("One voice.", tag=TAG, answers={200: Voice}, problems=("personality-not-found",), document=DOCUMENT)
def show(voice_id: str) -> Response:
    return jsonify(_shown(studio().personalities.get(voice_id)))


@bp.patch(f"{VOICES}/<voice_id>")
@declared(
    "Change a voice's name, description, language or the text of its recording.",
    tag=TAG,
    answers={200: Voice},
    problems=("personality-not-found", "emotion-not-found", "revision-mismatch", "conflict"),
    example={"description": "calm"},
    document=DOCUMENT,
)
def change(voice_id: str, asked: VoiceChange) -> Response:
    facts = asked.model_dump(include={"name", "description", "language"}, exclude_none=True)
    return jsonify(_shown(studio().cloning.update(voice_id, facts, asked.ref_text)))


@bp.delete(f"{VOICES}/<voice_id>")
@declared(
    "Delete a voice, and its recordings where that is asked.",
    tag=TAG,
    answers={200: Removed},
    problems=("personality-not-found",),
    document=DOCUMENT,
)
def delete(voice_id: str, query: Removal) -> Response:
    entry = studio().cloning.delete(voice_id, query.delete_files)
    return jsonify({"voice_id": voice_id, "deleted": True, "files_deleted": query.delete_files, "trash": entry or None})


@bp.post(f"{VOICES}/<voice_id>/clone")
@declared(
    "Prepare a voice: its recording is mended and levelled, and written down where nobody did.",
    tag=TAG,
    answers={202: CloneStatus},
    problems=("personality-not-found", "emotion-not-found", "queue-full"),
    document=DOCUMENT,
)
def clone(voice_id: str) -> tuple[Response, int]:
    """Follow it by `clone-status`, by the job's events, or by a WebSocket with the scope `qwen3_tts_voice_clone`."""
    studio().cloning.prepare(voice_id)
    return jsonify(_status(studio().personalities.get(voice_id))), 202


@bp.get(f"{VOICES}/<voice_id>/clone-status")
@declared(
    "How far a voice is.", tag=TAG, answers={200: CloneStatus}, problems=("personality-not-found",), document=DOCUMENT
)
def clone_status(voice_id: str) -> Response:
    return jsonify(_status(studio().personalities.get(voice_id)))


@bp.get(f"{UPLOADS}/<voice_id>/<name>")
@declared(
    "The recording of a voice, at the address that its record tells.",
    tag=TAG,
    answers={200: sound("audio/wav")},
    problems=("personality-not-found", "emotion-not-found"),
    example=Example(path={"voice_id": "{personality}", "name": "{recording}"}),
    document=DOCUMENT,
)
def recording(voice_id: str, name: str) -> Response:
    return send(studio().cloning.file(voice_id, name), "audio/wav")


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """A personality as the document knows voices."""
    emotions = record["emotions"]
    one = emotions.get("neutral") or next(iter(emotions.values()), None)
    address = f"{UPLOADS}/{quote(record['id'], safe='')}/{one['file']}" if one else None
    state = studio().cloning.state(record)
    return {
        "voice_id": record["id"],
        "name": record["name"],
        "description": record["description"],
        "language": record["language"],
        "ref_audio": address,
        "ref_audio_url": address,
        "ref_text": one["transcript"] if one else "",
        "duration": one["duration"] if one else 0.0,
        "sample_rate": one["sample_rate"] if one else 0,
        "quality": one["quality"] if one else None,
        "status": state["status"],
        "progress": state["progress"],
        "emotions": list(emotions),
        "created_at": record["created"],
        "updated_at": record["updated"],
    }


def _status(record: Mapping[str, Any]) -> dict[str, Any]:
    state = studio().cloning.state(record)
    return {
        "voice_id": record["id"],
        "task_id": state["job_id"],
        "job_id": state["job_id"],
        "status": state["status"],
        "progress": state["progress"],
        "message": state["message"],
        "error": state["problem"],
    }
