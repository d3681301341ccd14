"""The chimera job: the user's clip, an acted one for every try, the joins, how alike each is, a session to listen to.

Knows no queue and no HTTP. Nothing is kept until everything is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from backend.audio import probe
from backend.audio.files import read_wav
from backend.chimera_maker import Clip, Wish, create_chimera_reference
from backend.core.chimera import ChimeraRequest
from backend.core.errors import BadAudio, Cancelled
from backend.core.events import Notice, ProgressEvent
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.embeddings import Embedding, SpeakerEncoder, likeness
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.chimera_acting import Acted, Stage, act, actor, kind_of, recipe_of
from backend.speech.chimera_facts import best_of, notices_of, row_of
from backend.speech.chimera_sessions import ChimeraSessions, wav_bytes
from backend.speech.chimera_words import Listener
from backend.speech.progress import JOINED, SPOKEN, Context, Progress
from backend.speech.record import make_reference
from backend.speech.sessions import Draft
from backend.speech.uploads import UploadStore

HISTORY = "chimera"
"""Under which the pace of this machine is remembered, followed by the engine."""


@dataclass(frozen=True)
class Bench:
    """What the job works with."""

    models: ModelManager
    personalities: PersonalityManager
    uploads: UploadStore
    sessions: ChimeraSessions
    encoder: SpeakerEncoder


@dataclass
class Work:
    """One chimera under way."""

    request: ChimeraRequest
    bench: Bench
    context: Context
    draft: Draft
    progress: Progress
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A recording to cut from."""

    clip: Clip
    path: Path
    """As a WAV of the studio."""
    recipe: dict[str, Any]


class Judge:
    """How alike a voice is to the user's; None where that cannot be told."""

    def __init__(self, encoder: SpeakerEncoder, user: Samples) -> None:
        self._encoder = encoder
        self._user = user
        self.able = encoder.availability()

    @cached_property
    def _own(self) -> Embedding | None:
        return self._embedding(self._user)

    def similarity(self, samples: Samples) -> float | None:
        """Cosine of speaker embeddings."""
        if not self.able.ok or self._own is None:
            return None
        other = self._embedding(samples)
        return None if other is None else round(likeness(self._own, other), 4)

    def _embedding(self, samples: Samples) -> Embedding | None:
        try:
            return self._encoder.embed(samples)
        except BadAudio:  # silence has no voice
            return None


def history_key(request: ChimeraRequest, bench_models: ModelManager) -> str:
    """Under which this machine remembers how long such work takes. Raises what `ModelManager.pick` raises."""
    if request.ai_upload:
        return f"{HISTORY}:file"
    return f"{HISTORY}:{bench_models.pick(request.engine, kind_of(request), request.language).info.name}"


def make_chimera(request: ChimeraRequest, context: Context, bench: Bench) -> Iterator[ProgressEvent]:
    """The last event is `done` with the session as its result; everything else raises a Problem."""
    yield ProgressEvent(phase="working", stage="Preparing the recordings", stage_code="preparing", progress=0.0)
    tries = 1 if request.ai_upload else request.tries
    key = history_key(request, bench.models)
    with bench.sessions.begin() as draft:
        work = Work(request, bench, context, draft, Progress(context, key, units_of(request), tries))
        user = _user(work)
        acted, recipe = yield from _acted(work, user)
        made = yield from _join_all(work, user, acted)
        record = _record(work, user, recipe, made)
        draft.keep(record)
    for upload in filter(None, (request.user_upload, request.ai_upload)):
        bench.uploads.drop(upload)
    yield ProgressEvent(phase="done", stage="Done", stage_code="done", progress=1.0, result=record)


def units_of(request: ChimeraRequest) -> int:
    """How much work it is: characters to speak."""
    return 1 if request.ai_upload else max(1, len(request.text) * request.tries)


def _user(work: Work) -> Source:
    """Whose voice it is to be. Raises NotFound, BadAudio naming the field."""
    asked = work.request
    if asked.user_upload:
        found = _uploaded(work, "user", asked.user_upload, asked.user_name, asked.transcript)
        return Source(found.clip, found.path, {"origin": "uploaded", **found.recipe})
    voice, used = work.bench.personalities.voice_for(asked.personality, asked.user_emotion)
    if used != asked.user_emotion:
        text = f"There is no “{asked.user_emotion}” recording; “{used}” is taken instead."
        params = {"voice": asked.personality, "emotion": asked.user_emotion, "used": used}
        work.notices.append(Notice(code="emotion-substituted", text=text, params=params))
    wav = voice.reference.read_bytes()
    origin = {"origin": "personality", "personality": asked.personality, "emotion": used}
    return _source(work, "user", wav, voice.transcript, origin)


def _uploaded(work: Work, name: str, upload: str, claimed: str, transcript: str) -> Source:
    """An upload, repaired as every reference is. Raises BadAudio with the form's name of it."""
    path = work.bench.uploads.path(upload)
    try:
        if not path.stat().st_size:
            raise BadAudio("The recording is empty.", hint="Record or choose it again.", code="audio-empty")
        wav = make_reference(path, transcript, name=claimed).wav
    except BadAudio as problem:
        problem.fields = {"file" if name == "user" else "ai_file": problem.detail}
        raise
    return _source(work, name, wav, transcript, {})


def _source(work: Work, name: str, wav: bytes, transcript: str, recipe: dict[str, Any]) -> Source:
    path = work.draft.put(f"{name}.wav", wav)
    return Source(Clip(read_wav(path)[0], transcript), path, {**recipe, "sha256": hashlib.sha256(wav).hexdigest()})


def _acted(work: Work, user: Source) -> Generator[ProgressEvent, None, tuple[list[Acted], dict[str, Any]]]:
    """The acted part as often as it is tried, and how it came to be."""
    asked = work.request
    if asked.ai_upload:
        given = _uploaded(work, "ai", asked.ai_upload, asked.ai_name, asked.ai_transcript)
        return [Acted(given.clip, 0)], {"origin": "uploaded", **given.recipe}
    voice = actor(asked, user.path, user.clip.transcript)
    engine = work.bench.models.pick(asked.engine, kind_of(asked), asked.language)
    stage = Stage(work.bench.models, work.progress, work.context.cancelled, work.notices)
    acted = yield from act(asked, engine, voice, stage)
    note = {"engine_note": engine.info.honesty}
    return acted, {"origin": "spoken", **recipe_of(asked, engine, voice), **note}


def _join_all(work: Work, user: Source, acted: list[Acted]) -> Generator[ProgressEvent, None, list[dict[str, Any]]]:
    """Every try that can be joined. Raises BadAudio when none can."""
    judge = Judge(work.bench.encoder, user.clip.samples)
    if not judge.able.ok:
        text = f"How alike the voices are is not told. {judge.able.reason}"
        work.notices.append(Notice(code="similarity-unavailable", text=text, params={"reason": judge.able.reason}))
    listener = Listener(work.bench.models, work.request.language, work.context.cancelled)
    made: list[dict[str, Any]] = []
    refused: BadAudio | None = None
    for number, one in enumerate(acted):
        if work.context.cancelled():
            raise Cancelled("Cancelled.")
        yield work.progress.stage("joining", "Joining", progress=SPOKEN + (JOINED - SPOKEN) * number / len(acted))
        try:
            made.append(_try(work, user, one, (judge, listener), len(made)))
        except BadAudio as problem:  # a model may have said nothing with this seed
            refused = _named(problem)
    if not made and refused is not None:
        raise refused
    return made


def _named(problem: BadAudio) -> BadAudio:
    """With the names that the request has for the parts."""
    names = {"user": "file", "ai": "ai_file"}
    problem.fields = {names.get(name, name): text for name, text in problem.fields.items()}
    return problem


def _try(work: Work, user: Source, acted: Acted, senses: tuple[Judge, Listener], index: int) -> dict[str, Any]:
    judge, listener = senses
    asked = work.request
    wish = Wish(asked.user_seconds, asked.ai_seconds, asked.crossfade_ms / 1000)
    chimera = listener.with_words(create_chimera_reference(user.clip, acted.clip, wish), user.clip, acted.clip)
    work.notices.extend(notice for notice in notices_of(chimera) if notice not in work.notices)
    wav, ai_wav = wav_bytes(chimera.samples), wav_bytes(acted.clip.samples)
    work.draft.put(f"{index}.wav", wav)
    work.draft.put(f"{index}-ai.wav", ai_wav)
    return {
        "index": index,
        "seed": acted.seed,
        "similarity": judge.similarity(acted.clip.samples),
        "similarity_joined": judge.similarity(chimera.samples),
        **row_of(chimera, f"/api/chimera/{work.draft.id}/{index}"),
        "ai_sha256": hashlib.sha256(ai_wav).hexdigest(),
        "problems": list(acted.problems),
        "quality": make_reference(wav, chimera.transcript).report["quality"],
    }


def _record(work: Work, user: Source, recipe: dict[str, Any], made: list[dict[str, Any]]) -> dict[str, Any]:
    """The session: the result of the job, and the recipe of what a save would keep."""
    asked = work.request
    facts = asked.model_dump(include={"user_seconds", "ai_seconds", "crossfade_ms"})
    note = recipe.pop("engine_note", "")
    return {
        "session": work.draft.id,
        "best": best_of(made),
        "tries": made,
        "user": {
            "audio": f"/api/chimera/{work.draft.id}/user.wav",
            "duration": round(len(user.clip.samples) / STUDIO_RATE, 3),
            "transcript": user.clip.transcript,
            "peaks": probe.outline(user.clip.samples),
        },
        "engine": recipe.get("engine", ""),
        "engine_note": note,
        "emotion": asked.emotion,
        "language": asked.language,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "recipe": {"user": user.recipe, "ai": recipe, **facts, "tries": len(made)},
        "notices": [notice.model_dump() for notice in work.notices],
    }
