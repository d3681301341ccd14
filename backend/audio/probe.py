"""Measures of a voice recording: where the speech lies, how loud, how clean. Mono float32; changes nothing.

Levels are dB relative to full scale unless said otherwise.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from backend.core.types import Samples

FLOOR_DB = -100.0
FRAME = 0.01  # seconds
FULL_SCALE = 0.97
"""Peak from which flat tops count as clipping."""


def frame_levels(samples: Samples, rate: int, frame: float = FRAME) -> NDArray[np.float64]:
    """RMS level of each frame in dB, shape (n_frames,); a rest shorter than a frame is left out."""
    size = max(1, int(rate * frame))
    count = max(1, len(samples) // size)
    frames = samples[: count * size].astype(np.float64).reshape(count, -1)
    return np.maximum(20 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-12), FLOOR_DB)


def speech_bounds(samples: Samples, rate: int, margin: float = 0.05) -> tuple[int, int]:
    """First and last sample of what is not silence at the ends, with a margin in seconds."""
    levels = frame_levels(samples, rate)
    threshold = max(float(np.percentile(levels, 95)) - 40.0, -60.0)
    loud = np.flatnonzero(levels > threshold)
    if not loud.size:
        return 0, len(samples)
    size = int(rate * FRAME)
    room = int(rate * margin)
    end = (int(loud[-1]) + 1) * size + room
    return max(0, int(loud[0]) * size - room), min(len(samples), end)


def loudness(samples: Samples, rate: int) -> float | None:
    """Integrated loudness in LUFS (BS.1770), None where there is too little to measure."""
    import pyloudnorm

    if len(samples) < 0.4 * rate:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of silence; the None below says it
        value = float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64)))
    return value if math.isfinite(value) else None


def peak(samples: Samples) -> float:
    """Greatest absolute sample."""
    return float(np.abs(samples).max()) if len(samples) else 0.0


def clipped_share(samples: Samples) -> float:
    """Share of samples that lie in flat tops: three or more in a row at the recording's own full scale."""
    top = peak(samples)
    if top < FULL_SCALE:
        return 0.0
    at_top = np.abs(samples) >= 0.985 * min(top, 1.0)
    runs = at_top[:-2] & at_top[1:-1] & at_top[2:]
    return float(runs.mean()) if runs.size else 0.0


def noise_ratio(samples: Samples, rate: int) -> float:
    """Decibels between the speech and what is heard in its pauses, at most 60; an estimate."""
    levels = frame_levels(samples, rate, 0.02)
    return float(min(60.0, np.percentile(levels, 90) - np.percentile(levels, 5)))


def active_share(samples: Samples, rate: int) -> float:
    """Share of the time in which somebody speaks."""
    levels = frame_levels(samples, rate, 0.02)
    return float(np.mean(levels > np.percentile(levels, 95) - 25.0))


def outline(samples: Samples, count: int = 200) -> list[float]:
    """Greatest absolute sample of each of `count` stretches, 0 to 1, for drawing a waveform."""
    if not len(samples):
        return []
    edges = np.linspace(0, len(samples), min(count, len(samples)) + 1).astype(int)[:-1]
    tops = np.maximum.reduceat(np.abs(samples), edges)
    return [round(float(min(1.0, top)), 3) for top in tops]
