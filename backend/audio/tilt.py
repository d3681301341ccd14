"""How bright a sound is, changed by one gentle shelf. Voices, rooms and microphones differ in it.

R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients" (high shelf, slope 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

from backend.core.types import Samples

CORNER = 1500.0
"""Hertz, where the weighting of BS.1770 begins to rise: above it lies what makes a voice bright."""
MOST = 9.0  # dB up or down; more would be another voice
_STEPS = 10  # of the search, each halves what is left: 18 dB to 0.02


def brightened(samples: Samples, rate: int, gain: float) -> Samples:
    """What lies above 1.5 kHz louder by `gain` dB, what lies far below as it was. Shape (n_samples,)."""
    if not gain:
        return samples
    root = 10 ** (gain / 40)
    turn = 2 * np.pi * CORNER / rate
    cosine, bend = np.cos(turn), np.sqrt(2 * root) * np.sin(turn)
    above = [
        root * (root + 1 + (root - 1) * cosine + bend),
        -2 * root * (root - 1 + (root + 1) * cosine),
        root * (root + 1 + (root - 1) * cosine - bend),
    ]
    below = [
        root + 1 - (root - 1) * cosine + bend,
        2 * (root - 1 - (root + 1) * cosine),
        root + 1 - (root - 1) * cosine - bend,
    ]
    return np.asarray(lfilter(above, below, samples.astype(np.float64)), dtype=np.float32)


def gain_for(measure: Callable[[float], float], wanted: float) -> float:
    """The gain, -9 to 9 dB, for which `measure`, which rises with it, is what is wanted, or as near as that goes."""
    low, high = -MOST, MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if measure(middle) < wanted else (low, middle)
    return (low + high) / 2
