"""What a stretch of speech is like in the long run: pitch, range, colour, noise, pace. Knows no voice by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from backend.engines.preview.bands import BANDS, BINS, DECIBEL, Array, to_bands
from backend.engines.preview.vocoder import FRAME, Frames

ACTIVE = 30.0  # decibels below the loudest frames at which speech ends
SEMITONE = np.log(2) / 12  # nepers of frequency
ENOUGH_VOICED = 40  # frames: a fifth of a second


@dataclass(frozen=True)
class Voiceprint:
    log_f0: float | None
    """Mean natural logarithm of hertz; None where hardly anything is voiced."""
    range: float
    """Standard deviation of pitch, semitones."""
    voiced: Array
    """Mean envelope of voiced frames, decibels, shape (BANDS,)."""
    unvoiced: Array
    """Mean envelope of sounding unvoiced frames, decibels, shape (BANDS,)."""
    noise: Array
    """Mean share of noise of voiced frames, decibels, shape (BANDS,)."""
    pace: float
    """Syllable nuclei a second of speech."""


def voiceprint(frames: Frames) -> Voiceprint:
    level = frame_level(frames)
    active = level > np.percentile(level, 95) - ACTIVE
    voiced = active & frames.voiced
    hissing = active & ~frames.voiced
    enough = int(voiced.sum()) >= ENOUGH_VOICED
    log_f0, spread = _pitch(frames.f0[voiced]) if enough else (None, 0.0)
    decibels = DECIBEL * to_bands(frames.log_power)
    whole = decibels[active].mean(axis=0) if active.any() else np.zeros(BANDS)
    return Voiceprint(
        log_f0=log_f0,
        range=spread,
        voiced=decibels[voiced].mean(axis=0) if enough else whole,
        unvoiced=decibels[hissing].mean(axis=0) if hissing.sum() >= ENOUGH_VOICED / 2 else whole,
        noise=20 * np.log10(to_bands(np.maximum(frames.noise[voiced], 1e-3)).mean(axis=0))
        if enough
        else np.zeros(BANDS),
        pace=_pace(level, voiced, active),
    )


def frame_level(frames: Frames) -> Array:
    """Decibels of each frame, shape (n,)."""
    power = np.exp(frames.log_power[:, 3 : BINS // 2]).mean(axis=1)  # 70 Hz to 6 kHz: hum and hiss left out
    return np.asarray(10 * np.log10(power + 1e-16))


def _pitch(f0: Array) -> tuple[float, float]:
    """Robust mean and spread: octave errors of the pitch tracker lie beyond ±9 semitones of the median."""
    log_f0 = np.log(f0)
    near = log_f0[np.abs(log_f0 - np.median(log_f0)) < 9 * SEMITONE]
    return float(near.mean()), float(near.std() / SEMITONE)


def _pace(level: Array, voiced: np.ndarray, active: np.ndarray) -> float:
    """Peaks of level in voiced frames, with a dip of 2 dB between them (after de Jong & Wempe 2009)."""
    smooth = uniform_filter1d(level, 9)
    peaks, _ = find_peaks(smooth, prominence=2.0)
    seconds = active.sum() * FRAME / 1000.0
    return float(voiced[peaks].sum() / seconds) if seconds > 0.5 else 0.0
