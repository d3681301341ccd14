"""Good recordings spoilt in known ways, for judging the judge. 24 kHz mono float32, shape (n_samples,)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 24_000  # hertz
Sound = NDArray[np.float32]


def with_noise(voice: Sound, decibels: float, seed: int = 0) -> Sound:
    """Pink noise so many dB under the voice where it speaks."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(len(voice)))
    frequencies = np.fft.rfftfreq(len(voice), 1 / RATE)
    pink = np.fft.irfft(white / np.sqrt(np.maximum(frequencies, 50)), len(voice))
    return _under(voice, pink, decibels)


def clipped(voice: Sound, share: float = 0.4) -> Sound:
    """Everything above a share of the peak cut flat, then raised to full scale."""
    top = share * float(np.abs(voice).max())
    return np.asarray(np.clip(voice, -top, top) / top * 0.99, dtype=np.float32)


def telephone(voice: Sound) -> Sound:
    """As if it had been recorded at 8 kHz."""
    return np.asarray(resample_poly(resample_poly(voice, 1, 3), 3, 1)[: len(voice)], dtype=np.float32)


def with_hum(voice: Sound, decibels: float = 20.0, mains: int = 50) -> Sound:
    time = np.arange(len(voice)) / RATE
    strengths = {1: 1.0, 2: 0.6, 3: 0.4, 5: 0.2}
    tones = sum(strength * np.sin(2 * np.pi * mains * k * time + k) for k, strength in strengths.items())
    return _under(voice, np.asarray(tones), decibels)


def with_music(voice: Sound, decibels: float = 10.0, seed: int = 0) -> Sound:
    """Plucked chords, two a second."""
    draw = np.random.default_rng(seed)
    chords = np.zeros(len(voice))
    for start in range(0, len(voice), RATE // 2):
        time = np.arange(min(int(1.2 * RATE), len(voice) - start)) / RATE
        root = 220 * 2 ** (draw.choice([0, 2, 4, 5, 7, 9]) / 12)
        shape = np.exp(-2 * time) * np.minimum(1, time / 0.01)
        for interval in (1, 1.26, 1.5):
            for overtone in range(1, 6):
                tone = np.sin(2 * np.pi * root * interval * overtone * time) / overtone
                chords[start : start + len(time)] += shape * tone
    return _under(voice, chords, decibels)


def two_speakers(voice: Sound, other: Sound) -> Sound:
    """Half of one after half of the other, equally loud."""
    half = min(len(voice), len(other)) // 2
    scaled = other[:half] * (_loudness(voice) / _loudness(other))
    return np.concatenate([voice[:half], scaled]).astype(np.float32)


def one_second(voice: Sound) -> Sound:
    start = int(np.argmax(np.convolve(voice**2, np.ones(RATE), "valid"))) if len(voice) > RATE else 0
    return voice[start : start + RATE]


def silent(voice: Sound) -> Sound:
    return np.zeros_like(voice)


def not_finite(voice: Sound) -> Sound:
    broken = voice.copy()
    broken[len(broken) // 2] = np.nan
    return broken


def side_turned(voice: Sound) -> Sound:
    """Stereo, shape (n_samples, 2), in which a mono mix is almost silent."""
    return np.stack([voice, -0.98 * voice], axis=1).astype(np.float32)


DAMAGES: dict[str, tuple[Callable[[Sound], Sound], str]] = {
    "noise at 5 dB": (lambda voice: with_noise(voice, 5), "noisy"),
    "noise at 20 dB": (lambda voice: with_noise(voice, 20), "noisy"),
    "clipping": (clipped, "clipped"),
    "8 kHz": (telephone, "low-rate"),
    "hum of 50 Hz": (with_hum, "hum"),
    "hum of 60 Hz": (lambda voice: with_hum(voice, 20, 60), "hum"),
    "music": (with_music, "music"),
    "one second": (one_second, "short"),
    "silence": (silent, "audio-silent"),
    "not a number": (not_finite, "audio-not-finite"),
    "a side turned over": (side_turned, "side-turned"),
}
"""Damage → how it is made, and the code by which the doctor must name it. Two speakers need two voices: see above."""


def _under(voice: Sound, disturbance: NDArray[np.float64], decibels: float) -> Sound:
    gain = _loudness(voice) * 10 ** (-decibels / 20) / float(np.sqrt((disturbance**2).mean()))
    return np.asarray(voice + gain * disturbance, dtype=np.float32)


def _loudness(voice: Sound) -> float:
    """RMS of the frames of 20 ms in which somebody speaks."""
    frames = voice[: len(voice) // 480 * 480].reshape(-1, 480).astype(np.float64)
    levels = np.sqrt((frames**2).mean(axis=1))
    speaking = levels > 0.056 * np.percentile(levels, 95)
    return float(np.sqrt((levels[speaking] ** 2).mean()))
