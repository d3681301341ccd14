"""The unified entry and the preview of voices of the model-management document, which names no addresses for them."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import AliasChoices, Field

from backend.api.answers import Answered
from backend.api.context import studio
from backend.api.declared import declared
from backend.api.dialects.qwen3_voices import DOCUMENT, TAG, UPLOADS
from backend.api.spoken import Fields, asked_for, base64_sound, emotion_of, engine_named, spoken, spoken_language
from backend.core.errors import BadRequest
from backend.core.tables.previews import PREVIEWS
from backend.core.types import VoiceSpec
from backend.core.wishes import Sample, Wanted

bp = Blueprint("qwen3_speech", __name__)

CLIENT = "qwen3"
PROBLEMS = ("voice-not-found", "personality-not-found", "engine-not-found", "engine-unavailable", "text-too-long")


class Speaking(Fields):
    """Who speaks, and how. Of the ways to name a voice the first here counts."""

    provider: str = Field("auto", max_length=40)
    """`qwen3_tts`, another engine, or `auto`."""
    model_key: str = Field("", max_length=60, validation_alias=AliasChoices("model_key", "model", "key"))
    """`base_…` needs a voice of a recording, `custom_…` a speaker."""
    ref_audio: str = Field("", validation_alias=AliasChoices("ref_audio", "RefAudio"))
    """A recording in base64, or the `ref_audio_url` of a voice."""
    ref_text: str = Field("", max_length=5000, validation_alias=AliasChoices("ref_text", "RefText"))
    voice_id: str = Field("", max_length=200)
    speaker: str = Field("", max_length=200)
    voice_description: str = Field("", max_length=2000)
    language: str = Field("auto", max_length=20)
    emotion: dict[str, float] | str = ""
    instruct: str = Field("", max_length=2000)
    """An instruction, for a speaker."""
    speed: float = Field(1.0, ge=0.25, le=4.0)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)


class Synthesis(Speaking):
    text: str = Field(min_length=1)
    format: Literal["wav", "mp3", "ogg", "opus", "flac"] = "wav"


class Preview(Speaking):
    text: str = Field("", max_length=300)
    """A greeting in the voice's language where it is left out."""


class Synthesised(Answered):
    audio_url: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz."""
    device: str
    engine: str


@bp.post("/api/tts/generate")
@declared(
    "Speak a text with whatever engine is named: the document's unified entry.",
    tag=TAG,
    answers={200: Synthesised},
    problems=PROBLEMS,
    example={"text": "Hello.", "language": "English", "speaker": "Ryan"},
    document=DOCUMENT,
)
def synthesise(asked: Synthesis) -> Response:
    job_id, result = _spoken(asked, asked.text, asked.format)
    return jsonify({**_shown(job_id, result), "url": result["url"]})


@bp.post("/api/tts/preview")
@declared(
    "Hear a voice: a short text, and a link to its sound.",
    tag=TAG,
    answers={200: Synthesised},
    problems=PROBLEMS,
    example={"speaker": "Ryan"},
    document=DOCUMENT,
)
def preview(asked: Preview) -> Response:
    job_id, result = _spoken(asked, asked.text.strip() or _greeting(asked), "wav")
    return jsonify({**_shown(job_id, result), "preview_url": result["url"]})


def _spoken(asked: Speaking, text: str, format_name: str) -> tuple[str, dict[str, Any]]:
    request = asked_for(
        text=text,
        voice=_voice(asked),
        language=asked.language,
        engine=engine_named(asked.provider),
        format=format_name,
        speed=asked.speed,
        seed=asked.seed,
        client=CLIENT,
    )
    return spoken(request)


def _voice(asked: Speaking) -> VoiceSpec:
    """Raises BadRequest where the model needs a voice that is not named."""
    kind = asked.model_key.partition("_")[0]
    if kind == "custom" and not asked.speaker:
        raise BadRequest("CustomVoice needs a speaker.", fields={"speaker": "is missing"})
    if kind == "base" and not (asked.ref_audio or asked.voice_id):
        raise BadRequest("Base needs a voice to clone.", fields={"ref_audio": "is missing, and so is voice_id"})
    samples = (_sample(asked),) if asked.ref_audio else ()
    name = asked.voice_id or asked.speaker
    emotion = emotion_of(asked.emotion)
    language = spoken_language(asked.language)
    voice = studio().cloning.chosen(Wanted(samples, name, asked.voice_description, emotion, language))
    return voice.model_copy(update={"style": asked.instruct}) if voice.kind == "preset" else voice


def _sample(asked: Speaking) -> Sample:
    """A recording of the request, or one of ours by its address."""
    address = asked.ref_audio
    if not address.startswith(f"{UPLOADS}/"):
        return Sample(base64_sound("ref_audio", address), "", asked.ref_text)
    voice, _, name = address.removeprefix(f"{UPLOADS}/").partition("/")
    path = studio().cloning.file(voice, name)
    transcripts = (
        one["transcript"] for one in studio().personalities.get(voice)["emotions"].values() if one["file"] == name
    )
    return Sample(path.read_bytes(), name, asked.ref_text or next(transcripts, ""))


def _greeting(asked: Speaking) -> str:
    language = spoken_language(asked.language)
    if language == "auto" and asked.voice_id:
        known = {row["id"]: row["language"] for row in studio().voices()}
        language = known.get(asked.voice_id) or "auto"
    return PREVIEWS.get(language, PREVIEWS["en"])


def _shown(job_id: str, result: dict[str, Any]) -> dict[str, Any]:
    facts = {name: result[name] for name in ("duration", "sample_rate", "device", "engine", "format", "seed")}
    return {"audio_url": result["url"], **facts, "job_id": job_id, "task_id": job_id}
