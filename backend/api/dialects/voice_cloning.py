"""The routes of the voice-cloning document, `/api/v1/*`: voiceprints, and speech like a recording, at 16 kHz.

Its two routes that speak from a voiceprint alone need an engine that was taught with them; none here was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import AliasChoices, Field

from backend.api.answers import Answered
from backend.api.context import here, studio
from backend.api.declared import Example, declared, sound
from backend.api.sounding import Body, begin, caller_has_left, encoder_for, streamed
from backend.api.spoken import (
    Fields,
    asked_for,
    base64_sound,
    emotion_of,
    engine_named,
    one_upload,
    spoken,
    spoken_language,
    uploads_named,
    wav_answer,
)
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Cancelled, EngineUnavailable, Problem
from backend.core.types import GenerationRequest, VoiceSpec
from backend.core.wishes import Sample, Wanted

bp = Blueprint("voice_cloning", __name__, url_prefix="/api/v1")

CLIENT = "voice-cloning"
DOCUMENT = "004"
TAG = "Voice cloning"
RATE = 16_000  # hertz of every answer
MOST = 50  # texts of one batch
Choosing = Callable[[Wanted], VoiceSpec]
UNUSABLE = ("audio-unreadable", "audio-silent", "audio-too-short", "audio-too-long", "decoders-busy")


class Manner(Fields):
    """How it is spoken."""

    language: str = Field("auto", max_length=20)
    speed: float = Field(1.0, ge=0.25, le=4.0)
    pitch: float = Field(0.0, ge=-12, le=12)
    """Semitones."""
    emotion: dict[str, float] | str = ""
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    engine: str = Field("auto", max_length=40)


class Clone(Manner):
    text: str = Field(min_length=1)
    reference_text: str = Field("", max_length=5000, validation_alias=AliasChoices("reference_text", "ref_text"))
    """What is said in the recording."""
    stream: bool = False
    """Send the sound while it is spoken."""


class FromVoiceprint(Manner):
    embedding: str | list[float]
    """256 numbers, as JSON."""
    text: str = Field(min_length=1)


class Item(Manner):
    """One text of a batch; what it does not say the batch says."""

    text: str = Field(min_length=1)
    voice_id: str = Field("", max_length=200, validation_alias=AliasChoices("voice_id", "voice"))
    embedding: list[float] | None = None


class Batch(Manner):
    """Texts, spoken one after the other by one voice or by one for each."""

    texts: list[str] = Field(default_factory=list, max_length=MOST)
    items: list[Item] = Field(default_factory=list, max_length=MOST)
    voice_id: str = Field("", max_length=200, validation_alias=AliasChoices("voice_id", "voice"))
    reference_audio: str = ""
    """A recording in base64 to speak like; in a form it is the file `audio`."""
    reference_text: str = Field("", max_length=5000, validation_alias=AliasChoices("reference_text", "ref_text"))
    embedding: str | list[float] | None = None


class Voiceprint(Answered):
    embedding: list[float]
    """A unit vector of 256 numbers."""
    dimension: int
    duration: float
    """Seconds of the recording."""
    sample_rate: int
    """Hertz that the encoder heard."""


class BatchResult(Answered):
    results: list[dict[str, Any]]
    total: int
    succeeded: int
    failed: int


@bp.post("/extract-embedding")
@declared(
    "The voice of a recording as 256 numbers, by the GE2E encoder.",
    tag=TAG,
    answers={200: Voiceprint},
    problems=(*UNUSABLE, "engine-unavailable", "queue-full"),
    example={"audio": "{voice.wav}"},
    document=DOCUMENT,
    files=("audio", "file"),
)
def extract_embedding() -> Response:
    with here().slots.held():
        with uploaded("audio") as file, uploaded("file") as other:
            one = file or other
            if one is None:
                raise BadRequest("The form holds no recording.", fields={"audio": "is missing"})
            job = studio().voiceprints.take(one.stream, (one.filename or "")[:200])
        result = studio().wait(job.id, caller_has_left())
    return jsonify({**result, "model": "ge2e", "job_id": job.id})


@bp.post("/clone-voice")
@declared(
    "Speak a text like the recording that comes with it: a WAV at 16 kHz.",
    tag=TAG,
    answers={200: sound("audio/wav")},
    problems=(*UNUSABLE, "bad-text", "text-too-long", "engine-unavailable", "queue-full"),
    example={"audio": "{voice.wav}", "text": "要合成的文本"},
    document=DOCUMENT,
    files=("audio", "file"),
)
def clone_voice(form: Clone) -> Response:
    name, recording = one_upload("audio", "file")
    asked = _asked(form, form.text, Wanted((Sample(recording, name, form.reference_text),)))
    if form.stream:
        sounding = begin(asked, encoder_for("wav", RATE))
        response = streamed(Body(sounding), "audio/wav", sounding.speech.job_id)
        response.headers["X-Sample-Rate"] = str(RATE)
        return response
    job_id, result = spoken(asked)
    response = wav_answer(result, RATE)
    response.headers["X-Job-Id"] = job_id
    return response


@bp.post("/synthesize-with-embedding")
@declared(
    "Speak a text with a voiceprint: refused until an engine is here that can.",
    tag=TAG,
    answers={200: sound("audio/wav")},
    problems=("engine-unavailable",),
    example=Example({"embedding": "[0.123, 0.456]", "text": "要合成的文本"}, status=503),
    document=DOCUMENT,
    encoded=True,
)
def synthesize_with_embedding(form: FromVoiceprint) -> Response:
    raise _needs_sv2tts()


@bp.post("/batch-synthesize")
@declared(
    "Speak several texts; each result has the address of its WAV at 16 kHz.",
    tag=TAG,
    answers={200: BatchResult},
    problems=(*UNUSABLE, "voice-not-found", "engine-unavailable", "queue-full"),
    example={"texts": ["第一句。", "第二句。"], "voice_id": "Vivian"},
    document=DOCUMENT,
    files=("audio",),
)
def batch_synthesize(asked: Batch) -> Response:
    """Everything is checked before anything is spoken; what fails later fails alone. Hanging up cancels all of it."""
    with here().slots.held():
        rows = _all_spoken([studio().checked(request) for request in _requests(asked)])
    failed = sum(row["status"] == "failed" for row in rows)
    return jsonify({"results": rows, "total": len(rows), "succeeded": len(rows) - failed, "failed": failed})


@bp.get("/audio/<take>.wav")
@declared("What a batch spoke, at 16 kHz.", tag=TAG, answers={200: sound("audio/wav")}, problems=("take-not-found",))
def audio(take: str) -> Response:
    return wav_answer(studio().takes.get(take), RATE)


def _requests(asked: Batch) -> list[GenerationRequest]:
    """Raises BadRequest, NotFound, BadAudio, EngineUnavailable."""
    items = [*asked.items, *(Item(text=text) for text in asked.texts if text.strip())]
    if not 0 < len(items) <= MOST:
        raise BadRequest(f"A batch holds 1 to {MOST} texts.", fields={"texts": f"holds {len(items)}"})
    if asked.embedding or any(item.embedding for item in items):
        raise _needs_sv2tts()
    found = [Sample(content, name, asked.reference_text) for name, content in uploads_named("audio")]
    if asked.reference_audio:
        found.append(Sample(base64_sound("reference_audio", asked.reference_audio), "", asked.reference_text))
    usual = asked.model_dump(include={"language", "speed", "pitch", "emotion", "seed", "engine"})
    common = Wanted(tuple(found), asked.voice_id)
    chosen = cache(studio().cloning.chosen)  # recordings are judged and joined once, not for every text
    return [_of_batch(item, common, usual, chosen) for item in items]


def _of_batch(item: Item, common: Wanted, usual: dict[str, Any], chosen: Choosing) -> GenerationRequest:
    manner = item.model_copy(update={name: value for name, value in usual.items() if name not in item.model_fields_set})
    return _asked(manner, item.text, Wanted((), item.voice_id) if item.voice_id else common, chosen)


def _asked(manner: Manner, text: str, wanted: Wanted, chosen: Choosing | None = None) -> GenerationRequest:
    who = Wanted(wanted.samples, wanted.voice, "", emotion_of(manner.emotion), spoken_language(manner.language))
    return asked_for(
        text=text,
        voice=(chosen or studio().cloning.chosen)(who),
        language=manner.language,
        speed=manner.speed,
        pitch=manner.pitch,
        seed=manner.seed,
        engine=engine_named(manner.engine),
        client=CLIENT,
    )


def _all_spoken(requests: list[GenerationRequest]) -> list[dict[str, Any]]:
    """Nothing is left in the queue where not all of it finds room there, or nobody waits any more."""
    jobs: list[str] = []
    try:
        for request in requests:
            jobs.append(studio().generate(request).id)
        return [_row(index, request, job) for index, (request, job) in enumerate(zip(requests, jobs, strict=True))]
    except BaseException:
        for job in jobs:
            studio().cancel(job)
        raise


def _row(index: int, request: GenerationRequest, job_id: str) -> dict[str, Any]:
    facts = {"index": index, "text": request.text, "job_id": job_id}
    try:
        result = studio().wait(job_id, caller_has_left())
    except Cancelled:  # nobody waits for the others, either; what somebody else cancelled is a PreviousFailure
        raise
    except Problem as problem:
        return {**facts, "status": "failed", "error": problem.as_dict()}
    spoken_facts = {"audio_url": f"/api/v1/audio/{result['id']}.wav", "duration": result["duration"]}
    return {**facts, "status": "completed", **spoken_facts, "sample_rate": RATE}


def _needs_sv2tts() -> EngineUnavailable:
    return EngineUnavailable(
        "No engine here speaks from a voiceprint alone: that takes the SV2TTS engine, which is not installed.",
        hint="Send the recording itself: to /api/v1/clone-voice, or with /api/v1/batch-synthesize.",
    )
