"""The colour that turns the source into another voice: differences of long-term spectra. Levels are decibels."""

from __future__ import annotations

import numpy as np

from backend.engines.preview.bands import Array, band_frequencies, lifter, warp_bands
from backend.engines.preview.voiceprint import Voiceprint

STRONGEST = 18.0  # decibels
UNVOICED_BOOST = 10.0  # decibels; more makes hiss of what was silence
BANDWIDTH = 7200.0  # hertz; above it most recordings hold nothing, so the last value is kept


def equaliser(
    target: tuple[Array, Array], source: Voiceprint, alpha: float, *, order: int, bandwidth: float = BANDWIDTH
) -> tuple[Array, Array]:
    """(voiced, unvoiced) decibels that bring the warped source's long-term colour to the target's.

    Both are relative to the voiced level, so the balance of vowels and hiss is part of the match.
    """
    wanted, noisy = target
    voiced = _difference(wanted, source.voiced, alpha, order, bandwidth)
    unvoiced = _difference(noisy, source.unvoiced, alpha, order, bandwidth)
    level = float((wanted - source.voiced).mean())
    balance = float(np.clip((noisy - source.unvoiced).mean() - level, -6.0, 3.0))
    return (
        np.clip(voiced, -STRONGEST, STRONGEST),
        np.clip(unvoiced + balance, -STRONGEST, UNVOICED_BOOST),
    )


def _difference(wanted: Array, given: Array, alpha: float, order: int, bandwidth: float) -> Array:
    frequencies = band_frequencies()
    within = (frequencies > 60.0) & (frequencies < bandwidth)
    raw = wanted - warp_bands(given, alpha)
    raw = np.interp(frequencies, frequencies[within], raw[within])  # holds the edge values outside
    smooth = lifter(raw, order)
    return np.asarray(smooth - smooth[within].mean())
