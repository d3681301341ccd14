"""Smart mode: one long recording becomes judged clips with transcripts and suggested emotions, kept as a session.

Every stage reports as it goes; between two clips, or within a second of a longer call, it can be stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.signal import resample_poly

from backend.audio import probe, prosody, voices
from backend.audio.clips import clips
from backend.core.errors import BadAudio, Cancelled, EngineUnavailable
from backend.core.events import Notice, ProgressEvent
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.embeddings import SpeakerEncoder
from backend.engines.listening import RATE as HEARD_RATE
from backend.model_manager import ModelManager
from backend.safety.decoding import RECORDING_LIMITS, Decoded, decode_audio
from backend.speech.meanwhile import meanwhile
from backend.speech.sessions import new_id
from backend.speech.smart_judging import Clip, judged, tell_emotions, tell_speakers
from backend.speech.smart_sessions import SmartSessions
from backend.speech.uploads import UploadStore
from backend.speech.verify_words import QUALITY

if TYPE_CHECKING:
    from backend.engines.listening import TranscriptionEngine, Utterance

NOBODY = "none"
"""Name of the recogniser that is not asked."""
PEAKS = 1200  # of the whole recording
LOOKS = 1500  # at a voice in all: more tell nothing more, and cost a square of their number
VOICED = 0.1  # share of the speaking time that must be voiced, or nobody speaks
SHARES = {"decoding": 0.05, "finding-pauses": 0.1, "judging-clips": 0.4, "comparing-speakers": 0.3, "transcribing": 1.0}
"""Stage → about how long it takes, for a bar that moves evenly."""


class Context(Protocol):
    """What a job's context offers."""

    def cancelled(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True)
class Asked:
    """A recording to be cut up."""

    upload: str
    """Its id in the upload store."""
    name: str = ""
    """The name it came under."""
    language: str = "auto"
    engine: str = "auto"
    """Recogniser; `none` writes no transcripts."""


@dataclass
class _Work:
    """One run, as the stages see it."""

    asked: Asked
    cancelled: Callable[[], bool]
    began: float = field(default_factory=time.monotonic)
    notices: list[Notice] = field(default_factory=list)
    done: float = 0.0
    """Sum of the shares of the stages that are over."""

    def event(self, code: str, stage: str, share: float, **params: object) -> ProgressEvent:
        """Where we are: `share` of a stage, 0 to 1."""
        listed = [part for name, part in SHARES.items() if name != "transcribing" or self.asked.engine != NOBODY]
        progress = min(0.99, (self.done + share * SHARES[code]) / sum(listed))
        spent = time.monotonic() - self.began
        return ProgressEvent(
            phase="working",
            stage=stage,
            stage_code=code,
            params={name: str(value) for name, value in params.items()},
            progress=round(progress, 3),
            eta=round(spent * (1 - progress) / progress, 1) if progress > 0.03 and spent > 1 else None,
        )

    def over(self, code: str) -> None:
        self.done += SHARES[code]

    def mind(self, code: str, text: str, **params: object) -> None:
        self.notices.append(Notice(code=code, text=text, params={name: str(value) for name, value in params.items()}))


def cut_up(
    asked: Asked, context: Context, models: ModelManager, uploads: UploadStore, sessions: SmartSessions
) -> Iterator[ProgressEvent]:
    """Make a session of an upload; the result is its record. Raises BadAudio, NotFound, DiskFull and what listening
    raises; a job that was cancelled leaves nothing."""
    work = _Work(asked, context.cancelled)
    decoded = yield from _decoded(work, uploads)
    frames = yield from _frames(work, decoded.samples)
    found = yield from _clips(work, decoded, frames)
    speakers = yield from _speakers(work, found, decoded.samples, frames)
    if asked.engine != NOBODY:
        yield from _transcripts(work, found, decoded.samples, models)
    usual = tell_emotions(found)
    _warn(work, found)
    session = new_id()
    record = {
        "session": session,
        "name": asked.name,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": round(len(decoded.samples) / STUDIO_RATE, 3),
        "speakers": speakers,
        "peaks": probe.outline(decoded.samples, PEAKS),
        "median": usual.as_dict(),
        "proposed": {clip.suggestion.emotion: clip.id for clip in found if clip.proposed},
        "clips": [clip.as_dict(session) for clip in found],
        "notices": [notice.model_dump() for notice in work.notices],
    }
    if work.cancelled():
        raise Cancelled("Stopped.")
    sessions.save(record, _within(decoded.samples))
    uploads.drop(asked.upload)
    yield ProgressEvent(phase="done", stage="Ready", stage_code="done", progress=1.0, result=record)


def _decoded(work: _Work, uploads: UploadStore) -> Generator[ProgressEvent, None, Decoded]:
    path = uploads.path(work.asked.upload)

    def read() -> Decoded:
        return decode_audio(path, RECORDING_LIMITS, work.asked.name)

    yield work.event("decoding", "Reading the recording", 0.0)
    decoded = yield from meanwhile(read, lambda: work.event("decoding", "Reading the recording", 0.5), work.cancelled)
    if "damaged" in decoded.warnings or "cut-short" in decoded.warnings:
        work.mind("damaged", f"The file is damaged; {decoded.duration:.0f} s of it could be read.")
    work.over("decoding")
    return decoded


def _frames(work: _Work, samples: Samples) -> Generator[ProgressEvent, None, prosody.Frames]:
    """Level and pitch of the whole recording. Raises BadAudio where nobody speaks."""
    parts = []
    count = math.ceil(len(samples) / STUDIO_RATE / prosody.BLOCK)
    for part in prosody.blocks(samples):
        parts.append(part)
        yield work.event("finding-pauses", "Looking for pauses", len(parts) / count)
    work.over("finding-pauses")
    return prosody.joined(parts)


def _clips(work: _Work, decoded: Decoded, frames: prosody.Frames) -> Generator[ProgressEvent, None, list[Clip]]:
    """Raises BadAudio where there is none in which somebody speaks."""
    stretches = clips(frames)
    if not stretches or prosody.prosody(frames).voiced < VOICED:
        raise BadAudio(
            "Nobody speaks in the recording: there is no voice above the noise.",
            hint="Choose a recording of one person who speaks for a few minutes.",
            code="audio-no-speech",
        )
    found = []
    for number, stretch in enumerate(stretches, 1):
        yield work.event(
            "judging-clips",
            f"Judging clip {number} of {len(stretches)}",
            (number - 1) / len(stretches),
            k=number,
            n=len(stretches),
        )
        found.append(judged(number, stretch, decoded, frames))
    work.over("judging-clips")
    return found


def _speakers(
    work: _Work, found: list[Clip], samples: Samples, frames: prosody.Frames
) -> Generator[ProgressEvent, None, int | None]:
    """How many people speak; None where voices cannot be compared here."""
    encoder = SpeakerEncoder()
    availability = encoder.availability()
    if not availability.ok:
        work.mind("speakers-not-judged", f"Number of speakers: not judged. {availability.reason}")
        return None
    vectors, telling = [], []
    rate = min(2.5, LOOKS * STUDIO_RATE / len(samples))
    for number, clip in enumerate(found):
        here = work.event("comparing-speakers", "Comparing voices", number / len(found))
        yield here
        looks = yield from meanwhile(
            partial(encoder.looks, clip.of(samples), rate), partial(ProgressEvent.model_copy, here), work.cancelled
        )
        clip.looks = len(looks.vectors)
        vectors.append(looks.vectors)
        telling.append(voices.voiced(frames.between(clip.stretch.start, clip.stretch.end), looks.seconds))
    work.over("comparing-speakers")
    return tell_speakers(found, np.concatenate(vectors), np.concatenate(telling))


def _transcripts(
    work: _Work, found: list[Clip], samples: Samples, models: ModelManager
) -> Generator[ProgressEvent, None, None]:
    """Write down what is said, clip by clip; without a recogniser say so, and leave it empty."""
    try:
        info = models.pick_listener(work.asked.engine, work.asked.language).info
    except EngineUnavailable as problem:
        work.mind("not-transcribed", f"Nothing was written down: {problem.detail}")
        return
    if work.asked.engine == "auto" and info.quality < QUALITY:
        text = f"Nothing was written down: {info.title} mishears too much for a reference. Download a Whisper for that."
        work.mind("not-transcribed", text)
        return
    if info.honesty:
        work.mind("rough-recogniser", info.honesty, engine=info.title)
    language = work.asked.language
    if language == "auto" and not info.detects:
        language = info.languages[0]
        text = f"{info.title} does not tell languages apart: it took this for {language}."
        work.mind("language-assumed", text, engine=info.title, language=language)
    written = 0

    def write() -> None:
        nonlocal written, language
        with models.listen(info.name, language, work.cancelled) as listener:
            for clip in sorted(found, key=lambda one: -one.stretch.seconds):  # the longest tells the language of all
                said = _said(listener, clip.of(samples), language, work.cancelled)
                clip.transcript = " ".join(each.text.strip() for each in said).strip()
                clip.transcript_source = info.name if clip.transcript else ""
                language = said[0].language if language == "auto" and said and said[0].language else language
                written += 1

    def event() -> ProgressEvent:
        number = min(written + 1, len(found))
        stage = f"Writing down clip {number} of {len(found)}"
        return work.event("transcribing", stage, written / len(found), k=number, n=len(found))

    yield event()
    yield from meanwhile(write, event, work.cancelled)
    work.over("transcribing")


def _said(
    listener: TranscriptionEngine, samples: Samples, language: str, cancelled: Callable[[], bool]
) -> list[Utterance]:
    heard = resample_poly(samples, HEARD_RATE // 8000, STUDIO_RATE // 8000).astype(np.float32)
    return list(listener.transcribe(heard, language, cancelled))


def _warn(work: _Work, found: list[Clip]) -> None:
    """What concerns the recording as a whole."""
    speakers = {clip.speaker for clip in found if clip.speaker is not None}
    if len(speakers) > 1:
        text = f"{len(speakers)} people speak; only clips of the one who speaks most are proposed."
        work.mind("several-speakers", text, n=len(speakers))
    if len(found) < 3:
        text = "There are too few clips to tell what is usual for this voice, so no emotion is suggested."
        work.mind("too-few-clips", text, n=len(found))
    for code, sentence in (
        ("music", "Something plays beneath the voice in {k} of {n} clips."),
        ("noisy", "There is noise in {k} of {n} clips: a quieter room makes a better voice."),
    ):
        count = sum(any(finding.code == code for finding in clip.findings) for clip in found)
        if 2 * count > len(found):
            work.mind(f"{code}-recording", sentence.format(k=count, n=len(found)), k=count, n=len(found))


def _within(samples: Samples) -> Samples:
    """At full scale or under it: a file of 16 bits holds nothing beyond."""
    top = probe.peak(samples)
    return samples if top <= 1 else samples / top
