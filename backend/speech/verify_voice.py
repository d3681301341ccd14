"""Is it the voice that was asked for? Likeness of what was spoken to the reference, by a speaker embedding.

Judged are voices cloned by an engine that clones; a stand-in is measured and not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from backend.core.errors import BadAudio, EngineUnavailable
from backend.core.types import STUDIO_RATE, ClonedVoice, Samples
from backend.engines.base import Availability
from backend.engines.embeddings import Embedding, SpeakerEncoder, likeness

LEAST = 0.68
"""Cosine of a whole line with its reference, under which somebody else speaks."""
LEAST_OF_A_STRETCH = 0.65
"""The same of the stretch of two seconds that is least like it."""
APART = 0.12
"""How far below the other lines of a voice a line may be: a clone is less like its reference than the person."""
ENOUGH = 3  # lines that show how like a clone is
STRETCH = 3  # looks of 1.6 s, 0.4 s apart, that are taken together
SHORTEST = 1.2  # seconds of speech that show a voice


@dataclass(frozen=True)
class Heard:
    """Cosines with the reference, -1 to 1."""

    whole: float
    stretch: float
    """Of the least like stretch."""


@dataclass
class VoiceMatcher:
    """Remembers what it heard of references. May be shared by threads."""

    encoder: SpeakerEncoder = field(default_factory=SpeakerEncoder)
    _known: dict[tuple[Path, int], Embedding] = field(default_factory=dict)

    def availability(self) -> Availability:
        return self.encoder.availability()

    def likeness(self, samples: Samples, voice: ClonedVoice) -> Heard | None:
        """24 kHz, shape (n_samples,); None where too little is said to tell, or the reference cannot be heard."""
        if len(samples) < SHORTEST * STUDIO_RATE:
            return None
        try:
            wanted = self._reference(voice.reference)
            return compared(self.encoder.looks(samples).vectors, wanted)
        except (BadAudio, EngineUnavailable, OSError):
            return None

    def _reference(self, path: Path) -> Embedding:
        from backend.audio.files import read_wav

        key = (path, path.stat().st_mtime_ns)
        if key not in self._known:
            self._known[key] = self.encoder.embed(read_wav(path)[0])
        return self._known[key]


def compared(looks: Embedding, wanted: Embedding) -> Heard:
    """Looks at a line, shape (n_looks, 256), with the embedding of a voice."""
    size = min(STRETCH, len(looks))
    sums = np.cumsum(np.vstack([np.zeros_like(looks[:1]), looks]), axis=0, dtype=np.float64)
    means = (sums[size:] - sums[:-size]).astype(np.float32)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    whole = looks.mean(axis=0)
    return Heard(likeness(whole / np.linalg.norm(whole), wanted), float((means @ wanted).min()))
