"""Where a recording may be cut: its pauses, and the quietest zero crossing near a place. Knows no words.

Positions are samples of mono sound at one rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.audio.probe import FRAME, frame_levels
from backend.core.types import Samples

LEAST = 0.15  # seconds; a shorter silence is the closure of a consonant as often as the end of a word
UNDER_SPEECH = 26.0  # dB under the loudest twentieth: a pause in a quiet room
OVER_FLOOR, UNDER_NOISY = 6.0, 12.0
"""In a noisy room a pause lies up to so many dB over the floor, and at least so many under the speech."""
EDGE = 0.03  # seconds that belong to the word on each side: consonants begin and end softly
QUIET = 0.01  # seconds over which quietness is measured


@dataclass(frozen=True)
class Pause:
    start: int
    """Where the word before it ends; 0 at the head."""
    end: int
    """Where the next word begins; the length at the tail."""

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Speech:
    """A recording between the silences at its ends."""

    first: int
    last: int
    pauses: tuple[Pause, ...]
    """Those inside, in order."""

    def moved(self, by: int) -> Speech:
        """The same where so many samples were laid before it."""
        pauses = tuple(Pause(pause.start + by, pause.end + by) for pause in self.pauses)
        return Speech(self.first + by, self.last + by, pauses)


def speech_of(samples: Samples, rate: int) -> Speech:
    """Where somebody speaks and where not. A recording without any pause is speech from end to end."""
    size = max(1, int(rate * FRAME))
    quiet = _quiet(frame_levels(samples, rate))
    runs = [Pause(first * size, last * size) for first, last in _runs(quiet)]
    whole, edge = (len(samples) // size) * size, int(EDGE * rate)
    first, last = 0, len(samples)
    if runs and runs[0].start == 0:
        first = max(0, runs.pop(0).end - edge)
    if runs and runs[-1].end == whole:
        last = min(len(samples), runs.pop().start + edge)
    long = [Pause(run.start + edge, run.end - edge) for run in runs if run.length >= LEAST * rate]
    return Speech(first, last, tuple(long))


def _quiet(levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """One flag a frame of 10 ms."""
    top, floor = float(np.percentile(levels, 95)), float(np.percentile(levels, 2))
    limit = max(top - UNDER_SPEECH, min(floor + OVER_FLOOR, top - UNDER_NOISY))
    power = np.convolve(np.pad(10 ** (levels / 10), 1, "edge"), np.ones(3) / 3, mode="valid")  # 30 ms: one odd frame
    return np.asarray(10 * np.log10(power) < limit)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and behind-the-last index of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def quietest(samples: Samples, first: int, last: int, rate: int) -> int:
    """The middle of the quietest 10 ms whose middle lies from `first` to `last`."""
    size = max(1, int(QUIET * rate))
    first, last = max(0, first), min(len(samples), max(first + 1, last))
    begin, end = max(0, first - size // 2), min(len(samples), last + size // 2)
    total = np.concatenate([[0.0], np.cumsum(samples[begin:end].astype(np.float64) ** 2)])
    if len(total) <= size:
        return (first + last) // 2
    return begin + int(np.argmin(total[size:] - total[:-size])) + size // 2


def crossing(samples: Samples, near: int, reach: int) -> int:
    """The zero crossing nearest to `near`, at most `reach` samples away; without one, the smallest sample there.

    The answered sample is the first behind the crossing; in digital silence it is `near` itself.
    """
    first, last = max(1, near - reach), min(len(samples), near + reach + 1)
    if last <= first:
        return min(max(near, 0), len(samples))
    found = first + np.flatnonzero(samples[first - 1 : last - 1] * samples[first:last] <= 0)
    if not found.size:
        return first + int(np.argmin(np.abs(samples[first:last])))
    return int(found[np.argmin(np.abs(found - near))])
