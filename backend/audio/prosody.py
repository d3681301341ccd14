"""How something is said: pitch, its spread, pace, and how bright the voice is, in frames of 10 ms. Knows no emotion.

Long recordings are heard block by block (`blocks`), so that whoever waits can stop between two of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly, welch

from backend.core.types import STUDIO_RATE, Samples

Array = NDArray[np.float64]

STEP = 0.01  # seconds of a frame
BLOCK = 30.0  # seconds that are heard at once
_AROUND = 0.5  # seconds heard on both sides of a block, so that its edges sound as if there were none
_PITCH_RATE = 8000  # hertz: pitch lies low, and a third of the samples takes a seventh of the time
_FLOOR, _CEILING = 60.0, 550.0  # hertz that pitch is looked for in
_WINDOW = 768  # samples at 24 kHz: 32 ms
_LOW, _HIGH = (50.0, 1000.0), (1000.0, 5000.0)  # hertz
_VOWELS = (300.0, 3000.0)  # hertz in which syllables rise and fall
_SPEECH = (100.0, 8000.0)  # hertz in which loudness of frames is measured: hum and rumble left out
_QUIET = 1e-12  # power, so that digital silence has a level
ACTIVE = 30.0  # decibels below the loud frames at which speech ends
SYLLABLES = (1.0, 16.0)  # hertz at which loudness rises and falls in speech
_LOOK = 2.56  # seconds over which that is looked at
ENOUGH = 20  # voiced frames: a fifth of a second
NEAR = 9.0  # semitones around the median beyond which a pitch is the tracker's octave error


@dataclass(frozen=True)
class Frames:
    """What is heard every 10 ms. All shapes (n_frames,)."""

    level: Array
    """Decibels relative to full scale, without what lies under 100 Hz."""
    f0: Array
    """Hertz, 0 where nothing is voiced."""
    low: Array
    """Power from 50 to 1000 Hz."""
    high: Array
    """Power from 1 to 5 kHz."""
    vowels: Array
    """Power from 300 to 3000 Hz."""

    def __len__(self) -> int:
        return len(self.level)

    def between(self, start: float, end: float) -> Frames:
        """Those from `start` to `end` seconds."""
        part = slice(round(start / STEP), round(end / STEP))
        return Frames(self.level[part], self.f0[part], self.low[part], self.high[part], self.vowels[part])


@dataclass(frozen=True)
class Prosody:
    """A stretch of speech as numbers."""

    pitch: float | None
    """Median in hertz; None where hardly anything is voiced."""
    spread: float | None
    """Standard deviation of pitch in semitones."""
    rate: float
    """How many times a second speech rises and falls, pauses left out: about its syllables. Twice the pace raises it
    by half only."""
    tilt: float
    """Decibels of 1–5 kHz against 50–1000 Hz (the alpha ratio): higher is brighter, tenser."""
    voiced: float
    """Share of the speaking time that is voiced, 0 to 1."""


def blocks(samples: Samples) -> Iterator[Frames]:
    """The frames of 24 kHz samples, shape (n_samples,), 30 seconds at a time; put them together with `joined`."""
    hop, margin = round(STEP * STUDIO_RATE), round(_AROUND * STUDIO_RATE)
    size = round(BLOCK * STUDIO_RATE)
    whole = len(samples) // hop * hop
    for start in range(0, whole, size):
        first, end = max(0, start - margin), min(whole, start + size)
        heard = _heard(samples[first : min(whole, end + margin)])
        yield heard.between((start - first) / STUDIO_RATE, (end - first) / STUDIO_RATE)


def joined(parts: Sequence[Frames]) -> Frames:
    """Blocks one behind the other."""
    if not parts:
        nothing = np.zeros(0)
        return Frames(nothing, nothing, nothing, nothing, nothing)
    rows = [(part.level, part.f0, part.low, part.high, part.vowels) for part in parts]
    return Frames(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def prosody(frames: Frames) -> Prosody:
    """Of the frames in which somebody speaks: 30 dB under the loud ones and up."""
    level = frames.level
    active = level > np.percentile(level, 95) - ACTIVE if len(level) else np.zeros(0, bool)
    voiced = active & (frames.f0 > 0)
    pitch, spread = _pitch(frames.f0[voiced])
    bright = voiced if voiced.sum() >= ENOUGH else active
    ratio = (frames.high[bright].sum() + _QUIET) / (frames.low[bright].sum() + _QUIET)
    return Prosody(
        pitch=pitch,
        spread=spread,
        rate=_rate(frames.vowels[active]),
        tilt=float(10 * np.log10(ratio)),
        voiced=float(voiced.sum() / max(1, active.sum())),
    )


def powers(samples: Samples) -> tuple[Array, Array]:
    """Mean square in each frequency bin of each 10 ms of 24 kHz samples, (n_frames, n_bins); the hertz of the bins."""
    hop = round(STEP * STUDIO_RATE)
    count = len(samples) // hop
    window = np.hanning(_WINDOW + 1)[:-1]
    padded = np.pad(np.asarray(samples, dtype=np.float32), (_WINDOW // 2 - hop // 2, _WINDOW))
    framed = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop][:count]
    spectrum = np.fft.rfft(framed * window, axis=1)
    power = np.asarray(2 * np.abs(spectrum) ** 2 / (_WINDOW * float((window**2).sum())), dtype=np.float64)
    return power, np.asarray(np.fft.rfftfreq(_WINDOW, 1 / STUDIO_RATE), dtype=np.float64)


def _heard(samples: Samples) -> Frames:
    """Frames of a short stretch at 24 kHz, one for each whole 10 ms."""
    power, frequencies = powers(samples)

    def band(edges: tuple[float, float]) -> Array:
        return np.asarray(power[:, (frequencies >= edges[0]) & (frequencies < edges[1])].sum(axis=1))

    level = 10 * np.log10(band(_SPEECH) + _QUIET)
    return Frames(level, _tracked(samples, len(power)), band(_LOW), band(_HIGH), band(_VOWELS))


def _tracked(samples: Samples, count: int) -> Array:
    """Pitch of each frame by DIO, refined by StoneMask (M. Morise et al., 2009 and 2016), shape (count,)."""
    import pyworld

    deep = resample_poly(np.asarray(samples, dtype=np.float64), 1, STUDIO_RATE // _PITCH_RATE)
    if not len(deep):
        return np.zeros(count)
    coarse, times = pyworld.dio(
        deep, _PITCH_RATE, f0_floor=_FLOOR, f0_ceil=_CEILING, frame_period=1000 * STEP, allowed_range=0.1
    )
    f0 = pyworld.stonemask(deep, coarse, times, _PITCH_RATE)[:count]
    return np.pad(f0, (0, count - len(f0)))


def _pitch(f0: Array) -> tuple[float | None, float | None]:
    """Median in hertz and spread in semitones, without octave errors."""
    if len(f0) < ENOUGH:
        return None, None
    semitones = 12 * np.log2(f0)
    middle = float(np.median(semitones))
    near = semitones[np.abs(semitones - middle) < NEAR]
    return float(2 ** (np.median(near) / 12)), float(near.std())


def _rate(power: Array) -> float:
    """Geometric mean of the frequencies at which loudness moves, weighed by how fast it does.

    After the enrate of N. Morgan, E. Fosler and N. Mirghafori, 1997. Of readings at five speeds it orders 98 in 100
    pairs rightly where counted syllable nuclei order 85; 0 where there is too little speech.
    """
    if len(power) * STEP < 0.5:
        return 0.0
    strength = np.sqrt(power)
    size = min(len(power), round(_LOOK / STEP))
    hertz, moved = welch(strength - strength.mean(), 1 / STEP, nperseg=size, nfft=1024)
    near = (hertz >= SYLLABLES[0]) & (hertz <= SYLLABLES[1])
    weights = moved[near] * hertz[near]
    return float(np.exp((np.log(hertz[near]) * weights).sum() / max(weights.sum(), _QUIET)))
