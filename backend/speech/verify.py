"""Cheap checks of a spoken line by signal measures: does it sound at all, whole, and about as long as its text?

Knows no words: whether the right ones were said is not heard here.
"""

from __future__ import annotations

import numpy as np

from backend.audio import probe
from backend.core.types import Samples
from backend.text.length import letters_of

SILENT = -55.0  # dB: the loudest tenth of a line that is silent
CLIPPED = 0.002  # share of samples in flat tops
FASTEST, SLOWEST = 45.0, 3.5
"""Letters a second, far outside of what people do (10 to 20)."""
GRACE = 2.5  # seconds that any text may take besides


def problems_of(samples: Samples, rate: int, text: str, speed: float) -> list[str]:
    """Codes of what is wrong, worst first; empty when nothing is.

    `no-sound` and `not-finite` cannot be played at all.
    """
    if not len(samples):
        return ["no-sound"]
    if not np.isfinite(samples).all():
        return ["not-finite"]
    found = []
    if float(np.percentile(probe.frame_levels(samples, rate), 90)) < SILENT:
        found.append("silent")
    letters, seconds = letters_of(text), len(samples) / rate * speed
    if letters and seconds > letters / SLOWEST + GRACE:
        found.append("too-long")
    if letters > 8 and seconds < letters / FASTEST:
        found.append("too-short")
    if probe.clipped_share(samples) > CLIPPED:
        found.append("clipped")
    return found


UNPLAYABLE = frozenset({"no-sound", "not-finite"})
