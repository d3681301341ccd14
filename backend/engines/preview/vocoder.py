"""Speech to pitch, envelope and noise, and back (WORLD; Morise et al. 2016). Arrays are float64, in frames of 5 ms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backend.core.types import STUDIO_RATE
from backend.engines.preview.bands import FFT_SIZE, Array

HOP = 120  # samples at 24 kHz
FRAME = 1000.0 * HOP / STUDIO_RATE  # milliseconds
FLOOR, CEILING = 55.0, 550.0  # hertz that pitch is looked for in


@dataclass(frozen=True)
class Frames:
    """What the vocoder hears, one row every 5 ms."""

    f0: Array
    """Hertz, 0 where unvoiced, shape (n,)."""
    log_power: Array
    """Natural logarithm of the power envelope, shape (n, BINS)."""
    noise: Array
    """Share of noise in the amplitude, 0 to 1, shape (n, BINS)."""

    @property
    def voiced(self) -> np.ndarray:
        return np.asarray(self.f0 > 0)

    def with_(self, **changes: Array) -> Frames:
        return replace(self, **changes)


def pitch_of(samples: Array, *, quick: bool) -> Array:
    """Fundamental frequency of 24 kHz samples, hertz, shape (n_frames,). `quick` suffices for synthetic speech."""
    import pyworld

    coarse, times = pyworld.dio(
        samples, STUDIO_RATE, f0_floor=FLOOR, f0_ceil=CEILING, frame_period=FRAME, speed=4 if quick else 1
    )
    return np.asarray(pyworld.stonemask(samples, coarse, times, STUDIO_RATE))


def analyse(samples: Array, *, quick: bool = True) -> Frames:
    """24 kHz samples (n,) → frames. Noise, the dearest part, is measured every second frame."""
    import pyworld

    f0 = pitch_of(samples, quick=quick)
    times = np.arange(len(f0)) * FRAME / 1000.0
    power = pyworld.cheaptrick(samples, f0, times, STUDIO_RATE, fft_size=FFT_SIZE)
    even = np.ascontiguousarray(f0[::2]), np.ascontiguousarray(times[::2])
    noise = _between(pyworld.d4c(samples, *even, STUDIO_RATE, fft_size=FFT_SIZE), f0)
    return Frames(f0, np.log(np.maximum(power, 1e-16)), noise)


def _between(coarse: Array, f0: Array) -> Array:
    """Every second row → all rows: means between voiced frames, the voiced one at the edge of a voiced stretch."""
    noise = np.repeat(coarse, 2, axis=0)[: len(f0)]
    before, after = noise[:-2:2], noise[2::2]
    both = ((f0[:-2:2] > 0) & (f0[2::2] > 0))[:, None]
    noise[1:-1:2] = np.where(both, (before + after) / 2, np.minimum(before, after))
    return noise


def synthesise(frames: Frames, stretch: float, n_samples: int) -> Array:
    """Frames → samples (n_samples,), each frame lasting 5 ms × stretch.

    WORLD's pulses point up, those of a glottis down: turned over, so that the sound joins with recordings of people.
    """
    import pyworld

    sound = pyworld.synthesize(
        np.ascontiguousarray(frames.f0),
        np.ascontiguousarray(np.exp(frames.log_power)),
        np.ascontiguousarray(np.clip(frames.noise, 0.0, 1.0)),
        STUDIO_RATE,
        FRAME * stretch,
    )
    return -np.pad(sound, (0, max(0, n_samples - len(sound))))[:n_samples]
