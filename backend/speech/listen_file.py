"""A recording becomes a text: decode, listen, clean up, keep both texts as files. One job; knows no queue, no HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from backend.core.errors import Problem
from backend.core.events import Notice, ProgressEvent
from backend.core.settings import Settings
from backend.core.types import Samples, WireValue
from backend.engines.listening import RATE, Task
from backend.model_manager import ModelManager
from backend.safety.decoding import RECORDING_LIMITS, decode_audio
from backend.speech.aside import aside
from backend.speech.listen import Transcript, listen
from backend.speech.listen_texts import keep, result_of
from backend.speech.progress import Context

DECODED, HEARD = 0.05, 0.95
"""Progress at the ends of the stages."""
SILENT = 15.0  # seconds after which a stage is told again
LIMITS = replace(RECORDING_LIMITS, rate=RATE, seconds=7200.0, source_seconds=7200.0, wall=240.0, cpu=240, silent=True)
"""Two hours of speech are half a gigabyte here."""


class TranscriptionRequest(WireValue):
    """What is asked of a transcription besides the recording itself. Plain JSON, so a job can hold it."""

    engine: str = Field("auto", max_length=40)
    """A recogniser, a family of them, or auto."""
    language: str = Field("auto", max_length=20)
    """ISO 639-1 code, or auto."""
    task: Task = "transcribe"
    """`translate` writes in English what is said in another language."""
    clean: bool = False
    """Have a language model set punctuation and mend what was misheard."""
    context: str = Field("", max_length=4000)
    """What the recording is about, for the language model."""


@dataclass(frozen=True)
class Listening:
    """What a transcription works with."""

    settings: Settings
    models: ModelManager
    context: Context
    key: str = ""
    """Of the history of such work on this machine."""
    units: float = 1.0


def transcribe_file(
    source: bytes | Path, asked: TranscriptionRequest, room: Listening, saved: bool = True
) -> Iterator[ProgressEvent]:
    """Write down a recording, and keep both texts in the output folder where `saved`.

    The last event is `done` with the transcript as its result; all else raises a Problem.
    """
    began = time.monotonic()
    yield _event("decoding", "Reading the recording", 0.0, _history(room, 0.0))
    samples = yield from _decoded(source, room)
    heard = yield from _heard(samples, asked, room)
    text, notices = heard.text, list(heard.notices)
    if asked.clean and text:
        yield _event("cleaning", "Cleaning up the text", HEARD)
        text, notice = _cleaned(text, asked.context, room)
        notices += [notice] if notice else []
    is_clean = asked.clean and bool(heard.text) and not any(each.code.startswith("cleanup") for each in notices)
    result = result_of(heard, text, is_clean, notices)
    result["files"] = keep(room.settings.output_dir, heard.text, text) if saved else {}
    result["elapsed"] = round(time.monotonic() - began, 2)
    yield ProgressEvent(phase="done", stage="Done", stage_code="done", progress=1.0, result=result)


def _decoded(source: bytes | Path, room: Listening) -> Generator[ProgressEvent, None, Samples]:
    """Raises BadAudio."""
    steps = aside(lambda told: decode_audio(source, LIMITS).samples)
    samples: Samples = yield from _following(steps, lambda share: _event("decoding", "Reading the recording", 0.0))
    return samples


def _heard(
    samples: Samples, asked: TranscriptionRequest, room: Listening
) -> Generator[ProgressEvent, None, Transcript]:
    silence_db, cancelled = room.settings.stt_silence_db, room.context.cancelled
    one = room.models.pick_listener(asked.engine, asked.language, asked.task)
    title, pace, sure = one.info.title, Pace(), [""]

    def told(share: float | None) -> ProgressEvent:
        if share is None and not room.models.is_listening(one):
            return _event("loading", f"Loading: {title}", DECODED, phase="loading", engine=title)
        share = share or 0.0
        eta = pace.left(share) or _history(room, share)
        return _event("listening", f"Listening: {title}", DECODED + (HEARD - DECODED) * share, eta, engine=title)

    yield told(None)

    def hear(tell: Callable[[float], None]) -> Transcript:
        language = asked.language
        return listen(
            samples, room.models, one.info.name, language, silence_db, cancelled, tell, sure.append, asked.task
        )

    transcript: Transcript = yield from _saying(_following(aside(hear), told), sure, asked.clean)
    return transcript


def _saying(
    events: Generator[ProgressEvent, None, Transcript], sure: list[str], is_changed_later: bool
) -> Generator[ProgressEvent, None, Transcript]:
    """The events, and between them what is heard by now, `sure[-1]`, where nothing will change it."""
    said = ""
    try:
        while True:
            event = next(events)
            yield event
            if sure[-1] != said and not is_changed_later:
                said = sure[-1]
                yield event.model_copy(update={"heard": said})
    except StopIteration as end:
        transcript: Transcript = end.value
        return transcript
    finally:
        events.close()


def _following(
    steps: Generator[float | None, None, Any], told: Callable[[float | None], ProgressEvent]
) -> Generator[ProgressEvent, None, Any]:
    """A step as an event where it is another than before, or long after that: a lane that says nothing is stopped."""
    last: tuple[float | None, float] | None = None
    try:
        while True:
            share = next(steps)
            if last is None or share != last[0] or time.monotonic() - last[1] > SILENT:
                yield told(share)
                last = share, time.monotonic()
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


class Pace:
    """Seconds left, by the share that is done."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def left(self, share: float) -> float | None:
        """None until something was done. The clock begins with the first share: loading does not count."""
        if self._first is None:
            self._first = share, time.monotonic()
        before, since = self._first
        if share <= before:
            return None
        return round((time.monotonic() - since) / (share - before) * (1 - share), 1)


def _history(room: Listening, share: float) -> float | None:
    known = room.context.estimate(room.key, room.units)
    return None if known is None else round(known * (1 - share), 1)


def _cleaned(text: str, context: str, room: Listening) -> tuple[str, Notice | None]:
    from backend.speech.cleanup import clean_up

    try:
        cleaned: tuple[str, Notice | None] = clean_up(text, context, room.settings, room.context.cancelled)
        return cleaned
    except Problem as problem:
        if problem.code == "cancelled":
            raise
        return text, Notice(code="cleanup-failed", text=problem.detail)


def _event(
    code: str, stage: str, progress: float, eta: float | None = None, phase: Any = "working", **params: str
) -> ProgressEvent:
    return ProgressEvent(phase=phase, stage=stage, stage_code=code, params=params, progress=round(progress, 4), eta=eta)
