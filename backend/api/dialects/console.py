"""The routes of the console document, `/tts`, `/tts/wav` and `/stt`: speech as files whose paths are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import AliasChoices, Field

from backend.api.answers import Answered
from backend.api.context import here, studio
from backend.api.declared import declared, sound
from backend.api.problems import cut
from backend.api.sounding import caller_has_left
from backend.api.spoken import (
    Fields,
    asked_for,
    base64_sound,
    emotion_of,
    engine_named,
    spoken,
    spoken_language,
    wav_answer,
    words_of,
)
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest
from backend.core.host_paths import shown_path
from backend.core.settings import of_others
from backend.core.types import GenerationRequest
from backend.core.wishes import Sample, Wanted

bp = Blueprint("console", __name__)

CLIENT = "console"
DOCUMENT = "003"
TAG = "Console"
PROBLEMS = (
    *("voice-not-found", "bad-text", "text-too-long", "engine-not-found", "engine-unavailable"),
    *("audio-unreadable", "audio-silent", "audio-too-short", "audio-too-long", "decoders-busy"),
)
EXAMPLE = {"text": "Новый текст для синтеза."}


class Reference(Fields):
    """A recording in base64, and what is said in it."""

    audio: str = Field(min_length=1, validation_alias=AliasChoices("audio", "audio_base64", "reference_audio_base64"))
    text: str = Field("", max_length=5000, validation_alias=AliasChoices("text", "transcript", "reference_text"))


class Speaking(Fields):
    """Who speaks and how, where a text comes otherwise."""

    voice: str = Field("", max_length=200, validation_alias=AliasChoices("voice", "voice_id", "speaker"))
    """A voice of the studio by id or name."""
    language: str = Field("auto", max_length=20)
    emotion: dict[str, float] | str = Field("", validation_alias=AliasChoices("emotion", "style"))
    speed: float = Field(1.0, ge=0.25, le=4.0)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    engine: str = Field("", max_length=40, validation_alias=AliasChoices("engine", "tts_engine"))
    """`qwen`, `preview` and so on; the setting `tts_engine` where it is left out."""
    sample_rate: int | None = Field(None, ge=8_000, le=48_000)
    """Hertz of a WAV; the setting `sample_rate` where it is left out."""

    @property
    def rate(self) -> int:
        return self.sample_rate or studio().settings.sample_rate


class Speech(Speaking):
    """A text and a voice: a recording beats a name, a name a description, and the settings speak last."""

    text: str = Field(min_length=1)
    references: list[Reference] = Field(default_factory=list, max_length=20)
    """The best of several are joined."""
    reference_audio_base64: str = ""
    reference_text: str = Field("", max_length=5000)
    voice_description: str = Field("", max_length=2000)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Raises BadRequest."""
        given = [(f"references.{n}.audio", one.audio, one.text) for n, one in enumerate(self.references)]
        if self.reference_audio_base64:
            given = [("reference_audio_base64", self.reference_audio_base64, self.reference_text)]
        return tuple(Sample(base64_sound(field, audio), "", text) for field, audio, text in given)


class Recognition(Fields):
    """The fields of the form beside the recording."""

    context: str = Field("", max_length=4000)
    """What it is about, for the language model."""
    language: str = Field("auto", max_length=20)
    engine: str = Field("auto", max_length=40, validation_alias=AliasChoices("engine", "stt_engine"))
    use_llm: bool | None = Field(None, validation_alias=AliasChoices("use_llm", "use_llm_stt", "clean"))
    """Have the language model mend the text; the setting `use_llm_stt` where it is left out."""


class SpokenFile(Answered):
    processed_text: str
    """What was spoken, without tags."""
    path: str
    """Of the OGG file on the studio's machine."""
    url: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz."""


class Recognised(Answered):
    raw_text: str
    text: str
    """Mended by the language model where there is one."""
    raw_path: str | None
    path: str | None
    engine: str
    language: str


@bp.post("/tts")
@declared(
    "Speak a text into an OGG file on the disk.",
    tag=TAG,
    answers={200: SpokenFile},
    problems=PROBLEMS,
    example=EXAMPLE,
    document=DOCUMENT,
)
def speak(asked: Speech) -> Response:
    job_id, result = spoken(wish_of(asked, asked.text, _voice(asked), "ogg"))
    path = studio().takes.file(str(result["id"]), "ogg")
    facts = {name: result[name] for name in ("url", "duration", "sample_rate", "engine", "seed", "notices")}
    shown = {"processed_text": words_of(result), "path": _shown(path), "ogg_path": _shown(path)}
    return jsonify({**shown, **facts, "job_id": job_id})


@bp.post("/tts/wav")
@declared(
    "Speak a text; the answer is the WAV.",
    tag=TAG,
    answers={200: sound("audio/wav")},
    problems=PROBLEMS,
    example=EXAMPLE,
    document=DOCUMENT,
)
def speak_wav(asked: Speech) -> Response:
    job_id, result = spoken(wish_of(asked, asked.text, _voice(asked)))
    response = wav_answer(result, asked.rate)
    response.headers["X-Processed-Text-Length"] = str(len(words_of(result)))
    response.headers["X-Job-Id"] = job_id
    return response


@bp.post("/stt")
@declared(
    "Write a recording down, have the language model mend it, and keep both texts as files.",
    tag=TAG,
    answers={200: Recognised},
    problems=("audio-unreadable", "audio-too-long", "audio-empty", "engine-not-found", "engine-unavailable"),
    example={"file": "{voice.wav}"},
    document=DOCUMENT,
    files=("file", "audio"),
)
def recognise(form: Recognition) -> Response:
    """A recording in which nobody is heard gives empty texts and no files."""
    clean = studio().settings.use_llm_stt if form.use_llm is None else form.use_llm
    wish = {
        "engine": form.engine or "auto",
        "language": form.language or "auto",
        "clean": clean,
        "context": form.context,
    }
    with here().slots.held():
        job_id, result = _written_down(wish)
    files = {name: _shown(studio().settings.data_dir / file) for name, file in result["files"].items()}
    texts = {"raw_text": result["raw_text"], "text": result["text"], "processed_text": result["text"]}
    paths = {"raw_path": files.get("raw"), "path": files.get("text"), "files": files}
    names = ("engine", "language", "duration", "segments", "notices")
    return jsonify({**texts, **paths, **{name: result[name] for name in names}, "job_id": job_id})


def wish_of(asked: Speaking, text: str, voice: Any, format_name: str = "wav") -> GenerationRequest:
    """What the studio is asked for. Raises BadRequest."""
    return asked_for(
        text=text,
        voice=voice,
        language=asked.language,
        engine=engine_named(asked.engine or studio().settings.tts_engine),
        format=format_name,
        speed=asked.speed,
        seed=asked.seed,
        client=CLIENT,
    )


def voice_of(asked: Speaking, samples: tuple[Sample, ...] = (), description: str = "") -> Any:
    """Who speaks. Raises NotFound, BadAudio, BadRequest."""
    emotion, language = emotion_of(asked.emotion), spoken_language(asked.language)
    return studio().cloning.chosen(Wanted(samples, asked.voice, description, emotion, language))


def _voice(asked: Speech) -> Any:
    return voice_of(asked, asked.samples, asked.voice_description)


def _written_down(wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    with uploaded("file") as file, uploaded("audio") as other:
        one = file or other
        if one is None:
            raise BadRequest("The form holds no recording.", fields={"file": "is missing"})
        job = studio().listening.transcribe(one.stream, cut(one.filename or ""), wish)
    return job.id, studio().wait(job.id, caller_has_left())


def _shown(path: Path) -> str:
    return shown_path(path, of_others("WSL_DISTRO_NAME"))
