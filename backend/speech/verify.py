"""Cheap checks of a spoken line by signal measures: does it sound at all, whole, and about as long as its text?

Knows no words: whether the right ones were said is not heard here.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from backend.audio import probe
from backend.core.types import Samples

SILENT = -55.0  # dB: the loudest tenth of a line that is silent
CLIPPED = 0.002  # share of samples in flat tops
FASTEST, SLOWEST = 45.0, 3.5
"""Letters a second, far outside of what people do (10 to 20)."""
GRACE = 2.5  # seconds that any text may take besides
LETTERS_OF_A_WIDE = 3.0
"""A Chinese, Japanese or Korean character takes as long as about three letters."""


def letters_of(text: str) -> float:
    """Length of a text in letters, as far as speaking time goes."""
    return sum(
        LETTERS_OF_A_WIDE if unicodedata.east_asian_width(c) in "WF" else 3.0 if c.isdigit() else 1.0
        for c in text
        if c.isalnum()
    )


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
