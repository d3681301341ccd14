"""A second look at a reference: what only a model can judge. Who speaks, in which language, and whether the transcript
is what is said; and how far the voice stands over the room. What no model here can tell stays *not judged*.

Echo is left to the listener: how long a room rings cannot be told surely from a few seconds of unknown speech.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from backend.audio import clips, prosody, voices
from backend.audio.files import read_wav
from backend.core.errors import BadAudio, EngineFailed, EngineUnavailable, OutOfMemory
from backend.core.events import ProgressEvent
from backend.core.tables.languages import LANGUAGES
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.embeddings import Embedding, SpeakerEncoder
from backend.engines.listening import RATE as HEARD_RATE
from backend.model_manager import ModelManager
from backend.speech.doubts import NOISY_DB, UNJUDGED, VERDICTS, Finding, warning
from backend.speech.listen import Transcript, listen
from backend.speech.meanwhile import meanwhile
from backend.speech.verify_words import QUALITY, compared

FEWEST_LOOKS = 2 * voices.LEAST
LEAST_PAUSE = 0.3  # seconds of silence in all that show the room
LOUD = 60.0  # decibels beyond which nobody hears a difference
COSTS = {"two-speakers": 40, "language-differs": 20, "transcript-wrong": 20, "noise-measured": 20}
"""Finding of a second look → points off the score."""


@dataclass(frozen=True)
class Reference:
    """What is looked at."""

    path: Path
    """The WAV of the emotion."""
    transcript: str
    language: str
    """That the voice is said to speak; empty where nobody said."""
    listener: str
    """Name of the recogniser; empty where there is none."""
    reason: str = ""
    """Why there is none."""


@dataclass
class SecondLook:
    """What was found."""

    findings: list[Finding] = field(default_factory=list)
    measured: dict[str, float | str] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    """Codes of `doubts.UNJUDGED` that are no longer open."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Code → why it is still open."""
    heard: str = ""
    """What the recogniser understood."""


def examine(
    reference: Reference, models: ModelManager, cancelled: Callable[[], bool]
) -> Generator[ProgressEvent, None, SecondLook]:
    """Reports as it goes. Raises NotFound, Cancelled, and what listening raises."""
    samples = read_wav(reference.path)[0]
    look = SecondLook()
    _judge_noise(samples, look)
    yield from judge_speakers(samples, look, cancelled)
    yield from _judge_words(samples, reference, look, models, cancelled)
    return look


def merged(quality: Mapping[str, Any], look: SecondLook) -> dict[str, Any]:
    """The record's quality with the second look in it; a former second look gives way."""
    former = [finding for finding in quality["findings"] if finding["code"] in COSTS]
    score = quality["score"] + sum(COSTS[finding["code"]] for finding in former)
    score = max(0, min(100, score) - sum(finding.cost for finding in look.findings))
    fresh = [{"code": f.code, "text": f.text, "kind": f.kind, "params": f.params} for f in look.findings]
    unjudged = [
        {"code": code, "text": f"{text.partition(':')[0]}: not judged. {look.reasons[code]}"}
        if code in look.reasons
        else {"code": code, "text": text}
        for code, text in UNJUDGED.items()
        if code not in look.judged
    ]
    return {
        "score": score,
        "verdict": next(word for least, word in VERDICTS if score >= least),
        "findings": [finding for finding in quality["findings"] if finding not in former] + fresh,
        "unjudged": unjudged,
        "measured": {
            "looked": 1.0,
            **look.measured,
        },  # that somebody looked is told even where nothing could be measured
    }


def _judge_noise(samples: Samples, look: SecondLook) -> None:
    """Power of the words against power of the pauses between them, where there are pauses."""
    frames = prosody.joined(list(prosody.blocks(samples)))
    spoken = clips.stretches(frames)
    speaking = np.zeros(len(frames), bool)
    for one in spoken:
        speaking[round(one.start / prosody.STEP) : round(one.end / prosody.STEP)] = True
    sounding = np.flatnonzero(frames.level > -100)  # the closing silence is ours
    pauses = ~speaking
    pauses[sounding[-1] + 1 if len(sounding) else 0 :] = False
    if not speaking.any() or pauses.sum() * prosody.STEP < LEAST_PAUSE:
        return
    voice, room = (float(np.mean(10 ** (frames.level[part] / 10))) for part in (speaking, pauses))
    ratio = min(LOUD, 10 * float(np.log10(max(voice - room, 1e-12) / max(room, 1e-12))))
    look.measured["snr_db"] = round(ratio, 1)
    if ratio < NOISY_DB - 10:
        text = f"The voice stands only {ratio:.0f} dB over the room: find a quieter one"
        look.findings.append(warning("noise-measured", text, COSTS["noise-measured"], decibels=ratio))


def judge_speakers(
    samples: Samples, look: SecondLook, cancelled: Callable[[], bool]
) -> Generator[ProgressEvent, None, None]:
    """Write into the look how many people speak in 24 kHz samples. Raises Cancelled."""
    encoder = SpeakerEncoder()
    availability = encoder.availability()
    if not availability.ok:
        look.reasons["speakers"] = availability.reason
        return
    event = _event("comparing-speakers", "Comparing voices", 0.1)
    yield event
    try:
        vectors = yield from meanwhile(lambda: _telling(encoder, samples), lambda: event, cancelled)
    except BadAudio as problem:
        look.reasons["speakers"] = problem.detail
        return
    if len(vectors) < FEWEST_LOOKS:
        look.reasons["speakers"] = "It is too short for that, or whispered."
        return
    two = voices.split(vectors).is_two
    look.judged.add("speakers")
    look.measured["speakers"] = 2 if two else 1
    if two:
        text = "More than one person speaks in it: cut it to one, or the clone will be a mixture"
        look.findings.append(warning("two-speakers", text, COSTS["two-speakers"]))


def _telling(encoder: SpeakerEncoder, samples: Samples) -> Embedding:
    """The looks that are voiced, shape (n_looks, 256). Raises BadAudio."""
    looks = encoder.looks(samples)
    return looks.vectors[voices.voiced(prosody.joined(list(prosody.blocks(samples))), looks.seconds)]


def _judge_words(
    samples: Samples, reference: Reference, look: SecondLook, models: ModelManager, cancelled: Callable[[], bool]
) -> Generator[ProgressEvent, None, None]:
    """Language and transcript, by a recogniser whose words count."""
    if not reference.listener:
        look.reasons |= dict.fromkeys(("language", "words"), reference.reason)
        return
    info = models.pick_listener(reference.listener, "auto").info
    heard_at = np.asarray(resample_poly(samples, HEARD_RATE // 8000, STUDIO_RATE // 8000), dtype=np.float32)
    known = reference.language if reference.language in info.languages else info.languages[0]
    language = "auto" if info.detects else known
    shares = [0.0]

    def hear() -> Transcript:
        return listen(heard_at, models, info.name, language, cancelled=cancelled, told=shares.append)

    def event() -> ProgressEvent:
        return _event("listening", "Listening", 0.3 + 0.65 * shares[-1], engine=info.title)

    yield event()
    try:
        heard = yield from meanwhile(hear, event, cancelled)
    except (EngineUnavailable, EngineFailed, OutOfMemory) as problem:  # what was judged before it stays
        look.reasons |= dict.fromkeys(("language", "words"), f"{problem.detail} {problem.hint}".strip())
        return
    look.heard = heard.text
    look.measured["recogniser"] = info.name
    _compare_languages(reference, heard, info.detects, look)
    _compare_words(reference, heard, info.quality, info.title, look)


def _compare_languages(reference: Reference, heard: Transcript, detects: bool, look: SecondLook) -> None:
    if not detects or not heard.language:
        look.reasons["language"] = (
            "The recogniser does not tell languages apart." if not detects else "No word was heard."
        )
        return
    look.judged.add("language")
    look.measured["language"] = heard.language
    if reference.language and reference.language != heard.language:
        names = [
            LANGUAGES[code].english if code in LANGUAGES else code for code in (heard.language, reference.language)
        ]
        text = f"It sounds like {names[0]}, but the voice is said to speak {names[1]}"
        look.findings.append(warning("language-differs", text, COSTS["language-differs"]))


def _named(language: str) -> str:
    return LANGUAGES[language].english if language in LANGUAGES else language


def _compare_words(reference: Reference, heard: Transcript, quality: int, title: str, look: SecondLook) -> None:
    if quality < QUALITY:
        look.reasons["words"] = f"{title} mishears too much to tell."
        return
    if not reference.transcript.strip():
        look.reasons["words"] = "There is no transcript to compare."
        return
    words = compared(reference.transcript, heard.text, title)
    look.judged.add("words")
    look.measured["word_error"] = round(words.error_rate, 3)
    if not words.ok:
        share = round(100 * min(1.0, words.error_rate))
        text = f"The transcript is not what is said: {share} % of its words were heard otherwise"
        look.findings.append(warning("transcript-wrong", text, COSTS["transcript-wrong"], percent=share))


def _event(code: str, stage: str, share: float, **params: str) -> ProgressEvent:
    return ProgressEvent(phase="working", stage=stage, stage_code=code, params=params, progress=round(share, 3))
