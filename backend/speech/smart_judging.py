"""One clip of a long recording, judged: what a listener should mind, how it is said, how it looks. Knows no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.audio import probe, voices
from backend.audio.clips import Stretch
from backend.audio.prosody import Frames, prosody
from backend.core.types import STUDIO_RATE, Samples
from backend.safety.decoding import Decoded
from backend.speech.doubts import Finding, doubts, verdict, warning
from backend.speech.smart_emotions import Features, Suggestion, suggest, usual

PEAKS = 60  # of a clip
USABLE, BEST, LONGEST = 3.0, 5.0, 15.2
"""Seconds of a clip that is proposed: from the second on where there is one, from the first where not, up to the third
(a cut keeps a little silence on both sides)."""
WORTH = 50  # score under which no clip is proposed
SURE = 0.4  # confidence under which no clip is proposed
MIXED = 0.25  # share of a clip in which another person speaks, from which it holds two


@dataclass
class Clip:
    """What is known of one clip so far."""

    number: int
    stretch: Stretch
    findings: list[Finding]
    features: Features
    peaks: list[float]
    looks: int = 0
    """How many times its voice was looked at."""
    speaker: int | None = None
    """0 is who is heard most; None where nobody could tell: a whisper among several people."""
    transcript: str = ""
    transcript_source: str = ""
    suggestion: Suggestion = field(default_factory=lambda: Suggestion("neutral", 0.0, {}))
    proposed: bool = False

    @property
    def id(self) -> str:
        return f"c{self.number:03d}"

    @property
    def score(self) -> int:
        return int(verdict(self.findings)["score"])

    def of(self, samples: Samples) -> Samples:
        """Its samples, from the whole recording at 24 kHz."""
        return samples[round(self.stretch.start * STUDIO_RATE) : round(self.stretch.end * STUDIO_RATE)]

    def as_dict(self, session: str) -> dict[str, Any]:
        """As a session keeps it and the API answers it."""
        return {
            "id": self.id,
            "start": round(self.stretch.start, 3),
            "end": round(self.stretch.end, 3),
            "duration": round(self.stretch.seconds, 3),
            "transcript": self.transcript,
            "transcript_source": self.transcript_source,
            **verdict(self.findings),
            "emotion": self.suggestion.emotion,
            "confidence": self.suggestion.confidence,
            "features": self.features.as_dict(),
            "relative": self.suggestion.relative,
            "speaker": None if self.speaker is None else self.speaker + 1,
            "proposed": self.proposed,
            "peaks": self.peaks,
            "audio": f"/api/smart/{session}/clips/{self.id}.wav",
        }


def judged(number: int, stretch: Stretch, decoded: Decoded, frames: Frames) -> Clip:
    """A clip of the recording, heard alone."""
    clip = Clip(number, stretch, [], Features(None, None, None, None, None), [])
    samples = clip.of(decoded.samples)
    said = prosody(frames.between(stretch.start, stretch.end))
    clip.features = Features(
        said.pitch, said.spread, probe.loudness(samples, STUDIO_RATE), said.rate, said.tilt, said.voiced
    )
    clip.findings = doubts(samples - samples.mean(dtype=np.float64), "", decoded)
    clip.peaks = probe.outline(samples, PEAKS)
    return clip


def tell_speakers(clips: Sequence[Clip], vectors: NDArray[np.float32], telling: NDArray[np.bool_]) -> int:
    """Write into the clips who speaks; `vectors` are all their looks in order, `telling` which of them are voiced.

    Returns how many people there are.
    """
    labels = voices.people(vectors, telling)
    at = 0
    for clip in clips:
        heard = labels[at : at + clip.looks]
        heard = heard[heard >= 0]
        at += clip.looks
        if not len(heard):
            continue
        counts = np.bincount(heard)
        clip.speaker = int(counts.argmax())
        others = len(heard) - int(counts.max())
        if others >= voices.LEAST and others >= MIXED * len(heard):
            text = "More than one person speaks in it: take one in which only one does"
            clip.findings.append(warning("two-speakers", text, cost=40))
    return int(labels.max()) + 1


def tell_emotions(clips: Sequence[Clip]) -> Features:
    """Write into the clips what they may express, each against its own speaker, and propose the best of each emotion.

    Returns the usual features of whoever is heard most.
    """
    groups: dict[int | None, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.speaker, []).append(clip)
    own = {speaker: usual([clip.features for clip in theirs]) for speaker, theirs in groups.items()}
    for speaker, theirs in groups.items():
        for clip in theirs:
            clip.suggestion = suggest(clip.features, own[speaker], len(theirs))
    told: list[int | None] = [speaker for speaker in groups if speaker is not None]
    main = max(told or [None], key=lambda speaker: sum(clip.stretch.seconds for clip in groups[speaker]))
    _propose(groups[main])
    return own[main]


def _propose(clips: Sequence[Clip]) -> None:
    """The best of each emotion: what sounds well, and fits surely."""
    best: dict[str, Clip] = {}
    for clip in clips:
        fits = USABLE <= clip.stretch.seconds <= LONGEST and clip.score >= WORTH
        if not fits or (clip.suggestion.confidence < SURE and clip.suggestion.emotion != "neutral"):
            continue
        former = best.get(clip.suggestion.emotion)
        if former is None or _worth(clip) > _worth(former):
            best[clip.suggestion.emotion] = clip
    for clip in best.values():
        clip.proposed = True


def _worth(clip: Clip) -> tuple[bool, float]:
    return clip.stretch.seconds >= BEST, clip.score / 100 + clip.suggestion.confidence
