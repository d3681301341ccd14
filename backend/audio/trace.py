"""What a spoken line looks like over time: level, spectrum, where it resembles itself. Mono float32; judges nothing.

Levels are dB relative to full scale. All is computed once: a check must cost next to nothing beside speaking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from backend.audio.mel import filterbank
from backend.audio.probe import FRAME, frame_levels
from backend.core.types import Samples

HOP = 0.02  # seconds between two spectra
_WINDOW = 0.04  # seconds
_BANDS = 24
_HIGHEST = 8000.0  # hertz
_RANGE = 40.0
"""dB under the level of the speech, below which a spectrum counts as a pause."""
_HEARD = 45.0
"""dB under the loudest bands, below which what a band holds is hidden by the rest, or by noise."""
_BLOCK = 500
"""Spectra that are compared at once: memory stays flat however long the line is."""
FLOOR = 100.0
"""dB of a fall where there is nothing at the end."""
_TAIL = 4000  # milliseconds that are looked at for the end

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Trace:
    """One line, looked at."""

    samples: Samples
    rate: int

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """dB of each 10 ms, shape (n,)."""
        return frame_levels(self.samples, self.rate)

    @cached_property
    def voice(self) -> float:
        """dB of the louder speech: what nine tenths of the line stay under."""
        return float(np.percentile(self.levels, 90))

    @cached_property
    def room(self) -> float:
        """dB from the louder speech down to the quietest of the line."""
        return self.voice - float(np.percentile(self.levels, 3))

    @cached_property
    def bands(self) -> Array:
        """Power density in dB in 24 mel bands up to 8 kHz, shape (n_spectra, 24), one each 20 ms."""
        return _bands(self.samples, self.rate)

    @cached_property
    def loudness(self) -> Array:
        """dB of each spectrum, shape (n_spectra,)."""
        return np.asarray(10 * np.log10(np.mean(10 ** (self.bands / 10), axis=1)), dtype=np.float32)

    @cached_property
    def sounding(self) -> NDArray[np.bool_]:
        """Which spectra hold sound, shape (n_spectra,)."""
        if not len(self.loudness):
            return np.zeros(0, bool)
        return np.asarray(self.loudness > np.percentile(self.loudness, 95) - _RANGE)

    @cached_property
    def shapes(self) -> Array:
        """Unit vectors of how each spectrum differs from the usual one, whatever its level; zeros in pauses."""
        if not self.sounding.any():
            return np.zeros_like(self.bands)
        heard = np.maximum(self.bands, np.percentile(self.bands.max(axis=1), 95) - _HEARD)
        shapes = heard - heard.mean(axis=1, keepdims=True)
        shapes -= shapes[self.sounding].mean(axis=0)
        size = np.linalg.norm(shapes, axis=1, keepdims=True)
        return np.asarray(np.where(self.sounding[:, None], shapes / np.maximum(size, 1e-6), 0), dtype=np.float32)


@lru_cache(maxsize=4)
def _tables(rate: int) -> tuple[Array, Array]:
    size = round(_WINDOW * rate)
    bank = filterbank(rate, size, _BANDS, highest=_HIGHEST)
    return np.hanning(size + 1)[:-1].astype(np.float32), np.ascontiguousarray((bank / bank.sum(1, keepdims=True)).T)


def _bands(samples: Samples, rate: int) -> Array:
    from scipy.fft import rfft

    window, bank = _tables(rate)
    if len(samples) < len(window):
        return np.zeros((0, _BANDS), np.float32)
    frames = sliding_window_view(samples, len(window))[:: round(HOP * rate)]
    spectrum = rfft(frames * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) @ bank
    return np.asarray(10 * np.log10(power + 1e-9), dtype=np.float32)


def longest_pause(trace: Trace, depth: float) -> float:
    """Seconds of the longest stretch inside the line that is so many dB under the louder speech."""
    runs = _runs(trace.levels < trace.voice - depth)
    inside = [last - first for first, last in runs if first > 0 and last < len(trace.levels)]
    return float(max(inside, default=0) * FRAME)


def spoken_seconds(trace: Trace, depth: float) -> float:
    """From the first sound to the last."""
    loud = np.flatnonzero(trace.levels > trace.voice - depth)
    return float(loud[-1] - loud[0] + 1) * FRAME if loud.size else 0.0


@dataclass(frozen=True)
class Ending:
    """How a line ends: dB under its louder speech."""

    fall: float
    """At the last sound: little where it was cut off, much where a voice came to rest."""
    rise: float
    """How much louder the last sound is than what stood shortly before: what was about to begin was cut off."""


def ending(trace: Trace, floor: float = 50.0) -> Ending:
    """The last 2 ms (fall) and 6 ms (rise) before all is `floor` dB under the speech, by milliseconds."""
    step = max(1, round(0.001 * trace.rate))
    tail = trace.samples[-_TAIL * step :].astype(np.float64)
    while len(tail) and len(tail) < len(trace.samples) and np.abs(tail).max() < 10 ** ((trace.voice - floor) / 20):
        tail = trace.samples[: -len(tail)][-_TAIL * step :].astype(np.float64)
    count = len(tail) // step
    power = np.square(tail[len(tail) - count * step :]).reshape(count, step).mean(axis=1) if count else np.zeros(0)
    loud = np.flatnonzero(power > 10 ** ((trace.voice - floor) / 10))
    if not loud.size:
        return Ending(FLOOR, 0.0)
    power = power[: loud[-1] + 1]
    last, recent, before = power[-2:].mean(), power[-6:].mean(), power[-40:-10].mean() if len(power) > 40 else np.inf
    return Ending(trace.voice - _db(last), _db(recent) - max(_db(before), trace.voice - floor - 10))


def _db(power: float) -> float:
    return 10 * float(np.log10(power + 1e-12))


def flat_tops(samples: Samples) -> int:
    """How many peaks were cut flat, at whatever level: two samples alike, at the height of the highest."""
    return max(_flat(samples, np.float32(1)), _flat(samples, np.float32(-1)))


def _flat(samples: Samples, side: np.float32) -> int:
    height = samples * side
    top = float(height.max()) if len(height) else 0.0
    if top < 1e-4:
        return 0
    at = np.flatnonzero(height > 0.985 * top)
    alike = (np.diff(at) == 1) & (np.abs(np.diff(height[at])) < 0.0005 * top)
    return len(_runs(alike))


@dataclass(frozen=True)
class Echo:
    """A stretch that comes again."""

    seconds: float
    """How much of it."""
    lag: float
    """Seconds from it to its likeness."""
    likeness: float
    """Mean cosine of the spectra, at most 1."""


def echo(
    trace: Trace, least: float, window: float, between: tuple[float, float], allowed: Callable[[float], float]
) -> Echo:
    """The stretch that comes again with a likeness of `least` and most exceeds what is allowed for its lag, in seconds.

    `window` seconds are compared at once; `between` are the shortest and longest lag.

    Every spectrum is compared with those behind it; a repetition is a run of likeness at one lag (the diagonals of a
    self-similarity matrix: J. Foote, "Visualizing music and audio using self-similarity", 1999).
    """
    width, lags = round(window / HOP), (round(between[0] / HOP), round(between[1] / HOP))
    best = Echo(0.0, 0.0, 0.0)
    shapes = trace.shapes
    for first in range(0, max(0, len(shapes) - width - lags[0]), _BLOCK):
        means = _likeness(shapes[first : first + _BLOCK + width + lags[1]], width, lags)
        for found in _echoes(means, least, width, lags[0]):
            best = max(best, found, key=lambda one: one.seconds - allowed(one.lag) if one.seconds else -np.inf)
    return best


def _likeness(shapes: Array, width: int, lags: tuple[int, int]) -> Array:
    """Mean cosine over `width` spectra from each on, with those a lag later; shape (n_lags, n_starts)."""
    rows = min(len(shapes), _BLOCK + width)
    most = min(lags[1], len(shapes) - 1)
    table = np.zeros((rows, len(shapes) + most + 1), np.float32)
    np.matmul(shapes[:rows], shapes.T, out=table[:, : len(shapes)])
    down, along = table.strides
    diagonals = as_strided(table[:, lags[0] :], (max(0, most - lags[0]), rows), (along, down + along))
    sums = np.zeros((len(diagonals), rows + 1), np.float32)
    np.cumsum(diagonals, axis=1, out=sums[:, 1:])
    means = (sums[:, width:] - sums[:, :-width]) / np.float32(width)
    for one, other in ((means[1:], means[:-1]), (means[:-1], means[1:])):
        np.maximum(one, other, out=one)  # said again it is a little faster or slower
    return np.asarray(means, dtype=np.float32)


def _echoes(means: Array, least: float, width: int, first_lag: int) -> Iterator[Echo]:
    """The longest of each lag."""
    for row in np.flatnonzero(means.max(axis=1, initial=-1.0) >= least):
        start, end = max(_runs(means[row] >= least).tolist(), key=lambda run: run[1] - run[0])
        yield Echo((end - start + width - 1) * HOP, (first_lag + int(row)) * HOP, float(means[row, start:end].mean()))


def standstill(trace: Trace, least: float) -> float:
    """Seconds of the longest stretch in which the spectrum does not change: a tone, a buzz, a vowel without end."""
    shapes, step = trace.shapes, 5
    if len(shapes) <= step:
        return 0.0
    alike = (shapes[:-step] * shapes[step:]).sum(axis=1) >= least
    return float(max((last - first + step for first, last in _runs(alike)), default=0) * HOP)


def noise(trace: Trace, flat: float, near: float) -> float:
    """Seconds of the longest stretch whose bands are as flat as noise (dB between their means), and nearly as loud."""
    if not len(trace.bands):
        return 0.0
    flatness = trace.loudness - trace.bands.mean(axis=1)
    found = (flatness < flat) & (trace.loudness > np.percentile(trace.loudness, 95) - near)
    return float(max((last - first for first, last in _runs(found)), default=0) * HOP)


def _runs(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """First and one past the last of each run of true, shape (n_runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return np.asarray(edges.reshape(-1, 2))
