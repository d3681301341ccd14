"""Readings altered in known ways by the WORLD vocoder: pitch, its spread, pace, level and brightness. 24 kHz mono."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from backend.core.types import STUDIO_RATE, Samples
from backend.engines.preview.bands import BINS
from backend.engines.preview.vocoder import analyse, synthesise

LEAST, MOST = 3.0, 12.0  # seconds of a reading


@dataclass(frozen=True)
class Mood:
    """What is done to a reading."""

    pitch: float = 0.0
    """Semitones."""
    spread: float = 1.0
    """Factor of the way of pitch from its mean."""
    rate: float = 1.0
    """Factor of speed."""
    energy: float = 0.0
    """Decibels."""
    tilt: float = 0.0
    """Decibels an octave over 1 kHz, up to 4 kHz."""


MOODS: Mapping[str, Mood] = {
    "neutral": Mood(),
    "happy": Mood(2.5, 1.4, 1.15, 2, 0),
    "excited": Mood(5.5, 1.6, 1.2, 6, 1),
    "angry": Mood(2.5, 1.4, 1.2, 6, 3),
    "fearful": Mood(3, 0.6, 1.2, -4, -2),
    "sad": Mood(-3, 0.6, 0.85, -5, -2),
}
"""Mood → what the source of `backend/speech/smart_emotions.py` says people do, in moderate amounts."""

STEPS: Mapping[str, Mapping[float, Mood]] = {
    "pitch": {step: Mood(pitch=step) for step in (-4, -2, 0, 2, 4)},
    "spread": {step: Mood(spread=step) for step in (0.4, 0.7, 1.0, 1.4, 1.8)},
    "rate": {step: Mood(rate=step) for step in (0.75, 0.87, 1.0, 1.15, 1.3)},
    "energy": {step: Mood(energy=step) for step in (-8, -4, 0, 4, 8)},
    "tilt": {step: Mood(tilt=step) for step in (-4, -2, 0, 2, 4)},
}
"""Feature → degree → what is done."""


def altered(samples: Samples, mood: Mood) -> Samples:
    """The reading spoken so. It goes through the vocoder in any case, so that only the mood makes a difference."""
    frames = analyse(samples.astype(np.float64), quick=False)
    voiced = frames.voiced
    log_f0 = np.log(frames.f0[voiced])
    f0 = frames.f0.copy()
    f0[voiced] = np.exp(log_f0.mean() + (log_f0 - log_f0.mean()) * mood.spread + np.log(2) / 12 * mood.pitch)
    hertz = np.linspace(0, STUDIO_RATE / 2, BINS)
    octaves = np.clip(np.log2(np.maximum(hertz, 1) / 1000), 0, 2)
    frames = frames.with_(f0=f0, log_power=frames.log_power + np.log(10) / 10 * mood.tilt * octaves)
    made = synthesise(frames, 1 / mood.rate, round(len(samples) / mood.rate))
    gain = 10 ** (mood.energy / 20) * _loudness(samples) / _loudness(np.asarray(made, dtype=np.float32))
    return np.asarray(made * gain, dtype=np.float32)


def readings(folder: Path) -> dict[str, list[Samples]]:
    """Speaker → readings of 3 to 12 seconds at a fifth of full scale. Raises SystemExit where there are none."""
    found: dict[str, list[Samples]] = {}
    for path in sorted(folder.glob("librispeech/*.flac")):
        samples, rate = soundfile.read(path)
        voice = resample_poly(samples, STUDIO_RATE // 8000, rate // 8000)[: round(MOST * STUDIO_RATE)]
        if len(voice) >= LEAST * STUDIO_RATE:
            level = 0.05 / float(np.sqrt((voice**2).mean()))
            found.setdefault(path.name.partition("-")[0], []).append((level * voice).astype(np.float32))
    if not found:
        raise SystemExit(f"There are no recordings in {folder}: name the folder that holds librispeech/.")
    return found


def spoken() -> list[Samples]:
    """The preview voice."""
    from tests.spoken_recording import sentences

    return [np.asarray(0.3 * part, dtype=np.float32) for part in sentences()]


def bare(samples: Samples) -> Samples:
    """Cut where the voice begins and ends: 25 dB under its loudest tenth of a second.

    Clicks and breaths before the voice, and a reader's own room behind it, lie further down.
    """
    size = round(0.01 * STUDIO_RATE)
    power = (samples[: len(samples) // size * size].reshape(-1, size) ** 2).mean(axis=1)
    smooth = np.convolve(power, np.ones(9) / 9, "same")
    loud = np.flatnonzero(smooth > 10**-2.5 * smooth.max())
    return samples[loud[0] * size : (loud[-1] + 1) * size]


def _loudness(samples: Samples) -> float:
    """RMS of the louder half."""
    power = samples[: len(samples) // 480 * 480].reshape(-1, 480).astype(np.float64) ** 2
    levels = power.mean(axis=1)
    return float(np.sqrt(levels[levels >= np.median(levels)].mean()))
