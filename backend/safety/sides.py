"""Two sides of a stereo recording become one voice, also where one of them was turned over."""

from __future__ import annotations

from backend.core.types import Samples

CANCELLED = 4.0
"""Energy of the difference of two sides over that of their sum, from which they cancel each other."""


def mixed(interleaved: Samples) -> tuple[Samples, bool]:
    """Shape (2 n,) → the mean of both sides, shape (n,), and whether one had to be turned for it.

    A side that is the other turned over (a wrongly soldered plug, a wrongly wired microphone) would cancel the voice.
    """
    import numpy as np

    sides = interleaved[: len(interleaved) // 2 * 2].reshape(-1, 2).astype(np.float64)
    middle, difference = sides.sum(axis=1) / 2, (sides[:, 0] - sides[:, 1]) / 2
    turned = bool((middle**2).sum() * CANCELLED < (difference**2).sum())
    return (difference if turned else middle).astype(np.float32), turned
