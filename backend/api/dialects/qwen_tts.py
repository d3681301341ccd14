"""The speech routes of the deployment guide, `/api/qwen-tts/*`: emotions as numbers, voices from samples."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import AliasChoices, Field

from backend.api.answers import Answered
from backend.api.context import studio
from backend.api.declared import declared, sound
from backend.api.files import send_take
from backend.api.spoken import (
    Fields,
    asked_for,
    base64_sound,
    emotion_of,
    engine_named,
    spoken,
    spoken_language,
    uploads_named,
)
from backend.core.tables.languages import LANGUAGES
from backend.core.wishes import Sample, Wanted

bp = Blueprint("qwen_tts", __name__, url_prefix="/api/qwen-tts")

CLIENT = "qwen-tts"
DOCUMENT = "001"
TAG = "Qwen-TTS"
PROBLEMS = ("voice-not-found", "bad-text", "text-too-long", "engine-not-found", "engine-unavailable")


class Speech(Fields):
    """A text, who says it and how."""

    text: str = Field(min_length=1)
    voice: str | None = Field(None, max_length=200, validation_alias=AliasChoices("voice", "voice_id"))
    """A voice by id or name; a speaker of the language where it is left out."""
    emotion: dict[str, float] | str = Field(default_factory=dict)
    """Strengths by name, as `{"happiness": 0.8, "energy": 1.2}`; or one word."""
    speed: float = Field(1.0, ge=0.25, le=4.0)
    pitch: float = Field(0.0, ge=-12, le=12)
    """Semitones."""
    language: str = Field("auto", max_length=20)
    engine: str = Field("auto", max_length=40)
    format: Literal["wav", "mp3", "ogg", "opus", "flac"] = "wav"
    seed: int | None = Field(None, ge=0, le=2**31 - 1)


class ClonedSpeech(Speech):
    reference_audio: str = ""
    """A recording in base64 to speak like; in a form it is a file."""
    reference_text: str = Field("", max_length=5000)


class Samples(Fields):
    """Recordings of one person, five to ten of them."""

    voice_name: str = Field(min_length=1, max_length=200, validation_alias=AliasChoices("voice_name", "name"))
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    voice_samples: list[str] = Field(default_factory=list, max_length=20)
    """In base64; in a form they are files."""
    sample_texts: list[str] = Field(default_factory=list, max_length=20)
    """What is said in each, in the same order."""


class Generated(Answered):
    audio_url: str
    sample_rate: int
    """Hertz."""
    duration: float
    """Seconds."""
    device: str


class Cloned(Answered):
    voice_id: str
    status: str
    voice_name: str
    samples: list[dict[str, Any]]


class VoiceList(Answered):
    voices: list[dict[str, Any]]
    total: int


class LanguageList(Answered):
    languages: list[dict[str, str]]


class Info(Answered):
    status: str
    version: str
    engine: str
    sample_rate: int
    device: str | None
    languages: list[str]
    features: dict[str, bool]


@bp.post("/generate")
@declared(
    "Speak a text. JSON by default; the sound itself for `Accept: audio/*`.",
    tag=TAG,
    answers={200: (Generated, sound("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac"))},
    problems=PROBLEMS,
    example={"text": "你好,这是测试", "emotion": {"happiness": 0.8}, "speed": 1.0},
    document=DOCUMENT,
)
def generate(asked: Speech) -> Response:
    job_id, result = _spoken(asked, ())
    wants_sound = any(kind.startswith("audio/") for kind, _ in request.accept_mimetypes)
    return _sound(result) if wants_sound else _facts(job_id, result)


@bp.post("/generate-with-voice")
@declared(
    "Speak a text with a cloned voice. The sound itself; JSON for `Accept: application/json` alone.",
    tag=TAG,
    answers={200: (sound("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac"), Generated)},
    problems=(*PROBLEMS, "audio-unreadable", "audio-silent", "audio-too-short", "decoders-busy"),
    example={"text": "你好,欢迎使用", "emotion": {"happiness": 0.8, "energy": 1.2}, "speed": 1.0},
    document=DOCUMENT,
    files=("reference", "audio"),
)
def generate_with_voice(asked: ClonedSpeech) -> Response:
    """The voice is one of ours, or a recording that comes along: in base64, or as a file of a form."""
    found = [Sample(content, name, asked.reference_text) for name, content in uploads_named("reference", "audio")]
    if asked.reference_audio:
        found.append(Sample(base64_sound("reference_audio", asked.reference_audio), "", asked.reference_text))
    job_id, result = _spoken(asked, tuple(found[:1]))
    accepted = [kind for kind, _ in request.accept_mimetypes]
    return _facts(job_id, result) if accepted == ["application/json"] else _sound(result)


@bp.post("/clone-voice")
@declared(
    "Make a voice of several recordings of one person.",
    tag=TAG,
    answers={201: Cloned},
    problems=("audio-unreadable", "audio-silent", "audio-too-short", "audio-too-long", "decoders-busy"),
    example={"voice_samples": ["{voice.wav}", "{voice.wav}"], "voice_name": "我的声音", "description": "温暖男声"},
    document=DOCUMENT,
    files=("voice_samples", "files"),
)
def clone_voice(asked: Samples) -> tuple[Response, int]:
    """Each recording is judged by itself; the best of them, about 20 seconds, are joined. The answer says which."""
    given = [("", base64_sound(f"voice_samples.{n}", text)) for n, text in enumerate(asked.voice_samples)]
    given += uploads_named("voice_samples", "voice_samples[]", "files")
    texts = [*asked.sample_texts, *[""] * len(given)]
    samples = [Sample(content, name, text) for (name, content), text in zip(given, texts, strict=False)]
    facts = {"name": asked.voice_name, "description": asked.description, "language": asked.language}
    record, made = studio().cloning.create(facts, samples)
    rows = made.rows if made else ({"name": samples[0].name, "used": True, "problem": None},)
    body = {"voice_id": record["id"], "status": studio().cloning.state(record)["status"]}
    return jsonify({**body, "voice_name": record["name"], "samples": list(rows)}), 201


@bp.get("/voices")
@declared("Every voice: saved ones and speakers.", tag=TAG, answers={200: VoiceList}, document=DOCUMENT)
def voices() -> Response:
    kinds = {"personality": "cloned", "preset": "preset"}
    rows = [{**row, "voice_id": row["id"], "type": kinds[row["kind"]]} for row in studio().voices()]
    return jsonify({"voices": rows, "total": len(rows)})


@bp.get("/languages")
@declared("Languages that can be spoken.", tag=TAG, answers={200: LanguageList}, document=DOCUMENT)
def languages() -> Response:
    rows = [{"code": row.code, "name": row.english, "native_name": row.native} for row in LANGUAGES.values()]
    return jsonify({"languages": rows, "default": "auto"})


@bp.get("/info")
@declared("What speaks here, and on what.", tag=TAG, answers={200: Info}, document=DOCUMENT)
def info() -> Response:
    catalog = studio().catalog()
    device = studio().models_overview()["machine"]["device"]
    best = catalog["engine_for"]
    return jsonify(
        {
            "status": "ready" if studio().ready else "starting",
            "version": catalog["version"],
            "engine": catalog["engine_auto"],
            "sample_rate": 24_000,
            "device": device["kind"] if device else None,
            "languages": list(LANGUAGES),
            "emotions": [row["name"] for row in catalog["emotions"]],
            "features": {
                "voice_cloning": bool(best["cloned"]),
                "preset_voices": bool(best["preset"]),
                "voice_design": bool(best["designed"]),
                "emotion_control": True,
                "streaming": True,
            },
            "voices": len(studio().voices()),
        }
    )


def _spoken(asked: Speech, samples: tuple[Sample, ...]) -> tuple[str, dict[str, Any]]:
    language = spoken_language(asked.language)
    wanted = Wanted(samples, asked.voice or "", "", emotion_of(asked.emotion), language)
    request = asked_for(
        text=asked.text,
        voice=studio().cloning.chosen(wanted),
        language=asked.language,
        engine=engine_named(asked.engine),
        format=asked.format,
        speed=asked.speed,
        pitch=asked.pitch,
        seed=asked.seed,
        client=CLIENT,
    )
    return spoken(request)


def _sound(result: dict[str, Any]) -> Response:
    response = send_take(str(result["id"]), str(result["format"]), download=False)
    for name in ("sample_rate", "duration", "device"):
        response.headers[f"X-{name.replace('_', '-').title()}"] = str(result[name])
    return response


def _facts(job_id: str, result: dict[str, Any]) -> Response:
    names = ("sample_rate", "duration", "device", "format", "engine", "seed")
    emotions = list(dict.fromkeys(str(segment["emotion"]) for segment in result["segments"]))
    facts = {name: result[name] for name in names}
    return jsonify({**facts, "audio_url": result["url"], "emotions": emotions, "job_id": job_id})
