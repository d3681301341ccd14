"""How a join sounds to a meter: clicks against other places of the same sound, and the step in energy. Mono, 24 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from backend.core.types import STUDIO_RATE, Samples

RATE = STUDIO_RATE
HIGH = 9000.0  # hertz from which a click stands out of a voice; recordings at 16 kHz have nothing there
FRAME = 48  # samples: 2 ms, about as long as a click
AROUND = 0.1  # seconds on each side that a transient is compared with
BESIDE = 3.0  # seconds on each side of which the energy is measured


def transient(samples: Samples, at: int, reach: float) -> float:
    """dB by which the strongest 2 ms of high frequencies within `reach` seconds of a place rise over their vicinity."""
    near = int((reach + AROUND) * RATE)
    frames = _high(samples[max(0, at - near) : at + near])
    middle = min(at, near) // FRAME
    inner = frames[max(0, middle - int(reach * RATE) // FRAME) : middle + int(reach * RATE) // FRAME + 1]
    return float(inner.max() - np.percentile(frames, 90))


def _high(samples: Samples) -> NDArray[np.float64]:
    """Level of each 2 ms above 9 kHz in dB, not under -110."""
    sos = butter(4, HIGH, "high", fs=RATE, output="sos")
    filtered = sosfilt(sos, samples.astype(np.float64))
    count = len(filtered) // FRAME
    power = (filtered[: count * FRAME].reshape(count, FRAME) ** 2).mean(axis=1)
    return np.asarray(np.maximum(10 * np.log10(power + 1e-12), -110.0))


def elsewhere(
    samples: Samples, at: int, reach: float, draw: np.random.Generator, count: int = 100
) -> NDArray[np.float64]:
    """The same measure at random places of the same sound, none of them near the join."""
    away = int((reach + AROUND) * RATE) + FRAME
    places = np.concatenate([np.arange(away, at - 2 * away, 480), np.arange(at + 2 * away, len(samples) - away, 480)])
    if not len(places):
        return np.zeros(0)
    return np.array([transient(samples, int(place), reach) for place in draw.choice(places, count)])


def energy_step(samples: Samples, at: int) -> float:
    """dB of plain energy by which speech is louder before a place than behind it, pauses left out."""
    return _speaking(samples[max(0, at - int(BESIDE * RATE)) : at]) - _speaking(samples[at : at + int(BESIDE * RATE)])


def _speaking(samples: Samples) -> float:
    """Energy of the 0.4 s blocks that are not 10 dB under the mean, in dB."""
    size = min(len(samples), int(0.4 * RATE))
    starts = range(0, len(samples) - size + 1, int(0.1 * RATE))
    power = np.array([np.mean(samples[start : start + size].astype(np.float64) ** 2) for start in starts]) + 1e-12
    return 10 * float(np.log10(power[power >= 0.1 * power.mean()].mean()))
