"""Does one person speak, or two? Judged from looks at a voice that were turned into vectors. Knows no encoder.

A whisper has no pitch, and an encoder hears another person in it: voices are compared by what is voiced alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.audio.prosody import ACTIVE, STEP, Frames

APART = 0.78
"""Cosine of two halves under which they are two people: halves of one reader are ≥ 0.82, of two ≤ 0.75."""
WHISPERED = 0.15
"""Share of a look that is voiced, under which it is a whisper: of people reading, 1 look in 100 lies under 0.18."""
LOOK = 1.6  # seconds of a look
LEAST = 3
"""Looks that a second voice must hold: fewer are a cough or a laugh."""


@dataclass(frozen=True)
class Split:
    """The recording told apart into two groups of looks."""

    cosine: float
    """Of the two groups' means, -1 to 1."""
    second: NDArray[np.bool_]
    """Which looks belong to the smaller group, shape (n_looks,)."""

    @property
    def is_two(self) -> bool:
        return self.cosine < APART and int(self.second.sum()) >= LEAST


def split(vectors: NDArray[np.float32]) -> Split:
    """Two groups of unit vectors, shape (n_looks, n), by spherical 2-means from the two farthest apart."""
    alike = vectors @ vectors.T
    first, other = np.unravel_index(int(alike.argmin()), alike.shape)
    one, two = vectors[first], vectors[other]
    with_two = np.zeros(len(vectors), bool)
    for _ in range(10):
        with_two = vectors @ two > vectors @ one
        if with_two.all() or not with_two.any():
            return Split(1.0, np.zeros(len(vectors), bool))
        one, two = _mean(vectors[~with_two]), _mean(vectors[with_two])
    smaller = with_two if with_two.sum() * 2 <= len(vectors) else ~with_two
    return Split(float(one @ two), smaller)


def voiced(frames: Frames, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which looks, by their middles in seconds, tell whose voice it is, shape (n_looks,): those not whispered."""
    speaking = frames.level > np.percentile(frames.level, 95) - ACTIVE if len(frames) else np.zeros(0, bool)
    sounding = speaking & (frames.f0 > 0)
    shares = []
    for middle in seconds:
        part = slice(max(0, round((middle - LOOK / 2) / STEP)), round((middle + LOOK / 2) / STEP))
        shares.append(sounding[part].sum() / max(1, speaking[part].sum()))
    return np.asarray(shares) >= WHISPERED


def people(vectors: NDArray[np.float32], telling: NDArray[np.bool_]) -> NDArray[np.int64]:
    """As `groups`, by those looks alone that tell (`voiced`), or by all where none does.

    The others belong to the one who is heard, and to nobody (-1) where several are.
    """
    if not telling.any():
        return groups(vectors)
    labels = np.full(len(vectors), -1, np.int64)
    labels[telling] = groups(vectors[telling])
    return labels if labels.max() > 0 else np.zeros(len(vectors), np.int64)


def groups(vectors: NDArray[np.float32], most: int = 6) -> NDArray[np.int64]:
    """Which person each look hears, shape (n_looks,): 0 is who is heard most, then 1, at most `most` people.

    Who is heard in fewer than one look of twenty is not told apart: that is a laugh, or a cough.
    """
    parts = [np.arange(len(vectors))]
    for _ in range(most - 1):
        splits = [split(vectors[part]) if len(part) > 2 * LEAST else None for part in parts]
        apart = [
            (found.cosine, number)
            for number, found in enumerate(splits)
            if found and found.is_two and found.second.sum() * 20 >= len(vectors)
        ]
        if not apart:
            break
        number = min(apart)[1]
        found = splits[number]
        assert found is not None, "only what was split is taken"
        part = parts.pop(number)
        parts += [part[~found.second], part[found.second]]
    labels = np.zeros(len(vectors), np.int64)
    for label, part in enumerate(sorted(parts, key=len, reverse=True)):
        labels[part] = label
    return labels


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)
