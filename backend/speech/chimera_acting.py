"""The acted part of a chimera: spoken with a seed for every try, or given as a file. Joins and judges nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.chimera_maker import Clip
from backend.core.chimera import ChimeraRequest
from backend.core.errors import Cancelled, EngineFailed
from backend.core.events import Notice, ProgressEvent
from backend.core.types import ClonedVoice, DesignedVoice, PresetVoice, Voice
from backend.engines.base import CandidEngine, HeavyEngine, SpeakOptions, SpeechEngine, VoiceKind
from backend.model_manager import ModelManager
from backend.speech.judge import Judge
from backend.speech.lending import borrow
from backend.speech.progress import PREPARED, Progress
from backend.speech.segments import Line
from backend.speech.speaking import MOST_SEEDS, STRIDE, Manner, Spoken, speak_line

LETTERS_A_SECOND = 14.0  # of ordinary speech
USUAL_TEMPERATURE = ChimeraRequest().temperature


@dataclass(frozen=True)
class Acted:
    """One try at the acted part."""

    clip: Clip
    seed: int
    problems: tuple[str, ...] = ()
    """What the checks of spoken lines found, as `speech.verify` names it."""


@dataclass
class Stage:
    """Where the part is acted, and what is said of it."""

    models: ModelManager
    progress: Progress
    cancelled: Callable[[], bool]
    notices: list[Notice] = field(default_factory=list)


def kind_of(request: ChimeraRequest) -> VoiceKind:
    """Which kind of voice acts."""
    if request.ai_clone:
        return "cloned"
    return "designed" if request.ai_description else "preset"


def actor(request: ChimeraRequest, own: Path, transcript: str) -> Voice:
    """The voice that acts. `own` is the user's recording as a WAV of the studio."""
    if request.ai_clone:
        return ClonedVoice(own, transcript, neutral_reference=own)
    if request.ai_description:
        return DesignedVoice(description=request.ai_description, emotion=request.emotion)
    return PresetVoice(speaker=request.ai_speaker, emotion=request.emotion)


def act(
    request: ChimeraRequest, engine: SpeechEngine, voice: Voice, stage: Stage
) -> Generator[ProgressEvent, None, list[Acted]]:
    """Speak the text once for every try. Raises EngineFailed when no try can be used; Cancelled, OutOfMemory."""
    first = request.seed if request.seed is not None else secrets.randbelow(MOST_SEEDS)
    stage.notices.extend(_warnings(request, engine, voice))
    judge = Judge("auto", stage.models, request.language, cancelled=stage.cancelled, live=True)  # the quick checks
    manner = Manner(_options(request), stage.models, stage.cancelled, judge, redo=False)
    line = _line(request, engine, voice)
    acted: list[Acted] = []
    failed: EngineFailed | None = None
    with ExitStack() as stack:
        yield from _load(engine, voice, stage, stack)
        stage.progress.start_clock()
        for number in range(request.tries):
            if stage.cancelled():
                raise Cancelled("Cancelled.")
            try:
                spoken = yield from _spoken(line, (first + number * STRIDE) % MOST_SEEDS, manner, stage, number + 1)
                acted.append(Acted(Clip(spoken.samples, request.text, spoken.words), spoken.seed, spoken.problems))
            except EngineFailed as problem:  # another seed may do
                failed = problem
            stage.progress.spoke(len(request.text))
    if not acted and failed is not None:
        raise failed
    return acted


def recipe_of(request: ChimeraRequest, engine: SpeechEngine, voice: Voice) -> dict[str, Any]:
    """How the part came to be, for whoever wants to make it again."""
    return {
        "engine": engine.info.name,
        "model": engine.variant_for(voice),
        "voice": kind_of(request),
        "speaker": request.ai_speaker,
        "description": request.ai_description,
        "text": request.text,
        "emotion": request.emotion,
        "language": request.language,
        "temperature": request.temperature if engine.info.draws else None,
    }


def _line(request: ChimeraRequest, engine: SpeechEngine, voice: Voice) -> Line:
    return Line(0, request.text, request.emotion, request.emotion, voice, "", engine, "sentence", 0.0)


def _options(request: ChimeraRequest) -> SpeakOptions:
    return SpeakOptions(language=request.language, temperature=request.temperature)


def _warnings(request: ChimeraRequest, engine: SpeechEngine, voice: Voice) -> Iterator[Notice]:
    """What is not done as asked."""
    name = engine.info.title
    if not engine.info.draws and request.temperature != USUAL_TEMPERATURE:
        text = f"{name} takes no temperature; it was left out."
        yield Notice(code="temperature-unused", text=text, params={"engine": name})
    if isinstance(voice, ClonedVoice) and engine.info.emotions == "reference":
        text = f"{name} speaks a cloned voice as its recording sounds: “{request.emotion}” is hardly acted."
        yield Notice(code="clone-not-acted", text=text, params={"engine": name, "emotion": request.emotion})
    if isinstance(engine, CandidEngine):
        yield from engine.notices(voice, request.emotion, _options(request))


def _load(engine: SpeechEngine, voice: Voice, stage: Stage, stack: ExitStack) -> Iterator[ProgressEvent]:
    code, words = ("switching", "Switching model") if isinstance(engine, HeavyEngine) else ("loading", "Loading")
    for share in borrow(stack, stage.models, engine, voice, stage.cancelled):
        told = stage.progress.stage(code, f"{words}: {engine.info.title}", "loading", PREPARED)
        yield told.model_copy(update={"params": {"engine": engine.info.title, "percent": f"{100 * share:.0f}"}})


def _spoken(line: Line, seed: int, manner: Manner, stage: Stage, number: int) -> Generator[ProgressEvent, None, Spoken]:
    chunks = speak_line(line, seed, manner)
    heard = 0.0
    yield stage.progress.speaking(number)
    try:
        while True:
            heard += next(chunks).seconds * LETTERS_A_SECOND
            if stage.progress.is_due():
                yield stage.progress.speaking(number, min(heard, 0.95 * len(line.text)))
    except StopIteration as end:
        spoken: Spoken = end.value
        return spoken
    finally:
        chunks.close()
