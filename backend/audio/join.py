"""Segments become one performance: fades, pauses, crossfades, and where each segment then lies. Knows no files.

Positions and lengths are samples at one rate. A segment is in memory whole, the performance never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.audio.loudness import CEILING, true_peak
from backend.core.types import Samples

FADE = 0.005  # seconds at both ends of a segment, so that no join clicks


@dataclass(frozen=True)
class Piece:
    """A segment in the timeline."""

    length: int
    pause: int
    """Silence behind it."""


@dataclass(frozen=True)
class Timeline:
    starts: tuple[int, ...]
    overlaps: tuple[int, ...]
    """Samples that each segment shares with the one before; 0 where there is a pause."""
    total: int


def timeline(pieces: Sequence[Piece], lead: int = 0, crossfade: int = 0) -> Timeline:
    """Where everything lies. Two segments overlap only where no pause parts them, by at most half of the shorter."""
    starts: list[int] = []
    overlaps: list[int] = []
    at = lead
    for index, piece in enumerate(pieces):
        before = pieces[index - 1] if index else None
        overlap = 0
        if before is not None and before.pause == 0:
            overlap = min(crossfade, before.length // 2, piece.length // 2)
        at -= overlap
        starts.append(at)
        overlaps.append(overlap)
        at += piece.length + piece.pause
    return Timeline(tuple(starts), tuple(overlaps), at)


class Joiner:
    """Takes the segments of a timeline in order and hands the finished sound to `sink`, piece by piece."""

    def __init__(self, plan: Timeline, rate: int, sink: Callable[[Samples], None]) -> None:
        self._plan = plan
        self._fade = int(FADE * rate)
        self._sink = sink
        self._at = 0
        self._index = 0
        self._tail: Samples = np.zeros(0, np.float32)

    def add(self, samples: Samples) -> None:
        """The next segment, at its final level."""
        index, self._index = self._index, self._index + 1
        overlap = self._plan.overlaps[index]
        following = self._plan.overlaps[index + 1] if index + 1 < len(self._plan.overlaps) else 0
        ready = np.array(samples, dtype=np.float32)
        if overlap:
            ready[:overlap] = crossed(self._tail, ready[:overlap])
        else:
            _fade(ready[: self._fade])
        if not following:
            _fade(ready[::-1][: self._fade])
        self._silence_until(self._plan.starts[index])
        body = len(ready) - following
        self._send(ready[:body])
        self._tail = ready[body:]

    def finish(self) -> None:
        """The silence at the end."""
        self._silence_until(self._plan.total)

    def _silence_until(self, position: int) -> None:
        while self._at < position:
            self._send(np.zeros(min(position - self._at, 240_000), np.float32))

    def _send(self, samples: Samples) -> None:
        self._sink(samples)
        self._at += len(samples)


def crossed(falling: Samples, rising: Samples) -> Samples:
    """Two of one length, one into the other at equal power; at equal gain where that would exceed the ceiling."""
    rise = equal_power(len(rising))
    mixed = rising * rise + falling * rise[::-1]
    if true_peak(mixed) > CEILING:  # two loud ones at once: weights that add up to one cannot
        mixed = rising * rise**2 + falling * (1 - rise**2)
    return np.asarray(mixed, dtype=np.float32)


def equal_power(length: int) -> NDArray[np.float32]:
    """A rising curve, shape (length,), whose square and that of its mirror image add up to one."""
    return np.asarray(np.sin(0.5 * np.pi * (np.arange(length) + 0.5) / length), dtype=np.float32)


def faded(samples: Samples, rate: int) -> Samples:
    """A copy that rises from silence and falls to it, as every segment does where it meets no other."""
    ready = np.array(samples, dtype=np.float32)
    length = min(int(FADE * rate), len(ready))
    _fade(ready[:length])
    _fade(ready[::-1][:length])
    return ready


def _fade(samples: Samples) -> None:
    """Rise from silence, in place; pass a reversed view to fall."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(len(samples)) / max(1, len(samples)))
    samples *= ramp.astype(np.float32)
