"""A sound that is the same samples on every machine: integers only, so no library's sine can differ."""

from __future__ import annotations

import numpy as np

RATE = 24000


def reference_sound(seconds: float = 3.0, seed: int = 0) -> np.ndarray:
    """A buzzing, swelling tone with some noise, (n,) float32 at 24 kHz, rms about 0.1."""
    count = round(seconds * RATE)
    time = np.arange(count, dtype=np.int64)
    pitch = 110 + 40 * (seed % 4) + _triangle(time * 3 // 2, RATE) * 60 // 32768  # Hz
    phase = np.cumsum(pitch) % RATE
    tone = _triangle(phase, RATE) + _triangle(phase * 5, RATE) // 3 + _triangle(phase * 11, RATE) // 5
    noise = (np.random.Philox(key=seed).random_raw(count) >> np.uint64(52)).astype(np.int64) - 2048
    swell = 8192 + _triangle(time * (4 + seed % 3), RATE) // 2
    samples = (tone * swell // 32768 + noise) // 4
    return (samples.clip(-32768, 32767) / 32768).astype(np.float32)


def _triangle(phase: np.ndarray, period: int) -> np.ndarray:
    """From -32768 to 32767 and back, once a period."""
    place = phase % period
    return np.abs(place * 4 - 2 * period) * 32768 // period - 32768
