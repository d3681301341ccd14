"""The voice that the source is bent into. Levels are decibels, pitch is hertz and semitones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from backend.engines.preview.bands import BANDS, Array


def flat() -> Array:
    return np.zeros(BANDS)


@dataclass(frozen=True)
class VoiceShape:
    f0: float
    """Hertz: centre of the pitch, geometric mean."""
    range: float
    """Semitones: standard deviation of the pitch."""
    alpha: float = 1.0
    """Ratio by which formants move up: above 1 a shorter vocal tract."""
    pace: float = 1.0
    """Ratio to the source's rate of speech, taken by espeak-ng itself."""
    voiced: Array = field(default_factory=flat)
    """Equaliser of voiced frames, dB, shape (BANDS,)."""
    unvoiced: Array = field(default_factory=flat)
    """Equaliser of unvoiced frames, dB, shape (BANDS,)."""
    noise: Array = field(default_factory=flat)
    """Change of the share of noise, dB, shape (BANDS,)."""
    breath: float = 0.0
    """0 to 1."""
    rough: float = 0.0
    """Semitones of fast random pitch."""
    clarity: float = 0.0
    """How much formants are sharpened, 0 to 1."""
