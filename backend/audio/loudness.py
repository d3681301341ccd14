"""How loud a segment is, how loud it should be, and how high its peaks go. ITU-R BS.1770; levels in LUFS, LU and dB.

BS.1770 measures blocks of 0.4 s. A shorter segment is repeated until it fills two of them, so that one word and a
sentence in the same voice measure alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import resample_poly

from backend.audio import probe
from backend.core.tables.emotions import EMOTIONS
from backend.core.types import Samples

TARGET = -20.0
"""LUFS of neutral speech."""
CEILING = -1.0
"""dBTP that nothing exceeds."""
MOST_GAIN = 30.0  # dB up or down; more would be noise made loud
MOST_DROP = 3.0
"""dB that a whole performance is lowered for its highest peak; what is still higher is limited."""
OVERSAMPLING = 4
LOOK_AHEAD = 0.004  # seconds
_BLOCK = 240_000  # samples oversampled at once
_SHORTEST = 0.8  # seconds


@dataclass(frozen=True)
class Level:
    """What the first pass learns of a segment."""

    loudness: float | None
    """LUFS; None for silence."""
    peak: float
    """dBTP."""


def measure(samples: Samples, rate: int) -> Level:
    """Loudness and true peak of a segment of any length."""
    return Level(loudness(samples, rate), true_peak(samples))


def loudness(samples: Samples, rate: int) -> float | None:
    """LUFS, also of a segment shorter than a block; None for silence."""
    if not len(samples):
        return None
    repeats = int(np.ceil(_SHORTEST * rate / len(samples)))
    return probe.loudness(np.tile(samples, repeats) if repeats > 1 else samples, rate)


def true_peak(samples: Samples) -> float:
    """dBTP: the highest point of the curve through the samples, four times oversampled."""
    top = 0.0
    for start in range(0, len(samples), _BLOCK):
        block = samples[max(0, start - 64) : start + _BLOCK + 64]
        top = max(top, float(np.abs(resample_poly(block, OVERSAMPLING, 1)).max()))
    return 20 * float(np.log10(max(top, probe.peak(samples), 1e-6)))


def wanted(emotion: str) -> float:
    """LUFS at which an emotion is heard: a whisper stays softer than anger."""
    row = EMOTIONS.get(emotion)
    return TARGET + (row.level if row else 0.0)


def gains(levels: Sequence[Level], emotions: Sequence[str]) -> list[float]:
    """dB for each segment: every one at its emotion's level, all of them lowered alike if a peak stands out."""
    own = [
        0.0 if level.loudness is None else float(np.clip(wanted(emotion) - level.loudness, -MOST_GAIN, MOST_GAIN))
        for level, emotion in zip(levels, emotions, strict=True)
    ]
    highest = max((level.peak + gain for level, gain in zip(levels, own, strict=True)), default=CEILING)
    drop = float(np.clip(highest - CEILING, 0.0, MOST_DROP))
    return [gain - drop for gain in own]


def apply_gain(samples: Samples, gain: float, peak: float, rate: int) -> Samples:
    """The samples, whose true peak is `peak`, louder or softer by `gain` dB; peaks stay under the ceiling."""
    louder = np.asarray(samples * np.float32(10 ** (gain / 20)), dtype=np.float32)
    return limited(louder, rate) if peak + gain > CEILING else louder


def limited(samples: Samples, rate: int) -> Samples:
    """Peaks pressed under the ceiling by a gain that falls before the peak and rises after it, without clicks."""
    ceiling = 10 ** ((CEILING - 0.1) / 20)
    window = 2 * int(LOOK_AHEAD * rate) + 1
    over = np.abs(resample_poly(samples, OVERSAMPLING, 1))
    over = np.pad(over, (0, -len(over) % OVERSAMPLING)).reshape(-1, OVERSAMPLING).max(axis=1)[: len(samples)]
    over = np.maximum(over, np.abs(samples))
    needed = np.minimum(1.0, ceiling / np.maximum(over, 1e-9))
    gain = uniform_filter1d(minimum_filter1d(needed, 2 * window + 1, mode="nearest"), window, mode="nearest")
    return np.asarray(samples * gain, dtype=np.float32)
